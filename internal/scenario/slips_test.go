package scenario

import (
	"strings"
	"testing"

	"channelbench/internal/scenario/document"
)

// TestSlipsOfNewcomers: what people write who have read no manual is told with the way to mend it.
func TestSlipsOfNewcomers(t *testing.T) {
	for _, c := range []struct{ name, old, new, hint string }{
		{"euros in letters", `"$0.10"`, `"0,12 EUR"`, "convert it: amounts are in US dollars"},
		{"pounds", `"$0.10"`, `"GBP 0.12"`,
			`add fx = { GBP = "$…", as_of = … } at the top, the dollars for one GBP`},
		{"euros with a sign", `"$0.10"`, `"€0.12"`, `write "EUR 0.12", and its rate under fx`},
		{"a unit that the key has", `seconds = 4`, `seconds = "4s"`, "write 4, without quotes or unit"},
		{"yes for a word", `as_of = 2025-12-01`, `billed = true`, `it can be "on_success" or "on_accept"`},
		{"a strategy for a channel", `steps = [{ channel = "first" }]` + "\n[strategies.s1]",
			`steps = [{ channel = "s0" }]` + "\n[strategies.s1]",
			`that is a strategy, and a step names a channel: it can be "first" or "second"`},
		{"curly quotes", `promise = "6m"`, `promise = “6m”`, `write straight quotes, as in "6m"`},
		{"a colon", `promise = "6m"`, `promise: "6m"`, `write key = value, as promise = "6m"`},
		{"an open header", `[workload]`, `[workload`, "close the name of the table by ] in the same line"},
		{"thousands", `orders_per_month = 1000`, `orders_per_month = 1,000`,
			"write thousands without commas, as 20_000 or 20000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(many(), c.old) {
				t.Fatalf("there is no %q", c.old)
			}
			_, _, err := Load("x.toml", []byte(strings.Replace(many(), c.old, c.new, 1)), Options{})
			problems, _ := err.(document.Problems)
			if len(problems) == 0 || problems[0].Hint != c.hint || problems[0].Line == 0 || problems[0].Column == 0 {
				t.Errorf("%v\nwant the hint %q", err, c.hint)
			}
		})
	}
}
