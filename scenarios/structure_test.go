package scenarios_test

import (
	"fmt"
	"math"
	"testing"

	"channelbench/internal/dist"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/sim"
)

// The tests below are the rows of "What structure changes" in README.md: each figure by simulation and, where there
// is one, by the formula worked out here by hand.

// months simulates a shipped scenario with overrides.
func months(t *testing.T, n int, name string, set ...string) *record.Run {
	t.Helper()
	run, err := sim.Run(t.Context(), world(t, name, set...), sim.Options{Months: n})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func strategyOf(t *testing.T, run *record.Run, name string) *record.Strategy {
	t.Helper()
	for i := range run.Strategies {
		if run.Strategies[i].Name == name {
			return &run.Strategies[i]
		}
	}
	t.Fatalf("there is no strategy %q", name)
	return nil
}

// holds says whether a figure is within four standard errors, and a slack, of what is expected. Half of a 95 % interval
// is two of them.
func holds(t *testing.T, what string, f record.Figure, want, slack float64) {
	t.Helper()
	se := (*f.High - *f.Low) / 4
	t.Logf("seed 1, %s: %.6g, by hand %.6g, %+.1f standard errors", what, *f.Value, want, (*f.Value-want)/se)
	if !(math.Abs(*f.Value-want) <= 4*se+slack) {
		t.Errorf("%s is %.6g, want %.6g within four standard errors of %.2g", what, *f.Value, want, se)
	}
}

// chooses holds a verdict; "" is that nobody qualifies.
func chooses(t *testing.T, run *record.Run, want string) {
	t.Helper()
	got := ""
	if run.Verdict.Winner != nil {
		got = *run.Verdict.Winner
	}
	if got != want {
		t.Errorf("without %v the winner is %q, want %q: %s", run.Verdict.Excluded, got, want, run.Verdict.Sentence)
	}
}

// The article's world at 8 s.
const (
	flat   = 0.12 // dollars, reverse
	second = 0.68 // dollars, forwarding
	region = 0.02
)

// spells works out the shares of orders whose first two and first three attempts all meet a region error, when exits
// stay bad for burst seconds on average: on the same exit, and on one of so many at random.
//
// An exit that is bad is bad again after a gap of s seconds with q(s) = p + (1 − p) e^(−λs), λ = 1 ÷ burst(1 − p). The
// gap is a pause of 2 s and the refusal's own time, over which e^(−λs) is averaged.
func spells(burst, exits float64) (same, other [2]float64) {
	const p = region
	rate := 1 / (burst * (1 - p))
	takes := dist.NewLogNormal(6, 0.6)
	memory := 0.0
	for i := range 20_000 {
		memory += math.Exp(-rate*(2+takes.Quantile((float64(i)+0.5)/20_000))) / 20_000
	}
	next, after := p+(1-p)*memory, p+(1-p)*memory*memory // bad again at the next attempt, at the one after it
	one := 1 / exits
	same = [2]float64{p * next, p * next * next}
	other = [2]float64{
		p * (one*next + (1-one)*p),
		p*next*next*one*one + (2*p*p*next+p*p*after)*one*(1-one) + p*p*p*(1-one)*(1-2*one),
	}
	return same, other
}

func TestStructure1SpellsDefeatRetriesOnTheSameExit(t *testing.T) {
	run := months(t, proof.Size(10, 20), "bursty-reverse")
	same, other := spells(60, 20)
	near(t, "lost on the same exit", same[1], 0.01482, 5e-6)
	near(t, "lost on exits at random", other[1], 9.07e-5, 5e-8)
	for _, tt := range []struct {
		name string
		lost [2]float64
	}{{"sticky", same}, {"rotating", other}} {
		reverse, hybrid := strategyOf(t, run, "reverse_"+tt.name), strategyOf(t, run, "hybrid_"+tt.name)
		closed := answer(t, world(t, "bursty-reverse"), "hybrid_"+tt.name)
		near(t, tt.name+": closed form of the fallback", closed.Fallback, tt.lost[1], 1e-7)
		near(t, tt.name+": closed form of the attempts", closed.Attempts, 1+region+tt.lost[0]+tt.lost[1], 1e-6)
		holds(t, tt.name+": delivered by reverse", reverse.DeliveredShare, 1-tt.lost[1], 0)
		holds(t, tt.name+": attempts of reverse", reverse.AttemptsPerOrder, 1+region+tt.lost[0], 0)
		holds(t, tt.name+": hybrid's fallback", hybrid.FallbackShare, tt.lost[1], 0)
		holds(t, tt.name+": attempts of hybrid", hybrid.AttemptsPerOrder, 1+region+tt.lost[0]+tt.lost[1], 0)
		holds(t, tt.name+": cost of hybrid", hybrid.CostPerOrder, flat+(second-flat)*tt.lost[1], 0)
		near(t, tt.name+": cost per clip of reverse", *reverse.CostPerDelivered.Value, flat, 1e-9)
	}
	independent := answer(t, world(t, "bursty-reverse"), "reverse_independent")
	near(t, "lost independently", 1-independent.Delivered, 8e-6, 1e-9)
	near(t, "attempts", independent.Attempts, 1.0204, 1e-9)
	near(t, "cost of the independent hybrid", answer(t, world(t, "bursty-reverse"), "hybrid_independent").CostPerOrder(),
		0.12000448, 1e-9)
}

// TestStructure2TheLengthOfSpellsDecides: the same 2 % lose from as few orders as independent errors to 1.9 %.
func TestStructure2TheLengthOfSpellsDecides(t *testing.T) {
	for _, tt := range []struct{ burst, sticky, rotating float64 }{
		{1, 1.01e-5, 8.10e-6},
		{10, 3.86e-3, 3.70e-5},
		{60, 1.48e-2, 9.07e-5},
		{300, 1.88e-2, 1.09e-4},
	} {
		same, other := spells(tt.burst, 20)
		near(t, fmt.Sprintf("spells of %v s: lost on the same exit", tt.burst), same[1]/tt.sticky, 1, 5e-3)
		near(t, fmt.Sprintf("spells of %v s: lost on exits at random", tt.burst), other[1]/tt.rotating, 1, 5e-3)
	}
	for _, burst := range []float64{10, 300}[:proof.Size(1, 2)] {
		s := world(t, "bursty-reverse", fmt.Sprintf("channels.reverse_sticky.errors.region.burst=%vs", burst))
		run, err := sim.Run(t.Context(), s, sim.Options{Months: 10})
		if err != nil {
			t.Fatal(err)
		}
		same, _ := spells(burst, 20)
		holds(t, fmt.Sprintf("spells of %v s: delivered", burst), strategyOf(t, run, "reverse_sticky").DeliveredShare,
			1-same[1], 0)
		// at 10 s kept exits keep what is required, too, but deliver less at no less a clip
		chooses(t, run, "reverse_rotating")
	}
	longest, _ := spells(25.25, 20)
	near(t, "spells of 25 s: lost on the same exit", longest[1], 0.01, 1e-5)
}

func TestStructure3VerdictsOnSpells(t *testing.T) {
	for exclude, want := range map[string]string{
		`["reverse_sticky","reverse_rotating"]`:      "reverse_independent",
		`["reverse_independent","reverse_rotating"]`: "hybrid_sticky",
		`["reverse_independent"]`:                    "reverse_rotating",
	} {
		chooses(t, months(t, 3, "bursty-reverse", "decision.exclude="+exclude), want)
	}
}

// fallback is the share of orders that a hybrid buys by forwarding when a share of its reverse submits is refused,
// each by its own luck: three attempts, all repeated, or only those that met a region error.
func fallback(refused float64, repeated bool) float64 {
	if fails := 1 - (1-refused)*(1-region); repeated {
		return fails * fails * fails
	}
	again := (1 - refused) * region
	return refused + again*(refused+again*(refused+again))
}

// inRegimes is the same over the regimes of reverse-regimes, where spells outlast an order.
func inRegimes(riskControl, suspended, refused float64, repeated bool) float64 {
	return (1-riskControl-suspended)*fallback(0, repeated) + riskControl*fallback(refused, repeated) + suspended
}

func TestStructure4RegimesMakeTheHybridDearer(t *testing.T) {
	for _, tt := range []struct {
		name           string
		set            []string
		want, expected float64 // fallback: as the README has it, and by hand
	}{
		{"as stated", nil, 0.0837, inRegimes(0.15, 0.05, 0.6, true)},
		{"the article's rule", []string{`retry.retry_on=["region"]`}, 0.1407, inRegimes(0.15, 0.05, 0.6, false)},
		{"uptime 85 %", []string{"channels.reverse.regimes.risk_control.submit=100%",
			"channels.reverse.regimes.risk_control.share=10%"}, 0.15, inRegimes(0.10, 0.05, 1, true)},
		{"uptime 80 %", []string{"channels.reverse.regimes.risk_control.submit=100%"}, 0.20, inRegimes(0.15, 0.05, 1, true)},
		{"uptime 70 %", []string{"channels.reverse.regimes.risk_control.submit=100%",
			"channels.reverse.regimes.risk_control.share=25%"}, 0.30, inRegimes(0.25, 0.05, 1, true)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			near(t, "fallback by hand", tt.expected, tt.want, 5e-5)
			run := months(t, proof.Size(300, 1000), "reverse-regimes", append(tt.set, "workload.orders_per_month=100")...)
			hybrid := strategyOf(t, run, "hybrid")
			holds(t, "fallback", hybrid.FallbackShare, tt.expected, 0)
			holds(t, "cost", hybrid.CostPerOrder, flat+(second-flat)*tt.expected, 0)
			holds(t, "delivered by reverse alone", strategyOf(t, run, "reverse").DeliveredShare, 1-tt.expected, 0)
			chooses(t, run, "hybrid")
		})
	}
	for uptime, cost := range map[float64]float64{0.85: 0.204, 0.80: 0.232, 0.70: 0.288} {
		near(t, "cost of the hybrid", flat+(second-flat)*inRegimes(1-uptime, 0, 1, true), cost, 5e-6)
	}
}

