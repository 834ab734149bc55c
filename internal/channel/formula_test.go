package channel_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

func formula(text string) *channel.Formula {
	f, err := channel.ParseFormula(text)
	if err != nil {
		panic(err)
	}
	return f
}

// tokens is the price of a vendor that counts tokens.
func tokens(price string) channel.Price {
	return channel.Price{Shape: channel.Reckoned, Formula: formula("width * height * (24 * seconds + 1) / 1024"),
		Unit: "token", UnitPrice: flat(price), Per: 1_000_000}
}

func ExamplePrice_Quantity() {
	price := tokens("$7.00")
	clip := channel.Clip{Seconds: 5, Resolution: "720p", Aspect: "16:9"}
	quantity, _ := price.Quantity(channel.Usage{Clip: clip, Made: true})
	charge, _ := price.Charge(channel.Usage{Clip: clip, Made: true})
	told, _ := price.Worth(clip, 109_000_000_000)
	fmt.Println(int64(quantity/money.Dollar), "tokens are expected:", charge)
	fmt.Println("109000 tokens were told:", told)
	// Output:
	// 108900 tokens are expected: $0.7623
	// 109000 tokens were told: $0.763
}

// Quantities and charges that vendors and resellers have published, or that were seen on a bill.
func TestUnitsThatVendorsBill(t *testing.T) {
	kling := channel.Price{Shape: channel.Ladder, Unit: "unit", UnitPrice: flat("$0.14"), Per: 1,
		Rungs: map[int]map[string]money.Micros{5: {"720p": 3_000_000, "1080p": 4_000_000}, 10: flat("$12")}}
	fal := channel.Price{Shape: channel.PerSecond, Units: flat("$1"), Unit: "second", UnitPrice: flat("$0.03"), Per: 1}
	omni := channel.Price{Shape: channel.PerSecond, Units: flat("$5792"), Unit: "token", UnitPrice: flat("$17.50"),
		Per: 1_000_000}
	byResolution := tokens("$7.00")
	byResolution.UnitPrice = map[string]money.Micros{"1080p": usd("$8.00"), channel.Any: usd("$7.00")}
	for _, tt := range []struct {
		name             string
		price            channel.Price
		clip             channel.Clip
		quantity, charge string
	}{
		{"Seedance, 5 s", tokens("$7.00"), channel.Clip{Seconds: 5, Resolution: "720p"}, "$108900", "$0.7623"},
		{"Seedance, 8 s", tokens("$7.00"), channel.Clip{Seconds: 8, Resolution: "720p"}, "$173700", "$1.2159"},
		{"Seedance, 8 s upright", tokens("$7.00"), channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "9:16"}, "$173700",
			"$1.2159"},
		{"Seedance, a square", tokens("$7.00"), channel.Clip{Seconds: 4, Resolution: "640x640"}, "$38800", "$0.2716"},
		{"Seedance, a relay", tokens("$7.88"), channel.Clip{Seconds: 5, Resolution: "720p"}, "$108900", "$0.858132"},
		{"a price of its own", byResolution, channel.Clip{Seconds: 5, Resolution: "1080p"}, "$245025", "$1.9602"},
		{"the price of all others", byResolution, channel.Clip{Seconds: 5, Resolution: "720p"}, "$108900", "$0.7623"},
		{"Kling, 3 units", kling, channel.Clip{Seconds: 5, Resolution: "720p"}, "$3", "$0.42"},
		{"Kling, 4 units", kling, channel.Clip{Seconds: 5, Resolution: "1080p"}, "$4", "$0.56"},
		{"Kling, 12 units", kling, channel.Clip{Seconds: 10, Resolution: "1080p"}, "$12", "$1.68"},
		{"fal, 3 s", fal, channel.Clip{Seconds: 3, Resolution: "360p"}, "$3", "$0.09"},
		{"Omni, 1 s", omni, channel.Clip{Seconds: 1, Resolution: "720p"}, "$5792", "$0.10136"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := channel.Usage{Clip: tt.clip, Accepted: true, Made: true}
			if got, err := tt.price.Quantity(u); err != nil || got != usd(tt.quantity) {
				t.Errorf("Quantity = %v, %v; want %s", got, err, tt.quantity)
			}
			if got, err := tt.price.Charge(u); err != nil || got != usd(tt.charge) {
				t.Errorf("Charge = %v, %v; want %s", got, err, tt.charge)
			}
			if got, err := tt.price.Worth(tt.clip, usd(tt.quantity)); err != nil || got != usd(tt.charge) {
				t.Errorf("Worth = %v, %v; want %s", got, err, tt.charge)
			}
		})
	}
	// The bill follows the file: this clip had a sound track of 3.008 s.
	clip := channel.Clip{Seconds: 3, Resolution: "360p"}
	if got, err := fal.Worth(clip, usd("$3.008")); err != nil || got != usd("$0.09024") {
		t.Errorf("Worth = %v, %v; want $0.09024", got, err)
	}
}

