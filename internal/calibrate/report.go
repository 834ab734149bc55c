package calibrate

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"channelbench/internal/inert"
	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Report is the result in words: what was measured and written, what stays and why, and what the model can't explain.
func (r *Result) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d attempts on the scenario's channels", capital(nightsOf(r.Nights)), r.Attempts)
	if r.Mock {
		b.WriteString("; mock channels behave as their scenario says, so they teach nothing new")
	}
	b.WriteString(".\n")
	for _, u := range r.Unread {
		fmt.Fprintf(&b, "%s.\n", u)
	}
	r.list(&b, "Written", true)
	r.list(&b, "Left as stated", false)
	flagged := 0
	for i := range r.Checks {
		if r.Checks[i].Flagged() {
			flagged++
		}
	}
	switch {
	case len(r.Checks) == 0:
		b.WriteString("\nToo little was measured to hold the model against it.\n")
	case flagged == 0:
		fmt.Fprintf(&b, "\nWhat the model can't explain: nothing (%d checks, any of them wrong once in 200 "+
			"calibrations).\n", len(r.Checks))
	default:
		fmt.Fprintf(&b, "\nWhat the model can't explain (%d of %d checks, any of them wrong once in 200 "+
			"calibrations):\n", flagged, len(r.Checks))
	}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Flagged() {
			fmt.Fprintf(&b, "  %s, %s: %s (p = %.2g)\n", c.Key, c.What, c.Seen, c.P)
		}
	}
	return b.String()
}

// list writes the findings that were written, or those that weren't.
func (r *Result) list(b *strings.Builder, title string, written bool) {
	begun := false
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Written != written {
			continue
		}
		if !begun {
			fmt.Fprintf(b, "\n%s:\n", title)
			begun = true
		}
		fmt.Fprintf(b, "  %s\n", f.Key)
		for _, line := range [][2]string{{"stated", f.Stated}, {"measured", f.Measured}, {"from", f.From}, {"", f.Why}} {
			if line[1] != "" {
				fmt.Fprintf(b, "    %-9s %s\n", line[0], line[1])
			}
		}
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Moved sets the decision of the scenario as stated beside that of the calibrated one.
func Moved(stated, measured *record.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe decision, by %d simulated months:\n  as stated: %s\n  measured:  %s\n\n",
		stated.Months, inert.Line(stated.Verdict.Sentence), inert.Line(measured.Verdict.Sentence))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "Strategy\tCost/clip\t→\tDelivered\t→\tIn time\t→")
	for i := range stated.Strategies {
		a, z := &stated.Strategies[i], &measured.Strategies[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", inert.Line(a.Name),
			words.ClipOrNone(a.CostPerDelivered.Value), words.ClipOrNone(z.CostPerDelivered.Value),
			words.ShareOrNone(a.DeliveredShare.Value), words.ShareOrNone(z.DeliveredShare.Value),
			words.ShareOrNone(a.InTimeShare.Value), words.ShareOrNone(z.InTimeShare.Value))
	}
	w.Flush()
	return b.String()
}
