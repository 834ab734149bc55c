package exact

import (
	"channelbench/internal/channel"
	"channelbench/internal/world"
)

// exits are those of a channel whose region errors stick to them, as one order meets them. The state
// of an exit is drawn anew at a constant rate, bad with its stationary share: that is the two-state
// chain of package world. An exit is known, bad or good, from an attempt through it until it is
// drawn anew; what an order finds at an exit that it doesn't know is independent of all that it has met.
type exits struct {
	count     float64 // an attempt takes any of them alike
	share     float64 // of time that one is bad
	rate      float64 // of new draws, per second
	bad, good float64 // rates of region errors at a bad one and at a good one
}

// exitsOf are those of a channel; nil where a region error is independent of earlier ones.
func exitsOf(e *world.Errors) *exits {
	share := e.By[channel.Region].Rate
	if e.Exits.Count == 0 || share <= 0 || share >= 1 {
		return nil
	}
	x := &exits{count: float64(e.Exits.Count), share: share, rate: 1 / (e.Exits.Burst.Seconds() * (1 - share)),
		bad: 1, good: 0}
	if e.Exits.PerOrder {
		x.count = 1
	}
	return x
}

// moments are what a walk carries from one attempt to the next on a channel with exits: [i][j] is the
// time elapsed, where each order counts as often as there are ways to choose i exits from those it
// knows to be bad and j from those it knows to be good. [0][0] is the plain distribution of time.
//
// While a time t passes, a choice of n exits stays known with e^(−n rate t), whatever becomes of the
// others. So the moments pass a random time each for itself, as convolutions with a decaying kernel.
type moments [][]measure

// newMoments has room for choices of at most so many exits.
func newMoments(most int) moments {
	m := make(moments, most+1)
	for i := range m {
		m[i] = make([]measure, most+1-i)
	}
	return m
}

// at is all zeros where nothing is carried: no order knows that many exits, or no attempt is left that could meet them.
func (m moments) at(bad, good int) measure {
	if bad < 0 || good < 0 || bad >= len(m) || good >= len(m[bad]) {
		return measure{}
	}
	return m[bad][good]
}

// plus adds moments of as many exits.
func (m moments) plus(n moments) moments {
	for bad := range m {
		for good := range m[bad] {
			m[bad][good] = plus(m[bad][good], n.at(bad, good))
		}
	}
	return m
}

// scale multiplies all.
func (m moments) scale(by float64) moments {
	scaled := newMoments(len(m) - 1)
	for bad := range m {
		for good := range m[bad] {
			scaled[bad][good] = m[bad][good].scale(by)
		}
	}
	return scaled
}

// orders is the plain distribution of time.
func (m moments) orders() measure { return m.at(0, 0) }

// take lets every order take an exit at random, and returns those that find it bad and those that
// find it good, with what they know then, for choices of at most so many exits.
func (x *exits) take(m moments, most int) (bad, good moments) {
	part := func(k int) float64 { return float64(k) / x.count }
	unknown := func(i, j int) measure { // of the orders whose exit is one that they don't know
		all := m.at(i, j).scale(1 - part(i+j))
		return plus(all, plus(m.at(i+1, j).scale(-part(i+1)), m.at(i, j+1).scale(-part(j+1))))
	}
	bad, good = newMoments(most), newMoments(most)
	for i := range bad {
		for j := range bad[i] {
			same := unknown(i, j)
			knownBad := plus(m.at(i, j).scale(part(i)), m.at(i+1, j).scale(part(i+1)))
			knownGood := plus(m.at(i, j).scale(part(j)), m.at(i, j+1).scale(part(j+1)))
			bad[i][j] = plus(knownBad, plus(same, unknown(i-1, j)).scale(x.share))
			good[i][j] = plus(knownGood, plus(same, unknown(i, j-1)).scale(1-x.share))
		}
	}
	return bad, good
}

// later is how many attempts that may meet a known exit come in the steps right after one.
func (w *walk) later(step int) int {
	attempts, ch := 0, w.route.Steps[step].Channel
	if w.exits[ch] == nil {
		return 0
	}
	for i := step + 1; i < len(w.route.Steps) && w.route.Steps[i].Channel == ch; i++ {
		attempts += w.route.Steps[i].Attempts
	}
	return attempts
}

// returns says whether the route comes back to a channel with exits after another one's step: what an
// order knows of them then is not followed.
func (w *walk) returns() bool {
	left := map[int]bool{}
	for i := range w.route.Steps {
		ch := w.route.Steps[i].Channel
		if left[ch] && w.exits[ch] != nil {
			return true
		}
		if i > 0 && w.route.Steps[i-1].Channel != ch {
			left[w.route.Steps[i-1].Channel] = true
		}
	}
	return false
}
