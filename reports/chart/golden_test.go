package chart

import (
	"bytes"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

// compareText holds a text against its golden file.
func compareText(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with go test ./reports/chart -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func textOf(t testing.TB, run *record.Run, opts text.Options) string {
	t.Helper()
	var b strings.Builder
	if err := text.Terminal(&b, run, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func markdownOf(t testing.TB, run *record.Run, charts []canvas.Picture) string {
	t.Helper()
	var b strings.Builder
	if err := text.Markdown(&b, run, charts, text.MarkdownOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// commentOf is a run as a comment of a pull request, with pictures if they can be had at an address.
func commentOf(t testing.TB, run *record.Run, address string) string {
	t.Helper()
	opts := text.MarkdownOptions{Comment: true}
	if address != "" {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		opts.ImageBase = base
	}
	charts := []canvas.Picture{{File: pageFile, Title: briefing(run).title, Alt: briefing(run).words()}}
	for _, k := range kinds {
		if f := k.of(run, canvas.BodyWidth); f != nil {
			charts = append(charts, canvas.Picture{File: k.file, Title: f.Title(), Alt: f.Alt()})
		}
	}
	var b strings.Builder
	if err := text.Markdown(&b, run, charts, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A comment of a pull request leads with the sentence and one table that fits. Beside it lies nothing, so it shows only
// pictures that can be had elsewhere, under alt texts that don't bury the rest.
func TestCommentsOfPullRequests(t *testing.T) {
	link := regexp.MustCompile(`!\[(.*)\]\((.*)\)`)
	for name, fixture := range everyRun() {
		run := fixture()
		if text := commentOf(t, run, ""); link.MatchString(text) {
			t.Errorf("%s shows a picture that lies nowhere: %q", name, link.FindString(text))
		}
		text := commentOf(t, run, "https://example.com/a(b)?raw=true")
		pictures := link.FindAllStringSubmatch(text, -1)
		if len(pictures) < 2 {
			t.Errorf("%s has %d pictures", name, len(pictures))
		}
		for _, p := range pictures {
			if len([]rune(p[1])) > 200 || !strings.HasPrefix(p[2], "https://example.com/a%28b%29/") ||
				!strings.HasSuffix(p[2], ".png?raw=true") {
				t.Errorf("%s shows %q", name, p[0])
			}
		}
		open, _, _ := strings.Cut(text, "<details>")
		if n := strings.Count(open, "|:--|"); n > 1 || len(run.Strategies) > 0 && n != 1 {
			t.Errorf("%s begins with %d tables", name, n)
		}
	}
}

func TestGoldenTexts(t *testing.T) {
	for _, c := range []struct {
		file string
		run  *record.Run
		opts text.Options
	}{
		{"typical.txt", reporttest.Typical(), text.Options{}},
		{"typical-narrow.txt", reporttest.Typical(), text.Options{Width: 60}},
		{"six-wide.txt", reporttest.Six(), text.Options{Width: 180}},
		{"foreign.txt", reporttest.Foreign(), text.Options{Width: 100}},
		{"bare.txt", reporttest.Bare(), text.Options{Width: 100}},
		{"measured.txt", reporttest.Measured(), text.Options{Width: 100}},
	} {
		compareText(t, c.file, []byte(textOf(t, c.run, c.opts)))
	}
	compareText(t, "typical.md", []byte(markdownOf(t, reporttest.Typical(),
		[]canvas.Picture{{File: "at-a-glance.png", Title: "What is what", Alt: "What is what. In numbers."}})))
	compareText(t, "typical-comment.md", []byte(commentOf(t, reporttest.Typical(), "https://example.com/night")))
	compareText(t, "measured.md", []byte(markdownOf(t, reporttest.Measured(),
		[]canvas.Picture{{File: "at-a-glance.png", Title: "What is what", Alt: "What is what. In numbers."}})))
}

// A run that must not be used says so before anything else, in every report.
func TestInvalidRunsSaySoFirst(t *testing.T) {
	run := reporttest.Spoilt()
	const want = "INVALID: reverse refused the key (401, invalid_api_key): put a valid one into REVERSE_KEY and run again"
	if text := textOf(t, run, text.Options{Width: 200}); !strings.HasPrefix(text, want+"\n") {
		t.Errorf("text begins with %.120q", text)
	}
	if md := markdownOf(t, run, nil); !strings.HasPrefix(md,
		"**"+strings.ReplaceAll(want, "_", `\_`)+"**\n\n**No verdict is drawn: ") {
		t.Errorf("Markdown begins with %.160q", md)
	}
	for file, d := range pictures(t, run) {
		written := ""
		for _, w := range d.page.Texts {
			written += w.Text + "\n"
		}
		if !strings.HasPrefix(written, "Not to be used: reverse refused the key") ||
			!strings.Contains(written, "INVALID, not to be used · INCOMPLETE") ||
			!strings.HasPrefix(d.Alt(), "Not to be used: ") {
			t.Errorf("%s says %q, its alt text %.80q", file, written, d.Alt())
		}
	}
	for what, text := range map[string]string{"text": textOf(t, reporttest.Measured(), text.Options{}),
		"Markdown": markdownOf(t, reporttest.Measured(), nil),
		"alt":      pictures(t, reporttest.Measured())["at-a-glance.png"].Alt()} {
		if strings.Contains(strings.ToLower(text), "invalid") {
			t.Errorf("%s of a valid run calls it invalid", what)
		}
	}
}

// Replayed strategies have cost nothing, and say so wherever they stand beside others.
func TestReplayedStrategiesAreMarked(t *testing.T) {
	run := reporttest.Measured()
	for what, text := range map[string]string{"text": textOf(t, run, text.Options{Width: 200}),
		"Markdown": markdownOf(t, run, nil)} {
		row := regexp.MustCompile(`(?m)^\W*forwarding\W+measured\b.*\n\W*hybrid\W+replayed\b.*\n\W*reverse\W+measured\b`)
		if !strings.Contains(text, "replayed: answered from recorded attempts, nothing was spent for it") ||
			!row.MatchString(text) {
			t.Errorf("%s doesn't tell what is replayed:\n%s", what, text)
		}
	}
	for file, d := range pictures(t, run) {
		var stars []string
		for _, w := range d.page.Texts {
			if strings.HasSuffix(w.Text, view.ReplayStar) {
				stars = append(stars, w.Text)
			}
		}
		if len(stars) == 0 || strings.Trim(strings.Join(stars, ""), "Hybrid*") != "" {
			t.Errorf("%s has stars at %q", file, stars)
		}
		if !strings.Contains(d.Alt(), "Hybrid*:") ||
			!strings.HasSuffix(d.Alt(), " * replayed: answered from recorded attempts, nothing was spent for it.") {
			t.Errorf("%s is told as %q", file, d.Alt())
		}
	}
	for what, text := range map[string]string{"text": textOf(t, reporttest.Typical(), text.Options{}),
		"alt": pictures(t, reporttest.Typical())["at-a-glance.png"].Alt()} {
		if strings.Contains(text, "replayed") || strings.Contains(text, "Source") || strings.Contains(text, view.ReplayStar) {
			t.Errorf("%s of a simulation tells of replays: %s", what, text)
		}
	}
}

func TestBillAmounts(t *testing.T) {
	for _, c := range []struct {
		charged, computed float64
		amount, off       string
	}{
		{0, 0, "$0.00", "0%"},
		{3.42, 3.24, "$3.42", "+5.6%"},
		{3.24, 3.42, "$3.24", words.Minus + "5.3%"},
		{0.120001, 0.12, "$0.120001", "+0.0%"},
		{0.1 + 0.2, 0.3, "$0.30", "0%"},
		{0.12, 0, "$0.12", "+$0.12"},
		{-96.76, 3.24, words.Minus + "$96.76", words.Minus + "3086.4%"},
		{1234.5, 1, "$1,234.50", "+123350.0%"},
		{math.NaN(), 1, words.NoData, words.NoData},
		{1, math.Inf(1), "$1.00", words.NoData},
	} {
		if got := text.Exactly(c.charged); got != c.amount {
			t.Errorf("exactly(%v) = %q, want %q", c.charged, got, c.amount)
		}
		if got := text.Difference(c.charged, c.computed); got != c.off {
			t.Errorf("difference(%v, %v) = %q, want %q", c.charged, c.computed, got, c.off)
		}
	}
}

func TestTextBeginsWithTheVerdict(t *testing.T) {
	run := reporttest.Typical()
	for what, text := range map[string]string{
		"text": textOf(t, run, text.Options{}), "Markdown": strings.ReplaceAll(markdownOf(t, run, nil), `\_`, "_"),
	} {
		if !strings.HasPrefix(strings.Trim(text, "*"), "Use hybrid: ") {
			t.Errorf("%s does not begin with the verdict: %.60s", what, text)
		}
	}
}

func TestColourOnlyWhereAsked(t *testing.T) {
	with, without := textOf(t, reporttest.Typical(), text.Options{Color: true}),
		textOf(t, reporttest.Typical(), text.Options{})
	if strings.Contains(without, "\x1b") {
		t.Error("text without colour holds an escape")
	}
	bare := with
	for _, code := range []string{"0", text.AnsiBold, text.AnsiDim, text.AnsiRed, text.AnsiGreen} {
		bare = strings.ReplaceAll(bare, "\x1b["+code+"m", "")
	}
	if bare == with || bare != without {
		t.Error("colour changes more than colour")
	}
}

// A scenario's names and notes are someone else's text.
func TestNamesCannotSteerTerminalOrComment(t *testing.T) {
	run := reporttest.Typical()
	run.Strategies[1].Name = "a|b`c*\x1b[31m<script>@team\nnew"
	run.Scenario.Channels[0].Terms = "\x1b]0;title\a<!-- -->"
	run.Scenario.Name = "x --> y"
	run.Verdict.Sentence = "<b>bold</b> | [link](x)"

	if text := textOf(t, run, text.Options{}); strings.ContainsAny(text, "\x1b\a") {
		t.Error("a control character reached the terminal")
	}
	md := markdownOf(t, run, nil)
	for _, bad := range []string{"<script>", "@team", "<b>", "[link]", "a|b", "x --> y", "\x1b"} {
		if strings.Contains(md, bad) {
			t.Errorf("Markdown holds %q", bad)
		}
	}
	columns := 0
	for _, line := range strings.Split(md, "\n") {
		bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns > 0 && bars > 0 && bars != columns {
			t.Errorf("the row has %d bars, the one before it %d: %s", bars, columns, line)
		}
		columns = bars
	}
}

func TestMarkdownFitsAComment(t *testing.T) {
	run := reporttest.Twenty()
	long := strings.Repeat("a long note ", 200)
	for range 500 {
		run.Warnings = append(run.Warnings, long)
		run.Scenario.Assumptions = append(run.Scenario.Assumptions, record.Assumption{Key: long, Text: long})
		run.Verdict.Reasons = append(run.Verdict.Reasons, long)
	}
	md := markdownOf(t, run, nil)
	if len(md) >= text.MarkdownRoom || !strings.Contains(md, "more in run.json") {
		t.Errorf("%d characters, want less than %d and a count of what is left out", len(md), text.MarkdownRoom)
	}
	if strings.Count(md, "<details>") != strings.Count(md, "</details>") {
		t.Error("a fold is not closed")
	}
}

func TestTermsStandBesideTheCost(t *testing.T) {
	text := textOf(t, reporttest.Typical(), text.Options{})
	for _, want := range []string{"may break the vendor's terms", "charges a month: forwarding $9,796", "price as of 2025-11-15"} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q", want)
		}
	}
}
