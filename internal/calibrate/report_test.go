package calibrate

import (
	"strings"
	"testing"

	"channelbench/internal/record"
)

// TestMovedSpeaksAsReportsDo: costs and shares are written as everywhere else, and what isn't known by a dash.
func TestMovedSpeaksAsReportsDo(t *testing.T) {
	figure := func(v float64) record.Figure { return record.Figure{Value: &v} }
	was := &record.Run{Strategies: []record.Strategy{{Name: "a", CostPerDelivered: figure(0.123_96),
		DeliveredShare: figure(0.999_96), InTimeShare: figure(0.9)}}}
	is := &record.Run{Strategies: []record.Strategy{{Name: "a", CostPerDelivered: figure(1234.5),
		DeliveredShare: figure(0.95)}}}
	lines := strings.Split(strings.TrimSpace(Moved(was, is)), "\n")
	got := strings.Fields(lines[len(lines)-1])
	if want := "a $0.124 $1,234 99.996% 95% 90% –"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %q", got, want)
	}
}
