// Package measure works out what a bench measured: a scenario and its recorded attempts in, figures with intervals and
// a verdict out.
//
// It deliberately drives nothing and asks nobody: a run that went through, one that was interrupted and one that was
// resumed measure alike.
//
//	bench := measure.Bench{Scenario: s, Compiled: compiled, Recorded: recorded}
//	run, err := bench.Record()
package measure

import (
	"fmt"
	"slices"

	"channelbench/bench/recording"
	"channelbench/bench/timeline"
	"channelbench/internal/decision"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// Bench is a run as it is measured.
type Bench struct {
	Scenario *scenario.Scenario // with all polls stated
	Compiled *scenario.Compiled
	Recorded *recording.Recording
	Accounts []Account
	Version  string   // of the tool
	NewWords []string // that channels answered, for people
	Unkept   error    // why not all clips could be kept
}

// Account is what some channels are paid from.
type Account struct {
	Channels []string
	Unread   error // why it couldn't be read at the end
}

// Strategies are the scenario's strategies that are really driven: those of [bench] run, or all.
func Strategies(s *scenario.Scenario) []int {
	var driven []int
	for i := range s.Strategies {
		if len(s.Bench.Run) == 0 || slices.Contains(s.Bench.Run, s.Strategies[i].Name) {
			driven = append(driven, i)
		}
	}
	return driven
}

// Channels are those that driven orders can reach.
func Channels(s *scenario.Scenario, c *scenario.Compiled) []string {
	var names []string
	for ch := range s.Channels {
		if slices.ContainsFunc(Strategies(s), func(i int) bool { return c.Uses[i][ch] }) {
			names = append(names, s.Channels[ch].Name)
		}
	}
	return names
}

// Record works the run's record out of what was recorded, with a verdict.
func (m *Bench) Record() (*record.Run, error) {
	orders, channels := m.Recorded.Orders(), Channels(m.Scenario, m.Compiled)
	run := decision.NewRun(m.Scenario, "bench", m.Version)
	run.Started = m.Recorded.Run.At.Format("2006-01-02T15:04:05.000Z") // of one that was resumed, when it first began
	run.Timeline, run.Drive = timeline.Of(orders, channels), m.drive(orders)
	b, purses := newBlocks(m.Scenario, orders), m.purses()
	samples, err := m.samples(run, orders, b, m.share(purses, orders))
	if err != nil {
		return nil, err
	}
	draws := m.draws(samples, b)
	for i, s := range samples {
		run.Strategies = append(run.Strategies, m.strategy(s, draws[i]))
	}
	run.Verdict = m.judge(samples, draws)
	run.Bills = m.bills(orders, channels)
	run.Accounts = m.balances(purses, orders)
	run.Findings = append(record.BillFindings(run.Bills, run.Accounts), sharedJobs(orders)...)
	run.Incomplete = slices.ContainsFunc(orders, func(o recording.Order) bool { return !o.Finished })
	m.truncations(run, orders)
	run.Warnings = append(run.Warnings, m.shortcomings(orders, purses)...)
	return run, nil
}

// samples are those of all strategies that the recording answers. The others get a warning.
func (m *Bench) samples(
	run *record.Run, orders []recording.Order, b *blocks, missing []money.Micros,
) (samples []*sample, err error) {
	for i := range m.Scenario.Strategies {
		engine, repeats, answers := run.Drive.Channels, 1.0, orders
		if !slices.Contains(Strategies(m.Scenario), i) {
			if answers, err = m.replay(i, orders, b); err != nil {
				run.Warnings = append(run.Warnings,
					fmt.Sprintf("%s is not answered: %v", m.Scenario.Strategies[i].Name, err))
				continue
			}
			engine, repeats = "replay", replayTimes
		}
		s, err := m.sample(i, engine, repeats, answers, b)
		if err != nil {
			return nil, err
		}
		if engine != "replay" {
			s.missing = missing[i]
		}
		samples = append(samples, s)
	}
	return samples, nil
}
