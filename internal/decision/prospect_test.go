package decision_test

import (
	"slices"
	"strings"
	"testing"

	"channelbench/internal/decision"
	"channelbench/internal/figure"
)

// delivering is an outlook with so many orders delivered.
func delivering(share float64) decision.Outlook {
	return but(costing(2000), func(o *decision.Outlook) { o.Delivered, o.InTime = share, share })
}

// TestProspect: where no strategy qualifies, the first sentence is the verdict's, then comes what the nearest strategy
// lacks, and whether measuring could change it; where one does, nothing is said.
func TestProspect(t *testing.T) {
	reverse, hybrid, good := delivering(0.93), delivering(0.985), delivering(0.999)
	ranged := func(q *decision.Question, draws [][]decision.Outlook) *decision.Question {
		q.Draws = draws
		values := make([]float64, len(draws))
		for d := range values {
			values[d] = float64(d)
		}
		q.Inputs = []decision.Input{{Key: "channels.hybrid.errors.job.rate", Values: values}}
		return q
	}
	asked := func(stated ...decision.Outlook) *decision.Question {
		return requiring(asking(stated...), "delivered >= 99.0%", figure.Delivered, 0.99)
	}
	refused := ranged(asked(reverse, hybrid), mostly(100, []decision.Outlook{reverse, hybrid}, nil))
	refused.Refused = 0.015
	for _, c := range []struct {
		name string
		q    *decision.Question
		says []string
	}{
		{"one qualifies", asked(reverse, good), nil},
		{"no range", asked(reverse, hybrid), []string{
			"No strategy meets every requirement (delivered >= 99.0%).",
			"forwarding misses delivered >= 99.0% (98.5% expected, 0.5 points short).",
			"No range is stated"}},
		{"nowhere", ranged(asked(reverse, hybrid), mostly(100, []decision.Outlook{reverse, hybrid}, nil)), []string{
			"No strategy meets every requirement (delivered >= 99.0%).",
			"forwarding misses delivered >= 99.0% (98.5% expected, 0.5 points short).",
			"No measurement could change that: in none of 100 draws"}},
		{"refused", refused, []string{
			"No strategy meets every requirement (delivered >= 99.0%).",
			"1.5% of the orders are refused by moderation whatever the strategy: at most 98.5% can be delivered.",
			"forwarding misses delivered >= 99.0% (98.5% expected, 0.5 points short).",
			"No measurement could change that"}},
		{"somewhere", ranged(asked(reverse, hybrid), mostly(80, []decision.Outlook{reverse, hybrid},
			[]decision.Outlook{reverse, good})), []string{
			"No strategy meets every requirement (delivered >= 99.0%).",
			"forwarding misses delivered >= 99.0% (98.5% expected, 0.5 points short).",
			"Measuring could change that: forwarding meets every requirement in 20% of what the stated ranges leave open."}},
		{"not sure", ranged(asked(reverse, good), mostly(80, []decision.Outlook{reverse, good},
			[]decision.Outlook{reverse, hybrid})), []string{
			"No strategy is sure to meet every requirement (delivered >= 99.0%): at the stated values forwarding would",
			"forwarding is not sure to keep what is required: it keeps delivered >= 99.0% in 80%",
			"Measuring could change that.",
			"Measure channels.hybrid.errors.job.rate first"}},
		{"nothing is delivered", asked(decision.Outlook{}), []string{"No strategy delivers anything", "No range is stated"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			candidate, got := decision.Prospect(c.q)
			if !slices.EqualFunc(got, c.says, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.says, "\n"))
			}
			if v := decided(t, c.q); (candidate == "") != (v.Candidate == nil) || len(got) > 0 && (v.Sentence != got[0] || v.Candidate != nil) {
				t.Errorf("the verdict says %q", v.Sentence)
			}
		})
	}
}

// TestRefusalsAreNamed: the cause stands among the reasons where it alone makes a requirement unreachable, shares and
// quantiles alike, and nowhere else.
func TestRefusalsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name    string
		m       figure.ID
		bound   float64
		refused float64
		named   bool
	}{
		{"out of reach", figure.Delivered, 0.99, 0.03, true},
		{"just within reach", figure.Delivered, 0.97, 0.03, false},
		{"in time", figure.InTime, 0.98, 0.03, true},
		{"a quantile", figure.P99, 300, 0.03, true},
		{"a lower quantile", figure.P95, 300, 0.03, false},
		{"a cost", figure.CostPerDelivered, 0.01, 0.03, false},
		{"nothing refused", figure.Delivered, 0.99, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := requiring(asking(but(but(delivering(0.5), inTime(0.5)), p95(9999))), "required", c.m, c.bound)
			q.Refused = c.refused
			v := decided(t, q)
			if named := slices.ContainsFunc(v.Reasons, func(r string) bool { return strings.Contains(r, "moderation") }); named != c.named {
				t.Errorf("%q", v.Reasons)
			}
		})
	}
}
