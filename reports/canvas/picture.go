package canvas

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"image"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Format is how a picture is encoded.
type Format string

// The formats that a picture can have.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// Picture is a chart as files hold it.
type Picture struct {
	File  string // name for the picture in its first format, such as "at-a-glance.png"
	Title string // what the picture says, in a sentence
	Alt   string // the same with its numbers
	PNG   []byte // nil: not asked for
	SVG   []byte // nil: not asked for
	CSV   []byte // the series drawn, for those who want to draw it otherwise; nil: the page of charts that have their own
}

// Files are a picture's files by the ends of their names: ".png", ".svg" and ".csv".
func (c *Picture) Files() map[string][]byte {
	files := map[string][]byte{}
	for end, data := range map[string][]byte{".png": c.PNG, ".svg": c.SVG, ".csv": c.CSV} {
		if data != nil {
			files[c.Base()+end] = data
		}
	}
	return files
}

// Base is the file's name without its end.
func (c *Picture) Base() string {
	return strings.TrimSuffix(strings.TrimSuffix(c.File, "."+string(PNG)), "."+string(SVG))
}

// Encode makes a picture of the page, under a name without an end; without a format, a PNG.
func (p *Page) Encode(name, title, alt string, formats []Format) (Picture, error) {
	if len(formats) == 0 {
		formats = []Format{PNG}
	}
	c := Picture{File: name + "." + string(formats[0]), Title: title, Alt: alt}
	var err error
	if slices.Contains(formats, PNG) {
		if c.PNG, err = p.PNG(); err != nil {
			return c, err
		}
	}
	if slices.Contains(formats, SVG) {
		c.SVG, err = p.SVG(title, alt)
	}
	return c, err
}

// PNG encodes the page as pixels.
func (p *Page) PNG() ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(p.Width, p.Height), vgimg.UseDPI(p.Dpi))
	if err := p.Canvas.ReplayOn(img); err != nil {
		return nil, err
	}
	return Encode(img.Image().(*image.RGBA))
}

// SVG encodes the page as shapes, with its words for those who can't see it. It needs no font: letters are shapes, too.
func (p *Page) SVG(title, alt string) ([]byte, error) {
	drawn := vgsvg.New(p.Width, p.Height)
	if err := p.Canvas.ReplayOn(drawn); err != nil {
		return nil, err
	}
	var b, words bytes.Buffer
	if _, err := drawn.WriteTo(&b); err != nil {
		return nil, err
	}
	for _, w := range [][2]string{{"title", title}, {"desc", alt}} {
		words.WriteString("<" + w[0] + ">")
		if err := xml.EscapeText(&words, []byte(w[1])); err != nil {
			return nil, err
		}
		words.WriteString("</" + w[0] + ">\n")
	}
	// gonum/plot calls the pictures within JPEG, whatever they are; some viewers then show none.
	svg := bytes.ReplaceAll(b.Bytes(), []byte("data:image/jpg;"), []byte("data:image/png;"))
	start := bytes.Index(svg, []byte("<svg"))
	open := start + bytes.IndexByte(svg[start:], '>') + 1
	return slices.Concat(svg[:open], []byte("\n"), words.Bytes(), svg[open:]), nil
}

// EncodeCSV is the numbers behind a picture.
func EncodeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return b.Bytes(), err
}
