//go:build unix

package bench

import (
	"testing"

	"channelbench/internal/scenario"
)

// TestSpeedOfTheClock: on mock channels it runs as fast as no lag of a machine with other work, too, shows in the median.
func TestSpeedOfTheClock(t *testing.T) {
	for _, tt := range []struct {
		name, base string
		want       float64
	}{
		{"a clip of seven seconds", "7s", 10},
		{"a minute", "60s", 15},
		{"two minutes", "120s", 30},
		{"an hour", "1h", 60},
	} {
		s, _, err := scenario.Load("quick", []byte(quick), scenario.Options{
			Set: []string{`channels.only.latency={ shape = "constant", base = "` + tt.base + `" }`}})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := NewPlan(s)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Speed != tt.want {
			t.Errorf("%s: %vx, want %vx", tt.name, plan.Speed, tt.want)
		}
	}
}
