package nightly

import (
	"fmt"
	"io"
	"strings"

	"channelbench/internal/history"
)

// mostAnnotations is how many of a kind GitHub shows of a step.
const mostAnnotations = 10

// Annotations writes the workflow commands that show on GitHub's page of a run: errors for regressions, warnings for
// what is to watch or inconclusive. Of more than it shows, the last one says how many are left out.
func Annotations(w io.Writer, c *history.Comparison) error {
	c = harmless(c)
	var b strings.Builder
	annotate(&b, "error", c, history.Regression)
	annotate(&b, "warning", c, history.Watch)
	annotate(&b, "warning", c, history.Inconclusive)
	_, err := io.WriteString(w, b.String())
	return err
}

func annotate(b *strings.Builder, kind string, c *history.Comparison, status history.Status) {
	said, all := 0, c.Count(status)
	for i := range c.Verdicts {
		v := &c.Verdicts[i]
		if v.Status != status {
			continue
		}
		title, text := fmt.Sprintf("%s: %s of %s", v.Status, v.Gate.Metric, v.Strategy), sentence(v)
		if said++; said == mostAnnotations && all > mostAnnotations {
			title, text = fmt.Sprintf("%d more: %s", all-said+1, status), "see the summary of the job"
		}
		fmt.Fprintf(b, "::%s title=%s::%s\n", kind, property.Replace(title), data.Replace(text))
		if said == mostAnnotations {
			return
		}
	}
}

// What GitHub's runner unescapes in the text of a command, and in its properties, of text on one line.
var (
	data     = strings.NewReplacer("%", "%25")
	property = strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C")
)
