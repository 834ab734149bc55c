package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/scenario/document"
)

const stepExample = `{ channel = "reverse", attempts = 3 }`

func (r *reader) strategies(n *document.Node) []Strategy {
	t := r.table(n, "[strategies.NAME]")
	if t.node.Fields() != nil && len(t.node.Fields()) == 0 {
		r.FailKey(n, "add [strategies.forwarding] with steps = ["+stepExample+"]", "there are no strategies")
	}
	var all []Strategy
	for _, f := range t.node.Ordered() {
		if r.goodName(f) {
			all = append(all, r.strategy(f))
		}
	}
	return all
}

func (r *reader) strategy(n *document.Node) Strategy {
	t := r.table(n, "steps = ["+stepExample+"]")
	defer t.close()
	return Strategy{
		Name:   n.Name,
		Label:  read(t, "label", "", (*reader).label),
		Steps:  read(t, "steps", nil, (*reader).steps),
		Routes: read(t, "route", nil, list("[{ when = { min_seconds = 12 }, steps = ["+stepExample+"] }]", (*reader).route)),
	}
}

func (r *reader) route(n *document.Node) (Route, bool) {
	t := r.table(n, "{ when = { min_seconds = 12 }, steps = ["+stepExample+"] }")
	defer t.close()
	route := Route{Steps: need(t, "steps", "steps = ["+stepExample+"]", (*reader).steps)}
	if when := t.get("when"); when != nil {
		route.When = r.when(when)
	} else {
		t.missing("when", `when = { min_seconds = 12 }; it knows resolution, min_seconds, max_seconds and video`)
	}
	return route, !n.Bad
}

func (r *reader) when(n *document.Node) When {
	t := r.table(n, "{ min_seconds = 12 }")
	defer t.close()
	w := When{
		Resolution: read(t, "resolution", "", (*reader).word),
		MinSeconds: read(t, "min_seconds", 0, integer(1, 3600)),
		MaxSeconds: read(t, "max_seconds", 0, integer(1, 3600)),
		Video:      read(t, "video", "", (*reader).name),
	}
	if w.MaxSeconds > 0 && w.MinSeconds > w.MaxSeconds {
		r.Fail(n.Find("max_seconds"), "", "no clip is at least %d and at most %d seconds long", w.MinSeconds, w.MaxSeconds)
	}
	if n.Fields() != nil && len(n.Fields()) == 0 {
		r.Fail(n, "write a condition, or write the steps of all other clips beside route",
			"when is empty and matches everything")
	}
	return w
}

// steps reads the steps of one route, which no order can need more than MaxAttempts for.
func (r *reader) steps(n *document.Node) ([]Step, bool) {
	steps, _ := list("["+stepExample+"]", (*reader).step)(r, n)
	if n.Bad {
		return steps, true
	}
	total := 0
	var terms []string
	for _, s := range steps {
		total += s.most()
		terms = append(terms, fmt.Sprint(s.most()))
	}
	switch {
	case len(steps) == 0:
		r.Fail(n, "name at least one channel, as ["+stepExample+"]", "there are no steps")
	case total > policy.MaxAttempts:
		r.Fail(n, strings.Join(terms, " + ")+" = "+fmt.Sprint(total),
			"these steps make up to %d attempts; an order can have %d", total, policy.MaxAttempts)
	}
	return steps, true
}

func (r *reader) step(n *document.Node) (Step, bool) {
	t := r.table(n, stepExample)
	defer t.close()
	s := Step{
		Channel:  need(t, "channel", `channel = "forwarding"`, (*reader).text),
		Attempts: read(t, "attempts", defaultAttempts, integer(1, policy.MaxAttempts)),
	}
	if backoff := t.get("backoff"); backoff != nil {
		b := r.backoff(backoff)
		s.Backoff = &b
	}
	if reasons := t.get("retry_on"); reasons != nil {
		set := r.retryOn(reasons)
		s.RetryOn = &set
	}
	if rule := t.get("on_ambiguous"); rule != nil {
		o, _ := oneOf[policy.OnAmbiguous](policy.OnAmbiguousNames)(r, rule)
		s.OnAmbiguous = &o
	}
	s.Timeout = read(t, "timeout", 0, (*reader).positiveDuration)
	if breaker := t.get("breaker"); breaker != nil {
		b := r.breaker(breaker)
		s.Breaker = &b
	}
	if budget := t.get("budget"); budget != nil {
		b := r.budget(budget)
		s.Budget = &b
	}
	if hedge := t.get("hedge"); hedge != nil {
		s.Hedge = r.hedge(hedge, &s)
	}
	return s, !n.Bad
}

