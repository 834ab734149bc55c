package policy

import "time"

// Orders that have to wait for a channel's pause wait for their turn there, one after the other: all at once they
// would only be refused, and the attempts of most be burnt. Drivers keep the line; what follows is what a line needs
// to know.

const forever = time.Duration(1<<63 - 1)

// Crowded says whether an order that isn't called has to wait for its turn: the channel asked for a pause, or others
// still wait since it did.
func (p *Pool) Crowded(channel int, at time.Duration) bool {
	if p == nil {
		return false
	}
	s := &p.channels[channel]
	return s.paused > at || s.trying || s.waiting > 0
}

// Join notes one more order that waits for its turn. Machines do so by themselves; it is for orders that a driver
// lets wait before they start.
func (p *Pool) Join(channel int) { p.channels[channel].waiting++ }

// Part takes back a Join.
func (p *Pool) Part(channel int) { p.channels[channel].waiting-- }

// Turn is from when on the first of those that wait for a channel is to be called, on the clock of the arrivals. They
// go one at a time, as a good client's do: the next one when the answer to the one before is here, and no earlier
// than the pause ends that it may have asked for. It isn't known while an answer is still to come.
func (p *Pool) Turn(channel int) (at time.Duration, known bool) {
	s := &p.channels[channel]
	return s.paused, s.waiting > 0 && !s.trying
}

// open says whether the first of those that wait may be called.
func (p *Pool) open(channel int, at time.Duration) bool {
	turn, known := p.Turn(channel)
	return known && at >= turn
}

// Place is where in a line an order belongs.
type Place uint8

// The places. Orders that were refused come first, since they have fewer attempts left.
const (
	Last  Place = iota // behind all others
	Tried              // behind those that have been refused, before those that have not tried yet
	First              // it was refused when it was called
)

// Queued says whether the order waits for its turn on a channel, and where in the line.
func (m *Machine) Queued() (channel int, place Place, is bool) {
	switch {
	case m.again:
		place = First
	case m.tries > 0:
		place = Tried
	}
	return m.route.Steps[m.step].Channel, place, m.queued
}

// LeavesAt is from when on a pause of the channel would send the order on to its next step; there is none on the last
// one.
func (m *Machine) LeavesAt() (at time.Duration, is bool) {
	return m.arrival + m.deadline, m.deadline > 0 && !m.OnLastStep()
}

// queue lets the order wait for its turn on the step's channel, unless that is paused beyond the deadline.
func (m *Machine) queue(at time.Duration, again bool, pool *Pool, actions []Action) []Action {
	channel := m.route.Steps[m.step].Channel
	if m.pausedTooLong(pool.PausedUntil(channel) - m.arrival) {
		return m.nextStep(at, pool, actions)
	}
	m.state, m.queued, m.again = waiting, true, again
	pool.Join(channel)
	return actions
}

// dequeue ends the wait for a turn.
func (m *Machine) dequeue(pool *Pool) {
	if m.queued {
		m.queued = false
		pool.Part(m.route.Steps[m.step].Channel)
	}
}

// call begins what waited for its turn, if that has come.
func (m *Machine) call(at time.Duration, pool *Pool, actions []Action) []Action {
	if !m.queued || !pool.open(m.route.Steps[m.step].Channel, m.arrival+at) {
		return actions
	}
	m.dequeue(pool)
	m.called = true
	actions = m.submit(at, pool, actions)
	m.called = false
	return actions
}

// Forgo takes an order that its driver has given up out of what the pool's orders wait for.
func (m *Machine) Forgo(pool *Pool) {
	if m.queued {
		m.dequeue(pool)
		m.resume = forever
	}
	for i := range m.attempts[:m.n] {
		m.attempts[i].answered(pool)
	}
}

// answered lets the next of those that wait have its turn.
func (a *Attempt) answered(pool *Pool) {
	if a.ahead {
		a.ahead, pool.channels[a.Channel].trying = false, false
	}
}
