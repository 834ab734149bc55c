package sim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/sim"
)

// evensOf are the break-evens of the market, changed.
func evensOf(t *testing.T, set ...string) []record.BreakEven {
	t.Helper()
	run, err := sim.Run(t.Context(), load(t, stated, set...), sim.Options{Months: 2})
	if err != nil {
		t.Fatal(err)
	}
	return run.Verdict.BreakEvens
}

// atLengths are those of lengths of a resolution.
func atLengths(all []record.BreakEven, resolution string) []record.BreakEven {
	var some []record.BreakEven
	for _, e := range all {
		if e.Seconds != nil && e.Clip == resolution {
			some = append(some, e)
		}
	}
	return some
}

// TestBreakEvenLengths holds the lengths at which two strategies cost the same per delivered clip against a calculation
// by hand, and says from which one on which is cheaper.
func TestBreakEvenLengths(t *testing.T) {
	const noErrors = "channels.route.errors={}"
	longer := `workload.videos.short.fit="longer"`
	both := func(makes string) []string {
		return []string{noErrors, "channels.relay.makes=" + makes, "channels.route.makes=" + makes}
	}
	type even struct {
		seconds float64
		cheaper string
	}
	for _, tt := range []struct {
		name string
		set  []string
		want []even
	}{
		{"flat against seconds", []string{noErrors}, []even{{0.12 / 0.085, "flat"}}},
		{"with a discount", []string{noErrors, `channels.relay.price={ per_second = "$0.10", discount = "15%" }`},
			[]even{{0.12 / 0.085, "flat"}}},
		{"with a bonus", []string{noErrors, `channels.relay.price={ per_second = "$0.10", bonus = "15%" }`},
			[]even{{1.38, "flat"}}},
		{"at list price", []string{noErrors, `channels.relay.price={ per_second = "$0.10" }`}, []even{{1.2, "flat"}}},
		{"the other way round", []string{noErrors, `channels.relay.price={ per_call = "$0.12" }`,
			`channels.route.price={ per_second = "$0.085" }`, `decision.exclude=["both"]`}, []even{{0.12 / 0.085, "steady"}}},
		{"just at whole seconds", []string{noErrors, `channels.route.price={ per_call = "$0.51" }`}, []even{{6, "flat"}}},
		{"base and extra seconds", []string{noErrors,
			`channels.route.price={ base = "$0.10", included_seconds = 5, per_extra_second = "$0.20" }`,
			`decision.exclude=["both"]`}, []even{{0.1 / 0.085, "flat"}, {0.9 / 0.115, "steady"}}},
		{"refusals are free", nil, []even{{0.12 / 0.085, "flat"}}},
		{"clips that are thrown away are paid", []string{`channels.route.errors={ unusable = { rate = "30%" } }`},
			[]even{{0.12 / 0.7 / 0.085, "flat"}}},
		{"failed jobs that are billed in part", []string{`channels.relay.errors={ job = { rate = "20%", billed = "50%" } }`,
			noErrors}, []even{{0.12 / (0.085 * 0.9 / 0.8), "flat"}}},
		{"jobs that are billed when they are accepted",
			[]string{`channels.route.price={ per_call = "$0.12", billed = "on_accept" }`,
				`channels.route.errors={ job = { rate = "40%" } }`}, []even{{0.12 / 0.6 / 0.085, "flat"}}},
		{"what is undelivered", []string{noErrors, `channels.relay.errors={ job = { rate = "10%" } }`,
			`strategies.steady.steps=[{ channel = "relay", attempts = 1 }]`,
			`costs={ undelivered = "$0.18", late = "$0", fixed_per_month = {} }`}, []even{{(0.12 - 0.02) / 0.085, "flat"}}},

		{"only lengths that nobody makes", both("{ seconds = [5, 12, 40] }"), nil},
		{"between two lengths that are made", append(both("{ seconds = [4, 5, 12, 40] }"),
			`channels.route.price={ per_call = "$0.70" }`, `decision.exclude=["both"]`), []even{{12, "flat"}}},
		{"made longer than ordered, and billed so",
			append(both("{ seconds = [4, 8, 12, 40] }"), `channels.route.price={ per_call = "$0.50" }`, longer,
				`decision.exclude=["both"]`), []even{{5, "flat"}}},
		{"a ladder's rung", []string{noErrors, longer,
			`channels.relay.price={ ladder = { "5" = "$0.10", "12" = "$0.30", "40" = "$0.30" } }`,
			`channels.route.price={ per_call = "$0.20" }`, `decision.exclude=["both"]`}, []even{{6, "flat"}}},
		{"a ladder's rungs, and nothing between them",
			[]string{noErrors, `channels.relay.price={ ladder = { "5" = "$0.10", "12" = "$0.30", "40" = "$0.30" } }`,
				`channels.route.price={ per_call = "$0.20" }`, `decision.exclude=["both"]`}, []even{{12, "flat"}}},
		{"a route that begins at a length", []string{noErrors,
			`strategies.flat={ route = [{ when = { min_seconds = 9 }, steps = [{ channel = "route" }] }], steps = [{ channel = "dear" }] }`,
			`channels.dear={ kind = "reverse", price = { per_second = "$0.10" }, latency = { shape = "constant", base = "20s" } }`, `decision.exclude=["both"]`}, []even{{9, "flat"}}},

		{"one is always cheaper", []string{noErrors, `channels.route.price={ per_second = "$0.08" }`}, nil},
		{"the same price", []string{noErrors, `channels.route.price={ per_second = "$0.085" }`}, nil},
		{"beyond the longest clip that is looked at",
			[]string{noErrors, `channels.route.price={ per_call = "$1.30" }`, `decision.exclude=["both"]`}, nil},
		{"among many lengths", []string{noErrors, "workload.videos.long.seconds=90",
			`channels.route.price={ per_call = "$5.00" }`, `decision.exclude=["both"]`}, []even{{5 / 0.085, "flat"}}},
		{"no closed form", []string{`channels.route.limits={ concurrent = 40 }`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := atLengths(evensOf(t, tt.set...), "720p")
			if len(got) != len(tt.want) {
				t.Fatalf("%d break-evens, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, want := range tt.want {
				if math.Abs(*got[i].Seconds-want.seconds) > 1e-4 || got[i].Cheaper != want.cheaper {
					t.Errorf("from %.4f s on %s is cheaper, want %s from %.4f s on", *got[i].Seconds, got[i].Cheaper, want.cheaper,
						want.seconds)
				}
			}
		})
	}
}

// TestBreakEvensOfEachResolution: each has prices of its own.
func TestBreakEvensOfEachResolution(t *testing.T) {
	all := evensOf(t, `channels.route.price={ per_call = { "720p" = "$0.12", "1080p" = "$0.34" } }`)
	for resolution, want := range map[string]float64{"720p": 0.12 / 0.085, "1080p": 4} {
		if got := atLengths(all, resolution); len(got) != 1 || math.Abs(*got[0].Seconds-want) > 1e-4 {
			t.Errorf("%s: %+v, want %v s", resolution, got, want)
		}
	}
}

// TestBreakEvenSentences are goldens; the figures follow from the prices by hand.
func TestBreakEvenSentences(t *testing.T) {
	unusable := `channels.route.errors={ unusable = { rate = "4%" } }`
	for _, tt := range []struct {
		name string
		set  []string
		want []string
	}{
		{"refusals are free, however many", nil, []string{
			"flat and steady cost the same per delivered 720p clip at 1.41 s: longer ones are cheaper with flat, shorter ones with steady."}},
		// A delivered clip costs 1 / (1 - u) calls: as much as 5 s from 71.8 % on, as 12 s from 88.2 % on.
		{"clips that are thrown away", []string{unusable, `decision.exclude=["both"]`}, []string{
			"flat and steady cost the same per delivered 720p clip at 1.47 s: longer ones are cheaper with flat, shorter ones with steady.",
			"flat costs as much per delivered clip as steady once 72% (5 s 720p) to 88% (12 s 720p) of route's clips are unusable."}},
		{"jobs that fail and are billed", []string{`channels.route.errors={ job = { rate = "4%", billed = "100%" } }`,
			`decision.exclude=["both"]`, "workload.videos.long.seconds=5"}, []string{
			"flat and steady cost the same per delivered 720p clip at 1.47 s: longer ones are cheaper with flat, shorter ones with steady.",
			"flat costs as much per delivered clip as steady once 72% (5 s 720p) of route's jobs fail."}},
		{"a step", []string{`channels.route.errors={}`, `channels.route.makes={ seconds = [5, 12, 40] }`,
			`channels.relay.makes={ seconds = [5, 12, 40] }`, `channels.route.price={ per_call = "$0.70" }`,
			`decision.exclude=["both"]`}, []string{
			"From a 720p clip of 12 s on, flat is cheaper per delivered clip than steady; shorter ones are cheaper with steady."}},
		{"nothing that anybody makes", []string{`channels.route.errors={}`, `channels.route.makes={ seconds = [5, 12, 40] }`},
			nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range evensOf(t, tt.set...) {
				if strings.HasSuffix(e.Clip, "720p") {
					got = append(got, e.Sentence)
				}
			}
			if g, w := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// TestBreakEvenRates: at such a rate, and no other, the closed form of the scenario says that both cost the same.
func TestBreakEvenRates(t *testing.T) {
	for _, tt := range []struct {
		name, failure string
		set           []string
		want          float64 // of the shortest clip; 0: none
	}{
		{"unusable", "unusable", []string{`channels.route.errors={ unusable = { rate = "4%" } }`,
			`decision.exclude=["both"]`}, 1 - 0.12/0.425},
		{"job, half of them billed", "job", []string{`channels.route.errors={ job = { rate = "4%", billed = "50%" } }`,
			`decision.exclude=["both"]`}, 1 - 1/(2*0.425/0.12-1)},
		{"job, accepted is billed", "job", []string{`channels.route.price={ per_call = "$0.12", billed = "on_accept" }`,
			`channels.route.errors={ job = { rate = "4%" } }`, `decision.exclude=["both"]`}, 1 - 0.12/0.425},
		{"job, none is billed", "job", []string{`channels.route.errors={ job = { rate = "4%" } }`}, 0},
		{"region", "region", nil, 0},
		{"submit, and what is undelivered", "submit",
			[]string{`channels.route.errors={ submit = { rate = "4%" } }`,
				`strategies.flat.steps=[{ channel = "route", attempts = 1 }]`,
				`costs={ undelivered = "$1", late = "$0", fixed_per_month = {} }`, `decision.exclude=["both"]`}, 0.305 / 1.305},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := 0.0
			for _, e := range evensOf(t, tt.set...) {
				if e.FailRate != nil && e.Clip == "5 s 720p" {
					found = *e.FailRate
				}
			}
			if math.Abs(found-tt.want) > 2e-6 {
				t.Errorf("%v, want %v", found, tt.want)
			}
		})
	}
}

// TestBreakEvenByHand: a tenth of the jobs fails and is billed, three in ten clips are thrown away.
func TestBreakEvenByHand(t *testing.T) {
	all := evensOf(t,
		`channels.relay={ kind = "forwarding", price = { per_second = "$0.05" }, latency = { shape = "constant", base = "60s" }, errors = { job = { rate = "10%", billed = "100%" } } }`,
		`channels.route.errors={ unusable = { rate = "30%" } }`,
		`strategies.steady.steps=[{ channel = "relay", attempts = 1 }]`,
		`strategies.flat.steps=[{ channel = "route", attempts = 1 }]`)
	want := fmt.Sprintf("%.4f", 0.12/0.7*0.9/0.05)
	if got := atLengths(all, "720p"); len(got) != 1 || fmt.Sprintf("%.4f", *got[0].Seconds) != want {
		t.Errorf("%+v, want %s s", got, want)
	}
}
