package bench

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/money"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// canary is a key with all that encodings change.
const canary = `sk-canary-3f9a/81+d7=<0c>&"5e"`

// forms are the ways in which a text may hold the canary. Its first dozen bytes tell it, too.
func forms() map[string]string {
	escaped, unicode := &strings.Builder{}, &strings.Builder{}
	for _, c := range []byte(canary) {
		fmt.Fprintf(escaped, "%%%02X", c)
		fmt.Fprintf(unicode, `\u%04x`, c)
	}
	return map[string]string{
		"plain":       canary,
		"base64":      base64.StdEncoding.EncodeToString([]byte(canary)),
		"base64url":   base64.RawURLEncoding.EncodeToString([]byte(canary)),
		"URL-encoded": url.QueryEscape(canary),
		"in a path":   url.PathEscape(canary),
		"every byte":  escaped.String(),
		"JSON":        quote(canary),
		"in unicode":  unicode.String(),
		"upper case":  strings.ToUpper(canary),
		"HTML":        html.EscapeString(canary),
		"hexadecimal": hex.EncodeToString([]byte(canary)),
		"HEX":         strings.ToUpper(hex.EncodeToString([]byte(canary))),
		"broken":      strings.Join(strings.SplitAfter(canary, "-"), "\n "),
		"twice":       url.QueryEscape(url.QueryEscape(canary)),
		// As it stands in the header, and after a name: the digits that the key alone decides.
		"base64 of the header": base64.StdEncoding.EncodeToString([]byte("Bearer " + canary))[10:],
		"base64 after a name":  base64.StdEncoding.EncodeToString([]byte("me:" + canary))[4:],
	}
}

// heard is the form in which a text holds the canary, or "" where it doesn't.
func heard(text []byte) string {
	for name, form := range forms() {
		if bytes.Contains(text, []byte(form[:12*len(form)/len(canary)])) {
			return name
		}
	}
	return ""
}

// hush asserts that a text doesn't hold the canary in any form.
func hush(t *testing.T, what string, text []byte) {
	t.Helper()
	if form := heard(text); form != "" {
		t.Errorf("%s holds the key (%s): %s", what, form, text)
	}
}

// TestTheCanaryIsHeard: what is looked for is found where it is.
func TestTheCanaryIsHeard(t *testing.T) {
	for name, form := range forms() {
		if heard([]byte("before"+form+"after")) == "" {
			t.Errorf("the form %q is not heard", name)
		}
	}
	if got := heard([]byte("sk-can and other birds")); got != "" {
		t.Errorf("%q is heard where it is not", got)
	}
}

// quote is a text as it stands within a JSON string.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text[1 : len(text)-1])
}

// echoes are channels that say a text wherever an answer has room for one.
func echoes(text string) map[string]*relay {
	q := quote(text)
	refuse := func(status int) http.HandlerFunc {
		return says(status, `{"error":{"message":"No: `+q+`","code":"`+q+`","type":"`+q+`","param":"`+q+`"}}`,
			"Retry-After", text, "Retry-After-Ms", text, "X-Request-Id", text, "Openai-Poll-After-Ms", text, "Date", text)
	}
	job := func(fields string) http.HandlerFunc { return says(200, `{"id":"job-1","status":"queued",`+fields+`}`) }
	done := func(fields string) http.HandlerFunc { return says(200, `{"status":"completed",`+fields+`}`) }
	html := func(status int) http.HandlerFunc {
		return says(status, "<html><title>"+text+"</title></html>", "Content-Type", "text/html")
	}
	return map[string]*relay{
		"refusal 400": {submit: refuse(400)},
		"refusal 401": {submit: refuse(401)},
		"refusal 429": {submit: refuse(429)},
		"refusal 500": {submit: refuse(500)},
		"refusal 502": {submit: refuse(502)},
		"a bare text": {submit: says(400, `{"error":"`+q+`"}`)},
		"an error within an error": {submit: says(400,
			`{"error":{"message":"upstream: {\"error\":{\"code\":\"server_error\",\"message\":\"`+quote(q)+`\"}}"}}`)},
		"HTML 200":        {submit: html(200)},
		"HTML 403":        {submit: html(403)},
		"text":            {submit: says(500, text, "Content-Type", "text/plain")},
		"a member twice":  {submit: says(200, `{"`+q+`":1,"`+q+`":2}`)},
		"status line":     {submit: raw("HTTP/1.1 " + text + "\r\n\r\n")},
		"header's name":   {submit: raw("HTTP/1.1 200 OK\r\n" + text + "\r\n\r\n")},
		"length":          {submit: raw("HTTP/1.1 200 OK\r\nContent-Length: " + text + "\r\n\r\n")},
		"coding":          {submit: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + text + "\r\n\r\n")},
		"redirect 302":    {submit: moved(302, "https://"+text+".example.com/"+text)},
		"redirect 307":    {submit: moved(307, "/v1/videos?key="+text)},
		"job id":          {submit: says(200, `{"id":"`+q+`","status":"queued"}`)},
		"within a job id": {submit: says(200, `{"id":"job:`+q+`:1","status":"queued"}`)},
		"polling address": {submit: job(`"polling_url":"/v1/videos/job-1?key=` + q + `"`)},
		"clip's address":  {submit: job(`"url":"/v1/videos/job-1/content?key=` + q + `"`)},
		"clip's path":     {submit: job(`"url":"/v1/videos/` + q + `/content"`)},
		"clip's host":     {poll: done(`"url":"https://` + q + `.example.com/clip.mp4"`)},
		"cost": {poll: done(`"cost_usd":"` + q + `","usage":{"cost":"` + q + `","currency":"` + q +
			`"}`)},
		"status":                {submit: says(200, `{"id":"job-1","status":"`+q+`"}`)},
		"failed job":            {poll: says(200, `{"status":"failed","error":{"code":"`+q+`","message":"`+q+`"}}`)},
		"failed job, bare text": {poll: says(200, `{"status":"failed","fail_reason":"`+q+`"}`)},
		"poll 404":              {poll: says(404, `{"error":{"code":"not_found","message":"`+q+`"}}`)},
		"clip 410":              {content: refuse(410)},
		"clip 302":              {content: moved(302, "https://"+text+".example.com/"+text)},
		"clip is the key":       {content: says(200, text, "Content-Type", "video/mp4")},
		"clip's type": {content: raw("HTTP/1.1 200 OK\r\nContent-Type: " + text +
			"\r\nContent-Length: 2\r\n\r\n{}")},
	}
}

