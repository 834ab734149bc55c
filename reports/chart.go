package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"channelbench/internal/record"
)

// Chart is one picture of a run.
type Chart struct {
	File string // name for the picture, such as "at-a-glance.png"
	Alt  string // what the picture says, in words: its title and its numbers
	PNG  []byte
	CSV  []byte // the series drawn, for those who want to draw it otherwise
}

// drawing is a chart before it is encoded.
type drawing struct {
	page *page
	alt  string
	rows [][]string // of the CSV, header first
}

// kinds lists the charts in the order in which they are read.
var kinds = []struct {
	file string
	draw func(*record.Run) (*drawing, error)
}{
	{"at-a-glance.png", drawGlance},
	{"latency-ecdf.png", drawECDF},
}

// Charts draws every chart of the run.
func Charts(run *record.Run) ([]Chart, error) {
	charts := make([]Chart, 0, len(kinds))
	for _, k := range kinds {
		d, err := k.draw(run)
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", k.file, err)
		}
		c := Chart{File: k.file, Alt: d.alt}
		if c.PNG, err = d.page.png(); err != nil {
			return nil, fmt.Errorf("draw %s: %w", k.file, err)
		}
		if c.CSV, err = encodeCSV(d.rows); err != nil {
			return nil, fmt.Errorf("draw %s: %w", k.file, err)
		}
		charts = append(charts, c)
	}
	return charts, nil
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
