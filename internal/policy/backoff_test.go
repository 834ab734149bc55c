package policy_test

import (
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

func TestBackoff(t *testing.T) {
	const s, century = time.Second, 100 * 365 * 24 * time.Hour
	constant := policy.Backoff{Base: 2 * s, Factor: 9, Cap: s, Low: 1, High: 1}
	doubling := policy.Backoff{Growth: policy.ExponentialBackoff, Base: 2 * s, Factor: 2, Low: 1, High: 1}
	capped, full, equal, half := doubling, doubling, doubling, doubling
	capped.Cap = 10 * s
	full.Low = 0
	equal.Low = 0.5
	half.Low, half.High = 0.5, 1.5
	high := policy.Backoff{Growth: policy.ExponentialBackoff, Base: 20 * s, Factor: 2, Cap: 10 * s, Low: 1, High: 1}
	huge := policy.Backoff{Growth: policy.ExponentialBackoff, Base: time.Hour, Factor: 100, Low: 0.5, High: 1.5}
	endless := policy.Backoff{Growth: policy.ExponentialBackoff, Base: s, Factor: 1e300, Low: 0, High: 1}
	cappedHalf := half
	cappedHalf.Cap = 4 * s
	for _, tt := range []struct {
		name      string
		backoff   policy.Backoff
		failures  int
		low, high time.Duration
		middle    time.Duration // at a jitter of ½
	}{
		{"nothing", policy.Backoff{Low: 1, High: 1}, 1, 0, 0, 0},
		{"constant knows no factor and no cap", constant, 1, 2 * s, 2 * s, 2 * s},
		{"constant stays", constant, 15, 2 * s, 2 * s, 2 * s},
		{"doubling begins at the base", doubling, 1, 2 * s, 2 * s, 2 * s},
		{"doubling", doubling, 2, 4 * s, 4 * s, 4 * s},
		{"doubling goes on", doubling, 5, 32 * s, 32 * s, 32 * s},
		{"below the cap", capped, 3, 8 * s, 8 * s, 8 * s},
		{"at the cap", capped, 4, 10 * s, 10 * s, 10 * s},
		{"beyond the cap", capped, 15, 10 * s, 10 * s, 10 * s},
		{"a base beyond the cap", high, 1, 10 * s, 10 * s, 10 * s},
		{"full jitter", full, 3, 0, 8 * s, 4 * s},
		{"equal jitter", equal, 3, 4 * s, 8 * s, 6 * s},
		{"half jitter", half, 1, s, 3 * s, 2 * s},
		{"the jitter is about the cap, and may go beyond", cappedHalf, 3, 2 * s, 6 * s, 4 * s},
		{"it cannot overflow", huge, 15, century, century, century},
		{"nor be less than nothing", endless, 3, 0, century, century / 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			low, high := tt.backoff.Bounds(tt.failures)
			if low != tt.low || high != tt.high {
				t.Errorf("Bounds(%d) = %v, %v, want %v, %v", tt.failures, low, high, tt.low, tt.high)
			}
			for jitter, want := range map[float64]time.Duration{0: tt.low, 0.5: tt.middle, 1: tt.high} {
				if got := tt.backoff.Pause(tt.failures, jitter); got != want {
					t.Errorf("Pause(%d, %v) = %v, want %v", tt.failures, jitter, got, want)
				}
			}
		})
	}
}

func TestFetchPause(t *testing.T) {
	for poll, want := range map[time.Duration]time.Duration{0: time.Second, time.Millisecond: time.Second,
		10 * time.Second: 10 * time.Second} {
		step := policy.Step{Poll: poll}
		if got := step.FetchPause(); got != want {
			t.Errorf("polled every %v: fetched again after %v, want %v", poll, got, want)
		}
	}
}

func TestReasonSet(t *testing.T) {
	set := policy.SetOf(channel.Region, channel.BadClip)
	for r := channel.NoReason; r < channel.NumReasons; r++ {
		if want := r == channel.Region || r == channel.BadClip; set.Has(r) != want {
			t.Errorf("Has(%v) = %v", r, !want)
		}
	}
	if policy.SetOf().Has(channel.NoReason) {
		t.Error("the empty set has something")
	}
}

func TestRouteAttempts(t *testing.T) {
	route := policy.Route{Steps: []policy.Step{{Attempts: 3}, {Attempts: 2}}}
	if got := route.Attempts(); got != 5 {
		t.Errorf("%d attempts, want 5", got)
	}
}

// Every value has a name of its own.
func TestNames(t *testing.T) {
	names := map[string]bool{}
	add := func(name string) {
		if name == "" || names[name] {
			t.Errorf("%q twice, or empty", name)
		}
		names[name] = true
	}
	for k := policy.Start; k <= policy.Rejected; k++ {
		add("event " + k.String())
	}
	for k := policy.Submit; k <= policy.Settle; k++ {
		add("action " + k.String())
	}
	add(policy.Stop.String())
	add(policy.NextStep.String())
	add(policy.ConstantBackoff.String())
	add(policy.ExponentialBackoff.String())
}
