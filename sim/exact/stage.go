package exact

import "channelbench/internal/policy"

// stage is a step of the route that the orders of one luck walk through.
type stage struct {
	walk  *walk
	step  *policy.Step
	exits *exits // nil: attempts are independent
	ways  []odds // by exit, a bad and a good one; one for all where attempts are independent
	later int    // attempts that may meet a known exit in the steps right after
}

func (w *walk) stage(i int, l luck) *stage {
	step := &w.route.Steps[i]
	s := &stage{walk: w, step: step, exits: w.exits[step.Channel], later: w.later(i)}
	if x := s.exits; x != nil {
		s.ways = []odds{w.probabilities(step, l.meets(step.Channel, x.bad)),
			w.probabilities(step, l.meets(step.Channel, x.good))}
	} else {
		s.ways = []odds{w.probabilities(step, l)}
	}
	return s
}

// left is how many attempts that may meet a known exit come after a try.
func (s *stage) left(try int) int {
	if s.exits == nil {
		return 0
	}
	return s.step.Attempts - try + s.later
}

// meets is the luck of an order that meets a certain region rate on a channel.
func (l luck) meets(ch int, rate float64) luck {
	l.region = map[int]float64{ch: rate}
	return l
}

// take splits orders by the way they go.
func (s *stage) take(m moments, most int) []moments {
	if s.exits == nil {
		return []moments{m}
	}
	bad, good := s.exits.take(m, most)
	return []moments{bad, good}
}

// decaying is the grid on which a choice of so many exits stays known.
func (s *stage) decaying(known int) *grid {
	if known == 0 {
		return s.walk.grid
	}
	return s.walk.grid.decaying(float64(known) * s.exits.rate)
}

// paused lets the backoff after so many failures pass.
func (s *stage) paused(m moments, failures int) moments {
	p := newMoments(len(m) - 1)
	for bad := range m {
		for good := range m[bad] {
			if at := m.at(bad, good); at.mass() > 0 {
				p[bad][good] = s.walk.grid.sum(at, s.decaying(bad+good).pause(&s.step.Backoff, failures))
			}
		}
	}
	return p
}

// outlasted are the orders whose backoff after so many failures would end at the deadline or later: they go on to
// the next step at once. On the grid, which ends there, nothing of them is left after the backoff.
func (s *stage) outlasted(m moments, failures int) moments {
	out := newMoments(len(m) - 1)
	deadline := s.walk.route.Deadline.Seconds()
	if deadline == 0 {
		return out
	}
	low, high := s.step.Backoff.Bounds(failures)
	from, to := deadline-high.Seconds(), deadline-low.Seconds()
	for bad := range m {
		for good := range m[bad] {
			out[bad][good] = s.walk.grid.ramped(m[bad][good], from, to)
		}
	}
	return out
}

// carried adds up moments.
type carried [][]sums

func (w *walk) carried(most int) carried {
	c := make(carried, most+1)
	for i := range c {
		c[i] = make([]sums, most+1-i)
		for j := range c[i] {
			c[i][j].grid = w.grid
		}
	}
	return c
}

// failures lists by way those after which the step may try again, or those after which the next one begins.
func (s *stage) failures(again bool) [][]failure {
	all := make([][]failure, len(s.ways))
	for i, o := range s.ways {
		for _, f := range o.failures[:o.kinds] {
			if f.again == again {
				all[i] = append(all[i], f)
			}
		}
	}
	return all
}

// add adds so many of the orders of each way that fail, once the time that this takes has passed.
func (c carried) add(s *stage, ways []moments, failures [][]failure, by float64) {
	for bad := range c {
		for good := range c[bad] {
			g := s.decaying(bad + good)
			for i, m := range ways {
				at := m.at(bad, good)
				if len(failures[i]) == 0 || at.mass() <= 0 {
					continue
				}
				from := g.kernel(at)
				for _, f := range failures[i] {
					c[bad][good].add(from, g.time(f.takes.span), by*f.share)
				}
			}
		}
	}
}

// moments are what was added up.
func (c carried) moments() moments {
	m := newMoments(len(c) - 1)
	for i := range c {
		for j := range c[i] {
			m[i][j] = c[i][j].measure()
		}
	}
	return m
}
