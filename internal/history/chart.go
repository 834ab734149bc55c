package history

import (
	"math"
	"slices"

	"channelbench/internal/stats"
)

// A chart follows one figure of one strategy from night to night. Each night is scored against the baseline: how far off
// it is, in standard deviations of nights, so that without a change scores are standard normal; positive is worse.
//
// The baseline are the first nights since a person's mark, fullBase at most, and then it is frozen: one that moved along
// would let a slow drift through. While it grows, each night is scored before it becomes part of it, as in the
// self-starting charts of Hawkins (1987).
//
// Two rules find a change, and neither does unless it is as large as the gate:
//   - step: two judged nights running score above limits.Step, and both are off by more than the gate.
//   - drift: the sum of scores less slack each, which starts again at 0 whenever it would be negative (CUSUM; Page 1954),
//     reaches limits.Drift, and the nights of this climb are off by more than the gate on average. Then nights are called
//     changed as long as the sum stays above half of the limit, if they are off by more than the gate themselves.
const (
	leastBase = 8
	fullBase  = 30
	slack     = 0.5
)

// Limits are how far off is beyond chance.
type Limits struct{ Step, Drift float64 }

// falseAlarms is how many a year, over all charts together, the limits are meant to give: half of them by each rule.
const falseAlarms = 1.0

// LimitsFor are the limits where so many charts are judged every night. The more charts, the stricter, so that the
// false alarms of all together stay as few: the square of a tail for the step, Siegmund's approximation (1985) of the
// mean time between alarms for the drift. They are never less strict than what is usual for one chart: 2 and 5.
func LimitsFor(charts int) Limits {
	perNight := falseAlarms / 2 / 365 / float64(max(charts, 1))
	climb := math.Log(1 / perNight) // e^b−b−1 = 1/(2·perNight), solved by repetition
	for range 20 {
		climb = math.Log(1/(2*perNight) + climb + 1)
	}
	return Limits{Step: max(2, stats.Score(math.Sqrt(perNight))), Drift: max(5, climb-1.166)}
}

// mostTail bounds what one night of a quantile beyond the median can score: few orders lie there, so such a quantile
// strays further than a normal distribution would. It is no more than the least limit of a step, so that only a drift is
// found: with 3, as simulated over 200 years, three p95 alone raised two false alarms a year.
const mostTail = 2

type chart struct {
	rate   bool
	most   float64 // that one night can score
	gate   float64 // how far off is enough, as a positive number on the chart's scale
	limits Limits

	base  []reading
	never int    // of the base: nights that never reached the figure
	known *level // of the base; nil: to be worked out

	worse, better rule
	judged        int
}

// rule is the state of both rules in one direction.
type rule struct {
	far     bool      // the last night scored beyond the limit and the gate
	sum     float64   // CUSUM
	from    int       // the night with which its climb began, counted from 1
	climb   []float64 // scores of its nights
	off     float64   // sum of what they were off by
	alarmed bool
}

// level is what the base comes to.
type level struct {
	mean, between float64 // between: variance of nights beyond that of their orders; NaN: not told apart
	within        float64 // variance of an order's part: that of a night is within/orders
	total, orders float64 // variance of nights as they are, and their mean orders
	missed, of    int64   // of a share
	spread        float64 // how much more nights scatter than their orders tell, of a share
	nights        float64 // that reached the figure
	t             float64 // how many standard deviations the 95 % interval reaches to each side
}

// outcome is what a chart says of a night.
type outcome struct {
	score, off float64 // off: on the chart's scale
	low, high  float64 // 95 % interval of off
	level      float64
	base       int
	found      finding
	from       int // the night with which it began, counted from 1; 0: no change was found
	beyond     bool
}

// mostOff bounds what one night adds to a climb: a figure that is never reached is infinitely far off, and says as much
// as one that is e times as high.
const mostOff = 1

type finding int

const (
	learning finding = iota // the base is too short
	unchanged
	stepped
	drifted
	improved
)

// add judges a night, and makes it part of the base if that still grows.
func (c *chart) add(r reading) outcome {
	c.judged++
	o := outcome{base: len(c.base), found: learning, score: math.NaN(), off: math.NaN(), low: math.NaN(), high: math.NaN(), level: math.NaN()}
	if len(c.base)-c.never >= leastBase {
		o = c.judge(r)
	}
	if len(c.base) < fullBase && !r.about && o.found != stepped && o.found != drifted {
		c.base, c.known = append(c.base, r), nil
		if math.IsInf(r.y, 1) {
			c.never++
		}
	}
	return o
}

