package scenario

import (
	"fmt"
	"strings"
	"time"

	"channelbench/internal/money"
)

// defaultBench is [bench] where nothing else is stated; without run, all strategies are driven.
var defaultBench = Bench{Orders: 30, Rate: Rate{Count: 6, Per: time.Minute}, Grace: 5 * time.Minute}

func (r *reader) bench(n *node) Bench {
	t := r.table(n, "[bench]")
	defer t.close()
	b := Bench{
		Run:      read(t, "run", nil, list(`["forwarding", "reverse"]`, (*reader).text)),
		Orders:   read(t, "orders", defaultBench.Orders, integer(1, 1_000_000)),
		Rate:     read(t, "rate", defaultBench.Rate, (*reader).rate),
		Prompts:  read(t, "prompts", "", (*reader).text),
		MaxSpend: read(t, "max_spend", 0, (*reader).positiveMoney),
		Grace:    read(t, "grace", defaultBench.Grace, (*reader).duration),
		ProxyEnv: read(t, "proxy_env", "", (*reader).proxyEnv),
	}
	refuseRepeats(r, n.find("run"), b.Run)
	return b
}

// proxyEnv reads the name of the environment variable that holds a proxy's address, which may hold a password.
func (r *reader) proxyEnv(n *node) (string, bool) { return r.env(n, "HTTPS_PROXY", "the address") }

// GateMetrics are the figures that gates know. A bill is what a channel says that it charged, against what its price
// makes.
var GateMetrics = []string{"cost_per_delivered", "cost_per_order", "bill", "p50", "p95", "p90", "p99", "delivered", "in_time"}

func (r *reader) gates(n *node) []Gate {
	t := r.table(n, "[gates]")
	defer t.close()
	var all []Gate
	for _, key := range GateMetrics {
		t.get(key)
	}
	for _, f := range t.node.ordered() {
		if !contains(GateMetrics, f.name) {
			continue
		}
		if g, ok := r.gate(f); ok {
			all = append(all, g)
		}
	}
	return all
}

// gate reads how much worse a figure may get: "+5%" of a cost or a latency, "-1pp" of a share.
func (r *reader) gate(n *node) (Gate, bool) {
	example := gateExample(n.name)
	s, isText := n.value.(string)
	if !isText {
		r.wrongType(n, "a change", example)
		return Gate{}, false
	}
	g, ok := gateOf(n.name, s)
	switch {
	case !ok:
		prefix, suffix := gateForm(n.name)
		r.fail(n, "write "+example, "%s cannot be %q: its gate is %s, a number and %s", n.name, s, prefix, suffix)
	case g.Change < -1:
		r.fail(n, "", "%s cannot fall by more than 100pp", n.name)
		ok = false
	}
	return g, ok
}

// ParseGate reads a gate that stands outside of a scenario.
func ParseGate(metric, change string) (Gate, error) {
	if !contains(GateMetrics, metric) {
		return Gate{}, fmt.Errorf("there is no gate for %q; known are %s", metric, strings.Join(GateMetrics, ", "))
	}
	g, ok := gateOf(metric, change)
	if !ok || g.Change < -1 {
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
	if metric == "delivered" || metric == "in_time" {
		return "-", "pp"
	}
	return "+", "%"
}

func gateExample(metric string) string {
	if _, suffix := gateForm(metric); suffix == "pp" {
		return `"-1pp", which allows one percentage point less`
	}
	return `"+5%", which allows 5 % more`
}

func gateOf(metric, change string) (Gate, bool) {
	prefix, suffix := gateForm(metric)
	digits, signed := strings.CutPrefix(change, prefix)
	digits, fits := strings.CutSuffix(digits, suffix)
	exact, err := money.ParseShare(digits + "%")
	if !signed || !fits || err != nil {
		return Gate{}, false
	}
	g := NewGate(metric, float64(exact)/float64(money.Whole))
	if g.Points {
		g.Change = -g.Change
	}
	return g, true
}
