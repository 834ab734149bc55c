package scenario

import (
	"regexp"
	"testing"

	"channelbench/internal/scenario/document"
)

// TestHintsProposeNoOtherAmount: what a hint tells to write is the amount, share, duration or number that was written,
// or all that it can be. Where that can't be known, it tells how such values look.
func TestHintsProposeNoOtherAmount(t *testing.T) {
	const perCall, rate, sigma, orders, promise, times, require = "per_call", "rate", "sigma", "orders_per_month", "promise", "range", "require"
	lines := map[string]string{perCall: `price = { per_call = X }`, rate: `errors = { job = { rate = X } }`,
		times: `latency = { base = "20s", sigma = 0.4, range = ["80%", X] }`,
		sigma: `latency = { base = "20s", sigma = X }`}
	for _, c := range []struct{ key, value, want string }{
		{perCall, `30`, `amounts are in dollars, not in cents, as "$0.12"`},
		{perCall, `"30"`, `amounts are in dollars, not in cents, as "$0.12"`},
		{perCall, `"30 cents"`, `write "$0.30"`},
		{perCall, `"30¢"`, `write "$0.30"`},
		{perCall, `"0.5ct"`, `write "$0.005"`},
		{perCall, `"€0.30"`, `write "EUR 0.30", and its rate under fx`},
		{perCall, `"0.30 €"`, `write "EUR 0.30", and its rate under fx`},
		{perCall, `"¥2"`, `write "CNY 2" or "JPY 2", and its rate under fx`},
		{perCall, `"¥2 a clip"`, `convert it: amounts are in US dollars`},
		{perCall, `"0.30 EUR"`, `write "EUR 0.30", and its rate under fx`},
		{perCall, `"RMB 2"`, `write "CNY 2", and its rate under fx`},
		{perCall, `"0.30 SEK"`, amounts},
		{perCall, `"30 CNY"`, `write "CNY 30", and its rate under fx`},
		{perCall, `0.30`, `write "$0.30"`},
		{perCall, `"0.30 USD"`, `write "$0.30"`},
		{perCall, `"US$ 0.30"`, `write "$0.30"`},
		{perCall, `"0.30$"`, `write "$0.30"`},
		{perCall, `"1,250 dollars"`, `write "$1,250.00"`},
		{perCall, `"0,30"`, `amounts are in dollars, not in cents, as "$0.12"`},
		{perCall, `"free"`, amounts},
		{perCall, `true`, amounts},
		{rate, `0.5`, `write "50%" or "0.5%"`},
		{rate, `2`, `write "2%" or "200%"`},
		{rate, `10`, `write "10%" or "1000%"`},
		{rate, `85`, `write "85%"`},
		{rate, `0`, `write "0%"`},
		{times, `20`, `write "20%" or "2000%"`},
		{require, `["in_time >= 85"]`, `write "85%"`},
		{require, `["in_time > 0.85"]`, `write "in_time >= 85%"`},
		{require, `["in_time > 85"]`, `write "in_time >= 85%"`},
		{require, `["in_time > 85%"]`, `write "in_time >= 85%"`},
		{require, `["p95 < 240"]`, `write "p95 <= 240s"`},
		{require, `["cost_per_delivered < 0.30"]`, `write "cost_per_delivered <= $0.30"`},
		{rate, `"30 percent"`, shares},
		{rate, `"1/3"`, shares},
		{sigma, `"40%"`, `write 0.4, without quotes`},
		{sigma, `"0.4"`, `write 0.4, without quotes`},
		{sigma, `"0.4s"`, `write it in digits, without quotes or unit`},
		{sigma, `"40 %"`, `write 0.4, without quotes`},
		{orders, `"20,000"`, `write 20000, without quotes`},
		{orders, `"12,5"`, `write it in digits, without quotes`},
		{orders, `"1.000"`, `write it in digits, without quotes`},
		{promise, `90`, `write "90s" or "90m"`},
		{promise, `"2 hours"`, `write "2h"`},
		{promise, `"2 weeks"`, durations},
	} {
		table := "[workload]"
		if c.key == require {
			table = "[decision]"
		}
		source := table + "\n" + c.key + " = " + c.value + "\n"
		if line, of := lines[c.key]; of {
			source = "[channels.a]\n" + regexp.MustCompile("X").ReplaceAllLiteralString(line, c.value) + "\n"
		}
		_, _, err := Load("x.toml", []byte(source), Options{})
		hint := "none"
		for _, p := range err.(document.Problems) {
			if p.Text != "" && p.Line == 2 && len(p.Hint) > 0 && p.Hint[:3] != "add" {
				hint = p.Hint
				break
			}
		}
		if hint != c.want {
			t.Errorf("%s = %s: hint %q, want %q", c.key, c.value, hint, c.want)
		}
	}
}

// TestABareDollarInAShell: "--set late=$0.30" reaches the program as "late=bash.30" or "late=.30" does.
func TestABareDollarInAShell(t *testing.T) {
	source := goodSource(t)
	for _, argument := range []string{"costs.late=0.30", "costs.late=0", "costs.late=30", "costs.late=.30",
		"costs.late=bash.30"} {
		_, _, err := Load("x.toml", source, Options{Set: []string{argument}, ReadFile: readTestFile})
		if p := err.(document.Problems)[0]; p.Hint != "write the $, and single quotes around key=value: without them a shell takes $0 for a variable" {
			t.Errorf("%s: %v", argument, p)
		}
	}
}

// TestMistakesOfSyntaxHideNothing: what can be read all the same is read, and what is wrong in it is told, too.
func TestMistakesOfSyntaxHideNothing(t *testing.T) {
	source := "seed = 1\nseed = 2\n[workload]\npromise = 6m\norders_per_month = \"many\"\n[costs]\nlate = $1,250\nundelivered = $20 # a comment\nlat = 1\n" +
		"[channels.a]\nprice = { per_call = $0.10, per_call = 5% }\n"
	_, _, err := Load("x.toml", []byte(source), Options{})
	var got []string
	for _, p := range err.(document.Problems) {
		got = append(got, p.Text+" > "+p.Hint)
	}
	for _, want := range []string{
		`not valid TOML: key seed is already defined > it stands at 1:1 first: leave one of them out`,
		`not valid TOML: 6m has no quotes > write "6m"`,
		`orders_per_month must be a whole number, not the text "many" > write it in digits, without quotes`,
		`not valid TOML: $1,250 has no quotes > write "$1,250"`,
		`not valid TOML: $20 has no quotes > write "$20"`,
		`unknown key lat > did you mean late?`,
		`not valid TOML: $0.10 has no quotes > write "$0.10"`,
		`not valid TOML: key per_call is already defined > it stands at 11:11 first: leave one of them out`,
	} {
		found := false
		for _, g := range got {
			found = found || g == want
		}
		if !found {
			t.Errorf("not among the problems: %s\n%q", want, got)
		}
	}
}
