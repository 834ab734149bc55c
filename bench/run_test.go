package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/scenarios"
	"channelbench/sim/exact"
)

// benchable is a shipped scenario with so many orders for each driven strategy.
func benchable(t testing.TB, name string, orders int, set ...string) *scenario.Scenario {
	t.Helper()
	source, _ := scenarios.Open(name)
	s, _, err := scenario.Load(name, source, scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	s.Bench.Orders = orders
	for i := range s.Channels {
		if c := &s.Channels[i]; !proof.Long && c.Poll == 10*time.Second {
			c.Poll = 30 * time.Second // half the work of a bench is asking for jobs
		}
	}
	return s
}

// onMock are the options of a run on mock channels inside a bubble.
func onMock(t testing.TB, s *scenario.Scenario, m mockchannel.Options) (Options, *mockchannel.Server) {
	t.Helper()
	server, err := mockchannel.New(s, m)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Key: func(string) string { return "key" }, Prompts: Prompts(), Cap: 1_000_000 * money.Dollar,
		BaseURLs: map[string]string{}, transport: mocktest.Transport(server.Handler())}
	for i := range s.Channels {
		o.BaseURLs[s.Channels[i].Name] = mockchannel.URL("http://127.0.0.1", s.Channels[i].Name)
	}
	return o, server
}

// figures of a strategy in a run.
func figuresOf(t *testing.T, run *record.Run, name string) record.Strategy {
	t.Helper()
	for _, s := range run.Strategies {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("the run has no strategy %q", name)
	return record.Strategy{}
}

// TestMeasuredAgreesWithTheClosedForm benches the mock channels, whose luck is their own, and holds the
// measured shares against the closed form of the same scenario: exact binomial, five standard errors.
func TestMeasuredAgreesWithTheClosedForm(t *testing.T) {
	orders := proof.Size(500, 1500)
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", orders, "workload.promise=3m", `bench.run=["forwarding","reverse","hybrid"]`,
			`bench.rate="60/min"`)
		o, _ := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Compile()
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"forwarding", "reverse", "hybrid"} {
			a, err := exact.Solve(&c.Model, &c.Strategies[i], c.Uses[i], exact.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := figuresOf(t, run, name)
			if got.Orders != int64(orders) {
				t.Errorf("%s: %d orders had an outcome, want %d", name, got.Orders, orders)
			}
			for what, share := range map[string]struct{ got, want float64 }{
				"delivered": {*got.DeliveredShare.Value, a.Delivered}, "in time": {*got.InTimeShare.Value, a.InTime},
				"fallback": {*got.FallbackShare.Value, a.Fallback},
			} {
				hits := int64(share.got*float64(orders) + 0.5)
				if p := stats.BinomialP(hits, int64(orders), share.want); p < 5.7e-7 {
					t.Errorf("%s, %s: %v measured, %v exact (seed %d)", name, what, share.got, share.want, s.Seed)
				}
			}
			checkSpend(t, &got)
			p50, _ := a.Quantile(0.5)
			if low, high := *got.LatencySeconds.P50.Low, *got.LatencySeconds.P50.High; p50 < low*0.95 || p50 > high*1.05 {
				t.Errorf("%s: p50 %v to %v measured, %v exact (seed %d)", name, low, high, p50, s.Seed)
			}
		}
	})
}

// TestMeasuredPacksExpire: what is measured of a channel that is paid in advance holds what a month leaves unused.
func TestMeasuredPacksExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 20, `bench.run=["forwarding"]`, "workload.orders_per_month=100",
			`channels.forwarding.price={ per_unit = { unit = "unit", per_call = 3,
			prepaid = { pays = "$700.00", units = 5000, expires = "180d" } } }`, "channels.forwarding.errors.submit.rate=0%")
		o, _ := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		got := figuresOf(t, run, "forwarding")
		if month, unused := *got.MonthlyCost.Value, got.HandlingPerMonth; math.Abs(month-700.0/6) > 1e-6 ||
			math.Abs(unused-(700.0/6-42)) > 1e-6 {
			t.Errorf("a month costs %v, of which %v unused", month, unused)
		}
		checkSpend(t, &got)
	})
}

// checkSpend: the parts of the money come to the month's, and unusable clips are among them where some were thrown
// away.
func checkSpend(t *testing.T, s *record.Strategy) {
	t.Helper()
	sum, unusable := 0.0, 0.0
	for _, p := range s.Spend {
		sum += p.USD
		if p.For == channel.ForUnusable.String() {
			unusable += p.USD
		}
	}
	if month := *s.MonthlyCost.Value; math.Abs(sum-month) > 1e-6*month {
		t.Errorf("%s: the parts come to %v, the month to %v", s.Name, sum, month)
	}
	if thrown := s.ErrorsPer1000[channel.BadClip.String()]; (unusable > 0) != (thrown > 0) {
		t.Errorf("%s: $%v for unusable clips, of which there were %v in 1,000 orders", s.Name, unusable, thrown)
	}
}

