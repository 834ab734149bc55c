package chart

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
	"channelbench/scenarios"
)

var simulate = flag.String("simulate", "", "a `folder` into which the gallery is written as others see it")

// vision is how somebody sees colours: a matrix over linear red, green and blue.
type vision struct {
	name   string
	matrix [3][3]float64
}

// visions are the two common dichromacies by Machado, Oliveira and Fernandes (IEEE TVCG 15, 2009, 1291-1298; severity
// 1), and what a printer without colours leaves, the luminance by Rec. 709.
var visions = []vision{
	{"as drawn", [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	{"deuteranopia", [3][3]float64{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
		{-0.011820, 0.042940, 0.968881}}},
	{"protanopia", [3][3]float64{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
		{-0.003882, -0.048116, 1.051998}}},
	{"greyscale", [3][3]float64{{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}}},
}

// sees is a colour as it appears.
func (v vision) sees(c color.RGBA) color.RGBA {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var out [3]uint8
	for i, row := range v.matrix {
		light := min(max(row[0]*in[0]+row[1]*in[1]+row[2]*in[2], 0), 1)
		if light <= 0.0031308 {
			light *= 12.92
		} else {
			light = 1.055*math.Pow(light, 1/2.4) - 0.055
		}
		out[i] = uint8(math.Round(255 * light))
	}
	return color.RGBA{out[0], out[1], out[2], 0xFF}
}

// linear undoes the curve of sRGB.
func linear(v uint8) float64 {
	if x := float64(v) / 255; x > 0.04045 {
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return float64(v) / 255 / 12.92
}

// deltaE is the difference ΔE of 1976, the distance in CIELAB under D65. About 2.3 can just be told apart side by side,
// and 10 at a glance.
func deltaE(a, b color.RGBA) float64 {
	lab := func(c color.RGBA) [3]float64 {
		r, g, b := linear(c.R), linear(c.G), linear(c.B)
		f := func(t float64) float64 {
			if t > 216.0/24389 {
				return math.Cbrt(t)
			}
			return (24389.0/27*t + 16) / 116
		}
		x := f((0.4124564*r + 0.3575761*g + 0.1804375*b) / 0.95047)
		y := f(0.2126729*r + 0.7151522*g + 0.0721750*b)
		z := f((0.0193339*r + 0.1191920*g + 0.9503041*b) / 1.08883)
		return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
	}
	p, q := lab(a), lab(b)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

func TestDifferenceOfColours(t *testing.T) {
	for _, c := range []struct {
		a, b color.RGBA
		want float64
	}{{canvas.White, canvas.Black, 100}, {canvas.Ink, canvas.Ink, 0},
		{canvas.Hex(0xFF0000), canvas.Hex(0x00FF00), 170.58}} {
		if got := deltaE(c.a, c.b); math.Abs(got-c.want) > 0.1 {
			t.Errorf("%v and %v are %.2f apart, want %.2f", c.a, c.b, got, c.want)
		}
	}
	if got := visions[3].sees(canvas.Hex(0xD55E00)); got.R != got.G || got.G != got.B {
		t.Errorf("grey is %v", got)
	}
	for _, v := range visions {
		if v.sees(canvas.White) != canvas.White || v.sees(canvas.Black) != canvas.Black {
			t.Errorf("%s: white is %v, black is %v", v.name, v.sees(canvas.White), v.sees(canvas.Black))
		}
	}
}

// Kinds of strategies stay apart for colour-blind readers, and so do strategies of a kind. Grey alone tells few of them
// apart: see TestMarksCarryTheirNames.
func TestColoursStayApart(t *testing.T) {
	var order []color.RGBA // the first of each kind, then the second of each, and so on
	for n := range canvas.KindColors[""] {
		for _, kind := range slices.Sorted(maps.Keys(canvas.KindColors)) {
			order = append(order, canvas.KindColors[kind][n])
		}
	}
	for _, v := range visions[:3] {
		for i, a := range order {
			for j, b := range order[:i] {
				least := 10.9
				if i < 2*len(canvas.KindColors) { // up to two of each kind
					least = 15
				}
				if d := deltaE(v.sees(a), v.sees(b)); d < least {
					t.Errorf("%s: colours %d and %d, %v and %v, are only %.1f apart", v.name, i, j, a, b, d)
				}
			}
		}
	}
}

// No two strategies of a run have one colour, whatever their kinds, as long as there are colours.
func TestEveryStrategyHasItsColour(t *testing.T) {
	for name, kinds := range map[string][]string{
		"two kinds in one family": {"forwarding", "reverse", "reverse", "hybrid", "hybrid", "routed"},
		"six of a kind":           {"hybrid", "hybrid", "hybrid", "hybrid", "hybrid", "hybrid"},
		"a kind that was robbed":  {"reverse", "reverse", "reverse", "reverse", "reverse", "direct", "direct"},
	} {
		run := &record.Run{}
		for i, kind := range kinds {
			run.Strategies = append(run.Strategies, record.Strategy{Name: fmt.Sprint(i), Kind: kind})
		}
		list := view.Roster(run)
		for i, a := range list {
			for _, b := range list[:i] {
				for _, v := range visions[:3] {
					if d := deltaE(v.sees(a.Mark), v.sees(b.Mark)); d < 10.9 {
						t.Errorf("%s, %s: strategies %s and %s are only %.1f apart", name, v.name, a.Name, b.Name, d)
					}
				}
			}
		}
	}
}

// A map's bins step visibly for everyone; where they change their sign there is the black line, too.
func TestBinsStayApart(t *testing.T) {
	for _, v := range visions {
		for bin := 1; bin < len(losses)+len(gains); bin++ {
			d := deltaE(v.sees(binColor(bin-1)), v.sees(binColor(bin)))
			if d < 9 && bin != len(losses) {
				t.Errorf("%s: bins %d and %d are only %.1f apart", v.name, bin-1, bin, d)
			}
			if line := deltaE(v.sees(binColor(bin)), v.sees(canvas.Ink)); bin == len(losses) && line < 60 {
				t.Errorf("%s: the line where both cost the same is only %.1f apart", v.name, line)
			}
		}
	}
}

// What a tint, a shade and a failure mean is told by how dark they are, which every reader sees.
func TestShadesOfOneColourStayApart(t *testing.T) {
	for _, v := range visions {
		for kind, shades := range canvas.KindColors {
			mark := shades[0]
			if d := deltaE(v.sees(mark), v.sees(canvas.Tint(mark, 0.72))); d < 25 {
				t.Errorf("%s: %s and its tint are only %.1f apart", v.name, kind, d)
			}
		}
	}
}

// Colour is never the only key: every strategy of a run stands by its name on each chart that draws it.
func TestMarksCarryTheirNames(t *testing.T) {
	runs := everyRun()
	for _, name := range scenarios.Names() {
		runs[name] = func() *record.Run { return storedRun(t, name) }
	}
	for name, fixture := range runs {
		run := fixture()
		for file, d := range pictures(t, run) {
			var names []string
			switch file {
			case "break-even.png", "tornado.png": // they compare two, and draw neither: their titles tell which
				continue
			case "timeline.png":
				for _, c := range run.Timeline.Channels {
					names = append(names, words.UpperFirst(channelWord(c.Channel)))
				}
			default:
				for _, e := range view.Roster(run) {
					names = append(names, e.Label)
				}
			}
			texts := make([]string, len(d.page.Texts))
			for i, w := range d.page.Texts {
				texts[i] = w.Text
			}
			all := strings.Join(texts, "\n")
			if strings.Contains(all, "not shown") || file == "cost-latency.png" && len(names) > 7 {
				continue // it says how many have none; of many, names are cut shorter
			}
			for _, want := range names {
				if canvas.Legible(want) != "" && !strings.Contains(all, canvas.Legible(want)) {
					t.Errorf("%s, %s: %q stands nowhere", name, file, want)
				}
			}
		}
	}
}

// In the gallery, the curves carry their names themselves, so that nobody needs the legend's colours.
func TestGalleryCurvesCarryTheirNames(t *testing.T) {
	for _, name := range scenarios.Names() {
		run := storedRun(t, name)
		p, err := chartOf("latency-ecdf.png", run, canvas.BodyWidth).alone()
		if err != nil {
			t.Fatal(err)
		}
		texts := p.Texts
		for _, e := range view.Roster(run) {
			n := 0
			for _, w := range texts {
				if w.Text == e.Label || w.Text == e.Label+" (excluded)" {
					n++
				}
			}
			if n < 2 {
				t.Errorf("%s: %s stands in the legend only", name, e.Label)
			}
		}
	}
}

// One side of a break-even map is named in it, since orange and blue are one grey.
func TestMapNamesASide(t *testing.T) {
	for name, run := range map[string]*record.Run{"mapped": mapped(), "holed": holed(), "sora2": storedRun(t, "sora2"),
		"veo31": storedRun(t, "veo31"), "starter": storedRun(t, "starter")} {
		p, err := chartOf("break-even.png", run, canvas.BodyWidth).alone()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(p.Texts,
			func(w canvas.Lettered) bool { return strings.HasSuffix(w.Text, " cheaper") }) {
			t.Errorf("%s: no side of the map is named", name)
		}
	}
}

// With -simulate FOLDER, the gallery is written there as others see it, at full size and as on a slide.
func TestSimulateVision(t *testing.T) {
	if *simulate == "" {
		t.Skip("no -simulate")
	}
	for _, e := range gallery {
		drawn := pixels(t, e.encoded(t))
		for _, v := range visions {
			seen := image.NewRGBA(drawn.Rect)
			known := map[color.RGBA]color.RGBA{}
			for y := range drawn.Rect.Dy() {
				for x := range drawn.Rect.Dx() {
					c := drawn.RGBAAt(x, y)
					if _, found := known[c]; !found {
						known[c] = v.sees(c)
					}
					seen.SetRGBA(x, y, known[c])
				}
			}
			name := strings.TrimSuffix(e.file, ".png") + " " + v.name
			for file, img := range map[string]*image.RGBA{name + ".png": seen, name + " on a slide.png": halved(seen)} {
				encoded, err := canvas.Encode(img)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(*simulate, file), encoded, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// halved shrinks a picture to 800 pixels.
func halved(img *image.RGBA) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()/2, img.Rect.Dy()/2))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			var sum [3]int
			for i := range 4 {
				c := img.RGBAAt(2*x+i%2, 2*y+i/2)
				sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
			}
			small.SetRGBA(x, y, color.RGBA{uint8(sum[0] / 4), uint8(sum[1] / 4), uint8(sum[2] / 4), 0xFF})
		}
	}
	return small
}
