package measure

import (
	"fmt"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/outage"
	"channelbench/bench/recording"
	"channelbench/bench/sprt"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// Stopped are the channels that were given up and not begun with again, in the scenario's order.
func Stopped(s *scenario.Scenario, recorded *recording.Recording) []journal.Stopped {
	var all []journal.Stopped
	for i := range s.Channels {
		if last, given := recorded.Stopped[s.Channels[i].Name]; given && !last.Reopened {
			all = append(all, last)
		}
	}
	return all
}

// truncations puts the channels that were given up into the record, and what that does to its figures into words.
func (m *Bench) truncations(run *record.Run, orders []recording.Order) {
	for _, s := range Stopped(m.Scenario, m.Recorded) {
		good, bad := outage.Served(s.Channel, m.Scenario.Workload.Promise, orders)
		low, high := sprt.Sequence(good, bad, stats.Confidence)
		value := float64(good) / float64(max(1, good+bad))
		run.Truncated = append(run.Truncated, record.Truncation{
			Channel: s.Channel, At: s.At.Format(time.RFC3339), Good: s.Good, Bad: s.Bad,
			InFlight: s.InFlight, NotBegun: s.Left,
			GoodShare: record.Figure{Value: record.Number(value), Low: record.Number(low), High: record.Number(high)},
		})
		run.Findings = append(run.Findings, fmt.Sprintf("%s was given up as dead: %d of its first %d orders were delivered "+
			"within the promise; nothing more was submitted there, and %d orders were not begun",
			s.Channel, s.Good, s.Good+s.Bad, s.Left))
		run.Warnings = append(run.Warnings,
			fmt.Sprintf("the run was cut short on %s, so the intervals of strategies that use "+
				"it are biased: they take the number of orders as fixed beforehand; at whatever moment one stops, %.1f%% to %.1f%% "+
				"of its orders are delivered within the promise (%.0f %% confidence sequence)",
				s.Channel, 100*low, 100*high, 100*stats.Confidence))
	}
}
