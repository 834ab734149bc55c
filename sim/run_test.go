package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim"
)

// clinic is a small scenario with every kind of trouble that the language can state. Its channels make what is ordered
// and no other length, which keeps its map small.
const clinic = `
seed = 7
[workload]
orders_per_month = 400
promise  = "3m"
deadline = "10m"
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

[channels.forwarding]
kind = "forwarding"
terms = "relay"
protocol = "openai-videos"
base_url = "https://api.example.com"
key_env = "KEY"
model = "m"
makes = { seconds = [5, 10] }
poll = "10s"
price = { per_second = "$0.10" }
latency = { base = "20s", per_second = "8s", sigma = 0.4 }
errors = { moderation = { rate = "0.5%" }, submit = { rate = "0.2%" } }

[channels.reverse]
kind = "reverse"
terms = "unofficial"
protocol = "openai-videos-reverse"
base_url = "https://api.example.com"
key_env = "KEY"
model = "m"
makes = { seconds = [5, 10] }
poll = "5s"
submit_takes = { median = "1s" }
price = { per_call = "$0.12" }
latency = { base = "40s", per_second = "10s", sigma = 0.55 }
[channels.reverse.errors]
moderation = { rate = "1%", takes = { median = "2s" } }
region = { rate = "8%", takes = { median = "6s", sigma = 0.6 } }
submit = { rate = "2%" }
ambiguous = { rate = "0.5%", takes = { median = "30s" } }
job = { rate = "4%", billed = "50%" }
unusable = { rate = "3%" }
download = { rate = "2%" }

[strategies.forwarding]
steps = [{ channel = "forwarding", attempts = 3 }]
[strategies.reverse]
steps = [{ channel = "reverse", attempts = 3 }]
[strategies.hybrid]
steps = [{ channel = "reverse", attempts = 2 }, { channel = "forwarding", attempts = 2 }]

[retry]
backoff = { kind = "exponential", base = "2s", jitter = "50%" }
[costs]
undelivered = "$1.00"
late = "$0.10"
fixed_per_month = { reverse = "$5" }
[decision]
require = ["delivered >= 90%", "in_time >= 50%"]
`

func load(t *testing.T, source string, set ...string) *scenario.Scenario {
	t.Helper()
	s, _, err := scenario.Load("clinic.toml", []byte(source), scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func written(t *testing.T, run *record.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := record.Write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWorkersMakeNoDifference: the same bytes, however many workers share the months and the draws.
func TestWorkersMakeNoDifference(t *testing.T) {
	claims, _ := scenarios.Open("vendor-claims")
	for name, s := range map[string]*scenario.Scenario{
		"clinic":        load(t, clinic, "channels.reverse.errors.region.range=[\"4%\", \"12%\"]"),
		"vendor-claims": load(t, string(claims), "workload.orders_per_month=500"),
		"trouble": load(t, clinic, "channels.reverse.errors.region={ rate = \"8%\", exits = 3, burst = \"5m\" }",
			"channels.reverse.limits={ concurrent = 1, queue = 1 }",
			"channels.reverse.regimes={ suspended = { share = \"20%\", lasts = \"9h\", submit = \"100%\" } }",
			"outages=[{ channels = [\"forwarding\", \"reverse\"], between = \"90h\", lasts = \"3h\" }]"),
	} {
		if name == "vendor-claims" && !proof.Long {
			continue // a script of cmd compares its files
		}
		t.Run(name, func(t *testing.T) {
			var want []byte
			for _, workers := range []int{1, 2, 8}[:proof.Size(2, 3)] {
				run, err := sim.Run(t.Context(), s, sim.Options{Months: 13, Workers: workers, Version: "test"})
				if err != nil {
					t.Fatalf("%d workers: %v", workers, err)
				}
				got := written(t, run)
				if want == nil {
					want = got
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%d workers wrote something else", workers)
				}
			}
		})
	}
}

// TestSeeds: another seed is other luck in the same world; the same seed is the same luck.
func TestSeeds(t *testing.T) {
	latency := func(set ...string) (float64, *record.Run) {
		run, err := sim.Run(t.Context(), load(t, clinic, set...), sim.Options{Months: 4})
		if err != nil {
			t.Fatal(err)
		}
		return *run.Strategies[2].LatencySeconds.Mean.Value, run
	}
	first, run := latency()
	same, _ := latency("seed=7")
	other, otherRun := latency("seed=8")
	if first != same || first == other {
		t.Errorf("mean latency %v with seed 7, %v once more, %v with seed 8", first, same, other)
	}
	if run.Seed != 7 || otherRun.Seed != 8 {
		t.Errorf("the record says seed %d and %d", run.Seed, otherRun.Seed)
	}
	if a, b := run.Strategies[2].Exact, otherRun.Strategies[2].Exact; *a.CostPerDelivered != *b.CostPerDelivered ||
		a.DeliveredShare != b.DeliveredShare {
		t.Error("the closed form depends on the seed")
	}
}

// TestInterrupted: a run that is interrupted has the months that all strategies have finished, and
// they are the same as if it had not been.
func TestInterrupted(t *testing.T) {
	// Of two workers one may be in the midst of an early month for as long as the machine likes.
	for workers, least := range map[int]int{1: 6, 2: 0} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) { interrupted(t, workers, least) })
	}
}

