package chart

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

// undecided has no strategy that qualifies; reverse comes closest.
func undecided() *record.Run {
	run := reporttest.Nobody()
	run.Verdict.Closest, run.Verdict.MeasureFirst = reporttest.Ptr("reverse"),
		reporttest.Ptr("channels.reverse.errors.region.rate")
	run.Verdict.Draws = 256
	for i := range run.Verdict.Requirements {
		run.Verdict.Requirements[i].Probability = 0.54
	}
	return run
}

// leaning has a candidate that is not the winner.
func leaning(first *string) *record.Run {
	run := reporttest.Typical()
	run.Verdict.Winner, run.Verdict.MeasureFirst, run.Verdict.Draws = nil, first, 256
	run.Verdict.ProbabilityBest["hybrid"] = 0.61
	return run
}

// measuredWinner is the typical run as a bench.
func measuredWinner() *record.Run {
	run := reporttest.Typical()
	run.Mode = "bench"
	return run
}

// Whoever reads only this must not be misled: the advice follows the verdict, and each answer its figures.
func TestBriefing(t *testing.T) {
	dearer := reporttest.Typical()
	dearer.Verdict.Winner, dearer.Verdict.Candidate = reporttest.Ptr("forwarding"), reporttest.Ptr("forwarding")
	reporttest.Saves(dearer, "forwarding", "hybrid")
	today, stays, ranges := reporttest.Typical(), reporttest.Typical(), reporttest.Typical()
	today.Verdict.Baseline, today.Verdict.Saving.Baseline = "forwarding", true
	stays.Verdict.Baseline, ranges.Verdict.Saving.MeanUSD = "hybrid", reporttest.Ptr(9000.0)
	budget := reporttest.Typical()
	budget.Strategies[1].OverBudget = &record.Figure{Value: reporttest.Ptr(0.12)}
	sensitive := undecided()
	sensitive.Sensitivity = &record.Sensitivity{Strategy: "reverse", Against: reporttest.Ptr("forwarding"),
		Inputs: []record.InputEffect{{Key: "channels.reverse.errors.region.rate", KeepingShare: reporttest.Ptr(0.94)}}}
	alike, quick, short := reporttest.Typical(), reporttest.Typical(), reporttest.Nobody()
	alike.Strategies[1].CostPerDelivered.Value, alike.Strategies[0].CostPerDelivered.Value = reporttest.Ptr(0.33),
		reporttest.Ptr(0.3301)
	alike.Verdict.Saving.AgainstUSD = 6625
	quick.Verdict.Minimise = "p95"
	short.Verdict.Reasons = []string{"Forwarding misses it by 0.8 points."}
	lost := reporttest.Typical()
	lost.Strategies[1].MonthlyCost.Value, lost.Verdict.Saving = nil, nil
	for _, c := range []struct {
		name  string
		run   *record.Run
		title string
		want  []string // in the answers
		not   string
	}{
		{"a winner", reporttest.Typical(), "Use hybrid: $0.331 a clip instead of $0.816 with forwarding", []string{
			"Hybrid costs $9,702 less a month (59.4%) than forwarding: $6,624 instead of $16,326",
			"1 order in 5,000 undelivered; 1 order in 31 not delivered within 4 min",
			"Reverse: unofficial route; may break the vendor's terms", "1 input assumed, 1 stated by the vendor"}, "budget"},
		{"the dearer one wins", dearer, "Use forwarding: $0.816 a clip, and the lowest total cost",
			[]string{"What does it cost?",
				"Forwarding costs $9,702 more a month (146.5%) than hybrid: $16,326 instead of $6,624"}, "less than"},
		{"against the baseline", today, "Use hybrid: it costs $9,702 less a month (59.4%) than forwarding",
			[]string{"Hybrid costs $9,702 less a month (59.4%) than forwarding: $6,624 instead of $16,326"}, ""},
		{"the baseline stays", stays, "Stay with hybrid: $0.331 a clip instead of $0.816 with forwarding", nil, "Use"},
		{"another number over the ranges", ranges, "Use hybrid: $0.331 a clip instead of $0.816 with forwarding",
			[]string{"Hybrid costs $9,702 less a month (59.4%) at the stated values, and $9,000 less on average over the stated ranges, than forwarding"}, ""},
		{"a budget that breaks", budget, "Use hybrid: $0.331 a clip instead of $0.816 with forwarding",
			[]string{"12% of months over the budget"}, ""},
		{"a candidate, and what to measure", leaning(reporttest.Ptr("channels.reverse.latency")),
			"Lean to hybrid, but measure reverse's latency first",
			[]string{"Of the 3 strategies that keep what is required, hybrid is the best in 61% of the cases that the stated ranges allow"}, ""},
		{"a candidate, and nothing to measure", leaning(nil), "Lean to hybrid: nothing is clearly the best", nil, "measure"},
		{"nobody, and what to measure", undecided(),
			"Measure reverse's region errors before you choose: no strategy is sure to keep what is required",
			[]string{"With reverse a month costs",
				"Reverse keeps what is required in at most 54% of the cases that the stated ranges allow"}, ""},
		{"nobody, and how much hangs on what to measure", sensitive,
			"Measure reverse's region errors before you choose: no strategy is sure to keep what is required",
			[]string{"of the cases that the stated ranges allow, and 94% of that hangs on reverse's region errors"}, ""},
		{"two prices that print alike", alike, "Use hybrid: $0.33 a clip, about as much as forwarding",
			[]string{"Hybrid costs about as much as forwarding: $6,624 a month"}, "instead"},
		{"time is what counts", quick, "Use hybrid: 95% of orders done within 3:39, at $0.331 a clip", nil,
			"instead of $0.816"},
		{"a bench says what so few orders can't rule out", measuredWinner(),
			"Use hybrid: $0.331 a clip instead of $0.816 with forwarding", []string{"can't be ruled out"}, "of 10,000"},
		{"nobody, and what is missing", short, words.UpperFirst(sentenceOf(short)),
			[]string{"What is missing? Forwarding misses it by 0.8 points."}, "a month costs"},
		{"nobody at all", reporttest.Nobody(), words.UpperFirst(sentenceOf(reporttest.Nobody())), nil, "saves"},
		{"costs unknown", lost, "Use hybrid: $0.331 a clip", nil, "a month costs"},
		{"invalid", reporttest.Spoilt(), "Not to be used: " + reporttest.Spoilt().Invalid, nil, "a month costs"},
		{"empty", &record.Run{}, "This run holds no strategy", nil, ""},
	} {
		b := briefing(c.run)
		said := b.words()
		for _, f := range b.facts {
			said += " " + f.question + " " + f.answer
		}
		if b.title != c.title {
			t.Errorf("%s:\n got %s\nwant %s", c.name, b.title, c.title)
		}
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in %s", c.name, want, said)
			}
		}
		if c.not != "" && strings.Contains(said, c.not) {
			t.Errorf("%s: %q in %s", c.name, c.not, said)
		}
	}
}

