package dialect

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

// klingActs are the acts as Kling plays them, which tells units and no pause.
func klingActs() []act {
	sale := made
	sale.Units, sale.CostKnown = Quantity{3_000_000, "unit"}, false
	return vendorActs(
		act{name: "delivered", seller: script{sales: sold(sale)}, check: func(t *testing.T, p played) {
			usable(t, p)
			if last := p.progress[len(p.progress)-1]; last.Units != sale.Units {
				t.Errorf("units: got %v", last.Units)
			}
		}},
		act{name: "paid-in-money", seller: script{sales: sold(made)}, check: acts[0].check},
		act{name: "rate-limited", seller: script{refuse: &Refusal{Reason: channel.RateLimited,
			RetryAfter: 1500 * time.Millisecond}}, check: verdict(Answer{Verdict: Refused, Reason: channel.RateLimited})})
}

// klingRefusals are Kling's codes as both of its protocols tell them.
var klingRefusals = []heard{
	{name: "the pack is used up", status: 429, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
		body: `{"code":1102,"message":"resource pack exhausted","request_id":"r"}`},
	{name: "in arrears", status: 429, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
		body: `{"code":1101,"message":"account in arrears"}`},
	{name: "too fast", status: 429, verdict: Refused, reason: channel.RateLimited,
		body: `{"code":1302,"message":"api request rate limit"}`},
	{name: "no slot", status: 429, verdict: Refused, reason: channel.RateLimited, pause: time.Second,
		body: `{"code":1303,"message":"parallel task over resource pack limit","data":null}`},
	{name: "no slot, by 200", verdict: Refused, reason: channel.RateLimited, pause: time.Second,
		body: `{"code":1303,"message":"parallel task over resource pack limit","data":null}`},
	{name: "from a strange place", status: 429, verdict: OurFault, reason: channel.Submit, fault: BadKey,
		body: `{"code":1304,"message":"IP is not in the whitelist"}`},
	{name: "bad key", status: 401, verdict: OurFault, reason: channel.Submit, fault: BadKey,
		body: `{"code":1002,"message":"Authorization is invalid"}`},
	{name: "no right", status: 403, verdict: OurFault, reason: channel.Submit, fault: BadKey,
		body: `{"code":1103,"message":"no access to the model"}`},
	{name: "policy", status: 400, verdict: Refused, reason: channel.Moderation, body: `{"code":1300,"message":"x"}`},
	{name: "security", status: 400, verdict: Refused, reason: channel.Moderation, body: `{"code":1301,"message":"x"}`},
	{name: "a bad order", status: 400, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
		body: `{"code":1201,"message":"duration is invalid"}`},
	{name: "no such model", status: 404, verdict: OurFault, reason: channel.Submit, fault: BadRequest,
		body: `{"code":1203,"message":"model does not exist"}`},
	{name: "under repair", status: 503, verdict: Refused, reason: channel.Submit, body: `{"code":5001,"message":"x"}`},
	{name: "broken", status: 500, verdict: Refused, reason: channel.Submit, body: `{"code":5000,"message":"x"}`},
	{name: "too late", status: 504, body: `{"code":5002,"message":"internal timeout"}`},
	{name: "broken, after the order went on", status: 500, body: `{"code":5000,"message":"read tcp: i/o timeout"}`},
	{name: "broken, and a job", status: 500, body: `{"code":5000,"message":"x","data":{"id":"1","task_id":"1"}}`},
	{name: "a gateway", status: 502, body: `<html>`},
	{name: "a relay's words", status: 403, verdict: OurFault, reason: channel.Submit, fault: NoBalance,
		body: `{"code":"insufficient_user_quota","message":"x","data":null}`},
	{name: "no word of it", body: `{"code":0,"message":"SUCCEED","data":{}}`},
	{name: "a poll that is too fast", poll: true, status: 429, body: `{"code":1302,"message":"x"}`},
	{name: "a poll of an empty account", poll: true, status: 429, fault: NoBalance, body: `{"code":1101,"message":"x"}`},
}