func interrupted(t *testing.T, workers, least int) {
	s := load(t, clinic)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run, err := sim.Run(ctx, s, sim.Options{Months: 50, Workers: workers,
		Progress: func(phase sim.Phase, done, total int) {
			if phase != sim.Months {
				return
			}
			if total != 150 {
				t.Errorf("%d months in all, want 150", total)
			}
			if done == 20 {
				cancel()
			}
		}})
	if least == 0 && errors.Is(err, sim.ErrNothingFinished) {
		return
	}
	if !errors.Is(err, context.Canceled) || run == nil {
		t.Fatalf("%v, %v", run, err)
	}
	if run.Months < least || run.Months > 7 || !run.Incomplete {
		t.Errorf("%d months, incomplete: %v", run.Months, run.Incomplete)
	}
	for i := range run.Strategies {
		if st := &run.Strategies[i]; st.Orders != int64(run.Months)*400 {
			t.Errorf("%s has %d orders of %d months", st.Name, st.Orders, run.Months)
		}
	}
	whole, err := sim.Run(t.Context(), s, sim.Options{Months: run.Months})
	if err != nil {
		t.Fatal(err)
	}
	if whole.Incomplete {
		t.Error("a whole run says that it is incomplete")
	}
	if run.Map != nil || run.Verdict.BreakEvens != nil {
		t.Error("an interrupted run has break-evens, which are worked out last")
	}
	run.Incomplete, whole.Map, whole.Verdict.BreakEvens = false, nil, nil
	if !bytes.Equal(written(t, run), written(t, whole)) {
		t.Error("the finished months of an interrupted run differ from a run of so many months")
	}
}

func TestNothingFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run, err := sim.Run(ctx, load(t, clinic), sim.Options{Months: 3})
	if run != nil || !errors.Is(err, sim.ErrNothingFinished) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", run, err)
	}
}

// TestProgress: every month of every strategy is reported once.
func TestProgress(t *testing.T) {
	var calls, highest atomic.Int64
	_, err := sim.Run(t.Context(), load(t, clinic),
		sim.Options{Months: 5, Workers: 3, Progress: func(phase sim.Phase, done, total int) {
			if phase != sim.Months {
				return
			}
			calls.Add(1)
			for old := highest.Load(); int64(done) > old && !highest.CompareAndSwap(old, int64(done)); old = highest.Load() {
			}
		}})
	if err != nil || calls.Load() != 15 || highest.Load() != 15 {
		t.Errorf("%v; %d reports, up to %d", err, calls.Load(), highest.Load())
	}
}