func TestStructure5IndependentRefusalsAreRetriedAway(t *testing.T) {
	a := answer(t, world(t, "reverse-regimes"), "hybrid_independent")
	near(t, "fallback", a.Fallback, fallback(0.14, true), 1e-9)
	near(t, "fallback", a.Fallback, 0.0039, 5e-5)
	near(t, "cost", a.CostPerOrder(), 0.12218, 5e-6)
	near(t, "delivered by reverse alone", answer(t, world(t, "reverse-regimes"), "reverse_independent").Delivered, 0.9961,
		5e-5)
	// With the article's rule nothing is retried that regimes refuse, and structure doesn't change the mean.
	near(t, "fallback with the article's rule",
		answer(t, world(t, "reverse-regimes", `retry.retry_on=["region"]`), "hybrid_independent").Fallback, 0.1400, 5e-5)
	run := months(t, 50, "reverse-regimes", `decision.exclude=["reverse"]`, "workload.orders_per_month=2000")
	chooses(t, run, "reverse_independent")
	// What a month costs says which it is: all months are alike only where submits are refused independently.
	spread := func(s *record.Strategy) float64 { return *s.MonthlyCost.P95 / *s.MonthlyCost.P05 }
	if alike, apart := spread(strategyOf(t, run, "hybrid_independent")),
		spread(strategyOf(t, run, "hybrid")); alike > 1.05 || apart < 1.5 {
		t.Errorf("a dear month of the hybrid costs %.2f times a cheap one, an independent one's %.2f times; want over 1.5 and about 1", apart, alike)
	}
}

