package bench

import (
	"slices"
	"time"

	"channelbench/internal/policy"
)

// line is where orders of one strategy wait for their turn on one channel: those that it refused for a limit before
// those that come later, one at a time. All of it is under the attack's mutex.
type line struct {
	waiting []*order
	called  *order      // of them, which has been told and has not stepped yet
	timer   *time.Timer // until the pause is over; nil: none was set
}

// step steps an order's machine with the pool that the orders of its strategy share, and calls those whose turn has
// come by it.
func (a *attack) step(o *order, e *policy.Event, actions []policy.Action) []policy.Action {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.told = false
	if o.line != nil && o.line.called == o {
		o.line.called = nil
	}
	actions = o.machine.Step(e, a.pools[o.Strategy], actions)
	a.seat(o)
	return actions
}

// forgo takes an order that was given up out of what it shares with others.
func (a *attack) forgo(o *order) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.machine.Forgo(a.pools[o.Strategy])
	a.seat(o)
}

// seat puts an order into the line that it waits in by now, if in any, and sees whose turn it is.
func (a *attack) seat(o *order) {
	ch, place, queued := o.machine.Queued()
	var in *line
	if queued {
		in = a.line(o.Strategy, ch)
	}
	if l := o.line; l != nil && l != in {
		l.waiting = slices.DeleteFunc(l.waiting, func(w *order) bool { return w == o })
	}
	switch {
	case in == nil || in == o.line:
	case place == policy.First:
		in.waiting = slices.Insert(in.waiting, 0, o)
	case place == policy.Last:
		in.waiting = append(in.waiting, o)
	default:
		in.waiting = slices.Insert(in.waiting, in.tried(), o)
	}
	o.line = in
	for at, l := range a.lines {
		if at[0] == o.Strategy {
			a.callNext(l, o.Strategy, at[1])
		}
	}
}

// tried is how many at the front have been refused.
func (l *line) tried() int {
	for i, o := range l.waiting {
		if _, place, _ := o.machine.Queued(); place == policy.Last {
			return i
		}
	}
	return len(l.waiting)
}

// line is that of a strategy's orders for a channel.
func (a *attack) line(strategy, ch int) *line {
	at := [2]int{strategy, ch}
	if a.lines[at] == nil {
		a.lines[at] = &line{}
	}
	return a.lines[at]
}

// callNext calls the first of a line if its turn has come, or sees to it that it is called then. Those that have no
// time for a pause that has grown are told to go on at once.
func (a *attack) callNext(l *line, strategy, ch int) {
	pool := a.pools[strategy]
	for _, o := range l.waiting {
		if at, is := o.machine.LeavesAt(); is && at <= pool.PausedUntil(ch) && !o.told {
			o.told = o.tell(policy.Event{Kind: policy.Wake})
		}
	}
	at, known := pool.Turn(ch)
	if !known || l.called != nil || len(l.waiting) == 0 {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	if wait := a.clock.real(at) - time.Since(a.clock.origin); wait > 0 {
		l.timer = time.AfterFunc(wait, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.callNext(l, strategy, ch)
		})
		return
	}
	if o := l.waiting[0]; o.tell(policy.Event{Kind: policy.Called, At: at - o.At}) {
		l.called = o
	}
}

// tell sends an order an event of others' making; false: it has more to hear than it can take, and is told again when
// it has stepped.
func (o *order) tell(e policy.Event) bool {
	select {
	case o.others <- e:
		return true
	default:
		return false
	}
}
