package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

// driven is the typical run with inputs of every sort: two that flip the choice, some on one side, some that move
// nothing, one beyond which there is no figure.
func driven() *record.Run {
	run := reporttest.Typical()
	s := run.Sensitivity
	s.StatedDifference, s.Inputs = reporttest.Ptr(-900.0), nil
	for _, in := range []struct {
		key               string
		low, stated, high float64
		atLow, atHigh     *float64
		keeping           float64
	}{
		{"channels.reverse.errors.unusable.rate", 0, 0.03, 0.1, reporttest.Ptr(-1310.0), reporttest.Ptr(640.0), 0},
		{"channels.reverse.errors.job.rate", 0.005, 0.02, 0.04, reporttest.Ptr(-1020.0), reporttest.Ptr(180.0), 0},
		{"channels.reverse.errors.region.rate", 0.01, 0.02, 0.03, reporttest.Ptr(-1000.0), reporttest.Ptr(-800.0), 0},
		{"channels.reverse.latency", 0.45, 1, 1.6, reporttest.Ptr(-780.0), reporttest.Ptr(-600.0), 0.9},
		{"channels.forwarding.latency", 0.45, 1, 1.6, reporttest.Ptr(-1180.0), reporttest.Ptr(-1040.0), 0},
		{"channels.forwarding.errors.submit.rate", 0.01, 0.02, 0.03, reporttest.Ptr(-905.0), reporttest.Ptr(-897.0), 0.3},
		{"channels.forwarding.errors.job.rate", 0, 0.005, 0.02, reporttest.Ptr(-900.0), reporttest.Ptr(-900.0), 0.2},
		{"channels.forwarding.errors.ambiguous.rate", 0, 0.001, 0.005, reporttest.Ptr(-930.0), nil, 0},
		{"channels.forwarding.errors.download.rate", 0, 0.005, 0.05, nil, nil, 0},
	} {
		s.Inputs = append(s.Inputs, record.InputEffect{Key: in.key, Low: in.low, Stated: in.stated, High: in.high,
			DifferenceAtLow: in.atLow, DifferenceAtHigh: in.atHigh, KeepingShare: &in.keeping})
	}
	return run
}

// manifold has so many inputs that not all are drawn.
func manifold(inputs int) *record.Run {
	run := driven()
	for i := range inputs {
		run.Sensitivity.Inputs = append(run.Sensitivity.Inputs,
			record.InputEffect{Key: fmt.Sprintf("channels.channel_%d.errors.job.rate", i),
				Low: 0.01, High: 0.05, DifferenceAtLow: reporttest.Ptr(-900 - 13*float64(i+3)),
				DifferenceAtHigh: reporttest.Ptr(-900 + 11*float64(i+3))})
	}
	return run
}

// change is a run, changed.
func change(run *record.Run, how func(*record.Run)) *record.Run {
	how(run)
	return run
}

