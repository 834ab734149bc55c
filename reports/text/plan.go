package text

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// Plan writes a plan for a terminal: what to do first, then what it costs, shows and is worth.
func Plan(w io.Writer, p *record.Plan, opts Options) error {
	t := newTerminal(w, nil, opts)
	planAnswer(t, p)
	t.paragraph("", planTiming(p), "")
	for _, part := range planParts(p) {
		t.heading(part.title)
		t.table("  ", part.table)
		t.paragraph("  ", part.note, "")
	}
	t.section("Advice", p.Advice)
	t.section("Taken for granted", p.Warnings)
	t.line("")
	t.paragraph("", strings.Join(planFootnote(p), " · "), AnsiDim)
	return t.out.Flush()
}

// PlanMarkdown writes a plan as a comment of a pull request.
func PlanMarkdown(w io.Writer, p *record.Plan) error {
	m := &markdown{most: 60}
	for _, sentence := range append(slices.Clone(p.Unmet), p.Verdict) {
		m.printf("**%s**\n\n", escape(sentence))
	}
	m.printf("%s\n\n", escape(planTiming(p)))
	for _, part := range planParts(p) {
		m.printf("**%s**\n\n", escape(part.title))
		m.table(part.table)
		if part.note != "" {
			m.printf("%s\n\n", escape(part.note))
		}
	}
	m.items(p.Advice)
	m.list("Taken for granted", p.Warnings)
	m.printf("<sub>%s</sub>\n", escape(strings.Join(planFootnote(p), " · ")))
	_, err := io.WriteString(w, m.b.String())
	return err
}

// planAnswer is what comes first: that no strategy qualifies, where that is so, and whether to measure.
func planAnswer(t *terminal, p *record.Plan) {
	for i, text := range p.Unmet {
		code := ""
		if i == 0 {
			code = AnsiBold
		}
		t.paragraph("", text, code)
	}
	t.paragraph("", p.Verdict, AnsiBold)
}

// planPart is one table of a plan.
type planPart struct {
	title string
	table table
	note  string
}

func planParts(p *record.Plan) []planPart {
	all := []planPart{
		{fmt.Sprintf("What %s and %s cost", one(p.Nights, "a night", "the night"), words.Plural(p.Nights, "night")),
			planCosts(p), replayedPlan(p)},
		{"What shares they show", planShares(p),
			"±: half of the 95 % interval (Wilson). A fall: found with 80 % probability at 95 % (Newcombe), of a night against all nights before it, of all nights against as many before them. It is one comparison: compare asks for more, so as not to cry wolf."},
		{"What rises of the median latency they show", planLatencies(p),
			"Found with 80 % probability at 95 %, by one comparison. The planned number stands first for each channel."},
		{"How the money is split", planChannels(p), ""},
	}
	if p.Worth != nil {
		all = append(all, planPart{"What measuring is worth, a month", planWorth(p), worthNote(p.Worth)})
	}
	return all
}

// minutes is a rough time.
func minutes(seconds float64) string {
	if seconds >= 2*3600 {
		return strconv.FormatFloat(seconds/3600, 'f', 1, 64) + " hours"
	}
	return words.Plural(int(seconds/60+0.999), "minute")
}

func one(n int, if1, else_ string) string {
	if n == 1 {
		return else_
	}
	return if1
}

func planTiming(p *record.Plan) string {
	text := fmt.Sprintf("%d orders a night (%d of each driven strategy) within %s; the last one is over %s after the start at the latest.",
		p.Night.Orders, p.Orders, minutes(p.Night.Seconds), minutes(p.Night.LatestSeconds))
	if p.BudgetUSD != nil {
		// Rounded down: as many nights must not cost more than the budget.
		limit := words.Dollars(math.Floor(*p.BudgetUSD*100/float64(p.Nights)+1e-6)/100, 2)
		text += fmt.Sprintf(" The budget of %s for %s is %s a night: bench --orders %d --max-spend '%s'.",
			planDollars(*p.BudgetUSD), words.Plural(p.Nights, "night"), limit, p.Orders, limit)
	}
	return text
}

func replayedPlan(p *record.Plan) string {
	if len(p.Replayed) == 0 {
		return ""
	}
	return strings.Join(p.Replayed, ", ") + ": replayed from what these meet, at no cost"
}

