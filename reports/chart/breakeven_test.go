package chart

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
	"channelbench/scenarios"
	"channelbench/sim"
)

// flatOrBySecond is a map by formula: $0.12 a call on reverse against $0.085 a second on forwarding, where a failed
// call on reverse is paid and tried again.
func flatOrBySecond(perSecond float64) *record.BreakEvenMap {
	m := &record.BreakEvenMap{Strategy: "reverse", Against: "forwarding", Resolution: "720p", Channel: "reverse",
		Failure:  "job",
		Workload: record.MapBox{SecondsLow: 4, SecondsHigh: 12, RateLow: 0.01, RateHigh: 0.04}}
	for s := 0.5; s <= 15.5; s += 0.5 {
		m.Seconds = append(m.Seconds, s)
	}
	for i := range 25 {
		m.Rates = append(m.Rates, 0.005*math.Pow(120, float64(i)/24))
	}
	for _, rate := range m.Rates {
		row := make([]*float64, len(m.Seconds))
		for i, s := range m.Seconds {
			row[i] = reporttest.Ptr(perSecond*s - 0.12/(1-rate))
		}
		m.Saving = append(m.Saving, row)
	}
	return m
}

// mapped is the typical run with a map.
func mapped() *record.Run {
	return even(change(reporttest.Typical(), func(r *record.Run) { r.Map = flatOrBySecond(0.085) }), 0, 1.45)
}

// even says where the sides of a run's map cost the same: at a length from which on reverse is cheaper, and at a rate
// of its failures beyond which it isn't. 0: nowhere; below 0: the other way round.
func even(run *record.Run, rate, seconds float64) *record.Run {
	run.Verdict.BreakEvens = nil
	for i, v := range []float64{seconds, rate} {
		e := record.BreakEven{Cheaper: "reverse", Dearer: "forwarding", Clip: "8 s 720p",
			FailRate: reporttest.Ptr(math.Abs(v))}
		if v < 0 {
			e.Cheaper, e.Dearer = e.Dearer, e.Cheaper
		}
		if i == 0 {
			e.Clip, e.Seconds, e.FailRate = "720p", e.FailRate, nil
		}
		if v != 0 {
			run.Verdict.BreakEvens = append(run.Verdict.BreakEvens, e)
		}
	}
	return run
}

// holed has areas in which nothing is known, and one length and rate that we sell.
func holed() *record.Run {
	run := mapped()
	for j := range run.Map.Saving {
		for i := range run.Map.Saving[j] {
			if j > 18 && i < 8 || j < 3 && i > 26 {
				run.Map.Saving[j][i] = nil
			}
		}
	}
	run.Map.Workload = record.MapBox{SecondsLow: 8, SecondsHigh: 8, RateLow: 0.02, RateHigh: 0.02}
	return run
}

// tilted is a map whose savings follow a formula.
func tilted(saving func(seconds, rate float64) float64) *record.Run {
	run := mapped()
	for j, rate := range run.Map.Rates {
		for i, s := range run.Map.Seconds {
			run.Map.Saving[j][i] = reporttest.Ptr(saving(s, rate))
		}
	}
	return run
}

// severalSold adds clips of a resolution that the map isn't of.
func severalSold(run *record.Run) *record.Run {
	run.Scenario.Videos = []record.Video{{Name: "short", Share: 0.8, Seconds: 8, Resolution: "720p"},
		{Name: "spot", Share: 0.2, Seconds: 10, Resolution: "1080p"}}
	return run
}

