package chart

import (
	"bytes"
	"io"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

// FuzzRead draws any run.json that can be read: alone, and beside another one.
func FuzzRead(f *testing.F) {
	for _, run := range []*record.Run{reporttest.Measured(), reporttest.Typical(), reporttest.Bare()} {
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
		var charts []canvas.Picture
		set := view.NewSet([]view.Labelled{{Label: "a", Run: run}, {Label: "b", Run: reporttest.Typical()}})
		if drawn {
			if charts, err = Of(run); err == nil {
				_, _ = Together(set)
			}
		}
		_ = text.Terminal(io.Discard, run, text.Options{})
		_ = text.Screen(io.Discard, run, text.ScreenOptions{Call: view.Call{Scenario: "s"}})
		_ = text.Markdown(io.Discard, run, charts, text.MarkdownOptions{})
		_ = text.TogetherScreen(io.Discard, set, Sentences(set), text.ScreenOptions{})
		_ = text.Together(io.Discard, set, Sentences(set), text.Options{})
		_ = text.TogetherMarkdown(io.Discard, set, Sentences(set), charts, make([][]canvas.Picture, 2),
			text.MarkdownOptions{})
	})
}
