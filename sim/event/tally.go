package event

import (
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/stats"
	"channelbench/internal/world"
)

// Tally counts one month of one strategy. All of it is integers, so adding months is exact.
type Tally struct {
	Orders      int64
	Delivered   int64
	InTime      int64 // delivered within the promise
	Attempts    int64
	Fallbacks   int64                     // orders that began any step but the first
	Failures    [channel.NumReasons]int64 // attempts by why they did not deliver
	Undelivered [channel.NumReasons]int64 // orders by why
	Charged     []money.Micros            // by channel
	Countries   [][]int64                 // region errors by channel, then by its Countries; nil where none has any
	Latency     stats.Sum                 // of delivered orders, from scheduled arrival
	Latencies   stats.Histogram           // the same
}

// Handling is what no invoice shows: penalties, and the fixed costs of the channels used.
func (t *Tally) Handling(costs *world.Costs, uses []bool) money.Micros {
	total := costs.Undelivered*money.Micros(t.Orders-t.Delivered) + costs.Late*money.Micros(t.Delivered-t.InTime)
	for ch, fixed := range costs.Fixed {
		if uses[ch] {
			total += fixed
		}
	}
	return total
}

// Charge is what all channels charged.
func (t *Tally) Charge() money.Micros {
	var total money.Micros
	for _, c := range t.Charged {
		total += c
	}
	return total
}

// Merge adds another month.
func (t *Tally) Merge(m *Tally) {
	t.Orders += m.Orders
	t.Delivered += m.Delivered
	t.InTime += m.InTime
	t.Attempts += m.Attempts
	t.Fallbacks += m.Fallbacks
	for r := range m.Failures {
		t.Failures[r] += m.Failures[r]
		t.Undelivered[r] += m.Undelivered[r]
	}
	if t.Charged == nil {
		t.Charged = make([]money.Micros, len(m.Charged))
	}
	for ch, c := range m.Charged {
		t.Charged[ch] += c
	}
	if t.Countries == nil && m.Countries != nil {
		t.Countries = make([][]int64, len(m.Countries))
	}
	for ch, counts := range m.Countries {
		if counts != nil && t.Countries[ch] == nil {
			t.Countries[ch] = make([]int64, len(counts))
		}
		for i, n := range counts {
			t.Countries[ch][i] += n
		}
	}
	t.Latency.Merge(m.Latency)
	t.Latencies.Merge(&m.Latencies)
}

// count counts a settled order, but not its charges.
func (t *Tally) count(m *policy.Machine, promise time.Duration) {
	t.Orders++
	result, _ := m.Finished()
	if result.Delivered {
		t.Delivered++
		if promise == 0 || result.At <= promise {
			t.InTime++
		}
		t.Latency.Add(result.At)
		t.Latencies.Add(result.At)
	} else {
		t.Undelivered[result.Reason]++
	}
	attempts := m.Attempts()
	t.Attempts += int64(len(attempts))
	if n := len(attempts); n > 0 && attempts[n-1].Step > 0 {
		t.Fallbacks++
	}
	for i := range attempts {
		if r := attempts[i].Reason; r != channel.NoReason {
			t.Failures[r]++
		}
	}
}

// countries are the counters of a model's countries; nil where no channel has any.
func countries(m *world.Model) [][]int64 {
	var counts [][]int64
	for ch := range m.Channels {
		if n := len(m.Channels[ch].Errors.Countries); n > 0 {
			if counts == nil {
				counts = make([][]int64, len(m.Channels))
			}
			counts[ch] = make([]int64, n)
		}
	}
	return counts
}
