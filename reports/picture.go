package reports

import (
	"bytes"
	"encoding/csv"
)

// Picture is a chart as files hold it.
type Picture struct {
	File  string // name for the picture, such as "at-a-glance.png"
	Title string // what the picture says, in a sentence
	Alt   string // the same with its numbers
	PNG   []byte
	CSV   []byte // the series drawn, for those who want to draw it otherwise; nil: the page of charts that have their own
}

func encodeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return b.Bytes(), err
}
