package reports

import (
	"bytes"
	"io"
	"testing"

	"channelbench/internal/record"
)

// FuzzRead draws any run.json that can be read: alone, and beside another one.
func FuzzRead(f *testing.F) {
	for _, run := range []*record.Run{measured(), typical(), bare()} {
		var b bytes.Buffer
		for i := range run.Strategies { // a fuzzer of few bytes gets further
			if s := &run.Strategies[i]; len(s.LatencyCDF) > 3 {
				s.LatencyCDF = s.LatencyCDF[:3]
			}
		}
		if err := record.Write(&b, run); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), false)
		f.Add(b.Bytes(), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, drawn bool) {
		run, err := record.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var charts []Picture
		set := NewSet([]Labelled{{Label: "a", Run: run}, {Label: "b", Run: typical()}})
		if drawn {
			if charts, err = Charts(run); err == nil {
				_, _ = Together(set)
			}
		}
		_ = Text(io.Discard, run, TextOptions{})
		_ = Markdown(io.Discard, run, charts, MarkdownOptions{})
		_ = SetText(io.Discard, set, Sentences(set), TextOptions{})
		_ = SetMarkdown(io.Discard, set, Sentences(set), charts, make([][]Picture, 2), MarkdownOptions{})
	})
}
