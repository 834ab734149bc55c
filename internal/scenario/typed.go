package scenario

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// wrongType reports a value of the wrong kind; example is one of the right kind.
func (r *reader) wrongType(n *document.Node, kind, example string) {
	r.Fail(n, "write "+example, "%s must be %s, not %s", n.Name, kind, document.Describe(n.Value))
}

// text reads any text.
func (r *reader) text(n *document.Node) (string, bool) {
	s, ok := n.Value.(string)
	if !ok {
		r.wrongType(n, "a text", `it in quotes, as "…"`)
	}
	return s, ok
}

const nameHint = "begin with a letter or digit; letters, digits, spaces and . _ + - can be used, up to 60 characters"

// namePattern is what scenarios, channels, strategies and videos may be called: names become
// file names and columns of reports.
var namePattern = regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{M}\p{N} ._+-]{0,58}[\p{L}\p{M}\p{N}+])?$`)

// goodName checks the key of n as a name.
func (r *reader) goodName(n *document.Node) bool {
	if namePattern.MatchString(n.Name) {
		return true
	}
	r.FailKey(n, nameHint, "%q cannot be a name", n.Name)
	return false
}

func (r *reader) name(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if ok && !namePattern.MatchString(s) {
		r.Fail(n, nameHint, "%q cannot be a name", s)
		return "", false
	}
	return s, ok
}

// label reads what reports call something: a line that fits a row of a chart.
func (r *reader) label(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if ok && (strings.TrimSpace(s) != s || s == "" || utf8.RuneCountInString(s) > 40 ||
		strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })) {
		r.Fail(n, `write up to 40 characters in one line, such as "Relay, then official"; without label, reports show the name`, "%q cannot be a label", s)
		return "", false
	}
	return s, ok
}

// word reads a text without spaces, such as a resolution.
func (r *reader) word(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if ok && !isWord(s) {
		r.Fail(n, `write one word, such as "720p"`, "%s is %q, which is not a word", n.Name, s)
		return "", false
	}
	return s, ok
}

// resolution reads one that isn't of clips with audio only, as amounts may be.
func (r *reader) resolution(n *document.Node) (string, bool) {
	s, ok := r.word(n)
	if plain, found := strings.CutSuffix(s, channel.WithAudio); ok && found {
		r.Fail(n, fmt.Sprintf("write %q; a video says audio = true, and the price has %q", plain, s),
			"%q is no resolution", s)
		return "", false
	}
	return s, ok
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) })
}

// money reads an amount of dollars.
func (r *reader) money(n *document.Node) (money.Micros, bool) {
	switch v := n.Value.(type) {
	case string:
		amount, err := money.Parse(v)
		if err == nil && amount <= dearest {
			return amount, true
		}
		switch {
		case err == nil:
			r.Fail(n, "", "%s is %v, which is absurd", n.Name, amount)
		case strings.HasPrefix(v, "$"):
			r.Fail(n, amounts, "%s: %v", n.Name, err)
		default:
			r.Fail(n, dollars(n, v), "%s: %q is not an amount of dollars", n.Name, v)
		}
	case int64, float64:
		r.Fail(n, dollars(n, document.Number(v)), "%s = %s has no unit", n.Name, document.Number(v))
	default:
		r.Fail(n, amounts, "%s must be an amount of money, not %s", n.Name, document.Describe(n.Value))
	}
	return 0, false
}

// dearest bounds every amount, so that sums over months of orders cannot overflow.
const dearest = 1_000_000_000 * money.Dollar

const amounts = `amounts look like "$0.12" or "$1,250"`

var (
	inDollars  = regexp.MustCompile(`(?i)^(?:usd?|dollars?)?\s*\$?\s*([0-9][0-9,.]*)\s*(?:us)?\s*(?:\$|usd|dollars?)?$`)
	inCents    = regexp.MustCompile(`(?i)^([0-9][0-9,.]*)\s*(?:¢|c|cts?|cents?)$`)
	otherMoney = regexp.MustCompile(`(?i)(^|[^a-z])(eur|euros?|gbp|pounds?|jpy|yen|cny|rmb|yuan|chf|inr)([^a-z]|$)`)
	bareNumber = regexp.MustCompile(`^[0-9][0-9,.]*$`)
)

// dollars says how an amount is written, and which one it is where that is certain: a whole number may be one of cents.
func dollars(n *document.Node, s string) string {
	foreign := otherMoney.MatchString(s) ||
		strings.ContainsFunc(s, func(c rune) bool { return unicode.Is(unicode.Sc, c) && c != '$' && c != '¢' })
	cents := inCents.FindStringSubmatch(s)
	whole := bareNumber.MatchString(s) && !strings.Contains(s, ".") && strings.Trim(s, "0") != ""
	switch {
	case foreign:
		return "convert it: amounts are in US dollars"
	case cents != nil:
		if amount, err := money.Parse("$" + cents[1]); err == nil && amount%100 == 0 {
			return "write " + strconv.Quote((amount / 100).String())
		}
	case n.At.Origin > 0 && !strings.Contains(s, "$"):
		return "write the $, and single quotes around key=value: without them a shell takes $0 for a variable"
	case whole:
		return `amounts are in dollars, not in cents, as "$0.12"`
	}
	if found := inDollars.FindStringSubmatch(s); found != nil {
		if amount, err := money.Parse("$" + found[1]); err == nil {
			return "write " + strconv.Quote(amount.String())
		}
	}
	return amounts
}

// billionths reads a share exactly. It may exceed 100 %.
func (r *reader) billionths(n *document.Node) (money.Billionths, bool) {
	return r.proportion(n, plausible)
}

// proportion is billionths where a bare number may mean so much at most.
func (r *reader) proportion(n *document.Node, most money.Billionths) (money.Billionths, bool) {
	switch v := n.Value.(type) {
	case string:
		exact, err := money.ParseShare(v)
		if err == nil {
			return exact, true
		}
		if !strings.HasSuffix(v, "%") {
			r.Fail(n, percentage(v, most), "%s: %q is not a share", n.Name, v)
		} else {
			r.Fail(n, shares, "%s: %v", n.Name, err)
		}
	case int64, float64:
		r.Fail(n, percentage(document.Number(v), most), "%s = %s has no unit", n.Name, document.Number(v))
	default:
		r.Fail(n, shares, "%s must be a share, not %s", n.Name, document.Describe(n.Value))
	}
	return 0, false
}

const shares = `shares look like "2%" or "0.05%"`

// plausible is the most that a bare number may mean as a share: 85 is 85 %, not 8500 %.
const plausible = 10 * money.Whole

// percentage says which shares a bare number may be: 0.02 is 2 % or 0.02 %, 2 is 2 % or 200 %, if that isn't above most.
func percentage(s string, most money.Billionths) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	switch {
	case err != nil || !(f >= 0 && f <= 1000):
		return shares
	case f == 0:
		return `write "0%"`
	case f < 1:
		return fmt.Sprintf("write %q or %q", Share(f), Share(f/100))
	case f > float64(most/money.Whole):
		return fmt.Sprintf("write %q", Share(f/100))
	}
	return fmt.Sprintf("write %q or %q", Share(f/100), Share(f))
}

// share reads a share between 0 % and 100 %.
func (r *reader) share(n *document.Node) (float64, bool) {
	exact, ok := r.billionths(n)
	if ok && exact > money.Whole {
		r.Fail(n, "", "%s is %v, but a share cannot exceed 100%%", n.Name, exact)
		return 0, false
	}
	return float64(exact) / float64(money.Whole), ok
}

// duration reads a duration, which may be 0.
func (r *reader) duration(n *document.Node) (time.Duration, bool) {
	switch v := n.Value.(type) {
	case string:
		d, err := parseDuration(v)
		if err == nil {
			return d, true
		}
		r.Fail(n, durationLike(v), "%s: %q %v", n.Name, v, err)
	case int64, float64:
		r.Fail(n, durationLike(document.Number(v)), "%s = %s has no unit", n.Name, document.Number(v))
	default:
		r.Fail(n, durations, "%s must be a duration, not %s", n.Name, document.Describe(n.Value))
	}
	return 0, false
}

// spelledOut are other ways to write units of time.
var spelledOut = strings.NewReplacer(" ", "", "hours", "h", "hour", "h", "hrs", "h", "hr", "h", "minutes", "m",
	"minute", "m", "mins", "m", "min", "m",
	"seconds", "s", "second", "s", "secs", "s", "sec", "s", "days", "d", "day", "d")

const durations = `durations look like "90s", "6m" or "1h30m"; units are ms, s, m, h, d`

// durationLike says which duration was meant, where that can be known.
func durationLike(s string) string {
	s = spelledOut.Replace(strings.ToLower(s))
	if _, err := parseDuration(s); err == nil {
		return "write " + strconv.Quote(s)
	}
	if _, err := parseDuration(s + "s"); err == nil {
		if _, err := parseDuration(s + "m"); err == nil && s != "0" {
			return fmt.Sprintf("write %q or %q", s+"s", s+"m")
		}
		return "write " + strconv.Quote(s+"s")
	}
	return durations
}

// positiveDuration reads a duration that is not 0.
func (r *reader) positiveDuration(n *document.Node) (time.Duration, bool) {
	d, ok := r.duration(n)
	if ok && d == 0 {
		r.Fail(n, "leave the key out for none", "%s must be longer than 0", n.Name)
		return 0, false
	}
	return d, ok
}

// rate reads so many per span of time.
func (r *reader) rate(n *document.Node) (Rate, bool) {
	s, ok := n.Value.(string)
	if !ok {
		r.wrongType(n, "so many per span of time", `"6/min", "20/s" or "100/h"`)
		return Rate{}, false
	}
	rate, ok := parseRate(s)
	if !ok {
		r.Fail(n, `write a whole number per s, min or h, as "6/min", "20/s" or "100/h"`, "%s: %q is not a rate", n.Name, s)
	}
	return rate, ok
}

// integer reads a whole number within bounds.
func integer(low, high int64) parse[int] {
	return func(r *reader, n *document.Node) (int, bool) {
		v, ok := n.Value.(int64)
		if text, is := n.Value.(string); is && !ok && len(text) > 18 && strings.Trim(text, "0123456789_") == "" {
			r.Fail(n, "", "%s is too large; it must be from %s to %s", n.Name, grouped(low), grouped(high))
			return 0, false
		}
		if !ok {
			r.Fail(n, wholeNumber(n.Value), "%s must be a whole number, not %s", n.Name, document.Describe(n.Value))
			return 0, false
		}
		if v < low || v > high {
			r.Fail(n, "", "%s is %d; it must be from %s to %s", n.Name, v, grouped(low), grouped(high))
			return 0, false
		}
		return int(v), true
	}
}

func grouped(v int64) string {
	if v < 0 {
		return strconv.FormatInt(v, 10)
	}
	return money.Group(uint64(v))
}

// wholeNumber guesses the whole number that was meant.
func wholeNumber(value any) string {
	switch v := value.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return "write " + strconv.FormatInt(int64(v), 10)
		}
	case string:
		if digits := inSeconds.FindStringSubmatch(v); digits != nil {
			return "write " + digits[1] + ", without quotes or unit"
		}
		if wholeDigits.MatchString(v) {
			return "write " + strings.NewReplacer(",", "", "_", "", " ", "").Replace(v) + ", without quotes"
		}
	}
	return "write it in digits, without quotes"
}

// inSeconds is a whole number of seconds, where the key already says that they are.
var inSeconds = regexp.MustCompile(`^([0-9]{1,4}) ?(?:s|sec|secs|seconds?)$`)

// wholeDigits is a whole number with or without signs between groups of three digits.
var wholeDigits = regexp.MustCompile(`^-?([0-9]{1,18}|[0-9]{1,3}([,_ ][0-9]{3}){1,5})$`)

// decimal reads a plain number within bounds.
func decimal(low, high float64) parse[float64] {
	return func(r *reader, n *document.Node) (float64, bool) {
		var v float64
		switch x := n.Value.(type) {
		case int64:
			v = float64(x)
		case float64:
			v = x
		default:
			r.Fail(n, plain(n.Value), "%s must be a plain number, not %s", n.Name, document.Describe(n.Value))
			return 0, false
		}
		if !(v >= low && v <= high) {
			r.Fail(n, "", "%s is %s; it must be from %s to %s", n.Name, document.Number(v), document.Number(low),
				document.Number(high))
			return 0, false
		}
		return v, true
	}
}

// plain says how a number is written without quotes or unit, and which one it is where that is certain.
func plain(value any) string {
	text, _ := value.(string)
	if f, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
		return "write " + document.Number(f) + ", without quotes"
	}
	if exact, err := money.ParseShare(text); err == nil {
		return "write " + document.Number(float64(exact)/float64(money.Whole)) + ", without quotes"
	}
	return "write it in digits, without quotes or unit"
}

// The years in which somebody can have seen a price for clips.
const (
	earliestYear = 2000
	latestYear   = 2099
)

// date reads a local date, such as 2025-12-01.
func (r *reader) date(n *document.Node) (time.Time, bool) {
	if v, ok := n.Value.(time.Time); ok && v.Location().String() == "date-local" {
		d := dayOf(v)
		if d.Year() < earliestYear || d.Year() > latestYear {
			r.Fail(n, "write the day on which that was", "%s lies too far in the past or in the future: %s", n.Name,
				d.Format(time.DateOnly))
			return noDate, false
		}
		return d, true
	}
	if s, ok := n.Value.(string); ok {
		if d, err := time.Parse(time.DateOnly, s); err == nil {
			r.Fail(n, "write "+d.Format(time.DateOnly)+", without quotes", "%s must be a date, not %s", n.Name,
				document.Describe(s))
			return noDate, false
		}
	}
	r.wrongType(n, "a date", "it as 2025-12-01, without quotes or time")
	return noDate, false
}

// seen reads the day on which something was seen, which is today at the latest.
func (r *reader) seen(n *document.Node) (time.Time, bool) {
	d, ok := r.date(n)
	if ok && !r.today.IsZero() && d.After(r.today) {
		r.Fail(n, "write the day on which it was seen, "+r.today.Format(time.DateOnly)+" at the latest",
			"%s lies in the future: %s", n.Name, d.Format(time.DateOnly))
		return noDate, false
	}
	return d, ok
}

var noDate time.Time

// dayOf is the day of a calendar, as midnight in UTC; noDate stays so.
func dayOf(t time.Time) time.Time {
	if t.IsZero() {
		return noDate
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// oneOf reads one of some names as its index.
func oneOf[T ~uint8](names []string) parse[T] {
	return func(r *reader, n *document.Node) (T, bool) {
		s, ok := n.Value.(string)
		if !ok {
			r.Fail(n, document.Choice("", names), "%s must be a text, not %s", n.Name, document.Describe(n.Value))
			return 0, false
		}
		if i := slices.Index(names, s); i >= 0 && s != "" {
			return T(i), true
		}
		r.Fail(n, document.Choice(s, names), "%s cannot be %q", n.Name, s)
		return 0, false
	}
}

// nameOf reads one of some names.
func nameOf(names ...string) parse[string] {
	return func(r *reader, n *document.Node) (string, bool) {
		i, ok := oneOf[uint8](names)(r, n)
		return names[i], ok
	}
}

// perResolution reads one value for all resolutions, or a table of values by resolution.
func perResolution[T any](p parse[T]) parse[map[string]T] {
	return func(r *reader, n *document.Node) (map[string]T, bool) {
		if n.Fields() == nil {
			v, ok := p(r, n)
			return map[string]T{"": v}, ok
		}
		values := map[string]T{}
		for _, f := range n.Ordered() {
			if !isWord(f.Name) {
				r.FailKey(f, `write one word, such as "720p"`, "%q is no resolution", f.Name)
			}
			values[f.Name], _ = p(r, f)
		}
		if len(values) == 0 {
			r.Fail(n, `write a value for each resolution, as { "720p" = … }`, "%s is empty", n.Name)
		}
		return values, true
	}
}
