package reports

import (
	"channelbench/internal/record"
	"sort"
)

// stepper is a cleaned cumulative curve: finite, ascending, never falling, from 0 to at most 1.
type stepper []record.Point

func steps(raw []record.Point) stepper {
	clean := make(stepper, 0, len(raw))
	for _, p := range raw {
		_, okX := known(&p.Seconds)
		if _, okY := known(&p.Share); okX && okY && p.Seconds >= 0 {
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

// last is the share that is ever delivered.
func (s stepper) last() float64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Share
}

// reaches is the first time at which the share is reached.
func (s stepper) reaches(share float64) (float64, bool) {
	for _, p := range s {
		if p.Share >= share && share > 0 {
			return p.Seconds, true
		}
	}
	return 0, false
}
