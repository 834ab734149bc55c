package sim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/sim"
)

// market is a scenario whose map can be worked out by hand: a flat price against one by the second, and one failure.
const market = `
[workload]
orders_per_month = 1000
[[workload.videos]]
name = "short"
share = "70%"
seconds = 5
resolution = "720p"
[[workload.videos]]
name = "long"
share = "20%"
seconds = 12
resolution = "720p"
[[workload.videos]]
name = "fine"
share = "10%"
seconds = 40
resolution = "1080p"

[channels.relay]
kind = "forwarding"
price = { per_second = "$0.085" }
latency = { shape = "constant", base = "20s" }
[channels.route]
kind = "reverse"
price = { per_call = "$0.12" }
latency = { shape = "constant", base = "90s" }
errors = { region = { rate = "2%", range = ["1%", "3%"] } }

[strategies.steady]
steps = [{ channel = "relay" }]
[strategies.flat]
steps = [{ channel = "route" }]
[strategies.both]
steps = [{ channel = "route" }, { channel = "relay" }]
`

// stated is the market without ranges, whose draws neither its map nor its break-evens need.
var stated = strings.Replace(market, `, range = ["1%", "3%"]`, "", 1)

// mapOf is the map of the market, changed.
func mapOf(t *testing.T, set ...string) *record.BreakEvenMap {
	t.Helper()
	return mapOfSource(t, market, set...)
}

// mapAsStated is that of the market without ranges.
func mapAsStated(t *testing.T, set ...string) *record.BreakEvenMap {
	t.Helper()
	return mapOfSource(t, stated, set...)
}

func mapOfSource(t *testing.T, source string, set ...string) *record.BreakEvenMap {
	t.Helper()
	run, err := sim.Run(t.Context(), load(t, source, set...), sim.Options{Months: 2})
	if err != nil {
		t.Fatal(err)
	}
	return run.Map
}

// each calls f for every point of a map.
func each(t *testing.T, m *record.BreakEvenMap, f func(seconds, rate float64, saving *float64)) {
	t.Helper()
	if m == nil || len(m.Saving) != len(m.Rates) {
		t.Fatalf("no map, or rows are missing: %+v", m)
	}
	for i, rate := range m.Rates {
		if len(m.Saving[i]) != len(m.Seconds) {
			t.Fatalf("row %d has %d lengths, want %d", i, len(m.Saving[i]), len(m.Seconds))
		}
		for k, seconds := range m.Seconds {
			f(seconds, rate, m.Saving[i][k])
		}
	}
}

func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(*v)
}

// pair says what a map compares, and by which failures.
func pair(m *record.BreakEvenMap) string {
	if m == nil {
		return "no map"
	}
	return fmt.Sprintf("%s against %s, %s of %s", m.Strategy, m.Against, m.Failure, m.Channel)
}

