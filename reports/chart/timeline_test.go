package chart

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// lineOf makes a channel's bins of 30 s: so many attempts in each, of which failures takes some.
func lineOf(channel string, bins, attempts int, seconds float64,
	failures func(bin int) map[string]int) record.ChannelTimeline {
	l := record.ChannelTimeline{Channel: channel}
	for i := range bins {
		b := record.TimelineBin{From: 30 * float64(i), Outcomes: map[string]int{"delivered": attempts + i%3}}
		for reason, n := range failures(i) {
			b.Outcomes[reason] += n
			b.Outcomes["delivered"] -= n
		}
		if b.Outcomes["delivered"] > 0 {
			b.MedianSeconds = reporttest.Ptr(seconds * (1 + 0.2*float64((i*7)%5-2)/2))
		}
		l.Bins = append(l.Bins, b)
	}
	return l
}

// timed is a measured run of twenty minutes with these channels.
func timed(channels ...record.ChannelTimeline) *record.Run {
	run := reporttest.Measured()
	run.Timeline = &record.Timeline{BinSeconds: 30, Seconds: 1200, Channels: channels}
	return run
}

// evenly fails one attempt in every so many bins.
func evenly(every int, reason string) func(int) map[string]int {
	return func(i int) map[string]int {
		if i%every == every-1 {
			return map[string]int{reason: 1}
		}
		return nil
	}
}

// failing fails so many attempts of each bin from one to another, and otherwise as given.
func failing(from, to, n int, reason string, otherwise func(int) map[string]int) func(int) map[string]int {
	return func(i int) map[string]int {
		if i >= from && i < to {
			return map[string]int{reason: n}
		}
		return otherwise(i)
	}
}

func unfailing(int) map[string]int { return nil }

// bursty: reverse's region errors come together; forwarding's few failures don't.
func bursty() *record.Run {
	return timed(lineOf("forwarding", 40, 14, 95, evenly(9, "job")),
		lineOf("reverse", 40, 16, 120, failing(22, 27, 3, "region", func(i int) map[string]int {
			return map[string]int{"region": i % 9 / 8, "job": i % 13 / 12, "ambiguous": i % 21 / 20, "open": i / 39}
		})))
}

// dark: reverse delivers nothing for four minutes, and forwarding is bursty.
func dark() *record.Run {
	return timed(lineOf("forwarding", 40, 14, 95, failing(5, 9, 4, "rate_limited", evenly(9, "job"))),
		lineOf("reverse", 40, 12, 120, failing(18, 26, 12, "timeout", evenly(11, "region"))))
}

