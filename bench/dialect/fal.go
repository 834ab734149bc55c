package dialect

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"channelbench/internal/channel"
)

// fal is fal's queue, which sells models of many makers; the model is the path, and its input the whole body:
//
//	POST {base}/{owner}/{name}/…                     prompt, duration, … → {request_id, status_url, response_url, status}
//	GET  {base}/{owner}/{name}/requests/{id}/status  → {request_id, status: IN_QUEUE, IN_PROGRESS, COMPLETED}
//	GET  {base}/{owner}/{name}/requests/{id}         → {video: {url}}, or the error that the job ended with
//
// COMPLETED is said of jobs that failed, too: only the last question tells, by its status, and in a header the units
// that are billed, of failed jobs as well. It may still answer that the job is in progress. X-Fal-Request-Id is no
// proof of whose an answer is: after a retry of fal's own it is another's.
var fal = &vendor{
	name: channel.Fal, key: scheme{header: "Authorization", prefix: "Key "},
	order: func(t Target, o Order) (ask, error) {
		path := strings.Split(t.Model, "/")
		if len(path) < 2 || slices.ContainsFunc(path, func(s string) bool { return strings.Trim(s, ".") == "" }) {
			return ask{}, errModel(t.Model, "fal-ai/veo3.1/fast")
		}
		return ask{method: http.MethodPost, path: path, body: t.input(o, channel.LengthAsText)}, nil
	},
	sold: func(r *Response, d document) report {
		rep := report{failed: falError(r, d), pollURL: d.at("status_url").text()}
		if rep.pollURL != "" || strings.HasPrefix(d.at("status").text(), "IN_") {
			rep.id = d.at("request_id").text()
		}
		return rep
	},
	place: func(t Target, j Job) (ask, error) {
		path := append(falApp(strings.Split(t.Model, "/")), "requests", j.ID)
		if !falDone(j) { // of which a relay may have passed on fal's own addresses
			path = append(path, "status")
		}
		return ask{path: path}, nil
	},
	seen: func(j Job, r *Response, d document) report {
		// A relay's own addresses may not show what they are for.
		status := r.Status/100 == 2 && d.at("status").text() != "" && d.at("video.url").text() == ""
		if falDone(j) && !status {
			return falResult(r, d)
		}
		return falStatus(j, r, d)
	},
	words: list(map[State]string{InProgress: "in_queue in_progress completed", Completed: "delivered", Failed: "failed"}),
	meant: falMeant,
	serve: serveFal,
	says:  falWords,
}

// falApp is what the queue knows a model by: its first two elements, or three of those that customers have built.
func falApp(model []string) []string {
	n := 2
	if model[0] == "workflows" || model[0] == "comfy" {
		n = 3
	}
	return slices.Clone(model[:min(n, len(model))])
}

// falDone says whether a job is one that is to be asked for its result.
func falDone(j Job) bool {
	place, err := url.Parse(j.PollURL)
	return err == nil && j.PollURL != "" && !strings.HasSuffix(place.Path, "/status")
}

// falStatus reads how a job is getting on. One that is done is asked for its result next.
func falStatus(j Job, r *Response, d document) report {
	rep := report{id: d.at("request_id").text()}
	result := d.at("response_url").text()
	switch word := d.at("status").text(); {
	case r.Status/100 != 2, rep.id == "" && result == "":
		rep.failed = falError(r, d)
	case word == "COMPLETED":
		usual, _, _ := strings.Cut(j.PollURL, "?")
		rep.word, rep.pollURL = word, cmp.Or(addressIn(result), strings.TrimSuffix(usual, "/status"))
	case word != "FAILED": // a word of ours, for what the result says
		rep.word, rep.pollURL = word, d.at("status_url").text()
	}
	return rep
}

// falResult reads what came of a job.
func falResult(r *Response, d document) report {
	rep := report{failed: falError(r, d), units: quantity(r.Header.Get("X-Fal-Billable-Units"), "unit")}
	switch {
	case r.Status/100 == 2:
		if rep.clipURL = d.at("video.url").text(); rep.clipURL != "" {
			rep.word, rep.failed = "delivered", nil
		}
	case rep.failed != nil && falEnded(r, d, rep.failed):
		rep.word = "failed"
	}
	if rep.word == "" {
		rep.units = Quantity{}
	}
	return rep
}

// falEnded tells a job that failed from a question for its result that failed. What isn't said as fal does is said by
// who stands before it.
func falEnded(r *Response, d document, f *failure) bool {
	marked := r.Header.Get("X-Fal-Retryable") != "" || r.Header.Get("X-Fal-Error-Type") != ""
	if strings.Contains(f.message, "still in progress") || d.at("detail").value == nil && !marked {
		return false
	}
	switch r.Status {
	case http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return true
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusTooManyRequests:
		return false
	}
	// Fal's own mark, which no gateway sets.
	return f.code != "" || r.Header.Get("X-Fal-Retryable") != ""
}

// falError is a model's error, which lists what is wrong with its input, or the queue's, which is a text with a type.
func falError(r *Response, d document) *failure {
	detail := d.at("detail.0")
	f := failure{code: cmp.Or(detail.at("type").text(), d.at("error_type").text(), r.Header.Get("X-Fal-Error-Type")),
		message: cmp.Or(detail.at("msg").text(), d.at("detail").text())}
	if f.code == "" && f.message == "" {
		return generic(d)
	}
	return &f
}