func TestBreakEvenTitleFollowsTheData(t *testing.T) {
	formula := func(perSecond, seconds float64) *record.Run {
		return even(change(mapped(), func(r *record.Run) { r.Map = flatOrBySecond(perSecond) }), 0, seconds)
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"cheaper, flips at shorter clips", formula(0.085, 1.45),
			"Reverse is cheaper for every clip we sell; below 1.45 s forwarding would be"},
		{"dearer, flips at longer clips", formula(0.0095, 12.9),
			"Forwarding is cheaper for every clip we sell; from 12.9 s on reverse would be"},
		{"dearer, never flips", formula(0.001, 0),
			"Forwarding is cheaper for every clip we sell, and everywhere on this map"},
		{"flips within", formula(0.02, 6.06), "For clips of 6.06 s and more reverse is cheaper, for shorter ones forwarding"},
		{"flips within, the other way", even(tilted(func(s, _ float64) float64 { return 6 - s }), 0, -6),
			"For clips of 6 s and more forwarding is cheaper, for shorter ones reverse"},
		{"flips at a rate", even(tilted(func(_, r float64) float64 { return 0.02 - r }), 0.02, 0),
			"Up to 2% failed jobs reverse is cheaper, beyond that forwarding"},
		{"flips at a higher rate", even(tilted(func(_, r float64) float64 { return 0.2 - r }), 0.2, 0),
			"Reverse is cheaper for every clip we sell; beyond 20% failed jobs forwarding would be"},
		{"flips at a rate, the other way", even(tilted(func(_, r float64) float64 { return r - 0.02 }), -0.02, 0),
			"Up to 2% failed jobs forwarding is cheaper, beyond that reverse"},
		{"flips beyond the map", even(tilted(func(_, _ float64) float64 { return 1 }), 0.9, 40),
			"Reverse is cheaper for every clip we sell, and everywhere on this map"},
		{"flips twice", change(tilted(func(s, _ float64) float64 { return (s - 5) * (s - 9) }), func(r *record.Run) {
			r.Verdict.BreakEvens = append(even(r, 0, -5).Verdict.BreakEvens, even(r, 0, 9).Verdict.BreakEvens...)
		}), "Whether reverse or forwarding is cheaper depends on the clip"},
		{"level", tilted(func(_, _ float64) float64 { return 0 }),
			"Reverse and forwarding cost the same for every clip we sell"},
		{"not all that we sell is on the map", severalSold(formula(0.0095, 12.9)),
			"Forwarding is cheaper for every 720p clip we sell; from 12.9 s on reverse would be"},
		{"not all that we sell flips within", severalSold(formula(0.02, 6.06)),
			"For 720p clips of 6.06 s and more reverse is cheaper, for shorter ones forwarding"},
		{"not all that we sell flips at a rate", severalSold(even(tilted(func(_, r float64) float64 { return 0.02 - r }), 0.02, 0)),
			"Up to 2% failed jobs reverse is cheaper, beyond that forwarding, for 720p clips"},
		{"not all that we sell is level", severalSold(tilted(func(_, _ float64) float64 { return 0 })),
			"Reverse and forwarding cost the same for every 720p clip we sell"},
		{"we are elsewhere", change(mapped(), func(r *record.Run) {
			r.Map.Workload = record.MapBox{SecondsLow: 60, SecondsHigh: 90, RateLow: 0.01, RateHigh: 0.02}
		}),
			"Reverse is cheaper on 92% of this map"},
		{"in a hole", change(holed(), func(r *record.Run) {
			r.Map.Workload = record.MapBox{SecondsLow: 1, SecondsHigh: 2, RateLow: 0.4, RateHigh: 0.5}
		}),
			"Reverse is cheaper on 94% of this map"},
	} {
		if got := chartOf("break-even.png", c.run, canvas.BodyWidth).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestMapsUnfitToBeDrawn(t *testing.T) {
	if chartOf("break-even.png", reporttest.Typical(), canvas.BodyWidth) != nil {
		t.Error("a run without a map has a chart")
	}
	for name, spoil := range map[string]func(*record.BreakEvenMap){
		"one length":      func(m *record.BreakEvenMap) { m.Seconds = m.Seconds[:1] },
		"rows missing":    func(m *record.BreakEvenMap) { m.Saving = m.Saving[1:] },
		"a short row":     func(m *record.BreakEvenMap) { m.Saving[3] = m.Saving[3][1:] },
		"not ascending":   func(m *record.BreakEvenMap) { m.Seconds[1] = m.Seconds[0] },
		"no rate above 0": func(m *record.BreakEvenMap) { m.Rates = make([]float64, len(m.Rates)) },
		"nothing known": func(m *record.BreakEvenMap) {
			for _, row := range m.Saving {
				clear(row)
			}
		},
	} {
		run := mapped()
		spoil(run.Map)
		if chartOf("break-even.png", run, canvas.BodyWidth) != nil {
			t.Errorf("%s: a chart is drawn", name)
		}
	}
}

// A rate of zero has no place on a logarithmic axis: the rest of the map is drawn.
func TestMapFromRateZero(t *testing.T) {
	run := mapped()
	run.Map.Rates[0] = 0
	f := NewSavingField(run.Map)
	if f == nil || len(f.Y) != len(run.Map.Rates)-1 {
		t.Fatalf("the map is %v", f)
	}
}

func TestSavingIsBilinear(t *testing.T) {
	m := &record.BreakEvenMap{Seconds: []float64{2, 4, 8}, Rates: []float64{0.01, 0.1},
		Saving: [][]*float64{{reporttest.Ptr(1.0), reporttest.Ptr(3.0), nil},
			{reporttest.Ptr(5.0), reporttest.Ptr(-1.0), reporttest.Ptr(2.0)}}}
	f := NewSavingField(m)
	for _, c := range []struct {
		x, y  float64
		want  float64
		known bool
	}{
		{0, 0, 1, true}, {1. / 3, 0, 3, true}, {0, 1, 5, true}, {1. / 3, 1, -1, true},
		{1. / 6, 0, 2, true}, {0, 0.5, 3, true}, {1. / 6, 0.5, 2, true}, {0.5, 0.5, 0, false}, {1, 1, 0, false},
	} {
		if got := f.At(c.x, c.y); got.Known != c.known || math.Abs(got.Usd-c.want) > 1e-9 {
			t.Errorf("at %v, %v: %v, want %v, known %v", c.x, c.y, got, c.want, c.known)
		}
	}
}

// Break-even lies at the edge of a bin, and the steps are round.
func TestBinsMeetAtBreakEven(t *testing.T) {
	for name, c := range map[string]struct {
		run  *record.Run
		want string
	}{
		"a dollar": {mapped(), "[-1 -0.5 -0.2 -0.1 0 0.1 0.2 0.5 1]"},
		"cents": {change(mapped(), func(r *record.Run) { r.Map = flatOrBySecond(0.02) }),
			"[-0.1 -0.05 -0.02 -0.01 0 0.01 0.02 0.05 0.1]"},
		"no saving": {tilted(func(_, _ float64) float64 { return 0 }), "[-1 -0.5 -0.2 -0.1 0 0.1 0.2 0.5 1]"},
		"huge": {tilted(func(s, _ float64) float64 { return s * 1e250 }),
			"[-1e+200 -5e+199 -2e+199 -1e+199 0 1e+199 2e+199 5e+199 1e+200]"},
	} {
		f := NewSavingField(c.run.Map)
		b := &breakEven{field: f, edges: binEdges(f)}
		if got := fmt.Sprintf("%.3g", b.edges); got != c.want {
			t.Errorf("%s: edges %s, want %s", name, got, c.want)
		}
		if loss, gain := b.bin(-1e-12), b.bin(0); loss != len(losses)-1 || gain != len(losses) {
			t.Errorf("%s: bins %d and %d meet at break-even", name, loss, gain)
		}
	}
}

// Every place has the colour of what it saves: orange where it costs more, hatched where nothing is known.
func TestMapColours(t *testing.T) {
	f := chartOf("break-even.png", holed(), canvas.BodyWidth)
	p, err := f.alone()
	if err != nil {
		t.Fatal(err)
	}
	c := &breakEven{m: holed().Map, field: NewSavingField(holed().Map)}
	c.edges = binEdges(c.field)
	n := p.NewPanel(vg.Rectangle{Max: vg.Point{X: 72, Y: 72}}, 1, 1)
	img := c.pixels(n)
	if got := img.Bounds().Dx(); got != canvas.Dpi {
		t.Errorf("an inch of map is %d pixels wide, want %d", got, canvas.Dpi)
	}
	at := func(x, y float64) color.RGBA { return img.RGBAAt(int(x*canvas.Dpi), canvas.Dpi-1-int(y*canvas.Dpi)) }
	for name, ok := range map[string]bool{
		"costs more":  at(0.01, 0.1) == losses[0],
		"saves":       at(0.95, 0.5) == gains[4],
		"break-even":  level(at(0.0617, 0.02), canvas.Ink) < 80,
		"not known":   at(0.1, 0.9) == canvas.BadArea || at(0.1, 0.9) == canvas.AxisColor,
		"its neighbo": at(0.4, 0.9) == gains[2],
	} {
		if !ok {
			t.Errorf("%s: another colour", name)
		}
	}
}

func TestRateTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.005, 0.6, "1% 10% 3% 30% 0.5% 5% 50% 2% 20%"},
		{0.01, 0.03, "1% 3% 2%"},
		{0.011, 0.019, "1.2% 1.4% 1.6% 1.8%"},
		{1e-300, 1, "1e-264% 1e-226% 1e-188% 1e-150% 1e-112% 1e-74% 1e-36% 100%"},
	} {
		var got []string
		for _, tick := range rateTicks(math.Log10(c.low), math.Log10(c.high)) {
			got = append(got, tick.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("from %v to %v: %s, want %s", c.low, c.high, s, c.want)
		}
	}
}

