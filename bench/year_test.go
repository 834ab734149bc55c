package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
	"channelbench/internal/history"
	"channelbench/internal/proof"
	"channelbench/internal/scenario"
)

const yearOrders = 30 // a night and strategy

// yearNights are those of a year, or in short of a season.
var yearNights = proof.Size(70, 365)

// planted is something that happens to a channel in a year.
type planted struct {
	what     string
	strategy string // that meets it
	from, to int    // nights; a person accepts what it leaves behind after the last
	within   int    // nights in which it must be found
	does     func(m *scenario.Scenario, night int)
}

// The channels' numbers in the starter scenario.
const (
	relayed = 0
	reverse = 1
)

// slower stretches a channel's times.
func slower(m *scenario.Scenario, ch int, factor float64) {
	l := &m.Channels[ch].Latency
	l.Base = time.Duration(float64(l.Base) * factor)
	per := map[string]time.Duration{}
	for resolution, d := range l.PerSecond {
		per[resolution] = time.Duration(float64(d) * factor)
	}
	l.PerSecond = per
}

var plantedYear = []planted{
	{"reverse takes 30 % longer", "reverse", 60, 80, 7, func(m *scenario.Scenario, _ int) { slower(m, reverse, 1.3) }},
	{"forwarding takes 1 % longer from night to night", "forwarding", 130, 170, 40,
		func(m *scenario.Scenario, night int) { slower(m, relayed, 1+0.01*float64(night-130)) }},
	{"reverse is dead for three nights", "reverse", 230, 233, 2,
		func(m *scenario.Scenario, _ int) { m.Channels[reverse].Errors.By[channel.Submit].Rate = 1 }},
	{"reverse delivers 20 % more clips that are thrown away", "reverse", 290, 310, 7,
		func(m *scenario.Scenario, _ int) { m.Channels[reverse].Errors.By[channel.BadClip].Rate += 0.2 }},
}

// night benches the mock channels as they are in a night: their luck is the night's own, and so is how fast they are,
// within 3 %.
func night(t *testing.T, year uint64, n int, plants []planted) []history.Night {
	t.Helper()
	var lines []history.Night
	synctest.Test(t, func(t *testing.T) {
		set := []string{`bench.run=["forwarding","reverse"]`, `bench.rate="20/min"`}
		s := benchable(t, "starter", yearOrders, set...)
		m := benchable(t, "starter", yearOrders, append(set, fmt.Sprintf("seed=%d", 1000*year+uint64(n)))...)
		random := rand.New(rand.NewPCG(year, uint64(n)))
		for ch := range m.Channels {
			slower(m, ch, math.Exp(0.03*random.NormFloat64()))
		}
		for _, p := range plants {
			if n >= p.from && n < p.to {
				p.does(m, n)
			}
		}
		o, _ := onMock(t, m, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		run.Started = yearNight(n).Format(time.RFC3339)
		if lines, err = history.Nights(run, "ci"); err != nil {
			t.Fatal(err)
		}
	})
	return lines
}

func yearNight(n int) time.Time { return time.Date(2026, 1, 1+n, 3, 0, 0, 0, time.UTC) }

// judged is what a year of nights, each judged when it was over, came to.
type judged struct {
	found  map[string]int // by what was planted: after how many nights
	alarms []string       // at nothing that was planted
}

// judgeYear benches and judges a year night by night. After each plant a person accepts what is found then.
func judgeYear(t *testing.T, year uint64, plants []planted) judged {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nights.jsonl")
	result := judged{found: map[string]int{}}
	alarmed := map[string]int{} // strategy and gate: the last night of an alarm
	for n := range yearNights {
		lines := night(t, year, n, plants)
		if err := history.Append(path, lines...); err != nil {
			t.Fatal(err)
		}
		c := judgeFile(t, path)
		for _, v := range c.Verdicts {
			if v.Status != history.Regression {
				continue
			}
			at := slices.IndexFunc(plants, func(p planted) bool { return p.strategy == v.Strategy && n >= p.from && n < p.to })
			if at >= 0 {
				if _, before := result.found[plants[at].what]; !before {
					result.found[plants[at].what] = n - plants[at].from + 1
				}
				continue
			}
			key := v.Strategy + " " + v.Gate.String()
			if last, before := alarmed[key]; !before || n > last+1 {
				result.alarms = append(result.alarms, fmt.Sprintf("night %d: %s: %s", n, key, v.Reason))
			}
			alarmed[key] = n
		}
		for _, p := range plants {
			if n == p.to-1 {
				mark := history.NewMark(yearNight(n), c.Group, p.strategy, yearNight(p.to), "planted")
				if err := history.Append(path, mark); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return result
}

func judgeFile(t *testing.T, path string) *history.Comparison {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	log, err := history.Read(f)
	if err != nil || len(log.Problems) > 0 {
		t.Fatal(err, log.Problems)
	}
	c, err := history.Judge(log, history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// plantedSeason is what there is time for in a season.
func plantedSeason() []planted {
	soon := func(p planted, from, nights int) planted {
		p.from, p.to = from, from+nights
		return p
	}
	return []planted{soon(plantedYear[0], 25, 10), soon(plantedYear[2], 45, 3), soon(plantedYear[3], 58, 10)}
}

// TestYearOfNights benches mock channels for a year, night after night through vegeta, the journal, the record and the
// history, and judges each night as it comes. Changes are planted; what is found beside them is a false alarm. By the
// simulated years of internal/history there are one or two of these a year; five are beyond three standard deviations
// of two. The seed is 2. In short it is a season; at length there is a year without plants, too, of seed 1.
func TestYearOfNights(t *testing.T) {
	if !proof.Long {
		checkYear(t, 2, plantedSeason())
		return
	}
	checkYear(t, 1, nil)
	checkYear(t, 2, plantedYear)
}

func checkYear(t *testing.T, seed uint64, plants []planted) {
	t.Helper()
	result := judgeYear(t, seed, plants)
	t.Logf("seed %d: %d false alarms in %d nights of %d orders a strategy: %q", seed, len(result.alarms), yearNights,
		yearOrders, result.alarms)
	if len(result.alarms) > proof.Size(2, 5) {
		t.Errorf("seed %d: %d false alarms", seed, len(result.alarms))
	}
	for _, p := range plants {
		after, found := result.found[p.what]
		t.Logf("%s, from night %d on: found in night %d of it", p.what, p.from, after)
		if !found || after > p.within {
			t.Errorf("seed %d: %s: found %v, in night %d; want within %d", seed, p.what, found, after, p.within)
		}
	}
}
