package bench

import (
	"channelbench/bench/recording"
	"channelbench/bench/replay"
)

// replayTimes is how often each pair is answered by a strategy that was not driven, with other draws.
const replayTimes = 20

// replay answers a strategy from what was recorded.
func (a *attack) replay(strategy int, recorded []recording.Order, b *blocks) ([]recording.Order, error) {
	names := make([]string, len(a.scenario.Channels))
	for i := range names {
		names[i] = a.scenario.Channels[i].Name
	}
	return replay.Orders(replay.Options{Strategy: &a.strategy[strategy], Channels: names, Model: a.model, Recorded: recorded,
		Block: b.at, Times: replayTimes, Seed: a.scenario.Seed})
}
