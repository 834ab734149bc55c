package history

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/sealed"
)

var firstNight = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)

// plain is a night without surprises, i days after the first.
func plain(i int, strategy string) Night {
	at := firstNight.AddDate(0, 0, i)
	figure := func(v float64) record.Figure {
		return record.Figure{Value: &v, Low: record.Number(0.9 * v), High: record.Number(1.1 * v)}
	}
	wobble := 1 + 0.03*float64(i%3-1)
	return Night{Schema: Schema, Kind: "night", At: at.Format(time.RFC3339), Site: "ci", Mode: "mock", Scenario: "demo",
		Strategy: strategy, Engine: "live",
		Orders: 80, Delivered: 79, InTime: 75, Attempts: 82, Retries: 2, Errors: map[string]int64{"region": 2},
		DeliveredShare: share(79, 80), InTimeShare: share(75, 80),
		Latency:      Latency{P50: figure(100 * wobble), P90: figure(150 * wobble), P95: figure(170 * wobble)},
		CostPerOrder: figure(0.12), CostPerDelivered: figure(0.1215), SpentUSD: 9.6, PurchaseSHA256: "99aa",
		ScenarioSHA256: "3f9c", Seed: uint64(i),
		Poll: map[string]float64{"reverse": 10}, Version: "0.1", at: at}
}

func encode(t testing.TB, nights ...Night) []byte {
	t.Helper()
	var all []byte
	for _, n := range nights {
		line, err := lineOf(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line...)
	}
	return all
}

// sealedLine is a line that so begins, with a right checksum.
func sealedLine(begun string) []byte {
	return sealed.Line([]byte(begun))
}

