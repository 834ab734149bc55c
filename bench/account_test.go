package bench

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// accounted is a scenario whose channel reverse tells its balance.
func accounted(t *testing.T, orders int) *scenario.Scenario {
	t.Helper()
	return benchable(t, "starter", orders, `bench.run=["reverse"]`, `channels.reverse.balance_url="https://api.example.com/v1/balance"`, "channels.reverse.errors.ambiguous.rate=0%")
}

// TestTheChannelsOwnBill: what a channel says that it charged stands beside what its price makes, and a difference is a finding.
func TestTheChannelsOwnBill(t *testing.T) {
	for name, tt := range map[string]struct {
		mock     mockchannel.Options
		told     bool
		findings []string
	}{
		"honest, silent":    {mockchannel.Options{}, false, nil},
		"honest, telling":   {mockchannel.Options{TellCost: true}, true, nil},
		"1% more":           {mockchannel.Options{TellCost: true, Markup: map[string]float64{"reverse": 0.01}}, true, nil},
		"5% more":           {mockchannel.Options{TellCost: true, Markup: map[string]float64{"reverse": 0.05}}, true, []string{"reverse says that it charged", "the balance of reverse fell"}},
		"5% more in secret": {mockchannel.Options{Markup: map[string]float64{"reverse": 0.05}}, false, []string{"the balance of reverse fell"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, server := onMock(t, accounted(t, 40), tt.mock)
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				run, err := Run(t.Context(), accounted(t, 40), o)
				if err != nil {
					t.Fatal(err)
				}
				book := server.Books()[1]
				if len(run.Bills) != 1 || run.Bills[0].Submits != int64(book.Submits) || (run.Bills[0].ReportedUSD != nil) != tt.told {
					t.Fatalf("bills %+v of %d submits", run.Bills, book.Submits)
				}
				if b := run.Bills[0]; tt.told && *b.ReportedUSD != book.Charged.Dollars() || b.ReservedUSD < b.ComputedUSD || b.Counted < b.ComputedUSD {
					t.Errorf("bill %+v where the channel charged %v", b, book.Charged)
				}
				if len(run.Accounts) != 1 || money.Micros(run.Accounts[0].SpentUSD*1e6+0.5) != book.Charged {
					t.Errorf("accounts %+v where the channel charged %v", run.Accounts, book.Charged)
				}
				if len(run.Findings) != len(tt.findings) {
					t.Fatalf("findings %q, want %d", run.Findings, len(tt.findings))
				}
				for i, want := range tt.findings {
					if !strings.HasPrefix(run.Findings[i], want) {
						t.Errorf("finding %q, want %q …", run.Findings[i], want)
					}
				}
			})
		})
	}
}

// TestTheCapCountsWhatIsGone: a channel that takes much more than it says, and more than its price, runs into the cap by its balance.
func TestTheCapCountsWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 200)
		o, server := onMock(t, s, mockchannel.Options{Markup: map[string]float64{"reverse": 9}}) // $1.20 instead of $0.12
		o.Cap = 30 * money.Dollar
		_, err := Run(t.Context(), s, o)
		if !errors.Is(err, ledger.ErrCap) {
			t.Fatalf("Run ends with %v, want ErrCap", err)
		}
		// Its price alone would have allowed all 200. Between two looks, orders of one minute may go on.
		perMinute := money.Micros(s.Bench.Rate.Count) * 3 * 1_200_000
		if charged := server.Books()[1].Charged; charged > o.Cap+5*perMinute {
			t.Errorf("the channel took %v under a cap of %v", charged, o.Cap)
		}
	})
}

// TestBalancesAreOnRecord, and the first one stays the one before when a run is resumed.
func TestBalancesAreOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 10)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		o.Resume = true
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Accounts) != 1 {
			t.Fatalf("accounts %+v, invalid %q, warnings %q", run.Accounts, run.Invalid, run.Warnings)
		}
		if got := money.Micros(run.Accounts[0].SpentUSD*1e6 + 0.5); got != server.Books()[1].Charged || got == 0 {
			t.Errorf("the account lost %v, the channel charged %v", got, server.Books()[1].Charged)
		}
		balances := 0
		for _, e := range entries(t, o.Journal) {
			if b, is := e.(journal.Balance); is && len(b.Channels) == 1 && b.Channels[0] == "reverse" {
				balances++
			}
		}
		if balances < 4 {
			t.Errorf("%d balances on record, want those before and after each of two runs", balances)
		}
	})
}

// TestNothingBeginsWithoutTheBalance that was asked for.
func TestNothingBeginsWithoutTheBalance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 5)
		o, server := onMock(t, s, mockchannel.Options{Secrets: map[string]dialect.Secret{"reverse": dialect.NewSecret("another")}})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		run, err := Run(t.Context(), s, o)
		var fault *Fault
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), "the balance of reverse can't be read") || run == nil || run.Invalid != fault.Error() {
			t.Errorf("Run ends with %v and %+v", err, run)
		}
		if _, err := ReadPast(o.Journal); err == nil || server.Books()[1].Submits > 0 {
			t.Errorf("a journal was begun (%v), %d submits", err, server.Books()[1].Submits)
		}
	})
}
