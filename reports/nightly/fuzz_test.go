package nightly

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"unicode"

	"channelbench/internal/history"
)

// FuzzFormats shows whatever a history says whose checksums are right, in every format.
func FuzzFormats(f *testing.F) {
	var text strings.Builder
	for day := range 10 {
		fmt.Fprintf(&text,
			`{"schema":"channelbench/history/v1","kind":"night","at":"2026-11-%02dT03:00:00Z","scenario":"s","site":"c","mode":"mock","strategy":"a","engine":"live",`+
				`"orders":40,"delivered":40,"in_time":30,"latency_seconds":{"p50":{"value":%d,"low":90,"high":110}},"spent_usd":1}`+"\n", day+1, 100+300*(day/8))
	}
	f.Add([]byte(text.String()))
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := history.Read(bytes.NewReader(resealed(text)))
		if err != nil {
			t.Fatal(err)
		}
		c, err := history.Judge(log, history.Options{})
		if err != nil {
			return
		}
		var shown, benchmarks bytes.Buffer
		for _, err := range []error{Text(&shown, c), Markdown(&shown, c), CSV(&shown, c), JSON(&shown, c),
			JUnit(&shown, c, true), GoBench(&benchmarks, c)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for line := range strings.Lines(shown.String()) {
			line = strings.TrimSuffix(line, "\n")
			steers := func(r rune) bool { return !unicode.IsGraphic(r) && r != '\u2060' }
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") ||
				strings.ContainsFunc(line, steers) {
				t.Errorf("it shows %q", line)
			}
		}
		readGoBench(t, benchmarks.Bytes())
		shown.Reset()
		if err := Annotations(&shown, c); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(shown.String()) {
			if !strings.HasPrefix(line, "::error title=") && !strings.HasPrefix(line, "::warning title=") {
				t.Errorf("it annotates %q", line)
			}
		}
	})
}

// resealed gives each line a right checksum, whatever it holds.
func resealed(text []byte) []byte {
	var all []byte
	for line := range bytes.Lines(text) {
		begun := bytes.TrimSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
		sum := crc32.Checksum(append(bytes.Clone(begun), '}'), crc32.MakeTable(crc32.Castagnoli))
		all = fmt.Appendf(append(all, begun...), ",\"crc\":\"%08x\"}\n", sum)
	}
	return all
}
