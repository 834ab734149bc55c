package scenarios_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

func load(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	source, ok := scenarios.Open(name)
	if !ok {
		t.Fatalf("there is no scenario %q", name)
	}
	s, warnings, err := scenario.Load(name+".toml", source, scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %v", w)
	}
	return s
}

func TestNames(t *testing.T) {
	want := []string{"bursty-reverse", "grok-imagine", "kling3", "muse-h3", "omni-flash", "outage-month",
		"reverse-regimes", "seedance", "sora2", "starter", "vendor-claims", "veo31"}
	if got := scenarios.Names(); !slices.Equal(got, want) {
		t.Errorf("Names() = %q, want %q", got, want)
	}
	for _, name := range []string{"", "README", "sora2.toml", "../sora2"} {
		if _, ok := scenarios.Open(name); ok {
			t.Errorf("Open(%q) found something", name)
		}
	}
}

func TestShippedScenariosLoadAndCompile(t *testing.T) {
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			s := load(t, name)
			if _, err := s.Compile(); err != nil {
				t.Error(err)
			}
			if s.Name != name {
				t.Errorf("its name is %q", s.Name)
			}
			if s.Title == "" || strings.Contains(s.Title, "\n") {
				t.Errorf("its title is not one line: %q", s.Title)
			}
			if n := len(s.Strategies); n < 2 || n > 7 {
				t.Errorf("it has %d strategies; between 2 and 7 are compared at a glance", n)
			}
		})
	}
}

func TestEveryPriceIsDatedAndSourced(t *testing.T) {
	for _, name := range scenarios.Names() {
		for _, c := range load(t, name).Channels {
			if c.Price.AsOf.IsZero() {
				t.Errorf("%s: the price of %s has no as_of", name, c.Name)
			}
			if c.Price.Source == "" || c.PriceConfidence == scenario.Unstated {
				t.Errorf("%s: the price of %s lacks its source or confidence", name, c.Name)
			}
		}
	}
}

// What nobody measured must say so, and where it comes from.
func TestEveryBeliefSaysHowSureItIs(t *testing.T) {
	for _, name := range scenarios.Names() {
		for _, c := range load(t, name).Channels {
			if c.Latency.Confidence == scenario.Unstated || c.Latency.Source == "" {
				t.Errorf("%s: the latency of %s lacks its source or confidence", name, c.Name)
			}
			e := c.Errors
			for what, err := range map[string]scenario.Error{
				"region": e.By[channel.Region], "submit": e.By[channel.Submit], "moderation": e.By[channel.Moderation],
				"ambiguous": e.By[channel.Lost],
				"job":       e.By[channel.Job], "unusable": e.By[channel.BadClip], "download": e.By[channel.Download],
			} {
				if err.Rate > 0 && (err.Confidence == scenario.Unstated || err.Source == "") {
					t.Errorf("%s: %s.errors.%s lacks its source or confidence", name, c.Name, what)
				}
				if r := err.Range; r != nil && (err.Rate < r.Low || err.Rate > r.High) {
					t.Errorf("%s: %s.errors.%s: the rate lies outside its range", name, c.Name, what)
				}
			}
		}
	}
}

// Growth isn't modelled. What makes orders meet is stated by the three files that are about it, and by the packs of
// kling3, which come with slots: the others say in their heads that they leave it out.
func TestOnlyTheScenariosAboutStructureStateIt(t *testing.T) {
	about := []string{"bursty-reverse", "kling3", "outage-month", "reverse-regimes"}
	for _, name := range scenarios.Names() {
		s := load(t, name)
		if s.Workload.GrowthPerMonth != 0 || s.Workload.Arrivals.Process == "trace" || s.Workload.Arrivals.Profile != nil {
			t.Errorf("%s states growth, a trace or a profile", name)
		}
		states := len(s.Outages) > 0
		for _, c := range s.Channels {
			states = states || c.Limits != (scenario.Limits{}) || len(c.Regimes) > 0 || c.Errors.Exits > 0 ||
				c.Errors.Pool != nil
		}
		if states != slices.Contains(about, name) {
			t.Errorf("%s states outages, regimes, exits or limits: %v", name, states)
		}
	}
}

