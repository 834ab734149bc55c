package calibrate

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/channel"
	"channelbench/internal/proof"
	"channelbench/internal/scenario"
)

var dataSets = flag.Int("data-sets", proof.Size(5, 30),
	"from how many data sets each kind of trouble is calibrated; 1000 take a quarter of an hour")

// troubles are worlds and what their scenario states of them, and how many orders a day come for how many days.
var troubles = []struct {
	name          string
	stated, world string
	days, orders  int
	// share of the ranges that hold the truth: counts are whole, so of few attempts more do than say so
	want float64
}{
	{"none", "", "", 10, 150, 0.95},
	{"outages", outage("24h", "30m", 1.0), outage("16h", "3h", 0.5), 15, 150, 0.95},
	{"outages as stated, few attempts", outage("12h", "1h", 0.8), outage("12h", "1h", 0.8), 2, 100, 0.96},
	{"none where some are stated", outage("24h", "30m", 1.0), "", 10, 150, 0.95},
	{"a regime", regime("10%", "1d", "90%"), regime("25%", "5h", "70%"), 15, 150, 0.95},
	{"a regime as stated, few attempts", regime("25%", "5h", "70%"), regime("25%", "5h", "70%"), 2, 100, 0.96},
	{"a regime and outages", regime("10%", "1d", "90%") + outage("24h", "30m", 1.0),
		regime("20%", "8h", "60%") + outage("30h", "2h", 0.5), 15, 150, 0.95},
	{"a regime that is an outage", regime("10%", "1d", "90%"), outage("16h", "3h", 0.5), 15, 150, 0.95},
}

func outage(between, median string, sigma float64) string {
	return fmt.Sprintf("[[outages]]\nchannels = [\"reverse\"]\nbetween = %q\nlasts = { median = %q, sigma = %.2f }\n",
		between, median, sigma)
}

func regime(share, median, submit string) string {
	return fmt.Sprintf("[channels.reverse.regimes]\ntrouble = { share = %q, lasts = { median = %q, sigma = 0.7 }, submit = %q }\n", share, median, submit)
}

func troubledToy(trouble string) *scenario.Scenario {
	text := string(toy("").Source)
	return load(strings.Replace(text, "[strategies.reverse]", trouble+"\n[strategies.reverse]", 1))
}

// TestTroubleLeavesTheRatesAlone: of scenarios with outages and regimes the ranges hold the truth as often as they say,
// no spells of region errors are seen where there are none, and what fits is called a misfit at most once in 100 data
// sets. Seeds are 1 to as many as -data-sets says; forty shares are judged, so each may be off by four standard errors.
func TestTroubleLeavesTheRatesAlone(t *testing.T) {
	for _, tt := range troubles {
		t.Run(tt.name, func(t *testing.T) {
			c := newCoverage()
			c.each(*dataSets, func(seed uint64) {
				was := troubledToy(tt.world)
				draw(was, seed, 0.01, 0.05)
				nights := daysOfWorld(was, seed, tt.days, tt.orders)
				r, err := Run(troubledToy(tt.stated), Options{Nights: nights, Wide: true, Discount: 1})
				if err != nil {
					t.Error(err)
					return
				}
				c.note(holds(was, r))
				c.tell("flagged", strings.Contains(r.Report(), "can't explain ("))
				c.tell("invented", invented(r, tt.world != ""))
			})
			c.judge(t, tt.want, 4, "region", "submit", "job", "unusable", "latency")
			for _, name := range []string{"flagged", "invented"} {
				n := float64(c.asked[name])
				t.Logf("%s: %d of %.0f", name, c.held[name], n)
				if most := 0.01*n + 3*math.Sqrt(0.01*n); float64(c.held[name]) > most {
					t.Errorf("seeds 1 to %.0f: %d %s, want at most %.1f", n, c.held[name], name, most)
				}
			}
		})
	}
}

// invented says whether spells are told of that aren't there.
func invented(r *Result, trouble bool) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return strings.Contains(f.Why, "come in spells") || !trouble && f.Measured != "" &&
			(strings.Contains(f.Key, "outages") || strings.Contains(f.Key, "regimes"))
	})
}

// draw changes the truth from seed to seed: each rate lies somewhere from the least on.
func draw(s *scenario.Scenario, seed uint64, least, more float64) {
	u := func(k uint64) float64 { return float64((seed*7919+k*104729)%1009) / 1009 } // spread over the worlds
	e := &s.Channels[0].Errors
	for i, rate := range []*float64{&e.By[channel.Region].Rate, &e.By[channel.Submit].Rate, &e.By[channel.Job].Rate,
		&e.By[channel.BadClip].Rate} {
		*rate = least + more*u(uint64(i+1))
	}
	factor := 0.6 + 0.9*u(5)
	l := &s.Channels[0].Latency
	l.Base = time.Duration(factor * float64(l.Base))
	l.PerSecond = map[string]time.Duration{"720p": time.Duration(factor * float64(l.PerSecond["720p"]))}
}

