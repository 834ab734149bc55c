package scenario

import (
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

// gateMetrics are the figures that gates know.
var gateMetrics = []string{"cost_per_delivered", "p50", "p95", "p99", "delivered", "in_time"}

func (r *reader) gates(n *node) []Gate {
	t := r.table(n, "[gates]")
	defer t.close()
	var all []Gate
	for _, key := range gateMetrics {
		t.get(key)
	}
	for _, f := range t.node.ordered() {
		if !contains(gateMetrics, f.name) {
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
	g := Gate{Metric: n.name, Points: n.name == "delivered" || n.name == "in_time"}
	prefix, suffix, example := "+", "%", `"+5%", which allows 5 % more`
	if g.Points {
		prefix, suffix, example = "-", "pp", `"-1pp", which allows one percentage point less`
	}
	s, isText := n.value.(string)
	if !isText {
		r.wrongType(n, "a change", example)
		return g, false
	}
	digits, signed := strings.CutPrefix(s, prefix)
	digits, fits := strings.CutSuffix(digits, suffix)
	exact, err := money.ParseShare(digits + "%")
	if !signed || !fits || err != nil {
		r.fail(n, "write "+example, "%s cannot be %q: its gate is %s, a number and %s", n.name, s, prefix, suffix)
		return g, false
	}
	if g.Points && exact > money.Whole {
		r.fail(n, "", "%s cannot fall by more than 100pp", n.name)
		return g, false
	}
	g.Change = float64(exact) / float64(money.Whole)
	if g.Points {
		g.Change = -g.Change
	}
	return g, true
}
