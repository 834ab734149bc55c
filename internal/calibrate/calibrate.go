// Package calibrate puts measured rates, times and spells of a scenario's channels into it, with their intervals. It
// changes the scenario's text only where a figure is known better than it was stated, or contradicts what was stated,
// and says of each other figure why it stays.
//
// It deliberately reads and writes no file and judges no strategy: attempts come in, a patched text and its reasons
// go out.
//
//	result, err := calibrate.Run(scenario, calibrate.Options{Nights: nights})
package calibrate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/calibrate/predict"
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
)

// DefaultDiscount is how much less a night counts for each day that it is older than the latest: half after three
// weeks.
const DefaultDiscount = 0.97

// Fewest are the least attempts from which a rate is taken, and the least times from which a latency is.
const (
	Fewest      = 30
	FewestTimes = 20
)

// Options say what a scenario is calibrated from; Nights must be given.
type Options struct {
	Nights   []attempt.Night
	Discount float64  // 0: DefaultDiscount
	Wide     bool     // write also what is known less well than it was stated
	File     string   // how the scenario's file will be called, for the names of files beside it
	Units    bool     // the unit of a log's times was said: it isn't asked about
	Unread   []string // what of the evidence doesn't count, for the report
	Load     scenario.Options
}

// Result is a calibrated scenario and its reasons.
type Result struct {
	Text     []byte // of the scenario
	Scenario *scenario.Scenario
	Files    map[string][]byte // that it names, by name
	Findings []Finding
	Checks   []predict.Check
	Warnings []string
	Unread   []string // of the options
	Nights   int
	Attempts int // on channels of the scenario
	Mock     bool
}

// Finding is one figure.
type Finding struct {
	Key      string // such as "channels.reverse.errors.region.rate"
	Stated   string
	Measured string // with its interval
	From     string // what it was seen in
	Written  bool
	Why      string // it stays, or what else there is to say
}

// Changed are the findings that were written.
func (r *Result) Changed() (keys []string) {
	for i := range r.Findings {
		if r.Findings[i].Written {
			keys = append(keys, r.Findings[i].Key)
		}
	}
	return keys
}

// placed is an attempt and the night that it is of.
type placed struct {
	*attempt.Attempt
	night int
}

// calibration is one run.
type calibration struct {
	*Result
	s       *scenario.Scenario
	o       Options
	nights  []attempt.Night
	weights []float64
	clocks  []int      // by night: nights with the same number share a clock
	by      [][]placed // by channel, in the order of nights and time
	troubled
	edits []document.Edit
	notes map[string]string
	wants []func(*scenario.Scenario) // what the text must say in the end
}

// Run calibrates.
func Run(s *scenario.Scenario, o Options) (*Result, error) {
	c := &calibration{Result: &Result{Files: map[string][]byte{}, Unread: o.Unread}, s: s, o: o,
		notes: map[string]string{}}
	if c.o.Discount == 0 {
		c.o.Discount = DefaultDiscount
	}
	if c.gather(); c.Attempts == 0 {
		return nil, errors.New(strings.Join(append([]string{"there is no attempt on any channel of the scenario"},
			o.Unread...), "\n  "))
	}
	if err := c.checkUnit(); err != nil {
		return nil, err
	}
	c.trouble()
	for ch := range s.Channels {
		if len(c.by[ch]) > 0 {
			c.latency(ch)
			c.errors(ch)
		}
	}
	predict.Holm(c.Checks)
	return c.Result, c.write()
}

// gather files the attempts by channel and weighs the nights.
func (c *calibration) gather() {
	c.nights = slices.Clone(c.o.Nights)
	slices.SortStableFunc(c.nights, func(a, b attempt.Night) int { return a.From.Compare(b.From) })
	c.by = make([][]placed, len(c.s.Channels))
	at := map[string]int{}
	for i := range c.s.Channels {
		at[c.s.Channels[i].Name] = i
	}
	foreign := map[string]int{}
	latest := c.latest()
	for n := range c.nights {
		night := &c.nights[n]
		age := max(0, latest.Sub(night.From)/(24*time.Hour))
		c.weights = append(c.weights, math.Pow(c.o.Discount, float64(age)))
		clock := 0
		if night.Mock {
			clock, c.Mock = n+1, true
		}
		c.clocks = append(c.clocks, clock)
		for i := range night.Attempts {
			a := &night.Attempts[i]
			ch, known := at[a.Channel]
			if !known {
				foreign[a.Channel]++
				continue
			}
			c.by[ch] = append(c.by[ch], placed{a, n})
			c.Attempts++
		}
	}
	c.Nights = len(c.nights)
	for name, n := range foreign {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d attempts are of %q, which the scenario doesn't have", n, name))
	}
	slices.Sort(c.Warnings)
}

// latest is the night from which the others' ages count: that before which all but a hundredth of the attempts were
// made, since otherwise one with a wrong clock would make all others weigh nothing.
func (c *calibration) latest() (latest time.Time) {
	all := 0
	for n := range c.nights {
		all += len(c.nights[n].Attempts)
	}
	after := 0
	for _, night := range slices.Backward(c.nights) {
		latest = night.From
		if after += len(night.Attempts); after*100 > all {
			break
		}
	}
	return latest
}

// sequences are attempts by clock, in the order of time.
func (c *calibration) sequences(attempts []placed) [][]placed {
	by := map[int][]placed{}
	for _, p := range attempts {
		by[c.clocks[p.night]] = append(by[c.clocks[p.night]], p)
	}
	var all [][]placed
	for _, clock := range sorted(by) {
		s := by[clock]
		slices.SortStableFunc(s, func(a, b placed) int { return a.At.Compare(b.At) })
		all = append(all, s)
	}
	return all
}

// sorted are a map's keys; nil: it has none.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// visits are attempts as observations of a chain.
func visits(sequence []placed, bad func(*placed) bool) []fit.Visit {
	all := make([]fit.Visit, len(sequence))
	for i := range sequence {
		all[i] = fit.Visit{At: sequence[i].At.Sub(sequence[0].At).Seconds(), Bad: bad(&sequence[i])}
	}
	return all
}

// evidence is the sample behind a figure, in words.
func evidence(hits, tries, nights int) string {
	return fmt.Sprintf("%d of %d in %s", hits, tries, nightsOf(nights))
}

func nightsOf(n int) string {
	if n == 1 {
		return "1 night"
	}
	return fmt.Sprintf("%d nights", n)
}
