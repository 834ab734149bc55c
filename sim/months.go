package sim

import (
	"context"
	"sync"
	"sync/atomic"

	"channelbench/internal/decision"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// runner is one run under way.
type runner struct {
	scenario *scenario.Scenario
	compiled *scenario.Compiled
	options  Options

	months    int                // finished by every strategy
	tallies   [][]*event.Tally   // by strategy, then month
	answers   []*exact.Answer    // by strategy; nil: no closed form
	stated    []decision.Outlook // by strategy: at the stated values
	precision *record.Precision  // nil: none was asked for
	unjudged  bool               // the run was interrupted before the ranges were judged
	findings  []string           // where simulation and closed form disagree
	warnings  []string
}

// simulate runs the months of all strategies: as many as were asked for, or block after block until
// the deciding difference is known as precisely as was asked. It returns the context's error where
// that ended first.
func (r *runner) simulate(ctx context.Context) error {
	r.tallies = make([][]*event.Tally, len(r.compiled.Strategies))
	if r.options.Months > 0 {
		return r.simulateUpTo(ctx, r.options.Months)
	}
	for months := blockMonths; ; months += blockMonths {
		if err := r.simulateUpTo(ctx, months); err != nil {
			return err
		}
		if r.precision = r.precise(); r.precision.Met() || months >= MostMonths {
			return nil
		}
	}
}

// simulateUpTo runs further months of all strategies. Strategies of one month follow each other, so
// that an interrupted run has whole months.
func (r *runner) simulateUpTo(ctx context.Context, months int) error {
	strategies := len(r.compiled.Strategies)
	for i := range r.tallies {
		r.tallies[i] = append(r.tallies[i], make([]*event.Tally, months-r.months)...)
	}
	total := strategies * months
	var next, done atomic.Int64
	next.Store(int64(strategies * r.months))
	done.Store(next.Load())
	var workers sync.WaitGroup
	var failed atomic.Pointer[error]
	for range min(r.options.Workers, total) {
		workers.Go(func() {
			engines := make([]*event.Engine, strategies)
			for i := range engines {
				engine, err := event.New(&r.compiled.Model, &r.compiled.Strategies[i])
				if err != nil {
					failed.Store(&err)
					return
				}
				engine.Stop = ctx.Done()
				engines[i] = engine
			}
			for ctx.Err() == nil {
				unit := int(next.Add(1)) - 1
				if unit >= total {
					return
				}
				r.tallies[unit%strategies][unit/strategies] = engines[unit%strategies].Month(unit / strategies)
				r.options.progress(Months, int(done.Add(1)), total)
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	r.months = r.finished()
	if r.months < months {
		return ctx.Err()
	}
	return nil
}

// finished counts the months, from the first on, that every strategy has finished.
func (r *runner) finished() int {
	for month := range r.tallies[0] {
		for i := range r.tallies {
			if r.tallies[i][month] == nil {
				return month
			}
		}
	}
	return len(r.tallies[0])
}

// totals are the months of one strategy, month by month and pooled.
type totals struct {
	orders, delivered, inTime, fallbacks []int64
	attempts, charges                    []float64 // charges in dollars
	latencySums                          []float64 // seconds, of delivered orders
	latencies                            []*stats.Histogram
	all                                  event.Tally
}

// perOrder and perDelivered are what figures are divided by.
func (t *totals) perOrder() []float64     { return floats(t.orders) }
func (t *totals) perDelivered() []float64 { return floats(t.delivered) }

func floats(counts []int64) []float64 {
	f := make([]float64, len(counts))
	for i, n := range counts {
		f[i] = float64(n)
	}
	return f
}

// pooled gathers the finished months of a strategy.
func (r *runner) pooled(strategy int) *totals {
	t := &totals{}
	for _, m := range r.tallies[strategy][:r.months] {
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