// savingIn finds what a report says that one strategy saves against another.
var savingIn = regexp.MustCompile(`(\w+) costs? (?:about as much|\$[\d,.]+ (?:less|more) a month)[^:;]*? (?:than|as|as with) (\w+)`)

// TestOneSaving: whatever report tells what the choice saves, it tells the same.
func TestOneSaving(t *testing.T) {
	today := reporttest.Typical()
	today.Verdict.Baseline, today.Verdict.Saving.Baseline = "forwarding", true
	today.Verdict.AgainstBaseline = map[string]float64{"hybrid": 9702, "reverse": 13_918}
	today.Verdict.Sentence = "Choose hybrid: it costs " + today.Verdict.Saving.Words("forwarding") + "."
	charts, err := Of(today)
	if err != nil {
		t.Fatal(err)
	}
	var txt, md strings.Builder
	if err := errors.Join(text.Terminal(&txt, today, text.Options{Width: 300}),
		text.Markdown(&md, today, charts, text.MarkdownOptions{})); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, said := range savingIn.FindAllString(txt.String()+md.String(), -1) {
		if told++; !strings.Contains(said, "$9,702 less a month (59.4%)") {
			t.Errorf("%q, where the saving is $9,702 a month (59.4%%)", said)
		}
	}
	if told < 6 { // the sentence, twice; the page's title and its first answer; the glance; what the ranges could change
		t.Errorf("the saving is told %d times", told)
	}
	for what, report := range map[string]string{"text": txt.String(), "Markdown": md.String()} {
		first, _, _ := strings.Cut(report, "\n")
		if !strings.Contains(first, "$9,702 less a month (59.4%) than forwarding") ||
			!strings.Contains(report, "Less than forwarding") {
			t.Errorf("%s begins with %q", what, first)
		}
	}
}

