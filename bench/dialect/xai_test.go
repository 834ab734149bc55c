package dialect

import (
	"testing"

	"channelbench/internal/channel"
)

func TestXAIVideos(t *testing.T) {
	perform(t, xai, vendorActs(acts[0])) // it tells the charge
	understand(t, xai, target, []heard{
		{name: "accepted", body: `{"request_id":"r1"}`, verdict: Accepted, job: Job{ID: "r1"}},
		{name: "moderated at once", status: 400, body: `{"code":"content_policy_violation","error":"no"}`,
			verdict: Refused, reason: channel.Moderation},
		{name: "empty", status: 403, body: `{"code":"insufficient_credits","error":"Your team has no credits left."}`,
			verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "bad key", status: 400, body: `{"code":"invalid-argument","error":"Incorrect API key provided: ab***."}`,
			verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "too fast", status: 429, body: `{"code":"rate_limit","error":"slow down"}`,
			verdict: Refused, reason: channel.RateLimited},
		{name: "a gateway", status: 502, body: `<html>`},
		{name: "empty, as if too fast", status: 429, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"code":"Some resource has been exhausted",
				"error":"Your team has either used all available credits or reached its monthly spending limit."}`},
		{name: "moderated, as if without the right", status: 403, verdict: Refused, reason: channel.Moderation,
			body: `{"code":"permission-denied","error":"Content violates usage guidelines. Failed check: SAFETY_CHECK"}`},
		{name: "pending", poll: true, body: `{"status":"pending","progress":12}`},
		{name: "done", poll: true, job: Job{ID: "j1", ContentURL: "https://vidgen.x.ai/1.mp4"}, state: Completed,
			body: `{"status":"done","video":{"url":"https://vidgen.x.ai/1.mp4","duration":8,"respect_moderation":true},
				"usage":{"cost_in_usd_ticks":11200000000}}`, cost: "$1.12"},
		{name: "withheld, and charged", poll: true, state: Failed, reason: channel.Moderation, cost: "$0.40",
			body: `{"status":"done","video":{"respect_moderation":false},"usage":{"cost_in_usd_ticks":4000000000}}`},
		{name: "expired", poll: true, state: Failed, reason: channel.Job, body: `{"status":"expired"}`},
		{name: "done, but where", poll: true, body: `{"status":"done"}`},
		{name: "ended otherwise", poll: true, state: Failed, reason: channel.Job,
			body: `{"request_id":"j1","status":"cancelled"}`},
		{name: "a failure of the poll's", poll: true,
			body: `{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Too many requests"}}`},
		{name: "a charge beyond all clips", poll: true, state: Completed,
			job:  Job{ID: "j1", ContentURL: "https://vidgen.x.ai/1.mp4"},
			body: `{"status":"done","video":{"url":"https://vidgen.x.ai/1.mp4"},"usage":{"cost_in_usd_ticks":9e22}}`},
	})
}
