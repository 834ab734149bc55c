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

// fewestSpells is from how many spells that were seen whole their lengths are taken.
const fewestSpells = 8

// stopped is the share of submits that an outage refuses: all, but for what a log gets wrong.
const stopped = 0.995

// troubled is what calibration knows of outages and regimes.
type troubled struct {
	shades map[*attempt.Attempt]shade
	found  []bool // by channel: its spells were looked for
}

// shade is what spells of trouble leave open of an attempt.
type shade struct {
	in      float64 // chance that it came while one lasted
	refused float64 // chance that one refused it: then it never met the channel's own errors
	stopped bool    // one may have begun, or lasted, while its job ran
}

// trouble looks for outages and regimes in rows of failures.
func (c *calibration) trouble() {
	c.shades, c.found = map[*attempt.Attempt]shade{}, make([]bool, len(c.s.Channels))
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

// stated is all trouble that the scenario has for a channel, as if it were of one kind, and of how many it is; nil: none.
func (c *calibration) stated(ch int) (all *fit.Expected, kinds int) {
	regimes := slices.Clone(c.s.Channels[ch].Regimes)
	for i := range c.s.Outages {
		if o := &c.s.Outages[i]; slices.Contains(o.Channels, c.s.Channels[ch].Name) {
			regimes = append(regimes, scenario.Regime{Share: mean(o.Lasts) / (mean(o.Lasts) + o.Between.Seconds()), Lasts: o.Lasts, Submit: 1})
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
	return &fit.Expected{Share: math.Min(0.95, share), Lasts: share / spells, Refuses: math.Min(stopped, refused/share)}, len(regimes)
}

// mean is that of a lognormal, in seconds.
func mean(t scenario.Takes) float64 { return t.Median.Seconds() * math.Exp(t.Sigma*t.Sigma/2) }

// refused says whether an attempt met what an outage or a regime does to it at once.
func refused(p *placed) bool { return p.Outcome == channel.Refused && p.Reason == channel.Submit }

// find looks for spells in some channels' attempts, and notes what they did to each. A spell that the scenario doesn't know
// keeps attempts from the errors that come after it all the same, but what it refused is of the scenario's rate of submit errors.
func (c *calibration) find(attempts []placed, refuses float64, stated *fit.Expected, stops bool) *fit.Trouble {
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
			_, tries := met(&s[i], channel.Submit)
			seen[i].Blind = tries == 0
		}
		all = append(all, seen)
	}
	t := fit.Troubles(all, refuses, stated)
	for k, s := range sequences {
		c.shadow(t, k, s, stated != nil, stops)
	}
	return t
}

// shadow notes what spells did to the attempts of a sequence. Where they stop jobs, none that was accepted while one lasted counts.
func (c *calibration) shadow(t *fit.Trouble, k int, s []placed, stated, stops bool) {
	var begins time.Time // at the earliest, of the spell that comes next
	for i := len(s) - 1; i >= 0; i-- {
		a := shade{in: t.Inside(k, i)}
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
			a = shade{refused: a.refused}
		}
		if a != (shade{}) {
			c.shades[s[i].Attempt] = a
		}
	}
}

