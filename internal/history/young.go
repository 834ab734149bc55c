package history

import (
	"math"
	"slices"

	"channelbench/internal/history/level"
)

// A baseline is young until leastBase good nights are there. What makes it is as yet unknown, so:
//   - It begins to judge with leastYoung nights, leastCore of them good. One that is beyond the gate, and so far beyond
//     chance as two nights need to be, is watched, and teaches nothing but scatter. Runs of plainRun nights or more are a
//     regression if they are youngMore standard deviations farther off than against a grown baseline.
//   - Its nights are held against those of them that lie closest together, more than half (Rousseeuw 1984 on the
//     shortest half). One that lies apart from these, on either side, teaches nothing, since the first night may be the
//     odd one; unless nights like it turn out to be most.
//
// Numbers are by simulation (young_test.go).
const (
	leastYoung = 4
	leastCore  = 3
	youngMore  = 0.5
)

// judges says whether a base is enough to judge by.
func judges(base []level.Lesson) bool { return len(base) >= leastYoung && whole(base) >= leastCore }

// told is how many of the first n lessons nights after them are judged by: of a young base all but the latest ones that
// are watched, which would make nights like them seem no news.
func (c *chart) told(n int) int {
	for c.good < leastBase && n > 0 && c.base[n-1].Teaching == level.Scatter {
		n--
	}
	return n
}

// nightLimit is how far beyond chance one night must be.
func (c *chart) nightLimit() float64 {
	if c.good < leastBase {
		return c.limits.Run[2]
	}
	return c.limits.Night
}

// runLimit is how far beyond chance a run must be against a baseline of so many good nights.
func (c *chart) runLimit(good, nights int) float64 {
	switch {
	case good >= leastBase:
		return c.limits.Run[nights]
	case nights >= plainRun:
		return c.limits.Run[nights] + youngMore
	}
	return math.Inf(1)
}

// settle holds the nights of a young base against each other.
func (c *chart) settle() {
	if len(c.young) < len(c.base) {
		c.young = append(c.young, c.base[len(c.base)-1])
	}
	c.base = slices.Clone(c.young)
	if judges(c.young) {
		l := level.Of(level.Core(c.young), c.metric.Kind, c.limits.Run[2])
		for i := range c.base {
			if b := &c.base[i]; b.Teaching == level.Whole && c.liesApart(l, b.Night) {
				b.Teaching = level.Nothing
			}
		}
	}
	c.good = whole(c.base)
	c.apart = whole(c.young) - c.good
	c.levels = nil
}

// liesApart says whether a night is off from most by more than the gate and beyond chance, on whatever side.
func (c *chart) liesApart(l *level.Level, n level.Night) bool {
	sign := math.Copysign(1, n.Y-l.Mean)
	alone := []level.Night{n}
	return l.Off(alone, sign) > c.gateAt(l.Mean) && l.Score(alone, sign) > c.limits.Run[2]
}

// whole is how many lessons teach all that they say.
func whole(base []level.Lesson) int {
	n := 0
	for i := range base {
		if base[i].Teaching == level.Whole {
			n++
		}
	}
	return n
}