// planCosts has a row for each driven strategy, and for the sums.
func planCosts(p *record.Plan) table {
	t := table{heads: []string{"", "Orders", "Attempts", "If the first attempts deliver", "Expected", "At worst"}}
	row := func(name string, orders int, attempts, least, expected, worst float64) {
		t.rows = append(t.rows, tableRow{cells: []string{name, words.Count(int64(orders)), words.Count(int64(attempts + 0.5)),
			planDollars(least), planDollars(expected), planDollars(worst)}})
	}
	for _, s := range p.Strategies {
		row(s.Name, s.Orders, s.Attempts, s.LeastUSD, s.ExpectedUSD, s.WorstUSD)
	}
	sum := func(name string, c *record.PlannedCost) {
		row(name, c.Orders, c.Attempts, c.LeastUSD, c.ExpectedUSD, c.WorstUSD)
	}
	sum("a night", &p.Night)
	if p.Nights > 1 {
		sum(words.Plural(p.Nights, "night"), &p.AllNights)
	}
	return t
}

func planShares(p *record.Plan) table {
	t := table{heads: []string{"Strategy", "Share", "Expected", "Night ±", "Night finds a fall by", "All ±",
		"All find a fall by"}}
	for _, s := range p.Shares {
		t.rows = append(t.rows, tableRow{cells: []string{s.Strategy, strings.ReplaceAll(s.Figure, "_", " "),
			words.Percent(s.Expected, 1),
			points(s.NightKnown), points(s.NightFall), points(s.AllKnown), points(s.AllFall)}})
	}
	return t
}

// points is a difference of shares in percentage points.
func points(v *float64) string {
	d, ok := words.Known(v)
	if !ok {
		return words.NoData
	}
	return strconv.FormatFloat(100*d, 'f', 1, 64) + "pp"
}

func planLatencies(p *record.Plan) table {
	t := table{heads: []string{"Channel", "Orders a night", "One night finds", "All nights find"}}
	rise := func(v *float64) string {
		d, ok := words.Known(v)
		if !ok {
			return words.NoData
		}
		return "+" + words.Percent(d, 1)
	}
	for _, l := range p.Latencies {
		name := ""
		if l.Planned {
			name = l.Channel
		}
		t.rows = append(t.rows, tableRow{cells: []string{name, words.Count(int64(l.Orders)), rise(l.NightRise),
			rise(l.AllRise)}, winner: l.Planned})
	}
	return t
}

func planChannels(p *record.Plan) table {
	t := table{heads: []string{"Channel", "Orders a night", "Better", "A clip as ordered", "The cheapest clip", "costs"}}
	for _, c := range p.Channels {
		t.rows = append(t.rows, tableRow{cells: []string{c.Name, words.Count(int64(math.Round(c.Orders))),
			strconv.FormatFloat(c.Better, 'f', 0, 64),
			planDollars(c.ClipUSD), c.Shortest, planDollars(c.ShortestUSD)}})
	}
	return t
}

func planWorth(p *record.Plan) table {
	t := table{heads: []string{"Orders of each", "Nights", "Worth", "± (MC)", "Cost", "Net"}}
	for _, w := range p.Worth.Points {
		t.rows = append(t.rows, tableRow{winner: w == p.Worth.Best,
			cells: []string{words.Count(int64(w.Orders)), strconv.Itoa(w.Nights), planDollars(w.ValueUSD),
				planDollars(2 * w.ErrorUSD), planDollars(w.CostUSD), planDollars(w.NetUSD)}})
	}
	return t
}

func worthNote(w *record.PlannedWorth) string {
	text := fmt.Sprintf("Knowing every stated range exactly would be worth %s a month.", planDollars(w.PerfectUSD))
	if w.MissedUSD > 0 {
		text += fmt.Sprintf(" A month that misses a requirement is taken to cost %s on top; --missed-month states another price.", planDollars(w.MissedUSD))
	}
	return text +
		" The expected value of sample information, by what draws of the ranges would show; rather too low than too high where orders are many."
}

// planDollars is an amount with cents below $1,000.
func planDollars(v float64) string {
	if v >= 1000 || v <= -1000 {
		return words.Dollars(v, 0)
	}
	return words.Dollars(v, 2)
}

func planFootnote(p *record.Plan) []string {
	parts := []string{fmt.Sprintf("Plan, nothing was measured, seed %d", p.Seed)}
	for _, s := range []string{view.PriceDates(p.Scenario.Channels), view.Old(p.Scenario.Channels), view.Beliefs(p.Scenario.Assumptions),
		"channelbench " + p.Tool.Version, view.ScenarioID(p.Scenario)} {
		if s != "" {
			parts = append(parts, strings.TrimSpace(s))
		}
	}
	return parts
}
