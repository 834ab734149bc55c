package scenario

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/figure"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// checkDecision checks requirements and exclusions against the rest.
func (c *checker) checkDecision() {
	for i, q := range c.s.Decision.Require {
		if n := c.root.Find("decision", "require", i); q.Metric == figure.InTime && c.s.Workload.Promise == 0 && !n.Bad &&
			!c.root.Find("workload").Bad {
			c.Fail(n, `add promise = "6m" to [workload]`, "in_time is measured against the promise, and there is none")
		}
	}
	n := c.sound("decision", "exclude")
	if n == nil || len(c.s.Strategies) == 0 || c.root.Find("strategies").Bad {
		return
	}
	for i := range c.s.Strategies {
		if !c.s.Excludes(&c.s.Strategies[i]) {
			return
		}
	}
	c.Fail(n, "leave one strategy in", "exclude leaves no strategy to decide among")
}

// Excludes says whether [decision] exclude names a strategy, or a channel that it uses.
func (s *Scenario) Excludes(st *Strategy) bool {
	return slices.ContainsFunc(s.Decision.Exclude, func(name string) bool {
		return name == st.Name || slices.Contains(st.Channels(), name)
	})
}

// KindOf says what kind of strategy it is, for colours and words: that of its channels where they are of
// one kind; "routed" where clips begin on channels of different kinds; else "hybrid", which falls back.
func (s *Scenario) KindOf(st *Strategy) string {
	all, first := map[string]bool{}, map[string]bool{}
	lists := [][]Step{st.Steps}
	for _, route := range st.Routes {
		lists = append(lists, route.Steps)
	}
	for _, steps := range lists {
		for i, step := range steps {
			kind := s.channel(step.Channel).Kind.String()
			all[kind] = true
			if step.Hedge != nil {
				all[s.channel(step.Hedge.Channel).Kind.String()] = true
			}
			if i == 0 {
				first[kind] = true
			}
		}
	}
	switch {
	case len(all) == 1:
		return slices.Collect(maps.Keys(all))[0]
	case len(first) > 1:
		return "routed"
	}
	return "hybrid"
}

