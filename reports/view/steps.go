package view

import (
	"sort"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Curve is a cleaned cumulative curve: finite, ascending, never falling, from 0 to at most 1.
type Curve []record.Point

// Steps cleans a curve.
func Steps(raw []record.Point) Curve {
	clean := make(Curve, 0, len(raw))
	for _, p := range raw {
		_, okX := words.Known(&p.Seconds)
		if _, okY := words.Known(&p.Share); okX && okY && p.Seconds >= 0 {
			clean = append(clean, p)
		}
	}
	sort.SliceStable(clean, func(i, j int) bool { return clean[i].Seconds < clean[j].Seconds })
	top := 0.0
	for i := range clean {
		top = max(top, min(clean[i].Share, 1))
		clean[i].Share = top
	}
	return clean
}

// Last is the share that is ever delivered.
func (s Curve) Last() float64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Share
}

// Reaches is the first time at which the share is reached.
func (s Curve) Reaches(share float64) (float64, bool) {
	for _, p := range s {
		if p.Share >= share && share > 0 {
			return p.Seconds, true
		}
	}
	return 0, false
}
