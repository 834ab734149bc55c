package exact

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"channelbench/internal/dist"
)

// grid is an axis of elapsed time: nodes at 0, step, 2 step …, and the cells between them.
type grid struct {
	step float64 // seconds
	n    int     // nodes; what lies beyond the last cell is dropped

	decay float64 // per second: what is put at a time t counts e^(−decay t) as much

	*workspace
}

// measure is a distribution of elapsed time whose mass may be less than 1: atoms sit on nodes,
// and each cell's mass is spread evenly over it. A nil slice is all zeros.
type measure struct {
	atoms, cells []float64
}

// at is a mass at one time. Between nodes it is split so that its mean is kept.
func (g *grid) at(seconds, mass float64) measure {
	m := measure{atoms: g.zeros()}
	g.place(m.atoms, seconds, mass)
	return m
}

// decaying is the same axis, for distributions that are weighted by e^(−rate t).
func (g *grid) decaying(rate float64) *grid {
	d := *g
	d.decay = rate
	return &d
}

// weight is what a mass at a time counts.
func (g *grid) weight(seconds float64) float64 { return math.Exp(-g.decay * seconds) }

func (g *grid) place(atoms []float64, seconds, mass float64) {
	mass *= g.weight(seconds)
	x := seconds / g.step
	i := math.Floor(x + 1e-6)
	up := max(0, x-i)
	if up < 1e-6 {
		up = 0
	}
	if int(i) < g.n {
		atoms[int(i)] += mass * (1 - up)
	}
	if up > 0 && int(i)+1 < g.n {
		atoms[int(i)+1] += mass * up
	}
}

// of is a distribution of seconds. Nil takes no time.
func (g *grid) of(d dist.Distribution, mass float64) measure {
	switch d := d.(type) {
	case nil:
		return g.at(0, mass)
	case dist.Constant:
		return g.at(float64(d), mass)
	case dist.Empirical:
		m := measure{atoms: g.zeros()}
		for _, v := range d.Values() {
			g.place(m.atoms, v, mass/float64(len(d.Values())))
		}
		return m
	}
	if g.decay > 0 {
		return g.weighted(d, mass)
	}
	m := measure{cells: g.zeros()}
	below, sumBelow := 0.0, 0.0
	for i := range m.cells {
		end := float64(i+1) * g.step
		share, sum := d.CDF(end), d.PartialMean(end)
		g.spread(m.cells, i, mass*(share-below), mass*(sum-sumBelow))
		below, sumBelow = share, sum
	}
	return m
}

// spread puts a mass on cell i, and as much of it on a neighbour as its mean asks for; sum is mass × mean.
func (g *grid) spread(cells []float64, i int, mass, sum float64) {
	lean := sum/g.step - mass*(float64(i)+0.5)
	switch {
	case lean > 0 && i+1 < g.n:
		cells[i+1] += lean
		mass -= lean
	case lean < 0 && i > 0:
		cells[i-1] -= lean
		mass += lean
	}
	cells[i] += mass
}

// polled is when a poll finds a job ended.
func (g *grid) polled(r *response) measure {
	if r.every <= 0 {
		return g.of(r.service, 1)
	}
	if r.every < g.step {
		return g.polledOften(r.service, r.every, 1)
	}
	m := measure{atoms: g.zeros()}
	below := 0.0
	for k := 1; below < 1-1e-15; k++ {
		at := float64(k) * r.every
		if at >= float64(g.n)*g.step {
			break
		}
		share := r.found(float64(k))
		g.place(m.atoms, at, share-below)
		below = share
	}
	return m
}

// polledOften is polled where many polls fall into one cell: each loses half an interval on average.
func (g *grid) polledOften(d dist.Distribution, every, mass float64) measure {
	if g.decay > 0 {
		return g.weightedPolls(d, every, mass)
	}
	m := measure{cells: g.zeros()}
	below, sumBelow := 0.0, 0.0
	for i := range m.cells {
		last := math.Floor(float64(i+1)*g.step/every+1e-6) * every
		share, sum := upTo(d, last), d.PartialMean(last+instant)
		g.spread(m.cells, i, mass*(share-below), mass*(sum-sumBelow+(share-below)*every/2))
		below, sumBelow = share, sum
	}
	return m
}

// geometric is the time lost to failures of probability p that cost a pause each.
func (g *grid) geometric(p, pause float64) measure {
	m := measure{atoms: g.zeros()}
	for k, mass := 0, 1-p; mass > 1e-16; k, mass = k+1, mass*p {
		at := float64(k) * pause
		if at >= float64(g.n)*g.step {
			break
		}
		g.place(m.atoms, at, mass)
	}
	return m
}

// ramped is the part of a measure that a share keeps which rises evenly with time, from none at one to all at another.
func (g *grid) ramped(m measure, none, all float64) measure {
	out := measure{}
	if m.atoms != nil {
		out.atoms = g.zeros()
	}
	if m.cells != nil {
		out.cells = g.zeros()
	}
	share := func(t float64) float64 {
		if t >= all-instant {
			return 1
		}
		return max(0, (t-none)/(all-none))
	}
	// area is the integral of the share up to t.
	area := func(t float64) float64 {
		if t >= all {
			return (all-none)/2 + t - all
		}
		if t <= none {
			return 0
		}
		return (t - none) * (t - none) / (2 * (all - none))
	}
	for i := range out.atoms {
		out.atoms[i] = m.atoms[i] * share(float64(i)*g.step)
	}
	for i := range out.cells {
		out.cells[i] = m.cells[i] * (area(float64(i+1)*g.step) - area(float64(i)*g.step)) / g.step
	}
	return out
}

// mass is the total mass.
func (m measure) mass() float64 { return floats.Sum(m.atoms) + floats.Sum(m.cells) }

func (m measure) scale(f float64) measure {
	return measure{atoms: scaled(m.atoms, f), cells: scaled(m.cells, f)}
}

func scaled(v []float64, f float64) []float64 {
	if v == nil {
		return nil
	}
	return floats.ScaleTo(make([]float64, len(v)), f, v)
}

func plus(a, b measure) measure {
	return measure{atoms: summed(a.atoms, b.atoms), cells: summed(a.cells, b.cells)}
}

func summed(a, b []float64) []float64 {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return floats.AddTo(make([]float64, len(a)), a, b)
}

// raise adds a multiple of m to a sum.
func (g *grid) raise(sum *measure, m measure, by float64) {
	g.raiseBy(&sum.atoms, m.atoms, 0, by)
	g.raiseBy(&sum.cells, m.cells, 0, by)
}

// raiseBy adds a multiple of v, moved on by so many nodes.
func (g *grid) raiseBy(sum *[]float64, v []float64, nodes int, by float64) {
	if v == nil || nodes >= g.n {
		return
	}
	if *sum == nil {
		*sum = g.lend()
		clear((*sum)[:nodes])
		floats.ScaleTo((*sum)[nodes:], by, v[:g.n-nodes])
		return
	}
	floats.AddScaled((*sum)[nodes:], by, v[:g.n-nodes])
}
