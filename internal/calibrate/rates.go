package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/calibrate/figure"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/calibrate/predict"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// position is where an attempt meets an error: each rate is of those that passed the earlier ones.
func position(r channel.Reason) int { return slices.Index(channel.Errors, r) }

// last is the error of a phase that an attempt meets last.
func last(p channel.Phase) channel.Reason {
	errors := channel.ErrorsOf(p)
	return errors[len(errors)-1]
}

// of is a reason of a phase, or the usual one of that phase where an attempt was told another or none.
func of(p channel.Phase, told, usual channel.Reason) channel.Reason {
	if told.Phase() == p {
		return told
	}
	return usual
}

// lastStage is the last of the errors to which an attempt is known to have been exposed, none if to none, and whether
// it had that error.
func lastStage(p *placed) (as channel.Reason, hit bool) {
	// Some channels accept an order before they report what others refuse it for.
	turned := p.Outcome == channel.Refused || p.Outcome == channel.Failed
	switch {
	case turned && p.Reason == channel.RateLimited:
		return channel.NoReason, false
	case turned && p.Reason.Phase() == channel.Asking && p.Reason != channel.Submit:
		return p.Reason, true
	case p.Outcome == channel.Refused:
		return channel.Submit, true
	case p.Ended && p.Accepted && p.Outcome == channel.Delivered:
		return last(channel.Checking), false
	case p.Ended && p.Accepted && p.Outcome == channel.Unusable:
		return of(channel.Checking, p.Reason, channel.BadClip), true
	case p.Ended && p.Accepted && !p.Made:
		return of(channel.Making, p.Reason, channel.Job), true
	case p.Ended && p.Accepted:
		return last(channel.Making), false
	case p.Accepted:
		return last(channel.Answering), false
	case p.Outcome == channel.Ambiguous:
		return of(channel.Answering, p.Reason, channel.Lost), true
	}
	return channel.NoReason, false // its answer isn't known
}

// exposure returns how often an attempt was exposed to an error, and how often it had it.
func exposure(p *placed, kind channel.Reason) (hits, tries int) {
	as, hit := lastStage(p)
	fetched := kind.Phase() == channel.Fetching && p.Fetches > 0
	switch {
	case fetched && p.Outcome == channel.Abandoned:
		return p.Fetches, p.Fetches
	case fetched:
		return p.Fetches - 1, p.Fetches
	case position(kind) > position(as):
		return 0, 0
	case kind == channel.Moderation && p.Try > 0:
		return 0, 0 // one draw for an order on all channels: retries have passed it
	case kind == as && hit:
		return 1, 1
	}
	return 0, 1
}

// counts are those of an error by night, among the attempts exposed to it: what a spell of trouble refused or stopped
// counts for the spell.
func (c *calibration) counts(ch int, kind channel.Reason) []fit.Count {
	all := make([]fit.Count, len(c.nights))
	for n := range all {
		all[n].Weight = c.weights[n]
	}
	for i := range c.by[ch] {
		p := &c.by[ch][i]
		hits, tries := exposure(p, kind)
		came := c.exposedShare(p, kind)
		all[p.night].Hits += came * float64(hits)
		all[p.night].Tries += came * float64(tries)
		all[p.night].Doubt += came * (1 - came) * float64(hits)
	}
	c.dropSilentLogs(all)
	return all
}

// dropSilentLogs drops the tries of logs that never name the error: they may have no name for it.
func (c *calibration) dropSilentLogs(counts []fit.Count) {
	for n := range counts {
		if c.nights[n].Log && counts[n].Hits > 0 {
			return
		}
	}
	for n := range counts {
		if c.nights[n].Log {
			counts[n].Tries = 0
		}
	}
}

// errors fits a channel's rates.
func (c *calibration) errors(ch int) {
	for _, kind := range channel.Errors {
		counts := c.counts(ch, kind)
		r := fit.Pool(counts)
		stated := &c.s.Channels[ch].Errors.By[kind]
		if r.Hits == 0 && stated.Rate == 0 && stated.Range == nil {
			continue
		}
		if r.Tries == 0 {
			c.unmeasured(ch, kind, stated)
			continue
		}
		remark := ""
		if r.Widened() {
			remark = fmt.Sprintf("nights scatter %.1f times as much as chance makes them, so the interval is theirs", r.Scatter)
		}
		if kind == channel.Region {
			if c.s.Channels[ch].Errors.Pool != nil {
				c.Findings = append(c.Findings, Finding{Key: c.key(ch, "errors.region.rate"),
					Stated: figure.Percent(stated.Rate), Measured: figure.Interval(r.Estimate),
					From: join(evidence(r.Hits, r.Tries, r.Nights), c.countries(ch)),
					Why:  "follows from the exits by country: change their number"})
				continue
			}
			remark = c.region(ch, &r, remark)
		}
		c.rate(ch, kind, &r, remark)
		c.checkRate(ch, kind)
	}
	c.billed(ch)
}