// down is the share of time that outages of 74 min at the median take, with so many hours from end to start.
func down(between float64) float64 {
	mean := 74.0 / 60 * math.Exp(1.17*1.17/2)
	return mean / (mean + between)
}

// caught bounds the share of orders that lose a running job to an outage: a job runs 2.2 min on average.
const caught = 3e-4

func TestStructure6ASecondRouteToTheSameVendorDoesNotHelp(t *testing.T) {
	near(t, "share of time that is out", down(130.55), 0.0184, 5e-5)
	run := months(t, 600, "outage-month", "workload.orders_per_month=200")
	forwarding, reverse, hybrid := strategyOf(t, run, "forwarding"), strategyOf(t, run, "reverse"),
		strategyOf(t, run, "hybrid")
	for _, s := range []*record.Strategy{forwarding, reverse, hybrid} {
		holds(t, s.Name+": delivered", s.DeliveredShare, 1-down(130.55), caught)
	}
	near(t, "what the second route saves", *hybrid.DeliveredShare.Value, *forwarding.DeliveredShare.Value, 1e-4)
	chooses(t, run, "")
	for strategy, lost := range map[string]float64{"forwarding_independent": 6e-6, "reverse_independent": 5.6e-5,
		"hybrid_independent": 1.9e-8} {
		near(t, strategy+": lost", (1-answer(t, world(t, "outage-month"), strategy).Delivered)/lost, 1, 0.05)
	}
	chooses(t, months(t, 3, "outage-month", `decision.exclude=["forwarding","reverse"]`), "reverse_independent")
}

// TestStructure7OutagesOfOneRoute: where only reverse is out, the hybrid loses nothing and pays for it.
func TestStructure7OutagesOfOneRoute(t *testing.T) {
	run := months(t, 600, "outage-month", `outages.0.channels=["reverse"]`, "workload.orders_per_month=200")
	hybrid := strategyOf(t, run, "hybrid")
	holds(t, "fallback", hybrid.FallbackShare, down(130.55), caught)
	holds(t, "cost", hybrid.CostPerOrder, flat+(second-flat)*down(130.55), (second-flat)*caught)
	if *hybrid.DeliveredShare.Value != 1 {
		t.Errorf("the hybrid delivers %v, want all", *hybrid.DeliveredShare.Value)
	}
	chooses(t, run, "hybrid")
}

// TestStructure8DowntimeAsThePageCountsIt: with 0.42 % of the time the verdict is that of independent errors.
func TestStructure8DowntimeAsThePageCountsIt(t *testing.T) {
	near(t, "share of time that is out", down(580), 0.0042, 5e-6)
	run := months(t, 600, "outage-month", "outages.0.between=580h", "workload.orders_per_month=200")
	holds(t, "delivered", strategyOf(t, run, "reverse").DeliveredShare, 1-down(580), caught)
	chooses(t, run, "reverse")
	for _, q := range run.Verdict.Requirements {
		if misses := *q.MonthMissesShare; q.Strategy == "reverse" {
			near(t, "share of single months that miss 99 %", misses, 0.125, 4*math.Sqrt(0.125*0.875/600))
		}
	}
}
