package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"channelbench/bench/film"
	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// ordinary is a scenario for channels that aren't: two orders, a second apart. At 200 times its speed the
// deadline comes after two seconds.
const ordinary = `
name = "ordinary"
[workload]
orders_per_month = 1000
deadline = "400s"
[[workload.videos]]
name       = "clip"
share      = "100%"
seconds    = 4
resolution = "720p"
[channels.relay]
kind     = "forwarding"
protocol = "openai-videos"
base_url = "https://api.example.com/v1"
key_env  = "RELAY_KEY"
model    = "sora-2"
poll     = "10s"
price    = { per_call = "$0.10", as_of = 2025-12-01, source = "test" }
latency  = { base = "10s", sigma = 0.1 }
[strategies.only]
steps = [{ channel = "relay", attempts = 2 }]
[retry]
backoff = { kind = "constant", base = "1s", jitter = "none" }
[bench]
orders = 2
rate   = "60/min"
grace  = "20s"
`

// Overrides of the scenario.
const (
	longDeadline = `workload.deadline="2h"` // for orders that end by themselves, however slow the machine
	oneOrder     = `bench.orders=1`
)

// patient is for orders that end at their deadline, and have to have heard something until then on a busy machine.
var patient = []string{`workload.deadline="30m"`}

// relay is a channel: a good one, whose clips are ready at once, but for what is set.
type relay struct {
	submit, poll, content http.HandlerFunc

	submits, polls, fetches atomic.Int64
	asked                   sync.Map // the paths, and the values of Authorization
}

func (c *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked.Store(r.URL.Path, true)
	c.asked.Store(r.Header.Get("Authorization"), true)
	job := strings.TrimPrefix(r.URL.Path, "/v1/videos/")
	answer := c.poll
	switch {
	case r.Method == http.MethodPost:
		_, _ = io.Copy(io.Discard, r.Body)
		if n := c.submits.Add(1); c.submit == nil {
			answer = says(http.StatusOK, fmt.Sprintf(`{"id":"job-%d","status":"queued"}`, n))
		} else {
			answer = c.submit
		}
	case strings.HasSuffix(job, "/content"):
		c.fetches.Add(1)
		if answer = c.content; answer == nil {
			answer = filmed(4, "720p")
		}
	default:
		if c.polls.Add(1); answer == nil {
			answer = says(http.StatusOK, `{"id":"`+job+`","status":"completed"}`)
		}
	}
	answer(w, r)
}

// says answers with JSON and with headers, a name and a value in turn.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// page answers with HTML, as gateways do.
func page(status int) http.HandlerFunc {
	return says(status, "<!DOCTYPE html><html><title>Just a moment...</title></html>", "Content-Type",
		"text/html; charset=utf-8")
}

// atFirst answers a few times in one way, and then in another.
func atFirst(times int64, first, then http.HandlerFunc) http.HandlerFunc {
	var asked atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= times {
			first(w, r)
			return
		}
		then(w, r)
	}
}

// film answers with a clip.
func filmed(seconds int, resolution string) http.HandlerFunc {
	return says(http.StatusOK, still(seconds, resolution), "Content-Type", "video/mp4")
}

// still is the file of a clip.
func still(seconds int, resolution string) string {
	clip, err := film.Still(channel.Clip{Seconds: seconds, Resolution: resolution})
	if err != nil {
		panic(err)
	}
	return string(clip)
}

// raw writes what no well-behaved server would, does what then does, and closes the connection.
func raw(text string, then ...func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, text)
		for _, f := range then {
			f(c)
		}
	}
}

// silent says nothing until the client has gone.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// endless writes a text again and again until the client has gone.
func endless(text string, pause time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
}

// zip answers in gzip, though nobody asked for it.
func zip(contentType, body string) http.HandlerFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, body)
	_ = z.Close()
	return says(http.StatusOK, b.String(), "Content-Encoding", "gzip", "Content-Type", contentType)
}

const (
	head     = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	filmHead = "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n"
	accepted = `{"id":"job-1","status":"queued"}`
)

// hostile is a channel that misbehaves, and what must come of it.
type hostile struct {
	name    string
	channel *relay
	at      func(t *testing.T, channel *relay) (base string) // where it is; nil: on a server of its own
	set     []string                                         // overrides of the scenario
	options func(*Options)

	story string         // of each order, as stories tells it: a regular expression
	says  string         // within the error of each attempt that didn't deliver
	mend  []string       // what the text of the Fault names that ends the run; none: it ends without an error
	check func(*outcome) // what else must be
}

// outcome is what came of a run.
type outcome struct {
	*testing.T
	channel *relay
	run     *record.Run
	err     error
	entries []journal.Entry
	state   *journal.State
}

