// Package policy decides what happens to one order: which channel is tried, when it is polled,
// tried again, given up for the next, and when the deadline ends it.
//
// It is a pure state machine and deliberately has no clock, no I/O, no logging, no randomness: time
// comes with the events, jitter too, and everything that an order wants done comes out as
// actions. It knows no prices and no odds; drivers bring those. sim/event drives it in virtual
// time, bench over HTTP in real time, and both must take the same decisions.
//
//	           Start
//	             │               ┌──────── retryable, attempts left ────────┐
//	             ▼               ▼                                          │
//	        ┌─ Submit ──────► waiting ── Wake ──► Submit                    │
//	        │                                                               │
//	submitting ── Accepted ──► polling ── Completed ──► fetching ── Fetched ┼─► Finish, delivered
//	        │                    │                        │  ▲              │
//	        │ Refused            │ Failed                 │  └ FetchFailed  │
//	        │                    │                        │ Rejected        │
//	        ├────────────────────┴────────────────────────┴─────────────────┤
//	        │ Lost                                                          └ else next step,
//	        └─► Finish, or next step                                          or Finish
//
// The deadline ends an order from any state. What still runs then is settled: its later events
// are recorded, since it may be billed, and cause no action but Settle.
//
// The smallest driver:
//
//	var m policy.Machine
//	m.Init(&route, 0)
//	pending := []policy.Event{{Kind: policy.Start}}
//	for len(pending) > 0 {
//		event := earliest(&pending)
//		for _, action := range m.Step(&event, nil, nil) {
//			pending = append(pending, answer(action)...)
//		}
//	}
package policy

import (
	"time"

	"channelbench/internal/channel"
)

// EventKind says what happened.
type EventKind uint8

// The kinds of event.
const (
	Start       EventKind = iota // the order arrived, at 0
	Wake                         // a time asked for has come
	Accepted                     // the channel runs a job for the attempt
	Refused                      // the channel proved that it does not; Reason says why
	Lost                         // nobody knows: the answer to the submit was lost
	Completed                    // a poll found the clip ready
	Failed                       // a poll found the job failed
	Fetched                      // the clip is here and usable
	FetchFailed                  // the clip could not be fetched
	Rejected                     // the clip is here and unusable
)

var eventKinds = []string{"start", "wake", "accepted", "refused", "lost", "completed", "failed", "fetched", "fetch failed", "rejected"}

func (k EventKind) String() string { return eventKinds[k] }

// Event is something that happened to an order.
type Event struct {
	At         time.Duration // since the order's scheduled arrival; never decreases
	Jitter     float64       // a uniform in [0, 1) for the pause that may follow a failure
	RetryAfter time.Duration // Refused only: the channel asks for this pause
	Attempt    int32         // which attempt; unused for Start and Wake
	Kind       EventKind
	Reason     channel.Reason // Refused only
	Billed     bool           // Failed only: the channel bills the failure though it bills on success
}

// ActionKind says what to do.
type ActionKind uint8

// The kinds of action.
const (
	Submit ActionKind = iota // submit Attempt to Channel now
	Poll                     // ask for the job at At and each Every after, until it has ended; Every 0: tell as soon as it has
	Fetch                    // fetch the clip at At
	WakeAt                   // send Wake at At
	Finish                   // the order has ended
	Settle                   // as Poll, for the bill only; a job that is polled already goes on being polled
)

var actionKinds = []string{"submit", "poll", "fetch", "wake", "finish", "settle"}

func (k ActionKind) String() string { return actionKinds[k] }

// Action is something that the machine wants done.
type Action struct {
	At      time.Duration
	Every   time.Duration
	Attempt int32
	Channel int32
	Try     int32 // Submit only: how many attempts this order has made on this channel before
	Kind    ActionKind
}

// Attempt is one submit and what came of it.
type Attempt struct {
	Started  time.Duration
	Ended    time.Duration // when its outcome was known to the order
	Channel  int32
	Step     int32
	Try      int32
	Outcome  channel.Outcome
	Reason   channel.Reason
	Accepted bool
	Made     bool // a clip came out
	Billed   bool // it failed, and the channel bills that
	Settled  bool // nothing about it can change any more
}

// Usage is what the attempt used, for billing; made is the clip that its channel makes.
func (a *Attempt) Usage(made channel.Clip) channel.Usage {
	return channel.Usage{Clip: made, Accepted: a.Accepted, Made: a.Made, BilledFailure: a.Billed, Lost: a.Reason == channel.Lost}
}

