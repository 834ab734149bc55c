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
	Classes     []int64                   // orders by class
	Spent       []Spent                   // by channel
	Days        [Days]money.Micros        // charges and penalties of the orders that arrived on each day
	Countries   [][]int64                 // region errors by channel, then by its Countries; nil where none has any
	Latency     stats.Sum                 // of delivered orders, from scheduled arrival
	Latencies   stats.Histogram           // the same
}

// Spent is what one channel charged, by what for.
type Spent [channel.NumPurposes]money.Micros

// Days is how many days a month has.
const Days = int(world.Month / day)

const day = 24 * time.Hour

func newTally(m *world.Model) *Tally {
	return &Tally{Classes: make([]int64, len(m.Classes)), Spent: make([]Spent, len(m.Channels)), Countries: countries(m)}
}

// Charged is what a channel charged.
func (t *Tally) Charged(ch int) money.Micros {
	var total money.Micros
	for _, c := range t.Spent[ch] {
		total += c
	}
	return total
}

// Handling is what no invoice shows: penalties, and the fixed costs of the channels used.
func (t *Tally) Handling(costs *world.Costs, uses []bool) money.Micros {
	total := t.Undeliverable(costs) + t.Lateness(costs)
	for ch, fixed := range costs.Fixed {
		if uses[ch] {
			total += fixed
		}
	}
	return total
}

// Undeliverable is the penalty for orders that were not delivered.
func (t *Tally) Undeliverable(costs *world.Costs) money.Micros {
	return costs.Undelivered * money.Micros(t.Orders-t.Delivered)
}

// Lateness is the penalty for orders that were delivered after the promise.
func (t *Tally) Lateness(costs *world.Costs) money.Micros {
	return costs.Late * money.Micros(t.Delivered-t.InTime)
}

// Charge is what all channels charged.
func (t *Tally) Charge() money.Micros {
	var total money.Micros
	for ch := range t.Spent {
		total += t.Charged(ch)
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
	if t.Spent == nil {
		t.Classes, t.Spent = make([]int64, len(m.Classes)), make([]Spent, len(m.Spent))
	}
	for class, n := range m.Classes {
		t.Classes[class] += n
	}
	for ch := range m.Spent {
		for purpose, c := range m.Spent[ch] {
			t.Spent[ch][purpose] += c
		}
	}
	for d, c := range m.Days {
		t.Days[d] += c
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

// count counts a settled order, but not its charges, and says whether it was delivered in time and which penalty it
// costs.
func (t *Tally) count(m *policy.Machine, model *world.Model) (inTime bool, penalty money.Micros) {
	t.Orders++
	result, _ := m.Finished()
	if result.Delivered {
		inTime, penalty = t.deliver(result.At, model)
	} else {
		t.Undelivered[result.Reason]++
		penalty = model.Costs.Undelivered
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
	return inTime, penalty
}

// deliver counts a delivery after a time, and says whether that is in time and which penalty it costs.
func (t *Tally) deliver(after time.Duration, model *world.Model) (inTime bool, penalty money.Micros) {
	t.Delivered++
	t.Latency.Add(after)
	t.Latencies.Add(after)
	if inTime = model.Promise == 0 || after <= model.Promise; inTime {
		t.InTime++
		return true, 0
	}
	return false, model.Costs.Late
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
