package dialect

import (
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

func TestRunway(t *testing.T) {
	billed := made
	billed.Units = Quantity{40 * money.Dollar, "credit"}
	perform(t, runway, vendorActs(act{name: "delivered", seller: script{sales: sold(billed)},
		check: func(t *testing.T, p played) {
			usable(t, p)
			if got := p.progress[len(p.progress)-1].Units; got != billed.Units {
				t.Errorf("billed %v", got)
			}
		}}))
	const id = "17f20503-6c24-4c16-946b-35dbbce2af2f"
	const at = `"createdAt":"2026-11-22T10:00:00.000Z"`
	understand(t, runway, target, []heard{
		{name: "accepted", body: `{"id":"` + id + `"}`, verdict: Accepted, job: Job{ID: id}},
		{name: "accepted, with an estimate", body: `{"id":"t1","estimatedCost":{"credits":40}}`, verdict: Accepted,
			job: Job{ID: "t1"}},
		{name: "an id of somebody else's", body: `{"id":"cgt-2026"}`},
		{name: "no credits", status: 400, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
			body: `{"error":"You do not have enough credits to run this task."}`},
		{name: "bad key", status: 401, body: `{"error":"The API key you provided is invalid."}`,
			verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "bad input, as a relay says it", status: 400, body: `{"code":"invalid_model","message":"x","data":null}`,
			verdict: OurFault, reason: channel.Submit, fault: BadRequest},
		{name: "bad input", status: 400, body: `{"error":"Validation of body failed","docUrl":"x"}`,
			verdict: OurFault, reason: channel.Submit, fault: BadRequest},
		{name: "the day's limit", status: 429, body: `{"error":"You have reached your daily limit."}`,
			verdict: Refused, reason: channel.RateLimited},
		{name: "throttled", poll: true, body: `{"id":"j1","status":"THROTTLED",` + at + `}`},
		{name: "running", poll: true, body: `{"id":"j1","status":"RUNNING","progress":0.5,` + at + `}`},
		{name: "succeeded", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4"},
			units: Quantity{40 * money.Dollar, "credit"},
			body:  `{"id":"j1","status":"SUCCEEDED","output":["https://cdn.example.com/1.mp4"],"cost":{"credits":40},` + at + `}`},
		{name: "failed, and charged", poll: true, state: Failed, reason: channel.Job,
			units: Quantity{12_500_000, "credit"},
			body:  `{"id":"j1","status":"FAILED","failure":"no","failureCode":"INTERNAL.BAD_OUTPUT.CODE01","cost":{"credits":12.5},` + at + `}`},
		{name: "moderated", poll: true, state: Failed, reason: channel.Moderation,
			body:  `{"id":"j1","status":"FAILED","failure":"no","failureCode":"SAFETY.INPUT.TEXT","cost":{"credits":0},` + at + `}`,
			units: Quantity{0, "credit"}},
		{name: "preprocessing moderated", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","status":"FAILED","failure":"no","failureCode":"INPUT_PREPROCESSING.SAFETY.TEXT",` + at + `}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job, body: `{"id":"j1","status":"CANCELLED",` + at + `}`},
		{name: "deleted", poll: true, status: 404, state: Gone, body: `{"error":"Task not found"}`},
	})
}
