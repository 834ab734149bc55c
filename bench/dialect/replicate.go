package dialect

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// replicate is Replicate's protocol, for its official models:
//
//	POST {base}/models/{owner}/{name}/predictions  {input} → 201, a prediction
//	GET  {base}/predictions/{id}                   → {id, status, output, error, metrics, urls}
//
// The model is "owner/name". What its input is called differs by model, so the scenario says that. A finished clip is
// gone after an hour, with all of its prediction; with the trap "gone-clip" it is gone at once.
var replicate = &vendor{
	name: channel.Replicate, base: "v1", key: bearer, traps: []string{"gone-clip"},
	order: func(t Target, o Order) (ask, error) {
		owner, name, both := strings.Cut(t.Model, "/")
		if !both || owner == "" || name == "" || strings.Contains(name, "/") {
			return ask{}, errModel(t.Model, `owner/name, such as "kwaivgi/kling-v3"`)
		}
		return ask{method: http.MethodPost, path: []string{"models", owner, name, "predictions"},
			body: map[string]any{"input": t.input(o, channel.LengthAsNumber)}}, nil
	},
	sold:  func(r *Response, d document) report { return replicateJob(Job{}, r, d) },
	place: func(_ Target, j Job) (ask, error) { return ask{path: []string{"predictions", j.ID}}, nil },
	seen:  replicateJob,
	words: list(map[State]string{InProgress: "starting processing", Completed: "succeeded",
		Failed: "failed canceled aborted"}),
	meant: func(status int, f failure) cause {
		switch {
		case status == http.StatusPaymentRequired || strings.Contains(f.message, "Insufficient credit"):
			return noBalance
		case status == http.StatusUnprocessableEntity && causeOf(f) == (cause{}):
			return badRequest
		}
		return cause{}
	},
	serve: serveReplicate,
	says:  replicateWords,
}

// replicateJob reads a prediction, which always names its own addresses, or an error: a title and a detail.
func replicateJob(_ Job, r *Response, d document) report {
	if r.Status/100 != 2 {
		f := failure{code: strconv.Itoa(r.Status), kind: d.at("title").text(), message: d.first("detail", "title")}
		if f.message == "" {
			return report{failed: generic(d)}
		}
		return report{failed: &f, after: resetsIn(f.message)}
	}
	if !d.at("urls").isObject() {
		return report{failed: generic(d)}
	}
	rep := report{id: d.at("id").text(), word: d.at("status").text(), clipURL: d.first("output", "output.0")}
	if e := d.at("error").text(); e != "" {
		rep.failed = &failure{message: e}
	}
	return rep
}

var resets = regexp.MustCompile(`resets in ~?([0-9]{1,6})\s*s`)

// resetsIn is a pause that only a text tells.
func resetsIn(message string) time.Duration {
	if m := resets.FindStringSubmatch(message); m != nil {
		return digits(m[1], time.Second)
	}
	return 0
}

func serveReplicate(c counter) {
	c.sells(http.StatusCreated, "POST /models/{owner}/{name}/predictions", func(r *http.Request, d document) (Purchase, error) {
		return inputOf(r.PathValue("owner")+"/"+r.PathValue("name"), d.at("input"))
	}, c.prediction)
	c.tells("GET /predictions/{id}", c.prediction)
	c.shows()
}

func (c counter) prediction(r *http.Request, s *Sale) any {
	place := here(r, c.prefix+"/predictions/"+s.ID)
	job := map[string]any{"id": s.ID, "model": s.Model, "version": "hidden", "input": map[string]any{"prompt": s.Prompt},
		"status": "processing", "output": nil, "error": nil, "logs": "", "created_at": rfc3339(s.Created),
		"started_at": nil, "completed_at": rfc3339(s.Ended), "data_removed": false,
		"urls": map[string]any{"get": place, "cancel": place + "/cancel", "web": place}}
	switch {
	case s.waiting():
		job["status"] = "starting"
	case s.State == Completed:
		job["status"], job["output"] = "succeeded", c.clipURL(r, s)
		if c.Trap("gone-clip") {
			job["output"] = here(r, c.prefix+"/clips/removed.mp4")
		}
	case s.moderated():
		job["status"], job["error"] = "failed", "The input or output was flagged as sensitive. Please try again."
	case s.State == Failed:
		job["status"], job["error"] = "failed", "Prediction failed: "+s.Message
	}
	return job
}

// replicateWords are its errors. How long to wait after a 429 stands in the text alone.
func replicateWords(_ http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	detail := s.message
	switch {
	case r.Fault == NoBalance:
		s.status, detail = http.StatusPaymentRequired, "Insufficient credit. You have insufficient credit to run this model."
	case r.Fault == BadKey:
		detail = "You did not pass a valid authentication token"
	case r.Fault == BadRequest:
		s.status = http.StatusUnprocessableEntity
	case r.Reason == channel.RateLimited:
		detail = "Request was throttled. Your rate limit resets in ~" + wholeSeconds(r.RetryAfter) + "s."
	}
	if r.Message != "" {
		detail = r.Message
	}
	return s.status, map[string]any{"title": http.StatusText(s.status), "detail": detail, "status": s.status}
}