// hostiles is the table.
func hostiles(elsewhere string) []hostile {
	const (
		lost      = `ambiguous/ambiguous -> ambiguous`
		refused   = `refused/submit refused/submit -> submit`
		stalled   = `ambiguous/ambiguous -> ambiguous`
		moderated = `failed/moderation -> moderation`
		timeout   = `abandoned/deadline -> deadline`
		delivered = `delivered/none -> delivered`
		failed    = `failed/job failed/job -> job`
		thrown    = `unusable/unusable unusable/unusable -> unusable`
		paused    = `(refused/rate_limited )?-> deadline`
		limited   = `refused/rate_limited refused/rate_limited -> rate_limited`
	)
	long := []string{longDeadline}
	rows := []hostile{
		{name: "a good channel", channel: &relay{}, set: long, story: delivered},

		// The connection.
		{name: "channel down", channel: &relay{}, at: nowhere, set: long, story: refused, says: "connection refused"},
		{name: "plain http where https is asked", channel: &relay{}, at: notTLS, set: long, story: refused,
			says: "the server doesn't speak TLS"},
		{name: "closed before an answer", channel: &relay{submit: raw("")}, set: long, story: lost, says: "answer: "},
		{name: "cut in the header", channel: &relay{submit: raw(head + "Content-Len")}, set: long, story: lost,
			says: "answer: "},
		{name: "cut in the body", channel: &relay{submit: raw(head + "Content-Length: 100\r\n\r\n" + accepted[:20])},
			set: long, story: lost, says: "HTTP 200, and the answer broke off"},
		{name: "cut in the body, after a whole job",
			channel: &relay{submit: raw(head + "Content-Length: 100\r\n\r\n" + accepted)}, set: long, story: lost,
			says: "HTTP 200, and the answer broke off"},
		{name: "submit without an answer", channel: &relay{submit: raw("", silent)}, story: timeout},
		{name: "header drips", channel: &relay{submit: raw("HTTP/1.1 200 OK\r\nX-Drip: ", endless("x", 10*time.Millisecond))},
			story: timeout},
		{name: "body drips", channel: &relay{submit: raw(head+"\r\n", endless(" ", 10*time.Millisecond))}, story: timeout},
		{name: "it dies and comes back", channel: &relay{}, at: mortal,
			set: []string{longDeadline, `channels.relay.poll="4s"`}, story: delivered},

		// Answers to a submit that are no answer.
		{name: "HTML with 200", channel: &relay{submit: page(200)}, set: long, story: lost,
			says: "HTTP 200 and no error of the channel's own: not JSON"},
		{name: "HTML with 502", channel: &relay{submit: page(502)}, set: long, story: lost,
			says: "HTTP 502 and no error of the channel's own: not JSON"},
		{name: "HTML with 403", channel: &relay{submit: page(403)}, set: long, story: refused,
			says: "HTTP 403 and no error of the channel's own: not JSON"},
		{name: "HTML with 429", channel: &relay{submit: page(429)}, set: long, story: limited, says: "HTTP 429 and no error"},
		{name: "empty 200", channel: &relay{submit: says(200, "")}, set: long, story: lost, says: "an empty answer"},
		{name: "204", channel: &relay{submit: raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")}, set: long,
			story: lost, says: "an empty answer"},
		{name: "not HTTP", channel: &relay{submit: raw("220 mail.example.com ESMTP\r\n")}, set: long, story: lost,
			says: "answer: "},
		{name: "switches protocols",
			channel: &relay{submit: raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tunnel\r\n\r\n",
				silent)}, set: long, story: lost, says: "HTTP 101"},
		{name: "1xx flood", channel: &relay{submit: raw("", endless("HTTP/1.1 103 Early Hints\r\n\r\n", 0))}, set: long,
			story: lost, says: "answer: "},
		{name: "endless header", channel: &relay{submit: raw("HTTP/1.1 200 OK\r\nX-Long: ",
			endless(strings.Repeat("x", 4096), 0))}, set: long, story: lost, says: "answer: "},
		{name: "header flood", channel: &relay{submit: raw("HTTP/1.1 200 OK\r\n", endless("X-Flood: x\r\n", 0))}, set: long,
			story: lost, says: "answer: "},
		{name: "endless body", channel: &relay{submit: raw(head+"\r\n", endless(strings.Repeat(" ", 1<<16), 0))}, set: long,
			story: lost, says: "HTTP 200, and the answer broke off"},
		{name: "nested deeply", channel: &relay{submit: says(200,
			strings.Repeat(`{"data":`, 5000)+"1"+strings.Repeat("}", 5000))}, set: long, story: lost,
			says: "nested deeper than 32"},
		{name: "nested beyond the decoder", channel: &relay{submit: says(200, strings.Repeat("[", 1<<19))}, set: long,
			story: lost, says: "not JSON"},
		{name: "too many values", channel: &relay{submit: says(200, `{"id":"x","list":[0`+strings.Repeat(",0", 20_000)+`]}`)},
			set: long, story: lost, says: "more than 10000 values"},
		{name: "two answers in one", channel: &relay{submit: says(200, accepted+accepted)}, set: long, story: lost,
			says: "not JSON"},
		{name: "an id twice", channel: &relay{submit: says(200, `{"id":"a","id":"b","status":"queued"}`)}, set: long,
			story: lost, says: "twice"},
		{name: "invalid UTF-8", channel: &relay{submit: says(200, "{\"id\":\"\xff\xfe\",\"status\":\"queued\"}")}, set: long,
			story: lost, says: "neither a usable job id nor a clip"},
		{name: "invalid UTF-8 in an error", channel: &relay{submit: says(400,
			"{\"error\":{\"message\":\"\xff\xfe bad \\u0000\\u001b[31m\\r\\nfaked\"}}")}, set: long, story: refused,
			says: "bad"},
		{name: "an error of 1 MB", channel: &relay{submit: says(400,
			`{"error":{"message":"`+strings.Repeat("é", 400_000)+`"}}`)}, set: long, story: refused, says: "é…"},
		{name: "broken gzip", channel: &relay{submit: says(200, "\x1f\x8bnot zipped", "Content-Encoding", "gzip")}, set: long,
			story: lost, says: "HTTP 200, and the answer broke off"},
		{name: "gzip bomb", channel: &relay{submit: zip("application/json", strings.Repeat(" ", 32<<20))},
			set: []string{longDeadline, oneOrder}, story: lost, says: "HTTP 200, and the answer broke off"},

		// Jobs that aren't.
		{name: "id with control characters", channel: &relay{submit: says(200, `{"id":"a\r\nX-Evil: 1","status":"queued"}`)},
			set: long, story: lost, says: "neither a usable job id nor a clip"},
		{name: "id that climbs", channel: &relay{submit: says(200, `{"id":"../../admin","status":"queued"}`)}, set: long,
			story: lost, says: "neither a usable job id nor a clip"},
		{name: "id that is two dots", channel: &relay{submit: says(200, `{"id":"..","status":"queued"}`)}, set: long,
			story: lost, says: "neither a usable job id nor a clip"},
		{name: "id of 1 MB", channel: &relay{submit: says(200,
			`{"id":"`+strings.Repeat("x", 1_000_000)+`","status":"queued"}`)}, set: long, story: lost,
			says: "neither a usable job id nor a clip"},
		{name: "poll address elsewhere", channel: &relay{submit: says(200,
			`{"polling_url":"`+elsewhere+`/v1/videos/x","status":"queued"}`)}, check: unasked, story: timeout},

		// Answers that look odd and can be understood.
		{name: "huge numbers", channel: &relay{submit: says(200,
			`{"id":123456789012345678901234567890,"status":"queued","progress":1e999999,"created_at":-1e308}`)}, set: long,
			story: delivered},
		{name: "wrong content type", channel: &relay{submit: says(200, accepted, "Content-Type", "image/png")}, set: long,
			story: delivered},
		{name: "gzip that nobody asked for", channel: &relay{submit: zip("application/json", accepted),
			poll: zip("application/json", `{"status":"completed"}`), content: zip("video/mp4", still(4, "720p"))}, set: long,
			story: delivered},
		{name: "gzip in word only", channel: &relay{
			submit:  says(200, accepted, "Content-Encoding", "gzip"),
			poll:    says(200, `{"status":"completed"}`, "Content-Encoding", "gzip"),
			content: says(200, still(4, "720p"), "Content-Encoding", "gzip", "Content-Type", "video/mp4"),
		}, set: long, story: delivered},
		{name: "cost below zero", channel: &relay{poll: says(200, `{"status":"completed","usage":{"cost":-5}}`)}, set: long,
			story: delivered, check: costs(100_000, 0)},
		{name: "cost of 10^18 dollars", channel: &relay{poll: says(200,
			`{"status":"completed","usage":{"cost":1000000000000000000}}`)}, set: long, story: delivered,
			check: costs(100_000, 0)},
		{name: "cost of 10^9999999 dollars", channel: &relay{poll: says(200,
			`{"status":"completed","usage":{"cost":1e9999999}}`)}, set: long, story: delivered, check: costs(100_000, 0)},
		{name: "costs beyond counting", channel: &relay{poll: says(200, `{"status":"completed","usage":{"cost":9e12}}`)},
			set: long, story: delivered, check: costs(100_000, 0)},
		{name: "clock in 1970", channel: &relay{submit: says(200, accepted[:len(accepted)-1]+`,"created_at":0}`, "Date",
			"Thu, 01 Jan 1970 00:00:00 GMT")}, set: long, story: delivered},
		{name: "clock in 9999, and back", channel: &relay{submit: says(200,
			accepted[:len(accepted)-1]+`,"created_at":253402300799}`, "Date", "Fri, 31 Dec 9999 23:59:59 GMT"),
			poll: says(200, `{"status":"completed","completed_at":-1}`, "Date", "Thu, 01 Jan 1970 00:00:00 GMT")}, set: long,
			story: delivered},

		// Refusals that ask for absurd pauses.
		{name: "retry before now", channel: &relay{submit: says(429, `{"error":{"message":"slow down"}}`, "Retry-After",
			"-60")}, set: long, story: limited, says: "slow down"},
		{name: "retry in the past", channel: &relay{submit: says(429, `{"error":{"message":"slow down"}}`, "Retry-After",
			"Thu, 01 Jan 1970 00:00:00 GMT")}, set: long, story: limited, says: "slow down"},
		{name: "retry at garbage", channel: &relay{submit: says(429, `{"error":{"message":"slow down"}}`, "Retry-After",
			"soon\tNaN ∞")}, set: long, story: limited, says: "slow down"},
		{name: "retry in 10^9 seconds", channel: &relay{submit: says(429, `{"error":{"message":"slow down"}}`, "Retry-After",
			"1000000000")}, story: paused, says: "slow down"},
		{name: "retry in 10^400 seconds", channel: &relay{submit: says(429,
			`{"error":{"message":"slow down","retry_after":1e400}}`)}, set: long, story: limited, says: "slow down"},
		{name: "retry in the year 9999", channel: &relay{submit: says(429, `{"error":{"message":"slow down"}}`, "Retry-After",
			"Fri, 31 Dec 9999 23:59:59 GMT", "Date", "Thu, 01 Jan 1970 00:00:00 GMT")}, story: paused, says: "slow down"},

		// Polls.
		{name: "the same job for every order", channel: &relay{submit: says(200, accepted)}, set: long, story: delivered,
			check: found(`relay answered 2 submits with jobs that aren't theirs alone, 2 of them with "job-1"`)},
		{name: "poll without an end", channel: &relay{poll: says(200, `{"status":"in_progress"}`)}, story: timeout},
		{name: "a status never seen before", channel: &relay{poll: says(200, `{"status":"marinating"}`)},
			set: []string{`workload.deadline="20m"`}, story: stalled, says: `a status that is new to us: marinating`,
			check: warned(`relay answers with a job status that is new to us: "marinating"`)},
		{name: "a status never seen before, getting on",
			channel: &relay{poll: counting(`{"status":"marinating","progress":%d}`)}, set: patient, story: timeout,
			says: "marinating"},
		{name: "a status never seen before, that ends in time",
			channel: &relay{poll: atFirst(25, says(200, `{"status":"marinating"}`), says(200, `{"status":"completed"}`))},
			set:     []string{longDeadline, oneOrder}, story: delivered},
		{name: "poll in 10^9 seconds", channel: &relay{poll: says(200, `{"status":"in_progress"}`, "Retry-After",
			"1000000000")}, story: timeout},
		{name: "poll is HTML", channel: &relay{poll: page(200)}, story: timeout},
		{name: "poll is HTML with 404", channel: &relay{poll: page(404)}, set: []string{longDeadline, oneOrder},
			story: stalled, says: "HTTP 404"},
		{name: "poll without an answer", channel: &relay{poll: raw("", silent)}, story: timeout},
		{name: "poll without an end of its body",
			channel: &relay{poll: raw(head+"\r\n", endless(strings.Repeat(" ", 1<<16), 0))}, set: []string{oneOrder},
			story: timeout},
		{name: "poll is a gzip bomb", channel: &relay{poll: zip("application/json", strings.Repeat(" ", 8<<20))},
			set: []string{oneOrder}, story: timeout},
		// A job that isn't known may be billed all the same: no second one is bought for it.
		{name: "poll 404", channel: &relay{poll: says(404, `{"error":{"message":"No such video","code":"not_found"}}`)},
			set: []string{longDeadline, oneOrder}, story: stalled, says: "No such video",
			check: warned("1 jobs of relay had not ended", "No such video")},
		{name: "poll 410", channel: &relay{poll: page(410)}, set: []string{longDeadline, oneOrder}, story: stalled,
			says: "HTTP 410"},
		{name: "poll 404, before the deadline takes it for lost",
			channel: &relay{poll: says(404, `{"error":{"message":"No such video","code":"not_found"}}`)},
			set:     []string{oneOrder, `workload.deadline="9m"`, `channels.relay.poll="1m"`}, story: timeout,
			says:  "No such video",
			check: polled(1)},
		{name: "poll 404 for a while, then made",
			channel: &relay{poll: atFirst(10, says(404, `{"error":{"message":"No such video","code":"not_found"}}`),
				says(200, `{"id":"job-1","status":"completed"}`))},
			set: append(slices.Clone(long), oneOrder, `bench.grace="10m"`), story: stalled, check: settled(100_000)},
		{name: "poll 404 at first", channel: &relay{poll: atFirst(2,
			says(404, `{"error":{"message":"No such video","code":"not_found"}}`),
			says(200, `{"id":"job-1","status":"completed"}`))},
			set: append(slices.Clone(long), oneOrder), story: delivered},
		{name: "poll about another job", channel: &relay{poll: says(200,
			`{"id":"job-of-somebody-else","status":"completed"}`)}, set: patient, story: timeout, says: "about another job",
			check: onlyOwn},
		{name: "poll says that another job failed",
			channel: &relay{poll: atFirst(2, says(200, `{"id":"job-of-somebody-else","status":"failed"}`),
				says(200, `{"status":"completed"}`))}, set: long, story: delivered},
		{name: "poll was asked too often", channel: &relay{poll: atFirst(2,
			says(200, `{"code":429,"status":"error","message":"Too many requests"}`), says(200, `{"status":"completed"}`))},
			set: long, story: delivered, check: bought(2)},
		{name: "poll meets a database error", channel: &relay{poll: atFirst(2,
			says(200, `{"status":"failed","message":"database is locked"}`), says(200, `{"status":"completed"}`))}, set: long,
			story: delivered, check: bought(2)},
		{name: "poll says aborted", channel: &relay{poll: says(200, `{"status":"aborted"}`)}, set: long, story: failed,
			says: `the status "aborted"`},
		{name: "poll says that the job was moderated",
			channel: &relay{poll: says(200, `{"status":"failed","error":{"code":"moderation_blocked","message":"no"}}`)},
			set:     long, story: moderated, says: "no", check: bought(2)},
		{name: "a gateway's 504 in the channel's own envelope",
			channel: &relay{submit: says(504,
				`{"error":{"message":"upstream request timed out","type":"server_error","code":null}}`)}, set: long, story: lost,
			says: "timed out", check: bought(2)},
		{name: "poll says that the job failed", channel: &relay{poll: says(200,
			`{"status":"failed","error":{"code":"internal","message":"out of ponies"}}`)}, set: long, story: failed,
			says: "out of ponies"},
		{name: "a relay of fal fails to ask for the result, and not the job", channel: &relay{submit: says(200,
			`{"status":"IN_QUEUE","request_id":"j1","status_url":"/v1/j1/status"}`), poll: atFirst(1,
			says(200, `{"status":"COMPLETED","request_id":"j1","response_url":"/v1/j1"}`), atFirst(2,
				says(500, `{"code":"fail_to_fetch_task","message":"no","data":null}`),
				says(200, `{"video":{"url":"/v1/videos/j1/content"}}`)))},
			set: append(slices.Clone(long), oneOrder, `channels.relay.protocol="fal-queue"`,
				`channels.relay.model="fal-ai/veo3.1"`), story: delivered, check: bought(1)},
		{name: "OpenRouter's polls elsewhere", channel: &relay{submit: says(200,
			`{"id":"j1","status":"pending","polling_url":"`+elsewhere+`/v1/videos/j1"}`), poll: says(200,
			`{"id":"j1","status":"completed","urls":["`+elsewhere+`/1.mp4"],"usage":{"cost":1e7}}`)},
			set:   append(slices.Clone(long), oneOrder, `channels.relay.protocol="openrouter-videos"`),
			story: delivered, check: bought(1)},

		// Clips.
		{name: "clip is HTML", channel: &relay{content: page(200)}, set: patient, story: timeout,
			says: "not an MP4 file: it begins with \"<!DOCT\""},
		{name: "clip is an error with 200", channel: &relay{content: says(200, `{"error":{"message":"not yet"}}`)},
			set: patient, story: timeout, says: "not yet"},
		{name: "clip is 404", channel: &relay{content: says(404, `{"error":{"code":"not_found"}}`)}, set: patient,
			story: timeout, says: "HTTP 404"},
		{name: "clip never comes", channel: &relay{content: raw("", silent)}, story: timeout},
		{name: "clip stops coming", channel: &relay{content: raw(filmHead+"Content-Length: 5000\r\n\r\n\x00\x00\x00\x20ftyp",
			silent)}, story: timeout},
		{name: "clip is cut", channel: &relay{content: raw(filmHead + "Content-Length: 5000\r\n\r\n\x00\x00\x00\x20ftyp")},
			story: timeout},
		// Not as fast as it could: a gigabyte would be read before it is too much.
		{name: "clip without an end", channel: &relay{content: raw(filmHead+"\r\n\x00\x00\x00\x20ftyp",
			endless(strings.Repeat("x", 1<<12), 10*time.Millisecond))}, story: timeout},
		{name: "clip truncated by the channel", channel: &relay{content: says(200, still(4, "720p")[:300], "Content-Type",
			"video/mp4")}, set: patient, story: timeout, says: "the file breaks off"},
		{name: "clip empty", channel: &relay{content: says(200, "", "Content-Type", "video/mp4")}, set: patient,
			story: timeout, says: "an empty file"},
		{name: "clip is garbage", channel: &relay{content: says(200, "\x00\xff\x00\xff\n\n\n\x1b[31m", "Content-Type",
			"video/mp4")}, set: patient, story: timeout, says: "not an MP4 file"},
		{name: "clip with a box of 2^64 bytes", channel: &relay{content: says(200,
			"\x00\x00\x00\x08ftyp\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff", "Content-Type", "video/mp4")},
			set: patient, story: timeout, says: "its description is too large"},
		{name: "clip is an error as XML with 200",
			channel: &relay{content: says(200, "<?xml version=\"1.0\"?><Error/>", "Content-Type", "application/xml")},
			set:     patient, story: timeout, says: "not an MP4 file",
			check: warned("2 clips of relay were made and could not be fetched")},
		{name: "clip in the end", channel: &relay{content: atFirst(2,
			says(200, `{"error":{"message":"storage is busy"}}`, "Content-Type", "application/octet-stream"), filmed(4, "720p"))},
			set: append(slices.Clone(long), oneOrder), story: delivered, check: fetched(3)},
		{name: "clip after an empty one", channel: &relay{content: atFirst(1, says(200, "", "Content-Type", "video/mp4"),
			filmed(4, "720p"))}, set: append(slices.Clone(long), oneOrder), story: delivered, check: fetched(2)},
		{name: "clip after one that was cut", channel: &relay{content: atFirst(2,
			says(200, still(4, "720p")[:300], "Content-Type", "video/mp4"), filmed(4, "720p"))},
			set: append(slices.Clone(long), oneOrder), story: delivered, check: fetched(3)},
		{name: "clip after a 503", channel: &relay{content: atFirst(3, page(503), filmed(4, "720p"))},
			set: append(slices.Clone(long), oneOrder), story: delivered, check: fetched(4)},
		{name: "clip that is called a text", channel: &relay{content: says(200, still(4, "720p"), "Content-Type",
			"text/plain; charset=utf-8")}, set: long, story: delivered, check: bought(2)},
		{name: "clip behind five redirects", channel: &relay{content: hops(5)}, set: append(slices.Clone(long), oneOrder),
			story: delivered, check: fetched(1)},
		{name: "clip behind six redirects", channel: &relay{content: hops(6)}, set: patient, story: timeout,
			says: "behind more than 5 redirects"},
		{name: "clip of another length", channel: &relay{content: filmed(8, "720p")}, set: long, story: thrown,
			says: "8.0 s long instead of 4 s"},
		{name: "clip of another size", channel: &relay{content: filmed(4, "480p")}, set: long, story: thrown,
			says: "instead of 1280x720"},
		{name: "clip on a host that isn't allowed",
			channel: &relay{poll: says(200, `{"status":"completed","url":"`+elsewhere+`/v1/videos/x/content"}`)}, set: long,
			story: delivered},
		{name: "clip is nowhere else than there",
			channel: &relay{submit: says(200, `{"status":"completed","url":"`+elsewhere+`/v1/videos/x/content"}`)},
			check:   unasked, story: timeout},
		{name: "clip at a file", channel: &relay{poll: says(200, `{"status":"completed","url":"file:///etc/passwd"}`)},
			set: long, story: delivered},
	}
	for _, status := range []int{301, 302, 307, 308} {
		story := lost // the order may have been taken before the redirect
		if status >= 307 {
			story = refused
		}
		code := strconv.Itoa(status)
		rows = append(rows,
			hostile{name: "redirect " + code + " elsewhere", channel: &relay{submit: moved(status, elsewhere+"/v1/videos")},
				set: long, story: story, says: "HTTP " + code},
			hostile{name: "redirect " + code + " to itself", channel: &relay{submit: moved(status, "/v1/videos")}, set: long,
				story: story, says: "HTTP " + code},
			hostile{name: "poll redirects with " + code, channel: &relay{poll: moved(status, elsewhere+"/v1/videos/x")},
				story: timeout},
			hostile{name: "clip redirects with " + code,
				channel: &relay{content: moved(status, elsewhere+"/v1/videos/x/content")}, set: patient, story: timeout,
				says: "from where download_hosts doesn't let it be fetched"},
			hostile{name: "clip moved with " + code, channel: &relay{content: movedClip(status)}, set: long, story: delivered},
		)
	}
	return rows
}

