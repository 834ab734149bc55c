// Package nightly writes what a comparison of nights came to: for a terminal, for people who read pull requests, for
// spreadsheets, and in the formats that continuous integration and benchstat read.
//
// It deliberately judges nothing (package history does) and writes to no file but what it is given.
//
//	err := nightly.Text(os.Stdout, comparison)
package nightly

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"channelbench/internal/history"
	"channelbench/internal/inert"
	"channelbench/internal/words"
)

// harmless is the comparison with names and reasons that can be shown anywhere: they come from a file that somebody
// else may have written. What is special to a format is left to its writer.
func harmless(c *history.Comparison) *history.Comparison {
	h := *c
	h.Verdicts, h.Notes = slices.Clone(c.Verdicts), slices.Clone(c.Notes)
	for _, text := range []*string{&h.Group.Scenario, &h.Group.Site, &h.Group.Mode, &h.Night, &h.Base, &h.New,
		&h.Suggest} {
		*text = inert.Line(*text)
	}
	for i := range h.Verdicts {
		v := &h.Verdicts[i]
		v.Strategy, v.Reason, v.Since = inert.Line(v.Strategy), inert.Line(v.Reason), inert.Line(v.Since)
	}
	for i := range h.Notes {
		h.Notes[i] = inert.Line(h.Notes[i])
	}
	return &h
}

// Headline says in a sentence what the comparison came to.
func Headline(c *history.Comparison) string {
	var worse, stands []string
	for i := range c.Verdicts {
		switch v := &c.Verdicts[i]; {
		case v.Status == history.Regression:
			worse = append(worse, fmt.Sprintf("%s of %s %s", v.Gate.Metric, v.Strategy, change(v)))
		case v.Stands != "":
			stands = append(stands, fmt.Sprintf("%s of %s since %s", v.Gate.Metric, v.Strategy, v.Stands))
		}
	}
	watch := ""
	if n := c.Count(history.Watch); n > 0 {
		watch = fmt.Sprintf("; %d to watch: beyond the gate and chance tonight", n)
	}
	switch unsure := c.Count(history.Inconclusive); {
	case len(c.NewNights) > 0 && c.NewNights[0].Invalid != "":
		return "No verdict is drawn: the night is invalid: " + strings.TrimSuffix(inert.Line(c.NewNights[0].Invalid), ".") + "."
	case len(worse) > 0:
		return "Regression: " + strings.Join(worse, "; ") + "."
	case len(c.Verdicts) == 0:
		return "There is nothing to judge."
	case len(stands) > 0:
		return fmt.Sprintf("Tonight can't tell whether it lasts, so the regression stands: %s; "+
			"%d of %d gates are inconclusive%s.", strings.Join(stands, "; "), unsure, len(c.Verdicts), watch)
	case unsure == len(c.Verdicts) && !slices.ContainsFunc(c.Verdicts, compared):
		return "Inconclusive: nothing can be judged yet."
	case unsure > 0:
		return fmt.Sprintf("No regression; %d of %d gates are inconclusive%s.", unsure, len(c.Verdicts), watch)
	case watch != "":
		return fmt.Sprintf("No regression of %d gates%s.", len(c.Verdicts), watch)
	default:
		return fmt.Sprintf("No regression: all %d gates hold.", len(c.Verdicts))
	}
}

// compared says whether there was something to hold a figure against.
func compared(v history.Verdict) bool { return v.Effect != nil }

// about says what is compared with what.
func about(c *history.Comparison) string {
	text := fmt.Sprintf("%s, %s channels, %s against %s", c.Group.Scenario, c.Group.Mode, c.New, c.Base)
	if c.Group.Site != "" {
		text += ", from " + c.Group.Site
	}
	if c.Group.Mode == "mock" {
		return text + ". Real channels would have charged " + words.Dollars(c.SpentUSD, 2) + "."
	}
	return text + ". It spent " + words.Dollars(c.SpentUSD, 2) + "."
}

// suggestion says what a person can do about a change that is there to stay.
func suggestion(c *history.Comparison) string {
	if c.Suggest == "" {
		return ""
	}
	return fmt.Sprintf("If this is how it is from now on: compare --history FILE --accept 'why' --from %s begins a new baseline there.", c.Suggest)
}

