package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/money"
)

// unit is a unit of time.
type unit struct {
	name string
	is   time.Duration
}

// units are the units of durations, the longest first.
var units = []unit{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
	{"ms", time.Millisecond}}

// longest bounds durations, so that sums of a few stay far from overflow.
const longest = 10 * 365 * 24 * time.Hour

// parseDuration reads "1h30m", "2d", "133h", "0.5s", "250ms" exactly.
func parseDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, fmt.Errorf("is empty")
	}
	total, next := time.Duration(0), 0
	for rest := s; rest != ""; {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789."))]
		rest = rest[len(digits):]
		name := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzµ"))]
		rest = rest[len(name):]
		if digits == "" {
			return 0, fmt.Errorf("is not a duration")
		}
		if name == "" {
			return 0, fmt.Errorf("has no unit")
		}
		for next < len(units) && units[next].name != name {
			next++
		}
		if next == len(units) {
			return 0, wrongUnit(name)
		}
		d, err := scale(digits, units[next].is)
		if err != nil {
			return 0, err
		}
		if total += d; total > longest {
			return 0, fmt.Errorf("is more than ten years")
		}
		next++
	}
	return total, nil
}

// wrongUnit says why a unit cannot stand where it does.
func wrongUnit(name string) error {
	for _, u := range units {
		if u.name == name {
			return fmt.Errorf("must have its units in the order d, h, m, s, ms, each once")
		}
	}
	return fmt.Errorf("has the unknown unit %q", name)
}

// scale multiplies a decimal number of units, exactly.
func scale(digits string, unit time.Duration) (time.Duration, error) {
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || dotted && fraction == "" || strings.Contains(fraction, ".") {
		return 0, fmt.Errorf("is not a duration")
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > int64(longest/unit) {
		return 0, fmt.Errorf("is more than ten years")
	}
	d := time.Duration(n) * unit
	for place := unit; fraction != ""; fraction = fraction[1:] {
		digit := time.Duration(fraction[0] - '0')
		if (place == 0 || place%10 != 0) && digit != 0 {
			return 0, fmt.Errorf("has too many decimals")
		}
		place /= 10
		d += digit * place
	}
	return d, nil
}

// Duration writes a duration as parseDuration reads it: days only where they are whole.
func Duration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	if d%(24*time.Hour) == 0 {
		fmt.Fprintf(&b, "%dd", d/(24*time.Hour))
		return b.String()
	}
	if h := d / time.Hour; h > 0 {
		fmt.Fprintf(&b, "%dh", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		fmt.Fprintf(&b, "%dm", m)
	}
	switch s := d % time.Minute; {
	case s == 0:
	case s < time.Second && s%time.Millisecond == 0:
		fmt.Fprintf(&b, "%dms", s/time.Millisecond)
	default:
		fraction := strings.TrimRight(fmt.Sprintf(".%09d", s%time.Second), "0")
		fmt.Fprintf(&b, "%d%ss", s/time.Second, strings.TrimSuffix(fraction, "."))
	}
	return b.String()
}

// spans are the spans of rates.
var spans = []unit{{"s", time.Second}, {"min", time.Minute}, {"h", time.Hour}}

// parseRate reads "6/min", "20/s", "100/h".
func parseRate(s string) (Rate, bool) {
	count, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	for _, u := range spans {
		if u.name == per && err == nil && n > 0 && count[0] != '+' {
			return Rate{Count: n, Per: u.is}, true
		}
	}
	return Rate{}, false
}

// String is the rate as scenarios spell it.
func (r Rate) String() string {
	for _, u := range spans {
		if u.is == r.Per {
			return strconv.Itoa(r.Count) + "/" + u.name
		}
	}
	return fmt.Sprintf("%d per %v", r.Count, r.Per)
}

// Share writes a share as a percentage, exact where it was read from one.
func Share(f float64) string {
	return money.Billionths(math.Round(f * float64(money.Whole))).String()
}
