package dialect

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

// overLimit is the act of a refusal for the rate, with the pause that a protocol can tell.
func overLimit(pause time.Duration) act {
	return act{name: "rate-limited",
		seller: script{refuse: &Refusal{Reason: channel.RateLimited, RetryAfter: 1500 * time.Millisecond}},
		check:  verdict(Answer{Verdict: Refused, Reason: channel.RateLimited, RetryAfter: pause})}
}

func TestReplicate(t *testing.T) {
	at := target
	at.Model = "kwaivgi/kling-v3"
	performAt(t, replicate, at, vendorActs(overLimit(2*time.Second),
		act{name: "gone-clip", seller: script{sales: sold(made), content: &Refusal{Gone: true}, traps: []string{"gone-clip"}},
			check: withheld(Gone)}))
	const urls = `"urls":{"get":"https://api.replicate.com/v1/predictions/j1","cancel":"x"}`
	understand(t, replicate, at, []heard{
		{name: "accepted", status: 201, body: `{"id":"j1","status":"starting","output":null,` + urls + `}`,
			verdict: Accepted, job: Job{ID: "j1"}},
		{name: "no credit", status: 402, body: `{"title":"Insufficient credit","detail":"You have insufficient credit.","status":402}`,
			verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "bad key", status: 401, body: `{"title":"Unauthenticated","detail":"You did not pass a valid token","status":401}`,
			verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "bad input", status: 422, body: `{"title":"Input validation failed","detail":"- input.prompt is required","status":422}`,
			verdict: OurFault, reason: channel.Submit, fault: BadRequest},
		{name: "flagged as bad input", status: 422, body: `{"title":"Invalid","detail":"NSFW content detected","status":422}`,
			verdict: Refused, reason: channel.Moderation},
		{name: "throttled", status: 429, pause: 30 * time.Second, verdict: Refused, reason: channel.RateLimited,
			body: `{"detail":"Request was throttled. Your rate limit resets in ~30s.","status":429}`},
		{name: "a gateway", status: 502, body: `<html>bad gateway`},
		{name: "processing", poll: true, body: `{"id":"j1","status":"processing",` + urls + `}`},
		{name: "a list of clips", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://replicate.delivery/1.mp4"},
			body: `{"id":"j1","status":"succeeded","output":["https://replicate.delivery/1.mp4"],` + urls + `}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","status":"failed","error":"CUDA out of memory",` + urls + `}`},
		{name: "moderated", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","status":"failed","error":"The input or output was flagged as sensitive. (E005)",` + urls + `}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"canceled",` + urls + `}`},
		{name: "aborted", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"aborted",` + urls + `}`},
		{name: "another job", poll: true, body: `{"id":"j2","status":"failed",` + urls + `}`},
		{name: "polled too often", poll: true, status: 429, pause: 4 * time.Second,
			body: `{"detail":"Request was throttled. Your rate limit resets in ~4s."}`},
		{name: "unknown", poll: true, status: 404, state: Gone, body: `{"detail":"The requested resource could not be found.","status":404}`},
	})
}

func TestReplicateModels(t *testing.T) {
	for _, model := range []string{"", "kling", "a/b/c", "/b"} {
		_, err := replicate.Submit(Target{BaseURL: target.BaseURL, Model: model}, order)
		if err == nil || !strings.Contains(err.Error(), "owner/name") {
			t.Errorf("%q: %v", model, err)
		}
	}
}

// TestForms is how models of one protocol have their orders written differently, by the scenario alone.
func TestForms(t *testing.T) {
	at := target
	at.Model = "owner/model"
	at.Form = channel.Form{Length: channel.LengthAsDuration, Send: []string{"aspect_ratio"},
		Fields: map[string]any{"generate_audio": false, "mode": "pro"}}
	at.Headers = map[string]string{"X-Extra": "1"}
	r, err := replicate.Submit(at, order)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{handler: http.NotFoundHandler()}
	if _, err := w.RoundTrip(r); err != nil || r.Header.Get("X-Extra") != "1" {
		t.Error(err, r.Header)
	}
	want := `{"input":{"aspect_ratio":"16:9","duration":"8s","generate_audio":false,"mode":"pro","prompt":`
	if !strings.Contains(w.log.String(), want) {
		t.Errorf("got %s, want %s", w.log.String(), want)
	}
}
