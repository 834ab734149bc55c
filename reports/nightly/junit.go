package nightly

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"channelbench/internal/history"
)

// The elements of a JUnit report, as the readers of Jenkins, GitLab and others agree on them.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name     string  `xml:"name,attr"`
	Tests    int     `xml:"tests,attr"`
	Failures int     `xml:"failures,attr"`
	Errors   int     `xml:"errors,attr"`
	Skipped  int     `xml:"skipped,attr"`
	Time     string  `xml:"time,attr"`
	At       string  `xml:"timestamp,attr"`
	Cases    []tcase `xml:"testcase"`
}

type tcase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *message `xml:"skipped,omitempty"`
	Failure *message `xml:"failure,omitempty"`
	Output  string   `xml:"system-out,omitempty"` // of a gate to watch
}

type message struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes a test case a gate. A regression is a failure; what is inconclusive is skipped, or a failure, too, if
// strict. One to watch passes, and says so.
func JUnit(w io.Writer, c *history.Comparison, strict bool) error {
	c = harmless(c)
	s := suite{Name: "channelbench compare " + c.Group.Scenario, Time: "0", At: strings.TrimSuffix(c.Night, "Z")}
	for i := range c.Verdicts {
		v := &c.Verdicts[i]
		t := tcase{Name: v.Gate.Metric + " " + v.Gate.String(), Class: "channelbench." + c.Group.Scenario + "." + v.Strategy,
			Time: "0"}
		m := &message{Message: sentence(v), Type: string(v.Status), Text: listed(v)}
		switch {
		case v.Status == history.Regression, v.Status == history.Inconclusive && strict:
			t.Failure = m
			s.Failures++
		case v.Status == history.Inconclusive:
			t.Skipped = &message{Message: "inconclusive: " + v.Reason}
			s.Skipped++
		case v.Status == history.Watch:
			t.Output = "watch: " + m.Message
		}
		s.Cases = append(s.Cases, t)
	}
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites{Name: "channelbench", Tests: s.Tests, Failures: s.Failures,
		Suites: []suite{s}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// listed is a verdict's row, a line a cell.
func listed(v *history.Verdict) string {
	var b strings.Builder
	for i, cell := range row(v) {
		fmt.Fprintf(&b, "\n%s: %s", head[i], cell)
	}
	return b.String() + "\n"
}
