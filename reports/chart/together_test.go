package chart

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

// benchOf is a bench of toys with so many orders each, drawn from the toys themselves, on a day of November.
func benchOf(r *rand.Rand, day int, orders int, toys ...reporttest.Toy) *record.Run {
	run := reporttest.RunOf(240, toys...)
	run.Mode, run.Months, run.Started = "bench", 0, fmt.Sprintf("2026-11-%02dT02:00:00Z", day)
	for i, t := range toys {
		s := &run.Strategies[i]
		s.Engine, s.Exact, s.Orders = "live", nil, int64(orders)
		var times, costs []float64
		for range orders {
			at := math.Inf(1)
			if r.Float64() < 1-t.Lost {
				at = t.Median * math.Exp(t.Sigma*r.NormFloat64())
				costs = append(costs, t.Cost*(1+t.Half*r.NormFloat64()))
			}
			times = append(times, at)
		}
		slices.Sort(times)
		delivered, _ := slices.BinarySearch(times, math.Inf(1))
		inTime, _ := slices.BinarySearch(times, 240)
		s.Delivered = int64(delivered)
		per := (*stats.Mix)(nil).Mean(costs)
		s.CostPerDelivered = record.Figure{Value: record.Number(per.Value), Low: record.Number(per.Low),
			High: record.Number(per.High)}
		s.DeliveredShare, s.InTimeShare = shareFigure(delivered, orders), shareFigure(inTime, orders)
		s.LatencySeconds.P50, s.LatencySeconds.P95 = timeOf(times, 0.5), timeOf(times, 0.95)
		s.LatencyCDF = nil
		for j, at := range times[:delivered] {
			s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: at, Share: float64(j+1) / float64(orders)})
		}
	}
	return run
}

func shareFigure(hits, tries int) record.Figure {
	low, high := stats.ClopperPearson(float64(hits), float64(tries))
	return record.Figure{Value: reporttest.Ptr(float64(hits) / float64(tries)), Low: &low, High: &high}
}

func timeOf(sorted []float64, q float64) record.Figure {
	e := stats.OrderQuantile(sorted, q)
	return record.Figure{Value: record.Number(e.Value), Low: record.Number(e.Low), High: record.Number(e.High)}
}

// simOf is the simulation of which benchOf draws the benches: costs scatter so that months of 20,000 orders tell.
func simOf(toys ...reporttest.Toy) *record.Run {
	run := reporttest.RunOf(240, toys...)
	for i, t := range toys {
		s := &run.Strategies[i]
		half := 1.968 * t.Cost * t.Half / math.Sqrt(6_000_000*(1-t.Lost)) // Student's t of 300 months
		s.CostPerDelivered = reporttest.FigureOf(t.Cost, half)
		s.LatencyCDF = nil
		for at := 1.0; at < 4000; at *= 1.01 {
			s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: at, Share: t.Share(at)})
		}
		s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: 4000, Share: 1 - t.Lost})
	}
	return run
}

// scattered are the toys with costs that vary by order.
func scattered() (reporttest.Toy, reporttest.Toy, reporttest.Toy) {
	f, h, r := reporttest.Forwarding, reporttest.Hybrid, reporttest.Reverse
	f.Half, h.Half, r.Half = 0.2, 0.4, 0.1
	r.Lost = 0.03
	return f, h, r
}

// choose gives a run a winner.
func choose(run *record.Run, name string) *record.Run {
	run.Verdict.Winner, run.Verdict.Candidate = &name, &name
	run.Verdict.Sentence = "Use " + name + "."
	return run
}

// tonight: a simulation and a bench of it, in which hybrid was replayed.
func tonight() []view.Labelled {
	f, h, r := scattered()
	bench := choose(benchOf(rand.New(rand.NewPCG(3, 1)), 20, 80, f, h, r), "hybrid")
	bench.Strategies[1].Engine = "replay"
	return []view.Labelled{{Label: "simulation", Run: choose(simOf(f, h, r), "hybrid")},
		{Label: "bench of 20 November", Run: bench}}
}

