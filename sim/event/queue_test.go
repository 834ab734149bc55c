package event_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/sim/event"
)

// queue is a world of one channel that runs so many jobs at once and lets all others wait.
func queue(slots, orders int, service dist.Distribution) (*world.Model, *policy.Strategy) {
	m, s := certain()
	m.Orders, m.Process = orders, world.Poisson
	m.Channels[a].Jobs[0].Service = service
	m.Channels[a].Limits = world.Limits{Concurrent: slots, Queue: -1}
	s.Routes[0].Steps[0].Attempts = 1
	return m, s
}

// waits are what the orders of a month wait for a slot, in seconds: what the channel adds to the job's own time.
func waits(t *testing.T, e *event.Engine, m *world.Model, month int) []float64 {
	t.Helper()
	waited := make([]float64, 0, m.Orders)
	e.Observe = func(order int, ev policy.Event, _ []policy.Action) {
		if ev.Kind == policy.Completed {
			own := m.Attempt(m.Key(month, order), a, 0, 0).Service
			waited = append(waited, (ev.At - own).Seconds())
		}
	}
	e.Month(month)
	if len(waited) != m.Orders {
		t.Fatalf("%d of %d jobs end", len(waited), m.Orders)
	}
	return waited
}

// months holds a figure of independent months to its expectation within four standard errors.
func months(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	n, sum, squares := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		sum += v
		squares += v * v
	}
	mean := sum / n
	se := math.Sqrt((squares/n - mean*mean) / (n - 1))
	z := (mean - want) / se
	t.Logf("seed 1, %s: %.6g, exactly %.6g, %+.1f standard errors", what, mean, want, z)
	if !(math.Abs(z) <= 4) {
		t.Errorf("%s: %.6g, want %.6g within four standard errors of %.2g", what, mean, want, se)
	}
}

// TestErlangC holds the wait for a slot against M/M/c: the share that waits, the mean wait, and the share that
// waits longer than a job takes on average. Months begin and end empty, which is why they are long.
func TestErlangC(t *testing.T) {
	const orders, replications = 12_000, 30
	for _, tt := range []struct {
		c                 int
		load              float64
		waits, mean, long float64 // published; the times in mean jobs
	}{
		{1, 0.9, 0.9, 9, 0.8143536762},
		{2, 1.5, 0.6428571429, 1.2857142857, 0.3899125670},
		{10, 8, 0.4091801508, 0.2045900754, 0.0553765116},
		{10, 9, 0.6687315241, 0.6687315241, 0.2460125794},
		{40, 36, 0.4115624767, 0.1028906192, 0.0075380297},
	} {
		job := tt.load * world.Month.Seconds() / orders
		m, s := queue(tt.c, orders, dist.Weibull{K: 1, Lambda: job})
		e := engine(t, m, s)
		var share, mean, long [replications]float64
		for month := range replications {
			for _, w := range waits(t, e, m, month) {
				if w > 0 {
					share[month] += 1.0 / orders
				}
				if w > job {
					long[month] += 1.0 / orders
				}
				mean[month] += w / job / orders
			}
		}
		name := fmt.Sprintf("M/M/%d at %v: ", tt.c, tt.load)
		months(t, name+"wait", share[:], tt.waits)
		months(t, name+"mean wait", mean[:], tt.mean)
		months(t, name+"wait longer than a job", long[:], tt.long)
	}
}

// TestPollaczekKhinchine holds the mean wait for a single slot against λ E[S²] ÷ 2(1 − ρ).
func TestPollaczekKhinchine(t *testing.T) {
	const orders, replications = 12_000, 30
	for _, tt := range []struct {
		name    string
		rho     float64
		service func(mean float64) dist.Distribution
		squared float64 // E[S²] ÷ E[S]²
	}{
		{"constant", 0.8, func(mean float64) dist.Distribution { return dist.Constant(mean) }, 1},
		{"uniform", 0.85, func(mean float64) dist.Distribution { return dist.Uniform{Low: 0, High: 2 * mean} }, 4.0 / 3},
		{"lognormal", 0.7, func(mean float64) dist.Distribution {
			return dist.LogNormal{Mu: math.Log(mean) - 0.32,
				Sigma: 0.8}
		}, math.Exp(0.64)},
		{"Weibull", 0.75, func(mean float64) dist.Distribution { return dist.Weibull{K: 0.5, Lambda: mean / 2} }, 6},
	} {
		job := tt.rho * world.Month.Seconds() / orders
		m, s := queue(1, orders, tt.service(job))
		e := engine(t, m, s)
		var mean [replications]float64
		for month := range replications {
			for _, w := range waits(t, e, m, month) {
				mean[month] += w / job / orders
			}
		}
		months(t, fmt.Sprintf("M/G/1, %s jobs, at %v: mean wait", tt.name, tt.rho), mean[:], tt.rho*tt.squared/2/(1-tt.rho))
	}
}

