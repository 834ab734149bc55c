package view

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
)

// Entry is one strategy as the charts show it.
type Entry struct {
	*record.Strategy
	Label string     // on marks and rows: shortened, drawable, unique; with a star where replayed
	Word  string     // the same inside a sentence
	Mark  color.RGBA // of lines, bars and dots
	Text  color.RGBA // of letters
	Fails []failure  // requirements that do not hold
}

// failure is a requirement that does not hold. One that holds at the stated values, only not in enough
// of the stated ranges, is unsure: to call it missed would contradict the figure beside it.
type failure struct {
	metric string // the figure's name
	text   string // readable
	unsure bool
}

func Unsure(r record.Requirement) bool { return !r.Holds && r.HoldsAsStated }

// Names longer than this are cut in their middle.
const (
	LabelRoom = 118 // points, at the size of row names
	RowSize   = 11
)

// Roster lists the strategies in the order of the run with their names and colours.
func Roster(run *record.Run) []Entry {
	list := make([]Entry, len(run.Strategies))
	colors := canvas.Palette{}
	for i := range run.Strategies {
		s := &run.Strategies[i]
		e := &list[i]
		e.Strategy = s
		e.Mark = colors.Next(s.Kind)
		e.Text = canvas.TextColor(e.Mark)
		for _, r := range run.Verdict.Requirements {
			if r.Strategy == s.Name && !r.Holds {
				e.Fails = append(e.Fails, failure{r.Metric, words.Readable(r.Text), Unsure(r)})
			}
		}
		if len(e.Fails) == 0 && Barren(s) { // what every decision requires
			e.Fails = []failure{{metric: figure.Delivered.String(), text: "delivered > 0%"}}
		}
	}
	name(list, run.Scenario.StrategyLabels)
	return list
}

// name gives every entry a label that no other entry has: the scenario's, if it has one.
func name(list []Entry, labels map[string]string) {
	taken := map[string]bool{}
	for i := range list {
		e := &list[i]
		star := ""
		if e.Engine == "replay" {
			star = ReplayStar
		}
		shown := cmp.Or(labels[e.Name], e.Name)
		word := ShortName(shown, "", star)
		for n := 2; taken[words.UpperFirst(word)] || taken[words.UpperFirst(word)+star]; n++ {
			word = ShortName(shown, " #"+strconv.Itoa(n), star)
		}
		e.Word, e.Label = word, words.UpperFirst(word)+star
		taken[words.UpperFirst(word)], taken[e.Label] = true, true
	}
}

// ReplayStar marks a replayed strategy in charts.
const ReplayStar = "*"

// ShortName is a name cut to the room that a row has beside a star, with a suffix that stays.
func ShortName(name, suffix, star string) string {
	s := canvas.Style{Size: RowSize, Medium: true}
	if name == "" {
		name = "unnamed"
	}
	name = strings.ReplaceAll(name, "_", " ") // for people who don't write scenarios
	return canvas.Legible(s.Shorten(canvas.Legible(name), LabelRoom-s.Width(suffix+star)) + suffix)
}

// ChannelName is what reports call a channel.
func ChannelName(run *record.Run, name string) string {
	for _, c := range run.Scenario.Channels {
		if c.Name == name && c.Label != "" {
			return c.Label
		}
	}
	return name
}

// WithLabel is a name in a text that has room for the scenario's label beside it.
func WithLabel(name, label string) string {
	if label == "" {
		return name
	}
	return label + " (" + name + ")"
}

// Included are the entries that take part in the decision.
func Included(list []Entry) []Entry {
	return slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return e.Excluded })
}

// Named finds the entry that the verdict means.
func Named(list []Entry, name *string) *Entry {
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

// Sorted orders entries by a figure, lowest first; those without it come last. Ties keep the run's order.
func Sorted(list []Entry, figure func(Entry) *float64) []Entry {
	list = slices.Clone(list)
	key := func(e Entry) float64 {
		if v, ok := words.Known(figure(e)); ok {
			return v
		}
		return math.Inf(1)
	}
	sort.SliceStable(list, func(i, j int) bool { return key(list[i]) < key(list[j]) })
	return list
}

func CostOf(e Entry) *float64      { return e.CostPerDelivered.Value }
func P95Of(e Entry) *float64       { return e.LatencySeconds.P95.Value }
func InTimeOf(e Entry) *float64    { return e.InTimeShare.Value }
func DeliveredOf(e Entry) *float64 { return e.DeliveredShare.Value }

// Moderated is the share of orders that moderation refused. No seller could have kept the promise for them.
func (e Entry) Moderated() float64 { return e.UndeliveredReasons["moderation"] / 1000 }

// Missed is the share of the other orders, of all, for which the promise was not kept.
func (e Entry) Missed() (share float64, ok bool) {
	v, ok := words.Known(InTimeOf(e))
	return min(max(1-v-e.Moderated(), 0), 1), ok
}

// Figures are the known values of a figure.
func Figures(list []Entry, figure func(Entry) *float64) []float64 {
	var values []float64
	for _, e := range list {
		if v, ok := words.Known(figure(e)); ok {
			values = append(values, v)
		}
	}
	return values
}

// delivers says whether a strategy delivered any order.
func delivers(s *record.Strategy) bool {
	v, ok := words.Known(s.DeliveredShare.Value)
	return s.Delivered > 0 || ok && v > 0
}

// Barren says whether a strategy is known to deliver nothing.
func Barren(s *record.Strategy) bool { return s.DeliveredShare.Value != nil && !delivers(s) }

// DeliversNothing says whether no entry delivered an order.
func DeliversNothing(list []Entry) bool { return len(Delivering(list)) == 0 }

// Delivering are the entries that delivered an order.
func Delivering(list []Entry) []Entry {
	return slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return !delivers(e.Strategy) })
}

// Misses says whether a requirement on a figure surely fails.
func (e Entry) Misses(id figure.ID) bool {
	return slices.ContainsFunc(e.Fails, func(f failure) bool { return f.metric == id.String() && !f.unsure })
}

// Shortest is the shortest way to say the shortcomings: "misses", or "may miss".
const Shortest = 2

// Shortcomings says what a strategy misses or, if nothing for certain, what it may miss: all of it, then ever shorter.
// It is empty where nothing fails.
func (e Entry) Shortcomings() []string {
	var missed, open []string
	for _, f := range e.Fails {
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
	return []string{verb + " " + strings.Join(what, ", "), verb + " " + words.Plural(len(what), "requirement"), verb}
}

// BeatenBy says whether another strategy is as cheap and as fast, and better in one of them.
func (e Entry) BeatenBy(other Entry) bool {
	cost, time := *CostOf(other)-*CostOf(e), *P95Of(other)-*P95Of(e)
	return cost <= 0 && time <= 0 && (cost < 0 || time < 0)
}
