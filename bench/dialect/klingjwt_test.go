package dialect

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

func TestKlingJWT(t *testing.T) {
	perform(t, klingJWT, klingActs()[:1])
	perform(t, klingJWT, klingActs()[2:]) // it tells no charge in money
	understand(t, klingJWT, target, klingRefusals)
	understand(t, klingJWT, target, []heard{
		{name: "accepted", verdict: Accepted, job: Job{ID: "89"}, body: `{"code":0,"message":"SUCCEED","request_id":"r",
			"data":{"task_id":"89","task_status":"submitted","task_info":{},"created_at":1,"updated_at":1}}`},
		{name: "as the newer protocol says it", body: `{"code":0,"data":{"id":"893605","status":"submitted"}}`},
		{name: "processing", poll: true, body: `{"code":0,"data":{"task_id":"j1","task_status":"processing"}}`},
		{name: "succeed", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4"},
			units: Quantity{3_500_000, "unit"}, body: `{"code":0,"data":{"task_id":"j1","task_status":"succeed",
				"task_result":{"videos":[{"id":"v","url":"https://cdn.example.com/1.mp4","duration":"5.1"}]},
				"final_unit_deduction":"3.5","final_balance_deduction":{"quota":"0.42","list_price":"0.5"}}}`},
		{name: "the newer protocol's word", poll: true, body: `{"code":0,"data":{"task_id":"j1","task_status":"succeeded"}}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job, units: Quantity{0, "unit"},
			body: `{"code":0,"data":{"task_id":"j1","task_status":"failed","task_status_msg":"x","final_unit_deduction":"0"}}`},
		{name: "failed for what it shows", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"code":0,"data":{"task_id":"j1","task_status":"failed",
				"task_status_msg":"Failure to pass the risk control system"}}`},
		{name: "another's", poll: true, body: `{"code":0,"data":{"task_id":"j2","task_status":"failed"}}`},
		{name: "never heard of", poll: true, status: 404, state: Gone, body: `{"code":1203,"message":"no such task"}`},
	})
}

// TestKlingToken signs keys. The token was made of the same claims by another program.
func TestKlingToken(t *testing.T) {
	const header, body = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
		"eyJpc3MiOiJrZXktb2YtdGhlLXRlc3QiLCJleHAiOjE3OTUzNDM0MDAsIm5iZiI6MTc5NTM0MTU5NX0"
	const sum = "fGlDYeV-2X9QMfJgSccP1YqFEjdl1t6TUjjg89zM8OQ"
	r, err := klingJWT.Poll(target, Job{ID: "j1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Header.Get("Authorization"), "Bearer "+header+"."+body+"."+sum; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	bare, timeless := target, target
	bare.Secret, timeless.Now = Secret{}, nil
	for _, at := range []Target{bare, timeless} {
		if _, err := klingJWT.Submit(at, order); err != errUnsigned {
			t.Errorf("without a secret or the time: %v", err)
		}
	}
	odd := target
	odd.Key = NewSecret(`key-"<&>\-test`)
	if _, err := klingJWT.Submit(odd, order); err != errEscaped {
		t.Errorf("a key that a token would hide: %v", err)
	}
	for name, tt := range map[string]struct {
		token string
		want  int
	}{
		"as it should be":      {header + "." + body + "." + sum, 404},
		"the key itself":       {"key-of-the-test", 401},
		"without a signature":  {header + "." + body + ".", 401},
		"half a signature":     {header + "." + body + "." + sum[:20], 401},
		"signed by no one":     {"eyJhbGciOiJub25lIn0." + body + "." + sum, 401}, // alg: none
		"of nobody":            {header + ".eyJleHAiOjIsIm5iZiI6MX0." + sum, 401},
		"over before it began": {header + ".eyJpc3MiOiJrIiwiZXhwIjoxLCJuYmYiOjJ9." + sum, 401},
	} {
		mux := http.NewServeMux()
		klingJWT.Routes(mux, "", &script{})
		r := httptest.NewRequest(http.MethodGet, "/videos/text2video/none", nil)
		r.Header.Set("Authorization", "Bearer "+tt.token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestKlingJWTOrders(t *testing.T) {
	at := target
	at.Model = "kling-v2-6"
	at.Form.Fields = map[string]any{"sound": "on"}
	written(t, klingJWT, at, `{"aspect_ratio":"16:9","duration":"8","mode":"std","model_name":"kling-v2-6",`+
		`"prompt":"a cat","sound":"on"}`)
	o := Order{Clip: channel.Clip{Seconds: 5, Resolution: "4k"}, Prompt: "x"}
	if _, err := klingJWT.Submit(target, o); err == nil || !strings.Contains(err.Error(), "write one of 720p, 1080p") {
		t.Errorf("4k: %v", err)
	}
	o.Clip.Resolution = "1080p"
	at = target
	at.Now = func() time.Time { return created.Add(time.Hour) }
	first, _ := klingJWT.Submit(target, o)
	later, _ := klingJWT.Submit(at, o)
	if first.Header.Get("Authorization") == later.Header.Get("Authorization") {
		t.Error("an hour later, the token is the same")
	}
	for body, want := range map[string]int{
		`{"model_name":"m","prompt":"x","mode":"pro","duration":"5"}`: 200,
		`{"model_name":"m","prompt":"x","mode":"pro","duration":5}`:   400,
		`{"model_name":"m","mode":"pro","duration":"5"}`:              400,
	} {
		s := &script{sales: sold(made)}
		mux := http.NewServeMux()
		klingJWT.Routes(mux, "", s)
		r := httptest.NewRequest(http.MethodPost, "/videos/text2video", strings.NewReader(body))
		r.Header = first.Header
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != want || want == 200 && s.bought[0].Clip.Resolution != "1080p" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
