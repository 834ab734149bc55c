package event

import (
	"math"
	"time"

	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// room is where orders wait together for the end of a channel's pause, first come, first woken. When the first is
// refused again, the pause is longer, and waking the others would only tell them so: they go on waiting, all at once.
// Without rooms, an overloaded channel would wake every waiting order for each place that frees.
type room struct {
	until   time.Duration // when they are to be woken; noEnd: nobody waits
	leaves  time.Duration // no longer pause than that is waited for by all: the first of their deadlines, of those with a next step
	waiting []waiter      // a ring
	first   int
	n       int
}

// waiter is an order in a room. One that has not begun needs no more than this, so that a month of waiting orders
// fits into memory.
type waiter struct {
	slot    int32         // notBegun: it has none yet
	ticket  uint32        // of an order that has begun; another one now: it has left for its deadline
	index   int           // of one that has not begun
	arrival time.Duration // the same
}

const (
	noEnd    = time.Duration(math.MaxInt64)
	notBegun = int32(-1)
	nowhere  = -1 // where an order comes from that no room woke
)

// openRooms makes a room for each channel of a model whose limits can ask for pauses.
func (e *Engine) openRooms() {
	e.rooms, e.woken = nil, noEnd
	for ch := range e.model.Channels {
		if e.model.Channels[ch].Limits != (world.Limits{}) {
			e.rooms = make([]room, len(e.model.Channels))
			break
		}
	}
	for ch := range e.rooms {
		e.rooms[ch].until, e.rooms[ch].leaves = noEnd, noEnd
	}
}

// queueUp lets an order that arrives wait before it begins, where its first channel is paused and it has no deadline.
// Nobody sees a difference but one who observes.
func (e *Engine) queueUp(index, class int, at time.Duration) bool {
	route := &e.strategy.Routes[class]
	step := &route.Steps[0]
	if e.Observe != nil || route.Deadline > 0 || step.Breaker.Failures > 0 {
		return false
	}
	until := e.pool.PausedUntil(step.Channel)
	if until <= at {
		return false
	}
	e.wait(step.Channel, until, waiter{slot: notBegun, index: index, arrival: at}, false)
	return true
}

// enter lets an order wait in a room, if it waits for a pause and nothing else. One that was woken in that very room
// stays the first. Its deadline waits in the heap.
func (e *Engine) enter(o *order, slot int32, from int) bool {
	if e.rooms == nil {
		return false
	}
	ch, until, paused := o.machine.Paused(e.pool)
	if !paused || o.next().answer.At >= 0 {
		return false
	}
	entry := e.due(o, e.strategy.Routes[o.class].Deadline, slot)
	if o.waits = true; e.strategy.Routes[o.class].Deadline > 0 {
		e.heap.push(entry)
	}
	w := waiter{slot: slot, ticket: entry.seq}
	e.rooms[ch].leaves = min(e.rooms[ch].leaves, e.leaves(&w))
	e.wait(ch, until, w, ch == from)
	return true
}

func (e *Engine) wait(ch int, until time.Duration, w waiter, first bool) {
	r := &e.rooms[ch]
	r.add(w, first)
	r.until = min(r.until, until)
	e.woken = min(e.woken, until)
}

func (r *room) add(w waiter, first bool) {
	if r.n == len(r.waiting) {
		grown := make([]waiter, max(16, 2*r.n))
		for i := range r.n {
			grown[i] = *r.at(i)
		}
		r.waiting, r.first = grown, 0
	}
	r.n++
	if first {
		r.first = (r.first + len(r.waiting) - 1) % len(r.waiting)
		*r.at(0) = w
		return
	}
	*r.at(r.n - 1) = w
}

func (r *room) at(i int) *waiter { return &r.waiting[(r.first+i)%len(r.waiting)] }

// take removes the first.
func (r *room) take() waiter {
	w := *r.at(0)
	r.first = (r.first + 1) % len(r.waiting)
	if r.n--; r.n == 0 {
		r.until = noEnd
	}
	return w
}

// wake wakes the first order of the room whose time comes first, or lets them all wait on where the pause is longer
// by now.
func (e *Engine) wake(month int) {
	for ch := range e.rooms {
		r := &e.rooms[ch]
		if r.until != e.woken {
			continue
		}
		if e.pool.PausedUntil(ch) > r.until {
			e.prolong(r, ch)
		} else {
			e.wakeFirst(month, r, ch)
		}
		break
	}
	e.woken = noEnd
	for ch := range e.rooms {
		e.woken = min(e.woken, e.rooms[ch].until)
	}
}

func (e *Engine) wakeFirst(month int, r *room, ch int) {
	now := r.until
	w := r.take()
	if w.slot == notBegun {
		key := e.model.Key(month, w.index)
		slot, o := e.begin(key, w.index, e.model.Class(key), w.arrival)
		e.step(o, policy.Event{Kind: policy.Start}) // and it finds the channel paused
		e.rouse(o, slot, now, ch)
		return
	}
	if o := &e.orders[w.slot]; o.ticket == w.ticket {
		e.rouse(o, w.slot, now, ch)
	}
}

// rouse hands an order the end of its pause.
func (e *Engine) rouse(o *order, slot int32, now time.Duration, ch int) {
	switch at, more := e.tell(o, now); {
	case !more:
		e.settle(o, slot)
	case !e.enter(o, slot, ch):
		e.heap.push(e.due(o, at, slot))
	}
}

func (e *Engine) tell(o *order, now time.Duration) (at time.Duration, more bool) {
	o.waits, o.wake = false, now-o.arrival
	return e.step(o, e.takeNext(o))
}

// leaves is from when on a pause sends a waiting order on to its next step: its deadline, if it has both.
func (e *Engine) leaves(w *waiter) time.Duration {
	if w.slot == notBegun {
		return noEnd
	}
	o := &e.orders[w.slot]
	deadline := e.strategy.Routes[o.class].Deadline
	if deadline == 0 || o.ticket != w.ticket || o.machine.OnLastStep() {
		return noEnd
	}
	return o.arrival + deadline
}

// prolong lets orders wait until the end of a longer pause, or sends those on that have no time for it. The others
// need not be told, unless somebody observes them.
func (e *Engine) prolong(r *room, ch int) {
	now := r.until
	r.until = e.pool.PausedUntil(ch)
	if r.leaves <= r.until {
		e.sendOn(r, ch, now)
	}
	if e.Observe == nil {
		return
	}
	for i := range r.n {
		w := r.at(i)
		o := &e.orders[w.slot]
		if o.ticket != w.ticket {
			continue
		}
		if o.arrival+o.wake == now {
			e.tell(o, now)
			o.waits = true
		}
		r.until = min(r.until, o.arrival+o.wake)
	}
}

// sendOn takes the orders out of a room that have no time for its pause.
func (e *Engine) sendOn(r *room, ch int, now time.Duration) {
	var leaving []waiter
	stay := 0
	r.leaves = noEnd
	for i := range r.n {
		w := *r.at(i)
		if at := e.leaves(&w); at <= r.until {
			leaving = append(leaving, w)
		} else {
			r.leaves = min(r.leaves, at)
			*r.at(stay) = w
			stay++
		}
	}
	if r.n = stay; stay == 0 {
		r.until = noEnd
	}
	for _, w := range leaving {
		e.rouse(&e.orders[w.slot], w.slot, now, ch)
	}
}
