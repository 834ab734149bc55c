// Package sprt tells a dead channel from a healthy one while a bench runs, after as few orders as it takes: Wald's
// sequential probability ratio test of a share of good orders (Wald 1945), cut off at a number of orders.
//
// It deliberately asks nobody anything and stops nothing: good and bad come in one by one, a verdict goes out.
//
//	q := sprt.NewQueue(sprt.Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, orders)
//	number := q.Enter()
//	stop := q.Tell(number, delivered)
package sprt

import (
	"fmt"
	"math"
)

// Rule says which shares of good orders are told apart, and how sure.
type Rule struct {
	Good      float64 // share of good orders of a healthy channel: this, or more
	Bad       float64 // of a dead one: this, or less
	FalseStop float64 // chance that a channel at Good is stopped
	Missed    float64 // chance that a channel at Bad passes a test
}

// Check says what is wrong with a rule.
func (r Rule) Check() error {
	switch {
	case !(0 < r.Bad && r.Bad < r.Good && r.Good < 1):
		return fmt.Errorf("bad must be below good, and both between 0 and 1: %v and %v", r.Bad, r.Good)
	case !(0 < r.FalseStop && r.FalseStop < 0.5 && 0 < r.Missed && r.Missed < 0.5):
		return fmt.Errorf("both chances of an error must lie between 0 and ½: %v and %v", r.FalseStop, r.Missed)
	}
	return nil
}

// steps are what a good and a bad order add to the log-likelihood ratio of dead against healthy.
func (r Rule) steps() (good, bad float64) {
	return math.Log(r.Bad / r.Good), math.Log((1 - r.Bad) / (1 - r.Good))
}

// bounds are Wald's: at upper the channel is dead, at lower it is healthy.
func (r Rule) bounds() (lower, upper float64) {
	return math.Log(r.Missed / (1 - r.FalseStop)), math.Log((1 - r.Missed) / r.FalseStop)
}

// verdict is what a test says so far.
type verdict uint8

// The verdicts.
const (
	undecided verdict = iota
	passed
	failed
)

// test is one test under way. Make it with newTest.
type test struct {
	rule    Rule
	ratio   float64 // the log-likelihood ratio
	orders  int
	most    int // of orders; 0: any number
	verdict verdict
}

// newTest begins a test that is cut off after so many orders (0: never). There, what looks dead rather than healthy is
// called dead (Wald 1947, §3.8).
func newTest(r Rule, most int) *test { return &test{rule: r, most: most} }

// add takes one more order and returns the verdict. After one is found, it stands.
func (t *test) add(good bool) verdict {
	if t.verdict != undecided {
		return t.verdict
	}
	step, bad := t.rule.steps()
	if !good {
		step = bad
	}
	t.ratio += step
	t.orders++
	lower, upper := t.rule.bounds()
	cut := t.most > 0 && t.orders >= t.most
	switch {
	case t.ratio >= upper, cut && t.ratio > 0:
		t.verdict = failed
	case t.ratio <= lower, cut:
		t.verdict = passed
	}
	return t.verdict
}

// monitor tests a channel over a whole run, test after test: one that passed says nothing of what comes after it (the
// scheme of Page 1954). The chance of a false stop is shared out among as many tests as the run has room for, so that
// of the rule is that of the run.
type monitor struct {
	each Rule
	test test
	dead bool
}

// newMonitor begins to watch a channel that so many orders will come to.
func newMonitor(r Rule, orders int) *monitor {
	each := r
	each.FalseStop = r.FalseStop / float64(r.tests(orders))
	return &monitor{each: each, test: *newTest(each, 0)}
}

// tests is how many tests so many orders have room for at most: none passes in fewer than shortest orders.
func (r Rule) tests(orders int) int {
	good, _ := r.steps()
	// The lower bound barely depends on the chance of a false stop, and is nearest without it.
	shortest := int(math.Ceil(math.Log(r.Missed) / good))
	return max(1, (orders+shortest-1)/shortest)
}

// add takes one more order, and says whether the channel is dead. Once it is, it stays so.
func (m *monitor) add(good bool) (dead bool) {
	if m.dead {
		return true
	}
	switch m.test.add(good) {
	case failed:
		m.dead = true
	case passed:
		m.test = *newTest(m.each, 0)
	}
	return m.dead
}
