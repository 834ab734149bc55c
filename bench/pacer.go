package bench

import (
	"context"
	"sync"
	"time"
)

// pacer lets vegeta hit at the scheduled times. It waits inside Pace, since vegeta's own wait cannot
// be interrupted, and counts hits, since its duration cannot be exact.
type pacer struct {
	ctx   context.Context // ends the schedule at once
	times []time.Duration // real time since the first Pace, ascending

	once   sync.Once
	origin time.Time     // of the schedule: when vegeta began
	begun  chan struct{} // closed when origin is set
}

func newPacer(ctx context.Context, times []time.Duration) *pacer {
	return &pacer{ctx: ctx, times: times, begun: make(chan struct{})}
}

// Pace returns when hit number hits is due, and stop after the last one or when the context ended.
func (p *pacer) Pace(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	p.once.Do(func() {
		p.origin = time.Now().Add(-elapsed)
		close(p.begun)
	})
	if hits >= uint64(len(p.times)) {
		return 0, true
	}
	timer := time.NewTimer(p.times[hits] - time.Since(p.origin))
	defer timer.Stop()
	select {
	case <-p.ctx.Done():
		return 0, true
	case <-timer.C:
		return 0, p.ctx.Err() != nil
	}
}

// Rate is the mean rate of the schedule in hits per second.
func (p *pacer) Rate(time.Duration) float64 {
	if len(p.times) < 2 {
		return 0
	}
	return float64(len(p.times)-1) / p.times[len(p.times)-1].Seconds()
}