// TestTheQuantityIsThatOfTheBill: what isn't billed has no quantity, and what may be has its share.
func TestTheQuantityIsThatOfTheBill(t *testing.T) {
	price := tokens("$7.00")
	clip := channel.Clip{Seconds: 5, Resolution: "720p"}
	for _, tt := range []struct {
		name  string
		usage channel.Usage
		want  money.Micros
	}{
		{"made", channel.Usage{Made: true}, 108_900_000_000},
		{"refused", channel.Usage{}, 0},
		{"failed", channel.Usage{Accepted: true}, 0},
		{"failed and billed", channel.Usage{Accepted: true, BilledFailure: true}, 108_900_000_000},
		{"may be billed", channel.Usage{Accepted: true, BilledShare: share("25%")}, 27_225_000_000},
		{"may be billed, rounded up", channel.Usage{Accepted: true, BilledShare: 1}, 109},
		{"lost", channel.Usage{Lost: true}, 108_900_000_000},
	} {
		tt.usage.Clip = clip
		if got, err := price.Quantity(tt.usage); err != nil || got != tt.want {
			t.Errorf("%s: Quantity = %d, %v; want %d", tt.name, int64(got), err, int64(tt.want))
		}
	}
	inMoney := channel.Price{Shape: channel.PerCall, Units: flat("$0.12")}
	if got, err := inMoney.Quantity(made(5, "720p")); got != 0 || err != nil {
		t.Errorf("a price in money counts %v, %v", got, err)
	}
}

func TestFormulas(t *testing.T) {
	for _, tt := range []struct {
		text string
		want money.Micros // of 10 s at 1920x1080
	}{
		{"1", 1_000_000},
		{"seconds", 10_000_000},
		{"frames", 241_000_000},
		{"width - height", 840_000_000},
		{"1 + 2 * 3 - 8 / 4", 5_000_000},
		{"(1 + 2) * 3", 9_000_000},
		{"10 - 3 - 2", 5_000_000},
		{"24 / 4 / 2", 3_000_000},
		{"0.5 * seconds + 0.0000001", 5_000_001}, // rounded up
		{"1 / 3", 333_334},
		{"017", 17_000_000},
		{"frames * 0", 0},
	} {
		p := channel.Price{Shape: channel.Reckoned, Formula: formula(tt.text), Unit: "unit", UnitPrice: flat("$1"), Per: 1}
		if got, err := p.Quantity(made(10, "1080p")); err != nil || got != tt.want {
			t.Errorf("%s: got %d, %v; want %d", tt.text, int64(got), err, int64(tt.want))
		}
	}
}

func TestFormulasRefused(t *testing.T) {
	for text, because := range map[string]string{
		"": "no formula", "width *": "no formula", "width height": "no formula", "(1": "no formula", "1 = 2": "no formula",
		"widht * 2": `a clip has no "widht"`, "fps": `a clip has no "fps"`, "1e3": "1e3 is no plain number",
		"0x10 + 1": "0x10 is no plain number", "1_000": "1_000 is no plain number", `"5"`: `"5" is no plain number`,
		"2 << 3": "can't have <<", "7 % 2": "can't have %", "seconds > 5": "can't have >",
		"max(1, 2)": `can't have "max(1, 2)"`,
		"-seconds":  `can't have "-seconds"`, "func() {}": "can't have", "a.b": `can't have "a.b"`,
		strings.Repeat("1+", 100) + "1": "more than 200 characters",
	} {
		if _, err := channel.ParseFormula(text); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %v; want %q in it", text, err, because)
		}
	}
	for text, because := range map[string]string{
		"1 / (seconds - 10)": "divided by 0", "seconds - 11": "less than nothing: -1.00",
		"width": `"hd" is no resolution`,
	} {
		p := channel.Price{Shape: channel.Reckoned, Formula: formula(text), Unit: "unit", UnitPrice: flat("$1"), Per: 1}
		if got, err := p.Charge(made(10, "hd")); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %v, %v; want %q in the error", text, got, err, because)
		}
	}
}

// Formulas are worked out as Go works out the same arithmetic of rational numbers.
func TestFormulasAgainstRationalNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.IntRange(1, 60).Draw(t, "seconds")
		text, want := anyFormula(t, 2, seconds)
		p := channel.Price{Shape: channel.Reckoned, Formula: formula(text), Unit: "unit", UnitPrice: flat("$1"), Per: 1}
		got, err := p.Quantity(made(seconds, "720p"))
		want.Mul(want, big.NewRat(1_000_000, 1))
		upTo, below := big.NewRat(int64(got), 1), big.NewRat(int64(got)-1, 1)
		if err != nil || upTo.Cmp(want) < 0 || below.Cmp(want) >= 0 {
			t.Fatalf("%s: got %d, %v; want %v rounded up", text, int64(got), err, want.FloatString(3))
		}
	})
}

// anyFormula draws a formula without minus, so that it is never negative, and its value.
func anyFormula(t *rapid.T, depth, seconds int) (string, *big.Rat) {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		n := rapid.Int64Range(1, 99).Draw(t, "number")
		leaves := map[string]int64{"width": 1280, "height": 720, "seconds": int64(seconds), "frames": int64(24*seconds + 1),
			fmt.Sprint(n): n}
		name := rapid.SampledFrom([]string{"width", "height", "seconds", "frames", fmt.Sprint(n)}).Draw(t, "name")
		return name, new(big.Rat).SetInt64(leaves[name])
	}
	a, x := anyFormula(t, depth-1, seconds)
	b, y := anyFormula(t, depth-1, seconds)
	switch op := rapid.SampledFrom([]string{"+", "*", "/"}).Draw(t, "operator"); op {
	case "+":
		return "(" + a + " + " + b + ")", x.Add(x, y)
	case "*":
		return "(" + a + "*" + b + ")", x.Mul(x, y)
	default:
		return "(" + a + " / " + b + ")", x.Quo(x, y)
	}
}
