package scenario

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"channelbench/internal/channel"
)

func TestInputs(t *testing.T) {
	want := []Input{
		{"channels.forwarding.latency", Range{0.5, 2, "uniform"}, 1, 0, "latency"},
		{"channels.reverse.errors.region.rate", Range{0.01, 0.03, "uniform"}, 0.02, 1, "region"},
		{"channels.weibull.latency", Range{0.8, 1.25, "loguniform"}, 1, 3, "latency"},
	}
	if diff := cmp.Diff(want, good(t, "latencies").Inputs()); diff != "" {
		t.Error(diff)
	}
	want = []Input{
		{"channels.reverse.errors.region.rate", Range{0.01, 0.03, "loguniform"}, 0.02, 1, "region"},
		{"channels.reverse.errors.job.rate", Range{0, 0.02, "uniform"}, 0.01, 1, "job"},
	}
	if diff := cmp.Diff(want, good(t, "errors").Inputs()); diff != "" {
		t.Error(diff)
	}
	want = []Input{
		{"channels.forwarding.price", Range{0.9, 1.2, "uniform"}, 1, 0, "price"},
		{"channels.reverse.errors.region.rate", Range{0.01, 0.03, "uniform"}, 0.02, 1, "region"},
	}
	if diff := cmp.Diff(want, good(t, "small", `channels.forwarding.price.range=["90%", "120%"]`).Inputs()); diff != "" {
		t.Error(diff)
	}
	if inputs := good(t, "minimal").Inputs(); inputs != nil {
		t.Errorf("inputs %v", inputs)
	}
	odd := mustLoad(t, strings.ReplaceAll(string(good(t, "errors").Source), "channels.reverse", `channels."veo 3.1"`),
		`strategies.hybrid.steps=[{ channel = "veo 3.1" }]`)
	if key := odd.Inputs()[0].Key; key != `channels."veo 3.1".errors.region.rate` {
		t.Errorf("key %s", key)
	}
}

func TestWith(t *testing.T) {
	s := good(t, "latencies", `channels.reverse.latency.range=["50%", "150%"]`)
	before := Resolved(s)
	c := s.With([]float64{1.5, 0.8, 0.025, 1.1})
	if got := c.Channels[0].Latency; got.Base != 30*time.Second || got.PerSecond["720p"] != 12*time.Second ||
		got.PerSecond["1080p"] != 96375*time.Millisecond || got.Range != nil {
		t.Errorf("forwarding: %+v", got)
	}
	values := slices.Clone(s.Channels[1].Latency.Values)
	for i := range values {
		values[i] *= 0.8
	}
	if diff := cmp.Diff(values, c.Channels[1].Latency.Values, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Error(diff)
	}
	if e := c.Channels[1].Errors.By[channel.Region]; e.Rate != 0.025 || e.Range != nil {
		t.Errorf("region: %+v", e)
	}
	if got := c.Channels[3].Latency.PerSecond[""]; got != 11*time.Second {
		t.Errorf("weibull: %v a second", got)
	}
	if inputs := c.Inputs(); inputs != nil {
		t.Errorf("what was set is still unknown: %v", inputs)
	}
	if diff := cmp.Diff(string(before), string(Resolved(s))); diff != "" {
		t.Errorf("With changed the scenario itself: %s", diff)
	}
	if service := mustCompile(t, c).Model.Channels[0].Jobs[0].Service; math.Abs(service.Quantile(0.5)-1.5*84) > 1e-6 {
		t.Errorf("the median of forwarding is %v, want %v", service.Quantile(0.5), 1.5*84)
	}
	defer func() {
		if recover() == nil {
			t.Error("a wrong number of values is accepted")
		}
	}()
	s.With(nil)
}

// The range of a price is a factor on every charge, exactly.
func TestWithPrice(t *testing.T) {
	s := good(t, "prices", `channels.reverse.price.range=["50%", "200%"]`, `channels.reverse.errors.region.rate=0%`,
		`channels.reverse.errors.region.range=["0%", "1%"]`)
	c := s.With([]float64{1.25, 0})
	price := &c.Channels[1].Price
	charge, err := price.Charge(channel.Usage{Clip: channel.Clip{Seconds: 8, Resolution: "4k"}, Made: true})
	if err != nil || charge.String() != "$0.527778" { // 50 × 0.0095 ÷ 1.125 × 1.25
		t.Errorf("it charges %v, %v", charge, err)
	}
	if c.Channels[1].PriceRange != nil || s.Channels[1].PriceRange == nil || s.Channels[1].Price.Scale != 0 {
		t.Errorf("the price has the range %v, and had %v", c.Channels[1].PriceRange, s.Channels[1].PriceRange)
	}
}

// The rate of a currency is one factor for all prices in it, beside their own.
func TestWithRate(t *testing.T) {
	s := good(t, "fx", `channels.forwarding.price.range=["50%", "200%"]`)
	inputs := s.Inputs()
	last := len(inputs) - 1
	want := Input{"fx.CNY", Range{137.0 / 139, 141.0 / 139, "uniform"}, 1, -1, "CNY"}
	if diff := cmp.Diff(want, inputs[last], cmpopts.EquateApprox(1e-12, 0)); diff != "" || inputs[0].Of != "price" {
		t.Fatalf("%v: %s", inputs, diff)
	}
	for _, tt := range []struct {
		rate, price         float64
		forwarding, reverse string
	}{
		{1, 1, "$1.110638", "$0.6912"},           // 173,700 tokens × CNY 46 × $0.139; JPY 120 × 0.9 × $0.0064
		{141.0 / 139, 1, "$1.126618", "$0.6912"}, // at $0.141
		{137.0 / 139, 2, "$2.189315", "$0.6912"}, // at $0.137, twice
	} {
		c := s.With([]float64{tt.price, 0.02, tt.rate})
		for i, want := range []string{tt.forwarding, tt.reverse} {
			charge, err := c.Channels[i].Price.Charge(channel.Usage{Clip: c.Workload.Videos[0].Clip, Made: true})
			if err != nil || charge.String() != want {
				t.Errorf("at %v, %v: %s charges %v, %v; want %s", tt.rate, tt.price, c.Channels[i].Name, charge, err, want)
			}
		}
		if c.Inputs() != nil {
			t.Errorf("what was set is still unknown: %v", c.Inputs())
		}
	}
	unused := good(t, "fx", `channels.forwarding.price={ per_call = "$1" }`).Inputs()
	if unused[len(unused)-1].Of == "CNY" {
		t.Error("a rate is an input, though no price is in that currency")
	}
}

