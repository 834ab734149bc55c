package chart

import (
	"math"
	"slices"
	"strconv"
)

// A spell is a stretch of time in which a channel failed more than chance explains: an outage, in which nearly every
// attempt failed, or a burst of failures. The rule for both: were each failure to fall on any attempt alike, fewer than
// one run in a hundred would show such a stretch anywhere (Chernoff's bound, times the number of stretches looked at).
// A burst also needs at least eight failures in all, twice as many within the stretch as its attempts would get by
// chance, and a stretch of no more than a fifth of the time.
const (
	byChance      = 0.01
	burstFailures = 8
	burstSlots    = 200 // a longer stretch of a long run is not looked at
	outageTries   = 5
	nearlyAll     = 0.9  // of an outage's attempts fail,
	mostOfBin     = 0.75 // and so many of each of its bins
)

// spell is a stretch of time in which a channel failed.
type spell struct {
	from, to  float64
	reason    string  // a burst's: what failed; "": anything
	failed    float64 // within
	of        float64 // a burst's: the channel's failures of that kind; an outage's: its attempts within
	delivered float64 // an outage's: within
	outage    bool
	silent    bool    // an outage's: hardly any submit was answered
	odds      float64 // at most: that chance alone would show it
}

// seconds is how long it lasted.
func (s spell) seconds() float64 { return s.to - s.from }

// meets says whether two spells overlap.
func (s spell) meets(t spell) bool { return s.from < t.to && t.from < s.to }

// exceeding bounds the chance that of n tries with success p at least k succeed.
func exceeding(k, n, p float64) float64 {
	share := k / n
	switch {
	case !(share > p):
		return 1
	case p <= 0:
		return 0
	}
	divergence := share * math.Log(share/p)
	if share < 1 {
		divergence += (1 - share) * math.Log((1-share)/(1-p))
	}
	return math.Exp(-n * divergence)
}

// outages finds the stretches in which nearly every attempt failed.
func (l lane) outages(bin float64) []spell {
	var found []spell
	for i := 0; i < len(l.slots); i++ {
		j := i
		for j < len(l.slots) && l.slots[j].failed > 0 &&
			l.slots[j].failed >= mostOfBin*(l.slots[j].failed+l.slots[j].delivered) {
			j++
		}
		if j == i {
			continue
		}
		s := spell{from: l.slots[i].from, to: l.slots[j-1].from + bin, outage: true}
		unanswered := 0.0
		for _, t := range l.slots[i:j] {
			s.failed, s.delivered = s.failed+t.failed, s.delivered+t.delivered
			unanswered += t.outcomes["ambiguous"]
		}
		s.of, s.silent = s.failed+s.delivered, unanswered >= nearlyAll*s.failed
		elsewhere := (l.failed - s.failed + 1) / (l.failed + l.delivered - s.of + 2) // how often attempts fail otherwise
		s.odds = exceeding(s.failed, s.of, elsewhere) * float64(len(l.slots))
		if s.of >= outageTries && s.failed >= nearlyAll*s.of && s.odds < byChance {
			found = append(found, s)
		}
		i = j - 1
	}
	return found
}

// burst finds the stretch of time in which failures came together least by chance.
func (l lane) burst(bin, end float64) (best spell, found bool) {
	kinds := []string{""}
	if len(l.reasons) > 1 {
		kinds = append(kinds, l.reasons...)
	}
	for _, kind := range kinds {
		s, looks := l.densest(kind, bin, end/5)
		s.odds *= looks * float64(len(kinds))
		if s.of >= burstFailures && s.odds < byChance && (!found || s.odds < best.odds) {
			best, found = s, true
		}
	}
	if found && best.reason == "" && len(l.reasons) == 1 {
		best.reason = l.reasons[0]
	}
	return best, found
}

// densest is the stretch, at most so long, whose failures of a kind ("" is any) chance explains least, and how many
// stretches were looked at. It begins and ends with a failure.
func (l lane) densest(kind string, bin, longest float64) (best spell, looks float64) {
	all := l.failures(kind)
	best.odds = 1
	for i, first := range l.slots {
		s, tries := spell{from: first.from, reason: kind, of: all}, 0.0
		for _, t := range l.slots[i:min(i+burstSlots, len(l.slots))] {
			if t.from > first.from && t.from+bin-first.from > longest {
				break
			}
			looks++
			n := t.failures(kind)
			tries, s.failed, s.to = tries+t.all, s.failed+n, t.from+bin
			if n == 0 || first.failures(kind) == 0 || s.failed < 2*all*tries/l.all {
				continue
			}
			if s.odds = exceeding(s.failed, all, tries/l.all); s.odds < best.odds {
				best = s
			}
		}
	}
	return best, looks
}

// fullest is the most failures that a stretch of a tenth of the time holds.
func (l lane) fullest(bin, end float64) (failed, seconds float64) {
	seconds = max(1, math.Round(end/10/bin)) * bin
	sum, from := 0.0, 0
	for _, t := range l.slots {
		for sum += t.failed; l.slots[from].from <= t.from-seconds*(1-1e-9); from++ {
			sum -= l.slots[from].failed
		}
		failed = max(failed, sum)
	}
	return failed, seconds
}

// spells are a channel's outages, and its burst where no outage explains it.
func (l lane) spells(bin, end float64) []spell {
	found := l.outages(bin)
	if b, ok := l.burst(bin, end); ok && !slices.ContainsFunc(found, b.meets) {
		found = append(found, b)
	}
	return found
}

// lasting prints a length of time as one says it: "40 s", "2.5 min".
func lasting(seconds float64) string {
	unit, length := "s", 1.0
	switch {
	case seconds >= 2*86400:
		unit, length = "days", 86400
	case seconds >= 90*60:
		unit, length = "h", 3600
	case seconds >= 90:
		unit, length = "min", 60
	case seconds < 1:
		return "less than 1 s"
	}
	n, digits := seconds/length, 0
	if n < 9.95 && math.Abs(n-math.Round(n)) > 0.05 {
		digits = 1
	}
	return strconv.FormatFloat(n, 'f', digits, 64) + " " + unit
}
