package reports

import (
	"math"

	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// What a simulation says that a bench will measure. A figure is predicted as an interval in which 95% of benches with as
// many orders would find it, if the simulation were right:
//
//   - Shares are binomial at the simulated share.
//   - A time within which a share of all orders is done is that of an order of some rank; the share of all orders at
//     that rank has a beta distribution, and the simulated curve turns its ends into times.
//   - A cost lies about the simulated one as single months do, scaled to so many orders: half of the 95% interval of the
//     expectation by months as they were drawn, which comes from their spread, times √(1 + simulated ÷ measured orders). It is symmetric,
//     so costs that hang on something rare and dear lie outside a little more often than is said.
//
// The closed form's value is the middle where there is one. The orders are taken as independent: where a scenario makes
// trouble come in spells, a short bench meets less of it, or more, than these intervals allow.

// requests is by how much a measured time may lie above what is predicted: the simulation leaves out how long requests
// and downloads take.
const requests = 0.05

// grain is by how much a measured time may lie below what is predicted: the simulation keeps times in buckets of half a
// percent.
const grain = 0.0055

// chance is how likely so many figures outside their intervals must at least be for that to be called chance. It is low
// because the figures of one strategy hang together, so that they miss together more often than independent ones.
const chance = 0.01

// foretold is a figure of a bench beside what the simulation makes of it. +Inf: never.
type foretold struct {
	low, high       float64 // holds the figure with 95%
	farLow, farHigh float64 // holds all figures at once with 95%
	measured        float64
	known           bool // there is both
}

// side is −1 for a figure below its interval, 1 above, 0 inside.
func (f foretold) side() int { return f.beyond(f.low, f.high) }

// far is side for the interval that even the most unlikely of all figures should keep to.
func (f foretold) far() int { return f.beyond(f.farLow, f.farHigh) }

func (f foretold) beyond(low, high float64) int {
	const rounding = 1e-9
	switch {
	case !f.known:
		return 0
	case f.measured < low*(1-rounding):
		return -1
	case f.measured > high*(1+rounding):
		return 1
	}
	return 0
}

// predictor predicts figures of one strategy.
type predictor struct {
	run      *record.Run // simulated
	sim      *record.Strategy
	measured *record.Strategy
	level    float64 // of the far interval
}

// levels calls for the interval of 95% and for the far one.
func (p predictor) levels(interval func(level float64) (low, high float64)) foretold {
	var f foretold
	f.low, f.high = interval(stats.Confidence)
	f.farLow, f.farHigh = interval(p.level)
	return f
}

func (p predictor) share(simulated, measured *float64) foretold {
	s, ok := known(simulated)
	m, found := known(measured)
	if !ok || !found || s < 0 || s > 1 || p.measured.Orders <= 0 {
		return foretold{}
	}
	f := p.levels(func(level float64) (float64, float64) { return stats.PredictShare(s, p.measured.Orders, level) })
	f.measured, f.known = m, true
	return f
}

// quantile is the time within which the share q of all orders is done.
func (p predictor) quantile(q float64, measured *float64) foretold {
	curve := steps(p.sim.LatencyCDF)
	if len(curve) == 0 || p.measured.Orders <= 0 {
		return foretold{}
	}
	at := func(share float64) float64 {
		if t, ok := curve.reaches(share); ok {
			return t
		}
		return math.Inf(1)
	}
	f := p.levels(func(level float64) (float64, float64) {
		low, high := stats.PredictQuantile(q, p.measured.Orders, level)
		return at(low) * (1 - grain), at(high) * (1 + requests)
	})
	f.measured, f.known = math.Inf(1), true
	if m, ok := known(measured); ok {
		f.measured = m
	}
	return f
}

func (p predictor) cost() foretold {
	middle, ok := known(p.sim.CostPerDelivered.Value)
	scatter := p.sim.CostPerDelivered
	if p.sim.CostAsDrawn != nil {
		scatter = *p.sim.CostAsDrawn
	}
	low, okLow := known(scatter.Low)
	high, okHigh := known(scatter.High)
	m, found := known(p.measured.CostPerDelivered.Value)
	if !ok || !okLow || !okHigh || !found || p.sim.Orders <= 0 || p.measured.Orders <= 0 {
		return foretold{}
	}
	if p.sim.Exact != nil {
		if v, ok := known(p.sim.Exact.CostPerDelivered); ok {
			middle = v
		}
	}
	f := p.levels(func(level float64) (float64, float64) {
		off := stats.PredictMean((high-low)/2, p.run.Months, p.sim.Orders, p.measured.Orders, level)
		return max(middle-off, 0), middle + off
	})
	f.measured, f.known = m, true
	return f
}

// predict foretells the figures of prognosisColumns, in their order.
func (p predictor) predict() []foretold {
	delivered, inTime := p.sim.DeliveredShare.Value, p.sim.InTimeShare.Value
	if e := p.sim.Exact; e != nil {
		delivered, inTime = &e.DeliveredShare, &e.InTimeShare
	}
	m := p.measured
	return []foretold{
		p.cost(),
		p.share(delivered, m.DeliveredShare.Value),
		p.share(inTime, m.InTimeShare.Value),
		p.quantile(0.5, m.LatencySeconds.P50.Value),
		p.quantile(0.95, m.LatencySeconds.P95.Value),
	}
}
