package channel_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// usd and share read what a test spells out.
func usd(s string) money.Micros {
	m, err := money.Parse(s)
	if err != nil {
		panic(err)
	}
	return m
}

func share(s string) money.Billionths {
	b, err := money.ParseShare(s)
	if err != nil {
		panic(err)
	}
	return b
}

// flat is an amount for every resolution.
func flat(s string) map[string]money.Micros {
	return map[string]money.Micros{channel.Any: usd(s)}
}

// made is the usage of a clip that came out.
func made(seconds int, resolution string) channel.Usage {
	return channel.Usage{Clip: channel.Clip{Seconds: seconds, Resolution: resolution}, Accepted: true, Made: true}
}

func ExamplePrice_Charge() {
	price := channel.Price{
		Shape:    channel.PerSecond,
		Units:    map[string]money.Micros{"720p": 100_000},
		Discount: 150_000_000,
	}
	clip := channel.Clip{Seconds: 8, Resolution: "720p"}
	charge, _ := price.Charge(channel.Usage{Clip: clip, Accepted: true, Made: true})
	fmt.Println(clip, "costs", charge)
	charge, _ = price.Charge(channel.Usage{Clip: clip, Accepted: true})
	fmt.Println("a job that failed costs", charge)
	_, err := price.Charge(channel.Usage{Clip: channel.Clip{Seconds: 8, Resolution: "1080p"}})
	fmt.Println(err)
	// Output:
	// 8 s 720p costs $0.68
	// a job that failed costs $0.00
	// no price for 8 s 1080p
}

