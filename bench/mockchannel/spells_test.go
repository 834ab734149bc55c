package mockchannel

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// within fails unless a mean of n independent shares is within five standard errors of p.
func within(t *testing.T, what string, got, p float64, n int) {
	t.Helper()
	if slack := 5 * math.Sqrt(p*(1-p)/float64(n)); math.Abs(got-p) > slack {
		t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, p, slack)
	}
}

// TestSpellsStartStationary: over many seeds, the state at the start and at any later time is the one of the long run.
func TestSpellsStartStationary(t *testing.T) {
	outage := func(n int) *spells {
		lasts, biased := lasting(scenario.Takes{Median: 74 * time.Minute, Sigma: 1.17})
		mean := lasts.Mean()
		return newSpells(derived(11, forOutage, n), []kind{{mean / (mean + 20*3600), lasts, biased, 1}})
	}
	share := outage(0).kinds[0].share
	const seeds = 20_000
	for _, at := range []time.Duration{0, time.Minute, 10 * time.Hour, 100 * time.Hour} {
		down := 0
		for n := range seeds {
			if _, in := outage(n).at(at); in {
				down++
			}
		}
		within(t, fmt.Sprintf("down after %v", at), float64(down)/seeds, share, seeds)
	}
	// What is left of a spell at a random moment has the mean E[X²] / 2E[X].
	left, met := 0.0, 0
	for n := range 10 * seeds {
		if s := outage(n); s.next.from == 0 {
			left += s.next.to.Seconds()
			met++
		}
	}
	want := 74 * 60 * math.Exp(1.5*1.17*1.17) / 2
	if got := left / float64(met); math.Abs(got/want-1) > 0.1 {
		t.Errorf("a spell that is met lasts for another %.0f s, want %.0f", got, want)
	}
}

// TestSpellsInTheLongRun: shares by kind, lengths of spells and gaps.
func TestSpellsInTheLongRun(t *testing.T) {
	c := &scenario.Channel{Regimes: []scenario.Regime{
		{Name: "risk_control", Share: 0.15, Lasts: scenario.Takes{Median: 2 * time.Hour, Sigma: 0.5}, Submit: 0.6},
		{Name: "never", Share: 0, Lasts: scenario.Takes{Median: 2 * time.Hour}, Submit: 1},
		{Name: "suspended", Share: 0.05, Lasts: scenario.Takes{Median: 5 * time.Hour}, Submit: 1},
	}}
	s := regimesOf(c, 5)
	shares := map[float64]int{}
	const steps = 400_000
	for n := range steps {
		if k, in := s.at(time.Duration(n) * 15 * time.Minute); in {
			shares[k.refuses]++
		}
	}
	for refuses, want := range map[float64]float64{0.6: 0.15, 1: 0.05} {
		if got := float64(shares[refuses]) / steps; math.Abs(got/want-1) > 0.05 {
			t.Errorf("%.0f%% refused for %.4f of the time, want %.2f", 100*refuses, got, want)
		}
	}
	if len(s.drawn) > 100 {
		t.Errorf("%d spells are remembered", len(s.drawn))
	}
	if regimesOf(&scenario.Channel{}, 5) != nil {
		t.Error("there is trouble without regimes")
	}
}

// TestSpellsAnswerTheSameInAnyOrder as long as nobody asks about what is long past.
func TestSpellsAnswerTheSameInAnyOrder(t *testing.T) {
	make := func() *spells {
		lasts, biased := lasting(scenario.Takes{Median: time.Hour, Sigma: 1})
		return newSpells(3, []kind{{0.3, lasts, biased, 1}})
	}
	ahead, stepwise := make(), make()
	ahead.begins(0, 20*time.Hour)
	for n := range 1200 {
		at := time.Duration(n) * time.Minute
		_, a := ahead.at(at)
		_, b := stepwise.at(at)
		if a != b {
			t.Fatalf("at %v: %v when asked ahead, %v when asked step by step", at, a, b)
		}
		_, before := ahead.at(at - time.Minute)
		if begins := stepwise.begins(at-time.Minute, at); a && !before && !begins {
			t.Errorf("a spell begins before %v, and begins denies it", at)
		}
	}
}

// TestOutagesStopTheirChannelsTogether, and end the jobs that run.
func TestOutagesStopTheirChannelsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			s.Channels[forwarding].Errors.Submit.Takes = &scenario.Takes{Median: time.Second}
			s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "reverse"}, Between: time.Hour, Lasts: scenario.Takes{Median: 20 * time.Minute, Sigma: 0.5}}}
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
				s.Channels[reverse].Regimes = []scenario.Regime{{Name: "risk", Share: 0.5, Lasts: scenario.Takes{Median: 48 * time.Hour, Sigma: 1}, Submit: 0.6}}
			}), Options{Seed: uint64(seed + 1)})
			if a := buys(t, s, reverse).order("a cat", short); a.Reason == channel.Submit {
				refused++
			}
		}
		within(t, "refused at the start", float64(refused)/seeds, 0.3, seeds)
	})
}

// TestExitsAreBadInSpells: the share of bad ones is the rate, and a bad one stays bad for a while.
func TestExitsAreBadInSpells(t *testing.T) {
	c := &scenario.Channel{}
	c.Errors.Region.Rate, c.Errors.Burst, c.Errors.Pool, c.Errors.Rotate = 0.2, time.Minute, map[string]int{"us": 3, "jp": 1}, "order"
	x := exitsOf(c, 9)
	bad, both, n := 0, 0, 200_000
	us := 0
	for i := range n {
		o := order{key: world.Key(derived(1, forStream, i%7))}
		at := time.Duration(i) * 20 * time.Second
		country, first := x.choose(o, at)
		if country == "US" {
			us++
		}
		o.try = 1
		if _, second := x.choose(o, at+10*time.Second); first {
			bad++
			if second {
				both++
			}
		}
	}
	if share := float64(bad) / float64(n); math.Abs(share/0.2-1) > 0.1 {
		t.Errorf("%.4f bad, want 0.2", share)
	}
	// Two states: P(bad after d | bad) = p + (1 − p) exp(−d / (burst × (1 − p))).
	if got, want := float64(both)/float64(bad), 0.2+0.8*math.Exp(-10/48.0); math.Abs(got/want-1) > 0.03 {
		t.Errorf("still bad after 10 s: %.4f, want %.4f", got, want)
	}
	if us == 0 || us == n {
		t.Errorf("%d of %d exits are in the US", us, n)
	}
}

// TestExitsRefuseWithTheirCountry through the whole channel, at the scenario's rate.
func TestExitsRefuseWithTheirCountry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			e := &s.Channels[reverse].Errors
			e.Region.Rate, e.Burst, e.Pool = 0.25, time.Minute, map[string]int{"mm": 2, "ru": 10}
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
			s.Outages = []scenario.Outage{{Channels: []string{"reverse"}, Between: time.Hour, Lasts: scenario.Takes{Median: time.Minute}}}
		}), Options{Speed: 1000})
		time.Sleep(48 * time.Hour)
		if r := buys(t, s, reverse).send(http.NewRequest(http.MethodGet, URL("http://x", "reverse")+"/balance", nil)); r.Status != http.StatusOK {
			t.Errorf("status %d", r.Status)
		}
		buys(t, s, reverse).order("a cat", short)
		if n := len(s.sellers[reverse].outages[0].drawn); n > 100 {
			t.Errorf("%d spells are remembered", n)
		}
	})
}