// unmeasured adds the finding of a stated rate to which no attempt was exposed.
func (c *calibration) unmeasured(ch int, kind channel.Reason, stated *scenario.Error) {
	why := "no attempt was exposed to it"
	if slices.ContainsFunc(c.nights, func(n attempt.Night) bool { return n.Log }) {
		why = "the log never names it, so it isn't known whether it would"
	}
	c.Findings = append(c.Findings, Finding{Key: c.key(ch, "errors."+kind.String()+".rate"),
		Stated: figure.Percent(stated.Rate), Why: why})
}

// countries counts region errors by the country that the channel named.
func (c *calibration) countries(ch int) string {
	by := map[string]int{}
	for i := range c.by[ch] {
		if p := &c.by[ch][i]; isRegionError(p) && p.Country != "" {
			by[p.Country]++
		}
	}
	var all []string
	for _, name := range sorted(by) {
		all = append(all, fmt.Sprintf("%s %d", name, by[name]))
	}
	return strings.Join(all, ", ")
}

// billed compares the reported share of failed jobs that were charged with the stated one.
func (c *calibration) billed(ch int) {
	charged := fit.Count{Weight: 1}
	for i := range c.by[ch] {
		if p := &c.by[ch][i]; p.Ended && !p.Made && p.Billed {
			charged.Tries++
			if p.Charged {
				charged.Hits++
			}
		}
	}
	r := fit.Pool([]fit.Count{charged})
	stated := c.s.Channels[ch].Errors.By[channel.Job].Billed
	if r.Tries == 0 || r.Hits == 0 && stated == 0 {
		return
	}
	f := Finding{Key: c.key(ch, "errors.job.billed"), Stated: figure.Percent(stated),
		Measured: figure.Interval(r.Estimate),
		From:     fmt.Sprintf("%d of %d failed jobs whose bill was reported", r.Hits, r.Tries)}
	if f.Why = "agrees"; stated < r.Low || stated > r.High {
		f.Why = "contradicts what is stated, and is a matter of the channel's terms: ask, then change it by hand"
	}
	c.Findings = append(c.Findings, f)
}

// rate writes a rate where it is known better than it was stated, or contradicts that.
func (c *calibration) rate(ch int, kind channel.Reason, r *fit.Rate, remark string) {
	stated := &c.s.Channels[ch].Errors.By[kind]
	f := Finding{Key: c.key(ch, "errors."+kind.String()+".rate"), Stated: figure.Percent(stated.Rate),
		Measured: figure.Interval(r.Estimate), From: evidence(r.Hits, r.Tries, r.Nights), Why: remark}
	width := 2 * math.Max(stated.Rate, r.Value)
	contradicts := stated.Rate < r.Low || stated.Rate > r.High
	if stated.Range != nil {
		f.Stated += fmt.Sprintf(" (%s–%s)", figure.Percent(stated.Range.Low), figure.Percent(stated.Range.High))
		width = stated.Range.High - stated.Range.Low
		contradicts = stated.Range.High < r.Low || stated.Range.Low > r.High
	}
	switch few := r.Tries < Fewest; {
	case !few && (c.o.Wide || contradicts || r.High-r.Low <= width):
		f.Written = true
		c.writeRate(ch, kind, r)
	case few:
		f.Why = join(fmt.Sprintf("too few attempts: at least %d are needed", max(Fewest, sampleSize(r, width))), remark)
	default:
		f.Why = join(fmt.Sprintf("known less well than it was stated: about %d attempts are needed",
			sampleSize(r, width)), remark)
	}
	c.Findings = append(c.Findings, f)
}

// sampleSize is the number of attempts needed for an interval of a given width, given the scatter of nights.
func sampleSize(r *fit.Rate, width float64) int {
	n := float64(fit.Needed(r.Value, width))
	if r.Widened() {
		n *= r.Scatter
	}
	digits := math.Pow(10, math.Max(0, math.Floor(math.Log10(math.Max(1, n)))-1))
	return int(math.Ceil(n/digits) * digits)
}

// fewestErrors is the minimum number of region errors for fitting their correlation.
const fewestErrors = 8