// Result is how an order ended.
type Result struct {
	At        time.Duration
	Delivered bool
	Reason    channel.Reason // why it was not delivered
}

type state uint8

const (
	arriving state = iota // Start is still to come
	waiting               // for a Wake at resume
	submitting
	polling
	fetching
	finished
)

// Machine is one order. The zero value needs Init.
type Machine struct {
	route    *Route
	deadline time.Duration // of the route
	arrival  time.Duration // since the start of the month or the run
	resume   time.Duration
	result   Result
	n        int32 // attempts made
	step     int32
	tries    int32 // attempts made in this step
	state    state
	attempts [MaxAttempts]Attempt
}

// Init makes m a new order on route. Arrival is on the clock that all orders of a Pool share.
// The route must stay unchanged and need no more than MaxAttempts.
func (m *Machine) Init(route *Route, arrival time.Duration) {
	m.route, m.deadline, m.arrival = route, route.Deadline, arrival
	m.resume, m.result, m.state = 0, Result{}, arriving
	m.step, m.tries, m.n = 0, 0, 0
}

// Attempts returns the attempts made so far; the slice is valid until the next Init.
func (m *Machine) Attempts() []Attempt { return m.attempts[:m.n] }

// Finished says whether the order has ended, and how.
func (m *Machine) Finished() (Result, bool) { return m.result, m.state == finished }

// Settled says whether the order has ended and every attempt's bill is known.
func (m *Machine) Settled() bool {
	if m.state != finished {
		return false
	}
	for i := range m.attempts[:m.n] {
		if !m.attempts[i].Settled {
			return false
		}
	}
	return true
}

// Step takes one event, which it only reads, and appends what to do next to actions. Events that don't fit the state,
// such as an answer that comes twice, change nothing. The pool may be nil.
func (m *Machine) Step(e *Event, pool *Pool, actions []Action) []Action {
	if m.past(e) {
		actions = m.end(Result{Reason: channel.Deadline, At: m.deadline}, actions)
	}
	switch e.Kind {
	case Start:
		return m.start(e, pool, actions)
	case Wake:
		if m.state == waiting && e.At >= m.resume {
			actions = m.submit(e.At, pool, actions)
		}
		return actions
	}
	if e.Attempt < 0 || e.Attempt >= m.n || m.attempts[e.Attempt].Settled {
		return actions
	}
	if m.state == finished || e.Attempt != m.n-1 {
		return m.settle(e, pool, actions)
	}
	return m.answer(e, pool, actions)
}

// past says whether the deadline comes before e. An answer at the very deadline is in time.
func (m *Machine) past(e *Event) bool {
	d := m.deadline
	return d > 0 && e.At >= d && m.state != finished && (e.At > d || e.Kind == Wake)
}

func (m *Machine) start(e *Event, pool *Pool, actions []Action) []Action {
	if m.state != arriving {
		return actions
	}
	if m.deadline > 0 {
		actions = append(actions, Action{Kind: WakeAt, At: m.deadline})
	}
	return m.submit(e.At, pool, actions)
}

// submit begins the next attempt on the current step, once the pool allows it.
func (m *Machine) submit(at time.Duration, pool *Pool, actions []Action) []Action {
	if m.deadline > 0 && at >= m.deadline {
		return m.end(Result{Reason: channel.Deadline, At: at}, actions)
	}
	step := &m.route.Steps[m.step]
	if until := pool.pausedUntil(step.Channel) - m.arrival; until > at {
		return m.wait(until, actions)
	}
	ch, try := int32(step.Channel), int32(0)
	for i := range m.attempts[:m.n] {
		if m.attempts[i].Channel == ch {
			try++
		}
	}
	m.attempts[m.n] = Attempt{Channel: ch, Step: m.step, Try: try, Started: at}
	m.n++
	m.tries++
	m.state = submitting
	return append(actions, Action{Kind: Submit, Attempt: m.n - 1, Channel: ch, Try: try, At: at})
}

func (m *Machine) wait(until time.Duration, actions []Action) []Action {
	m.state, m.resume = waiting, until
	return append(actions, Action{Kind: WakeAt, At: until})
}