func moved(status int, location string) http.HandlerFunc {
	return says(status, "", "Location", location)
}

// unasked checks that nothing was asked for but the submits.
func unasked(o *outcome) {
	if polls, fetches := o.channel.polls.Load(), o.channel.fetches.Load(); polls+fetches > 0 {
		o.Errorf("%d polls and %d fetches", polls, fetches)
	}
}

// movedClip is a clip at another place of the same host.
func movedClip(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/moved/") {
			filmed(4, "720p")(w, r)
			return
		}
		moved(status, "/v1/videos/moved/content")(w, r)
	}
}

// found checks for a finding.
func found(text string) func(*outcome) {
	return func(o *outcome) {
		if findings := strings.Join(o.run.Findings, "\n"); !strings.Contains(findings, text) {
			o.Errorf("found %q, want %q", findings, text)
		}
	}
}

// fetched checks how often an order's clip was fetched, by its journal, and that it was bought once.
func fetched(times int) func(*outcome) {
	return func(o *outcome) {
		bought(1)(o)
		for _, e := range o.entries {
			if e, is := e.(journal.Ended); is && e.Fetches != times {
				o.Errorf("fetched %d times, want %d", e.Fetches, times)
			}
		}
	}
}

// hops is a clip behind so many redirects.
func hops(count int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("hop"))
		if n == count {
			filmed(4, "720p")(w, r)
			return
		}
		moved(302, fmt.Sprintf("content?hop=%d", n+1))(w, r)
	}
}

