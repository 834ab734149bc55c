package outage

import (
	"time"

	"channelbench/bench/recording"
	"channelbench/bench/sprt"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// Rules are the scenario's rule for each channel. What the scenario itself expects of a channel is no outage: where
// that is less than the good share of the rule, both of its shares are lowered in proportion.
func Rules(s *scenario.Scenario, c *scenario.Compiled) []sprt.Rule {
	rules := make([]sprt.Rule, len(c.Model.Channels))
	for i := range rules {
		rules[i] = sprt.Rule(s.Bench.Stop)
		if expected := firstTime(&c.Model, i, patience(c, i)-s.Channels[i].Poll); expected < rules[i].Good {
			rules[i].Bad *= expected / rules[i].Good
			rules[i].Good = expected
		}
	}
	return rules
}

// forever stands for no promise.
const forever = 1000 * time.Hour

// patience is how long orders wait for a channel at most: for the promise, or a timeout of a step if that is shorter.
func patience(c *scenario.Compiled, ch int) time.Duration {
	patience := c.Model.Promise
	if patience == 0 {
		patience = forever
	}
	for i := range c.Strategies {
		for k := range c.Strategies[i].Routes {
			for _, step := range c.Strategies[i].Routes[k].Steps {
				switch {
				case step.Timeout == 0:
				case step.Channel == ch:
					patience = min(patience, step.Timeout)
				case step.Hedge.After > 0 && step.Hedge.Channel == ch:
					patience = min(patience, step.Timeout-step.Hedge.After)
				}
			}
		}
	}
	return patience
}

// firstTime is the share of orders whose clip a channel is expected to have ready within a time at the first attempt.
func firstTime(m *world.Model, ch int, within time.Duration) float64 {
	c := &m.Channels[ch]
	passes := 1.0
	for _, r := range channel.Errors {
		if r.Phase() != channel.Fetching {
			passes *= 1 - c.Errors.By[r].Rate
		}
	}
	good, share := 0.0, 0.0
	for class, j := range c.Jobs {
		if !j.Makes {
			continue
		}
		w := m.Classes[class].Share
		share += w
		good += w * passes * j.Service.CDF(within.Seconds())
	}
	if share == 0 {
		return 0
	}
	return good / share
}

// Served counts the orders that came to a channel, those that were in flight when it was given up too: delivered within
// the promise, and not. Where that isn't known, or isn't the channel's doing, an order counts for neither.
func Served(name string, promise time.Duration, orders []recording.Order) (good, bad int) {
	for i := range orders {
		first, last := -1, -1
		for k := range orders[i].Attempts {
			if orders[i].Attempts[k].Channel == name {
				if last = k; first < 0 {
					first = k
				}
			}
		}
		if first < 0 {
			continue
		}
		from, to := &orders[i].Attempts[first], &orders[i].Attempts[last]
		switch {
		case to.Outcome == channel.Pending || channel.Reasons[to.Reason].Blameless:
		case to.Outcome == channel.Delivered && (promise == 0 ||
			to.Submitted+to.Answer+to.Service+to.Fetch-from.Submitted <= promise):
			good++
		default:
			bad++
		}
	}
	return good, bad
}
