package decision_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/decision"
	"channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

func Example() {
	cheap := decision.Outlook{MonthlyCost: 2640, CostPerDelivered: 0.132, Delivered: 0.999, InTime: 0.97}
	dear := decision.Outlook{MonthlyCost: 6530, CostPerDelivered: 0.3265, Delivered: 1, InTime: 0.99}
	stated := []decision.Outlook{cheap, dear}
	verdict := decision.Decide(&decision.Question{
		Decision:   scenario.Decision{Minimise: "cost", Confidence: 0.95, Tolerance: 0.01},
		Strategies: []string{"hybrid", "forwarding-only"},
		Excluded:   []bool{false, false},
		Stated:     stated,
		Draws:      [][]decision.Outlook{stated},
	})
	fmt.Println(verdict.Sentence)
	// Output: Choose hybrid: $0.132 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $3,890 less a month (59.6%) than forwarding-only, the next best that qualifies.
}

// costing is an outlook of 20,000 orders a month that keeps every requirement here, for so many dollars.
func costing(dollars float64) decision.Outlook {
	return decision.Outlook{MonthlyCost: dollars, CostPerDelivered: dollars / 20_000, Delivered: 0.999, InTime: 0.97,
		P50: 60, P95: 200, P99: 400}
}

// but changes an outlook.
func but(o decision.Outlook, change func(*decision.Outlook)) decision.Outlook {
	change(&o)
	return o
}

func inTime(v float64) func(*decision.Outlook) { return func(o *decision.Outlook) { o.InTime = v } }
func p95(v float64) func(*decision.Outlook)    { return func(o *decision.Outlook) { o.P95 = v } }

// asking is a question about what is expected at the stated values, and nothing else.
func asking(stated ...decision.Outlook) *decision.Question {
	return &decision.Question{
		Decision:   scenario.Decision{Minimise: "cost", Confidence: 0.95, Tolerance: 0.01},
		Strategies: []string{"reverse", "forwarding", "hybrid", "direct"}[:len(stated)],
		Excluded:   make([]bool, len(stated)),
		Stated:     stated,
		Draws:      [][]decision.Outlook{stated},
	}
}

// requiring adds a requirement.
func requiring(q *decision.Question, text string, m figure.ID, bound float64) *decision.Question {
	q.Decision.Require = append(q.Decision.Require,
		scenario.Requirement{Text: text, Metric: m, AtLeast: m.Of().High, Bound: bound})
	return q
}

// mostly holds in n of 100 draws, and what else comes in the rest.
func mostly(n int, usual, other []decision.Outlook) [][]decision.Outlook {
	return of(100, n, usual, other)
}

// of1000 is mostly for thousandths.
func of1000(n int, usual, other []decision.Outlook) [][]decision.Outlook {
	return of(1000, n, usual, other)
}

func of(all, n int, usual, other []decision.Outlook) [][]decision.Outlook {
	var draws [][]decision.Outlook
	for d := range all {
		if d < n {
			draws = append(draws, usual)
		} else {
			draws = append(draws, other)
		}
	}
	return draws
}

// decided gives the verdict, and holds it to what every verdict must be.
func decided(t interface {
	Helper()
	Errorf(string, ...any)
}, q *decision.Question) record.Verdict {
	t.Helper()
	v := decision.Decide(q)
	if _, err := json.Marshal(v); err != nil {
		t.Errorf("the verdict is no JSON: %v", err)
	}
	for _, s := range append([]string{v.Sentence}, v.Reasons...) {
		for _, odd := range []string{"NaN", "Inf", "%!", "--", "$-", "  ", " 100.0", "0.0%", "2562047h", "9223372036854"} {
			if strings.Contains(s, odd) {
				t.Errorf("%q in %q", odd, s)
			}
		}
		if !strings.HasSuffix(s, ".") {
			t.Errorf("%q is no sentence", s)
		}
	}
	if v.Winner != nil && (v.Candidate == nil || *v.Winner != *v.Candidate) {
		t.Errorf("the winner %v is not the candidate %v", name(v.Winner), name(v.Candidate))
	}
	return v
}

func name(s *string) string {
	if s == nil {
		return "nobody"
	}
	return *s
}

