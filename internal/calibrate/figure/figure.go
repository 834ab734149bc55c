// Package figure writes measured figures with as many digits as they deserve, in the units of the scenario language.
//
// It deliberately knows nothing of where a figure is from.
//
//	text := figure.Percent(0.02239) // "2.24%"
package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/calibrate/fit"
	"channelbench/internal/money"
)

// Share is a share as the language keeps it.
func Share(v float64) float64 {
	return math.Round(v*float64(money.Whole)) / float64(money.Whole)
}

// Exact is a share with all the digits that the language keeps.
func Exact(v float64) string { return money.Billionths(math.Round(v * float64(money.Whole))).String() }

// Percent is a share to three digits.
func Percent(v float64) string { return Exact(Digits(v, 3, math.Round)) }

// Interval is a share and its interval.
func Interval(e fit.Estimate) string {
	return fmt.Sprintf("%s (%s–%s)", Percent(e.Value), Percent(e.Low), Percent(e.High))
}

// Digits rounds to so many significant digits.
func Digits(v float64, n int, round func(float64) float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return v
	}
	scale := math.Pow(10, float64(n-1)-math.Floor(math.Log10(math.Abs(v))))
	return round(v*scale) / scale
}

// Span is a number of seconds to four digits, as a duration of whole milliseconds.
func Span(v float64) time.Duration {
	return time.Duration(math.Round(Digits(v, 4, math.Round)*1000)) * time.Millisecond
}

// Seconds is a span as the language reads it.
func Seconds(v float64) string {
	d := Span(v)
	var b strings.Builder
	for _, u := range []struct {
		name  string
		is    time.Duration
		least time.Duration // from which on the unit comes first: 90 seconds are easier to read than 1m30s
	}{{"d", 24 * time.Hour, 24 * time.Hour}, {"h", time.Hour, time.Hour}, {"m", time.Minute, 2 * time.Minute}} {
		if d >= u.least || b.Len() > 0 && d >= u.is {
			fmt.Fprintf(&b, "%d%s", d/u.is, u.name)
			d %= u.is
		}
	}
	if d > 0 || b.Len() == 0 {
		b.WriteString(strconv.FormatFloat(float64(d/time.Millisecond)/1000, 'f', -1, 64) + "s")
	}
	return b.String()
}
