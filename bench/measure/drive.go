package measure

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"channelbench/bench/recording"
	"channelbench/internal/decision"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// drive is how the orders were driven.
func (m *Bench) drive(orders []recording.Order) *record.Drive {
	run := &m.Recorded.Run
	d := &record.Drive{
		Run: run.At.Format(time.RFC3339Nano), Channels: "mock", Speed: run.Speed, Poll: map[string]float64{},
		Planned: int64(m.Scenario.Bench.Orders * len(Strategies(m.Scenario))),
	}
	if run.Live {
		d.Channels = "live"
	}
	reached := Channels(m.Scenario, m.Compiled)
	for i := range m.Scenario.Channels {
		if c := &m.Scenario.Channels[i]; slices.Contains(reached, c.Name) {
			d.Poll[c.Name] = c.Poll.Seconds()
		}
	}
	for _, g := range m.Scenario.Gates {
		d.Gates = append(d.Gates, record.Gate{Metric: g.Metric, Change: g.Change, FloorUSD: g.Floor.Dollars()})
	}
	var lags []float64
	var scheduled, began []time.Duration
	for i := range orders {
		o := &orders[i]
		if !o.Finished {
			d.Cut++
			continue
		}
		lags = append(lags, o.Lag.Seconds())
		scheduled, began = append(scheduled, o.Scheduled), append(began, o.Scheduled+o.Lag)
	}
	slices.Sort(lags)
	d.SendLagP99 = record.Number(rank(lags, 0.99))
	d.PlannedRate, d.Rate = perMinute(scheduled), perMinute(began)
	return d
}

// perMinute is the rate of some moments, nil where they span no time.
func perMinute(at []time.Duration) *float64 {
	if len(at) < 2 {
		return nil
	}
	return record.Number(float64(len(at)-1) / (slices.Max(at) - slices.Min(at)).Minutes())
}

// counts are what the figures of a driven strategy are made of.
func (s *sample) counts() *record.Counts {
	c := &record.Counts{Errors: map[string]int64{}, Batches: s.batches(), SpentByMonth: map[string]float64{}}
	var spent, reported, compared money.Micros
	for month, bought := range s.bought {
		spent += bought
		c.SpentByMonth[month] = bought.Dollars()
	}
	latencies := make([]float64, len(s.tallies))
	var costs []float64 // of delivered clips
	for i := range s.tallies {
		t := &s.tallies[i]
		latencies[i] = t.latency
		if t.delivered {
			costs = append(costs, s.cost(t))
		}
		if t.inTime {
			c.InTime++
		}
		if t.order.FellBack() {
			c.Fallbacks++
		}
		for k := range t.order.Attempts {
			attempt := &t.order.Attempts[k]
			c.Attempts++
			if k > 0 && t.order.Attempts[k-1].Step == attempt.Step {
				c.Retries++
			}
			if attempt.Reason != 0 {
				c.Errors[attempt.Reason.String()]++
			}
			if attempt.Bill.Reported != nil {
				c.Bill.Attempts++
				reported += *attempt.Bill.Reported
				compared += attempt.Bill.Computed
			}
		}
	}
	slices.Sort(costs)
	c.CostMedian = record.Number(rank(costs, 0.5))
	c.P90 = decision.Figure(stats.OrderQuantile(latencies, 0.9))
	s.lack(c)
	c.SpentUSD = plus(spent, s.missing).Dollars()
	c.Bill.ReportedUSD, c.Bill.ComparedUSD = reported.Dollars(), compared.Dollars()
	return c
}

// lack counts what is missing with what was bought last.
func (s *sample) lack(c *record.Counts) {
	c.MissingUSD = s.missing.Dollars()
	if months := slices.Sorted(maps.Keys(s.bought)); s.missing > 0 && len(months) > 0 {
		last := months[len(months)-1]
		c.SpentByMonth[last] = plus(s.bought[last], s.missing).Dollars()
	}
}

// Benchmark tools compare repeated measurements, of which they want six or more; a batch of fewer orders says little.
const (
	mostBatches = 10
	leastBatch  = 5
)

// batches cut the orders, as they arrived, into spans of about the same length.
func (s *sample) batches() []record.Batch {
	n := len(s.tallies)
	if n == 0 {
		return nil
	}
	arrived := make([]*tally, n)
	for i := range s.tallies {
		arrived[i] = &s.tallies[i]
	}
	slices.SortStableFunc(arrived, func(x, y *tally) int { return cmp.Compare(x.order.Number, y.order.Number) })
	count := min(mostBatches, max(1, n/leastBatch))
	all := make([]record.Batch, count)
	for i := range all {
		all[i] = s.batch(arrived[i*n/count : (i+1)*n/count])
	}
	return all
}

func (s *sample) batch(tallies []*tally) record.Batch {
	b := record.Batch{Orders: int64(len(tallies))}
	latencies := make([]float64, len(tallies))
	for i, t := range tallies {
		latencies[i] = t.latency
		b.CostUSD += s.cost(t)
		if t.delivered {
			b.Delivered++
		}
	}
	b.CostUSD = math.Round(b.CostUSD*float64(money.Dollar)) / float64(money.Dollar) // sums of floats end in dust
	slices.Sort(latencies)
	b.P50, b.P95 = record.Number(rank(latencies, 0.5)), record.Number(rank(latencies, 0.95))
	return b
}
