package chart

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

// neverDone has one strategy that loses too many orders to have 95 % done, and one with wide intervals.
func neverDone() *record.Run {
	r, h := reporttest.Reverse, reporttest.Hybrid
	r.Lost = 0.07
	h.Half = 0.06
	run := reporttest.RunOf(240, reporttest.Forwarding, h, r,
		reporttest.Toy{Name: "routed", Kind: "routed", Cost: 0.52, Half: 0.01, Median: 118, Sigma: 0.41, Lost: 0.0004})
	run.Strategies[1].LatencySeconds.P95 = reporttest.FigureOf(*run.Strategies[1].LatencySeconds.P95.Value, 6)
	run.Verdict.Winner = reporttest.Ptr("hybrid")
	return run
}

// alike has strategies that differ in name only.
func alike(n int) *record.Run {
	var toys []reporttest.Toy
	for i := range n {
		h := reporttest.Hybrid
		h.Name = fmt.Sprintf("hybrid-%d", i)
		toys = append(toys, h)
	}
	return reporttest.RunOf(240, toys...)
}

func TestParetoTitleFollowsTheData(t *testing.T) {
	flipped := change(reporttest.Typical(), func(r *record.Run) {
		r.Strategies[0].CostPerDelivered, r.Strategies[1].CostPerDelivered = reporttest.FigureOf(0.33, 0),
			reporttest.FigureOf(0.82, 0)
	})
	free := func(run *record.Run) *record.Run {
		return change(run, func(r *record.Run) { r.Scenario.PromiseSeconds = nil })
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"two in time", reporttest.Typical(),
			"Hybrid has 95% done within 4 min at $0.331 a clip instead of $0.816 with forwarding"},
		{"two in time, flipped", flipped,
			"Forwarding has 95% done within 4 min at $0.33 a clip instead of $0.82 with hybrid"},
		{"the cheapest fails", change(reporttest.Typical(),
			func(r *record.Run) { r.Scenario.PromiseSeconds = reporttest.Ptr(300.0) }),
			"Hybrid has 95% done within 5 min at $0.331 a clip instead of $0.816 with forwarding"},
		{"all fail", change(reporttest.Typical(), func(r *record.Run) {
			r.Scenario.PromiseSeconds = reporttest.Ptr(300.0)
			reporttest.Require(r, 1, "in_time >= 100%")
		}), "Reverse has 95% done within 5 min at $0.12 a clip, but misses a requirement"},
		{"one in time", change(reporttest.Typical(),
			func(r *record.Run) { r.Scenario.PromiseSeconds = reporttest.Ptr(200.0) }),
			"Only forwarding has 95% done within 200 s, at $0.816 a clip"},
		{"none in time", reporttest.Nobody(), "No strategy has 95% done within 150 s; forwarding comes closest, with 2:58"},
		{"alone", change(reporttest.Typical(), func(r *record.Run) { r.Strategies = r.Strategies[:1] }),
			"Forwarding has 95% of orders done within 4 min, at $0.816 a clip"},
		{"others excluded", reporttest.Without(), "Forwarding has 95% of orders done within 5 min, at $0.816 a clip"},
		{"never", reporttest.Lossy(), "No strategy has 95% of its orders done"},
		{"no promise", free(reporttest.Typical()),
			"Forwarding has 95% done within 2:58, at $0.816 a clip; reverse within 4:20, at $0.12"},
		{"no promise, one is best", free(reporttest.Twenty()),
			"Forwarding-wit…name-a is the cheapest and the fastest: $0.11 a clip, 95% done within 1:56"},
		{"no promise, alone", free(alike(1)), "Hybrid-0 has 95% of orders done within 3:39, at $0.331 a clip"},
	} {
		if got := newTradeOff(c.run).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestParetoNeedsACost(t *testing.T) {
	if chartOf("cost-latency.png", reporttest.Bare(), canvas.BodyWidth) != nil ||
		chartOf("cost-latency.png", &record.Run{}, canvas.BodyWidth) != nil {
		t.Error("a chart is drawn without any cost")
	}
}

// The line passes through those that no other strategy beats, and through them alone.
func TestParetoFront(t *testing.T) {
	of := func(run *record.Run) string {
		var names []string
		for _, e := range newTradeOff(run).front {
			names = append(names, e.Name)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"all", reporttest.Typical(), "forwarding hybrid reverse"},
		{"one is beaten", reporttest.Six(), "forwarding hybrid-breaker hybrid-1-attempt hybrid reverse"},
		{"equals don't beat each other", alike(2), "hybrid-0 hybrid-1"},
		{"one beats all", reporttest.Twenty(), "forwarding-with-a-rather-long-name-a"},
		{"excluded", reporttest.Without(), "forwarding"},
		{"never done", neverDone(), "forwarding hybrid"},
	} {
		if got := of(c.run); got != c.want {
			t.Errorf("%s: the line passes through %q, want %q", c.name, got, c.want)
		}
	}
}

// Colour is never the only key: whatever has room bears its name, and the rest is counted.
func TestParetoNamesEveryDot(t *testing.T) {
	for name, run := range map[string]*record.Run{
		"typical": reporttest.Typical(), "six": reporttest.Six(), "never": neverDone(), "lossy": reporttest.Lossy(),
		"twenty": reporttest.Twenty(), "foreign": reporttest.Foreign(), "alike": alike(3), "crowd": alike(20),
		"excluded": reporttest.Without(),
	} {
		c := newTradeOff(run)
		for _, height := range []vg.Length{110, 190, 230, 260} {
			f := chartOf("cost-latency.png", run, 424)
			for _, s := range squeezed(f, 424, height) {
				t.Errorf("%s at %v: %s", name, height, s)
			}
			texts := textsOf(t, f, height)
			named := 0
			for _, e := range c.all() {
				small := canvas.Style{Medium: true, Size: 8.5}
				if strings.Contains(texts, e.Label) || strings.Contains(texts, small.Shorten(e.Label, 64)) {
					named++
				}
			}
			lost := len(c.all()) - named
			if said := strings.Contains(texts, "without room for a name"); said != (lost > 0) || lost > 0 &&
				!strings.Contains(texts, words.Plural(lost, "dot")) || height >= 190 && len(c.all()) < 7 && lost > 0 {
				t.Errorf("%s at %v: %d of %d dots are named, and said is\n%s", name, height, named, len(c.all()), texts)
			}
		}
	}
}

// A name stands beside its own dot, or is tied to it and beside none.
func TestNamesStandBesideTheirOwnDots(t *testing.T) {
	luck := rand.New(rand.NewPCG(7, 0))
	named, all := 0, 0
	for range 300 {
		p := &canvas.Page{Canvas: &recorder.Canvas{}, Width: 424, Height: 230}
		s := dotNames{page: p, field: p.Sheet()}
		heap := vg.Point{X: vg.Length(luck.IntN(360)), Y: vg.Length(luck.IntN(200))} // about which dots crowd
		for i := range 2 + luck.IntN(6) {
			d := &dot{Entry: view.Entry{Label: fmt.Sprintf("Strategy number %d", i)}, price: "$0.12", radius: dotRadius,
				home: p.Sheet()}
			d.at = heap.Add(vg.Point{X: vg.Length(luck.IntN(64)), Y: vg.Length(luck.IntN(30))})
			s.dots = append(s.dots, d)
			p.Reserve(canvas.Grow(vg.Rectangle{Min: d.at, Max: d.at}, d.radius+1))
		}
		s.write()
		all += len(s.dots)
		for _, w := range p.Texts {
			i := slices.IndexFunc(s.dots, func(d *dot) bool { return d.Label == w.Text })
			if i < 0 {
				continue
			}
			named++
			for j, other := range s.dots {
				if beside := other.apart(w.Box); j != i && beside < 6 && !near(s.dots[i].at, other.at) {
					t.Errorf("%q, %.1f from its dot, stands %.1f beside that of %q", w.Text, s.dots[i].apart(w.Box), beside,
						other.Label)
				}
			}
		}
	}
	if named < all*8/10 {
		t.Errorf("of %d dots only %d have a whole name", all, named)
	}
}

func TestParetoTellsTheNumbers(t *testing.T) {
	f := chartOf("cost-latency.png", neverDone(), canvas.BodyWidth)
	for _, want := range []string{"Hybrid has 95% done", "Forwarding: $0.816 a clip, 95% done within 2:58.",
		"Reverse: $0.12 a clip, 95% done never."} {
		if !strings.Contains(f.Alt(), want) {
			t.Errorf("alt text lacks %q: %s", want, f.Alt())
		}
	}
	if got := strings.Join(f.CSV()[len(f.CSV())-1], ","); !strings.HasPrefix(got, "reverse,reverse,0.1204,") ||
		!strings.HasSuffix(got, ",,,,false") {
		t.Errorf("the last row is %s", got)
	}
}

func TestGoldenCostLatency(t *testing.T) {
	compareChart(t, "never-done", "cost-latency.png", chartOf("cost-latency.png", neverDone(), canvas.BodyWidth))
}
