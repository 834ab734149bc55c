package calibrate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/calibrate/figure"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/channel"
)

// fewestSpells is from how many spells that were seen whole their lengths are taken.
const fewestSpells = 8

// stopped is the share of submits that an outage refuses: all, but for what a log gets wrong.
const stopped = 0.995

// troubled is what calibration knows of outages and regimes.
type troubled struct{ spell map[*attempt.Attempt]bool } // attempts that a spell refused or stopped

// trouble looks for outages and regimes in rows of failures.
func (c *calibration) trouble() {
	c.spell = map[*attempt.Attempt]bool{}
	under := make([]int, len(c.s.Channels)) // how many kinds of trouble the scenario has for each
	for i := range c.s.Outages {
		for _, name := range c.s.Outages[i].Channels {
			under[c.index(name)]++
		}
	}
	for ch := range c.s.Channels {
		under[ch] += len(c.s.Channels[ch].Regimes)
	}
	done := make([]bool, len(c.s.Channels))
	for i := range c.s.Outages {
		c.outage(i, under, done)
	}
	for ch := range c.s.Channels {
		if !done[ch] && len(c.by[ch]) > 0 {
			c.regime(ch, under[ch])
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

// refused says whether an attempt met what an outage or a regime does to it at once.
func refused(p *placed) bool { return p.Outcome == channel.Refused && p.Reason == channel.Submit }

// find looks for spells in some channels' attempts, and marks what they did if the scenario has spells to put it down to.
func (c *calibration) find(attempts []placed, refuses float64, mark bool) *fit.Trouble {
	var known []placed
	for _, p := range attempts {
		if p.Accepted || p.Outcome == channel.Refused || p.Outcome == channel.Ambiguous {
			known = append(known, p)
		}
	}
	sequences := c.sequences(known)
	var all [][]fit.Visit
	for _, s := range sequences {
		all = append(all, visits(s, refused))
	}
	t := fit.Troubles(all, refuses)
	for k, s := range sequences {
		for i := range s {
			if mark && t.Told() && t.Inside(k, i) {
				c.spell[s[i].Attempt] = true
			}
		}
	}
	return t
}

// outage fits one outage of the scenario.
func (c *calibration) outage(i int, under []int, done []bool) {
	o := &c.s.Outages[i]
	key := fmt.Sprintf("outages.%d", i)
	f := Finding{Key: key, Stated: fmt.Sprintf("%v for a median of %v, every %v", strings.Join(o.Channels, ", "), o.Lasts.Median, o.Between)}
	var attempts []placed
	alone := true
	for _, name := range o.Channels {
		ch := c.index(name)
		attempts = append(attempts, c.by[ch]...)
		alone = alone && under[ch] == 1
		done[ch] = true
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
	t := c.find(attempts, stopped, true)
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
func (c *calibration) regime(ch, kinds int) {
	name := c.s.Channels[ch].Name
	if kinds > 1 {
		c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"), Stated: fmt.Sprintf("%d of them", kinds), From: fmt.Sprintf("%d attempts", len(c.by[ch])),
			Why: "rows of failures don't tell several kinds of trouble apart"})
		return
	}
	t := c.find(c.by[ch], 0, kinds > 0)
	if kinds == 0 {
		if t.Told() {
			c.Findings = append(c.Findings, Finding{Key: c.key(ch, "regimes"), Stated: "none", From: fmt.Sprintf("%d spells of refused submits", len(t.Spells)),
				Measured: fmt.Sprintf("%s of the time, %s on average, refusing %s", figure.Percent(t.Share.Value), figure.Seconds(t.Lasts.Value), figure.Percent(t.Refuses)),
				Why: fmt.Sprintf("the scenario has none, so its rate of submit errors is that of all times. To model it, calibrate again after you add regimes = { trouble = { share = %q, lasts = { median = %q, sigma = 1.0 }, submit = %q } } to channels.%s",
					figure.Percent(t.Share.Value), figure.Seconds(t.Lasts.Value/math.Exp(0.5)), figure.Percent(t.Refuses), name)})
		}
		return
	}
	g := &c.s.Channels[ch].Regimes[0]
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
