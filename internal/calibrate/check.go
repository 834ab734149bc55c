package calibrate

import (
	"fmt"
	"time"

	"channelbench/internal/calibrate/fit"
	"channelbench/internal/calibrate/predict"
	"channelbench/internal/channel"
)

func (c *calibration) check(key string, checks ...predict.Check) {
	for _, k := range checks {
		k.Key = key
		c.Checks = append(c.Checks, k)
	}
}

// checkRate tests whether a rate depends on the night, or on the hour of the day in UTC. Hours of mock channels mean
// nothing.
func (c *calibration) checkRate(ch int, kind channel.Reason) {
	nights, hours := make([]predict.Group, len(c.nights)), make([]predict.Group, 24)
	for n := range nights {
		nights[n].Name = "in the night of " + c.nights[n].From.Format(time.DateOnly)
	}
	for h := range hours {
		hours[h].Name = fmt.Sprintf("from %02d:00 UTC on", h)
	}
	for i := range c.by[ch] {
		p := &c.by[ch][i]
		hits, tries := exposure(p, kind)
		if c.exposedShare(p, kind) <= 0.5 {
			continue
		}
		nights[p.night].Hits += hits
		nights[p.night].Tries += tries
		if h := &hours[p.At.UTC().Hour()]; !c.nights[p.night].Mock {
			h.Hits += hits
			h.Tries += tries
		}
	}
	key := c.key(ch, "errors."+kind.String())
	if k, told := predict.Alike("nights alike", nights, c.s.Seed); told {
		c.check(key, k)
	}
	if k, told := predict.Alike("hours alike", hours, c.s.Seed); told && kind.Phase() == channel.Asking &&
		kind != channel.Moderation {
		c.check(key, k)
	}
}

// checkRows tests whether runs of region errors are longer than the model predicts.
func (c *calibration) checkRows(ch int, passed []placed, model predict.Exits) {
	if len(passed) < Fewest || model.Share == 0 {
		return
	}
	type order struct {
		night int
		name  string
	}
	numbers, n := map[order]int{}, 0
	var all [][]predict.Visit
	for _, s := range c.sequences(passed) {
		sequence := make([]predict.Visit, len(s))
		for i, v := range visits(s, isRegionError) {
			o := order{s[i].night, s[i].Order}
			if _, known := numbers[o]; !known || o.name == "" {
				numbers[o] = n
				n++
			}
			sequence[i] = predict.Visit{Visit: v, Order: numbers[o]}
		}
		all = append(all, sequence)
	}
	c.check(c.key(ch, "errors.region"), predict.Rows(all, model, c.s.Seed+uint64(ch)))
}

// checkTimes tests whether the line explains the spread, the slowest times, the lengths, the nights and the hours.
func (c *calibration) checkTimes(t *timing, x *fit.Times) {
	key := c.key(t.ch, "latency")
	c.check(key, predict.Shape(t.times, x)...)
	if x.Nights > 1 {
		c.check(key, predict.Check{What: "nights alike", P: x.P, Seen: fmt.Sprintf("log-medians differ by %.2f "+
			"from night to night beyond chance", x.Between)})
	}
	if k, told := predict.OnLine("lengths alike", t.times, x,
		func(v *fit.Time) int { return v.Group*100_000 + int(v.Length) }, 1+len(t.keys)); told {
		c.check(key, k)
	}
	if k, told := predict.OnLine("hours alike", c.byHour(t), x, func(v *fit.Time) int { return v.Night }, 1); told {
		c.check(key, k)
	}
}

// byHour are a channel's times with the hour in place of the night.
func (c *calibration) byHour(t *timing) (times []fit.Time) {
	for i := range c.by[t.ch] {
		p := &c.by[t.ch][i]
		if c.nights[p.night].Mock || !p.Made || p.Low == 0 && p.High == 0 {
			continue
		}
		v := fit.Time{Length: float64(p.Seconds), Low: p.Low.Seconds(), High: p.High.Seconds(), Weight: 1,
			Night: p.At.UTC().Hour()}
		if t.keys != nil {
			if v.Group = t.group(p.Resolution); v.Group < 0 {
				continue
			}
		}
		times = append(times, v)
	}
	return times
}

// group is the slope of a resolution; −1: none.
func (t *timing) group(resolution string) int {
	for i, k := range t.keys {
		if k == resolution || k == channel.Any {
			return i
		}
	}
	return -1
}
