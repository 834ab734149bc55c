package dialect

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// answersInGoldens are the recorded answers, as seeds.
func answersInGoldens(f *testing.F) []string {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	var answers []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if body, found := strings.CutPrefix(line, "< {"); found {
				answers = append(answers, "{"+strings.TrimSpace(body))
			}
		}
	}
	return answers
}

// seeds are answers that once were, or may be, trouble.
var seeds = []string{
	`{"id":"key-of-the-test","url":"/key-of-the-test"}`,
	`{"error":{"code":"key-of-the-test","message":"key-of-\u0000the-test"}}`,
	"", "null", "[]", "{}", `"x"`, "1e999999999", "<html>", "\xef\xbb\xbf{}", `{"id":"..","status":"queued"}`,
	`{"id":1e9,"status":1}`,
	`{"data":[[{"id":1}]]}`, `{"error":{"message":"{\"error\":{\"message\":\"{}\"}}"}}`, `{"error":"}{"}`,
	`{"detail":[{"msg":"x"}]}`,
	`{"status":"completed","url":"https://u:p@h/"}`, `{"status":"completed","url":"//h"}`, `{"usage":{"cost":1e99}}`,
	`{"polling_url":"http://[::1"}`,
	strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
}

// FuzzSubmitted checks what money depends on, for any answer: no panic; a job that is accepted can be asked about or
// fetched; nothing shows the key; and no request carries it elsewhere.
func FuzzSubmitted(f *testing.F) {
	for _, body := range append(answersInGoldens(f), seeds...) {
		for _, status := range []int{200, 400, 429, 502} {
			f.Add(status, "1", body, false)
		}
	}
	f.Fuzz(func(t *testing.T, status int, retryAfter, body string, truncated bool) {
		r := &Response{Status: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: []byte(body),
			Truncated: truncated}
		for _, d := range all {
			a := d.Submitted(target, r)
			checkPause(t, a.RetryAfter)
			checkText(t, a.Message)
			checkText(t, a.Code)
			switch a.Verdict {
			case Accepted:
				if truncated {
					t.Error("accepted by half an answer")
				}
				checkJob(t, d, a.Progress)
			case Lost:
				if a.Reason != channel.Lost || a.Fault != NoFault {
					t.Errorf("got %+v", a)
				}
			case Refused, OurFault:
				if a.Reason == channel.NoReason || a.Reason == channel.Lost || (a.Fault != NoFault) != (a.Verdict == OurFault) {
					t.Errorf("got %+v", a)
				}
			}
		}
	})
}

func FuzzPolled(f *testing.F) {
	for _, body := range append(answersInGoldens(f), seeds...) {
		for _, status := range []int{200, 404, 500} {
			f.Add(status, "1", body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, pollAfter, body string) {
		j := Job{ID: "video_1"}
		r := &Response{Status: status, Header: http.Header{"Openai-Poll-After-Ms": {pollAfter}, "Location": {body}},
			Body: []byte(body)}
		for _, d := range all {
			for _, p := range []Progress{d.Polled(target, j, r), Withheld(target, j, r, "")} {
				if p.Job.ID != j.ID {
					t.Errorf("the job became %q", p.Job.ID)
				}
				if (p.State == Failed) != (p.Reason != channel.NoReason) {
					t.Errorf("got %+v", p)
				}
				checkJob(t, d, p)
			}
		}
	})
}

func FuzzBalance(f *testing.F) {
	for _, body := range append(seeds, `{"balance":-1e-9}`,
		`{"data":{"total_credits":1e12,"total_usage":"-4611686018427"}}`, `{"balance_infos":[[1]]}`,
		`{"currency":"key-of-the-test","balance":1}`, `{"data":{"object":"token_usage","total_available":1}}`,
		`{"code":200,"data":1e18}`, `{"creditBalance":-0.1}`) {
		for _, status := range []int{200, 401, 403, 500} {
			f.Add(status, body, uint32(status%2*10_000))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string, unit uint32) {
		left, err := Balance(&Response{Status: status, Body: []byte(body)}, money.Micros(unit))
		if err == nil {
			if status != http.StatusOK {
				t.Errorf("a balance of %v in a %d", left, status)
			}
			return
		}
		checkText(t, err.Error())
		if left != 0 {
			t.Errorf("%v and %v", left, err)
		}
	})
}

func checkJob(t *testing.T, d Dialect, p Progress) {
	t.Helper()
	checkPause(t, p.PollAfter)
	checkText(t, p.Message)
	checkText(t, p.Code)
	if strings.Contains(p.Job.ID+p.Job.PollURL+p.Job.ContentURL, target.Key.Reveal()) {
		t.Errorf("the key is in %+v", p.Job)
	}
	if p.Cost < 0 || p.Cost != 0 && !p.CostKnown {
		t.Errorf("cost %v", p.Cost)
	}
	for i, build := range []func(Target, Job) (*http.Request, error){d.Poll, d.Fetch} {
		r, err := build(target, p.Job)
		if err != nil {
			if p.Job.ID != "" && (i == 0 || p.State == Completed) {
				t.Errorf("%+v: %v", p.Job, err)
			}
			continue
		}
		home := r.URL.Scheme == "https" && strings.EqualFold(r.URL.Host, "api.example.com")
		if !home && r.URL.Host != "cdn.example.com" && r.URL.Hostname() != "cdn.example.com" {
			t.Errorf("a request to %s", r.URL)
		}
		if !home && len(r.Header["Authorization"]) > 0 {
			t.Errorf("the key goes to %s", r.URL)
		}
	}
}

func checkPause(t *testing.T, pause time.Duration) {
	t.Helper()
	if pause < 0 || pause > maxPause {
		t.Errorf("a pause of %v", pause)
	}
}

func checkText(t *testing.T, text string) {
	t.Helper()
	if len(text) > maxMessage+len("…") || strings.ContainsAny(text, "\r\n\x00\x1b") ||
		strings.Contains(text, target.Key.Reveal()) {
		t.Errorf("a message %q", text)
	}
}