func TestTimelineTitleFollowsTheData(t *testing.T) {
	cut := func(run *record.Run, change func(l *record.ChannelTimeline)) *record.Run {
		for i := range run.Timeline.Channels {
			change(&run.Timeline.Channels[i])
		}
		return run
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"burst", bursty(), "Reverse failed in a burst: 15 of its 18 region errors within 2.5 min"},
		{"burst of the other", timed(lineOf("forwarding", 40, 14, 95, failing(5, 9, 4, "rate_limited", unfailing)),
			lineOf("reverse", 40, 16, 120, evenly(4, "region"))),
			"Forwarding failed in a burst: 16 of its 16 rate limits within 2 min"},
		{"outage", dark(), "Reverse failed nearly always for 4 min: 96 of 103 attempts"},
		{"silence", timed(lineOf("reverse", 40, 12, 120, func(i int) map[string]int {
			if i >= 18 && i < 26 {
				return map[string]int{"ambiguous": 12 + i%3}
			}
			return nil
		})), "Reverse did not answer for 4 min: all 103 attempts failed"},
		{"too slow is no silence", timed(lineOf("reverse", 40, 12, 120, func(i int) map[string]int {
			if i >= 18 && i < 26 {
				return map[string]int{"timeout": 12 + i%3}
			}
			return nil
		})), "Reverse delivered nothing for 4 min: all 103 attempts failed"},
		{"even", timed(lineOf("reverse", 40, 16, 120, evenly(3, "region"))),
			"No burst beyond chance: the worst 2 min hold 2 of reverse's 13 failures"},
		{"five can't show a burst", timed(lineOf("reverse", 40, 16, 120, failing(7, 8, 5, "region", unfailing))),
			"5 of 679 attempts failed, too few to tell a burst from luck"},
		{"four can't show an outage", timed(lineOf("reverse", 40, 4, 120, failing(9, 10, 4, "region", unfailing))),
			"4 of 199 attempts failed, too few to tell a burst from luck"},
		{"five can", timed(lineOf("reverse", 40, 5, 120, failing(9, 10, 5, "ambiguous", unfailing))),
			"Reverse did not answer for 30 s: all 5 attempts failed"},
		{"nothing failed", timed(lineOf("reverse", 40, 16, 120, unfailing)), "No attempt failed"},
		{"some are open", timed(lineOf("reverse", 40, 16, 120, failing(38, 40, 2, "open", unfailing))),
			"No attempt has failed; 4 of 679 are still open"},
		{"everything failed", timed(lineOf("reverse", 40, 16, 120,
			func(i int) map[string]int { return map[string]int{"submit": 16 + i%3} })),
			"Reverse delivered nothing for 20 min: all 679 attempts failed"},
		{"a busy time is no burst", cut(timed(lineOf("reverse", 40, 2, 120, failing(10, 12, 40, "region", unfailing))),
			func(l *record.ChannelTimeline) {
				for i := 10; i < 12; i++ {
					l.Bins[i].Outcomes["delivered"] = 4000
				}
			}), "80 of reverse's 8,192 attempts failed, no more together than chance explains"},
	} {
		if got := newTimelineChart(c.run, canvas.BodyWidth).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// The axis ends with the last submit: while the last clips settle there is nothing to see.
func TestTimelineEndsWithTheLastSubmit(t *testing.T) {
	run := timed(lineOf("forwarding", 12, 3, 95, unfailing), lineOf("reverse", 19, 3, 120, unfailing))
	run.Timeline.Seconds = 1140 // the last settle for as long again
	if c := newTimelineChart(run, canvas.BodyWidth); c.end != 570 {
		t.Errorf("it ends at %v s, want 570", c.end)
	}
	texts := pictures(t, run)["timeline.png"].page.Texts
	if !slices.ContainsFunc(texts, func(l canvas.Lettered) bool { return l.Text == "10 min" }) {
		t.Errorf("the axis doesn't end at 10 min: %v", texts)
	}
}

func anyTimeline() *rapid.Generator[*record.Timeline] {
	return rapid.Custom(func(t *rapid.T) *record.Timeline {
		amount := func(name string) float64 {
			if v := anyNumber().Draw(t, name); v != nil {
				return *v
			}
			return 0
		}
		scale := rapid.SampledFrom([]float64{1e-3, 1, 30, 86400}).Draw(t, "scale")
		l := &record.Timeline{BinSeconds: scale, Seconds: scale * float64(rapid.IntRange(0, 2000).Draw(t, "bins"))}
		if rapid.IntRange(0, 4).Draw(t, "odd") == 0 {
			l.BinSeconds, l.Seconds = amount("bin"), amount("seconds")
		}
		for range rapid.IntRange(0, 12).Draw(t, "channels") {
			c := record.ChannelTimeline{Channel: anyName().Draw(t, "channel")}
			at := 0.0
			for range rapid.IntRange(0, 30).Draw(t, "bins of it") {
				at += scale * float64(rapid.IntRange(1, 20).Draw(t, "gap"))
				b := record.TimelineBin{From: at, Outcomes: map[string]int{}, MedianSeconds: anyNumber().Draw(t, "median")}
				if rapid.IntRange(0, 20).Draw(t, "odd from") == 0 {
					b.From = amount("from")
				}
				for range rapid.IntRange(0, 4).Draw(t, "outcomes") {
					outcome := rapid.OneOf(rapid.SampledFrom([]string{"delivered", "delivered", "open", "overtaken", "region", "job",
						"ambiguous", "timeout"}), anyName()).Draw(t, "outcome")
					b.Outcomes[outcome] = rapid.SampledFrom([]int{-1, 0, 1, 2, 5, 40, 1 << 60}).Draw(t, "attempts")
				}
				c.Bins = append(c.Bins, b)
			}
			l.Channels = append(l.Channels, c)
		}
		return l
	})
}

// Five failures can come together by luck; eight in one bin of forty can't.
func TestBurstsAreBeyondChance(t *testing.T) {
	for failures, want := range map[int]bool{1: false, 5: false, 7: false, 8: true, 12: true} {
		l := newLane(lineOf("reverse", 40, 16, 120, failing(7, 8, failures, "region", unfailing)))
		if _, found := l.burst(30, 1200); found != want {
			t.Errorf("%d failures in one bin: burst %v, want %v", failures, found, want)
		}
	}
	// Failures that fall on attempts alike are a burst in fewer than one run in a hundred.
	found := 0
	for run := range 300 {
		rng := rand.New(rand.NewPCG(7, uint64(run)))
		l := newLane(lineOf("reverse", 40, 16, 120, func(int) map[string]int {
			n := 0
			for range 16 {
				if rng.Float64() < 0.05 {
					n++
				}
			}
			return map[string]int{"region": n}
		}))
		if len(l.spells(30, 1200)) > 0 {
			found++
		}
	}
	if found > 3 {
		t.Errorf("chance alone made a spell in %d of 300 runs", found)
	}
}

func TestLasting(t *testing.T) {
	for seconds, want := range map[float64]string{0.2: "less than 1 s", 40: "40 s", 89: "89 s", 150: "2.5 min",
		180: "3 min", 3600: "60 min", 9000: "2.5 h", 5 * 86400: "5 days"} {
		if got := lasting(seconds); got != want {
			t.Errorf("lasting(%v) = %q, want %q", seconds, got, want)
		}
	}
}

// channels is a run of nine, more than a narrow place shows.
func channels() *record.Run {
	var list []record.ChannelTimeline
	for i := range 9 {
		list = append(list, lineOf([]string{"forwarding", "reverse", "reverse-2", "官方"}[i%4], 40, 14, 95, evenly(9-i, "job")))
	}
	return timed(list...)
}
