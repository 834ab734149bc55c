package nightly

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/history"
	"channelbench/internal/inert"
	"channelbench/internal/words"
)

// value is a figure as it is written.
func value(v *history.Verdict, x *float64) string {
	if x == nil {
		return words.NoData
	}
	if id, ok := figure.Named(v.Gate.Metric); ok {
		return id.Of().Text(*x)
	}
	return words.Share(*x) // of attempts that end with a kind of error
}

// isTime says whether the figure may be never.
func isTime(v *history.Verdict) bool {
	id, ok := figure.Named(v.Gate.Metric)
	return ok && id.Of().Kind == figure.Time
}

// was and is are a verdict's figures; a time that wasn't reached is a figure, too.
func was(v *history.Verdict) string { return orNever(v, v.Base, v.WasNever) }
func is(v *history.Verdict) string  { return orNever(v, v.Value, v.Never) }

func orNever(v *history.Verdict, x *float64, never bool) string {
	if never && isTime(v) {
		return words.Never
	}
	return value(v, x)
}

func change(v *history.Verdict) string {
	if v.Effect == nil {
		if isTime(v) && v.Base != nil && v.Never {
			return "never reached"
		}
		return moreDollars(v)
	}
	return signed(v, *v.Effect)
}

// moreDollars is a change of what was free, which has no share.
func moreDollars(v *history.Verdict) string {
	id, ok := figure.Named(v.Gate.Metric)
	if !ok || v.Base == nil || v.Value == nil || id.Of().Kind != figure.Money {
		return words.NoData
	}
	more := *v.Value - *v.Base
	if more < 0 {
		return id.Of().Text(more)
	}
	return "+" + id.Of().Text(more)
}

func signed(v *history.Verdict, x float64) string {
	unit := "%"
	if v.Gate.Points {
		unit = "pp"
	}
	return strings.Replace(fmt.Sprintf("%+.1f%s", 100*x, unit), "-0.0", "+0.0", 1)
}

func interval(v *history.Verdict) string {
	if v.Low == nil || v.High == nil {
		return words.NoData
	}
	return signed(v, *v.Low) + " to " + signed(v, *v.High)
}

// CSV writes a line a verdict, in base units.
func CSV(w io.Writer, c *history.Comparison) error {
	c = harmless(c)
	out := csv.NewWriter(w)
	rows := [][]string{{"scenario", "site", "channels", "night", "strategy", "figure", "verdict", "base", "value",
		"effect", "low", "high", "gate", "score", "orders", "baseline_nights", "judged_nights", "since", "reason"}}
	for i := range c.Verdicts {
		v := &c.Verdicts[i]
		rows = append(rows, []string{c.Group.Scenario, c.Group.Site, c.Group.Mode, c.Night, v.Strategy, v.Gate.Metric,
			string(v.Status), cell(v.Base), cell(v.Value),
			cell(v.Effect), cell(v.Low), cell(v.High), number(v.Gate.Change), cell(v.Score), strconv.FormatInt(v.Orders, 10),
			strconv.Itoa(v.Nights), strconv.Itoa(v.Judged), v.Since, v.Reason})
	}
	return out.WriteAll(rows)
}

func cell(x *float64) string {
	if x == nil {
		return ""
	}
	return number(*x)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 8, 64) }

// CSVNights writes a line a strategy of one bench, in base units.
func CSVNights(w io.Writer, nights []history.Night) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"night", "site", "channels", "scenario", "strategy", "engine", "orders", "delivered", "in_time",
		"attempts", "retries", "fallbacks",
		"delivered_share", "in_time_share", "p50_seconds", "p90_seconds", "p95_seconds", "p99_seconds", "cost_per_order_usd",
		"cost_per_delivered_usd", "spent_usd", "truncated", "invalid"}}
	for i := range nights {
		n := &nights[i]
		counts := []string{}
		for _, k := range []int64{n.Orders, n.Delivered, n.InTime, n.Attempts, n.Retries, n.Fallbacks} {
			counts = append(counts, strconv.FormatInt(k, 10))
		}
		line := append([]string{n.At, inert.Line(n.Site), n.Mode, inert.Line(n.Scenario), inert.Line(n.Strategy), n.Engine},
			counts...)
		for _, x := range []*float64{n.DeliveredShare.Value, n.InTimeShare.Value, n.Latency.P50.Value, n.Latency.P90.Value,
			n.Latency.P95.Value, n.Latency.P99.Value,
			n.CostPerOrder.Value, n.CostPerDelivered.Value, &n.SpentUSD} {
			line = append(line, cell(x))
		}
		rows = append(rows, append(line, inert.Line(n.Truncated), inert.Line(n.Invalid)))
	}
	return out.WriteAll(rows)
}
