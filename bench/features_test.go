package bench

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/ledger"
	"channelbench/bench/measure"
	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/proof"
	"channelbench/internal/scenario"
)

// featured is a scenario whose strategies differ from plain in one feature of their steps each, but for the last,
// which has them all. Times are long, so that orders overlap though they arrive over a month.
const featured = `
[workload]
deadline = "7h"
[[workload.videos]]
name = "short"
share = "60%"
seconds = 5
resolution = "720p"
[[workload.videos]]
name = "long"
share = "40%"
seconds = 10
resolution = "720p"

[channels.reverse]
kind = "reverse"
price = { per_call = "$0.12", billed = "on_accept" }
latency = { base = "30m", per_second = "5m", sigma = 0.9 }
poll = "6m"

[channels.forwarding]
kind = "forwarding"
price = { per_second = "$0.10" }
latency = { base = "30m", per_second = "3m", sigma = 0.6 }
poll = "10m"

[strategies.plain]
steps = [{ channel = "reverse" }, { channel = "forwarding" }]

[strategies.timeout]
steps = [{ channel = "reverse", timeout = "70m" }, { channel = "forwarding", timeout = "80m" }]

[strategies.breaker]
steps = [{ channel = "reverse", breaker = { failures = 2, window = "4h", open = "3h" } }, { channel = "forwarding" }]

[strategies.breaker_of_jobs]
steps = [{ channel = "reverse", breaker = { failures = 2, window = "8h", open = "5h", on = ["job", "unusable"] } }, { channel = "forwarding" }]

[strategies.budget]
steps = [{ channel = "reverse", budget = {} }, { channel = "forwarding", budget = { share = "20%", burst = 2 } }]

[strategies.hedge]
steps = [{ channel = "reverse", attempts = 2, hedge = { after = "50m", channel = "forwarding" } }, { channel = "forwarding" }]

[strategies.all]
steps = [
  { channel = "reverse", timeout = "100m", breaker = { failures = 4, window = "3h", open = "1h", on = ["region", "timeout"] }, budget = { share = "50%" }, hedge = { after = "40m", channel = "forwarding" } },
  { channel = "forwarding", timeout = "2h" },
]
[retry]
backoff = { kind = "exponential", base = "1m", jitter = "50%" }
`

// TestStepFeaturesTakeTheSameDecisions holds sim/event and bench against each other where attempts are left, run beside
// each other, or hang on what befell other orders.
func TestStepFeaturesTakeTheSameDecisions(t *testing.T) {
	orders := proof.Size(120, 300)
	s, _, err := scenario.Load("features", []byte(fmt.Sprintf("%s\n", featured)),
		scenario.Options{Set: []string{fmt.Sprint("workload.orders_per_month=", orders)}})
	if err != nil {
		t.Fatal(err)
	}
	s.Bench.Orders = orders
	troubled(s)
	compiled, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	want := simulated(t, compiled)
	for _, st := range s.Strategies[1:] {
		differs := 0
		for pair := range orders {
			if course(want.of[fmt.Sprintf("%s %d", st.Name, pair)]) != course(want.of[fmt.Sprintf("plain %d", pair)]) {
				differs++
			}
		}
		if differs < orders/20 {
			t.Errorf("%s makes a difference to %d orders only", st.Name, differs)
		}
		t.Logf("%s: %d of %d orders take another course than by plain", st.Name, differs, orders)
	}
	synctest.Test(t, func(t *testing.T) {
		got, lines := benched(t, s, compiled), 0
		for order, b := range want.of {
			lines += strings.Count(b.String(), "\n")
			if g := got.of[order]; g == nil || g.String() != b.String() {
				t.Fatalf("%s differs.\nsimulated:\n%v\nbenched:\n%v", order, b, g)
			}
		}
		t.Logf("%d orders, %d lines of trace, none differs", len(want.of), lines)
	})
}

