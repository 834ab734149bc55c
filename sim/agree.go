package sim

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/stats"
	"channelbench/internal/world"
	"channelbench/sim/exact"
)

// Five standard errors, as a number and as a two-sided p-value.
const (
	sigmas = 5
	fiveP  = 5.733e-7
)

// few is the count below which scatter isn't trusted.
const few = 30

// relative is the slack for the closed form's own rounding.
const relative = 1e-9

// disagreements lists where the months contradict the closed forms.
func (b *basis) disagreements() []string {
	var all []string
	for i, answer := range b.answers {
		if answer == nil {
			continue
		}
		for _, f := range disagreements(answer, b.totals[i], spellOf(&b.compiled.Model, b.compiled.Uses[i])) {
			all = append(all, b.scenario.Strategies[i].Name+": "+f)
		}
	}
	return all
}

// disagreements lists where the simulated months contradict the closed form: shares by the exact
// binomial test; means beyond five standard errors, or as unlikely a distance where few months make
// the standard error itself unsure; quantiles where, even at the edges of their
// histogram bucket, the closed form's share lies beyond five standard errors of the asked one. Where orders
// meet the same bad spells, of so many orders each, shares are held against the scatter of the months.
func disagreements(a *exact.Answer, t *totals, spell float64) []string {
	c := comparison{answer: a, totals: t, orders: float64(t.all.Orders), reach: sigmas, spell: spell}
	if degrees := len(t.orders) - 1; degrees > 0 {
		c.reach = distuv.StudentsT{Sigma: 1, Nu: float64(degrees)}.Quantile(1 - fiveP/2)
	}
	c.share("delivered share", t.delivered, a.Delivered)
	c.share("in-time share", t.inTime, a.InTime)
	c.share("fallback share", t.fallbacks, a.Fallback)
	attempts, dollars, seconds := c.rareErrors()
	c.mean("attempts per order", stats.Ratio(t.attempts, t.perOrder()), a.Attempts, attempts)
	c.mean("charge per order", stats.Ratio(t.charges, t.perOrder()), a.ChargePerOrder, dollars)
	if t.all.Delivered > 0 && a.Delivered*c.orders >= few {
		c.mean("mean latency", stats.Ratio(t.latencySums, t.perDelivered()), a.MeanLatency, seconds)
	}
	for _, q := range []float64{0.5, 0.95, 0.99} {
		c.quantile(q)
	}
	return c.findings
}

type comparison struct {
	answer   *exact.Answer
	totals   *totals
	orders   float64
	reach    float64 // standard errors of a mean; five as months grow many
	spell    float64 // orders that succeed and fail together; 1: each by itself
	findings []string
}

func (c *comparison) share(what string, months []int64, p float64) {
	p = math.Min(1, math.Max(0, p))
	hits := int64(0)
	for _, n := range months {
		hits += n
	}
	got := float64(hits) / c.orders
	if math.Abs(got-p) <= relative*p {
		return
	}
	contradicts := stats.BinomialP(hits, c.totals.all.Orders, p) < fiveP
	if c.spell > 1 {
		contradicts = math.Abs(got-p) > c.reach*c.scatter(months, p)+relative
	}
	if contradicts {
		c.findings = append(c.findings, fmt.Sprintf("%s: %d of %.0f orders simulated, %.9g exact", what, hits, c.orders, p))
	}
}

// scatter is the standard error of a share by the months, or by whole spells where those are too few to show.
func (c *comparison) scatter(months []int64, p float64) float64 {
	return max(stats.Share(months, c.totals.orders).SE, math.Sqrt(p*(1-p)*c.spell/c.orders))
}

// spellOf is the number of orders within one correlation time of the channels' exits, in both directions.
func spellOf(m *world.Model, uses []bool) float64 {
	spell := 1.0
	for ch, used := range uses {
		if e := &m.Channels[ch].Errors; used && e.Exits.Count > 0 {
			spell += 2 * float64(m.Orders) / world.Month.Seconds() * e.Exits.Burst.Seconds() * (1 - e.By[channel.Region].Rate)
		}
	}
	return spell
}

// fewMonths may all show the same count of what isn't rare, and no scatter.
const fewMonths = 10

// rare says whether the scatter of the months may not show events of a share of orders.
func (c *comparison) rare(share float64) bool {
	return share*c.orders < few*c.spell || len(c.totals.orders) < fewMonths
}

// rareErrors are standard errors of events too rare to show in the scatter of the months: further attempts,
// undelivered orders, and delivered ones, of which only few are expected.
func (c *comparison) rareErrors() (attempts, dollars, seconds float64) {
	longest := 10 * c.answer.MeanLatency
	for _, f := range c.answer.Further {
		if c.rare(f.Share) {
			attempts += f.Share
			dollars += f.Share * f.Price * f.Price
			seconds += f.Share * longest * longest
		}
	}
	if lost := 1 - c.answer.Delivered; lost > 0 && c.rare(lost) {
		dollars += lost * c.answer.HighestPrice * c.answer.HighestPrice
	}
	if won := c.answer.Delivered; won > 0 && c.rare(won) {
		attempts += won * policy.MaxAttempts * policy.MaxAttempts
		dollars += won * c.answer.HighestPrice * c.answer.HighestPrice
	}
	root := func(variance float64) float64 { return math.Sqrt(variance * c.spell / c.orders) }
	return root(attempts), root(dollars), root(seconds)
}

func (c *comparison) mean(what string, got stats.Estimate, want, unseen float64) {
	if math.IsNaN(got.SE) {
		return
	}
	if d := math.Abs(got.Value - want); d > c.reach*math.Hypot(got.SE, unseen)+relative*math.Abs(want) {
		c.findings = append(c.findings, fmt.Sprintf("%s: %.9g simulated (standard error %.2g), %.9g exact", what,
			got.Value, got.SE, want))
	}
}

func (c *comparison) quantile(q float64) {
	slack := sigmas*math.Sqrt(q*(1-q)*c.spell/c.orders) + relative
	seconds, reached := c.totals.all.Latencies.Quantile(q, c.totals.all.Orders)
	if !reached {
		if c.answer.Delivered > q+slack {
			c.findings = append(c.findings, fmt.Sprintf("p%g: not reached when simulated, but %.9g are delivered "+
				"exactly", 100*q, c.answer.Delivered))
		}
		return
	}
	low, high := stats.Around(seconds)
	if below, upTo := c.answer.CDF(low-1e-6), c.answer.CDF(high); below > q+slack || upTo < q-slack {
		c.findings = append(c.findings, fmt.Sprintf("p%g: %.6g s simulated, where the exact share is %.6g to %.6g",
			100*q, seconds, below, upTo))
	}
}
