package dialect

import (
	"strings"
	"testing"

	"channelbench/internal/channel"
)

func TestOpenRouterVideos(t *testing.T) {
	unsigned := act{name: "unsigned", seller: script{sales: sold(made), traps: []string{"unsigned"}}, check: usable}
	perform(t, openRouter, vendorActs(acts[0], unsigned)) // it tells the charge
	there := Job{ID: "j1", PollURL: "/api/v1/videos/j1"}
	understand(t, openRouter, target, []heard{
		{name: "accepted", status: 202, body: `{"id":"j1","polling_url":"/api/v1/videos/j1","status":"pending"}`,
			verdict: Accepted, job: there},
		{name: "accepted, with a host", verdict: Accepted,
			body: `{"id":"j1","polling_url":"https://openrouter.ai/api/v1/videos/j1","status":"pending"}`,
			job:  Job{ID: "j1", PollURL: "https://openrouter.ai/api/v1/videos/j1"}},
		{name: "nowhere to ask", body: `{"id":"j1","status":"pending"}`},
		{name: "flagged", status: 403, verdict: Refused, reason: channel.Moderation, body: `{"error":{"code":403,
			"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["x"]}}}`},
		{name: "flagged by the maker", status: 400, verdict: Refused, reason: channel.Moderation, body: `{"error":{"code":400,
			"message":"Provider returned error","metadata":{"raw":"{\"code\":\"content_policy_violation\"}"}}}`},
		{name: "the maker's error", status: 400, verdict: Refused, reason: channel.Submit,
			body: `{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"oops"}}}`},
		{name: "region", status: 403, verdict: Refused, reason: channel.Region,
			body: `{"error":{"code":403,"message":"This model is not available in your region."}}`},
		{name: "empty", status: 402, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"error":{"code":402,"message":"This request requires more credits"}}`},
		{name: "the key's own limit", status: 403, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"error":{"code":403,"message":"Key limit exceeded (total limit)."}}`},
		{name: "a budget", status: 403, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"error":{"code":403,"message":"no","metadata":{"limit_source":"openrouter_workspace_budget"}}}`},
		{name: "bad key", status: 401, verdict: OurFault, reason: channel.Submit, fault: BadKey,
			body: `{"error":{"code":401,"message":"User not found."}}`},
		{name: "bad request", status: 400, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":400,"message":"ZodError: duration"}}`},
		{name: "no such model", status: 404, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":404,"message":"No endpoints found for x/y."}}`},
		{name: "too fast", status: 429, verdict: Refused, reason: channel.RateLimited,
			body: `{"error":{"code":429,"message":"Rate limit exceeded"}}`},
		{name: "no provider", status: 503, verdict: Refused, reason: channel.Submit,
			body: `{"error":{"code":503,"message":"There is no available model provider"}}`},
		{name: "a provider that doesn't answer", status: 502,
			body: `{"error":{"code":502,"message":"Provider returned error"}}`},

		{name: "pending", poll: true, body: `{"id":"j1","polling_url":"/api/v1/videos/j1","status":"pending"}`, job: there},
		{name: "in progress", poll: true, body: `{"id":"j1","status":"in_progress"}`},
		{name: "completed, signed", poll: true, state: Completed, cost: "$0.50", body: `{"id":"j1","status":"completed",
			"urls":["https://cdn.example.com/1.mp4?sig=1"],
			"unsigned_urls":["https://api.example.com/v1/videos/j1/content?index=0"],
			"usage":{"cost":0.5,"is_byok":false}}`, job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4?sig=1"}},
		{name: "completed, with the key", poll: true, state: Completed, body: `{"id":"j1","status":"completed",
			"unsigned_urls":["https://api.example.com/v1/videos/j1/content?index=0"]}`,
			job: Job{ID: "j1", ContentURL: "https://api.example.com/v1/videos/j1/content?index=0"}},
		{name: "completed, without an address", poll: true, state: Completed, body: `{"id":"j1","status":"completed"}`},
		{name: "a charge beyond all clips", poll: true, state: Completed,
			body: `{"id":"j1","status":"completed","usage":{"cost":1e7}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","status":"failed","error":"oops"}`},
		{name: "moderated", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","status":"failed","error":"The output was blocked by a content policy."}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"cancelled"}`},
		{name: "expired", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"expired"}`},
		{name: "another's", poll: true, body: `{"id":"j2","status":"failed"}`},
		{name: "nobody's", poll: true, body: `{"status":"failed"}`},
		{name: "gone", poll: true, status: 404, state: Gone, body: `{"error":{"code":404,"message":"Job not found"}}`},
		{name: "the poll failed", poll: true, status: 500, body: `{"error":{"code":500,"message":"Internal Server Error"}}`},
	})
}

// TestOpenRouterContent goes by the content's usual place where the answer tells of none that may be asked.
func TestOpenRouterContent(t *testing.T) {
	for _, place := range []string{"", "https://elsewhere.example.com/1.mp4"} {
		r, err := openRouter.Fetch(target, Job{ID: "j1", ContentURL: place})
		if err != nil || r.URL.String() != "https://api.example.com/v1/videos/j1/content?index=0" ||
			!strings.HasSuffix(r.Header.Get("Authorization"), "key-of-the-test") {
			t.Errorf("%q: got %v, %v", place, r, err)
		}
	}
}
