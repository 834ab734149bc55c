package scenario

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// good loads a scenario of the corpus.
func good(t *testing.T, name string, set ...string) *Scenario {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "good", name+".toml"))
	if err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, string(source), set...)
}

func mustLoad(t *testing.T, source string, set ...string) *Scenario {
	t.Helper()
	opts, refused := directives([]byte(source))
	opts.Set = append(opts.Set, set...)
	s, _, err := load("test.toml", []byte(source), opts, refused)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustCompile(t *testing.T, s *Scenario) *Compiled {
	t.Helper()
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompileWorkload(t *testing.T) {
	m := mustCompile(t, good(t, "routes", "seed=9", "costs.late=$0.25", "costs.fixed_per_month.reverse=$20")).Model
	if m.Seed != 9 || m.Orders != 20_000 || m.Process != world.Poisson || m.Promise != 6*time.Minute ||
		m.Deadline != 30*time.Minute {
		t.Errorf("model %+v", m)
	}
	want := []world.Class{
		{Name: "short", Share: 0.5, Clip: channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}},
		{Name: "long", Share: 0.333333333, Clip: channel.Clip{Seconds: 12, Resolution: "1080p", Aspect: "9:16"}},
		{Name: "odd one", Share: 0.166666667, Clip: channel.Clip{Seconds: 9, Resolution: "720p", Aspect: "16:9"}},
	}
	if diff := cmp.Diff(want, m.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(world.Costs{Undelivered: 500_000, Late: 250_000, Fixed: []money.Micros{0, 20_000_000}},
		m.Costs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{0, 3500 * time.Millisecond},
		mustCompile(t, good(t, "trace", "workload.growth_per_month=0%")).Model.Trace); diff != "" {
		t.Error(diff)
	}
	if p := mustCompile(t, good(t, "profile")).Model.Profile; len(p) != 24 || p[7] != 2 {
		t.Errorf("profile %v", p)
	}
	if p := mustCompile(t, good(t, "constant-arrivals")).Model.Process; p != world.EvenArrival {
		t.Errorf("constant arrivals compile to process %v", p)
	}
}

// Exits by country: the share in countries that the model doesn't support is the rate, and it is an order's for good
// where that keeps its exit. With bad spells, exits are the world's.
func TestCompileExits(t *testing.T) {
	s := good(t, "egress")
	all := mustCompile(t, s).Model.Channels
	if diff := cmp.Diff([]world.Country{{Name: "MM", Share: 0.05}}, all[0].Errors.Countries); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]world.Weighted{{Weight: 0.05, Rate: 1}, {Weight: 0.95, Rate: 0}},
		all[0].Errors.RegionMix); diff != "" {
		t.Error(diff)
	}
	if e := all[1].Errors; e.Exits != (world.Exits{Count: 20, Burst: time.Minute}) || e.By[channel.Region].Rate != 0.02 ||
		e.Countries != nil {
		t.Errorf("exits with bad spells: %+v", e)
	}
	if e := all[2].Errors; e.By[channel.Region].Rate != 0.025 || len(e.Countries) != 1 || e.RegionMix != nil ||
		e.Exits.Count != 0 {
		t.Errorf("an exit for each attempt: %+v", e)
	}
	if l := all[1].Limits; l != (world.Limits{Concurrent: 4, Queue: 12}) {
		t.Errorf("limits %+v", l)
	}
}

// A clip is timed as made: reverse makes 10 s where 9 s are ordered, and not 12 s in 1080p at all.
func TestCompileJobs(t *testing.T) {
	reverse := mustCompile(t, good(t, "routes")).Model.Channels[1]
	if reverse.Name != "reverse" || reverse.Price.Shape != channel.PerCall {
		t.Fatalf("channel %+v", reverse)
	}
	want := []world.Job{
		{Makes: true, Clip: channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"},
			Service: dist.NewLogNormal(120, 0.55)},
		{},
		{Makes: true, Clip: channel.Clip{Seconds: 10, Resolution: "720p", Aspect: "16:9"},
			Service: dist.NewLogNormal(140, 0.55)},
	}
	if diff := cmp.Diff(want, reverse.Jobs); diff != "" {
		t.Error(diff)
	}
}