// came is how much of an attempt, for all that is known of trouble, came as far as an error of its own channel.
func (c *calibration) came(p *placed, kind channel.Reason) float64 {
	switch a := c.shades[p.Attempt]; {
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
	f := Finding{Key: key, Stated: fmt.Sprintf("%v for a median of %v, every %v", strings.Join(o.Channels, ", "), o.Lasts.Median, o.Between)}
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
	t := c.find(attempts, stopped, stated, true)
	lengths, said := c.lengths(t, o.Lasts.Median.Seconds())
	if f.Why = said; lengths != nil {
		between := t.Lasts.Value * (1 - t.Share.Value) / t.Share.Value
		f.Measured = fmt.Sprintf("a median of %s, sigma %.2f, every %s", figure.Seconds(lengths.Base), lengths.Spread.Value, figure.Seconds(between))
		f.Written = true
		at := []string{"outages", strconv.Itoa(i)}
		c.writeSpells(at, "between", between, lengths, fmt.Sprintf("%d outages in %s, %s of the time (%s–%s)", len(t.Spells), nightsOf(c.Nights), figure.Percent(t.Share.Value), figure.Percent(t.Share.Low), figure.Percent(t.Share.High)))
	}
	c.Findings = append(c.Findings, f)
}

// regime fits a channel's regime where it has one, and else looks for trouble that the scenario doesn't know.
func (c *calibration) regime(ch int) {
	name := c.s.Channels[ch].Name
	stated, kinds := c.stated(ch)
	regimes := c.s.Channels[ch].Regimes
	t := c.find(c.by[ch], 0, stated, kinds > len(regimes))
	if kinds > 0 && len(regimes) == 0 {
		return // told with the outages
	}
	if kinds > 1 {
		c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"), Stated: fmt.Sprintf("%d of them", len(regimes)), From: fmt.Sprintf("%d attempts", len(c.by[ch])),
			Why: "rows of failures don't tell several kinds of trouble apart"})
		return
	}
	if kinds == 0 {
		if t.Told() {
			c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"), Stated: "none", From: fmt.Sprintf("%d spells of refused submits", len(t.Spells)),
				Measured: fmt.Sprintf("%s of the time, %s on average, refusing %s", figure.Percent(t.Share.Value), figure.Seconds(t.Lasts.Value), figure.Percent(t.Refuses)),
				Why: fmt.Sprintf("the scenario has none, so its rate of submit errors is that of all times. To model it, calibrate again after you add regimes = { trouble = { share = %q, lasts = { median = %q, sigma = 1.0 }, submit = %q } } to channels.%s",
					figure.Percent(t.Share.Value), figure.Seconds(t.Lasts.Value/math.Exp(0.5)), figure.Percent(t.Refuses), name)})
		}
		return
	}
	g := &regimes[0]
	f := Finding{Key: c.key(ch, "regimes."+g.Name), Stated: fmt.Sprintf("%s of the time for a median of %v, refusing %s", figure.Percent(g.Share), g.Lasts.Median, figure.Percent(g.Submit)), From: fmt.Sprintf("%d attempts", len(c.by[ch]))}
	lengths, said := c.lengths(t, g.Lasts.Median.Seconds())
	if f.Why = said; lengths != nil {
		f.Measured = fmt.Sprintf("%s of the time (%s–%s) for a median of %s, refusing %s", figure.Percent(t.Share.Value), figure.Percent(t.Share.Low), figure.Percent(t.Share.High), figure.Seconds(lengths.Base), figure.Percent(t.Refuses))
		f.Written = true
		at := []string{"channels", name, "regimes", g.Name}
		c.writeShare(append(at, "share"), t.Share.Value)
		c.writeShare(append(at, "submit"), t.Refuses)
		c.wants = append(c.wants, wantRegime(ch, figure.Share(t.Share.Value), figure.Share(t.Refuses)))
		c.writeSpells(at, "", 0, lengths, fmt.Sprintf("%d spells in %s, share %s–%s", len(t.Spells), nightsOf(c.Nights), figure.Percent(t.Share.Low), figure.Percent(t.Share.High)))
	}
	c.Findings = append(c.Findings, f)
}

// lengths fits how long spells last; nil where there is not enough to tell, and why.
func (c *calibration) lengths(t *fit.Trouble, median float64) (*fit.Times, string) {
	if !t.Told() {
		return nil, fmt.Sprintf("no rows of failures beyond chance (likelihood ratio %.1f; 14 are asked): it takes attempts over many such spells", t.Gain)
	}
	whole := 0
	for _, s := range t.Lengths() {
		if !math.IsInf(s.High, 1) {
			whole++
		}
	}
	if whole < fewestSpells {
		return nil, fmt.Sprintf("too few spells: %d were seen whole, at least %d are needed; the rate of submit errors is that outside of them", whole, fewestSpells)
	}
	x, err := fit.FitLine(t.Lengths(), fit.Line{Shape: fit.Lognormal, Base: median})
	if err != nil {
		return nil, err.Error()
	}
	return x, fmt.Sprintf("%d spells, likelihood ratio %.0f", len(t.Spells), t.Gain)
}
