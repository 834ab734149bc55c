package event_test

import (
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
)

// timeouts makes a step leave attempts and try again at once.
func timeouts(s *policy.Step, limit time.Duration, attempts int) {
	s.Timeout, s.Attempts, s.Backoff, s.RetryOn = limit, attempts, policy.Backoff{}, policy.SetOf(channel.Timeout)
}

// TestStepsByHand runs one order through a world without luck, where a makes a clip in 45 s for $1 and b in 100 s for
// $2, and compares with what a person works out.
func TestStepsByHand(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name     string
		edit     func(m *world.Model, r *policy.Route)
		latency  time.Duration // 0: undelivered
		attempts int64
		charged  money.Micros
		failures map[channel.Reason]int64
	}{
		{"left after 40 s and tried again, in vain; both jobs complete and are billed",
			func(m *world.Model, r *policy.Route) {
				timeouts(&r.Steps[0], 40*s, 2)
				r.Steps = append(r.Steps, policy.Step{Channel: b, Attempts: 1})
			}, 180 * s, 3, 4 * money.Dollar, map[channel.Reason]int64{channel.Timeout: 2}},
		{"left after 40 s, and what is left fails, which is free", func(m *world.Model, r *policy.Route) {
			timeouts(&r.Steps[0], 40*s, 2)
			m.Channels[a].Errors.By[channel.Job].Rate = 1
			r.Steps = append(r.Steps, policy.Step{Channel: b, Attempts: 1})
		}, 180 * s, 3, 2 * money.Dollar, map[channel.Reason]int64{channel.Timeout: 2}},
		{"ready at the very timeout", func(m *world.Model, r *policy.Route) { timeouts(&r.Steps[0], 45*s, 2) }, 45 * s, 1,
			money.Dollar, nil},
		{"left sixteen times, the first ones settled long before the last",
			func(m *world.Model, r *policy.Route) { timeouts(&r.Steps[0], 10*s, 16) },
			0, 16, 16 * money.Dollar, map[channel.Reason]int64{channel.Timeout: 16}},
		{"a hedge that comes too late costs its price",
			func(m *world.Model, r *policy.Route) { r.Steps[0].Hedge = policy.Hedge{After: 20 * s, Channel: b} },
			45 * s, 2, 3 * money.Dollar, map[channel.Reason]int64{channel.Overtaken: 1}},
		{"a hedge that is not needed", func(m *world.Model,
			r *policy.Route) {
			r.Steps[0].Hedge = policy.Hedge{After: 50 * s, Channel: b}
		}, 45 * s, 1, money.Dollar, nil},
		{"a hedge that wins; the slow clip is billed", func(m *world.Model, r *policy.Route) {
			r.Steps[0].Channel, r.Steps[0].Hedge = b, policy.Hedge{After: 20 * s, Channel: a, Poll: 30 * s}
		}, 80 * s, 2, 3 * money.Dollar, map[channel.Reason]int64{channel.Overtaken: 1}},
		{"a hedge that wins over a job that fails, which is not billed", func(m *world.Model, r *policy.Route) {
			r.Steps[0].Channel, r.Steps[0].Hedge = b, policy.Hedge{After: 20 * s, Channel: a}
			m.Channels[b].Errors.By[channel.Job].Rate = 1
		}, 65 * s, 2, money.Dollar, map[channel.Reason]int64{channel.Overtaken: 1}},
		{"both of a pair fail, three times", func(m *world.Model, r *policy.Route) {
			r.Steps[0].Hedge = policy.Hedge{After: 20 * s, Channel: b}
			m.Channels[a].Errors.By[channel.Job].Rate, m.Channels[b].Errors.By[channel.Job].Rate,
				m.Channels[b].Errors.By[channel.Job].Billed = 1, 1, 1
		}, 0, 6, 6 * money.Dollar, map[channel.Reason]int64{channel.Job: 6}},
		{"the deadline ends both of a pair", func(m *world.Model, r *policy.Route) {
			r.Steps[0].Hedge = policy.Hedge{After: 20 * s, Channel: b}
			r.Deadline = 40 * s
		}, 0, 2, 3 * money.Dollar, map[channel.Reason]int64{channel.Deadline: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, strategy := certain()
			tt.edit(m, &strategy.Routes[0])
			tally := month(t, m, strategy)
			if got := tally.Latency.Seconds(); got != tt.latency.Seconds() || (tally.Delivered == 1) != (tt.latency > 0) {
				t.Errorf("delivered %d after %v s, want %v", tally.Delivered, got, tt.latency)
			}
			if tally.Attempts != tt.attempts || tally.Charge() != tt.charged {
				t.Errorf("%d attempts for %v, want %d for %v", tally.Attempts, tally.Charge(), tt.attempts, tt.charged)
			}
			for r := range channel.NumReasons {
				if tally.Failures[r] != tt.failures[r] {
					t.Errorf("%d failures for the reason %v, want %d", tally.Failures[r], r, tt.failures[r])
				}
			}
		})
	}
}

func month(t *testing.T, m *world.Model, s *policy.Strategy) *event.Tally {
	t.Helper()
	engine, err := event.New(m, s)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Month(0)
}

