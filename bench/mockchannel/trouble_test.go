package mockchannel

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// within fails unless a mean of n independent shares is within five standard errors of p.
func within(t *testing.T, what string, got, p float64, n int) {
	t.Helper()
	if slack := 5 * math.Sqrt(p*(1-p)/float64(n)); math.Abs(got-p) > slack {
		t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, p, slack)
	}
}

// TestOutagesStopTheirChannelsTogether, and end the jobs that run.
func TestOutagesStopTheirChannelsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			s.Channels[forwarding].Errors.By[channel.Submit].Takes = &scenario.Takes{Median: time.Second}
			s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "reverse"}, Between: time.Hour,
				Lasts: scenario.Takes{Median: 20 * time.Minute, Sigma: 0.5}}}
		}), Options{})
		f, r, other := buys(t, s, forwarding), buys(t, s, reverse), buys(t, s, synchronous)
		down, ended, caught := 0, 0, 0
		var last dialect.Job
		for n := range 800 {
			at := time.Now()
			a, b := f.order("a cat", short), r.order("a cat", short)
			if a.Verdict != b.Verdict {
				t.Fatalf("round %d: %v on one channel, %v on the other", n, a.Verdict, b.Verdict)
			}
			if a.Verdict == dialect.Refused {
				down++
				if a.Reason != channel.Submit || time.Since(at) != time.Second {
					t.Errorf("%v after %v", a.Reason, time.Since(at))
				}
			}
			time.Sleep(100 * time.Second)
			if a.Verdict == dialect.Accepted {
				ended++
				last = a.Progress.Job
				if p := f.poll(last); p.State == dialect.Failed && p.Reason == channel.Job {
					caught++
				} else if p.State != dialect.Completed {
					t.Fatalf("round %d: %+v", n, p)
				}
			}
		}
		other.accepted("a cat")
		share := float64(down) / 800
		if share < 0.15 || share > 0.4 {
			t.Errorf("%d of 800 rounds down; 22 of 82 minutes are", down)
		}
		// A job of 100 s meets the start of an outage with 1 − exp(−100/3600).
		within(t, "jobs caught", float64(caught)/float64(ended), 1-math.Exp(-100.0/3600), ended)
		if k := f.book(s, forwarding); k.Failed != caught || k.Made != ended-caught {
			t.Errorf("the book: %+v", k)
		}
	})
}

// TestRegimesRefuseTheirShare of the submits while they last.
func TestRegimesRefuseTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		const seeds = 500
		for seed := range seeds {
			s := opened(t, marketed(t, func(s *scenario.Scenario) {
				s.Channels[reverse].Regimes = []scenario.Regime{{Name: "risk", Share: 0.5,
					Lasts: scenario.Takes{Median: 48 * time.Hour, Sigma: 1}, Submit: 0.6}}
			}), Options{Seed: uint64(seed + 1)})
			if a := buys(t, s, reverse).order("a cat", short); a.Reason == channel.Submit {
				refused++
			}
		}
		within(t, "refused at the start", float64(refused)/seeds, 0.3, seeds)
	})
}

// TestExitsRefuseWithTheirCountry through the whole channel, at the scenario's rate.
func TestExitsRefuseWithTheirCountry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			e := &s.Channels[reverse].Errors
			e.By[channel.Region].Rate, e.Pool, e.Supported, e.Rotate = 0.25, map[string]int{"MM": 2, "RU": 10, "US": 36},
				[]string{"US"}, "attempt"
		}), Options{})
		b := buys(t, s, reverse)
		refused, n := 0, 2000
		for range n {
			if a := b.order("a cat", short); a.Reason == channel.Region {
				refused++
				if a.Country != "MM" && a.Country != "RU" {
					t.Fatalf("country %q", a.Country)
				}
			}
			time.Sleep(5 * time.Minute)
		}
		within(t, "region errors", float64(refused)/float64(n), 0.25, n/2)
	})
}

// TestFarAheadIsNoTrouble: a server that nobody asked for a long time at high speed answers at once.
func TestFarAheadIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			s.Outages = []scenario.Outage{{Channels: []string{"reverse"}, Between: time.Hour,
				Lasts: scenario.Takes{Median: time.Minute}}}
		}), Options{Speed: 1000})
		time.Sleep(48 * time.Hour)
		if r := buys(t, s, reverse).send(http.NewRequest(http.MethodGet, URL("http://x", "reverse")+"/balance",
			nil)); r.Status != http.StatusOK {
			t.Errorf("status %d", r.Status)
		}
		if a := buys(t, s, reverse).order("a cat", short); a.Verdict != dialect.Accepted && a.Reason != channel.Submit {
			t.Errorf("%+v", a)
		}
	})
}
