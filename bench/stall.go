package bench

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
)

// A job has stalled when nobody can say any more what will come of it: so many polls in a row, over so long, were
// answered that there is no such job, with a failure that may be the polls' own, or with a status that is new to us
// and as far along as before. Its channel may run it all the same, and bill it, so it is followed on; but its order
// goes on as after a submit whose answer was lost.
const (
	stalledPolls = 10
	stalledGone  = time.Minute // for a job that isn't there; half of the deadline, if that is less
)

// stall counts the polls that tell the same.
type stall struct {
	said  string // what they tell; "": the job is getting on
	polls int
	since time.Duration // the first of them
}

// heard takes in what a poll was answered at a time of the order, and says whether the job has stalled by then. What
// was no answer about the job counts neither way.
func (s *stall) heard(p *dialect.Progress, at, deadline time.Duration) bool {
	said, long := "", deadline/2
	switch {
	case p.State == dialect.Gone:
		said, long = "gone", min(stalledGone, deadline/2)
	case p.NewWord != "":
		said = p.NewWord + " at " + p.Percent
	case p.Unproven:
		said = "failed, maybe"
	case p.Message != "":
		return false
	}
	if said != s.said {
		*s = stall{said: said, since: at}
	}
	s.polls++
	return said != "" && s.polls >= stalledPolls && at-s.since >= long
}

// meet notes a status that is new to us, and tells of it when it is met first.
func (a *attack) meet(channel, word string) {
	if word == "" {
		return
	}
	text := fmt.Sprintf("%s answers with a job status that is new to us: %q", channel, word)
	a.mu.Lock()
	if a.words == nil {
		a.words = map[string]int{}
	}
	first := a.words[text] == 0 && len(a.words) < mostWords
	if first || a.words[text] > 0 {
		a.words[text]++
	}
	a.mu.Unlock()
	if !first {
		return
	}
	a.notice(text + "; it counts as in progress")
	if err := a.keep(journal.Note{At: journal.UTC(time.Now()), Text: text}); err != nil {
		a.fail(err)
	}
}

// newWords are the statuses that were new to us, for the run's warnings.
func (a *attack) newWords() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var warnings []string
	for _, text := range slices.Sorted(maps.Keys(a.words)) {
		const tail = "%s, in %d answers; it counts as in progress, and a job that stays there as stalled"
		warnings = append(warnings, fmt.Sprintf(tail, text, a.words[text]))
	}
	return warnings
}

// mostWords is how many different statuses that are new to us are told of.
const mostWords = 20
