package dialect

import (
	"testing"

	"channelbench/internal/channel"
)

// TestRelays asks every vendor's readers what answers mean that are none of the vendor's: of a relay that sells its
// models at its own address, of a gateway, or broken. polls of the job "j1" never end it.
func TestRelays(t *testing.T) {
	at := target
	at.Model = "owner/model"
	for _, row := range []struct {
		name    string
		status  int
		body    string
		verdict Verdict
		reason  channel.Reason
		fault   Fault // of a poll, too
	}{
		{"an empty account", 403, `{"error":{"code":"insufficient_user_quota","message":"x","type":"new_api_error"}}`,
			OurFault, channel.Submit, NoBalance},
		{"an empty account, flat", 403, `{"code":"insufficient_user_quota","message":"x","data":null}`,
			OurFault, channel.Submit, NoBalance},
		{"a bad key", 401, `{"error":{"code":"","message":"无效的令牌 (request id: 2026)","type":"new_api_error"}}`,
			OurFault, channel.Submit, BadKey},
		{"too fast", 429, `{"error":{"message":"当前分组上游负载已饱和","type":"new_api_error"}}`,
			Refused, channel.RateLimited, NoFault},
		{"no channel", 503, `{"error":{"code":"model_not_found","message":"No available channel for model x"}}`,
			Refused, channel.Submit, NoFault},
		{"the vendor's refusal", 500, `{"code":"fail_to_fetch_task","message":"upstream said no","data":null}`,
			Refused, channel.Submit, NoFault},
		{"passed on", 500, `{"code":"do_request_failed","message":"Post: EOF","data":null}`, Lost, channel.Lost, NoFault},
		{"passed on, by its text", 500, `{"error":{"code":"internal_error","message":"context deadline exceeded"}}`,
			Lost, channel.Lost, NoFault},
		{"a gateway that knows codes", 504, `{"error":{"code":"InternalServiceError","status":"UNAVAILABLE"}}`,
			Lost, channel.Lost, NoFault},
		{"a gateway that knows numbers", 524, `{"code":5000,"message":"x","base_resp":{"status_code":2013}}`,
			Lost, channel.Lost, NoFault},
		{"a page", 524, `<html>`, Lost, channel.Lost, NoFault},
		{"a page that is fine", 200, `<html>`, Lost, channel.Lost, NoFault},
		{"half an answer", 200, `{"id":"t1","task_id":"t1","request_id":"t1"`, Lost, channel.Lost, NoFault},
		{"nothing", 200, `null`, Lost, channel.Lost, NoFault},
		{"two truths", 200, `{"id":"t1","id":"t2","task_id":"t1","request_id":"t1"}`, Lost, channel.Lost, NoFault},
		{"the relay's own job", 200, `{"code":"success","message":"","data":{"task_id":"t1","status":"SUBMITTED"}}`,
			Lost, channel.Lost, NoFault},
		{"a job beside a code", 200, `{"code":7,"message":"queued","data":{"id":"t1","taskId":"t1","task_id":"t1"}}`,
			Lost, channel.Lost, NoFault},
		{"a job beside an error", 200, `{"error":{"code":"oops","message":"x"},"id":"t1","task_id":"t1"}`,
			Lost, channel.Lost, NoFault},
		{"a job beside an error's status", 500, `{"error":{"code":"oops","message":"x"},"id":"t1"}`,
			Lost, channel.Lost, NoFault},
		{"a job within an error's status", 500, `{"error":{"code":"oops","message":"x"},"data":{"task_id":"t1"}}`,
			Lost, channel.Lost, NoFault},
		{"a question's id", 200, `{"request_id":"r1","message":"queue is paused"}`, Lost, channel.Lost, NoFault},
		{"an id and a text", 200, `{"id":"r1","task_id":"r1","message":"queue is paused"}`, Lost, channel.Lost, NoFault},
	} {
		for _, d := range all {
			if _, is := d.(*vendor); !is {
				continue
			}
			t.Run(row.name+"/"+d.Name(), func(t *testing.T) {
				r := &Response{Status: row.status, Body: []byte(row.body)}
				if a := d.Submitted(at, r); a.Verdict != row.verdict || a.Reason != row.reason || a.Fault != row.fault {
					t.Errorf("submitted: got %v, %v, %v: %s", a.Verdict, a.Reason, a.Fault, a.Message)
				}
				for _, place := range []string{"", "/v1/x/requests/j1"} { // the last is where fal's results are
					p := d.Polled(at, Job{ID: "j1", PollURL: place}, r)
					if p.State != InProgress || p.Fault != row.fault || p.CostKnown || p.Units != (Quantity{}) {
						t.Errorf("polled at %q: got %+v", place, p)
					}
				}
			})
		}
	}
}
