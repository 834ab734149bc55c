package dialect

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxPause bounds what a channel may ask for; no order waits longer.
const maxPause = 24 * time.Hour

// retryAfter is the pause that an answer asks for: the headers of OpenAI's SDKs and of HTTP, in the
// order in which those SDKs look, then a field of the error's own.
func retryAfter(h http.Header, d document) time.Duration {
	if pause := digits(h.Get("Retry-After-Ms"), time.Millisecond); pause > 0 {
		return pause
	}
	header := h.Get("Retry-After")
	if pause := digits(header, time.Second); pause > 0 {
		return pause
	}
	if pause := untilDate(header, h.Get("Date")); pause > 0 {
		return pause
	}
	for _, path := range []string{"error.retry_after", "retry_after", "retryAfter"} {
		if pause := seconds(d.at(path)); pause > 0 {
			return pause
		}
	}
	return 0
}

// pollAfter is the pause that an answer about a job asks for.
func pollAfter(h http.Header, d document) time.Duration {
	if pause := digits(h.Get("Openai-Poll-After-Ms"), time.Millisecond); pause > 0 {
		return pause
	}
	return retryAfter(h, d)
}

// digits reads a number of units as headers spell it, in digits and nothing else (RFC 9110, section 10.2.3); 0 for
// what is none.
func digits(s string, unit time.Duration) time.Duration {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > uint64(maxPause/unit) {
		return maxPause // digits that are too many for a number are many
	}
	return time.Duration(n) * unit
}

// decimal is a number of seconds as JSON may spell it, without an exponent.
var decimal = regexp.MustCompile(`^[0-9]{1,9}(?:\.[0-9]{1,9})?$`)

// seconds reads a number of JSON's, or a text of digits; 0 for what is none.
func seconds(d document) time.Duration {
	number, is := d.value.(json.Number)
	if !is {
		return digits(d.text(), time.Second)
	}
	if !decimal.MatchString(number.String()) {
		return digits(number.String(), time.Second)
	}
	n, err := number.Float64()
	if err != nil {
		return 0
	}
	return time.Duration(min(n*float64(time.Second), float64(maxPause)))
}

// untilDate is the time from the answer's own Date to when; both come from the channel's clock, so a
// wrong clock on either side does no harm.
func untilDate(when, date string) time.Duration {
	until, err := http.ParseTime(when)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	return min(max(0, until.Sub(from)), maxPause)
}

// setRetryAfter says a pause in the headers that clients look for. Retry-After knows whole seconds
// only, so it is rounded up.
func setRetryAfter(h http.Header, pause time.Duration) {
	if pause <= 0 {
		return
	}
	h.Set("Retry-After", strconv.FormatInt(int64((pause+time.Second-1)/time.Second), 10))
	h.Set("Retry-After-Ms", milliseconds(pause))
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10)
}
