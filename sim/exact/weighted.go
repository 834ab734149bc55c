package exact

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"channelbench/internal/dist"
)

// faint is a weight too small to count: e^−42.
const faint = 1e-18

// weighted is a continuous distribution on a grid that decays: each cell gets its integral of
// e^(−decay t), to the accuracy of the distribution's own CDF, and keeps its mean.
func (g *grid) weighted(d dist.Distribution, mass float64) measure {
	m := measure{cells: make([]float64, g.n)}
	smooth := min(1/g.decay, d.Quantile(0.5)/4) // seconds over which nothing changes much
	for i := range m.cells {
		start, end := float64(i)*g.step, float64(i+1)*g.step
		if g.weight(start) < faint || d.CDF(start) >= 1-1e-15 {
			break
		}
		share, sum := 0.0, 0.0
		for a, b := start, 0.0; a < end && g.weight(a) >= faint; a = b {
			b = g.pieceEnd(d, a, end, smooth)
			partShare, partSum := g.integrals(d, a, b)
			share += partShare
			sum += partSum
		}
		g.spread(m.cells, i, mass*share, mass*sum)
	}
	return m
}

// pieceEnd ends a piece from a, within a cell, in which the CDF is smooth: it ends where a uniform
// distribution does, and is short near 0, where a CDF may rise like a root.
func (g *grid) pieceEnd(d dist.Distribution, a, end, smooth float64) float64 {
	b := min(end, a+smooth, max(2*a, 1e-6*g.step))
	if u, ok := d.(dist.Uniform); ok {
		for _, kink := range []float64{u.Low, u.High} {
			if a < kink && kink < b {
				b = kink
			}
		}
	}
	return b
}

// Nodes and weights of the Gauss-Legendre quadrature on (0, 1).
var nodes, weights = legendre(8)

func legendre(n int) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return x, w
}

// integrals are E[e^(−decay X)] and E[X e^(−decay X)] where a < X ≤ b, by parts, so that only the CDF is needed.
func (g *grid) integrals(d dist.Distribution, a, b float64) (share, sum float64) {
	below := d.CDF(a)
	inside, first := 0.0, 0.0 // integrals of the CDF's rise since a, weighted, and times (t − a)
	for i, x := range nodes {
		t := (b - a) * x
		rise := (b - a) * weights[i] * g.weight(a+t) * (d.CDF(a+t) - below)
		inside += rise
		first += rise * t
	}
	end := g.weight(b) * (d.CDF(b) - below)
	share = end + g.decay*inside
	return share, a*share + (b-a)*end - inside + g.decay*first
}

// weightedPolls is polledOften on a grid that decays: poll by poll.
func (g *grid) weightedPolls(d dist.Distribution, every, mass float64) measure {
	m := measure{cells: make([]float64, g.n)}
	below := 0.0
	for k := 1; below < 1-1e-15; k++ {
		at := float64(k) * every
		i := max(0, int(math.Ceil(at/g.step-1e-6))-1)
		if i >= g.n || g.weight(at) < faint {
			break
		}
		share := upTo(d, at)
		found := mass * (share - below) * g.weight(at)
		g.spread(m.cells, i, found, found*at)
		below = share
	}
	return m
}
