package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/calibrate/figure"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// fewestSpells is the minimum number of complete spells for fitting their durations.
const fewestSpells = 8

// outageRefuses is the share of submits that an outage refuses: all, but for what a log gets wrong.
const outageRefuses = 0.995

// troubled is what calibration knows of outages and regimes.
type troubled struct {
	overlaps map[*attempt.Attempt]overlap
	found    []bool // by channel: its spells were looked for
}

// overlap is how far an attempt coincides with spells of trouble.
type overlap struct {
	in      float64 // probability that it was made during one
	refused float64 // probability that one refused it: then it was not exposed to the channel's own errors
	stopped bool    // one may have begun, or lasted, while its job ran
}

// trouble looks for outages and regimes in rows of failures.
func (c *calibration) trouble() {
	c.overlaps, c.found = map[*attempt.Attempt]overlap{}, make([]bool, len(c.s.Channels))
	for i := range c.s.Outages {
		c.outage(i)
	}
	for ch := range c.s.Channels {
		if !c.found[ch] && len(c.by[ch]) > 0 {
			c.regime(ch)
		}
	}
}

func (c *calibration) index(name string) int {
	for i := range c.s.Channels {
		if c.s.Channels[i].Name == name {
			return i
		}
	}
	return -1
}

// stated is all trouble that the scenario states for a channel, merged into one kind, and the number of its kinds;
// nil: none.
func (c *calibration) stated(ch int) (all *fit.Expected, kinds int) {
	regimes := slices.Clone(c.s.Channels[ch].Regimes)
	for i := range c.s.Outages {
		if o := &c.s.Outages[i]; slices.Contains(o.Channels, c.s.Channels[ch].Name) {
			regimes = append(regimes, scenario.Regime{Share: mean(o.Lasts) / (mean(o.Lasts) + o.Between.Seconds()),
				Lasts: o.Lasts, Submit: 1})
		}
	}
	share, refused, spells := 0.0, 0.0, 0.0 // of the time, of all submits, and in a second
	for _, g := range regimes {
		share += g.Share
		refused += g.Share * g.Submit
		spells += g.Share / mean(g.Lasts)
	}
	if share == 0 {
		return nil, len(regimes)
	}
	return &fit.Expected{Share: math.Min(0.95, share), Lasts: share / spells,
		Refuses: math.Min(outageRefuses, refused/share)}, len(regimes)
}

// mean is that of a lognormal, in seconds.
func mean(t scenario.Takes) float64 { return t.Median.Seconds() * math.Exp(t.Sigma*t.Sigma/2) }

// refused says whether an attempt was refused as by an outage or a regime.
func refused(p *placed) bool { return p.Outcome == channel.Refused && p.Reason == channel.Submit }

// findSpells fits spells to some channels' attempts, and notes the overlap of each with them. Attempts refused in a
// spell that the scenario doesn't state weren't exposed to later errors either, but count for its rate of submit
// errors.
func (c *calibration) findSpells(attempts []placed, refuses float64, stated *fit.Expected, stops bool) *fit.Trouble {
	var known []placed
	for _, p := range attempts {
		if p.Accepted || p.Outcome == channel.Refused || p.Outcome == channel.Ambiguous {
			known = append(known, p)
		}
	}
	sequences := c.sequences(known)
	var all [][]fit.Visit
	for _, s := range sequences {
		seen := visits(s, refused)
		for i := range s {
			_, tries := exposure(&s[i], channel.Submit)
			seen[i].Blind = tries == 0
		}
		all = append(all, seen)
	}
	t := fit.Troubles(all, refuses, stated)
	for k, s := range sequences {
		c.noteOverlaps(t, k, s, stated != nil, stops)
	}
	return t
}

// noteOverlaps notes how the attempts of a sequence coincide with spells. Where they stop jobs, none that was
// accepted while one lasted counts.
func (c *calibration) noteOverlaps(t *fit.Trouble, k int, s []placed, stated, stops bool) {
	var begins time.Time // at the earliest, of the spell that comes next
	for i := len(s) - 1; i >= 0; i-- {
		a := overlap{in: t.Inside(k, i)}
		if refused(&s[i]) {
			a.refused = 1 - t.Passed(k, i)
		}
		if a.in > 0.5 {
			a.stopped = stops
			begins = s[max(0, i-1)].At
		} else if !begins.IsZero() {
			a.stopped = !s[i].At.Add(max(s[i].Low, s[i].High)).Before(begins)
		}
		if !stated {
			a = overlap{refused: a.refused}
		}
		if a != (overlap{}) {
			c.overlaps[s[i].Attempt] = a
		}
	}
}

// exposedShare is the probability that an attempt was exposed to an error of its channel, given the spells that were
// found.
func (c *calibration) exposedShare(p *placed, kind channel.Reason) float64 {
	switch a := c.overlaps[p.Attempt]; {
	case position(kind) < position(channel.Submit):
		return 1 - a.refused
	case kind == channel.Submit:
		return 1 - a.in
	case kind.Phase() == channel.Making && a.stopped:
		return 0
	}
	return 1
}