func TestKling(t *testing.T) {
	perform(t, kling, klingActs())
	understand(t, kling, target, klingRefusals)
	understand(t, kling, target, []heard{
		{name: "accepted", body: `{"code":0,"message":"SUCCEED","data":{"id":"893605","status":"submitted"}}`,
			verdict: Accepted, job: Job{ID: "893605"}},
		{name: "as the older protocol says it", body: `{"code":0,"data":{"task_id":"893605","task_status":"submitted"}}`},
		{name: "submitted", poll: true, body: `{"code":0,"data":[{"id":"j1","status":"submitted"}]}`},
		{name: "processing", poll: true, body: `{"code":0,"data":[{"id":"j1","status":"processing"}]}`},
		{name: "succeeded", poll: true, state: Completed, job: Job{ID: "j1", ContentURL: "https://cdn.example.com/1.mp4"},
			units: Quantity{4_500_000, "unit"}, cost: "$0.42",
			body: `{"code":0,"data":[{"id":"j1","status":"succeeded","outputs":[{"type":"audio","mp3_url":"a"},
				{"type":"video","url":"https://cdn.example.com/1.mp4","duration":"8"}],"billing":[
				{"charge_type":"unit","amount":"3","package_type":"video"},{"charge_type":"unit","amount":"1.5"},
				{"charge_type":"cash","amount":"0.42","currency":"USD","list_price":"0.5"},
				{"charge_type":"cash","amount":"7","currency":"CNY"}]}]}`},
		{name: "bills that can't be added up", poll: true, state: Failed, reason: channel.Job,
			units: Quantity{1_000_000, "unit"}, body: `{"code":0,"data":[{"id":"j1","status":"failed","billing":[
				{"charge_type":"unit","amount":"9e12"},{"charge_type":"unit","amount":"1"},
				{"charge_type":"unit","amount":"9e12"},{"charge_type":"unit","amount":"-3"},
				{"charge_type":"cash","amount":"9e12","currency":"USD"}]}]}`},
		{name: "succeeded, but where", poll: true, body: `{"code":0,"data":[{"id":"j1","status":"succeeded","outputs":[]}]}`},
		{name: "the older protocol's word", poll: true, body: `{"code":0,"data":[{"id":"j1","status":"succeed"}]}`},
		{name: "failed", poll: true, state: Failed, reason: channel.Job,
			body: `{"code":0,"data":[{"id":"j1","status":"failed","message":"internal error"}]}`},
		{name: "failed for what it shows", poll: true, state: Failed, reason: channel.Moderation,
			body: `{"code":0,"data":[{"id":"j1","status":"failed","message":"Failure to pass the risk control system"}]}`},
		{name: "another's", poll: true, body: `{"code":0,"data":[{"id":"j2","status":"failed"}]}`},
		{name: "ours among others", poll: true, state: Failed, reason: channel.Job,
			body: `{"code":0,"data":[{"id":"j2","status":"processing"},{"id":"j1","status":"failed"}]}`},
		{name: "never heard of", poll: true, state: Gone, body: `{"code":0,"message":"SUCCEED","data":[]}`},
		{name: "nothing said", poll: true, body: `{"code":0,"message":"SUCCEED","data":null}`},
	})
}

// TestKlingClock says what may be wrong where a key is not valid yet, or no more.
func TestKlingClock(t *testing.T) {
	for _, code := range []string{"1003", "1004"} {
		a := kling.Submitted(target, &Response{Status: 401, Body: []byte(`{"code":` + code + `,"message":"Token expired"}`)})
		if a.Fault != BadKey || !strings.Contains(a.Message, "Token expired") || !strings.Contains(a.Message, "clock") {
			t.Errorf("%s: got %+v", code, a)
		}
	}
}

// TestKlingFind looks orders up by their tokens.
func TestKlingFind(t *testing.T) {
	for _, d := range []*vendor{kling, klingJWT} {
		s := &script{sales: sold(made)}
		mux := http.NewServeMux()
		d.Routes(mux, "/v1", s)
		ask := func(r *http.Request, err error) *Response {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			return &Response{Status: w.Code, Body: w.Body.Bytes()}
		}
		if a := d.Found(target, ask(d.Find(target, "token-1"))); a.Verdict != Refused || a.Reason != channel.Submit {
			t.Errorf("%s: before the order: %+v", d.Name(), a)
		}
		o := order
		o.Token = "token-1"
		ask(d.Submit(target, o))
		if s.bought[0].Token != "token-1" {
			t.Errorf("%s: sold with the token %q", d.Name(), s.bought[0].Token)
		}
		if a := d.Found(target, ask(d.Find(target, "token-1"))); a.Verdict != Accepted || a.Progress.Job.ID != "video_1" {
			t.Errorf("%s: after the order: %+v", d.Name(), a)
		}
		for name, body := range map[string]string{
			"a gateway": `<html>`, "a relay without the path": `{"error":{"code":"not_found","message":"no such path"}}`,
			"too fast": `{"code":1302,"message":"x"}`, "nothing said": `{"code":0,"data":null}`,
			"those of others": `{"code":0,"data":[{"id":"1","status":"submitted"},{"id":"2","status":"failed"}]}`,
		} {
			for _, status := range []int{200, 404} {
				a := d.Found(target, &Response{Status: status, Body: []byte(body)})
				if a.Verdict != Lost || a.Reason != channel.Lost {
					t.Errorf("%s: %s, %d: %+v", d.Name(), name, status, a)
				}
			}
		}
	}
	if _, err := xai.Find(target, "token-1"); err != errNoToken {
		t.Errorf("got %v", err)
	}
}

func TestKlingOrders(t *testing.T) {
	at := target
	at.Model = "kling-3.0"
	at.Form.Fields = map[string]any{"settings": map[string]any{"audio": "on"}}
	written(t, kling, at, `{"prompt":"a cat",`+
		`"settings":{"aspect_ratio":"16:9","audio":"on","duration":8,"resolution":"720p"}}`)
	for resolution, want := range map[string]string{"480p": "write one of 720p, 1080p, 4k", "1080p": ""} {
		_, err := kling.Submit(target, Order{Clip: channel.Clip{Seconds: 5, Resolution: resolution}, Prompt: "x"})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", resolution, err)
		}
	}
	_, err := kling.Submit(target, Order{Clip: channel.Clip{Seconds: 5, Resolution: "720p", Aspect: "21:9"}, Prompt: "x"})
	if err == nil || !strings.Contains(err.Error(), "write 16:9, 9:16 or 1:1") {
		t.Errorf("21:9: %v", err)
	}
}
