package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
)

// Chart is one picture of a run.
type Chart struct {
	File  string // name for the picture, such as "at-a-glance.png"
	Title string // what the picture says, in a sentence
	Alt   string // the same with its numbers
	PNG   []byte
	CSV   []byte // the series drawn, for those who want to draw it otherwise; nil: the page of charts that have their own
}

// kinds lists the charts in the order in which they are read. A maker gets the width that the figure will have, and
// returns nil where the run holds nothing that its chart could show.
var kinds = []struct {
	file string
	make func(run *record.Run, width vg.Length) *figure
}{
	{"at-a-glance.png", glanceFigure},
	{"latency-ecdf.png", ecdfFigure},
	{"cost-latency.png", paretoFigure},
	{"break-even.png", breakEvenFigure},
	{"tornado.png", tornadoFigure},
	{"budget.png", budgetFigure},
	{"spend.png", spendFigure},
	{"timeline.png", timelineFigure},
}

// Charts draws the one page that sums the run up, and every chart that the run has something to show in.
func Charts(run *record.Run) ([]Chart, error) {
	page, err := pageChart(run)
	if err != nil {
		return nil, fmt.Errorf("draw %s: %w", pageFile, err)
	}
	charts := []Chart{page}
	for _, k := range kinds {
		f := k.make(run, bodyWidth)
		if f == nil {
			continue
		}
		c, err := f.chart(k.file)
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", k.file, err)
		}
		charts = append(charts, c)
	}
	return charts, nil
}

// aligned makes the figures of one kind again so that their axes reach equally far; nil where a run has none.
func aligned(figures []*figure) []*figure {
	var reach []float64
	for _, f := range figures {
		if f == nil {
			continue
		}
		for i, v := range f.axes {
			if i == len(reach) {
				reach = append(reach, v)
			}
			reach[i] = max(reach[i], v)
		}
	}
	figures = slices.Clone(figures)
	for i, f := range figures {
		if f != nil && f.along != nil {
			figures[i] = f.along(reach)
		}
	}
	return figures
}

// chart encodes a figure on a page of its own.
func (f *figure) chart(file string) (Chart, error) {
	c := Chart{File: file, Title: f.title, Alt: f.alt}
	p, err := f.alone()
	if err != nil {
		return c, err
	}
	if c.PNG, err = p.png(); err != nil {
		return c, err
	}
	c.CSV, err = encodeCSV(f.rows)
	return c, err
}

func encodeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// cell is a number for the CSV: shortest exact form, empty where there is none.
func cell(v *float64) string {
	x, ok := known(v)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
