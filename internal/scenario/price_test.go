package scenario

import (
	"slices"
	"testing"
	"time"
)

func TestStalePrices(t *testing.T) {
	const old = "the price of forwarding is of 2025-12-01, 91 days ago: check it, and renew its amount and as_of"
	const undated = "the price of reverse has no date: check it and add as_of = "
	day := func(text string) time.Time {
		d, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, test := range map[string]struct {
		today time.Time
		want  []string
	}{
		"the day itself":         {day("2025-12-01T12:00:00Z"), []string{undated + "2025-12-01"}},
		"a price of tomorrow":    {day("2025-11-30T12:00:00Z"), []string{undated + "2025-11-30"}},
		"90 days":                {day("2026-03-01T23:59:59Z"), []string{undated + "2026-03-01"}},
		"91 days":                {day("2026-03-02T00:00:00Z"), []string{old, undated + "2026-03-02"}},
		"91 days somewhere else": {day("2026-03-02T00:00:00+09:00"), []string{old, undated + "2026-03-02"}},
	} {
		if got := good(t, "small").StalePrices(test.today); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if got := good(t, "small", "channels.forwarding.price.as_of=2026-03-01",
		"channels.reverse.price.as_of=2026-03-01").StalePrices(day("2026-03-02T00:00:00Z")); got != nil {
		t.Errorf("prices of yesterday: %q", got)
	}
}
