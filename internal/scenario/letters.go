package scenario

import (
	"fmt"
	"slices"
	"strings"

	"channelbench/internal/scenario/document"
)

// shownTexts are the keys of texts that charts show.
var shownTexts = []string{"name", "title", "label", "terms", "source"}

// checkLetters warns of names and other texts of which charts can't show every character.
func (r *reader) checkLetters(n *document.Node, illegible func(string) []string) {
	for _, f := range n.Ordered() {
		if n.Name == "channels" || n.Name == "strategies" || n.Name == "regimes" {
			r.checkText(f.Key, f.Name, illegible)
		}
		if text, is := f.Value.(string); is && slices.Contains(shownTexts, f.Name) {
			r.checkText(f.At, text, illegible)
		}
		r.checkLetters(f, illegible)
	}
	for _, item := range n.Items() {
		r.checkLetters(item, illegible)
	}
}

func (r *reader) checkText(at document.Place, text string, illegible func(string) []string) {
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
	r.Note(at, true, hint, fmt.Sprintf("charts can't show all of %q: they lack %s", text, shown))
}