// TestOurBooksAreTheirs: what the ledger spent is what the channels charged, order by order under errors of all kinds.
// Which failed jobs a channel bills has to be told.
func TestOurBooksAreTheirs(t *testing.T) {
	for tell, billed := range map[bool]string{false: "0%", true: "50%"} {
		t.Run(fmt.Sprintf("telling the cost %v", tell), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := benchable(t, "starter", proof.Size(80, 200),
					`channels.reverse.errors.job={ rate = "20%", billed = "`+billed+`" }`, "channels.reverse.errors.submit.rate=10%",
					"channels.reverse.errors.unusable.rate=10%")
				o, server := onMock(t, s, mockchannel.Options{TellCost: tell})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				if _, err := Run(t.Context(), s, o); err != nil {
					t.Fatal(err)
				}
				var theirs money.Micros
				for _, b := range server.Books() {
					theirs += b.Charged
				}
				if ours := spent(t, o.Journal); ours != theirs || ours == 0 {
					t.Errorf("our journal says %v, the channels charged %v", ours, theirs)
				}
			})
		})
	}
}

// spent is what a journal says was spent.
func spent(t *testing.T, path string) money.Micros {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	state, err := journal.Fold(journal.Read(f))
	if err != nil {
		t.Fatal(err)
	}
	return state.Spent()
}

// TestTheCapHolds: at the cap nothing more is bought, what is open is settled, and what was measured comes back.
func TestTheCapHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 200)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Cap = 3 * money.Dollar // 25 clips at $0.12
		run, err := Run(t.Context(), s, o)
		if !errors.Is(err, ledger.ErrCap) {
			t.Fatalf("Run ends with %v, want ErrCap", err)
		}
		book := server.Books()[1]
		if book.Charged > o.Cap || book.Charged < 2*money.Dollar || book.Running != 0 {
			t.Errorf("charged %v of %v with %d jobs running", book.Charged, o.Cap, book.Running)
		}
		if got := figuresOf(t, run, "reverse"); got.Orders < 15 || got.Orders > 25 || !run.Incomplete {
			t.Errorf("%d orders had an outcome, incomplete %v", got.Orders, run.Incomplete)
		}
	})
}

// TestInterruptSettlesWhatIsOpen: after Ctrl-C nothing more is submitted, and open jobs are followed to their end.
func TestInterruptSettlesWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 100)
		o, server := onMock(t, s, mockchannel.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		begun := time.Now()
		run, err := Run(ctx, s, o)
		if !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v, want ErrInterrupted", err)
		}
		if took := time.Since(begun); took > 5*time.Minute+s.Bench.Grace {
			t.Errorf("took %v, longer than the grace", took)
		}
		book := server.Books()[1]
		got := figuresOf(t, run, "reverse")
		if book.Running != 0 || got.Delivered == 0 || int(got.Delivered) != book.Fetched || got.Orders > 60 {
			t.Errorf("%d jobs run on, %d fetched there, %d delivered here of %d", book.Running, book.Fetched, got.Delivered,
				got.Orders)
		}
	})
}

// TestOurFaultsEndTheRun: a wrong key or an empty account is nobody's error rate.
func TestOurFaultsEndTheRun(t *testing.T) {
	for name, tt := range map[string]struct {
		mock mockchannel.Options
		want string
	}{
		"wrong key": {mockchannel.Options{Secrets: map[string]dialect.Secret{"reverse": dialect.NewSecret("another")}},
			"put a key that the channel accepts into APIYI_API_KEY"},
		"empty account": {mockchannel.Options{Balances: map[string]money.Micros{"reverse": 500_000}}, "top up the account"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := benchable(t, "vendor-claims", 50)
				o, server := onMock(t, s, tt.mock)
				run, err := Run(t.Context(), s, o)
				var fault *Fault
				if !errors.As(err, &fault) || fault.Mend != tt.want {
					t.Fatalf("Run ends with %v, want a fault to mend by %q", err, tt.want)
				}
				if run.Invalid != fault.Error() || !run.Incomplete {
					t.Errorf("the run is invalid by %q", run.Invalid)
				}
				if b := server.Books()[1]; b.Submits > 10 {
					t.Errorf("%d submits after a fault of ours", b.Submits)
				}
			})
		})
	}
}

// TestNothingBeginsWithoutWhatItNeeds: refusals come before any submit.
func TestNothingBeginsWithoutWhatItNeeds(t *testing.T) {
	for name, edit := range map[string]func(*scenario.Scenario, *Options){
		"no key":             func(_ *scenario.Scenario, o *Options) { o.Key = func(string) string { return "" } },
		"a key in two lines": func(_ *scenario.Scenario, o *Options) { o.Key = func(string) string { return "one\ntwo" } },
		"no protocol":        func(s *scenario.Scenario, _ *Options) { s.Channels[1].Protocol = "" },
		"no address":         func(s *scenario.Scenario, o *Options) { s.Channels[1].BaseURL = ""; o.BaseURLs = nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := benchable(t, "vendor-claims", 5)
			o, server := onMock(t, s, mockchannel.Options{})
			edit(s, &o)
			_, err := Run(t.Context(), s, o)
			var refused *RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "reverse") {
				t.Errorf("Run ends with %v, want a refusal that names the channel", err)
			}
			if b := server.Books()[1]; b.Submits > 0 {
				t.Errorf("%d submits", b.Submits)
			}
		})
	}
}
