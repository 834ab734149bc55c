package bench

import (
	"fmt"
	"math"
	"slices"

	"channelbench/bench/recording"
	"channelbench/bench/timeline"
	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// record works the run's record out of what was recorded, with a verdict.
func (a *attack) record(o *Options) (*record.Run, error) {
	recorded, err := a.recorded()
	if err != nil {
		return nil, err
	}
	run := decision.NewRun(a.scenario, "bench", o.Version)
	run.Started, run.Timeline, run.Drive = a.started(), timeline.Of(recorded, a.driven()), a.drive(o.Live, recorded)
	b := newBlocks(a.scenario, recorded)
	purses, err := a.purses()
	if err != nil {
		return nil, err
	}
	missing := a.share(purses, recorded)
	var samples []*sample
	for i := range a.scenario.Strategies {
		if slices.Contains(drivenBy(a.scenario), i) {
			driven := a.sample(i, run.Drive.Channels, 1, recorded, b)
			driven.missing = missing[i]
			samples = append(samples, driven)
			continue
		}
		replayed, err := a.replay(i, recorded, b)
		if err != nil {
			run.Warnings = append(run.Warnings, fmt.Sprintf("%s is not answered: %v", a.scenario.Strategies[i].Name, err))
			continue
		}
		samples = append(samples, a.sample(i, "replay", replayTimes, replayed, b))
	}
	draws := a.draws(samples, b)
	for i, s := range samples {
		run.Strategies = append(run.Strategies, a.strategyRecord(s, draws[i]))
	}
	run.Verdict = a.judge(samples, draws)
	run.Bills = a.bills(recorded)
	run.Accounts = a.balances(purses, recorded)
	run.Findings = append(record.BillFindings(run.Bills, run.Accounts), a.sharedJobs()...)
	run.Incomplete = slices.ContainsFunc(recorded, func(o recording.Order) bool { return !o.Finished })
	a.truncations(run, recorded)
	run.Warnings = append(run.Warnings, a.shortcomings(recorded, purses)...)
	return run, nil
}

// strategyRecord works out the figures of one strategy.
func (a *attack) strategyRecord(s *sample, draws []figures) record.Strategy {
	st := &a.scenario.Strategies[s.strategy]
	r := record.Strategy{
		Name: st.Name, Kind: a.scenario.KindOf(st), Engine: s.engine, Channels: st.Channels(), Excluded: a.scenario.Excludes(st),
		SpendByChannel: map[string]float64{}, ErrorsPer1000: map[string]float64{}, UndeliveredReasons: map[string]float64{}, RegionByCountry: map[string]float64{},
		LatencyCDF: s.curve(), Warnings: []string{},
	}
	n := float64(len(s.tallies))
	spent := map[record.Spend]float64{{For: "fixed"}: s.fixed}
	for i := range s.tallies {
		t := &s.tallies[i]
		r.HandlingPerMonth += t.penalty * s.monthly / n
		penalised := record.Spend{For: "late"}
		if !t.delivered {
			penalised.For = "undelivered"
			r.UndeliveredReasons[t.order.Reason.String()] += 1000 / n
		}
		spent[penalised] += t.penalty * s.monthly / n
		for k := range t.order.Attempts {
			attempt := &t.order.Attempts[k]
			charge := attempt.Charge().Dollars() * s.monthly / n
			r.SpendByChannel[attempt.Channel] += charge
			spent[record.Spend{Channel: attempt.Channel, For: attempt.Outcome.Purpose(t.inTime).String()}] += charge
			if attempt.Reason != channel.NoReason {
				r.ErrorsPer1000[attempt.Reason.String()] += 1000 / n
			}
			if attempt.Country != "" {
				r.RegionByCountry[attempt.Country] += 1000 / n
			}
		}
	}
	r.HandlingPerMonth += s.fixed
	r.Spend = spending(spent, r.Channels)
	s.resampled(&r, draws)
	if s.engine != "replay" {
		s.driven(&r)
		r.Counts = s.counts()
	}
	monthly := func(v *float64) *float64 {
		if v == nil {
			return nil
		}
		return record.Number(*v * s.monthly)
	}
	per := r.CostPerOrder
	r.MonthlyCost = record.Spread{Figure: record.Figure{Value: monthly(per.Value), Low: monthly(per.Low), High: monthly(per.High)}}
	return r
}

// spending lists what was paid for, channel by channel and handling last, each in the order of the record.
func spending(spent map[record.Spend]float64, channels []string) []record.Spend {
	var list []record.Spend
	book := func(channel string, purposes ...string) {
		for _, p := range purposes {
			key := record.Spend{Channel: channel, For: p}
			if usd := spent[key]; usd > 0 {
				key.USD = usd
				list = append(list, key)
			}
		}
	}
	for _, ch := range channels {
		book(ch, record.SpendOutcomes...)
	}
	book("", "undelivered", "late", "fixed")
	return list
}

// driven fills in the shares and times of driven orders, with exact intervals that take the orders as independent.
func (s *sample) driven(r *record.Strategy) {
	var all []float64
	var delivered, inTime, fellBack int64
	for i := range s.tallies {
		t := &s.tallies[i]
		all = append(all, t.latency)
		if t.delivered {
			delivered++
		}
		if t.inTime {
			inTime++
		}
		if t.order.FellBack() {
			fellBack++
		}
	}
	n := int64(len(s.tallies))
	share := func(hits int64) record.Figure { return decision.Figure(stats.Share([]int64{hits}, []int64{n})) }
	r.DeliveredShare, r.InTimeShare, r.FallbackShare = share(delivered), share(inTime), share(fellBack)
	for q, figure := range map[float64]*record.Figure{0.5: &r.LatencySeconds.P50, 0.95: &r.LatencySeconds.P95, 0.99: &r.LatencySeconds.P99} {
		e := stats.OrderQuantile(all, q)
		*figure = decision.Figure(e)
		if n > 0 {
			r.Warnings = append(r.Warnings, e.Warnings...)
		}
	}
	slices.Sort(r.Warnings)
}

// fewestOrders are as many as tell of what they scatter by.
const fewestOrders = 4

// resampled fills in all figures, with intervals over bootstrap draws of the blocks.
func (s *sample) resampled(r *record.Strategy, draws []figures) {
	f := s.figures(once, doubt{})
	figure := func(of func(*figures) float64) record.Figure {
		value := record.Number(of(&f))
		if value == nil || f.orders/s.repeats < fewestOrders {
			return record.Figure{Value: value}
		}
		drawn := make([]float64, len(draws))
		for i := range draws {
			drawn[i] = of(&draws[i])
		}
		slices.Sort(drawn)
		const tail = (1 - stats.Confidence) / 2
		// At the end of its scale, such as 100 % delivered, the value itself is the end of the interval.
		return record.Figure{Value: value, Low: record.Number(min(*value, rank(drawn, tail))), High: record.Number(max(*value, rank(drawn, 1-tail)))}
	}
	r.Orders, r.Delivered = int64(f.orders/s.repeats), int64(math.Round(f.delivered*f.orders/s.repeats))
	switch {
	case r.Orders == 0:
		r.Delivered = 0
		r.Warnings = append(r.Warnings, "no order had an outcome")
	case r.Orders < fewestOrders:
		r.Warnings = append(r.Warnings, fmt.Sprintf("needs at least %d orders for %.0f %% intervals of means and costs", fewestOrders, 100*stats.Confidence))
	}
	r.CostPerDelivered = figure(func(f *figures) float64 { return f.costPerDelivered })
	r.CostPerOrder = figure(func(f *figures) float64 { return f.costPerOrder })
	r.DeliveredShare = figure(func(f *figures) float64 { return f.delivered })
	r.InTimeShare = figure(func(f *figures) float64 { return f.inTime })
	r.FallbackShare = figure(func(f *figures) float64 { return f.fellBack })
	r.AttemptsPerOrder = figure(func(f *figures) float64 { return f.attempts })
	r.LatencySeconds = record.Latency{Mean: figure(func(f *figures) float64 { return f.mean }), P50: figure(func(f *figures) float64 { return f.p50 }),
		P95: figure(func(f *figures) float64 { return f.p95 }), P99: figure(func(f *figures) float64 { return f.p99 })}
}

// rank is the order statistic of rank ⌈qn⌉.
func rank(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// mostPoints is how many points a curve has at most.
const mostPoints = 1000

// curve is the share of all orders delivered within each latency that occurred.
func (s *sample) curve() []record.Point {
	points := []record.Point{}
	every := (len(s.tallies) + mostPoints - 1) / mostPoints
	for i := range s.tallies {
		last := i+1 == len(s.tallies) || !s.tallies[i+1].delivered
		if s.tallies[i].delivered && (i%every == 0 || last) {
			points = append(points, record.Point{Seconds: s.tallies[i].latency, Share: float64(i+1) / float64(len(s.tallies))})
		}
	}
	return points
}
