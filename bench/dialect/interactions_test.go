package dialect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

// clipOfGoogle is where Google keeps a clip.
const clipOfGoogle = "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media"

func TestInteractions(t *testing.T) {
	sale := made
	sale.Units = Quantity{46_336_000_000, "token"}
	perform(t, interactions, vendorActs(act{name: "delivered", seller: script{sales: sold(sale)},
		check: func(t *testing.T, p played) {
			usable(t, p)
			if last := p.progress[len(p.progress)-1]; last.Units != sale.Units {
				t.Errorf("units: got %v", last.Units)
			}
		}}))
	perform(t, held{interactions}, vendorActs())
	understand(t, interactions, target, []heard{
		{name: "accepted", body: `{"id":"v1_a","object":"interaction","status":"in_progress","model":"m"}`, verdict: Accepted,
			job: Job{ID: "v1_a"}},
		{name: "held until it was made", verdict: Accepted, state: Completed, units: Quantity{46_336_000_000, "token"},
			job: Job{ID: "v1_a", ContentURL: clipOfGoogle},
			body: `{"id":"v1_a","object":"interaction","status":"completed","steps":[{"type":"thought"},{"type":"model_output",
				"content":[{"type":"text","text":"Here."},{"type":"video","uri":"` + clipOfGoogle + `"}]}],
				"usage":{"output_tokens_by_modality":[{"modality":"text","tokens":9},{"modality":"video","tokens":46336}]}}`},
		{name: "held until it had failed", verdict: Accepted, state: Failed, job: Job{ID: "v1_a"},
			body: `{"id":"v1_a","object":"interaction","status":"failed","errors":[{"code":"internal","message":"x"}]}`},
		{name: "of another kind", body: `{"id":"a","status":"in_progress"}`},
		{name: "region", status: 400, verdict: Refused, reason: channel.Region, body: `{"error":{"code":400,
			"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`},
		{name: "blocked", status: 400, verdict: Refused, reason: channel.Moderation,
			body: `{"error":{"code":"invalid_request","message":"Prompt blocked for safety reasons",
				"status":"PROHIBITED_CONTENT"}}`},
		{name: "blocked, by its text", status: 400, verdict: Refused, reason: channel.Moderation,
			body: `{"error":{"code":"invalid_request","message":"Your prompt was blocked by our usage policies."}}`},
		{name: "blocked, by Google's front", status: 400, verdict: Refused, reason: channel.Moderation,
			body: `[{"error":{"code":400,"message":"Blocked","status":"SAFETY"}}]`},
		{name: "a key that is blocked", status: 403, verdict: OurFault, reason: channel.Submit, fault: BadKey,
			body: `[{"error":{"code":403,"message":"Requests are blocked by policy.","status":"API_KEY_SERVICE_BLOCKED"}}]`},
		{name: "a parameter that names safety", status: 400, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":"invalid_request","message":"Unknown parameter 'safety_settings'."}}`},
		{name: "bad key", status: 400, verdict: OurFault, reason: channel.Submit, fault: BadKey, body: `{"error":{"code":400,
			"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`},
		{name: "no right", status: 403, verdict: OurFault, reason: channel.Submit, fault: BadKey,
			body: `{"error":{"code":403,"message":"Denied.","status":"PERMISSION_DENIED"}}`},
		{name: "empty", status: 429, verdict: OurFault, reason: channel.Submit, fault: NoBalance, body: `{"error":{"code":429,
			"message":"Your prepayment credits are depleted. Please go to AI Studio.","status":"RESOURCE_EXHAUSTED"}}`},
		{name: "too fast", status: 429, verdict: Refused, reason: channel.RateLimited, pause: 34 * time.Second,
			body: `{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[
				{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},
				{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}`},
		{name: "overloaded", status: 503, verdict: Refused, reason: channel.Submit,
			body: `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`},
		{name: "overloaded, after a while", status: 503, body: `{"error":{"code":503,
			"message":"Deadline expired before operation could complete.","status":"UNAVAILABLE"}}`},
		{name: "broken within, in a word", status: 500, body: `{"error":{"code":"internal","message":"An error occurred."}}`},
		{name: "blocked, as a bad request", status: 400, verdict: Refused, reason: channel.Moderation,
			body: `{"error":{"code":400,"message":"This prompt contains words that violate Google's Responsible AI practices.",
				"status":"INVALID_ARGUMENT"}}`},
		{name: "broken within", status: 500, body: `{"error":{"code":500,"message":"Internal error.","status":"INTERNAL"}}`},
		{name: "too late", status: 504, body: `{"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED"}}`},
		{name: "no such model", status: 404, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
			body: `{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}`},
		{name: "queued", poll: true, body: `{"id":"j1","object":"interaction","status":"queued"}`},
		{name: "in progress", poll: true, body: `{"id":"j1","object":"interaction","status":"in_progress"}`},
		{name: "a new word", poll: true, body: `{"id":"j1","object":"interaction","status":"requires_continuation"}`},
		{name: "another's", poll: true, body: `{"id":"j2","object":"interaction","status":"failed"}`},
		{name: "completed", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: clipOfGoogle},
			body: `{"id":"j1","object":"interaction","status":"completed","steps":[{"type":"model_output","content":[
				{"type":"video",
				"uri":"` + strings.TrimSuffix(clipOfGoogle, "?alt=media") + `"}]}]}`},
		{name: "withheld", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","object":"interaction","status":"completed","steps":[{"type":"model_output","content":[
				{"type":"text",
				"text":"I can't."}]}],"usage":{"output_tokens_by_modality":[{"modality":"text","tokens":9}]}}`},
		{name: "completed, and nothing shown", poll: true, body: `{"id":"j1","object":"interaction","status":"completed"}`},
		{name: "paid, but where", poll: true, units: Quantity{17_376_000_000, "token"},
			body: `{"id":"j1","object":"interaction","status":"completed","usage":{"output_tokens_by_modality":[
				{"modality":"VIDEO","tokens":17376}]}}`},
		{name: "failed for what it shows", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"id":"j1","object":"interaction","status":"failed",
				"error":{"code":"internal","status":"PROHIBITED_CONTENT"}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","object":"interaction","status":"failed","errors":[{"code":"internal","message":"An error."}]}`},
		{name: "cancelled", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","object":"interaction","status":"cancelled"}`},
		{name: "incomplete", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","object":"interaction","status":"incomplete"}`},
		{name: "over its budget", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","object":"interaction","status":"budget_exceeded"}`},
		{name: "waits for us", poll: true, state: Failed, reason: channel.Job,
			body: `{"id":"j1","object":"interaction","status":"requires_action"}`},
		{name: "never heard of", poll: true, status: 400, state: Gone,
			body: `{"error":{"code":"invalid_request","message":"Invalid interaction name: interactions/j1"}}`},
		{name: "never heard of, by 404", poll: true, status: 404, state: Gone,
			body: `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`},
		{name: "one key taken for two", poll: true, status: 400, body: `{"error":{"code":"invalid_request",
			"message":"Multiple authentication credentials received. Please pass only one."}}`},
		{name: "a busy poll", poll: true, status: 429, pause: 1500 * time.Millisecond, body: `{"error":{"code":429,
			"status":"RESOURCE_EXHAUSTED","details":[
				{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}`},
	})
}