// region fits the correlation of region errors, and returns a remark on it. Where they are correlated, the rate gets
// the interval of the chain, which allows for that.
func (c *calibration) region(ch int, r *fit.Rate, remark string) string {
	e := &c.s.Channels[ch].Errors
	passed := c.exposedToRegion(ch)
	if r.Hits < fewestErrors {
		return join(remark, fmt.Sprintf("too few region errors to fit their correlation: at least %d are needed",
			fewestErrors))
	}
	if e.Exits == 0 {
		c.checkRows(ch, passed, predict.Exits{Share: r.Value})
		return join(remark, c.unstatedSpells(passed))
	}
	order := e.Rotate == "order" && e.Exits > 1
	spells := c.chains(passed, e.Exits, order)
	f := Finding{Key: c.key(ch, "errors.region.burst"), Stated: e.Burst.String(),
		From: fmt.Sprintf("%d region errors in %s", r.Hits, nightsOf(r.Nights))}
	switch {
	case !spells.Sticky():
		f.Measured = "not told from independence"
		if !math.IsInf(spells.Burst.High, 1) {
			f.Measured += ", at most " + figure.Seconds(spells.Burst.High)
		}
		f.Why = fmt.Sprintf("likelihood ratio %.1f; spells need 2.7. With %d exits it takes more attempts close "+
			"to each other", spells.Gain, e.Exits)
	case math.IsInf(spells.Burst.High, 1):
		f.Measured = "at least " + figure.Seconds(spells.Burst.Low)
		f.Why = "no end of a spell was seen closely enough"
	default:
		f.Measured = fmt.Sprintf("%s (%s–%s)", figure.Seconds(spells.Burst.Value), figure.Seconds(spells.Burst.Low),
			figure.Seconds(spells.Burst.High))
		f.Written = true
		f.Why = fmt.Sprintf("spells explain the errors better than independence: likelihood ratio %.1f, AIC "+
			"better by %.1f", spells.Gain, spells.Gain-2)
		c.writeBurst(ch, spells.Burst)
	}
	model := predict.Exits{Count: e.Exits, Share: r.Value, Burst: e.Burst.Seconds(), PerOrder: order}
	if spells.Sticky() {
		model.Share, model.Burst = spells.Share.Value, spells.Burst.Value
		r.Estimate = spells.Share
		remark = join(remark, "interval of the chain of each exit")
	}
	c.checkRows(ch, passed, model)
	c.Findings = append(c.Findings, f)
	return remark
}

// exposedToRegion are a channel's attempts that were exposed to region errors.
func (c *calibration) exposedToRegion(ch int) (all []placed) {
	for i := range c.by[ch] {
		if _, tries := exposure(&c.by[ch][i], channel.Region); tries > 0 &&
			c.exposedShare(&c.by[ch][i], channel.Region) > 0.5 {
			all = append(all, c.by[ch][i])
		}
	}
	return all
}

func isRegionError(p *placed) bool { return p.Outcome == channel.Refused && p.Reason == channel.Region }

// chains fits spells: of one exit for each order that keeps its exit, else of so many exits at random.
func (c *calibration) chains(passed []placed, exits int, order bool) fit.Spells {
	var all [][]fit.Visit
	for _, s := range c.sequences(passed) {
		if !order {
			all = append(all, visits(s, isRegionError))
			continue
		}
		for _, own := range byOrder(s) {
			all = append(all, visits(own, isRegionError))
		}
	}
	if order {
		exits = 1
	}
	return fit.Chains(all, exits)
}

// byOrder cuts a sequence into those of its orders. An attempt of an unknown order is a sequence of its own.
func byOrder(s []placed) [][]placed {
	type order struct {
		night int
		name  string
	}
	at := map[order]int{}
	var all [][]placed
	for _, p := range s {
		o := order{p.night, p.Order}
		i, known := at[o]
		if !known || p.Order == "" {
			at[o] = len(all)
			all = append(all, []placed{p})
			continue
		}
		all[i] = append(all[i], p)
	}
	return all
}

// unstatedSpells tests for spells that the scenario doesn't state.
func (c *calibration) unstatedSpells(passed []placed) string {
	common, order := c.chains(passed, 1, false), c.chains(passed, 1, true)
	best, how := common, "all attempts share them"
	keys := "exits = 1, burst = %q"
	if order.Gain > common.Gain {
		best, how, keys = order, "an order's attempts share them, as they would an exit that it keeps",
			`exits = 20, burst = %q, rotate = "order"`
	}
	// Two models were tried, so each gets half of the 5 %: 3.84 at the edge of what spells can be.
	if best.Gain <= 10.83 || math.IsInf(best.Burst.High, 1) {
		return fmt.Sprintf("independent, as stated: likelihood ratio of spells %.1f", best.Gain)
	}
	return fmt.Sprintf("the errors come in spells of about %s (%s–%s), and %s (likelihood ratio %.1f); the "+
		"scenario has them independent. To model it, add "+keys,
		figure.Seconds(best.Burst.Value), figure.Seconds(best.Burst.Low), figure.Seconds(best.Burst.High), how,
		best.Gain, figure.Seconds(best.Burst.Value))
}

func join(parts ...string) string {
	all := ""
	for _, p := range parts {
		if p != "" && all != "" {
			all += "; "
		}
		all += p
	}
	return all
}