// Channels are the channels that a strategy names, each once, in the order of its steps, routes first.
func (st *Strategy) Channels() []string {
	var names []string
	add := func(steps []Step) {
		for i := range steps {
			for _, name := range steps[i].channels() {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	for _, route := range st.Routes {
		add(route.Steps)
	}
	add(st.Steps)
	return names
}

// channels are the step's own and that of its hedge.
func (s *Step) channels() []string {
	if s.Hedge != nil {
		return []string{s.Channel, s.Hedge.Channel}
	}
	return []string{s.Channel}
}

// checkTimes warns of a promise or a deadline that is shorter than any channel's median.
func (c *checker) checkTimes() {
	if c.root.Find("workload", "videos").Bad || c.root.Find("channels").Bad {
		return
	}
	for i := range c.s.Workload.Videos {
		v := &c.s.Workload.Videos[i]
		var best fastest
		for j := range c.s.Channels {
			ch := &c.s.Channels[j]
			if made, err := ch.make(v); err == nil {
				if d, err := ch.service(made); err == nil {
					best.see(ch.Name, time.Duration(d.Quantile(0.5)*float64(time.Second)))
				}
			}
		}
		for _, limit := range []struct {
			key string
			is  time.Duration
		}{{"promise", c.s.Workload.Promise}, {"deadline", c.s.Workload.Deadline}} {
			if n := c.sound("workload", limit.key); n != nil && limit.is < best.median {
				c.Warn(n, "", "the %s of %s is hard to keep for %q: the fastest channel, %s, has a median of %s",
					limit.key, Duration(limit.is), v.Name, best.of, Duration(best.median.Round(time.Second/10)))
			}
		}
	}
}

// What is beyond these is possible, but more likely a slip.
const (
	highRate     = 0.30
	highSigma    = 3
	highPoll     = 10 * time.Minute
	highDiscount = money.Whole * 9 / 10
	highPrice    = 10 * money.Dollar            // for one second
	absurdMonth  = 1_000_000_000 * money.Dollar // for the orders of a month, each paid once
)

// checkPlausible warns of numbers that are probably slips.
func (c *checker) checkPlausible() {
	for i := range c.s.Channels {
		ch := &c.s.Channels[i]
		for _, kind := range channel.Errors {
			c.plausibleError(ch.Name, kind.String(), &ch.Errors.By[kind])
		}
		if n := c.sound("channels", ch.Name, "latency", "sigma"); n != nil && ch.Latency.Sigma > highSigma {
			c.Warn(n, "sigma is the spread of the logarithm; 0.3 to 0.8 is usual",
				"a sigma of %s means that one job in twenty takes more than %.0f times the median",
				document.Number(ch.Latency.Sigma), math.Exp(1.645*ch.Latency.Sigma))
		}
		if n := c.sound("channels", ch.Name, "poll"); n != nil && ch.Poll > highPoll {
			c.Warn(n, "", "%s is polled every %s only; a clip waits half of that on average", ch.Name, Duration(ch.Poll))
		}
		if n := c.sound("channels", ch.Name, "price", "discount"); n != nil && ch.Price.Discount > highDiscount {
			c.Warn(n, `a discount is what is taken off: "15%" leaves 85 %`, "a discount of %v leaves %v of the price",
				ch.Price.Discount, money.Whole-ch.Price.Discount)
		}
		c.plausiblePrice(ch)
	}
	if !c.Failed() { // else they may be a consequence
		c.checkRefused()
		for i := range c.s.Channels {
			c.lacking(&c.s.Channels[i])
		}
	}
}

// lacking warns of errors that a channel has nothing about, though others have them: it would look better for that
// alone.
func (c *checker) lacking(ch *Channel) {
	n := c.sound("channels", ch.Name)
	if n == nil || c.root.Find("strategies").Bad || !c.s.uses(ch.Name) {
		return
	}
	stated := n.Child("errors")
	var kinds []string
	for _, kind := range channel.Errors {
		switch {
		case stated != nil && stated.Child(kind.String()) != nil || len(c.s.having(kind)) == 0:
		case kind == channel.Moderation:
			c.Warn(n, `state it, if only as moderation = { rate = "0%" }`,
				"%s says nothing of moderation, which %s has: it is taken to make what is refused there for its prompt", ch.Name,
				c.s.having(kind)[0])
		default:
			kinds = append(kinds, kind.String())
		}
	}
	if len(kinds) > 0 {
		first, _ := channel.ReasonOf(kinds[0])
		c.Warn(n, fmt.Sprintf(`state them, if only as %s = { rate = "0%%" }`, kinds[0]),
			"%s says nothing of %s errors, which %s has: it is taken to have none", ch.Name, enumerated(kinds),
			c.s.having(first)[0])
	}
}

// enumerated is a list as a sentence has it: "a, b and c".
func enumerated(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func (c *checker) plausibleError(name, kind string, e *Error) {
	if n := c.sound("channels", name, "errors", kind, "rate"); n != nil && e.Rate > highRate {
		c.Warn(n, "", "a rate of %s is high for %s errors", Share(e.Rate), kind)
	}
	if n := c.sound("channels", name, "errors", kind, "range"); n != nil && e.Range.High > highRate {
		c.Warn(n, "", "a range up to %s is wide for %s errors", Share(e.Range.High), kind)
	}
	if n := c.sound("channels", name, "errors", kind, "takes", "sigma"); n != nil && e.Takes != nil &&
		e.Takes.Sigma > highSigma {
		c.Warn(n, "sigma is the spread of the logarithm; 0.3 to 0.8 is usual", "a sigma of %s is high",
			document.Number(e.Takes.Sigma))
	}
}

// plausiblePrice warns of a dear second, and refuses prices that no sum could hold.
func (c *checker) plausiblePrice(ch *Channel) {
	n := c.sound("channels", ch.Name, "price")
	if n == nil || c.sound("channels", ch.Name) == nil || c.sound("workload") == nil {
		return
	}
	for i := range c.s.Workload.Videos {
		made, err := ch.make(&c.s.Workload.Videos[i])
		if err != nil {
			continue
		}
		charge, err := ch.Price.Charge(channel.Usage{Clip: made, Made: true})
		switch {
		case err != nil || charge > absurdMonth/money.Micros(c.s.Workload.OrdersPerMonth):
			c.FailKey(n, "", "a month of %s clips of %v at %v each would cost more than $1,000,000,000 on %s",
				grouped(int64(c.s.Workload.OrdersPerMonth)), made, charge, ch.Name)
			return
		case charge/money.Micros(made.Seconds) > highPrice:
			c.Warn(n, "", "%s charges %v for %v: more than $10 a second", ch.Name, charge, made)
			return
		}
	}
}
