package exact

import (
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// What orders meet depends on neither prices nor the rest of the route. So routes that begin alike, and draws in which
// only a price or a later step changes, have their first passages in common; where an error changes after which no
// attempt is made again, their attempts.

// attempt is orders that begin an attempt.
type attempt struct {
	at, failed moments // failed: before the pause
	mass       float64
	retries    map[retryKey]*attempt
	passages   map[passageKey]*passage // of steps whose first attempt it is
}

// retryKey is all that the attempt after one depends on.
type retryKey struct {
	try      int
	backoff  policy.Backoff
	deadline time.Duration
	exits    exits
	left     int
	again    [2][channel.NumReasons]failure
}

// passage is orders of one luck in one step.
type passage struct {
	attempts []*attempt
	ways     [][2]float64 // by attempt, the mass that goes each way; none of a last one that hardly any order begins
	leg      leg          // of the orders that are delivered in this step
	next     *attempt     // of the next step; nil: nobody asked yet
}

// passageKey is all that a passage depends on, besides its first attempt.
type passageKey struct {
	attempts int
	backoff  policy.Backoff
	deadline time.Duration
	exits    exits
	later    int
	ways     [2]odds // without what is charged
	overhead *kernel
	service  *response
}

// originKey is all that orders depend on before their first step.
type originKey struct{ weight, negligible float64 }

// origin is the first attempt of orders of given luck.
func (w *walk) origin(weight float64) *attempt {
	key := originKey{weight, w.negligible}
	a := w.grid.origins[key]
	if a == nil {
		a = w.attempt(moments{{w.grid.at(0, weight)}}, nil)
		w.grid.origins[key] = a
	}
	return a
}

// attempt keeps orders beyond the walk.
func (w *walk) attempt(at, failed moments) *attempt {
	return &attempt{at: w.allKept(at), failed: w.allKept(failed), mass: at.orders().mass(),
		retries: map[retryKey]*attempt{}, passages: map[passageKey]*passage{}}
}

func (w *walk) allKept(m moments) moments {
	k := newMoments(len(m) - 1)
	for bad := range m {
		for good := range m[bad] {
			k[bad][good] = w.kept(m[bad][good])
		}
	}
	return k
}

func (w *walk) kept(m measure) measure {
	w.solver.remembered += len(m.atoms) + len(m.cells)
	return measure{slices.Clone(m.atoms), slices.Clone(m.cells)}
}

// pass lets orders walk a step, unless it is known how they do.
func (w *walk) pass(s *stage, first *attempt) *passage {
	ch := s.step.Channel
	key := passageKey{attempts: s.step.Attempts, backoff: s.step.Backoff, deadline: w.route.Deadline, later: s.later,
		overhead: w.overhead(ch), service: w.response(ch)}
	if s.exits != nil {
		key.exits = *s.exits
	}
	for k, o := range s.ways {
		key.ways[k] = o
		key.ways[k].charge = 0
	}
	p := first.passages[key]
	if p == nil {
		p = w.try(s, first)
		first.passages[key] = p
	}
	return p
}

// try lets orders try a step until they are delivered, or go on.
func (w *walk) try(s *stage, first *attempt) *passage {
	p := &passage{}
	var started measure // when the attempts that will deliver begin
	for a, try := first, 1; ; try++ {
		if p.attempts = append(p.attempts, a); a.mass <= w.negligible {
			break
		}
		var masses [2]float64
		for k, at := range s.take(a.at, s.left(try)) {
			masses[k] = at.orders().mass()
			w.grid.raise(&started, at.orders(), s.ways[k].delivered)
		}
		if p.ways = append(p.ways, masses); try == s.step.Attempts {
			break
		}
		a = w.retry(s, a, try)
	}
	ch := s.step.Channel
	p.leg = leg{w.grid.step, w.kept(w.grid.sum(started, w.overhead(ch)).worthwhile()), w.response(ch)}
	return p
}

// retry is the attempt after a try, unless it is known.
func (w *walk) retry(s *stage, a *attempt, try int) *attempt {
	key := retryKey{try: try, backoff: s.step.Backoff, deadline: w.route.Deadline, left: s.left(try)}
	if s.exits != nil {
		key.exits = *s.exits
	}
	for k, o := range s.ways {
		n := 0
		for _, f := range o.failures[:o.kinds] {
			if f.again {
				key.again[k][n] = f
				n++
			}
		}
	}
	next := a.retries[key]
	if next == nil {
		retried := w.carried(s.left(try))
		retried.add(s, s.take(a.at, s.left(try)), true, false)
		failed := retried.moments()
		next = w.attempt(s.paused(failed, try), failed)
		a.retries[key] = next
	}
	return next
}

// after is the first attempt of the next step.
func (w *walk) after(s *stage, p *passage) *attempt {
	if p.next != nil {
		return p.next
	}
	over, outlasted := w.carried(s.later), newMoments(s.later)
	for i, a := range p.attempts {
		if try := i + 1; i < len(p.ways) {
			over.add(s, s.take(a.at, s.left(try)), try == s.step.Attempts, true)
		}
		if i > 0 {
			outlasted = s.outlasted(outlasted, a.failed, i)
		}
	}
	p.next = w.attempt(over.moments().plus(outlasted), nil)
	return p.next
}

// count adds what a passage means for the answer.
func (w *walk) count(s *stage, p *passage, first bool) {
	a, ch := w.answer, s.step.Channel
	price := w.price(ch, channel.Usage{Made: true})
	for i, attempt := range p.attempts[:len(p.ways)] {
		a.Attempts += attempt.mass
		for k, o := range s.ways {
			a.ChargeByChannel[ch] += p.ways[i][k] * o.charge
		}
		a.HighestPrice = max(a.HighestPrice, price)
		if !first || i > 0 {
			a.Further = append(a.Further, Further{attempt.mass, price})
		}
	}
	a.legs = append(a.legs, p.leg)
}
