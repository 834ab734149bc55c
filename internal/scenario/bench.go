package scenario

import (
	"fmt"
	"strings"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// defaultBench is [bench] where nothing else is stated; without run, all strategies are driven.
var defaultBench = Bench{Orders: 30, Rate: Rate{Count: 6, Per: time.Minute}, Grace: 5 * time.Minute, Stop: defaultStop}

// defaultStop tells an outage from a bad day: a channel that is good for 4 orders of 5 is left alone, and a dead one is
// recognised after 6 to 10 orders.
var defaultStop = Stop{Good: 0.80, Bad: 0.20, FalseStop: 0.01, Missed: 0.10}

func (r *reader) bench(n *document.Node) Bench {
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
		Stop:     defaultBench.Stop,
	}
	if stop := t.get("stop"); stop != nil {
		b.Stop = r.stop(stop)
	}
	refuseRepeats(r, n.Find("run"), b.Run)
	return b
}

// stop reads when a channel is given up.
func (r *reader) stop(n *document.Node) Stop {
	if n.Value == None {
		return Stop{}
	}
	t := r.table(n, `{ good = "80%", bad = "20%" }, or "none"`)
	defer t.close()
	s := Stop{
		Good:      read(t, "good", defaultStop.Good, (*reader).share),
		Bad:       read(t, "bad", defaultStop.Bad, (*reader).share),
		FalseStop: read(t, "false_stop", defaultStop.FalseStop, (*reader).share),
		Missed:    read(t, "missed", defaultStop.Missed, (*reader).share),
	}
	for _, b := range []struct {
		key         string
		value, most float64
		hint        string
	}{
		{"good", s.Good, 1, "no channel is always good; write a share below that, as \"80%\""},
		{"bad", s.Bad, 1, "no channel is always bad; write a share above that, as \"20%\""},
		{"false_stop", s.FalseStop, 0.5, `write the chance of an error that you accept, as "1%"`},
		{"missed", s.Missed, 0.5, `write the chance of an error that you accept, as "10%"`},
	} {
		if at := n.Fields()[b.key]; at != nil && !at.Bad && (b.value <= 0 || b.value >= b.most) {
			r.Fail(at, b.hint, "%s is %s, but must lie between 0%% and %s", b.key, Share(b.value), Share(b.most))
		}
	}
	if !n.Bad && s.Bad >= s.Good {
		at := n.Find("bad")
		if at == n {
			at = n.Find("good")
		}
		r.Fail(at, `write the share of a dead channel below that of a healthy one, as { good = "80%", bad = "20%" }`,
			"a channel that is good for %s of its orders cannot count as dead where %s is healthy", Share(s.Bad), Share(s.Good))
	}
	return s
}

// proxyEnv reads the name of the environment variable that holds a proxy's address, which may hold a password.
func (r *reader) proxyEnv(n *document.Node) (string, bool) {
	return r.env(n, "HTTPS_PROXY", "the address")
}

// GateMetrics are the figures that gates know. A bill is what a channel says that it charged, against what its price
// makes.
var GateMetrics = []string{"cost_per_delivered", "cost_per_order", "bill", "p50", "p95", "p90", "p99", "delivered", "in_time"}

func (r *reader) gates(n *document.Node) []Gate {
	t := r.table(n, "[gates]")
	defer t.close()
	var all []Gate
	for _, key := range GateMetrics {
		t.get(key)
	}
	for _, f := range t.node.Ordered() {
		if !contains(GateMetrics, f.Name) {
			continue
		}
		if g, ok := r.gate(f); ok {
			all = append(all, g)
		}
	}
	return all
}

// gate reads how much worse a figure may get: "+5%" of a cost or a latency, "-1pp" of a share.
func (r *reader) gate(n *document.Node) (Gate, bool) {
	example := gateExample(n.Name)
	s, isText := n.Value.(string)
	if !isText {
		r.wrongType(n, "a change", example)
		return Gate{}, false
	}
	g, ok := gateOf(n.Name, s)
	switch {
	case !ok:
		prefix, suffix := gateForm(n.Name)
		r.Fail(n, "write "+example, "%s cannot be %q: its gate is %s, a number and %s", n.Name, s, prefix, suffix)
	case g.Change < -1:
		r.Fail(n, "", "%s cannot fall by more than 100pp", n.Name)
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

// String is the bound as scenarios spell it: "+5%", "-1pp".
func (g Gate) String() string {
	if g.Points {
		return "-" + strings.TrimSuffix(Share(-g.Change), "%") + "pp"
	}
	return "+" + Share(g.Change)
}
