package mockchannel

import (
	"context"
	"time"
)

// clock tells the scenario's time, which began with the server.
type clock struct {
	origin time.Time
	speed  float64
}

// at is the scenario's time at an instant.
func (c clock) at(t time.Time) time.Duration {
	if c.speed == 1 {
		return t.Sub(c.origin)
	}
	return bounded(float64(t.Sub(c.origin)) * c.speed)
}

// real is how long a span of the scenario's time takes.
func (c clock) real(span time.Duration) time.Duration {
	if c.speed == 1 {
		return span
	}
	return bounded(float64(span) / c.speed)
}

// longest keeps sums of a few spans far from overflow.
const longest = 50 * 365 * 24 * time.Hour

func bounded(nanoseconds float64) time.Duration {
	return time.Duration(min(nanoseconds, float64(longest)))
}

// wait returns at an instant, or when the context ends.
func wait(ctx context.Context, until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
