package scenario

import (
	"fmt"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/figure"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// GateMetrics are the figures that gates know, beside the errors of a kind. A bill is what a channel says that it
// charged, against what its price makes.
var GateMetrics = figure.Names(figure.Gated())

// errorMetric is what the figure of a kind of errors is called: the share of attempts that end with one.
const errorMetric = "errors."

// errorKinds are the reasons for which attempts fail.
func errorKinds() []string {
	var kinds []string
	for r := channel.NoReason + 1; r < channel.NumReasons; r++ {
		kinds = append(kinds, r.String())
	}
	return kinds
}

// CheckMetric says whether gates know a figure.
func CheckMetric(metric string) error {
	if kind, ok := strings.CutPrefix(metric, errorMetric); ok {
		if slices.Contains(errorKinds(), kind) {
			return nil
		}
		return fmt.Errorf("there is no gate for %q; known kinds are %s", metric, strings.Join(errorKinds(), ", "))
	}
	if !slices.Contains(GateMetrics, metric) {
		return fmt.Errorf("there is no gate for %q; known are %s, %sKIND", metric, strings.Join(GateMetrics, ", "),
			errorMetric)
	}
	return nil
}

func (r *reader) gates(n *document.Node) []Gate {
	t := r.table(n, "[gates]")
	defer t.close()
	var all []Gate
	for _, key := range GateMetrics {
		t.get(key)
	}
	t.get(strings.TrimSuffix(errorMetric, "."))
	for _, f := range t.node.Ordered() {
		switch {
		case f.Name+"." == errorMetric:
			all = append(all, r.errorGates(f)...)
		case slices.Contains(GateMetrics, f.Name):
			all = r.gate(all, f.Name, f)
		}
	}
	return all
}

// errorGates reads the gates of kinds of errors.
func (r *reader) errorGates(n *document.Node) []Gate {
	t := r.table(n, `errors.region = "+1pp"`)
	defer t.close()
	var all []Gate
	for _, kind := range errorKinds() {
		if f := t.get(kind); f != nil {
			all = r.gate(all, errorMetric+kind, f)
		}
	}
	return all
}

// gate reads how much worse a figure may get: "+5%" of a cost or a latency, "-1pp" of a share.
func (r *reader) gate(all []Gate, metric string, n *document.Node) []Gate {
	s, isText := n.Value.(string)
	if !isText {
		r.wrongType(n, "a change", gateExample(metric))
		return all
	}
	g, ok := gateOf(metric, s)
	switch {
	case !ok:
		prefix, suffix := gateForm(metric)
		r.Fail(n, "write "+gateExample(metric), "%s cannot be %q: its gate is %s, a number and %s", metric, s, prefix, suffix)
	case g.tooFar():
		r.Fail(n, "", "%s cannot change by more than 100pp", metric)
	default:
		all = append(all, g)
	}
	return all
}

// tooFar says whether a share would have to change by more than there is.
func (g Gate) tooFar() bool { return g.Points && (g.Change < -1 || g.Change > 1) }

// ParseGate reads a gate that stands outside of a scenario.
func ParseGate(metric, change string) (Gate, error) {
	if err := CheckMetric(metric); err != nil {
		return Gate{}, err
	}
	g, ok := gateOf(metric, change)
	if !ok || g.tooFar() {
		return Gate{}, fmt.Errorf("the gate of %s cannot be %q: write %s", metric, change, gateExample(metric))
	}
	return g, nil
}

// NewGate is the gate of a metric at a change that was read before.
func NewGate(metric string, change float64) Gate {
	_, suffix := gateForm(metric)
	return Gate{Metric: metric, Change: change, Points: suffix == "pp"}
}

// gateForm is how the gate of a metric is written: with a sign, a number and a unit.
func gateForm(metric string) (prefix, suffix string) {
	switch {
	case metric == "delivered", metric == "in_time":
		return "-", "pp"
	case strings.HasPrefix(metric, errorMetric):
		return "+", "pp"
	}
	return "+", "%"
}

// ofCost says whether the gate of a metric may have a floor in dollars.
func ofCost(metric string) bool { return strings.HasPrefix(metric, "cost_") }

func gateExample(metric string) string {
	switch prefix, suffix := gateForm(metric); {
	case prefix == "-":
		return `"-1pp", which allows one percentage point less`
	case suffix == "pp":
		return `"+1pp", which allows one percentage point more`
	case ofCost(metric):
		return `"+5%", which allows 5 % more, or "+5% or $0.01", if that is more`
	}
	return `"+5%", which allows 5 % more`
}

// or parts the floor of a gate from its change.
const or = " or "

func gateOf(metric, change string) (Gate, bool) {
	change, floor, floored := strings.Cut(change, or)
	prefix, suffix := gateForm(metric)
	digits, signed := strings.CutPrefix(change, prefix)
	digits, fits := strings.CutSuffix(digits, suffix)
	exact, err := money.ParseShare(digits + "%")
	if !signed || !fits || err != nil || floored && !ofCost(metric) {
		return Gate{}, false
	}
	g := NewGate(metric, float64(exact)/float64(money.Whole))
	if prefix == "-" {
		g.Change = -g.Change
	}
	if floored {
		if g.Floor, err = money.Parse(floor); err != nil {
			return Gate{}, false
		}
	}
	return g, true
}

// String is the bound as scenarios spell it: "+5%", "-1pp", "+5% or $0.01".
func (g Gate) String() string {
	prefix, suffix := gateForm(g.Metric)
	change := g.Change
	if prefix == "-" {
		change = -change
	}
	text := prefix + strings.TrimSuffix(Share(change), "%") + suffix
	if g.Floor > 0 {
		text += or + g.Floor.String()
	}
	return text
}
