package view

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
)

// Labelled is a run among others.
type Labelled struct {
	Label string
	Run   *record.Run
}

// Set is several runs that are read together.
type Set struct {
	Runs  []Member
	Names []Entry // every strategy of any run once, with the label and the colour that it has in all
}

// Member is a run of a set.
type Member struct {
	Labelled
	Short string // the label in charts: drawable, unique
	List  []Entry
}

// NewSet takes runs in the order in which they are to be shown.
func NewSet(runs []Labelled) *Set {
	s := &Set{}
	union := &record.Run{Scenario: record.Scenario{StrategyLabels: map[string]string{}}}
	seen, taken := map[string]bool{}, map[string]bool{}
	for _, r := range runs {
		for _, st := range r.Run.Strategies {
			if !seen[st.Name] {
				seen[st.Name] = true
				union.Scenario.StrategyLabels[st.Name] = r.Run.Scenario.StrategyLabels[st.Name]
				union.Strategies = append(union.Strategies, record.Strategy{Name: st.Name, Kind: st.Kind})
			}
		}
		short := shortLabel(r.Label, "")
		for n := 2; taken[short]; n++ {
			short = shortLabel(r.Label, " #"+strconv.Itoa(n))
		}
		taken[short] = true
		s.Runs = append(s.Runs, Member{r, short, Roster(r.Run)})
	}
	s.Names = Roster(union)
	return s
}

// shortLabel is a run's label cut to the room that a row has, with a suffix that stays.
func shortLabel(label, suffix string) string {
	if strings.TrimSpace(label) == "" {
		label = "unnamed"
	}
	return canvas.Legible(canvas.RunStyle.Shorten(canvas.Legible(label), LabelRoom-canvas.RunStyle.Width(suffix)) + suffix)
}

// Of is the run's strategy of a name.
func (m *Member) Of(name string) *Entry { return Named(m.List, &name) }

// Choice is what the run's verdict comes to, "" if nothing, and whether that is a clear winner. A run that must not
// be used chooses nothing.
func (m *Member) Choice() (name string, won bool) {
	v := m.Run.Verdict
	switch {
	case m.Run.Invalid != "":
		return "", false
	case v.Winner != nil && m.Of(*v.Winner) != nil:
		return *v.Winner, true
	case v.Candidate != nil && m.Of(*v.Candidate) != nil:
		return *v.Candidate, false
	}
	return "", false
}

// Word is a strategy's name inside a sentence.
func (s *Set) Word(name string) string {
	if e := Named(s.Names, &name); e != nil {
		return e.Word
	}
	return name
}

// Purchases groups the runs by what they buy.
func (s *Set) Purchases() [][]*Member {
	var groups [][]*Member
next:
	for i := range s.Runs {
		m := &s.Runs[i]
		for j, g := range groups {
			if g[0].Run.Scenario.PurchaseSHA256 == m.Run.Scenario.PurchaseSHA256 {
				groups[j] = append(g, m)
				continue next
			}
		}
		groups = append(groups, []*Member{m})
	}
	return groups
}

// Warning names the runs that cannot be compared; "" where all buy the same.
func (s *Set) Warning() string {
	groups := s.Purchases()
	if len(groups) < 2 {
		return ""
	}
	texts := make([]string, len(groups))
	for i, g := range groups {
		labels := make([]string, len(g))
		for j, m := range g {
			labels[j] = m.Label
		}
		texts[i] = strings.Join(labels, ", ")
	}
	return "Not comparable: these runs don't buy the same (workload, prices, models or strategies differ): " +
		strings.Join(texts, " | ")
}

// Nights are the benches of a group by the time at which they began.
func Nights(group []*Member) []*Member {
	var list []*Member
	for _, m := range group {
		if m.Run.Mode == "bench" {
			list = append(list, m)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Began().Before(list[j].Began()) })
	return list
}

// Began is when a bench did; the zero time where the run doesn't say.
func (m *Member) Began() time.Time {
	t, err := time.Parse(time.RFC3339, m.Run.Started)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// SetFootnote says where the numbers of several runs come from; of many it counts them.
func SetFootnote(list []*Member) []string {
	var parts []string
	add := func(text string) {
		if text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	sims, benches, mock := 0, 0, 0
	for _, m := range list {
		if m.Run.Mode == "bench" {
			benches++
		} else {
			sims++
		}
		if m.Run.Mock() {
			mock++
		}
		if len(list) <= 3 {
			add(words.CutEnd(m.Label, 40) + ": " + origin(m.Run))
		}
	}
	if len(list) > 3 && sims > 0 {
		add(words.Plural(sims, "simulation"))
	}
	if len(list) > 3 && benches > 0 {
		text := words.Count(int64(benches)) + " benches"
		switch {
		case mock == benches:
			text += " on mock channels"
		case mock > 0:
			text += fmt.Sprintf(", %d on mock channels", mock)
		}
		add(text)
	}
	for _, m := range list {
		add(PriceDates(m.Run.Scenario.Channels))
	}
	for _, m := range list {
		add("channelbench " + m.Run.Tool.Version)
		add(ScenarioID(m.Run.Scenario))
	}
	return parts
}

// All are the runs of the set.
func (s *Set) All() []*Member {
	list := make([]*Member, len(s.Runs))
	for i := range s.Runs {
		list[i] = &s.Runs[i]
	}
	return list
}

func (s *Set) ReplayNote() string {
	for _, m := range s.Runs {
		if text := Marks(m.Run); text != "" {
			return text
		}
	}
	return ""
}

// Cautions are the warnings of all runs, each said once.
func (s *Set) Cautions() []string {
	var list []string
	of := map[string][]string{}
	for _, m := range s.Runs {
		for _, w := range Warnings(m.Run) {
			if of[w] == nil {
				list = append(list, w)
			}
			of[w] = append(of[w], m.Label)
		}
	}
	for i, w := range list {
		list[i] = strings.Join(of[w], ", ") + ": " + w
	}
	return list
}

// Assumptions are those of all runs, each said once.
func (s *Set) Assumptions() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.Runs {
		for _, a := range m.Run.Scenario.Assumptions {
			text := a.Confidence + ": " + Assumption(a)
			if !seen[text] {
				seen[text] = true
				list = append(list, text)
			}
		}
	}
	return list
}

// Scenarios are the names of the runs' scenarios, each once.
func (s *Set) Scenarios() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.Runs {
		if name := m.Run.Scenario.Name; !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// Decision is what a run says, after what forbids its use.
func (m *Member) Decision() string {
	if text := Invalidity(m.Run); text != "" {
		return strings.TrimSuffix(text, ".") + ". " + VerdictSentence(m.Run)
	}
	return VerdictSentence(m.Run)
}
