package policy

import (
	"time"

	"channelbench/internal/channel"
)

// MaxAttempts bounds the submits of one order; `check` refuses a route that could need more.
const MaxAttempts = 16

// Strategy is how orders use channels: data, never code.
type Strategy struct {
	Name   string
	Routes []Route // by index of the ordered video
}

// Route is what happens to the orders of one video.
type Route struct {
	Steps    []Step
	Deadline time.Duration // from arrival; 0: none
}

// Attempts is the most submits that one order on this route can make, hedges included.
func (r *Route) Attempts() int {
	n := 0
	for i := range r.Steps {
		s := &r.Steps[i]
		n += s.Attempts
		if s.Hedge.After > 0 {
			n += s.Attempts
		}
	}
	return n
}

// Step tries one channel.
type Step struct {
	Channel     int // index of the channel
	Attempts    int // at most
	Backoff     Backoff
	RetryOn     ReasonSet
	OnAmbiguous OnAmbiguous
	Poll        time.Duration // 0: the answer is seen at once
	Timeout     time.Duration // from an attempt's submit; what has not delivered by then is left. 0: none
	Breaker     Breaker
	Budget      Budget
	Hedge       Hedge
}

// FetchPause is the pause after which a finished clip is fetched again: the poll interval, at
// least a second.
func (s *Step) FetchPause() time.Duration { return fetchPause(s.Poll) }

func fetchPause(poll time.Duration) time.Duration { return max(poll, time.Second) }

// MaxFailures bounds Breaker.Failures: a pool remembers so many of each channel.
const MaxFailures = 64

// Breaker keeps orders off a channel that fails again and again (Nygard 2007): so many failures
// within the window open it. While it is open, orders go on to their next step at once; then one attempt
// probes the channel, and its success closes the breaker, its failure opens it again. An order
// that has no next step waits for the open time to end, once for each attempt, and tries all the same.
//
// The breaker is the channel's, common to all steps that have one.
type Breaker struct {
	Failures int // 0: no breaker
	Window   time.Duration
	Open     time.Duration
	On       ReasonSet // the failures that count
}

// Budget bounds the retries on a channel by a share of its first attempts, so that retries cannot
// multiply the load of a channel in trouble: each first attempt brings a share of a token, a retry or a hedge
// takes a whole one, and where there is none the next step begins. The bucket is full at the start
// and holds Burst tokens, as in gRPC's retry throttling (proposal A6); that first attempts fill it is
// Finagle's RetryBudget. The bucket is the channel's, common to all steps that have a budget.
type Budget struct {
	Share int64 // billionths
	Burst int   // 0: no budget
}

// Hedge begins a second attempt on another channel beside one that takes long (Dean and Barroso 2013).
// Whichever clip is fetched first is delivered; the other attempt is left and charged as its channel bills.
// There is one hedge for each attempt of the step, and none where its channel asked for a pause,
// its breaker is open or its budget spent.
type Hedge struct {
	After   time.Duration // from the submit of the first; 0: no hedge
	Channel int
	Poll    time.Duration // of that channel
}

// OnAmbiguous says what follows a submit whose answer was lost. It is never submitted again on
// the same channel.
type OnAmbiguous uint8

// The rules for ambiguous submits.
const (
	Stop     OnAmbiguous = iota // the order ends undelivered
	NextStep                    // the next step begins: the clip may be paid twice
)

// OnAmbiguousNames lists the names of the rules, in the order of their values.
var OnAmbiguousNames = []string{"stop", "next_step"}

func (o OnAmbiguous) String() string { return OnAmbiguousNames[o] }

// ReasonSet is a set of reasons.
type ReasonSet uint16

// SetOf returns the set of the given reasons.
func SetOf(reasons ...channel.Reason) ReasonSet {
	var s ReasonSet
	for _, r := range reasons {
		s |= 1 << r
	}
	return s
}

// Has says whether r is in the set.
func (s ReasonSet) Has(r channel.Reason) bool { return s&(1<<r) != 0 }

// Growth says how the pause grows from one failure to the next.
type Growth uint8

// The growths.
const (
	ConstantBackoff    Growth = iota // Base each time
	ExponentialBackoff               // Base × Factor^(failures−1), at most Cap
)

// Growths lists the names of the growths, in the order of their values.
var Growths = []string{"constant", "exponential"}

func (g Growth) String() string { return Growths[g] }

// Backoff is the pause between two attempts on a channel: between Low and High times the grown
// base, where the jitter, a uniform in [0, 1), picks the place.
type Backoff struct {
	Growth Growth
	Base   time.Duration
	Factor float64       // exponential only
	Cap    time.Duration // exponential only; 0: none
	Low    float64       // 1 and 1: no jitter; 0 and 1: full; ½ and 1: equal
	High   float64
}

// Bounds returns the shortest and the longest pause after the given number of failures, counted from 1.
func (b *Backoff) Bounds(failures int) (low, high time.Duration) {
	pause := float64(b.Base)
	if b.Growth == ExponentialBackoff {
		for range failures - 1 {
			pause *= b.Factor
		}
		if b.Cap > 0 {
			pause = min(pause, float64(b.Cap))
		}
	}
	pause = min(pause, 1e300) // infinity times a low of 0 would be no number
	return duration(pause * b.Low), duration(pause * b.High)
}

// Pause returns the pause after the given number of failures, counted from 1.
func (b *Backoff) Pause(failures int, jitter float64) time.Duration {
	low, high := b.Bounds(failures)
	return low + time.Duration(float64(high-low)*jitter)
}

// duration converts nanoseconds, saturating at a century so that sums cannot overflow.
func duration(ns float64) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	return time.Duration(min(ns, float64(century)))
}
