package measure

import (
	"math/rand/v2"

	"channelbench/internal/decision"
	"channelbench/internal/record"
)

// resamples is how many times the blocks of a run are drawn again.
const resamples = 256

// draws are the figures of each sample in each draw of the bootstrap of the blocks. A draw is the same for all samples,
// so what they had in common stays so: the minutes, and the clips and prompts of the pairs.
func (m *Bench) draws(samples []*sample, b *blocks) [][]figures {
	random := rand.New(rand.NewPCG(m.Scenario.Seed, 0x626f6f74)) // apart from other uses of the seed
	all := make([][]figures, len(samples))
	for range resamples {
		weights := b.weights(random)
		for i, s := range samples {
			all[i] = append(all[i], s.figures(func(t *tally) float64 { return weights[t.block] }, s.doubts(random)))
		}
	}
	return all
}

// judge asks for a verdict. What isn't known here is what other minutes and other clips would have brought, so the
// draws are those of the bootstrap.
func (m *Bench) judge(samples []*sample, draws [][]figures) record.Verdict {
	q := &decision.Question{Decision: m.Scenario.Decision, NoPromise: m.Scenario.Workload.Promise == 0, Measured: true}
	for _, s := range samples {
		st := &m.Scenario.Strategies[s.strategy]
		q.Strategies = append(q.Strategies, st.Name)
		q.Excluded = append(q.Excluded, m.Scenario.Excludes(st))
		q.Stated = append(q.Stated, s.outlook(s.figures(once, doubt{})))
	}
	for k := range resamples {
		draw := make([]decision.Outlook, len(samples))
		for i, s := range samples {
			draw[i] = s.outlook(draws[i][k])
		}
		q.Draws = append(q.Draws, draw)
	}
	return decision.Decide(q)
}