// onlyOwn checks that only jobs were asked for that were ordered.
func onlyOwn(o *outcome) {
	o.channel.asked.Range(func(what, _ any) bool {
		if strings.Contains(what.(string), "somebody") {
			o.Errorf("asked for %v", what)
		}
		return true
	})
}

// nowhere is the address of a channel that is down: nobody listens at the first of all ports.
func nowhere(*testing.T, *relay) string { return "http://127.0.0.1:1" }

// here is a server of the channel's own.
func here(t *testing.T, c *relay) string {
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func notTLS(t *testing.T, c *relay) string {
	return "https" + strings.TrimPrefix(here(t, c), "http")
}

// untrusted has a certificate that it has signed itself.
func untrusted(t *testing.T, c *relay) string {
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// mortal dies, with all its connections, when it has accepted both orders, and comes back a tenth of a second later.
func mortal(t *testing.T, c *relay) string {
	server := httptest.NewUnstartedServer(c)
	listener := &turnstile{Listener: server.Listener}
	server.Listener = listener
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	die := sync.OnceFunc(func() {
		listener.shut.Store(true)
		time.AfterFunc(100*time.Millisecond, func() { listener.shut.Store(false) })
		server.CloseClientConnections()
	})
	c.poll = func(w http.ResponseWriter, r *http.Request) {
		status := "in_progress"
		if c.submits.Load() == 2 {
			die()
			status = "completed"
		}
		says(200, `{"status":"`+status+`"}`)(w, r)
	}
	return server.URL
}

// turnstile resets every connection while it is shut.
type turnstile struct {
	net.Listener
	shut atomic.Bool
}

func (l *turnstile) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || !l.shut.Load() {
			return c, err
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
}

// costs looks at what each order is booked with: by the price, and by the channel itself.
func costs(computed, reported money.Micros) func(*outcome) {
	return func(o *outcome) {
		for _, e := range o.entries {
			if e, is := e.(journal.Ended); is && (e.Computed != computed || e.Charge() != max(computed, reported)) {
				o.Errorf("booked with %v and %v", e.Computed, e.Charge())
			}
		}
	}
}

const hostileKey = "sk-hostile-5c1d7e90"

// TestNothingThatAChannelDoesIsLost: whatever comes over the wire ends as a counted outcome with a
// plain message; the run ends, and its journal holds every attempt.
func TestNothingThatAChannelDoesIsLost(t *testing.T) {
	elsewhere := &relay{}
	all(t, hostiles(here(t, elsewhere)))
	elsewhere.asked.Range(func(what, _ any) bool {
		t.Errorf("another host than the channel's was asked: %v", what)
		return true
	})
}

// row is a row of a table.
type row interface {
	title() string
	test(t *testing.T)
}

// all runs rows, many more at a time than there are processors: they mostly wait.
func all[R row](t *testing.T, rows []R) {
	var under sync.WaitGroup
	places := make(chan struct{}, 32)
	for _, r := range rows {
		places <- struct{}{}
		under.Go(func() {
			t.Run(r.title(), r.test)
			<-places
		})
	}
	under.Wait()
}

func (h hostile) title() string { return h.name }

func (h hostile) test(t *testing.T) {
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary), scenario.Options{Set: h.set})
	if err != nil {
		t.Fatal(err)
	}
	at := h.at
	if at == nil {
		at = here
	}
	o := Options{Speed: 200, Key: func(string) string { return hostileKey }, Prompts: Prompts(), Cap: 1000 * money.Dollar,
		Journal: filepath.Join(t.TempDir(), "orders.jsonl"), BaseURLs: map[string]string{"relay": at(t, h.channel) + "/v1"}}
	if h.options != nil {
		h.options(&o)
	}
	result := h.run(t, s, o)
	result.holds(s, &h)
	if h.check != nil {
		h.check(result)
	}
}

