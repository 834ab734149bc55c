package dialect

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

func TestArkTasks(t *testing.T) {
	billed := made
	billed.Units = Quantity{173_700_000_000, "token"}
	perform(t, ark, vendorActs(
		act{name: "delivered", seller: script{sales: sold(billed)}, check: charged(billed.Units)},
		act{name: "expired", seller: script{sales: sold(Sale{State: Failed, Code: "server_error"}),
			traps: []string{"expired"}}, check: ended(channel.Job)}))
	refusal := func(code string) string {
		return `{"error":{"code":"` + code + `","message":"no","param":"","type":"x"}}`
	}
	rows := []heard{
		{name: "accepted", body: `{"id":"cgt-1"}`, verdict: Accepted, job: Job{ID: "cgt-1"}},
		{name: "another's job", body: `{"id":"v1","status":"queued"}`},
		{name: "no such model", status: 404, body: refusal("InvalidEndpointOrModel.NotFound"), verdict: OurFault,
			reason: channel.Submit, fault: BadRequest},
		{name: "overloaded", status: 429, body: refusal("ServerOverloaded"), verdict: Refused, reason: channel.Submit},
		{name: "broken", status: 500, body: refusal("InternalServiceError"), verdict: Refused, reason: channel.Submit},
		{name: "a pause", status: 429, body: refusal("RequestBurstTooFast"), verdict: Refused, reason: channel.RateLimited,
			header: http.Header{"Retry-After": {"3"}}, pause: 3 * time.Second},
		{name: "a gateway", status: 504, body: `<html>`},
		{name: "broken, after the order went on", status: 500, body: `{"error":{"code":"InternalServiceError",
			"message":"upstream: connection reset by peer"}}`},
		{name: "a bad order, in words of rates", status: 400, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":"InvalidParameter","message":"the frame rate limit is 24"}}`},
		{name: "in another case", status: 403, body: refusal("accountoverdueerror"), verdict: OurFault,
			reason: channel.Submit, fault: NoBalance},
		{name: "a relay's own words", status: 500, body: `{"code":"do_request_failed","message":"no","data":null}`},

		{name: "queued", poll: true, body: `{"id":"j1","status":"queued"}`},
		{name: "running", poll: true, body: `{"id":"j1","status":"running","content":{}}`},
		{name: "succeeded", poll: true, state: Completed, units: Quantity{108_900_000_000, "token"},
			body: `{"id":"j1","model":"m","status":"succeeded",
				"content":{"video_url":"https://tos.example.com/1.mp4?X-Tos-Signature=1"},
				"usage":{"completion_tokens":108900,"total_tokens":108900},"duration":5}`,
			job: Job{ID: "j1", ContentURL: "https://tos.example.com/1.mp4?X-Tos-Signature=1"}},
		{name: "succeeded, but where", poll: true, body: `{"id":"j1","status":"succeeded","content":{}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","status":"failed","error":{"code":"InternalServiceError","message":"no"}}`},
		{name: "moderated late", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","status":"failed",
				"error":{"code":"OutputVideoSensitiveContentDetected.PolicyViolation","message":"no"}}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"cancelled"}`},
		{name: "expired", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"expired"}`},
		{name: "ended otherwise", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"timeout"}`},
		{name: "done, as others say it", poll: true, body: `{"id":"j1","status":"completed"}`},
		{name: "an error that is none", verdict: Accepted, job: Job{ID: "cgt-1"},
			body: `{"id":"cgt-1","error":{"code":0,"message":""}}`},
		{name: "nobody's", poll: true, body: `{"status":"failed"}`},
		{name: "unknown", poll: true, status: 404, state: Gone, body: refusal("ResourceNotFound")},
		{name: "asked too often", poll: true, status: 429, body: refusal("AccountRateLimitExceeded")},
		{name: "the key, at a poll", poll: true, status: 401, fault: BadKey, body: refusal("AuthenticationError")},
	}
	for want, codes := range map[cause]string{
		moderation: `InputTextSensitiveContentDetected InputImageSensitiveContentDetected.PrivacyInformation
			InputTextSensitiveContentDetected.PolicyViolation SensitiveContentDetected.SevereViolation InputTextRiskDetection`,
		rateLimited: `RateLimitExceeded.EndpointRPMExceeded ModelAccountRpmRateLimitExceeded APIAccountRpmRateLimitExceeded
			AccountRateLimitExceeded RequestBurstTooFast InflightBatchsizeExceeded QuotaExceeded`,
		badKey:     `AuthenticationError AccessDenied ModelNotOpen OperationDenied.ServiceNotOpen`,
		noBalance:  `AccountOverdueError OperationDenied_ServiceOverdue SetLimitExceeded`,
		badRequest: `InvalidParameter InvalidParameter.duration MissingParameter.content`,
	} {
		for code := range strings.FieldsSeq(codes) {
			row := heard{name: code, status: 400, body: refusal(code), verdict: Refused, reason: want.reason, fault: want.fault}
			if want.fault != NoFault {
				row.verdict = OurFault
			}
			rows = append(rows, row)
		}
	}
	understand(t, ark, target, rows)
}

func TestMiniMaxV2(t *testing.T) {
	billed := made
	billed.Units = Quantity{8_000_000, "second"}
	perform(t, minimaxV2, vendorActs(
		act{name: "delivered", seller: script{sales: sold(billed)}, check: charged(billed.Units)}))
	refusal := func(text string) string {
		return `{"type":"error","error":{"type":"api_error","message":"` + text + `","http_code":"400"},"request_id":"1"}`
	}
	understand(t, minimaxV2, target, []heard{
		{name: "accepted", body: `{"task_id":"t1"}`, verdict: Accepted, job: Job{ID: "t1"}},
		{name: "Ark's", body: `{"id":"t1"}`},
		{name: "bad key", status: 401, body: refusal("login fail (1004)"), verdict: OurFault, reason: channel.Submit,
			fault: BadKey},
		{name: "another host's key", status: 401, body: refusal("invalid api key (2049)"), verdict: OurFault,
			reason: channel.Submit, fault: BadKey},
		{name: "empty", status: 402, body: refusal("insufficient balance (1008)"), verdict: OurFault, reason: channel.Submit,
			fault: NoBalance},
		{name: "empty, with another status", status: 500, body: refusal("insufficient balance (1008)"), verdict: OurFault,
			reason: channel.Submit, fault: NoBalance},
		{name: "moderated", status: 422, body: refusal("input new_sensitive (1026)"), verdict: Refused,
			reason: channel.Moderation},
		{name: "bad input", status: 400, body: refusal("duration"), verdict: OurFault, reason: channel.Submit,
			fault: BadRequest},
		{name: "too fast", status: 429, body: refusal("rate limit (1002)"), verdict: Refused, reason: channel.RateLimited},
		{name: "as the first protocol says it", body: `{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}`,
			verdict: Refused, reason: channel.RateLimited},
		{name: "running", poll: true, body: `{"task":{"id":"j1","status":"running"}}`},
		{name: "succeeded", poll: true, state: Completed, units: Quantity{5_000_000, "second"},
			body: `{"task":{"id":"j1","status":"succeeded","content":{"url":"https://cdn.example.com/1.mp4"},
				"resolution":"2K","duration":5,"ratio":"16:9","usage":{"output_seconds":5}}}`,
			job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4"}},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"task":{"id":"j1","status":"failed","error":{"code":"1000","message":"unknown error"}}}`},
		{name: "moderated late", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"task":{"id":"j1","status":"failed","error":{"code":"1027","message":"output new_sensitive"}}}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job,
			body: `{"task":{"id":"j1","status":"cancelled"}}`},
		{name: "Ark's task", poll: true, body: `{"id":"j1","status":"failed"}`},
		{name: "unknown", poll: true, status: 404, state: Gone, body: refusal("task not found")},
	})
}

