package figure

import (
	"math"
	"testing"

	"channelbench/internal/calibrate/fit"
)

func TestTexts(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Percent(0.0223912), "2.24%"},
		{Percent(0.5), "50%"},
		{Percent(0), "0%"},
		{Percent(1.204), "120%"},
		{Exact(0.123456789), "12.3456789%"},
		{Interval(fit.Estimate{Value: 0.02, Low: 0.01, High: 0.0312}), "2% (1%–3.12%)"},
		{Seconds(0), "0s"},
		{Seconds(9.77400000001), "9.774s"},
		{Seconds(90), "90s"},
		{Seconds(125.06), "2m5.1s"},
		{Seconds(3670), "1h1m10s"},
		{Seconds(90_000), "1d1h"},
		{Seconds(0.0123), "0.012s"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if v := Digits(0.0123456, 3, math.Ceil); v != 0.0124 {
		t.Errorf("got %v", v)
	}
	if v := Share(0.12345678949); v != 0.123456789 {
		t.Errorf("got %v", v)
	}
}
