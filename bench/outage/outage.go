// Package outage recognises channels that died while a bench runs, from what became of the orders that came to each.
//
// It deliberately submits, stops and records nothing: it is told of orders and says which channel is dead.
//
//	l := outage.New(outage.Rules(s, compiled), len(orders))
//	l.Enter(outage.Stay{Order: 7, Channel: 1}, promise, late)
//	found := l.Judge(outage.Stay{Order: 7, Channel: 1}, false)
package outage

import (
	"sync"
	"time"

	"channelbench/bench/sprt"
)

// Lookout keeps an eye on the channels of a run. An order is good for a channel if that delivers it within the promise,
// counted from the order's first submit there. One that the promise has passed is bad already, though it may run on:
// what never answers would otherwise be waited for until the deadline.
type Lookout struct {
	mu     sync.Mutex
	queues []*sprt.Queue // by channel; nil: it is never given up
	dead   []bool        // by channel
	stays  map[Stay]*stay
	begun  int // orders of the schedule that were handed over
}

// Stay is an order at a channel.
type Stay struct{ Order, Channel int }

// stay is one from an order's first submit to a channel until it is known what came of it.
type stay struct {
	number int // in the channel's queue
	alarm  *time.Timer
	over   bool
}

// New watches each channel by its rule, the zero rule never giving it up, in a run of so many orders.
func New(rules []sprt.Rule, orders int) *Lookout {
	l := &Lookout{queues: make([]*sprt.Queue, len(rules)), dead: make([]bool, len(rules)), stays: map[Stay]*stay{}}
	for i, r := range rules {
		if r.Check() == nil {
			l.queues[i] = sprt.NewQueue(r, orders)
		}
	}
	return l
}

// GaveUp says whether nothing more is submitted to a channel.
func (l *Lookout) GaveUp(ch int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead[ch]
}

// Begin notes that an order of the schedule was handed over; several may be, side by side.
func (l *Lookout) Begin(index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = max(l.begun, index+1)
}

// Enter notes an order's first submit to a channel, which late is called after.
func (l *Lookout) Enter(k Stay, after time.Duration, late func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stays[k] != nil || l.queues[k.Channel] == nil {
		return
	}
	s := &stay{number: l.queues[k.Channel].Enter()}
	if after > 0 {
		s.alarm = time.AfterFunc(after, late)
	}
	l.stays[k] = s
}

// leave ends an order's stay. It is nil where there is none any more.
func (l *Lookout) leave(k Stay) *stay {
	s := l.stays[k]
	if s == nil || s.over {
		return nil
	}
	s.over = true
	if s.alarm != nil {
		s.alarm.Stop()
	}
	return s
}

// Forget ends a stay that says nothing about the channel.
func (l *Lookout) Forget(k Stay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.leave(k); s != nil {
		l.queues[k.Channel].Forget(s.number)
	}
}

// Found is what a channel that was found dead had shown until then: orders that were good, bad, and not known yet.
type Found struct{ Good, Bad, InFlight int }

// Judge counts an order for or against a channel. It returns what that had shown when it is found dead by it, and else
// nil.
func (l *Lookout) Judge(k Stay, good bool) *Found {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, q := l.leave(k), l.queues[k.Channel]
	if s == nil || !q.Tell(s.number, good) || l.dead[k.Channel] {
		return nil
	}
	l.dead[k.Channel] = true
	found := &Found{}
	found.Good, found.Bad, found.InFlight = q.Counts()
	return found
}

// GiveUp takes a channel for dead without further tests.
func (l *Lookout) GiveUp(ch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead[ch] = true
}

// Begun is how many orders of the schedule were handed over.
func (l *Lookout) Begun() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

// Close stops all alarms.
func (l *Lookout) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.stays {
		l.leave(k)
	}
}
