package main

import (
	"testing"
	"time"

	"channelbench/internal/scenario"
)

// TestOnSale: the list says what can't be bought any more, or not much longer, and claims nothing that nobody has
// looked at lately.
func TestOnSale(t *testing.T) {
	day := func(month time.Month) time.Time { return time.Date(2026, month, 24, 0, 0, 0, 0, time.UTC) }
	type channel struct{ price, protocol, ended time.Time }
	for name, tt := range map[string]struct {
		channels []channel
		want     string
	}{
		"prices of lately":         {[]channel{{price: day(11)}, {price: day(10)}}, "yes"},
		"an old price, looked at":  {[]channel{{price: day(4), protocol: day(11)}}, "yes"},
		"an old price":             {[]channel{{price: day(4)}, {price: day(5), protocol: day(8)}}, "not known"},
		"no date":                  {[]channel{{}}, "not known"},
		"all have ended":           {[]channel{{price: day(4), ended: day(5)}, {price: day(11), ended: day(10)}}, "ended 2026-10-24"},
		"one has ended":            {[]channel{{price: day(11), ended: day(10)}, {price: day(11)}}, "not a"},
		"one has ended, one ages":  {[]channel{{price: day(4), ended: day(10)}, {price: day(4)}}, "not known"},
		"one ends some day":        {[]channel{{price: day(11)}, {price: day(11), ended: day(12).AddDate(1, 0, 0)}}, "b until 2027-12-24"},
		"one is looked at, at all": {[]channel{{price: day(4)}, {price: day(11)}}, "yes"},
	} {
		s := &scenario.Scenario{Read: day(12), Channels: make([]scenario.Channel, len(tt.channels))}
		for i, c := range tt.channels {
			s.Channels[i].Name = string(rune('a' + i))
			s.Channels[i].Price.AsOf, s.Channels[i].AsOf, s.Channels[i].Ended = c.price, c.protocol, c.ended
		}
		if got := onSale(s); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestOldestPrice(t *testing.T) {
	s := &scenario.Scenario{Channels: make([]scenario.Channel, 3)}
	for i, day := range []int{8, 5, 11} {
		s.Channels[i].Price.AsOf = time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)
	}
	if got := oldestPrice(s).Day(); got != 5 {
		t.Errorf("got the price of the %dth", got)
	}
}
