package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// dashscope is the protocol of Alibaba's Model Studio (Wan):
//
//	POST {base}/services/aigc/video-generation/video-synthesis  model, input, parameters → {request_id, output: {task_id}}
//	GET  {base}/tasks/{task_id}                                 → {output: {task_status, video_url}, usage}
//
// Models from wan2.7 on take a resolution and a ratio; those before take a size in pixels, written with an asterisk,
// which `send = ["size"]` asks for. usage tells the seconds that are billed. A task that is expired or unknown has the
// status UNKNOWN.
var dashscope = &vendor{
	name: channel.DashScope, base: "api/v1", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		parameters := map[string]any{"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		if t.Form.Sends("size", false) {
			width, height, err := o.Clip.Size()
			if err != nil {
				return ask{}, err
			}
			parameters["size"] = fmt.Sprintf("%d*%d", width, height)
		}
		if t.Form.Sends("resolution", true) {
			parameters["resolution"] = strings.ToUpper(o.Clip.Resolution)
		}
		if t.Form.Sends("ratio", true) && o.Clip.Aspect != "" {
			parameters["ratio"] = o.Clip.Aspect
		}
		return ask{method: http.MethodPost, path: []string{"services", "aigc", "video-generation", "video-synthesis"},
			header: map[string]string{"X-DashScope-Async": "enable"}, body: map[string]any{"model": t.Model,
				"input": map[string]any{"prompt": o.Prompt}, "parameters": t.with(parameters)}}, nil
	},
	sold:  func(r *Response, d document) report { return dashscopeTask(Job{}, r, d) },
	place: func(_ Target, j Job) (ask, error) { return ask{path: []string{"tasks", j.ID}}, nil },
	seen:  dashscopeTask,
	words: list(map[State]string{InProgress: "pending running", Completed: "succeeded",
		Failed: "failed canceled", Gone: "unknown"}),
	causes: map[string]cause{
		"InvalidApiKey": badKey, "AccessDenied": badKey, "AccessDenied.Unpurchased": badKey, "Arrearage": noBalance,
		"Throttling": rateLimited, "Throttling.RateQuota": rateLimited, "Throttling.AllocationQuota": rateLimited,
		"Throttling.BurstRate": rateLimited, "DataInspectionFailed": moderation, "InvalidParameter": badRequest,
		"InvalidURL": badRequest, "ModelNotFound": badRequest, "InternalError": refused, "InternalError.Timeout": lost,
	},
	serve: serveDashScope,
	says:  dashscopeWords,
}

func dashscopeTask(_ Job, r *Response, d document) report {
	task := d.at("output")
	rep := report{id: task.at("task_id").text()}
	for _, e := range []document{task, d} {
		if code := e.at("code").text(); !successes[strings.ToLower(code)] {
			rep.failed = &failure{code: code, message: e.at("message").text()}
			break
		}
	}
	rep.failed = cmp.Or(rep.failed, generic(d))
	if r.Status/100 != 2 || d.at("request_id").text() == "" {
		return rep
	}
	rep.word, rep.clipURL = task.at("task_status").text(), task.at("video_url").text()
	rep.units = units(d, "usage.duration", "second")
	return rep
}

func serveDashScope(c counter) {
	c.takes("POST /services/aigc/video-generation/video-synthesis", func(r *http.Request, d document) (Purchase, error) {
		parameters := d.at("parameters")
		seconds, err := lengthIn(parameters.at("duration"))
		if r.Header.Get("X-DashScope-Async") != "enable" {
			err = &Refusal{Fault: BadKey, Message: "current user api does not support synchronous calls"}
		}
		clip := channel.Clip{Seconds: seconds, Resolution: strings.ToLower(parameters.at("resolution").text()),
			Aspect: parameters.at("ratio").text()}
		if width, height, ok := channel.ParsePair(parameters.at("size").text(), "*"); ok {
			clip = channel.ClipOf(seconds, width, height)
		}
		return filled(Purchase{Model: d.at("model").text(), Prompt: d.at("input.prompt").text(), Clip: clip}, err)
	}, func(_ *http.Request, s *Sale) any {
		return dashscopeBody(map[string]any{"task_id": s.ID, "task_status": "PENDING"})
	})
	c.tells("GET /tasks/{id}", func(r *http.Request, s *Sale) any {
		task := map[string]any{"task_id": s.ID, "task_status": "RUNNING", "submit_time": localTime(s.Created)}
		body := dashscopeBody(task)
		switch {
		case s.waiting():
			task["task_status"] = "PENDING"
		case s.State == Completed:
			task["task_status"], task["video_url"], task["end_time"] = "SUCCEEDED", c.clipURL(r, s), localTime(s.Ended)
			task["orig_prompt"] = s.Prompt
			body["usage"] = map[string]any{"duration": s.Clip.Seconds, "output_video_duration": s.Clip.Seconds,
				"input_video_duration": 0, "video_count": 1}
		case s.moderated():
			task["task_status"], task["code"], task["message"] = "FAILED", "DataInspectionFailed",
				"Output data may contain inappropriate content."
		case s.State == Failed:
			task["task_status"], task["code"], task["message"] = "FAILED", "InternalError", s.Message
		}
		return body
	})
	c.shows()
}

// localTime is a time without a zone, as DashScope tells it.
func localTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

func dashscopeBody(output map[string]any) map[string]any {
	return map[string]any{"request_id": "4909100c-7b5a-9f92-bfe5-a0075b71e5a4", "output": output}
}

func dashscopeWords(h http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	switch {
	case r.Gone:
		return http.StatusOK, dashscopeBody(map[string]any{"task_id": "", "task_status": "UNKNOWN"})
	case r.Fault == BadKey:
		s.code = "InvalidApiKey"
	case r.Fault == NoBalance:
		s.status, s.code, s.message = 400, "Arrearage", "Access denied, please make sure your account is in good standing."
	case r.Fault == BadRequest:
		s.code = "InvalidParameter"
	case r.Reason == channel.Moderation:
		s.code, s.message = "DataInspectionFailed", "Input data may contain inappropriate content."
	case r.Reason == channel.RateLimited:
		s.code, s.message = "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."
	case r.Reason == channel.Submit:
		s.code = "InternalError"
	}
	if r.Message != "" {
		s.message = r.Message
	}
	setRetryAfter(h, r.RetryAfter)
	return s.status, map[string]any{"request_id": "4909100c-7b5a-9f92-bfe5-a0075b71e5a4", "code": s.code,
		"message": s.message}
}
