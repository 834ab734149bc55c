// Package event runs policy machines in virtual time: a month of orders against the simulated
// world, one event after the other.
//
// It deliberately decides nothing (package policy), draws nothing itself (package world) and
// knows no statistics: a month goes in, its integer counts come out. Months are independent of
// each other and of who runs them.
//
//	engine := event.New(model, strategy)
//	tally := engine.Month(0)
package event

import (
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Engine runs months of one strategy. It is not safe for concurrent use; make one per worker.
type Engine struct {
	// Observe is told each event that an order's machine is handed, and what it asked for. The
	// order is its number in the month; actions are valid during the call only. Nil: nobody looks.
	Observe func(order int, e policy.Event, actions []policy.Action)

	// Stop ends a month early when it is closed; Month then returns nil. Nil: never.
	Stop <-chan struct{}

	model    *world.Model
	strategy *policy.Strategy
	charges  [][][usages]money.Micros // by channel, then class
	orders   []order
	free     []int32 // slots of orders
	heap     heap
	seq      uint32
	actions  []policy.Action
	pool     *policy.Pool
	trouble  *world.Trouble // what orders meet together; nil: nothing
	tally    *Tally
}

// order is one order under way.
type order struct {
	key     world.Key
	index   int // in the month
	arrival time.Duration
	class   int
	fetches int              // of the live attempt
	fate    world.Fate       // of the live attempt
	answer  policy.Event     // what the channel will say next; At < 0: nothing
	wakes   [2]time.Duration // asked for; < 0: none. The deadline, and the end of one pause
	machine policy.Machine   // last: its attempts are large and mostly untouched
}

const never = time.Duration(-1)

// New returns an engine for a strategy. Both arguments must stay unchanged.
func New(m *world.Model, s *policy.Strategy) (*Engine, error) {
	charges, err := chargeTable(m)
	if err != nil {
		return nil, err
	}
	return &Engine{model: m, strategy: s, charges: charges}, nil
}

// lookEvery is after how many orders a month looks at Stop.
const lookEvery = 4096

// Month runs one month, counted from 0, until its last order is settled. It returns nil if it was
// stopped before.
func (e *Engine) Month(month int) *Tally {
	e.tally = &Tally{Charged: make([]money.Micros, len(e.model.Channels))}
	e.pool = policy.NewPool(len(e.model.Channels))
	e.trouble = e.model.Trouble(month)
	e.seq = 0
	arrivals := e.model.Arrivals(month)
	next, more := arrivals.Next()
	for index := 0; more || len(e.heap) > 0; {
		if more && (len(e.heap) == 0 || int64(next) <= e.heap[0].at) {
			if index%lookEvery == 0 && e.stopped() {
				e.reset()
				return nil
			}
			e.arrive(e.model.Key(month, index), index, next)
			index++
			next, more = arrivals.Next()
			continue
		}
		e.advance(e.heap[0].slot)
	}
	return e.tally
}

func (e *Engine) stopped() bool {
	select {
	case <-e.Stop:
		return true
	default:
		return false
	}
}

// reset forgets the orders under way.
func (e *Engine) reset() { e.heap, e.free, e.orders = e.heap[:0], nil, nil }

// arrive starts an order.
func (e *Engine) arrive(key world.Key, index int, at time.Duration) {
	slot := e.slot()
	o := &e.orders[slot]
	o.key, o.index, o.arrival, o.class = key, index, at, e.model.Class(key)
	o.answer.At = never
	o.wakes = [2]time.Duration{never, never}
	o.machine.Init(&e.strategy.Routes[o.class], at)
	if at, more := e.step(o, policy.Event{Kind: policy.Start}); more {
		e.heap.push(e.due(o, at, slot))
	} else {
		e.settle(o, slot)
	}
}

// advance hands an order its next event, which is the earliest of all.
func (e *Engine) advance(slot int32) {
	o := &e.orders[slot]
	if at, more := e.step(o, o.takeNext()); more {
		e.heap.replaceTop(e.due(o, at, slot))
	} else {
		e.heap.pop()
		e.settle(o, slot)
	}
}

// step hands an order an event, and the answers that come at once. It returns when the next
// event is due, and false when the order is settled.
func (e *Engine) step(o *order, event policy.Event) (next time.Duration, more bool) {
	for {
		e.actions = o.machine.Step(&event, e.pool, e.actions[:0])
		if e.Observe != nil {
			e.Observe(o.index, event, e.actions)
		}
		for i := range e.actions {
			e.do(o, &e.actions[i])
		}
		if o.answer.At != event.At {
			break
		}
		event = o.takeAnswer()
	}
	if o.machine.Settled() {
		return 0, false
	}
	return o.next(), true
}

// do carries out an action: it draws what the channel will answer, and when.
func (e *Engine) do(o *order, a *policy.Action) {
	switch a.Kind {
	case policy.Submit:
		if e.trouble == nil {
			o.fate = e.model.Attempt(o.key, int(a.Channel), o.class, int(a.Try))
		} else {
			o.fate = e.trouble.Attempt(o.key, int(a.Channel), o.class, int(a.Try), o.arrival+a.At)
		}
		o.fetches = 0
		o.answer = policy.Event{At: a.At + o.fate.Answered, Kind: submitAnswer(o.fate.Outcome), Attempt: a.Attempt}
		if o.answer.Kind == policy.Refused {
			o.answer.Reason, o.answer.RetryAfter = o.fate.Reason, o.fate.RetryAfter
			o.answer.Jitter = e.jitter(o, a)
		}
	case policy.Poll:
		o.answer = e.jobAnswer(o, a, a.At-a.Every+polled(o.fate.Service, a.Every))
	case policy.Settle:
		if o.answer.At < 0 {
			o.answer = e.jobAnswer(o, a, a.At-a.Every+polled(o.fate.Service, a.Every))
		}
	case policy.Fetch:
		o.answer = e.fetchAnswer(o, a)
	case policy.WakeAt:
		if o.wakes[0] < 0 {
			o.wakes[0] = a.At
		} else {
			o.wakes[1] = a.At
		}
	}
}

func submitAnswer(o channel.Outcome) policy.EventKind {
	switch o {
	case channel.Refused:
		return policy.Refused
	case channel.Ambiguous:
		return policy.Lost
	}
	return policy.Accepted
}

// polled is the time from acceptance to the first poll that finds the job ended: the first
// multiple of the interval, from one on, that is not before the end.
func polled(service, every time.Duration) time.Duration {
	if every <= 0 {
		return service
	}
	polls := max(1, (service+every-1)/every)
	return polls * every
}

func (e *Engine) jobAnswer(o *order, a *policy.Action, at time.Duration) policy.Event {
	answer := policy.Event{At: at, Kind: policy.Completed, Attempt: a.Attempt}
	if o.fate.Outcome == channel.Failed {
		answer.Kind, answer.Billed = policy.Failed, o.fate.Billed
		answer.Jitter = e.jitter(o, a)
	}
	return answer
}

func (e *Engine) fetchAnswer(o *order, a *policy.Action) policy.Event {
	try := int(o.machine.Attempts()[a.Attempt].Try)
	answer := policy.Event{At: a.At, Kind: policy.Fetched, Attempt: a.Attempt}
	switch {
	case e.model.Fetch(o.key, int(a.Channel), try, o.fetches):
		answer.Kind = policy.FetchFailed
		o.fetches++
	case o.fate.Outcome == channel.Unusable:
		answer.Kind = policy.Rejected
		answer.Jitter = e.jitter(o, a)
	}
	return answer
}

func (e *Engine) jitter(o *order, a *policy.Action) float64 {
	return e.model.Jitter(o.key, int(a.Channel), int(o.machine.Attempts()[a.Attempt].Try))
}

// next is when the order's next event is due. A finished order waits for no wake.
func (o *order) next() time.Duration {
	if _, finished := o.machine.Finished(); finished {
		return o.answer.At
	}
	next := o.answer.At
	for _, w := range o.wakes {
		if w >= 0 && (next < 0 || w < next) {
			next = w
		}
	}
	return next
}

// takeNext removes and returns the order's next event; an answer comes before a wake of the same time.
func (o *order) takeNext() policy.Event {
	at := o.next()
	if o.answer.At == at {
		return o.takeAnswer()
	}
	for i, w := range o.wakes {
		if w == at {
			o.wakes[i] = never
			break
		}
	}
	return policy.Event{At: at, Kind: policy.Wake}
}

func (o *order) takeAnswer() policy.Event {
	answer := o.answer
	o.answer.At = never
	return answer
}

func (e *Engine) due(o *order, at time.Duration, slot int32) due {
	e.seq++
	return due{at: int64(o.arrival + at), seq: e.seq, slot: slot}
}

// slot returns a free slot for an order.
func (e *Engine) slot() int32 {
	if n := len(e.free); n > 0 {
		slot := e.free[n-1]
		e.free = e.free[:n-1]
		return slot
	}
	e.orders = append(e.orders, order{})
	return int32(len(e.orders) - 1)
}

// settle counts a settled order and frees its slot.
func (e *Engine) settle(o *order, slot int32) {
	e.tally.count(&o.machine, e.model.Promise)
	for i := range o.machine.Attempts() {
		a := &o.machine.Attempts()[i]
		e.tally.Charged[a.Channel] += e.charges[a.Channel][o.class][usageIndex(a)]
	}
	e.free = append(e.free, slot)
}
