package measure

import (
	"math/bits"
	"slices"

	"channelbench/bench/recording"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// balances are the accounts before and after the run, those excepted that couldn't be read at its end.
func (m *Bench) balances(purses []purse, orders []recording.Order) []record.Account {
	var all []record.Account
	for i, k := range m.Accounts {
		p := &purses[i]
		if k.Unread != nil || !p.looked {
			continue
		}
		b := total(orders, k.Channels...)
		all = append(all, record.Account{
			Channels: k.Channels, BeforeUSD: p.before.Dollars(), PaidInUSD: p.paidIn.Dollars(), AfterUSD: p.now.Dollars(),
			SpentUSD: p.gone().Dollars(), ComputedUSD: b.computed.Dollars(), LeastUSD: b.least.Dollars(),
			MostUSD: (b.most + p.due).Dollars(), MissingUSD: p.missing.Dollars(),
		})
	}
	return all
}

// share gives what is missing from accounts to the strategies that are driven on their channels, in proportion to
// what they may have spent there, by their index: to the micro-dollar, so that the parts add up.
func (m *Bench) share(purses []purse, orders []recording.Order) []money.Micros {
	parts := make([]money.Micros, len(m.Scenario.Strategies))
	for i, k := range m.Accounts {
		weights := m.weights(k.Channels, orders)
		var all, upTo uint64
		for _, w := range weights {
			all += w
		}
		var given money.Micros
		for s, w := range weights {
			upTo += w
			hi, lo := bits.Mul64(uint64(purses[i].missing), upTo)
			sum, _ := bits.Div64(hi, lo, all)
			parts[s] = plus(parts[s], money.Micros(sum)-given)
			given = money.Micros(sum)
		}
	}
	return parts
}

// weights are what each strategy may have spent from the account of some channels, and a micro-dollar for each that
// can, for one that spent nothing.
func (m *Bench) weights(channels []string, orders []recording.Order) []uint64 {
	weights := make([]uint64, len(m.Scenario.Strategies))
	for i := range orders {
		named := func(s scenario.Strategy) bool { return s.Name == orders[i].Strategy }
		s := slices.IndexFunc(m.Scenario.Strategies, named)
		for j := range orders[i].Attempts {
			if t := &orders[i].Attempts[j]; s >= 0 && slices.Contains(channels, t.Channel) {
				weights[s] += uint64(t.AtMost())
			}
		}
	}
	for _, s := range Strategies(m.Scenario) {
		for ch, used := range m.Compiled.Uses[s] {
			if used && slices.Contains(channels, m.Scenario.Channels[ch].Name) {
				weights[s]++
				break
			}
		}
	}
	return weights
}
