package dialect

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

var target = Target{BaseURL: "https://api.example.com/v1", Key: NewSecret("key-of-the-test"), Model: "sora-2",
	Allows: onlyCDN, Secret: NewSecret("secret-of-the-test"), Now: func() time.Time { return created }}

// onlyCDN is the rule of a channel whose clips may come from one other host.
func onlyCDN(u *url.URL) error {
	if u.Scheme == "https" && u.Host == "cdn.example.com" {
		return nil
	}
	return errors.New("that is not among the hosts that may be contacted")
}

// headers reads "Name: value" lines.
func headers(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return h
}

// TestSubmitted is the one table of what answers to a submit mean; all dialects share it.
func TestSubmitted(t *testing.T) {
	const page = "<html><head><title>502 Bad Gateway</title></head></html>"
	openAIError := func(code, kind, param, message string) string {
		return `{"error":{"code":` + code + `,"type":"` + kind + `","param":` + param + `,"message":"` + message + `"}}`
	}
	region := openAIError(`"unsupported_country_code"`, "invalid_request_error", `"MM"`,
		"Sora is not available in your country")
	tests := []struct {
		name      string
		status    int
		header    http.Header
		body      string
		truncated bool
		want      Answer // Message is matched as a part; of Progress, Job and State are compared
	}{
		// A refusal for the region is one whatever the status.
		{name: "region 400", status: 400, body: region,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region 403", status: 403, body: region,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region in a 200", status: 200, body: region,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region in a 500", status: 500, body: region,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region through a gateway", status: 502, body: region,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region, OpenAI's other code", status: 403,
			body: openAIError(`"unsupported_country_region_territory"`, "request_forbidden", "null", "no"),
			want: Answer{Verdict: Refused, Reason: channel.Region, Code: "unsupported_country_region_territory"}},
		{name: "region, param is no country", status: 400,
			body: openAIError(`"unsupported_country_code"`, "", `"model"`, "no"),
			want: Answer{Verdict: Refused, Reason: channel.Region, Code: "unsupported_country_code"}},
		{name: "region, no code", status: 400, body: `{"error":"Sora is not available in your country"}`,
			want: Answer{Verdict: Refused, Reason: channel.Region}},
		{name: "region as a failed job", status: 200,
			body: `{"id":"v1","status":"failed","error":{"code":"unsupported_country_code","message":"no"}}`,
			want: Answer{Verdict: Refused, Reason: channel.Region, Code: "unsupported_country_code"}},
		{name: "region quoted by a relay", status: 500,
			body: `{"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"unsupported_country_code\",\"param\":\"mm\",\"message\":\"no\"}}","data":null}`,
			want: Answer{Verdict: Refused, Reason: channel.Region, Country: "MM", Code: "unsupported_country_code"}},
		{name: "region named by a relay", status: 500,
			body: openAIError(`"upstream_error"`, "new_api_error", "null", "upstream said unsupported_country_code (request 1)"),
			want: Answer{Verdict: Refused, Reason: channel.Region, Code: "upstream_error"}},

		{name: "moderation", status: 400, body: openAIError(`"moderation_blocked"`, "", "null", "blocked"),
			want: Answer{Verdict: Refused, Reason: channel.Moderation, Code: "moderation_blocked"}},
		{name: "sentinel", status: 400, body: openAIError(`"sentinel_block"`, "invalid_request_error", "null", "Hmmm"),
			want: Answer{Verdict: Refused, Reason: channel.Moderation, Code: "sentinel_block"}},
		{name: "moderation as a number", status: 200, body: `{"code":451,"msg":"prompt_unsafe"}`,
			want: Answer{Verdict: Refused, Reason: channel.Moderation, Code: "451"}},
		{name: "moderation while it ran", status: 200,
			body: `{"id":"v1","status":"failed","error":{"code":"moderation_blocked","message":"no"}}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}, State: Failed}}},

		{name: "429", status: 429, header: headers("Retry-After: 7"),
			body: openAIError(`"rate_limit_exceeded"`, "requests", "null", "slow down"),
			want: Answer{Verdict: Refused, Reason: channel.RateLimited, RetryAfter: 7 * time.Second,
				Code: "rate_limit_exceeded"}},
		{name: "429 without a body", status: 429, header: headers("Retry-After-Ms: 1500", "Retry-After: 9"),
			want: Answer{Verdict: Refused, Reason: channel.RateLimited, RetryAfter: 1500 * time.Millisecond}},
		{name: "429 with a date", status: 429, header: headers("Date: Sun, 22 Nov 2026 10:00:00 GMT",
			"Retry-After: Sun, 22 Nov 2026 10:02:00 GMT"),
			want: Answer{Verdict: Refused, Reason: channel.RateLimited, RetryAfter: 2 * time.Minute}},
		{name: "429 in the body only", status: 200,
			body: `{"code":2001,"msg":"Rate limit exceeded. Please slow down.","retryAfter":15}`,
			want: Answer{Verdict: Refused, Reason: channel.RateLimited, RetryAfter: 15 * time.Second, Code: "2001"}},

		{name: "bad key", status: 401, body: openAIError(`"invalid_api_key"`, "invalid_request_error", "null",
			"Incorrect API key provided"), want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadKey,
			Code: "invalid_api_key"}},
		{name: "bad key, bare 401", status: 401, want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadKey}},
		{name: "bad key in a 403", status: 403, body: `{"error":{"type":"authentication_error","message":"no"}}`,
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadKey}},
		{name: "the key of an account behind", status: 401, body: openAIError(`"token_invalidated"`, "", "null", "no"),
			want: Answer{Verdict: Refused, Reason: channel.Submit, Code: "token_invalidated"}},
		{name: "empty balance, 402", status: 402, want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: NoBalance}},
		{name: "empty balance, 429", status: 429,
			body: openAIError(`"insufficient_quota"`, "insufficient_quota", "null", "no"),
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: NoBalance, Code: "insufficient_quota"}},
		{name: "empty balance, 403", status: 403, body: `{"code":"insufficient_user_quota","message":"no","data":null}`,
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: NoBalance, Code: "insufficient_user_quota"}},
		{name: "unmakeable", status: 400, body: openAIError(`"invalid_value"`, "invalid_request_error", `"seconds"`,
			"Invalid value: '10'."), want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadRequest,
			Code: "invalid_value", Message: "Invalid value: '10'."}},
		{name: "no such model", status: 404, body: openAIError(`"model_not_found"`, "invalid_request_error", "null", "no"),
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadRequest, Code: "model_not_found"}},
		{name: "no account left for the model", status: 503,
			body: openAIError(`"model_not_found"`, "new_api_error", "null", "no available channel"),
			want: Answer{Verdict: Refused, Reason: channel.Submit, Code: "model_not_found"}},
		{name: "no such endpoint", status: 404, body: openAIError(`"not_found"`, "invalid_request_error", "null", "no"),
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadRequest, Code: "not_found"}},

		{name: "500 in the dialect", status: 500, body: openAIError(`"server_error"`, "server_error", "null", "sorry"),
			want: Answer{Verdict: Refused, Reason: channel.Submit, Code: "server_error"}},
		{name: "503 without a code", status: 503, body: openAIError(`null`, "server_error", "null", "sorry"),
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
		{name: "heavy load", status: 200, body: openAIError(`"heavy_load"`, "", "null", "We're under heavy load"),
			want: Answer{Verdict: Refused, Reason: channel.Submit, Code: "heavy_load"}},
		{name: "400 of no known kind", status: 400,
			body: openAIError(`null`, "invalid_request_error", "null", "Unable to process request"),
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
		{name: "403 page", status: 403, body: "<html>Attention Required!</html>",
			want: Answer{Verdict: Refused, Reason: channel.Submit,
				Message: "HTTP 403 and no error of the channel's own: not JSON"}},
		{name: "308", status: 308, header: headers("Location: https://elsewhere.example/"),
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
		{name: "FastAPI", status: 400, body: `{"detail":"nothing doing"}`,
			want: Answer{Verdict: Refused, Reason: channel.Submit, Message: "nothing doing"}},
		{name: "success false", status: 200, body: `{"success":false,"message":"nothing doing"}`,
			want: Answer{Verdict: Refused, Reason: channel.Submit, Message: "nothing doing"}},

		// What proves nothing is lost.
		{name: "502 page", status: 502, body: page, want: Answer{Reason: channel.Lost}},
		{name: "504 empty", status: 504, want: Answer{Reason: channel.Lost, Message: "HTTP 504"}},
		{name: "500 page", status: 500, body: page, want: Answer{Reason: channel.Lost}},
		{name: "500 empty", status: 500, want: Answer{Reason: channel.Lost}},
		{name: "502 with an error of no known kind", status: 502, body: openAIError(`"bad"`, "", "null", "bad"),
			want: Answer{Reason: channel.Lost, Code: "bad"}},
		{name: "524 page", status: 524, body: page, want: Answer{Reason: channel.Lost}},
		{name: "408", status: 408, want: Answer{Reason: channel.Lost}},
		{name: "499", status: 499, want: Answer{Reason: channel.Lost}},
		{name: "303", status: 303, header: headers("Location: /v1/videos/1"), want: Answer{Reason: channel.Lost}},
		{name: "a relay lost it", status: 500, body: `{"code":"do_request_failed","message":"upstream","data":null}`,
			want: Answer{Reason: channel.Lost, Code: "do_request_failed"}},
		{name: "a relay timed out", status: 500,
			body: `{"error":{"message":"upstream request timed out","type":"new_api_error"}}`,
			want: Answer{Reason: channel.Lost}},
		{name: "a relay timed out with 400", status: 400, body: `{"error":{"message":"context deadline exceeded"}}`,
			want: Answer{Reason: channel.Lost}},
		{name: "504 in the dialect", status: 504,
			body: openAIError(`null`, "server_error", "null", "upstream request timed out"), want: Answer{Reason: channel.Lost}},
		{name: "504 with the code of a busy channel", status: 504,
			body: openAIError(`"heavy_load"`, "server_error", "null", "busy"),
			want: Answer{Reason: channel.Lost, Code: "heavy_load"}},
		{name: "502 in the dialect", status: 502, body: openAIError(`"server_error"`, "server_error", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "server_error"}},
		{name: "408 in the dialect", status: 408, body: openAIError(`"internal_server_error"`, "", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "internal_server_error"}},
		{name: "499 in the dialect", status: 499, body: openAIError(`"service_unavailable"`, "", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "service_unavailable"}},
		{name: "520 in the dialect", status: 520, body: openAIError(`"server_error"`, "", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "server_error"}},
		{name: "529 of no known kind", status: 529, body: openAIError(`"busy"`, "", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "busy"}},
		{name: "599", status: 599, body: openAIError(`"server_error"`, "", "null", "sorry"),
			want: Answer{Reason: channel.Lost, Code: "server_error"}},
		{name: "a gateway's words for a model", status: 502, body: openAIError(`"model_not_found"`, "", "null", "no"),
			want: Answer{Reason: channel.Lost, Code: "model_not_found"}},
		{name: "409", status: 409, want: Answer{Reason: channel.Lost}},
		{name: "409 with an error of no known kind", status: 409, body: openAIError(`"conflict"`, "", "null", "it exists"),
			want: Answer{Reason: channel.Lost, Code: "conflict"}},
		{name: "425", status: 425, body: openAIError(`null`, "invalid_request_error", "null", "too early"),
			want: Answer{Reason: channel.Lost}},
		{name: "a code of status 524 in a 200", status: 200, body: `{"code":524,"msg":"sorry"}`,
			want: Answer{Reason: channel.Lost, Code: "524"}},
		{name: "a connection lost in a 500", status: 500,
			body: openAIError(`"server_error"`, "server_error", "null", "read tcp: connection reset by peer"),
			want: Answer{Reason: channel.Lost, Code: "server_error"}},
		{name: "a connection lost in a 503", status: 503,
			body: openAIError(`null`, "server_error", "null", "upstream connect error or disconnect/reset before headers"),
			want: Answer{Reason: channel.Lost}},
		{name: "a connection lost in a 400", status: 400,
			body: openAIError(`null`, "invalid_request_error", "null", "the connection was closed"),
			want: Answer{Reason: channel.Lost}},
		{name: "a connection lost in a 200", status: 200, body: `{"success":false,"message":"socket hang up"}`,
			want: Answer{Reason: channel.Lost}},
		{name: "moderation timed out", status: 500,
			body: openAIError(`null`, "server_error", "null", "the moderation request timed out"),
			want: Answer{Reason: channel.Lost}},
		{name: "a connection refused carried nothing", status: 500,
			body: openAIError(`"server_error"`, "server_error", "null", "dial tcp: connection refused"),
			want: Answer{Verdict: Refused, Reason: channel.Submit, Code: "server_error"}},
		{name: "504 with a bad key", status: 504, body: openAIError(`"invalid_api_key"`, "", "null", "no"),
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadKey, Code: "invalid_api_key"}},
		{name: "502 with an empty balance", status: 502,
			body: openAIError(`"server_error"`, "insufficient_quota", "null", "no"),
			want: Answer{Verdict: OurFault, Reason: channel.Submit, Fault: NoBalance, Code: "server_error"}},
		{name: "504 with a rate limit", status: 504, body: openAIError(`"rate_limit_exceeded"`, "", "null", "no"),
			want: Answer{Verdict: Refused, Reason: channel.RateLimited, Code: "rate_limit_exceeded"}},
		{name: "409 with moderation", status: 409, body: openAIError(`"moderation_blocked"`, "", "null", "no"),
			want: Answer{Verdict: Refused, Reason: channel.Moderation, Code: "moderation_blocked"}},
		{name: "502 with the words of a rate limit", status: 502, body: openAIError(`null`, "", "null", "rate limit"),
			want: Answer{Reason: channel.Lost}},
		{name: "400 truncated", status: 400, body: `{"error":{"code":"unsupported_country_code"}}`, truncated: true,
			want: Answer{Reason: channel.Lost, Message: "broke off"}},
		{name: "429 half", status: 429, body: `{"error":{"code":"rate_lim`, want: Answer{Reason: channel.Lost}},
		{name: "401 half", status: 401, body: ` {"error":`, want: Answer{Reason: channel.Lost}},
		{name: "200 empty", status: 200, want: Answer{Reason: channel.Lost}},
		{name: "200 page", status: 200, body: page, want: Answer{Reason: channel.Lost}},
		{name: "200 of nothing", status: 200, body: `{}`, want: Answer{Reason: channel.Lost}},
		{name: "200 half", status: 200, body: `{"id":"v1","sta`, want: Answer{Reason: channel.Lost}},
		{name: "200 truncated", status: 200, body: `{"id":"v1","status":"queued"}`, truncated: true,
			want: Answer{Reason: channel.Lost, Message: "broke off"}},
		{name: "two statuses", status: 200, body: `{"id":"v1","status":"queued","status":"failed"}`,
			want: Answer{Reason: channel.Lost, Message: "twice"}},
		{name: "too deep", status: 200, body: `{"id":"v1","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
			want: Answer{Reason: channel.Lost, Message: "nested deeper"}},
		{name: "an id that leads elsewhere", status: 200, body: `{"id":"../../admin","status":"queued"}`,
			want: Answer{Reason: channel.Lost}},

		{name: "a job", status: 200, body: `{"id":"v1","status":"queued"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}}}},
		{name: "a job with 201", status: 201, body: `{"id":"v1","status":"submitted","error":null,"url":null}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}}}},
		{name: "a job of a new status", status: 200, body: `{"id":"v1","status":"simmering"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}}}},
		{name: "a job with a message", status: 200, body: `{"id":"v1","status":"queued","code":"queued","message":"in line"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}}}},
		{name: "a job's number", status: 200, body: `{"id":12345678901234567890,"status":"queued"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "12345678901234567890"}}}},
		{name: "an id alone", status: 200, body: `{"request_id":"r1"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "r1"}}}},
		{name: "202", status: 202, body: `{"id":"j1","polling_url":"/v1/videos/j1","status":"pending"}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "j1", PollURL: "/v1/videos/j1"}}}},
		{name: "wrapped", status: 200, body: `{"code":"success","message":"","data":{"task_id":"t1","status":"NOT_START"}}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "t1"}}}},
		{name: "wrapped in a list", status: 200, body: `{"code":200,"data":[{"status":"submitted","task_id":"t1"}]}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "t1"}}}},
		{name: "wrapped in a success", status: 200, body: `{"status":"success","data":{"task_id":"t1"}}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "t1"}}}},
		{name: "made at once", status: 200, body: `{"id":"v1","created":1,"data":[{"url":"https://cdn.example.com/1.mp4"}]}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1", ContentURL: "https://cdn.example.com/1.mp4"},
				State: Completed}}},
		{name: "made at once, no id", status: 200, body: `{"created":1,"data":[{"url":"https://cdn.example.com/1.mp4"}]}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ContentURL: "https://cdn.example.com/1.mp4"},
				State: Completed}}},
		{name: "completed at once, no place", status: 200, body: `{"status":"completed"}`,
			want: Answer{Reason: channel.Lost}},
		{name: "an error with a link", status: 400, body: `{"error":"nothing doing","url":"https://docs.example.com"}`,
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
		{name: "a 200 error with a link", status: 200, body: `{"error":"nothing doing","url":"https://docs.example.com"}`,
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
		{name: "failed at once", status: 200,
			body: `{"id":"v1","status":"failed","error":{"code":"server_error","message":"no"}}`,
			want: Answer{Verdict: Accepted, Progress: Progress{Job: Job{ID: "v1"}, State: Failed}}},
		{name: "failed at once, no id", status: 200, body: `{"status":"failed","error":"no"}`,
			want: Answer{Verdict: Refused, Reason: channel.Submit}},
	}
	for _, tt := range tests {
		for _, d := range imitators {
			t.Run(tt.name+"/"+d.Name(), func(t *testing.T) {
				got := d.Submitted(target, &Response{Status: tt.status, Header: tt.header, Body: []byte(tt.body),
					Truncated: tt.truncated})
				if !strings.Contains(got.Message, tt.want.Message) {
					t.Errorf("message %q lacks %q", got.Message, tt.want.Message)
				}
				if got.Verdict != Accepted && got.Message == "" {
					t.Error("no message")
				}
				if got.Progress.Job != tt.want.Progress.Job || got.Progress.State != tt.want.Progress.State {
					t.Errorf("got %+v, want %+v", got.Progress, tt.want.Progress)
				}
				got.Message, got.Progress = tt.want.Message, tt.want.Progress
				if got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

// TestPolled is the one table of what answers to a poll mean; all dialects share it.
func TestPolled(t *testing.T) {
	j := Job{ID: "v1"}
	tests := []struct {
		name   string
		status int
		header http.Header
		body   string
		want   Progress // Message is matched as a part
	}{
		{name: "queued", status: 200, body: `{"id":"v1","object":"video","status":"queued","progress":0,"error":null}`,
			want: Progress{Job: j}},
		{name: "in progress", status: 200, header: headers("openai-poll-after-ms: 2500"),
			body: `{"id":"v1","status":"in_progress"}`, want: Progress{Job: j, PollAfter: 2500 * time.Millisecond}},
		{name: "a new status", status: 200, body: `{"id":"v1","status":"simmering"}`,
			want: Progress{Job: j, NewWord: "simmering", Message: "new to us: simmering"}},
		{name: "a new status, getting on", status: 200, body: `{"id":"v1","status":"simmering","progress":40}`,
			want: Progress{Job: j, NewWord: "simmering", Percent: "40"}},
		{name: "completed", status: 200, body: `{"id":"v1","status":"completed","progress":100}`,
			want: Progress{Job: j, State: Completed}},
		{name: "with a url", status: 200, body: `{"id":"v1","status":"completed","url":"https://cdn.example.com/v1.mp4"}`,
			want: Progress{Job: Job{ID: "v1", ContentURL: "https://cdn.example.com/v1.mp4"}, State: Completed}},
		{name: "OpenRouter", status: 200,
			body: `{"id":"v1","status":"completed","unsigned_urls":["https://api.example.com/v1/videos/v1/content?index=0"],"usage":{"cost":0.5,"is_byok":false}}`,
			want: Progress{Job: Job{ID: "v1", ContentURL: "https://api.example.com/v1/videos/v1/content?index=0"},
				State: Completed, Cost: 500_000, CostKnown: true}},
		{name: "xAI", status: 200,
			body: `{"status":"done","video":{"url":"https://cdn.example.com/v1.mp4","duration":8},"model":"grok"}`,
			want: Progress{Job: Job{ID: "v1", ContentURL: "https://cdn.example.com/v1.mp4"}, State: Completed}},
		{name: "failed", status: 200,
			body: `{"id":"v1","status":"failed","error":{"code":"video_generation_failed","message":"sorry"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job, Code: "video_generation_failed", Message: "sorry"}},
		{name: "failed with a bare string", status: 200,
			body: `{"id":"v1","status":"failed","progress":0,"error":"Content policy violation"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Moderation, Message: "Content policy violation"}},
		{name: "failed and charged", status: 200, body: `{"id":"v1","status":"failed","error":"no","usage":{"cost":"0.12"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job, Message: "no", Cost: 120_000, CostKnown: true}},
		{name: "failed for the region", status: 200,
			body: `{"id":"v1","status":"error","error":{"code":"unsupported_country_code","message":"no"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Region, Code: "unsupported_country_code", Message: "no"}},
		{name: "failed with a reason", status: 200,
			body: `{"code":"success","data":{"task_id":"v1","status":"FAILURE","fail_reason":"sorry"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job, Message: "sorry"}},
		{name: "failed with a 500", status: 500, body: `{"id":"v1","status":"failed","error":{"code":"x","message":"sorry"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job, Code: "x", Message: "sorry"}},
		{name: "another job failed with a 500", status: 500,
			body: `{"id":"v2","status":"failed","error":{"code":"x","message":"sorry"}}`,
			want: Progress{Job: j, Code: "x", Message: "sorry"}},
		{name: "an error with a link", status: 200, body: `{"error":"nothing doing","url":"https://docs.example.com"}`,
			want: Progress{Job: j, Message: "nothing doing"}},
		{name: "cancelled", status: 200, body: `{"id":"v1","status":"cancelled"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job}},
		{name: "expired", status: 200, body: `{"id":"v1","status":"expired"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job}},

		{name: "aborted", status: 200, body: `{"id":"v1","status":"aborted"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job}},
		{name: "nsfw", status: 200, body: `{"id":"v1","status":"NSFW"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Moderation}},
		{name: "moderated, in BFL's words", status: 200, body: `{"id":"v1","status":"Content Moderated"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Moderation}},
		{name: "moderated, by its code", status: 200,
			body: `{"id":"v1","status":"failed","error":{"code":"moderation_blocked","message":"no"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Moderation, Code: "moderation_blocked", Message: "no"}},
		{name: "expired, without an id", status: 200, body: `{"status":"expired","model":"grok"}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job}},
		{name: "failed, without an id", status: 200,
			body: `{"status":"failed","error":{"code":"internal","message":"sorry"}}`,
			want: Progress{Job: j, State: Failed, Reason: channel.Job, Code: "internal", Message: "sorry"}},
		{name: "a database error", status: 200, body: `{"status":"failed","message":"database connection failed"}`,
			want: Progress{Job: j, Message: "database connection failed"}},
		{name: "a database error in a gateway's envelope", status: 200,
			body: `{"code":500,"status":"failed","error":{"message":"sqlstate 08006"}}`,
			want: Progress{Job: j, Message: "sqlstate"}},
		{name: "too many polls", status: 200, body: `{"code":429,"status":"error","message":"Too many requests"}`,
			want: Progress{Job: j, Code: "429", Message: "Too many requests"}},
		{name: "too many polls of the job", status: 200, body: `{"id":"v1","status":"error","message":"Too many requests"}`,
			want: Progress{Job: j, Message: "Too many requests"}},
		{name: "too many polls by status", status: 429,
			body: `{"id":"v1","status":"failed","error":{"code":"x","message":"no"}}`,
			want: Progress{Job: j, Code: "x", Message: "no"}},
		{name: "a gateway that says failed", status: 504,
			body: `{"id":"v1","status":"failed","error":{"code":"x","message":"no"}}`,
			want: Progress{Job: j, Code: "x", Message: "no"}},
		{name: "an error of no job", status: 200, body: `{"error":{"message":"database is locked","type":"server_error"}}`,
			want: Progress{Job: j, Message: "database is locked"}},
		{name: "another job failed", status: 200, body: `{"id":"v2","status":"failed","error":{"code":"x","message":"no"}}`,
			want: Progress{Job: j, Code: "x", Message: "no"}},
		{name: "another job completed", status: 200,
			body: `{"id":"v2","status":"completed","url":"https://cdn.example.com/v2.mp4"}`,
			want: Progress{Job: j, Message: "another job"}},
		{name: "another job in an envelope", status: 200,
			body: `{"code":"success","data":{"task_id":"t2","status":"SUCCESS"}}`,
			want: Progress{Job: j, Message: "another job"}},
		{name: "a record with a number of its own", status: 200,
			body: `{"code":"success","data":{"id":17,"task_id":"v1","status":"SUCCESS"}}`,
			want: Progress{Job: j, State: Completed}},
		{name: "a poll with a number of its own", status: 200, body: `{"request_id":"r9","status":"completed"}`,
			want: Progress{Job: j, State: Completed}},
		{name: "ready", status: 200, body: `{"id":"v1","status":"Ready"}`, want: Progress{Job: j, State: Completed}},

		{name: "429", status: 429, header: headers("Retry-After: 30"),
			body: `{"error":{"code":"rate_limit_exceeded","message":"slow down"}}`,
			want: Progress{Job: j, PollAfter: 30 * time.Second, Code: "rate_limit_exceeded", Message: "slow down"}},
		{name: "502 page", status: 502, body: "<html>", want: Progress{Job: j, Message: "HTTP 502"}},
		{name: "half", status: 200, body: `{"id":"v1","status":"fai`, want: Progress{Job: j, Message: "not JSON"}},
		{name: "two statuses", status: 200, body: `{"id":"v1","status":"failed","status":"queued"}`,
			want: Progress{Job: j, Message: "twice"}},
		{name: "nothing", status: 200, body: `{}`, want: Progress{Job: j, Message: "HTTP 200"}},
		{name: "404", status: 404,
			body: `{"error":{"message":"No video with that id","type":"invalid_request_error","param":null,"code":null}}`,
			want: Progress{Job: j, State: Gone, Message: "No video"}},
		{name: "404 with a code", status: 400, body: `{"code":"task_not_exist","message":"no"}`,
			want: Progress{Job: j, State: Gone, Code: "task_not_exist", Message: "no"}},
		{name: "404 page", status: 404, body: "<html>", want: Progress{Job: j, State: Gone, Message: "HTTP 404"}},
		{name: "bad key", status: 401, body: `{"error":{"code":"invalid_api_key","message":"no key-of-the-test"}}`,
			want: Progress{Job: j, Fault: BadKey, Code: "invalid_api_key", Message: "no ***"}},
	}
	for _, tt := range tests {
		for _, d := range imitators {
			t.Run(tt.name+"/"+d.Name(), func(t *testing.T) {
				got := d.Polled(target, j, &Response{Status: tt.status, Header: tt.header, Body: []byte(tt.body)})
				if !strings.Contains(got.Message, tt.want.Message) {
					t.Errorf("message %q lacks %q", got.Message, tt.want.Message)
				}
				got.Message, got.Unproven = tt.want.Message, false
				if tt.want.NewWord == "" {
					got.Percent = ""
				}
				if got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

func TestWithheld(t *testing.T) {
	j := Job{ID: "v1"}
	tests := []struct {
		name   string
		status int
		header http.Header
		body   string
		from   *url.URL
		flaw   string
		want   State
		place  string
		says   string
	}{
		{name: "no clip at all", status: 200, body: "<html>", flaw: "not an MP4 file", want: InProgress,
			says: "not an MP4 file"},
		{name: "an error with 200", status: 200, body: `{"error":{"message":"storage is busy"}}`, flaw: "not an MP4 file",
			want: InProgress, says: "storage is busy"},
		{name: "expired", status: 404, body: `{"error":{"code":"not_found","message":"expired"}}`, want: Gone},
		{name: "gone", status: 410, want: Gone},
		{name: "gateway", status: 504, body: "<html>", want: InProgress},
		{name: "not ready", status: 400, body: `{"error":{"message":"not ready"}}`, want: InProgress},
		{name: "elsewhere", status: 302, header: headers("Location: https://cdn.example.com/v1.mp4"), want: Completed,
			place: "https://cdn.example.com/v1.mp4"},
		{name: "beside it", status: 303, header: headers("Location: v2.mp4"),
			from: &url.URL{Scheme: "https", Host: "cdn.example.com", Path: "/a/v1.mp4"}, want: Completed,
			place: "https://cdn.example.com/a/v2.mp4"},
		{name: "below the channel's base", status: 307, header: headers("Location: /clips/v1.mp4"), want: Completed,
			place: "https://api.example.com/clips/v1.mp4"},
		{name: "the channel's usual port", status: 308, header: headers("Location: https://API.example.com:443/clips/v1.mp4"),
			want: Completed, place: "https://API.example.com:443/clips/v1.mp4"},
		{name: "with the key", status: 302, header: headers("Location: https://cdn.example.com/v1.mp4?key=key-of-the-test"),
			want: InProgress, says: "a redirect to no address"},
		{name: "not modified", status: 304, header: headers("Location: https://cdn.example.com/v1.mp4"), want: InProgress},
		{name: "somewhere else", status: 302, header: headers("Location: https://evil.example/v1.mp4"), want: InProgress,
			says: `the clip is at "evil.example"`},
		{name: "without https", status: 302, header: headers("Location: http://cdn.example.com/v1.mp4"), want: InProgress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Withheld(target, j, &Response{Status: tt.status, Header: tt.header, Body: []byte(tt.body), From: tt.from},
				tt.flaw)
			if !strings.Contains(got.Message, tt.says) {
				t.Errorf("message %q lacks %q", got.Message, tt.says)
			}
			if got.State != tt.want || got.Job.ContentURL != tt.place {
				t.Errorf("got %+v, want %v %q", got, tt.want, tt.place)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	tests := map[State]string{
		InProgress: "queued pending submitted not_start NOT_START preparing Preparing queueing processing running generating in_progress in-progress unknown created starting IN_QUEUE rendering",
		Completed:  "completed complete success Success SUCCEEDED succeeded finished done Ready successful",
		Failed:     "failed fail Fail failure FAILURE error cancelled canceled expired rejected aborted interrupted terminated incomplete nsfw timed_out Content-Moderated",
	}
	for want, words := range tests {
		for word := range strings.FieldsSeq(words) {
			if got, known := gateway.state(" " + word); got != want || !known {
				t.Errorf("%s: got %v, known %v, want %v", word, got, known, want)
			}
		}
	}
	if got, known := gateway.state("simmering"); got != InProgress || known {
		t.Errorf("a new word: got %v, known %v", got, known)
	}
}

func TestDollars(t *testing.T) {
	tests := []struct {
		in    string
		want  int64
		known bool
	}{
		{"0.12", 120_000, true},
		{"$1.5", 1_500_000, true},
		{"1.2e-1", 120_000, true},
		{"0.0000005", 1, true},
		{"0.00000049", 0, true},
		{"0", 0, true},
		{"", 0, false},
		{"-1", 0, false},
		{"1/3", 0, false},
		{"1e999999999", 0, false},
		{"1e99", 0, false},
		{"9223372036854.775807", 9223372036854775807, true},
		{"9223372036854.775808", 0, false},
		{"free", 0, false},
		{"+5", 0, false},
		{".5", 0, false},
		{"5.", 0, false},
		{"007", 0, false},
		{"0x10", 0, false},
		{"1_000", 0, false},
		{"inf", 0, false},
		{"５", 0, false},
		{" 5", 0, false},
	}
	for _, tt := range tests {
		if got, known := dollars(tt.in, 1); int64(got) != tt.want || known != tt.known {
			t.Errorf("%q: got %d, %v, want %d, %v", tt.in, got, known, tt.want, tt.known)
		}
	}
	if got, _ := dollars("5000000000", 1e10); got != 500_000 {
		t.Errorf("ticks: got %v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Date: Sun, 22 Nov 2026 10:00:00 GMT"
	tests := []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"none", nil, 0},
		{"seconds", headers("Retry-After: 3"), 3 * time.Second},
		{"a fraction is no number of seconds", headers("Retry-After: 1.5"), 0},
		{"milliseconds first", headers("Retry-After: 3", "Retry-After-Ms: 250"), 250 * time.Millisecond},
		{"negative", headers("Retry-After: -3"), 0},
		{"not a number", headers("Retry-After: NaN"), 0},
		{"infinite", headers("Retry-After: inf"), 0},
		{"infinity", headers("Retry-After: +Infinity"), 0},
		{"an exponent", headers("Retry-After: 1e300"), 0},
		{"hexadecimal", headers("Retry-After: 0x10"), 0},
		{"grouped", headers("Retry-After: 1_000"), 0},
		{"a sign", headers("Retry-After: +5"), 0},
		{"other digits", headers("Retry-After: ５"), 0},
		{"two values", headers("Retry-After: 5, 6"), 0},
		{"a parameter", headers("Retry-After: 5;x"), 0},
		{"a unit", headers("Retry-After: 5s"), 0},
		{"leading zeros", headers("Retry-After: 007"), 7 * time.Second},
		{"zero", headers("Retry-After: 0"), 0},
		{"a day and more", headers("Retry-After: 86401"), maxPause},
		{"more digits than a number has", headers("Retry-After: 99999999999999999999999"), maxPause},
		{"milliseconds that are none", headers("Retry-After: 3", "Retry-After-Ms: inf"), 3 * time.Second},
		{"a date", headers(date, "Retry-After: Sun, 22 Nov 2026 10:00:09 GMT"), 9 * time.Second},
		{"a date past", headers(date, "Retry-After: Sun, 22 Nov 2026 09:00:00 GMT"), 0},
		{"a date far off", headers(date, "Retry-After: Sun, 22 Nov 2099 09:00:00 GMT"), maxPause},
		{"a date without another", headers("Retry-After: Sun, 22 Nov 2026 10:00:09 GMT"), 0},
	}
	for _, tt := range tests {
		if got := retryAfter(tt.header, document{}); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	for body, want := range map[string]time.Duration{
		`{"retry_after":15}`: 15 * time.Second, `{"retryAfter":1.5}`: 1500 * time.Millisecond,
		`{"error":{"retry_after":"20"}}`: 20 * time.Second,
		`{"retry_after":1e300}`:          0, `{"retry_after":1e3}`: 0, `{"retry_after":1e999}`: 0, `{"retry_after":"inf"}`: 0,
		`{"retry_after":"1e3"}`: 0, `{"retry_after":"0x10"}`: 0,
		`{"retry_after":-3}`: 0, `{"retry_after":true}`: 0, `{"retry_after":[5]}`: 0, `{"retry_after":"soon"}`: 0,
	} {
		d, err := parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := retryAfter(http.Header{}, d); got != want {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
	if got := pollAfter(headers("Openai-Poll-After-Ms: inf", "Retry-After: 2"), document{}); got != 2*time.Second {
		t.Errorf("a poll after no number: got %v", got)
	}
}
