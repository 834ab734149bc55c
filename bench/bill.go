package bench

import (
	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// invoice is what a channel says of the cost of a job, with its end: what it says before is a quote.
type invoice struct {
	dollars *money.Micros // nil: nothing that can be held against its price
	units   dialect.Quantity
}

// charges says whether it is more than nothing.
func (t *invoice) charges() bool { return t.dollars != nil && *t.dollars > 0 }

// invoice reads it. Units are worth what the price makes of them, if it is of such; dollars go before it.
func (e *endpoint) invoice(p *dialect.Progress, clip channel.Clip) invoice {
	t := invoice{units: p.Units}
	switch price := &e.channel.Price; {
	case p.CostKnown:
		t.dollars = &p.Cost
	case p.Units.Unit != "" && p.Units.Unit == price.Unit:
		if worth, err := price.Worth(clip, p.Units.Micros); err == nil {
			t.dollars = &worth
		}
	}
	return t
}

// bill is what an attempt costs by the channel's price, and by what the channel told with the job's end, if it did.
// A failed job of which nobody knows costs the stated share; where that may be too little, the bill stays unproven.
func (e *endpoint) bill(u channel.Usage, t invoice) (journal.Bill, error) {
	price := &e.channel.Price
	b := journal.Bill{Reported: t.dollars}
	if t.dollars == nil {
		u.BilledShare = e.billed
	} else {
		u.BilledFailure = t.charges()
	}
	var err error
	if t.units.Unit != "" {
		b.Units = &journal.Units{Unit: t.units.Unit, Told: t.units.Micros}
		if t.units.Unit == price.Unit {
			if b.Units.Expected, err = price.Quantity(u); err != nil {
				return b, err
			}
		}
	}
	if b.Computed, err = price.Charge(u); err != nil || u.BilledShare == 0 {
		return b, err
	}
	u.BilledFailure = u.Accepted
	most, err := price.Charge(u)
	b.Unproven = most > b.Computed
	return b, err
}
