package nightly

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"channelbench/internal/history"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

func ptr(v float64) *float64 { return &v }

// comparison has a verdict of each status, and names that hurt.
func comparison() *history.Comparison {
	return &history.Comparison{
		Base: "a baseline of up to 30 nights", New: "the night of 2026-11-28T03:00:00Z", Night: "2026-11-28T03:00:00Z",
		SpentUSD: 4.8, Suggest: "2026-11-20T03:00:00Z",
		Group: history.Group{Site: "ci", Mode: "live", Scenario: "demo <&> | *x*"},
		Notes: []string{"3 nights bought something else"},
		Verdicts: []history.Verdict{
			{Strategy: "reverse, 100%: \"a\"\r\n::error::", Gate: scenario.NewGate("p50", 0.1), Status: history.Regression,
				Reason: "two nights running", Orders: 40, Nights: 30, Judged: 2,
				Base: ptr(100), Value: ptr(130), Effect: ptr(0.3), Low: ptr(0.2), High: ptr(0.4), Score: ptr(6),
				Since: "2026-11-20"},
			{Strategy: "hybrid", Gate: scenario.NewGate("delivered", -0.02), Status: history.Inconclusive,
				Reason: "too few orders: 9, needs 10"},
			{Strategy: "hybrid", Gate: scenario.NewGate("cost_per_delivered", 0.05), Status: history.Improvement, Orders: 40,
				Nights: 30, Base: ptr(0.12), Value: ptr(0.1),
				Effect: ptr(-0.1667), Low: ptr(-0.17), High: ptr(-0.16), Reason: "better"},
			{Strategy: "hybrid", Gate: scenario.NewGate("p90", 0.1), Status: history.Watch, Orders: 40, Nights: 30, Judged: 1,
				Base: ptr(150), Value: ptr(180), Effect: ptr(0.2), Low: ptr(0.08), High: ptr(0.33), Reason: "tonight"},
			{Strategy: "hybrid", Gate: scenario.NewGate("p95", 0.15), Status: history.OK, Orders: 80, Nights: 30, Base: ptr(200),
				Never: true, Reason: "within"},
		},
		BaseNights: []history.Night{{Strategy: "hybrid", Engine: "live", Orders: 40, Delivered: 39,
			CostPerDelivered: record.Figure{Value: ptr(0.12)}}},
		NewNights: []history.Night{{Strategy: "hybrid", Engine: "live", Orders: 40},
			{Strategy: "routed", Engine: "replay", Orders: 40}},
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, comparison()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Regression: p50 of reverse", "+30.0%", "$0.12", "never",
		"--accept 'why' --from 2026-11-20T03:00:00Z", "3 nights bought something else", "It spent $4.80.", "last 2", "tonight", "As 5 gates are judged"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, b.String())
		}
	}
}

// TestCheapBecauseNothingArrives: where an order costs less because fewer are delivered, the comparison says so.
func TestCheapBecauseNothingArrives(t *testing.T) {
	for name, test := range map[string]struct {
		high float64 // of the change of what is delivered
		said bool
	}{"fewer are delivered": {-0.05, true}, "maybe as many": {0.01, false}} {
		c := comparison()
		c.Verdicts = []history.Verdict{
			{Strategy: "reverse", Gate: scenario.NewGate("cost_per_order", 0.05), Status: history.Improvement, Effect: ptr(-0.2)},
			{Strategy: "reverse", Gate: scenario.NewGate("delivered", -0.02), Status: history.Watch, Effect: ptr(-0.2),
				Low: ptr(-0.3), High: ptr(test.high)},
		}
		var b bytes.Buffer
		if err := Text(&b, c); err != nil {
			t.Fatal(err)
		}
		if said := strings.Contains(b.String(), "reverse costs less an order, and delivers fewer"); said != test.said {
			t.Errorf("%s:\n%s", name, b.String())
		}
	}
}