// TestNothingKeepsTheKey: a channel that echoes the key wherever it can gets it into no file of a run and
// no error.
func TestNothingKeepsTheKey(t *testing.T) {
	var rows []echo
	for form, text := range forms() {
		for place, channel := range echoes(text) {
			rows = append(rows, echo{place, form, channel})
		}
	}
	all(t, rows)
}

// echo is a channel that has heard the canary, and says it.
type echo struct {
	place, form string
	channel     *relay
}

func (e echo) title() string { return e.place + ", " + e.form }

func (e echo) test(t *testing.T) {
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary),
		scenario.Options{Set: []string{`bench.orders=1`, `workload.deadline="400s"`}})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var results bytes.Buffer
	run, err := Run(t.Context(), s, Options{Speed: 200, Key: func(string) string { return canary }, Prompts: Prompts(),
		Cap: money.Dollar, Version: "test",
		Journal: filepath.Join(folder, "orders.jsonl"), Results: &results,
		BaseURLs: map[string]string{"relay": here(t, e.channel) + "/v1"}})
	unwrapped(t, err)
	if run == nil {
		t.Fatalf("no figures: %v", err)
	}
	if err := record.Write(&results, run); err != nil {
		t.Fatal(err)
	}
	hush(t, "what the run says", results.Bytes())
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil || len(text) == 0 {
			t.Fatalf("%s is empty: %v", file.Name(), err)
		}
		hush(t, file.Name(), text)
	}
	if _, heard := e.channel.asked.Load("Bearer " + canary); !heard {
		t.Error("the channel never heard the key")
	}
}

// unwrapped looks at an error and at all within it.
func unwrapped(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	hush(t, "an error", fmt.Appendf(nil, "%v %+v %#v %q", err, err, err, err))
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, e := range many.Unwrap() {
			unwrapped(t, e)
		}
		return
	}
	unwrapped(t, errors.Unwrap(err))
}

// TestNothingKeepsAnotherChannelsKey: two channels of one relay, whose answers to the orders of one quote the key of
// the other, as its id, its addresses and its errors.
func TestNothingKeepsAnotherChannelsKey(t *testing.T) {
	const second = `
[channels.sister]
kind     = "forwarding"
protocol = "openai-videos"
base_url = "https://api.example.com/v1"
key_env  = "SISTER_KEY"
model    = "sora-2"
poll     = "10s"
price    = { per_call = "$0.10", as_of = 2025-12-01, source = "test" }
latency  = { base = "10s", sigma = 0.1 }
`
	for form, text := range forms() {
		if !proof.Long && !slices.Contains([]string{"plain", "base64 of the header", "in unicode"}, form) {
			continue // TestNothingKeepsTheKey has them all
		}
		for place, channel := range echoes(text) {
			s, _, err := scenario.Load("ordinary.toml", []byte(ordinary+second),
				scenario.Options{Set: []string{oneOrder, `workload.deadline="100s"`,
					`strategies.only.steps=[{channel="relay",attempts=1},{channel="sister",attempts=1}]`}})
			if err != nil {
				t.Fatal(err)
			}
			keys := map[string]string{"RELAY_KEY": "key-of-the-relay", "SISTER_KEY": canary}
			base := here(t, channel) + "/v1"
			path := filepath.Join(t.TempDir(), "orders.jsonl")
			var told []string
			run, err := Run(t.Context(), s, Options{Speed: 1000, Key: func(env string) string { return keys[env] },
				Prompts: Prompts(), Cap: money.Dollar, Version: "test",
				Journal: path, BaseURLs: map[string]string{"relay": base, "sister": base},
				Notice: func(text string) { told = append(told, text) }})
			unwrapped(t, err)
			var figures bytes.Buffer
			if err := record.Write(&figures, run); err != nil {
				t.Fatal(err)
			}
			journal, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string][]byte{"run.json": figures.Bytes(), "the journal": journal,
				"a notice": []byte(strings.Join(told, "\n"))} {
				hush(t, fmt.Sprintf("%s of %s, %s,", what, place, form), text)
			}
		}
	}
}
