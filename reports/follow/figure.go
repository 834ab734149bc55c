// Package follow says which figures are followed from night to night, what several nights have of one together, and
// whether it has changed.
//
// It deliberately draws nothing, and judges no gate: package history does.
//
//	before, after := follow.Halves(nights)
//	shift := follow.Shift{Before: f.Pooled(before), After: f.Pooled(after)}
package follow

import (
	"math"
	"slices"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/history"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// Figure is a figure that is followed.
type Figure struct {
	Metric     string // as gates call it
	Name       string // with its unit
	Head       string
	fell, rose string                                       // what it means
	figure     func(*record.Strategy) record.Figure         // nil: worked out from what was counted
	counts     func(*record.Strategy) (hits, tries float64) // of a share of attempts, or of what a ratio is of
}

// figures are those that nights can be held to, but for errors. The first of them are always followed.
var figures = []Figure{
	{"cost_per_delivered", "cost_per_delivered_usd", "Cost per delivered clip", "cheaper", "dearer",
		func(s *record.Strategy) record.Figure { return s.CostPerDelivered }, nil},
	{"delivered", "delivered_share", "Delivered", "less reliable", "more reliable",
		func(s *record.Strategy) record.Figure { return s.DeliveredShare }, nil},
	{"p95", "p95_seconds", "95% done within", "faster", "slower",
		func(s *record.Strategy) record.Figure { return s.LatencySeconds.P95 }, nil},
	{"p50", "p50_seconds", "50% done within", "faster (p50)", "slower (p50)",
		func(s *record.Strategy) record.Figure { return s.LatencySeconds.P50 }, nil},
	{"p90", "p90_seconds", "90% done within", "faster (p90)", "slower (p90)",
		p90, nil},
	{"p99", "p99_seconds", "99% done within", "faster (p99)", "slower (p99)",
		func(s *record.Strategy) record.Figure { return s.LatencySeconds.P99 }, nil},
	{"in_time", "in_time_share", "In time", "less often in time", "more often in time",
		func(s *record.Strategy) record.Figure { return s.InTimeShare }, nil},
	{"cost_per_order", "cost_per_order_usd", "Cost per order", "cheaper per order", "dearer per order",
		func(s *record.Strategy) record.Figure { return s.CostPerOrder }, nil},
	{"attempts", "attempts_per_order", "Attempts an order", "fewer attempts", "more attempts",
		func(s *record.Strategy) record.Figure { return s.AttemptsPerOrder },
		func(s *record.Strategy) (float64, float64) { return float64(s.Counts.Attempts), float64(s.Orders) }},
	{"bill", "bill_ratio", "Charged, × price", "charged less", "charged more", nil,
		func(s *record.Strategy) (float64, float64) { b := s.Counts.Bill; return b.ReportedUSD, b.ComparedUSD }},
}

// Always is how many figures are followed whatever nights are held to.
const Always = 3

// errorsOf is the share of attempts that end with a kind of error.
func errorsOf(metric string) Figure {
	kind := strings.TrimPrefix(metric, "errors.")
	return Figure{metric, "errors_" + kind + "_share", words.UpperFirst(kind) + " errors", "fewer " + kind + " errors",
		"more " + kind + " errors", nil, func(s *record.Strategy) (float64, float64) {
			return float64(s.Counts.Errors[kind]), float64(s.Counts.Attempts)
		}}
}

// Figures are those that nights are followed by: what the latest of them is held to is among them, by its scenario's
// gates or, where that states none, by those that apply then. Of these there may be nothing to follow, as of bills that
// no channel tells.
func Figures(nights []*view.Member) []Figure {
	list := slices.Clone(figures[:Always])
	drive := nights[len(nights)-1].Run.Drive
	if drive == nil {
		return list
	}
	add := func(metric string, stated bool) {
		is := func(f Figure) bool { return f.Metric == metric }
		if slices.ContainsFunc(list, is) {
			return
		}
		f := errorsOf(metric)
		if i := slices.IndexFunc(figures, is); i >= 0 {
			f = figures[i]
		}
		if stated || slices.ContainsFunc(nights, f.known) {
			list = append(list, f)
		}
	}
	for _, g := range drive.Gates {
		add(g.Metric, true)
	}
	for _, g := range history.Defaults {
		if len(drive.Gates) == 0 {
			add(g.Metric, false)
		}
	}
	return list
}

// known says whether a night has the figure.
func (f Figure) known(night *view.Member) bool {
	return slices.ContainsFunc(night.Run.Strategies, func(s record.Strategy) bool {
		return f.Of(&s).Value != nil || f.Never(&s)
	})
}

// Never says whether the figure is a time that so many orders never reached.
func (f Figure) Never(s *record.Strategy) bool {
	_, ok := words.Known(f.Of(s).Value)
	return f.Kind() == figure.Time && !ok && s.Orders > 0
}

// Of is what a night has of a strategy.
func (f Figure) Of(s *record.Strategy) record.Figure {
	if f.figure != nil {
		return f.figure(s)
	}
	e := f.Pooled([]*record.Strategy{s})
	return record.Figure{Value: record.Number(e.Value), Low: record.Number(e.Low), High: record.Number(e.High)}
}

// Pooled is what some nights have of it together.
func (f Figure) Pooled(nights []*record.Strategy) stats.Estimate {
	switch id, _ := figure.Named(f.Metric); {
	case f.counts != nil:
		return f.pooledCounts(nights)
	case f.Kind() == figure.Time:
		return pooledQuantile(nights, id.Of().Quantile)
	case f.Kind() == figure.Share:
		return pooledShare(nights, f.figure)
	case id == figure.CostPerDelivered:
		return pooledMean(nights, f.figure, func(s *record.Strategy) int64 { return s.Delivered })
	}
	return pooledMean(nights, f.figure, func(s *record.Strategy) int64 { return s.Orders })
}

// pooledCounts is of a share of attempts; of how many attempts an order takes, which is one over the share that weren't
// made again; or of charges, in which there is no chance.
func (f Figure) pooledCounts(nights []*record.Strategy) stats.Estimate {
	hits, tries := 0.0, 0.0
	for _, s := range nights {
		if s.Counts != nil { // a replay counts nothing
			h, n := f.counts(s)
			hits, tries = hits+h, tries+n
		}
	}
	attempts := f.Metric == "attempts"
	switch {
	case hits < 0 || tries <= 0 || attempts && hits < tries || f.Kind() == figure.Share && hits > tries:
		return nothing
	case attempts:
		low, high := stats.ClopperPearson(hits-tries, hits)
		return stats.Estimate{Value: hits / tries, Low: 1 / (1 - low), High: 1 / (1 - high)}
	case f.Kind() == figure.Share:
		low, high := stats.ClopperPearson(hits, tries)
		return stats.Estimate{Value: hits / tries, Low: low, High: high}
	}
	return stats.Estimate{Value: hits / tries, Low: hits / tries, High: hits / tries}
}

func p90(s *record.Strategy) record.Figure {
	if s.Counts == nil {
		return record.Figure{}
	}
	return s.Counts.P90
}

// Kind is what the figure's values are.
func (f Figure) Kind() figure.Kind {
	if id, ok := figure.Named(f.Metric); ok {
		return id.Of().Kind
	}
	return figure.Share // of attempts
}

// Text prints a value of the figure.
func (f Figure) Text(v float64) string {
	id, ok := figure.Named(f.Metric)
	switch {
	case math.IsInf(v, 1):
		return words.Never
	case ok:
		return id.Of().Text(v)
	}
	return words.Share(v)
}

// Said is a change in words: "dearer: $0.12, then $0.15"; "" where there is none beyond chance, or the figures as they
// are shown don't tell it.
func (f Figure) Said(s Shift) string {
	what := map[int]string{-1: f.fell, 1: f.rose}[s.Changed()]
	before, after := f.Text(s.Before.Value), f.Text(s.After.Value)
	if what == "" || before == after {
		return ""
	}
	return what + ": " + before + ", then " + after
}
