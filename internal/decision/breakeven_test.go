package decision_test

import (
	"math"
	"strings"
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/money"
	"channelbench/internal/record"
)

// flat is an amount for all resolutions, in micro-dollars.
func flat(m money.Micros) map[string]money.Micros { return map[string]money.Micros{channel.Any: m} }

func perSecond(m money.Micros) channel.Price {
	return channel.Price{Shape: channel.PerSecond, Units: flat(m)}
}

func perCall(m money.Micros) channel.Price {
	return channel.Price{Shape: channel.PerCall, Units: flat(m)}
}

// clips are clips of 720p.
func clips(seconds ...int) []channel.Clip {
	var all []channel.Clip
	for _, s := range seconds {
		all = append(all, channel.Clip{Seconds: s, Resolution: "720p"})
	}
	return all
}

// evens splits break-evens into those of lengths and those of failures.
func evens(all []record.BreakEven) (lengths, failures []record.BreakEven) {
	for _, e := range all {
		if e.Seconds != nil {
			lengths = append(lengths, e)
		} else {
			failures = append(failures, e)
		}
	}
	return lengths, failures
}

func TestBreakEvenLengths(t *testing.T) {
	discounted, topped := perSecond(100_000), perSecond(100_000)
	discounted.Discount, topped.Bonus = 150_000_000, 150_000_000
	base := channel.Price{Shape: channel.Base, Units: flat(350_000), Included: 5, Extra: 70_000}
	ladder := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: flat(300_000), 8: flat(600_000)}}
	between := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: flat(600_000), 8: flat(650_000)}}
	ends := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: flat(600_000), 8: flat(900_000)}}
	gap := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: flat(300_000), 8: {"1080p": 500_000}, 12: flat(1_300_000)}}
	type even struct {
		seconds float64
		cheaper string // for longer clips
	}
	for _, tt := range []struct {
		name string
		a, b channel.Price
		want []even
	}{
		{"flat against discounted seconds", perCall(120_000), discounted, []even{{0.12 / 0.085, "a"}}},
		{"the other way round", discounted, perCall(120_000), []even{{0.12 / 0.085, "b"}}},
		{"flat against seconds with a bonus", perCall(120_000), topped, []even{{1.38, "a"}}},
		{"flat against list price", perCall(120_000), perSecond(100_000), []even{{1.2, "a"}}},
		{"just at whole seconds", perCall(600_000), perSecond(100_000), []even{{6, "a"}}},
		{"base and extra seconds against seconds", base, perSecond(100_000), []even{{3.5, "a"}}},
		{"base and extra seconds against flat", base, perCall(500_000), []even{{5 + 0.15/0.07, "b"}}},
		// A rung is paid in full by shorter clips, so the ladder wins and loses twice.
		{"a ladder against seconds", ladder, perSecond(100_000), []even{{3, "a"}, {5, "b"}, {6, "a"}}},
		{"a ladder against seconds, on a rung between whole seconds", between, perSecond(100_000), []even{{6.5, "a"}}},
		{"a ladder against flat: its step", ladder, perCall(400_000), []even{{5, "b"}}},
		{"a ladder that ends while it is dearer", ends, perSecond(100_000), nil},
		{"a ladder with a rung that has no price", gap, perSecond(100_000), []even{{3, "a"}}},
		{"seconds against dearer seconds", perSecond(100_000), perSecond(120_000), nil},
		{"the same price", perSecond(100_000), perSecond(100_000), nil},
		{"flat against a dearer flat", perCall(120_000), perCall(130_000), nil},
		{"beyond the longest clip", perCall(121_000_000), perSecond(1_000_000), nil},
		{"at the longest clip", perCall(119_500_000), perSecond(1_000_000), []even{{119.5, "a"}}},
		{"free for short clips on both", channel.Price{Shape: channel.Base, Units: flat(0), Included: 5, Extra: 100_000},
			channel.Price{Shape: channel.Base, Units: flat(0), Included: 3, Extra: 50_000}, []even{{7, "b"}}},
		{"no price at all", channel.Price{}, perSecond(100_000), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := channel.Channel{Name: "a", Price: tt.a}, channel.Channel{Name: "b", Price: tt.b}
			got, _ := evens(decision.BreakEvens(&a, &b, clips(4)))
			if len(got) != len(tt.want) {
				t.Fatalf("%d break-evens, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, want := range tt.want {
				dearer := map[string]string{"a": "b", "b": "a"}[want.cheaper]
				if math.Abs(*got[i].Seconds-want.seconds) > 1e-4 || got[i].Cheaper != want.cheaper || got[i].Dearer != dearer || got[i].Clip != "720p" {
					t.Errorf("at %.4f s of %s %s becomes cheaper than %s; want %s at %.4f s", *got[i].Seconds, got[i].Clip, got[i].Cheaper, got[i].Dearer, want.cheaper, want.seconds)
				}
			}
		})
	}
}