// Text writes the comparison for a terminal.
func Text(w io.Writer, c *history.Comparison) error {
	c = harmless(c)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", Headline(c), about(c))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for i := range c.Verdicts {
		fmt.Fprintln(t, strings.Join(row(&c.Verdicts[i]), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range notes(c) {
		fmt.Fprintf(&b, "\n%s", n)
	}
	if len(notes(c)) > 0 {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// notes are what stands below the table.
func notes(c *history.Comparison) []string {
	all := slices.Clip(c.Notes)
	if slices.ContainsFunc(c.Verdicts, puzzling) {
		all = append(all, fmt.Sprintf("How to read the intervals: a figure fails where it is off by more than its gate, "+
			"and where chance doesn't explain that it is off at all. As %d gates are judged, a 95%% interval without 0 in it "+
			"isn't enough for that; and one that reaches over the gate doesn't speak against it.", len(c.Verdicts)))
	}
	all = append(all, unpaid(c)...)
	if s := suggestion(c); s != "" {
		all = append(all, s)
	}
	return all
}

// unpaid are the strategies of which an order costs less where fewer are delivered: what isn't delivered isn't paid.
func unpaid(c *history.Comparison) []string {
	var notes []string
	for i := range c.Verdicts {
		v := &c.Verdicts[i]
		fewer := slices.ContainsFunc(c.Verdicts, func(d history.Verdict) bool {
			return d.Strategy == v.Strategy && d.Gate.Metric == "delivered" && d.High != nil && *d.High < 0
		})
		if v.Gate.Metric == "cost_per_order" && v.Effect != nil && *v.Effect < 0 && fewer {
			notes = append(notes, fmt.Sprintf("%s costs less an order, and delivers fewer: what isn't delivered isn't paid; "+
				"cost_per_delivered says what a clip costs.", v.Strategy))
		}
	}
	return notes
}

// puzzling says whether an interval seems to say something else than its verdict: that a change that was found may be
// less than the gate, or that there is one where none was found.
func puzzling(v history.Verdict) bool {
	if v.Low == nil || v.High == nil {
		return false
	}
	switch low, high, gate := *v.Low, *v.High, v.Gate.Change; v.Status {
	case history.Regression, history.Watch:
		return low < gate && gate < high
	case history.Inconclusive:
		return gate > 0 && low > 0 || gate < 0 && high < 0
	}
	return false
}

var head = []string{"Strategy", "Figure", "Verdict", "Was", "Is", "Nights", "Change", "95% interval", "Gate", "Orders",
	"Why"}

// row is a verdict. What is, and by how much it changed, is of the nights that it judges.
func row(v *history.Verdict) []string {
	return []string{v.Strategy, v.Gate.Metric, string(v.Status), was(v), is(v), judged(v), change(v), interval(v),
		v.Gate.String(), fmt.Sprint(v.Orders), v.Reason}
}

// judged are the nights that a verdict is of.
func judged(v *history.Verdict) string {
	switch {
	case v.Judged == 0:
		return words.NoData
	case v.Judged > 1:
		return fmt.Sprintf("last %d", v.Judged)
	case v.Nights == 1: // one run against another
		return "one run"
	}
	return "tonight"
}

// sentence is a verdict in one sentence.
func sentence(v *history.Verdict) string {
	over := ""
	if v.Judged > 1 {
		over = fmt.Sprintf(" over the last %d nights", v.Judged)
	}
	return fmt.Sprintf("%s, was %s, is %s%s (gate %s): %s", change(v), was(v), is(v), over, v.Gate, v.Reason)
}

// Markdown writes the comparison as the comment of a pull request, or the summary of a job.
func Markdown(w io.Writer, c *history.Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- channelbench: compare %s -->\n**%s**\n\n%s\n\n", inert.Comment(c.Group.Scenario),
		inert.Markdown(Headline(c)), inert.Markdown(about(c)))
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for i := range c.Verdicts {
		cells := row(&c.Verdicts[i])
		for k := range cells {
			cells[k] = inert.Markdown(cells[k])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if b.Len() > mostMarkdown {
			fmt.Fprintf(&b, "\n%d more verdicts are left out.\n", len(c.Verdicts)-i-1)
			break
		}
	}
	for _, n := range notes(c) {
		fmt.Fprintf(&b, "\n%s\n", inert.Markdown(n))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mostMarkdown leaves room in a comment, which may have 65,536 characters.
const mostMarkdown = 50_000