// TestBreakEvenMap holds every point against a formula. With p the rate, an order is delivered by flat unless three
// attempts in a row fail.
func TestBreakEvenMap(t *testing.T) {
	relay := func(s float64) float64 { return 0.085 * s }
	for _, tt := range []struct {
		name string
		set  []string
		pair string
		want func(s, p float64) float64
	}{
		{"refusals are free", nil, "flat against steady, region of route",
			func(s, p float64) float64 { return relay(s) - 0.12 }},
		{"what is undelivered is not",
			[]string{`costs={ undelivered = "$1.50", late = "$0", fixed_per_month = { relay = "$20", route = "$50" } }`},
			"flat against steady, region of route",
			func(s, p float64) float64 {
				lost := p * p * p
				return relay(s) + 0.02 - (0.12*(1-lost)+1.50*lost+0.05)/(1-lost)
			}},
		{"late", []string{`costs={ undelivered = "$0", late = "$0.10", fixed_per_month = {} }`, "workload.promise=60s"},
			"flat against steady, region of route",
			func(s, p float64) float64 { return relay(s) - 0.22 }},
		{"failed jobs, half of them billed", []string{`channels.route.errors={ job = { rate = "4%", billed = "50%" } }`},
			"flat against steady, job of route",
			func(s, p float64) float64 { return relay(s) - 0.12*(p/2+1-p)*(1+p+p*p)/(1-p*p*p) }},
		{"unusable clips", []string{`channels.route.errors={ unusable = { rate = "4%" } }`},
			"flat against steady, unusable of route",
			func(s, p float64) float64 { return relay(s) - 0.12*(1+p+p*p)/(1-p*p*p) }},
		{"hybrid", []string{`decision.exclude=["flat"]`}, "both against steady, region of route",
			func(s, p float64) float64 { return relay(s) - (0.12*(1-p*p*p) + relay(s)*p*p*p) }},
		{"one attempt, and egress exits", []string{`strategies.flat.steps=[{ channel = "route", attempts = 1 }]`,
			`costs={ undelivered = "$1", late = "$0", fixed_per_month = {} }`,
			`channels.route.errors.region={ rate = "2%", exits = 3, burst = "5m" }`, `decision.exclude=["both"]`},
			"flat against steady, region of route",
			func(s, p float64) float64 { return relay(s) - (0.12 + p/(1-p)) }},
		{"the candidate is the dearer", []string{`decision.require=["p95 <= 60s"]`}, "steady against flat, region of route",
			func(s, p float64) float64 { return 0.12 - relay(s) }},
		{"prices swapped", []string{`channels.relay.price={ per_call = "$0.12" }`,
			`channels.route.price={ per_second = "$0.085" }`, `decision.exclude=["both"]`},
			"steady against flat, region of route",
			func(s, p float64) float64 { return relay(s) - 0.12 }},
		{"a channel that makes few lengths", []string{"channels.route.makes={ seconds = [5, 12, 40] }"},
			"flat against steady, region of route",
			func(s, p float64) float64 { return relay(s) - 0.12 }},
		{"a ladder makes the next rung",
			[]string{`channels.route.price={ ladder = { "5" = "$0.10", "12" = { "720p" = "$0.20" }, "40" = { "1080p" = "$0.30" } } }`}, "flat against steady, region of route",
			func(s, p float64) float64 {
				switch {
				case s <= 5:
					return relay(s) - 0.10
				case s <= 12:
					return relay(s) - 0.20
				}
				return math.NaN() // no rung at 720p
			}},
		{"routed by length, its fixed costs where it uses the channel",
			[]string{`strategies.flat={ route = [{ when = { max_seconds = 8 }, steps = [{ channel = "route" }] }], steps = [{ channel = "relay" }] }`,
				`decision.exclude=["both"]`, `costs={ undelivered = "$0", late = "$0", fixed_per_month = { route = "$50" } }`},
			"flat against steady, region of route",
			func(s, p float64) float64 {
				if s <= 8 {
					return relay(s) - 0.12 - 0.05/(1-p*p*p)
				}
				return 0
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mapAsStated(t, tt.set...)
			if got := pair(m); got != tt.pair {
				t.Fatalf("%s, want %s", got, tt.pair)
			}
			each(t, m, func(s, p float64, saving *float64) {
				want := tt.want(s, p)
				if saving == nil != math.IsNaN(want) || saving != nil && math.Abs(*saving-want) > 1e-6 {
					t.Errorf("%g s at %.3g: %v, want %v", s, p, text(saving), want)
				}
			})
		})
	}
}

