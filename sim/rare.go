package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/world"
)

// enoughSpells are as many as show how long such spells can be: below, months that met none of the longest look more
// alike than they are.
const enoughSpells = 100

// enoughMonths are as many as make an interval of a cost that hangs on rare failures hold what it says.
const enoughMonths = 30

// fewMonths warns of intervals over few months.
func (s *sample) fewMonths() []string {
	if s.n < 2 || s.n >= enoughMonths {
		return nil
	}
	return []string{fmt.Sprintf("%d months are few: intervals of costs that hang on rare failures can hold the truth in 92%% rather than 95%%; %d are enough (--months)", s.n, enoughMonths)}
}

// rareSpells warns of spells of trouble that the months hardly ever met: the intervals of what hangs on them are too narrow.
func (s *sample) rareSpells() []string {
	var warnings []string
	used := func(ch int) bool {
		return slices.ContainsFunc(s.compiled.Uses, func(uses []bool) bool { return uses[ch] })
	}
	warn := func(what string, perMonth float64) {
		if n := perMonth * float64(s.n); n > 0 && n < enoughSpells {
			warnings = append(warnings, fmt.Sprintf("%s: %s are expected in %d months, too few to show how long they can be, so the intervals of what hangs on them are too narrow; %.0f months have %d (--months)",
				what, strconv.FormatFloat(n, 'g', 2, 64), s.n, math.Ceil(enoughSpells/perMonth), enoughSpells))
		}
	}
	month := world.Month.Seconds()
	for ch := range s.scenario.Channels {
		for i, g := range s.scenario.Channels[ch].Regimes {
			regime := &s.compiled.Model.Channels[ch].Regimes[i]
			if regime.Refuses == 0 || !used(ch) {
				continue
			}
			warn(fmt.Sprintf("spells of %s on %s", g.Name, s.scenario.Channels[ch].Name), month*regime.Share/regime.Lasts.Mean())
		}
	}
	for i, o := range s.compiled.Model.Outages {
		if !slices.ContainsFunc(o.Channels, used) {
			continue
		}
		warn("outages of "+strings.Join(s.scenario.Outages[i].Channels, " and "), month/(o.Between.Seconds()+o.Lasts.Mean()))
	}
	return warnings
}
