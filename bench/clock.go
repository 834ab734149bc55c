package bench

import (
	"context"
	"time"
)

// clock tells the scenario's time: real time since the run began, times the speed.
type clock struct {
	origin time.Time
	speed  float64
}

// now is the scenario's time since the run began.
func (c *clock) now() time.Duration { return c.scenario(time.Since(c.origin)) }

// scenario turns a span of real time into the scenario's.
func (c *clock) scenario(real time.Duration) time.Duration {
	if c.speed == 1 {
		return real
	}
	return time.Duration(float64(real) * c.speed)
}

// real turns a span of the scenario's time into real time.
func (c *clock) real(scenario time.Duration) time.Duration {
	if c.speed == 1 {
		return scenario
	}
	return time.Duration(float64(scenario) / c.speed)
}

// sleep waits until a time of the run, and says whether it came before the context ended.
func (c *clock) sleep(ctx context.Context, until time.Duration) bool {
	wait := c.real(until) - time.Since(c.origin)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
