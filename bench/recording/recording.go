// Package recording reads a journal as what a bench measured: the orders, how each ended, and what each
// of their attempts met and cost. What goes on, what was interrupted and what a resumed run adds
// read alike.
//
// It deliberately works out no figures and asks nobody anything. Times are the scenario's, since the run
// began: a run on a fast clock reads like a slow one.
//
//	recorded, err := recording.Read(journal.Read(file))
//	for _, order := range recorded.Orders() { … }
package recording

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/world"
)

// Order is one order that was announced.
type Order struct {
	Number    int // in the run
	Strategy  string
	Pair      int // the same in all strategies for orders of the same video and prompt
	Video     int
	Key       world.Key
	Scheduled time.Duration // arrival
	Finished  bool          // it has an outcome; if not, the run gave it up or still waits
	Delivered bool
	Reason    channel.Reason // why it was not delivered
	Latency   time.Duration  // from the scheduled arrival
	Lag       time.Duration  // of it, how much later than scheduled it began
	Attempts  []Attempt
}

// FellBack says whether any attempt was made beyond the first step of the order's route.
func (o *Order) FellBack() bool {
	return len(o.Attempts) > 0 && o.Attempts[len(o.Attempts)-1].Step > 0
}

// Charge is what the order costs as far as it is known: of attempts that are still open, the worst case.
func (o *Order) Charge() money.Micros {
	var sum money.Micros
	for i := range o.Attempts {
		sum += o.Attempts[i].Charge()
	}
	return sum
}

// AtMost is what the order may have cost.
func (o *Order) AtMost() money.Micros {
	var sum money.Micros
	for i := range o.Attempts {
		sum += o.Attempts[i].AtMost()
	}
	return sum
}

// Attempt is one submit and what came of it.
type Attempt struct {
	Channel    string
	Step       int             // of the order's route
	Outcome    channel.Outcome // for its order; Pending: it isn't on record
	Reason     channel.Reason
	Country    string    // Region: where the channel believes the request came from
	Bought     time.Time // by the clock on the wall: when it was about to be submitted
	Submitted  time.Duration
	Answer     time.Duration // from the submit to its answer, or to the loss of it
	Accepted   bool
	Ended      bool          // Accepted: it is known how the job ended
	Made       bool          // a clip came out
	Service    time.Duration // Ended: from the acceptance to the poll that found the job ended
	Fetch      time.Duration // Delivered and Unusable: from that poll until the clip was here
	Polls      int
	Fetches    int           // of the clip, that ended; 0: none, or unknown
	RetryAfter time.Duration // Refused: the pause that the channel asked for
	Reserved   money.Micros  // the worst case that was set aside
	Bill       journal.Bill
	Open       bool // the bill isn't known yet: what was reserved stands for it
	Doubtful   bool // nobody will ever know whether it was billed: what was reserved stays so

	Job     string        // Accepted: what the channel calls the job; "": nothing
	Left    time.Duration // Abandoned: when its order waited no longer, since the run began
	Ready   bool          // its clip was, when its order left it
	Word    string        // what was last heard of a job that its order left
	Remnant bool          // settled by a later run, which didn't see its end
}

// Charge is what the attempt costs. An ambiguous one, whose bill nobody will ever know, costs what its price says,
// and a failure that may be billed what such failures cost on average.
func (a *Attempt) Charge() money.Micros {
	if a.Open {
		return a.Reserved
	}
	return a.Bill.Charge()
}

// AtMost is what the attempt may have cost: more than its charge where nobody knows whether a failure was billed.
func (a *Attempt) AtMost() money.Micros {
	if a.Doubtful {
		return max(a.Reserved, a.Charge())
	}
	return a.Charge()
}

// Recording is what a journal says of its run.
type Recording struct {
	Run     journal.Run
	Looks   []Look                     // at all accounts, as they came
	Stopped map[string]journal.Stopped // what was last said of channels that were given up, or begun with again

	state  journal.State
	lines  int
	orders map[int]*Order
	seen   map[[2]int]*moments // by order and attempt
	sums   map[string]*Sums    // by channel
}

// moments are those from which spans of an attempt count.
type moments struct{ submitted, accepted time.Time }