// The page is a slide that can be read in 800 pixels, whatever the run: 9 pixels are the least.
func TestPageIsASlide(t *testing.T) {
	for name, fixture := range everyRun() {
		p, _, err := onePage(fixture())
		if err != nil {
			t.Fatal(err)
		}
		if p.Width*9 != p.Height*16 || p.Width*vg.Length(p.Dpi)/72 != 2000 {
			t.Errorf("%s: the page is %v by %v", name, p.Width, p.Height)
		}
		for _, w := range p.Texts {
			if size := (w.Box.Max.Y - w.Box.Min.Y) / (canvas.Style{Size: 1}.Above() +
				canvas.Style{Size: 1}.Below()); size*800/p.Width < 9 && !strings.Contains(w.Text, "$") {
				t.Errorf("%s: %q is %.1f pixels high", name, w.Text, size*800/p.Width)
			}
		}
	}
}

// The page says what the run was of.
func TestPageNamesThePurchase(t *testing.T) {
	run := reporttest.Typical()
	run.Orders = 20_000
	run.Scenario.Title, run.Scenario.Models = "Veo 3.1: relay or reverse?", []string{"veo-3.1"}
	run.Scenario.Videos = []record.Video{{Name: "short", Share: 0.6, Seconds: 4, Resolution: "720p"},
		{Name: "long", Share: 0.3, Seconds: 8, Resolution: "1080p"},
		{Name: "best", Share: 0.1, Seconds: 8, Resolution: "1080p"}}
	const want = "Veo 3.1: relay or reverse? · veo-3.1 · 20,000 orders a month: 60% 4 s 720p, 40% 8 s 1080p"
	p, _, err := onePage(run)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(p.Texts, func(w canvas.Lettered) bool { return w.Text == want }) {
		t.Errorf("no %q in %v", want, p.Texts)
	}
	if md := markdownOf(t, run, nil); !strings.Contains(md, want) {
		t.Errorf("no %q in %s", want, md)
	}
}

func TestPageStaysApartAndInside(t *testing.T) {
	all := map[string]func() *record.Run{"undecided": undecided, "sensitive": driven, "mapped": mapped, "bursty": bursty,
		"outages": outages, "crowd": crowd}
	for name, fixture := range reporttest.Fixtures {
		all[name] = fixture
	}
	for name, fixture := range all {
		p, alt, err := onePage(fixture())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range collisions(p) {
			t.Errorf("%s: %s", name, c)
		}
		if alt == "" {
			t.Errorf("%s has no words", name)
		}
	}
}

// A scenario's own labels stand on every chart; texts name beside them what the verdict speaks of.
func TestLabelsAreShown(t *testing.T) {
	run := paidFor()
	run.Map, run.Timeline = mapped().Map, bursty().Timeline
	run.Scenario.StrategyLabels = map[string]string{"hybrid": "Pool, then relay", "reverse": "Pool only"}
	for i, c := range run.Scenario.Channels {
		run.Scenario.Channels[i].Label = "Seller " + c.Name[:1]
	}
	for file, d := range pictures(t, run) {
		for _, w := range d.page.Texts {
			lower := strings.ToLower(w.Text)
			if strings.Contains(lower, "hybrid") || strings.Contains(lower, "reverse") {
				t.Errorf("%s: %q", file, w.Text)
			}
		}
	}
	if word := view.Roster(run)[1].Word; word != "Pool, then relay" {
		t.Errorf("hybrid is called %q", word)
	}
	for what, text := range map[string]string{"text": textOf(t, run, text.Options{Width: 200}),
		"Markdown": markdownOf(t, run, nil)} {
		if !strings.Contains(text, "Pool, then relay (hybrid)") || !strings.Contains(text, "Seller r (reverse)") {
			t.Errorf("%s doesn't show the labels: %s", what, text)
		}
	}
	set := view.NewSet([]view.Labelled{{Label: "a", Run: run}, {Label: "b", Run: run}})
	if word := set.Word("hybrid"); word != "Pool, then relay" {
		t.Errorf("of several runs, hybrid is called %q", word)
	}
}
