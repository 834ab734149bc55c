package history

import (
	"fmt"
	"math"

	"channelbench/internal/history/level"
	"channelbench/internal/words"
)

// words says what a night comes to, and why: of what can't be told, what it takes to tell.
func (c *chart) words(r reading, o *outcome) (Status, string) {
	switch o.found {
	case learning:
		return Inconclusive, c.baseWords(o)
	case stepped, drifted:
		return Regression, c.changeWords(o) + youngWords(o) + c.lagWords(o)
	case improved:
		nights := running(o.run) + " "
		if o.together {
			nights = together(o.run)
		}
		return Improvement, nights + "better beyond chance by more than the gate's measure" + c.lagWords(o)
	case watched:
		if o.base < leastBase {
			return Watch, fmt.Sprintf("beyond the gate and chance of the %d nights so far: it teaches the baseline nothing of "+
				"its level, and %s like it are a regression", o.base, running(plainRun))
		}
		return Watch, "beyond the gate and chance tonight; the next nights tell whether it lasts" + c.lagWords(o)
	case unsure:
		return Inconclusive, "beyond the gate, but not beyond chance: " + c.needed(r, o) + c.lagWords(o)
	}
	if thin := c.thin(o); thin != "" {
		return Inconclusive, thin
	}
	return OK, "within the gate"
}

func (c *chart) baseWords(o *outcome) string {
	text := fmt.Sprintf("the baseline has %d of at least %d nights", o.base, leastBase)
	if o.never > 0 {
		text += fmt.Sprintf("; on %d more it was never reached", o.never)
	}
	switch {
	case o.apart == 1:
		text += "; one more lies apart from most of them and is left out"
	case o.apart > 1:
		text += fmt.Sprintf("; %d more lie apart from most of them and are left out", o.apart)
	}
	return text
}

// youngWords says what else a change may be that is found so early.
func youngWords(o *outcome) string {
	if o.base >= leastBase {
		return ""
	}
	return fmt.Sprintf("; it is held against %d nights only: if these were the odd ones, accept it", o.base)
}

func (c *chart) changeWords(o *outcome) string {
	switch {
	case o.priced:
		return fmt.Sprintf("the price itself rose from %s to %s", words.Clip(math.Exp(c.price.log)),
			words.Clip(c.recent[len(c.recent)-1].price))
	case o.run == 1:
		return "not a single one was good tonight: beyond chance and the gate"
	case o.found == drifted || o.together:
		return together(o.run) + "beyond chance and the gate"
	}
	return running(o.run) + " beyond chance and the gate"
}

func together(nights int) string { return fmt.Sprintf("the last %d nights together are ", nights) }

func running(nights int) string {
	switch nights {
	case 2:
		return "two nights running"
	case 3:
		return "three nights running"
	}
	return fmt.Sprintf("%d nights running", nights)
}

// leastWidened is how much wider limits must be than those of independent nights to be worth a word.
const leastWidened = 1.25

// lagWords tells how far nights hang together, and what that does to the limits of a week.
func (c *chart) lagWords(o *outcome) string {
	wider := math.Sqrt(o.level.Inflation(7))
	if wider < leastWidened {
		return ""
	}
	return fmt.Sprintf("; a night is much like the one before (correlation %.2f): limits of a week are %.1f times as wide",
		o.level.Lag, wider)
}

// needed says what it takes to tell a night like tonight from chance: so many running; else so many orders a night, in
// a week.
func (c *chart) needed(r reading, o *outcome) string {
	for w := 2; w <= mostRun; w++ {
		if c.tells(o.level, r, w) {
			return running(w) + " like it would be a regression"
		}
	}
	for times := int64(2); times <= 64; times *= 2 {
		more := r
		more.Orders, more.Missed, more.SE = r.Orders*times, r.Missed*times, r.SE/math.Sqrt(float64(times))
		if c.tells(o.level, more, 7) {
			return fmt.Sprintf("as much as nights scatter so far, it takes about %d %s a night to tell one like it", more.Orders,
				c.metric.tries())
		}
	}
	return fmt.Sprintf("as much as nights scatter so far, %d like it wouldn't tell", mostRun)
}

// tells says whether nights like one are beyond chance.
func (c *chart) tells(l *level.Level, r reading, nights int) bool {
	all := make([]level.Night, nights)
	for i := range all {
		all[i] = r.Night
	}
	_, beyond := c.score(l, all, c.good, 1)
	return beyond
}

// thin says what it takes to find a change of the gate's size, if that can't be found now; "": it can. It can if what
// mostRun nights show is known, with 95 % confidence, to be less off than the gate.
func (c *chart) thin(o *outcome) string {
	l := o.level
	if l.HalfWidth(mostRun, o.gate) <= o.gate {
		return ""
	}
	size := "a change of " + c.stated.String()
	for m := l.Nights + 1; m <= fullBase; m++ {
		if more := l.With(m, 1); more.HalfWidth(mostRun, o.gate) <= o.gate {
			return fmt.Sprintf("too few nights to find %s: the baseline has %d, it takes about %.0f", size, o.base, m)
		}
	}
	for times := 1.25; times <= 64; times *= 1.25 {
		if more := l.With(fullBase, times); more.HalfWidth(mostRun, o.gate) <= o.gate {
			return fmt.Sprintf("too few orders to find %s: it takes about %.0f %s a night", size, math.Ceil(more.Orders),
				c.metric.tries())
		}
	}
	return fmt.Sprintf("nights differ too much by themselves to find %s: set a wider gate", size)
}

// tries is what a figure is of.
func (m *metric) tries() string {
	if m.Share && !m.falls() {
		return "attempts"
	}
	return "orders"
}
