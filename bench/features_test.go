package bench

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	orders := 300
	if testing.Short() {
		orders = 120
	}
	s, _, err := scenario.Load("features", []byte(fmt.Sprintf("%s\n", featured)), scenario.Options{Set: []string{fmt.Sprint("workload.orders_per_month=", orders)}})
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
		c.Errors.Region.Rate, c.Errors.Submit.Rate, c.Errors.Moderation.Rate = 0.2, 0.1, 0.02
		c.Errors.Ambiguous.Rate, c.Errors.Job.Rate, c.Errors.Unusable.Rate, c.Errors.Download.Rate = 0.03, 0.1, 0.1, 0.1
		c.SubmitTakes = &scenario.Takes{Median: 2 * time.Second, Sigma: 0.5}
		if c.Protocol == "videos-generations" || c.Protocol == "" {
			c.Protocol = "openai-videos" // one answer only can't be polled
		}
		if c.Poll == 0 {
			c.Poll = 10 * time.Second
		}
	}
}
