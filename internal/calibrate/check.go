package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/calibrate/fit"
	"channelbench/internal/channel"
)

// unlikely is the p-value from which on the data are said to be beyond the model: at some dozen checks a calibration, one
// false alarm in eight of them.
const unlikely = 0.01

// Check holds what the fitted model predicts of the same attempts against what they met.
type Check struct {
	Key  string
	What string
	Seen string // and what was expected
	P    float64
}

// Flagged says that the model doesn't explain what was seen.
func (c *Check) Flagged() bool { return c.P < unlikely }

func (c *calibration) check(key, what string, p float64, format string, args ...any) {
	c.Checks = append(c.Checks, Check{key, what, fmt.Sprintf(format, args...), p})
}

// checkNights asks whether nights differ by more than chance.
func (c *calibration) checkNights(key string, r *fit.Rate) {
	if r.Nights > 1 && r.Hits > 0 {
		c.check(key, "nights alike", r.P, "nights scatter %.1f times as much as chance makes them", r.Scatter)
	}
}

// checkHours asks whether a share of attempts hangs on the hour of the day, in UTC. Hours of mock channels mean nothing.
func (c *calibration) checkHours(ch int, kind string, rate float64) {
	var hits, tries [24]float64
	for i := range c.by[ch] {
		p := &c.by[ch][i]
		if c.nights[p.night].Mock {
			continue
		}
		h, n := met(p, kind)
		hits[p.At.UTC().Hour()] += float64(h)
		tries[p.At.UTC().Hour()] += float64(n)
	}
	all, of, squares, hours := 0.0, 0.0, 0.0, 0
	for h := range hits {
		all += hits[h]
		of += tries[h]
	}
	worst, at := 0.0, 0
	for h := range hits {
		expected := tries[h] * all / math.Max(1, of)
		if expected < 1 { // too few for the statistic
			continue
		}
		d := hits[h] - expected
		squares += d * d / (expected * (1 - all/of))
		hours++
		if d > worst {
			worst, at = d, h
		}
	}
	if hours > 1 {
		c.check(c.key(ch, "errors."+kind), "hours alike", distuv.ChiSquared{K: float64(hours - 1)}.Survival(squares),
			"most beyond the %s of all hours: %.0f of %.0f from %02d:00 UTC on", percent(rate), hits[at], tries[at], at)
	}
}

// replicas is how many draws of the model a statistic is held against, and mostDraws bounds their work.
const (
	replicas  = 400
	mostDraws = 2_000_000
)

// checkRuns asks whether region errors come in longer rows than the model makes them: neighbours in time that both fail.
func (c *calibration) checkRuns(ch int, passed []placed, rate float64) {
	e := &c.s.Channels[ch].Errors
	var bad []bool
	var ends []bool // of the sequences
	for _, s := range c.sequences(passed) {
		for i := range s {
			bad = append(bad, atRegion(&s[i]))
			ends = append(ends, i == len(s)-1)
		}
	}
	pairs, longest := rows(bad, ends)
	if len(bad) < Fewest || rate == 0 || e.Exits > 0 { // where the scenario has exits, the chain's own likelihood is the test
		return
	}
	random := rand.New(rand.NewPCG(c.s.Seed, uint64(ch)))
	draws := max(100, min(replicas, mostDraws/len(bad)))
	morePairs, longer, mean := 0, 0, 0.0
	drawn := make([]bool, len(bad))
	for range draws {
		for i := range drawn {
			drawn[i] = random.Float64() < rate
		}
		p, l := rows(drawn, ends)
		mean += float64(l) / float64(draws)
		if p >= pairs {
			morePairs++
		}
		if l >= longest {
			longer++
		}
	}
	p := float64(min(morePairs, longer)+1) / float64(draws+1)
	c.check(c.key(ch, "errors.region"), "rows", math.Min(1, 2*p), "the longest row is %d, %.1f expected; %d neighbours fail together", longest, mean, pairs)
}

// rows counts neighbours that both fail, and the longest row of failures.
func rows(bad, ends []bool) (pairs, longest int) {
	row := 0
	for i, b := range bad {
		if !b {
			row = 0
		} else {
			if row++; row > 1 {
				pairs++
			}
			longest = max(longest, row)
		}
		if ends[i] {
			row = 0
		}
	}
	return pairs, longest
}

// checkTimes asks whether the line explains the slowest twentieth, the lengths, the nights and the hours.
func (c *calibration) checkTimes(t *timing, x *fit.Times) {
	key := c.key(t.ch, "latency")
	counts, n := fit.Ranks(t.times, x.Line, x.Spread.Value, 20)
	c.check(key, "shape", fit.Misfit(counts, n, 3), "%s, %d times in twenty cells", x.Shape, int(n))
	slow := counts[19]
	c.check(key, "p95", binomialP(slow, n, 0.05), "%.0f of %d times lie beyond the model's p95, %.0f expected", slow, int(n), n/20)
	if x.Nights > 1 {
		c.check(key, "nights alike", x.P, "log-medians differ by %.2f from night to night beyond chance", x.Between)
	}
	if p, said := alike(t.times, x, func(v *fit.Time) int { return v.Group*100_000 + int(v.Length) }, 1+len(t.keys)); said != "" {
		c.check(key, "lengths alike", p, "%s", said)
	}
	c.checkTimeHours(t, x, key)
}

// checkTimeHours asks whether the median hangs on the hour of the day.
func (c *calibration) checkTimeHours(t *timing, x *fit.Times, key string) {
	var times []fit.Time
	for i := range c.by[t.ch] {
		p := &c.by[t.ch][i]
		if c.nights[p.night].Mock || !p.Made || p.Low == 0 && p.High == 0 {
			continue
		}
		v := fit.Time{Length: float64(p.Seconds), Low: p.Low.Seconds(), High: p.High.Seconds(), Weight: 1, Night: p.At.UTC().Hour()}
		if t.keys != nil {
			if v.Group = indexOf(t.keys, p.Resolution); v.Group < 0 {
				continue
			}
		}
		times = append(times, v)
	}
	if p, said := alike(times, x, func(v *fit.Time) int { return v.Night }, 1); said != "" {
		c.check(key, "hours alike", p, "%s", said)
	}
}

func indexOf(keys []string, resolution string) int {
	for i, k := range keys {
		if k == resolution || k == channel.Any {
			return i
		}
	}
	return -1
}

// alike is the p-value of the scatter of groups of times around the line, after so many parameters were fitted to them.
func alike(times []fit.Time, x *fit.Times, key func(*fit.Time) int, fitted int) (p float64, said string) {
	squares, groups, worst := 0.0, 0, 0.0
	for _, s := range fit.Shifts(times, x.Line, x.Spread.Value, key) {
		if s.N < 5 {
			continue
		}
		groups++
		squares += s.By * s.By * s.Worth
		if math.Abs(s.By) > math.Abs(worst) {
			worst = s.By
		}
	}
	degrees := groups - fitted
	if degrees < 1 {
		return 1, ""
	}
	return distuv.ChiSquared{K: float64(degrees)}.Survival(squares), fmt.Sprintf("%d groups, the farthest %+.0f%% from the line", groups, 100*math.Expm1(worst))
}

// binomialP is the two-sided p-value of so many hits, which need not be whole.
func binomialP(hits, tries, p float64) float64 {
	if tries == 0 {
		return 1
	}
	b := distuv.Binomial{N: math.Round(tries), P: p}
	k := math.Round(hits)
	return math.Min(1, 2*math.Min(b.CDF(k), 1-b.CDF(k-1)))
}