func falMeant(status int, f failure) cause {
	text := plain(f.message)
	known := causeOf(f) != (cause{})
	switch {
	case status == http.StatusForbidden && strings.Contains(text, "exhausted balance"):
		return noBalance
	case status == http.StatusForbidden && !known:
		return badKey
	case status == http.StatusUnprocessableEntity && !known:
		return badRequest
	case status == http.StatusNotFound && strings.Contains(text, "application"):
		return badRequest // there is no such model
	}
	return cause{}
}

func serveFal(c counter) {
	c.takes("POST /{model...}", func(r *http.Request, d document) (Purchase, error) {
		return inputOf(r.PathValue("model"), d)
	}, func(r *http.Request, s *Sale) any { return c.falQueued(r, s) })
	c.handle("GET /{path...}", func(w http.ResponseWriter, r *http.Request, _ Secret) {
		path := strings.Split(r.PathValue("path"), "/")
		app := falApp(path)
		asked := path[len(app):]
		if len(asked) < 2 || asked[0] != "requests" || len(asked) > 2 && asked[2] != "status" {
			c.says.refuse(w, &Refusal{Gone: true})
			return
		}
		s, err := c.Status(r.Context(), asked[1])
		switch {
		case err != nil:
			c.says.refuse(w, err)
		case len(asked) > 2:
			status := http.StatusAccepted
			if s.State != InProgress {
				status = http.StatusOK
			}
			reply(w, status, c.falQueued(r, &s))
		default:
			c.falResult(w, r, &s)
		}
	})
	c.shows()
}

// falQueued tells of a job, in whatever state.
func (c counter) falQueued(r *http.Request, s *Sale) map[string]any {
	result := here(r, c.prefix+"/"+strings.Join(falApp(strings.Split(s.Model, "/")), "/")+"/requests/"+s.ID)
	job := map[string]any{"request_id": s.ID, "response_url": result, "status_url": result + "/status",
		"cancel_url": result + "/cancel"}
	switch {
	case s.waiting():
		job["status"], job["queue_position"] = "IN_QUEUE", 0
	case s.State == InProgress:
		job["status"], job["logs"] = "IN_PROGRESS", nil
	default:
		job["status"], job["logs"], job["metrics"] = "COMPLETED", nil, map[string]any{}
	}
	return job
}

func (c counter) falResult(w http.ResponseWriter, r *http.Request, s *Sale) {
	if s.State != InProgress && s.Units.Unit != "" {
		w.Header().Set("X-Fal-Billable-Units", string(s.Units.number()))
	}
	w.Header().Set("X-Fal-Request-Id", s.ID)
	if s.State == Failed {
		w.Header().Set("X-Fal-Retryable", "false")
	}
	switch {
	case s.State == InProgress:
		reply(w, http.StatusBadRequest, map[string]any{"detail": "Request is still in progress"})
	case s.State == Completed:
		reply(w, http.StatusOK, map[string]any{"video": map[string]any{"url": c.clipURL(r, s),
			"content_type": "video/mp4", "file_name": s.ID + ".mp4"}})
	case s.moderated():
		reply(w, http.StatusUnprocessableEntity, falDetail("prompt", "content_policy_violation",
			cmp.Or(s.Message, falFlagged)))
	default:
		reply(w, http.StatusInternalServerError, falDetail("", "internal_server_error",
			cmp.Or(s.Message, "Internal server error")))
	}
}

const falFlagged = "The content could not be processed because it was flagged by a content checker."

// falDetail is a model's error.
func falDetail(field, kind, message string) any {
	loc := []any{"body"}
	if field != "" {
		loc = append(loc, field)
	}
	return map[string]any{"detail": []any{map[string]any{"loc": loc, "msg": message, "type": kind,
		"url": "https://docs.fal.ai/errors#" + kind}}}
}

// falWords are the errors of fal: of the model's input, or of the queue.
func falWords(h http.Header, r *Refusal) (int, any) {
	setRetryAfter(h, r.RetryAfter)
	status, message := http.StatusInternalServerError, "Internal Server Error"
	switch {
	case r.Gone:
		status, message = http.StatusNotFound, "Request not found"
	case r.Fault == BadKey:
		status, message = http.StatusUnauthorized, "Authentication is required to access this application."
	case r.Fault == NoBalance:
		status, message = http.StatusForbidden, "User is locked. Reason: Exhausted balance. Top up your balance."
	case r.Fault == BadRequest:
		return http.StatusUnprocessableEntity, falDetail(r.Param, "value_error", cmp.Or(r.Message, "Input is invalid"))
	case r.Reason == channel.Moderation:
		return http.StatusUnprocessableEntity, falDetail("prompt", "content_policy_violation",
			cmp.Or(r.Message, falFlagged))
	case r.Reason == channel.Region:
		status, message = http.StatusForbidden, r.spoken().message
	case r.Reason == channel.RateLimited:
		status, message = http.StatusTooManyRequests, "Too many requests"
	}
	return status, map[string]any{"detail": cmp.Or(r.Message, message)}
}
