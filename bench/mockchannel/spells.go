package mockchannel

import (
	"math"
	"slices"
	"sync"
	"time"

	"channelbench/internal/dist"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// kind is one kind of trouble that comes in spells.
type kind struct {
	share   float64           // of all time
	lasts   dist.Distribution // one spell
	biased  dist.Distribution // a spell that is met at a random moment: longer ones are met more often
	refuses float64           // share of the submits
}

// spell is one spell of trouble, in the scenario's time.
type spell struct {
	kind     int
	from, to time.Duration
}

// spells is a process of trouble: quiet times are exponential, and each ends with a spell of one of the kinds. It
// starts in its stationary state and is drawn as far as somebody asks.
type spells struct {
	key   world.Key
	kinds []kind
	total float64 // of share ÷ mean length over the kinds
	rate  float64 // of spells, per quiet second

	mu    sync.Mutex
	drawn []spell // ascending; those long past are dropped
	next  spell   // the one after them
	draws int
}

// newSpells is nil where there is no trouble.
func newSpells(key world.Key, kinds []kind) *spells {
	kinds = slices.DeleteFunc(kinds, func(k kind) bool { return k.share <= 0 })
	if len(kinds) == 0 {
		return nil
	}
	s := &spells{key: key, kinds: kinds}
	quiet := 1.0
	for _, k := range kinds {
		s.total += k.share / k.lasts.Mean()
		quiet -= k.share
	}
	s.rate = s.total / max(quiet, 0)
	s.start()
	return s
}

// uniform draws the next uniform.
func (s *spells) uniform() float64 {
	s.draws++
	return uniform(s.key, forOutage, s.draws)
}

// start draws the state at time 0.
func (s *spells) start() {
	u := s.uniform()
	for i, k := range s.kinds {
		if u -= k.share; u < 0 {
			// What is left of a spell at a random moment is uniform over its length.
			s.next = spell{i, 0, seconds(s.uniform() * k.biased.Quantile(s.uniform()))}
			return
		}
	}
	s.next = s.after(0)
}

// after draws the spell that follows a quiet time.
func (s *spells) after(t time.Duration) spell {
	from := t + seconds(-math.Log(s.uniform())/s.rate)
	chosen, u := 0, s.uniform()*s.total
	for i, k := range s.kinds {
		chosen = i
		if u -= k.share / k.lasts.Mean(); u < 0 {
			break
		}
	}
	return spell{chosen, from, from + seconds(s.kinds[chosen].lasts.Quantile(s.uniform()))}
}

// memory is how long spells are remembered after their end, for questions that come late.
const memory = 24 * time.Hour

// draw makes known what happens up to a time, for a question about the time from on.
func (s *spells) draw(from, to time.Duration) {
	for s.next.from <= to {
		s.drawn = append(s.drawn, s.next)
		s.next = s.after(s.next.to)
		for s.drawn[0].to < from-memory && len(s.drawn) > 1 {
			s.drawn = s.drawn[1:]
		}
	}
}

// at is the trouble at a time.
func (s *spells) at(t time.Duration) (kind, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draw(t, t)
	for _, d := range slices.Backward(s.drawn) {
		if d.from <= t {
			return s.kinds[d.kind], t < d.to
		}
	}
	return kind{}, false
}

// begins says whether a spell begins in (from, to].
func (s *spells) begins(from, to time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draw(from, to)
	return slices.ContainsFunc(s.drawn, func(d spell) bool { return from < d.from && d.from <= to })
}

// seconds is a span of time that stays far from overflow.
func seconds(s float64) time.Duration { return bounded(s * float64(time.Second)) }

// lasting are a spell's lengths, drawn for itself and as met at a random moment.
func lasting(t scenario.Takes) (lasts, biased dist.Distribution) {
	median := t.Median.Seconds()
	if t.Sigma == 0 {
		return dist.Constant(median), dist.Constant(median)
	}
	lasts = dist.NewLogNormal(median, t.Sigma)
	return lasts, dist.LogNormal{Mu: math.Log(median) + t.Sigma*t.Sigma, Sigma: t.Sigma}
}

// outagesOf are the outages of the channels, by name.
func outagesOf(s *scenario.Scenario, seed uint64) map[string][]*spells {
	by := map[string][]*spells{}
	for i, o := range s.Outages {
		lasts, biased := lasting(o.Lasts)
		mean := lasts.Mean()
		process := newSpells(derived(world.Key(seed), forOutage, i), []kind{{mean / (mean + o.Between.Seconds()), lasts, biased, 1}})
		for _, name := range o.Channels {
			by[name] = append(by[name], process)
		}
	}
	return by
}

// regimesOf are the regimes of a channel; nil where it has none.
func regimesOf(c *scenario.Channel, key world.Key) *spells {
	var kinds []kind
	for _, r := range c.Regimes {
		lasts, biased := lasting(r.Lasts)
		kinds = append(kinds, kind{r.Share, lasts, biased, r.Submit})
	}
	return newSpells(key, kinds)
}
