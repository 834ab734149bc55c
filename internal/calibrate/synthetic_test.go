package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// source is the scenario that synthetic attempts calibrate.
const source = `name = "toy"
[workload]
orders_per_month = 2_000
deadline = "20m"
[[workload.videos]]
name = "short"
share = "60%"
seconds = 5
resolution = "720p"
[[workload.videos]]
name = "long"
share = "40%"
seconds = 10
resolution = "720p"

[channels.reverse]      # the cheap one
kind    = "reverse"
price   = { per_call = "$0.12", as_of = 2025-12-01, source = "a list" }
latency = { base = "20s", per_second = { "720p" = "10s" }, sigma = 0.5, range = ["20%", "500%"], confidence = "assumed", source = "a guess" }   # nobody knows
[channels.reverse.errors]
# in this order
region   = { rate = "5%", range = ["1%", "40%"]REGION }
submit   = { rate = "2%", range = ["0%", "30%"] }
job      = { rate = "2%", range = ["0.1%", "30%"], distribution = "loguniform", source = "a guess" }
unusable = { rate = "3%", range = ["0%", "30%"] }

[strategies.reverse]
steps = [{ channel = "reverse", attempts = 3 }]
`

func load(text string) *scenario.Scenario {
	s, _, err := scenario.Load("toy.toml", []byte(text), scenario.Options{})
	if err != nil {
		panic(err)
	}
	return s
}

func toy(region string) *scenario.Scenario { return load(strings.Replace(source, "REGION", region, 1)) }

// truth is toy with other values.
func truth(region string, change func(*scenario.Scenario)) *scenario.Scenario {
	s := toy(region)
	change(s)
	return s
}

// nightsOfWorld lets a scenario's world answer orders: so many nights, a day apart, of orders at a mean gap, retried
// after region errors as often as three times, and polled.
func nightsOfWorld(s *scenario.Scenario, seed uint64, nights, orders int, gap, poll time.Duration) []attempt.Night {
	c, err := s.Compile()
	if err != nil {
		panic(err)
	}
	c.Model.Seed = seed
	all := make([]attempt.Night, nights)
	for n := range all {
		random := rand.New(rand.NewPCG(seed, uint64(n)))
		from := time.Date(2026, 11, 1+n, 2, 0, 0, 0, time.UTC)
		all[n] = attempt.Night{Name: fmt.Sprint(n), From: from}
		trouble := c.Model.Trouble(n)
		at := time.Duration(0)
		for o := range orders {
			at += time.Duration(random.ExpFloat64() * float64(gap))
			key := c.Model.Key(n, o)
			class := c.Model.Class(key)
			for try := range 3 {
				// Retries come at once, so that the world is asked in the order of time.
				f := trouble.Attempt(key, 0, class, try, at)
				a := attempt.Attempt{Channel: s.Channels[0].Name, Order: fmt.Sprint(o), Try: try, At: from.Add(at),
					Outcome: f.Outcome, Reason: f.Reason,
					Seconds: c.Model.Classes[class].Clip.Seconds, Resolution: c.Model.Classes[class].Clip.Resolution}
				settle(&a, &f, poll, s.Workload.Deadline)
				all[n].Attempts = append(all[n].Attempts, a)
				if f.Reason != channel.Region {
					break
				}
				at += time.Second
			}
		}
	}
	return all
}

// settle fills in what became of an accepted job.
func settle(a *attempt.Attempt, f *world.Fate, poll, deadline time.Duration) {
	if f.Outcome == channel.Refused || f.Outcome == channel.Ambiguous {
		return
	}
	a.Accepted, a.Ended = true, true
	a.Made = f.Outcome != channel.Failed
	seen := poll * time.Duration(math.Ceil(float64(f.Service)/float64(poll)))
	if a.Low, a.High = seen-poll, seen; seen > deadline {
		a.Outcome, a.Reason, a.Ended, a.Made, a.Low, a.High = channel.Abandoned, channel.Deadline, false, false,
			deadline-deadline%poll, 0
	}
}
