// Package sprt tells a dead channel from a healthy one while a bench runs, after as few orders as it takes: Wald's
// sequential probability ratio test of a share of good orders (Wald 1945), cut off at a number of orders.
//
// It deliberately asks nobody anything and stops nothing: good and bad come in one by one, a verdict goes out.
//
//	m := sprt.NewMonitor(sprt.Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, orders)
//	stop := m.Add(delivered)
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

// Verdict is what a test says so far.
type Verdict uint8

// The verdicts.
const (
	Open Verdict = iota
	Healthy
	Dead
)

// Test is one test under way. Make it with NewTest.
type Test struct {
	rule    Rule
	ratio   float64 // the log-likelihood ratio
	orders  int
	most    int // of orders; 0: any number
	verdict Verdict
}

// NewTest begins a test that is cut off after so many orders (0: never). There, what looks dead rather than healthy is
// called dead (Wald 1947, §3.8).
func NewTest(r Rule, most int) *Test { return &Test{rule: r, most: most} }

// Add takes one more order and returns the verdict. After one is found, it stands.
func (t *Test) Add(good bool) Verdict {
	if t.verdict != Open {
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
		t.verdict = Dead
	case t.ratio <= lower, cut:
		t.verdict = Healthy
	}
	return t.verdict
}

// Orders is how many orders the test has taken.
func (t *Test) Orders() int { return t.orders }

// Monitor tests a channel over a whole run, test after test: one that passed says nothing of what comes after it (the
// scheme of Page 1954). The chance of a false stop is shared out among as many tests as the run has room for, so that of the
// rule is that of the run.
type Monitor struct {
	each Rule
	test Test
	dead bool
}

// NewMonitor begins to watch a channel that so many orders will come to.
func NewMonitor(r Rule, orders int) *Monitor {
	each := r
	each.FalseStop = r.FalseStop / float64(r.tests(orders))
	return &Monitor{each: each, test: *NewTest(each, 0)}
}

// tests is how many tests so many orders have room for at most: none passes in fewer than shortest orders.
func (r Rule) tests(orders int) int {
	good, _ := r.steps()
	// The lower bound barely depends on the chance of a false stop, and is nearest without it.
	shortest := int(math.Ceil(math.Log(r.Missed) / good))
	return max(1, (orders+shortest-1)/shortest)
}

// Add takes one more order, and says whether the channel is dead. Once it is, it stays so.
func (m *Monitor) Add(good bool) (dead bool) {
	if m.dead {
		return true
	}
	switch m.test.Add(good) {
	case Dead:
		m.dead = true
	case Healthy:
		m.test = *NewTest(m.each, 0)
	}
	return m.dead
}

// SoonestStop is after how many orders, all of them bad, a channel is stopped.
func (m *Monitor) SoonestStop() int {
	_, bad := m.each.steps()
	_, upper := m.each.bounds()
	return int(math.Ceil(upper / bad))
}
