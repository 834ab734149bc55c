package world

import (
	"math"
	"slices"
	"sort"
	"time"

	"channelbench/internal/dist"
)

// Regime is a long spell of trouble on one channel.
type Regime struct {
	Share   float64        // of all time
	Refuses float64        // share of the submits while it lasts
	Lasts   dist.LogNormal // in seconds; a sigma of 0 makes all of them equally long
}

// Outage is a common cause that stops several channels together.
type Outage struct {
	Channels []int
	Between  time.Duration // mean of the exponential gaps, from one end to the next start
	Lasts    dist.LogNormal
}

// spell is one spell of trouble, on the clock of the arrivals.
type spell struct {
	refuses  float64
	from, to time.Duration
}

// spells is a process of trouble: quiet times are exponential, and each ends with a spell of one of the kinds. It
// starts in its stationary state and is drawn up to the latest time asked for. The n-th draw is a function of the key
// and n, so the path doesn't depend on the questions.
type spells struct {
	key   Key
	kinds []Regime
	total float64 // of share ÷ mean length over the kinds
	rate  float64 // of spells, per quiet second
	draws int
	next  spell   // the one after those drawn
	drawn []spell // ascending; those long past are dropped
}

// newSpells is nil where there is no trouble.
func newSpells(key Key, kinds []Regime) *spells {
	s := &spells{key: key}
	quiet := 1.0
	for _, k := range kinds {
		if k.Share > 0 {
			s.kinds = append(s.kinds, k)
			s.total += k.Share / k.Lasts.Mean()
			quiet -= k.Share
		}
	}
	if s.kinds == nil {
		return nil
	}
	s.rate = s.total / max(quiet, 0)
	s.start()
	return s
}

// spells is the process of an outage.
func (o *Outage) spells(key Key) *spells {
	mean := o.Lasts.Mean()
	return newSpells(key, []Regime{{Share: mean / (mean + o.Between.Seconds()), Refuses: 1, Lasts: o.Lasts}})
}

func (s *spells) uniform() float64 {
	s.draws++
	return s.key.nth(s.draws)
}

// start draws the state at time 0. A spell that is met at a random moment is longer than most, as
// long ones are met more often, and what is left of it is uniform over its length.
func (s *spells) start() {
	u := s.uniform()
	for i := range s.kinds {
		k := &s.kinds[i]
		if u -= k.Share; u < 0 {
			met := dist.LogNormal{Mu: k.Lasts.Mu + k.Lasts.Sigma*k.Lasts.Sigma, Sigma: k.Lasts.Sigma}
			s.next = spell{k.Refuses, 0, span(s.uniform() * met.Quantile(s.uniform()))}
			return
		}
	}
	s.next = s.after(0)
}

// after draws the spell that follows a quiet time.
func (s *spells) after(t time.Duration) spell {
	from := t + span(-math.Log(s.uniform())/s.rate)
	u := s.uniform() * s.total
	chosen := &s.kinds[len(s.kinds)-1]
	for i := range s.kinds {
		if u -= s.kinds[i].Share / s.kinds[i].Lasts.Mean(); u < 0 {
			chosen = &s.kinds[i]
			break
		}
	}
	return spell{chosen.Refuses, from, from + span(chosen.Lasts.Quantile(s.uniform()))}
}

// memory is how long spells are remembered after their end, for questions that come late.
const memory = 24 * time.Hour

// draw extends the path up to a time, and forgets spells long before from.
func (s *spells) draw(from, to time.Duration) {
	for s.next.from <= to {
		if len(s.drawn) == cap(s.drawn) {
			s.drawn = slices.Delete(s.drawn, 0, s.firstAfter(from-memory))
		}
		s.drawn = append(s.drawn, s.next)
		s.next = s.after(s.next.to)
	}
}

// firstAfter is the index of the first spell drawn that ends after a time.
func (s *spells) firstAfter(t time.Duration) int {
	return sort.Search(len(s.drawn), func(i int) bool { return s.drawn[i].to > t })
}

// refuses is the share of submits that the trouble refuses at a time; 0: there is none.
func (s *spells) refuses(at time.Duration) float64 {
	s.draw(at, at)
	if i := s.firstAfter(at); i < len(s.drawn) && s.drawn[i].from <= at {
		return s.drawn[i].refuses
	}
	return 0
}

// within says whether there is a spell at any time of [from, to].
func (s *spells) within(from, to time.Duration) bool {
	s.draw(from, to)
	i := s.firstAfter(from)
	return i < len(s.drawn) && s.drawn[i].from <= to
}

// span is a number of seconds as a duration that stays far from overflow.
func span(seconds float64) time.Duration {
	return time.Duration(min(seconds*float64(time.Second), float64(longest)))
}
