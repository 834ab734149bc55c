package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Call is how a run was called for.
type Call struct {
	Scenario string // as its user named it; "": not known
	Set      []string
	Folder   string // the run's own
	History  string // the file that its night was added to; "": none
	Live     bool
}

// scenario is the scenario with its overrides, as a command takes it.
func (c Call) scenario() string {
	text := quoted(c.Scenario)
	for _, override := range c.Set {
		text += " --set " + quoted(override)
	}
	return text
}

// calibrates says whether the scenario without the overrides is what a run can be put into: those of [bench] change
// nothing that is measured.
func (c Call) calibrates() bool {
	return !slices.ContainsFunc(c.Set, func(override string) bool { return !strings.HasPrefix(override, "bench.") })
}

// Step is what to do next: why, and the command for it.
type Step struct{ Why, Command string }

// Next is what to do after a run; nil where nobody knows how it was called for.
func Next(run *record.Run, call Call) *Step {
	if run.Mode == "bench" {
		return afterBench(run, call)
	}
	if call.Scenario == "" {
		return nil
	}
	v := &run.Verdict
	do := func(why, verb, rest string) *Step {
		return &Step{why, "channelbench " + verb + " " + call.scenario() + rest}
	}
	list := Roster(run)
	switch {
	case run.Incomplete:
		return do("All months of it:", "sim", "")
	case v.Winner != nil:
		return do("See it work on mock channels, for nothing (on real ones: --live --max-spend):", "bench", "")
	case v.Candidate != nil || v.Closest != nil:
		return do("How many orders it takes to measure what decides, what they cost, and whether that is worth it:",
			"plan", "")
	case DeliversNothing(Included(list)):
		return do("What the scenario says of these channels, with every default:", "check", " --resolved")
	}
	kept, missed := closest(run)
	if len(missed) == 0 {
		return do("What a bench would cost, and what it would show:", "plan", "")
	}
	return do("What would be chosen without "+strings.Join(missed, " and ")+":",
		"sim", " --set "+quoted("decision.require=["+quotedList(kept)+"]"))
}

// closest are the requirements that the strategy with the fewest shortcomings keeps, and those that it misses.
func closest(run *record.Run) (kept, missed []string) {
	fewest := -1
	for _, e := range Sorted(Included(Roster(run)), CostOf) {
		var ok, not []string
		for _, r := range run.Verdict.Requirements {
			switch {
			case r.Strategy != e.Name:
			case r.HoldsAsStated || r.Holds:
				ok = append(ok, r.Text)
			default:
				not = append(not, r.Text)
			}
		}
		if fewest < 0 || len(not) < fewest {
			fewest, kept, missed = len(not), ok, not
		}
	}
	return kept, missed
}

func quotedList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return strings.Join(quoted, ", ")
}

func afterBench(run *record.Run, call Call) *Step {
	again := "channelbench bench "
	if call.Live {
		again += "--live "
	}
	switch {
	case run.Invalid != "" && run.Mock() && call.Scenario != "":
		step := &Step{"Nothing of this may be used. Mend what is named above, then run it anew:",
			again + call.scenario() + " -o " + quoted(call.Folder)}
		if call.History != "" {
			step.Command += " --history " + quoted(call.History)
		}
		return step
	case run.Invalid != "":
		return &Step{"Nothing of this may be used. Mend what is named above, then go on with it:",
			again + "--resume " + quoted(call.Folder)}
	case call.History != "":
		return &Step{"Did anything get worse or dearer than in the nights before?",
			"channelbench compare --history " + quoted(call.History)}
	case call.Scenario == "":
		return nil
	case !call.calibrates():
		return &Step{"What a month of this costs, by the scenario:", "channelbench sim " + call.scenario()}
	}
	why := "Put what was measured into the scenario, then decide by it:"
	if run.Mock() {
		why = "Real channels want --live --max-spend. What they do then goes into the scenario by this:"
	}
	return &Step{why, "channelbench calibrate " + quoted(call.Scenario) + " " + quoted(call.Folder) + " -o measured.toml"}
}

// NextOfPlan is what to do after a plan.
func NextOfPlan(p *record.Plan, call Call) *Step {
	if call.Scenario == "" {
		return nil
	}
	if w := p.Worth; w != nil && w.Best.Orders > 0 && w.Best.Nights > 0 {
		orders := (w.Best.Orders + w.Best.Nights - 1) / w.Best.Nights
		return &Step{"A night of " + words.Plural(orders, "order") +
			" of each driven strategy, on mock channels (on real ones: --live --max-spend):",
			fmt.Sprintf("channelbench bench %s --orders %d", call.scenario(), orders)}
	}
	if p.Worth == nil {
		return &Step{"Such a night on mock channels (on real ones: --live --max-spend):",
			fmt.Sprintf("channelbench bench %s --orders %d", call.scenario(), p.Orders)}
	}
	return &Step{"Measuring isn't worth it; the decision as it is:", "channelbench sim " + call.scenario()}
}

// quoted is a word of a command line as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=,+@%", r)
	}
	if word != "" && !slices.ContainsFunc([]rune(word), func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