// TestTasksOrders writes orders as the protocols take them.
func TestTasksOrders(t *testing.T) {
	for name, row := range map[string]struct {
		d    Dialect
		clip channel.Clip
		form channel.Form
		want string // "": it can't be ordered
	}{
		"usual": {ark, channel.Clip{Seconds: 5, Resolution: "720p", Aspect: "9:16"}, channel.Form{},
			`{"content":[{"text":"a cat","type":"text"}],"duration":5,"model":"sora-2","ratio":"9:16","resolution":"720p"}`},
		"chosen fields": {ark, channel.Clip{Seconds: 5, Resolution: "4k", Aspect: "9:16"},
			channel.Form{Send: []string{"audio"}, Fields: map[string]any{"seed": 7}},
			`{"content":[{"text":"a cat","type":"text"}],"duration":5,"generate_audio":true,"model":"sora-2","seed":7}`},
		"its own spelling": {minimaxV2, channel.Clip{Seconds: 5, Resolution: "2k"},
			channel.Form{Send: []string{"resolution"}},
			`{"content":[{"text":"a cat","type":"text"}],"duration":5,"model":"sora-2","resolution":"2K"}`},
		"a fixed one": {minimaxV2, channel.Clip{Seconds: 5, Resolution: "720p"},
			channel.Form{Fields: map[string]any{"resolution": "768P"}},
			`{"content":[{"text":"a cat","type":"text"}],"duration":5,"model":"sora-2","resolution":"768P"}`},
		"no such resolution":                 {d: ark, clip: channel.Clip{Seconds: 5, Resolution: "4k"}},
		"a resolution of Ark's, for MiniMax": {d: minimaxV2, clip: channel.Clip{Seconds: 5, Resolution: "720p"}},
	} {
		at := target
		at.Form = row.form
		r, err := row.d.Submit(at, Order{Clip: row.clip, Prompt: "a cat"})
		if row.want == "" {
			if err == nil || !strings.Contains(err.Error(), row.clip.Resolution) || !strings.Contains(err.Error(), "fields") {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if body, _ := io.ReadAll(r.Body); string(body) != row.want {
			t.Errorf("%s: got %s, want %s", name, body, row.want)
		}
	}
}

// TestArkOldStyle sells to those who say all within the prompt, as Ark's own client can't but do.
func TestArkOldStyle(t *testing.T) {
	prompt, d := oldStyle("a cat -- grey --rs 720p  --duration 5 --ratio 16:9")
	if seconds, err := lengthIn(d.at("duration")); prompt != "a cat -- grey" || seconds != 5 || err != nil ||
		d.at("resolution").text() != "720p" || d.at("ratio").text() != "16:9" {
		t.Errorf("got %q, %v", prompt, d)
	}
}
