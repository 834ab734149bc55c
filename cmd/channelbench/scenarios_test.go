package main

import (
	"testing"
	"time"

	"channelbench/internal/scenario"
)

// TestSoldOut: the list says what can't be bought any more, or not much longer.
func TestSoldOut(t *testing.T) {
	day := func(month time.Month) time.Time { return time.Date(2026, month, 24, 0, 0, 0, 0, time.UTC) }
	s := &scenario.Scenario{Read: day(time.December), Channels: make([]scenario.Channel, 3)}
	for i, name := range []string{"a", "b", "c"} {
		s.Channels[i].Name = name
	}
	if got := sold(s); got != "" {
		t.Errorf("got %q", got)
	}
	s.Channels[0].Ended, s.Channels[2].Ended = day(time.September), day(time.December).AddDate(1, 0, 0)
	if got, want := sold(s), " (a ended on 2026-09-24, c ends on 2027-12-24)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
