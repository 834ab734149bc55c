package reports

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"channelbench/internal/record"
)

// entry is one strategy as the charts show it.
type entry struct {
	*record.Strategy
	label string     // on marks and rows: shortened, drawable, unique; with a star where replayed
	word  string     // the same inside a sentence
	mark  color.RGBA // of lines, bars and dots
	text  color.RGBA // of letters
	fails []failure  // requirements that do not hold
}

// failure is a requirement that does not hold. One that holds at the stated values, only not in enough
// of the stated ranges, is unsure: to call it missed would contradict the figure beside it.
type failure struct {
	text   string // readable
	unsure bool
}

func unsure(r record.Requirement) bool { return !r.Holds && r.HoldsAsStated }

// Names longer than this are cut in their middle.
const (
	labelRoom = 118 // points, at the size of row names
	rowSize   = 11
)

// roster lists the strategies in the order of the run with their names and colours.
func roster(run *record.Run) []entry {
	list := make([]entry, len(run.Strategies))
	colors := paint{}
	for i := range run.Strategies {
		s := &run.Strategies[i]
		e := &list[i]
		e.Strategy = s
		e.mark = colors.next(s.Kind)
		e.text = textColor(e.mark)
		for _, r := range run.Verdict.Requirements {
			if r.Strategy == s.Name && !r.Holds {
				e.fails = append(e.fails, failure{readable(r.Text), unsure(r)})
			}
		}
		if len(e.fails) == 0 && barren(s) { // what every decision requires
			e.fails = []failure{{text: "delivered > 0%"}}
		}
	}
	name(list, run.Scenario.StrategyLabels)
	return list
}

// name gives every entry a label that no other entry has: the scenario's, if it has one.
func name(list []entry, labels map[string]string) {
	taken := map[string]bool{}
	for i := range list {
		e := &list[i]
		star := ""
		if e.Engine == "replay" {
			star = replayStar
		}
		shown := cmp.Or(labels[e.Name], e.Name)
		word := shortName(shown, "", star)
		for n := 2; taken[upperFirst(word)] || taken[upperFirst(word)+star]; n++ {
			word = shortName(shown, " #"+strconv.Itoa(n), star)
		}
		e.word, e.label = word, upperFirst(word)+star
		taken[upperFirst(word)], taken[e.label] = true, true
	}
}

// replayStar marks a replayed strategy in charts.
const replayStar = "*"

// shortName is a name cut to the room that a row has beside a star, with a suffix that stays.
func shortName(name, suffix, star string) string {
	s := style{size: rowSize, medium: true}
	if name == "" {
		name = "unnamed"
	}
	name = strings.ReplaceAll(name, "_", " ") // for people who don't write scenarios
	return legible(s.shorten(legible(name), labelRoom-s.width(suffix+star)) + suffix)
}

// channelName is what reports call a channel.
func channelName(run *record.Run, name string) string {
	for _, c := range run.Scenario.Channels {
		if c.Name == name && c.Label != "" {
			return c.Label
		}
	}
	return name
}

// withLabel is a name in a text that has room for the scenario's label beside it.
func withLabel(name, label string) string {
	if label == "" {
		return name
	}
	return label + " (" + name + ")"
}

// included are the entries that take part in the decision.
func included(list []entry) []entry {
	return slices.DeleteFunc(slices.Clone(list), func(e entry) bool { return e.Excluded })
}

// named finds the entry that the verdict means.
func named(list []entry, name *string) *entry {
	if name == nil {
		return nil
	}
	for i := range list {
		if list[i].Name == *name {
			return &list[i]
		}
	}
	return nil
}

// sorted orders entries by a figure, lowest first; those without it come last. Ties keep the run's order.
func sorted(list []entry, figure func(entry) *float64) []entry {
	list = slices.Clone(list)
	key := func(e entry) float64 {
		if v, ok := known(figure(e)); ok {
			return v
		}
		return math.Inf(1)
	}
	sort.SliceStable(list, func(i, j int) bool { return key(list[i]) < key(list[j]) })
	return list
}

func costOf(e entry) *float64      { return e.CostPerDelivered.Value }
func p95Of(e entry) *float64       { return e.LatencySeconds.P95.Value }
func inTimeOf(e entry) *float64    { return e.InTimeShare.Value }
func deliveredOf(e entry) *float64 { return e.DeliveredShare.Value }

// moderated is the share of orders that moderation refused. No seller could have kept the promise for them.
func (e entry) moderated() float64 { return e.UndeliveredReasons["moderation"] / 1000 }

// missed is the share of the other orders, of all, for which the promise was not kept.
func (e entry) missed() (share float64, ok bool) {
	v, ok := known(inTimeOf(e))
	return min(max(1-v-e.moderated(), 0), 1), ok
}

// figures are the known values of a figure.
func figures(list []entry, figure func(entry) *float64) []float64 {
	var values []float64
	for _, e := range list {
		if v, ok := known(figure(e)); ok {
			values = append(values, v)
		}
	}
	return values
}

// delivers says whether a strategy delivered any order.
func delivers(s *record.Strategy) bool {
	v, ok := known(s.DeliveredShare.Value)
	return s.Delivered > 0 || ok && v > 0
}

// barren says whether a strategy is known to deliver nothing.
func barren(s *record.Strategy) bool { return s.DeliveredShare.Value != nil && !delivers(s) }

// deliversNothing says whether no entry delivered an order.
func deliversNothing(list []entry) bool { return len(delivering(list)) == 0 }

// delivering are the entries that delivered an order.
func delivering(list []entry) []entry {
	return slices.DeleteFunc(slices.Clone(list), func(e entry) bool { return !delivers(e.Strategy) })
}

// misses says whether a requirement on the figure surely fails.
func (e entry) misses(figure string) bool {
	for _, f := range e.fails {
		if first, _, _ := strings.Cut(f.text, " "); first == figure && !f.unsure {
			return true
		}
	}
	return false
}

// shortest is the shortest way to say the shortcomings: "misses", or "may miss".
const shortest = 2

// shortcomings says what a strategy misses or, if nothing for certain, what it may miss: all of it, then ever shorter. It is
// empty where nothing fails.
func (e entry) shortcomings() []string {
	var missed, open []string
	for _, f := range e.fails {
		if f.unsure {
			open = append(open, f.text)
		} else {
			missed = append(missed, f.text)
		}
	}
	verb, what := "misses", missed
	if len(missed) == 0 {
		verb, what = "may miss", open
	}
	if len(what) == 0 {
		return nil
	}
	return []string{verb + " " + strings.Join(what, ", "), verb + " " + plural(len(what), "requirement"), verb}
}

// beatenBy says whether another strategy is as cheap and as fast, and better in one of them.
func (e entry) beatenBy(other entry) bool {
	cost, time := *costOf(other)-*costOf(e), *p95Of(other)-*p95Of(e)
	return cost <= 0 && time <= 0 && (cost < 0 || time < 0)
}
