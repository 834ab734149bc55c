package history

import (
	"math"

	"channelbench/internal/history/level"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// A chart follows one figure of one strategy from night to night. Positive is worse.
//
// Its baseline are the nights since a person's mark until fullBase good ones are there, and then it is frozen: one that
// moved along would let a slow drift through. What a night teaches hangs on what it is:
//   - within the gate: all that it says.
//   - beyond the gate, within chance: that nights reach that far, not how far. The level takes it as censored there (level.go),
//     as leaving it out would make the level too good.
//   - beyond chance, too: how much nights scatter, at most three standard deviations, since limits from the quiet nights
//     alone would be too tight (Huber 1964). Nothing of the level.
//   - a regression, a night cut short, a figure that was never reached: nothing.
//
// One rule finds a change: tonight is off by more than the gate, and so are the last w nights together, for some w from
// 2 to mostRun, and these w nights are beyond chance, against the baseline as it was before the first of them. So a
// night is never judged by what it taught itself. In the mean of a run no night counts for more than what two nights
// need to be beyond chance (Lucas and Crosier 1982 on robust charts): one night alone, however bad, is no regression.
//
// Before there are leastBase good nights, young.go says what counts.
const (
	leastBase = 8
	fullBase  = 120
	mostRun   = level.MostRun
)

// Limits are how far off is beyond chance, in standard deviations: of one night, and of runs of nights by their length.
type Limits struct {
	Night float64
	Run   [mostRun + 1]float64
}

// falseAlarms is how many a year, over all charts together, the limits would give if nights had to be beyond chance
// only: that they must be beyond the gate as well leaves fewer.
const falseAlarms = 1.5

// scales are the lengths of runs that differ much from each other: 2, 4, 8 and 14.
const scales = 4

// LimitsFor are the limits where so many charts are judged every night: the more, the stricter, so that the false
// alarms of all together stay as few. Runs of each length may give as many: a run of w nights is as good as new every w
// nights, so it may be wrong w times as often (the calibration by scale of Dümbgen and Spokoiny 2001).
func LimitsFor(charts int) Limits {
	perNight := falseAlarms / 365 / float64(max(charts, 1))
	l := Limits{Night: max(2, stats.Score(math.Sqrt(perNight)))}
	for w := 2; w <= mostRun; w++ {
		l.Run[w] = stats.Score(perNight * float64(w) / scales)
	}
	return l
}

// chart is a figure of a strategy, night after night.
type chart struct {
	metric *metric
	stated scenario.Gate
	gate   float64 // how far off is enough, as a positive number on the chart's scale
	floor  float64 // of a cost: or so many dollars, if that is more
	limits Limits

	base    []level.Lesson
	good    int            // of the base: nights within the gate
	young   []level.Lesson // the base as long as it was young, before its nights were held against each other
	apart   int            // of them: nights that lie apart from the others
	never   int            // nights that never reached the figure
	price   price
	recent  []met
	seen    int
	changed int // the last night that was part of a change, counted from 1
	began   int // the night with which that change began
	levels  map[int]*level.Level
}

func newChart(m *metric, g scenario.Gate, limits Limits) *chart {
	c := &chart{metric: m, stated: g, gate: math.Log1p(g.Change), floor: g.Floor.Dollars(), limits: limits}
	switch {
	case m.name == "attempts":
		c.gate = g.Change
	case m.Share:
		c.gate = math.Abs(g.Change)
	case m.Cost:
		c.floor = max(c.floor, m.least)
	}
	return c
}

// met is a night that was judged, and how much of the base there was before it.
type met struct {
	reading
	base int
}

// outcome is what a chart says of a night.
type outcome struct {
	score, off float64 // off: on the chart's scale
	low, high  float64 // 95 % interval of off
	mean, gate float64 // of the base, on the chart's scale
	base       int
	never      int
	apart      int // nights that lie apart from a young base
	found      finding
	from       int  // the night with which it began, counted from 1; 0: no change was found
	run        int  // how many nights the finding is of
	together   bool // not each of them is off by more than the gate: all are, together
	priced     bool // it is the price itself that rose
	level      *level.Level
}

type finding int

const (
	learning  finding = iota // the base is too short
	unchanged                // within the gate
	unsure                   // beyond the gate, within chance
	watched                  // beyond the gate and chance tonight
	stepped                  // two or three nights running
	drifted                  // more nights
	improved
)

// add judges a night, and lets the base learn from it.
func (c *chart) add(r reading) outcome {
	c.seen++
	c.recent = append(c.recent, met{r, len(c.base)})
	if len(c.recent) > mostRun {
		c.recent = c.recent[1:]
	}
	o := outcome{base: c.good, never: c.never, apart: c.apart, found: learning, score: math.NaN(), off: math.NaN(),
		low: math.NaN(), high: math.NaN()}
	if judges(c.base) {
		if judged := c.judge(r); c.good >= leastBase || judged.beyond() {
			o = judged
		}
	}
	grown := c.good >= leastBase
	c.learn(r, &o)
	if !grown {
		c.settle()
	}
	return o
}

// beyond says whether a night is worse, beyond the gate and chance.
func (o *outcome) beyond() bool {
	return o.found == watched || o.found == stepped || o.found == drifted
}

// learn adds a night to the base.
func (c *chart) learn(r reading, o *outcome) {
	never := math.IsInf(r.Y, 1)
	if never {
		c.never++
	}
	if c.good == fullBase || r.about || never {
		return
	}
	switch o.found {
	case learning, unchanged, improved:
		c.good++
		c.price.learn(r)
		c.base = append(c.base, level.Lesson{Night: r.Night})
	case unsure:
		c.base = append(c.base, level.Lesson{Night: r.Night, Teaching: level.Censored, Limit: o.mean + o.gate})
	case watched:
		c.base = append(c.base, level.Lesson{Night: r.Night, Teaching: level.Scatter})
	}
}

func (c *chart) judge(r reading) outcome {
	l := c.level(c.told(len(c.base)))
	o := outcome{base: c.good, never: c.never, level: l, gate: c.gateAt(l.Mean), mean: l.Mean, off: r.Y - l.Mean,
		found: unchanged}
	o.score = l.Score(c.last(1), 1)
	dear := c.price.beyond(r, c.gate)
	switch {
	case dear || o.off > o.gate:
		c.worse(r, dear, &o)
	case -o.off > o.gate:
		if o.spans(c.changedRun(-1)); o.run > 0 {
			o.found = improved
		}
	}
	return o
}

// worse says what a night beyond its gate comes to.
func (c *chart) worse(r reading, dear bool, o *outcome) {
	o.found = unsure
	if o.off > o.gate {
		o.spans(c.changedRun(1))
	}
	switch {
	case dear && (c.price.dear > 1 || r.SE == 0):
		o.spans(run{nights: c.price.dear, from: c.seen - c.price.dear + 1})
		o.found, o.priced = stepped, true
	case r.dead() && o.score > c.limits.Run[2]:
		o.spans(run{nights: 1, from: c.seen})
		o.found = stepped
	case o.run > 3:
		o.found = drifted
	case o.run > 0:
		o.found = stepped
	case dear || o.score > c.nightLimit():
		o.found = watched
		return
	default:
		return
	}
	if c.changed == 0 || c.seen-c.changed > mostRun/2 {
		c.began = o.from
	}
	c.changed, o.from = c.seen, c.began
}

// last are the last nights, with the latest at the end.
func (c *chart) last(nights int) []level.Night {
	all := make([]level.Night, 0, mostRun)
	for _, m := range c.recent[len(c.recent)-nights:] {
		all = append(all, m.Night)
	}
	return all
}

// run is some nights, up to tonight, that are beyond chance together.
type run struct {
	nights   int  // 0: there is none
	from     int  // the first of them that is off by more than the gate, counted from 1
	late     bool // it begins with a night within the gate
	together bool // not each of its nights is off by more than the gate
	score    float64
}

// spans says what run a finding is of.
func (o *outcome) spans(r run) { o.run, o.from, o.together = r.nights, r.from, r.together }

// changedRun is the run of nights that is farthest beyond chance of those that are off by more than the gate. One that
// begins within the gate would begin before the change, and is told only where no other is beyond chance. The sign is
// that of what is looked for: 1 worse, −1 better.
func (c *chart) changedRun(sign float64) run {
	var best run
	for w := 2; w <= len(c.recent); w++ {
		first := c.recent[len(c.recent)-w]
		told := c.told(first.base)
		good := whole(c.base[:told])
		if !judges(c.base[:told]) || good < leastBase && sign < 0 {
			break
		}
		l := c.level(told)
		score, beyond := c.score(l, c.last(w), good, sign)
		if !beyond {
			continue
		}
		r := c.runOf(l, w, sign)
		r.score = score
		if best.nights == 0 || best.late && !r.late || best.late == r.late && score > best.score {
			best = r
		}
	}
	return best
}

// score is how far nights are beyond chance together against a level of so many good nights, and whether that and how
// far they are off are enough.
func (c *chart) score(l *level.Level, nights []level.Night, good int, sign float64) (score float64, beyond bool) {
	w, least, off := len(nights), c.gateAt(l.Mean), l.Off(nights, sign)
	if sign > 0 {
		least = max(least, c.metric.beyond*l.Shown(w))
	}
	if off <= least {
		return math.NaN(), false
	}
	score = l.Score(nights, sign)
	return score, score > c.runLimit(good, w) || sign > 0 && score > plainScore && c.plain(good, w, off)
}

// runOf is the run of the last nights, by what each of them alone is off by.
func (c *chart) runOf(l *level.Level, nights int, sign float64) run {
	r := run{nights: nights}
	for i, n := range c.last(nights) {
		switch off := sign * (n.Y - l.Mean); {
		case off <= c.gateAt(l.Mean):
			r.together = true
		case r.from == 0:
			r.from, r.late = c.seen-nights+1+i, i > 0
		}
	}
	return r
}

// A young baseline hardly knows how much nights scatter, so that even a doubled time would be no news. Times that are
// half as long again for plainRun nights are, unless nights scatter by as much.
const (
	plainRun   = 3
	plainOff   = 0.4 // on the logarithmic scale
	plainScore = 2.5
)

func (c *chart) plain(good, nights int, off float64) bool {
	return c.metric.q > 0 && good < 2*leastBase && nights >= plainRun && off > plainOff
}

// gateAt is how far off a level is enough.
func (c *chart) gateAt(mean float64) float64 {
	switch {
	case c.metric.name == "attempts": // a share of attempts, and a gate on attempts an order
		return (1 - mean) * c.gate / (1 + c.gate)
	case c.floor > 0:
		return max(c.gate, math.Log1p(c.floor/math.Exp(mean)))
	}
	return c.gate
}

// level is what the first lessons come to.
func (c *chart) level(lessons int) *level.Level {
	l := c.levels[lessons]
	if l == nil {
		if c.levels == nil {
			c.levels = map[int]*level.Level{}
		}
		l = level.Of(c.base[:lessons], c.metric.Kind, c.limits.Run[2])
		c.levels[lessons] = l
	}
	return l
}

// price is what a clip costs without surcharges, as far as nights tell it. One that was the same on all nights of the
// base doesn't sway, so that no chance is involved when it rises: it takes two nights that tell so, whatever surcharges
// do, or one on which every order cost the same.
type price struct {
	log   float64 // as the base has it
	told  int     // by how many nights of it
	sways bool
	dear  int // nights running that told one beyond the gate
}

// leastPrices is how many nights of the base must have told a price.
const leastPrices = 4

// beyond takes a night in, and says whether it told a price beyond the gate.
func (p *price) beyond(r reading, gate float64) bool {
	if !(r.price > 0) || p.sways || p.told < leastPrices {
		return false
	}
	if math.Log(r.price)-p.log > gate {
		p.dear++
		return true
	}
	p.dear = 0
	return false
}

// learn takes in a night of the base.
func (p *price) learn(r reading) {
	switch {
	case !(r.price > 0):
	case p.told == 0:
		p.log, p.told = math.Log(r.price), 1
	case math.Abs(math.Log(r.price)-p.log) < level.LeastSD:
		p.told++
	default:
		p.sways = true
	}
}