// most is the most attempts that an order can make on a step.
func (s *Step) most() int {
	if s.Hedge != nil {
		return 2 * s.Attempts
	}
	return s.Attempts
}

// Defaults of a breaker and a budget where a scenario has one.
var (
	defaultBreaker = policy.Breaker{Failures: 5, Window: time.Minute, Open: 30 * time.Second,
		On: reasonsWhere(func(r *channel.ReasonRow) bool { return r.Counted })}
	defaultBudget = policy.Budget{Share: int64(money.Whole / 10), Burst: 10}
)

// None switches off on one step what [retry] gives to all.
const None = "none"

func (r *reader) breaker(n *document.Node) policy.Breaker {
	if n.Value == None {
		return policy.Breaker{}
	}
	t := r.table(n, `{ failures = 5, window = "1m", open = "30s" }, or "none"`)
	defer t.close()
	b := policy.Breaker{
		Failures: read(t, "failures", defaultBreaker.Failures, integer(1, policy.MaxFailures)),
		Window:   read(t, "window", defaultBreaker.Window, (*reader).positiveDuration),
		Open:     read(t, "open", defaultBreaker.Open, (*reader).positiveDuration),
		On:       defaultBreaker.On,
	}
	if on := t.get("on"); on != nil {
		if b.On = r.reasons(on, Countable); b.On == 0 && !on.Bad {
			r.Fail(on, "leave it out for region, submit and rate_limited", "a breaker that counts no failure never opens")
		}
	}
	return b
}

func (r *reader) budget(n *document.Node) policy.Budget {
	if n.Value == None {
		return policy.Budget{}
	}
	t := r.table(n, `{ share = "10%", burst = 10 }, or "none"`)
	defer t.close()
	b := policy.Budget{Share: defaultBudget.Share, Burst: read(t, "burst", defaultBudget.Burst, integer(1, 1_000_000))}
	if share := t.get("share"); share != nil {
		if exact, ok := r.billionths(share); ok && exact > money.Whole {
			r.Fail(share, "", "share is %v; a first attempt cannot allow more than one retry", exact)
		} else if ok {
			b.Share = int64(exact)
		}
	}
	return b
}

func (r *reader) hedge(n *document.Node, s *Step) *Hedge {
	const example = `{ after = "90s", channel = "forwarding" }`
	t := r.table(n, example)
	defer t.close()
	h := &Hedge{
		After:   need(t, "after", `after = "90s"`, (*reader).positiveDuration),
		Channel: need(t, "channel", `channel = "forwarding"`, (*reader).text),
	}
	switch {
	case n.Bad:
	case h.Channel == s.Channel:
		r.Fail(n.Find("channel"), "name another channel, as "+example, "a hedge on %s itself would be in the same trouble",
			h.Channel)
	case s.Timeout > 0 && h.After >= s.Timeout:
		r.Fail(n.Find("after"), "", "the hedge would begin after %s, but the attempt is left after its timeout of %s",
			Duration(h.After), Duration(s.Timeout))
	}
	return h
}

// defaultAttempts is how often a step tries its channel where nothing else is stated.
const defaultAttempts = 3

// defaultRetry is [retry] where nothing else is stated.
var defaultRetry = Retry{
	Backoff:     policy.Backoff{Growth: policy.ConstantBackoff, Base: 2e9, Low: 1, High: 1},
	RetryOn:     reasonsWhere(func(r *channel.ReasonRow) bool { return r.Retried }),
	OnAmbiguous: policy.Stop,
}

func reasonsWhere(has func(*channel.ReasonRow) bool) policy.ReasonSet {
	return policy.SetOf(channel.ReasonsWhere(has)...)
}

func (r *reader) retry(n *document.Node) Retry {
	t := r.table(n, "[retry]")
	defer t.close()
	retry := defaultRetry
	if backoff := t.get("backoff"); backoff != nil {
		retry.Backoff = r.backoff(backoff)
	}
	if reasons := t.get("retry_on"); reasons != nil {
		retry.RetryOn = r.retryOn(reasons)
	}
	retry.OnAmbiguous = read(t, "on_ambiguous", policy.Stop, oneOf[policy.OnAmbiguous](policy.OnAmbiguousNames))
	if breaker := t.get("breaker"); breaker != nil {
		retry.Breaker = r.breaker(breaker)
	}
	if budget := t.get("budget"); budget != nil {
		retry.Budget = r.budget(budget)
	}
	return retry
}