// outage fits one outage of the scenario.
func (c *calibration) outage(i int) {
	o := &c.s.Outages[i]
	key := fmt.Sprintf("outages.%d", i)
	f := Finding{Key: key, Stated: fmt.Sprintf("%v for a median of %v, every %v", strings.Join(o.Channels, ", "),
		o.Lasts.Median, o.Between)}
	var attempts []placed
	var stated *fit.Expected
	alone := true
	for _, name := range o.Channels {
		ch := c.index(name)
		attempts = append(attempts, c.by[ch]...)
		kinds := 0
		stated, kinds = c.stated(ch)
		alone = alone && kinds == 1
	}
	if len(attempts) == 0 {
		return
	}
	f.From = fmt.Sprintf("%d attempts", len(attempts))
	if !alone {
		f.Why = "its channels have other trouble, too, and rows of failures don't tell which is which"
		c.Findings = append(c.Findings, f)
		return
	}
	for _, name := range o.Channels {
		c.found[c.index(name)] = true
	}
	t := c.findSpells(attempts, outageRefuses, stated, true)
	lengths, said := c.spellLengths(t, o.Lasts.Median.Seconds())
	if f.Why = said; lengths != nil {
		between := t.Lasts.Value * (1 - t.Share.Value) / t.Share.Value
		f.Measured = fmt.Sprintf("a median of %s, sigma %.2f, every %s", figure.Seconds(lengths.Base),
			lengths.Spread.Value, figure.Seconds(between))
		f.Written = true
		at := []string{"outages", strconv.Itoa(i)}
		c.writeSpells(at, "between", between, lengths, fmt.Sprintf("%d outages in %s, %s of the time (%s–%s)",
			len(t.Spells), nightsOf(c.Nights), figure.Percent(t.Share.Value), figure.Percent(t.Share.Low),
			figure.Percent(t.Share.High)))
	}
	c.Findings = append(c.Findings, f)
}

// regime fits a channel's regime where it has one, and else tests for trouble that the scenario doesn't state.
func (c *calibration) regime(ch int) {
	name := c.s.Channels[ch].Name
	stated, kinds := c.stated(ch)
	regimes := c.s.Channels[ch].Regimes
	t := c.findSpells(c.by[ch], 0, stated, kinds > len(regimes))
	if kinds > 0 && len(regimes) == 0 {
		return // told with the outages
	}
	if kinds > 1 {
		c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"),
			Stated: fmt.Sprintf("%d of them", len(regimes)), From: fmt.Sprintf("%d attempts", len(c.by[ch])),
			Why: "rows of failures don't tell several kinds of trouble apart"})
		return
	}
	if kinds == 0 {
		if t.Told() {
			c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"), Stated: "none",
				From: fmt.Sprintf("%d spells of refused submits", len(t.Spells)),
				Measured: fmt.Sprintf("%s of the time, %s on average, refusing %s", figure.Percent(t.Share.Value),
					figure.Seconds(t.Lasts.Value), figure.Percent(t.Refuses)),
				Why: fmt.Sprintf("the scenario has none, so its rate of submit errors is that of all times. To "+
					"model it, calibrate again after you add regimes = { trouble = { share = %q, lasts = { median "+
					"= %q, sigma = 1.0 }, submit = %q } } to channels.%s",
					figure.Percent(t.Share.Value), figure.Seconds(t.Lasts.Value/math.Exp(0.5)), figure.Percent(t.Refuses), name)})
		}
		return
	}
	g := &regimes[0]
	f := Finding{Key: c.key(ch, "regimes."+g.Name), Stated: fmt.Sprintf("%s of the time for a median of %v, "+
		"refusing %s", figure.Percent(g.Share), g.Lasts.Median, figure.Percent(g.Submit)),
		From: fmt.Sprintf("%d attempts", len(c.by[ch]))}
	lengths, said := c.spellLengths(t, g.Lasts.Median.Seconds())
	if f.Why = said; lengths != nil {
		f.Measured = fmt.Sprintf("%s of the time (%s–%s) for a median of %s, refusing %s",
			figure.Percent(t.Share.Value), figure.Percent(t.Share.Low), figure.Percent(t.Share.High),
			figure.Seconds(lengths.Base), figure.Percent(t.Refuses))
		f.Written = true
		at := []string{"channels", name, "regimes", g.Name}
		c.writeShare(append(at, "share"), t.Share.Value)
		c.writeShare(append(at, "submit"), t.Refuses)
		c.wants = append(c.wants, wantRegime(ch, figure.Share(t.Share.Value), figure.Share(t.Refuses)))
		c.writeSpells(at, "", 0, lengths, fmt.Sprintf("%d spells in %s, share %s–%s", len(t.Spells),
			nightsOf(c.Nights), figure.Percent(t.Share.Low), figure.Percent(t.Share.High)))
	}
	c.Findings = append(c.Findings, f)
}

// spellLengths fits the durations of spells; nil where there are too few, and why.
func (c *calibration) spellLengths(t *fit.Trouble, median float64) (*fit.Times, string) {
	if !t.Told() {
		return nil, fmt.Sprintf("no rows of failures beyond chance (likelihood ratio %.1f; 14 are asked): it "+
			"takes attempts over many such spells", t.Gain)
	}
	whole := 0
	for _, s := range t.Lengths() {
		if !math.IsInf(s.High, 1) {
			whole++
		}
	}
	if whole < fewestSpells {
		return nil, fmt.Sprintf("too few spells: %d were seen whole, at least %d are needed; the rate of submit "+
			"errors is that outside of them", whole, fewestSpells)
	}
	x, err := fit.FitLine(t.Lengths(), fit.Line{Shape: fit.Lognormal, Base: median})
	if err != nil {
		return nil, err.Error()
	}
	return x, fmt.Sprintf("%d spells, likelihood ratio %.0f", len(t.Spells), t.Gain)
}
