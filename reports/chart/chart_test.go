package chart

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

var update = flag.Bool("update", false, "rewrite the golden files from what is drawn now")

// drawing is a figure on a page, not yet encoded.
type drawing struct {
	*figure
	page *canvas.Page
}

// chartOf is the figure of a kind.
func chartOf(file string, run *record.Run, width vg.Length) *figure {
	for _, k := range kinds {
		if k.file == file {
			return k.of(run, width)
		}
	}
	return nil
}

// sentenceOf is what a run decides.
func sentenceOf(run *record.Run) string {
	a := view.NewAnswer(run)
	return a.Sentence()
}

// pictures draws every chart of a run without encoding it.
func pictures(t testing.TB, run *record.Run) map[string]drawing {
	t.Helper()
	all := map[string]drawing{}
	for _, k := range kinds {
		f := k.of(run, canvas.BodyWidth)
		if f == nil {
			continue
		}
		p, err := f.alone()
		if err != nil {
			t.Fatalf("%s: %v", k.file, err)
		}
		all[k.file] = drawing{f, p}
	}
	return all
}

var drawnOnce = sync.OnceValues(func() ([]canvas.Picture, error) { return Of(reporttest.Typical()) })

// typicalCharts are the encoded charts of the typical run, drawn once for all tests.
func typicalOf(t testing.TB) []canvas.Picture {
	t.Helper()
	charts, err := drawnOnce()
	if err != nil {
		t.Fatal(err)
	}
	return charts
}

// cutMoney is an amount that lost digits.
var cutMoney = regexp.MustCompile(`\$\d[\d.,]*…`)

// collisions lists texts that leave the sheet or touch each other.
func collisions(p *canvas.Page) []string {
	var found []string
	for i, a := range p.Texts {
		if !canvas.Within(p.Sheet(), a.Box) {
			found = append(found, "cut off: "+a.Text)
		}
		if cutMoney.MatchString(a.Text) {
			found = append(found, "another amount: "+a.Text)
		}
		for _, b := range p.Texts[:i] {
			if canvas.Meets(canvas.Grow(a.Box, -0.1), b.Box) {
				found = append(found, "overlap: "+a.Text+" / "+b.Text)
			}
		}
	}
	return found
}

func TestTextStaysApartAndInside(t *testing.T) {
	for name, fixture := range reporttest.Fixtures {
		for file, d := range pictures(t, fixture()) {
			for _, c := range collisions(d.page) {
				t.Errorf("%s, %s: %s", name, file, c)
			}
			if len(d.page.Texts) < 5 {
				t.Errorf("%s, %s: only %d texts, so this test looks at nothing", name, file, len(d.page.Texts))
			}
		}
	}
}

func TestCollisionsAreFound(t *testing.T) {
	p, _ := canvas.NewPage(canvas.Header{Title: "Title", Subtitle: "Subtitle", Marks: "Marks", Foot: []string{"Foot"}},
		100)
	p.Write("left of the sheet", vg.Point{X: -5, Y: 80}, canvas.TickStyle, canvas.Left)
	p.Write("one", vg.Point{X: 100, Y: 60}, canvas.TickStyle, canvas.Left)
	p.Write("two", vg.Point{X: 105, Y: 62}, canvas.TickStyle, canvas.Left)
	if got := collisions(p); len(got) != 2 {
		t.Errorf("found %q, want one text cut off and one overlap", got)
	}
}

func TestEveryOwnStringHasGlyphs(t *testing.T) {
	for name, fixture := range reporttest.Fixtures {
		if name == "foreign" {
			continue
		}
		for file, d := range pictures(t, fixture()) {
			for _, w := range d.page.Texts {
				if strings.ContainsRune(w.Text, canvas.Missing) {
					t.Errorf("%s, %s: no glyph for a character of %q", name, file, w.Text)
				}
			}
		}
	}
	const signs = "–…·×≤≥−“”@#%$�" // what the reports use beyond letters and digits
	if got := canvas.Legible(signs); got != signs {
		t.Errorf("legible(%q) = %q", signs, got)
	}
}

