package reports

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/record"
)

// Labelled is a run among others.
type Labelled struct {
	Label string
	Run   *record.Run
}

// Set is several runs that are read together.
type Set struct {
	runs  []member
	names []entry // every strategy of any run once, with the label and the colour that it has in all
}

// member is a run of a set.
type member struct {
	Labelled
	short string // the label in charts: drawable, unique
	list  []entry
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
		s.runs = append(s.runs, member{r, short, roster(r.Run)})
	}
	s.names = roster(union)
	return s
}

// shortLabel is a run's label cut to the room that a row has, with a suffix that stays.
func shortLabel(label, suffix string) string {
	if strings.TrimSpace(label) == "" {
		label = "unnamed"
	}
	return legible(runStyle.shorten(legible(label), labelRoom-runStyle.width(suffix)) + suffix)
}

// of is the run's strategy of a name.
func (m *member) of(name string) *entry { return named(m.list, &name) }

// choice is what the run's verdict comes to, "" if nothing, and whether that is a clear winner. A run that must not
// be used chooses nothing.
func (m *member) choice() (name string, won bool) {
	v := m.Run.Verdict
	switch {
	case m.Run.Invalid != "":
		return "", false
	case v.Winner != nil && m.of(*v.Winner) != nil:
		return *v.Winner, true
	case v.Candidate != nil && m.of(*v.Candidate) != nil:
		return *v.Candidate, false
	}
	return "", false
}

// word is a strategy's name inside a sentence.
func (s *Set) word(name string) string {
	if e := named(s.names, &name); e != nil {
		return e.word
	}
	return name
}

// purchases groups the runs by what they buy.
func (s *Set) purchases() [][]*member {
	var groups [][]*member
next:
	for i := range s.runs {
		m := &s.runs[i]
		for j, g := range groups {
			if g[0].Run.Scenario.PurchaseSHA256 == m.Run.Scenario.PurchaseSHA256 {
				groups[j] = append(g, m)
				continue next
			}
		}
		groups = append(groups, []*member{m})
	}
	return groups
}

// warning names the runs that cannot be compared; "" where all buy the same.
func (s *Set) warning() string {
	groups := s.purchases()
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
	return "Not comparable: these runs don't buy the same (workload, prices, models or strategies differ): " + strings.Join(texts, " | ")
}

// nights are the benches of a group by the time at which they began.
func nights(group []*member) []*member {
	var list []*member
	for _, m := range group {
		if m.Run.Mode == "bench" {
			list = append(list, m)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].began().Before(list[j].began()) })
	return list
}

// began is when a bench did; the zero time where the run doesn't say.
func (m *member) began() time.Time {
	t, err := time.Parse(time.RFC3339, m.Run.Started)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// setFootnote says where the numbers of several runs come from; of many it counts them.
func setFootnote(list []*member) []string {
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
			add(cutEnd(m.Label, 40) + ": " + origin(m.Run))
		}
	}
	if len(list) > 3 && sims > 0 {
		add(plural(sims, "simulation"))
	}
	if len(list) > 3 && benches > 0 {
		text := count(int64(benches)) + " benches"
		switch {
		case mock == benches:
			text += " on mock channels"
		case mock > 0:
			text += fmt.Sprintf(", %d on mock channels", mock)
		}
		add(text)
	}
	for _, m := range list {
		add(priceDates(m.Run.Scenario.Channels))
	}
	for _, m := range list {
		add("channelbench " + m.Run.Tool.Version)
		add(scenarioID(m.Run.Scenario))
	}
	return parts
}

// all are the runs of the set.
func (s *Set) all() []*member {
	list := make([]*member, len(s.runs))
	for i := range s.runs {
		list[i] = &s.runs[i]
	}
	return list
}

func (s *Set) replayNote() string {
	for _, m := range s.runs {
		if text := marks(m.Run); text != "" {
			return text
		}
	}
	return ""
}

// cautions are the warnings of all runs, each said once.
func (s *Set) cautions() []string {
	var list []string
	of := map[string][]string{}
	for _, m := range s.runs {
		for _, w := range warnings(m.Run) {
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

// assumptions are those of all runs, each said once.
func (s *Set) assumptions() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.runs {
		for _, a := range m.Run.Scenario.Assumptions {
			text := a.Confidence + ": " + assumption(a)
			if !seen[text] {
				seen[text] = true
				list = append(list, text)
			}
		}
	}
	return list
}

// scenarios are the names of the runs' scenarios, each once.
func (s *Set) scenarios() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.runs {
		if name := m.Run.Scenario.Name; !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// decision is what a run says, after what forbids its use.
func (m *member) decision() string {
	if text := invalidity(m.Run); text != "" {
		return strings.TrimSuffix(text, ".") + ". " + verdictSentence(m.Run)
	}
	return verdictSentence(m.Run)
}
