package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func ptr[T any](v T) *T { return &v }

func figure(v float64) Figure { return Figure{Value: &v, Low: ptr(v * 0.9), High: ptr(v * 1.1)} }

// full uses every field.
func full() *Run {
	return &Run{
		Schema: Schema, Mode: "sim", Tool: Tool{Version: "0.1"}, Seed: 1, Started: "2026-11-28T03:00:00Z", Months: 300,
		Orders: 20_000, Warnings: []string{"w"}, Incomplete: true,
		Invalid: "the key of reverse was refused", Findings: []string{"f"},
		Bills: []Bill{{Channel: "reverse", Submits: 30, ReservedUSD: 3.6, ComputedUSD: 3.24, ReportedUSD: ptr(3.42),
			ReportedFor: 29, ComparedUSD: 3.24, Counted: 3.42, Unit: "credit", UnitsFor: 29, ReportedUnits: 342,
			ComparedUnits: 324, OtherUnit: "token"}},
		Accounts: []Account{{Channels: []string{"reverse"}, BeforeUSD: 8, PaidInUSD: 2, AfterUSD: 6.58, SpentUSD: 3.42,
			ComputedUSD: 3.24, LeastUSD: 3.12, MostUSD: 3.24, MissingUSD: 0.18}},
		Scenario: Scenario{
			Name: "demo", Title: "Which?", SHA256: "3f9c", PurchaseSHA256: "99aa", PromiseSeconds: ptr(360.0),
			DeadlineSeconds: ptr(1800.0), BudgetUSD: ptr(10_000.0),
			Models: []string{"sora-2"}, StrategyLabels: map[string]string{"hybrid": "Reverse, then relay"},
			Videos: []Video{{Name: "short", Share: 0.6, Seconds: 4, Resolution: "720p"}},
			Channels: []Channel{{Name: "reverse", Label: "Pool", Kind: "reverse", Terms: "unofficial",
				PriceAsOf: "2025-12-01", PriceSource: "vendor", AsOf: "2026-08-01", Ended: "2026-09-24",
				Stale: []string{"price"}}},
			Assumptions: []Assumption{{Key: "channels.reverse.latency", Confidence: "assumed", Text: "lognormal"}},
		},
		Strategies: []Strategy{{
			Name: "hybrid", Kind: "hybrid", Engine: "event", Channels: []string{"reverse"}, Excluded: true, Orders: 6_000_000,
			Delivered:        5_999_000,
			CostPerDelivered: figure(0.33), CostAsDrawn: ptr(figure(0.33)), CostPerOrder: figure(0.33),
			MonthlyCost:    Spread{figure(6600), ptr(6400.0), ptr(6600.0), ptr(6800.0)},
			DeliveredShare: figure(0.9), InTimeShare: figure(0.8),
			LatencySeconds:   Latency{figure(110), figure(106), figure(219), figure(300)},
			AttemptsPerOrder: figure(1.05), FallbackShare: figure(0.02), SpendByChannel: map[string]float64{"reverse": 6500},
			HandlingPerMonth: 100,
			ErrorsPer1000:    map[string]float64{"region": 20}, RegionByCountry: map[string]float64{"MM": 20},
			UndeliveredReasons: map[string]float64{"deadline": 1},
			Spend:              []Spend{{Channel: "reverse", For: "in_time", USD: 6500}, {For: "late", USD: 100}},
			Days:               []Day{{Day: 1, P025: 200, P10: 205, P25: 210, P50: 215, P75: 220, P90: 225, P975: 230}},
			OverBudget:         ptr(figure(0.1)), OverBudgetDraws: ptr(0.2), MonthlyDraws: &Band{6000, 7000},
			Counts: &Counts{InTime: 28, Attempts: 33, Retries: 2, Fallbacks: 1, Errors: map[string]int64{"region": 3},
				P90: figure(140), SpentUSD: 3.6, MissingUSD: 0.18, SpentByMonth: map[string]float64{"2026-11": 3.6},
				CostMedian: ptr(0.12),
				Bill:       Told{29, 3.42, 3.24}, Batches: []Batch{{6, 5, 0.72, ptr(90.0), ptr(130.0)}}},
			LatencyCDF: []Point{{Seconds: 10, Share: 0.1}, {Seconds: 20, Share: 0.99}}, Warnings: []string{"few"},
			Exact: &Exact{CostPerDelivered: ptr(0.33), CostPerOrder: 0.33, DeliveredShare: 0.9, InTimeShare: 0.8,
				AttemptsPerOrder: 1.05,
				Latency:          ExactLatency{Mean: ptr(110.0), P50: ptr(106.0), P95: ptr(219.0), P99: ptr(300.0)}},
		}},
		Verdict: Verdict{
			Winner: ptr("hybrid"), Candidate: ptr("hybrid"), Closest: ptr("reverse"),
			MeasureFirst: ptr("channels.reverse.latency"), Minimise: "cost", ExpectedRegret: ptr(3.0),
			ProbabilityBest: map[string]float64{"hybrid": 1},
			Requirements: []Requirement{{Strategy: "hybrid", Metric: "in_time", Text: "in_time >= 85%", Holds: true,
				HoldsAsStated: true, Probability: 1, Value: ptr(0.9), MonthMissesShare: ptr(0.01)}},
			Confidence: 0.95, Excluded: []string{"reverse"}, ExclusionCost: ptr(900.0), Draws: 64,
			Saving: &Saving{Strategy: "hybrid", Against: "forwarding", Baseline: true, CostUSD: 6600, AgainstUSD: 7000,
				MeanUSD: ptr(380.0), Fewer: &Fewer{0.9, 0.99}}, Baseline: "forwarding",
			AgainstBaseline: map[string]float64{"hybrid": 400},
			BreakEvens: []BreakEven{{Cheaper: "reverse", Dearer: "forwarding", Clip: "720p", Seconds: ptr(1.41),
				FailRate: ptr(0.3), Sentence: "s"}},
			Sentence: "Use hybrid.", Reasons: []string{"r"},
		},
		Map: &BreakEvenMap{Strategy: "hybrid", Against: "forwarding", Resolution: "720p", Channel: "reverse",
			Failure: "region",
			Seconds: []float64{1, 2}, Rates: []float64{0.01}, Saving: [][]*float64{{ptr(-0.03), nil}},
			Workload: MapBox{8, 12, 0.01, 0.03}},
		Timeline: &Timeline{BinSeconds: 60, Seconds: 300,
			Channels: []ChannelTimeline{{Channel: "reverse", Bins: []TimelineBin{
				{From: 60, Outcomes: map[string]int{"delivered": 3, "region": 1}, MedianSeconds: ptr(94.0)}}}}},
		Truncated: []Truncation{{Channel: "reverse", At: "2026-11-01T03:10:00Z", Good: 1, Bad: 8, InFlight: 2, NotBegun: 20,
			GoodShare: figure(0.11)}},
		Drive: &Drive{Run: "2026-11-01T03:00:00.000000001Z", Channels: "mock", Poll: map[string]float64{"reverse": 10},
			Speed: 60, SendLagP99: ptr(0.1), PlannedRate: ptr(6.0), Rate: ptr(5.9), Cut: 1, Planned: 60,
			Gates: []Gate{{"p95", 0.15, 0.01}}},
		Precision: &Precision{Asked: 0.01, Reached: ptr(0.004), Minimise: "cost", Strategy: "hybrid", Against: ptr("reverse"),
			Difference: figure(-40)},
		Sensitivity: &Sensitivity{
			Strategy: "hybrid", Against: ptr("reverse"), Minimise: "cost", PerfectInformation: ptr(3.0), Points: 64,
			StatedDifference: ptr(-40.0),
			Stated:           []StrategyCost{{Strategy: "hybrid", MonthlyCost: ptr(6600.0)}},
			Inputs: []InputEffect{{Key: "channels.reverse.latency", Confidence: "assumed", Low: 0.5, Stated: 1, High: 2,
				FirstShare: ptr(0.5), TotalShare: ptr(0.6), KeepingShare: ptr(0.7), Worth: ptr(2.0), DifferenceAtLow: ptr(-60.0),
				DifferenceAtHigh: ptr(10.0),
				Costs:            []CostRange{{Strategy: "hybrid", AtLow: ptr(6500.0), AtHigh: ptr(6700.0)}},
				Flips:            []Flip{{At: 1.7, From: ptr("hybrid"), To: ptr("reverse")}}}},
		},
	}
}

