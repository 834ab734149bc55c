package attempt

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"channelbench/internal/channel"
)

// meaning is what an outcome's name says.
type meaning struct {
	outcome         channel.Outcome
	reason          channel.Reason
	accepted, ended bool
	ignored         bool // says nothing
	ours            bool // a failure of our own
}

// kinds are what a word can be said to mean: an error that ends an attempt, or one of these.
var kinds = withErrors(map[string]meaning{
	"delivered":    {outcome: channel.Delivered, accepted: true, ended: true},
	"rate_limited": {outcome: channel.Refused, reason: channel.RateLimited},
	"abandoned":    {outcome: channel.Abandoned, reason: channel.Deadline, accepted: true},
	"pending":      {outcome: channel.Abandoned, accepted: true},
	"ignore":       {ignored: true},
})

func withErrors(all map[string]meaning) map[string]meaning {
	for _, r := range channel.Errors {
		if p := r.Phase(); p != channel.Fetching {
			took := p == channel.Making || p == channel.Checking
			all[r.String()] = meaning{outcome: p.Outcome(), reason: r, accepted: took, ended: took}
		}
	}
	return all
}

// others are further names of these, where they mean more, or something else, than in a channel's answer.
var others = map[string]string{
	"ok": "delivered", "refused": "submit", "unavailable": "submit", "500": "submit", "503": "submit",
	"lost": "ambiguous", "rejected": "unusable",
	"deadline": "abandoned", "timeout": "abandoned", "timed_out": "abandoned", "cancelled": "abandoned",
	"canceled": "abandoned",
}

// Kinds are what a word can be said to mean.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Outcomes say of words which of the kinds they mean.
type Outcomes map[string]string

// ParseOutcomes reads some "word=kind".
func ParseOutcomes(texts []string) (Outcomes, error) {
	all := Outcomes{}
	for _, text := range texts {
		at := strings.LastIndexByte(text, '=')
		if at < 0 {
			return nil, fmt.Errorf("%q says no kind; write word=kind", text)
		}
		kind := strings.TrimSpace(text[at+1:])
		if _, known := kinds[kind]; !known {
			return nil, fmt.Errorf("%q is no kind of outcome; kinds are %s", kind, strings.Join(Kinds(), ", "))
		}
		word := spelling(text[:at])
		if was := all[word]; was != "" && was != kind {
			return nil, fmt.Errorf("%q is said to be %s and %s", text[:at], was, kind)
		}
		all[word] = kind
	}
	return all, nil
}

// spelling is a word in the one spelling of which there is no other.
func spelling(word string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
}

// meaningOf says what a word means: as this file's reader says, as logs have it, or as channels do.
func (f *Format) meaningOf(word string) (meaning, bool) {
	kind := cmp.Or(f.Outcomes[word], others[word], word)
	if m, known := kinds[kind]; known && (kind != "ignore" || f.Outcomes[word] != "") {
		return m, true
	}
	if f.Known == nil {
		return meaning{}, false
	}
	outcome, reason, known := f.Known(word)
	took := outcome != channel.Refused && outcome != channel.Ambiguous
	return meaning{outcome: outcome, reason: reason, accepted: took, ended: took && outcome != channel.Abandoned,
		ours: outcome == channel.Refused && reason == channel.NoReason}, known
}

// word is a word for an outcome.
type word struct {
	meaning
	known     bool
	rows, bad int
	line      int // where it came first
}

// outcome reads what came of the row at hand.
func (p *parser) outcome(line int) meaning {
	text := spelling(p.text("outcome"))
	w := p.words[text]
	if w == nil {
		w = &word{line: line}
		w.meaning, w.known = p.meaningOf(text)
		p.words[text] = w
	}
	if w.rows++; !w.known {
		p.fail("outcome", "%q is no outcome that is known", p.text("outcome"))
	}
	return w.meaning
}

// UnknownOutcomeError says that words for outcomes aren't known that are on too many rows to be left out.
type UnknownOutcomeError struct{ words []string }

func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("what is left would tell wrong rates: %s\n  hint: say what it is with --outcome WORD=KIND, "+
		"kinds are %s", strings.Join(e.words, "; "), strings.Join(Kinds(), ", "))
}

// unknownWords are the words that aren't known and are on too many rows.
func (p *parser) unknownWords(rows int) error {
	var words []string
	for text, w := range sortedWords(p.words) {
		if !w.known && float64(w.rows) > mostUnknown*float64(rows) {
			words = append(words, fmt.Sprintf("the outcome %q of %d of %d rows, first in line %d, isn't known", text,
				w.rows, rows, w.line))
		}
	}
	if words == nil {
		return nil
	}
	return &UnknownOutcomeError{words}
}

// sortedWords yields the most frequent words first.
func sortedWords(words map[string]*word) iter.Seq2[string, *word] {
	texts := slices.SortedFunc(maps.Keys(words), func(a, b string) int {
		return cmp.Or(words[b].rows-words[a].rows,
			cmp.Compare(a, b))
	})
	return func(yield func(string, *word) bool) {
		for _, text := range texts {
			if !yield(text, words[text]) {
				return
			}
		}
	}
}
