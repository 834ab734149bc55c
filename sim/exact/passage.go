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

// attempt is orders that begin an attempt, up to a factor: where orders are tried again after one kind of failure only,
// its share makes no other difference.
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

// scaledAttempt is so many of the orders of an attempt.
type scaledAttempt struct {
	*attempt
	by float64
}

func (a scaledAttempt) orders() float64 { return a.by * a.mass }

// passage is orders of one luck in one step.
type passage struct {
	attempts []scaledAttempt
	ways     [][2]float64 // by attempt, the mass that goes each way; none of a last one that hardly any order begins
	leg      leg          // of the orders that are delivered in this step
	next     *attempt     // the first of the next step; nil: nobody asked yet
}

// passageKey is all that a passage depends on, besides its first attempt.
type passageKey struct {
	scale, negligible float64

	attempts int
	backoff  policy.Backoff
	deadline time.Duration
	exits    exits
	later    int
	ways     [2]odds // without what is charged
	overhead *kernel
	service  *response
}

// origin is the first attempt of orders.
func (w *walk) origin() *attempt {
	if w.grid.first == nil {
		w.grid.first = w.attempt(moments{{w.grid.at(0, 1)}}, nil)
	}
	return w.grid.first
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
func (w *walk) pass(s *stage, first scaledAttempt) *passage {
	ch := s.step.Channel
	key := passageKey{scale: first.by, negligible: w.negligible, attempts: s.step.Attempts, backoff: s.step.Backoff,
		deadline: w.route.Deadline, later: s.later, overhead: w.overhead(ch), service: w.response(ch)}
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
func (w *walk) try(s *stage, first scaledAttempt) *passage {
	p := &passage{}
	var started measure // when the attempts that will deliver begin
	for a, try := first, 1; ; try++ {
		if p.attempts = append(p.attempts, a); a.orders() <= w.negligible {
			break
		}
		var masses [2]float64
		for k, at := range s.take(a.at, s.left(try)) {
			masses[k] = a.by * at.orders().mass()
			w.grid.raise(&started, at.orders(), a.by*s.ways[k].delivered)
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
func (w *walk) retry(s *stage, a scaledAttempt, try int) scaledAttempt {
	key := retryKey{try: try, backoff: s.step.Backoff, deadline: w.route.Deadline, left: s.left(try)}
	if s.exits != nil {
		key.exits = *s.exits
	}
	by, failures := 1.0, s.failures(true)
	if len(failures) == 1 && len(failures[0]) == 1 {
		by, failures[0][0].share = failures[0][0].share, 1
	}
	for k := range failures {
		copy(key.again[k][:], failures[k])
	}
	next := a.retries[key]
	if next == nil {
		retried := w.carried(s.left(try))
		retried.add(s, s.take(a.at, s.left(try)), failures, 1)
		failed := retried.moments()
		next = w.attempt(s.paused(failed, try), failed)
		a.retries[key] = next
	}
	return scaledAttempt{next, a.by * by}
}

// after is the first attempt of the next step.
func (w *walk) after(s *stage, p *passage) *attempt {
	if p.next != nil {
		return p.next
	}
	over, rest := w.carried(s.later), newMoments(s.later)
	for i, a := range p.attempts {
		if i > 0 {
			rest = rest.plus(s.outlasted(a.failed, i).scale(a.by))
		}
		if i == len(p.ways) {
			break
		}
		try := i + 1
		over.add(s, s.take(a.at, s.left(try)), s.failures(false), a.by)
		if try == s.step.Attempts {
			another := w.retry(s, a, try)
			rest = rest.plus(another.failed.scale(another.by))
		}
	}
	p.next = w.attempt(over.moments().plus(rest), nil)
	return p.next
}

// count adds what a passage means for the answer.
func (w *walk) count(s *stage, p *passage, first bool) {
	a, ch := w.answer, s.step.Channel
	price := w.price(ch, channel.Usage{Made: true})
	for i, attempt := range p.attempts[:len(p.ways)] {
		a.Attempts += attempt.orders()
		for k, o := range s.ways {
			a.ChargeByChannel[ch] += p.ways[i][k] * o.charge
		}
		a.HighestPrice = max(a.HighestPrice, price)
		if !first || i > 0 {
			a.Further = append(a.Further, Further{attempt.orders(), price})
		}
	}
	a.legs = append(a.legs, p.leg)
}
