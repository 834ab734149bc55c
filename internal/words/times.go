package words

import (
	"fmt"
	"math"
	"strconv"
)

// Clock prints a time to read off: "3:39", "1:02:33", "4.2 s", "5.3 days".
func Clock(seconds float64) string {
	switch s := math.Round(seconds); {
	case seconds < 0 || math.IsNaN(seconds):
		return NoData
	case seconds == 0:
		return "0 s"
	case seconds < 0.05:
		return "<0.1 s"
	case seconds < 9.95:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case s < 3600:
		return fmt.Sprintf("%d:%02d", int(s)/60, int(s)%60)
	case s < 100*3600:
		return fmt.Sprintf("%d:%02d:%02d", int(s)/3600, int(s)/60%60, int(s)%60)
	default:
		return strconv.FormatFloat(seconds/86400, 'g', 3, 64) + " days"
	}
}

// unitOf splits a stated time into a count of its largest even unit: 240 into 4 and "minute".
func unitOf(seconds float64) (count, unit string, ok bool) {
	for _, u := range []struct {
		name   string
		length float64
		most   float64
	}{{"day", 86400, 1000}, {"hour", 3600, 1000}, {"minute", 60, 1000}, {"second", 1, 1000}} {
		n := seconds / u.length
		if n >= 1 && n < u.most && n == math.Trunc(n) && (u.name != "day" || n > 1) {
			return strconv.Itoa(int(n)), u.name, true
		}
	}
	return "", "", false
}

// Span prints a stated time: "4 min", "90 s", "36 h".
func Span(seconds float64) string {
	count, unit, ok := unitOf(seconds)
	if !ok {
		return Clock(seconds)
	}
	return count + " " + map[string]string{"day": "days", "hour": "h", "minute": "min", "second": "s"}[unit]
}

// SpanAdjective prints a stated time before a noun: "4-minute".
func SpanAdjective(seconds float64) string {
	count, unit, ok := unitOf(seconds)
	if !ok {
		return Clock(seconds)
	}
	return count + "-" + unit
}

// ClockOrNever prints a quantile of all orders, which undelivered ones may push out of reach.
func ClockOrNever(v *float64) string {
	if s, ok := Known(v); ok {
		return Clock(s)
	}
	return Never
}