// TestOutagesThroughTheEngine: the share of orders refused is the share of the time that is out; of the others,
// 1 − exp(−length of a job ÷ mean gap) are caught.
func TestOutagesThroughTheEngine(t *testing.T) {
	const orders, replications = 2000, 200
	m, s := certain()
	m.Orders, m.Process = orders, world.Poisson
	m.Channels[a].Jobs[0].Service = dist.Constant(1800)
	lasts := dist.NewLogNormal(4440, 1.17)
	m.Outages = []world.Outage{{Channels: []int{a}, Between: 20 * time.Hour, Lasts: lasts}}
	s.Routes[0].Steps[0].Attempts = 1
	e := engine(t, m, s)
	var refused, caught [replications]float64
	for month := range replications {
		tally := e.Month(month)
		refused[month] = float64(tally.Failures[channel.Submit]) / orders
		caught[month] = float64(tally.Failures[channel.Job]) / orders
	}
	down := lasts.Mean() / (lasts.Mean() + 20*3600)
	months(t, "refused", refused[:], down)
	months(t, "caught", caught[:], (1-down)*-math.Expm1(-0.5/20))
}

// TestRegionErrorsByCountry: exits in unsupported countries refuse their share of the attempts, and are counted where
// they lie. An order that keeps its exit meets the same country at each try.
func TestRegionErrorsByCountry(t *testing.T) {
	const orders, replications = 2000, 100
	for _, perOrder := range []bool{false, true} {
		m, s := certain()
		m.Orders = orders
		e := &m.Channels[a].Errors
		e.By[channel.Region].Rate, e.Countries, e.Exits.PerOrder = 0.3,
			[]world.Country{{Name: "MM", Share: 0.1}, {Name: "RU", Share: 0.2}}, perOrder
		gone := 0.3 * 0.3 * 0.3
		tries := 1 + 0.3 + 0.09 // of all orders; with perOrder, of those whose exit is bad
		if perOrder {
			e.RegionMix = []world.Weighted{{Weight: 0.3, Rate: 1}, {Weight: 0.7, Rate: 0}}
			gone, tries = 0.3, 3
		}
		var mm, ru, undelivered [replications]float64
		var all event.Tally
		engine := engine(t, m, s)
		for month := range replications {
			tally := engine.Month(month)
			mm[month], ru[month] = float64(tally.Countries[a][0])/orders, float64(tally.Countries[a][1])/orders
			undelivered[month] = float64(tally.Undelivered[channel.Region]) / orders
			all.Merge(tally)
		}
		name := fmt.Sprintf("an exit per order: %v: ", perOrder)
		months(t, name+"MM", mm[:], 0.1*tries)
		months(t, name+"RU", ru[:], 0.2*tries)
		months(t, name+"undelivered", undelivered[:], gone)
		if c := all.Countries; c[a][0]+c[a][1] != all.Failures[channel.Region] || c[b] != nil || perOrder && c[a][0]%3 != 0 {
			t.Errorf("%scountries %v of %d region errors", name, c, all.Failures[channel.Region])
		}
	}
}

// troubledTogether has every kind of trouble that orders meet together.
func troubledTogether(orders int) (*world.Model, *policy.Strategy) {
	m, s := certain()
	m.Orders, m.Process, m.Promise = orders, world.Poisson, 5*time.Minute
	m.Deadline = 30 * time.Minute
	hour := 3600.0
	m.Outages = []world.Outage{{Channels: []int{a, b}, Between: 40 * time.Hour, Lasts: dist.NewLogNormal(hour, 1)}}
	m.Channels[a].Regimes = []world.Regime{{Share: 0.2, Refuses: 0.7, Lasts: dist.NewLogNormal(10*hour, 1)}}
	m.Channels[a].Errors.By[channel.Region] = world.Error{Rate: 0.05, Takes: dist.Constant(6)}
	m.Channels[a].Errors.Exits = world.Exits{Count: 5, Burst: time.Minute}
	m.Channels[a].Limits = world.Limits{Concurrent: 2, Queue: 3, PerMinute: 4}
	m.Channels[b].Limits = world.Limits{Concurrent: 3, Queue: -1}
	r := &s.Routes[0]
	r.Deadline = m.Deadline
	r.Steps[0].RetryOn = policy.SetOf(channel.Region, channel.Submit, channel.RateLimited, channel.Job)
	r.Steps = append(r.Steps, policy.Step{Channel: b, Attempts: 2, RetryOn: r.Steps[0].RetryOn})
	return m, s
}

