package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// trendColumn is a figure that is followed.
type trendColumn struct {
	head   string
	name   string // in the CSV
	figure func(*record.Strategy) record.Figure
	pooled func([]*record.Strategy) stats.Estimate
	says   map[int]string // what it means if it fell or rose
	format func(v float64) string
	step   func(span float64) float64
	tick   func(v, step float64) string
	most   float64 // the figure can't be higher
	time   bool    // may be never
}

var trendColumns = []trendColumn{
	{"Cost per delivered clip", "cost_per_delivered_usd",
		func(s *record.Strategy) record.Figure { return s.CostPerDelivered }, view.PooledCost,
		map[int]string{-1: "cheaper", 1: "dearer"}, words.Clip,
		func(span float64) float64 { return canvas.EvenStep(span, 3) },
		func(v, step float64) string { return words.ShortDollars(v, max(2, canvas.DecimalsOf(step))) }, 1e200, false},
	{"Delivered", "delivered_share", func(s *record.Strategy) record.Figure { return s.DeliveredShare }, view.PooledShare,
		map[int]string{-1: "less reliable", 1: "more reliable"}, words.Share,
		func(span float64) float64 { return canvas.EvenStep(span, 3) },
		func(v, step float64) string { return words.Percent(v, canvas.DecimalsOf(100*step)) }, 1, false},
	{"95% done within", "p95_seconds", func(s *record.Strategy) record.Figure { return s.LatencySeconds.P95 },
		func(list []*record.Strategy) stats.Estimate { return view.PooledQuantile(list, 0.95) },
		map[int]string{-1: "faster", 1: "slower"}, words.Clock,
		func(span float64) float64 { return canvas.TimeStep(span, 4) }, func(v, _ float64) string { return words.Clock(v) },
		1e200, true},
}

// gatedColumns are the figures beyond these that gates of the latest night are set on, and that retries hide: attempts
// and errors.
func gatedColumns(nights []*view.Member) []trendColumn {
	drive := nights[len(nights)-1].Run.Drive
	if drive == nil {
		return nil
	}
	var columns []trendColumn
	for _, g := range drive.Gates {
		kind, ofErrors := strings.CutPrefix(g.Metric, "errors.")
		switch {
		case g.Metric == "attempts":
			columns = append(columns, attemptsColumn)
		case ofErrors:
			columns = append(columns, errorColumn(kind))
		}
	}
	return columns
}

// attemptsColumn is how many attempts an order takes.
var attemptsColumn = trendColumn{
	head: "Attempts an order", name: "attempts_per_order",
	figure: func(s *record.Strategy) record.Figure { return s.AttemptsPerOrder },
	pooled: func(nights []*record.Strategy) stats.Estimate {
		again := pooledCounts(nights, func(c *record.Counts, orders int64) (hits, tries int64) {
			return c.Attempts - orders,
				c.Attempts
		})
		return stats.Estimate{Value: 1 / (1 - again.Value), Low: 1 / (1 - again.Low), High: 1 / (1 - again.High)}
	},
	says:   map[int]string{-1: "fewer attempts", 1: "more attempts"},
	format: func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
	step:   func(span float64) float64 { return canvas.EvenStep(span, 3) },
	tick:   func(v, step float64) string { return strconv.FormatFloat(v, 'f', canvas.DecimalsOf(step), 64) },
	most:   1e200,
}

// errorColumn is the share of attempts that end with a kind of error.
func errorColumn(kind string) trendColumn {
	counted := func(c *record.Counts, _ int64) (hits, tries int64) { return c.Errors[kind], c.Attempts }
	column := trendColumns[slices.IndexFunc(trendColumns, func(c trendColumn) bool { return c.name == "delivered_share" })]
	column.head, column.name = kind+" errors", "errors_"+kind+"_share"
	column.figure = func(s *record.Strategy) record.Figure {
		e := pooledCounts([]*record.Strategy{s}, counted)
		return record.Figure{Value: record.Number(e.Value), Low: record.Number(e.Low), High: record.Number(e.High)}
	}
	column.pooled = func(nights []*record.Strategy) stats.Estimate { return pooledCounts(nights, counted) }
	column.says = map[int]string{-1: "fewer " + kind + " errors", 1: "more " + kind + " errors"}
	return column
}

// pooledCounts is a share of what driven strategies counted over some nights.
func pooledCounts(nights []*record.Strategy,
	of func(c *record.Counts, orders int64) (hits, tries int64)) stats.Estimate {
	hits, tries := int64(0), int64(0)
	for _, s := range nights {
		if s.Counts != nil {
			h, n := of(s.Counts, s.Orders)
			hits, tries = hits+h, tries+n
		}
	}
	if hits < 0 || hits > tries || tries == 0 {
		return stats.Estimate{Value: math.NaN(), Low: math.NaN(), High: math.NaN()} // not known
	}
	low, high := stats.ClopperPearson(float64(hits), float64(tries))
	return stats.Estimate{Value: float64(hits) / float64(tries), Low: low, High: high}
}
