package event

import (
	"math"
	"time"

	"channelbench/internal/world"
)

// room is where orders wait together for the end of a channel's pause, first come, first woken. When the first is refused
// again, the pause is longer, and waking the others would only tell them so: they go on waiting, all at once. Without rooms,
// an overloaded channel would wake every waiting order for each place that frees.
type room struct {
	until   time.Duration // when they are to be woken; noEnd: nobody waits
	waiting []waiter      // a ring
	first   int
	n       int
	soonest time.Duration // none of their deadlines is sooner
}

// waiter is an order in a room.
type waiter struct {
	slot     int32
	deadline time.Duration // since the start of the month; noEnd: none
}

const noEnd = time.Duration(math.MaxInt64)

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
		e.rooms[ch] = room{until: noEnd, soonest: noEnd}
	}
}

// enter lets an order wait in a room, if it waits for a pause and nothing else. One that was woken in that very room stays
// the first.
func (e *Engine) enter(o *order, slot int32, from int) bool {
	if e.rooms == nil {
		return false
	}
	ch, until, paused := o.machine.Paused(e.pool)
	if !paused || o.next().answer.At >= 0 {
		return false
	}
	r, w := &e.rooms[ch], waiter{slot, noEnd}
	if d := e.strategy.Routes[o.class].Deadline; d > 0 {
		w.deadline = o.arrival + d
	}
	r.add(w, ch == from)
	r.until, r.soonest = min(r.until, until), min(r.soonest, w.deadline)
	e.woken = min(e.woken, until)
	return true
}

// nowhere is where an order comes from that no room woke.
const nowhere = -1

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

// keep leaves only the first n, and nobody's time where there is none.
func (r *room) keep(n int) {
	if r.n = n; n == 0 {
		r.until, r.soonest = noEnd, noEnd
	}
}

// wake wakes the first order of the room whose time comes first, or lets them all wait on where the pause is longer by now.
func (e *Engine) wake() {
	for ch := range e.rooms {
		r := &e.rooms[ch]
		if r.until != e.woken {
			continue
		}
		if e.pool.PausedUntil(ch) > r.until {
			e.prolong(r, ch)
		} else {
			e.wakeFirst(r, ch)
		}
		break
	}
	e.woken = noEnd
	for ch := range e.rooms {
		e.woken = min(e.woken, e.rooms[ch].until)
	}
}

func (e *Engine) wakeFirst(r *room, ch int) {
	slot, now := r.at(0).slot, r.until
	r.first = (r.first + 1) % len(r.waiting)
	r.keep(r.n - 1)
	o := &e.orders[slot]
	switch at, more := e.rouse(o, now); {
	case !more:
		e.settle(o, slot)
	case !e.enter(o, slot, ch):
		e.heap.push(e.due(o, at, slot))
	}
}

// rouse hands a waiting order the end of its pause.
func (e *Engine) rouse(o *order, now time.Duration) (at time.Duration, more bool) {
	o.wake = now - o.arrival
	return e.step(o, e.takeNext(o))
}

// prolong lets orders wait until the end of a longer pause. All but those whose deadline comes before need not be told,
// unless somebody observes them.
func (e *Engine) prolong(r *room, ch int) {
	now, longer := r.until, e.pool.PausedUntil(ch)
	r.until = longer
	if r.soonest >= longer && e.Observe == nil {
		return
	}
	stay := 0
	r.soonest = noEnd
	for i := range r.n {
		w := *r.at(i)
		if w.deadline < longer {
			e.leave(w.slot, now)
			continue
		}
		if e.Observe != nil {
			o := &e.orders[w.slot]
			if o.arrival+o.wake == now {
				e.rouse(o, now)
			}
			r.until = min(r.until, o.arrival+o.wake)
		}
		*r.at(stay) = w
		stay++
		r.soonest = min(r.soonest, w.deadline)
	}
	r.keep(stay)
}

// leave lets an order wait by itself: for its deadline, or for the end of the pause that it knew of, if that is still to come.
func (e *Engine) leave(slot int32, now time.Duration) {
	o := &e.orders[slot]
	at, more := o.wake, true
	if o.arrival+at <= now {
		at, more = e.rouse(o, now)
	}
	if !more { // its deadline is now
		e.settle(o, slot)
		return
	}
	e.heap.push(e.due(o, at, slot))
}
