// Package timeline says when a bench's attempts failed, and how: channel by channel, in bins of a round length.
//
// It deliberately knows nothing of strategies: what a channel does at some hour, it does to all of them. Only what was
// driven is counted, not what was replayed from it.
//
//	line := timeline.Of(orders, []string{"forwarding", "reverse"})
package timeline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// binLengths are round: the shortest that needs no more than mostBins is taken.
var binLengths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

const mostBins = 96

// Of counts the attempts on the named channels; nil where none was made at all.
func Of(orders []recording.Order, channels []string) *record.Timeline {
	end, made := extent(orders)
	if !made {
		return nil
	}
	length := binFor(end)
	line := &record.Timeline{BinSeconds: length.Seconds(), Seconds: end.Seconds()}
	for _, name := range channels {
		line.Channels = append(line.Channels, record.ChannelTimeline{Channel: name, Bins: binned(orders, name, length)})
	}
	return line
}

// extent is when the last attempt was submitted or the last order ended. What an interrupted run left open may be
// settled much later, when nobody waits for it any more: that doesn't count.
func extent(orders []recording.Order) (end time.Duration, made bool) {
	for i := range orders {
		o := &orders[i]
		if o.Finished {
			end = max(end, o.Scheduled+o.Latency)
		}
		for k := range o.Attempts {
			end, made = max(end, o.Attempts[k].Submitted), true
		}
	}
	return end, made
}

// binFor is the length of the bins of a run that long.
func binFor(run time.Duration) time.Duration {
	for _, length := range binLengths {
		if run <= mostBins*length {
			return length
		}
	}
	day := binLengths[len(binLengths)-1]
	return day * time.Duration(math.Ceil(float64(run)/float64(mostBins*day)))
}

// binned are the bins of one channel in which anything was submitted.
func binned(orders []recording.Order, name string, length time.Duration) []record.TimelineBin {
	outcomes, spans := map[time.Duration]map[string]int{}, map[time.Duration][]float64{}
	for i := range orders {
		for k := range orders[i].Attempts {
			t := &orders[i].Attempts[k]
			if t.Channel != name {
				continue
			}
			from := max(0, t.Submitted).Truncate(length) // a clock that was set back tells no time before the run
			if outcomes[from] == nil {
				outcomes[from] = map[string]int{}
			}
			outcomes[from][outcomeOf(t)]++
			// A clip that no order waited for may have been found long after it was ready.
			if t.Outcome == channel.Delivered && orders[i].Delivered {
				spans[from] = append(spans[from], (t.Answer + t.Service + t.Fetch).Seconds())
			}
		}
	}
	bins := make([]record.TimelineBin, 0, len(outcomes))
	for from, counts := range outcomes {
		bins = append(bins, record.TimelineBin{From: from.Seconds(), Outcomes: counts,
			MedianSeconds: record.Number(stats.Percentile(spans[from], 0.5))})
	}
	slices.SortFunc(bins, func(x, y record.TimelineBin) int { return cmp.Compare(x.From, y.From) })
	return bins
}

// outcomeOf says what came of an attempt: why it failed, "delivered", or "open" where nobody knows yet.
func outcomeOf(t *recording.Attempt) string {
	switch {
	case t.Outcome == channel.Pending:
		return "open"
	case t.Outcome == channel.Delivered:
		return channel.Delivered.String()
	}
	return t.Reason.String()
}
