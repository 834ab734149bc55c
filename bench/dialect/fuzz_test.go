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
	`{"code":7,"message":"x","data":{"id":"video_1","taskId":"video_1","task_id":"video_1","state":"fail"}}`,
	`{"code":501,"msg":[],"data":[{"taskId":{}}]}`, `{"code":0,"data":[{"id":"video_1","status":"failed","billing":[
		{"charge_type":"unit","amount":"9e12"},{"charge_type":"cash","amount":9e12,"currency":"USD"}]},{"id":2}]}`,
	`{"task_id":"video_1","status":"Success","file_id":"../x","base_resp":{"status_code":1026}}`,
	`{"name":"models/m/operations/video_1","done":true,"error":{},"response":null}`,
	`{"id":"video_1","object":"interaction","status":"completed","steps":[{"type":"model_output","content":[
		{"type":"video","uri":"//evil.example.com/files/1?key=key-of-the-test"}]}],"error":{"details":[
		{"@type":"google.rpc.RetryInfo","retryDelay":"-9999999h"}]}}`,
	`[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
		{"@type":"google.rpc.RetryInfo","retryDelay":"2540400h"}]}}]`,
	`{"request_id":"video_1","status":"COMPLETED","response_url":"//evil.example.com/x","status_url":7}`,
	`{"request_id":"video_1","status":"done","video":{"url":"http://api.example.com:80/x"},
		"usage":{"cost_in_usd_ticks":"1e99"}}`,
	`{"request_id":"r","output":{"task_id":"video_1","task_status":"FAILED","code":"Throttling"},"usage":{"duration":-1}}`,
	`{"id":"video_1","createdAt":1,"status":"FAILED","failureCode":"SAFETY","cost":{"credits":1e15}}`,
	`{"id":"video_1","urls":{},"status":"failed","output":[["x"]],"error":{"detail":"resets in ~999999s"}}`,
	`{"task":{"id":"video_1","status":"expired","usage":{"output_seconds":"0x1"}},"task_id":"video_1"}`,
	`{"id":"a b","polling_url":"https://api.example.com@evil.example.com/v","status":"pending",
		"urls":["/\\evil.example.com"]}`,
	`{"id":"video_1","status":"completed","usage":{"cost":1e7}}`,
	`{"detail":[{"type":"x","msg":"still in progress"}],"error_type":"request_timeout"}`,
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
	at := target
	at.Model = "owner/model" // as most have it
	for _, body := range append(answersInGoldens(f), seeds...) {
		for _, status := range []int{200, 404, 500} {
			f.Add(status, "1", body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, pollAfter, body string) {
		j := Job{ID: "video_1"}
		result := Job{ID: "video_1", PollURL: "/v1/owner/model/requests/video_1"} // of fal
		r := &Response{Status: status, Header: http.Header{"Openai-Poll-After-Ms": {pollAfter}, "Location": {body},
			"X-Fal-Billable-Units": {pollAfter}}, Body: []byte(body)}
		for _, d := range all {
			for _, p := range []Progress{d.Polled(at, j, r), d.Polled(at, result, r), Withheld(at, j, r, "")} {
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
	if p.Cost < 0 || p.Cost != 0 && !p.CostKnown || p.Units.Micros < 0 || p.Units.Micros != 0 && p.Units.Unit == "" {
		t.Errorf("cost %v, units %v", p.Cost, p.Units)
	}
	v, is := d.(*vendor)
	forbidden := is && v.content == nil // a clip may be where it may not be fetched from, and nowhere else
	for i, build := range []func(Target, Job) (*http.Request, error){d.Poll, d.Fetch} {
		r, err := build(target, p.Job)
		if err != nil {
			if p.Job.ID != "" && (i == 0 || p.State == Completed && !forbidden) {
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
