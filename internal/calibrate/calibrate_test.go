package calibrate

import (
	"math"
	"strings"
	"testing"
	"time"

	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/channel"
	"channelbench/internal/proof"
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
)

// TestCalibratedRangesCover: what stands in the file in the end holds the truth as often as it says, of scenarios that
// were made from known values through the simulated world, polled and with a deadline that cuts some off.
func TestCalibratedRangesCover(t *testing.T) {
	c := newCoverage()
	c.each(proof.Size(40, 1000), func(seed uint64) { c.note(calibratedOnce(t, seed)) })
	c.judge(t, 0.95, 3, "region", "submit", "job", "unusable", "latency")
}

// calibratedOnce makes one truth, calibrates from what it does, and says which ranges hold it.
func calibratedOnce(t *testing.T, seed uint64) map[string]bool {
	was := truth("", func(s *scenario.Scenario) {
		draw(s, seed, 0.02, 0.1)
		s.Workload.Deadline = 4 * time.Minute
	})
	stated := toy("")
	r, err := Run(stated, Options{Nights: nightsOfWorld(was, seed, 3, 70, 30*time.Second, 15*time.Second), Wide: true,
		Discount: 1})
	if err != nil {
		t.Error(err)
		return nil
	}
	return holds(was, r)
}

func TestTheTextKeepsItsCommentsAndSaysWhatItRestsOn(t *testing.T) {
	s := toy("")
	r, err := Run(s, Options{Nights: nightsOfWorld(s, 1, 4, 300, 20*time.Second, 10*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.Text)
	for _, want := range []string{"[channels.reverse]      # the cheap one\n", `confidence = "measured"`,
		"}   # nobody knows\n", "# in this order\n# measured: ",
		" in 4 nights, ", "2026-11-01 to 2026-11-04\nregion   = { rate = \"", `distribution = "loguniform"`,
		`source = "calibrate, 4 nights, 2026-11-01 to 2026-11-04"`, `source = "a list"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "a guess") {
		t.Errorf("a measured value still has the source of the guess:\n%s", text)
	}
	again, err := Run(load(text), Options{Nights: nightsOfWorld(s, 1, 4, 300, 20*time.Second, 10*time.Second), Wide: true})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := strings.Count(text, document.NoteMark), strings.Count(string(again.Text), document.NoteMark); a != 5 ||
		b != 5 {
		t.Errorf("%d comments became %d:\n%s", a, b, again.Text)
	}
}

func TestTooFewAttemptsLeaveTheFileAsItIs(t *testing.T) {
	s := toy("")
	r, err := Run(s, Options{Nights: nightsOfWorld(s, 1, 1, 10, time.Minute, 10*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Text) != string(s.Source) || len(r.Changed()) > 0 {
		t.Errorf("ten orders change %v", r.Changed())
	}
	if report := r.Report(); !strings.Contains(report, "too few attempts: at least 30 are needed") ||
		!strings.Contains(report, "too few times: at least 20 are needed") {
		t.Error(report)
	}
}

func TestSpellsOfRegionErrors(t *testing.T) {
	for _, tt := range []struct {
		name, stated, world string
		burst               float64 // seconds that must lie in the interval; 0: none is written
		says                string
	}{
		{"one exit", `, exits = 1, burst = "20s"`, `, exits = 1, burst = "5m"`, 300,
			"spells explain the errors better than independence"},
		{"kept exits", `, exits = 50, burst = "20s", rotate = "order"`, `, exits = 50, burst = "1m", rotate = "order"`, 60,
			"interval of the chain of each exit"},
		{"many exits", `, exits = 900, burst = "20s"`, `, exits = 900, burst = "1m"`, 0, "not told from independence"},
		{"none stated", "", `, exits = 1, burst = "5m"`, 0, "To model it, add exits = 1, burst = "},
		{"none", "", "", 0, "independent, as stated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			world := truth(tt.world, func(s *scenario.Scenario) { s.Channels[0].Errors.By[channel.Region].Rate = 0.12 })
			r, err := Run(toy(tt.stated), Options{Nights: nightsOfWorld(world, 5, 4, 400, 30*time.Second, 10*time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			report := r.Report()
			if !strings.Contains(report, tt.says) {
				t.Errorf("it doesn't say %q:\n%s", tt.says, report)
			}
			got := load(string(r.Text)).Channels[0].Errors.Burst.Seconds()
			stated := toy(tt.stated).Channels[0].Errors.Burst.Seconds()
			if tt.burst == 0 && got != stated || tt.burst > 0 && (got == stated || got < tt.burst/2 || got > 2*tt.burst) {
				t.Errorf("burst %v, stated %v, want near %v:\n%s", got, stated, tt.burst, report)
			}
		})
	}
}

// TestWhatTheModelCannotExplain plants what it doesn't know, and wants it flagged; and nothing flagged where nothing is
// planted.
func TestWhatTheModelCannotExplain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func([]attempt.Night)
		flags string // what of the checks; "": none
	}{
		{"nothing", func([]attempt.Night) {}, ""},
		{"a slow night", func(n []attempt.Night) { slow(n[2].Attempts, 2.2) }, "latency, nights alike"},
		{"slow long clips", func(n []attempt.Night) {
			for i := range n {
				for k := range n[i].Attempts {
					if a := &n[i].Attempts[k]; a.Seconds == 10 {
						a.Seconds = 5 + 5*(k%2) // as if half of them were short
					}
				}
			}
		}, ""},
		{"a bad night", func(n []attempt.Night) {
			for k := range n[1].Attempts {
				if a := &n[1].Attempts[k]; k%4 == 0 && a.Made {
					a.Made, a.Outcome = false, 3 // failed
				}
			}
		}, "errors.job, nights alike"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := toy("")
			nights := nightsOfWorld(s, 11, 4, 250, 30*time.Second, 5*time.Second)
			tt.plant(nights)
			r, err := Run(s, Options{Nights: nights})
			if err != nil {
				t.Fatal(err)
			}
			report := r.Report()
			if tt.flags != "" && !strings.Contains(report, tt.flags) || tt.name == "nothing" &&
				!strings.Contains(report, "can't explain: nothing") {
				t.Errorf("want %q flagged:\n%s", tt.flags, report)
			}
		})
	}
}

func slow(attempts []attempt.Attempt, factor float64) {
	for i := range attempts {
		a := &attempts[i]
		a.Low, a.High = time.Duration(factor*float64(a.Low)), time.Duration(factor*float64(a.High))
	}
}

func TestOutages(t *testing.T) {
	text := strings.Replace(string(toy("").Source), "[strategies.reverse]",
		"[[outages]]\nchannels = [\"reverse\"]   # its vendor's\nbetween = \"10h\"\nlasts = { median = \"20m\", sigma = 0.5 }\n\n[strategies.reverse]", 1)
	world := load(text)
	world.Outages[0].Between, world.Outages[0].Lasts.Median = 20*time.Hour, 40*time.Minute
	r, err := Run(load(text), Options{Nights: nightsOfWorld(world, 3, 1, 9000, 4*time.Minute, 10*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	got := load(string(r.Text))
	o := got.Outages[0]
	if o.Lasts.Median < 25*time.Minute || o.Lasts.Median > 60*time.Minute || o.Between < 12*time.Hour ||
		o.Between > 32*time.Hour || o.Lasts.Sigma < 0.2 || o.Lasts.Sigma > 0.9 {
		t.Errorf("outages %+v:\n%s", o, r.Report())
	}
	if rate := got.Channels[0].Errors.By[channel.Submit].Rate; rate > 0.03 || rate < 0.012 {
		t.Errorf("outside of outages %v of the submits fail, 2%% do:\n%s", rate, r.Report())
	}
	few, err := Run(load(text), Options{Nights: nightsOfWorld(world, 3, 2, 60, 20*time.Second, 10*time.Second)})
	if err != nil || !strings.Contains(few.Report(), "no rows of failures beyond chance") {
		t.Errorf("%v\n%s", err, few.Report())
	}
}

// TestTroubleOfSeveralKinds isn't told apart, and none of it touches the rates of either channel.
func TestTroubleOfSeveralKinds(t *testing.T) {
	text := string(toy("").Source)
	begin, end := strings.Index(text, "[channels.reverse]"), strings.Index(text, "[strategies")
	second := strings.ReplaceAll(text[begin:end], "channels.reverse", "channels.second")
	text = text[:end] + second + regime("20%", "8h", "60%") +
		"\n[[outages]]\nchannels = [\"reverse\", \"second\"]\nbetween = \"20h\"\nlasts = { median = \"3h\", sigma = 0.5 }\n\n" + text[end:]
	s := load(text)
	nights := daysOfWorld(s, 1, 20, 300)
	for i := range nights {
		for k := range nights[i].Attempts {
			if a := &nights[i].Attempts[k]; k%3 == 0 {
				a.Channel = "second"
			}
		}
	}
	r, err := Run(s, Options{Nights: nights, Wide: true})
	if err != nil {
		t.Fatal(err)
	}
	if report := r.Report(); !strings.Contains(report, "its channels have other trouble, too") {
		t.Error(report)
	}
	for _, c := range load(string(r.Text)).Channels {
		if region := c.Errors.By[channel.Region].Range; region.Low > 0.05 || region.High < 0.05 {
			t.Errorf("%s: region %v of 5%%:\n%s", c.Name, region, r.Report())
		}
		if submit := c.Errors.By[channel.Submit].Range; submit.Low > 0.02 || submit.High < 0.02 {
			t.Errorf("%s: submit %v of 2%%:\n%s", c.Name, submit, r.Report())
		}
	}
}

// BenchmarkHundredThousandOrders is to stay below ten seconds for each kind of region error.
func BenchmarkHundredThousandOrders(b *testing.B) {
	for name, region := range map[string]string{"independent": "", "one exit": `, exits = 1, burst = "1m"`,
		"kept exits": `, exits = 20, burst = "1m", rotate = "order"`, "exits at random": `, exits = 20, burst = "1m"`} {
		b.Run(name, func(b *testing.B) {
			s := toy(region)
			nights := nightsOfWorld(s, 1, 100, 1000, 20*time.Second, 10*time.Second)
			for b.Loop() {
				if _, err := Run(s, Options{Nights: nights}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestWhatTheScenarioLacks: an error that it doesn't know is added, in an inline table and in one of lines.
func TestWhatTheScenarioLacks(t *testing.T) {
	world := truth("", func(s *scenario.Scenario) {
		s.Channels[0].Errors.By[channel.Lost].Rate, s.Channels[0].Errors.By[channel.Moderation].Rate = 0.04, 0.03
	})
	lines := string(toy("").Source)
	begin, end := strings.Index(lines, "[channels.reverse.errors]"), strings.Index(lines, "[strategies")
	for name, text := range map[string]string{
		"lines":  lines,
		"inline": lines[:begin] + "errors = { region = { rate = \"5%\" } }\n\n" + lines[end:],
		"none":   lines[:begin] + lines[end:],
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Run(load(text), Options{Nights: nightsOfWorld(world, 1, 2, 600, 20*time.Second, 10*time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			e := &load(string(r.Text)).Channels[0].Errors
			if e.By[channel.Lost].Rate < 0.02 || e.By[channel.Lost].Rate > 0.06 || e.By[channel.Moderation].Rate < 0.015 ||
				e.By[channel.Moderation].Rate > 0.05 || e.By[channel.Region].Rate < 0.03 {
				t.Errorf("ambiguous %v, moderation %v, region %v:\n%s", e.By[channel.Lost], e.By[channel.Moderation],
					e.By[channel.Region], r.Text)
			}
		})
	}
}

// TestNoShapeFits: times of two kinds are taken as they are, where clips are of one length.
func TestNoShapeFits(t *testing.T) {
	s := toy("")
	nights := nightsOfWorld(s, 1, 2, 400, 20*time.Second, time.Second)
	for i := range nights {
		for k := range nights[i].Attempts {
			a := &nights[i].Attempts[k]
			if a.Seconds = 5; a.Made {
				a.High = time.Duration(30+k%7) * time.Second
				if k%3 == 0 {
					a.High = time.Duration(200+k%11) * time.Second
				}
				a.Low = a.High - time.Second
			}
		}
	}
	r, err := Run(s, Options{Nights: nights, File: "x/mine.toml"})
	if err != nil {
		t.Fatal(err)
	}
	values, there := r.Files["mine-reverse-latency.txt"]
	if !there || !strings.Contains(string(r.Text), `shape = "empirical"`) ||
		!strings.Contains(string(r.Text), `file = "mine-reverse-latency.txt"`) ||
		strings.Contains(string(r.Text), "per_second") || len(strings.Split(string(values), "\n")) < 600 {
		t.Errorf("%s\n%s", r.Report(), r.Text)
	}
	if !strings.Contains(r.Report(), "no shape fits") {
		t.Error(r.Report())
	}
}

// TestAnotherShape: what the times are is written, with its own parameter.
func TestAnotherShape(t *testing.T) {
	world := truth("", func(s *scenario.Scenario) {
		l := &s.Channels[0].Latency
		l.Shape, l.Sigma, l.K = "weibull", 0, 1.5
	})
	r, err := Run(toy(""), Options{Nights: nightsOfWorld(world, 1, 2, 600, 20*time.Second, 5*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	l := load(string(r.Text)).Channels[0].Latency
	if l.Shape != "weibull" || l.K < 1.3 || l.K > 1.7 {
		t.Errorf("%+v\n%s", l, r.Report())
	}
}

// TestEveryFormOfLatencyIsFitted: with a base, with a time for each second of clip, or with both.
func TestEveryFormOfLatencyIsFitted(t *testing.T) {
	for _, tt := range []struct {
		name, stated, world string
		low, high           float64 // seconds of a clip of 5 s
	}{
		{"base and seconds", `base = "20s", per_second = { "720p" = "10s" }`, `base = "30s", per_second = { "720p" = "12s" }`,
			85, 95},
		{"base alone", `base = "60s"`, `base = "90s"`, 86, 94},
		{"seconds alone", `per_second = { "720p" = "10s" }`, `per_second = { "720p" = "15s" }`, 71, 79},
		{"seconds of any clip", `base = "20s", per_second = "10s"`, `base = "30s", per_second = "12s"`, 85, 95},
	} {
		t.Run(tt.name, func(t *testing.T) {
			with := func(latency string) *scenario.Scenario {
				return load(strings.Replace(string(toy("").Source), `base = "20s", per_second = { "720p" = "10s" }`, latency, 1))
			}
			r, err := Run(with(tt.stated), Options{Nights: nightsOfWorld(with(tt.world), 1, 3, 300, 20*time.Second,
				5*time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			l := load(string(r.Text)).Channels[0].Latency
			of := l.Base.Seconds()
			for _, perSecond := range l.PerSecond {
				of += 5 * perSecond.Seconds()
			}
			if l.Confidence != scenario.Measured || of < tt.low || of > tt.high {
				t.Errorf("a clip of 5 s takes %.1f s, want %.0f to %.0f:\n%s", of, tt.low, tt.high, r.Report())
			}
		})
	}
}

// TestConstantTimes: what a poll sees of a constant time doesn't scatter it.
func TestConstantTimes(t *testing.T) {
	text := strings.Replace(string(toy("").Source), `sigma = 0.5, range`, `shape = "constant", range`, 1)
	world := load(text)
	r, err := Run(load(text), Options{Nights: nightsOfWorld(world, 1, 2, 100, 20*time.Second, 15*time.Second)})
	if err != nil || !strings.Contains(r.Report(), "nothing scatters beyond the polls, as stated") {
		t.Errorf("%v\n%s", err, r.Report())
	}
	world.Channels[0].Latency.Base, world.Channels[0].Latency.PerSecond["720p"] = 30*time.Second, 15*time.Second
	if r, err = Run(load(text), Options{Nights: nightsOfWorld(world, 1, 2, 100, 20*time.Second,
		time.Second)}); err != nil {
		t.Fatal(err)
	}
	if l := load(string(r.Text)).Channels[0].Latency; l.Shape != "constant" || l.Base < 29*time.Second ||
		l.Base > 31*time.Second || l.Range.Low < 0.98 || l.Range.High > 1.02 {
		t.Errorf("%+v\n%s", l, r.Report())
	}
}

// TestARegime: one regime's share, length and refusals come from rows of refusals.
func TestARegime(t *testing.T) {
	text := strings.Replace(string(toy("").Source), "[channels.reverse.errors]",
		"[channels.reverse.regimes]\nrisk = { share = \"20%\", lasts = { median = \"1d\", sigma = 0.8 }, submit = \"90%\" }\n\n[channels.reverse.errors]", 1)
	world := load(text)
	g := &world.Channels[0].Regimes[0]
	g.Share, g.Submit, g.Lasts.Median = 0.1, 0.6, 2*time.Hour
	r, err := Run(load(text), Options{Nights: nightsOfWorld(world, 2, 1, 9000, 4*time.Minute, 10*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	got := load(string(r.Text)).Channels[0].Regimes[0]
	if got.Share < 0.05 || got.Share > 0.2 || got.Submit < 0.5 || got.Submit > 0.7 || got.Lasts.Median < time.Hour ||
		got.Lasts.Median > 4*time.Hour {
		t.Errorf("%+v\n%s", got, r.Report())
	}
	none, err := Run(toy(""), Options{Nights: nightsOfWorld(world, 2, 1, 3000, 4*time.Minute, 10*time.Second)})
	if err != nil || !strings.Contains(none.Report(), "To model it, calibrate again after you add regimes = ") {
		t.Errorf("%v\n%s", err, none.Report())
	}
}

// TestTimesThatLookLikeMilliseconds are asked about, unless the unit was said.
func TestTimesThatLookLikeMilliseconds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		factor float64
		isLog  bool
		said   bool
		asks   string // "": nothing
	}{
		{"seconds", 1, true, false, ""},
		{"a channel ten times as slow as stated", 10, true, false, ""},
		{"a channel ten times as fast as stated", 0.1, true, false, ""},
		{"milliseconds", 1e3, true, false,
			"they look like milliseconds\n  hint: say --unit ms, or --unit s if they are seconds"},
		{"microseconds", 1e6, true, false, "they look like microseconds"},
		{"milliseconds, but the unit was said", 1e3, true, true, ""},
		{"a bench knows its unit", 1e3, false, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := toy("")
			nights := nightsOfWorld(s, 1, 1, 60, time.Minute, 10*time.Second)
			slow(nights[0].Attempts, tt.factor)
			nights[0].Log = tt.isLog
			_, err := Run(s, Options{Nights: nights, Units: tt.said})
			if tt.asks == "" && err != nil || tt.asks != "" && (err == nil || !strings.Contains(err.Error(), tt.asks)) {
				t.Errorf("got %v, want %q", err, tt.asks)
			}
		})
	}
}

// TestOneClockDoesNotRuleAllNights: a few attempts long after all others don't make these weigh nothing, and a night of
// its own does make older ones weigh less.
func TestOneClockDoesNotRuleAllNights(t *testing.T) {
	for _, tt := range []struct {
		name      string
		last      int     // attempts in the last night, 300 days after 3 nights of 100
		low, high float64 // of the weight of the first night
	}{
		{"one attempt", 1, 0.94, 0.95},
		{"three", 3, 0.94, 0.95},
		{"four", 4, 0, 0.001},
		{"a night", 100, 0, 0.001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &calibration{Result: &Result{}, s: toy(""), o: Options{Discount: DefaultDiscount}}
			for n, size := range []int{100, 100, 100, tt.last} {
				c.o.Nights = append(c.o.Nights, attempt.Night{From: time.Date(2026, 1, 1+n+297*(n/3), 0, 0, 0, 0, time.UTC),
					Attempts: make([]attempt.Attempt, size)})
			}
			c.gather()
			if w := c.weights[0]; w < tt.low || w > tt.high || c.weights[3] != 1 {
				t.Errorf("weights %v, want the first from %v to %v", c.weights, tt.low, tt.high)
			}
		})
	}
}

// TestHowFarAnAttemptCame: a denominator holds those who came that far.
func TestHowFarAnAttemptCame(t *testing.T) {
	refusedFor := func(r channel.Reason) attempt.Attempt { return attempt.Attempt{Outcome: channel.Refused, Reason: r} }
	failedFor := func(r channel.Reason) attempt.Attempt {
		return attempt.Attempt{Outcome: channel.Failed, Reason: r, Accepted: true, Ended: true}
	}
	made := func(o channel.Outcome, fetches int) attempt.Attempt {
		return attempt.Attempt{Outcome: o, Accepted: true, Ended: true, Made: true, Fetches: fetches}
	}
	for _, tt := range []struct {
		name string
		a    attempt.Attempt
		want string // of each of the kinds: "-" it never came so far, "." it passed, "x" it met it
	}{
		{"refused by a limit", refusedFor(channel.RateLimited), "-------"},
		{"failed by a limit once accepted", failedFor(channel.RateLimited), "-------"},
		{"refused for its prompt", refusedFor(channel.Moderation), "x------"},
		{"failed for its prompt once accepted", failedFor(channel.Moderation), "x------"},
		{"refused for its region", refusedFor(channel.Region), ".x-----"},
		{"failed for its region once accepted", failedFor(channel.Region), ".x-----"},
		{"refused", refusedFor(channel.Submit), "..x----"},
		{"its answer was lost", attempt.Attempt{Outcome: channel.Ambiguous}, "...x---"},
		{"taken, and then nobody knows", attempt.Attempt{Outcome: channel.Ambiguous, Accepted: true}, "....---"},
		{"left under way", attempt.Attempt{Outcome: channel.Abandoned, Accepted: true}, "....---"},
		{"left before its answer", attempt.Attempt{Outcome: channel.Abandoned}, "-------"},
		{"failed", failedFor(channel.Job), "....x--"},
		{"left, then failed", attempt.Attempt{Outcome: channel.Abandoned, Accepted: true, Ended: true}, "....x--"},
		{"left, then made", made(channel.Abandoned, 0), ".....--"},
		{"left in its fetches", made(channel.Abandoned, 2), ".....-x"},
		{"unusable", made(channel.Unusable, 1), ".....x."},
		{"delivered", made(channel.Delivered, 1), "......."},
		{"delivered, no fetches told", made(channel.Delivered, 0), "......-"},
		{"a later attempt of its order", attempt.Attempt{Outcome: channel.Delivered, Accepted: true, Ended: true, Made: true,
			Try: 1}, "-.....-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, kind := range channel.Errors {
				switch hits, tries := exposure(&placed{Attempt: &tt.a}, kind); {
				case hits > 0:
					got += "x"
				case tries > 0:
					got += "."
				default:
					got += "-"
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestAttemptsOfOtherChannels(t *testing.T) {
	s := toy("")
	nights := nightsOfWorld(s, 1, 1, 40, time.Minute, 10*time.Second)
	for i := range nights[0].Attempts {
		if i%2 == 0 {
			nights[0].Attempts[i].Channel = "elsewhere"
		}
	}
	r, err := Run(s, Options{Nights: nights})
	if err != nil || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], `attempts are of "elsewhere"`) {
		t.Errorf("%v, %q", err, r.Warnings)
	}
	for i := range nights[0].Attempts {
		nights[0].Attempts[i].Channel = "elsewhere"
	}
	if _, err := Run(s, Options{Nights: nights}); err == nil ||
		!strings.Contains(err.Error(), "on any channel of the scenario") {
		t.Error(err)
	}
}

// TestWhatALogNeverNames stays as stated: a log without unusable clips may know no such thing.
func TestWhatALogNeverNames(t *testing.T) {
	s := truth("", func(s *scenario.Scenario) { s.Channels[0].Errors.By[channel.BadClip].Rate = 0 })
	nights := nightsOfWorld(s, 1, 3, 300, 20*time.Second, 10*time.Second)
	for want, isLog := range map[float64]bool{0.03: true, 0: false} {
		for i := range nights {
			nights[i].Log = isLog
		}
		r, err := Run(toy(""), Options{Nights: nights})
		if err != nil {
			t.Fatal(err)
		}
		if got := load(string(r.Text)).Channels[0].Errors.By[channel.BadClip].Rate; math.Abs(got-want) > 0.002 ||
			isLog != strings.Contains(r.Report(), "the log never names it") {
			t.Errorf("log %v: unusable %v, want %v:\n%s", isLog, got, want, r.Report())
		}
	}
}