func TestCompileLatencies(t *testing.T) {
	compiled := mustCompile(t, good(t, "latencies")).Model.Channels
	for i, want := range []struct {
		median float64
		as     dist.Distribution
		submit dist.Distribution
	}{
		{84, dist.NewGamma(84, 2.5), nil},
		{61.5, nil, dist.NewLogNormal(1.5, 0.5)},
		{5400, dist.Constant(5400), dist.Constant(0.25)},
		{80, dist.NewWeibull(80, 3), nil},
	} {
		service := compiled[i].Jobs[0].Service
		if got := service.Quantile(0.5); math.Abs(got-want.median) > 1e-6 {
			t.Errorf("%s: median %v, want %v", compiled[i].Name, got, want.median)
		}
		if diff := cmp.Diff(want.as, service); want.as != nil && diff != "" {
			t.Errorf("%s: %s", compiled[i].Name, diff)
		}
		if diff := cmp.Diff(want.submit, compiled[i].SubmitTakes); diff != "" {
			t.Errorf("%s: submit takes: %s", compiled[i].Name, diff)
		}
	}
	if values := compiled[1].Jobs[0].Service.(dist.Empirical).Values(); !slices.Equal(values,
		[]float64{58, 61.5, 75.25, 120}) {
		t.Errorf("empirical values %v", values)
	}
	// Sigma 0 is a constant: NewLogNormal wants more.
	flat := mustCompile(t, good(t, "small", "channels.reverse.latency.sigma=0")).Model.Channels[1]
	if diff := cmp.Diff(dist.Distribution(dist.Constant(120)), flat.Jobs[0].Service); diff != "" {
		t.Error(diff)
	}
}

