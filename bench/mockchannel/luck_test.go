package mockchannel

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
	"channelbench/scenarios"
)

// unlucky gives every channel every failure.
func unlucky(s *scenario.Scenario) {
	for i := range s.Channels {
		c := &s.Channels[i]
		c.Latency = scenario.Latency{Shape: "lognormal", Base: 100 * time.Second, Sigma: 0.5}
		c.SubmitTakes = &scenario.Takes{Median: 2 * time.Second, Sigma: 0.5}
		c.Errors = scenario.Errors{
			By: scenario.ByReason{channel.Moderation: {Rate: 0.1},
				channel.Region: {Rate: 0.2, Takes: &scenario.Takes{Median: 6 * time.Second, Sigma: 0.6}},
				channel.Submit: {Rate: 0.1}, channel.Lost: {Rate: 0.1}, channel.Job: {Rate: 0.2, Billed: 0.5},
				channel.BadClip: {Rate: 0.2}, channel.Download: {Rate: 0.3}},
		}
	}
}

// TestNamedOrdersMeetTheSimulatorsFate: outcome, reason, and times to the nanosecond.
func TestNamedOrdersMeetTheSimulatorsFate(t *testing.T) {
	for _, counted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			source := marketed(t, unlucky)
			compiled, err := source.Compile()
			if err != nil {
				t.Fatal(err)
			}
			m := &compiled.Model
			s := opened(t, source, Options{Key: func(_ string, p dialect.Purchase) (world.Key, int, bool) {
				pair, try, _ := strings.Cut(p.Prompt, "/")
				n, err := strconv.Atoi(pair)
				k, _ := strconv.Atoi(try)
				if counted {
					k = -1
				}
				return m.Key(0, n), k, err == nil
			}})
			outcomes := map[channel.Outcome]int{}
			for n := range 120 {
				for try := range 3 {
					for _, at := range []int{forwarding, reverse} {
						fate := m.Attempt(m.Key(0, n), at, 0, try)
						outcomes[fate.Outcome]++
						compare(t, buys(t, s, at), fmt.Sprintf("%d/%d", n, try), fate)
					}
				}
			}
			if len(outcomes) != 5 {
				t.Errorf("outcomes %v", outcomes)
			}
			buys(t, s, forwarding).order("not named", short)
		})
	}
}

// TestNamedOrdersMeetTheSimulatorsTrouble: the outages, regimes, exits and limits of its first month.
func TestNamedOrdersMeetTheSimulatorsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := marketed(t, func(s *scenario.Scenario) {
			s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "reverse"}, Between: time.Hour,
				Lasts: scenario.Takes{Median: 20 * time.Minute, Sigma: 1}}}
			c := &s.Channels[reverse]
			c.Regimes = []scenario.Regime{{Name: "risk", Share: 0.3, Lasts: scenario.Takes{Median: time.Hour, Sigma: 1},
				Submit: 0.6}}
			c.Errors.By[channel.Region] = scenario.Error{Rate: 0.3, Takes: &scenario.Takes{Median: 6 * time.Second, Sigma: 0.6}}
			c.Errors.Exits, c.Errors.Burst, c.Errors.Rotate = 3, 5*time.Minute, "attempt"
			c.Limits = scenario.Limits{RequestsPerMinute: 1, Concurrent: 2}
		})
		compiled, err := source.Compile()
		if err != nil {
			t.Fatal(err)
		}
		m, began := &compiled.Model, time.Now()
		trouble := m.Trouble(0)
		s := opened(t, source, Options{Key: func(_ string, p dialect.Purchase) (world.Key, int, bool) {
			n, err := strconv.Atoi(p.Prompt)
			return m.Key(0, n), 0, err == nil
		}})
		met := map[channel.Reason]int{}
		for n := range 1500 {
			for _, at := range []int{forwarding, reverse}[min(1, n%4):] {
				fate := trouble.Attempt(m.Key(0, n), at, 0, 0, time.Since(began))
				met[fate.Reason]++
				fate.RetryAfter = (fate.RetryAfter + time.Millisecond - 1).Truncate(time.Millisecond) // as headers tell it
				compare(t, buys(t, s, at), strconv.Itoa(n), fate)
			}
			if n%8 == 0 {
				time.Sleep(7 * time.Minute)
			}
		}
		for _, r := range []channel.Reason{channel.NoReason, channel.Submit, channel.Region, channel.RateLimited,
			channel.Job} {
			if met[r] < 10 {
				t.Errorf("%v is met %d times", r, met[r])
			}
		}
	})
}

// compare buys a clip and holds what happens against a fate.
func compare(t *testing.T, b *buyer, prompt string, fate world.Fate) {
	t.Helper()
	began := time.Now()
	a := b.order(prompt, short)
	if took := time.Since(began); took != fate.Answered {
		t.Fatalf("%s: answered after %v, want %v", prompt, took, fate.Answered)
	}
	got := world.Fate{RetryAfter: a.RetryAfter, Answered: fate.Answered, Service: fate.Service, Billed: fate.Billed,
		Reason: a.Reason}
	switch a.Verdict {
	case dialect.Refused:
		got.Outcome = channel.Refused
	case dialect.Lost:
		got.Outcome = channel.Ambiguous
	case dialect.Accepted:
		time.Sleep(fate.Service - time.Nanosecond)
		if p := b.poll(a.Progress.Job); p.State != dialect.InProgress {
			t.Fatalf("%s: it ends early", prompt)
		}
		time.Sleep(time.Nanosecond)
		p := b.poll(a.Progress.Job)
		if got.Outcome, got.Reason = channel.Failed, p.Reason; p.State == dialect.Completed {
			got.Outcome, got.Reason = usable(b, p.Job)
		}
	}
	if got != fate {
		t.Fatalf("%s: got %+v, want %+v", prompt, got, fate)
	}
}