// TestTheBoxNamesWhatIsOnTheMap where more is sold than that.
func TestTheBoxNamesWhatIsOnTheMap(t *testing.T) {
	f := chartOf("break-even.png", severalSold(mapped()), canvas.BodyWidth)
	if texts := textsOf(t, f, f.Height()); !strings.Contains(texts, "our 720p clips: 4 to 12 s") {
		t.Errorf("the box is not of 720p clips:\n%s", texts)
	}
	if !strings.Contains(f.Alt(), "For our 720p clips: ") {
		t.Errorf("alt text: %s", f.Alt())
	}
}

func TestBreakEvenFitsALowBox(t *testing.T) {
	for name, run := range map[string]*record.Run{"mapped": mapped(), "holed": holed(),
		"level": tilted(func(_, _ float64) float64 { return 0 })} {
		for _, height := range []vg.Length{110, 190, 230} {
			f := chartOf("break-even.png", run, 424)
			for _, s := range squeezed(f, 424, height) {
				t.Errorf("%s at %v: %s", name, height, s)
			}
			if texts := textsOf(t, f, height); !strings.Contains(texts, "our clips") ||
				!strings.Contains(texts, "Reverse cheaper") || !strings.Contains(texts, zeroText) {
				t.Errorf("%s at %v: only\n%s", name, height, texts)
			}
		}
	}
}

