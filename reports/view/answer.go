package view

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Headline is what a chart says above its figures: its title, unless the run must not be used.
func Headline(run *record.Run, title string) string {
	if run.Invalid != "" {
		return "Not to be used: " + run.Invalid
	}
	return title
}

// Answer is what a run decides among its strategies.
type Answer struct {
	Run    *record.Run
	List   []Entry // cheapest first
	Winner *Entry
	Leader *Entry // candidate without being winner
}

func NewAnswer(run *record.Run) Answer {
	all := Roster(run)
	a := Answer{Run: run, List: Sorted(all, CostOf), Winner: Named(all, run.Verdict.Winner)}
	if a.Winner == nil {
		a.Leader = Named(all, run.Verdict.Candidate)
	}
	return a
}

// Marks says what the star of replayed strategies means; "" where there is none.
func Marks(run *record.Run) string { return ReplayNote(run, ReplayStar+" replayed") }

// Sentence is the decision, computed from the figures shown. It claims nothing that
// the bars below it do not show.
func (a *Answer) Sentence() string {
	in := Included(a.List)
	switch {
	case len(a.List) == 0:
		return "This run holds no strategy"
	case len(in) == 0:
		return "Every strategy is excluded from the decision"
	case a.Winner != nil:
		return words.UpperFirst(a.winnerTitle(in))
	case DeliversNothing(a.List):
		return "No strategy delivers an order"
	case a.Leader != nil:
		return a.leaderTitle()
	case a.nobodyQualifies(in):
		return nobodyTitle(in)
	}
	return words.UpperFirst(rangeTitle(in))
}

// nobodyQualifies says whether every strategy misses a requirement.
func (a *Answer) nobodyQualifies(in []Entry) bool {
	for _, e := range in {
		if len(e.Fails) == 0 {
			return false
		}
	}
	return true
}

// nobodyTitle names the requirement if one alone is what all fail. Where a strategy may yet meet
// everything, depending on what is not known exactly, none is sure to.
func nobodyTitle(in []Entry) string {
	verb, shared := "meets", in[0].Fails
	for _, e := range in {
		if !slices.ContainsFunc(e.Fails, func(f failure) bool { return !f.unsure }) {
			verb = "is sure to meet"
		}
		shared = slices.DeleteFunc(slices.Clone(shared), func(f failure) bool {
			return !slices.ContainsFunc(e.Fails, func(g failure) bool { return g.text == f.text })
		})
	}
	what := "every requirement"
	if len(shared) == 1 {
		what = "“" + words.CutEnd(shared[0].text, 40) + "”"
	}
	return "No strategy " + verb + " " + what
}

// winnerTitle compares the winner with the cheapest other strategy that qualifies.
func (a *Answer) winnerTitle(in []Entry) string {
	w := a.Winner
	required := len(a.Run.Verdict.Requirements) > 0 && len(w.Fails) == 0
	cost, ok := words.Known(CostOf(*w))
	if !ok {
		return w.Word + " is the choice; its cost per clip is not known"
	}
	price := words.Clip(cost)
	if p95, ok := words.Known(P95Of(*w)); ok && a.Run.Verdict.Minimise == "p95" {
		return fmt.Sprintf("%s is the choice: 95%% of orders done within %s, at %s a clip", w.Word, words.Clock(p95), price)
	}
	if more, ok := words.Known(a.Run.Verdict.ExclusionCost); ok && more >= 1 && len(a.Run.Verdict.Excluded) > 0 {
		without := words.CutEnd(strings.ReplaceAll(strings.Join(a.Run.Verdict.Excluded, " and "), "_", " "), 24)
		return fmt.Sprintf("%s is the choice at %s a clip; excluding %s costs %s a month", w.Word, price, without,
			words.ShortDollars(more, 0))
	}
	saving, other := Saved(a.Run, w, a.List)
	switch {
	case w.Name == a.Run.Verdict.Baseline:
		return fmt.Sprintf("%s, the baseline, stays the choice at %s a clip", w.Word, price)
	case saving != nil && saving.Baseline:
		return fmt.Sprintf("%s costs %s, at %s a clip", w.Word, saving.Stated(other.Word), price)
	case required && len(in) > 1 && !a.rivalled(in):
		return fmt.Sprintf("only %s meets every requirement, at %s a clip", w.Word, price)
	}
	rest := ""
	switch {
	case saving == nil:
	case saving.None():
		rest = ", about as much as " + other.Word + saving.Basis()
	case saving.USD() > 0:
		rest = fmt.Sprintf(", %s less a month than %s%s", words.Share(saving.Share()), other.Word, saving.Basis())
	default:
		return fmt.Sprintf("%s has the lowest total cost, at %s a clip", w.Word, price)
	}
	if required {
		return fmt.Sprintf("%s meets every requirement at %s a clip%s", w.Word, price, rest)
	}
	return fmt.Sprintf("%s delivers a clip for %s%s", w.Word, price, rest)
}

// rivalled says whether another strategy meets the requirements, too.
func (a *Answer) rivalled(in []Entry) bool {
	return slices.ContainsFunc(in, func(e Entry) bool { return e.Name != a.Winner.Name && len(e.Fails) == 0 })
}

// Saved is what a strategy saves by the run's decision, if that is about it, and the other as charts call it.
func Saved(run *record.Run, subject *Entry, list []Entry) (*record.Saving, *Entry) {
	s := run.Verdict.Saving
	if s == nil || s.Strategy != subject.Name {
		return nil, nil
	}
	other := Named(list, &s.Against)
	if other == nil {
		return nil, nil
	}
	return s, other
}

// leaderTitle says how often the leader and the next one come out best.
func (a *Answer) leaderTitle() string {
	best := a.Run.Verdict.ProbabilityBest
	names := make([]string, 0, len(best))
	for n := range best {
		if n != a.Leader.Name {
			names = append(names, n)
		}
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := best[names[i]], best[names[j]]
		return a > b || a == b && names[i] < names[j]
	})
	share, found := best[a.Leader.Name]
	if found && len(names) > 0 && a.Run.Verdict.Draws > 1 {
		if next := Named(a.List, &names[0]); next != nil && best[names[0]] > 0 {
			return fmt.Sprintf("No clear winner: %s is best in %s of draws, %s in %s",
				a.Leader.Word, words.WholePercent(share), next.Word, words.WholePercent(best[names[0]]))
		}
	}
	return fmt.Sprintf("No clear winner; %s leads", a.Leader.Word)
}

// rangeTitle is for runs without a decision.
func rangeTitle(in []Entry) string {
	costs := Figures(in, CostOf)
	if len(costs) == 0 {
		return "what a delivered clip costs is not known"
	}
	cheap, dear := in[0], in[len(costs)-1]
	low := words.Clip(*CostOf(cheap))
	high := words.Clip(*CostOf(dear))
	switch {
	case len(costs) == 1:
		return fmt.Sprintf("%s delivers a clip for %s", cheap.Word, low)
	case low == high:
		return fmt.Sprintf("a delivered clip costs about %s with every strategy", low)
	}
	return fmt.Sprintf("a delivered clip costs %s with %s, %s with %s", low, cheap.Word, high, dear.Word)
}