// usable fetches a clip until it comes.
func usable(b *buyer, j dialect.Job) (channel.Outcome, channel.Reason) {
	for {
		f, status := b.fetch(j)
		switch {
		case status == 200 && f.Unusable(short) == "":
			return channel.Delivered, channel.NoReason
		case status == 200:
			return channel.Unusable, channel.BadClip
		}
	}
}

// history is all that a scripted client sees and all that the books say.
func history(t *testing.T, seed uint64) string {
	t.Helper()
	var b strings.Builder
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			unlucky(s)
			s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "reverse"}, Between: 5 * time.Hour,
				Lasts: scenario.Takes{Median: time.Hour, Sigma: 1}}}
			s.Channels[reverse].Regimes = []scenario.Regime{{Name: "risk", Share: 0.3,
				Lasts: scenario.Takes{Median: time.Hour, Sigma: 1}, Submit: 0.6}}
			s.Channels[reverse].Limits.Concurrent = 5
			s.Channels[forwarding].Errors.Burst, s.Channels[forwarding].Errors.Exits = time.Minute, 5
		}), Options{Seed: seed})
		for n := range 150 {
			for _, at := range []int{forwarding, reverse} {
				began := time.Now()
				fmt.Fprintf(&b, "%+v ", buys(t, s, at).order(fmt.Sprint("cat ", n%20), short))
				fmt.Fprintln(&b, time.Since(began))
			}
			time.Sleep(20 * time.Second)
		}
		time.Sleep(10 * time.Minute)
		fmt.Fprintf(&b, "%+v", s.Books())
	})
	return b.String()
}

// TestTheSameSeedIsTheSameHistory, and another one is another.
func TestTheSameSeedIsTheSameHistory(t *testing.T) {
	first := history(t, 0)
	if again := history(t, 7); again != first {
		t.Error("the scenario's own seed, given as an option, makes another history")
	}
	if other := history(t, 8); other == first {
		t.Error("another seed makes the same history")
	}
}

// TestRatesAreTheScenarios: over many submits that nobody named, each rate of those that passed the earlier ones.
func TestRatesAreTheScenarios(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, unlucky), Options{})
		e := s.sellers[reverse]
		const n = 40_000
		for i := range n {
			if _, _, err := e.take(dialect.Purchase{Model: "sora-2", Prompt: fmt.Sprint("cat ", i), Clip: short},
				time.Now()); err == nil {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(24 * time.Hour)
		k := s.Books()[reverse]
		left := n
		for _, stage := range []struct {
			what string
			got  int
			rate float64
		}{
			{"moderation", k.Refused[channel.Moderation], 0.1}, {"region", k.Refused[channel.Region], 0.2},
			{"submit", k.Refused[channel.Submit], 0.1}, {"ambiguous", k.Lost, 0.1},
		} {
			within(t, stage.what, float64(stage.got)/float64(left), stage.rate, left)
			left -= stage.got
		}
		within(t, "lost answers whose job ran", float64(k.LostRan)/float64(k.Lost), 0.5, k.Lost)
		within(t, "failed", float64(k.Failed)/float64(k.Accepted), 0.2, k.Accepted)
		within(t, "billed though failed", float64(k.FailedBilled)/float64(k.Failed), 0.5, k.Failed)
		within(t, "unusable", float64(k.Unusable)/float64(k.Made), 0.2, k.Made)
	})
}

// TestShippedScenariosAreServed, each channel that has a protocol, to the median of its times.
func TestShippedScenariosAreServed(t *testing.T) {
	for _, name := range scenarios.Names() {
		source, _ := scenarios.Open(name)
		s, _, err := scenario.Load(name, source, scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := s.Compile()
		if err != nil {
			t.Fatal(err)
		}
		server := opened(t, s, Options{})
		for i, e := range server.sellers {
			checkTimes(t, name, e, &compiled.Model.Channels[i])
		}
	}
}

// checkTimes takes many orders of each clip that a channel makes and looks at the median of their service times.
func checkTimes(t *testing.T, name string, e *seller, w *world.Channel) {
	t.Helper()
	for _, j := range w.Jobs {
		if !j.Makes {
			continue
		}
		const n = 2000
		median := time.Duration(j.Service.Quantile(0.5) * float64(time.Second))
		jobs, sooner := 0, 0
		for i := range n {
			o := order{key: derived(1, forStream, i), prompt: derived(2, forStream, i)}
			f := e.luck.draw(o, j, time.Duration(i)*time.Hour) // none waits for another's slot
			if !f.runs() {
				continue
			}
			jobs++
			if f.Service <= median {
				sooner++
			}
		}
		want := j.Service.CDF(median.Seconds()) // 0.5, or 1 where all take the same
		within(t, fmt.Sprintf("%s, %s, %v: sooner than the median", name, e.channel.Name, j.Clip),
			float64(sooner)/float64(jobs), want, jobs)
	}
}
