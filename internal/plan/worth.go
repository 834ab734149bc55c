package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"channelbench/internal/record"
	"channelbench/internal/stats/power"
	"channelbench/internal/words"
)

// grid are the numbers of orders per driven strategy, over all nights, whose worth is worked out.
var grid = []int{0, 5, 10, 20, 30, 50, 75, 100, 150, 300, 600, 1000, 2000}

// fewestANight is how many orders a night has at least when few are spread over nights.
const fewestANight = 10

// worth weighs the worth of orders against their cost; nil where it isn't known in dollars.
func (p *planner) worth() *record.PlannedWorth {
	if p.information == nil {
		return nil
	}
	w := &record.PlannedWorth{Today: p.information.today, PerfectUSD: p.information.perfect,
		MissedUSD: p.information.missed}
	all := p.orders * p.Nights
	for _, n := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(grid), all)))) {
		point := p.worthOf(n, min(p.Nights, max(1, n/fewestANight)))
		if n == all {
			point = p.worthOf(n, p.Nights)
			w.Planned = point
		}
		w.Points = append(w.Points, point)
		if point.NetUSD > w.Best.NetUSD {
			w.Best = point
		}
	}
	return w
}

func (p *planner) worthOf(orders, nights int) record.WorthPoint {
	cost := float64(orders) * p.chargeOfEach(p.bench)
	point := record.WorthPoint{Orders: orders, Nights: nights, CostUSD: cost}
	if p.information.perfect > 0 {
		v := p.information.worth(orders, nights)
		point.ValueUSD, point.ErrorUSD = v.Value, v.SE
	}
	if orders == 0 {
		point.Nights = 0
	}
	point.NetUSD = point.ValueUSD - cost
	return point
}

func (p *planner) warnings(w *record.PlannedWorth) []string {
	warnings := []string{
		fmt.Sprintf("Medians of nights are assumed to differ by %.0f%% (standard deviation of the logarithm) "+
			"when nothing changed, and orders of a night to be independent otherwise; "+
			"after three weeks, measured nights tell better.",
			100*power.Nightly),
		"What is expected are the scenario's own figures; where they are assumed, so is this plan.",
	}
	if w != nil && len(p.scenario.Decision.Require) > 0 {
		warnings = append(warnings, "The worth puts a price on a month that misses a requirement. "+
			"The verdict of sim has none and refuses what misses too often, so its candidate may be another strategy.")
	}
	return warnings
}

func (p *planner) verdict(w *record.PlannedWorth) string {
	switch {
	case w == nil && p.scenario.Decision.Minimise != "cost":
		return "What measuring is worth isn't known in dollars: the decision minimises seconds."
	case w == nil && p.unmet != nil:
		return "$0: don't measure for the decision; measure to learn of changes."
	case w == nil:
		return "Nothing that the scenario states could change the choice: no range is stated, " +
			"or no two strategies deliver anything. " +
			"$0: don't measure for the decision; measure to learn of changes."
	case w.PerfectUSD < 0.005 && p.unmet != nil:
		return fmt.Sprintf("$0: don't measure. %s costs least whatever the stated ranges leave open%s.",
			w.Today, p.priced(w))
	case w.PerfectUSD < 0.005:
		return fmt.Sprintf("$0: don't measure. Whatever the stated ranges leave open, %s stays the best choice%s.", w.Today,
			p.priced(w))
	case w.Best.Orders == 0:
		return fmt.Sprintf("$0: don't measure. Knowing every stated range exactly would be worth %s a month at most, "+
			"and no number of orders is worth what it costs; %s is the choice%s.", usd(w.PerfectUSD), w.Today, p.priced(w))
	}
	best := w.Best
	text := fmt.Sprintf("Measure: %d orders of each driven strategy over %s cost about %s "+
		"and are worth about %s in the first month, "+
		"%s net; without them %s would be chosen%s.",
		best.Orders, nights(best.Nights), usd(best.CostUSD), usd(best.ValueUSD), usd(best.NetUSD), w.Today, p.priced(w))
	if error95 := 1.96 * best.ErrorUSD; best.NetUSD < error95 {
		text += fmt.Sprintf(" That is a close call: the worth is known to ±%s only.", usd(error95))
	}
	return text
}

