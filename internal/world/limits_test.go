package world_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/world"
)

// limited is a channel with limits, whose jobs take a minute unless told otherwise.
func limited(l world.Limits, service dist.Distribution) *world.Model {
	m := one(world.Errors{})
	m.Channels[0].Limits, m.Channels[0].SubmitTakes = l, nil
	if service != nil {
		m.Channels[0].Jobs[0].Service = service
	}
	return m
}

// TestLimitsByHand submits at given seconds and compares with what a person works out: how long the job
// takes, wait included, or after how long a refused submit may come again.
func TestLimitsByHand(t *testing.T) {
	type answers = []int // seconds; negative: refused, Retry-After
	for _, tt := range []struct {
		name   string
		limits world.Limits
		at     []int
		want   answers
	}{
		{"three in any sixty seconds", world.Limits{PerMinute: 3},
			[]int{0, 10, 20, 30, 59, 60, 61, 70, 79, 80}, answers{60, 60, 60, -30, -1, 60, -9, 60, -1, 60}},
		{"what is refused is not counted", world.Limits{PerMinute: 1},
			[]int{0, 59, 60, 119, 120}, answers{60, -1, 60, -1, 60}},
		{"two at once, none waits", world.Limits{Concurrent: 2},
			[]int{0, 15, 20, 59, 60, 61, 75}, answers{60, 60, -40, -1, 60, -14, 60}},
		{"one at once, one waits", world.Limits{Concurrent: 1, Queue: 1},
			[]int{0, 10, 20, 60, 61, 120}, answers{60, 110, -40, 120, -59, 120}},
		{"two at once, two wait", world.Limits{Concurrent: 2, Queue: 2},
			[]int{0, 30, 40, 50, 55, 60, 70}, answers{60, 60, 80, 100, -5, 120, -20}},
		{"one at once, all wait", world.Limits{Concurrent: 1, Queue: -1},
			[]int{0, 0, 0, 30, 240, 250}, answers{60, 120, 180, 210, 60, 110}},
		{"both: what has no slot does not count", world.Limits{Concurrent: 1, PerMinute: 2},
			[]int{0, 30, 60, 90, 120, 180}, answers{60, -30, 60, -30, 60, 60}},
		{"both: a slot alone is not enough", world.Limits{Concurrent: 5, PerMinute: 1},
			[]int{0, 30, 60}, answers{60, -30, 60}},
	} {
		m := limited(tt.limits, nil)
		trouble := m.Trouble(0)
		got := answers{}
		for i, s := range tt.at {
			f := trouble.Attempt(m.Key(0, i), 0, 0, 0, time.Duration(s)*time.Second)
			if f.Outcome == channel.Refused {
				if f.Reason != channel.RateLimited || f.Answered != 0 {
					t.Errorf("%s: %+v", tt.name, f)
				}
				got = append(got, -int(f.RetryAfter/time.Second))
			} else {
				got = append(got, int(f.Service/time.Second))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestTheOrderOfRefusals: what an outage refuses counts for no limit, and what moderation or a region
// refuses counts for submits in a minute, but takes no slot.
func TestTheOrderOfRefusals(t *testing.T) {
	attempt := func(m *world.Model) (reasons []channel.Reason) {
		trouble := m.Trouble(0)
		for i := range 4 {
			reasons = append(reasons, trouble.Attempt(m.Key(0, i), 0, 0, 0, time.Duration(i)*time.Second).Reason)
		}
		return reasons
	}
	perMinute, slot := world.Limits{PerMinute: 2}, world.Limits{Concurrent: 1}
	const limit, ok = channel.RateLimited, channel.NoReason
	for _, tt := range []struct {
		limits world.Limits
		errors world.Errors
		want   []channel.Reason
	}{
		{perMinute, world.Errors{}, []channel.Reason{ok, ok, limit, limit}},
		{perMinute, world.Errors{By: world.ByReason{channel.Moderation: {Rate: 1}}},
			[]channel.Reason{channel.Moderation, channel.Moderation, limit, limit}},
		{perMinute, world.Errors{By: world.ByReason{channel.Region: {Rate: 1}}},
			[]channel.Reason{channel.Region, channel.Region, limit, limit}},
		{perMinute, world.Errors{By: world.ByReason{channel.Lost: {Rate: 1}}},
			[]channel.Reason{channel.Lost, channel.Lost, limit, limit}},
		{slot, world.Errors{}, []channel.Reason{ok, limit, limit, limit}},
		{slot, world.Errors{By: world.ByReason{channel.Submit: {Rate: 1}}},
			[]channel.Reason{channel.Submit, channel.Submit, channel.Submit, channel.Submit}},
		{slot, world.Errors{By: world.ByReason{channel.Job: {Rate: 1}}}, []channel.Reason{channel.Job, limit, limit, limit}},
	} {
		m := limited(tt.limits, nil)
		m.Channels[0].Errors = tt.errors
		if got := attempt(m); !slices.Equal(got, tt.want) {
			t.Errorf("%+v, %+v: %v, want %v", tt.limits, tt.errors, got, tt.want)
		}
		m.Channels[0].Regimes = []world.Regime{{Share: 0.999999999, Refuses: 1, Lasts: dist.NewLogNormal(1e7, 0)}}
		if got := attempt(m); slices.ContainsFunc(got, func(r channel.Reason) bool { return r != channel.Submit }) {
			t.Errorf("suspended: %v", got)
		}
	}
}

// TestSlotsKeepTheirPromises over random limits, times and jobs: no more run at once than allowed, no more
// wait, jobs start in the order of their submits, none waits while a slot is free, and who comes again after
// Retry-After is let in.
func TestSlotsKeepTheirPromises(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(11, seed))
		limits := world.Limits{Concurrent: 1 + random.IntN(5), Queue: random.IntN(6) - 1}
		m := limited(limits, dist.NewLogNormal(60, 1))
		m.Seed = seed
		trouble := m.Trouble(0)
		type job struct{ at, start, end time.Duration }
		var jobs []job
		now := time.Duration(0)
		for i := range 300 {
			now += time.Duration(random.ExpFloat64() * 60e9 / float64(limits.Concurrent))
			k := m.Key(0, i)
			running, waiting, last := 0, 0, time.Duration(0)
			for _, j := range jobs {
				last = max(last, j.start)
				switch {
				case j.start > now:
					waiting++
				case j.end > now:
					running++
				}
			}
			if running > limits.Concurrent || limits.Queue >= 0 && waiting > limits.Queue || waiting > 0 &&
				running < limits.Concurrent {
				t.Fatalf("seed %d, %+v: %d run and %d wait at %v", seed, limits, running, waiting, now)
			}
			f := trouble.Attempt(k, 0, 0, 0, now)
			if full := running == limits.Concurrent && limits.Queue >= 0 &&
				waiting == limits.Queue; full != (f.Outcome == channel.Refused) {
				t.Fatalf("seed %d, %+v: %d run and %d wait at %v: %+v", seed, limits, running, waiting, now, f)
			}
			if f.Outcome == channel.Refused {
				if now += f.RetryAfter - 1; trouble.Pause(0, now) != 1 || trouble.Pause(0, now+1) != 0 {
					t.Fatalf("seed %d, %+v: no room after %v", seed, limits, f.RetryAfter)
				}
				continue
			}
			service := m.Attempt(k, 0, 0, 0).Service
			j := job{now, now + f.Service - service, now + f.Service}
			if j.start < last || j.start > now && running < limits.Concurrent {
				t.Fatalf("seed %d, %+v: submitted at %v, starts at %v, after one that starts at %v; %d run", seed, limits, now,
					j.start, last, running)
			}
			jobs = append(jobs, j)
		}
	}
}

// erlangB is the share of calls lost by c lines at a load of a.
func erlangB(c int, a float64) float64 {
	b := 1.0
	for n := 1; n <= c; n++ {
		b = a * b / (float64(n) + a*b)
	}
	return b
}

// TestErlangB: without a queue, the share of refused submits is Erlang's B, whatever the distribution of
// the jobs.
func TestErlangB(t *testing.T) {
	for _, tt := range []struct {
		c         int
		a         float64
		published float64
	}{{1, 0.9, 0.4736842105}, {2, 1.5, 0.3103448276}, {10, 8, 0.1216610643}, {10, 9, 0.1679632263},
		{40, 36, 0.0653695280}} {
		want := erlangB(tt.c, tt.a)
		if d := want - tt.published; d > 1e-10 || d < -1e-10 {
			t.Errorf("B(%d, %v) = %.12f, published %.10f", tt.c, tt.a, want, tt.published)
		}
		mean := tt.a * world.Month.Seconds() / 10_000
		for name, service := range map[string]dist.Distribution{
			"exponential": dist.Weibull{K: 1, Lambda: mean}, "constant": dist.Constant(mean),
		} {
			m := limited(world.Limits{Concurrent: tt.c}, service)
			m.Orders = 10_000
			var lost []float64
			for month := range 30 {
				trouble, arrivals := m.Trouble(month), m.Arrivals(month)
				refused, n := 0, 0
				for at, more := arrivals.Next(); more; at, more = arrivals.Next() {
					if trouble.Attempt(m.Key(month, n), 0, 0, 0, at).Outcome == channel.Refused {
						refused++
					}
					n++
				}
				lost = append(lost, float64(refused)/float64(n))
			}
			checkMonths(t, fmt.Sprintf("B(%d, %v), %s", tt.c, tt.a, name), lost, want)
		}
	}
}

// TestAnEndlessQueueEnds: a channel that gets ten times what it can do still answers, in times that don't
// overflow.
func TestAnEndlessQueueEnds(t *testing.T) {
	m := limited(world.Limits{Concurrent: 1, Queue: -1}, dist.Constant(1e8))
	trouble := m.Trouble(0)
	last := time.Duration(0)
	for i := range 10_000 {
		f := trouble.Attempt(m.Key(0, i), 0, 0, 0, time.Duration(i)*time.Second)
		if f.Service < last || f.Service < 0 {
			t.Fatalf("job %d takes %v, the one before %v", i, f.Service, last)
		}
		last = f.Service - time.Second
	}
}