func TestBreakEvenSentences(t *testing.T) {
	forwarding := channel.Channel{Name: "forwarding", Price: perSecond(85_000)}
	reverse := channel.Channel{Name: "reverse", Price: perCall(120_000)}
	rungs := channel.Channel{Name: "rungs", Price: channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: flat(300_000), 8: flat(600_000)}}}
	onAccept := reverse
	onAccept.Price.Billed = channel.OnAccept
	for _, tt := range []struct {
		name string
		a, b *channel.Channel
		want []string
	}{
		{"reverse wins long clips", &forwarding, &reverse, []string{
			"reverse and forwarding cost the same at a 720p clip of 1.41 s: longer ones are cheaper by reverse, shorter ones by forwarding.",
			"If every failed call were billed in full, reverse would cost as much as forwarding once 65% (4 s 720p) to 82% (8 s 720p) of its calls failed. It bills only clips that were made, so by its charges alone no failure rate makes it dearer.",
		}},
		{"and bills accepted jobs", &forwarding, &onAccept, []string{
			"reverse and forwarding cost the same at a 720p clip of 1.41 s: longer ones are cheaper by reverse, shorter ones by forwarding.",
			"If every failed call were billed in full, reverse would cost as much as forwarding once 65% (4 s 720p) to 82% (8 s 720p) of its calls failed. It does bill accepted jobs that fail.",
		}},
		{"the names swapped, all the same", &reverse, &forwarding, []string{
			"reverse and forwarding cost the same at a 720p clip of 1.41 s: longer ones are cheaper by reverse, shorter ones by forwarding.",
			"If every failed call were billed in full, reverse would cost as much as forwarding once 65% (4 s 720p) to 82% (8 s 720p) of its calls failed. It bills only clips that were made, so by its charges alone no failure rate makes it dearer.",
		}},
		{"a step of a ladder", &rungs, &channel.Channel{Name: "flat", Price: perCall(400_000)}, []string{
			"From a 720p clip of 5 s on, flat is cheaper than rungs; shorter ones are cheaper by rungs.",
			"If every failed call were billed in full, rungs would cost as much as flat once 25% of its calls (4 s 720p) failed. It bills only clips that were made, so by its charges alone no failure rate makes it dearer.",
			"If every failed call were billed in full, flat would cost as much as rungs once 33% of its calls (8 s 720p) failed. It bills only clips that were made, so by its charges alone no failure rate makes it dearer.",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range decision.BreakEvens(tt.a, tt.b, clips(4, 8)) {
				got = append(got, e.Sentence)
			}
			if g, w := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// TestBreakEvenFailures: at $0.12 a call against $0.10 a second, 70, 85 and 90 % of the calls for 4, 8 and 12 s could
// fail and be billed before the flat price is the dearer one.
func TestBreakEvenFailures(t *testing.T) {
	reverse := channel.Channel{Name: "reverse", Price: perCall(120_000)}
	forwarding := channel.Channel{Name: "forwarding", Price: perSecond(100_000)}
	limited := forwarding
	limited.Makes.Seconds = []int{4, 8, 12}
	for _, tt := range []struct {
		name            string
		forwarding      *channel.Channel
		clips           []channel.Clip
		reverse, onward float64 // break-even rates where each is the cheaper one; 0: never
		clip            string  // of the first
	}{
		{"4 s", &forwarding, clips(4), 0.70, 0, "4 s 720p"},
		{"8 s", &forwarding, clips(8), 0.85, 0, "8 s 720p"},
		{"12 s", &forwarding, clips(12), 0.90, 0, "12 s 720p"},
		{"the lowest speaks for all", &forwarding, clips(8, 12, 4), 0.70, 0, "4 s 720p"},
		{"billed as made: 5 s are made as 8 s", &limited, clips(5), 0.85, 0, "5 s 720p"},
		{"a clip that one of them can't make", &limited, clips(13), 0, 0, ""},
		{"1 s is cheaper by the second", &forwarding, clips(1), 0, 1 - 0.1/0.12, "1 s 720p"},
		{"each is cheaper for some", &forwarding, clips(1, 4), 0.70, 1 - 0.1/0.12, "4 s 720p"},
		{"no clips", &forwarding, nil, 0, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := evens(decision.BreakEvens(&reverse, tt.forwarding, tt.clips))
			var want []record.BreakEven
			if tt.reverse > 0 {
				want = append(want, record.BreakEven{Cheaper: "reverse", Dearer: "forwarding", FailRate: &tt.reverse})
			}
			if tt.onward > 0 {
				want = append(want, record.BreakEven{Cheaper: "forwarding", Dearer: "reverse", FailRate: &tt.onward})
			}
			if len(got) != len(want) {
				t.Fatalf("%d break-even rates, want %d: %+v", len(got), len(want), got)
			}
			for i := range want {
				if math.Abs(*got[i].FailRate-*want[i].FailRate) > 1e-9 || got[i].Cheaper != want[i].Cheaper || got[i].Dearer != want[i].Dearer {
					t.Errorf("%s against %s at %v, want %s against %s at %v", got[i].Cheaper, got[i].Dearer, *got[i].FailRate, want[i].Cheaper, want[i].Dearer, *want[i].FailRate)
				}
			}
			if len(got) > 0 && got[0].Clip != tt.clip {
				t.Errorf("the rate is of %q, want %q", got[0].Clip, tt.clip)
			}
		})
	}
	short := reverse
	short.Makes.Seconds = []int{4}
	if _, got := evens(decision.BreakEvens(&short, &forwarding, clips(13))); len(got) > 0 {
		t.Errorf("one of them makes 4 s only, and yet for 13 s: %+v", got)
	}
	free := channel.Channel{Name: "free", Price: perCall(0)}
	if _, got := evens(decision.BreakEvens(&free, &forwarding, clips(4))); len(got) > 0 {
		t.Errorf("a free channel never costs as much: %+v", got)
	}
}

func TestBreakEvensByResolution(t *testing.T) {
	a := channel.Channel{Name: "a", Price: channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{"720p": 200_000, "1080p": 900_000}}}
	b := channel.Channel{Name: "b", Price: channel.Price{Shape: channel.PerSecond, Units: map[string]money.Micros{"720p": 100_000, "1080p": 300_000}}}
	wanted := append(clips(4, 8), channel.Clip{Seconds: 4, Resolution: "1080p"}, channel.Clip{Seconds: 4, Resolution: "480p"})
	got, _ := evens(decision.BreakEvens(&a, &b, wanted))
	if len(got) != 2 || got[0].Clip != "720p" || *got[0].Seconds != 2 || got[1].Clip != "1080p" || *got[1].Seconds != 3 {
		t.Errorf("got %+v, want 2 s of 720p and 3 s of 1080p, once each", got)
	}
}
