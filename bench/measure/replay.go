package measure

import (
	"channelbench/bench/recording"
	"channelbench/bench/replay"
)

// replayTimes is how often each pair is answered by a strategy that was not driven, with other draws.
const replayTimes = 20

// replay answers a strategy from what was recorded.
func (m *Bench) replay(strategy int, recorded []recording.Order, b *blocks) ([]recording.Order, error) {
	names := make([]string, len(m.Scenario.Channels))
	for i := range names {
		names[i] = m.Scenario.Channels[i].Name
	}
	return replay.Orders(replay.Options{
		Strategy: &m.Compiled.Strategies[strategy], Channels: names, Model: &m.Compiled.Model, Recorded: recorded,
		Block: b.at, Times: replayTimes, Seed: m.Scenario.Seed,
	})
}
