package reports

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"channelbench/internal/record"
)

// headline is what a chart says above its figures: its title, unless the run must not be used.
func headline(run *record.Run, title string) string {
	if run.Invalid != "" {
		return "Not to be used: " + run.Invalid
	}
	return title
}

// answer is what a run decides among its strategies.
type answer struct {
	run    *record.Run
	list   []entry // cheapest first
	winner *entry
	leader *entry // candidate without being winner
}

func newAnswer(run *record.Run) answer {
	all := roster(run)
	a := answer{run: run, list: sorted(all, costOf), winner: named(all, run.Verdict.Winner)}
	if a.winner == nil {
		a.leader = named(all, run.Verdict.Candidate)
	}
	return a
}

// marks says what the star of replayed strategies means; "" where there is none.
func marks(run *record.Run) string { return replayNote(run, replayStar+" replayed") }

// sentence is the decision, computed from the figures shown. It claims nothing that
// the bars below it do not show.
func (a *answer) sentence() string {
	in := included(a.list)
	switch {
	case len(a.list) == 0:
		return "This run holds no strategy"
	case len(in) == 0:
		return "Every strategy is excluded from the decision"
	case a.winner != nil:
		return upperFirst(a.winnerTitle(in))
	case deliversNothing(a.list):
		return "No strategy delivers an order"
	case a.leader != nil:
		return a.leaderTitle()
	case a.nobodyQualifies(in):
		return nobodyTitle(in)
	}
	return upperFirst(rangeTitle(in))
}

// nobodyQualifies says whether every strategy misses a requirement.
func (a *answer) nobodyQualifies(in []entry) bool {
	for _, e := range in {
		if len(e.fails) == 0 {
			return false
		}
	}
	return true
}

// nobodyTitle names the requirement if one alone is what all fail. Where a strategy may yet meet
// everything, depending on what is not known exactly, none is sure to.
func nobodyTitle(in []entry) string {
	verb, shared := "meets", in[0].fails
	for _, e := range in {
		if !slices.ContainsFunc(e.fails, func(f failure) bool { return !f.unsure }) {
			verb = "is sure to meet"
		}
		shared = slices.DeleteFunc(slices.Clone(shared), func(f failure) bool {
			return !slices.ContainsFunc(e.fails, func(g failure) bool { return g.text == f.text })
		})
	}
	what := "every requirement"
	if len(shared) == 1 {
		what = "“" + cutEnd(shared[0].text, 40) + "”"
	}
	return "No strategy " + verb + " " + what
}

// winnerTitle compares the winner with the cheapest other strategy that qualifies.
func (a *answer) winnerTitle(in []entry) string {
	w := a.winner
	required := len(a.run.Verdict.Requirements) > 0 && len(w.fails) == 0
	cost, ok := known(costOf(*w))
	if !ok {
		return w.word + " is the choice; its cost per clip is not known"
	}
	price := shortDollars(cost, centDecimals(figures(a.list, costOf)))
	if p95, ok := known(p95Of(*w)); ok && a.run.Verdict.Minimise == "p95" {
		return fmt.Sprintf("%s is the choice: 95%% of orders done within %s, at %s a clip", w.word, clock(p95), price)
	}
	if more, ok := known(a.run.Verdict.ExclusionCost); ok && more >= 1 && len(a.run.Verdict.Excluded) > 0 {
		without := cutEnd(strings.ReplaceAll(strings.Join(a.run.Verdict.Excluded, " and "), "_", " "), 24)
		return fmt.Sprintf("%s is the choice at %s a clip; excluding %s costs %s a month", w.word, price, without, shortDollars(more, 0))
	}
	saving, other := saved(a.run, w, a.list)
	switch {
	case w.Name == a.run.Verdict.Baseline:
		return fmt.Sprintf("%s, the baseline, stays the choice at %s a clip", w.word, price)
	case saving != nil && saving.Baseline:
		return fmt.Sprintf("%s costs %s, at %s a clip", w.word, saving.Stated(other.word), price)
	case required && len(in) > 1 && !a.rivalled(in):
		return fmt.Sprintf("only %s meets every requirement, at %s a clip", w.word, price)
	}
	rest := ""
	switch {
	case saving == nil:
	case saving.None():
		rest = ", about as much as " + other.word + saving.Basis()
	case saving.USD() > 0:
		rest = fmt.Sprintf(", %s less a month than %s%s", record.Percent(saving.Share()), other.word, saving.Basis())
	default:
		return fmt.Sprintf("%s has the lowest total cost, at %s a clip", w.word, price)
	}
	if required {
		return fmt.Sprintf("%s meets every requirement at %s a clip%s", w.word, price, rest)
	}
	return fmt.Sprintf("%s delivers a clip for %s%s", w.word, price, rest)
}

// rivalled says whether another strategy meets the requirements, too.
func (a *answer) rivalled(in []entry) bool {
	return slices.ContainsFunc(in, func(e entry) bool { return e.Name != a.winner.Name && len(e.fails) == 0 })
}

// saved is what a strategy saves by the run's decision, if that is about it, and the other as charts call it.
func saved(run *record.Run, subject *entry, list []entry) (*record.Saving, *entry) {
	s := run.Verdict.Saving
	if s == nil || s.Strategy != subject.Name {
		return nil, nil
	}
	other := named(list, &s.Against)
	if other == nil {
		return nil, nil
	}
	return s, other
}

// leaderTitle says how often the leader and the next one come out best.
func (a *answer) leaderTitle() string {
	best := a.run.Verdict.ProbabilityBest
	names := make([]string, 0, len(best))
	for n := range best {
		if n != a.leader.Name {
			names = append(names, n)
		}
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := best[names[i]], best[names[j]]
		return a > b || a == b && names[i] < names[j]
	})
	share, found := best[a.leader.Name]
	if found && len(names) > 0 && a.run.Verdict.Draws > 1 {
		if next := named(a.list, &names[0]); next != nil && best[names[0]] > 0 {
			return fmt.Sprintf("No clear winner: %s is best in %s of draws, %s in %s",
				a.leader.word, wholePercent(share), next.word, wholePercent(best[names[0]]))
		}
	}
	return fmt.Sprintf("No clear winner; %s leads", a.leader.word)
}

// rangeTitle is for runs without a decision.
func rangeTitle(in []entry) string {
	costs := figures(in, costOf)
	if len(costs) == 0 {
		return "what a delivered clip costs is not known"
	}
	decimals := centDecimals(costs)
	cheap, dear := in[0], in[len(costs)-1]
	low := shortDollars(*costOf(cheap), decimals)
	high := shortDollars(*costOf(dear), decimals)
	switch {
	case len(costs) == 1:
		return fmt.Sprintf("%s delivers a clip for %s", cheap.word, low)
	case low == high:
		return fmt.Sprintf("a delivered clip costs about %s with every strategy", low)
	}
	return fmt.Sprintf("a delivered clip costs %s with %s, %s with %s", low, cheap.word, high, dear.word)
}
