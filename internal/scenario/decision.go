package scenario

import (
	"fmt"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

func (r *reader) costs(n *document.Node) Costs {
	t := r.table(n, "[costs]")
	defer t.close()
	c := Costs{
		// Once there is a table, what an undelivered or late order costs is said, even if nothing.
		Undelivered: need(t, "undelivered", `undelivered = "$0.00", the loss and hand work per undelivered order`,
			(*reader).money),
		Late: need(t, "late", `late = "$0.00", the cost per order delivered after the promise`, (*reader).money),
	}
	if fixed := t.get("fixed_per_month"); fixed != nil {
		c.FixedPerMonth = map[string]money.Micros{}
		for _, f := range r.table(fixed, `{ reverse = "$0.00" }`).node.Ordered() {
			c.FixedPerMonth[f.Name], _ = r.money(f)
		}
	}
	return c
}

// defaultDecision is [decision] where nothing else is stated.
var defaultDecision = Decision{Minimise: "cost", Confidence: 0.95, Tolerance: 0.01}

func (r *reader) decision(n *document.Node) Decision {
	t := r.table(n, "[decision]")
	defer t.close()
	d := Decision{
		Minimise:   read(t, "minimise", defaultDecision.Minimise, nameOf("cost", "p95")),
		Require:    read(t, "require", nil, list(`["delivered >= 99.0%"]`, (*reader).requirement)),
		Confidence: read(t, "confidence", defaultDecision.Confidence, (*reader).confidence),
		Tolerance:  read(t, "tolerance", defaultDecision.Tolerance, (*reader).share),
		Exclude:    read(t, "exclude", nil, list(`["reverse"]`, (*reader).text)),
		Baseline:   read(t, "baseline", "", (*reader).text),
		Budget:     read(t, "budget_per_month", 0, (*reader).positiveMoney),
	}
	refuseRepeats(r, n.Find("exclude"), d.Exclude)
	return d
}

// confidence reads the share of draws that must agree.
func (r *reader) confidence(n *document.Node) (float64, bool) {
	c, ok := r.share(n)
	if ok && (c < 0.5 || c >= 1) {
		r.Fail(n, `"95%" is usual`, "a confidence of %s makes no sense; it must be from 50%% to below 100%%", Share(c))
		return 0, false
	}
	return c, ok
}

const requirementHint = `write a figure, a bound and its value, as "delivered >= 99.0%", "p95 <= 4m" or "cost_per_delivered <= $0.30"`

// requirement reads a bound on a figure, such as "delivered >= 99.0%".
func (r *reader) requirement(n *document.Node) (Requirement, bool) {
	s, ok := r.text(n)
	if !ok {
		return Requirement{}, false
	}
	parts := strings.Fields(s)
	if len(parts) != 3 {
		r.Fail(n, requirementHint, "%q is not a requirement", s)
		return Requirement{}, false
	}
	id, ok := figure.Named(parts[0])
	if f := id.Of(); !ok || !f.Required {
		r.Fail(n, document.Choice(parts[0], figure.Names(figure.Required())), "no figure is named %q", parts[0])
		return Requirement{}, false
	}
	q := Requirement{Text: s, Metric: id, AtLeast: id.Of().High}
	sign := map[bool]string{true: ">=", false: "<="}[q.AtLeast]
	if parts[1] != sign {
		r.Fail(n, fmt.Sprintf("write %q", strings.Join([]string{parts[0], sign, id.Of().WithUnit(parts[2])}, " ")),
			"%s can only be required with %s, not %q", parts[0], sign, parts[1])
		return Requirement{}, false
	}
	q.Bound, ok = r.bound(n, q.Metric, parts[2])
	return q, ok
}

// bound reads the value of a requirement in the unit of its metric.
func (r *reader) bound(n *document.Node, id figure.ID, s string) (float64, bool) {
	// The value is judged as if it stood alone, at the place of the requirement.
	value := &document.Node{Name: id.String(), Parent: n, Key: n.Key, At: n.At, Value: s}
	switch id.Of().Kind {
	case figure.Share:
		return r.share(value)
	case figure.Time:
		d, ok := r.positiveDuration(value)
		return d.Seconds(), ok
	default:
		amount, ok := r.money(value)
		return amount.Dollars(), ok
	}
}