// TestProgressOfAllPhases: each phase is counted from one to its end, one after the other.
func TestProgressOfAllPhases(t *testing.T) {
	var phases []sim.Phase
	totals := map[sim.Phase]int{}
	s := load(t, clinic, `channels.reverse.errors.job.range=["0%", "40%"]`)
	_, err := sim.Run(t.Context(), s, sim.Options{Months: 2, Workers: 1, Progress: func(phase sim.Phase, done, total int) {
		if n := len(phases); n == 0 || phases[n-1] != phase {
			phases = append(phases, phase)
		}
		if totals[phase]++; totals[phase] != done && phase != sim.Effects || done > total {
			t.Errorf("%d of %d %s after %d", done, total, phase, totals[phase]-1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []sim.Phase{sim.Months, sim.Draws, sim.Effects, sim.Map}; !slices.Equal(phases, want) {
		t.Errorf("phases %q, want %q", phases, want)
	}
}

func TestDefaultMonths(t *testing.T) {
	run, err := sim.Run(t.Context(), load(t, clinic, "workload.orders_per_month=10"), sim.Options{})
	if err != nil || run.Months != sim.DefaultMonths {
		t.Errorf("%v; %d months, want %d", err, run.Months, sim.DefaultMonths)
	}
}

// TestNotModelled: what no engine models is refused even where the loader was not asked.
func TestNotModelled(t *testing.T) {
	s := load(t, clinic)
	s.Workload.GrowthPerMonth = 0.1
	if run, err := sim.Run(t.Context(), s, sim.Options{Months: 1}); run != nil || err == nil ||
		!strings.Contains(err.Error(), "growth_per_month") {
		t.Errorf("%v, %v", run, err)
	}
}

// TestNoClosedForm: where the tail is too long for a closed form, the run says so and goes on without.
func TestNoClosedForm(t *testing.T) {
	s := load(t, clinic, "workload.deadline=300d", "channels.reverse.latency.base=30h")
	s.Workload.Deadline = 0
	run, err := sim.Run(t.Context(), s, sim.Options{Months: 3})
	if err != nil {
		t.Fatal(err)
	}
	if run.Strategies[0].Exact == nil || run.Strategies[1].Exact != nil ||
		!slices.ContainsFunc(run.Warnings, func(w string) bool { return strings.HasPrefix(w, "reverse: no closed form") }) {
		t.Errorf("exact: %v, %v; warnings %q", run.Strategies[0].Exact, run.Strategies[1].Exact, run.Warnings)
	}
}

func value(t *testing.T, what string, f record.Figure) float64 {
	t.Helper()
	if f.Value == nil || f.Low == nil || f.High == nil || *f.Low > *f.Value || *f.High < *f.Value {
		t.Fatalf("%s: %+v", what, f)
	}
	return *f.Value
}

// TestFigures holds the figures of a record against each other and against the closed form beside them.
func TestFigures(t *testing.T) {
	run, err := sim.Run(t.Context(), load(t, clinic), sim.Options{Months: 60})
	if err != nil {
		t.Fatal(err)
	}
	if run.Schema != record.Schema || run.Mode != "sim" || run.Orders != 400 || run.Months != 60 {
		t.Errorf("%+v", run)
	}
	for i := range run.Strategies {
		st := &run.Strategies[i]
		t.Run(st.Name, func(t *testing.T) {
			equal := func(what string, got, want float64) {
				t.Helper()
				if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
					t.Errorf("%s = %v, want %v", what, got, want)
				}
			}
			if st.Orders != 24_000 {
				t.Errorf("%v orders", st.Orders)
			}
			share := value(t, "delivered share", st.DeliveredShare)
			if drawn := float64(st.Delivered) / float64(st.Orders); math.Abs(share-drawn) > 1e-3 {
				t.Errorf("delivered share = %v, drawn were %v", share, drawn)
			}
			perOrder, perDelivered, monthly := value(t, "cost per order", st.CostPerOrder),
				value(t, "cost per delivered", st.CostPerDelivered), value(t, "monthly cost", st.MonthlyCost.Figure)
			equal("cost per order", perOrder*400, monthly)
			equal("cost per delivered", perDelivered*share*400, monthly)
			spent := st.HandlingPerMonth
			for _, usd := range st.SpendByChannel {
				spent += usd
			}
			equal("spend and handling", spent, monthly)
			if len(st.SpendByChannel) != len(st.Channels) {
				t.Errorf("spend by channel %v, channels %v", st.SpendByChannel, st.Channels)
			}
			inTime := value(t, "in-time share", st.InTimeShare)
			late, fixed := share-inTime, 0.0
			if slices.Contains(st.Channels, "reverse") {
				fixed = 5
			}
			equal("handling", st.HandlingPerMonth, 400*((1-share)*1+late*0.10)+fixed)
			if !(*st.MonthlyCost.P05 <= *st.MonthlyCost.P50 && *st.MonthlyCost.P50 <= *st.MonthlyCost.P95) {
				t.Errorf("months: %v, %v, %v", *st.MonthlyCost.P05, *st.MonthlyCost.P50, *st.MonthlyCost.P95)
			}
			undelivered := 0.0
			for _, per1000 := range st.UndeliveredReasons {
				undelivered += per1000
			}
			equal("undelivered", undelivered, 1000*(1-share))
			// Each order that is delivered has one attempt that didn't fail.
			failures := 0.0
			for _, per1000 := range st.ErrorsPer1000 {
				failures += per1000
			}
			equal("attempts per order", value(t, "attempts", st.AttemptsPerOrder), failures/1000+share)
			fallback := value(t, "fallback share", st.FallbackShare)
			if (fallback > 0) != (st.Name == "hybrid") || (st.Kind == "hybrid") != (st.Name == "hybrid") {
				t.Errorf("%s is a %s; %v fall back", st.Name, st.Kind, fallback)
			}
			checkCurve(t, st)
			checkExact(t, st)
		})
	}
}

// checkCurve checks the curve of a strategy against its other figures.
func checkCurve(t *testing.T, st *record.Strategy) {
	t.Helper()
	curve := st.LatencyCDF
	for i := range curve {
		if i > 0 && (curve[i].Seconds <= curve[i-1].Seconds || curve[i].Share <= curve[i-1].Share) {
			t.Fatalf("the curve falls from %+v to %+v", curve[i-1], curve[i])
		}
	}
	if len(curve) < 20 || len(curve) > 410 {
		t.Errorf("%d points", len(curve))
	}
	if got, want := curve[len(curve)-1].Share, *st.DeliveredShare.Value; math.Abs(got-want) > 1e-12 {
		t.Errorf("the curve ends at %v, delivered are %v", got, want)
	}
	for _, q := range []struct {
		share   float64
		seconds record.Figure
	}{{0.5, st.LatencySeconds.P50}, {0.95, st.LatencySeconds.P95}, {0.99, st.LatencySeconds.P99}} {
		if q.share > *st.DeliveredShare.Value {
			if q.seconds.Value != nil {
				t.Errorf("p%g is %v, but only %v are delivered", 100*q.share, *q.seconds.Value, *st.DeliveredShare.Value)
			}
			continue
		}
		s := *q.seconds.Value
		i, _ := slices.BinarySearchFunc(curve, s, func(p record.Point, s float64) int {
			if p.Seconds < s {
				return -1
			}
			return 1
		})
		if above := curve[min(i, len(curve)-1)].Share; above < q.share-1e-9 || i > 0 && curve[i-1].Share > q.share+1e-9 {
			t.Errorf("p%g is %v s, where the curve passes %v", 100*q.share, s, above)
		}
	}
}

// checkExact checks the closed form beside the simulation, within five standard errors: intervals
// are of 95 %, some two standard errors to a side.
func checkExact(t *testing.T, st *record.Strategy) {
	t.Helper()
	near := func(what string, f record.Figure, exact float64) {
		t.Helper()
		if half := (*f.High - *f.Low) / 2; math.Abs(*f.Value-exact) > 2.5*half+1e-8*math.Abs(exact) {
			t.Errorf("%s: %v to %v simulated, %v exact", what, *f.Low, *f.High, exact)
		}
	}
	e := st.Exact
	near("cost per delivered", st.CostPerDelivered, *e.CostPerDelivered)
	near("cost per order", st.CostPerOrder, e.CostPerOrder)
	near("delivered share", st.DeliveredShare, e.DeliveredShare)
	near("in-time share", st.InTimeShare, e.InTimeShare)
	near("attempts per order", st.AttemptsPerOrder, e.AttemptsPerOrder)
	near("mean latency", st.LatencySeconds.Mean, *e.Latency.Mean)
	near("p50", st.LatencySeconds.P50, *e.Latency.P50)
	if e.DeliveredShare < 0.95 && e.Latency.P95 != nil {
		t.Errorf("p95 is %v exactly, but %v are delivered", *e.Latency.P95, e.DeliveredShare)
	}
}

// TestNothingDelivered: no cost per delivered clip, and no latency: null, not 0, and a warning.
func TestNothingDelivered(t *testing.T) {
	s := load(t, clinic, "channels.reverse.errors.region.rate=100%")
	run, err := sim.Run(t.Context(), s, sim.Options{Months: 3})
	if err != nil {
		t.Fatal(err)
	}
	st := &run.Strategies[1]
	if st.Delivered != 0 || st.CostPerDelivered.Value != nil || st.LatencySeconds.P50.Value != nil ||
		st.LatencySeconds.Mean.Value != nil || len(st.LatencyCDF) != 0 {
		t.Errorf("%+v", st)
	}
	if !slices.Contains(st.Warnings, "nothing was delivered: no cost per delivered clip") {
		t.Errorf("warnings %q", st.Warnings)
	}
	if st.ErrorsPer1000["region"] < 2900 {
		t.Errorf("errors per 1000 orders: %v", st.ErrorsPer1000)
	}
}

// A DisagreementError names what it found, each on a line.
func TestDisagreementError(t *testing.T) {
	err := &sim.DisagreementError{Findings: []string{"hybrid: delivered share: 1 of 2", "reverse: p50: 3"}}
	want := "simulation and closed form disagree; this is a bug, please report it with the scenario:\n  hybrid: delivered share: 1 of 2\n  reverse: p50: 3"
	if err.Error() != want {
		t.Errorf("%q", err.Error())
	}
}

// TestRangesAreJudgedWithoutAClosedForm: where failed attempts can take too long for a closed form, each draw is
// judged by a simulated month, so that probabilities still speak of the ranges.
func TestRangesAreJudgedWithoutAClosedForm(t *testing.T) {
	const source = `
[workload]
orders_per_month = 500
[[workload.videos]]
name = "short"
share = "100%"
seconds = 5
resolution = "720p"
[channels.a]
kind = "reverse"
price = { per_call = "$0.12" }
latency = { base = "100s", sigma = 1.0, range = ["50%", "250%"] }
errors = { job = { rate = "5%", range = ["0%", "30%"] } }
[strategies.once]
steps = [{ channel = "a", attempts = 1 }]
[strategies.twice]
steps = [{ channel = "a", attempts = 2 }]
[decision]
require = ["delivered >= 85%", "p50 <= 3m"]
`
	for _, sigma := range []string{"2.9", "1.0"}[:proof.Size(1, 2)] { // no closed form, and one at the stated values only
		s, _, err := scenario.Load("long", []byte(source),
			scenario.Options{Set: []string{"channels.a.latency.sigma=" + sigma,
				fmt.Sprint("workload.orders_per_month=", proof.Size(100, 500))}})
		if err != nil {
			t.Fatal(err)
		}
		run, err := sim.Run(t.Context(), s, sim.Options{Months: 3})
		if err != nil {
			t.Fatalf("sigma %s: %v", sigma, err)
		}
		for _, r := range run.Verdict.Requirements {
			if p50 := strings.HasPrefix(r.Text, "p50"); p50 && (r.Probability < 0.1 || r.Probability > 0.9) {
				t.Errorf("sigma %s: %s keeps %s in %v of the draws, though the range of medians, 50 s to 250 s, lies on both sides of the bound", sigma, r.Strategy, r.Text, r.Probability)
			}
		}
	}
}

// TestIntervalsOfFewMonthsStayWithinWhatCanBe: no clip costs less than the cheapest, no month less than nothing.
func TestIntervalsOfFewMonthsStayWithinWhatCanBe(t *testing.T) {
	for _, set := range [][]string{nil, {"workload.orders_per_month=4"},
		{"workload.orders_per_month=10", `channels.route.errors.unusable={ rate = "50%" }`}} {
		run, err := sim.Run(t.Context(), load(t, market, append(set, `channels.route.errors.region={ rate = "40%" }`)...),
			sim.Options{Months: 2})
		var disagreement *sim.DisagreementError // of so few orders, by luck
		if err != nil && !errors.As(err, &disagreement) {
			t.Fatal(err)
		}
		for _, s := range run.Strategies {
			for what, f := range map[string]struct {
				record.Figure
				least float64
			}{
				"cost per delivered clip": {s.CostPerDelivered, 0.12}, "cost per order": {s.CostPerOrder, 0},
				"monthly cost": {s.MonthlyCost.Figure, 0},
				"attempts":     {s.AttemptsPerOrder, 1}, "mean latency": {s.LatencySeconds.Mean, 0},
			} {
				if f.Low != nil && *f.Low < f.least-1e-12 {
					t.Errorf("%q: %s of %s from %v, where %v is the least", set, what, s.Name, *f.Low, f.least)
				}
			}
		}
	}
}