// course is what the machine did of its own accord.
func course(trace *strings.Builder) string {
	var course strings.Builder
	for line := range strings.Lines(trace.String()) {
		if strings.HasPrefix(line, "\tsubmit") || strings.HasPrefix(line, "\tfinish") {
			course.WriteString(line)
		}
	}
	return course.String()
}

// troubled makes errors of each kind frequent.
func troubled(s *scenario.Scenario) {
	for i := range s.Channels {
		c := &s.Channels[i]
		c.Errors.By[channel.Region].Rate, c.Errors.By[channel.Submit].Rate, c.Errors.By[channel.Moderation].Rate = 0.2, 0.1,
			0.02
		c.Errors.By[channel.Lost].Rate, c.Errors.By[channel.Job].Rate, c.Errors.By[channel.BadClip].Rate,
			c.Errors.By[channel.Download].Rate = 0.03, 0.1, 0.1, 0.1
		c.SubmitTakes = &scenario.Takes{Median: 2 * time.Second, Sigma: 0.5}
		if c.Protocol == "videos-generations" || c.Protocol == "" {
			c.Protocol = "openai-videos" // one answer only can't be polled
		}
		if c.Poll == 0 {
			c.Poll = 10 * time.Second
		}
	}
}

// hedged is a scenario of a few orders that are hedged, and delivered by the first attempt or by the second.
func hedged(t *testing.T, orders int) *scenario.Scenario {
	t.Helper()
	return benchable(t, "starter", orders, `bench.run=["reverse"]`, `bench.rate="6/min"`,
		`strategies.reverse.steps=[{ channel = "reverse", hedge = { after = "30s", channel = "forwarding" } }]`)
}

// TestPairsAreBooked: both attempts of a pair are set aside, recorded and billed, as the channels themselves count.
func TestPairsAreBooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := hedged(t, 60)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		var made, submits int
		var charged money.Micros
		for _, book := range server.Books() {
			made, submits, charged = made+book.Made, submits+book.Submits, charged+book.Charged
		}
		r := figuresOf(t, run, "reverse")
		if r.ErrorsPer1000["overtaken"] < 300 || made < 90 {
			t.Errorf("%v of 1,000 orders overtook an attempt, and %d clips were made", r.ErrorsPer1000["overtaken"], made)
		}
		if got := *r.AttemptsPerOrder.Value * 60; math.Round(got) != float64(submits) {
			t.Errorf("%v attempts on record, the channels saw %d", got, submits)
		}
		if got := spent(t, o.Journal); got != charged {
			t.Errorf("%v spent by the journal, %v by the channels' books", got, charged)
		}
		plan, err := NewPlan(s)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Worst < charged || plan.Worst != 3*plan.Least+3*worstOf(t, s, "forwarding") {
			t.Errorf("the plan is for %v at worst, of which %v was charged", plan.Worst, charged)
		}
		if len(run.Findings) > 0 {
			t.Errorf("findings: %v", run.Findings)
		}
	})
}

// worstOf is what one attempt of each planned order costs on a channel.
func worstOf(t *testing.T, s *scenario.Scenario, name string) money.Micros {
	t.Helper()
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var sum money.Micros
	for _, o := range schedule(s, &c.Model, measure.Strategies(s), 1) {
		for i := range s.Channels {
			if s.Channels[i].Name == name {
				worst, err := dearest(s, &c.Model, o.Class, i)
				if err != nil {
					t.Fatal(err)
				}
				sum += worst
			}
		}
	}
	return sum
}

// TestTheCapHoldsForPairs: a cap with room for the first attempts, and not for all hedges, is never passed.
func TestTheCapHoldsForPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := hedged(t, 30)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Cap = 5 * money.Dollar
		_, err := Run(t.Context(), s, o)
		if !errors.Is(err, ledger.ErrCap) {
			t.Fatalf("Run ends with %v, want ErrCap", err)
		}
		var charged money.Micros
		for _, book := range server.Books() {
			charged += book.Charged
		}
		if charged > o.Cap || charged < o.Cap/2 {
			t.Errorf("%v charged under a cap of %v", charged, o.Cap)
		}
	})
}
