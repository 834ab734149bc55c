package history

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"channelbench/internal/history/level"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// metric is a figure that a gate can be set on.
type metric struct {
	level.Kind
	name   string
	misses func(n *Night) (missed, tries int64) // of a share
	of     func(n *Night) (record.Figure, bool) // else; false: the night doesn't tell
	q      float64                              // of a quantile
	least  float64                              // what is less is as good as nothing
	// a run must be off by so many times what the worst one of the baseline was (climates_test.go)
	beyond float64
}

// Fewer orders lie beyond the median than a normal distribution takes: such a quantile strays further, so that single
// nights say little of it.
const mostTail = 2

var metrics = []metric{
	dollars("cost_per_delivered", func(n *Night) (record.Figure, bool) { return n.CostPerDelivered, true }),
	dollars("cost_per_order", func(n *Night) (record.Figure, bool) { return n.CostPerOrder, true }),
	{name: "bill", of: billed, least: 1e-6},
	quantile("p50", 0.5, 0, func(l *Latency) record.Figure { return l.P50 }),
	quantile("p90", 0.9, mostTail, func(l *Latency) record.Figure { return l.P90 }),
	quantile("p95", 0.95, mostTail, func(l *Latency) record.Figure { return l.P95 }),
	quantile("p99", 0.99, mostTail, func(l *Latency) record.Figure { return l.P99 }),
	{name: "delivered", Kind: level.Kind{Share: true, Firm: true}, beyond: 1,
		misses: func(n *Night) (int64, int64) { return n.Orders - n.Delivered, n.Orders }},
	shareOf("in_time", func(n *Night) (int64, int64) { return n.Orders - n.InTime, n.Orders }),
	// that weren't an order's only one
	shareOf("attempts", func(n *Night) (int64, int64) { return n.Attempts - n.Orders, n.Attempts }),
}

func dollars(name string, of func(n *Night) (record.Figure, bool)) metric {
	return metric{name: name, Kind: level.Kind{Cost: true}, of: of, least: 1e-6, beyond: 1.5}
}

func quantile(name string, q, most float64, of func(l *Latency) record.Figure) metric {
	return metric{name: name, Kind: level.Kind{Between: DefaultBetweenSD, Most: most}, q: q, least: 1e-3, beyond: 1.9,
		of: func(n *Night) (record.Figure, bool) { return of(&n.Latency), true }}
}

func shareOf(name string, misses func(n *Night) (missed, tries int64)) metric {
	return metric{name: name, Kind: level.Kind{Share: true}, misses: misses, beyond: 3}
}

// billed is what channels charged over what their prices make.
func billed(n *Night) (record.Figure, bool) {
	if n.Bill.Attempts == 0 || !(n.Bill.ComparedUSD > 0) {
		return record.Figure{}, false
	}
	ratio := record.Number(n.Bill.ReportedUSD / n.Bill.ComparedUSD)
	return record.Figure{Value: ratio, Low: ratio, High: ratio}, true
}

// metricOf is the figure of a name that gates know.
func metricOf(name string) *metric {
	if kind, ok := strings.CutPrefix(name, "errors."); ok {
		m := shareOf(name, func(n *Night) (int64, int64) { return n.Errors[kind], n.Attempts })
		return &m
	}
	return &metrics[slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })]
}

// Defaults are the gates where a scenario states none. Quantiles beyond the median need more orders than most nights
// buy.
var Defaults = []scenario.Gate{
	scenario.NewGate("cost_per_delivered", 0.05), scenario.NewGate("bill", 0.01), scenario.NewGate("p50", 0.10),
	scenario.NewGate("delivered", -0.02), scenario.NewGate("in_time", -0.05),
}

// gatesOf are the gates that apply: those of the night, else Defaults, and those asked for in place of or beside them.
func gatesOf(stated []record.Gate, asked []scenario.Gate) (gates []scenario.Gate, explicit map[string]bool, err error) {
	explicit = map[string]bool{}
	gates = slices.Clone(Defaults)
	if len(stated) > 0 {
		gates = nil
	}
	add := func(g scenario.Gate) error {
		if err := scenario.CheckMetric(g.Metric); err != nil {
			return err
		}
		explicit[g.Metric] = true
		if i := slices.IndexFunc(gates, func(old scenario.Gate) bool { return old.Metric == g.Metric }); i >= 0 {
			gates[i] = g
		} else {
			gates = append(gates, g)
		}
		return nil
	}
	for _, g := range stated {
		stated := scenario.NewGate(g.Metric, g.Change)
		stated.Floor = money.Micros(math.Round(g.FloorUSD * float64(money.Dollar)))
		if err := add(stated); err != nil {
			return nil, nil, err
		}
	}
	for _, g := range asked {
		if err := add(g); err != nil {
			return nil, nil, err
		}
	}
	return gates, explicit, nil
}

