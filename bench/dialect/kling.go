package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// kling is Kling's own protocol for models from 3.0 on, whose names are part of its paths:
//
//	POST {base}/text-to-video/{model}           prompt, settings{resolution, aspect_ratio, duration},
//	                                            options{external_task_id} → {code, data{id, status}}
//	GET  {base}/tasks?task_ids={id}             → {code, data[{id, status, message, outputs[{type, url}], billing[]}]}
//	GET  {base}/tasks?external_task_ids={token} → the same, by the token that the order bore
//
// It says that it knows no job by giving none, and no error. What is charged is in units of a prepaid pack, or in
// money. Clips are on another host and need no key. Errors have codes of its own, some of which come with a status that
// says another thing: an account that is empty is told by 429.
var kling = &vendor{
	name: channel.Kling, base: "", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		if err := klingMakes(t, o.Clip, "720p", "1080p", "4k"); err != nil {
			return ask{}, err
		}
		settings := map[string]any{"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		if t.Form.Sends("resolution", true) {
			settings["resolution"] = o.Clip.Resolution
		}
		if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
			settings["aspect_ratio"] = o.Clip.Aspect
		}
		fields := map[string]any{"prompt": o.Prompt, "settings": settings}
		if o.Token != "" {
			fields["options"] = map[string]any{"external_task_id": o.Token}
		}
		return ask{method: http.MethodPost, path: []string{"text-to-video", t.Model}, body: t.with(fields)}, nil
	},
	sold: func(r *Response, d document) report {
		rep := klingReport(d)
		if rep.failed == nil && r.Status/100 == 2 && d.at("code").text() == "0" && d.at("data.status").text() != "" {
			rep.id = d.at("data.id").text()
		}
		return rep
	},
	place: func(_ Target, j Job) (ask, error) { return klingTasks("task_ids", j.ID), nil },
	seen:  klingTask,
	find:  func(_ Target, token string) (ask, error) { return klingTasks("external_task_ids", token), nil },
	words: list(map[State]string{InProgress: "submitted processing", Completed: "succeeded", Failed: "failed"}),

	causes: klingCauses,
	serve:  serveKling,
	says:   klingSay,
}

// klingCauses are Kling's codes. 1202 and 1203 are said of paths and models, too.
var klingCauses = map[string]cause{
	"1000": badKey, "1001": badKey, "1002": badKey, "1003": badKey, "1004": badKey, "1103": badKey, "1304": badKey,
	"1100": noBalance, "1101": noBalance, "1102": noBalance,
	"1200": badRequest, "1201": badRequest, "1202": badRequest, "1203": gone,
	"1300": moderation, "1301": moderation, "1302": rateLimited, "1303": rateLimited,
	"5000": refused, "5001": refused, "5002": lost,
}

// klingReport is the error that an answer states.
func klingReport(d document) report {
	code := d.at("code").text()
	if _, known := klingCauses[code]; !known {
		return report{failed: generic(d)}
	}
	rep := report{failed: &failure{code: code, message: d.at("message").text()}}
	switch code {
	case "1003", "1004":
		rep.failed.message += " (not valid yet, or no more: is this machine's clock right?)"
	case "1303":
		rep.after = time.Second // all slots are taken, and one is no sooner free
	}
	return rep
}

// klingMakes says what Kling can't make.
func klingMakes(t Target, c channel.Clip, resolutions ...string) error {
	if t.Form.Sends("resolution", true) && !slices.Contains(resolutions, c.Resolution) {
		return fmt.Errorf("%.40q can't be ordered here; write one of %s, or leave resolution out of send", c.Resolution,
			strings.Join(resolutions, ", "))
	}
	if t.Form.Sends("aspect_ratio", true) && !slices.Contains([]string{"", "16:9", "9:16", "1:1"}, c.Aspect) {
		return fmt.Errorf("the aspect %.40q can't be ordered here; write 16:9, 9:16 or 1:1", c.Aspect)
	}
	return nil
}

func klingTasks(by, id string) ask {
	return ask{path: []string{"tasks"}, query: url.Values{by: {id}}}
}

func klingTask(j Job, r *Response, d document) report {
	rep := klingReport(d)
	tasks, listed := d.at("data").value.([]any)
	if rep.failed != nil || r.Status/100 != 2 || d.at("code").text() != "0" || !listed {
		return rep
	}
	if len(tasks) == 0 {
		return report{gone: true}
	}
	if len(tasks) > 1 && j.ID == "" {
		return rep // more than one order can't bear a token: it wasn't asked by
	}
	task := d.at("data.0")
	for _, t := range d.at("data").items() {
		if t.at("id").text() == j.ID {
			task = t
		}
	}
	rep.id, rep.word = task.at("id").text(), task.at("status").text()
	if rep.word == "failed" {
		rep.failed = stated(task, "message")
	}
	for _, output := range task.at("outputs").items() {
		if rep.clipURL == "" && output.at("type").text() == "video" {
			rep.clipURL = output.at("url").text()
		}
	}
	for _, bill := range task.at("billing").items() {
		switch bill.at("charge_type").text() {
		case "unit":
			if q := units(bill, "amount", "unit"); q.Unit != "" {
				rep.units = Quantity{rep.units.Micros + q.Micros, "unit"}
			}
		case "cash":
			if amount, ok := charge(bill.at("amount").text(), 1); ok && bill.at("currency").text() == "USD" {
				rep.cost, rep.priced = rep.cost+amount, true
			}
		}
	}
	return rep
}

