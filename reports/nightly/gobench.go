package nightly

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"channelbench/internal/history"
	"channelbench/internal/inert"
	"channelbench/internal/record"
)

// units are told to benchstat: it takes more of a unit that it doesn't know for neither better nor worse.
const units = `Unit usd/kvideo better=lower
Unit p50-sec better=lower
Unit p95-sec better=lower
Unit failed% better=lower
`

// GoBench writes a comparison in the format of Go's benchmarks. Of a history each night is a line; of two runs each
// batch of orders is one. benchstat -col nights tells the two sides apart.
func GoBench(w io.Writer, c *history.Comparison) error {
	var b strings.Builder
	heading(&b, c.Group.Scenario, c.Group.Mode)
	fmt.Fprintf(&b, "site: %s\nnights: base\n", oneWord(c.Group.Site, "unknown"))
	lines(&b, c.BaseNights)
	b.WriteString("\nnights: new\n")
	lines(&b, c.NewNights)
	_, err := io.WriteString(w, b.String())
	return err
}

// GoBenchRun writes the batches of a bench, for benchstat to compare with another one's.
func GoBenchRun(w io.Writer, run *record.Run) error {
	var b strings.Builder
	mode := ""
	if run.Drive != nil {
		mode = run.Drive.Channels
	}
	heading(&b, run.Scenario.Name, mode)
	for i := range run.Strategies {
		if s := &run.Strategies[i]; s.Counts != nil {
			for _, batch := range s.Counts.Batches {
				batchLine(&b, s.Name, batch)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func heading(b *strings.Builder, scenario, mode string) {
	fmt.Fprintf(b, "scenario: %s\nchannels: %s\n%s", oneWord(scenario, "unnamed"), oneWord(mode, "unknown"), units)
}

func lines(b *strings.Builder, nights []history.Night) {
	for i := range nights {
		n := &nights[i]
		batches := n.Batches()
		for _, batch := range batches {
			batchLine(b, n.Strategy, batch)
		}
		if len(batches) == 0 && n.Engine == "live" && n.Orders > 0 {
			line(b, n.Strategy, n.Orders, n.Delivered, n.CostPerDelivered.Value, n.Latency.P50.Value, n.Latency.P95.Value)
		}
	}
}

func batchLine(b *strings.Builder, strategy string, batch record.Batch) {
	var per *float64
	if batch.Delivered > 0 {
		cost := batch.CostUSD / float64(batch.Delivered)
		per = &cost
	}
	line(b, strategy, batch.Orders, batch.Delivered, per, batch.P50, batch.P95)
}

// line leaves out what was never reached: the format has no word for it, and failed% tells.
func line(b *strings.Builder, strategy string, orders, delivered int64, cost, p50, p95 *float64) {
	fmt.Fprintf(b, "BenchmarkStrategy/name=%s %d", oneWord(strategy, "unnamed"), orders)
	if cost != nil {
		fmt.Fprintf(b, " %.6g usd/kvideo", 1000**cost)
	}
	if p50 != nil {
		fmt.Fprintf(b, " %.6g p50-sec", *p50)
	}
	if p95 != nil {
		fmt.Fprintf(b, " %.6g p95-sec", *p95)
	}
	fmt.Fprintf(b, " %.6g failed%%\n", 100*(1-float64(delivered)/float64(orders)))
}

// oneWord is a name without what would end it.
func oneWord(name, otherwise string) string {
	word := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' {
			return '_'
		}
		return r
	}, inert.Line(name))
	if word == "" {
		return otherwise
	}
	return word
}
