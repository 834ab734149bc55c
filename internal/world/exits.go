package world

import (
	"math"
	"time"

	"channelbench/internal/channel"
)

// Exits are the addresses through which a channel reaches its vendor. Each turns bad and good
// again as a two-state Markov chain in continuous time; a bad one meets every submit with a region
// error. The share of time that an exit is bad is the channel's rate of region errors.
type Exits struct {
	Count    int           // 0: region errors are independent
	Burst    time.Duration // mean length of a bad spell
	PerOrder bool          // an order keeps its exit on the channel; else each attempt takes one at random
}

// exits are the states of a channel's exits.
type exits struct {
	Exits
	share  float64 // of time that an exit is bad
	rate   float64 // at which it forgets its state, per second: both rates of the chain together
	states []exit
}

// exit is one exit as it was when last used.
type exit struct {
	used bool // else its state is the stationary one
	bad  bool
	at   time.Duration
}

// byExit says whether region errors go by exit.
func (e *Errors) byExit() bool { return e.Exits.Count > 0 && e.By[channel.Region].Rate > 0 }

// newExits is nil where region errors are independent.
func newExits(e *Errors) *exits {
	if !e.byExit() {
		return nil
	}
	share := e.By[channel.Region].Rate
	return &exits{Exits: e.Exits, share: share, rate: 1 / (e.Exits.Burst.Seconds() * (1 - share)),
		states: make([]exit, e.Exits.Count)}
}

// of is the exit that an attempt takes.
func (x *exits) of(k Key, ch, try int) int {
	if x.PerOrder {
		try = 0
	}
	return min(int(k.uniform(forExit, ch, try)*float64(x.Count)), x.Count-1)
}

// bad says whether an exit is bad at a time that is not before the last one asked about, given a
// uniform. What the chain has forgotten since then is drawn from its stationary state: exact for
// any gap. After a long one it is bad where u is below the rate, as in a world without exits. Where that
// agrees with its last state, it makes no difference how much of that is remembered.
func (x *exits) bad(i int, at time.Duration, u float64) bool {
	e := &x.states[i]
	p := x.share
	if e.used && e.bad != (u < p) && p < 1 { // at 1 there is no time in which an exit could turn good
		remembers := math.Exp(-x.rate * max(0, at-e.at).Seconds())
		if e.bad {
			p += (1 - x.share) * remembers
		} else {
			p -= x.share * remembers
		}
	}
	*e = exit{true, u < p, max(at, e.at)}
	return e.bad
}

// Country draws in which of the channel's Countries the exit lies that an attempt met a region error at.
func (m *Model) Country(k Key, ch, try int) int {
	e := &m.Channels[ch].Errors
	if e.Exits.PerOrder {
		try = 0
	}
	all := 0.0
	for i := range e.Countries {
		all += e.Countries[i].Share
	}
	u := k.uniform(forCountry, ch, try) * all
	for i := range e.Countries {
		if u -= e.Countries[i].Share; u < 0 {
			return i
		}
	}
	return len(e.Countries) - 1
}
