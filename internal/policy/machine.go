// Package policy decides what happens to one order: which channel is tried, when it is polled,
// tried again, hedged, given up for the next, and when the deadline ends it.
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
//	        │ Lost               │ Stalled                                  └ else next step,
//	        └────────────────────┴─► Finish, or next step                     or Finish
//
// Orders that a channel's pause keeps waiting are called one at a time, when the answer to the one before is here.
// A pause that would end at the deadline or later counts as no attempt left, unless it is on the last step.
// A timeout makes an attempt fail from any of its states, and a hedge is a second attempt that goes
// through the same states beside it; only when both have failed does the order go on. The deadline
// ends an order from any state. What still runs of an attempt that was left is settled: its later
// events are recorded, since it may be billed, and cause no action but Settle.
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
	Wake                         // the time asked for has come
	Accepted                     // the channel runs a job for the attempt
	Refused                      // the channel proved that it does not; Reason says why
	Lost                         // nobody knows: the answer to the submit was lost
	Completed                    // a poll found the clip ready
	Failed                       // a poll found the job failed
	Fetched                      // the clip is here and usable
	FetchFailed                  // the clip could not be fetched
	Rejected                     // the clip is here and unusable
	Stalled                      // polls tell no more how the job is getting on, so nobody knows what will come of it
	Unbought                     // the hedge was not submitted and never will be
	Called                       // it is the order's turn on the channel that it waits for
)

var eventKinds = []string{"start", "wake", "accepted", "refused", "lost", "completed", "failed", "fetched",
	"fetch failed", "rejected", "stalled", "unbought", "called"}

func (k EventKind) String() string { return eventKinds[k] }

// Event is something that happened to an order.
type Event struct {
	At         time.Duration // since the order's scheduled arrival; never decreases
	Jitter     float64       // a uniform in [0, 1) for the pause after a failure; of Wake: the latest attempt's
	RetryAfter time.Duration // Refused only: the channel asks for this pause
	Attempt    int32         // which attempt; unused for Start, Wake and Called
	Kind       EventKind
	Reason     channel.Reason // Refused and Failed
	Billed     bool           // Failed only: the channel bills the failure though it bills on success
}

// ActionKind says what to do.
type ActionKind uint8

// The kinds of action.
const (
	Submit ActionKind = iota // submit Attempt to Channel now
	Poll                     // ask for the job at At and each Every after, until it has ended; Every 0: at its end
	Fetch                    // fetch the clip at At
	WakeAt                   // send Wake at At, and no longer at an earlier or later time that was asked for
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
	Hedge    bool // it began beside the one before
	probe    bool // a half-open breaker waits for what comes of it
	ahead    bool // those that wait for their turn on the channel wait for its answer
}

// Usage is what the attempt used, for billing; made is the clip that its channel makes.
func (a *Attempt) Usage(made channel.Clip) channel.Usage {
	return channel.Usage{Clip: made, Accepted: a.Accepted, Made: a.Made, BilledFailure: a.Billed,
		Lost: a.Reason == channel.Lost && !a.Accepted}
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
	waiting               // for a Wake at resume, or for its turn
	running               // an attempt, or a hedged pair
	finished
)

// phase is where an attempt is that its order waits for.
type phase uint8

const (
	submitting phase = iota
	polling
	fetching
)

func (a *Attempt) phase() phase {
	switch {
	case a.Made:
		return fetching
	case a.Accepted:
		return polling
	}
	return submitting
}

// Machine is one order. The zero value needs Init.
type Machine struct {
	route    *Route
	deadline time.Duration // of the route
	arrival  time.Duration // since the start of the month or the run
	resume   time.Duration
	alarm    time.Duration // when Wake was asked for last; 0: it has come, or was never asked for
	result   Result
	n        int32 // attempts made
	step     int32
	tries    int32 // attempts made in this step, hedges aside
	state    state
	reason   channel.Reason // of the latest failure
	timed    bool           // the step has a timeout or a hedge
	hedged   bool           // the running attempt has had its chance of a hedge
	waited   bool           // for the breaker, before the next attempt
	queued   bool           // waiting for its turn on the step's channel
	again    bool           // its latest attempt was in turn, too
	called   bool           // it is its turn
	attempts [MaxAttempts]Attempt
}