// longest is how long a row may take, however slow the machine.
const longest = 20 * time.Second

func (h *hostile) run(t *testing.T, s *scenario.Scenario, o Options) *outcome {
	ctx, stop := context.WithTimeout(t.Context(), longest)
	defer stop()
	result := &outcome{T: t, channel: h.channel}
	result.run, result.err = Run(ctx, s, o)
	text, err := os.ReadFile(o.Journal)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(hostileKey)) {
		t.Errorf("the journal holds the key")
	}
	for e, err := range journal.Read(bytes.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		result.entries = append(result.entries, e)
	}
	if result.state, err = journal.Fold(journal.Read(bytes.NewReader(text))); err != nil {
		t.Fatal(err)
	}
	return result
}

// holds checks what is true of every run.
func (o *outcome) holds(s *scenario.Scenario, h *hostile) {
	if o.run == nil {
		o.Fatalf("no figures: %v", o.err)
	}
	o.endsWith(h)
	o.keepsAll()
	o.neverGoesBack()
	if err := record.Write(io.Discard, o.run); err != nil {
		o.Error(err)
	}
	if h.mend != nil {
		return
	}
	stories := o.stories()
	want := regexp.MustCompile("^" + h.story + "$")
	var delivered int64
	for i := range s.Bench.Orders {
		if !want.MatchString(stories[i]) {
			o.Errorf("order %d: %s, want %s", i, stories[i], h.story)
		}
		if strings.HasSuffix(stories[i], "delivered") {
			delivered++
		}
	}
	if f := o.run.Strategies[0]; f.Orders != int64(s.Bench.Orders) || f.Delivered != delivered {
		o.Errorf("the figures are of %d orders, %d delivered, want %d and %d", f.Orders, f.Delivered, s.Bench.Orders,
			delivered)
	}
	if bad := h.channel; bad.poll != nil && bad.polls.Load() == 0 || bad.content != nil && bad.fetches.Load() == 0 {
		o.Error("it didn't come to what the row is about")
	}
	for _, text := range o.errors() {
		if !strings.Contains(text, h.says) {
			o.Errorf("an attempt ended with %q, want %q in it", text, h.says)
		}
	}
}

