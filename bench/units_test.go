package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// TestUnitsAreBilled: what a channel tells in the units of its price is held against that, in units and in dollars; of
// failed jobs, too; and what it tells in others is said once.
func TestUnitsAreBilled(t *testing.T) {
	const credits = `channels.relay.price={ per_unit = { unit = "credit", price = "$0.01", per_call = 10 } }`
	const tokens = `channels.relay.price={ per_unit = { unit = "token", price = "$0.01", per_call = 10 } }`
	for _, tt := range []struct {
		name     string
		price    string
		failures string // of jobs
		markup   float64
		told     string // of each attempt
		dollars  *money.Micros
		findings []string
	}{
		{"as the price says", credits, "0%", 0, "10 of 10 credit", micros(100_000), nil},
		{"a hundredth more", credits, "0%", 0.01, "10.1 of 10 credit", micros(101_000), nil},
		{"more", credits, "0%", 0.05, "10.5 of 10 credit", micros(105_000), []string{"relay says that it charged $0.315 " +
			"for 3 attempts, 5.0% more than the price in the scenario makes (31.5 credits instead of 30 credits)"}},
		{"less", credits, "0%", -0.5, "5 of 10 credit", micros(50_000), []string{"relay says that it charged $0.15 for " +
			"3 attempts, 50.0% less than the price in the scenario makes (15 credits instead of 30 credits)"}},
		{"failed, and billed", credits, "100%", 0, "10 of 10 credit", micros(100_000), nil},
		{"failed, and billed for more", credits, "100%", 0.2, "12 of 10 credit", micros(120_000), []string{"relay says that " +
			"it charged $0.36 for 3 attempts, 20.0% more than the price in the scenario makes " +
			"(36 credits instead of 30 credits)"}},
		{"another unit", tokens, "0%", 0, "10 of 0 credit", nil, []string{
			"relay tells what it bills in another unit " +
				"(credit) than the scenario's price is in (token): it can't be held against that"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _, err := scenario.Load("ordinary", []byte(ordinary), scenario.Options{Set: []string{"bench.orders=3",
					`channels.relay.protocol="runway"`, tt.price, `bench.stop="none"`,
					`strategies.only.steps=[{ channel = "relay", attempts = 1 }]`,
					`channels.relay.errors.job={ rate = "` + tt.failures + `", billed = "100%" }`}})
				if err != nil {
					t.Fatal(err)
				}
				o, server := onMock(t, s, mockchannel.Options{Markup: map[string]float64{"relay": tt.markup}})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				run, err := Run(t.Context(), s, o)
				if err != nil {
					t.Fatal(err)
				}
				want := journal.Bill{Computed: 100_000, Reported: tt.dollars}
				for _, order := range recorded(t, o.Journal) {
					sameBill(t, order.Attempts[0].Bill, want)
					if told := inUnits(order.Attempts[0].Bill.Units); told != tt.told {
						t.Errorf("told %s, want %s", told, tt.told)
					}
				}
				if !slices.Equal(run.Findings, tt.findings) {
					t.Errorf("findings %q, want %q", run.Findings, tt.findings)
				}
				if b := run.Bills[0]; b.Counted != (3*want.Charge()).Dollars() || b.ReportedFor != b.UnitsFor {
					t.Errorf("%+v", b)
				}
				if charged := server.Books()[0].Charged; tt.dollars != nil && charged != 3**tt.dollars {
					t.Errorf("charged %v", charged)
				}
				resumedInUnits(t, s, o, want, tt.told)
			})
		})
	}
}

// resumedInUnits goes on with a run that was cut off when its first job had been accepted: that has the same bill.
func resumedInUnits(t *testing.T, s *scenario.Scenario, o Options, want journal.Bill, told string) {
	t.Helper()
	cut := filepath.Join(t.TempDir(), "orders.jsonl")
	cutAfter(t, o.Journal, cut, func(e journal.Entry) bool { _, is := e.(journal.Accepted); return is })
	o.Journal, o.Resume = cut, true
	if _, err := Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	bill := recorded(t, cut)[0].Attempts[0].Bill
	sameBill(t, bill, want)
	if got := inUnits(bill.Units); got != told {
		t.Errorf("resumed: told %s, want %s", got, told)
	}
}

// inUnits is what was told, in words.
func inUnits(u *journal.Units) string {
	if u == nil {
		return "nothing"
	}
	return fmt.Sprint(u.Told.Dollars()) + " of " + fmt.Sprint(u.Expected.Dollars()) + " " + u.Unit
}
