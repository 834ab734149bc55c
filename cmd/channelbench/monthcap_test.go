package main

import (
	"strings"
	"testing"
	"time"

	"channelbench/internal/money"
)

// TestSpentIn: each night and strategy of the month counts once, by its last line.
func TestSpentIn(t *testing.T) {
	november := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	night := func(at, mode, strategy, engine, spent string) string {
		return `{"schema":"channelbench/history/v1","kind":"night","at":"` + at + `","site":"ci","mode":"` + mode + `","scenario":"s","strategy":"` + strategy + `","engine":"` + engine + `","spent_usd":` + spent + "}\n"
	}
	for _, tt := range []struct {
		name, history string
		but           time.Time
		want          money.Micros
		wrong         string
	}{
		{name: "none"},
		{name: "two strategies of a night", want: 5_000_000,
			history: night("2026-11-03T02:00:00Z", "live", "a", "live", "2") + night("2026-11-03T02:00:00Z", "live", "b", "live", "3")},
		{name: "a resumed run counts once, by its last line", want: 4_000_000,
			history: night("2026-11-03T02:00:00Z", "live", "a", "live", "2") + night("2026-11-03T02:00:00Z", "live", "a", "live", "4")},
		{name: "last month doesn't count", want: 1_000_000,
			history: night("2026-10-31T23:59:59Z", "live", "a", "live", "9") + night("2026-11-01T00:00:00Z", "live", "a", "live", "1")},
		{name: "neither do mock nights and replays", want: 0,
			history: night("2026-11-03T02:00:00Z", "mock", "a", "live", "2") + night("2026-11-03T02:00:00Z", "live", "b", "replay", "3")},
		{name: "nor the run itself", want: 1_000_000, but: november.Add(50 * time.Hour),
			history: night("2026-11-03T02:00:00Z", "live", "a", "live", "2") + night("2026-11-04T02:00:00Z", "live", "a", "live", "1")},
		{name: "cents stay cents", want: 140_000,
			history: night("2026-11-03T02:00:00Z", "live", "a", "live", "0.14")},
		{name: "marks spend nothing", history: `{"schema":"channelbench/history/v1","kind":"accept","at":"2026-11-03T02:00:00Z"}` + "\n"},
		{name: "a torn line", history: `{"schema":"channelbench/his`, wrong: "line 1 cannot be read"},
		{name: "a night without its spending", history: `{"kind":"night","mode":"live","at":"2026-11-03T02:00:00Z"}`, wrong: "line 1 doesn't say"},
		{name: "a negative night", history: night("2026-11-03T02:00:00Z", "live", "a", "live", "-2"), wrong: "line 1 doesn't say"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := spentIn(strings.NewReader(tt.history), "live", november, tt.but)
			if (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
				t.Fatalf("error %v, want %q", err, tt.wrong)
			}
			if got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
