package scenario

import (
	"fmt"
	"math"
	"slices"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/world"
)

// Spells of trouble that follow each other faster than this are a slip, and would take long to simulate.
const shortestCycle = time.Second

// checkTrouble refuses spells of trouble without end, and warns of channels that are given more than they
// can do and of outages that last longer than the time between them. Such worlds are simulated all the same.
func (c *checker) checkTrouble() {
	for i := range c.s.Outages {
		c.checkOutage(i)
	}
	for i := range c.s.Channels {
		ch := &c.s.Channels[i]
		for _, g := range ch.Regimes {
			n := c.sound("channels", ch.Name, "regimes", g.Name)
			if n != nil && g.Share > 0 && g.Lasts.mean() < g.Share*shortestCycle.Seconds() {
				c.Fail(n.Find("lasts"), "write how long a spell lasts, as { median = \"2d\", sigma = 1.0 }",
					"spells of %s would follow each other in less than a second", g.Name)
			}
		}
	}
	if c.root.Find("workload").Bad || c.root.Find("channels").Bad || c.root.Find("strategies").Bad {
		return
	}
	for i := range c.s.Channels {
		c.checkLoad(&c.s.Channels[i])
	}
}

func (c *checker) checkOutage(i int) {
	n := c.sound("outages", i)
	if n == nil {
		return
	}
	o := &c.s.Outages[i]
	mean := o.Lasts.mean()
	switch cycle := mean + o.Between.Seconds(); {
	case cycle < shortestCycle.Seconds():
		c.Fail(n.Find("between"), `write the mean time from one end to the next start, as "133h"`,
			"outages would follow each other in less than a second")
	case mean >= o.Between.Seconds():
		c.Warn(n.Find("lasts"), "",
			"outages last %s on average and the time between them %s: the channels are down %.0f %% of the time",
			rough(mean), rough(o.Between.Seconds()), 100*mean/cycle)
	}
}

// mean is the mean in seconds.
func (t *Takes) mean() float64 { return t.Median.Seconds() * math.Exp(t.Sigma*t.Sigma/2) }

// rough writes seconds to three digits.
func rough(seconds float64) string {
	unit := time.Second
	for seconds >= 1000*unit.Seconds() {
		unit *= 10
	}
	return Duration(time.Duration(math.Round(seconds/unit.Seconds())) * unit)
}

// checkLoad warns where a strategy's first attempts alone are more than a channel's limits let through.
func (c *checker) checkLoad(ch *Channel) {
	peak := c.s.Workload.Arrivals.peak()
	for i := range c.s.Strategies {
		st := &c.s.Strategies[i]
		orders, jobs, ok := c.s.offered(st, ch)
		if !ok {
			continue
		}
		if most := ch.Limits.Concurrent; most > 0 {
			c.overload(ch, "concurrent", st, jobs/float64(most), peak, fmt.Sprintf("%.3g jobs at once on average", jobs))
		}
		if most := ch.Limits.RequestsPerMinute; most > 0 {
			perMinute := orders * time.Minute.Seconds()
			c.overload(ch, "requests_per_minute", st, perMinute/float64(most), peak,
				fmt.Sprintf("%.3g submits a minute on average", perMinute))
		}
	}
}

// overload warns of a limit that a strategy reaches: rho is its load over the whole day.
func (c *checker) overload(ch *Channel, key string, st *Strategy, rho, peak float64, load string) {
	n := c.sound("channels", ch.Name, "limits", key)
	switch {
	case n == nil || rho*peak < 1:
	case rho >= 1:
		c.Warn(n, "raise the limit, order less, or begin on another channel",
			"strategy %s gives %s %s by first attempts alone: rho is %.2f, more than it can do, all month", st.Name, ch.Name,
			load, rho)
	default:
		c.Warn(n, "", "strategy %s gives %s %s by first attempts alone; in the busiest hour rho is %.2f, more than it can do",
			st.Name, ch.Name, load, rho*peak)
	}
}

// peak is how many times busier than the average the busiest hour is.
func (a *Arrivals) peak() float64 {
	sum := 0.0
	for _, w := range a.Profile {
		sum += w
	}
	if sum == 0 {
		return 1
	}
	return 24 * slices.Max(a.Profile) / sum
}

// offered is what a strategy gives a channel by the first attempts of its orders: orders a second, and
// jobs at once if none had to wait. It is false where a latency is not known.
func (s *Scenario) offered(st *Strategy, ch *Channel) (orders, jobs float64, ok bool) {
	rate := float64(s.Workload.OrdersPerMonth) / world.Month.Seconds()
	for i := range s.Workload.Videos {
		v := &s.Workload.Videos[i]
		steps, _ := st.route(v)
		k := slices.IndexFunc(steps, func(step Step) bool {
			_, err := s.channel(step.Channel).make(v)
			return err == nil
		})
		if k < 0 || steps[k].Channel != ch.Name {
			continue
		}
		made, _ := ch.make(v)
		service, err := ch.service(made)
		if err != nil {
			return 0, 0, false
		}
		share := rate * float64(v.Share) / float64(money.Whole)
		orders += share
		jobs += share * service.Mean()
	}
	return orders, jobs, true
}
