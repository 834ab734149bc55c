package text

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

func screenOf(t *testing.T, run *record.Run, opts ScreenOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Screen(&b, run, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// talkative is a run with more of everything than a screen has room for.
func talkative() *record.Run {
	run := reporttest.Twenty()
	for i := range 60 {
		run.Findings = append(run.Findings, fmt.Sprintf("finding %d %s", i, strings.Repeat("is told at length, ", i%12)))
		run.Warnings = append(run.Warnings, fmt.Sprintf("warning %d", i))
	}
	return run
}

// TestAMissReadsAsOne: 94.6 % is not shown as the 95 % that are asked.
func TestAMissReadsAsOne(t *testing.T) {
	run := reporttest.Open()
	run.Verdict.Confidence, run.Verdict.Requirements[0].Probability = 0.95, 0.946
	text := screenOf(t, run, ScreenOptions{Options: Options{Width: 160}})
	if !strings.Contains(text, "(94.6% sure)") || !strings.Contains(text, "(51% sure)") {
		t.Errorf("no 94.6%%, or no 51%%, in\n%s", text)
	}
}

// TestScreenFits: whatever a run holds, it takes one screen, and one table that isn't broken.
func TestScreenFits(t *testing.T) {
	fixtures := maps.Clone(reporttest.Fixtures)
	fixtures["talkative"] = talkative
	for _, name := range slices.Sorted(maps.Keys(fixtures)) {
		run := fixtures[name]()
		for _, width := range []int{0, 100, 160} {
			call := view.Call{Scenario: "s.toml", Folder: "out/s/sim"}
			opts := ScreenOptions{Options: Options{Width: width}, Files: "out/s/sim", Call: call}
			text := screenOf(t, run, opts)
			if n := strings.Count(text, "\n"); n > ScreenLines {
				t.Errorf("%s, width %d: %d lines:\n%s", name, width, n, text)
			}
			for line := range strings.Lines(text) {
				command := strings.HasPrefix(line, "    channelbench ")
				if n := columnsOf(strings.TrimSuffix(line, "\n")); n > max(width, 100) && !command {
					t.Errorf("%s, width %d: %d columns: %s", name, width, n, line)
				}
			}
			if n := strings.Count(text, "\nStrategy "); n > 1 {
				t.Errorf("%s, width %d: %d tables", name, width, n)
			}
			if !strings.HasPrefix(text, firstWords(run)) {
				t.Errorf("%s, width %d begins with %.80q", name, width, text)
			}
			if !strings.Contains(text, "out/s/sim/report.md") {
				t.Errorf("%s, width %d doesn't say where everything else is", name, width)
			}
		}
	}
}

// firstWords are what a screen must begin with.
func firstWords(run *record.Run) string {
	if run.Invalid != "" {
		return "INVALID: "
	}
	words := strings.Fields(plain(view.VerdictSentence(run)))
	return strings.Join(words[:min(3, len(words))], " ")
}

// TestWhatIsLeftOutOfAScreenIsCounted: strategies, findings and warnings.
func TestWhatIsLeftOutOfAScreenIsCounted(t *testing.T) {
	text := screenOf(t, talkative(), ScreenOptions{})
	for _, want := range []string{"And 11 more strategies, see --details.", "finding 0", "left out here; "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n"); n < ScreenLines-3 {
		t.Errorf("%d lines of %d are used", n, ScreenLines)
	}
}

// TestExactRows: those of the closed form show where they are asked for, or beyond the interval and read otherwise.
func TestExactRows(t *testing.T) {
	exactly := func(value, shown float64) *record.Run {
		run := reporttest.Typical()
		s := &run.Strategies[0]
		s.Engine, s.CostPerDelivered = "event", reporttest.FigureOf(shown, 0.001)
		s.Exact = &record.Exact{CostPerDelivered: &value, CostPerOrder: 1,
			DeliveredShare: *s.DeliveredShare.Value, InTimeShare: *s.InTimeShare.Value}
		for i := range run.Strategies[1:] {
			run.Strategies[i+1].Exact = nil
		}
		return run
	}
	for _, c := range []struct {
		name  string
		run   *record.Run
		exact bool
		want  int
	}{
		{"the same", exactly(0.75, 0.75), false, 0},
		{"within the interval", exactly(0.7505, 0.75), false, 0},
		{"beyond it", exactly(0.76, 0.75), false, 1},
		{"asked for", exactly(0.75, 0.75), true, 1},
	} {
		if n := strings.Count(screenOf(t, c.run, ScreenOptions{Exact: c.exact}), "\n  exact "); n != c.want {
			t.Errorf("%s: %d exact rows, want %d", c.name, n, c.want)
		}
	}
}

// TestTogetherAndPlanScreensFit: many runs and a long plan take one screen, too.
func TestTogetherAndPlanScreensFit(t *testing.T) {
	var runs []view.Labelled
	for i := range 12 {
		runs = append(runs, view.Labelled{Label: fmt.Sprintf("night %d", i), Run: reporttest.Measured()})
	}
	p := planned()
	for i := range 30 {
		p.Strategies = append(p.Strategies, record.PlannedStrategy{Name: fmt.Sprintf("s%d", i), Orders: 30})
		p.Advice = append(p.Advice, strings.Repeat("Buy short clips. ", i))
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"together": func(b *bytes.Buffer) error {
			return TogetherScreen(b, view.NewSet(runs), []string{"Nothing changed."}, ScreenOptions{Files: "out"})
		},
		"plan": func(b *bytes.Buffer) error {
			return PlanScreen(b, p, ScreenOptions{Call: view.Call{Scenario: "s.toml"}})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "\n"); n > ScreenLines {
			t.Errorf("%s: %d lines:\n%s", name, n, b.String())
		}
		if !strings.Contains(b.String(), "see --details.") || !strings.Contains(b.String(), "are left out here") {
			t.Errorf("%s doesn't count what it leaves out:\n%s", name, b.String())
		}
	}
}