// holds says which of the ranges that stand in the file in the end hold the truth.
func holds(was *scenario.Scenario, r *Result) map[string]bool {
	got, holds := load(string(r.Text)).Channels[0], map[string]bool{}
	for _, kind := range []channel.Reason{channel.Region, channel.Submit, channel.Job, channel.BadClip} {
		g, truth := got.Errors.By[kind].Range, was.Channels[0].Errors.By[kind].Rate
		holds[kind.String()] = g.Low <= truth && truth <= g.High
	}
	// The factor is on all medians; it is known best near the mean length.
	at := func(c *scenario.Latency) float64 { return c.Base.Seconds() + 7*c.PerSecond["720p"].Seconds() }
	factor := at(&was.Channels[0].Latency) / at(&got.Latency)
	holds["latency"] = got.Latency.Range.Low <= factor && factor <= got.Latency.Range.High
	return holds
}

// daysOfWorld lets a scenario's world answer orders at random times, each tried as often as three times, and cuts the
// attempts into days as a log is.
func daysOfWorld(s *scenario.Scenario, seed uint64, days, orders int) []attempt.Night {
	c, err := s.Compile()
	if err != nil {
		panic(err)
	}
	c.Model.Seed = seed
	trouble, from := c.Model.Trouble(0), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var all []attempt.Attempt
	random, at := rand.New(rand.NewPCG(seed, 0)), time.Duration(0)
	for o := range days * orders {
		key := c.Model.Key(0, o)
		at += time.Duration(random.ExpFloat64() * float64(24*time.Hour) / float64(orders))
		again := at
		for try := range 3 {
			class := c.Model.Class(key)
			f := trouble.Attempt(key, 0, class, try, again)
			a := attempt.Attempt{Channel: "reverse", Order: fmt.Sprint(o), Try: try, At: from.Add(again), Outcome: f.Outcome,
				Reason:  f.Reason,
				Seconds: c.Model.Classes[class].Clip.Seconds, Resolution: "720p"}
			settle(&a, &f, 10*time.Second, s.Workload.Deadline)
			all = append(all, a)
			if f.Outcome == channel.Delivered || a.Outcome == channel.Abandoned {
				break
			}
			again += a.High + 2*time.Second
		}
	}
	slices.SortStableFunc(all, func(a, b attempt.Attempt) int { return a.At.Compare(b.At) })
	var nights []attempt.Night
	for _, a := range all {
		name := a.At.Format(time.DateOnly)
		if n := len(nights); n == 0 || nights[n-1].Name != name {
			nights = append(nights, attempt.Night{Name: name, From: a.At, Log: true})
		}
		last := &nights[len(nights)-1]
		last.Attempts = append(last.Attempts, a)
	}
	return nights
}

// coverage counts, over data sets, how often something held.
type coverage struct {
	mu          sync.Mutex
	held, asked map[string]int
}

func newCoverage() *coverage { return &coverage{held: map[string]int{}, asked: map[string]int{}} }

// each runs something for the seeds from 1 to n.
func (c *coverage) each(n int, run func(seed uint64)) {
	var all sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range next {
				run(seed)
			}
		})
	}
	for seed := range uint64(n) {
		next <- seed + 1
	}
	close(next)
	all.Wait()
}

func (c *coverage) note(holds map[string]bool) {
	for name, ok := range holds {
		c.tell(name, ok)
	}
}

func (c *coverage) tell(name string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked[name]++; ok {
		c.held[name]++
	}
}

// judge demands that some intervals hold the truth in so large a share of the data sets, but for what happens by chance
// as rarely as a normal variate lies some standard deviations off. Of few data sets the binomial is far from normal.
func (c *coverage) judge(t *testing.T, want, sigmas float64, names ...string) {
	t.Helper()
	for _, name := range names {
		n := c.asked[name]
		share, held, rare := float64(c.held[name])/float64(n), float64(c.held[name]), distuv.UnitNormal.Survival(sigmas)
		t.Logf("%s: %.1f%% of %d", name, 100*share, n)
		chance := distuv.Binomial{N: float64(n), P: want}
		if chance.CDF(held) < rare || 1-chance.CDF(held-1) < rare {
			t.Errorf("seeds 1 to %d: %.1f%% of the ranges of %s hold the truth, want %.1f%%, %v sigma aside", n, 100*share, name,
				100*want, sigmas)
		}
	}
}