func TestHeadline(t *testing.T) {
	verdicts := func(all ...history.Status) *history.Comparison {
		c := &history.Comparison{}
		for _, s := range all {
			c.Verdicts = append(c.Verdicts, history.Verdict{Strategy: "a", Gate: scenario.NewGate("p50", 0.1), Status: s,
				Effect: ptr(0.2)})
		}
		return c
	}
	for want, c := range map[string]*history.Comparison{
		"There is nothing to judge.":                    verdicts(),
		"No regression; 1 of 1 gates are inconclusive.": verdicts(history.Inconclusive),
		"No regression; 1 of 2 gates are inconclusive.": verdicts(history.Inconclusive, history.OK),
		"No regression: all 2 gates hold.":              verdicts(history.Improvement, history.OK),
		"Regression: p50 of a +20.0%; p50 of a +20.0%.": verdicts(history.Regression, history.Regression, history.OK),
	} {
		if got := Headline(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	none := verdicts(history.Inconclusive)
	none.Verdicts[0].Effect = nil
	if got, want := Headline(none), "Inconclusive: nothing can be judged yet."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	stands := verdicts(history.Inconclusive, history.OK)
	stands.Verdicts[0].Stands = "2026-11-20"
	if got, want := Headline(stands), "Tonight can't tell whether it lasts, so the regression stands: p50 of a since "+
		"2026-11-20; 1 of 2 gates are inconclusive."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the schemas of Jenkins, Surefire and GitLab's reader have in common: the root, the counts that are whole
// numbers and agree with what is inside, a name and a class for each case, and at most one result element in it.
func TestJUnitIsWhatReadersTake(t *testing.T) {
	for _, strict := range []bool{false, true} {
		var b bytes.Buffer
		if err := JUnit(&b, comparison(), strict); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), `<?xml version="1.0" encoding="UTF-8"?>`) {
			t.Errorf("it begins %.40q", b.String())
		}
		elements, results, inCase := map[string]int{}, map[string]int{}, 0
		attributes := map[string]map[string]string{}
		parents := map[string]string{"testsuites": "", "testsuite": "testsuites", "testcase": "testsuite",
			"failure": "testcase", "skipped": "testcase", "system-out": "testcase"}
		var stack []string
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch e := token.(type) {
			case xml.StartElement:
				name := e.Name.Local
				parent := ""
				if len(stack) > 0 {
					parent = stack[len(stack)-1]
				}
				if want, known := parents[name]; !known || want != parent {
					t.Errorf("<%s> in <%s>", name, parent)
				}
				stack = append(stack, name)
				elements[name]++
				attributes[name] = map[string]string{}
				for _, a := range e.Attr {
					attributes[name][a.Name.Local] = a.Value
				}
				switch name {
				case "testcase":
					inCase = 0
					if attributes[name]["name"] == "" || attributes[name]["classname"] == "" {
						t.Errorf("a case without name or class: %v", e)
					}
				case "failure", "skipped":
					results[name]++
					if inCase++; inCase > 1 {
						t.Error("a case has two results")
					}
				}
			case xml.EndElement:
				stack = stack[:len(stack)-1]
			}
		}
		if elements["testcase"] != 5 || elements["system-out"] != 1 || len(stack) != 0 {
			t.Errorf("%v elements", elements)
		}
		for _, of := range []string{"testsuites", "testsuite"} {
			for attribute, want := range map[string]int{"tests": 5, "failures": results["failure"], "errors": 0} {
				if got, err := strconv.Atoi(attributes[of][attribute]); err != nil || got != want {
					t.Errorf("%s of %s is %q, want %d", attribute, of, attributes[of][attribute], want)
				}
			}
		}
		// What is inconclusive is skipped, or a failure if strict; what is to watch is neither.
		if want := map[bool][2]int{false: {1, 1}, true: {2, 0}}[strict]; results["failure"] != want[0] ||
			results["skipped"] != want[1] || attributes["testsuite"]["skipped"] != strconv.Itoa(want[1]) {
			t.Errorf("strict %v: %v, want failures and skipped %v", strict, results, want)
		}
		if skipped := attributes["skipped"]["message"]; !strict && skipped != "inconclusive: too few orders: 9, needs 10" {
			t.Errorf("skipped with %q", skipped)
		}
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`).MatchString(attributes["testsuite"]["timestamp"]) {
			t.Errorf("timestamp %q", attributes["testsuite"]["timestamp"])
		}
	}
}

func TestAnnotationsAreEscapedAndFew(t *testing.T) {
	var b bytes.Buffer
	if err := Annotations(&b, comparison()); err != nil {
		t.Fatal(err)
	}
	want := "::error title=regression%3A p50 of reverse%2C 100%25%3A \"a\"  \\%3A%3Aerror%3A%3A::+30.0%25, was 1:40, is 2:10 over the last 2 nights (gate +10%25): two nights running\n" +
		"::warning title=watch%3A p90 of hybrid::+20.0%25, was 2:30, is 3:00 (gate +10%25): tonight\n" +
		"::warning title=inconclusive%3A delivered of hybrid::–, was –, is – (gate -2pp): too few orders: 9, needs 10\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	c := comparison()
	for range 30 {
		c.Verdicts = append(c.Verdicts, c.Verdicts[0])
	}
	b.Reset()
	if err := Annotations(&b, c); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "::error "); n != mostAnnotations ||
		!strings.Contains(b.String(), "title=22 more%3A regression") {
		t.Errorf("%d errors:\n%s", n, b.String())
	}
}

func TestMarkdownIsInert(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, comparison()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<&>") || !strings.Contains(b.String(), `\| \*x\*`) {
		t.Errorf("names aren't escaped:\n%s", b.String())
	}
	c := comparison()
	for i := range 3000 {
		v := c.Verdicts[0]
		v.Strategy = fmt.Sprint(i)
		c.Verdicts = append(c.Verdicts, v)
	}
	c.Verdicts[0].Status = history.OK
	for i := range c.Verdicts {
		c.Verdicts[i].Status = history.OK
	}
	b.Reset()
	if err := Markdown(&b, c); err != nil || b.Len() > 60_000 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

func TestCSVIsWhole(t *testing.T) {
	var b bytes.Buffer
	c := comparison()
	if err := CSV(&b, c); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 6 || rows[1][9] != "0.3" || rows[5][8] != "" {
		t.Errorf("%v %q", err, rows)
	}
	b.Reset()
	if err := CSVNights(&b, c.NewNights); err != nil {
		t.Fatal(err)
	}
	if rows, err = csv.NewReader(&b).ReadAll(); err != nil || len(rows) != 3 || len(rows[0]) != len(rows[1]) {
		t.Errorf("%v %q", err, rows)
	}
}

// readGoBench reads what benchstat reads, by its own reader: the values of each benchmark by their units, the first
// of each.
func readGoBench(t *testing.T, text []byte) map[string]map[string]float64 {
	t.Helper()
	found := map[string]map[string]float64{}
	for r := benchfmt.NewReader(bytes.NewReader(text), "test"); r.Scan(); {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("benchstat's reader: %v", rec)
		case *benchfmt.Result:
			name := rec.Name.String()
			if found[name] == nil {
				found[name] = map[string]float64{}
			}
			for _, v := range rec.Values {
				if _, before := found[name][v.Unit]; !before {
					found[name][v.Unit] = v.Value
				}
			}
		}
	}
	return found
}

// TestJSONTellsWhatCSVTells, with null for what isn't known, and names that can be shown anywhere.
func TestJSONTellsWhatCSVTells(t *testing.T) {
	c := comparison()
	c.Verdicts[0].Effect = ptr(math.Inf(1))
	var b bytes.Buffer
	if err := JSON(&b, c); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Headline, Night string
		Verdicts                []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != JSONSchema || got.Night != c.Night || !strings.HasPrefix(got.Headline, "Regression: p50") ||
		len(got.Verdicts) != len(c.Verdicts) {
		t.Errorf("got %+v", got)
	}
	first, last := got.Verdicts[0], got.Verdicts[4]
	if first["verdict"] != "regression" || first["value"] != 130.0 || first["effect"] != nil || last["value"] != nil ||
		first["judged_nights"] != 2.0 {
		t.Errorf("got %v and %v", first, last)
	}
	if name := first["strategy"].(string); strings.ContainsAny(name, "\r\n") {
		t.Errorf("a name is %q", name)
	}
}

func TestGoBench(t *testing.T) {
	var b bytes.Buffer
	c := comparison()
	if err := GoBench(&b, c); err != nil {
		t.Fatal(err)
	}
	run := &record.Run{Scenario: record.Scenario{Name: "demo"},
		Strategies: []record.Strategy{{Name: "a b/c", Counts: &record.Counts{Batches: []record.Batch{
			{Orders: 6, Delivered: 5, CostUSD: 0.6, P50: ptr(90), P95: nil}, {Orders: 6}}}}, {Name: "replayed"}}}
	if err := GoBenchRun(&b, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"BenchmarkStrategy/name=hybrid 40 120 usd/kvideo 2.5 failed%\n",
		"BenchmarkStrategy/name=a_b_c 6 120 usd/kvideo 90 p50-sec 16.6667 failed%\n",
		"BenchmarkStrategy/name=a_b_c 6 100 failed%\n", "nights: base\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	read := readGoBench(t, b.Bytes())
	if got := read["Strategy/name=hybrid"]; got["usd/kvideo"] != 120 || got["failed%"] != 2.5 {
		t.Errorf("benchstat's reader finds %v", got)
	}
	if got := read["Strategy/name=a_b_c"]; got["p50-sec"] != 90 {
		t.Errorf("benchstat's reader finds %v", got)
	}
	if strings.Contains(b.String(), "routed") || strings.Contains(b.String(), "replayed") {
		t.Error("a replay is benchmarked")
	}
}