// week: seven nights, in the last three of which reverse is dearer and slower; one is invalid, one incomplete.
func week() []view.Labelled {
	f, h, r := scattered()
	random := rand.New(rand.NewPCG(5, 1))
	var list []view.Labelled
	for day := range 7 {
		choice := "reverse"
		if day >= 4 {
			r.Cost, r.Median, choice = 0.15, 150, "hybrid"
		}
		run := choose(benchOf(random, 14+day, 120, f, h, r), choice)
		run.Strategies[1].Engine = "replay"
		list = append(list, view.Labelled{Label: fmt.Sprintf("night %d", day+1), Run: run})
	}
	list[2].Run.Invalid = "reverse refused the key"
	list[5].Run.Incomplete, list[5].Run.Verdict.Winner = true, nil
	return list
}

// strangers buy different things.
func strangers() []view.Labelled {
	a, b := reporttest.Typical(), reporttest.Six()
	b.Scenario.PurchaseSHA256 = "other"
	return []view.Labelled{{Label: "a", Run: a}, {Label: "b", Run: b}}
}

// dozen: twelve runs of twenty strategies with long names.
func dozen() []view.Labelled {
	var list []view.Labelled
	for i := range 12 {
		run := reporttest.Twenty()
		if i%3 > 0 {
			run.Mode, run.Started = "bench", fmt.Sprintf("2026-11-%02dT02:00:00Z", i+1)
			for j := range run.Strategies {
				run.Strategies[j].Orders, run.Strategies[j].Engine = 30, "live"
			}
		}
		list = append(list, view.Labelled{Label: strings.Repeat("夜", 20) + " a rather long label of a run " +
			string(rune('a'+i)), Run: run})
	}
	return list
}

// lost: nothing is delivered, in one strategy.
func lost() []view.Labelled {
	t := reporttest.Reverse
	t.Lost = 1
	bench := benchOf(rand.New(rand.NewPCG(1, 1)), 3, 30, t)
	return []view.Labelled{{Label: "sim", Run: reporttest.RunOf(240, t)}, {Label: "bench", Run: bench},
		{Label: "again", Run: benchOf(rand.New(rand.NewPCG(1, 2)), 4, 30, t)}}
}

var sets = map[string]func() []view.Labelled{"tonight": tonight, "week": week, "strangers": strangers, "dozen": dozen,
	"lost": lost,
	"bare": func() []view.Labelled {
		return []view.Labelled{{Label: "", Run: reporttest.Bare()}, {Label: "", Run: reporttest.Bare()}}
	}, "foreign": func() []view.Labelled {
		return []view.Labelled{{Label: "官方", Run: reporttest.Foreign()}, {Label: "官方", Run: reporttest.Spoilt()}}
	},
	"none": func() []view.Labelled {
		return []view.Labelled{{Label: "a", Run: &record.Run{}}, {Label: "b", Run: &record.Run{}}}
	}}

func TestTogetherTextStaysApartAndInside(t *testing.T) {
	for name, of := range sets {
		for _, f := range sideBySide(view.NewSet(of())) {
			p, err := f.alone()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range collisions(p) {
				t.Errorf("%s, %s: %s", name, f.file, c)
			}
		}
	}
}

