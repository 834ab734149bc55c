package dialect

import (
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

func TestOperations(t *testing.T) {
	perform(t, operations, vendorActs())
	at := target
	at.BaseURL, at.Model = "https://api.example.com/v1beta", "veo-3.1"
	name := "models/veo-3.1/operations/j1"
	known := Job{ID: "j1", PollURL: "https://api.example.com/v1beta/" + name}
	understand(t, operations, at, []heard{
		{name: "accepted", body: `{"name":"models/veo-3.1/operations/j1"}`, verdict: Accepted, job: known},
		{name: "accepted by a relay", body: `{"name":"operations/j1","metadata":{}}`, verdict: Accepted,
			job: Job{ID: "j1", PollURL: "https://api.example.com/v1beta/operations/j1"}},
		{name: "a name that climbs", body: `{"name":"models/../operations/j1"}`},
		{name: "a name of something else", body: `{"name":"files/j1"}`},
		{name: "ended at once", verdict: Accepted, state: Failed, job: known,
			body: `{"name":"` + name + `","done":true,"error":{"code":13,"message":"Internal."}}`},
		{name: "region", status: 400, verdict: Refused, reason: channel.Region, body: `{"error":{"code":400,
			"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`},
		{name: "moderated at once", status: 400, verdict: Refused, reason: channel.Moderation, body: `{"error":{"code":400,
			"message":"This prompt contains words that violate Responsible AI practices.","status":"BLOCKLIST"}}`},
		{name: "too fast", status: 429, verdict: Refused, reason: channel.RateLimited, pause: 34 * time.Second,
			body: `{"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED","details":[
				{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}`},
		{name: "model retired", status: 404, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":404,"message":"models/veo-3.1 is not found","status":"NOT_FOUND"}}`},
		{name: "broken within", status: 500, body: `{"error":{"code":500,"message":"Internal.","status":"INTERNAL"}}`},
		{name: "runs", poll: true, job: known, body: `{"name":"` + name + `"}`},
		{name: "runs, it says", poll: true, job: known, body: `{"name":"` + name + `","done":false}`},
		{name: "done", poll: true, state: Completed, job: Job{known.ID, known.PollURL, clipOfGoogle},
			body: `{"name":"` + name + `","done":true,"response":{"generateVideoResponse":{"generatedSamples":[
				{"video":{"uri":"` + clipOfGoogle + `"}}]}}}`},
		{name: "done, with an error that is none", poll: true, state: Completed,
			job: Job{known.ID, known.PollURL, clipOfGoogle},
			body: `{"name":"` + name + `","done":true,"error":{"code":0,"message":""},"response":{"generateVideoResponse":{
				"generatedSamples":[{"video":{"uri":"` + clipOfGoogle + `"}}]}}}`},
		{name: "filtered", poll: true, state: Failed, reason: channel.Moderation, job: known,
			body: `{"name":"` + name + `","done":true,"response":{"generateVideoResponse":{"raiMediaFilteredCount":1,
				"raiMediaFilteredReasons":["17301594: Celebrity"]}}}`},
		{name: "done, but where", poll: true, job: known, body: `{"name":"` + name + `","done":true,"response":{}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job, job: known,
			body: `{"name":"` + name + `","done":true,"error":{"code":13,"message":"Video generation failed."}}`},
		{name: "failed within", poll: true, state: Failed, reason: channel.Job, job: known,
			body: `{"name":"` + name + `","done":true,"error":{"code":500,"message":"x","status":"INTERNAL"}}`},
		{name: "failed for its prompt", poll: true, state: Failed, reason: channel.Moderation, job: known,
			body: `{"name":"` + name + `","done":true,"error":{"code":3,"message":"It violates Responsible AI practices."}}`},
		{name: "another's", poll: true, body: `{"name":"models/veo-3.1/operations/j2","done":true,"error":{"code":13}}`},
		{name: "never heard of", poll: true, status: 404, state: Gone,
			body: `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`},
	})
}

// TestOperationsPlaces asks where the channel says, below its own base, or else where operations usually are.
func TestOperationsPlaces(t *testing.T) {
	at := target
	at.BaseURL, at.Model = "https://api.example.com/v1beta", "veo-3.1"
	for _, tt := range []struct {
		job  Job
		want string
	}{
		{Job{ID: "j1"}, "https://api.example.com/v1beta/models/veo-3.1/operations/j1"},
		{Job{ID: "j1", PollURL: "/v1beta/operations/j1"}, "https://api.example.com/v1beta/operations/j1"},
	} {
		r, err := operations.Poll(at, tt.job)
		if err != nil || r.URL.String() != tt.want || r.Header.Get("X-Goog-Api-Key") == "" {
			t.Errorf("%+v: %v, %v", tt.job, r.URL, err)
		}
	}
	at.Form.Fields = map[string]any{"parameters": map[string]any{"personGeneration": "allow_all"}}
	written(t, operations, at, `{"instances":[{"prompt":"a cat"}],"parameters":{"aspectRatio":"16:9",`+
		`"durationSeconds":8,"personGeneration":"allow_all","resolution":"720p","sampleCount":1}}`)
	_, err := operations.Submit(at, Order{Clip: channel.Clip{Seconds: 4, Resolution: "720p", Aspect: "1:1"}, Prompt: "x"})
	if err == nil || !strings.Contains(err.Error(), "write 16:9 or 9:16") {
		t.Errorf("1:1: %v", err)
	}
}
