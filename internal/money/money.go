// Package money holds exact amounts: micro-dollars, and shares in billionths.
//
// It deliberately knows no prices and no billing rules (see package channel), no
// floating-point arithmetic and no currency but the scenario's own, written with "$".
//
//	a, err := money.Parse("$0.12") // a == 120_000
package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Micros is an amount in millionths of a dollar. It holds ± 9.2 trillion dollars.
type Micros int64

// Dollar is one dollar.
const Dollar Micros = 1_000_000

// Billionths is an exact share: 1_000_000_000 is the whole.
type Billionths int64

// Whole is the share of 100 %.
const Whole Billionths = 1_000_000_000

// Parse reads an amount such as "$0.12", "$1,250" or "$0.000085". The sign "$" is
// required: a bare number has no unit. More than six decimals are refused rather than rounded.
func Parse(s string) (Micros, error) {
	digits, found := strings.CutPrefix(s, "$")
	if !found {
		return 0, fmt.Errorf("%q is not an amount of money, such as \"$0.12\"", s)
	}
	v, err := parseFixed(digits, 6)
	if err != nil {
		return 0, fmt.Errorf("%q is not an amount of money: %w", s, err)
	}
	return Micros(v), nil
}

// ParseShare reads a percentage such as "15%" or "0.05%" exactly. More than seven
// decimals are refused rather than rounded.
func ParseShare(s string) (Billionths, error) {
	digits, found := strings.CutSuffix(s, "%")
	if !found {
		return 0, fmt.Errorf("%q is not a share, such as \"2%%\"", s)
	}
	v, err := parseFixed(strings.TrimSpace(digits), 7)
	if err != nil {
		return 0, fmt.Errorf("%q is not a share: %w", s, err)
	}
	return Billionths(v), nil
}

// parseFixed reads a non-negative decimal number as an integer scaled by 10^places.
func parseFixed(s string, places int) (int64, error) {
	whole, fraction, dotted := strings.Cut(s, ".")
	whole, err := ungroup(whole)
	if err != nil {
		return 0, err
	}
	if whole == "" || dotted && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return 0, fmt.Errorf("%q is not a plain decimal number", s)
	}
	if len(fraction) > places {
		return 0, fmt.Errorf("more than %d decimals", places)
	}
	v, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("too large")
	}
	return v, nil
}

// ungroup drops thousands separators, "," in groups of three.
func ungroup(s string) (string, error) {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(g) > 3)) {
			return "", fmt.Errorf("commas must separate groups of three digits")
		}
	}
	return strings.Join(groups, ""), nil
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// Dollars is the amount as a floating-point number, for statistics and display only.
func (m Micros) Dollars() float64 { return float64(m) / float64(Dollar) }

// String prints the exact amount with at least two decimals: "$0.12", "$1,250.00", "-$0.0085".
func (m Micros) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", -u
	}
	fraction := strings.TrimRight(fmt.Sprintf("%06d", u%uint64(Dollar)), "0")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return sign + "$" + Group(u/uint64(Dollar)) + "." + fraction
}

// Decimal is the exact amount as machines read it, without a sign of currency: "0.12", "1250", "-0.0085".
func (m Micros) Decimal() string {
	plain := strings.NewReplacer("$", "", ",", "").Replace(m.String())
	return strings.TrimRight(strings.TrimRight(plain, "0"), ".")
}

// Group prints n with thousands separators: 1,234,567.
func Group(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// String prints the exact percentage, such as "15%" or "0.05%".
func (b Billionths) String() string {
	sign, u := "", uint64(b)
	if b < 0 {
		sign, u = "-", -u
	}
	s := fmt.Sprintf("%d.%07d", u/1e7, u%1e7)
	return sign + strings.TrimRight(strings.TrimRight(s, "0"), ".") + "%"
}

// Add returns a + b, and an error where the sum leaves the range of Micros.
func Add(a, b Micros) (Micros, error) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, fmt.Errorf("%s + %s is too large", a, b)
	}
	return a + b, nil
}