// minimal holds no strategy and no list.
func minimal() *Run { return &Run{Schema: Schema, Mode: "bench", Verdict: Verdict{Minimise: "cost"}} }

// unreached is a run in which nothing was delivered: figures are null, lists nil.
func unreached() *Run {
	r := minimal()
	r.Mode = "sim"
	r.Strategies = []Strategy{{Name: "reverse", Kind: "reverse", Engine: "exact", Orders: 100}}
	r.Strategies[0].Exact = &Exact{}
	r.Verdict.Requirements = []Requirement{{Strategy: "reverse", Metric: "p95", Text: "p95 <= 6m"}}
	r.Verdict.BreakEvens = []BreakEven{{Clip: "720p"}}
	r.Verdict.Saving = &Saving{Strategy: "reverse"}
	r.Bills = []Bill{{Channel: "reverse"}}
	r.Accounts = []Account{{}}
	r.Drive = &Drive{Channels: "live"}
	r.Strategies[0].Counts = &Counts{Batches: []Batch{{}}}
	r.Precision = &Precision{Strategy: "reverse", Minimise: "p95"}
	r.Sensitivity = &Sensitivity{Strategy: "reverse", Minimise: "p95", Inputs: []InputEffect{{Flips: []Flip{{}}}, {}}}
	return r
}