func TestBreakEvenTellsTheNumbers(t *testing.T) {
	f := chartOf("break-even.png", holed(), canvas.BodyWidth)
	for _, want := range []string{"below 1.45 s forwarding would be.", "saves −$0.10 to $1.20 a clip against forwarding",
		"For our clips: $0.56."} {
		if !strings.Contains(f.Alt(), want) {
			t.Errorf("alt text lacks %q: %s", want, f.Alt())
		}
	}
	if got := len(f.CSV()); got != 1+25*31 {
		t.Errorf("%d rows, want one a point of the grid", got)
	}
}

func TestGoldenBreakEven(t *testing.T) {
	compareChart(t, "mapped", "break-even.png", chartOf("break-even.png", mapped(), canvas.BodyWidth))
	compareChart(t, "holed", "break-even.png", chartOf("break-even.png", holed(), canvas.BodyWidth))
}

// figureIn is a figure with its unit: 3.09 s, 72%.
var figureIn = regexp.MustCompile(`\d+(\.\d+)?( s\b|%)`)

// agrees says what text and chart of a run tell differently about its break-evens: a figure in the title that stands in
// no sentence, or a break-even that isn't where the map changes its colour.
func agrees(run *record.Run) (faults []string) {
	f := chartOf("break-even.png", run, canvas.BodyWidth)
	if f == nil {
		return nil
	}
	sentences := strings.Join(view.BreakEvens(run), " ")
	for _, figure := range figureIn.FindAllString(f.Title(), -1) {
		if !strings.Contains(sentences, figure) {
			faults = append(faults, fmt.Sprintf("%q is titled %q", sentences, f.Title()))
		}
	}
	field, m := NewSavingField(run.Map), run.Map
	for _, e := range run.Verdict.BreakEvens {
		if e.Seconds == nil || e.Clip != m.Resolution || m.Workload.RateLow != m.Workload.RateHigh ||
			m.Workload.RateLow < m.Rates[0] {
			continue
		}
		at, ok := field.LengthFlip(ShareOf(field.Y, LogRate(m.Workload.RateLow)))
		if seconds := field.X[0] + at*(field.X[len(field.X)-1]-field.X[0]); ok &&
			math.Abs(seconds-*e.Seconds) > 0.05**e.Seconds && !strings.HasPrefix(e.Sentence, "From") {
			faults = append(faults, fmt.Sprintf("%q, but the map changes at %.2f s", e.Sentence, seconds))
		}
	}
	return faults
}

