package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// framing are the charts that choose their geometry from the box they are given.
var framing = []string{"budget.png", "spend.png", "timeline.png"}

// frameWidth is about what a quarter of a page leaves.
const frameWidth = vg.Length(424)

// framed is a page with an empty box for a figure that stands beside others.
func framed(width, height vg.Length) (*canvas.Page, vg.Rectangle) {
	p := &canvas.Page{Canvas: &recorder.Canvas{}, Width: width + 2*canvas.Margin, Height: height + 2*canvas.Margin,
		Dpi: canvas.Dpi}
	return p, vg.Rectangle{Min: vg.Point{X: canvas.Margin, Y: canvas.Margin},
		Max: vg.Point{X: canvas.Margin + width, Y: canvas.Margin + height}}
}

// inFrame draws every such chart of a run into a box of its own, made for one width and given another.
func inFrame(run *record.Run, made, width, height vg.Length) (map[string]*canvas.Page, error) {
	pages := map[string]*canvas.Page{}
	for _, k := range kinds {
		if !slices.Contains(framing, k.file) {
			continue
		}
		f := k.of(run, made)
		if f == nil {
			continue
		}
		p, body := framed(width, height)
		if err := f.Paint(p, body); err != nil {
			return nil, fmt.Errorf("%s: %w", k.file, err)
		}
		pages[k.file] = p
	}
	return pages, nil
}

// faultsInFrame lists texts that touch or leave the box.
func faultsInFrame(run *record.Run, made, width, height vg.Length) []string {
	pages, err := inFrame(run, made, width, height)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for file, p := range pages {
		for _, c := range collisions(p) {
			faults = append(faults, fmt.Sprintf("%s in %.0f by %.0f points: %s", file, width, height, c))
		}
		for _, t := range p.Texts {
			box := vg.Rectangle{Min: vg.Point{X: canvas.Margin, Y: canvas.Margin},
				Max: vg.Point{X: canvas.Margin + width, Y: canvas.Margin + height}}
			if !canvas.Within(canvas.Grow(box, 0.5), t.Box) {
				faults = append(faults, fmt.Sprintf("%s in %.0f by %.0f points: out of its box: %s", file, width, height, t.Text))
			}
		}
	}
	return faults
}

// crammed draws a run's charts into a box of any plausible size.
func crammed(t *rapid.T, run *record.Run) []string {
	width := vg.Length(rapid.SampledFrom([]float64{float64(frameWidth), 400, 480, float64(canvas.BodyWidth)}).Draw(t,
		"frame width"))
	made := width
	if rapid.Bool().Draw(t, "made for another width") {
		made = canvas.BodyWidth
	}
	return faultsInFrame(run, made, width, vg.Length(rapid.Float64Range(40, 300).Draw(t, "frame height")))
}

