package bench

import (
	"errors"
	"os"

	"channelbench/internal/money"
)

// Ask is what a run asks of money that it shares with other runs, such as a month's. It gets Most or less, and buys no
// further than that; what it has bought already stands.
type Ask struct {
	Run    string       // its name, the same when it is resumed
	Bought money.Micros // what it has bought since Options.Since, at most
	Most   money.Micros // what it may come to since then, by its own cap
}

// limit is what the run may come to: its own cap, or less where it shares money. It has committed so much before.
func (a *attack) limit(o *Options, own, committed money.Micros) (money.Micros, error) {
	if o.Allot == nil {
		return own, nil
	}
	orders, ask := a.recorded.Orders(), Ask{Run: a.name()}
	for i := range orders {
		for k := range orders[i].Attempts {
			if t := &orders[i].Attempts[k]; !t.Bought.Before(o.Since) {
				ask.Bought += t.AtMost()
			}
		}
	}
	left, err := a.mostLeft()
	if err != nil {
		return 0, err
	}
	ask.Most = ask.Bought + min(max(0, own-committed), left)
	granted, err := o.Allot(ask)
	return min(own, committed+max(0, granted-ask.Bought)), err
}

// mostLeft is what the orders that weren't begun can cost.
func (a *attack) mostLeft() (sum money.Micros, err error) {
	for _, o := range a.orders {
		if s := a.recorded.State(); s.Begun(o.Index) || s.Finished(o.Index) {
			continue
		}
		_, worst, err := orderCosts(a.scenario, a.model, &a.strategy[o.Strategy].Routes[o.Class], o.Class)
		if err != nil {
			return 0, err
		}
		if sum, err = money.Add(sum, worst); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// unbegin takes away the journal of a run that doesn't begin.
func (a *attack) unbegin(o *Options) error {
	if a.journal == nil {
		return nil
	}
	return errors.Join(os.Remove(o.Journal), a.closeJournal())
}
