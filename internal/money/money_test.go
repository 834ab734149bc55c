package money_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/money"
)

func Example() {
	perSecond, err := money.Parse("$0.085")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(perSecond, "is", int64(perSecond), "millionths of a dollar")
	_, err = money.Parse("0.085")
	fmt.Println(err)
	// Output:
	// $0.085 is 85000 millionths of a dollar
	// "0.085" is not an amount of money, such as "$0.12"
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       money.Micros
	}{
		{"cents", "$0.12", 120_000},
		{"whole dollars", "$7", 7_000_000},
		{"zero", "$0", 0},
		{"one decimal is tenths", "$0.5", 500_000},
		{"a micro-dollar", "$0.000001", 1},
		{"six decimals", "$0.000085", 85},
		{"trailing zeros within six", "$0.120000", 120_000},
		{"leading zeros", "$007.5", 7_500_000},
		{"thousands", "$1,250", 1_250_000_000},
		{"thousands and cents", "$1,250.75", 1_250_750_000},
		{"three groups", "$12,345,678", 12_345_678_000_000},
		{"full first group", "$123,456", 123_456_000_000},
		{"no commas", "$1250", 1_250_000_000},
		{"the largest", "$9223372036854.775807", math.MaxInt64},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.Parse(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("Parse(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, because string }{
		{"empty", "", `such as "$0.12"`},
		{"no unit", "0.12", `such as "$0.12"`},
		{"unit behind", "0.12$", `such as "$0.12"`},
		{"another currency", "€0.12", `such as "$0.12"`},
		{"space before the unit", " $0.12", `such as "$0.12"`},
		{"sign before the unit", "-$0.12", `such as "$0.12"`},
		{"only the unit", "$", "not a plain decimal number"},
		{"minus", "$-1", "not a plain decimal number"},
		{"plus", "$+1", "not a plain decimal number"},
		{"minus in the fraction", "$1.-5", "not a plain decimal number"},
		{"no whole part", "$.5", "not a plain decimal number"},
		{"no fraction", "$5.", "not a plain decimal number"},
		{"two points", "$1.2.3", "not a plain decimal number"},
		{"exponent", "$1e3", "not a plain decimal number"},
		{"hexadecimal", "$0x10", "not a plain decimal number"},
		{"underscores", "$1_000", "not a plain decimal number"},
		{"inner letter", "$1x2", "not a plain decimal number"},
		{"space", "$1 000", "not a plain decimal number"},
		{"trailing space", "$1 ", "not a plain decimal number"},
		{"infinity", "$Inf", "not a plain decimal number"},
		{"Arabic digits", "$١٢", "not a plain decimal number"},
		{"full-width digits", "$１２", "not a plain decimal number"},
		{"full-width digits in the fraction", "$0.１", "not a plain decimal number"},
		{"comma for a point", "$0,12", "groups of three"},
		{"short group", "$1,25", "groups of three"},
		{"long group", "$1,2500", "groups of three"},
		{"long first group", "$1250,000", "groups of three"},
		{"empty first group", "$,250", "groups of three"},
		{"empty last group", "$1,", "groups of three"},
		{"empty middle group", "$1,,000", "groups of three"},
		{"comma in the fraction", "$0.100,000", "not a plain decimal number"},
		{"seven decimals", "$0.1234567", "more than 6 decimals"},
		{"seven decimals, the last zero", "$0.1200000", "more than 6 decimals"},
		{"one beyond the largest", "$9223372036854.775808", "too large"},
		{"far too large", "$" + strings.Repeat("9", 400), "too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.Parse(tt.text)
			if err == nil {
				t.Fatalf("Parse(%q) = %d, want an error", tt.text, got)
			}
			if got != 0 || !strings.Contains(err.Error(), tt.because) {
				t.Errorf("Parse(%q) = %d, %q; want 0 and %q in it", tt.text, got, err, tt.because)
			}
			if quoted := fmt.Sprintf("%q", tt.text); !strings.HasPrefix(err.Error(), quoted) {
				t.Errorf("Parse(%q): %q doesn't begin with what was written", tt.text, err)
			}
		})
	}
}

func TestParseShare(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       money.Billionths
	}{
		{"percent", "15%", 150_000_000},
		{"the whole", "100%", money.Whole},
		{"nothing", "0%", 0},
		{"a twentieth of a percent", "0.05%", 500_000},
		{"the finest", "0.0000001%", 1},
		{"space before the sign", "15 %", 150_000_000},
		{"more than the whole", "1,250%", 12_500_000_000},
		{"the largest", "922337203685.4775807%", math.MaxInt64},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.ParseShare(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("ParseShare(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseShareRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, because string }{
		{"empty", "", `such as "2%"`},
		{"no unit", "0.15", `such as "2%"`},
		{"unit in front", "%15", `such as "2%"`},
		{"unit twice", "15%%", "not a plain decimal number"},
		{"only the unit", "%", "not a plain decimal number"},
		{"minus", "-15%", "not a plain decimal number"},
		{"inner space", "1 5%", "not a plain decimal number"},
		{"Arabic digits", "١٥%", "not a plain decimal number"},
		{"comma for a point", "0,5%", "groups of three"},
		{"eight decimals", "0.12345678%", "more than 7 decimals"},
		{"one beyond the largest", "922337203685.4775808%", "too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.ParseShare(tt.text)
			if err == nil {
				t.Fatalf("ParseShare(%q) = %d, want an error", tt.text, got)
			}
			if got != 0 || !strings.Contains(err.Error(), tt.because) {
				t.Errorf("ParseShare(%q) = %d, %q; want 0 and %q in it", tt.text, got, err, tt.because)
			}
		})
	}
}