// Read reads a whole journal.
func Read(entries iter.Seq2[journal.Entry, error]) (*Recording, error) {
	r := &Recording{}
	for e, err := range entries {
		if err == nil {
			err = r.Take(e)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Take takes in the next entry. One that doesn't follow from those before is an error, as it is for journal.State.
func (r *Recording) Take(e journal.Entry) error {
	r.lines++
	if err := r.state.Apply(e); err != nil {
		return &journal.BadLineError{Line: r.lines, Err: err}
	}
	switch e := e.(type) {
	case journal.Run:
		if !(e.Speed > 0) {
			return fmt.Errorf("a clock of %v times the scenario's tells no time", e.Speed)
		}
		r.Run, r.Stopped = e, map[string]journal.Stopped{}
		r.orders, r.seen, r.sums = map[int]*Order{}, map[[2]int]*moments{}, map[string]*Sums{}
	case journal.Order:
		key, err := strconv.ParseUint(e.Key, 16, 64)
		if err != nil {
			return fmt.Errorf("order %d: the key %.20q is no number of 16 hex digits", e.Order, e.Key)
		}
		r.orders[e.Order] = &Order{Number: e.Order, Strategy: e.Strategy, Pair: e.Pair, Video: e.Video,
			Key: world.Key(key), Scheduled: r.at(e.Scheduled)}
	case journal.Intent:
		r.begin(&e)
	case journal.Accepted:
		a, m := r.attempt(e.Order, e.Attempt)
		m.accepted = e.At.Time
		a.Accepted, a.Answer, a.Job = true, r.between(m.submitted, m.accepted), cmp.Or(e.ID, e.PollURL)
	case journal.Ended:
		r.end(&e)
	case journal.Settled:
		r.settle(&e)
	case journal.Balance:
		r.look(&e)
	case journal.Stopped:
		r.Stopped[e.Channel] = e
	case journal.Finished:
		o := r.orders[e.Order]
		o.Finished, o.Delivered, o.Reason = true, e.Delivered, channel.Reason(e.Reason)
		o.Latency, o.Lag = e.Latency, e.Lag
	}
	return nil
}

// State is where the run stands by now: what is open, and what was spent.
func (r *Recording) State() *journal.State { return &r.state }

// Orders are those of the run by now, by number.
func (r *Recording) Orders() []Order {
	all := make([]Order, 0, len(r.orders))
	for _, number := range slices.Sorted(maps.Keys(r.orders)) {
		all = append(all, *r.orders[number])
	}
	return all
}

func (r *Recording) attempt(order, number int) (*Attempt, *moments) {
	return &r.orders[order].Attempts[number], r.seen[[2]int{order, number}]
}

func (r *Recording) begin(e *journal.Intent) {
	o := r.orders[e.Order]
	o.Attempts = append(o.Attempts, Attempt{Channel: e.Channel, Step: e.Step, Bought: e.At.Time,
		Submitted: r.at(e.At), Reserved: e.Reserved, Open: true})
	r.book(&o.Attempts[len(o.Attempts)-1])
	r.seen[[2]int{e.Order, e.Attempt}] = &moments{submitted: e.At.Time}
}

func (r *Recording) end(e *journal.Ended) {
	a, m := r.attempt(e.Order, e.Attempt)
	if !e.Submitted.IsZero() {
		m.submitted, a.Submitted = e.Submitted.Time, r.at(e.Submitted)
		if a.Accepted {
			a.Answer = r.between(m.submitted, m.accepted)
		}
	}
	a.Outcome, a.Reason, a.Country = channel.Outcome(e.Outcome), channel.Reason(e.Reason), e.Country
	a.Polls, a.Fetches, a.RetryAfter = e.Polls, e.Fetches, e.RetryAfter
	if e.Open() && !e.Accepted.IsZero() {
		a.Ready, a.Word = !e.Ready.IsZero(), e.Error
	}
	switch a.Outcome {
	case channel.Abandoned:
		a.Left = r.at(e.At)
		return // what became of it is to come
	case channel.Ambiguous:
		if a.Accepted {
			return // likewise
		}
		a.Answer = r.between(m.submitted, e.At.Time)
	case channel.Delivered, channel.Unusable:
		r.ended(a, m, e.Ready.Time)
		a.Made, a.Fetch = true, r.between(e.Ready.Time, e.Fetched.Time)
	case channel.Failed:
		r.ended(a, m, e.At.Time)
	default:
		a.Answer = r.between(m.submitted, e.At.Time)
	}
	r.close(a, e.Bill, a.Outcome == channel.Ambiguous)
}

func (r *Recording) settle(e *journal.Settled) {
	a, m := r.attempt(e.Order, e.Attempt)
	became := channel.Outcome(e.Outcome)
	a.Remnant = a.Outcome == channel.Pending || became == channel.Ambiguous
	if a.Outcome == channel.Pending {
		a.Outcome, a.Reason = became, channel.Reason(e.Reason)
	}
	switch {
	case became == channel.Refused || became == channel.Ambiguous:
		a.Answer = r.between(m.submitted, e.At.Time)
	case !e.Ready.IsZero():
		r.ended(a, m, e.Ready.Time)
		a.Made = true
	default:
		r.ended(a, m, e.At.Time)
	}
	r.close(a, e.Bill, became == channel.Ambiguous)
}

// ended notes when an accepted job was found ended.
func (r *Recording) ended(a *Attempt, m *moments, at time.Time) {
	if !m.accepted.IsZero() {
		a.Ended, a.Service = true, r.between(m.accepted, at)
	}
}

// at is a moment as the scenario's time since the run began.
func (r *Recording) at(t journal.Time) time.Duration { return r.between(r.Run.At.Time, t.Time) }

// between is a span of the scenario's time.
func (r *Recording) between(from, to time.Time) time.Duration {
	return time.Duration(float64(to.Sub(from)) * r.Run.Speed)
}