// endsWith checks the error of the run.
func (o *outcome) endsWith(h *hostile) {
	var fault *Fault
	switch {
	case h.mend != nil && !errors.As(o.err, &fault):
		o.Errorf("the run ends with %v, want a fault of ours", o.err)
	case h.mend != nil:
		for _, text := range h.mend {
			if !strings.Contains(o.err.Error(), text) {
				o.Errorf("the run ends with %q, want %q in it", o.err, text)
			}
		}
	case o.err != nil:
		o.Errorf("the run ends with %v", o.err)
	}
}

// keepsAll checks that every submit had been intended, that every attempt that was begun has an end or
// stands reserved, that every order that was begun has one, and that the figures cost what the journal books.
func (o *outcome) keepsAll() {
	intents, ends := map[[2]int]bool{}, map[[2]int]bool{}
	for _, e := range o.entries {
		switch e := e.(type) {
		case journal.Intent:
			intents[[2]int{e.Order, e.Attempt}] = true
		case journal.Ended:
			if channel.Outcome(e.Outcome) != channel.Abandoned {
				ends[[2]int{e.Order, e.Attempt}] = true
			}
		case journal.Settled:
			ends[[2]int{e.Order, e.Attempt}] = true
		}
	}
	booked := o.state.Spent()
	for _, a := range append(o.state.Open(), o.state.Lost()...) {
		if a.Intent.Reserved <= 0 {
			o.Errorf("attempt %d of order %d is open with nothing reserved", a.Intent.Attempt, a.Order.Order)
		}
		ends[[2]int{a.Order.Order, a.Intent.Attempt}] = true
		booked += a.Intent.Reserved
	}
	if counted := o.run.Strategies[0].CostPerOrder.Value; counted != nil && o.err == nil {
		if all := *counted * float64(o.run.Strategies[0].Orders); math.Abs(all-booked.Dollars()) > 1e-9 {
			o.Errorf("the figures count $%v, the journal %v", all, booked)
		}
	}
	for id := range intents {
		if !ends[id] {
			o.Errorf("attempt %d of order %d has no end", id[1], id[0])
		}
	}
	if n := o.channel.submits.Load(); n > int64(len(intents)) {
		o.Errorf("%d submits of %d intents", n, len(intents))
	}
	for id := range intents {
		if !o.state.Finished(id[0]) && o.err == nil {
			o.Errorf("order %d has no end", id[0])
		}
	}
}

