package scenario

import (
	"time"

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