// TestBreakEvenMapFrame: what a map covers, and where the scenario lies on it.
func TestBreakEvenMapFrame(t *testing.T) {
	m := mapOf(t)
	if m.Resolution != "720p" || m.Workload != (record.MapBox{SecondsLow: 5, SecondsHigh: 12, RateLow: 0.01,
		RateHigh: 0.03}) {
		t.Errorf("%s, %+v", m.Resolution, m.Workload)
	}
	if n := len(m.Seconds); n != 15 || m.Seconds[0] != 1 || m.Seconds[n-1] != 15 {
		t.Errorf("lengths %v", m.Seconds)
	}
	if n := len(m.Rates); n != 22 || m.Rates[0] != 0.005 || m.Rates[10] != 0.2 || m.Rates[n-1] != 0.6 {
		t.Errorf("rates %v", m.Rates)
	}
	for i := 2; i < len(m.Rates); i++ {
		now, before := m.Rates[i]/m.Rates[i-1], m.Rates[1]/m.Rates[0]
		if i > 10 {
			now, before = m.Rates[i]-m.Rates[i-1], m.Rates[11]-m.Rates[10]
		}
		if math.Abs(now-before) > 1e-9 {
			t.Errorf("rates up to %v grow by %v, those before by %v", m.Rates[i], now, before)
		}
	}
	// The first row crosses zero between 1 and 2 s where the flat price is that of so many seconds.
	if a, b := *m.Saving[0][0], *m.Saving[0][1]; math.Abs(1-a/(b-a)-0.12/0.085) > 1e-9 {
		t.Errorf("%v at 1 s and %v at 2 s: break-even at %v s, want 1.41", a, b, 1-a/(b-a))
	}
	m = mapOf(t, "workload.videos.short.seconds=60", `channels.route.errors.region.range=["0.1%", "80%"]`)
	if n := len(m.Seconds); n != 24 || m.Seconds[0] != 1 || m.Seconds[n-1] != 75 {
		t.Errorf("lengths %v", m.Seconds)
	}
	if n := len(m.Rates); n != 22 || m.Rates[0] != 0.001 || m.Rates[n-1] != 0.8 {
		t.Errorf("rates %v", m.Rates)
	}
	for _, tt := range []struct {
		name string
		set  []string
		want string
	}{
		{"lengths that both make, and those that are ordered",
			[]string{"channels.route.makes={ seconds = [3, 5, 9, 12, 40] }",
				"channels.relay.makes={ seconds = [3, 5, 9, 12, 14, 40] }"}, "[3 5 9 12]"},
		{"a longer clip, where the most ordered video allows it",
			[]string{"channels.route.makes={ seconds = [5, 12, 40] }", `workload.videos.short.fit="longer"`},
			"[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]"},
		{"a rung, where it doesn't",
			[]string{`channels.route.price={ ladder = { "5" = "$0.10", "8" = "$0.15", "12" = { "720p" = "$0.20" }, "40" = { "1080p" = "$0.30" } } }`}, "[5 8 12]"},
		{"a length of which one side makes a part by falling back",
			[]string{`decision.exclude=["flat"]`, "channels.route.makes={ seconds = [5, 12, 40] }"}, "[5 12]"},
	} {
		if got := fmt.Sprint(mapOf(t, tt.set...).Seconds); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if m := mapOf(t, "workload.videos.long.seconds=5", "channels.route.makes={ seconds = [5, 40] }"); m != nil {
		t.Errorf("a map of one length: %v", m.Seconds)
	}
	m = mapOf(t, `channels.route.errors={ job = { rate = "0%" } }`)
	if m.Failure != "region" || m.Workload.RateLow != 0 || m.Workload.RateHigh != 0 || m.Rates[0] != 0.005 {
		t.Errorf("without failures: %s, %+v, from %v", m.Failure, m.Workload, m.Rates[0])
	}
}

// TestBreakEvenMapIsSmooth: what lies between two rates of the map is close to a straight line between them, so a
// contour has no kinks. Of unusable clips a delivered one costs 1 / (1 - rate) calls.
func TestBreakEvenMapIsSmooth(t *testing.T) {
	m := mapOf(t, `channels.route.errors={ unusable = { rate = "4%" } }`)
	cost := func(rate float64) float64 { return 1 / (1 - rate) }
	for i := 1; i < len(m.Rates); i++ {
		middle := math.Sqrt(m.Rates[i] * m.Rates[i-1])
		if off := (cost(m.Rates[i])+cost(m.Rates[i-1]))/2 - cost(middle); off > 0.012 {
			t.Errorf("halfway from %.3g to %.3g a straight line is %.3f of a call off", m.Rates[i-1], m.Rates[i], off)
		}
	}
}

// TestBreakEvenMapCompares: which two strategies, and whose failures.
func TestBreakEvenMapCompares(t *testing.T) {
	second := `channels.second={ kind = "forwarding", price = { per_second = "$0.09" }, latency = { shape = "constant", base = "20s" }, errors = { submit = { rate = "1%" }, job = { rate = "1%" } } }`
	backup := `strategies.backup={ steps = [{ channel = "second" }] }`
	for _, tt := range []struct {
		name string
		set  []string
		want string
	}{
		{"the cheapest, against the cheapest that begins on another kind", []string{second, backup},
			"flat against steady, region of route"},
		{"not against what is excluded", []string{second, backup, `decision.exclude=["steady"]`},
			"flat against backup, region of route"},
		{"an excluded channel excludes what uses it", []string{second, backup, `decision.exclude=["route"]`},
			"steady against backup, region of relay"},
		{"where no other kind is left: against another set of channels", []string{`decision.exclude=["steady"]`},
			"flat against both, region of route"},
		{"nothing is left", []string{`decision.exclude=["steady", "both"]`}, "no map"},
		{"nothing else uses other channels", []string{`decision.exclude=["route"]`,
			`strategies.patient={ steps = [{ channel = "relay", attempts = 5 }] }`}, "no map"},
		{"routed by name: as the most ordered video goes",
			[]string{`strategies.flat={ route = [{ when = { video = "long" }, steps = [{ channel = "relay" }] }], steps = [{ channel = "route" }] }`,
				`decision.exclude=["both"]`}, "flat against steady, region of route"},
		{"routed by name: no other way for that",
			[]string{`strategies.flat={ route = [{ when = { video = "long" }, steps = [{ channel = "route" }] }], steps = [{ channel = "relay" }] }`,
				`decision.exclude=["both"]`}, "no map"},
		{"begins on both kinds",
			[]string{`strategies.flat={ route = [{ when = { min_seconds = 12 }, steps = [{ channel = "relay" }] }], steps = [{ channel = "route" }] }`,
				`decision.exclude=["both"]`}, "flat against steady, region of route"},
		{"begins on both kinds, and nothing else is left",
			[]string{`strategies.routed={ route = [{ when = { min_seconds = 12 }, steps = [{ channel = "relay" }] }], steps = [{ channel = "route" }] }`,
				`decision={ exclude = ["flat", "both", "steady"] }`}, "no map"},
		{"no closed form for one of them", []string{`channels.route.limits={ concurrent = 40 }`}, "no map"},
		{"none that is beyond retries", []string{`strategies.steady.steps=[{ channel = "relay", timeout = "90s" }]`},
			"no map"},
		{"nothing is delivered on one side", []string{`channels.route.errors={ submit = { rate = "100%" } }`,
			`decision.exclude=["both"]`}, "no map"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := pair(mapAsStated(t, tt.set...)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestBreakEvenMapIsASimulatedWhatIf: a point of the map is what the closed form says of the scenario changed to that
// length and rate, whatever else that states.
func TestBreakEvenMapIsASimulatedWhatIf(t *testing.T) {
	run := func(set ...string) *record.Run {
		anyLength := strings.ReplaceAll(clinic, "makes = { seconds = [5, 10] }\n", "")
		run, err := sim.Run(t.Context(), load(t, anyLength, set...), sim.Options{Months: 2})
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	cost := func(run *record.Run, name string) float64 {
		for i := range run.Strategies {
			if run.Strategies[i].Name == name {
				return *run.Strategies[i].Exact.CostPerDelivered
			}
		}
		t.Fatalf("no %s", name)
		return 0
	}
	m := run().Map
	if got, want := pair(m), "reverse against forwarding, region of reverse"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	for _, at := range [][2]int{{3, 4}, {21, 14}, {0, 0}, {11, 9}}[:proof.Size(2, 4)] {
		rate, seconds := m.Rates[at[0]], m.Seconds[at[1]]
		there := run(fmt.Sprintf(`workload.videos=[{ name = "short", share = "100%%", seconds = %g, resolution = "720p" }]`,
			seconds),
			fmt.Sprintf("channels.reverse.errors.region.rate=%.7f%%", 100*rate))
		want := cost(there, m.Against) - cost(there, m.Strategy)
		if got := *m.Saving[at[0]][at[1]]; math.Abs(got-want) > 1e-3*cost(there, m.Strategy) {
			t.Errorf("%g s at %.3g: saves %v, but %v by itself", seconds, rate, got, want)
		}
	}
}
