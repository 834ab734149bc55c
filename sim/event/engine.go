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
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Engine runs months of one strategy. It is not safe for concurrent use; make one per worker.
type Engine struct {
	// Observe is called with each event of an order's machine, and the machine's actions. The order is its number in
	// the month; actions are valid during the call only. Nil: nobody looks.
	Observe func(order int, e policy.Event, actions []policy.Action)

	// Stop ends a month early when it is closed; Month then returns nil. Nil: never.
	Stop <-chan struct{}

	model    *world.Model
	strategy *policy.Strategy
	charges  [][][usages]money.Micros // by channel, then class
	orders   []order
	free     []int32 // slots of orders
	heap     heap
	rooms    []room        // by channel; nil where no channel can ask for a pause
	woken    time.Duration // when somebody in a room is to be called; noEnd: nobody is
	seq      uint32
	actions  []policy.Action
	plain    bool // no step does anything but retry
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
	wake    time.Duration  // asked for; < 0: none
	ticket  uint32         // of its entry in the heap: others are out of date; 0: it has none
	place   uint32         // in a room; 0: it is in none
	attempt                // the latest
	earlier []attempt      // those of which something is still to be heard: hedged, or left at a timeout
	machine policy.Machine // last: its attempts are large and mostly untouched
}

// attempt is what is to come of one.
type attempt struct {
	fetches int
	fate    world.Fate
	answer  policy.Event // what the channel will say next; At < 0: nothing
}

const never = time.Duration(-1)

// New returns an engine for a strategy. Both arguments must stay unchanged.
func New(m *world.Model, s *policy.Strategy) (*Engine, error) {
	charges, err := chargeTable(m)
	if err != nil {
		return nil, err
	}
	return &Engine{model: m, strategy: s, charges: charges, plain: plain(s)}, nil
}

// plain says whether the steps of a strategy do nothing but retry: no order leaves a trace in the pool then.
func plain(s *policy.Strategy) bool {
	return !slices.ContainsFunc(s.Routes, func(r policy.Route) bool {
		return slices.ContainsFunc(r.Steps, func(s policy.Step) bool {
			return s.Timeout > 0 || s.Breaker.Failures > 0 || s.Budget.Burst > 0 || s.Hedge.After > 0
		})
	})
}

// lookEvery is after how many events a month looks at Stop.
const lookEvery = 1 << 14

