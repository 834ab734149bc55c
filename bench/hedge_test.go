package bench

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// spared orders a clip a minute. The good channel has it after 20 s, and 10 s before that the spare one is asked,
// too, which would take longer. Each charges $0.10.
const spared = `
name = "spared"
[workload]
orders_per_month = 1000
arrivals = { process = "constant" }
promise  = "1m"
deadline = "5m"
[[workload.videos]]
name       = "clip"
share      = "100%"
seconds    = 4
resolution = "720p"
[channels.good]
kind     = "forwarding"
protocol = "openai-videos"
base_url = "https://api.example.com/v1"
key_env  = "GOOD_KEY"
model    = "sora-2"
poll     = "5s"
price    = { per_call = "$0.10", as_of = 2025-12-01, source = "test" }
latency  = { shape = "constant", base = "20s" }
[channels.spare]
kind     = "forwarding"
protocol = "openai-videos"
base_url = "https://api2.example.com/v1"
key_env  = "SPARE_KEY"
model    = "sora-2"
poll     = "5s"
price    = { per_call = "$0.10", as_of = 2025-12-01, source = "test" }
latency  = { shape = "constant", base = "30s" }
[strategies.only]
steps = [{ channel = "good", attempts = 2, hedge = { after = "10s", channel = "spare" } }]
[bench]
orders = 5
rate   = "1/min"
stop   = "none"
grace  = "2m"
`

// TestAHedgeThatCannotBeBought costs the hedge: the order whose first attempt runs goes on and has its outcome. Another
// attempt than a hedge is what its order waits for, and without it there is no outcome.
func TestAHedgeThatCannotBeBought(t *testing.T) {
	submitErrors := `channels.spare.errors.submit={ rate = "100%" }`
	for _, tt := range []struct {
		name         string
		set          []string // of the scenario
		truth        []string // of the channels, beyond it
		mock         mockchannel.Options
		limit        money.Micros
		interrupt    time.Duration // 0: never
		ends         func(error) bool
		good, spare  int // submits
		orders, left int // with an outcome, all delivered; without one
	}{
		{name: "all are bought", ends: isNil, good: 5, spare: 5, orders: 5},
		{name: "the cap", limit: 350_000, ends: is(ledger.ErrCap), good: 2, spare: 1, orders: 2},
		{name: "the cap, for the first order already", limit: 150_000, ends: is(ledger.ErrCap), good: 1, orders: 1},
		{name: "Ctrl-C", interrupt: 65 * time.Second, ends: is(ErrInterrupted), good: 2, spare: 1, orders: 2},
		{name: "an outage", set: []string{`bench.orders=40`,
			`bench.stop={ good = "80%", bad = "20%", false_stop = "1%", missed = "10%" }`},
			truth: []string{submitErrors}, ends: isNil, good: 40, spare: 6, orders: 40},
		{name: "a key that isn't accepted there",
			mock: mockchannel.Options{Secrets: map[string]dialect.Secret{"spare": dialect.NewSecret("another")}},
			ends: isFault, good: 1, spare: 1, orders: 1},
		{name: "a key that isn't accepted, without a hedge",
			set:  []string{`strategies.only.steps=[{ channel = "good", attempts = 1 }]`},
			mock: mockchannel.Options{Secrets: map[string]dialect.Secret{"good": dialect.NewSecret("another")}}, ends: isFault,
			good: 1, left: 1},
		{name: "a retry, and the cap", set: []string{`channels.good.errors.job={ rate = "0%", billed = "100%" }`,
			`strategies.only.steps=[{ channel = "good", attempts = 2 }]`},
			truth: []string{`channels.good.errors.job.rate="100%"`}, limit: 150_000, ends: is(ledger.ErrCap), good: 1, left: 1},
		{name: "a fallback, and Ctrl-C",
			set:   []string{`strategies.only.steps=[{ channel = "spare", attempts = 1 }, { channel = "good", attempts = 1 }]`},
			truth: []string{`channels.spare.errors.job.rate="100%"`}, interrupt: 20 * time.Second, ends: is(ErrInterrupted),
			spare: 1, left: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, server := onMock(t, loadSpared(t, append(tt.set, tt.truth...)...), tt.mock)
				if o.Cap = tt.limit; tt.limit == 0 {
					o.Cap = 100 * money.Dollar
				}
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				ctx := t.Context()
				if tt.interrupt > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.interrupt)
					defer cancel()
				}
				run, err := Run(ctx, loadSpared(t, tt.set...), o)
				if !tt.ends(err) {
					t.Fatalf("Run ends with %v", err)
				}
				books := server.Books()
				if books[0].Submits != tt.good || books[1].Submits != tt.spare {
					t.Errorf("%d and %d submits, want %d and %d", books[0].Submits, books[1].Submits, tt.good, tt.spare)
				}
				if s := run.Strategies[0]; int(s.Orders) != tt.orders || int(s.Delivered) != tt.orders ||
					int(run.Drive.Cut) != tt.left {
					t.Errorf("%d orders with an outcome, %d delivered, %d without one; want %d, all, %d", s.Orders, s.Delivered,
						run.Drive.Cut, tt.orders, tt.left)
				}
				onlyBought(t, o.Journal, tt.good+tt.spare)
			})
		})
	}
}

func loadSpared(t *testing.T, set ...string) *scenario.Scenario {
	t.Helper()
	s, _, err := scenario.Load("spared", []byte(spared), scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func isNil(err error) bool { return err == nil }

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func isFault(err error) bool {
	var fault *Fault
	return errors.As(err, &fault)
}

// onlyBought checks that the journal knows of the attempts that were submitted and of no others, that each has its
// end, and that no order counts one more.
func onlyBought(t *testing.T, path string, submits int) {
	t.Helper()
	intents, attempts := 0, 0
	for _, e := range entries(t, path) {
		if _, is := e.(journal.Intent); is {
			intents++
		}
	}
	for _, o := range recorded(t, path) {
		attempts += len(o.Attempts)
		for i := range o.Attempts {
			if o.Attempts[i].Open {
				t.Errorf("attempt %d of order %d is open: %+v", i, o.Number, o.Attempts[i])
			}
		}
	}
	if intents != submits || attempts != submits {
		t.Errorf("%d intents and %d attempts on record, want %d", intents, attempts, submits)
	}
}