// The prices as the evidence gives them, through the one billing function.
func TestPrices(t *testing.T) {
	tests := []struct {
		scenario, channel string
		clip              channel.Clip
		want              string
	}{
		{"sora2", "forwarding", channel.Clip{Seconds: 10, Resolution: "720p"}, "$0.869565"},
		{"sora2", "reverse", channel.Clip{Seconds: 15, Resolution: "720p"}, "$0.12"},
		{"vendor-claims", "forwarding", channel.Clip{Seconds: 10, Resolution: "720p"}, "$0.85"},
		{"vendor-claims", "forwarding", channel.Clip{Seconds: 15, Resolution: "1080p"}, "$3.825"},
		{"vendor-claims", "reverse", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.12"},
		{"veo31", "relay_fast", channel.Clip{Seconds: 4, Resolution: "720p"}, "$0.30"},
		{"veo31", "relay_standard", channel.Clip{Seconds: 8, Resolution: "4k"}, "$1.20"},
		{"veo31", "reverse_fast", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.15"},
		{"veo31", "reverse_standard", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.25"},
		{"muse-h3", "muse", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.30"},
		{"muse-h3", "muse", channel.Clip{Seconds: 20, Resolution: "720p"}, "$0.55"},
		{"muse-h3", "h3", channel.Clip{Seconds: 6, Resolution: "720p"}, "$0.30"},
		{"muse-h3", "h3_direct", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.40"},
		{"bursty-reverse", "forwarding", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.68"},
		{"bursty-reverse", "reverse_sticky", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.12"},
		{"reverse-regimes", "reverse", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.12"},
		{"outage-month", "forwarding_independent", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.68"},
		{"omni-flash", "google", channel.Clip{Seconds: 4, Resolution: "720p"}, "$0.28"},
		{"omni-flash", "google", channel.Clip{Seconds: 10, Resolution: "720p"}, "$0.70"},
		{"omni-flash", "google", channel.Clip{Seconds: 10, Resolution: "360p"}, "$0.23"},
		{"omni-flash", "laozhang", channel.Clip{Seconds: 3, Resolution: "720p"}, "$0.30"},
		{"omni-flash", "laozhang", channel.Clip{Seconds: 10, Resolution: "1080p"}, "$0.45"},
		{"omni-flash", "flow", channel.Clip{Seconds: 10, Resolution: "720p"}, "$0.239988"}, // 30 credits × $0.0079996
		{"omni-flash", "fal", channel.Clip{Seconds: 8, Resolution: "720p"}, "$0.80"},
		{"seedance", "ark", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.715342"}, // 108,900 tokens × CNY 46 × $0.1428
		{"seedance", "byteplus", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.7623"},
		{"seedance", "byteplus", channel.Clip{Seconds: 8, Resolution: "720p"}, "$1.2159"},   // 173,700 tokens
		{"seedance", "laozhang", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.858132"}, // "$0.858"
		{"seedance", "fal", channel.Clip{Seconds: 5, Resolution: "720p"}, "$1.5246"},        // 108.9 units
		{"seedance", "fal", channel.Clip{Seconds: 4, Resolution: "640x640"}, "$0.5432"},     // 38.8 units, as recorded
		{"seedance", "kie", channel.Clip{Seconds: 5, Resolution: "720p"}, "$1.025"},
		{"kling3", "kling", channel.Clip{Seconds: 5, Resolution: "720p", Audio: channel.Silent}, "$0.378"}, // the large pack
		{"kling3", "fal", channel.Clip{Seconds: 5, Resolution: "720p", Audio: channel.Silent}, "$0.42"},    // 3 units
		{"kling3", "fal", channel.Clip{Seconds: 10, Resolution: "720p", Audio: channel.Silent}, "$0.84"},
		{"kling3", "replicate", channel.Clip{Seconds: 5, Resolution: "720p", Audio: channel.Silent}, "$0.84"},
		{"kling3", "replicate", channel.Clip{Seconds: 5, Resolution: "720p", Audio: channel.Audible}, "$1.26"},
		{"kling3", "kie", channel.Clip{Seconds: 5, Resolution: "720p", Audio: channel.Silent}, "$0.35"},
		{"grok-imagine", "xai", channel.Clip{Seconds: 10, Resolution: "720p"}, "$1.40"},
		{"grok-imagine", "apiyi", channel.Clip{Seconds: 10, Resolution: "720p"}, "$1.217391"}, // 1.40 ÷ 1.15
		{"grok-imagine", "openrouter", channel.Clip{Seconds: 10, Resolution: "480p"}, "$0.80"},
		{"grok-imagine", "fal", channel.Clip{Seconds: 5, Resolution: "720p"}, "$0.70"},
	}
	for _, test := range tests {
		s := load(t, test.scenario)
		i := slices.IndexFunc(s.Channels, func(c scenario.Channel) bool { return c.Name == test.channel })
		if i < 0 {
			t.Errorf("%s has no channel %s", test.scenario, test.channel)
			continue
		}
		got, err := s.Channels[i].Price.Charge(channel.Usage{Clip: test.clip, Accepted: true, Made: true})
		if err != nil || got.String() != test.want {
			t.Errorf("%s: %s charges %v (%v) for %v, want %s", test.scenario, test.channel, got, err, test.clip, test.want)
		}
	}
}

// Muse makes no clip of 6 s: fit = "longer" makes one of 8 s. Reverse Veo makes 8 s only.
func TestLongerClipsAreMadeWhereAllowed(t *testing.T) {
	tests := []struct {
		scenario, channel, video string
		want                     int
	}{
		{"muse-h3", "muse", "6s", 8},
		{"muse-h3", "h3", "6s", 6},
		{"veo31", "reverse_fast", "draft-short", 8},
		{"veo31", "relay_fast", "draft-short", 4},
	}
	for _, test := range tests {
		s := load(t, test.scenario)
		for _, v := range s.Workload.Videos {
			for i := range s.Channels {
				c := &s.Channels[i]
				if v.Name != test.video || c.Name != test.channel {
					continue
				}
				if made, ok := c.Make(v.Clip, v.Fit); !ok || made.Seconds != test.want {
					t.Errorf("%s: %s makes %v (%v) for %s, want %d s", test.scenario, c.Name, made, ok, v.Name, test.want)
				}
			}
		}
	}
}

// The reading of the vendor's documents, as sora2.toml describes it.
func TestSora2CanBeReadByTheDocuments(t *testing.T) {
	source, _ := scenarios.Open("sora2")
	s, warnings, err := scenario.Load("sora2.toml", source, scenario.Options{Set: []string{
		"workload.videos.short.seconds=4", "workload.videos.short.fit=longer",
		"workload.videos.middle.seconds=8", "workload.videos.middle.fit=longer",
		"workload.videos.long.seconds=12", "workload.videos.long.fit=longer",
		"channels.forwarding.makes.seconds=[4, 8, 12]", "channels.reverse.makes.seconds=[10, 15]",
		"strategies.routed.route.0.when.min_seconds=12",
	}})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if _, err := s.Compile(); err != nil {
		t.Error(err)
	}
}

// TestKindsOfStrategies: a strategy's kind is what it does, whatever it is called.
func TestKindsOfStrategies(t *testing.T) {
	want := map[string]map[string]string{
		"omni-flash": {"direct": "direct", "flat": "reverse", "flow": "reverse", "hybrid": "hybrid", "routed": "routed"},
		"sora2": {"forwarding": "forwarding", "reverse": "reverse", "reverse_retry_all": "reverse", "hybrid": "hybrid",
			"routed": "routed"},
		"veo31": {"forwarding": "forwarding", "reverse": "reverse", "hybrid": "hybrid", "routed": "routed"},
	}
	for name, kinds := range want {
		s := load(t, name)
		for i := range s.Strategies {
			st := &s.Strategies[i]
			if got := s.KindOf(st); got != kinds[st.Name] {
				t.Errorf("%s: %s is %q, want %q", name, st.Name, got, kinds[st.Name])
			}
		}
	}
}

// What ended bears the day, all of it: nothing of it is bought by mistake. What is said to be on sale was looked at.
func TestWhatCanBeBoughtIsDated(t *testing.T) {
	ended := map[string]map[string]string{
		"sora2": {"forwarding": "2026-09-24", "reverse": "2026-04-26"},
		"veo31": {"relay_fast": "2026-10-22", "relay_standard": "2026-10-22", "reverse_fast": "2026-05-12",
			"reverse_standard": "2026-05-12"},
		"omni-flash": {}, "seedance": {}, "kling3": {}, "grok-imagine": {},
	}
	for name, days := range ended {
		s := load(t, name)
		s.Read = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
		for i := range s.Channels {
			c := &s.Channels[i]
			if day := days[c.Name]; day != "" && c.Ended.Format(time.DateOnly) != day || day == "" && !c.Ended.IsZero() {
				t.Errorf("%s: %s ended on %v, want %q", name, c.Name, c.Ended, day)
			}
			if !s.HasEnded(c) && !s.SeenLately(c) {
				t.Errorf("%s: nobody has looked at %s lately", name, c.Name)
			}
		}
	}
}

// What a month of kling3 costs in packs, as the file's head has it: of the kind that is cheaper at the volume.
func TestPacksOfKling(t *testing.T) {
	compiled, err := load(t, "kling3").Compile()
	if err != nil {
		t.Fatal(err)
	}
	const units = 8.5 * 0.6 // of an order: seconds on average, units a second
	for _, test := range []struct{ orders, month float64 }{
		{100, 700. / 6},                      // the small one, which expires with units in it
		{1000, 1000 * units * 0.14},          // the small one, used up
		{1400, 5670. / 6},                    // the large one, which expires
		{20_000, 20_000 * units * 5.67 / 45}, // the large one, used up
	} {
		charged := test.orders * units * 5.67 / 45
		if month := charged + compiled.Model.Channels[0].Unused(charged); math.Abs(month-test.month) > 1e-6*test.month {
			t.Errorf("%v orders cost $%v a month in packs, want $%v", test.orders, month, test.month)
		}
	}
}
