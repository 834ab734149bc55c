package bench

import (
	"channelbench/bench/recording"
	"channelbench/internal/money"
	"channelbench/internal/record"
)

// bills add up by channel what was reserved, computed and reported.
func (a *attack) bills(orders []recording.Order) []record.Bill {
	var bills []record.Bill
	for _, name := range a.driven() {
		bills = append(bills, total(name, orders).bill())
	}
	return bills
}

// total adds up the attempts on a channel.
func total(channel string, orders []recording.Order) *sums {
	t := &sums{channel: channel}
	for i := range orders {
		for k := range orders[i].Attempts {
			t.add(&orders[i].Attempts[k])
		}
	}
	return t
}

// sums are those of one channel.
type sums struct {
	channel                                         string
	submits, told                                   int64
	reserved, computed, reported, compared, counted money.Micros
}

func (b *sums) add(t *recording.Attempt) {
	if t.Channel != b.channel {
		return
	}
	b.submits++
	b.reserved += t.Reserved
	b.counted += t.AtMost()
	b.computed += t.Bill.Computed
	if t.Bill.Reported != nil {
		b.told++
		b.reported += *t.Bill.Reported
		b.compared += t.Bill.Computed
	}
}

func (b *sums) bill() record.Bill {
	bill := record.Bill{Channel: b.channel, Submits: b.submits, ReservedUSD: b.reserved.Dollars(), ComputedUSD: b.computed.Dollars(),
		ReportedFor: b.told, ComparedUSD: b.compared.Dollars(), Counted: b.counted.Dollars()}
	if b.told > 0 {
		bill.ReportedUSD = record.Number(b.reported.Dollars())
	}
	return bill
}
