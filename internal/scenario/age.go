package scenario

import (
	"fmt"
	"slices"
	"time"

	"channelbench/internal/scenario/document"
)

// fresh is how many days what was seen of a channel is relied on; so long before a channel ends it is told.
const fresh = 90

// days are the whole days from one day to another.
func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// old says whether something was seen so long before the scenario was read that it may not hold any more.
func (s *Scenario) old(seen time.Time) bool {
	return !seen.IsZero() && !s.Read.IsZero() && days(seen, s.Read) > fresh
}

// Stale lists what may not hold any more of what is said of a channel: "price", "protocol".
func (s *Scenario) Stale(ch *Channel) []string {
	var stale []string
	if x := rateIn(s.FX, ch.Price.Currency); s.old(ch.Price.AsOf) || x != nil && s.old(x.AsOf) {
		stale = append(stale, "price")
	}
	if s.old(ch.AsOf) {
		stale = append(stale, "protocol")
	}
	return stale
}

// SeenLately says whether anything of a channel, its price or its protocol, was looked at not too long ago.
func (s *Scenario) SeenLately(ch *Channel) bool {
	lately := func(seen time.Time) bool { return !seen.IsZero() && !s.old(seen) }
	return lately(ch.Price.AsOf) || lately(ch.AsOf)
}

// OnSale says whether the channels can be bought: "yes", "in part", "ended 2026-09-24", or "not known" where nobody has
// looked lately.
func (s *Scenario) OnSale() string {
	var last time.Time // on which one ended
	sold, known := 0, false
	for i := range s.Channels {
		if c := &s.Channels[i]; !s.HasEnded(c) {
			sold, known = sold+1, known || s.SeenLately(c)
		} else if c.Ended.After(last) {
			last = c.Ended
		}
	}
	switch {
	case sold == 0:
		return "ended " + last.Format(time.DateOnly)
	case !known:
		return "not known"
	case sold < len(s.Channels):
		return "in part"
	}
	return "yes"
}

// OldestPrice is the day on which the oldest of the prices was seen.
func (s *Scenario) OldestPrice() time.Time {
	return slices.MinFunc(s.Channels, func(a, b Channel) int { return a.Price.AsOf.Compare(b.Price.AsOf) }).Price.AsOf
}

// HasEnded says whether a channel sold nothing any more on the day on which the scenario was read.
func (s *Scenario) HasEnded(ch *Channel) bool {
	return !ch.Ended.IsZero() && !s.Read.IsZero() && !ch.Ended.After(s.Read)
}

// EndsSoon says whether a channel ends within 90 days of the day on which the scenario was read.
func (s *Scenario) EndsSoon(ch *Channel) bool {
	return !ch.Ended.IsZero() && !s.Read.IsZero() && ch.Ended.After(s.Read) && days(s.Read, ch.Ended) <= fresh
}

// Undated warns, before a run that spends money, of prices without a date, in the order of the channels.
func (s *Scenario) Undated() []string {
	var undated []string
	for i := range s.Channels {
		if c := &s.Channels[i]; c.Price.AsOf.IsZero() {
			text := "the price of " + c.Name + " has no date: check it and add as_of"
			if !s.Read.IsZero() {
				text += " = " + s.Read.Format(time.DateOnly)
			}
			undated = append(undated, text)
		}
	}
	return undated
}

// checkAge warns of what is old or ends, and refuses to spend money on what has ended.
func (c *checker) checkAge(ch *Channel) {
	c.checkSeen(ch, "price", ch.Price.AsOf, c.sound("channels", ch.Name, "price", "as_of"))
	c.checkSeen(ch, "protocol", ch.AsOf, c.sound("channels", ch.Name, "as_of"))
	n := c.sound("channels", ch.Name, "ended")
	switch day := ch.Ended.Format(time.DateOnly); {
	case n == nil:
	case c.s.HasEnded(ch) && c.live && c.s.drives(ch.Name):
		c.Fail(n, fmt.Sprintf("leave out of [bench] run the strategies that use %s, as --set bench.run=[…] does; "+
			"or leave ended out, if it is sold again", ch.Name), "%s ended on %s: nothing can be bought there", ch.Name, day)
	case c.s.HasEnded(ch):
		c.OddBecause("ended on "+day, n, "", "%s ended on %s: figures are history", ch.Name, day)
	case c.s.EndsSoon(ch):
		c.OddBecause("ends on "+day, n, "", "%s ends on %s, in %s", ch.Name, day, count(days(c.today, ch.Ended), "day"))
	}
}

// checkRates warns of rates of currencies that were seen too long ago.
func (c *checker) checkRates() {
	for _, x := range c.s.FX {
		if n := c.sound("fx", x.Currency); n != nil && c.s.old(x.AsOf) {
			c.OddBecause("old", n, "check it, and renew it and its as_of", "the rate of %s is of %s, %s ago", x.Currency,
				x.AsOf.Format(time.DateOnly), count(days(x.AsOf, c.today), "day"))
		}
	}
}

// checkSeen warns of what was seen too long ago.
func (c *checker) checkSeen(ch *Channel, what string, seen time.Time, n *document.Node) {
	if n != nil && c.s.old(seen) {
		c.OddBecause("old", n, "check it, and renew it and its as_of", "the %s of %s is of %s, %s ago", what, ch.Name,
			seen.Format(time.DateOnly), count(days(seen, c.today), "day"))
	}
}

// drives says whether a bench buys on a channel, if only as a last resort.
func (s *Scenario) drives(name string) bool {
	return slices.ContainsFunc(s.Strategies, func(st Strategy) bool {
		return slices.Contains(s.Bench.Run, st.Name) && slices.Contains(st.Channels(), name)
	})
}
