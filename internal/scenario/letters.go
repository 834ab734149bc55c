package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// shownTexts are the keys of texts that charts show.
var shownTexts = []string{"name", "title", "label", "terms", "source"}

// checkLetters warns of names and other texts of which charts can't show every character.
func (r *reader) checkLetters(n *node, illegible func(string) []string) {
	for _, f := range n.ordered() {
		if n.name == "channels" || n.name == "strategies" || n.name == "regimes" {
			r.checkText(f.key, f.name, illegible)
		}
		if text, is := f.value.(string); is && slices.Contains(shownTexts, f.name) {
			r.checkText(f.at, text, illegible)
		}
		r.checkLetters(f, illegible)
	}
	for _, item := range n.items() {
		r.checkLetters(item, illegible)
	}
}

func (r *reader) checkText(at place, text string, illegible func(string) []string) {
	const most = 10
	lacking := illegible(text)
	if len(lacking) == 0 {
		return
	}
	shown := strings.Join(lacking[:min(len(lacking), most)], " ")
	if len(lacking) > most {
		shown += fmt.Sprintf(" and %d more", len(lacking)-most)
	}
	const hint = "their font has Latin, Greek and Cyrillic letters; text, tables and run.json show all"
	r.note(at, true, hint, fmt.Sprintf("charts can't show all of %q: they lack %s", text, shown))
}