var runs = map[string]func() *Run{"full": full, "minimal": minimal, "unreached": unreached}

func encoded(t *testing.T, run *Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("run.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("run.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunsMatchTheSchema(t *testing.T) {
	s := compiled(t)
	for name, run := range runs {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded(t, run())))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	for name, spoil := range map[string]func(map[string]any){
		"another version":       func(m map[string]any) { m["schema"] = "channelbench/run/v2" },
		"no verdict":            func(m map[string]any) { delete(m, "verdict") },
		"null warnings":         func(m map[string]any) { m["warnings"] = nil },
		"a list of one":         func(m map[string]any) { m["strategies"] = "hybrid" },
		"a figure as text":      func(m map[string]any) { strategy(m)["cost_per_order_usd"] = map[string]any{"value": "$1"} },
		"a lone figure":         func(m map[string]any) { strategy(m)["in_time_share"] = 0.9 },
		"a wrong engine":        func(m map[string]any) { strategy(m)["engine"] = "guess" },
		"an account as text":    func(m map[string]any) { m["accounts"] = []any{"reverse"} },
		"fewer than no submits": func(m map[string]any) { m["bills"].([]any)[0].(map[string]any)["submits"] = -1 },
		"a date in words":       func(m map[string]any) { channel(m)["price_as_of"] = "last week" },
		"a share beyond all": func(m map[string]any) {
			m["sensitivity"].(map[string]any)["inputs"].([]any)[0].(map[string]any)["total_share"] = 1.2
		},
		"more than a whole": func(m map[string]any) {
			strategy(m)["latency_cdf"] = []any{map[string]any{"seconds": 1.0, "share": 1.5}}
		},
	} {
		var doc map[string]any
		if err := json.Unmarshal(encoded(t, full()), &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc)
		if s.Validate(doc) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func strategy(m map[string]any) map[string]any { return m["strategies"].([]any)[0].(map[string]any) }

func channel(m map[string]any) map[string]any {
	return m["scenario"].(map[string]any)["channels"].([]any)[0].(map[string]any)
}

// node is what the tests read of a schema.
type node struct {
	Ref                  string           `json:"$ref"`
	Properties           map[string]*node `json:"properties"`
	Required             []string         `json:"required"`
	Items                *node            `json:"items"`
	OneOf                []*node          `json:"oneOf"`
	AdditionalProperties *node            `json:"additionalProperties"`
	Defs                 map[string]*node `json:"$defs"`
}

// A field without a property, or a property without a field, is a format that nobody described, or
// a promise that nobody keeps.
func TestSchemaNamesExactlyTheFields(t *testing.T) {
	var root node
	if err := json.Unmarshal([]byte(JSONSchema), &root); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	compareFields(t, "run", reflect.TypeFor[Run](), &root, root.Defs, used)
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("$defs/%s is used by nothing", name)
		}
	}
}

func compareFields(t *testing.T, path string, of reflect.Type, n *node, defs map[string]*node, used map[string]bool) {
	t.Helper()
	for n != nil && (n.Ref != "" || len(n.OneOf) > 0) {
		if len(n.OneOf) > 0 {
			n = n.OneOf[len(n.OneOf)-1]
			continue
		}
		name := strings.TrimPrefix(n.Ref, "#/$defs/")
		used[name] = true
		n = defs[name]
	}
	switch {
	case n == nil:
		t.Errorf("%s: the schema has nothing for %s", path, of)
	case of.Kind() == reflect.Pointer:
		compareFields(t, path, of.Elem(), n, defs, used)
	case of.Kind() == reflect.Slice:
		compareFields(t, path+"[]", of.Elem(), n.Items, defs, used)
	case of.Kind() == reflect.Map:
		compareFields(t, path+"{}", of.Elem(), n.AdditionalProperties, defs, used)
	case of.Kind() == reflect.Struct:
		fields := jsonFields(of)
		for name, f := range fields {
			if n.Properties[name] == nil {
				t.Errorf("%s: the schema lacks %q", path, name)
				continue
			}
			if f.optional == slices.Contains(n.Required, name) {
				t.Errorf("%s: %q is optional: %v, required: %v", path, name, f.optional, !f.optional)
			}
			compareFields(t, path+"."+name, f.of, n.Properties[name], defs, used)
		}
		for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
			if _, found := fields[name]; !found {
				t.Errorf("%s: the schema has %q, %s has not", path, name, of)
			}
		}
	}
}

