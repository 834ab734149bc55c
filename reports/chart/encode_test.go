package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/vgimg"

	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// A palette must not show: what is drawn most keeps its colour, and no pixel is off by what an eye can see in one.
func TestPaletteDoesNotShow(t *testing.T) {
	all := pictures(t, full())
	for file, d := range pictures(t, reporttest.Twenty()) { // of many colours
		all["twenty "+file] = d
	}
	for file, d := range all {
		sheet := vgimg.NewWith(vgimg.UseWH(d.page.Width, d.page.Height), vgimg.UseDPI(canvas.Dpi))
		if err := d.page.Canvas.ReplayOn(sheet); err != nil {
			t.Fatal(err)
		}
		drawn := sheet.Image().(*image.RGBA)
		encoded, err := canvas.Encode(drawn)
		if err != nil {
			t.Fatal(err)
		}
		off, worst, most, largest := 0, 0, 12, 110_000
		if strings.HasPrefix(file, "twenty") {
			most, largest = 20, 200_000 // on rims where two of twenty colours mix
		}
		if len(encoded) > largest {
			t.Errorf("%s has %d bytes", file, len(encoded))
		}
		decoded, err := png.Decode(bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if palette := decoded.(*image.Paletted).Palette; !slices.Contains(palette, color.Color(canvas.White)) ||
			strings.HasSuffix(file, "ecdf.png") && !slices.Contains(palette, color.Color(canvas.BadArea)) {
			t.Errorf("%s: a fill changes its colour", file)
		}
		again := pixels(t, encoded)
		for y := range drawn.Rect.Dy() {
			for x := range drawn.Rect.Dx() {
				if d := level(drawn.RGBAAt(x, y), again.RGBAAt(x, y)); d > 0 {
					off, worst = off+1, max(worst, d)
				}
			}
		}
		if share := float64(off) / float64(drawn.Rect.Dx()*drawn.Rect.Dy()); share > 0.06 || worst > most {
			t.Errorf("%s: %.2f%% of the pixels change, by up to %d levels", file, 100*share, worst)
		}
	}
}

func TestPaletteOfAnyPicture(t *testing.T) {
	plain := image.NewRGBA(image.Rect(0, 0, 9, 5)) // of one colour
	many := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		many.SetRGBA(i%64, i/64, color.RGBA{uint8(i), uint8(i >> 4), uint8(7 * i), 0xFF})
	}
	for name, img := range map[string]*image.RGBA{"plain": plain, "many colours": many,
		"empty": image.NewRGBA(image.Rect(0, 0, 0, 0))} {
		small := canvas.Reduce(img)
		if small.Rect != img.Rect || len(small.Palette) > canvas.MostColors {
			t.Errorf("%s: %v with %d colours", name, small.Rect, len(small.Palette))
		}
	}
}