// answer handles news of the live attempt.
func (m *Machine) answer(e *Event, pool *Pool, actions []Action) []Action {
	a := &m.attempts[e.Attempt]
	step := &m.route.Steps[m.step]
	if m.state != expects[e.Kind] {
		return actions
	}
	switch e.Kind {
	case Accepted:
		a.Accepted = true
		m.state = polling
		return append(actions, Action{Kind: Poll, Attempt: e.Attempt, Channel: a.Channel, At: e.At + step.Poll, Every: step.Poll})
	case Completed:
		a.Made = true
		m.state = fetching
		return append(actions, Action{Kind: Fetch, Attempt: e.Attempt, Channel: a.Channel, At: e.At})
	case Fetched:
		a.close(channel.Delivered, channel.NoReason, e.At)
		return m.end(Result{Delivered: true, At: e.At}, actions)
	case Refused:
		a.close(channel.Refused, e.Reason, e.At)
		pool.pause(step.Channel, m.arrival+e.At, e.RetryAfter)
		return m.failed(e, e.Reason, pool, actions)
	case Failed:
		a.Billed = e.Billed
		a.close(channel.Failed, channel.Job, e.At)
		return m.failed(e, channel.Job, pool, actions)
	case Rejected:
		a.close(channel.Unusable, channel.BadClip, e.At)
		return m.failed(e, channel.BadClip, pool, actions)
	case FetchFailed:
		return append(actions, Action{Kind: Fetch, Attempt: e.Attempt, Channel: a.Channel, At: e.At + step.FetchPause()})
	case Lost:
		a.close(channel.Ambiguous, channel.Lost, e.At)
		if step.OnAmbiguous == NextStep {
			return m.nextStep(e.At, channel.Lost, pool, actions)
		}
		return m.end(Result{Reason: channel.Lost, At: e.At}, actions)
	}
	return actions
}

// expects is the state in which each kind of news about an attempt fits.
var expects = [...]state{
	Accepted: submitting, Refused: submitting, Lost: submitting,
	Completed: polling, Failed: polling,
	Fetched: fetching, FetchFailed: fetching, Rejected: fetching,
}

func (a *Attempt) close(o channel.Outcome, r channel.Reason, at time.Duration) {
	a.Outcome, a.Reason, a.Ended, a.Settled = o, r, at, true
}

// failed tries the channel again where the step allows it, else begins the next step.
func (m *Machine) failed(e *Event, r channel.Reason, pool *Pool, actions []Action) []Action {
	step := &m.route.Steps[m.step]
	if int(m.tries) >= step.Attempts || !step.RetryOn.Has(r) {
		return m.nextStep(e.At, r, pool, actions)
	}
	pause := max(step.Backoff.Pause(int(m.tries), e.Jitter), e.RetryAfter)
	if pause <= 0 {
		return m.submit(e.At, pool, actions)
	}
	return m.wait(e.At+pause, actions)
}

func (m *Machine) nextStep(at time.Duration, r channel.Reason, pool *Pool, actions []Action) []Action {
	if int(m.step)+1 >= len(m.route.Steps) {
		return m.end(Result{Reason: r, At: at}, actions)
	}
	m.step++
	m.tries = 0
	return m.submit(at, pool, actions)
}

// end finishes the order and abandons the attempt that still runs, if any.
func (m *Machine) end(r Result, actions []Action) []Action {
	m.state, m.result = finished, r
	actions = append(actions, Action{Kind: Finish, At: r.At})
	if m.n == 0 {
		return actions
	}
	a := &m.attempts[m.n-1]
	if a.Settled {
		return actions
	}
	a.Outcome, a.Reason, a.Ended = channel.Abandoned, channel.Deadline, r.At
	if a.Made {
		a.Settled = true
		return actions
	}
	if a.Accepted {
		actions = append(actions, Action{Kind: Settle, Attempt: m.n - 1, Channel: a.Channel, At: r.At})
	}
	return actions
}

// settle records news of an attempt that the order no longer waits for. What contradicts what is
// known, such as the refusal of an accepted job, changes nothing.
func (m *Machine) settle(e *Event, pool *Pool, actions []Action) []Action {
	a := &m.attempts[e.Attempt]
	if aboutSubmit := expects[e.Kind] == submitting; aboutSubmit == a.Accepted {
		return actions
	}
	switch e.Kind {
	case Accepted:
		a.Accepted = true
		poll := m.route.Steps[a.Step].Poll
		return append(actions, Action{Kind: Settle, Attempt: e.Attempt, Channel: a.Channel, At: e.At + poll, Every: poll})
	case Refused:
		a.Outcome, a.Reason, a.Settled = channel.Refused, e.Reason, true
		pool.pause(int(a.Channel), m.arrival+e.At, e.RetryAfter)
	case Lost:
		a.Outcome, a.Reason, a.Settled = channel.Ambiguous, channel.Lost, true
	case Completed:
		a.Made, a.Settled = true, true
	case Failed:
		a.Billed, a.Settled = e.Billed, true
	}
	return actions
}