// Any two or three runs render, whatever engines hand over.
func TestAnyRunsRenderTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []view.Labelled
		for range rapid.IntRange(2, 3).Draw(t, "runs") {
			run := anyRun().Draw(t, "run")
			run.Scenario.PurchaseSHA256 = rapid.SampledFrom([]string{"", "a", "a", "a"}).Draw(t, "purchase")
			run.Started = rapid.SampledFrom([]string{"", "2026-11-28T02:00:00Z", "2026-11-29T02:00:00Z", "yesterday"}).Draw(t,
				"started")
			if rapid.Bool().Draw(t, "valid") {
				run.Invalid = ""
			}
			for i := range run.Strategies { // names in common
				if i < 3 && rapid.Bool().Draw(t, "common") {
					run.Strategies[i].Name = []string{"hybrid", "reverse", "forwarding"}[i]
				}
			}
			runs = append(runs, view.Labelled{Label: anyName().Draw(t, "label"), Run: run})
		}
		s := view.NewSet(runs)
		var charts []canvas.Picture
		for _, f := range sideBySide(s) {
			p, err := f.alone()
			if err != nil {
				t.Fatalf("%s: %v", f.file, err)
			}
			for _, c := range collisions(p) {
				t.Errorf("%s: %s", f.file, c)
			}
			charts = append(charts, canvas.Picture{File: f.file, Title: f.Title(), Alt: f.Alt()})
		}
		var txt, md strings.Builder
		if err := text.Together(&txt, s, Sentences(s),
			text.Options{Width: rapid.IntRange(0, 200).Draw(t, "width")}); err != nil {
			t.Error(err)
		}
		if err := text.TogetherMarkdown(&md, s, Sentences(s), charts, make([][]canvas.Picture, len(runs)),
			text.MarkdownOptions{}); err != nil {
			t.Error(err)
		}
		if md.Len() >= text.MarkdownRoom {
			t.Errorf("Markdown has %d characters", md.Len())
		}
		for _, bad := range []string{"NaN", "+Inf"} {
			if strings.Contains(txt.String(), bad) || strings.Contains(md.String(), bad) {
				t.Errorf("a report holds %q", bad)
			}
		}
	})
}

// The same chart of two runs has the same axes, and a run by itself keeps its own.
func TestAxesAreShared(t *testing.T) {
	dear, slow := reporttest.RunOf(240, reporttest.Forwarding, reporttest.Reverse),
		reporttest.RunOf(240, reporttest.Reverse,
			reporttest.Toy{Name: "slow", Kind: "hybrid", Cost: 0.1, Half: 0.01, Median: 300, Sigma: 0.3})
	for _, k := range kinds {
		figures := []*figure{k.of(dear, canvas.BodyWidth), k.of(slow, canvas.BodyWidth), nil}
		if figures[0] == nil || figures[0].axes() == nil {
			continue
		}
		if slices.Equal(figures[0].axes(), figures[1].axes()) {
			t.Errorf("%s: the runs have the same axes by themselves, so this test looks at nothing", k.file)
		}
		for i, f := range aligned(figures)[:2] {
			for j, v := range f.axes() {
				if want := max(figures[0].axes()[j], figures[1].axes()[j]); v != want {
					t.Errorf("%s of run %d: axis %d ends at %g, want %g", k.file, i, j, v, want)
				}
			}
		}
	}
}

func TestOneRunIsDrawnAsByItself(t *testing.T) {
	own, err := Own(view.NewSet([]view.Labelled{{Label: "a", Run: reporttest.Typical()}}))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range typicalOf(t) {
		if !bytes.Equal(own[0][i].PNG, want.PNG) || !bytes.Equal(own[0][i].CSV, want.CSV) {
			t.Errorf("%s differs", want.File)
		}
	}
}