func TestMicrosString(t *testing.T) {
	for _, tt := range []struct {
		amount money.Micros
		want   string
	}{
		{0, "$0.00"},
		{1, "$0.000001"},
		{120_000, "$0.12"},
		{100_000, "$0.10"},
		{8_500, "$0.0085"},
		{-8_500, "-$0.0085"},
		{7_000_000, "$7.00"},
		{1_250_000_000, "$1,250.00"},
		{-1_250_500_000, "-$1,250.50"},
		{math.MaxInt64, "$9,223,372,036,854.775807"},
		{math.MinInt64, "-$9,223,372,036,854.775808"},
	} {
		if got := tt.amount.String(); got != tt.want {
			t.Errorf("Micros(%d).String() = %q, want %q", int64(tt.amount), got, tt.want)
		}
	}
}

func TestBillionthsString(t *testing.T) {
	for _, tt := range []struct {
		share money.Billionths
		want  string
	}{
		{0, "0%"},
		{1, "0.0000001%"},
		{500_000, "0.05%"},
		{150_000_000, "15%"},
		{money.Whole, "100%"},
		{12_500_000_000, "1250%"},
		{-25_000_000, "-2.5%"},
		{math.MinInt64, "-922337203685.4775808%"},
	} {
		if got := tt.share.String(); got != tt.want {
			t.Errorf("Billionths(%d).String() = %q, want %q", int64(tt.share), got, tt.want)
		}
	}
}

func TestGroup(t *testing.T) {
	for _, tt := range []struct {
		n    uint64
		want string
	}{
		{0, "0"}, {7, "7"}, {12, "12"}, {123, "123"}, {1234, "1,234"}, {12345, "12,345"}, {123456, "123,456"},
		{1234567, "1,234,567"}, {math.MaxUint64, "18,446,744,073,709,551,615"},
	} {
		if got := money.Group(tt.n); got != tt.want {
			t.Errorf("Group(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
}

func TestDollars(t *testing.T) {
	for _, tt := range []struct {
		amount money.Micros
		want   float64
	}{{0, 0}, {120_000, 0.12}, {money.Dollar, 1}, {-2_500_000, -2.5}} {
		if got := tt.amount.Dollars(); got != tt.want {
			t.Errorf("Micros(%d).Dollars() = %v, want %v", int64(tt.amount), got, tt.want)
		}
	}
}

func TestAdd(t *testing.T) {
	const most, least = money.Micros(math.MaxInt64), money.Micros(math.MinInt64)
	for _, tt := range []struct {
		name       string
		a, b, want money.Micros
		overflows  bool
	}{
		{"plain", 120_000, 85_000, 205_000, false},
		{"minus", 120_000, -200_000, -80_000, false},
		{"up to the largest", most - 1, 1, most, false},
		{"beyond the largest", most, 1, 0, true},
		{"the largest twice", most, most, 0, true},
		{"down to the smallest", least + 1, -1, least, false},
		{"below the smallest", least, -1, 0, true},
		{"the smallest twice", least, least, 0, true},
		{"zero to the largest", most, 0, most, false},
		{"zero to the smallest", least, 0, least, false},
		{"from end to end", least, most, -1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.Add(tt.a, tt.b)
			if got != tt.want || (err != nil) != tt.overflows {
				t.Errorf("Add(%d, %d) = %d, %v; want %d, overflow %v", tt.a, tt.b, got, err, tt.want, tt.overflows)
			}
			if swapped, _ := money.Add(tt.b, tt.a); swapped != got {
				t.Errorf("Add(%d, %d) = %d, but %d the other way round", tt.b, tt.a, swapped, got)
			}
		})
	}
}

func TestWhatIsPrintedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := money.Micros(rapid.Int64Min(0).Draw(t, "micros"))
		if got, err := money.Parse(m.String()); err != nil || got != m {
			t.Errorf("Parse(%q) = %d, %v; want %d", m, got, err, int64(m))
		}
		b := money.Billionths(rapid.Int64Min(0).Draw(t, "billionths"))
		if got, err := money.ParseShare(b.String()); err != nil || got != b {
			t.Errorf("ParseShare(%q) = %d, %v; want %d", b, got, err, int64(b))
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"$0.12", "$1,250.75", "$9223372036854.775807", "$0.0000001", "0.12", "$-1", "$１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := money.Parse(s)
		if err != nil {
			return
		}
		if m < 0 {
			t.Errorf("Parse(%q) = %d, negative", s, m)
		}
		if again, err := money.Parse(m.String()); err != nil || again != m {
			t.Errorf("Parse(%q) = %d, but its String %q reads as %d, %v", s, m, m, again, err)
		}
	})
}

func FuzzParseShare(f *testing.F) {
	for _, s := range []string{"15%", "0.05%", "0.0000001%", "1,250 %", "15", "-1%", "１%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := money.ParseShare(s)
		if err != nil {
			return
		}
		if b < 0 {
			t.Errorf("ParseShare(%q) = %d, negative", s, b)
		}
		if again, err := money.ParseShare(b.String()); err != nil || again != b {
			t.Errorf("ParseShare(%q) = %d, but its String %q reads as %d, %v", s, b, b, again, err)
		}
	})
}

func TestDecimal(t *testing.T) {
	for _, tt := range []struct {
		amount money.Micros
		want   string
	}{{0, "0"}, {120_000, "0.12"}, {-8_500, "-0.0085"}, {1_250 * money.Dollar, "1250"}, {1, "0.000001"},
		{100 * money.Dollar, "100"}, {1_234_567 * money.Dollar, "1234567"}} {
		if got := tt.amount.Decimal(); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.amount, got, tt.want)
		}
	}
}
