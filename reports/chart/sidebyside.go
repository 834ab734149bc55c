package chart

import (
	"fmt"
	"strconv"
	"strings"

	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// Own draws the charts of each run of a set, on axes that all of them share; the page that sums a run up keeps its own.
func Own(s *view.Set, formats ...canvas.Format) ([][]canvas.Picture, error) {
	own := make([][]canvas.Picture, len(s.Runs))
	for i, m := range s.Runs {
		page, err := pageChart(m.Run, formats)
		if err != nil {
			return nil, fmt.Errorf("draw %s of %s: %w", pageFile, m.Label, err)
		}
		own[i] = []canvas.Picture{page}
	}
	for _, k := range kinds {
		figures := make([]*figure, len(s.Runs))
		for i, m := range s.Runs {
			figures[i] = k.of(m.Run, canvas.BodyWidth)
		}
		for i, f := range aligned(figures) {
			if f == nil {
				continue
			}
			c, err := f.picture(formats)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Runs[i].Label, err)
			}
			own[i] = append(own[i], c)
		}
	}
	return own, nil
}

// sideBySide are the charts that show the runs together. Of runs that buy different things each purchase has its own.
func sideBySide(s *view.Set) []figure {
	list := []figure{lineupFigure(s)}
	groups := s.Purchases()
	for _, make := range []func(*view.Set, []*view.Member) *figure{prognosisFigure, trendFigure} {
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
func Together(s *view.Set, formats ...canvas.Format) ([]canvas.Picture, error) {
	var charts []canvas.Picture
	for _, f := range sideBySide(s) {
		c, err := f.picture(formats)
		if err != nil {
			return nil, err
		}
		charts = append(charts, c)
	}
	return charts, nil
}

// Sentences say what the runs come to, one for each chart that shows them side by side.
func Sentences(s *view.Set) []string {
	var list []string
	for _, f := range sideBySide(s) {
		list = append(list, strings.TrimSuffix(f.Title(), ".")+".")
	}
	return list
}
