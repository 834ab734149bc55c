// Package dialect speaks the wire protocols of channels: one file per protocol, which holds
// its client half (build a submit, a poll, a fetch; read the answers) and its mock half
// (serve the same protocol from a Seller).
//
// It deliberately sends nothing, waits for nothing and tries nothing again: a dialect turns an
// order into an *http.Request and a bounded answer into a verdict, and package bench does the
// rest. It has no clock either; a Retry-After that names a date counts from the answer's own Date.
//
// A verdict on a submit decides whether money may be spent again, so a refusal must be proven:
// by the error's code, by a well-formed error of the channel that names no job, or by a status
// that speaks of the request itself. What proves nothing, such as a gateway's error page, an error beside a job's
// id or half an answer, is Lost.
//
//	d, _ := dialect.ByName("openai-videos")
//	target := dialect.Target{BaseURL: "https://api.example.com/v1", Key: dialect.NewSecret(key), Model: "sora-2"}
//	request, err := d.Submit(target, dialect.Order{Clip: clip, Prompt: "a cat"})
//	// … send it, read at most dialect.MaxAnswer bytes …
//	answer := d.Submitted(target, response)
package dialect

import (
	"net/http"
	"net/url"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// Dialect is one channel protocol.
type Dialect interface {
	// Name is how scenarios name the protocol.
	Name() string

	// Submit builds the request that orders a clip. Its body can't be sent twice.
	Submit(t Target, o Order) (*http.Request, error)
	// Submitted reads the answer to Submit.
	Submitted(t Target, r *Response) Answer
	// Poll builds the request that asks how a job is getting on.
	Poll(t Target, j Job) (*http.Request, error)
	// Polled reads the answer to Poll.
	Polled(t Target, j Job, r *Response) Progress
	// Fetch builds the request for the finished clip. It carries the key only to the
	// channel's own host.
	Fetch(t Target, j Job) (*http.Request, error)

	// Routes serves the protocol below prefix, such as "/reverse/v1".
	Routes(m *http.ServeMux, prefix string, s Seller)
	// Base is the path at the end of the base_url that documents give, such as "v1", which clients of the vendor's own
	// put behind the host by themselves; "" where there is none.
	Base() string
	// Traps names the ways in which Routes can misbehave as real channels of the protocol do, where Seller.Trap says so.
	Traps() []string
}

// Finder is a Dialect whose orders bear a token of the client's own, so that an order of which no answer came can be
// asked for.
type Finder interface {
	Dialect
	// Finds says whether it can: vendors share an engine, and not all have tokens.
	Finds() bool
	// Find builds the request for an order by its token.
	Find(t Target, token string) (*http.Request, error)
	// Found reads the answer to Find: Accepted with the job; Refused where the channel says that it never took such an
	// order, as it may say for a moment of one that it has just taken; Lost where it says neither.
	Found(t Target, r *Response) Answer
}

// FinderOf is the dialect as one that can ask for an order by its token, if it can.
func FinderOf(d Dialect) (Finder, bool) {
	if f, is := d.(Finder); is && f.Finds() {
		return f, true
	}
	return nil, false
}

// Holder is a Dialect that can hold a submit until the clip is made; see Target.Hold.
type Holder interface {
	Dialect
	Holds() bool
}

// all lists the dialects in the order in which they are documented.
var all = []Dialect{openAI{}, reverse{}, generations{}, xai, openRouter, fal, ark, minimaxV2, interactions, kling,
	klingJWT, replicate, runway, kie, dashscope, minimax, operations}

// ByName returns the dialect that scenarios call name.
func ByName(name string) (Dialect, bool) {
	for _, d := range all {
		if d.Name() == name {
			return d, true
		}
	}
	return nil, false
}

// Target is where and as whom to ask.
type Target struct {
	BaseURL string               // as the channel's documents give it, such as "https://api.example.com/v1"
	Allows  func(*url.URL) error // why a finished clip may not be fetched from another host; nil: none may be
	Key     Secret
	Hide    *Redactor // of all keys that the run knows; nil: of Key alone
	Model   string

	Secret  Secret            // signs what stands for Key, where the protocol has keys in two halves
	Now     func() time.Time  // for signatures that expire; nil: none can be made
	Form    channel.Form      // how the model wants its orders written
	Headers map[string]string // that every request to the channel bears besides
	Hold    bool              // the submit is answered when the clip is made
}

// Order is what to ask for. The clip is the one that the channel makes.
type Order struct {
	Clip   channel.Clip
	Prompt string
	Token  string // the client's own, at most 64 of a-z, 0-9 and -, for protocols with one; "": none
}

// Job is what must be remembered of an accepted order to find its clip again. It holds no key.
type Job struct {
	ID         string // "" where a synchronous answer named none
	PollURL    string // where the channel says to ask; "" for the usual place
	ContentURL string // where the channel says the clip is; "" for the usual place
}

// MaxAnswer is how much of an answer other than a clip is worth reading.
const MaxAnswer = 1 << 20

// Response is an answer as the driver read it.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte   // at most MaxAnswer
	Truncated bool     // there was more, or it broke off
	From      *url.URL // that was asked, from which a redirect counts; nil: the channel's base
}