// The nominal values give the scenario itself.
func TestWithNominal(t *testing.T) {
	s := good(t, "latencies")
	var nominal []float64
	for _, in := range s.Inputs() {
		nominal = append(nominal, in.Nominal)
	}
	if diff := cmp.Diff(mustCompile(t, s), mustCompile(t, s.With(nominal)),
		cmp.AllowUnexported(mustCompile(t, s).Model.Channels[1].Jobs[0].Service)); diff != "" {
		t.Error(diff)
	}
}

func TestAssumptions(t *testing.T) {
	forwarding := []Assumption{
		{"channels.forwarding.latency", Assumed, "median 20s + 8s a second, lognormal with sigma 0.4, no confidence stated"},
		{"channels.forwarding.errors.region", Assumed, "no region errors, though reverse has them"},
		{"channels.forwarding.errors.submit", Assumed, "0.2% submit errors, no confidence stated"},
	}
	reverse := []Assumption{
		{"channels.reverse.latency", Assumed, "median 40s + 10s a second, lognormal with sigma 0.55, no confidence stated"},
		{"channels.reverse.errors.region", Assumed, "2% region errors, 1% to 3%, no confidence stated"},
		{"channels.reverse.errors.submit", Assumed, "no submit errors, though forwarding has them"},
	}
	for name, want := range map[string][]Assumption{
		"prices": slices.Concat(forwarding, []Assumption{
			{"channels.reverse.price", Vendor,
				"30 credits for 5 s of 720p, 60.5 credits for 5 s of 1080p, 50 credits for 8 s, $0.0095 a credit, top-ups with a bonus of 12.5%, price list"},
		}, reverse),
		"small": slices.Concat(forwarding, reverse),
		"lacking": {
			forwarding[0], {"channels.forwarding.errors.moderation", Assumed, "no moderation errors, though reverse has them"},
			forwarding[1], forwarding[2],
			reverse[0], {"channels.reverse.errors.moderation", Assumed, "3% moderation errors, no confidence stated"},
			reverse[1], reverse[2],
		},
	} {
		if diff := cmp.Diff(want, good(t, name).Assumptions()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if all := good(t,
		"latencies").Assumptions(); all[0].Text != "median 20s + 8s a second of 720p + 1m4.25s a second of 1080p, gamma with k 2.5, 50% to 200% times that, a guess" {
		t.Errorf("latencies: %v", all)
	}
	for want, set := range map[string][]string{
		"$0.12 a clip, 90% to 120% times that":                             {`channels.reverse.price={ per_call = "$0.12", range = ["90%", "120%"], confidence = "vendor" }`},
		"$0.12 a clip, less 15%, as of 2025-12-01":                         {`channels.reverse.price={ per_call = "$0.12", discount = "15%", as_of = 2025-12-01, confidence = "vendor" }`},
		"$0.10 a second of 720p":                                           {`channels.reverse.price={ per_second = { "720p" = "$0.10" }, confidence = "vendor" }`},
		"$0.30 for up to 5 s, $0.05 for each further second":               {`channels.reverse.price={ base = "$0.30", per_extra_second = "$0.05", included_seconds = 5, confidence = "vendor" }`},
		"width * frames tokens, $7.00 for 1,000,000 tokens of 720p":        {`channels.reverse.price={ per_unit = { unit = "token", price = { "720p" = "$7" }, per = 1_000_000, quantity = "width * frames" }, confidence = "vendor" }`},
		"3 units a clip, $700.00 for a pack of 5,000 units":                {`channels.reverse.price={ per_unit = { unit = "unit", prepaid = { pays = "$700", units = 5000 }, per_call = 3 }, confidence = "vendor" }`},
		"3 units a clip, $0.14 a unit":                                     {`channels.reverse.price={ per_unit = { unit = "unit", price = "$0.14", per_call = 3 }, confidence = "vendor" }`},
		"1% job errors, 50% of them billed":                                {`channels.reverse.errors.job={ rate = "1%", billed = "50%", confidence = "assumed" }`},
		"4 measured values from latency.txt":                               {`channels.reverse.latency={ shape = "empirical", file = "latency.txt", confidence = "vendor" }`},
		"median 1m, constant":                                              {`channels.reverse.latency={ shape = "constant", base = "1m", confidence = "assumed" }`},
		"median 40s, lognormal with sigma 0.5, 50% to 200% times that, hm": {`channels.reverse.latency={ base = "40s", sigma = 0.5, range = ["50%", "200%"], source = "hm", confidence = "assumed" }`},
	} {
		all := good(t, "small", set...).Assumptions()
		if !slices.ContainsFunc(all, func(a Assumption) bool { return a.Text == want }) {
			t.Errorf("%v, want %q", all, want)
		}
	}
}
