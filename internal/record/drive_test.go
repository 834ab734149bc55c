package record

import "testing"

// TestSlowEnough: at the speed that is named, a machine that is as late in real time is within the limit.
func TestSlowEnough(t *testing.T) {
	for _, tt := range []struct {
		name               string
		speed, late, limit float64
		want               float64
	}{
		{"twice as late as it may be", 100, 2.6, 1.3, 40},
		{"hardly too late", 60, 1.31, 1.3, 47},
		{"by far", 1000, 600, 1.3, 1.7},
		{"beyond life", 10, 600, 1.3, 1},
		{"not late", 60, 0.1, 1.3, 60},
	} {
		got := SlowEnough(tt.speed, tt.late, tt.limit)
		if got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if late := tt.late * got / tt.speed; got > 1 && late > tt.limit {
			t.Errorf("%s: at %v orders are still %v late", tt.name, got, late)
		}
	}
	if text := Slower(1, 5, 1); text != "" {
		t.Errorf("a clock that runs as life does is told %q", text)
	}
}
