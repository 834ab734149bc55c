package journal

import (
	"fmt"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// Schema is the version of the format. Changes within it are additive: new fields, and new kinds of
// entry that alter neither what was submitted nor what was spent.
const Schema = "channelbench/orders/v1"

// Entry is one line: a Run, Order, Intent, Accepted, Ended, Finished, Settled, Cap, Balance, Stopped or Note; or,
// when read, a Foreign one. Amounts are micro-dollars, durations nanoseconds.
type Entry interface{ kind() string }

// Run is the header: the first line, and no other.
type Run struct {
	Schema         string `json:"schema"`
	At             Time   `json:"at"` // when the run began
	Tool           string `json:"tool"`
	ScenarioSHA256 string `json:"scenario_sha256"`
	PurchaseSHA256 string `json:"purchase_sha256"`
	Seed           uint64 `json:"seed"`
	Live           bool   `json:"live"` // real channels, not the mock
	// how much faster than the scenario's time the run's clock goes; times here are the clock's
	Speed         float64      `json:"speed"`
	Cap           money.Micros `json:"cap_micros"`
	Set           []string     `json:"set,omitempty"`            // what was overridden in the scenario
	PromptsSHA256 string       `json:"prompts_sha256,omitempty"` // of the prompts that orders number
}

// Order says that an order comes up. It may be repeated as long as nothing was submitted for it.
type Order struct {
	Order    int    `json:"order"` // its number in the run, from 0
	Strategy string `json:"strategy"`
	// the same in all strategies for orders of the same video and prompt, which arrive together
	Pair      int    `json:"pair"`
	Video     int    `json:"video"`     // index of the ordered video in the scenario
	Prompt    int    `json:"prompt"`    // index of the prompt
	Key       string `json:"key"`       // the order's own, minted once, for all its attempts
	Scheduled Time   `json:"scheduled"` // its arrival, from which its latency counts
}

// Intent says that an attempt is about to be submitted. Attempts of an order are numbered from 0
// without gaps, and none begins while the outcome of the one before isn't on record.
type Intent struct {
	Order    int          `json:"order"`
	Attempt  int          `json:"attempt"`
	At       Time         `json:"at"`
	Channel  string       `json:"channel"`
	Step     int          `json:"step"`                // of the order's route, from 0
	Reserved money.Micros `json:"reserved_micros"`     // the worst case, set aside for it
	Hedge    bool         `json:"hedge,omitempty"`     // it begins beside the one before
	KeyIndex int          `json:"key_index,omitempty"` // of the channel's keys, the one that orders, from 0
	Token    string       `json:"token,omitempty"`     // by which the channel can be asked for the order; "": it can't
}

// Accepted says that the channel runs a job for the attempt, and how to find it again.
type Accepted struct {
	Order   int  `json:"order"`
	Attempt int  `json:"attempt"`
	At      Time `json:"at"`
	Job
	Status int  `json:"status"`          // of HTTP
	Found  bool `json:"found,omitempty"` // the submit's answer was lost, and the channel was asked for its token
}

// Job is where a channel keeps an accepted job. It holds no key.
type Job struct {
	ID         string `json:"job,omitempty"`         // "": a synchronous answer named none
	PollURL    string `json:"poll_url,omitempty"`    // "": the usual place
	ContentURL string `json:"content_url,omitempty"` // "": the usual place
}

// findable says whether the channel can be asked about the job.
func (j Job) findable() bool { return j != Job{} }

// Ended says how an attempt ended for its order. After Abandoned its bill is not known yet, and counts with Settled;
// so it is after Ambiguous where the job was accepted. Else that bill, or one that is unproven, never will be known,
// and what was reserved stays so.
type Ended struct {
	Order     int     `json:"order"`
	Attempt   int     `json:"attempt"`
	Outcome   Outcome `json:"outcome"` // any but Pending
	Reason    Reason  `json:"reason"`
	Country   string  `json:"country,omitempty"` // Region: where the channel believes the request came from
	At        Time    `json:"at"`                // when the outcome was known
	Submitted Time    `json:"submitted"`         // when the request was sent
	Answered  Time    `json:"answered,omitzero"` // when the submit's answer was here
	Accepted  Time    `json:"accepted,omitzero"` // when the job was known to run
	Ready     Time    `json:"ready,omitzero"`    // when a poll found the clip ready
	Fetched   Time    `json:"fetched,omitzero"`  // when the clip was here
	Polls     int     `json:"polls"`
	// of the clip, that ended; what isn't a whole clip is fetched again
	Fetches    int           `json:"fetches,omitempty"`
	RetryAfter time.Duration `json:"retry_after_ns,omitempty"` // Refused: the pause that the channel asked for
	Bill
	ClipSHA256 string `json:"clip_sha256,omitempty"`
	ClipBytes  int64  `json:"clip_bytes,omitempty"`
	Error      string `json:"error,omitempty"` // for people, without secrets
}

// Open says whether the bill of an attempt that was accepted is still to come.
func (e *Ended) Open() bool {
	o := channel.Outcome(e.Outcome)
	return o == channel.Abandoned || o == channel.Ambiguous
}

// Bill is what an attempt costs, in micro-dollars.
type Bill struct {
	Computed money.Micros `json:"computed_micros"` // by channel.Price.Charge
	// by the channel itself, with the job's end; nil: it reports nothing
	Reported *money.Micros `json:"reported_micros,omitempty"`
	Units    *Units        `json:"units,omitempty"` // likewise in what it counts; nil: it tells none
	// a failure that nobody knows to be free: Computed is what it costs on average, and all that was reserved stays so
	Unproven bool `json:"unproven,omitempty"`
}

// Units are what a channel bills in units of its own, in millionths.
type Units struct {
	Unit     string       `json:"unit"` // such as "token"
	Told     money.Micros `json:"told_micros"`
	Expected money.Micros `json:"expected_micros"` // by the price, where that is of the same unit
}

// Charge is what counts against the cap: what was computed, or reported if that is more.
func (b Bill) Charge() money.Micros {
	if b.Reported == nil {
		return b.Computed
	}
	return max(b.Computed, *b.Reported)
}

// Finished says how an order ended. Attempts may still be settled after it.
type Finished struct {
	Order     int           `json:"order"`
	At        Time          `json:"at"`
	Delivered bool          `json:"delivered"`
	Reason    Reason        `json:"reason"`     // why it was not delivered
	Latency   time.Duration `json:"latency_ns"` // from the scheduled arrival
	Lag       time.Duration `json:"lag_ns"`     // of it, how much later than scheduled we began
}

// Settled says what became of an attempt that its order no longer waited for: abandoned at the
// deadline, or left open by a run that was interrupted. It ends what Ended left open, or stands in
// for it.
type Settled struct {
	Order   int     `json:"order"`
	Attempt int     `json:"attempt"`
	At      Time    `json:"at"`
	Outcome Outcome `json:"outcome"` // any but Pending; Ambiguous: what was reserved stays so
	Reason  Reason  `json:"reason"`
	Ready   Time    `json:"ready,omitzero"` // when the late clip was found ready
	Bill
	Error string `json:"error,omitempty"` // for people, without secrets
}

// Cap says that the run goes on with another cap than the header's.
type Cap struct {
	At  Time         `json:"at"`
	Cap money.Micros `json:"cap_micros"`
}

// Balance says what an account held.
type Balance struct {
	At       Time         `json:"at"`
	Channels []string     `json:"channels"` // that share the account
	Amount   money.Micros `json:"balance_micros"`
}

// Stopped says that a channel was found dead and nothing more is submitted there, or that the run tries it again.
type Stopped struct {
	At       Time   `json:"at"`
	Channel  string `json:"channel"`
	Good     int    `json:"good"`               // orders that it delivered within the promise
	Bad      int    `json:"bad"`                // orders that it did not
	InFlight int    `json:"in_flight"`          // orders under way there
	Left     int    `json:"left"`               // orders of the schedule that would have begun there
	Reopened bool   `json:"reopened,omitempty"` // tried again
}

// Note is a remark, such as that the run was resumed or why it stopped.
type Note struct {
	At   Time   `json:"at"`
	Text string `json:"text"`
}

// Foreign is an entry of a kind that only newer versions know. It can be read, not written.
type Foreign struct{ Kind string }

func (Run) kind() string       { return "run" }
func (Order) kind() string     { return "order" }
func (Intent) kind() string    { return "intent" }
func (Accepted) kind() string  { return "accepted" }
func (Ended) kind() string     { return "ended" }
func (Finished) kind() string  { return "finished" }
func (Settled) kind() string   { return "settled" }
func (Cap) kind() string       { return "cap" }
func (Balance) kind() string   { return "balance" }
func (Stopped) kind() string   { return "stopped" }
func (Note) kind() string      { return "note" }
func (f Foreign) kind() string { return f.Kind }

// Time is a moment, written in RFC 3339, in UTC, to the nanosecond. UTC makes one; the zero Time is none.
type Time struct{ time.Time }

// UTC is t to the nanosecond, without its zone and its monotonic reading.
func UTC(t time.Time) Time { return Time{t.Round(0).UTC()} }

const layout = `"2006-01-02T15:04:05.000000000Z"`

// MarshalJSON writes years 0 to 9999.
func (t Time) MarshalJSON() ([]byte, error) {
	u := t.UTC()
	if u.Year() < 0 || u.Year() > 9999 {
		return nil, fmt.Errorf("the year %d can't be written", u.Year())
	}
	return u.AppendFormat(nil, layout), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(text []byte) (err error) {
	t.Time, err = time.Parse(layout, string(text))
	return err
}

// Outcome is a channel.Outcome, written by its name.
type Outcome channel.Outcome

func (o Outcome) String() string { return channel.Outcome(o).String() }

// MarshalText writes the name.
func (o Outcome) MarshalText() ([]byte, error) {
	if channel.Outcome(o) > channel.Unusable {
		return nil, fmt.Errorf("there is no outcome %d", uint8(o))
	}
	return []byte(o.String()), nil
}

// UnmarshalText reads the name.
func (o *Outcome) UnmarshalText(name []byte) error {
	for known := channel.Pending; known <= channel.Unusable; known++ {
		if known.String() == string(name) {
			*o = Outcome(known)
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %.40q", name)
}

// Reason is a channel.Reason, written by its name.
type Reason channel.Reason

func (r Reason) String() string { return channel.Reason(r).String() }

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) {
	if channel.Reason(r) >= channel.NumReasons {
		return nil, fmt.Errorf("there is no reason %d", uint8(r))
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads the name.
func (r *Reason) UnmarshalText(name []byte) error {
	for known := range channel.NumReasons {
		if known.String() == string(name) {
			*r = Reason(known)
			return nil
		}
	}
	return fmt.Errorf("unknown reason %.40q", name)
}