func TestCompileErrors(t *testing.T) {
	want := world.Errors{
		By: world.ByReason{channel.Moderation: {Rate: 0.005, Takes: dist.Constant(4)},
			channel.Region:   {Rate: 0.02, Takes: dist.NewLogNormal(6, 0.6)},
			channel.Submit:   {Rate: 0.003, Takes: dist.Constant(2)},
			channel.Lost:     {Rate: 0.0005, Takes: dist.Constant(60)},
			channel.Job:      {Rate: 0.01, Billed: 0.5},
			channel.BadClip:  {Rate: 0.02},
			channel.Download: {Rate: 0.001}},
	}
	compiled := mustCompile(t, good(t, "errors")).Model.Channels
	if diff := cmp.Diff(want, compiled[1].Errors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(world.Errors{By: world.ByReason{channel.Submit: {Rate: 0.002}}}, compiled[0].Errors); diff != "" {
		t.Error(diff)
	}
}

func TestCompileSteps(t *testing.T) {
	c := mustCompile(t, good(t, "retry"))
	region := policy.SetOf(channel.Submit, channel.Region)
	exponential := policy.Backoff{Growth: policy.ExponentialBackoff, Base: time.Second, Factor: 2, Low: 0.5, High: 1.5}
	want := []policy.Step{
		{Channel: 1, Attempts: 1, OnAmbiguous: policy.Stop, Poll: DefaultPoll, Backoff: policy.Backoff{
			Growth: policy.ExponentialBackoff, Base: 500 * time.Millisecond, Factor: 1.5, Cap: 30 * time.Second, Low: 0,
			High: 1}},
		{Channel: 1, Attempts: 3, OnAmbiguous: policy.NextStep, RetryOn: region, Poll: DefaultPoll,
			Backoff: policy.Backoff{Low: 0.5, High: 1}},
		{Channel: 0, Attempts: 2, OnAmbiguous: policy.Stop, RetryOn: policy.SetOf(channel.Moderation), Poll: 10 * time.Second,
			Backoff: policy.Backoff{
				Growth: policy.ExponentialBackoff, Base: 2 * time.Second, Factor: 2, Low: 0.667, High: 1.333}},
	}
	if diff := cmp.Diff([]policy.Route{{Steps: want, Deadline: 30 * time.Minute}}, c.Strategies[0].Routes); diff != "" {
		t.Error(diff)
	}
	plain := mustCompile(t, good(t, "retry",
		`strategies.hybrid.steps=[{ channel = "reverse" }]`)).Strategies[0].Routes[0].Steps[0]
	if diff := cmp.Diff(policy.Step{Channel: 1, Attempts: 3, Backoff: exponential, RetryOn: region,
		OnAmbiguous: policy.NextStep, Poll: DefaultPoll}, plain); diff != "" {
		t.Errorf("a step without overrides: %s", diff)
	}
	defaults := mustCompile(t, good(t, "minimal")).Strategies[0].Routes[0].Steps[0]
	if diff := cmp.Diff(policy.Step{
		Attempts: 3, Poll: DefaultPoll, Backoff: policy.Backoff{Base: 2 * time.Second, Low: 1, High: 1},
		RetryOn: policy.SetOf(channel.Region, channel.Submit, channel.RateLimited, channel.Job, channel.BadClip,
			channel.Timeout),
	}, defaults); diff != "" {
		t.Errorf("defaults: %s", diff)
	}
}

// What steps say of timeouts, breakers, budgets and hedges replaces what [retry] says.
func TestCompileStepFeatures(t *testing.T) {
	c := mustCompile(t, good(t, "step-features"))
	constant := policy.Backoff{Base: 2 * time.Second, Low: 1, High: 1}
	again := policy.SetOf(channel.Region, channel.Timeout)
	want := []policy.Step{
		{Channel: 0, Attempts: 2, Backoff: constant, RetryOn: again, Poll: DefaultPoll, Timeout: 5 * time.Minute,
			Breaker: policy.Breaker{Failures: 5, Window: time.Minute, Open: 30 * time.Second,
				On: policy.SetOf(channel.Region, channel.Submit, channel.RateLimited)},
			Budget: policy.Budget{Share: 125_000_000, Burst: 10},
			Hedge:  policy.Hedge{After: 90 * time.Second, Channel: 1, Poll: 10 * time.Second}},
		{Channel: 1, Attempts: 3, Backoff: constant, RetryOn: again, Poll: 10 * time.Second,
			Breaker: policy.Breaker{Failures: 3, Window: 5 * time.Minute, Open: time.Minute,
				On: policy.SetOf(channel.Job, channel.Timeout, channel.Lost)},
			Budget: policy.Budget{Burst: 1}},
	}
	if diff := cmp.Diff(want, c.Strategies[0].Routes[0].Steps); diff != "" {
		t.Error(diff)
	}
	without := good(t, "step-features",
		`strategies.all.steps=[{ channel = "reverse", breaker = "none", budget = "none" }]`)
	if step := mustCompile(t, without).Strategies[0].Routes[0].Steps[0]; step.Breaker != (policy.Breaker{}) ||
		step.Budget != (policy.Budget{}) {
		t.Errorf("switched off: %+v, %+v", step.Breaker, step.Budget)
	}
	if text := string(Resolved(without)); !strings.Contains(text, `breaker = "none", budget = "none" }`) {
		t.Errorf("resolved to %s", text)
	}
	alone := mustCompile(t, good(t, "step-features",
		`strategies.all.steps=[{ channel = "reverse", hedge = { after = "1s", channel = "forwarding" } }]`))
	if diff := cmp.Diff([]bool{true, true}, alone.Uses[0]); diff != "" {
		t.Errorf("the hedge's channel isn't used: %s", diff)
	}
}

// Each video takes the first route that matches it, without the steps that can't make it.
func TestCompileRoutes(t *testing.T) {
	c := mustCompile(t, good(t, "routes"))
	var got []string
	for _, st := range c.Strategies {
		for _, route := range st.Routes {
			var steps []string
			for _, step := range route.Steps {
				steps = append(steps, c.Model.Channels[step.Channel].Name)
			}
			got = append(got, st.Name+": "+strings.Join(steps, " "))
		}
	}
	want := []string{"routed: reverse", "routed: forwarding", "routed: reverse",
		"covered: forwarding", "covered: forwarding", "covered: forwarding",
		"hybrid: reverse forwarding", "hybrid: forwarding", "hybrid: reverse forwarding"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]bool{{true, true}, {true, false}, {true, true}}, c.Uses); diff != "" {
		t.Error(diff)
	}
	alone := mustCompile(t, good(t, "decision")).Uses
	if diff := cmp.Diff([][]bool{{true, false}, {true, true}}, alone); diff != "" {
		t.Error(diff)
	}
}

func TestWhen(t *testing.T) {
	v := &Video{Name: "v", Clip: channel.Clip{Seconds: 10, Resolution: "720p"}}
	for _, w := range []When{{}, {MinSeconds: 10}, {MaxSeconds: 10}, {Resolution: "720p"}, {Video: "v"},
		{MinSeconds: 1, MaxSeconds: 11, Resolution: "720p", Video: "v"}} {
		if !w.matches(v) {
			t.Errorf("%+v doesn't match", w)
		}
	}
	for _, w := range []When{{MinSeconds: 11}, {MaxSeconds: 9}, {Resolution: "1080p"}, {Video: "w"}} {
		if w.matches(v) {
			t.Errorf("%+v matches", w)
		}
	}
}

