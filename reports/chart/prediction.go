package chart

import (
	"math"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// What a simulation says that a bench will measure. A figure is predicted as an interval in which 95% of benches with
// as many orders would find it, if the simulation were right:
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

// Requests is by how much a measured time may lie above what is predicted: the simulation leaves out how long requests
// and downloads take.
const Requests = 0.05

// Grain is by how much a measured time may lie below what is predicted: the simulation keeps times in buckets of half a
// percent.
const Grain = 0.0055

// Chance is how likely so many figures outside their intervals must at least be for that to be called chance. It is low
// because the figures of one strategy hang together, so that they miss together more often than independent ones.
const Chance = 0.01

// foretold is a figure of a bench beside what the simulation makes of it. +Inf: never.
type Prediction struct {
	Low, High       float64 // holds the figure with 95%
	FarLow, FarHigh float64 // holds all figures at once with 95%
	Measured        float64
	Known           bool // there is both
}

// Side is −1 for a figure below its interval, 1 above, 0 inside.
func (f Prediction) Side() int { return f.beyond(f.Low, f.High) }

// Far is side for the interval that even the most unlikely of all figures should keep to.
func (f Prediction) Far() int { return f.beyond(f.FarLow, f.FarHigh) }

func (f Prediction) beyond(low, high float64) int {
	const rounding = 1e-9
	switch {
	case !f.Known:
		return 0
	case f.Measured < low*(1-rounding):
		return -1
	case f.Measured > high*(1+rounding):
		return 1
	}
	return 0
}

// Predictor predicts figures of one strategy.
type Predictor struct {
	Run      *record.Run // simulated
	Sim      *record.Strategy
	Measured *record.Strategy
	Level    float64 // of the far interval
}

// levels calls for the interval of 95% and for the far one.
func (p Predictor) levels(interval func(level float64) (low, high float64)) Prediction {
	var f Prediction
	f.Low, f.High = interval(stats.Confidence)
	f.FarLow, f.FarHigh = interval(p.Level)
	return f
}

func (p Predictor) share(simulated, measured *float64) Prediction {
	s, ok := words.Known(simulated)
	m, found := words.Known(measured)
	if !ok || !found || s < 0 || s > 1 || p.Measured.Orders <= 0 {
		return Prediction{}
	}
	f := p.levels(func(level float64) (float64, float64) { return stats.PredictShare(s, p.Measured.Orders, level) })
	f.Measured, f.Known = m, true
	return f
}

// Quantile is the time within which the share q of all orders is done.
func (p Predictor) Quantile(q float64, measured *float64) Prediction {
	curve := view.Steps(p.Sim.LatencyCDF)
	if len(curve) == 0 || p.Measured.Orders <= 0 {
		return Prediction{}
	}
	at := func(share float64) float64 {
		if t, ok := curve.Reaches(share); ok {
			return t
		}
		return math.Inf(1)
	}
	f := p.levels(func(level float64) (float64, float64) {
		low, high := stats.PredictQuantile(q, p.Measured.Orders, level)
		return at(low) * (1 - Grain), at(high) * (1 + Requests)
	})
	f.Measured, f.Known = math.Inf(1), true
	if m, ok := words.Known(measured); ok {
		f.Measured = m
	}
	return f
}

func (p Predictor) cost() Prediction {
	middle, ok := words.Known(p.Sim.CostPerDelivered.Value)
	scatter := p.Sim.CostPerDelivered
	if p.Sim.CostAsDrawn != nil {
		scatter = *p.Sim.CostAsDrawn
	}
	low, okLow := words.Known(scatter.Low)
	high, okHigh := words.Known(scatter.High)
	m, found := words.Known(p.Measured.CostPerDelivered.Value)
	if !ok || !okLow || !okHigh || !found || p.Sim.Orders <= 0 || p.Measured.Orders <= 0 {
		return Prediction{}
	}
	if p.Sim.Exact != nil {
		if v, ok := words.Known(p.Sim.Exact.CostPerDelivered); ok {
			middle = v
		}
	}
	f := p.levels(func(level float64) (float64, float64) {
		off := stats.PredictMean((high-low)/2, p.Run.Months, p.Sim.Orders, p.Measured.Orders, level)
		return max(middle-off, 0), middle + off
	})
	f.Measured, f.Known = m, true
	return f
}

// Predict foretells the figures of prognosisColumns, in their order.
func (p Predictor) Predict() []Prediction {
	delivered, inTime := p.Sim.DeliveredShare.Value, p.Sim.InTimeShare.Value
	if e := p.Sim.Exact; e != nil {
		delivered, inTime = &e.DeliveredShare, &e.InTimeShare
	}
	m := p.Measured
	return []Prediction{
		p.cost(),
		p.share(delivered, m.DeliveredShare.Value),
		p.share(inTime, m.InTimeShare.Value),
		p.Quantile(0.5, m.LatencySeconds.P50.Value),
		p.Quantile(0.95, m.LatencySeconds.P95.Value),
	}
}
