package sim

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/sim/event"
)

// sample is what was simulated: the months that every strategy has finished.
type sample struct {
	*experiment
	n         int              // months
	tallies   [][]*event.Tally // by strategy, then month
	totals    []*totals        // by strategy
	unused    []float64        // by strategy, dollars a month of prepaid units, beyond what is charged
	mix       *stats.Mix       // what the months drew of each class; all strategies met the same orders
	precision *record.Precision
}

// totals are the months of one strategy, month by month and pooled.
type totals struct {
	orders, delivered, inTime, fallbacks []int64
	attempts, charges                    []float64 // charges in dollars
	costs                                []float64 // dollars: charges, penalties, fixed costs and unused units
	latencySums                          []float64 // seconds, of delivered orders
	latencies                            []*stats.Histogram
	all                                  event.Tally
}

// newSample takes the months, from the first on, that every strategy has finished.
func newSample(x *experiment, tallies [][]*event.Tally) *sample {
	s := &sample{experiment: x, n: finished(tallies)}
	for i := range tallies {
		months := tallies[i][:s.n]
		t := pooled(months)
		for _, m := range months {
			cost := m.Charge() + m.Handling(&x.compiled.Model.Costs, x.compiled.Uses[i])
			t.costs = append(t.costs, cost.Dollars())
		}
		s.tallies, s.totals = append(s.tallies, months), append(s.totals, t)
	}
	var orders [][]int64
	for _, t := range s.tallies[0] {
		orders = append(orders, t.Classes)
	}
	var shares []float64
	for _, c := range x.compiled.Model.Classes {
		shares = append(shares, c.Share)
	}
	s.mix = stats.NewMix(orders, shares)
	for i, t := range s.totals {
		unused := unusedBy(x.compiled, i, func(ch int) float64 {
			return s.monthly(i, func(t *event.Tally) money.Micros { return t.Charged(ch) })
		})
		for m := range t.costs {
			t.costs[m] += unused
		}
		s.unused = append(s.unused, unused)
	}
	return s
}

// finished counts the months, from the first on, that every strategy has finished.
func finished(tallies [][]*event.Tally) int {
	for month := range tallies[0] {
		for i := range tallies {
			if tallies[i][month] == nil {
				return month
			}
		}
	}
	return len(tallies[0])
}

// pooled gathers months of a strategy, but for their costs.
func pooled(months []*event.Tally) *totals {
	t := &totals{}
	for _, m := range months {
		t.orders = append(t.orders, m.Orders)
		t.delivered = append(t.delivered, m.Delivered)
		t.inTime = append(t.inTime, m.InTime)
		t.fallbacks = append(t.fallbacks, m.Fallbacks)
		t.attempts = append(t.attempts, float64(m.Attempts))
		t.charges = append(t.charges, m.Charge().Dollars())
		t.latencySums = append(t.latencySums, m.Latency.Seconds())
		t.latencies = append(t.latencies, &m.Latencies)
		t.all.Merge(m)
	}
	return t
}

// perOrder and perDelivered are the divisors of figures.
func (t *totals) perOrder() []float64     { return floats(t.orders) }
func (t *totals) perDelivered() []float64 { return floats(t.delivered) }

func floats(counts []int64) []float64 {
	f := make([]float64, len(counts))
	for i, n := range counts {
		f[i] = float64(n)
	}
	return f
}

// simulate runs the months of all strategies: as many as were asked for, or block after block until
// the deciding difference is known as precisely as was asked. Where the context ends first, its error
// comes with the months that were finished.
func (x *experiment) simulate(ctx context.Context) (*sample, error) {
	s := newSample(x, make([][]*event.Tally, len(x.compiled.Strategies)))
	if x.options.Months > 0 {
		return s.extended(ctx, x.options.Months)
	}
	for {
		longer, err := s.extended(ctx, s.n+blockMonths)
		if err != nil {
			longer.precision = s.precision
			return longer, err
		}
		s = longer
		if s.precision = s.precise(); s.precision.Met() || s.n >= MostMonths {
			return s, nil
		}
	}
}

// extended is the sample with further months, up to so many. Strategies of one month follow each
// other, so that an interrupted run has whole months.
func (s *sample) extended(ctx context.Context, months int) (*sample, error) {
	x, strategies := s.experiment, len(s.tallies)
	tallies := make([][]*event.Tally, strategies)
	for i := range tallies {
		tallies[i] = append(slices.Clip(s.tallies[i]), make([]*event.Tally, months-s.n)...)
	}
	total := strategies * months
	var next, done atomic.Int64
	next.Store(int64(strategies * s.n))
	done.Store(next.Load())
	var workers sync.WaitGroup
	var failed atomic.Pointer[error]
	for range min(x.options.Workers, total) {
		workers.Go(func() {
			engines, err := x.engines(ctx)
			if err != nil {
				failed.Store(&err)
				return
			}
			for ctx.Err() == nil {
				unit := int(next.Add(1)) - 1
				if unit >= total {
					return
				}
				tallies[unit%strategies][unit/strategies] = engines[unit%strategies].Month(unit / strategies)
				x.options.progress(Months, int(done.Add(1)), total)
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return s, *err
	}
	longer := newSample(x, tallies)
	if longer.n < months {
		return longer, ctx.Err()
	}
	return longer, nil
}

// engines are a worker's own, by strategy.
func (x *experiment) engines(ctx context.Context) ([]*event.Engine, error) {
	engines := make([]*event.Engine, len(x.compiled.Strategies))
	for i := range engines {
		engine, err := event.New(&x.compiled.Model, &x.compiled.Strategies[i])
		if err != nil {
			return nil, err
		}
		engine.Stop = ctx.Done()
		engines[i] = engine
	}
	return engines, nil
}
