package history

import (
	"fmt"
	"math"
	"slices"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// metric is a figure that a gate can be set on.
type metric struct {
	name string
	rate bool                                 // it is a share of orders; else times and costs, judged by their logarithm
	hits func(n *Night) int64                 // of a share
	of   func(n *Night) (record.Figure, bool) // else; false: the night doesn't tell
	q    float64                              // of a quantile
}

var metrics = []metric{
	{name: "cost_per_delivered", of: func(n *Night) (record.Figure, bool) { return n.CostPerDelivered, true }},
	{name: "cost_per_order", of: func(n *Night) (record.Figure, bool) { return n.CostPerOrder, true }},
	{name: "bill", of: billed},
	{name: "p50", q: 0.5, of: func(n *Night) (record.Figure, bool) { return n.Latency.P50, true }},
	{name: "p90", q: 0.9, of: func(n *Night) (record.Figure, bool) { return n.Latency.P90, true }},
	{name: "p95", q: 0.95, of: func(n *Night) (record.Figure, bool) { return n.Latency.P95, true }},
	{name: "p99", q: 0.99, of: func(n *Night) (record.Figure, bool) { return n.Latency.P99, true }},
	{name: "delivered", rate: true, hits: func(n *Night) int64 { return n.Delivered }},
	{name: "in_time", rate: true, hits: func(n *Night) int64 { return n.InTime }},
}

// billed is what channels charged over what their prices make.
func billed(n *Night) (record.Figure, bool) {
	if n.Bill.Attempts == 0 || !(n.Bill.ComparedUSD > 0) {
		return record.Figure{}, false
	}
	ratio := record.Number(n.Bill.ReportedUSD / n.Bill.ComparedUSD)
	return record.Figure{Value: ratio, Low: ratio, High: ratio}, true
}

// Defaults are the gates where a scenario states none. Quantiles beyond the median need more orders than most nights buy.
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
		if !slices.ContainsFunc(metrics, func(m metric) bool { return m.name == g.Metric }) {
			_, err := scenario.ParseGate(g.Metric, "")
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
		if err := add(scenario.NewGate(g.Metric, g.Change)); err != nil {
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

func metricOf(name string) *metric {
	return &metrics[slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })]
}

// reading is a night's figure on the scale on which it is judged.
type reading struct {
	y      float64 // logarithm of a time or a cost, +Inf: never reached; or the share of orders that missed
	se     float64 // of y, by the night's own orders; NaN: not known
	orders int64
	missed int64 // of a share
	about  bool  // the night was cut short: it can tell of a change, and never be part of a baseline
}

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
	switch money := m.name == "bill" || !m.rate && m.q == 0; {
	case n.Invalid != "":
		return reading{}, "the night is invalid: " + n.Invalid
	case n.Engine != driven:
		return reading{}, "it is replayed from what driven strategies met"
	case n.Orders < fewest && m.name != "bill":
		return reading{}, fmt.Sprintf("too few orders: %d, needs %d", n.Orders, fewest)
	case n.Truncated != "" && !m.rate && m.name != "bill":
		return reading{}, n.Truncated
	case timed && lagged(n):
		return reading{}, fmt.Sprintf("orders began up to %.2g s late (p99), more than a hundredth of the median", *n.SendLagP99)
	case !money && n.Rate != nil && n.PlannedRate != nil && *n.Rate < leastRate**n.PlannedRate:
		return reading{}, fmt.Sprintf("%.3g orders a minute were reached, of %.3g planned", *n.Rate, *n.PlannedRate)
	}
	if m.rate {
		missed := n.Orders - m.hits(n)
		return reading{y: float64(missed) / float64(n.Orders), se: math.NaN(), orders: n.Orders, missed: missed, about: n.Truncated != ""}, ""
	}
	if need := int64(stats.FewestForQuantile(max(m.q, 0.5))); m.q > 0 && n.Orders < need {
		return reading{}, fmt.Sprintf("too few orders for %s: %d, needs %d", m.name, n.Orders, need)
	}
	f, told := m.of(n)
	if !told {
		return reading{}, "no channel tells what it charged"
	}
	return logarithm(f, n.Orders), ""
}

func lagged(n *Night) bool {
	return n.SendLagP99 != nil && n.Latency.P50.Value != nil && *n.SendLagP99 > mostLag**n.Latency.P50.Value
}

func logarithm(f record.Figure, orders int64) reading {
	r := reading{y: math.Inf(1), se: math.NaN(), orders: orders}
	if f.Value == nil {
		return r
	}
	r.y = math.Log(max(*f.Value, 1e-9)) // a cost may be nothing
	if f.Low != nil && f.High != nil && *f.Low > 0 {
		r.se = (math.Log(*f.High) - math.Log(*f.Low)) / (2 * 1.96)
	}
	return r
}
