package reports

import (
	"fmt"
	"strconv"
	"strings"
)

// Own draws the charts of each run of a set, on axes that all of them share; the page that sums a run up keeps its own.
func Own(s *Set) ([][]Picture, error) {
	own := make([][]Picture, len(s.runs))
	for i, m := range s.runs {
		page, err := pageChart(m.Run)
		if err != nil {
			return nil, fmt.Errorf("draw %s of %s: %w", pageFile, m.Label, err)
		}
		own[i] = []Picture{page}
	}
	for _, k := range kinds {
		figures := make([]*figure, len(s.runs))
		for i, m := range s.runs {
			figures[i] = k.of(m.Run, bodyWidth)
		}
		for i, f := range aligned(figures) {
			if f == nil {
				continue
			}
			c, err := f.picture()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.runs[i].Label, err)
			}
			own[i] = append(own[i], c)
		}
	}
	return own, nil
}

// sideBySide are the charts that show the runs together. Of runs that buy different things each purchase has its own.
func sideBySide(s *Set) []figure {
	list := []figure{lineupFigure(s)}
	groups := s.purchases()
	for _, make := range []func(*Set, []*member) *figure{prognosisFigure, trendFigure} {
		n := 0
		for _, g := range groups {
			f := make(s, g)
			if f == nil {
				continue
			}
			if n++; n > 1 {
				f.file = strings.TrimSuffix(f.file, ".png") + "-" + strconv.Itoa(n) + ".png"
			}
			list = append(list, *f)
		}
	}
	return list
}

// Together draws the charts that show the runs side by side.
func Together(s *Set) ([]Picture, error) {
	var charts []Picture
	for _, f := range sideBySide(s) {
		c, err := f.picture()
		if err != nil {
			return nil, err
		}
		charts = append(charts, c)
	}
	return charts, nil
}

// Sentences say what the runs come to, one for each chart that shows them side by side.
func Sentences(s *Set) []string {
	var list []string
	for _, f := range sideBySide(s) {
		list = append(list, strings.TrimSuffix(f.Title(), ".")+".")
	}
	return list
}