// Init makes m a new order on route. Arrival is on the clock that all orders of a Pool share.
// The route must stay unchanged and need no more than MaxAttempts.
func (m *Machine) Init(route *Route, arrival time.Duration) {
	m.route, m.deadline, m.arrival = route, route.Deadline, arrival
	m.resume, m.alarm, m.result, m.state = 0, 0, Result{}, arriving
	m.step, m.tries, m.n = 0, 0, 0
	m.reason, m.timed, m.hedged, m.waited = channel.NoReason, false, false, false
	m.queued, m.again, m.called = false, false, false
}

// Attempts returns the attempts made so far; the slice is valid until the next Init.
func (m *Machine) Attempts() []Attempt { return m.attempts[:m.n] }

// Finished says whether the order has ended, and how.
func (m *Machine) Finished() (Result, bool) { return m.result, m.state == finished }

// OnLastStep says whether no step of the route is left after the current one.
func (m *Machine) OnLastStep() bool { return int(m.step)+1 == len(m.route.Steps) }

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
// such as an answer that comes twice or a Wake that nothing waits for, change nothing. The pool may be nil.
func (m *Machine) Step(e *Event, pool *Pool, actions []Action) []Action {
	if e.Kind == Wake && e.At >= m.alarm {
		m.alarm = 0
	}
	if m.pastDeadline(e) {
		actions = m.finish(Result{Reason: channel.Deadline, At: m.deadline}, pool, actions)
	}
	if m.timed && m.state == running {
		actions = m.expire(e, pool, actions)
	} else {
		actions = m.handle(e, pool, actions)
	}
	if m.state == waiting || m.state == running && (m.timed || m.alarm != m.deadline) {
		actions = m.setAlarm(actions)
	}
	return actions
}

func (m *Machine) handle(e *Event, pool *Pool, actions []Action) []Action {
	switch e.Kind {
	case Start:
		if m.state == arriving {
			actions = m.submit(e.At, pool, actions)
		}
		return actions
	case Wake:
		return m.wake(e.At, pool, actions)
	case Called:
		return m.call(e.At, pool, actions)
	}
	switch {
	case e.Attempt < 0 || e.Attempt >= m.n || m.attempts[e.Attempt].Settled:
		return actions
	case m.attempts[e.Attempt].Outcome != channel.Pending:
		return m.settle(e, pool, actions)
	}
	return m.answer(e, pool, actions)
}

// pastDeadline says whether the deadline comes before e. An answer at the very deadline is in time.
func (m *Machine) pastDeadline(e *Event) bool {
	return m.deadline > 0 && m.state != finished && expired(m.deadline, e)
}

// expired says whether a time limit is over when e comes: an answer at that very time is not late.
func expired(limit time.Duration, e *Event) bool {
	return e.At > limit || e.At == limit && e.Kind == Wake
}

