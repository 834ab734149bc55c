package dialect

import (
	"testing"

	"channelbench/internal/channel"
)

func TestMiniMax(t *testing.T) {
	perform(t, minimax, vendorActs(overLimit(0)))
	const fine = `"base_resp":{"status_code":0,"status_msg":"success"}`
	refusal := func(code string) string { return `{"base_resp":{"status_code":` + code + `,"status_msg":"no"}}` }
	understand(t, minimax, target, []heard{
		{name: "accepted", body: `{"task_id":"t1",` + fine + `}`, verdict: Accepted, job: Job{ID: "t1"}},
		{name: "an id beside an error", body: `{"task_id":"","base_resp":{"status_code":1000,"status_msg":"unknown error"}}`,
			verdict: Refused, reason: channel.Submit},
		{name: "timed out", body: refusal("1001")},
		{name: "too fast", body: refusal("1002"), verdict: Refused, reason: channel.RateLimited},
		{name: "bad key", body: refusal("1004"), verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "empty", body: refusal("1008"), verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "moderated", body: refusal("1026"), verdict: Refused, reason: channel.Moderation},
		{name: "bad input", body: refusal("2013"), verdict: OurFault, reason: channel.Submit, fault: BadRequest},
		{name: "another host's key", body: refusal("2049"), verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "plan used up", body: refusal("2056"), verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "queueing", poll: true, body: `{"task_id":"j1","status":"Queueing",` + fine + `}`},
		{name: "success, but where", poll: true, body: `{"task_id":"j1","status":"Success","file_id":"f1",` + fine + `}`,
			job: Job{ID: "j1", PollURL: "https://api.example.com/v1/files/retrieve?file_id=f1"}},
		{name: "the file", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4"},
			body: `{"file":{"file_id":"f1","download_url":"https://cdn.example.com/1.mp4"},` + fine + `}`},
		{name: "fail", poll: true, state: Failed, reason: channel.Job, body: `{"task_id":"j1","status":"Fail",` + fine + `}`},
		{name: "fail, and why", poll: true, state: Failed, reason: channel.Job,
			body: `{"task_id":"j1","status":"Fail","base_resp":{"status_code":1000,"status_msg":"unknown error"}}`},
		{name: "a poll that failed", poll: true,
			body: `{"task_id":"j1","status":"Fail","base_resp":{"status_code":1002,"status_msg":"rate limit"}}`},
		{name: "moderated late", poll: true, state: Failed, reason: channel.Moderation, body: refusal("1027")},
		{name: "polled too often", poll: true, body: refusal("1002")},
		{name: "the key, at a poll", poll: true, fault: BadKey, body: refusal("1004")},
	})
}