// TestMonthsOfTrouble: a month depends on the model, the strategy and its number, and on nothing that the engine did
// before; every kind of trouble is met, and nobody waits for ever.
func TestMonthsOfTrouble(t *testing.T) {
	m, s := troubledTogether(60_000)
	used := engine(t, m, s)
	var all event.Tally
	var first []*event.Tally
	for month := range 3 {
		first = append(first, used.Month(month))
		all.Merge(first[month])
	}
	for _, month := range []int{2, 0, 1, 1} {
		same(t, used.Month(month), first[month])
		same(t, engine(t, m, s).Month(month), first[month])
	}
	for _, r := range []channel.Reason{channel.RateLimited, channel.Region, channel.Submit, channel.Job} {
		if all.Failures[r] == 0 {
			t.Errorf("nobody meets %v", r)
		}
	}
	if all.Orders != 180_000 || all.Delivered == 0 || all.Fallbacks == 0 {
		t.Errorf("%+v", all)
	}
}

// TestNoAllocationPerTroubledOrder: trouble takes memory for what it is, not for how long it is met.
func TestNoAllocationPerTroubledOrder(t *testing.T) {
	allocations := func(orders int) float64 {
		m, s := troubledTogether(orders)
		e := engine(t, m, s)
		return testing.AllocsPerRun(3, func() { e.Month(0) })
	}
	few, many := allocations(5_000), allocations(60_000)
	if many > few+40 || many > 120 {
		t.Errorf("a month of 5,000 orders allocates %v times, one of 60,000 %v times", few, many)
	}
}

// TestAnOverloadedMonthEnds: ten times more than the channel can do, with and without a deadline.
func TestAnOverloadedMonthEnds(t *testing.T) {
	for _, limits := range []world.Limits{{Concurrent: 1, Queue: -1}, {Concurrent: 1}, {Concurrent: 1, Queue: 100}} {
		for _, deadline := range []time.Duration{0, time.Hour} {
			m, s := queue(1, 1500, dist.Constant(10*world.Month.Seconds()/1500))
			m.Channels[a].Limits = limits
			s.Routes[0].Deadline, m.Deadline = deadline, deadline
			s.Routes[0].Steps[0].RetryOn = policy.SetOf(channel.RateLimited)
			s.Routes[0].Steps[0].Attempts = 3
			tally := engine(t, m, s).Month(0)
			t.Logf("%+v, deadline %v: %d of %d delivered", limits, deadline, tally.Delivered, tally.Orders)
			if tally.Orders != 1500 || limits.Queue < 0 && deadline == 0 && tally.Delivered != 1500 {
				t.Errorf("%+v, deadline %v: %d of %d delivered", limits, deadline, tally.Delivered, tally.Orders)
			}
		}
	}
}

// TestTurnsAreAQueue: a channel that refuses whom it has no room for, and orders that then wait for their turn, make
// a queue like one that the channel keeps itself. One submit a minute is a server of a minute (M/D/1), one job at a
// time one of the job's time (M/M/1), ten at a time M/M/10; each order is refused at most once.
func TestTurnsAreAQueue(t *testing.T) {
	const orders, replications = 12_000, 30
	minute := world.Month.Seconds() / 60
	for _, tt := range []struct {
		name   string
		limits world.Limits
		load   float64
		unit   float64 // of the wait, in seconds; 0: a mean job, which then makes the load
		mean   float64
	}{
		{"M/D/1 at 0.8", world.Limits{PerMinute: 1}, 0.8, 60, 2},
		{"M/D/1 at 0.9", world.Limits{PerMinute: 1}, 0.9, 60, 4.5},
		{"M/M/1 at 0.9", world.Limits{Concurrent: 1}, 0.9, 0, 9},
		{"M/M/10 at 0.9", world.Limits{Concurrent: 10}, 9, 0, 0.6687315241},
	} {
		n := orders
		job := tt.load * world.Month.Seconds() / orders
		if tt.unit > 0 {
			n, job = int(tt.load*minute), 100
		}
		m, s := queue(1, n, dist.Weibull{K: 1, Lambda: job})
		m.Channels[a].Limits = tt.limits
		step := &s.Routes[0].Steps[0]
		step.Attempts, step.RetryOn = 2, policy.SetOf(channel.RateLimited)
		unit := tt.unit
		if unit == 0 {
			unit = job
		}
		e := engine(t, m, s)
		var mean [replications]float64
		for month := range replications {
			waited, delivered := 0.0, 0
			e.Observe = func(_ int, ev policy.Event, _ []policy.Action) {
				switch ev.Kind {
				case policy.Accepted:
					waited += ev.At.Seconds()
				case policy.Fetched:
					delivered++
				}
			}
			e.Month(month)
			if delivered != n {
				t.Errorf("%s: %d of %d delivered", tt.name, delivered, n)
			}
			mean[month] = waited / unit / float64(n)
		}
		months(t, tt.name+": mean wait", mean[:], tt.mean)
	}
}