// neverGoesBack checks the times of each attempt: within an entry, and from one entry to the next.
func (o *outcome) neverGoesBack() {
	last := map[[2]int]time.Time{}
	for _, e := range o.entries {
		var id [2]int
		var times []journal.Time // the last one is the entry's own
		switch e := e.(type) {
		case journal.Intent:
			id, times = [2]int{e.Order, e.Attempt}, []journal.Time{e.At}
		case journal.Accepted:
			id, times = [2]int{e.Order, e.Attempt}, []journal.Time{e.At}
		case journal.Ended:
			id, times = [2]int{e.Order, e.Attempt}, []journal.Time{e.Answered, e.Accepted, e.Ready, e.Fetched, e.At}
			if !e.Answered.IsZero() {
				times = append([]journal.Time{e.Submitted}, times...)
			}
		case journal.Settled:
			id, times = [2]int{e.Order, e.Attempt}, []journal.Time{e.Ready, e.At}
		default:
			continue
		}
		times = slices.DeleteFunc(times, func(t journal.Time) bool { return t.IsZero() })
		inOrder := slices.IsSortedFunc(times, func(a, b journal.Time) int { return a.Compare(b.Time) })
		own := times[len(times)-1].Time
		if !inOrder || own.Before(last[id]) || own.After(time.Now()) {
			o.Errorf("attempt %d of order %d: %T has the times %v, after %v", id[1], id[0], e, times, last[id])
		}
		last[id] = own
	}
}

// stories tells each order: outcome and reason of its attempts, and how it ended.
func (o *outcome) stories() map[int]string {
	told := map[int]string{}
	for _, e := range o.entries {
		switch e := e.(type) {
		case journal.Ended:
			told[e.Order] += fmt.Sprintf("%v/%v ", e.Outcome, e.Reason)
		case journal.Finished:
			end := e.Reason.String()
			if e.Delivered {
				end = "delivered"
			}
			told[e.Order] += "-> " + end
		}
	}
	return told
}

// errors are what people read of the attempts that didn't deliver. Each is a line of bounded length.
func (o *outcome) errors() []string {
	var all []string
	for _, e := range o.entries {
		if e, is := e.(journal.Ended); is && channel.Outcome(e.Outcome) != channel.Delivered {
			if len(e.Error) > 1000 || !utf8.ValidString(e.Error) ||
				strings.ContainsFunc(e.Error, func(r rune) bool { return !unicode.IsPrint(r) }) {
				o.Errorf("not a line to read: %q", e.Error)
			}
			all = append(all, e.Error)
		}
	}
	return all
}