func TestMissingGlyphsShow(t *testing.T) {
	for text, want := range map[string]string{
		"hybrid": "hybrid", "混合": "��", "→ ok": "� ok", "a\nb": "a�b", "канал": "канал", "\xff": "�",
		"a\u0301e\u0308": "áë", "Ｆｕｌｌ ①": "Full 1", "ﬁ": "fi", "한": "�", "x\u0331": "x�",
	} {
		if got := canvas.Legible(text); got != want {
			t.Errorf("legible(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestIllegible(t *testing.T) {
	for text, want := range map[string]string{"hybrid": "", "混合 混": "混 合", "a\u0301 канал Ｆ": "", "שלום": "ש ל ו ם",
		"�": ""} {
		if got := strings.Join(canvas.Illegible(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLabelsAreUnique(t *testing.T) {
	run := reporttest.RunOf(240, reporttest.Toy{Name: "官方"}, reporttest.Toy{Name: "混合"}, reporttest.Toy{Name: "hybrid"},
		reporttest.Toy{Name: "Hybrid"}, reporttest.Toy{Name: ""},
		reporttest.Toy{Name: strings.Repeat("long", 40) + "A"}, reporttest.Toy{Name: strings.Repeat("long", 41) + "A"})
	seen := map[string]bool{}
	for _, e := range view.Roster(run) {
		if seen[e.Label] {
			t.Errorf("label %q is given twice", e.Label)
		}
		seen[e.Label] = true
		if w := (canvas.Style{Size: view.RowSize, Medium: true}).Width(e.Label); w > view.LabelRoom+6 {
			t.Errorf("label %q is %.0f points wide, want at most %d", e.Label, float64(w), view.LabelRoom)
		}
	}
}

func TestChartsRepeatByteForByte(t *testing.T) {
	want := typicalOf(t)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			got, err := Of(reporttest.Typical())
			if err != nil {
				t.Error(err)
				return
			}
			for i := range want {
				if !bytes.Equal(got[i].PNG, want[i].PNG) || !bytes.Equal(got[i].CSV, want[i].CSV) || got[i].Alt != want[i].Alt {
					t.Errorf("%s differs from one drawing to the next", want[i].File)
				}
			}
		})
	}
	wait.Wait()
}

// The data behind a chart must be there to draw it again.
func TestChartCSV(t *testing.T) {
	charts := typicalOf(t)
	if charts[0].File != pageFile || charts[0].CSV != nil {
		t.Errorf("the first is %s, with %d bytes of numbers", charts[0].File, len(charts[0].CSV))
	}
	for _, c := range charts[1:] {
		rows, err := csv.NewReader(bytes.NewReader(c.CSV)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		seen := map[string]bool{}
		for _, row := range rows[1:] {
			seen[row[0]] = true
		}
		if len(seen) != 3 {
			t.Errorf("%s: the CSV holds %d strategies, want 3", c.File, len(seen))
		}
	}
}

func TestAltTellsTheNumbers(t *testing.T) {
	charts := typicalOf(t)
	for i, wants := range [][]string{
		{"Use hybrid: $0.331 a clip", "$9,702 less a month (59.4%) than forwarding", "may break the vendor's terms"},
		{"Hybrid meets every requirement at $0.331 a clip", "$0.816", "96.8%", "3:39", "(Winner)", "misses in time ≥ 96%"},
		{"Reverse misses the 4-minute promise", "99.3% in time", "within 2:58"},
	} {
		for _, want := range wants {
			if !strings.Contains(charts[i].Alt, want) {
				t.Errorf("%s: alt text lacks %q: %s", charts[i].File, want, charts[i].Alt)
			}
		}
	}
}

// Goldens hold the pictures at a quarter of their size, which keeps them small and still shows any
// shift of a text by a few pixels.
func TestGoldenPictures(t *testing.T) {
	polled, err := Of(reporttest.Polled())
	if err != nil {
		t.Fatal(err)
	}
	measured, err := Of(reporttest.Measured())
	if err != nil {
		t.Fatal(err)
	}
	for name, charts := range map[string][]canvas.Picture{"typical": typicalOf(t), "polled": polled,
		"measured": measured} {
		for _, c := range charts {
			full, err := png.Decode(bytes.NewReader(c.PNG))
			if err != nil {
				t.Fatal(err)
			}
			want := 1600
			if c.File == pageFile {
				want = 2000
			}
			if got := full.Bounds().Dx(); got != want {
				t.Errorf("%s is %d pixels wide, want %d", c.File, got, want)
			}
			comparePicture(t, filepath.Join("testdata", name+"-"+c.File), quarter(full))
		}
	}
}

// quarter shrinks a picture by averaging blocks of 4 × 4 pixels.
func quarter(img image.Image) *image.RGBA {
	b := img.Bounds()
	small := image.NewRGBA(image.Rect(0, 0, b.Dx()/4, b.Dy()/4))
	for y := range small.Rect.Max.Y {
		for x := range small.Rect.Max.X {
			var sum [3]uint32
			for i := range 16 {
				r, g, b, _ := img.At(4*x+i%4, 4*y+i/4).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+b>>8
			}
			small.SetRGBA(x, y, color.RGBA{uint8(sum[0] / 16), uint8(sum[1] / 16), uint8(sum[2] / 16), 255})
		}
	}
	return small
}

// comparePicture allows what rounding on another machine may change: a few levels in few pixels.
func comparePicture(t *testing.T, path string, got *image.RGBA) {
	t.Helper()
	if *update {
		var b bytes.Buffer
		e := png.Encoder{CompressionLevel: png.BestCompression}
		if err := e.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with go test ./reports/chart -update", err)
	}
	want := pixels(t, file)
	if want.Rect != got.Rect {
		t.Errorf("%s is %v, drawn now as %v", path, want.Rect, got.Rect)
		return
	}
	off := 0
	for y := range got.Rect.Max.Y {
		for x := range got.Rect.Max.X {
			if level(want.RGBAAt(x, y), got.RGBAAt(x, y)) > 24 {
				off++
			}
		}
	}
	if limit := got.Rect.Dx() * got.Rect.Dy() / 2000; off > limit {
		t.Errorf("%s: %d pixels differ, want at most %d; look at the picture, then go test ./reports/chart -update", path,
			off, limit)
	}
}

// level is the largest difference in a colour, 0 to 255.
func level(a, b color.RGBA) int {
	if a == b {
		return 0
	}
	apart := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
	return max(apart(a.R, b.R), apart(a.G, b.G), apart(a.B, b.B))
}

// An amount that has no room is written smaller, or not at all, but never as another one.
func TestMoneyIsNeverCut(t *testing.T) {
	for _, costs := range [][]float64{{136.790427, 0.001234}, {999_999.4, 1_000}, {123_456_789_012, 0.1}, {4e14, 3e14}} {
		run := change(paidFor(), func(r *record.Run) {
			for i, v := range costs {
				s := &r.Strategies[i]
				s.CostPerDelivered, s.MonthlyCost.Figure = reporttest.FigureOf(v, v/100), reporttest.FigureOf(1e4*v, v)
			}
		})
		for file, d := range pictures(t, run) {
			for _, fault := range collisions(d.page) {
				t.Errorf("%v, %s: %s", costs, file, fault)
			}
		}
	}
	words := "With forwarding a month costs $136,790, $1,234.56 less than with hybrid"
	s := canvas.Style{Size: 10}
	for w := s.Width("With"); w < s.Width(words); w++ {
		if cut := s.ShortenEnd(words, w); cutMoney.MatchString(cut) {
			t.Errorf("cut to %q", cut)
		}
	}
}

func TestColoursKeepTheirContrast(t *testing.T) {
	for kind, shades := range canvas.KindColors {
		for n, mark := range shades {
			if c := canvas.Contrast(mark); c < 3 {
				t.Errorf("%s, shade %d: contrast of the mark is %.2f, want 3", kind, n, c)
			}
			if c := canvas.Contrast(canvas.TextColor(mark)); c < 4.5 {
				t.Errorf("%s, shade %d: contrast of the text is %.2f, want 4.5", kind, n, c)
			}
		}
	}
}

// TestMockSaysMock: whoever sees any report of a bench of mock channels is told so, and of no other run.
func TestMockSaysMock(t *testing.T) {
	says := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), "mock") })
	}
	for _, channels := range []string{"mock", "live"} {
		run := bursty()
		run.Drive = &record.Drive{Channels: channels}
		for i := range run.Strategies {
			run.Strategies[i].Days, run.Strategies[i].Spend = month(1000, 0.1),
				[]record.Spend{{Channel: "reverse", For: "late", USD: 900}}
		}
		run.Map, run.Sensitivity = flatOrBySecond(0.085), reporttest.Explored()
		reports := map[string]bool{}
		sheet, alt, err := onePage(run)
		if err != nil {
			t.Fatal(err)
		}
		written := func(p *canvas.Page) (texts []string) {
			for _, w := range p.Texts {
				texts = append(texts, w.Text)
			}
			return texts
		}
		reports[pageFile], reports["its words"] = says(written(sheet)...), says(alt)
		for _, k := range kinds {
			f := k.of(run, canvas.BodyWidth)
			if f == nil {
				t.Fatalf("%s isn't drawn; this tests less than it should", k.file)
			}
			p, err := f.alone()
			if err != nil {
				t.Fatal(err)
			}
			reports[k.file] = says(written(p)...)
		}
		var txt, md strings.Builder
		if err := errors.Join(text.Terminal(&txt, run, text.Options{}),
			text.Markdown(&md, run, nil, text.MarkdownOptions{})); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(txt.String(), "Strategy")
		lead, _, _ := strings.Cut(md.String(), "|")
		reports["the text's head"], reports["Markdown's head"] = says(first), says(lead)
		set := view.NewSet([]view.Labelled{{Label: "one", Run: run}, {Label: "two", Run: run}, {Label: "three", Run: run},
			{Label: "four", Run: run}})
		f := lineupFigure(set)
		p, err := f.alone()
		if err != nil {
			t.Fatal(err)
		}
		reports["runs side by side"] = says(written(p)...)
		for report, told := range reports {
			if want := channels == "mock"; told != want {
				t.Errorf("%s of %s channels says mock: %v, want %v", report, channels, told, want)
			}
		}
	}
}
