package exact

import (
	"slices"

	"channelbench/internal/dist"
)

// workspace is what all walks on a grid share: memory, and times that were tabulated once.
type workspace struct {
	solver     *Solver
	times      map[spanKey]*kernel
	first      *attempt // of orders before any step; nil: there were none
	slices     [][]float64
	lent       int          // of the slices
	transforms *transformer // nil: none was needed yet
}

// grid returns the grid of so many nodes.
func (s *Solver) grid(step float64, n int) *grid {
	g := grid{step: step, n: n}
	if s.workspaces[g] == nil {
		s.workspaces[g] = &workspace{solver: s, times: map[spanKey]*kernel{}}
	}
	g.workspace = s.workspaces[g]
	return &g
}

// zeros lends a slice of zeros until reclaim.
func (g *grid) zeros() []float64 {
	v := g.lend()
	clear(v)
	return v
}

// lend lends a slice with anything in it.
func (g *grid) lend() []float64 {
	if g.lent == len(g.slices) {
		g.slices = append(g.slices, make([]float64, g.n))
		g.solver.remembered += g.n
	}
	g.lent++
	return g.slices[g.lent-1]
}

// reclaim takes back all slices that were lent.
func (w *workspace) reclaim() { w.lent = 0 }

func (g *grid) transformer() *transformer {
	if g.transforms == nil {
		g.transforms = newTransformer(g.n)
	}
	return g.transforms
}

// span is a time that an attempt takes, or a part of it: until a submit is answered, until a poll finds the job ended,
// and of fetches that fail. A nil distribution, and no rate, take no time.
type span struct {
	submit dist.Distribution
	job    dist.Distribution
	every  float64 // seconds between polls; 0: the end is seen at once
	failed float64 // rate of fetches that fail
	pause  float64 // seconds after each of them
}

// spanKey tells spans on a grid apart.
type spanKey struct {
	submit, job                 distKey
	every, failed, pause, decay float64
}

// distKey tells distributions apart: by their parameters, measured ones by where their values are kept.
type distKey struct {
	of     dist.Distribution
	values *float64
}

func keyOf(d dist.Distribution) distKey {
	if e, ok := d.(dist.Empirical); ok {
		return distKey{values: &e.Values()[0]}
	}
	return distKey{of: d}
}

// time is the distribution of a span, tabulated once.
func (g *grid) time(s span) *kernel {
	key := spanKey{keyOf(s.submit), keyOf(s.job), s.every, s.failed, s.pause, g.decay}
	if k := g.times[key]; k != nil {
		return k
	}
	m := g.of(s.submit, 1)
	if s.job != nil {
		m = g.sum(m, g.kernel(g.polled(g.solver.response(s.job, s.every))))
	}
	if s.failed > 0 {
		m = g.sum(m, g.kernel(g.geometric(s.failed, s.pause)))
	}
	k := g.kernel(measure{atoms: slices.Clone(m.atoms), cells: slices.Clone(m.cells)})
	k.span = s
	g.times[key] = k
	g.solver.remembered += 6 * g.n // with its transform
	return k
}