// TestFaultsOfOursEndTheRun: what we have to mend is no channel's error rate. The run ends at once, says what
// to mend, and keeps what it has.
func TestFaultsOfOursEndTheRun(t *testing.T) {
	apart := []string{longDeadline, `bench.rate="1/h"`, `bench.grace="10m"`}
	fault := func(name string, submit http.HandlerFunc, mend ...string) hostile {
		return hostile{name: name, channel: &relay{submit: submit}, set: apart, mend: append(mend, "relay"),
			check: submitted(1)}
	}
	rows := []hostile{
		fault("wrong key", says(401, `{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}`),
			"bad key", "Incorrect API key provided", "RELAY_KEY"),
		fault("wrong key, in HTML", page(401), "bad key", "HTTP 401", "RELAY_KEY"),
		fault("key without the right to it", says(403,
			`{"error":{"message":"Your key may not do this","code":"permission_denied"}}`), "bad key",
			"Your key may not do this"),
		fault("account closed", says(403, `{"error":{"message":"Closed","code":"account_deactivated"}}`), "bad key",
			"Closed"),
		fault("empty account", says(402, `{"error":{"message":"Top up","code":"insufficient_balance"}}`), "empty balance",
			"Top up"),
		fault("empty account, without words", says(402, ""), "empty balance", "HTTP 402"),
		fault("empty account with 429", says(429,
			`{"error":{"message":"You exceeded your quota","type":"insufficient_quota"}}`), "empty balance", "exceeded"),
		fault("empty account with 403, in Chinese", says(403, `{"error":{"message":"用户余额不足"}}`), "empty balance", "余额不足"),
		{name: "empty account with 429, in words of rates",
			set: append(slices.Clone(apart), `channels.relay.protocol="xai-videos"`),
			channel: &relay{submit: says(429, `{"code":"Some resource has been exhausted",
				"error":"Your team has used all available credits."}`)},
			mend: []string{"relay", "empty balance", "available credits"}, check: submitted(1)},
		fault("a model that isn't there", says(404, `{"error":{"message":"No such model","code":"model_not_found"}}`),
			"bad request", "No such model"),
		{name: "certificate that nobody trusts", channel: &relay{}, at: untrusted, set: apart,
			mend: []string{"relay", "cannot be reached from here",
				"the certificate is signed by nobody whom this machine trusts"}, check: submitted(0)},
		{name: "no such name", channel: &relay{}, at: invalid, options: func(o *Options) { o.Live = true }, set: apart,
			mend: []string{"relay", "cannot be reached from here", "no address for nowhere.invalid"}, check: submitted(0)},
		revoked(),
	}
	all(t, rows)
}

// invalid is an address that never resolves (RFC 2606).
func invalid(*testing.T, *relay) string { return "https://nowhere.invalid" }

// submitted checks how many submits came, and that the run says that it isn't whole.
// warned checks what the warnings of the run say.
func warned(parts ...string) func(*outcome) {
	return func(o *outcome) {
		all := strings.Join(o.run.Warnings, "\n")
		for _, part := range parts {
			if !strings.Contains(all, part) {
				o.Errorf("the warnings lack %q:\n%s", part, all)
			}
		}
	}
}

// polled checks that the journal's polls, of at least that many, are those that the channel was asked.
func polled(least int) func(*outcome) {
	return func(o *outcome) {
		told := 0
		for _, e := range o.entries {
			if e, is := e.(journal.Ended); is {
				told += e.Polls
			}
		}
		if asked := int(o.channel.polls.Load()); told < least || told > asked {
			o.Errorf("%d polls are on record, at least %d were due, and %d were made", told, least, asked)
		}
	}
}

// bought checks how many jobs the channel was asked for.
func bought(n int64) func(*outcome) {
	return func(o *outcome) {
		if got := o.channel.submits.Load(); got != n {
			o.Errorf("%d submits, want %d", got, n)
		}
	}
}

// settled checks what the jobs cost that ended after their orders.
func settled(cost money.Micros) func(*outcome) {
	return func(o *outcome) {
		if o.state.Spent() != cost || len(o.state.Open()) > 0 || len(o.state.Lost()) > 0 {
			o.Errorf("spent %v, want %v; open %v, lost %v", o.state.Spent(), cost, o.state.Open(), o.state.Lost())
		}
	}
}

// counting answers with a number that rises.
func counting(format string) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) { says(200, fmt.Sprintf(format, n.Add(1)))(w, r) }
}

func submitted(n int64) func(*outcome) {
	return func(o *outcome) {
		if got := o.channel.submits.Load(); got != n {
			o.Errorf("%d submits, want %d", got, n)
		}
		if !o.run.Incomplete {
			o.Error("the run passes for a whole one")
		}
		if e, is := o.entries[len(o.entries)-1].(journal.Ended); !is || channel.Outcome(e.Outcome) != channel.Refused {
			o.Errorf("the journal ends with %v", o.entries[len(o.entries)-1])
		}
	}
}

// revoked is a key that is taken back when one job runs: that one is still followed to its end.
func revoked() hostile {
	c := &relay{}
	c.submit = func(w http.ResponseWriter, r *http.Request) {
		if c.submits.Load() > 1 {
			says(401, `{"error":{"message":"Revoked","code":"invalid_api_key"}}`)(w, r)
			return
		}
		says(200, accepted)(w, r)
	}
	c.poll = func(w http.ResponseWriter, r *http.Request) {
		status := "in_progress"
		if c.submits.Load() > 1 {
			status = "completed"
		}
		says(200, `{"status":"`+status+`"}`)(w, r)
	}
	check := func(o *outcome) {
		want := map[int]string{0: "delivered/none -> delivered", 1: "refused/submit "}
		if got := o.stories(); !maps.Equal(got, want) {
			o.Errorf("the orders are %v, want %v", got, want)
		}
		if f := o.run.Strategies[0]; c.submits.Load() != 2 || f.Orders != 1 || f.Delivered != 1 || !o.run.Incomplete {
			o.Errorf("%d submits; the figures are of %d orders, %d delivered, incomplete %v", c.submits.Load(), f.Orders,
				f.Delivered, o.run.Incomplete)
		}
	}
	return hostile{name: "a key that is taken back", channel: c,
		set:  []string{longDeadline, `bench.orders=3`, `bench.rate="6/h"`, `bench.grace="10m"`},
		mend: []string{"relay", "bad key", "Revoked"}, check: check}
}
