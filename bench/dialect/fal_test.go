package dialect

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

func TestFalQueue(t *testing.T) {
	at := target
	at.Model = "fal-ai/veo3.1/fast"
	billed := made
	billed.Units = Quantity{3_008_000, "unit"}
	flagged := Sale{State: Failed, Code: "moderation_blocked", Units: Quantity{2_000_000, "unit"}}
	performAt(t, fal, at, vendorActs(
		act{name: "delivered", seller: script{sales: sold(billed)}, check: charged(billed.Units)},
		act{name: "moderation-billed", seller: script{sales: sold(flagged)}, check: charged(flagged.Units)}))

	there := Job{ID: "j1", PollURL: "https://api.example.com/fal-ai/veo3.1/requests/j1/status"}
	result := Job{ID: "j1", PollURL: "https://api.example.com/fal-ai/veo3.1/requests/j1"}
	understand(t, fal, at, []heard{
		{name: "accepted", verdict: Accepted, job: there, body: `{"status":"IN_QUEUE","request_id":"j1","queue_position":0,
			"response_url":"` + result.PollURL + `","status_url":"` + there.PollURL + `","cancel_url":"x"}`},
		{name: "accepted, with fewer addresses", body: `{"status":"IN_QUEUE","request_id":"j1"}`,
			verdict: Accepted, job: Job{ID: "j1"}},
		{name: "an id alone", body: `{"request_id":"j1"}`},
		{name: "flagged at once", status: 422, verdict: Refused, reason: channel.Moderation,
			body: `{"detail":[{"loc":["body","prompt"],"msg":"flagged","type":"content_policy_violation","categories":["x"]}]}`},
		{name: "bad input", status: 422, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"detail":[{"loc":["body","duration"],"msg":"Input should be '4s', '6s' or '8s'","type":"literal_error"}]}`},
		{name: "no such model", status: 404, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"detail":"Application \"veo9\" not found"}`},
		{name: "empty", status: 403, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}`},
		{name: "blocked", status: 403, verdict: OurFault, reason: channel.Submit, fault: BadKey,
			body: `{"detail":"Access denied"}`},
		{name: "bad key", status: 401, verdict: OurFault, reason: channel.Submit, fault: BadKey,
			body: `{"detail":"Authentication is required to access this application."}`},
		{name: "too fast", status: 429, verdict: Refused, reason: channel.RateLimited, body: `{"detail":"slow down"}`},
		{name: "no runner", status: 503, verdict: Refused, reason: channel.Submit,
			body: `{"detail":"no runner","error_type":"runner_scheduling_failure"}`},
		{name: "too long", status: 504, body: `{"detail":"timed out","error_type":"request_timeout"}`},

		{name: "in the queue", poll: true, status: 202, job: there,
			body: `{"status":"IN_QUEUE","request_id":"j1","queue_position":3,"status_url":"` + there.PollURL + `"}`},
		{name: "in progress", poll: true, status: 202, body: `{"status":"IN_PROGRESS","request_id":"j1","logs":[]}`},
		{name: "completed: ask for the result", poll: true, job: result,
			body: `{"status":"COMPLETED","request_id":"j1","response_url":"` + result.PollURL + `","metrics":{}}`},
		{name: "completed, and failed: ask, too", poll: true, job: result, body: `{"status":"COMPLETED","request_id":"j1",
			"response_url":"` + result.PollURL + `","error":"oops","error_type":"internal_error"}`},
		{name: "completed, without an address", poll: true, of: there, job: result,
			body: `{"status":"COMPLETED","request_id":"j1"}`},
		{name: "completed, at no address", poll: true, of: there, job: result,
			body: `{"status":"COMPLETED","request_id":"j1","response_url":"https://u:p@api.example.com/x"}`},
		{name: "completed, asked with its log", poll: true, of: Job{ID: "j1", PollURL: there.PollURL + "?logs=1"},
			job: result, body: `{"status":"COMPLETED","request_id":"j1"}`},
		{name: "another's", poll: true, body: `{"status":"IN_PROGRESS","request_id":"j2"}`},
		{name: "no word of fal's", poll: true, body: `{"status":"FAILED","request_id":"j1"}`},
		{name: "the status failed", poll: true, of: there, job: there, status: 500,
			body: `{"detail":"Internal Server Error"}`},
		{name: "no such request", poll: true, status: 404, state: Gone, body: `{"detail":"Request not found"}`},

		{name: "a result", poll: true, of: result, state: Completed, units: Quantity{38_800_000, "unit"},
			header: http.Header{"X-Fal-Billable-Units": {"38.8"}, "X-Fal-Request-Id": {"a-retry-of-it"}},
			body:   `{"video":{"url":"https://v3b.fal.media/1.mp4","content_type":"video/mp4"},"seed":1}`,
			job:    Job{ID: "j1", PollURL: result.PollURL, ContentURL: "https://v3b.fal.media/1.mp4"}},
		{name: "units beyond all clips", poll: true, of: result, state: Completed,
			header: http.Header{"X-Fal-Billable-Units": {"9e11"}}, body: `{"video":{"url":"https://v3b.fal.media/1.mp4"}}`,
			job: Job{ID: "j1", PollURL: result.PollURL, ContentURL: "https://v3b.fal.media/1.mp4"}},
		{name: "a result without a clip", poll: true, of: result, job: result, body: `{"images":[]}`},
		{name: "a result too early", poll: true, of: result, job: result, status: 400,
			body: `{"detail":"Request is still in progress"}`},
		{name: "a result that was flagged", poll: true, of: result, job: result, status: 422, state: Failed,
			reason: channel.Moderation, header: http.Header{"X-Fal-Billable-Units": {"4"}}, units: Quantity{4_000_000, "unit"},
			body: `{"detail":[{"loc":["body"],"msg":"flagged","type":"content_policy_violation"}]}`},
		{name: "a result of bad input", poll: true, of: result, job: result, status: 422, state: Failed, reason: channel.Job,
			body: `{"detail":[{"loc":["body","image_url"],"msg":"too small","type":"image_too_small"}]}`},
		{name: "a result that broke", poll: true, of: result, job: result, status: 500, state: Failed, reason: channel.Job,
			body: `{"detail":"Internal Server Error"}`},
		{name: "a result that took too long", poll: true, of: result, job: result, status: 504, state: Failed,
			reason: channel.Job, body: `{"detail":"Request timed out","error_type":"request_timeout"}`},
		{name: "a gateway before the result", poll: true, of: result, job: result, status: 504, body: `<html>`},
		{name: "a gateway that speaks JSON", poll: true, of: result, job: result, status: 503,
			body: `{"detail":"Service Unavailable"}`},
		{name: "a status at a relay's own place", poll: true, of: Job{ID: "j1", PollURL: "/own/j1"}, job: result,
			body: `{"status":"COMPLETED","request_id":"j1","response_url":"` + result.PollURL + `"}`},
		{name: "a result that broke, with a status", poll: true, of: result, job: result, status: 500, state: Failed,
			reason: channel.Job, body: `{"status":"error","detail":"Internal Server Error"}`},
		{name: "a relay before the result", poll: true, of: result, job: result, status: 500,
			body: `{"code":"fail_to_fetch_task","message":"no","data":null}`},
		{name: "a relay without a channel", poll: true, of: result, job: result, status: 422, fault: BadRequest,
			body: `{"error":{"code":"model_not_found","message":"no channel","type":"new_api_error"}}`},
		{name: "no right to the result", poll: true, of: result, job: result, status: 401, fault: BadKey,
			body: `{"detail":"Authentication is required"}`},
	})
}

// TestFalPlaces holds a model's path against what is asked, of which the queue knows no more than the app's.
func TestFalPlaces(t *testing.T) {
	for model, want := range map[string]string{
		"fal-ai/veo3.1": "/v1/fal-ai/veo3.1/requests/j1/status",
		"bytedance/seedance-2.0/fast/text-to-video": "/v1/bytedance/seedance-2.0/requests/j1/status",
		"workflows/me/mine":                         "/v1/workflows/me/mine/requests/j1/status",
		"comfy/me/mine/run":                         "/v1/comfy/me/mine/requests/j1/status",
	} {
		at := target
		at.Model = model
		r, err := fal.Submit(at, order)
		if err != nil || r.URL.Path != "/v1/"+model {
			t.Errorf("%s: got %v, %v", model, r, err)
		}
		if r, err = fal.Poll(at, Job{ID: "j1"}); err != nil || r.URL.Path != want {
			t.Errorf("%s: got %v, %v", model, r, err)
		}
		relayed := Job{ID: "j1", PollURL: "https://queue.fal.run/x/y/requests/j1"}
		r, err = fal.Poll(at, relayed)
		if err != nil || r.URL.Host != "api.example.com" || r.URL.Path != strings.TrimSuffix(want, "/status") {
			t.Errorf("%s, relayed: got %v, %v", model, r, err)
		}
		mux := http.NewServeMux()
		fal.Routes(mux, "/v1", &script{sales: sold(made)})
		p := play(t, fal, at, &http.Client{Transport: &wire{handler: mux}}, "")
		usable(t, p)
		if place := p.answer.Progress.Job.PollURL; !strings.HasSuffix(place, strings.Replace(want, "j1", "video_1", 1)) {
			t.Errorf("%s: at %s", model, place)
		}
	}
	for _, model := range []string{"", "veo3.1", "fal-ai/", "fal-ai/../x"} {
		at := target
		at.Model = model
		if _, err := fal.Submit(at, order); err == nil || !strings.Contains(err.Error(), "fal-ai/veo3.1/fast") {
			t.Errorf("%q: got %v", model, err)
		}
	}
}

// TestFalInput writes an order as a model wants it.
func TestFalInput(t *testing.T) {
	at := target
	at.Model = "fal-ai/kling-video/v3/pro/text-to-video"
	at.Form = channel.Form{Length: channel.LengthAsDuration, Send: []string{"aspect_ratio"},
		Fields: map[string]any{"generate_audio": true}}
	r, err := fal.Submit(at, Order{Clip: order.Clip, Prompt: "a cat"})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	if want := `{"aspect_ratio":"16:9","duration":"8s","generate_audio":true,"prompt":"a cat"}`; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}