// addSeries gives a run what the charts of days, money and time are drawn from.
func addSeries(t *rapid.T, run *record.Run) {
	if rapid.Bool().Draw(t, "budgeted") {
		run.Scenario.BudgetUSD = anyNumber().Draw(t, "budget")
	}
	days, spend := rapid.Bool().Draw(t, "has days"), rapid.Bool().Draw(t, "has spend")
	for i := range run.Strategies {
		s := &run.Strategies[i]
		if days {
			s.Days, s.OverBudgetDraws = anyDays().Draw(t, "days"), anyShare().Draw(t, "over draws")
			s.OverBudget = &record.Figure{Value: anyShare().Draw(t, "over")}
		}
		if spend {
			s.Spend = anySpend().Draw(t, "spend")
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "has timeline") == 0 {
		run.Timeline = anyTimeline().Draw(t, "timeline")
	}
}

// series are the runs that the charts of days, money and time are tried on.
var series = map[string]func() *record.Run{
	"narrow": func() *record.Run { return budgeted(0.005) }, "outages": outages, "crowd": crowd,
	"paid": paidFor, "paid-crowd": paidForCrowd, "bursty": bursty, "dark": dark, "channels": channels,
}

// Beside others, a chart sheds what has no room, and stays within its box.
func TestFramedChartsStayInTheirBox(t *testing.T) {
	for name, fixture := range series {
		for _, height := range []vg.Length{230, 190, 150, 110, 70, 30} {
			for _, fault := range faultsInFrame(fixture(), frameWidth, frameWidth, height) {
				t.Errorf("%s: %s", name, fault)
			}
		}
		for file, d := range pictures(t, fixture()) {
			for _, c := range collisions(d.page) {
				t.Errorf("%s, %s: %s", name, file, c)
			}
		}
	}
}

// A quarter of a page has room for every chart of every run.
func TestEveryChartStaysInAQuarter(t *testing.T) {
	for name, fixture := range everyRun() {
		run := fixture()
		for _, k := range kinds {
			f := k.of(run, frameWidth)
			if f == nil {
				continue
			}
			for _, height := range []vg.Length{190, 205, 230} {
				for _, fault := range squeezed(f, frameWidth, height) {
					t.Errorf("%s, %s in a box %.0f high: %s", name, k.file, height, fault)
				}
			}
		}
	}
}

// everyRun are the fixtures of every kind of chart.
func everyRun() map[string]func() *record.Run {
	all := maps.Clone(reporttest.Fixtures)
	maps.Copy(all, series)
	maps.Copy(all, map[string]func() *record.Run{"mapped": mapped, "holed": holed, "driven": driven, "full": full})
	return all
}

// What has no room is counted.
func TestWhatIsLeftOutIsCounted(t *testing.T) {
	for _, c := range []struct {
		run        *record.Run
		file, want string
	}{{crowd(), "budget.png", "more not shown"}, {paidForCrowd(), "spend.png", "more not shown"},
		{channels(), "timeline.png", "with fewer failures not shown"}} {
		pages, err := inFrame(c.run, frameWidth, frameWidth, 190)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(pages[c.file].Texts,
			func(l canvas.Lettered) bool { return strings.HasSuffix(l.Text, c.want) }) {
			t.Errorf("%s leaves some out and doesn't say so", c.file)
		}
	}
}

// Each has its sentence, its numbers in words and as rows, and says all of its texts.
func TestSeriesChartsTellTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		run   *record.Run
		file  string
		rows  int
		wants []string
	}{
		{outages(), "budget.png", 91, []string{"The budget is $7,400 a month.",
			"Hybrid: a median month costs $6,621, 95% of months $5,072 to $8,780, over budget in 12% of months, expected to be in 23% of draws of the stated ranges."}},
		{paidFor(), "spend.png", 24, []string{"Hybrid: $6,669 a month, of which $298 · 4.5% buys no clip in time:",
			"forwarding late $151", "reverse failed $0.82"}},
		{bursty(), "timeline.png", 97,
			[]string{"Reverse: 679 attempts, 657 delivered, 18 region, 2 job, 1 answer lost, 1 open; 15 of 18 region errors in 2.5 min, from 11:00 on."}},
	} {
		d, found := pictures(t, c.run)[c.file]
		if !found {
			t.Fatalf("%s is not drawn", c.file)
		}
		if len(d.CSV()) != c.rows {
			t.Errorf("%s: %d rows, want %d", c.file, len(d.CSV()), c.rows)
		}
		for _, want := range c.wants {
			if !strings.Contains(d.Alt(), want) {
				t.Errorf("%s: alt text lacks %q: %s", c.file, want, d.Alt())
			}
		}
		if !strings.HasPrefix(d.Alt(), d.Title()) {
			t.Errorf("%s: alt text doesn't begin with the title: %.80s", c.file, d.Alt())
		}
	}
}

// A run without the data has no such chart.
func TestSeriesChartsNeedTheirData(t *testing.T) {
	for file := range pictures(t, reporttest.Typical()) {
		if slices.Contains(framing, file) {
			t.Errorf("%s is drawn from nothing", file)
		}
	}
}

func TestSeriesGoldenPictures(t *testing.T) {
	for name, file := range map[string]string{"narrow": "budget.png", "outages": "budget.png", "paid": "spend.png",
		"bursty": "timeline.png", "dark": "timeline.png"} {
		p := pictures(t, series[name]())[file].page
		full, err := p.PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(full))
		if err != nil {
			t.Fatal(err)
		}
		comparePicture(t, filepath.Join("testdata", name+"-"+file), quarter(img))
	}
}
