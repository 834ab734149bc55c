package record

import (
	"slices"
	"testing"
)

func TestBillFindings(t *testing.T) {
	bill := func(compared, reported float64, attempts int64) Bill {
		return Bill{Channel: "reverse", Submits: 40, ComputedUSD: 99, ReportedUSD: &reported, ReportedFor: attempts,
			ComparedUSD: compared}
	}
	credits := func(compared, reported float64, attempts int64, other string) Bill {
		b := bill(compared/100, reported/100, attempts)
		b.Unit, b.UnitsFor, b.ComparedUnits, b.ReportedUnits, b.OtherUnit = "credit", attempts, compared, reported, other
		return b
	}
	paid := credits(10, 11, 2, "")
	paid.ReportedUSD = &paid.ComparedUSD
	account := func(computed, spent float64) Account {
		return Account{Channels: []string{"forwarding", "reverse"}, BeforeUSD: 50, AfterUSD: 50 - spent, SpentUSD: spent,
			ComputedUSD: computed, LeastUSD: computed, MostUSD: computed}
	}
	// One attempt may have been billed, for which $0.12 was reserved.
	doubtful := func(computed, spent float64) Account {
		a := account(computed, spent)
		a.MostUSD += 0.12
		return a
	}
	for name, test := range map[string]struct {
		bills    []Bill
		accounts []Account
		want     []string
	}{
		"nothing":          {},
		"the same":         {[]Bill{bill(3.6, 3.6, 30)}, []Account{account(3.6, 3.6)}, nil},
		"exactly 1 % more": {[]Bill{bill(7, 7.07, 30)}, []Account{account(7, 7.07)}, nil},
		"exactly 1 % less": {[]Bill{bill(7, 6.93, 30)}, []Account{account(7, 6.93)}, nil},
		"a millionth beyond 1 %": {[]Bill{bill(7, 7.070001, 30)}, nil,
			[]string{"reverse says that it charged $7.070001 for 30 attempts, 1.0% more than the price in the scenario makes"}},
		"a bill that is higher": {[]Bill{bill(3.24, 3.42, 30)}, nil,
			[]string{"reverse says that it charged $3.42 for 30 attempts, 5.6% more than the price in the scenario makes"}},
		"a bill that is lower": {[]Bill{bill(0.12, 0.06, 1)}, nil,
			[]string{"reverse says that it charged $0.06 for 1 attempt, 50.0% less than the price in the scenario makes"}},
		"charged for what is free": {[]Bill{bill(0, 0.12, 1200)}, nil,
			[]string{"reverse says that it charged $0.12 for 1,200 attempts, where the price in the scenario makes nothing"}},
		"free as it should be":         {[]Bill{bill(0, 0, 2)}, []Account{account(0, 0)}, nil},
		"a channel that tells nothing": {[]Bill{{Channel: "reverse", Submits: 30, ComputedUSD: 3.6}}, nil, nil},
		"told of no attempt":           {[]Bill{bill(0, 0.12, 0)}, nil, nil},
		"an account that fell more": {nil, []Account{account(3.24, 3.42)},
			[]string{"the balance of forwarding, reverse fell by $3.42, 5.6% more than the prices in the scenario make; unless somebody else uses it, too, or refunds are still to come, that is what the channel charges"}},
		"an account that fell for nothing": {nil, []Account{account(0, 0.12)},
			[]string{"the balance of forwarding, reverse fell by $0.12, where the prices in the scenario make nothing; unless somebody else uses it, too, or refunds are still to come, that is what the channel charges"}},
		"an account of which nobody knows whether an attempt was billed": {nil,
			[]Account{doubtful(3.24, 3.24), doubtful(3.24, 3.3), doubtful(3.24, 3.36)}, nil},
		"one that fell more than that": {nil, []Account{doubtful(3.24, 3.696)},
			[]string{"the balance of forwarding, reverse fell by $3.696, 10.0% more than the prices in the scenario make; unless somebody else uses it, too, or refunds are still to come, that is what the channel charges"}},
		"one that fell less than at least": {nil, []Account{doubtful(3.24, 2.916)},
			[]string{"the balance of forwarding, reverse fell by $2.916, 10.0% less than the prices in the scenario make; unless something was paid in, that is what the channel charges"}},
		"units within 1 %": {[]Bill{credits(1000, 1010, 2, "")}, nil, nil},
		"units beyond": {[]Bill{credits(1000, 1020.5, 2, "")}, nil, []string{"reverse says that it charged $10.205 for " +
			"2 attempts, 2.0% more than the price in the scenario makes (1,020.5 credits instead of 1,000 credits)"}},
		"one unit instead of two": {[]Bill{credits(2, 1, 1, "")}, nil, []string{"reverse says that it charged $0.01 for " +
			"1 attempt, 50.0% less than the price in the scenario makes (1 credit instead of 2 credits)"}},
		"more units for the dollars that were expected": {[]Bill{paid}, nil, []string{"reverse says that it counted " +
			"11 credits for 2 attempts, 10.0% more than the price in the scenario makes"}},
		"another unit": {[]Bill{credits(0, 0, 0, "token")}, nil, []string{"reverse tells what it bills in another unit " +
			"(token) than the scenario's price is in (credit): it can't be held against that"}},
		"the sum is rounded before it is compared": {[]Bill{bill(0.1+0.2, 0.303, 2)}, nil, nil},
	} {
		if got := BillFindings(test.bills, test.accounts); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
