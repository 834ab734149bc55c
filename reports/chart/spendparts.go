package chart

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
)

// flowed is a part's place under its bar.
type flowed struct {
	spent
	x    vg.Length
	line int
	text string
}

// indent is the room of the square before a part's name.
func (t flowed) indent() vg.Length {
	if t.name == "" {
		return 0
	}
	return chip + chipGap
}

const (
	chip      = vg.Length(6) // the square of colour before a name
	chipGap   = vg.Length(3)
	flowGap   = vg.Length(8)
	partInset = vg.Length(4)
)

// flow fills lines with parts. Where they don't all fit the smallest are left out, and a last text counts them.
func flow(parts []spent, width vg.Length, lines int) (list []flowed, all bool) {
	for left := 0; left <= len(parts) && lines > 0; left++ {
		texts, rest := withoutSmallest(parts, left)
		ends := []string{""}
		if left > 0 {
			ends = []string{fmt.Sprintf("%d more: %s", left, partDollars(rest, parts[0].of)), fmt.Sprintf("+%d", left)}
		}
		for _, end := range ends {
			list := slices.Clone(texts)
			if end != "" {
				list = append(list, flowed{text: end})
			}
			if fill(list, width, lines) {
				return list, left == 0
			}
		}
	}
	return nil, len(parts) == 0
}

// withoutSmallest leaves so many parts out, and sums them up.
func withoutSmallest(parts []spent, left int) (texts []flowed, rest float64) {
	sizes := make([]float64, len(parts))
	for i, x := range parts {
		sizes[i] = x.usd
	}
	slices.Sort(sizes)
	skipped := 0
	for _, x := range parts {
		if skipped < left && x.usd <= sizes[left-1] {
			skipped, rest = skipped+1, rest+x.usd
			continue
		}
		texts = append(texts, flowed{spent: x})
	}
	return texts, rest
}

// fill gives texts their places, and says whether they all have one. A channel is named once in a line.
func fill(texts []flowed, width vg.Length, lines int) bool {
	x, line := vg.Length(0), 0
	for i := range texts {
		t := &texts[i]
		long, short := t.text, t.text
		if t.name != "" {
			long, short = t.spent.text(), t.spent.text()
		}
		if i > 0 && t.name != "" && t.channel == texts[i-1].channel {
			short = t.word + " " + partDollars(t.usd, t.of)
		}
		t.text = short
		if x > 0 && x+t.width() > width {
			x, line = 0, line+1
		}
		if x == 0 {
			t.text = long
		}
		if t.width() > width || line >= lines {
			return false
		}
		t.x, t.line = x, line
		x += t.width() + flowGap
	}
	return true
}

// width is what a text takes with its square of colour.
func (t flowed) width() vg.Length { return t.indent() + partStyle.Width(t.text) }