// TestStepsClosedForms holds timeouts and hedges against formulas: of many orders, each attempt by itself.
func TestStepsClosedForms(t *testing.T) {
	const orders = 200_000
	first, second := dist.NewLogNormal(60, 0.8), dist.NewLogNormal(45, 0.5)
	world := func() (*world.Model, *policy.Strategy) {
		m, s := certain()
		m.Orders = orders
		m.Channels[a].Jobs[0].Service, m.Channels[b].Jobs[0].Service = first, second
		return m, s
	}
	within := func(t *testing.T, what string, got, want, standard float64) {
		t.Helper()
		t.Logf("%s: %.5f, exactly %.5f: %+.1f standard errors", what, got, want, (got-want)/standard)
		if math.Abs(got-want) > 4*standard {
			t.Errorf("%s is %v, exactly %v: more than 4 standard errors of %v away", what, got, want, standard)
		}
	}
	share := func(t *testing.T, what string, hits int64, want float64) {
		t.Helper()
		within(t, what, float64(hits)/orders, want, math.Sqrt(want*(1-want)/orders))
	}
	t.Run("timeout", func(t *testing.T) {
		m, s := world()
		timeouts(&s.Routes[0].Steps[0], 50*time.Second, 3)
		tally := month(t, m, s)
		left := 1 - first.CDF(50)
		share(t, "undelivered", tally.Orders-tally.Delivered, left*left*left)
		within(t, "attempts an order", float64(tally.Attempts)/orders, 1+left+left*left,
			math.Sqrt((left+3*left*left-(left+left*left)*(left+left*left))/orders))
		if tally.Charge() != money.Micros(tally.Attempts)*money.Dollar {
			t.Errorf("%d attempts cost %v: all of them make a clip in the end", tally.Attempts, tally.Charge())
		}
	})
	t.Run("hedge", func(t *testing.T) {
		m, s := world()
		m.Promise = 90 * time.Second
		s.Routes[0].Steps[0].Hedge = policy.Hedge{After: 50 * time.Second, Channel: b}
		tally := month(t, m, s)
		share(t, "hedged", tally.Attempts-tally.Orders, 1-first.CDF(50))
		share(t, "in time", tally.InTime, 1-(1-first.CDF(90))*(1-second.CDF(40)))
		if want := money.Micros(tally.Orders)*money.Dollar +
			money.Micros(tally.Attempts-tally.Orders)*2*money.Dollar; tally.Charge() != want {
			t.Errorf("charged %v, want %v: losers are billed", tally.Charge(), want)
		}
	})
	t.Run("budget", func(t *testing.T) {
		m, s := world()
		m.Channels[a].Errors.By[channel.Submit].Rate = 1
		s.Routes[0].Steps[0].Attempts, s.Routes[0].Steps[0].Budget = 10, policy.Budget{Share: 250_000_000, Burst: 5}
		tally := month(t, m, s)
		// Every order would try again; each brings a quarter of a token, and five were there.
		if got, want := tally.Attempts, int64(orders+orders/4+5); got < want-1 || got > want {
			t.Errorf("%d attempts, want %d", got, want)
		}
	})
	t.Run("breaker", func(t *testing.T) {
		m, s := world()
		m.Channels[a].Errors.By[channel.Submit].Rate = 1
		step := &s.Routes[0].Steps[0]
		step.Attempts, step.Breaker = 1, policy.Breaker{Failures: 5, Window: time.Hour, Open: time.Hour,
			On: policy.SetOf(channel.Submit)}
		s.Routes[0].Steps = append(s.Routes[0].Steps, policy.Step{Channel: b, Attempts: 1})
		tally := month(t, m, s)
		// Five open it, and then the first order of each hour probes; orders come each 13 s.
		probes := tally.Failures[channel.Submit] - 5
		if gap := 720.0 * 3600 / orders; float64(probes) > 720 || float64(probes) < 720*3600/(3600+gap)-2 {
			t.Errorf("%d probes in 720 hours of an open breaker", probes)
		}
		if tally.Delivered != orders || tally.Attempts != orders+probes+5 {
			t.Errorf("%d of %d delivered by %d attempts", tally.Delivered, orders, tally.Attempts)
		}
	})
}

// BenchmarkStepFeatures prints the orders per second of one core where attempts are hedged or left.
func BenchmarkStepFeatures(b *testing.B) {
	for _, bb := range []struct {
		name string
		edit func(*policy.Step)
	}{
		{"none", func(*policy.Step) {}},
		{"timeout", func(s *policy.Step) { s.Timeout, s.RetryOn = 2*time.Minute, s.RetryOn|policy.SetOf(channel.Timeout) }},
		{"breaker and budget", func(s *policy.Step) {
			s.Breaker = policy.Breaker{Failures: 5, Window: time.Minute, Open: 30 * time.Second,
				On: policy.SetOf(channel.Region)}
			s.Budget = policy.Budget{Share: 100_000_000, Burst: 10}
		}},
		{"hedge", func(s *policy.Step) {
			s.Hedge = policy.Hedge{After: 90 * time.Second, Channel: worldtest.Forwarding, Poll: 10 * time.Second}
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			m := worldtest.RefV1(b.N)
			m.Deadline = 30 * time.Minute
			strategy := worldtest.Strategy("s", m, 10*time.Second, worldtest.Reverse)
			for i := range strategy.Routes {
				bb.edit(&strategy.Routes[i].Steps[0])
			}
			engine, err := event.New(m, strategy)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			engine.Month(0)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Morders/s")
		})
	}
}
