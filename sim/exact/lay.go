package exact

import (
	"errors"
	"math"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
)

// ErrTooLong is returned where failed attempts may take so long, without a deadline, that no grid
// of useful step covers them.
var ErrTooLong = errors.New("no closed form: without a deadline, failed attempts can take too long to tabulate")

// layGrid chooses the grid of a walk: long enough for all attempts to start on it, and with a
// step that divides every constant time of the route, where one of useful length does.
func (w *walk) layGrid(o Options) (*grid, error) {
	const fine, coarse, most = 0.5, 5.0, 1 << 16 // seconds, seconds, nodes
	reach, deadline := max(w.horizon(), 1), w.route.Deadline.Seconds()
	horizon := reach
	if deadline > 0 {
		horizon = min(reach, deadline)
	} else if horizon > coarse*most {
		return nil, ErrTooLong
	}
	nodes, aligned := min(max(4096, horizon/fine), most), 4.0*most
	if o.Rough {
		nodes = min(max(512, horizon/4/fine), 4096)
		aligned = 4 * nodes
	}
	step := horizon / nodes
	if common := w.commonTime().Seconds(); common >= horizon/aligned {
		step = common / math.Ceil(common/step)
	}
	n := int(math.Ceil(reach/step-1e-9)) + 2 // the last attempt may start at the reach itself
	if deadline > 0 {
		n = min(n, int(math.Ceil(deadline/step-1e-9))) // but none at the deadline
	}
	return w.solver.grid(step, n), nil
}

// surely is the share of a distribution that the grid covers.
const surely = 1 - 1e-12

// horizon is a time by which the last attempt has all but surely started, and been accepted and
// fetched if it makes a clip.
func (w *walk) horizon() float64 {
	total, last := 0.0, 0.0
	for i := range w.route.Steps {
		step := &w.route.Steps[i]
		c := &w.model.Channels[step.Channel]
		e := &c.Errors
		longest := 0.0
		consider := func(rate float64, seconds float64) {
			if rate > 0 {
				longest = max(longest, seconds)
			}
		}
		quantile := func(d dist.Distribution) float64 {
			if d == nil {
				return 0
			}
			return d.Quantile(surely)
		}
		overhead := quantile(c.SubmitTakes) + fetches(e.By[channel.Download].Rate)*step.FetchPause().Seconds()
		last = max(last, overhead)
		for _, r := range channel.Errors {
			switch m := &e.By[r]; {
			case r == channel.Region: // its rate may be one of a mixture
				consider(1, quantile(m.Takes))
			case r.Phase() == channel.Asking, r.Phase() == channel.Answering:
				consider(m.Rate, quantile(m.Takes))
			case r.Phase() == channel.Making, r.Phase() == channel.Checking:
				consider(m.Rate, quantile(c.Jobs[w.class].Service)+step.Poll.Seconds()+overhead)
			}
		}
		total += longest * float64(step.Attempts)
		for try := 1; try < step.Attempts; try++ {
			_, high := step.Backoff.Bounds(try)
			total += high.Seconds()
		}
	}
	return total + last
}

// fetches is how many fetches in a row surely don't all fail.
func fetches(rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	return min(math.Ceil(math.Log(1-surely)/math.Log(min(rate, 1-1e-6))), 1e9)
}

// commonTime is the greatest time that divides all constant times of the route, 0 where there are none.
func (w *walk) commonTime() time.Duration {
	var common time.Duration
	fold := func(d time.Duration) { common = gcd(common, d) }
	constant := func(d dist.Distribution) {
		if c, ok := d.(dist.Constant); ok {
			fold(duration(float64(c)))
		}
	}
	fold(w.route.Deadline)
	fold(w.model.Promise)
	for i := range w.route.Steps {
		step := &w.route.Steps[i]
		c := &w.model.Channels[step.Channel]
		fold(step.Poll)
		if c.Errors.By[channel.Download].Rate > 0 {
			fold(step.FetchPause())
		}
		for try := 1; try < step.Attempts; try++ {
			low, high := step.Backoff.Bounds(try)
			fold(low)
			fold(high)
		}
		constant(c.SubmitTakes)
		if c.Jobs[w.class].Makes {
			constant(c.Jobs[w.class].Service)
		}
		for _, r := range channel.Errors {
			constant(c.Errors.By[r].Takes)
		}
	}
	return common
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