func parse(t *testing.T, text []byte) *Log {
	t.Helper()
	l, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadNamesWhatItLeavesOut(t *testing.T) {
	one, two, three := encode(t, plain(1, "a")), encode(t, plain(2, "a")), encode(t, plain(3, "a"))
	resumed := plain(2, "a")
	resumed.Orders = 90
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, test := range map[string]struct {
		text   []byte
		nights int
		want   string // problems, a line each
	}{
		"empty":                {nil, 0, ""},
		"blank lines":          {join([]byte("\n \r\n"), one, []byte("\n")), 1, ""},
		"whole":                {join(one, two, three), 3, ""},
		"no newline at end":    {bytes.TrimSuffix(join(one, two), []byte("\n")), 2, ""},
		"line ends of Windows": {bytes.ReplaceAll(join(one, two), []byte("\n"), []byte("\r\n")), 2, ""},
		"half a line at end":   {join(one, two[:len(two)/2]), 1, "line 2 was cut short while it was written"},
		"a few bytes at end":   {join(one, two[:5]), 1, "line 2 was cut short while it was written"},
		"torn in the middle":   {join(one[:200], []byte("\n"), two), 1, "line 1 was cut short while it was written"},
		"changed": {join(bytes.Replace(one, []byte(`"orders":80`), []byte(`"orders":81`), 1), two), 1,
			"line 1 was changed after it was written, or is torn: its checksum is wrong"},
		"another version": {join(bytes.Replace(one, []byte("history/v1"), []byte("history/v2"), 1), two), 1,
			`line 1 has the schema "channelbench/history/v2", and this version reads "channelbench/history/v1"`},
		"sealed, but no night": {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"night","at":"2026-11-30T03:00:00Z","strategy":"s","seed":-1`), one), 1, "line 1 can't be read: json: cannot unmarshal number -1 into Go struct field Night.seed of type uint64"},
		"sealed, but undated": {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"night","at":"yesterday"`), one),
			1, `line 1 can't be read: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`},
		"sealed, but no mark": {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"accept","from":7`), one), 1,
			"line 1 can't be read: json: cannot unmarshal number into Go struct field Mark.from of type string"},
		"sealed, but too good": {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"night","at":"2026-11-30T03:00:00Z","orders":4,"delivered":5`), one), 1, "line 1 can't be read: 5 orders can't be delivered, and 0 in time, of 4"},
		"sealed, but none":     {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"night","at":"2026-11-30T03:00:00Z","in_time":-1`), one), 1, "line 1 can't be read: 0 orders can't be delivered, and -1 in time, of 0"},
		"of an unknown kind": {join(sealedLine(`{"schema":"channelbench/history/v1","kind":"other"`), one), 1,
			`line 1 is of the kind "other", which only other versions know`},
		"foreign JSON": {join([]byte("{\"level\":\"info\"}\n[1,2]\n7\n"), one), 1,
			"line 1 is not a line of a history\nline 2 is not a line of a history\nline 3 is not a line of a history"},
		"binary": {join([]byte("\x00\xff\x1b[31m\n"), one, bytes.Repeat([]byte{0}, 3<<20), []byte("\n"), two),
			2, "line 1 is no JSON\nline 3 is no JSON"},
		"out of order": {join(two, one, three), 3, ""},
		"twice":        {join(one, two, one), 2, "line 3 repeats line 1"},
		"resumed": {join(one, two, three, encode(t, resumed)), 3,
			"line 2 is superseded by line 4, of the same run later on"},
	} {
		l := parse(t, test.text)
		var said []string
		for _, p := range l.Problems {
			said = append(said, p.String())
		}
		if got := strings.Join(said, "\n"); got != test.want || len(l.Nights) != test.nights {
			t.Errorf("%s: %d nights, want %d; problems:\n%s\nwant:\n%s", name, len(l.Nights), test.nights, got, test.want)
		}
	}
	if got := parse(t, join(one, two, three, encode(t, resumed))).Nights[1].Orders; got != 90 {
		t.Errorf("a resumed night has %d orders, want the later 90", got)
	}
}

// Every bit of a line is guarded, and every cut is noticed.
func TestEveryChangeOfALineIsNoticed(t *testing.T) {
	line := encode(t, plain(1, "a"))
	for i := range len(line) - 1 {
		for bit := range 8 {
			changed := bytes.Clone(line)
			if changed[i] ^= 1 << bit; changed[i] == '\n' {
				continue
			}
			if l := parse(t, changed); len(l.Nights) != 0 || len(l.Problems) != 1 {
				t.Fatalf("bit %d of byte %d: %d nights, %v", bit, i, len(l.Nights), l.Problems)
			}
		}
		if l := parse(t, line[:i]); len(l.Nights) != 0 {
			t.Fatalf("cut after %d bytes, it is read as a night", i)
		}
	}
}

func TestAppendTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	const writers, nights = 8, 40
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range nights {
				if err := Append(path, plain(i, fmt.Sprintf("a%d", w)), plain(i, fmt.Sprintf("b%d", w))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if l := parse(t, text); len(l.Nights) != 2*writers*nights || len(l.Problems) > 0 {
		t.Errorf("%d nights, want %d; %v", len(l.Nights), 2*writers*nights, l.Problems)
	}
}

// What is there stays, byte for byte, and a line that was cut short spoils no other.
func TestAppendAfterATear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	torn := append(encode(t, plain(1, "a")), []byte(`{"schema":"channelb`)...)
	if err := os.WriteFile(path, torn, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Append(path, plain(2, "a")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if l := parse(t, text); !bytes.HasPrefix(text, torn) || len(l.Nights) != 2 || len(l.Problems) != 1 {
		t.Errorf("%d nights, %v:\n%s", len(l.Nights), l.Problems, text)
	}
	if err := Append(filepath.Join(path, "below"), plain(2, "a")); err == nil {
		t.Error("a file below a file is written")
	}
}

// year is a log of n nights of a strategy; change alters the nights from the given one on.
func year(t *testing.T, n, from int, change func(*Night)) *Log {
	t.Helper()
	l := &Log{}
	for i := range n {
		night := plain(i, "reverse")
		if i >= from {
			change(&night)
		}
		l.Nights = append(l.Nights, night)
	}
	return l
}

func times(f *record.Figure, by float64) {
	*f = record.Figure{Value: record.Number(*f.Value * by), Low: record.Number(*f.Low * by),
		High: record.Number(*f.High * by)}
}

func statusOf(t *testing.T, c *Comparison, metric string) Verdict {
	t.Helper()
	for _, v := range c.Verdicts {
		if v.Gate.Metric == metric {
			return v
		}
	}
	t.Fatalf("%s isn't judged", metric)
	return Verdict{}
}

func TestJudge(t *testing.T) {
	slow := func(n *Night) { times(&n.Latency.P50, 1.3) }
	for name, test := range map[string]struct {
		nights, from int
		change       func(*Night)
		metric       string
		want         Status
		reason       string
	}{
		"one night only":  {1, 9, slow, "p50", Inconclusive, "the baseline has 0 of at least 8 nights"},
		"all the same":    {40, 99, slow, "p50", OK, "within the gate"},
		"two slow nights": {40, 38, slow, "p50", Regression, "two nights running"},
		"a slow month":    {70, 40, slow, "p50", Regression, "since 2026-02-10"},
		"slow, and well again": {40, 38, func(n *Night) {
			times(&n.Latency.P50,
				1.3*float64(1-n.at.YearDay()%2)+0.98*float64(n.at.YearDay()%2))
		}, "delivered", OK, "within"},
		"faster": {45, 38, func(n *Night) { times(&n.Latency.P50, 0.7) }, "p50", Improvement, "better"},
		"a dead channel": {40, 39, func(n *Night) {
			n.Delivered, n.InTime, n.Orders = 0, 0,
				10
			n.Truncated = "stopped"
		}, "delivered", Regression, "not a single one"},
		"a channel given up": {40, 39, func(n *Night) {
			n.Delivered, n.InTime, n.Orders, n.GivenUp = 0, 0, 6, "given up as dead after 6 orders"
		}, "delivered", Regression, "given up as dead after 6"},
		"given up, its times": {40, 39, func(n *Night) {
			n.Delivered, n.InTime, n.Orders, n.GivenUp = 0, 0, 6, "given up as dead after 6 orders"
		}, "p50", Inconclusive, "too few orders: 6"},
		"given up, but invalid": {40, 39, func(n *Night) { n.Orders, n.GivenUp, n.Invalid = 6, "given up", "no network" },
			"delivered", Inconclusive, "invalid: no network"},
		"a night cut short": {40, 39, func(n *Night) { n.Truncated = "the run ended early" }, "p50", Inconclusive,
			"ended early"},
		"an invalid night": {40, 39, func(n *Night) { n.Invalid = "the key was refused" }, "p50", Inconclusive,
			"invalid: the key"},
		"too few orders": {40, 39, func(n *Night) { n.Orders, n.Delivered = 9, 9 }, "delivered", Inconclusive,
			"too few orders: 9"},
		"late orders": {40, 39, func(n *Night) { n.SendLagP99 = record.Number(2) }, "in_time", Inconclusive,
			"up to 2 s late"},
		"late orders, sped up": {40, 39, func(n *Night) { n.Speed, n.SendLagP99 = 60, record.Number(2) }, "in_time",
			Inconclusive, "more than a hundredth of the median; --speed 23x would have done"},
		"a rate not reached": {40, 39, func(n *Night) { n.Rate, n.PlannedRate = record.Number(5), record.Number(6) },
			"delivered", Inconclusive, "5 orders a minute were reached, of 6"},
		"a rate, and its costs": {40, 39, func(n *Night) { n.Rate, n.PlannedRate = record.Number(5), record.Number(6) },
			"cost_per_delivered", OK, ""},
		"dearer": {40, 38, func(n *Night) { times(&n.CostPerDelivered, 1.2) }, "cost_per_delivered",
			Regression, "two nights running"},
		"dearer within": {40, 38, func(n *Night) { times(&n.CostPerDelivered, 1.04) }, "cost_per_delivered", OK,
			"within"},
		"polled differently": {40, 39, func(n *Night) { n.Poll = map[string]float64{"reverse": 5} }, "p50", Inconclusive,
			"0 of at least 8"},
		"another purchase": {40, 39, func(n *Night) { n.PurchaseSHA256 = "other" }, "p50", Inconclusive,
			"0 of at least 8"},
		"never reached, twice": {40, 38, func(n *Night) { n.Latency.P50 = record.Figure{} }, "p50", Regression, ""},
	} {
		c, err := Judge(year(t, test.nights, test.from, test.change), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := statusOf(t, c, test.metric); v.Status != test.want || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s, %q; want %s, %q", name, v.Status, v.Reason, test.want, test.reason)
		}
	}
}

// costs is what n clips of $0.12 cost, of which some fell back to $0.74, and all by a factor.
func costs(n *Night, fell int, factor float64) {
	orders, p := float64(n.Orders), float64(fell)/float64(n.Orders)
	mean := factor * (0.12 + 0.62*p)
	half := 1.96 * factor * 0.62 * math.Sqrt(p*(1-p)/(orders-1))
	// a bench's interval
	n.CostPerDelivered = record.Figure{Value: &mean, Low: record.Number(mean - half),
		High: record.Number(mean + half + 0.02)}
	if fell == 0 {
		n.CostPerDelivered.Low = &mean
	}
	n.CostMedian = record.Number(factor * 0.12)
}

// At a flat price, counts and the price itself are judged. One order can't make a regression, nor can one a night.
func TestFlatPricesWithRareFallbacks(t *testing.T) {
	for name, test := range map[string]struct {
		fell   []int // back, of 30 orders a night, after 30 nights
		before int   // so many of these with one that fell back
		factor float64
		want   Status
		reason string
	}{
		"none":                     {[]int{0, 0}, 0, 1, OK, "within"},
		"one":                      {[]int{1}, 0, 1, Inconclusive, "not beyond chance"},
		"one, on two nights":       {[]int{1, 1}, 0, 1, Inconclusive, "not beyond chance"},
		"one, as before":           {[]int{1}, 10, 1, Inconclusive, "not beyond chance"},
		"five, on two nights":      {[]int{5, 5}, 3, 1, Regression, "two nights running"},
		"one a night, for a while": {[]int{1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 1, Regression, "the last 9 nights together"},
		"a dearer price":           {[]int{0}, 3, 1.25, Regression, "the price itself rose from $0.12 to $0.15"},
		"a dearer price, and one":  {[]int{1, 1}, 3, 1.25, Regression, "the price itself rose from $0.12 to $0.15"},
		"a price within the gate":  {[]int{0, 0, 0}, 3, 1.04, OK, "within"},
		"a cheaper price":          {[]int{0, 0}, 3, 0.8, Improvement, "better"},
	} {
		const quiet = 30
		l := year(t, quiet+len(test.fell), 0, func(n *Night) {
			n.Orders, n.Delivered, n.InTime = 30, 30, 30
			fell, factor, i := 0, 1.0, n.at.YearDay()-1
			switch {
			case i >= quiet:
				fell, factor = test.fell[i-quiet], test.factor
			case i%3 == 1 && i/3 < test.before:
				fell = 1
			}
			costs(n, fell, factor)
		})
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := statusOf(t, c, "cost_per_delivered"); v.Status != test.want || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s, %q; want %s, %q", name, v.Status, v.Reason, test.want, test.reason)
		}
	}
}

// Invalid nights are on record and in no baseline.
func TestInvalidNightsStayOut(t *testing.T) {
	l := year(t, 40, 5, func(n *Night) {
		if n.at.YearDay() < 20 {
			n.Invalid = "no network"
			times(&n.Latency.P50, 50)
		}
	})
	c, err := Judge(l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v := statusOf(t, c, "p50"); v.Status != OK || *v.Base > 110 {
		t.Errorf("%+v", v)
	}
}

func TestOnlyAPersonMovesTheBaseline(t *testing.T) {
	l := year(t, 80, 40, func(n *Night) { times(&n.Latency.P50, 1.3) })
	c, err := Judge(l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v := statusOf(t, c, "p50"); v.Status != Regression {
		t.Fatalf("after 40 slow nights it is %s: %s", v.Status, v.Reason)
	}
	from, err := time.Parse(time.RFC3339, c.Suggest)
	if err != nil || from.Sub(l.Nights[40].at).Abs() > 48*time.Hour {
		t.Errorf("it suggests %s, want about %s", c.Suggest, l.Nights[40].At)
	}
	l.Marks = []Mark{NewMark(from, c.Group, "", from, "as it is now")}
	l.Marks[0].from = from
	if c, err = Judge(l, Options{}); err != nil {
		t.Fatal(err)
	}
	if v := statusOf(t, c, "p50"); v.Status != OK || *v.Base < 125 {
		t.Errorf("after the mark it is %s: %s, base %v", v.Status, v.Reason, *v.Base)
	}
}

// Replays repeat what driven strategies met: they are named, not judged, and make nothing inconclusive.
func TestReplaysAreNotJudged(t *testing.T) {
	l := year(t, 40, 99, nil)
	for i := range 40 {
		n := plain(i, "hybrid")
		n.Engine = "replay"
		l.Nights = append(l.Nights, n)
	}
	over, err := Judge(l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	two := []Night{l.Nights[0], l.Nights[40]}
	pair, err := Pair(two, two, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Comparison{over, pair} { // a history without bills has no charts of them
		if len(c.Verdicts) != 4 || c.Charts != 4 && c.OverHistory || c.Count(Inconclusive) != 0 ||
			!strings.Contains(strings.Join(c.Notes, ""), "met: hybrid") {
			t.Errorf("%d verdicts of %d charts, notes %q", len(c.Verdicts), c.Charts, c.Notes)
		}
	}
}

func TestGates(t *testing.T) {
	l := year(t, 10, 99, nil)
	l.Nights[9].Gates = []record.Gate{{Metric: "p96", Change: 0.1}}
	if _, err := Judge(l, Options{}); err == nil ||
		!strings.Contains(err.Error(), `no gate for "p96"; known are delivered`) {
		t.Errorf("an unknown gate: %v", err)
	}
	l.Nights[9].Gates = []record.Gate{{Metric: "p95", Change: 0.1}}
	c, err := Judge(l, Options{Gates: []scenario.Gate{scenario.NewGate("p95", 0.2), scenario.NewGate("delivered", -0.01)}})
	if err != nil || len(c.Verdicts) != 2 || c.Verdicts[0].Gate.Change != 0.2 || c.Verdicts[1].Gate.Metric != "delivered" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Judge(&Log{}, Options{}); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty history: %v", err)
	}
}

func TestPair(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Night)
		metric string
		want   Status
		reason string
	}{
		"the same":           {func(*Night) {}, "p50", OK, "within"},
		"much slower":        {func(n *Night) { times(&n.Latency.P50, 2) }, "p50", Regression, "beyond chance and the gate"},
		"slower, perhaps":    {func(n *Night) { times(&n.Latency.P50, 1.15) }, "p50", Inconclusive, "not beyond chance"},
		"faster":             {func(n *Night) { times(&n.Latency.P50, 0.5) }, "p50", Improvement, "better"},
		"many lost":          {func(n *Night) { n.Delivered = 60 }, "delivered", Regression, "beyond"},
		"some lost, perhaps": {func(n *Night) { n.Delivered = 76 }, "delivered", Inconclusive, "too few orders"},
		"polled differently": {func(n *Night) { n.Poll = map[string]float64{"reverse": 1} }, "p50", Inconclusive, "polled"},
		"another strategy":   {func(n *Night) { n.Strategy = "other" }, "p50", Inconclusive, "not in the run"},
		"an invalid new run": {func(n *Night) { n.Invalid = "no network" }, "p50", Inconclusive, "invalid"},
		"charged as priced": {func(n *Night) { n.Bill = record.Told{Attempts: 80, ReportedUSD: 9.6, ComparedUSD: 9.6} },
			"bill", OK, "within"},
		"charged 5 % more": {func(n *Night) { n.Bill = record.Told{Attempts: 80, ReportedUSD: 10.08, ComparedUSD: 9.6} },
			"bill", Regression, "beyond"},
	} {
		base, now := plain(1, "a"), plain(1, "a")
		base.Bill = record.Told{Attempts: 80, ReportedUSD: 9.6, ComparedUSD: 9.6}
		now.Bill = base.Bill
		test.change(&now)
		c, err := Pair([]Night{base}, []Night{now}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := statusOf(t, c, test.metric); v.Status != test.want || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s, %q; want %s, %q", name, v.Status, v.Reason, test.want, test.reason)
		}
	}
	other := plain(1, "a")
	other.PurchaseSHA256 = "else"
	var differ *PurchaseError
	if _, err := Pair([]Night{plain(1, "a")}, []Night{other}, Options{}); !errors.As(err, &differ) {
		t.Errorf("another purchase: %v", err)
	}
	if _, err := Pair([]Night{plain(1, "a")}, []Night{other}, Options{AnyPurchase: true}); err != nil {
		t.Errorf("another purchase, asked for: %v", err)
	}
	other.Mode = "live"
	if _, err := Pair([]Night{plain(1, "a")}, []Night{other}, Options{AnyPurchase: true}); err == nil {
		t.Error("mock and live are compared")
	}
}

func TestLimitsGrowWithTheCharts(t *testing.T) {
	last := LimitsFor(1)
	if last.Night != 2 {
		t.Errorf("of one chart %+v, want 2 for a night", last)
	}
	for _, charts := range []int{4, 12, 40, 200} {
		l := LimitsFor(charts)
		for w := 2; w <= mostRun; w++ {
			if l.Run[w] <= last.Run[w] || w > 2 && l.Run[w] >= l.Run[w-1] || l.Run[w] > 5 {
				t.Errorf("of %d charts, %d nights: %+v, of fewer charts %+v", charts, w, l, last)
			}
		}
		if l.Night < last.Night {
			t.Errorf("of %d charts %+v, of fewer %+v", charts, l, last)
		}
		last = l
	}
}

// FuzzRead reads and judges anything, as it is and with a right checksum on each line, so that what the checksums
// guard is fuzzed, too.
func FuzzRead(f *testing.F) {
	var nights []Night
	for i := range 12 {
		nights = append(nights, plain(i, "a"))
	}
	f.Add(bare(encode(f, nights...)), true)
	f.Add([]byte(`{"schema":"channelbench/history/v1","kind":"accept","from":"2026-01-01T00:00:00Z"`), true)
	f.Add([]byte("\x00\n{}\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, reseal bool) {
		if reseal {
			text = resealed(text)
		}
		l, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Judge(l, Options{}); err == nil && len(l.Nights) > 1 {
			_, _ = Pair(l.Nights[:1], l.Nights[1:2], Options{})
		}
	})
}

// bare is a history without checksums, for a fuzzer to change what they guard.
func bare(text []byte) []byte {
	var all []byte
	for line := range bytes.Lines(text) {
		begun := line[:bytes.LastIndex(line, []byte(`,"crc":`))]
		all = append(append(all, begun...), '\n')
	}
	return all
}

// resealed gives each line a right checksum.
func resealed(text []byte) []byte {
	var all []byte
	for line := range bytes.Lines(text) {
		all = append(all, sealedLine(string(bytes.TrimRight(line, "}\r\n")))...)
	}
	return all
}

// BenchmarkCompareAYear reads and judges 365 nights of 5 strategies.
func BenchmarkCompareAYear(b *testing.B) {
	var text []byte
	for i := range 365 {
		for k := range 5 {
			line, err := lineOf(plain(i, fmt.Sprintf("strategy-%d", k)))
			if err != nil {
				b.Fatal(err)
			}
			text = append(text, line...)
		}
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		l, err := Read(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		if c, err := Judge(l, Options{}); err != nil || len(c.Verdicts) != 20 {
			b.Fatal(c, err)
		}
	}
}
