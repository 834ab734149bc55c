package dialect

import (
	"strings"
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

func TestDashScope(t *testing.T) {
	perform(t, dashscope, vendorActs(act{name: "delivered", seller: script{sales: sold(made)},
		check: func(t *testing.T, p played) {
			usable(t, p)
			if got := p.progress[len(p.progress)-1].Units; got != (Quantity{8 * money.Dollar, "second"}) {
				t.Errorf("billed %v", got)
			}
		}}))
	const of = `"request_id":"r1"`
	understand(t, dashscope, target, []heard{
		{name: "accepted", body: `{` + of + `,"output":{"task_id":"t1","task_status":"PENDING"}}`, verdict: Accepted,
			job: Job{ID: "t1"}},
		{name: "accepted, with a code", verdict: Accepted, job: Job{ID: "t1"},
			body: `{"code":"200",` + of + `,"output":{"task_id":"t1","task_status":"PENDING"}}`},
		{name: "bad key", status: 401, body: `{"code":"InvalidApiKey","message":"Invalid API-key provided.",` + of + `}`,
			verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "in arrears", status: 400, body: `{"code":"Arrearage","message":"Access denied",` + of + `}`,
			verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "too fast", status: 429, body: `{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded",` + of + `}`,
			verdict: Refused, reason: channel.RateLimited},
		{name: "moderated", status: 400, body: `{"code":"DataInspectionFailed","message":"Input data may be bad",` + of + `}`,
			verdict: Refused, reason: channel.Moderation},
		{name: "running", poll: true, body: `{` + of + `,"output":{"task_id":"j1","task_status":"RUNNING"}}`},
		{name: "succeeded", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://oss.example.com/1.mp4?Expires=1"},
			units: Quantity{5 * money.Dollar, "second"},
			body: `{` + of + `,"output":{"task_id":"j1","task_status":"SUCCEEDED","video_url":"https://oss.example.com/1.mp4?Expires=1"},
				"usage":{"duration":5,"output_video_duration":5,"video_count":1}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{` + of + `,"output":{"task_id":"j1","task_status":"FAILED","code":"InternalError","message":"no"}}`},
		{name: "moderated late", poll: true, state: Failed, reason: channel.Moderation,
			body: `{` + of + `,"output":{"task_id":"j1","task_status":"FAILED","code":"DataInspectionFailed","message":"no"}}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job,
			body: `{` + of + `,"output":{"task_id":"j1","task_status":"CANCELED"}}`},
		{name: "unknown", poll: true, state: Gone, body: `{` + of + `,"output":{"task_id":"j1","task_status":"UNKNOWN"}}`},
	})
}

// TestDashScopeSize is how models before wan2.7 want a size.
func TestDashScopeSize(t *testing.T) {
	at := target
	at.Form.Send = []string{"size"}
	r, err := dashscope.Submit(at, order)
	if err != nil {
		t.Fatal(err)
	}
	var body strings.Builder
	if err := r.Write(&body); err != nil || !strings.Contains(body.String(), `"parameters":{"duration":8,"size":"1280*720"}`) {
		t.Error(err, body.String())
	}
}