// priced says by which price the choice is another one than the verdict's; "" where it is the same.
func (p *planner) priced(w *record.PlannedWorth) string {
	if p.unmet == nil && (p.candidate == "" || p.candidate == w.Today) {
		return ""
	}
	text := fmt.Sprintf(", if a month that misses a requirement counts %s more (--missed-month)", usd(w.MissedUSD))
	if p.candidate != "" {
		text += fmt.Sprintf("; sim, which refuses what may miss one however cheap it is, takes %s", p.candidate)
	}
	return text
}

// adviseOrders says what more orders a night would show.
func (p *planner) adviseOrders() []string {
	var advice []string
	for i, e := range p.exposures {
		n := int(math.Round(e.First * float64(p.orders)))
		if n == 0 {
			continue
		}
		now, twice := p.rise(e.Sigma, n, 1, p.Nights), p.rise(e.Sigma, 2*n, 1, p.Nights)
		text := fmt.Sprintf("%s: %d orders a night find a rise of the median by %.0f%% in a night; twice as many, "+
			"one by %.0f%%.",
			p.scenario.Channels[i].Name, n, 100*now, 100*twice)
		if n > 100 {
			text += fmt.Sprintf(" More than 100 to %d orders per channel and night buy little, "+
				"since nights differ by themselves: buy nights instead.", saturation)
		}
		advice = append(advice, text)
	}
	return advice
}

// adviseNights says what the same orders would show in fewer nights. One channel makes the point.
func (p *planner) adviseNights() []string {
	if p.Nights < 2 {
		return nil
	}
	for i, e := range p.exposures {
		n := e.First * float64(p.orders)
		if n < 1 {
			continue
		}
		all := int(n * float64(p.Nights))
		few := max(1, p.Nights/5)
		many, dense := p.rise(e.Sigma, int(n), p.Nights, p.Nights), p.rise(e.Sigma, all/few, few, few)
		return []string{fmt.Sprintf("Nights over orders: %d orders on %s find a rise by %.1f%% when spread over "+
			"%s, by %.1f%% in %s.",
			all, p.scenario.Channels[i].Name, 100*many, nights(p.Nights), 100*dense, nights(few))}
	}
	return nil
}

// adviseMoney says how a night's budget is spent best among channels and clips.
func adviseMoney(channels []record.PlannedChannel, budget float64) []string {
	var advice []string
	if len(channels) > 1 {
		text := "For the same money, most is learnt with"
		spent := 0.0
		for i, c := range channels {
			sep := ","
			if i == 0 {
				sep = ""
			}
			text += fmt.Sprintf("%s about %.0f orders a night on %s (planned: %.0f)", sep, c.Better, c.Name,
				math.Round(c.Orders)) // %.0f alone makes 46 of 46.5
			spent += c.Better * c.ClipUSD
		}
		text += ": orders in proportion to how much they differ, over the root of their price."
		if left := budget - spent; left > 0.05*budget {
			text += fmt.Sprintf(" The other %s a night buy little and are better kept.", usd(left))
		}
		advice = append(advice, text)
	}
	dear := slices.MaxFunc(append(slices.Clone(channels), record.PlannedChannel{}), func(a, b record.PlannedChannel) int {
		return cmp.Compare(a.ClipUSD-a.ShortestUSD, b.ClipUSD-b.ShortestUSD)
	})
	if dear.ClipUSD > dear.ShortestUSD*1.05 && dear.ShortestUSD > 0 {
		advice = append(advice, fmt.Sprintf("Buy mostly short clips on %s: %s costs %s, a clip as ordered %s, "+
			"so the same money buys %.0f%% more orders. Error rates show in either; keep one in five long, "+
			"or nobody sees how latency grows with length.",
			dear.Name, dear.Shortest, usd(dear.ShortestUSD), usd(dear.ClipUSD), 100*(dear.ClipUSD/dear.ShortestUSD-1)))
	}
	return advice
}

func nights(n int) string {
	if n == 1 {
		return "one night"
	}
	return fmt.Sprintf("%d nights", n)
}

// usd is an amount for people: cents below $100, whole dollars above.
func usd(v float64) string {
	if math.Abs(v) < 100 {
		return words.Dollars(v, 2)
	}
	return words.Dollars(v, 0)
}