// reading is a night's figure on the scale on which it is judged.
type reading struct {
	level.Night
	price float64 // of a cost: what clips cost without surcharges, in dollars; 0: not known
	about bool    // the night was cut short: it can tell of a change, and never be part of a baseline
}

// dead says whether nothing went well.
func (r *reading) dead() bool { return r.Missed == r.Orders && r.Missed > 0 }

// Fewest orders that are looked at.
const fewest = 10

// A night tells nothing of a time if we began orders late: the 99th percentile of the lag is above this share of the
// median; and little of anything but money if we kept less than this share of the rate.
const (
	mostLag   = 0.01
	leastRate = 0.95
)

// read takes a figure from a night, or says why that can't be done.
func (m *metric) read(n *Night) (reading, string) {
	timed := m.q > 0 || m.name == "in_time"
	switch money := m.Cost || m.name == "bill"; {
	case n.Invalid != "":
		return reading{}, "the night is invalid: " + n.Invalid
	case n.Engine != driven:
		return reading{}, "it is replayed from what driven strategies met"
	case n.Orders < fewest && m.name != "bill":
		return reading{}, fmt.Sprintf("too few orders: %d, needs %d", n.Orders, fewest)
	case n.Truncated != "" && !m.Share && m.name != "bill":
		return reading{}, n.Truncated
	case timed && lagged(n):
		return reading{}, fmt.Sprintf("orders began up to %.2g s late (p99), more than a hundredth of the median",
			*n.SendLagP99) + record.Slower(n.Speed, *n.SendLagP99, mostLag**n.Latency.P50.Value)
	case !money && n.Rate != nil && n.PlannedRate != nil && *n.Rate < leastRate**n.PlannedRate:
		return reading{}, fmt.Sprintf("%.3g orders a minute were reached, of %.3g planned", *n.Rate, *n.PlannedRate)
	case m.Share:
		return m.readShare(n)
	}
	if need := int64(stats.FewestForQuantile(max(m.q, 0.5))); m.q > 0 && n.Orders < need {
		return reading{}, fmt.Sprintf("too few orders for %s: %d, needs %d", m.name, n.Orders, need)
	}
	f, told := m.of(n)
	if !told {
		return reading{}, "no channel tells what it charged"
	}
	r := m.logarithm(f, n.Orders)
	if m.Cost {
		switch {
		case n.CostMedian != nil:
			r.price = *n.CostMedian
		case r.SE == 0:
			r.price = *f.Value
		}
	}
	return r, ""
}

func (m *metric) readShare(n *Night) (reading, string) {
	missed, tries := m.misses(n)
	if tries <= 0 || missed < 0 {
		return reading{}, "no attempt was made"
	}
	of := level.Night{Y: float64(missed) / float64(tries), SE: math.NaN(), Orders: tries, Missed: missed}
	return reading{Night: of, about: n.Truncated != ""}, ""
}

func lagged(n *Night) bool {
	return n.SendLagP99 != nil && n.Latency.P50.Value != nil && *n.SendLagP99 > mostLag**n.Latency.P50.Value
}

// logarithm reads a figure. A quantile that wasn't reached, and whose interval begins at what was, lies two standard
// errors above that: so many orders were just missing. Where not even the lower end was reached, it is infinite.
func (m *metric) logarithm(f record.Figure, orders int64) reading {
	r := reading{Night: level.Night{Y: math.Inf(1), SE: math.NaN(), Orders: orders}}
	switch {
	case f.Value != nil:
		r.Y = math.Log(max(*f.Value, m.least))
	case m.q > 0 && f.Low != nil:
		r.Y = math.Log(max(*f.Low, m.least)) + 2*mostSE
	}
	switch {
	case f.Value == nil || f.Low == nil || f.High == nil:
	case m.Cost &&
		*f.Value-*f.Low < level.LeastSD**f.Value: // every order cost the same: the interval reaches up to what wasn't seen
		r.SE = 0
	default:
		r.SE = (*f.High - *f.Low) / (2 * 1.96 * max(*f.Value, m.least))
	}
	return r
}

// mostSE is the standard error that is taken where an interval is open.
const mostSE = 0.1
