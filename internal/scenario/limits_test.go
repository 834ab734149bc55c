package scenario

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"channelbench/internal/scenario/document"
)

// TestBombs: whatever is beyond a limit is refused at its place, and what is within all limits is read to its end.
// Each of these once took a reader a minute or all memory, so a test that hangs has failed.
func TestBombs(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const other = "the scenario needs workload"
	for _, tt := range []struct {
		name, text string
		set        []string
		want       string
		line       int
	}{
		{name: "dots in a header", text: "[" + strings.Repeat("a.", 50_000) + "a]", want: "a key of more than 32 parts",
			line: 1},
		{name: "dots in a key", text: "x = 1\n" + strings.Repeat("a.", 50_000) + "a = 1", want: "a key of more than 32 parts",
			line: 2},
		{name: "dots in an inline table", text: "x = {" + strings.Repeat("a.", 33) + "a = 1}",
			want: "a key of more than 32 parts", line: 1},
		{name: "parts within the limit", text: strings.Repeat("a.", 31) + "a = 1", want: "unknown key a", line: 1},
		{name: "dots in numbers", text: "x = [" + strings.Repeat("1.5, ", 100) + "]", want: "unknown key x", line: 1},
		{name: "brackets in brackets", text: "x = " + strings.Repeat("[", 100_000), want: "brackets nested deeper than 32",
			line: 1},
		{name: "tables in tables", text: "x = " + strings.Repeat("{a=", 100_000), want: "brackets nested deeper than 32",
			line: 1},
		{name: "brackets side by side", text: "x = [" + strings.Repeat("[[]],\n", 1000) + "]", want: "unknown key x",
			line: 1},
		{name: "tables", text: many(120_000, "[t%d]\n"), want: "more than 100000 keys and items", line: 100_001},
		{name: "keys", text: many(120_000, "k%d = 1\n"), want: "more than 100000 keys and items", line: 100_001},
		{name: "items", text: "x = [" + strings.Repeat("1,", 120_000) + "]", want: "more than 100000 keys and items",
			line: 1},
		{name: "keys within the limit", text: many(99_000, "k%d = 1\n"), want: other, line: 1},
		{name: "secrets within the limit", text: many(99_000, "k%d = \"sk-abcdefgh\"\n"), want: other, line: 1},
		{name: "tables below one", text: many(49_000, "[a.t%d]\n"), want: other, line: 1},
		{name: "a text", text: "x = \"" + strings.Repeat("y", 2<<20) + "\"", want: "more than 1048576 bytes", line: 1},
		{name: "a text of escapes", text: "x = \"" + strings.Repeat(`\"`, 1<<20) + "\"", want: "more than 1048576 bytes",
			line: 1},
		{name: "a literal text", text: "x = '''" + strings.Repeat("y\n", 1<<20) + "'''", want: "more than 1048576 bytes",
			line: 1},
		{name: "a text without an end", text: "x = \"\"\"" + strings.Repeat("y\n", 1<<20), want: "more than 1048576 bytes",
			line: 1},
		{name: "a key", text: strings.Repeat("y", 2<<20) + " = 1", want: "more than 1048576 bytes", line: 1},
		{name: "a comment", text: "#" + strings.Repeat("y", 2<<20), want: "more than 1048576 bytes", line: 1},
		{name: "a number", text: "x = " + strings.Repeat("9", 2<<20), want: "more than 1048576 bytes", line: 1},
		{name: "comments", text: strings.Repeat("# y\n", 1<<20-1), want: other, line: 1},
		{name: "lines", text: strings.Repeat("\r\n", 1<<20) + "x = ", want: "not valid TOML", line: 1<<20 + 1},
		{name: "a long file", text: strings.Repeat("# yyyyyyy\n", 1<<20), want: "longer than 4 MB", line: 419431},
		{name: "nothing but zeros", text: strings.Repeat("\x00", 4<<20), want: "more than 1048576 bytes", line: 1},
		{name: "an override", set: []string{strings.Repeat("a.", 50_000) + "a=1"}, want: "a key of more than 32 parts"},
		{name: "an override's value", set: []string{"title=" + strings.Repeat("[", 50_000)},
			want: "brackets nested deeper than 32"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Load("bomb.toml", []byte(tt.text), Options{Set: tt.set})
			problems, is := err.(document.Problems)
			if !is || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %.300v, want %q", err, tt.want)
			}
			if tt.line > 0 && problems[0].Line != tt.line {
				t.Errorf("at line %d, want %d: %.200s", problems[0].Line, tt.line, problems[0])
			}
		})
	}
}

// TestAbsurdPortsAndDates: no address has such a port, and nobody has seen a price on such a day.
func TestAbsurdPortsAndDates(t *testing.T) {
	today := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	source := good(t, "small").Source
	for set, want := range map[string]string{
		`channels.forwarding.base_url="https://api.example.com:65536/v1"`:    "has the port 65536",
		`channels.forwarding.base_url="https://api.example.com:0/v1"`:        "has the port 0",
		`channels.forwarding.balance_url="https://api.example.com:70000/v1"`: "has the port 70000",
		`channels.forwarding.download_hosts=["cdn.example.com:65536"]`:       "has the port 65536",
		`channels.forwarding.download_hosts=["cdn.example.com:99999999"]`:    "is not a host",
		`channels.forwarding.download_hosts=["cdn.example.com:8443"]`:        "",
		`channels.forwarding.price.as_of=9999-12-31`:                         "too far",
		`channels.forwarding.as_of=2026-03-02`:                               "in the future",
		`channels.forwarding.ended=2026-03-02`:                               "",
		`channels.forwarding.ended=2100-01-01`:                               "too far",
		`channels.forwarding.price.as_of=2100-01-01`:                         "too far",
		`channels.forwarding.price.as_of=2026-03-02`:                         "in the future",
		`channels.forwarding.price.as_of=2026-03-01`:                         "",
		`channels.forwarding.price.as_of=1999-12-31`:                         "too far",
		`channels.forwarding.price.as_of=0001-01-01`:                         "too far",
	} {
		_, _, err := Load("small.toml", source, Options{Set: []string{set}, Today: today})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", set, err, want)
		}
	}
}
