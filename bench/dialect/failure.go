package dialect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// failure is an error as an answer states it.
type failure struct {
	code, kind, param, message string
	status                     string // of HTTP, as the error itself tells it
}

// successes are values of a top-level code that announce no error.
var successes = map[string]bool{
	"": true, "0": true, "00": true, "000": true, "0000": true, "00000": true, "200": true, "201": true, "202": true,
	"ok": true, "success": true, "succeed": true, "succeeded": true, "accepted": true, "created": true}

// statusFields are where an error tells the status of HTTP that it goes, or should go, with.
var statusFields = []string{"status", "status_code", "statusCode", "http_status", "http_code", "httpCode"}

// failureIn finds the error that a document states: OpenAI's envelope, a bare string, the
// {code, message} of gateways, or a {detail}. Status and body may disagree; the body is asked first.
func failureIn(d document) (failure, bool) {
	switch e := d.at("error"); v := e.value.(type) {
	case map[string]any:
		if empty(v) {
			break
		}
		return unwrap(failure{
			code: e.first("code", "status"), kind: e.at("type").text(), param: e.at("param").text(),
			message: e.first("message", "msg", "detail", "reason"),
			status:  cmp.Or(e.first(statusFields...), httpIn(d)),
		}), true
	case string:
		if v != "" {
			return unwrap(failure{code: d.at("code").text(), message: v, status: httpIn(d)}), true
		}
	}
	if code := d.at("code").text(); !successes[strings.ToLower(code)] {
		message := d.first("message", "msg", "detail")
		return unwrap(failure{code: code, kind: d.at("type").text(), message: message, status: httpIn(d)}), true
	}
	if message := d.first("detail.error.message", "detail.message", "detail.0.msg", "detail"); message != "" {
		return unwrap(failure{code: d.first("detail.error.code", "detail.code"), message: message}), true
	}
	if d.at("success").value == false {
		code := d.first("error_code", "errorCode")
		return unwrap(failure{code: code, message: d.first("message", "msg"), status: httpIn(d)}), true
	}
	return failure{}, false
}

// httpIn is the status of HTTP that an answer tells beside its own.
func httpIn(d document) string {
	if status := d.at("status").text(); len(status) == 3 && strings.Trim(status, "0123456789") == "" {
		return status
	}
	return d.first(statusFields[1:]...)
}

// empty says whether an object tells nothing, as the error of an answer without one does.
func empty(object map[string]any) bool {
	for _, v := range object {
		if v != nil && v != "" && v != json.Number("0") {
			return false
		}
	}
	return true
}

// unwrap looks into a message that quotes another error as JSON, as relays do, and takes that one
// where it has a known code and the outer error has none.
func unwrap(outer failure) failure {
	if c := causeOf(failure{code: outer.code, kind: outer.kind, status: outer.status}); c != (cause{}) && c != refused {
		return outer
	}
	start, end := strings.IndexByte(outer.message, '{'), strings.LastIndexByte(outer.message, '}')
	if start < 0 || end < start {
		return outer
	}
	quoted, err := parse([]byte(outer.message[start : end+1]))
	if err != nil {
		return outer
	}
	e := quoted
	if inner := quoted.at("error"); inner.isObject() {
		e = inner
	}
	inner := failure{code: e.at("code").text(), kind: e.at("type").text(), param: e.at("param").text(),
		message: e.at("message").text()}
	if causeOfCode(inner) == (cause{}) {
		return outer
	}
	return inner
}

// causeOfAnswer says what an answer without a job means. The error's own words come first; the status
// decides only where they are silent, and can then prove no more than its class does. Where whoever answers speaks for
// somebody else, nothing but a specific code proves anything.
func causeOfAnswer(status int, f failure, stated bool) cause {
	c := causeOf(f)
	switch {
	case status == http.StatusTooManyRequests && causeOfCode(f) == (cause{}):
		return rateLimited // whatever the message
	case hearsay(status) && !causeOfCode(f).specific(), c == lost:
		return lost
	case c.fault == BadRequest && status >= 500:
		return refused // "model not found" with a 503 means that the channel has run out of accounts for it
	case c != (cause{}):
		return c
	case status == http.StatusTooManyRequests:
		return rateLimited
	case status == http.StatusUnauthorized:
		return badKey
	case status == http.StatusPaymentRequired:
		return noBalance
	case status == http.StatusUnavailableForLegalReasons:
		return moderation
	case status >= 500 && !stated:
		return lost
	case status == http.StatusTemporaryRedirect, status == http.StatusPermanentRedirect, status >= 400, status/100 == 2 &&
		stated:
		return refused
	}
	return lost
}

// hearsay says whether a status is one of those by which gateways speak for somebody that they haven't heard from, or
// that say that the same order may be there already: whatever the envelope, the order may have been taken. 499 is
// what proxies log for a client that went away, 520 to 530 are Cloudflare's, 598 and 599 those of other proxies.
func hearsay(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, 499,
		http.StatusBadGateway, http.StatusGatewayTimeout, 598, 599:
		return true
	}
	return status >= 520 && status <= 530
}