// TestVerdict holds DESIGN.md §5, row by row; the sentences are goldens, so that other data must say something else.
func TestVerdict(t *testing.T) {
	never := math.Inf(1)
	promise := func(q *decision.Question) *decision.Question {
		return requiring(q, "in_time >= 95%", figure.InTime, 0.95)
	}
	fastest := func(stated ...decision.Outlook) *decision.Question {
		q := asking(stated...)
		q.Decision.Minimise = "p95"
		return q
	}
	draws := func(q *decision.Question, draws [][]decision.Outlook) *decision.Question {
		q.Draws = draws
		return q
	}
	exclude := func(q *decision.Question, word string, strategies ...int) *decision.Question {
		q.Decision.Exclude = []string{word}
		for _, i := range strategies {
			q.Excluded[i] = true
		}
		return q
	}
	today := func(q *decision.Question, strategy string) *decision.Question {
		q.Decision.Baseline = strategy
		return q
	}
	strict := func(q *decision.Question) *decision.Question {
		q.Decision.Tolerance = 0
		return q
	}
	unpromised := func(q *decision.Question) *decision.Question {
		q.NoPromise = true
		return q
	}
	cheap, dear := costing(2400), costing(6530)
	late := but(cheap, inTime(0.90))
	dead := decision.Outlook{MonthlyCost: 5, CostPerDelivered: never, P50: never, P95: never, P99: never}
	poor := but(costing(750), func(o *decision.Outlook) { o.CostPerDelivered, o.Delivered, o.InTime = 0.13, 0.288, 0.25 })
	for _, tt := range []struct {
		name              string
		q                 *decision.Question
		candidate, winner string
		sentence          string
		reasons           []string
	}{
		{"the cheapest wins", asking(cheap, dear), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.", nil},
		{"the cheapest wins, whichever it is", asking(dear, cheap), "forwarding", "forwarding",
			"Choose forwarding: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than reverse, the next best that qualifies.", nil},
		{"the next best is the second of all others", asking(dear, costing(9000), cheap), "hybrid", "hybrid",
			"Choose hybrid: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than reverse, the next best that qualifies.", nil},
		{"a cheaper one misses a requirement", promise(asking(late, dear)), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy meets every requirement.",
			[]string{"reverse misses in_time >= 95% (90% expected, 5 points short)."}},
		{"the bound itself holds", promise(asking(but(cheap, inTime(0.95)), dear)), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 95% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.", nil},
		{"no regret at all is within no tolerance", strict(asking(cheap, dear)), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.", nil},
		{"nothing was promised", unpromised(asking(cheap)), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered.", nil},
		{"only one to choose", asking(cheap), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"the first of equals", asking(cheap, cheap), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs about as much as forwarding, the next best that qualifies.", nil},
		{"two requirements missed, one kept", requiring(requiring(promise(asking(but(late, p95(420)), dear)), "p95 <= 6m",
			figure.P95, 360), "delivered >= 99%", figure.Delivered, 0.99),
			"forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy meets every requirement.",
			[]string{"reverse misses in_time >= 95% (90% expected, 5 points short) and p95 <= 6m (7:00 expected, 1:00 too long)."}},
		{"nobody qualifies: too dear", requiring(asking(cheap, dear), "cost_per_delivered <= $0.10", figure.CostPerDelivered,
			0.10), "", "",
			"No strategy meets every requirement (cost_per_delivered <= $0.10).",
			[]string{
				"reverse misses cost_per_delivered <= $0.10 ($0.12 expected, $0.020 too much).",
				"forwarding misses cost_per_delivered <= $0.10 ($0.327 expected, $0.227 too much).",
			}},
		{"nobody qualifies: too much a month", requiring(asking(cheap, costing(2009.5)), "monthly_cost <= $2,000",
			figure.MonthlyCost, 2000), "", "",
			"No strategy meets every requirement (monthly_cost <= $2,000).",
			[]string{
				"reverse misses monthly_cost <= $2,000 ($2,400 expected, $400 too much).",
				"forwarding misses monthly_cost <= $2,000 ($2,010 expected, $9.50 too much).",
			}},
		{"nobody qualifies: a quantile is never reached",
			requiring(asking(but(cheap, p95(never))), "p95 <= 6m", figure.P95, 360), "", "",
			"No strategy meets every requirement (p95 <= 6m).",
			[]string{"reverse misses p95 <= 6m (too few orders are delivered to reach it at all)."}},

		{"held in 95 of 100 draws: sure enough",
			draws(promise(asking(cheap, dear)), mostly(95, []decision.Outlook{cheap, dear}, []decision.Outlook{late, dear})),
			"reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.", nil},
		{"held in 94 of 100 draws: not sure enough",
			draws(promise(asking(cheap, dear)), mostly(94, []decision.Outlook{cheap, dear}, []decision.Outlook{late, dear})),
			"forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy meets every requirement.",
			[]string{"reverse is not sure to keep what is required: it keeps in_time >= 95% in 94% of the stated ranges."}},
		{"not at the stated values, but in the draws",
			draws(promise(asking(late, dear)), mostly(96, []decision.Outlook{cheap, dear}, []decision.Outlook{late, dear})),
			"reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 90% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.", nil},
		{"a miss that rounding would hide", draws(promise(asking(cheap, dear)), of1000(946, []decision.Outlook{cheap, dear},
			[]decision.Outlook{late, but(dear, inTime(0.8))})), "", "",
			"No strategy is sure to meet every requirement (in_time >= 95%): at the stated values reverse would be the best that does, at $0.12 per delivered clip, but it does so in only 94.6% of what the stated ranges leave open; 95% is asked.",
			[]string{"reverse is not sure to keep what is required: it keeps in_time >= 95% in 94.6% of the stated ranges.",
				"forwarding is not sure to keep what is required: it keeps in_time >= 95% in 94.6% of the stated ranges."}},
		{"nobody is sure, two might", draws(promise(asking(cheap, dear, late)),
			mostly(60, []decision.Outlook{cheap, dear, late}, []decision.Outlook{late, but(dear, inTime(0.8)), late})), "", "",
			"No strategy is sure to meet every requirement (in_time >= 95%): at the stated values reverse would be the best that does, at $0.12 per delivered clip, but it does so in only 60% of what the stated ranges leave open; 95% is asked.",
			[]string{
				"reverse is not sure to keep what is required: it keeps in_time >= 95% in 60% of the stated ranges.",
				"forwarding is not sure to keep what is required: it keeps in_time >= 95% in 60% of the stated ranges.",
				"hybrid misses in_time >= 95% (90% expected, 5 points short).",
			}},
		{"the lowest cost is expected over the draws, not stated",
			draws(asking(cheap, dear), mostly(0, nil, []decision.Outlook{dear, cheap})), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 more a month (172.1%) at the stated values, and $4,130 less on average over the stated ranges, than reverse, the next best that qualifies.", nil},
		// 100 draws: reverse costs 1000, but 1100 in ten of them, hybrid always 1020: the regret is 0.1 × 80 = 8 of 1010.
		{"the regret is within the tolerance", draws(asking(costing(1000), costing(1020)),
			mostly(90, []decision.Outlook{costing(1000), costing(1020)}, []decision.Outlook{costing(1100), costing(1020)})),
			"reverse", "reverse",
			"Choose reverse: $0.050 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $20 less a month (2%) at the stated values, and $10 less on average over the stated ranges, than forwarding, the next best that qualifies.", nil},
		// 1111 in ten of them: 0.1 × 91 = 9.10 where 1 % of 1011.10 is allowed; 1130: 11.00 of 1013.
		{"the regret is beyond the tolerance", draws(asking(costing(1000), costing(1020)),
			mostly(90, []decision.Outlook{costing(1000), costing(1020)}, []decision.Outlook{costing(1130), costing(1020)})),
			"reverse", "",
			"No clear winner: reverse is expected to be best, but choosing it may cost $11 a month more than the best choice, which lies within what is not known.",
			[]string{"Knowing every stated range exactly would be worth at most $11 a month."}},
		{"those that don't qualify cause no regret",
			draws(promise(asking(cheap, dear, but(costing(100), inTime(0.5)))),
				mostly(50, []decision.Outlook{cheap, dear, but(costing(100), inTime(0.5))},
					[]decision.Outlook{cheap, dear, but(costing(100), inTime(0.5))})),
			"reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than forwarding, the next best that qualifies.",
			[]string{"hybrid misses in_time >= 95% (50% expected, 45 points short)."}},

		{"excluded, and what it costs", exclude(asking(cheap, dear), "reverse", 0), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time.",
			[]string{"Excluding reverse costs $4,130 a month: reverse would qualify."}},
		{"a channel excluded, and its strategies", exclude(asking(costing(2400), costing(6530), costing(2000)), "grey", 0, 2),
			"forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time.",
			[]string{"Excluding grey costs $4,530 a month: hybrid would qualify."}},
		{"excluded, for which less is delivered",
			exclude(asking(but(costing(2400.2), func(o *decision.Outlook) { o.CostPerDelivered = 0.12 }),
				but(cheap, func(o *decision.Outlook) { o.Delivered = 0.99 })), "reverse", 0), "forwarding", "forwarding",
			"Choose forwarding: $0.12 per delivered clip, 99% of orders delivered and 97% in time.",
			[]string{"Excluding reverse costs next to nothing a month: reverse would qualify."}},
		{"excluded, but not missed", exclude(asking(cheap, dear), "forwarding", 1), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.",
			[]string{"Excluding forwarding costs nothing: reverse would be the candidate anyway."}},
		{"excluded, and nobody is left that qualifies", exclude(promise(asking(cheap, but(dear, inTime(0.5)))), "reverse", 0),
			"", "",
			"No strategy meets every requirement (in_time >= 95%).",
			[]string{"forwarding misses in_time >= 95% (50% expected, 45 points short).",
				"Excluding reverse leaves no strategy that qualifies; reverse would."}},
		{"excluded, but it doesn't qualify either", exclude(promise(asking(late, but(dear, inTime(0.5)))), "reverse", 0), "",
			"",
			"No strategy meets every requirement (in_time >= 95%).",
			[]string{"forwarding misses in_time >= 95% (50% expected, 45 points short).",
				"Excluding reverse costs nothing: no strategy qualifies with it either."}},
		{"everything is excluded", exclude(asking(cheap, dear), "all", 0, 1), "", "",
			"Nothing is left to choose: every strategy is excluded.",
			[]string{"Excluding all leaves no strategy that qualifies; reverse would."}},

		{"the shortest p95", fastest(but(cheap, p95(300)), but(dear, p95(120))), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; its p95 is 3:00 shorter than that of reverse, the next best that qualifies.", nil},
		{"the shortest p95, by a hair", fastest(but(cheap, p95(300)), but(dear, p95(299.8))), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; its p95 is about that of reverse, the next best that qualifies.", nil},
		{"the shortest p95 isn't always the same",
			draws(fastest(but(cheap, p95(300)), but(dear, p95(320))),
				mostly(50, []decision.Outlook{but(cheap, p95(300)), but(dear, p95(320))},
					[]decision.Outlook{but(cheap, p95(330)), but(dear, p95(320))})),
			"reverse", "",
			"No clear winner: reverse is expected to be best, but choosing it may cost 5.0 s of p95 more than the best choice, which lies within what is not known.",
			[]string{"Knowing every stated range exactly would be worth at most 5.0 s of p95."}},
		{"the shortest p95, the other is never reached", fastest(but(cheap, p95(never)), dear), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; it is sure to reach its p95, unlike reverse, the next best that qualifies.", nil},
		{"no p95 is sure to be reached", draws(fastest(cheap, dear),
			mostly(99, []decision.Outlook{cheap, dear}, []decision.Outlook{but(cheap, p95(never)), but(dear, p95(never))})),
			"reverse", "",
			"No clear winner: no strategy that qualifies is sure to reach its p95, as too few orders may be delivered.", nil},
		{"the fastest is excluded, which saves money",
			exclude(fastest(but(cheap, p95(300)), but(dear, p95(120))), "forwarding", 1), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.",
			[]string{"Excluding forwarding saves $4,130 a month: forwarding would qualify."}},

		{"nothing is delivered", asking(dead, dead), "", "", "No strategy delivers anything, so there is nothing to choose.",
			nil},
		{"nothing is delivered, whatever is required",
			requiring(asking(dead), "monthly_cost <= $2,000", figure.MonthlyCost, 2000), "", "",
			"No strategy delivers anything, so there is nothing to choose.", nil},
		{"nothing was run", asking(), "", "", "Nothing is left to choose: no strategy has an outcome.", nil},
		{"the cheapest delivers nothing", asking(dead, dear), "forwarding", "forwarding",
			"Choose forwarding: $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy is sure to deliver anything.",
			[]string{"reverse delivers nothing."}},
		{"one delivers nothing, the other too late", promise(asking(dead, late)), "", "",
			"No strategy meets every requirement (in_time >= 95%).",
			[]string{"reverse delivers nothing.", "forwarding misses in_time >= 95% (90% expected, 5 points short)."}},
		{"something is delivered in 60 of 100 draws",
			draws(asking(cheap), mostly(60, []decision.Outlook{cheap}, []decision.Outlook{dead})), "", "",
			"No strategy is sure to deliver anything: at the stated values reverse would be the best that does, at $0.12 per delivered clip, but it does so in only 60% of what the stated ranges leave open; 95% is asked.",
			[]string{"reverse is not sure to deliver anything: it does in 60% of the stated ranges."}},
		{"something is delivered in 96 of 100 draws",
			draws(asking(cheap), mostly(96, []decision.Outlook{cheap}, []decision.Outlook{dead})), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"one costs less a month since it delivers less, at more a clip", asking(poor, cheap), "forwarding", "forwarding",
			"Choose forwarding: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $1,650 more a month (220%) than reverse, which delivers no more and costs no less per clip.", nil},
		{"no p95 is reached, and one is beaten in all else", fastest(but(poor, p95(never)), but(cheap, p95(never))),
			"forwarding", "",
			"No clear winner: no strategy that qualifies is sure to reach its p95, as too few orders may be delivered.", nil},
		{"against the baseline", today(asking(dear, cheap, costing(2500)), "reverse"), "forwarding", "forwarding",
			"Choose forwarding: it costs $4,130 less a month (63.2%) than reverse, the baseline, at $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $100 less a month (4%) than hybrid, the next best that qualifies.", nil},
		{"against the baseline, which is the next best", today(asking(dear, cheap), "reverse"), "forwarding", "forwarding",
			"Choose forwarding: it costs $4,130 less a month (63.2%) than reverse, the baseline, at $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"against the baseline, which is excluded", exclude(today(asking(dear, cheap), "reverse"), "reverse", 0),
			"forwarding", "forwarding",
			"Choose forwarding: it costs $4,130 less a month (63.2%) than reverse, the baseline, at $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.",
			[]string{"Excluding reverse costs nothing: forwarding would be the candidate anyway."}},
		{"against the baseline, which is cheaper and late", today(promise(asking(late, dear)), "reverse"), "forwarding",
			"forwarding",
			"Choose forwarding: it costs $4,130 more a month (172.1%) than reverse, the baseline, at $0.327 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy meets every requirement.",
			[]string{"reverse misses in_time >= 95% (90% expected, 5 points short)."}},
		{"the baseline is the best", today(asking(dear, cheap), "forwarding"), "forwarding", "forwarding",
			"Stay with forwarding, the baseline: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $4,130 less a month (63.2%) than reverse, the next best that qualifies.", nil},
		{"the baseline delivers nothing", today(asking(dead, cheap), "reverse"), "forwarding", "forwarding",
			"Choose forwarding: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time; no other strategy is sure to deliver anything.", []string{"reverse delivers nothing."}},
		{"the baseline wasn't run", today(asking(cheap), "direct"), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"undecided, against the baseline", today(draws(asking(costing(1000), costing(1020), costing(2000)),
			mostly(90, []decision.Outlook{costing(1000), costing(1020), costing(2000)},
				[]decision.Outlook{costing(1130), costing(1020), costing(2000)})), "hybrid"),
			"reverse", "",
			"No clear winner: reverse is expected to be best and costs $1,000 less a month (50%) at the stated values, and $987 less on average over the stated ranges, than hybrid, the baseline, but choosing it may cost $11 a month more than the best choice, which lies within what is not known.",
			[]string{"Knowing every stated range exactly would be worth at most $11 a month."}},
		{"nobody is sure, against the baseline",
			today(draws(promise(asking(cheap, dear)),
				mostly(60, []decision.Outlook{cheap, dear}, []decision.Outlook{late, but(dear, inTime(0.8))})), "forwarding"), "",
			"",
			"No strategy is sure to meet every requirement (in_time >= 95%): at the stated values reverse would be the best that does, at $0.12 per delivered clip, and costs $4,130 less a month (63.2%) than forwarding, the baseline, but it does so in only 60% of what the stated ranges leave open; 95% is asked.",
			[]string{
				"reverse is not sure to keep what is required: it keeps in_time >= 95% in 60% of the stated ranges.",
				"forwarding is not sure to keep what is required: it keeps in_time >= 95% in 60% of the stated ranges.",
			}},
		{"dollars a clip", asking(costing(30_000), costing(200_000)), "reverse", "reverse",
			"Choose reverse: $1.50 per delivered clip, 99.9% of orders delivered and 97% in time; it costs $170,000 less a month (85%) than forwarding, the next best that qualifies.", nil},
		{"ten dollars a clip", asking(costing(200_000)), "reverse", "reverse",
			"Choose reverse: $10.00 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"hundredths of a cent a clip", asking(costing(1.234)), "reverse", "reverse",
			"Choose reverse: $0.000062 per delivered clip, 99.9% of orders delivered and 97% in time.", nil},
		{"shares close to all", asking(but(cheap, func(o *decision.Outlook) { o.Delivered, o.InTime = 0.99996, 1 })),
			"reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, 99.996% of orders delivered and 100% in time.", nil},
		{"shares next to all and to none", asking(but(cheap,
			func(o *decision.Outlook) { o.Delivered, o.InTime = 1-1e-9, 1e-9 })), "reverse", "reverse",
			"Choose reverse: $0.12 per delivered clip, >99.999% of orders delivered and <0.001% in time.", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := decided(t, tt.q)
			if got, want := name(v.Candidate), orNobody(tt.candidate); got != want {
				t.Errorf("the candidate is %s, want %s", got, want)
			}
			if got, want := name(v.Winner), orNobody(tt.winner); got != want {
				t.Errorf("the winner is %s, want %s", got, want)
			}
			if v.Sentence != tt.sentence {
				t.Errorf("the sentence is\n%s\nwant\n%s", v.Sentence, tt.sentence)
			}
			if got, want := strings.Join(v.Reasons, "\n"), strings.Join(tt.reasons, "\n"); got != want {
				t.Errorf("the reasons are\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// orNobody is what name prints for an empty name.
func orNobody(s string) string {
	if s == "" {
		return "nobody"
	}
	return s
}

func TestTheRecordOfAVerdict(t *testing.T) {
	cheap, dear, other := costing(1000), costing(1020), costing(1130)
	q := requiring(asking(cheap, dear, costing(500)), "in_time >= 95%", figure.InTime, 0.95)
	requiring(q, "p99 <= 5m", figure.P99, 500)
	third := but(costing(500), func(o *decision.Outlook) { o.InTime, o.P99 = 0.5, math.Inf(1) })
	q.Stated[2] = third
	q.Draws = mostly(90, []decision.Outlook{cheap, dear, third}, []decision.Outlook{but(other, inTime(0.9)), dear, third})
	q.Decision.Confidence = 0.9
	q.MonthMisses = [][]float64{{0.1, 0}, {0, 0}, {1, 0.25}}
	v := decided(t, q)
	if v.Minimise != "cost" || v.Draws != 100 || v.Excluded != nil || v.ExclusionCost != nil {
		t.Errorf("minimise %q, %d draws, excluded %v at %v", v.Minimise, v.Draws, v.Excluded, v.ExclusionCost)
	}
	if v.ExpectedRegret == nil || math.Abs(*v.ExpectedRegret-11) > 1e-9 {
		t.Errorf("the expected regret is %v, want 0.1 × (1130 − 1020) = 11", v.ExpectedRegret)
	}
	if want := map[string]float64{"reverse": 0.9, "forwarding": 0.1}; !maps.EqualFunc(v.ProbabilityBest, want,
		func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
		t.Errorf("P(best) is %v, want %v", v.ProbabilityBest, want)
	}
	want := []record.Requirement{
		{Strategy: "reverse", Metric: "in_time", Text: "in_time >= 95%", Holds: true, HoldsAsStated: true, Probability: 0.9,
			Value: ptr(0.97), MonthMissesShare: ptr(0.1)},
		{Strategy: "reverse", Metric: "p99", Text: "p99 <= 5m", Holds: true, HoldsAsStated: true, Probability: 1,
			Value: ptr(400.0), MonthMissesShare: ptr(0.0)},
		{Strategy: "forwarding", Metric: "in_time", Text: "in_time >= 95%", Holds: true, HoldsAsStated: true, Probability: 1,
			Value: ptr(0.97), MonthMissesShare: ptr(0.0)},
		{Strategy: "forwarding", Metric: "p99", Text: "p99 <= 5m", Holds: true, HoldsAsStated: true, Probability: 1,
			Value: ptr(400.0), MonthMissesShare: ptr(0.0)},
		{Strategy: "hybrid", Metric: "in_time", Text: "in_time >= 95%", Value: ptr(0.5), MonthMissesShare: ptr(1.0)},
		{Strategy: "hybrid", Metric: "p99", Text: "p99 <= 5m", Value: nil, MonthMissesShare: ptr(0.25)},
	}
	got, err := json.Marshal(v.Requirements)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := json.Marshal(want); string(got) != string(want) {
		t.Errorf("requirements\n%s\nwant\n%s", got, want)
	}

	q.Decision.Minimise, q.MonthMisses = "p95", nil
	v = decided(t, q)
	if v.ExpectedRegret != nil {
		t.Errorf("a regret of %v dollars where p95 is minimised", *v.ExpectedRegret)
	}
	if v.Requirements[0].MonthMissesShare != nil {
		t.Errorf("months miss a share of %v, which nobody knows", *v.Requirements[0].MonthMissesShare)
	}
}

func ptr[T any](v T) *T { return &v }

func TestExclusionInTheRecord(t *testing.T) {
	q := asking(costing(1000), costing(1500), costing(1200))
	q.Decision.Exclude, q.Excluded = []string{"reverse"}, []bool{true, false, false}
	q.Draws = mostly(50, q.Stated, []decision.Outlook{costing(1100), costing(1500), costing(1250)})
	v := decided(t, q)
	if !slices.Equal(v.Excluded, []string{"reverse"}) {
		t.Errorf("excluded %v", v.Excluded)
	}
	if v.ExclusionCost == nil || math.Abs(*v.ExclusionCost-175) > 1e-9 {
		t.Errorf("the exclusion costs %v, want (200 + 150) / 2", v.ExclusionCost)
	}
	if _, found := v.ProbabilityBest["reverse"]; found || math.Abs(v.ProbabilityBest["hybrid"]-1) > 1e-9 {
		t.Errorf("P(best) is %v, want hybrid alone", v.ProbabilityBest)
	}
	q.Excluded = []bool{true, true, true}
	if v := decided(t, q); v.ExclusionCost != nil || len(v.ProbabilityBest) > 0 || v.Candidate != nil {
		t.Errorf("with nothing left, the exclusion costs %v, P(best) is %v, the candidate %v", v.ExclusionCost,
			v.ProbabilityBest, name(v.Candidate))
	}
}

// TestSavings: the record holds what the sentence tells, and the same of each strategy against the baseline.
func TestSavings(t *testing.T) {
	q := asking(costing(1000), costing(1500), costing(1200))
	q.Draws = mostly(50, q.Stated, []decision.Outlook{costing(1100), costing(1500), costing(1250)})
	v := decided(t, q)
	if want := (record.Saving{Strategy: "reverse", Against: "hybrid", CostUSD: 1000, AgainstUSD: 1200,
		MeanUSD: v.Saving.MeanUSD}); *v.Saving != want || math.Abs(*v.Saving.MeanUSD-175) > 1e-9 || v.AgainstBaseline != nil {
		t.Errorf("saves %+v, %v on average, want %+v, 175", v.Saving, *v.Saving.MeanUSD, want)
	}
	q.Decision.Baseline = "forwarding"
	v = decided(t, q)
	if want := map[string]float64{"reverse": 500, "forwarding": 0, "hybrid": 300}; !maps.Equal(v.AgainstBaseline, want) ||
		!v.Saving.Baseline || v.Saving.USD() != 500 || v.Baseline != "forwarding" {
		t.Errorf("against the baseline %v, want %v; the choice saves %+v", v.AgainstBaseline, want, v.Saving)
	}
	q.Measured = true
	if v := decided(t, q); v.Saving.MeanUSD != nil {
		t.Errorf("a bench has no stated ranges, and yet saves %v on average over them", *v.Saving.MeanUSD)
	}
}

// TestSavingsByNotDelivering: what isn't delivered isn't paid, which is told where it is a part of the saving, and no
// chance.
func TestSavingsByNotDelivering(t *testing.T) {
	with := func(cost, delivered float64) decision.Outlook {
		o := costing(cost)
		o.Delivered = delivered
		return o
	}
	for _, tt := range []struct {
		name             string
		cheap, dear      decision.Outlook
		cheapWell, share float64 // delivered by the cheap one in a share of draws
		want             *record.Fewer
	}{
		{"a tenth fewer", with(1000, 0.9), with(1200, 1), 0.9, 0, &record.Fewer{Delivered: 0.9, Against: 1}},
		{"maybe chance", with(1000, 0.9), with(1200, 1), 1, 0.04, nil},
		{"hardly chance", with(1000, 0.9), with(1200, 1), 1, 0.02, &record.Fewer{Delivered: 0.9, Against: 1}},
		{"next to nothing of the saving", with(1000, 0.99), with(1500, 1), 0.99, 0, nil},
		{"as many", with(1000, 1), with(1200, 1), 1, 0, nil},
		{"more", with(1000, 1), with(1200, 0.9), 1, 0, nil},
	} {
		q := asking(tt.cheap, tt.dear, with(5000, 1))
		q.Measured = true
		for i := range 100 {
			cheap := tt.cheap
			if float64(i) < 100*tt.share {
				cheap.Delivered = tt.cheapWell
			}
			q.Draws = append(q.Draws, []decision.Outlook{cheap, tt.dear, with(5000, 1)})
		}
		v := decided(t, q)
		if v.Saving == nil || !reflect.DeepEqual(v.Saving.Fewer, tt.want) {
			t.Errorf("%s: saves %+v", tt.name, v.Saving)
			continue
		}
		if told := strings.Contains(v.Sentence, ", and delivers 90% of orders instead of 100%"); told != (tt.want != nil) {
			t.Errorf("%s: %q", tt.name, v.Sentence)
		}
	}
}

// TestFigure holds each metric to its field.
func TestFigure(t *testing.T) {
	o := decision.Outlook{MonthlyCost: 1, CostPerDelivered: 2, Delivered: 3, InTime: 4, P50: 5, P95: 6, P99: 7}
	for m, want := range map[figure.ID]float64{
		figure.MonthlyCost: 1, figure.CostPerDelivered: 2, figure.Delivered: 3, figure.InTime: 4,
		figure.P50: 5, figure.P95: 6, figure.P99: 7,
	} {
		if got := o.Figure(m); got != want {
			t.Errorf("%v is %v, want %v", m, got, want)
		}
	}
}

// TestValueOfInformation: against a known cost of 1000, a cost that is uniform between 990 and 1030 is expected to be
// 1010; knowing it would be worth E[max(0, 1000 − X)] = 10²/2/40 = 1.25.
func TestValueOfInformation(t *testing.T) {
	const n = 4000
	q := asking(costing(1010), costing(1000))
	q.Decision.Tolerance = 0.001
	q.Draws = nil
	x, noise := decision.Input{Key: "price.x"}, decision.Input{Key: "price.noise"}
	r := rand.New(rand.NewPCG(8, 0))
	for _, i := range r.Perm(n) {
		cost := 990 + 40*(float64(i)+0.5)/n
		x.Values, noise.Values = append(x.Values, cost), append(noise.Values, r.Float64())
		q.Draws = append(q.Draws, []decision.Outlook{costing(cost), costing(1000)})
	}
	for _, inputs := range [][]decision.Input{{x, noise}, {noise, x}} {
		q.Inputs = inputs
		v := decided(t, q)
		if name(v.Candidate) != "forwarding" || v.Winner != nil {
			t.Fatalf("candidate %s, winner %s; want forwarding, not the winner", name(v.Candidate), name(v.Winner))
		}
		if math.Abs(*v.ExpectedRegret-1.25) > 1e-3 {
			t.Errorf("the regret is %v, want 1.25", *v.ExpectedRegret)
		}
		if math.Abs(v.ProbabilityBest["reverse"]-0.25) > 1e-9 {
			t.Errorf("P(reverse best) = %v, want 0.25", v.ProbabilityBest["reverse"])
		}
		want := []string{
			"Knowing every stated range exactly would be worth at most $1.25 a month.",
			"Measure price.x first: of that, about $1.25 a month depends on it alone.",
		}
		if !slices.Equal(v.Reasons, want) || name(v.MeasureFirst) != "price.x" || v.Closest != nil {
			t.Errorf("reasons %q, measure %s first, want %q", v.Reasons, name(v.MeasureFirst), want)
		}
	}
	q.Decision.Tolerance = 0.00125
	if v := decided(t, q); name(v.Winner) != "forwarding" || v.MeasureFirst != nil {
		t.Errorf("a regret of 1.25 in 1000 within a tolerance of 0.125%%: the winner is %s, measure %s first", name(v.Winner),
			name(v.MeasureFirst))
	}
}

// TestWhatToMeasureOfTwoInputs: the one whose range moves the choice more is named, whatever the order of the draws.
func TestWhatToMeasureOfTwoInputs(t *testing.T) {
	q := asking(costing(1000), costing(1000))
	q.Draws = nil
	weak, strong := decision.Input{Key: "weak"}, decision.Input{Key: "strong"}
	for a := range 64 {
		for b := range 64 {
			w, s := float64(a)/63-0.5, float64(b)/63-0.5
			weak.Values, strong.Values = append(weak.Values, w), append(strong.Values, s)
			q.Draws = append(q.Draws, []decision.Outlook{costing(1000), costing(1000 + 20*w + 200*s)})
		}
	}
	q.Inputs = []decision.Input{weak, strong}
	v := decided(t, q)
	if len(v.Reasons) != 2 || !strings.HasPrefix(v.Reasons[1], "Measure strong first: of that, about $2") {
		t.Errorf("reasons %q, want to measure strong first", v.Reasons)
	}
}

// TestWhatDecidesWhetherRequirementsAreKept: nobody is sure; the input that decides it is named, also when both a low
// and a high value break the requirement.
func TestWhatDecidesWhetherRequirementsAreKept(t *testing.T) {
	for what, broken := range map[string]func(x float64) bool{
		"high values":  func(x float64) bool { return x > 0.6 },
		"outer values": func(x float64) bool { return x < 0.2 || x > 0.8 },
	} {
		q := requiring(asking(costing(1000), costing(2000)), "in_time >= 95%", figure.InTime, 0.95)
		r := rand.New(rand.NewPCG(9, 0))
		x, noise := decision.Input{Key: "errors.x"}, decision.Input{Key: "errors.noise"}
		q.Draws = nil
		for range 1000 {
			u := r.Float64()
			x.Values, noise.Values = append(x.Values, u), append(noise.Values, r.Float64())
			o := costing(1000)
			if broken(u) {
				o.InTime = 0.9
			}
			q.Draws = append(q.Draws, []decision.Outlook{o, but(costing(2000), inTime(0.5))})
		}
		q.Inputs = []decision.Input{noise, x}
		v := decided(t, q)
		want := "Measure errors.x first: within its stated range it decides more than any other input whether reverse keeps what is required."
		if v.Candidate != nil || len(v.Reasons) == 0 || v.Reasons[0] != want || name(v.MeasureFirst) != "errors.x" ||
			name(v.Closest) != "reverse" {
			t.Errorf("%s: candidate %s, reasons %q; want nobody and %q", what, name(v.Candidate), v.Reasons, want)
		}
	}
}

// anyOutlook draws any figures, unreached quantiles and free or endless months among them.
func anyOutlook() *rapid.Generator[decision.Outlook] {
	seconds := rapid.OneOf(rapid.Just(math.Inf(1)), rapid.Float64Range(0, 1e6))
	dollars := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 100), rapid.Float64Range(0, 1e9))
	share := rapid.OneOf(rapid.Just(0.0), rapid.Just(1.0), rapid.Float64Range(0, 1))
	return rapid.Custom(func(t *rapid.T) decision.Outlook {
		return decision.Outlook{
			MonthlyCost:      dollars.Draw(t, "month"),
			CostPerDelivered: rapid.OneOf(rapid.Just(math.Inf(1)), dollars).Draw(t, "clip"),
			Delivered:        share.Draw(t, "delivered"), InTime: share.Draw(t, "in time"),
			P50: seconds.Draw(t, "p50"), P95: seconds.Draw(t, "p95"), P99: seconds.Draw(t, "p99"),
		}
	})
}

// TestAnyVerdictIsSound: whatever is asked, the verdict can be written, says nothing odd, and keeps the rules of
// DESIGN.md §5.
func TestAnyVerdictIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "strategies")
		row := rapid.SliceOfN(anyOutlook(), n, n)
		q := asking(row.Draw(t, "stated")...)
		q.Decision.Minimise = rapid.SampledFrom([]string{"cost", "p95"}).Draw(t, "minimise")
		q.Decision.Confidence = rapid.SampledFrom([]float64{0.5, 0.9, 0.95}).Draw(t, "confidence")
		q.Decision.Tolerance = rapid.SampledFrom([]float64{0, 0.01, 0.2}).Draw(t, "tolerance")
		for range rapid.IntRange(0, 2).Draw(t, "requirements") {
			m := figure.ID(rapid.IntRange(0, len(figure.Required())-1).Draw(t, "metric"))
			bound := rapid.Float64Range(0, 1000).Draw(t, "bound")
			if m.Of().High {
				bound /= 1000
			}
			requiring(q, "a bound", m, bound)
		}
		if rapid.Bool().Draw(t, "exclude") {
			q.Decision.Exclude = []string{"some"}
			q.Excluded = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "excluded")
		}
		if rapid.Bool().Draw(t, "ranges") {
			q.Draws = rapid.SliceOfN(row, 1, 20).Draw(t, "draws")
			q.Inputs = []decision.Input{{Key: "x", Values: rapid.SliceOfN(rapid.Float64Range(0, 1), len(q.Draws),
				len(q.Draws)).Draw(t, "x")}}
		}
		v := decided(t, q)
		holds := map[string]bool{}
		for i, s := range q.Strategies {
			delivers := 0
			for _, draw := range q.Draws {
				if draw[i].Delivers() {
					delivers++
				}
			}
			holds[s] = q.Stated[i].Delivers() && float64(delivers)/float64(len(q.Draws)) >= q.Decision.Confidence
		}
		for _, r := range v.Requirements {
			holds[r.Strategy] = holds[r.Strategy] && r.Probability >= q.Decision.Confidence
		}
		sum := 0.0
		for i, s := range q.Strategies {
			_, listed := v.ProbabilityBest[s]
			if allowed := holds[s] && !q.Excluded[i]; listed != allowed {
				t.Errorf("P(best) %v; %s is allowed: %v", v.ProbabilityBest, s, allowed)
			}
			sum += v.ProbabilityBest[s]
		}
		if (v.Candidate == nil) != (len(v.ProbabilityBest) == 0) || v.Candidate != nil && math.Abs(sum-1) > 1e-9 {
			t.Errorf("the candidate is %s, P(best) %v", name(v.Candidate), v.ProbabilityBest)
		}
		if v.ExpectedRegret != nil && *v.ExpectedRegret < 0 {
			t.Errorf("the expected regret is %v", *v.ExpectedRegret)
		}
	})
}

// TestFiguresOfAnOutlook: each figure that can be required has a value of its own; of any other no bound holds.
func TestFiguresOfAnOutlook(t *testing.T) {
	o := &decision.Outlook{MonthlyCost: 1, CostPerDelivered: 2, Delivered: 3, InTime: 4, P50: 5, P95: 6, P99: 7}
	required := figure.Required()
	seen := map[float64]figure.ID{}
	for id := range figure.ID(255) {
		v := o.Figure(id)
		if other, twice := seen[v]; twice {
			t.Errorf("%v and %v are both %v", id, other, v)
		}
		if slices.Contains(required, id) {
			seen[v] = id
			continue
		}
		for _, atLeast := range []bool{true, false} {
			if r := (scenario.Requirement{Metric: id, AtLeast: atLeast, Bound: 1}); r.Holds(v) {
				t.Errorf("figure %d is %v, and a bound on it holds", id, v)
			}
		}
	}
	if len(seen) != len(required) {
		t.Errorf("%d figures of %d", len(seen), len(required))
	}
}

// TestEveryRequiredFigureIsKnown: one without a value would miss every bound in silence.
func TestEveryRequiredFigureIsKnown(t *testing.T) {
	for _, id := range figure.Required() {
		if o := (decision.Outlook{}); math.IsNaN(o.Figure(id)) {
			t.Errorf("an outlook doesn't know %v", id)
		}
	}
}