// Compile refuses what it would have to ignore, whoever made the scenario.
func TestCompileRefuses(t *testing.T) {
	for name, change := range map[string]func(*Scenario){
		"workload.growth_per_month": func(s *Scenario) { s.Workload.GrowthPerMonth = 0.01 },
		"there is no channel":       func(s *Scenario) { s.Strategies[0].Steps[0].Channel = "nobody" },
		"0 attempts":                func(s *Scenario) { s.Strategies[0].Steps = nil },
		"17 attempts":               func(s *Scenario) { s.Strategies[0].Steps[0].Attempts = 15 },
		"says nothing about 720p":   func(s *Scenario) { s.Channels[1].Latency.PerSecond = map[string]time.Duration{"4k": 1} },
		"the latency is 0s":         func(s *Scenario) { s.Channels[1].Latency = Latency{Shape: "gamma", K: 1} },
		"no values":                 func(s *Scenario) { s.Channels[1].Latency = Latency{Shape: "empirical"} },
		"ten years":                 func(s *Scenario) { s.Channels[1].Latency.PerSecond = map[string]time.Duration{"": longest} },
	} {
		s := good(t, "small")
		change(s)
		if _, err := s.Compile(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Compile() = %v, want an error about %s", err, name)
		}
	}
}

// The charges of every shape of price, worked out by hand.
func TestPricesCharge(t *testing.T) {
	s := good(t, "prices")
	for _, test := range []struct {
		name    string
		seconds int
		of      string
		want    string
	}{
		{"forwarding", 8, "720p", "$0.394444"},  // (0.30 + 3 × 0.05) × (1 − 0.123456789)
		{"forwarding", 5, "1080p", "$0.525926"}, // 0.60 × (1 − 0.123456789)
		{"reverse", 5, "1080p", "$0.510889"},    // 60.5 × 0.0095 ÷ 1.125
		{"reverse", 8, "4k", "$0.422222"},       // 50 × 0.0095 ÷ 1.125
		{"calls", 8, "4k", "$1,234.567891"},
		{"credits", 6, "720p", "$0.13"}, // (10 + 2 × 1.5) × 0.01
		{"steps", 12, "4k", "$1.20"},
	} {
		charge, err := s.channel(test.name).Price.Charge(channel.Usage{Clip: channel.Clip{Seconds: test.seconds,
			Resolution: test.of}, Made: true})
		if err != nil || charge.String() != test.want {
			t.Errorf("%s charges %v (%v) for %d s %s, want %s", test.name, charge, err, test.seconds, test.of, test.want)
		}
	}
	s = good(t, "price-units")
	for _, test := range []struct {
		name string
		clip channel.Clip
		want string
	}{
		{"ark", s.Workload.Videos[0].Clip, "$0.7623"},       // 108,900 tokens at $7 a million
		{"ark", s.Workload.Videos[1].Clip, "$0.2716"},       // 38,800
		{"relay", s.Workload.Videos[0].Clip, "$0.815225"},   // 108,900 × 7.88 × 0.95
		{"relay", s.Workload.Videos[1].Clip, "$0.322156"},   // 38,800 × 8.74 × 0.95
		{"kling", s.Workload.Videos[0].Clip, "$0.42"},       // 3 × 0.14
		{"kling", s.Workload.Videos[1].Clip, "$0.336"},      // 2.4 × 0.14
		{"omni", s.Workload.Videos[0].Clip, "$0.5068"},      // 5 × 5,792 at $17.50 a million
		{"seconds", s.Workload.Videos[0].Clip, "$0.136364"}, // 5 × 0.03 ÷ 1.1
	} {
		charge, err := s.channel(test.name).Price.Charge(channel.Usage{Clip: test.clip, Made: true})
		if err != nil || charge.String() != test.want {
			t.Errorf("%s charges %v (%v) for %v, want %s", test.name, charge, err, test.clip, test.want)
		}
	}
	s = good(t, "audio")
	for i, want := range [][]string{{"$1.20", "$0.63"}, {"$0.80", "$0.42"}} { // 8 × 0.15, 4.5 × 0.14; 8 × 0.10, 3 × 0.14
		for ch, want := range want {
			charge, err := s.Channels[ch].Price.Charge(channel.Usage{Clip: s.Workload.Videos[i].Clip, Made: true})
			if err != nil || charge.String() != want {
				t.Errorf("%s charges %v (%v) for %v, want %s", s.Channels[ch].Name, charge, err, s.Workload.Videos[i].Clip, want)
			}
		}
	}
	s = good(t, "prices")
	for name, billed := range map[string]channel.Billed{"reverse": channel.OnAccept, "forwarding": channel.OnSuccess} {
		if got := s.channel(name).Price.Billed; got != billed {
			t.Errorf("%s is billed %v", name, got)
		}
	}
}
