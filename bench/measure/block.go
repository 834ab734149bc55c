package measure

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/bench/recording"
	"channelbench/internal/scenario"
)

// leastBlock is how long a block should be at least: longer than a burst of region errors.
const leastBlock = 5 * time.Minute

// fewestBlocks is into how many blocks a run is cut if it has so many pairs.
const fewestBlocks = 10

// blocks cut a run into spans of consecutive pairs. Orders of the same minutes share what befalls the
// channels, so a span, not an order, is what a bootstrap draws again (Carlstein 1986). A span holds about the
// third root of the pairs (Hall, Horowitz and Jing 1995), or those of leastBlock if that is more.
type blocks struct {
	pairs, count int
	begins       []time.Duration // by block, when its first pair arrived
	shape        float64         // of the weights
}

// newBlocks cuts the run of which these orders are known, by number.
func newBlocks(s *scenario.Scenario, recorded []recording.Order) *blocks {
	pairs := float64(s.Bench.Orders)
	span := leastBlock.Seconds() / s.Bench.Rate.Per.Seconds() * float64(s.Bench.Rate.Count) / float64(len(Strategies(s)))
	span = max(1, min(max(span, math.Cbrt(pairs)), pairs/fewestBlocks))
	b := evenBlocks(s.Bench.Orders, max(1, int(pairs/span)))
	for i := range recorded {
		for len(b.begins) <= b.of(recorded[i].Pair) {
			b.begins = append(b.begins, recorded[i].Scheduled)
		}
	}
	return b
}

// of is the block of a pair.
func (b *blocks) of(pair int) int { return pair * b.count / b.pairs }

// at is the block of a moment of the run.
func (b *blocks) at(t time.Duration) int {
	return max(0, sort.Search(len(b.begins), func(i int) bool { return b.begins[i] > t })-1)
}

// evenBlocks cut so many pairs into so many blocks. Their weights are gamma in place of the exponential ones of the
// Bayesian bootstrap (Rubin 1981), with a shape that makes the variance of a mean the one of Student's t: few blocks
// tell little of their own scatter.
func evenBlocks(pairs, count int) *blocks {
	n := float64(count)
	narrow := distuv.UnitNormal.Quantile(0.975) / distuv.StudentsT{Sigma: 1, Nu: max(1, n-1)}.Quantile(0.975)
	return &blocks{pairs: pairs, count: count, shape: max(leastShape, ((n-1)*narrow*narrow-1)/n)}
}

// weights draws how much each block counts; on average once.
func (b *blocks) weights(random *rand.Rand) []float64 {
	gamma := distuv.Gamma{Alpha: b.shape, Beta: b.shape, Src: random}
	w := make([]float64, b.count)
	for i := range w {
		w[i] = gamma.Rand()
	}
	return w
}

// leastShape is for three blocks and fewer, where the variance has no bound.
const leastShape = 0.05