// refusal reads an answer to a submit that holds no job.
func refusal(t Target, r *Response, d document, f failure, stated bool, unreadable error) Answer {
	return refusalFor(causeOfAnswer(r.Status, f, stated), t, r, d, f, unreadable)
}

// refusalFor is the refusal that an answer without a job is, for a cause.
func refusalFor(c cause, t Target, r *Response, d document, f failure, unreadable error) Answer {
	switch {
	case c.gone:
		c = badRequest // on a submit, it is the endpoint that isn't there
	case brokeOff(r, unreadable):
		c = lost // the rest might have named a job
	}
	a := Answer{Verdict: Refused, Reason: c.reason, Fault: c.fault, Code: tidy(t, f.code),
		Message: explain(t, r, f, unreadable)}
	switch {
	case c == lost:
		a.Verdict = Lost
		return a
	case c.fault != NoFault:
		a.Verdict = OurFault
	case c == region:
		a.Country = country(f.param)
	}
	a.RetryAfter = retryAfter(r.Header, d)
	return a
}

// brokeOff says whether an answer ended before its end: by the connection's word, or since it begins as JSON and is
// none. Of an answer without a length, nothing but that tells.
func brokeOff(r *Response, unreadable error) bool {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, byteOrderMark))
	return r.Truncated || unreadable != nil && len(body) > 0 && (body[0] == '{' || body[0] == '[') && !json.Valid(body)
}

// silence reads an answer to a poll or a fetch that says nothing about the job.
func silence(t Target, j Job, r *Response, d document, unreadable error) Progress {
	f, stated := failureIn(d)
	c := causeOfAnswer(r.Status, f, stated)
	if !stated {
		f.message = d.first("message", "msg")
	}
	return silenceFor(c, t, j, r, d, f, unreadable)
}

// silenceFor is what an answer says that is silent about the job, for a cause.
func silenceFor(c cause, t Target, j Job, r *Response, d document, f failure, unreadable error) Progress {
	p := Progress{Job: j, PollAfter: pollAfter(r.Header, d), Code: tidy(t, f.code), Message: explain(t, r, f, unreadable)}
	if ownerOf(d, j) != ours {
		p.Fault = c.fault // else it is somebody's who makes the clip
	}
	absent := r.Status == http.StatusNotFound || r.Status == http.StatusGone || f.code == "404" || f.status == "404"
	if (c.gone || absent) && unreadable != errAnother {
		p.State = Gone
	}
	return p
}

// Withheld reads an answer to Fetch that holds no clip; flaw says why a file that came is none. Completed means that
// the answer names another place, which the job then holds and Fetch goes to; Gone that the clip isn't there;
// InProgress that it may come.
func Withheld(t Target, j Job, r *Response, flaw string) Progress {
	if place := r.Header.Get("Location"); place != "" && redirects(r.Status) {
		return t.moved(j, r.From, place)
	}
	d, err := parse(r.Body)
	_, stated := failureIn(d)
	if place := t.clipIn(jobIn(d)); flaw != "" && !stated && place != "" {
		return t.moved(j, r.From, place) // what was to be the clip says where it is
	}
	p := silence(t, j, r, d, err)
	if flaw != "" && !stated {
		p.Message = tidy(t, flaw)
	}
	if _, _, err := t.download(j.ContentURL); j.ContentURL != "" && err != nil {
		p.Message = tidy(t, err.Error()+"; where it should be besides: "+p.Message)
	}
	return p
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// moved is a clip at the place that a redirect names.
func (t Target) moved(j Job, from *url.URL, place string) Progress {
	if from == nil {
		var err error
		if from, err = t.base(); err != nil {
			return Progress{Job: j, Message: err.Error()}
		}
	}
	u, err := from.Parse(place)
	if err != nil || t.unlessKeyed(place) == "" {
		return Progress{Job: j, Message: "a redirect to no address that may be kept"}
	}
	if _, _, err := t.download(u.String()); err != nil {
		return Progress{Job: j, Message: tidy(t, err.Error())}
	}
	j.ContentURL = u.String()
	return Progress{Job: j, State: Completed}
}

var countryCode = regexp.MustCompile(`^[A-Za-z]{2}$`)

func country(param string) string {
	if !countryCode.MatchString(param) {
		return ""
	}
	return strings.ToUpper(param)
}

// explain is what people read of an answer without a job.
func explain(t Target, r *Response, f failure, unreadable error) string {
	switch {
	case f.message != "":
		return tidy(t, f.message)
	case r.Truncated:
		return "HTTP " + strconv.Itoa(r.Status) + ", and the answer broke off"
	case unreadable == errAnother:
		return tidy(t, unreadable.Error())
	case unreadable != nil:
		return "HTTP " + strconv.Itoa(r.Status) + " and no error of the channel's own: " + tidy(t, unreadable.Error())
	}
	return "HTTP " + strconv.Itoa(r.Status)
}

// maxMessage bounds a message for people, in bytes.
const maxMessage = 300

// tidy makes a channel's text fit for a log: one line, bounded, without the key.
func tidy(t Target, text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	text = t.redact(text)
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
