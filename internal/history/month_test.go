package history

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"channelbench/internal/money"
)

var november = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// spending is a line about a night.
func spending(t *testing.T, at, mode, strategy, engine string, usd float64, more ...func(*Night)) string {
	t.Helper()
	n := Night{Schema: Schema, Kind: "night", At: at, Site: "ci", Mode: mode, Scenario: "s", Strategy: strategy,
		Engine: engine, SpentUSD: usd}
	for _, change := range more {
		change(&n)
	}
	return string(encode(t, n))
}

func named(run string) func(*Night) { return func(n *Night) { n.Run = run } }

func inMonths(usd map[string]float64) func(*Night) { return func(n *Night) { n.SpentByMonth = usd } }

// TestMonthBudget: each run and strategy of the month counts once, by its last line, with what it spent in that
// month; what can't be trusted is named.
func TestMonthBudget(t *testing.T) {
	line := func(begun string) string { return string(sealedLine(`{"schema":"channelbench/history/v1",` + begun)) }
	third := spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2)
	for _, tt := range []struct {
		name, history string
		but           string
		want          money.Micros
		wrong         string
	}{
		{name: "none"},
		{name: "two strategies of a night", want: 5_000_000,
			history: third + spending(t, "2026-11-03T02:00:00Z", "live", "b", "live", 3)},
		{name: "a resumed run counts once, by its last line", want: 4_000_000,
			history: third + spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 4)},
		{name: "so it does by its name", want: 4_000_000,
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2, named("x")) +
				spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 4, named("x"))},
		{name: "two runs that began together count both", want: 6_000_000,
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2, named("x")) +
				spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 4, named("y"))},
		{name: "lines out of order count", want: 3_000_000,
			history: spending(t, "2026-11-04T02:00:00Z", "live", "a", "live", 1) + third},
		{name: "last month doesn't count", want: 1_000_000,
			history: spending(t, "2026-10-31T23:59:59Z", "live", "a", "live", 9) +
				spending(t, "2026-11-01T00:00:00Z", "live", "a", "live", 1)},
		{name: "nor does the next one", want: 2_000_000,
			history: third + spending(t, "2026-12-01T00:00:00Z", "live", "a", "live", 9)},
		{name: "in the month in which it was spent", want: 2_500_000,
			history: spending(t, "2026-10-31T23:00:00Z", "live", "a", "live", 4,
				inMonths(map[string]float64{"2026-10": 1.5, "2026-11": 2.5})) +
				spending(t, "2026-11-30T23:00:00Z", "live", "a", "live", 7, inMonths(map[string]float64{"2026-12": 7}))},
		{name: "at a clock further west", want: 2_000_000,
			history: spending(t, "2026-10-31T20:00:00-05:00", "live", "a", "live", 2)},
		{name: "neither do mock nights and replays",
			history: spending(t, "2026-11-03T02:00:00Z", "mock", "a", "live", 2) +
				spending(t, "2026-11-03T02:00:00Z", "live", "b", "replay", 3)},
		{name: "nor the run itself", want: 1_000_000, but: "2026-11-03T02:00:00.123456789Z",
			history: spending(t, "2026-11-03T02:00:00.123Z", "live", "a", "live", 2) +
				spending(t, "2026-11-04T02:00:00Z", "live", "a", "live", 1)},
		{name: "by its name", want: 1_000_000, but: "2026-11-03T02:00:00.123456789Z",
			history: spending(t, "2026-11-03T02:00:00.123Z", "live", "a", "live", 2, named("2026-11-03T02:00:00.123456789Z")) +
				spending(t, "2026-11-03T02:00:00.123Z", "live", "a", "live", 1, named("2026-11-03T02:00:00.123456780Z"))},
		{name: "cents stay cents", want: 140_000, history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 0.14)},
		{name: "less than a micro-dollar is one", want: 1,
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 3e-7)},
		{name: "marks spend nothing", history: line(`"kind":"accept","from":"2026-11-03T02:00:00Z"`)},
		{name: "an edited line", history: third + strings.Replace(third, `"spent_usd":2`, `"spent_usd":1`, 1),
			wrong: "h.jsonl: line 2 was changed after it was written"},
		{name: "a line without a checksum",
			history: `{"schema":"channelbench/history/v1","kind":"night","mode":"live","at":"2026-11-03T02:00:00Z","spent_usd":1}`, wrong: "line 1 was changed"},
		{name: "a torn line", history: third + `{"schema":"channelbench/history/v1","ki`, wrong: "line 2 was cut short"},
		{name: "no line of ours", history: "\n\n7\n", wrong: "line 3 is not a line of a history"},
		{name: "of another version", history: strings.ReplaceAll(third, "history/v1", "history/v2"),
			wrong: `line 1 has the schema "channelbench/history/v2"`},
		{name: "of an unknown kind", history: line(`"kind":"spree"`), wrong: `line 1 is of the kind "spree"`},
		{name: "a night without its spending",
			history: line(`"kind":"night","mode":"live","engine":"live","at":"2026-11-03T02:00:00Z"`),
			wrong:   "line 1 doesn't say what its night spent"},
		{name: "a negative night", history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", -2),
			wrong: "line 1 can't have spent −$2.00"},
		{name: "an absurd night", history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 1e300),
			wrong: "line 1 can't have spent $1e+300"},
		{name: "a negative month", wrong: "line 1 can't have spent −$5.00",
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2,
				inMonths(map[string]float64{"2026-11": -5, "2026-12": 7}))},
		{name: "months that don't add up", wrong: "line 1 spent $2.00, and $1.00 of it in months",
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2, inMonths(map[string]float64{"2026-11": 1}))},
		{name: "a month that is none", wrong: `line 1 has a month "Nov"`,
			history: spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 2, inMonths(map[string]float64{"Nov": 2}))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.jsonl")
			if tt.history != "" {
				if err := os.WriteFile(path, []byte(tt.history), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			b, err := MonthOf(november.Add(50*time.Hour), "live", 60*money.Dollar).budget(path, nil, tt.but)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) || !strings.Contains(err.Error(), "\n  hint: ") {
					t.Errorf("%v, want %q and a hint", err, tt.wrong)
				}
				return
			}
			if err != nil || b.Spent != tt.want || b.Left() != 60*money.Dollar-tt.want {
				t.Errorf("%+v, %v; want %v spent", b, err, tt.want)
			}
		})
	}
}

// TestNoByteLowersTheMonth: whichever byte of a history is changed, the month has spent as much as before, or it
// isn't known.
func TestNoByteLowersTheMonth(t *testing.T) {
	whole := []byte(spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 9.87) +
		spending(t, "2026-11-04T02:00:00Z", "live", "a", "live", 1.23))
	path := filepath.Join(t.TempDir(), "h.jsonl")
	for i := range whole {
		text := bytes.Clone(whole)
		text[i] ^= 1 << (5 * i % 8)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := MonthOf(november, "live", money.Dollar).Budget(path); err == nil && b.Spent != 11_100_000 {
			t.Errorf("a bit of byte %d: %v is spent", i, b.Spent)
		}
	}
}