func (c *chart) judge(r reading) outcome {
	if c.known == nil {
		c.known = levelOf(c.base, c.rate)
	}
	o := outcome{base: len(c.base), found: unchanged, level: c.known.mean, off: r.y - c.known.mean}
	switch {
	case c.rate:
		c.known.scoreShare(r, &o)
	case math.IsInf(r.y, 1):
		o.score, o.low, o.high = scoreNever(c.never, len(c.base)), math.NaN(), math.NaN()
	default:
		c.known.score(r, &o)
	}
	o.score = min(o.score, c.most)
	worse := c.worse.step(c, o.score, o.off)
	better := c.better.step(c, -o.score, -o.off)
	switch {
	case worse != unchanged:
		o.found, o.from = worse, c.worse.began()
	case better != unchanged:
		o.found, o.from = improved, c.better.began()
	}
	o.beyond = c.worse.far
	return o
}

// step takes a score in, and says whether there is a change.
func (u *rule) step(c *chart, score, off float64) finding {
	before := u.far
	u.far = score > c.limits.Step && off > c.gate
	u.sum = max(0, min(u.sum+score-slack, c.limits.Drift))
	if u.sum == 0 {
		u.from, u.climb, u.off, u.alarmed = 0, u.climb[:0], 0, false
	} else {
		if u.from == 0 {
			u.from = c.judged
		}
		u.climb, u.off = append(u.climb, score), u.off+min(off, mostOff)
	}
	reached := u.sum >= c.limits.Drift && u.off/float64(len(u.climb)) > c.gate
	u.alarmed = u.alarmed && u.sum > c.limits.Drift/2 || reached
	switch {
	case before && u.far:
		return stepped
	case reached, u.alarmed && off > c.gate:
		return drifted
	}
	return unchanged
}

// began is the night with which a change most likely began: of the climb's nights, the first of those that are farthest
// off, all together, for how many they are.
func (u *rule) began() int {
	best, most, sum := 0, 0.0, 0.0
	for i := len(u.climb) - 1; i >= 0; i-- {
		sum += u.climb[i]
		if far := sum / math.Sqrt(float64(len(u.climb)-i)); far > most {
			best, most = i, far
		}
	}
	return u.from + best
}

// leastSD is the least that a night is taken to be uncertain by, of times and costs: nothing is known to a thousandth.
const leastSD = 0.001

func levelOf(base []reading, rate bool) *level {
	l := &level{spread: 1}
	if rate {
		for _, r := range base {
			l.missed, l.of = l.missed+r.missed, l.of+r.orders
		}
		l.mean = float64(l.missed) / float64(l.of)
		l.spread = overdispersion(base, l.mean)
		return l
	}
	reached := slices.DeleteFunc(slices.Clone(base), func(r reading) bool { return math.IsInf(r.y, 1) })
	m := float64(len(reached))
	l.nights, l.t = m, stats.StudentT(m-1)
	own := 0.0
	for _, r := range reached {
		l.mean, l.orders = l.mean+r.y/m, l.orders+float64(r.orders)/m
		l.within, own = l.within+r.se*r.se*float64(r.orders)/m, own+r.se*r.se/m
	}
	for _, r := range reached {
		l.total += (r.y - l.mean) * (r.y - l.mean) / (m - 1)
	}
	l.between = max(0, l.total-own)
	return l
}

// overdispersion is Pearson's: how many times the binomial variance the nights scatter.
func overdispersion(base []reading, p float64) float64 {
	if p <= 0 || p >= 1 {
		return 1
	}
	x := 0.0
	for _, r := range base {
		n := float64(r.orders)
		d := float64(r.missed) - n*p
		x += d * d / (n * p * (1 - p))
	}
	return max(1, x/float64(len(base)-1))
}

// score says how far off a time or a cost is, by the scatter of the base. A night of more or fewer orders than those of
// the base is more or less certain, as far as its own error is part of that scatter. The scatter may well be smaller
// than the error that nights state of themselves: nights that order the same clips don't differ by their mix.
func (l *level) score(r reading, o *outcome) {
	own, now := l.within/l.orders, l.within/float64(r.orders)
	variance := l.total * (l.between + now) / (l.between + own)
	if math.IsNaN(variance) { // no night's own error is known
		variance = l.total * l.orders / float64(r.orders)
	}
	sd := max(leastSD, math.Sqrt(variance*(1+1/l.nights)))
	o.score = stats.ScoreT(o.off/sd, l.nights-1)
	half := l.t * sd
	o.low, o.high = o.off-half, o.off+half
}

// scoreNever is the score of a night that never reached its quantile, as rare as that was in the base (by the prior of
// Jeffreys). Some nights of a channel that often fails don't: that orders aren't delivered is for the gate of their share.
func scoreNever(never, nights int) float64 {
	return stats.Score((float64(never) + 0.5) / float64(nights+1) / 2)
}

// scoreShare says how far off a share is, by Fisher's test. Its scores are less spread than normal ones where few orders
// miss, which errs on the quiet side.
func (l *level) scoreShare(r reading, o *outcome) {
	o.score = stats.Score(stats.FisherMid(l.missed, l.of, r.missed, r.orders)) / math.Sqrt(l.spread)
	s := l.spread
	o.low, o.high = stats.Newcombe(float64(l.missed)/s, float64(l.of)/s, float64(r.missed)/s, float64(r.orders)/s)
}
