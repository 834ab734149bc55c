package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// An SVG is well-formed, stands alone, says what it shows, and holds every text that the page has as shapes.
func TestSVG(t *testing.T) {
	run := paidFor()
	run.Map, run.Timeline, run.Scenario.Name = mapped().Map, bursty().Timeline, `<"&">`
	charts, err := Of(run, canvas.SVG)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range charts {
		if c.PNG != nil || !strings.HasSuffix(c.File, ".svg") {
			t.Errorf("%s: %d bytes of PNG, which nobody asked for", c.File, len(c.PNG))
		}
		words := map[string]string{}
		pictures := 0
		for d := xml.NewDecoder(bytes.NewReader(c.SVG)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", c.File, err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch name := start.Name.Local; name {
			case "title", "desc":
				var text string
				if err := d.DecodeElement(&text, &start); err != nil {
					t.Fatal(err)
				}
				words[name] = text
			case "image":
				pictures++
			}
			for _, a := range start.Attr {
				outside := strings.Contains(a.Value, "://") && a.Name.Space != "xmlns" && a.Name.Local != "xmlns"
				if outside || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "data:image/png;base64,iVBOR") {
					t.Errorf("%s: %s refers to %.60s", c.File, a.Name.Local, a.Value)
				}
			}
		}
		if words["title"] != c.Title || words["desc"] != c.Alt || c.Alt == "" {
			t.Errorf("%s says %q, want %q", c.File, words, c.Title)
		}
		if is := strings.HasPrefix(c.File, "break-even"); is != (pictures > 0) {
			t.Errorf("%s holds %d pictures", c.File, pictures)
		}
	}
	if both, err := Of(reporttest.Typical(), canvas.SVG, canvas.PNG); err != nil || both[0].PNG == nil ||
		both[0].SVG == nil {
		t.Errorf("not both formats: %v", err)
	}
}
