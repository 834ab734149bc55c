package measure

import (
	"fmt"
	"maps"
	"slices"

	"channelbench/bench/recording"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// bills add up by channel what was reserved, computed and reported.
func (m *Bench) bills(orders []recording.Order, channels []string) []record.Bill {
	var bills []record.Bill
	for _, name := range channels {
		b := total(orders, name).bill()
		b.Channel = name
		named := func(c scenario.Channel) bool { return c.Name == name }
		m.count(&b, orders, m.Scenario.Channels[slices.IndexFunc(m.Scenario.Channels, named)].Price.Unit)
		bills = append(bills, b)
	}
	return bills
}

// count adds up the units of a channel whose price is in such.
func (m *Bench) count(b *record.Bill, orders []recording.Order, unit string) {
	if unit == "" {
		return
	}
	var told, expected money.Micros
	for i := range orders {
		for k := range orders[i].Attempts {
			t := &orders[i].Attempts[k]
			switch u := t.Bill.Units; {
			case t.Channel != b.Channel || u == nil:
			case u.Unit == unit:
				b.UnitsFor++
				told, expected = plus(told, u.Told), plus(expected, u.Expected)
			default:
				b.OtherUnit = u.Unit
			}
		}
	}
	b.Unit, b.ReportedUnits, b.ComparedUnits = unit, told.Dollars(), expected.Dollars()
}

// total adds up the attempts on some channels.
func total(orders []recording.Order, channels ...string) *sums {
	b := &sums{}
	for i := range orders {
		for k := range orders[i].Attempts {
			if t := &orders[i].Attempts[k]; slices.Contains(channels, t.Channel) {
				b.add(t)
			}
		}
	}
	return b
}

// sums are those of some channels' attempts.
type sums struct {
	submits, told                                   int64
	reserved, computed, reported, compared, counted money.Micros
	// By the price, where nobody knows whether an attempt was billed.
	least, most money.Micros
}

func (b *sums) add(t *recording.Attempt) {
	b.submits++
	b.reserved += t.Reserved
	b.counted += t.AtMost()
	b.computed += t.Bill.Computed
	if t.Open || t.Doubtful {
		b.most += t.Reserved
	} else {
		b.least += t.Bill.Computed
		b.most += t.Bill.Computed
	}
	if t.Bill.Reported != nil {
		b.told++
		b.reported += *t.Bill.Reported
		b.compared += t.Bill.Computed
	}
}

func (b *sums) bill() record.Bill {
	bill := record.Bill{Submits: b.submits, ReservedUSD: b.reserved.Dollars(), ComputedUSD: b.computed.Dollars(),
		ReportedFor: b.told, ComparedUSD: b.compared.Dollars(), Counted: b.counted.Dollars()}
	if b.told > 0 {
		bill.ReportedUSD = record.Number(b.reported.Dollars())
	}
	return bill
}

// sharedJobs finds channels that answered different submits with the same job: they were paid for one by one, and
// there is one clip for all of them.
func sharedJobs(orders []recording.Order) []string {
	type place struct{ channel, job string }
	attempts := map[place]int{}
	for i := range orders {
		for k := range orders[i].Attempts {
			if t := &orders[i].Attempts[k]; t.Job != "" {
				attempts[place{t.Channel, t.Job}]++
			}
		}
	}
	repeated, most := map[string]int{}, map[string]place{}
	for p, n := range attempts {
		if n == 1 {
			continue
		}
		repeated[p.channel] += n
		if before, any := most[p.channel]; !any || n > attempts[before] || n == attempts[before] && p.job < before.job {
			most[p.channel] = p
		}
	}
	var findings []string
	for _, name := range slices.Sorted(maps.Keys(repeated)) {
		p := most[name]
		findings = append(findings, fmt.Sprintf("%s answered %d submits with jobs that aren't theirs alone, "+
			"%d of them with %.80q: each is billed, and there may be one clip for all",
			name, repeated[name], attempts[p], p.job))
	}
	return findings
}
