package measure

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/record"
)

// shortcomings are what a reader of the figures has to know about how they came about.
func (m *Bench) shortcomings(orders []recording.Order, purses []purse) []string {
	warnings := m.lag(orders)
	cut, open := 0, 0
	for i := range orders {
		if !orders[i].Finished {
			cut++
		}
		for k := range orders[i].Attempts {
			if orders[i].Attempts[k].Open {
				open++
			}
		}
	}
	if cut > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of %d orders were cut off before they had an outcome and are left out; "+
			"those that took long are among them, so what is left looks better than it is", cut, len(orders)))
	}
	if open > 0 {
		warnings = append(warnings, fmt.Sprintf("%d attempts have no known bill yet, and count with their worst case; "+
			"bench --resume settles them", open))
	}
	warnings = slices.Concat(warnings, m.NewWords, unended(orders))
	for i, k := range m.Accounts {
		channels := strings.Join(k.Channels, ", ")
		if missing := purses[i].missing; missing > 0 {
			warnings = append(warnings, fmt.Sprintf("%v is gone from the account of %s beyond all charges: "+
				"unless it comes back it is spent, and counts as that, but is in no cost of an order or a clip", missing, channels))
		}
		if k.Unread != nil {
			warnings = append(warnings, fmt.Sprintf("the balance of %s could not be read after the run: %v", channels, k.Unread))
		}
	}
	if m.Unkept != nil {
		warnings = append(warnings, fmt.Sprintf("not all clips could be kept: %v", m.Unkept))
	}
	return warnings
}

// lag says so where orders began so much later than scheduled that it shows in their latency: the 99th
// percentile of the lag is above a hundredth of the median latency. It names a speed that would have done.
func (m *Bench) lag(orders []recording.Order) []string {
	var lags, latencies []float64
	for i := range orders {
		if o := &orders[i]; o.Finished {
			lags = append(lags, o.Lag.Seconds())
			latency := math.Inf(1)
			if o.Delivered {
				latency = o.Latency.Seconds()
			}
			latencies = append(latencies, latency)
		}
	}
	slices.Sort(lags)
	slices.Sort(latencies)
	if late, median := rank(lags, 0.99), rank(latencies, 0.5); late > median/100 {
		return []string{fmt.Sprintf("orders began up to %.1f s late (p99), more than a hundredth of the median latency: "+
			"this machine is too slow for the rate or the speed", late) + record.Slower(m.Recorded.Run.Speed, late, median/100)}
	}
	return nil
}

// unended are the warnings of jobs that their orders left before they had ended, or before their clips were here,
// with what was last heard of them.
func unended(orders []recording.Order) []string {
	said := map[string]int{}
	for i := range orders {
		for k := range orders[i].Attempts {
			t := &orders[i].Attempts[k]
			what := "jobs of %s had not ended when their orders left them; last it said of them: %s"
			switch {
			case t.Word == "", t.Ready && t.Reason == channel.Overtaken: // its order has another clip
				continue
			case t.Ready:
				what = "clips of %s were made and could not be fetched while their orders waited; last: %s"
			}
			said[fmt.Sprintf(what, t.Channel, t.Word)]++
		}
	}
	texts := slices.SortedFunc(maps.Keys(said), func(x, y string) int {
		return cmp.Or(said[y]-said[x], strings.Compare(x, y))
	})
	var warnings []string
	for _, text := range texts[:min(len(texts), mostSaid)] {
		warnings = append(warnings, fmt.Sprintf("%d %s", said[text], text))
	}
	return warnings
}

// mostSaid is how many different last words are told; the journal has them all.
const mostSaid = 5
