package dialect

import (
	"encoding/json"
	"net/http"
	"net/url"

	"channelbench/internal/channel"
)

// kie is the protocol of kie.ai, a reseller of many models:
//
//	POST {base}/jobs/createTask            model, input → {code: 200, msg, data: {taskId}}
//	GET  {base}/jobs/recordInfo?taskId=ID  → {code: 200, data: {taskId, state, resultJson, failCode, failMsg}}
//
// HTTP's status is 200 whatever happens; the real one is in code. resultJson is a text that holds JSON. What the input
// is called differs by model, so the scenario says that.
var kie = &vendor{
	name: channel.Kie, base: "api/v1", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		return ask{method: http.MethodPost, path: []string{"jobs", "createTask"},
			body: map[string]any{"model": t.Model, "input": t.input(o, channel.LengthAsNumber)}}, nil
	},
	sold: func(_ *Response, d document) report {
		if f := kieError(d); f != nil {
			return report{failed: f}
		}
		return report{id: d.at("data.taskId").text(), failed: generic(d)}
	},
	place: func(_ Target, j Job) (ask, error) {
		return ask{path: []string{"jobs", "recordInfo"}, query: url.Values{"taskId": {j.ID}}}, nil
	},
	seen:  kieJob,
	words: list(map[State]string{InProgress: "waiting queuing generating", Completed: "success", Failed: "fail"}),
	causes: map[string]cause{
		"401": badKey, "402": noBalance, "404": gone, "422": badRequest, "429": rateLimited, "433": rateLimited,
		"451": moderation, "455": refused, "500": refused, "501": {reason: channel.Job}, "505": refused,
	},
	serve: serveKie,
	says:  kieWords,
}

// kieError is the error of an answer, whose code is a status of HTTP.
func kieError(d document) *failure {
	code := d.at("code").text()
	if code == "200" || code == "" || d.first("msg", "message") == "" {
		return nil
	}
	return &failure{code: code, message: d.first("msg", "message")}
}

func kieJob(_ Job, r *Response, d document) report {
	rep := report{id: d.at("data.taskId").text(), failed: kieError(d)}
	if rep.failed == nil && (d.at("code").text() != "200" || r.Status/100 != 2) {
		rep.failed = generic(d)
	}
	switch {
	case r.Status/100 != 2:
		return rep
	case rep.id != "":
		rep.word = d.at("data.state").text() // whatever the code, which may be the job's
	case rep.failed != nil && rep.failed.code == "501":
		rep.word = "fail" // said of jobs alone
	}
	if result, err := parse([]byte(d.at("data.resultJson").text())); err == nil {
		rep.clipURL = result.at("resultUrls.0").text()
	}
	if code, text := d.at("data.failCode").text(), d.at("data.failMsg").text(); code != "" || text != "" {
		rep.failed = &failure{code: code, message: text}
	}
	return rep
}

func serveKie(c counter) {
	c.takes("POST /jobs/createTask", func(_ *http.Request, d document) (Purchase, error) {
		return inputOf(d.at("model").text(), d.at("input"))
	}, func(_ *http.Request, s *Sale) any { return kieBody(map[string]any{"taskId": s.ID, "recordId": s.ID}) })
	c.handle("GET /jobs/recordInfo", func(w http.ResponseWriter, r *http.Request, _ Secret) {
		sale, err := c.Status(r.Context(), r.URL.Query().Get("taskId"))
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		reply(w, http.StatusOK, c.kieRecord(r, &sale))
	})
	c.shows()
}

func kieBody(data any) any { return map[string]any{"code": 200, "msg": "success", "data": data} }

func (c counter) kieRecord(r *http.Request, s *Sale) any {
	job := map[string]any{"taskId": s.ID, "model": s.Model, "state": "generating", "param": "{}", "resultJson": "",
		"failCode": "", "failMsg": "", "completeTime": nil, "createTime": s.Created.UnixMilli()}
	if !s.Ended.IsZero() {
		job["completeTime"], job["costTime"] = s.Ended.UnixMilli(), int(s.Ended.Sub(s.Created).Seconds())
	}
	switch {
	case s.waiting():
		job["state"] = "waiting"
	case s.State == Completed:
		// Texts in a slice can be encoded.
		result, _ := json.Marshal(map[string]any{"resultUrls": []string{c.clipURL(r, s)}})
		job["state"], job["resultJson"] = "success", string(result)
	case s.moderated():
		job["state"], job["failCode"], job["failMsg"] = "fail", "400", "Your prompt was flagged as violating our content policy."
	case s.State == Failed:
		job["state"], job["failCode"], job["failMsg"] = "fail", "501", s.Message
	}
	return kieBody(job)
}

// kieWords are its errors: HTTP's status is 200 always.
func kieWords(h http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	code, message := s.status, s.message
	switch {
	case r.Fault == NoBalance:
		code, message = 402, "Credits insufficient. Your account doesn't have enough credits for this operation."
	case r.Fault == BadRequest:
		code = 422
	}
	if r.Message != "" {
		message = r.Message
	}
	setRetryAfter(h, r.RetryAfter)
	return http.StatusOK, map[string]any{"code": code, "msg": message, "data": nil}
}