func TestChoiceTitles(t *testing.T) {
	run := func(winner, candidate, invalid string) *record.Run {
		r := reporttest.Typical()
		r.Verdict.Winner, r.Verdict.Candidate, r.Invalid = nil, nil, invalid
		if winner != "" {
			r.Verdict.Winner, r.Verdict.Candidate = &winner, &winner
		}
		if candidate != "" {
			r.Verdict.Candidate = &candidate
		}
		return r
	}
	hybridWins, reverseWins, hybridLeads, nobody, spoilt := run("hybrid", "", ""), run("reverse", "", ""),
		run("", "hybrid", ""), run("", "", ""), run("hybrid", "", "no network")
	for _, c := range []struct {
		want string
		runs []*record.Run
	}{
		{"Both runs choose hybrid, at $0.331 a clip", []*record.Run{hybridWins, hybridWins}},
		{"All 3 runs choose reverse, at $0.12 a clip", []*record.Run{reverseWins, reverseWins, reverseWins}},
		{"The one valid run chooses hybrid, at $0.331 a clip", []*record.Run{hybridWins, spoilt}},
		{"The choice differs: reverse in 2 runs, hybrid in 1", []*record.Run{hybridWins, reverseWins, reverseWins}},
		{"The choice differs: hybrid in 1 run, reverse in 1", []*record.Run{hybridWins, reverseWins, nobody}},
		{"Hybrid leads in both runs, without a clear winner", []*record.Run{hybridLeads, hybridLeads}},
		{"Hybrid leads in all 3 runs and wins clearly in 2", []*record.Run{hybridWins, hybridLeads, hybridWins}},
		{"Hybrid is the choice in 1 of 2 runs; the others find none", []*record.Run{hybridWins, nobody}},
		{"In neither run is a strategy sure to meet every requirement", []*record.Run{nobody, nobody}},
		{"In none of the 3 runs is a strategy sure to meet every requirement", []*record.Run{nobody, nobody, nobody}},
		{"None of these runs may be used", []*record.Run{spoilt, spoilt}},
	} {
		var list []view.Labelled
		for i, r := range c.runs {
			list = append(list, view.Labelled{Label: string(rune('a' + i)), Run: r})
		}
		if got := view.ChoiceTitle(view.NewSet(list)); got != c.want {
			t.Errorf("title is %q, want %q", got, c.want)
		}
	}
}

// A picture has no room for hundreds of rows; the numbers behind it leave none out.
func TestManyRowsAreCut(t *testing.T) {
	f := lineupFigure(view.NewSet(dozen()))
	if want := 1 + 12*20; len(f.CSV()) != want {
		t.Errorf("%d rows of CSV, want %d", len(f.CSV()), want)
	}
	if !strings.Contains(f.Subtitle(), "In the CSV only: 14 dearer strategies") {
		t.Errorf("subtitle is %q", f.Subtitle())
	}
}

func TestOtherPurchasesAreNamed(t *testing.T) {
	s := view.NewSet(strangers())
	var md, txt strings.Builder
	if err := text.TogetherMarkdown(&md, s, Sentences(s), nil, make([][]canvas.Picture, 2),
		text.MarkdownOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := text.Together(&txt, s, Sentences(s), text.Options{Width: 200}); err != nil {
		t.Fatal(err)
	}
	const want = "Not comparable: these runs don't buy the same (workload, prices, models or strategies differ): a "
	if !strings.HasPrefix(md.String(), "**"+want) || !strings.HasPrefix(txt.String(), want) {
		t.Errorf("Markdown begins with %.120q, text with %.120q", md.String(), txt.String())
	}
	if view.NewSet(tonight()).Warning() != "" {
		t.Error("runs of one purchase are called not comparable")
	}
}

func TestTogetherMarkdown(t *testing.T) {
	s := view.NewSet(week())
	charts := []canvas.Picture{{File: "runs-cost.png", Title: "What is what", Alt: "What is what. In numbers."}}
	own := make([][]canvas.Picture, 7)
	own[0] = []canvas.Picture{{File: "at-a-glance.png", Title: "It is so", Alt: "It is so. In numbers."}}
	var md, txt bytes.Buffer
	if err := text.TogetherMarkdown(&md, s, Sentences(s), charts, own, text.MarkdownOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := text.Together(&txt, s, Sentences(s), text.Options{Width: 110}); err != nil {
		t.Fatal(err)
	}
	compareText(t, "week.md", md.Bytes())
	compareText(t, "week.txt", txt.Bytes())
}

func TestTogetherGoldenPictures(t *testing.T) {
	for name, of := range map[string]func() []view.Labelled{"tonight": tonight, "week": week} {
		charts, err := Together(view.NewSet(of()))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range charts {
			full, err := png.Decode(bytes.NewReader(c.PNG))
			if err != nil {
				t.Fatal(err)
			}
			comparePicture(t, filepath.Join("testdata", name+"-"+c.File), quarter(full))
			rows, err := csv.NewReader(bytes.NewReader(c.CSV)).ReadAll()
			if err != nil || len(rows) < 4 {
				t.Errorf("%s: %d rows of CSV, %v", c.File, len(rows), err)
			}
		}
	}
}
