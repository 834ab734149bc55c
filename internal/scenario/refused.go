package scenario

import (
	"fmt"

	"channelbench/internal/channel"
	"channelbench/internal/figure"
	"channelbench/internal/money"
)

// Refused is the share of orders that moderation refuses whatever the strategy, at the stated rates. No retry mends
// that: a prompt meets the same fate wherever it is asked for, so only the lowest rate of a route counts.
func (s *Scenario) Refused() float64 {
	least := 1.0
	for i := range s.Strategies {
		if st := &s.Strategies[i]; !s.Excludes(st) {
			least = min(least, s.refused(st))
		}
	}
	return least
}

func (s *Scenario) refused(st *Strategy) float64 {
	all := 0.0
	for i := range s.Workload.Videos {
		v := &s.Workload.Videos[i]
		steps, _ := st.route(v)
		lowest := 1.0
		for k := range steps {
			for _, name := range steps[k].channels() {
				ch := s.channel(name)
				if _, err := ch.make(v); err == nil {
					lowest = min(lowest, ch.Errors.By[channel.Moderation].Rate)
				}
			}
		}
		all += lowest * float64(v.Share) / float64(money.Whole)
	}
	return all
}

// Beyond says whether a requirement can't be kept where so many of all orders are refused.
func (r *Requirement) Beyond(refused float64) bool {
	most, f := 1-refused+1e-9, r.Metric.Of() // shares are kept to a billionth
	return f.Kind == figure.Share && r.Bound > most || f.Quantile > most
}

// RefusedWords say what refusals leave to be delivered.
func RefusedWords(refused float64) string {
	share := figure.Delivered.Of().Text
	return fmt.Sprintf("%s of the orders are refused by moderation whatever the strategy: at most %s can be delivered",
		share(refused), share(max(0, 1-refused)))
}

// checkRefused warns of requirements that no strategy can keep, because moderation refuses too much.
func (c *checker) checkRefused() {
	refused := c.s.Refused()
	for i := range c.s.Decision.Require {
		if q := &c.s.Decision.Require[i]; q.Beyond(refused) {
			c.Warn(c.root.Find("decision", "require", i), "ask for less, or name a channel that refuses fewer prompts",
				"no strategy can keep %q: %s", q.Text, RefusedWords(refused))
		}
	}
}
