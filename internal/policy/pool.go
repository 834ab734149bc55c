package policy

import (
	"time"

	"channelbench/internal/channel"
)

// Pool is what the orders of one strategy share: how long each channel asked to be left alone, its
// breaker and its retry budget. Drivers hand it to every Step, one at a time. A nil pool shares
// nothing. Its size is fixed.
type Pool struct {
	channels []shared
}

// shared is what is known of one channel, on the clock of the orders' arrivals.
type shared struct {
	paused   time.Duration // the channel asked to be left alone until then
	waiting  int           // orders that wait for their turn
	trying   bool          // one of them has submitted, and isn't answered yet
	opened   time.Duration // the breaker is open until then, and half open from then on; 0: it is closed
	probed   bool          // half open: an attempt is under way that will tell
	failed   int           // failures since the breaker was closed
	failures [MaxFailures]time.Duration
	spent    int64 // of the budget's tokens, in billionths
}

// NewPool returns the pool of a run with that many channels.
func NewPool(channels int) *Pool { return &Pool{make([]shared, channels)} }

// pause keeps orders off a channel that asked at a given time for a pause.
func (p *Pool) pause(channel int, at, retryAfter time.Duration) {
	if p != nil && retryAfter > 0 {
		s := &p.channels[channel]
		s.paused = max(s.paused, at+retryAfter)
	}
}

// PausedUntil is until when a channel asked to be left alone, on the clock of the arrivals.
func (p *Pool) PausedUntil(channel int) time.Duration {
	if p == nil {
		return 0
	}
	return p.channels[channel].paused
}

// blocked says whether the breaker keeps an attempt off the channel, and how long.
func (p *Pool) blocked(b *Breaker, channel int, at time.Duration) (until time.Duration, is bool) {
	if p == nil || b.Failures == 0 {
		return 0, false
	}
	switch s := &p.channels[channel]; {
	case s.opened > at:
		return s.opened, true
	case s.opened > 0 && s.probed:
		return at + b.Open, true
	}
	return 0, false
}

// admit notes that an attempt begins, and says whether it is the probe of a half-open breaker.
func (p *Pool) admit(b *Breaker, channel int, at time.Duration) (probe bool) {
	if p == nil || b.Failures == 0 {
		return false
	}
	s := &p.channels[channel]
	if s.opened == 0 || s.opened > at || s.probed {
		return false
	}
	s.probed = true
	return true
}

// later are the failures that an accepted job can still meet.
var later = SetOf(channel.Timeout) | SetOf(channel.ErrorsOf(channel.Making)...) | SetOf(channel.ErrorsOf(channel.Checking)...)

// vague are the failures from which nothing follows for the channel, where a breaker doesn't count them.
var vague = SetOf(channel.Timeout, channel.Overtaken, channel.Deadline) | SetOf(channel.ErrorsOf(channel.Answering)...)

// succeed closes the breaker after a probe.
func (p *Pool) succeed(channel int) {
	s := &p.channels[channel]
	s.opened, s.probed, s.failed = 0, false, 0
}

// fail tells the breaker of a failure. A breaker that is open hears only of its probe.
func (p *Pool) fail(b *Breaker, channel int, at time.Duration, r channel.Reason, probe bool) {
	if p == nil || b.Failures == 0 {
		return
	}
	s, counts := &p.channels[channel], b.On.Has(r)
	switch {
	case probe && counts:
		s.opened, s.probed = at+b.Open, false
	case probe && vague.Has(r):
		s.probed = false
	case probe:
		p.succeed(channel)
	case counts && s.opened == 0:
		s.failures[s.failed%MaxFailures] = at
		s.failed++
		if s.failed >= b.Failures && at-s.failures[(s.failed-b.Failures)%MaxFailures] <= b.Window {
			s.opened = at + b.Open
		}
	}
}

// token is one in billionths.
const token = 1_000_000_000

// deposit notes a first attempt for the budget.
func (p *Pool) deposit(b *Budget, channel int) {
	if p != nil && b.Burst > 0 {
		s := &p.channels[channel]
		s.spent = max(0, s.spent-b.Share)
	}
}

// withdraw takes a token for a retry, if there is one.
func (p *Pool) withdraw(b *Budget, channel int) bool {
	if p == nil || b.Burst == 0 {
		return true
	}
	s := &p.channels[channel]
	if s.spent+token > int64(b.Burst)*token {
		return false
	}
	s.spent += token
	return true
}

// refund undoes what a hedge took that was not bought: its token, and the probe of a half-open breaker.
func (p *Pool) refund(b *Budget, channel int, probe bool) {
	if p == nil {
		return
	}
	s := &p.channels[channel]
	if b.Burst > 0 {
		s.spent = max(0, s.spent-token)
	}
	if probe {
		s.probed = false
	}
}
