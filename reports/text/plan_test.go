package text

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// planned is a plan of two channels; a fall is not found.
func planned() *record.Plan {
	v := func(f float64) *float64 { return &f }
	best := record.WorthPoint{Orders: 150, Nights: 15, ValueUSD: 260, ErrorUSD: 20, CostUSD: 128, NetUSD: 132}
	return &record.Plan{Schema: record.PlanSchema, Nights: 30, Orders: 30, BudgetUSD: v(90), Verdict: "Measure: it pays.",
		Night: record.PlannedCost{Orders: 60, Attempts: 61, LeastUSD: 26.21, ExpectedUSD: 25.63, WorstUSD: 78.63,
			Seconds: 561, LatestSeconds: 1161},
		AllNights: record.PlannedCost{Orders: 1800, Attempts: 1824, LeastUSD: 786.26, ExpectedUSD: 768.91, WorstUSD: 2359,
			Seconds: 16830, LatestSeconds: 34830},
		Strategies: []record.PlannedStrategy{{Name: "forwarding", Orders: 30, Attempts: 30, LeastUSD: 22.61,
			ExpectedUSD: 22.17, WorstUSD: 67.83}},
		Replayed: []string{"hybrid"}, Channels: []record.PlannedChannel{{Name: "a|b", Orders: 30, Better: 22, ClipUSD: 0.74,
			Shortest: "5 s 720p", ShortestUSD: 0.43}},
		Shares: []record.ShareDetection{{Strategy: "forwarding", Figure: "in_time", Expected: 0.952, NightKnown: v(0.085),
			AllKnown: v(0.014), AllFall: v(0.032)}},
		Latencies: []record.Rise{{Channel: "forwarding", Orders: 30, Planned: true, NightRise: v(0.345), AllRise: v(0.078)},
			{Channel: "forwarding", Orders: 100}},
		Worth: &record.PlannedWorth{Today: "hybrid", PerfectUSD: 1234, MissedUSD: 5000,
			Points: []record.WorthPoint{{}, best}, Best: best},
		Advice: []string{"Buy short clips."}, Warnings: []string{"Nights are assumed to differ."},
	}
}

// TestPlanSaysFirstThatNothingQualifies, on a screen, in full and in Markdown.
func TestPlanSaysFirstThatNothingQualifies(t *testing.T) {
	p := planned()
	p.Unmet = []string{"No strategy does.", "Nothing changes that."}
	for name, write := range map[string]func(w *bytes.Buffer) error{
		"screen":   func(w *bytes.Buffer) error { return PlanScreen(w, p, ScreenOptions{}) },
		"text":     func(w *bytes.Buffer) error { return Plan(w, p, Options{}) },
		"Markdown": func(w *bytes.Buffer) error { return PlanMarkdown(w, p) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "*", "")), " ")
		if !strings.HasPrefix(text, "No strategy does. Nothing changes that. Measure: it pays.") {
			t.Errorf("%s begins with %.80q", name, text)
		}
	}
}

// TestPlanText: what matters comes first, nothing is wider than the terminal, and what isn't known is said to be so.
func TestPlanText(t *testing.T) {
	for _, width := range []int{0, 40, 60, 200} {
		var b bytes.Buffer
		if err := Plan(&b, planned(), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if !strings.HasPrefix(text, "Measure: it pays.\n") {
			t.Errorf("width %d begins with %.60q", width, text)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > max(width, 60) {
				t.Errorf("width %d: %d columns: %q", width, n, line)
			}
		}
		for _, want := range []string{"$78.63", "8.5pp", words.NoData, "+34.5%", "$132.00", "hybrid: replayed",
			"bench --orders 30 --max-spend '$3.00'"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("width %d lacks %q", width, want)
			}
		}
	}
}

// TestPlanMarkdown: names don't break tables.
func TestPlanMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := PlanMarkdown(&b, planned()); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.HasPrefix(text, "**Measure: it pays.**\n") || !strings.Contains(text, `a\|b`) ||
		strings.Contains(text, "%!") {
		t.Errorf("%s", text)
	}
	p := planned()
	p.Worth = nil
	b.Reset()
	if err := PlanMarkdown(&b, p); err != nil || strings.Contains(b.String(), "worth, a month") {
		t.Errorf("%v: %s", err, b.String())
	}
}
