package plan

import (
	"cmp"
	"fmt"
	"slices"

	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats/power"
)

// grid are numbers of orders per driven strategy that are looked at, over all nights.
var grid = []int{0, 5, 10, 20, 30, 50, 75, 100, 150, 300, 600, 1000, 2000}

// fewestANight is how many orders a night has at least when few are spread over nights.
const fewestANight = 10

// worth weighs what orders are worth against what they cost.
func (p *planner) worth() {
	if p.Worth == nil {
		return
	}
	w := &record.PlannedWorth{Today: p.Worth.Today, PerfectUSD: p.Worth.Perfect, MissedUSD: p.Worth.Missed}
	all := p.plan.Orders * p.Nights
	for _, n := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(grid), all)))) {
		point := p.point(n, min(p.Nights, max(1, n/fewestANight)))
		if n == all {
			point = p.point(n, p.Nights)
			w.Planned = point
		}
		w.Points = append(w.Points, point)
		if point.NetUSD > w.Best.NetUSD {
			w.Best = point
		}
	}
	p.plan.Worth = w
}

func (p *planner) point(orders, nights int) record.WorthPoint {
	value, se := 0.0, 0.0
	cost := float64(orders) * p.each(p.night)
	// What costs more than the truth is worth isn't looked into.
	if p.Worth.Perfect > 0 {
		value, se = p.Worth.Of(orders, nights)
	}
	if orders == 0 {
		nights = 0
	}
	return record.WorthPoint{Orders: orders, Nights: nights, ValueUSD: value, ErrorUSD: se, CostUSD: cost, NetUSD: value - cost}
}

// words says what the figures come to.
func (p *planner) words() {
	p.plan.Verdict = p.verdict()
	p.adviseOrders()
	p.adviseNights()
	p.adviseMoney()
	p.plan.Warnings = append(p.plan.Warnings,
		fmt.Sprintf("Medians of nights are assumed to differ by %.0f%% (standard deviation of the logarithm) when nothing changed, and orders of a night to be independent otherwise; after three weeks, measured nights tell better.", 100*power.Nightly),
		"What is expected are the scenario's own figures; where they are assumed, so is this plan.")
	if p.plan.Worth != nil && len(p.scenario.Decision.Require) > 0 {
		p.plan.Warnings = append(p.plan.Warnings, "The worth puts a price on a month that misses a requirement. The verdict of sim has none and refuses what misses too often, so its candidate may be another strategy.")
	}
}

func (p *planner) verdict() string {
	w := p.plan.Worth
	switch {
	case w == nil && p.scenario.Decision.Minimise != "cost":
		return "What measuring is worth isn't known in dollars: the decision minimises seconds."
	case w == nil:
		return "Nothing that the scenario states could change the choice: no range is stated, or no two strategies deliver anything. $0: don't measure for the decision; measure to learn of changes."
	case w.PerfectUSD < 0.005:
		return fmt.Sprintf("$0: don't measure. Whatever the stated ranges leave open, %s stays the best choice.", w.Today)
	case w.Best.Orders == 0:
		return fmt.Sprintf("$0: don't measure. Knowing every stated range exactly would be worth %s a month at most, and no number of orders is worth what it costs; %s is the choice.", usd(w.PerfectUSD), w.Today)
	}
	best := w.Best
	text := fmt.Sprintf("Measure: %d orders of each driven strategy over %s cost about %s and are worth about %s in the first month, %s net; without them %s would be chosen.",
		best.Orders, nights(best.Nights), usd(best.CostUSD), usd(best.ValueUSD), usd(best.NetUSD), w.Today)
	if error95 := 1.96 * best.ErrorUSD; best.NetUSD < error95 {
		text += fmt.Sprintf(" That is a close call: the worth is known to ±%s only.", usd(error95))
	}
	return text
}

// adviseOrders says what more orders a night would show.
func (p *planner) adviseOrders() {
	for i, c := range p.Channels {
		n := int(c.First*float64(p.plan.Orders) + 0.5)
		if n == 0 {
			continue
		}
		now, twice := power.Rise(c.Sigma, power.Nightly, n, 1, p.Nights, power.Z()), power.Rise(c.Sigma, power.Nightly, 2*n, 1, p.Nights, power.Z())
		text := fmt.Sprintf("%s: %d orders a night find a rise of the median by %.0f%% in a night; twice as many, one by %.0f%%.", p.scenario.Channels[i].Name, n, 100*now, 100*twice)
		if n > 100 {
			text += fmt.Sprintf(" More than 100 to %d orders per channel and night buy little, since nights differ by themselves: buy nights instead.", enough)
		}
		p.plan.Advice = append(p.plan.Advice, text)
	}
}

// adviseNights says what the same orders would show in fewer nights.
func (p *planner) adviseNights() {
	if p.Nights < 2 || len(p.plan.Channels) == 0 {
		return
	}
	for i, c := range p.Channels {
		n := c.First * float64(p.plan.Orders)
		if n < 1 {
			continue
		}
		all := int(n * float64(p.Nights))
		few := max(1, p.Nights/5)
		many := power.Rise(c.Sigma, power.Nightly, int(n), p.Nights, p.Nights, power.Z())
		dense := power.Rise(c.Sigma, power.Nightly, all/few, few, few, power.Z())
		p.plan.Advice = append(p.plan.Advice, fmt.Sprintf("Nights over orders: %d orders on %s find a rise by %.1f%% when spread over %s, by %.1f%% in %s.",
			all, p.scenario.Channels[i].Name, 100*many, nights(p.Nights), 100*dense, nights(few)))
		return // one channel makes the point
	}
}

// adviseMoney says how the money is spent best among channels and clips.
func (p *planner) adviseMoney() {
	chs := p.plan.Channels
	if len(chs) > 1 {
		text := "For the same money, most is learnt with"
		spent := 0.0
		for i, c := range chs {
			sep := ","
			if i == 0 {
				sep = ""
			}
			text += fmt.Sprintf("%s about %.0f orders a night on %s (planned: %.0f)", sep, c.Better, c.Name, c.Orders)
			spent += c.Better * c.ClipUSD
		}
		text += ": orders in proportion to how much they differ, over the root of their price."
		if left := p.plan.Night.ExpectedUSD - spent; left > 0.05*p.plan.Night.ExpectedUSD {
			text += fmt.Sprintf(" The other %s a night buy little and are better kept.", usd(left))
		}
		p.plan.Advice = append(p.plan.Advice, text)
	}
	dear := slices.MaxFunc(append(slices.Clone(chs), record.PlannedChannel{}), func(a, b record.PlannedChannel) int {
		return cmp.Compare(a.ClipUSD-a.ShortestUSD, b.ClipUSD-b.ShortestUSD)
	})
	if dear.ClipUSD > dear.ShortestUSD*1.05 && dear.ShortestUSD > 0 {
		p.plan.Advice = append(p.plan.Advice, fmt.Sprintf("Buy mostly short clips on %s: %s costs %s, a clip as ordered %s, so the same money buys %.0f%% more orders. Error rates show in either; keep one in five long, or nobody sees how latency grows with length.",
			dear.Name, dear.Shortest, usd(dear.ShortestUSD), usd(dear.ClipUSD), 100*(dear.ClipUSD/dear.ShortestUSD-1)))
	}
}

func nights(n int) string {
	if n == 1 {
		return "one night"
	}
	return fmt.Sprintf("%d nights", n)
}

// usd is an amount for people: cents below $100, whole dollars above.
func usd(v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	if v < 100 {
		return fmt.Sprintf("%s$%.2f", sign, v)
	}
	return sign + "$" + money.Group(uint64(v+0.5))
}