func TestCharge(t *testing.T) {
	bySecond := channel.Price{Shape: channel.PerSecond,
		Units: map[string]money.Micros{"720p": usd("$0.10"), "1080p": usd("$0.30")}}
	discounted, topped := bySecond, bySecond
	discounted.Discount = share("15%")
	topped.Bonus = share("15%")
	reverse := channel.Price{Shape: channel.PerCall, Units: flat("$0.12")}
	kie := channel.Price{Shape: channel.PerCall, Units: flat("$6"), Unit: "credit", UnitPrice: flat("$0.018"), Per: 1}
	kling := channel.Price{Shape: channel.Base, Units: flat("$0.35"), Included: 5, Extra: usd("$0.07")}
	runway := channel.Price{Shape: channel.PerSecond, Units: flat("$12"), Unit: "credit", UnitPrice: flat("$0.01"), Per: 1}
	ladder := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{
		5: flat("$0.30"), 10: {"720p": usd("$0.50"), channel.Any: usd("$0.90")},
	}}
	for _, tt := range []struct {
		name       string
		price      channel.Price
		seconds    int
		resolution string
		want       string
	}{
		{"forwarding, 1 s", bySecond, 1, "720p", "$0.10"},
		{"forwarding, 15 s at list", bySecond, 15, "720p", "$1.50"},
		{"forwarding, 15 s of 1080p", bySecond, 15, "1080p", "$4.50"},
		{"forwarding, nothing made", bySecond, 0, "720p", "$0.00"},
		{"15 % discount, 1 s", discounted, 1, "720p", "$0.085"},
		{"15 % discount, 15 s", discounted, 15, "720p", "$1.275"},
		{"15 % bonus, 1 s", topped, 1, "720p", "$0.086957"},
		{"15 % bonus, 15 s, rounded once", topped, 15, "720p", "$1.304348"},
		{"reverse, short", reverse, 1, "720p", "$0.12"},
		{"reverse, long", reverse, 15, "1080p", "$0.12"},
		{"Kie: 6 credits × $0.018", kie, 10, "720p", "$0.108"},
		{"Kling, below the base", kling, 3, "720p", "$0.35"},
		{"Kling, at the base", kling, 5, "720p", "$0.35"},
		{"Kling, a second more", kling, 6, "720p", "$0.42"},
		{"Kling, 10 s", kling, 10, "720p", "$0.70"},
		{"Runway: 12 credits a second × $0.01", runway, 10, "720p", "$1.20"},
		{"ladder, lower rung", ladder, 5, "720p", "$0.30"},
		{"ladder, a resolution of its own", ladder, 10, "720p", "$0.50"},
		{"ladder, all other resolutions", ladder, 10, "1080p", "$0.90"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.price.Charge(made(tt.seconds, tt.resolution))
			if err != nil || got != usd(tt.want) {
				t.Errorf("Charge = %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestAnAmountOfItsOwnBeatsTheOneForAll(t *testing.T) {
	p := channel.Price{Shape: channel.PerCall,
		Units: map[string]money.Micros{channel.Any: usd("$0.10"), "1080p": usd("$0.25")}}
	for resolution, want := range map[string]string{"720p": "$0.10", "1080p": "$0.25", "": "$0.10"} {
		if got, err := p.Charge(made(5, resolution)); err != nil || got != usd(want) {
			t.Errorf("%q: Charge = %v, %v; want %s", resolution, got, err, want)
		}
	}
}

// TestAudio: a clip with sound takes the amount that says so, else the one of its resolution; what differs is never
// guessed.
func TestAudio(t *testing.T) {
	both := map[string]money.Micros{"720p": usd("$0.10"), "720p+audio": usd("$0.15"), channel.Any: usd("$0.30")}
	alike := map[string]money.Micros{channel.Any: usd("$0.10"), "720p+audio": usd("$0.10")}
	audible := map[string]money.Micros{"720p+audio": usd("$0.15")}
	kling := channel.Price{Shape: channel.Ladder, Unit: "unit", Per: 1,
		UnitPrice: map[string]money.Micros{"720p": usd("$0.14"), "720p+audio": usd("$0.20")},
		Rungs:     map[int]map[string]money.Micros{5: {"720p": usd("$3"), "720p+audio": usd("$4.5")}}}
	perCall := func(units map[string]money.Micros) channel.Price {
		return channel.Price{Shape: channel.PerCall, Units: units}
	}
	for _, tt := range []struct {
		name                  string
		price                 channel.Price
		silent, sound, either string // "": no price
		byAudio               bool
	}{
		{"both", perCall(both), "$0.10", "$0.15", "", true},
		{"both alike", perCall(alike), "$0.10", "$0.10", "$0.10", false},
		{"one for all", perCall(flat("$0.12")), "$0.12", "$0.12", "$0.12", false},
		{"only with sound", perCall(audible), "", "$0.15", "$0.15", false},
		{"both in units and in their price", kling, "$0.42", "$0.90", "", true},
	} {
		for audio, want := range map[channel.Audio]string{channel.Silent: tt.silent, channel.Audible: tt.sound,
			channel.AnyAudio: tt.either} {
			clip := channel.Clip{Seconds: 5, Resolution: "720p", Audio: audio}
			got, err := tt.price.Charge(channel.Usage{Clip: clip, Made: true})
			if want == "" && !errors.Is(err, channel.ErrNoPrice) || want != "" && (err != nil || got != usd(want)) {
				t.Errorf("%s: %v costs %v, %v; want %q", tt.name, clip, got, err, want)
			}
		}
		if got := tt.price.ByAudio("720p"); got != tt.byAudio || tt.price.ByAudio("1080p") || !tt.price.Prices("720p") {
			t.Errorf("%s: by audio: %t", tt.name, got)
		}
	}
	for audio, want := range map[channel.Audio]string{channel.AnyAudio: "5 s 720p", channel.Silent: "5 s 720p silent",
		channel.Audible: "5 s 720p with audio"} {
		if got := (channel.Clip{Seconds: 5, Resolution: "720p", Audio: audio}).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRoundingIsHalfUpAndOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		price channel.Price
		secs  int
		want  money.Micros
	}{
		{"half goes up", channel.Price{Shape: channel.PerCall, Units: flat("$0.000001"), Discount: share("50%")}, 1, 1},
		{"less than half goes down", channel.Price{Shape: channel.PerCall, Units: flat("$0.000001"),
			Discount: share("50.0000001%")}, 1, 0},
		{"one and a half goes up", channel.Price{Shape: channel.PerCall, Units: flat("$0.000003"), Discount: share("50%")}, 1,
			2},
		{"two and a half goes up, not to even", channel.Price{Shape: channel.PerCall, Units: flat("$0.000005"),
			Discount: share("50%")}, 1, 3},
		{"seconds first: 3 × 0.4 is 1.2", channel.Price{Shape: channel.PerSecond, Units: flat("$0.000001"),
			Discount: share("60%")}, 3, 1},
		{"seconds first: 10 × 0.4 is 4, not 10 × 0",
			channel.Price{Shape: channel.PerSecond, Units: flat("$0.000001"), Discount: share("60%")}, 10, 4},
		{"credits and bonus in one go", channel.Price{Shape: channel.PerSecond, Units: flat("$0.5"),
			Unit: "credit", UnitPrice: flat("$0.000001"), Per: 1,
			Bonus: share("25%")}, 3, 1},
		{"all of it off", channel.Price{Shape: channel.PerCall, Units: flat("$5"), Discount: share("100%")}, 1, 0},
		{"a bonus as large as the top-up halves",
			channel.Price{Shape: channel.PerCall, Units: flat("$5"), Bonus: share("100%")}, 1, 2_500_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.price.Charge(made(tt.secs, "720p")); err != nil || got != tt.want {
				t.Errorf("Charge = %d, %v; want %d", int64(got), err, int64(tt.want))
			}
		})
	}
}

func TestWhatIsBilled(t *testing.T) {
	clip := channel.Clip{Seconds: 10, Resolution: "720p"}
	for _, tt := range []struct {
		name                string
		usage               channel.Usage
		onSuccess, onAccept bool
	}{
		{"refused", channel.Usage{}, false, false},
		{"accepted, then failed", channel.Usage{Accepted: true}, false, true},
		{"accepted, failed and billed all the same", channel.Usage{Accepted: true, BilledFailure: true}, true, true},
		{"delivered, late or unusable", channel.Usage{Accepted: true, Made: true}, true, true},
		{"the answer was lost", channel.Usage{Lost: true}, true, true},
	} {
		for rule, owed := range map[channel.Billed]bool{channel.OnSuccess: tt.onSuccess, channel.OnAccept: tt.onAccept} {
			t.Run(channel.BilledNames[rule]+": "+tt.name, func(t *testing.T) {
				p := channel.Price{Shape: channel.PerSecond, Units: flat("$0.10"), Billed: rule}
				want := money.Micros(0)
				if owed {
					want = usd("$1")
				}
				tt.usage.Clip = clip
				if got, err := p.Charge(tt.usage); err != nil || got != want {
					t.Errorf("Charge = %v, %v; want %v", got, err, want)
				}
			})
		}
	}
}

// TestAFailureThatMayBeBilled: where nobody knows whether a failed job is billed, it costs the stated share of the
// full price.
func TestAFailureThatMayBeBilled(t *testing.T) {
	odd := channel.Price{Shape: channel.PerCall, Units: flat("$0.000005")}
	failed := channel.Usage{Accepted: true, BilledShare: share("50%")}
	for _, tt := range []struct {
		name  string
		price channel.Price
		edit  func(*channel.Usage)
		want  string
	}{
		{"half of them", channel.Price{Shape: channel.PerCall, Units: flat("$0.12")}, func(*channel.Usage) {}, "$0.06"},
		{"half goes up", odd, func(*channel.Usage) {}, "$0.000003"},
		{"rounded once, after the discount", channel.Price{Shape: channel.PerCall, Units: flat("$0.000003"),
			Discount: share("50%")}, func(*channel.Usage) {}, "$0.000001"},
		{"all of them", odd, func(u *channel.Usage) { u.BilledShare = money.Whole }, "$0.000005"},
		{"none of them", odd, func(u *channel.Usage) { u.BilledShare = 0 }, "$0"},
		{"billed, as is known", odd, func(u *channel.Usage) { u.BilledFailure = true }, "$0.000005"},
		{"not accepted", odd, func(u *channel.Usage) { u.Accepted = false }, "$0"},
		{"a clip came out", odd, func(u *channel.Usage) { u.Made = true }, "$0.000005"},
		{"the answer was lost", odd, func(u *channel.Usage) { u.Lost = true }, "$0.000005"},
		{"billed when accepted", channel.Price{Shape: channel.PerCall, Units: flat("$0.000005"), Billed: channel.OnAccept},
			func(*channel.Usage) {}, "$0.000005"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := failed
			tt.edit(&u)
			if got, err := tt.price.Charge(u); err != nil || got != usd(tt.want) {
				t.Errorf("Charge = %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestNoPrice(t *testing.T) {
	ladder := map[int]map[string]money.Micros{5: {"720p": usd("$0.30")}}
	for _, tt := range []struct {
		name  string
		price channel.Price
		clip  channel.Clip
	}{
		{"no amounts", channel.Price{}, channel.Clip{Seconds: 5, Resolution: "720p"}},
		{"another resolution", channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{"720p": 1}},
			channel.Clip{Seconds: 5, Resolution: "1080p"}},
		{"between the rungs", channel.Price{Shape: channel.Ladder, Rungs: ladder},
			channel.Clip{Seconds: 4, Resolution: "720p"}},
		{"beyond the rungs", channel.Price{Shape: channel.Ladder, Rungs: ladder},
			channel.Clip{Seconds: 6, Resolution: "720p"}},
		{"another resolution on the rung", channel.Price{Shape: channel.Ladder, Rungs: ladder},
			channel.Clip{Seconds: 5, Resolution: "1080p"}},
		{"a ladder doesn't look at units", channel.Price{Shape: channel.Ladder, Rungs: ladder, Units: flat("$1")},
			channel.Clip{Seconds: 6, Resolution: "720p"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for what, usage := range map[string]channel.Usage{"made": {Clip: tt.clip, Made: true}, "refused": {Clip: tt.clip}} {
				got, err := tt.price.Charge(usage)
				if got != 0 || !errors.Is(err, channel.ErrNoPrice) {
					t.Errorf("%s: Charge = %v, %v; want ErrNoPrice", what, got, err)
				} else if !strings.Contains(err.Error(), tt.clip.String()) {
					t.Errorf("%s: %q doesn't name the clip %v", what, err, tt.clip)
				}
			}
		})
	}
}

func TestTooLargeAPriceIsAnError(t *testing.T) {
	most := map[string]money.Micros{channel.Any: math.MaxInt64}
	for _, tt := range []struct {
		name  string
		price channel.Price
		fits  bool
	}{
		{"the largest amount", channel.Price{Shape: channel.PerCall, Units: most}, true},
		{"twice the largest", channel.Price{Shape: channel.PerSecond, Units: most}, false},
		{"twice the largest at half price", channel.Price{Shape: channel.PerSecond, Units: most, Discount: share("50%")},
			true},
		{"extra seconds", channel.Price{Shape: channel.Base, Units: most, Extra: 1}, false},
		{"credits", channel.Price{Shape: channel.PerCall, Units: most, Unit: "credit",
			UnitPrice: flat("$1.000001"), Per: 1}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.price.Charge(made(2, "720p"))
			switch {
			case tt.fits && (err != nil || got != math.MaxInt64):
				t.Errorf("Charge = %v, %v; want the largest amount", got, err)
			case !tt.fits && (got != 0 || err == nil || errors.Is(err, channel.ErrNoPrice)):
				t.Errorf("Charge = %v, %v; want an error of its own", got, err)
			}
		})
	}
}

// anyPrice draws a price that a scenario could state.
func anyPrice(t *rapid.T) channel.Price {
	amount := rapid.Int64Range(0, 1e12)
	amounts := rapid.MapOfN(rapid.SampledFrom([]string{channel.Any, "480p", "720p"}),
		rapid.Map(amount, func(v int64) money.Micros { return money.Micros(v) }), 1, 3)
	p := channel.Price{
		Shape:  channel.Shape(rapid.IntRange(0, int(channel.Ladder)).Draw(t, "shape")),
		Billed: channel.Billed(rapid.IntRange(0, 1).Draw(t, "billed")),
	}
	if p.Shape == channel.Ladder {
		p.Rungs = rapid.MapOfN(rapid.IntRange(1, 20), amounts, 1, 4).Draw(t, "rungs")
	} else {
		p.Units = amounts.Draw(t, "units")
	}
	if p.Shape == channel.Base {
		p.Extra = money.Micros(amount.Draw(t, "extra"))
		p.Included = rapid.IntRange(0, 20).Draw(t, "included")
	}
	if rapid.Bool().Draw(t, "credits") {
		p.Unit, p.Per = "credit", rapid.SampledFrom([]int{1, 7, 1_000_000}).Draw(t, "per")
		p.UnitPrice = map[string]money.Micros{channel.Any: money.Micros(rapid.Int64Range(1, 1e7).Draw(t, "unit price"))}
	}
	if rapid.Bool().Draw(t, "currency") {
		p.Currency, p.Rate = "CNY", money.Micros(rapid.Int64Range(1, 2e6).Draw(t, "rate"))
	}
	switch rapid.IntRange(0, 2).Draw(t, "reduction") {
	case 1:
		p.Discount = money.Billionths(rapid.Int64Range(0, int64(money.Whole)).Draw(t, "discount"))
	case 2:
		p.Bonus = money.Billionths(rapid.Int64Range(0, 2*int64(money.Whole)).Draw(t, "bonus"))
	}
	return p
}

// byHand computes a clip's price in rational numbers, from the words of the scenario language alone.
func byHand(p channel.Price, c channel.Clip) (*big.Int, bool) {
	table := p.Units
	if p.Shape == channel.Ladder {
		table = p.Rungs[c.Seconds]
	}
	unit, ok := table[c.Resolution]
	if !ok {
		if unit, ok = table[channel.Any]; !ok {
			return nil, false
		}
	}
	price := new(big.Rat).SetInt64(int64(unit))
	times := func(num, den int64) { price.Mul(price, big.NewRat(num, den)) }
	switch p.Shape {
	case channel.PerSecond:
		times(int64(c.Seconds), 1)
	case channel.Base:
		for range c.Seconds - p.Included {
			price.Add(price, new(big.Rat).SetInt64(int64(p.Extra)))
		}
	}
	if p.Unit != "" {
		times(int64(p.UnitPrice[channel.Any]), 1_000_000*int64(p.Per))
	}
	if p.Currency != "" {
		times(int64(p.Rate), 1_000_000)
	}
	times(1_000_000_000-int64(p.Discount), 1_000_000_000)
	times(1_000_000_000, 1_000_000_000+int64(p.Bonus))
	price.Add(price, big.NewRat(1, 2))
	return new(big.Int).Div(price.Num(), price.Denom()), true
}

func TestChargeAgainstRationalNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPrice(t)
		c := channel.Clip{Seconds: rapid.IntRange(0, 25).Draw(t, "seconds"),
			Resolution: rapid.SampledFrom([]string{"480p", "720p", "1080p"}).Draw(t, "resolution")}
		if p.Shape == channel.Ladder && rapid.Bool().Draw(t, "on a rung") {
			c.Seconds = rapid.SampledFrom(p.Lengths()).Draw(t, "rung")
		}
		u := channel.Usage{Clip: c, Accepted: rapid.Bool().Draw(t, "accepted"), Made: rapid.Bool().Draw(t, "made"),
			BilledFailure: rapid.Bool().Draw(t, "billed failure"), Lost: rapid.Bool().Draw(t, "lost")}
		got, err := p.Charge(u)
		want, priced := byHand(p, c)
		switch {
		case !priced:
			if !errors.Is(err, channel.ErrNoPrice) {
				t.Fatalf("Charge = %v, %v; want ErrNoPrice", got, err)
			}
			return
		case !want.IsInt64():
			if err == nil || errors.Is(err, channel.ErrNoPrice) {
				t.Fatalf("Charge = %v, %v; want an error, the price is %v", got, err, want)
			}
			return
		case !u.Made && !u.Lost && !u.BilledFailure && !(u.Accepted && p.Billed == channel.OnAccept):
			want = new(big.Int)
		}
		if err != nil || int64(got) != want.Int64() {
			t.Fatalf("Charge = %d, %v; want %v", int64(got), err, want)
		}
		if got < 0 {
			t.Fatalf("Charge = %d, negative", int64(got))
		}
	})
}

func TestALongerClipNeverCostsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPrice(t)
		if p.Shape == channel.Ladder {
			t.Skip("a ladder may price its rungs as it likes")
		}
		p.Units[channel.Any] = 100_000
		before := money.Micros(0)
		for s := range 30 {
			got, err := p.Charge(made(s, "1080p"))
			if err != nil {
				t.Fatal(err)
			}
			if got < before {
				t.Fatalf("%d s cost %v, but %d s cost %v", s, got, s-1, before)
			}
			before = got
		}
	})
}

func TestLengths(t *testing.T) {
	p := channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{10: nil, 4: nil, 25: nil, 8: nil}}
	if got, want := p.Lengths(), []int{4, 8, 10, 25}; !slices.Equal(got, want) {
		t.Errorf("Lengths() = %v, want %v", got, want)
	}
	p.Shape = channel.PerCall
	if got := p.Lengths(); got != nil {
		t.Errorf("Lengths() of a price per call = %v, want none", got)
	}
}
