package dialect

import (
	"testing"

	"channelbench/internal/channel"
)

func TestKie(t *testing.T) {
	perform(t, kie, vendorActs())
	understand(t, kie, target, []heard{
		{name: "accepted", body: `{"code":200,"msg":"success","data":{"taskId":"t1","recordId":"t1"}}`, verdict: Accepted,
			job: Job{ID: "t1"}},
		{name: "no credits in a 200", body: `{"code":402,"msg":"Credits insufficient","data":null}`,
			verdict: OurFault, reason: channel.Submit, fault: NoBalance},
		{name: "bad key in a 200", body: `{"code":401,"msg":"You do not have access permissions","data":null}`,
			verdict: OurFault, reason: channel.Submit, fault: BadKey},
		{name: "too fast in a 200", body: `{"code":429,"msg":"Your call frequency is too high"}`,
			verdict: Refused, reason: channel.RateLimited},
		{name: "bad input in a 200", body: `{"code":422,"msg":"duration is invalid"}`,
			verdict: OurFault, reason: channel.Submit, fault: BadRequest},
		{name: "moderated at once", body: `{"code":500,"msg":"Your prompt was flagged as violating our content policy."}`,
			verdict: Refused, reason: channel.Moderation},
		{name: "sent on, and nothing heard", body: `{"code":500,"msg":"upstream timed out","data":null}`},
		{name: "neither", body: `{"code":200,"msg":"success","data":{}}`},
		{name: "waiting", poll: true, body: `{"code":200,"msg":"success","data":{"taskId":"j1","state":"waiting","resultJson":""}}`},
		{name: "success", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://tempfile.aiquickdraw.com/1.mp4"},
			body: `{"code":200,"msg":"success","data":{"taskId":"j1","state":"success",
				"resultJson":"{\"resultUrls\":[\"https://tempfile.aiquickdraw.com/1.mp4\"]}"}}`},
		{name: "fail", poll: true, state: Failed, reason: channel.Job,
			body: `{"code":200,"msg":"success","data":{"taskId":"j1","state":"fail","failCode":"501","failMsg":"generation failed"}}`},
		{name: "fail, by the code", poll: true, state: Failed, reason: channel.Job,
			body: `{"code":501,"msg":"generation failed","data":null}`},
		{name: "fail, by the code and the state", poll: true, state: Failed, reason: channel.Job,
			body: `{"code":500,"msg":"internal error","data":{"taskId":"j1","state":"fail","failMsg":""}}`},
		{name: "too fast, beside the job", poll: true,
			body: `{"code":429,"msg":"slow down","data":{"taskId":"j1","state":""}}`},
		{name: "moderated", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"code":200,"msg":"success","data":{"taskId":"j1","state":"fail","failCode":"400","failMsg":"flagged by our content policy"}}`},
		{name: "another", poll: true, body: `{"code":200,"msg":"success","data":{"taskId":"j2","state":"fail"}}`},
		{name: "unknown", poll: true, state: Gone, body: `{"code":404,"msg":"recordInfo is null","data":null}`},
	})
}