func serveKling(c counter) {
	c.takes("POST /text-to-video/{model}", func(r *http.Request, d document) (Purchase, error) {
		settings := d.at("settings")
		seconds, err := lengthIn(settings.at("duration"))
		return filled(Purchase{Model: r.PathValue("model"), Prompt: d.at("prompt").text(),
			Token: d.at("options.external_task_id").text(), Clip: channel.Clip{Seconds: seconds,
				Resolution: settings.at("resolution").text(), Aspect: settings.at("aspect_ratio").text()}}, err)
	}, func(r *http.Request, s *Sale) any { return klingFine(s.ID, c.klingTask(r, s)) })
	c.handle("GET /tasks", func(w http.ResponseWriter, r *http.Request, _ Secret) {
		ask, id := c.Status, r.URL.Query().Get("task_ids")
		if id == "" {
			ask, id = c.Find, r.URL.Query().Get("external_task_ids")
		}
		tasks := []any{}
		sale, err := ask(r.Context(), id)
		switch {
		case err == nil:
			tasks = append(tasks, c.klingTask(r, &sale))
		case !isGone(err):
			c.says.refuse(w, err)
			return
		}
		reply(w, http.StatusOK, klingFine("tasks", tasks))
	})
	c.shows()
}

// klingFine is an answer that is no error.
func klingFine(about string, data any) map[string]any {
	return map[string]any{"code": 0, "message": "SUCCEED", "request_id": "request-" + about, "data": data}
}

func (c counter) klingTask(r *http.Request, s *Sale) map[string]any {
	task := map[string]any{"id": s.ID, "status": "processing", "message": "", "outputs": []any{},
		"create_time": s.Created.UnixMilli(), "update_time": latest(s).UnixMilli()}
	switch {
	case s.State == Completed:
		task["status"] = "succeeded"
		task["outputs"] = []any{map[string]any{"type": "video", "id": s.ID, "url": c.clipURL(r, s),
			"duration": fmt.Sprint(s.Clip.Seconds)}}
	case s.State == Failed:
		task["status"], task["message"] = "failed", s.klingMessage()
	case s.waiting():
		task["status"] = "submitted"
	}
	var bills []any
	if s.Units.Micros != 0 {
		bills = append(bills, map[string]any{"charge_type": "unit", "package_type": "video",
			"amount": s.Units.number().String()})
	}
	if s.CostKnown {
		bills = append(bills, map[string]any{"charge_type": "cash", "cash_type": "balance", "currency": "USD",
			"amount": Quantity{Micros: s.Cost}.number().String()})
	}
	if bills != nil {
		task["billing"] = bills
	}
	return task
}

// latest is when something was last heard of a job.
func latest(s *Sale) time.Time {
	if s.Ended.IsZero() {
		return s.Created
	}
	return s.Ended
}

// klingMessage says why a job failed. Kling has no code for that.
func (s *Sale) klingMessage() string {
	if s.moderated() {
		return "Failure to pass the risk control system"
	}
	return s.Message
}

// klingSay is how Kling refuses. It isn't known to refuse regions: who does so before it has words of their own.
func klingSay(_ http.Header, r *Refusal) (int, any) {
	s := klingSpoken(r)
	code := any(s.code)
	if n, err := strconv.Atoi(s.code); err == nil {
		code = n
	}
	return s.status, map[string]any{"code": code, "message": cmp.Or(r.Message, s.message), "request_id": "request-refused"}
}

func klingSpoken(r *Refusal) spoken {
	switch {
	case r.Gone:
		return spoken{404, "", "1203", "The requested resource doesn't exist"}
	case r.Fault == BadKey:
		return spoken{401, "", "1002", "Authorization is invalid"}
	case r.Fault == NoBalance:
		return spoken{429, "", "1102", "The resource pack is exhausted or has expired"}
	case r.Fault == BadRequest:
		return spoken{400, "", "1201", "Invalid parameters"}
	}
	switch r.Reason {
	case channel.Moderation:
		return spoken{400, "", "1301", "The content security policy was triggered"}
	case channel.RateLimited:
		return spoken{429, "", "1302", "Requests come too fast"}
	case channel.Region:
		return r.spoken()
	}
	return spoken{500, "", "5000", "Internal server error"}
}
