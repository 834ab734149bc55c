package event

import (
	"math"
	"time"

	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// room is where orders wait for their turn on a channel, first come, first called.
type room struct {
	until   time.Duration // when the first of them is to be called; noEnd: that isn't known, or nobody waits
	leaves  time.Duration // no longer pause than that is waited for by all: the first of their deadlines, of those with a next step
	waiting []waiter      // a ring
	first   int
	n       int
	tried   int // of them, those at the front that have been refused
}

// waiter is an order in a room. One that has not begun needs no more than this, so that a month of waiting orders
// fits into memory.
type waiter struct {
	slot    int32  // notBegun: it has none yet
	place   uint32 // of an order that has begun; another one now: it has left for its deadline
	tried   bool
	index   int           // of one that has not begun
	arrival time.Duration // the same
}

const (
	noEnd    = time.Duration(math.MaxInt64)
	notBegun = int32(-1)
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

// queueUp lets an order that arrives wait before it begins, where it has to wait for its turn on its first channel
// and has no deadline. Nobody sees a difference but one who observes.
func (e *Engine) queueUp(index, class int, at time.Duration) bool {
	route := &e.strategy.Routes[class]
	step := &route.Steps[0]
	if e.Observe != nil || route.Deadline > 0 || step.Breaker.Failures > 0 || !e.pool.Crowded(step.Channel, at) {
		return false
	}
	e.pool.Join(step.Channel)
	e.rooms[step.Channel].add(waiter{slot: notBegun, index: index, arrival: at}, policy.Last)
	return true
}

// seat gives an order a place in a room where it waits for its turn there.
func (e *Engine) seat(o *order, slot int32) {
	ch, where, queued := o.machine.Queued()
	switch {
	case !queued:
		o.place = 0
		return
	case o.place != 0:
		return
	}
	e.seq++
	o.place = e.seq
	w := waiter{slot: slot, place: o.place, tried: where != policy.Last}
	r := &e.rooms[ch]
	r.leaves = min(r.leaves, e.leaves(&w))
	r.add(w, where)
}

func (r *room) add(w waiter, where policy.Place) {
	if r.n == len(r.waiting) {
		grown := make([]waiter, max(16, 2*r.n))
		for i := range r.n {
			grown[i] = *r.at(i)
		}
		r.waiting, r.first = grown, 0
	}
	r.n++
	if where == policy.Last {
		*r.at(r.n - 1) = w
		return
	}
	before := 0
	if where == policy.Tried {
		before = r.tried
	}
	r.first = (r.first + len(r.waiting) - 1) % len(r.waiting)
	for i := range before {
		*r.at(i) = *r.at(i + 1)
	}
	*r.at(before) = w
	r.tried++
}

func (r *room) at(i int) *waiter { return &r.waiting[(r.first+i)%len(r.waiting)] }

// take removes the first.
func (r *room) take() waiter {
	w := *r.at(0)
	r.first = (r.first + 1) % len(r.waiting)
	r.n--
	r.tried = max(0, r.tried-1)
	return w
}

// checkRooms sees in each room when its turn comes, after something happened. Those that have no time for a pause that has
// grown go on to their next step at once, into another room maybe.
func (e *Engine) checkRooms(now time.Duration) {
	for left := true; left; {
		left = false
		for ch := range e.rooms {
			if r := &e.rooms[ch]; r.n > 0 && r.leaves <= e.pool.PausedUntil(ch) {
				e.sendOn(r, ch, now)
				left = true
			}
		}
	}
	e.woken = noEnd
	for ch := range e.rooms {
		r := &e.rooms[ch]
		r.until = noEnd
		if at, known := e.pool.Turn(ch); known {
			r.until = max(at, now)
		}
		e.woken = min(e.woken, r.until)
	}
}

// call calls the first order of the room whose time has come.
func (e *Engine) call(month int) {
	for ch := range e.rooms {
		r := &e.rooms[ch]
		if r.until != e.woken {
			continue
		}
		w := r.take()
		if w.slot == notBegun {
			key := e.model.Key(month, w.index)
			w.slot = e.begin(key, w.index, e.model.Class(key), w.arrival)
			e.step(&e.orders[w.slot], policy.Event{Kind: policy.Start}) // and it waits for its turn
			e.pool.Part(ch)
		} else if e.orders[w.slot].place != w.place {
			return // the next one is called instead
		}
		o := &e.orders[w.slot]
		o.place = 0
		e.follow(o, w.slot, policy.Event{Kind: policy.Called, At: r.until - o.arrival})
		return
	}
}

// leaves is from when on a pause sends a waiting order on to its next step.
func (e *Engine) leaves(w *waiter) time.Duration {
	if w.slot != notBegun && e.orders[w.slot].place == w.place {
		if at, is := e.orders[w.slot].machine.LeavesAt(); is {
			return at
		}
	}
	return noEnd
}

// sendOn takes the orders out of a room that have no time for its pause.
func (e *Engine) sendOn(r *room, ch int, now time.Duration) {
	var leaving []waiter
	until, stay := e.pool.PausedUntil(ch), 0
	r.leaves, r.tried = noEnd, 0
	for i := range r.n {
		w := *r.at(i)
		if at := e.leaves(&w); at <= until {
			leaving = append(leaving, w)
		} else {
			r.leaves = min(r.leaves, at)
			*r.at(stay) = w
			stay++
			if w.tried {
				r.tried = stay
			}
		}
	}
	r.n = stay
	for _, w := range leaving {
		o := &e.orders[w.slot]
		o.place = 0
		wake := policy.Event{Kind: policy.Wake, At: now - o.arrival}
		if n := len(o.machine.Attempts()); n > 0 {
			wake.Jitter = e.jitter(o, int32(n-1))
		}
		e.follow(o, w.slot, wake)
	}
}
