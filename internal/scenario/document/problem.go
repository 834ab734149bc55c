package document

import (
	"fmt"
	"strings"

	"channelbench/internal/inert"
)

// Problem is something wrong with a scenario, or worth a warning, and where.
type Problem struct {
	File    string // as given to Load; "--set" and its key for an override
	Line    int    // counted from 1; 0 in an override
	Column  int    // counted from 1, in characters
	Length  int    // in characters
	Text    string
	Hint    string // what to do about it; may be empty
	Excerpt string // the line, without secrets, shortened where it is long
	Caret   string // what to print below Excerpt to mark the place
	Warning bool   // the scenario can be used nevertheless
}

// String is the problem as it is printed: place and text, the line, a caret, a hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(inert.Line(p.File))
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(inert.Line(p.Text))
	if p.Caret != "" {
		fmt.Fprintf(&b, "\n  %s\n  %s", inert.Lines(p.Excerpt), p.Caret)
	}
	if p.Hint != "" {
		b.WriteString("\n  hint: " + inert.Line(p.Hint))
	}
	return b.String()
}

// Problems are all that is wrong with a scenario, in the order of the file.
type Problems []Problem

// shown is how many problems are printed; the rest is mostly a consequence of them.
const shown = 20

// Error prints the first problems and says how many more there are.
func (ps Problems) Error() string {
	lines := make([]string, 0, shown+1)
	for _, p := range ps[:min(len(ps), shown)] {
		lines = append(lines, p.String())
	}
	switch more := len(ps) - shown; {
	case more == 1:
		lines = append(lines, "and 1 more problem")
	case more > 1:
		lines = append(lines, fmt.Sprintf("and %d more problems", more))
	}
	return strings.Join(lines, "\n")
}