type field struct {
	of       reflect.Type
	optional bool
}

// jsonFields are the fields by their names in JSON, those of embedded structs included.
func jsonFields(of reflect.Type) map[string]field {
	fields := map[string]field{}
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			maps.Copy(fields, jsonFields(f.Type))
			continue
		}
		fields[name] = field{f.Type, strings.Contains(options, "omitempty")}
	}
	return fields
}

func TestRoundTrip(t *testing.T) {
	for name, run := range runs {
		first := encoded(t, run())
		back, err := Read(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if second := encoded(t, back); !bytes.Equal(first, second) {
			t.Errorf("%s changes when read and written again:\n%s\n%s", name, first, second)
		}
	}
	back, err := Read(bytes.NewReader(encoded(t, full())))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, full()) {
		t.Errorf("read %+v, wrote %+v", back, full())
	}
}

// The full run must be full, or the tests above look at less than they say.
func TestFullRunUsesEveryField(t *testing.T) {
	var empty func(path string, v reflect.Value)
	empty = func(path string, v reflect.Value) {
		if v.IsZero() {
			t.Errorf("full() leaves %s empty", path)
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			empty(path, v.Elem())
		case reflect.Slice:
			empty(path+"[0]", v.Index(0))
		case reflect.Struct:
			for i := range v.NumField() {
				empty(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	empty("run", reflect.ValueOf(full()))
}

func TestWriteLeavesTheRunAlone(t *testing.T) {
	run := unreached()
	encoded(t, run)
	if !reflect.DeepEqual(run, unreached()) {
		t.Error("writing a run has changed it")
	}
}

func TestWriteRefusesWhatIsNoNumber(t *testing.T) {
	run := full()
	run.Strategies[0].HandlingPerMonth = math.NaN()
	if err := Write(&bytes.Buffer{}, run); err == nil {
		t.Error("NaN is written")
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":"channelbench/run/v2"}`:    `read run: schema is "channelbench/run/v2", want "channelbench/run/v1"`,
		`{}`:                                  `read run: schema is "", want "channelbench/run/v1"`,
		`null`:                                `read run: schema is "", want "channelbench/run/v1"`,
		``:                                    `read run: EOF`,
		`{"schema":"channelbench/run/v1"} {}`: `read run: there is more in it than one document`,
		`{"schema":"channelbench/run/v1"}` +
			"\n::error::": `read run: there is more in it than one document`,
		`{"schema":"channelbench/run/v1","strategies":[{"name":"a","orders":5,"delivered":9}]}`: `read run: strategy "a": 9 orders can't be delivered, and 0 in time, of 5`,
		`{"schema":"channelbench/run/v1","strategies":[{"counts":{"in_time":-1}}]}`:             `read run: strategy "": 0 orders can't be delivered, and -1 in time, of 0`,
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("Read(%q): %v, want %s", text, err, want)
		}
	}
}

func TestReadTakesWhatLaterVersionsAdd(t *testing.T) {
	later := strings.Replace(string(encoded(t, full())), `"mode"`, `"added_later": {"x": 1}, "mode"`, 1)
	if _, err := Read(strings.NewReader(later)); err != nil {
		t.Error(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(later))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(doc); err != nil {
		t.Errorf("the schema refuses an added property: %v", err)
	}
}
