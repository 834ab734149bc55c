package sim

import (
	"math"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

// studied is the study of a shipped scenario whose first two strategies are driven.
func studied(t *testing.T, name string, set ...string) *Study {
	t.Helper()
	source, _ := scenarios.Open(name)
	s, _, err := scenario.Load(name, source, scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	st, err := NewStudy(t.Context(), s, StudyOptions{Driven: []string{"forwarding", "reverse"}})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestStudyOfShippedScenarios: nothing is worth nothing, nothing is worth more than the truth, and more orders are
// worth more.
func TestStudyOfShippedScenarios(t *testing.T) {
	for _, name := range []string{"starter", "sora2"}[:proof.Size(1, 2)] {
		st := studied(t, name)
		perfect := st.Perfect()
		if !st.InUSD || perfect.Value <= 0 || st.Worth(0, 1).Value != 0 {
			t.Fatalf("%s: the truth is worth %v, no order %v", name, perfect, st.Worth(0, 1))
		}
		last := 0.0
		for _, n := range []int{5, 30, 100, 1000} {
			v := st.Worth(n, 1)
			t.Logf("%s: today %s, %d orders are worth %.0f ± %.0f of %.0f", name, st.Today, n, v.Value, v.SE, perfect.Value)
			if v.Value > perfect.Value || v.Value < last-3*v.SE {
				t.Errorf("%s: %d orders are worth %v, fewer %v, the truth %v", name, n, v, last, perfect)
			}
			last = v.Value
		}
		// A night has its own median: many nights of few orders show more than one of many.
		if one, thirty := st.Worth(300, 1), st.Worth(300, 30); thirty.Value < one.Value-3*one.SE {
			t.Errorf("%s: 300 orders are worth %v in a night and %v over thirty", name, one, thirty)
		}
	}
}

// TestStudyAgreesWithTheVerdict: that no strategy qualifies is told in the words of a run, and only where it is so.
func TestStudyAgreesWithTheVerdict(t *testing.T) {
	const refused = `channels.reverse.errors.moderation={rate="3%"}`
	for _, set := range [][]string{
		{refused},
		{refused, `channels.forwarding.errors.moderation={rate="2%"}`},
		{`decision.require=["in_time >= 95.7%"]`},
		{`decision.require=["in_time >= 97%"]`},
	}[:proof.Size(2, 4)] {
		set = append(set, "workload.orders_per_month=2000")
		source, _ := scenarios.Open("starter")
		s, _, err := scenario.Load("starter", source, scenario.Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		run, err := Run(t.Context(), s, Options{Months: studyMonths})
		if err != nil {
			t.Fatal(err)
		}
		unmet := studied(t, "starter", set...).Unmet
		switch v := run.Verdict; {
		case v.Candidate != nil && unmet != nil:
			t.Errorf("%v: %s qualifies, but the study says %q", set, *v.Candidate, unmet)
		case v.Candidate == nil && (len(unmet) < 2 || unmet[0] != v.Sentence):
			t.Errorf("%v: the run says %q, the study %q", set, v.Sentence, unmet)
		}
		t.Logf("%v: %q", set, unmet)
	}
}

// TestStudyWithoutDoubt: where every range leaves the choice as it is, measuring is worth nothing; where nothing can be
// chosen or counted in dollars, no worth is named.
func TestStudyWithoutDoubt(t *testing.T) {
	const orders = "workload.orders_per_month=2000"
	st := studied(t, "starter", orders, "decision.require=[]")
	if v := st.Worth(1000, 30); !st.InUSD || v.Value != 0 || st.Perfect().Value != 0 {
		t.Errorf("without requirements reverse is the cheapest whatever is true, but orders are worth %v", v)
	}
	for what, tt := range map[string]struct {
		set   string
		inUSD bool
	}{"dollars": {"decision.require=[]", true}, "seconds": {`decision.minimise="p95"`, false},
		"no choice": {`decision.exclude=["reverse"]`, false}} {
		if st := studied(t, "vendor-claims", orders, tt.set); st.InUSD != tt.inUSD {
			t.Errorf("%s: a worth in dollars: %v", what, st.InUSD)
		}
	}
}

// TestStudyByHand: two strategies of one attempt, $1.00 on success at a known rate and at one that is believed to be
// uniform. The undelivered cost money, so the loss is linear in the rate; what n orders are worth is a sum over how
// many of them fail.
func TestStudyByHand(t *testing.T) {
	const source = `
name = "by hand"
[workload]
orders_per_month = 1000
[[workload.videos]]
name = "clip"
share = "100%"
seconds = 8
resolution = "720p"
[channels.sure]
kind = "forwarding"
price = { per_call = "$1.00" }
latency = { shape = "constant", base = "10s" }
[channels.cheap]
kind = "reverse"
price = { per_call = "$0.50" }
latency = { shape = "constant", base = "10s" }
[channels.cheap.errors]
submit = { rate = "50%", range = ["0%", "100%"] }
[strategies.forwarding]
steps = [{ channel = "sure", attempts = 1 }]
[strategies.reverse]
steps = [{ channel = "cheap", attempts = 1 }]
[costs]
undelivered = "$2.00"
late = "$0.00"
`
	s, _, err := scenario.Load("by hand", []byte(source), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := NewStudy(t.Context(), s, StudyOptions{Driven: []string{"forwarding", "reverse"}})
	if err != nil {
		t.Fatal(err)
	}
	// A month costs $1,000 on one, 1000·(0.5·(1−p) + 2p) = $500 + $1,500·p on the other: they are equal at p = 1/3.
	cost := func(p float64) float64 { return 500 + 1500*p }
	// By chance, today's choice is the sure one: $1,000 against $1,250.
	if st.Today != "forwarding" {
		t.Errorf("today's choice is %s", st.Today)
	}
	if want, got := 1000.0/12, st.Perfect(); math.Abs(got.Value-want) > 1 { // ∫₀^⅓ (500−1500p) dp
		t.Errorf("the truth is worth %v, want %v", got, want)
	}
	for _, n := range []int{3, 10, 40} {
		want := 0.0
		for k := range n + 1 { // after k failures p is beta(1+k, 1+n−k), and every k is as likely
			want += max(0, 1000-cost(float64(1+k)/float64(2+n))) / float64(n+1)
		}
		if got := st.Worth(n, 1); math.Abs(got.Value-want) > 3*got.SE+1.5 {
			t.Errorf("%d orders are worth %v, want %v", n, got, want)
		}
	}
}
