package policy

import "time"

// Pool is what the orders of one strategy share: how long each channel asked to be left alone.
// Drivers hand it to every Step, one at a time. A nil pool shares nothing.
type Pool struct {
	paused []time.Duration // by channel, on the clock of the orders' arrivals
}

// NewPool returns the pool of a run with that many channels.
func NewPool(channels int) *Pool { return &Pool{paused: make([]time.Duration, channels)} }

// pause keeps orders off a channel that asked at a given time for a pause.
func (p *Pool) pause(channel int, at, retryAfter time.Duration) {
	if p != nil && retryAfter > 0 {
		p.paused[channel] = max(p.paused[channel], at+retryAfter)
	}
}

func (p *Pool) pausedUntil(channel int) time.Duration {
	if p == nil {
		return 0
	}
	return p.paused[channel]
}