// Verdict is what an answer to a submit means.
type Verdict uint8

// The verdicts. The zero value is the one that risks no money.
const (
	Lost     Verdict = iota // nobody knows: maybe accepted
	Accepted                // a job runs, or has run
	Refused                 // proven: no job runs
	OurFault                // proven: no job runs, and no other answer is to be expected until we mend it
)

var verdicts = []string{"lost", "accepted", "refused", "our fault"}

func (v Verdict) String() string { return verdicts[v] }

// Fault is what we did wrong.
type Fault uint8

// The faults.
const (
	NoFault    Fault = iota
	BadKey           // the key is missing, wrong or not allowed to do this
	NoBalance        // the account is empty
	BadRequest       // the channel can't make what was asked for, or doesn't understand it
)

var faults = []string{"none", "bad key", "empty balance", "bad request"}

func (f Fault) String() string { return faults[f] }

// Answer is a channel's answer to a submit.
type Answer struct {
	Verdict    Verdict
	Progress   Progress       // Accepted: the job, and how far it is already
	Reason     channel.Reason // Refused and OurFault: why; Lost: channel.Lost
	Fault      Fault          // OurFault
	Country    string         // Region: where the channel believes the request came from
	RetryAfter time.Duration  // the pause that the channel asks for
	Code       string         // the error's code, in the channel's spelling
	Message    string         // for people; bounded, on one line, without the key
}

// Quantity is a number of units that a channel bills by.
type Quantity struct {
	Micros money.Micros // millionths of a unit
	Unit   string       // such as "token", in the singular; "" for none
}

// State is how far a job is.
type State uint8

// The states. The zero value is the one that gives nothing up.
const (
	InProgress State = iota // ask again
	Completed               // the clip can be fetched
	Failed                  // there will be no clip
	Gone                    // the channel doesn't know the job, or its clip, (any more)
)

var states = []string{"in progress", "completed", "failed", "gone"}

func (s State) String() string { return states[s] }

// Progress is a channel's answer about a job.
type Progress struct {
	Job       Job // as it was asked about, with the places that the answer names
	State     State
	NewWord   string         // the status that the job is said to have, where that is new to us: it counts as in progress
	Percent   string         // beside it: how far the job is said to be, in the channel's spelling
	Unproven  bool           // InProgress: a failure is told that may be the poll's own
	PollAfter time.Duration  // the channel asks for no earlier poll
	Cost      money.Micros   // what the channel says that it charges
	CostKnown bool           // it says so
	Units     Quantity       // what the channel says that it bills, in its own unit; the zero Quantity: nothing
	Reason    channel.Reason // Failed: Job, or Moderation or Region where its code says so
	Fault     Fault          // the channel doesn't answer because of us; the job may go on
	Code      string         // of the failure, in the channel's spelling
	Message   string         // for people; bounded, on one line, without the key
}