func (r *reader) backoff(n *document.Node) policy.Backoff {
	t := r.table(n, `{ kind = "constant", base = "2s", jitter = "none" }`)
	defer t.close()
	b := policy.Backoff{
		Growth: read(t, "kind", policy.ConstantBackoff, oneOf[policy.Growth](policy.Growths)),
		Base:   read(t, "base", defaultRetry.Backoff.Base, (*reader).duration),
		Factor: read(t, "factor", 0, decimal(1, 100)),
		Cap:    read(t, "cap", 0, (*reader).positiveDuration),
		Low:    1, High: 1,
	}
	if jitter := t.get("jitter"); jitter != nil {
		b.Low, b.High = r.jitter(jitter)
	}
	for _, key := range []string{"factor", "cap"} {
		if f := n.Fields()[key]; f != nil && b.Growth != policy.ExponentialBackoff && !n.Find("kind").Spoiled() {
			r.FailKey(f, `write kind = "exponential", or leave `+key+" out", "a constant backoff has no %s", key)
		}
	}
	if b.Growth == policy.ExponentialBackoff && b.Factor == 0 {
		b.Factor = 2
	}
	if b.Growth == policy.ExponentialBackoff && b.Cap > 0 && b.Cap < b.Base {
		r.Fail(n.Find("cap"), "", "the cap of %s is below the base of %s", Duration(b.Cap), Duration(b.Base))
	}
	return b
}

// jitters are the named jitters: between which factors of the pause one is drawn.
var jitters = []struct {
	name      string
	low, high float64
}{{"none", 1, 1}, {"full", 0, 1}, {"equal", 0.5, 1}}

// Jitter is the jitter of a pause as scenarios spell it.
func Jitter(b *policy.Backoff) string {
	for _, j := range jitters {
		if j.low == b.Low && j.high == b.High {
			return j.name
		}
	}
	return Share(b.High - 1)
}

// jitter reads none, full, equal, or a share: "50%" draws from half to one and a half of the pause.
func (r *reader) jitter(n *document.Node) (low, high float64) {
	s, _ := n.Value.(string)
	for _, j := range jitters {
		if j.name == s {
			return j.low, j.high
		}
	}
	if _, isText := n.Value.(string); isText && !strings.HasSuffix(s, "%") {
		r.Fail(n, document.Choice(s, []string{"none", "full", "equal", "50%"}), "jitter cannot be %q", s)
		return 1, 1
	}
	exact, ok := r.billionths(n)
	if !ok {
		return 1, 1
	}
	if exact > money.Whole {
		r.Fail(n, `"50%" draws from 0.5 to 1.5 times the pause`, "a jitter of %v would make pauses negative", exact)
		return 1, 1
	}
	return float64(money.Whole-exact) / float64(money.Whole), float64(money.Whole+exact) / float64(money.Whole)
}

// retryable are the reasons after which the same channel can be tried again.
var retryable = channel.ReasonsWhere(func(r *channel.ReasonRow) bool { return r.Retryable })

// Countable are the failures that a breaker can count.
var Countable = append(slices.Clone(retryable), channel.ErrorsOf(channel.Answering)...)

// retryOn reads the reasons after which the same channel is tried again.
func (r *reader) retryOn(n *document.Node) policy.ReasonSet {
	items, _ := n.Value.([]*document.Node)
	for _, item := range items {
		name, _ := item.Value.(string)
		switch reason, _ := channel.ReasonOf(name); reason.Phase() {
		case channel.Answering:
			r.Fail(item, `say what follows with on_ambiguous = "stop" or "next_step"`,
				"an ambiguous submit is never repeated: it may have been accepted")
		case channel.Fetching:
			r.Fail(item, "leave it out", "a failed download is always fetched again, never submitted again")
		}
	}
	return r.reasons(n, retryable)
}

// reasons reads a set of some reasons. Items that were refused already are passed over.
func (r *reader) reasons(n *document.Node, some []channel.Reason) policy.ReasonSet {
	var names []string
	for _, reason := range some {
		names = append(names, reason.String())
	}
	given, _ := list(`["region", "submit", "rate_limited", "job", "unusable"]`,
		func(r *reader, item *document.Node) (string, bool) {
			if item.Bad {
				return "", false
			}
			return nameOf(names...)(r, item)
		})(r, n)
	refuseRepeats(r, n, given)
	var set policy.ReasonSet
	for _, name := range given {
		if reason, known := channel.ReasonOf(name); known {
			set |= policy.SetOf(reason)
		}
	}
	return set
}