// Month runs one month, counted from 0, until its last order is settled. It returns nil if it was
// stopped before.
func (e *Engine) Month(month int) *Tally {
	e.tally = newTally(e.model)
	e.pool = policy.NewPool(len(e.model.Channels))
	if e.trouble = nil; !e.model.Independent() {
		e.trouble = e.model.Trouble(month)
	}
	e.seq = 0
	e.openRooms()
	arrivals := e.model.Arrivals(month)
	next, more := arrivals.Next()
	for index, turn := 0, 0; more || len(e.heap) > 0 || e.woken != noEnd; turn++ {
		if turn%lookEvery == 0 && e.stopped() {
			e.reset()
			return nil
		}
		now := e.woken
		switch {
		case more && (len(e.heap) == 0 || int64(next) <= e.heap[0].at) && next <= e.woken:
			now = next
			e.arrive(month, index, next)
			index++
			next, more = arrivals.Next()
		case e.woken != noEnd && (len(e.heap) == 0 || int64(e.woken) < e.heap[0].at):
			e.call(month)
		default:
			now = time.Duration(e.heap[0].at)
			if top := &e.heap[0]; e.orders[top.slot].ticket == top.seq {
				e.advance(top)
			} else {
				e.heap.pop() // of an order that was called since
			}
		}
		if e.rooms != nil {
			e.checkRooms(now)
		}
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

// arrive starts an order, unless it has to wait in a room first.
func (e *Engine) arrive(month, index int, at time.Duration) {
	key := e.model.Key(month, index)
	class := e.model.Class(key)
	if e.rooms != nil && e.queueUp(index, class, at) || e.straight(key, class, at) {
		return
	}
	slot := e.begin(key, index, class, at)
	e.follow(&e.orders[slot], slot, policy.Event{Kind: policy.Start})
}

// straight counts an order whose first attempt delivers, as most do, without a machine. Where that isn't so, nothing
// has changed: to draw its fate again is to draw the same. A channel with limits would count it twice.
func (e *Engine) straight(key world.Key, class int, at time.Duration) bool {
	if !e.plain || e.rooms != nil || e.Observe != nil {
		return false
	}
	route := &e.strategy.Routes[class]
	step := &route.Steps[0]
	fate := e.fate(key, step.Channel, class, 0, at)
	after := fate.Answered + polled(fate.Service, step.Poll)
	if fate.Outcome != channel.Delivered || route.Deadline > 0 && after >= route.Deadline ||
		e.model.Fetch(key, step.Channel, 0, 0) {
		return false
	}
	t := e.tally
	t.Classes[class]++
	t.Orders++
	t.Attempts++
	inTime, cost := t.deliver(after, e.model)
	charge := e.charges[step.Channel][class][usageIndex(&policy.Attempt{Accepted: true, Made: true})]
	t.Spent[step.Channel][channel.Delivered.Purpose(inTime)] += charge
	t.Days[min(int(at/day), Days-1)] += cost + charge
	return true
}

// fate draws that of an attempt.
func (e *Engine) fate(key world.Key, ch, class, try int, at time.Duration) world.Fate {
	if e.trouble == nil {
		return e.model.Attempt(key, ch, class, try)
	}
	return e.trouble.Attempt(key, ch, class, try, at)
}

// follow hands an order that isn't in the heap an event, and sees to what it waits for then.
func (e *Engine) follow(o *order, slot int32, event policy.Event) {
	at, more := e.step(o, event)
	if !more {
		e.settle(o, slot)
		return
	}
	if o.ticket = 0; at >= 0 {
		e.heap.push(e.due(o, at, slot))
	}
	if e.rooms != nil {
		e.seat(o, slot)
	}
}

// begin makes an order ready for its start.
func (e *Engine) begin(key world.Key, index, class int, at time.Duration) int32 {
	slot := e.slot()
	o := &e.orders[slot]
	o.key, o.index, o.arrival, o.class = key, index, at, class
	o.answer.At, o.wake, o.earlier, o.place = never, never, o.earlier[:0], 0
	o.machine.Init(&e.strategy.Routes[class], at)
	return slot
}

// advance hands an order its next event, which is the earliest of all.
func (e *Engine) advance(top *due) {
	slot := top.slot
	o := &e.orders[slot]
	at, more := e.step(o, e.takeNext(o))
	switch {
	case !more:
		e.heap.pop()
		e.settle(o, slot)
		return
	case at < 0:
		e.heap.pop()
		o.ticket = 0
	default:
		e.heap.replaceTop(e.due(o, at, slot))
	}
	if e.rooms != nil {
		e.seat(o, slot)
	}
}

// step hands an order an event, and the answers that come at once. It returns when the next
// event is due, and false when the order is settled.
func (e *Engine) step(o *order, event policy.Event) (at time.Duration, more bool) {
	for {
		if !o.obsolete(&event) {
			e.actions = o.machine.Step(&event, e.pool, e.actions[:0])
			if e.Observe != nil {
				e.Observe(o.index, event, e.actions)
			}
			for i := range e.actions {
				e.do(o, &e.actions[i])
			}
		}
		next := &o.attempt
		if len(o.earlier) > 0 {
			o.forget()
			next = o.next()
		}
		if next.answer.At != event.At {
			break
		}
		event = next.take()
	}
	if o.machine.Settled() {
		return 0, false
	}
	return o.due(), true
}

// obsolete says whether an event is of a fetch that ended with its order's interest in the clip.
func (o *order) obsolete(e *policy.Event) bool {
	switch e.Kind {
	case policy.Fetched, policy.FetchFailed, policy.Rejected:
		return o.machine.Attempts()[e.Attempt].Settled
	}
	return false
}

// do carries out an action: it draws what the channel will answer, and when.
func (e *Engine) do(o *order, a *policy.Action) {
	switch a.Kind {
	case policy.Submit:
		if o.answer.At >= 0 {
			o.earlier = append(o.earlier, o.attempt)
		}
		o.fate = e.fate(o.key, int(a.Channel), o.class, int(a.Try), o.arrival+a.At)
		o.fetches = 0
		o.answer = policy.Event{At: a.At + o.fate.Answered, Kind: submitAnswer(o.fate.Outcome), Attempt: a.Attempt}
		if o.answer.Kind == policy.Refused {
			o.answer.Reason, o.answer.RetryAfter = o.fate.Reason, o.fate.RetryAfter
			o.answer.Jitter = e.jitter(o, a.Attempt)
			if e.tally.Countries != nil && o.fate.Reason == channel.Region {
				e.locate(o, a)
			}
		}
	case policy.Poll:
		e.job(o, o.of(a.Attempt), a)
	case policy.Settle:
		if t := o.of(a.Attempt); t.answer.At < 0 {
			e.job(o, t, a)
		}
	case policy.Fetch:
		e.fetch(o, o.of(a.Attempt), a)
	case policy.WakeAt:
		o.wake = a.At
	}
}

// locate counts a region error where its exit lies, if that is known.
func (e *Engine) locate(o *order, a *policy.Action) {
	if counts := e.tally.Countries[a.Channel]; counts != nil {
		counts[e.model.Country(o.key, int(a.Channel), int(a.Try))]++
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

// job draws what the first poll will find that finds the job ended.
func (e *Engine) job(o *order, t *attempt, a *policy.Action) {
	t.answer = policy.Event{At: a.At - a.Every + polled(t.fate.Service, a.Every), Kind: policy.Completed,
		Attempt: a.Attempt}
	if t.fate.Outcome == channel.Failed {
		t.answer.Kind, t.answer.Reason, t.answer.Billed = policy.Failed, t.fate.Reason, t.fate.Billed
		t.answer.Jitter = e.jitter(o, a.Attempt)
	}
}

// fetch draws what comes of fetching the clip.
func (e *Engine) fetch(o *order, t *attempt, a *policy.Action) {
	try := int(o.machine.Attempts()[a.Attempt].Try)
	t.answer = policy.Event{At: a.At, Kind: policy.Fetched, Attempt: a.Attempt}
	switch {
	case e.model.Fetch(o.key, int(a.Channel), try, t.fetches):
		t.answer.Kind = policy.FetchFailed
		t.fetches++
	case t.fate.Outcome == channel.Unusable:
		t.answer.Kind, t.answer.Reason = policy.Rejected, t.fate.Reason
		t.answer.Jitter = e.jitter(o, a.Attempt)
	}
}

func (e *Engine) jitter(o *order, attempt int32) float64 {
	a := &o.machine.Attempts()[attempt]
	return e.model.Jitter(o.key, int(a.Channel), int(a.Try))
}

// of is an attempt of which something is still to be heard.
func (o *order) of(number int32) *attempt {
	for i := range o.earlier {
		if o.earlier[i].answer.Attempt == number {
			return &o.earlier[i]
		}
	}
	return &o.attempt
}

// forget drops the earlier attempts of which nothing more will be heard.
func (o *order) forget() {
	o.earlier = slices.DeleteFunc(o.earlier, func(t attempt) bool { return t.answer.At < 0 })
}

// next is the attempt of which something will be heard first.
func (o *order) next() *attempt {
	first := &o.attempt
	for i := range o.earlier {
		if t := &o.earlier[i]; first.answer.At < 0 || t.answer.At < first.answer.At {
			first = t
		}
	}
	return first
}

func (t *attempt) take() policy.Event {
	answer := t.answer
	t.answer.At = never
	return answer
}

// due is when the order's next event is due. A finished order waits for no wake.
func (o *order) due() time.Duration {
	next := o.next().answer.At
	if _, finished := o.machine.Finished(); !finished && o.wake >= 0 && (next < 0 || o.wake < next) {
		next = o.wake
	}
	return next
}

// takeNext removes and returns the order's next event; an answer comes before a wake of the same time.
func (e *Engine) takeNext(o *order) policy.Event {
	at := o.due()
	if t := o.next(); t.answer.At == at {
		return t.take()
	}
	o.wake = never
	wake := policy.Event{At: at, Kind: policy.Wake}
	if n := len(o.machine.Attempts()); n > 0 {
		wake.Jitter = e.jitter(o, int32(n-1))
	}
	return wake
}

func (e *Engine) due(o *order, at time.Duration, slot int32) due {
	e.seq++
	o.ticket = e.seq
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
	t := e.tally
	t.Classes[o.class]++
	inTime, cost := t.count(&o.machine, e.model)
	for i := range o.machine.Attempts() {
		a := &o.machine.Attempts()[i]
		charge := e.charges[a.Channel][o.class][usageIndex(a)]
		t.Spent[a.Channel][a.Outcome.Purpose(inTime)] += charge
		cost += charge
	}
	t.Days[min(int(o.arrival/day), Days-1)] += cost
	o.ticket, o.place = 0, 0
	e.free = append(e.free, slot)
}