// TestBreakEvensAgree: text and chart tell the same of where two strategies cost the same, of the shipped scenarios and
// of any.
func TestBreakEvensAgree(t *testing.T) {
	for _, name := range scenarios.Names() {
		for _, fault := range agrees(storedRun(t, name)) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	told := 0
	luck := rand.New(rand.NewPCG(3, 0))
	for range 25 {
		share := func() string { return fmt.Sprintf("%d%%", luck.IntN(40)) }
		one := func(of ...string) string { return of[luck.IntN(len(of))] }
		makes := func() string { return one("{}", "{ seconds = [4, 8, 12] }", "{ seconds = [2, 3, 4, 5, 6, 8, 12] }") }
		text := fmt.Sprintf(`
workload = { orders_per_month = 1000, deadline = "30m", videos = [{ name = "clip", share = "100%%", seconds = %s, resolution = "720p", fit = %q }] }
[channels.a]
kind = "forwarding"
makes = %s
price = { per_second = "$0.%02d" }
latency = { shape = "constant", base = "60s" }
errors = { job = { rate = %q, billed = %q } }
[channels.b]
kind = "reverse"
makes = %s
price = { per_call = "$0.%02d", billed = %q }
latency = { shape = "constant", base = "60s" }
errors = { job = { rate = %q }, unusable = { rate = %q } }
[strategies]
a = { steps = [{ channel = "a", attempts = %d }] }
b = { steps = [{ channel = "b", attempts = %d }] }
`, one("4", "8", "12"), one("exact", "longer"), makes(), 1+luck.IntN(10), share(), share(),
			makes(), 2+luck.IntN(60), one("on_success", "on_accept"), share(), share(), 1+luck.IntN(3), 1+luck.IntN(3))
		s, _, err := scenario.Load("any.toml", []byte(text), scenario.Options{})
		if err != nil {
			t.Fatal(err, text)
		}
		run, err := sim.Run(t.Context(), s, sim.Options{Months: 20})
		if err != nil {
			t.Fatal(err, text)
		}
		told += len(run.Verdict.BreakEvens)
		for _, fault := range agrees(run) {
			t.Error(fault, text)
		}
	}
	if told == 0 {
		t.Error("no scenario has a break-even")
	}
}