// held is a dialect whose submits are held.
type held struct{ *vendor }

func (h held) Name() string { return h.vendor.Name() + "-held" }

func (h held) Submit(t Target, o Order) (*http.Request, error) {
	t.Hold = true
	return h.vendor.Submit(t, o)
}

// TestInteractionsTrap polls a channel that refuses every poll: it says nothing of the job.
func TestInteractionsTrap(t *testing.T) {
	mux := http.NewServeMux()
	interactions.Routes(mux, "/v1", &script{sales: sold(made), traps: []string{"poll-400"}})
	r, err := interactions.Poll(target, Job{ID: "video_1"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	p := interactions.Polled(target, Job{ID: "video_1"}, &Response{Status: w.Code, Body: w.Body.Bytes()})
	if w.Code != 400 || p.State != InProgress || p.Fault != NoFault || !strings.HasPrefix(p.Message, "Multiple auth") {
		t.Errorf("%d: %+v", w.Code, p)
	}
}

// TestOneCredential shows Google's mock halves one key, and two.
func TestOneCredential(t *testing.T) {
	for _, tt := range []struct {
		name, query   string
		authorization string
		keys          []string
		want          int
	}{
		{name: "one", keys: []string{"k"}, want: 404},
		{name: "none", want: 400},
		{name: "twice", keys: []string{"k", "k"}, want: 400},
		{name: "in the address, too", query: "?key=k", keys: []string{"k"}, want: 400},
		{name: "as a token, too", authorization: "Bearer k", keys: []string{"k"}, want: 400},
	} {
		mux := http.NewServeMux()
		interactions.Routes(mux, "", &script{})
		r := httptest.NewRequest(http.MethodGet, "/interactions/none"+tt.query, nil)
		r.Header["X-Goog-Api-Key"] = tt.keys
		if tt.authorization != "" {
			r.Header.Set("Authorization", tt.authorization)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != tt.want || strings.Contains(w.Body.String(), "Multiple") != (len(tt.keys) > 0 && tt.want == 400) {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
}

// TestInteractionsOrders is how orders are written, and what can't be.
func TestInteractionsOrders(t *testing.T) {
	at, o := target, order
	o.Prompt = "a cat"
	tests := []struct {
		name string
		form channel.Form
		hold bool
		clip channel.Clip
		want string // in the error where there is no body
	}{
		{name: "in the background", clip: order.Clip, want: `{"background":true,"input":"a cat","model":"sora-2",` +
			`"response_format":{"aspect_ratio":"16:9","delivery":"uri","duration":"8s","resolution":"720p","type":"video"}}`},
		{name: "held", hold: true, clip: order.Clip, want: `{"input":"a cat","model":"sora-2",` +
			`"response_format":{"aspect_ratio":"16:9","delivery":"uri","duration":"8s","resolution":"720p","type":"video"}}`},
		{name: "with less, and more", clip: channel.Clip{Seconds: 4, Resolution: "480p", Aspect: "1:1"},
			form: channel.Form{Send: []string{}, Fields: map[string]any{"service_tier": "flex"}},
			want: `{"background":true,"input":"a cat","model":"sora-2","response_format":{"delivery":"uri","duration":"4s",` +
				`"type":"video"},"service_tier":"flex"}`},
		{name: "480p", clip: channel.Clip{Seconds: 4, Resolution: "480p"}, want: "write one of 360p, 720p, 1080p, 4k"},
		{name: "square", clip: channel.Clip{Seconds: 4, Resolution: "4k", Aspect: "1:1"}, want: "write 16:9 or 9:16"},
	}
	for _, tt := range tests {
		at.Form, at.Hold, o.Clip = tt.form, tt.hold, tt.clip
		r, err := interactions.Submit(at, o)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			body, _ := io.ReadAll(r.Body)
			got = string(body)
		}
		if err == nil && got != tt.want || err != nil && !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	mux := http.NewServeMux()
	interactions.Routes(mux, "", &script{sales: sold(made)})
	r := httptest.NewRequest(http.MethodPost, "/interactions", strings.NewReader(
		`{"model":"m","input":"x","response_format":{"type":"video","duration":8}}`))
	r.Header.Set("X-Goog-Api-Key", "k")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("a duration that is a bare number: %d %s", w.Code, w.Body)
	}
}