// setAlarm asks for a Wake at the earliest time that the order waits for, unless it has asked for it.
func (m *Machine) setAlarm(actions []Action) []Action {
	next := m.deadline
	if m.state == waiting {
		if !m.queued {
			next = earlier(next, m.resume)
		}
	} else if m.timed {
		step := &m.route.Steps[m.step]
		for i := m.pair(); i < m.n; i++ {
			if a := &m.attempts[i]; a.Outcome == channel.Pending && step.Timeout > 0 {
				next = earlier(next, a.Started+step.Timeout)
			}
		}
		if m.mayHedge(step) {
			next = earlier(next, m.attempts[m.n-1].Started+step.Hedge.After)
		}
	}
	if next == 0 || next == m.alarm {
		return actions
	}
	m.alarm = next
	return append(actions, Action{Kind: WakeAt, At: next})
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// pair is the first of the attempts that the order may be waiting for: the latest one, or the one that it hedges.
func (m *Machine) pair() int32 {
	if m.n > 1 && m.attempts[m.n-1].Hedge {
		return m.n - 2
	}
	return max(0, m.n-1)
}

// submit begins the next attempt on the current step, once the channel's breaker allows it, and its turn has come.
func (m *Machine) submit(at time.Duration, pool *Pool, actions []Action) []Action {
	if m.deadline > 0 && at >= m.deadline {
		return m.finish(Result{Reason: channel.Deadline, At: at}, pool, actions)
	}
	step := &m.route.Steps[m.step]
	if step.Breaker.Failures > 0 {
		if m.breakerOpen(at, pool) {
			return m.nextStep(at, pool, actions)
		}
		if until, blocked := pool.blocked(&step.Breaker, step.Channel, m.arrival+at); blocked && !m.waited {
			m.waited = true
			return m.wait(until-m.arrival, actions)
		}
	}
	if !m.called && pool.Crowded(step.Channel, m.arrival+at) {
		return m.queue(at, false, pool, actions)
	}
	m.state, m.hedged, m.waited = running, false, false
	m.timed = step.Timeout > 0 || step.Hedge.After > 0
	m.tries++
	if step.Budget.Burst > 0 && m.attemptsOn(step.Channel) == 0 {
		pool.deposit(&step.Budget, step.Channel)
	}
	return m.begin(at, step.Channel, false, pool, actions)
}

// breakerOpen says whether the breaker of the current step's channel sends orders on to the next step.
func (m *Machine) breakerOpen(at time.Duration, pool *Pool) bool {
	step := &m.route.Steps[m.step]
	if step.Breaker.Failures == 0 || m.OnLastStep() {
		return false
	}
	_, blocked := pool.blocked(&step.Breaker, step.Channel, m.arrival+at)
	return blocked
}

// pausedTooLong says whether a pause until then sends the order on to its next step: nothing could begin here before
// the deadline.
func (m *Machine) pausedTooLong(until time.Duration) bool {
	return m.deadline > 0 && until >= m.deadline && !m.OnLastStep()
}

// begin makes an attempt.
func (m *Machine) begin(at time.Duration, channel int, hedge bool, pool *Pool, actions []Action) []Action {
	a := Attempt{Channel: int32(channel), Step: m.step, Try: m.attemptsOn(channel), Started: at, Hedge: hedge}
	if b := &m.route.Steps[m.step].Breaker; b.Failures > 0 {
		a.probe = pool.admit(b, channel, m.arrival+at)
	}
	if a.ahead = m.called; a.ahead {
		m.called, pool.channels[channel].trying = false, true
	}
	m.attempts[m.n] = a
	m.n++
	return append(actions, Action{Kind: Submit, Attempt: m.n - 1, Channel: a.Channel, Try: a.Try, At: at})
}

// attemptsOn is how many attempts the order has made on a channel.
func (m *Machine) attemptsOn(channel int) int32 {
	n := int32(0)
	for i := range m.attempts[:m.n] {
		if int(m.attempts[i].Channel) == channel {
			n++
		}
	}
	return n
}

func (m *Machine) wait(until time.Duration, actions []Action) []Action {
	m.state, m.resume = waiting, until
	return actions
}

// wake begins what was put off: an attempt, or a hedge.
func (m *Machine) wake(at time.Duration, pool *Pool, actions []Action) []Action {
	switch m.state {
	case waiting:
		switch {
		case m.queued && m.pausedTooLong(pool.PausedUntil(m.route.Steps[m.step].Channel)-m.arrival):
			m.dequeue(pool)
			return m.nextStep(at, pool, actions)
		case !m.queued && at >= m.resume:
			return m.submit(at, pool, actions)
		}
	case running:
		if step := &m.route.Steps[m.step]; m.mayHedge(step) && at >= m.attempts[m.n-1].Started+step.Hedge.After {
			return m.hedge(at, step, pool, actions)
		}
	}
	return actions
}

// mayHedge says whether the running attempt can still get its hedge.
func (m *Machine) mayHedge(step *Step) bool {
	return step.Hedge.After > 0 && !m.hedged && m.attempts[m.n-1].Outcome == channel.Pending
}

// hedge begins a second attempt beside the running one, if the second channel may be used now.
func (m *Machine) hedge(at time.Duration, step *Step, pool *Pool, actions []Action) []Action {
	m.hedged = true
	second, now := step.Hedge.Channel, m.arrival+at
	if _, blocked := pool.blocked(&step.Breaker, second, now); blocked || pool.Crowded(second, now) ||
		!pool.withdraw(&step.Budget, second) {
		return actions
	}
	return m.begin(at, second, true, pool, actions)
}

// expire leaves the attempts whose timeout comes before e, hears e, and then goes on as after a failure:
// e may be the refusal of the very attempt, with a pause that is to be kept.
func (m *Machine) expire(e *Event, pool *Pool, actions []Action) []Action {
	timeout, left := m.route.Steps[m.step].Timeout, false
	for i := m.pair(); i < m.n; i++ {
		if a := &m.attempts[i]; timeout > 0 && a.Outcome == channel.Pending && expired(a.Started+timeout, e) {
			actions = m.abandon(i, channel.Timeout, a.Started+timeout, pool, actions)
			m.reason, left = channel.Timeout, true
		}
	}
	actions = m.handle(e, pool, actions)
	if left && m.state == running {
		return m.afterFailure(e.At, channel.Timeout, e.Jitter, 0, pool, actions)
	}
	return actions
}

// abandon gives up an attempt that still runs.
func (m *Machine) abandon(i int32, r channel.Reason, at time.Duration, pool *Pool, actions []Action) []Action {
	a := &m.attempts[i]
	a.Outcome, a.Reason, a.Ended = channel.Abandoned, r, at
	a.answered(pool)
	m.reportFailure(a, at, pool)
	if a.Made {
		a.Settled = true
		return actions
	}
	if a.Accepted {
		actions = append(actions, Action{Kind: Settle, Attempt: i, Channel: a.Channel, At: at})
	}
	return actions
}

// why is the event's reason, and the usual one where it has none: it takes a reason to fail.
func (e *Event) why(usual channel.Reason) channel.Reason {
	if e.Reason == channel.NoReason {
		return usual
	}
	return e.Reason
}

// answer handles news of a live attempt.
func (m *Machine) answer(e *Event, pool *Pool, actions []Action) []Action {
	a := &m.attempts[e.Attempt]
	if a.phase() != expects[e.Kind] {
		return actions
	}
	m.again = a.ahead
	a.answered(pool)
	switch e.Kind {
	case Accepted:
		a.Accepted = true
		if a.probe && m.route.Steps[a.Step].Breaker.On&later == 0 {
			m.reportSuccess(a, pool)
		}
		every := m.poll(a)
		return append(actions, Action{Kind: Poll, Attempt: e.Attempt, Channel: a.Channel, At: e.At + every, Every: every})
	case Completed:
		a.Made = true
		return append(actions, Action{Kind: Fetch, Attempt: e.Attempt, Channel: a.Channel, At: e.At})
	case Fetched:
		a.close(channel.Delivered, channel.NoReason, e.At)
		if a.probe {
			m.reportSuccess(a, pool)
		}
		return m.finish(Result{Delivered: true, At: e.At}, pool, actions)
	case FetchFailed:
		return append(actions, Action{Kind: Fetch, Attempt: e.Attempt, Channel: a.Channel, At: e.At + fetchPause(m.poll(a))})
	case Refused:
		a.close(channel.Refused, e.Reason, e.At)
		pool.pause(int(a.Channel), m.arrival+e.At, e.RetryAfter)
	case Unbought:
		return m.withdrawHedge(e, pool, actions)
	case Lost:
		a.close(channel.Ambiguous, channel.Lost, e.At)
	case Failed:
		a.Billed = e.Billed
		a.close(channel.Failed, e.why(channel.Job), e.At)
	case Stalled:
		// It may go on, and be billed, so it is still polled, for that alone.
		a.Outcome, a.Reason, a.Ended = channel.Ambiguous, channel.Lost, e.At
	case Rejected:
		a.close(channel.Unusable, e.why(channel.BadClip), e.At)
	}
	m.reportFailure(a, e.At, pool)
	pause := e.RetryAfter
	if a.Hedge {
		pause = 0 // of the other channel
	}
	return m.afterFailure(e.At, a.Reason, e.Jitter, pause, pool, actions)
}

// withdrawHedge forgets a hedge that was not bought; its order goes on as if there had been none. Any other attempt
// stays: whether the order goes on without it is the driver's to say.
func (m *Machine) withdrawHedge(e *Event, pool *Pool, actions []Action) []Action {
	a := m.attempts[e.Attempt]
	if !a.Hedge {
		return actions
	}
	step := &m.route.Steps[a.Step]
	pool.refund(&step.Budget, int(a.Channel), a.probe)
	m.n--
	return m.afterFailure(e.At, m.reason, e.Jitter, 0, pool, actions) // if the attempt beside it has
}

// expects is the phase in which each kind of news about an attempt fits.
var expects = [...]phase{
	Accepted: submitting, Refused: submitting, Lost: submitting, Unbought: submitting,
	Completed: polling, Failed: polling, Stalled: polling,
	Fetched: fetching, FetchFailed: fetching, Rejected: fetching,
}

func (a *Attempt) close(o channel.Outcome, r channel.Reason, at time.Duration) {
	a.Outcome, a.Reason, a.Ended, a.Settled = o, r, at, true
}

// poll is how often an attempt's job is asked for.
func (m *Machine) poll(a *Attempt) time.Duration {
	step := &m.route.Steps[a.Step]
	if a.Hedge {
		return step.Hedge.Poll
	}
	return step.Poll
}

// reportFailure tells the channel's breaker that an attempt failed.
func (m *Machine) reportFailure(a *Attempt, at time.Duration, pool *Pool) {
	if b := &m.route.Steps[a.Step].Breaker; b.Failures > 0 {
		pool.fail(b, int(a.Channel), m.arrival+at, a.Reason, a.probe)
		a.probe = false
	}
}

// reportSuccess tells the channel's breaker that its probe succeeded.
func (m *Machine) reportSuccess(a *Attempt, pool *Pool) {
	pool.succeed(int(a.Channel))
	a.probe = false
}

// afterFailure follows a failure: the other attempt of a hedged pair goes on, else the channel is tried again
// where the step, the deadline, the breaker and the budget allow it, else the next step begins.
func (m *Machine) afterFailure(at time.Duration, r channel.Reason, jitter float64, retryAfter time.Duration,
	pool *Pool, actions []Action) []Action {
	step, lost := &m.route.Steps[m.step], false
	m.reason = r
	for i := m.pair(); i < m.n; i++ {
		if m.attempts[i].Outcome == channel.Pending {
			return actions
		}
		lost = lost || m.attempts[i].Outcome == channel.Ambiguous
	}
	if lost {
		m.reason = channel.Lost
		if step.OnAmbiguous == NextStep {
			return m.nextStep(at, pool, actions)
		}
		return m.finish(Result{Reason: channel.Lost, At: at}, pool, actions)
	}
	pause := retryAfter // who says when there is room knows better than a backoff
	if pause <= 0 {
		pause = step.Backoff.Pause(int(m.tries), jitter)
	}
	late := m.pausedTooLong(max(at+pause, pool.PausedUntil(step.Channel)-m.arrival))
	if int(m.tries) >= step.Attempts || !step.RetryOn.Has(r) || late || m.breakerOpen(at, pool) ||
		!pool.withdraw(&step.Budget, step.Channel) {
		return m.nextStep(at, pool, actions)
	}
	switch until := pool.PausedUntil(step.Channel) - m.arrival; {
	case pool != nil && until > at && until >= at+pause:
		return m.queue(at, m.again, pool, actions)
	case pause <= 0:
		return m.submit(at, pool, actions)
	}
	return m.wait(at+pause, actions)
}

// nextStep begins the next step whose channel the order hasn't tried, or may retry by its budget.
func (m *Machine) nextStep(at time.Duration, pool *Pool, actions []Action) []Action {
	for int(m.step)+1 < len(m.route.Steps) {
		m.step++
		m.tries, m.waited, m.called = 0, false, false
		step := &m.route.Steps[m.step]
		if step.Budget.Burst == 0 || m.attemptsOn(step.Channel) == 0 || pool.withdraw(&step.Budget, step.Channel) {
			return m.submit(at, pool, actions)
		}
	}
	return m.finish(Result{Reason: m.reason, At: at}, pool, actions)
}

// finish ends the order and abandons the attempts that still run.
func (m *Machine) finish(r Result, pool *Pool, actions []Action) []Action {
	m.dequeue(pool)
	m.state, m.result = finished, r
	actions = append(actions, Action{Kind: Finish, At: r.At})
	why := r.Reason
	if r.Delivered {
		why = channel.Overtaken
	}
	for i := m.pair(); i < m.n; i++ {
		if m.attempts[i].Outcome == channel.Pending {
			actions = m.abandon(i, why, r.At, pool, actions)
		}
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
		every := m.poll(a)
		return append(actions, Action{Kind: Settle, Attempt: e.Attempt, Channel: a.Channel, At: e.At + every, Every: every})
	case Refused:
		a.Outcome, a.Reason, a.Settled = channel.Refused, e.Reason, true
		pool.pause(int(a.Channel), m.arrival+e.At, e.RetryAfter)
	case Lost:
		a.Outcome, a.Reason, a.Settled = channel.Ambiguous, channel.Lost, true
	case Unbought:
		a.Settled = true
	case Completed:
		a.Made, a.Settled = true, true
	case Failed:
		a.Billed, a.Settled = e.Billed, true
	}
	return actions
}