func TestTornadoTitleFollowsTheData(t *testing.T) {
	sensitivity := func(how func(*record.Sensitivity)) *record.Run {
		return change(driven(), func(r *record.Run) { how(r.Sensitivity) })
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"several flip", driven(), "Either of 2 inputs alone could make forwarding cheaper than hybrid"},
		{"one flips", reporttest.Typical(), "Reverse's region errors alone could make forwarding cheaper than hybrid"},
		{"behind, several flip", sensitivity(func(s *record.Sensitivity) {
			s.StatedDifference = reporttest.Ptr(650.0)
		}), "Any of 8 inputs alone could make hybrid cheaper than forwarding"},
		{"none flips", sensitivity(func(s *record.Sensitivity) { s.Inputs = s.Inputs[2:] }),
			"No single input makes forwarding cheaper than hybrid"},
		{"behind, none flips", sensitivity(func(s *record.Sensitivity) {
			s.StatedDifference, s.Inputs = reporttest.Ptr(650.0), s.Inputs[:1]
			s.Inputs[0].DifferenceAtLow = reporttest.Ptr(20.0)
		}), "No single input makes hybrid cheaper than forwarding"},
		{"nothing matters", sensitivity(func(s *record.Sensitivity) {
			s.StatedDifference, s.Inputs = reporttest.Ptr(-900.0), s.Inputs[5:6]
		}), "Hybrid stays about $900 a month cheaper than forwarding whichever input moves"},
		{"nothing matters, behind", sensitivity(func(s *record.Sensitivity) {
			s.StatedDifference, s.Inputs, s.Minimise = reporttest.Ptr(90.0), s.Inputs[5:6], "p95"
			s.Inputs[0].DifferenceAtLow, s.Inputs[0].DifferenceAtHigh = reporttest.Ptr(91.0), reporttest.Ptr(88.0)
		}), "Forwarding stays about 1:30 faster than hybrid whichever input moves"},
		{"level", sensitivity(func(s *record.Sensitivity) { s.StatedDifference = reporttest.Ptr(0.0) }),
			"Hybrid and forwarding come to the same; the widest swing is from reverse's unusable clips"},
		{"time", sensitivity(func(s *record.Sensitivity) { s.Minimise = "p95" }),
			"Either of 2 inputs alone could make forwarding faster than hybrid"},
		{"alone", sensitivity(func(s *record.Sensitivity) {
			s.Against, s.StatedDifference, s.Inputs = nil, reporttest.Ptr(900.0), s.Inputs[:1]
			s.Inputs[0].DifferenceAtLow, s.Inputs[0].DifferenceAtHigh = reporttest.Ptr(1310.0), reporttest.Ptr(640.0)
		}), "Nothing moves the cost of hybrid more than reverse's unusable clips: $640 to $1,310 a month"},
		{"alone, time", sensitivity(func(s *record.Sensitivity) {
			s.Against, s.StatedDifference, s.Inputs, s.Minimise = nil, reporttest.Ptr(200.0), s.Inputs[3:4], "p95"
			s.Inputs[0].DifferenceAtLow, s.Inputs[0].DifferenceAtHigh = reporttest.Ptr(140.0), nil
		}), "Nothing moves the time for 95% of orders of hybrid more than reverse's latency"},
		{"difference unknown", change(reporttest.Typical(), func(r *record.Run) { r.Sensitivity.StatedDifference = nil }),
			"Nothing moves the cost of hybrid more than reverse's region errors: $6,526 to $16,446 a month"},
	} {
		if got := newDrivers(c.run).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestTornadoNeedsSomethingThatMoves(t *testing.T) {
	for name, run := range map[string]*record.Run{
		"no ranges": reporttest.Measured(),
		"no figure": change(reporttest.Typical(),
			func(r *record.Run) { r.Sensitivity.StatedDifference, r.Sensitivity.Stated = nil, nil }),
		"nothing moves": change(reporttest.Typical(),
			func(r *record.Run) { r.Sensitivity.Inputs = r.Sensitivity.Inputs[2:] }),
	} {
		if chartOf("tornado.png", run, canvas.BodyWidth) != nil {
			t.Errorf("%s: a chart is drawn", name)
		}
	}
}

func TestTornadoSortsAndCounts(t *testing.T) {
	d := newDrivers(driven())
	var order []string
	for _, b := range d.bars {
		order = append(order, b.row)
	}
	want := "Reverse: unusable clips|Reverse: failed jobs|Reverse: latency, % of stated|Forwarding: latency, % of stated|Reverse: region errors|Forwarding: lost answers"
	if got := strings.Join(order, "|"); got != want {
		t.Errorf("bars are\n%s, want\n%s", got, want)
	}
	short := "Inputs not drawn: 2 that move it less, 2 that hardly move it, 1 without a figure"
	for width, want := range map[vg.Length]string{300: short, 600: short + "; 2 can decide whether requirements are met"} {
		if got := d.note(4, width); got != want {
			t.Errorf("the note is %q, want %q", got, want)
		}
	}
}

// Each end bears the input's value there; both stand together where the bar lies on one side of the stated result.
func TestTornadoEnds(t *testing.T) {
	d := newDrivers(driven())
	ends := map[string]string{}
	for _, b := range d.bars {
		before, after := d.endTexts(b)
		ends[b.row] = before + "|" + after
	}
	for row, want := range map[string]string{
		"Reverse: unusable clips":          "0%|10%",
		"Reverse: latency, % of stated":    "|45% · 160%",
		"Forwarding: latency, % of stated": "45% · 160%|",
		"Forwarding: lost answers":         "0%|0.5%: no figure",
	} {
		if ends[row] != want {
			t.Errorf("%s has the ends %q, want %q", row, ends[row], want)
		}
	}
}

func TestInputWords(t *testing.T) {
	for key, want := range map[string]string{
		"channels.reverse.errors.region.rate":  "Reverse: region errors|reverse's region errors",
		"channels.my_relay.errors.submit.rate": "My relay: submit errors|my relay's submit errors",
		"channels.reverse.latency":             "Reverse: latency, % of stated|reverse's latency",
		"channels.reverse.price":               "Reverse: price, % of stated|reverse's price",
		"channels.reverse.price.per_call":      "Reverse: price per call|reverse's price per call",
		`channels."a.b".errors.job.rate`:       "A.b: failed jobs|a.b's failed jobs",
		"fx.CNY":                               "CNY rate, % of stated|the CNY rate",
		"workload.an_order":                    "Workload an order|workload an order",
		"channels":                             "Channels|channels",
		"":                                     "Unnamed|unnamed",
	} {
		if row, phrase := view.InputWords(&record.Run{}, key); row+"|"+phrase != want {
			t.Errorf("inputWords(%q) = %q, %q, want %q", key, row, phrase, want)
		}
	}
}

func TestTornadoShedsRows(t *testing.T) {
	for name, run := range map[string]*record.Run{"driven": driven(), "many": manifold(40)} {
		for _, height := range []vg.Length{80, 120, 190, 230} {
			for _, c := range squeezed(chartOf("tornado.png", run, 424), 424, height) {
				t.Errorf("%s at %v: %s", name, height, c)
			}
		}
	}
	all := textsOf(t, chartOf("tornado.png", manifold(40), 424), 190)
	drawn := strings.Count(all, "Channel ") + strings.Count(all, "Reverse: ") + strings.Count(all, "Forwarding: ")
	if want := fmt.Sprintf("Inputs not drawn: %d that move it less", 46-drawn); drawn < 6 || !strings.Contains(all, want) {
		t.Errorf("%d rows are drawn, want some and %q in\n%s", drawn, want, all)
	}
}

// textsOf are the texts that a figure writes into a box of that height.
func textsOf(t testing.TB, f *figure, height vg.Length) string {
	t.Helper()
	p := &canvas.Page{Canvas: &recorder.Canvas{}, Width: 424, Height: height, Dpi: 36}
	if err := f.Paint(p, p.Sheet()); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, w := range p.Texts {
		all = append(all, w.Text)
	}
	return strings.Join(all, "\n")
}

// compareChart holds a chart of its own page against its golden picture.
func compareChart(t *testing.T, name, file string, f *figure) {
	t.Helper()
	c, err := f.picture(nil)
	if err != nil {
		t.Fatal(err)
	}
	full, err := png.Decode(bytes.NewReader(c.PNG))
	if err != nil {
		t.Fatal(err)
	}
	comparePicture(t, filepath.Join("testdata", name+"-"+file), quarter(full))
}

func TestTornadoTellsTheNumbers(t *testing.T) {
	f := chartOf("tornado.png", driven(), canvas.BodyWidth)
	for _, want := range []string{"Either of 2 inputs", "As stated: −$900.",
		"Reverse: unusable clips: −$1,310 at 0%, +$640 at 10%.", "Forwarding: lost answers: −$930 at 0%, – at 0.5%.",
		"Inputs not drawn: 2"} {
		if !strings.Contains(f.Alt(), want) {
			t.Errorf("alt text lacks %q: %s", want, f.Alt())
		}
	}
	if got, want := strings.Join(f.CSV()[1], ","),
		"channels.reverse.errors.unusable.rate,,0,0.03,0.1,-1310,-900,640,usd_a_month"; got != want || len(f.CSV()) != 10 {
		t.Errorf("%d rows, the first %s, want 10 and %s", len(f.CSV()), got, want)
	}
}

func TestGoldenTornado(t *testing.T) {
	compareChart(t, "driven", "tornado.png", chartOf("tornado.png", driven(), canvas.BodyWidth))
}
