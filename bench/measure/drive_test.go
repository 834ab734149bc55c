package measure

import (
	"testing"
	"time"
)

func TestPerMinute(t *testing.T) {
	for name, test := range map[string]struct {
		at   []time.Duration
		want float64 // 0: none
	}{
		"none":     {nil, 0},
		"one":      {[]time.Duration{time.Second}, 0},
		"at once":  {[]time.Duration{time.Second, time.Second}, 0},
		"unsorted": {[]time.Duration{time.Minute, 0, 30 * time.Second}, 2},
	} {
		got := perMinute(test.at)
		if (got == nil) != (test.want == 0) || got != nil && *got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
