package dialect

import (
	"net/http"
	"net/url"
	"strings"

	"channelbench/internal/channel"
)

// minimax is MiniMax's first protocol (Hailuo):
//
//	POST {base}/video_generation                     model, prompt, duration, resolution → {task_id, base_resp}
//	GET  {base}/query/video_generation?task_id=ID    → {task_id, status, file_id, base_resp}
//	GET  {base}/files/retrieve?file_id=ID            → {file: {download_url}, base_resp}
//
// Errors come in base_resp with HTTP's status 200. A key works at one host only; another answers 2049. Between
// "Success" and the clip stands one more question, for the file.
var minimax = &vendor{
	name: channel.MiniMax, base: "v1", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		fields := map[string]any{"model": t.Model, "prompt": o.Prompt,
			"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		if t.Form.Sends("resolution", true) {
			fields["resolution"] = strings.ToUpper(o.Clip.Resolution)
		}
		return ask{method: http.MethodPost, path: []string{"video_generation"}, body: t.with(fields)}, nil
	},
	sold: func(_ *Response, d document) report {
		rep := report{failed: minimaxError(d)}
		if rep.failed == nil && d.at("base_resp").isObject() {
			rep.id = d.at("task_id").text()
		}
		return rep
	},
	place: func(_ Target, j Job) (ask, error) {
		return ask{path: []string{"query", "video_generation"}, query: url.Values{"task_id": {j.ID}}}, nil
	},
	seen: minimaxJob,
	words: list(map[State]string{InProgress: "preparing queueing processing success", Completed: "file",
		Failed: "fail"}),
	causes: minimaxCauses,
	serve:  serveMiniMax,
	says:   minimaxWords,
}

var minimaxCauses = map[string]cause{
	"1001": lost, "1002": rateLimited, "1004": badKey, "1008": noBalance,
	"1026": moderation, "1027": moderation, "1039": rateLimited, "2013": badRequest, "2049": badKey, "2056": noBalance,
	"2061": badKey,
}

// minimaxError is the error in base_resp, or that of a gateway in front.
func minimaxError(d document) *failure {
	base := d.at("base_resp")
	if code := base.at("status_code").text(); code != "" && code != "0" {
		return &failure{code: code, message: base.at("status_msg").text()}
	}
	if base.isObject() {
		return nil
	}
	return generic(d)
}

// minimaxJob reads what both questions are answered. A job that has made a file is asked for that next.
func minimaxJob(j Job, r *Response, d document) report {
	rep := report{failed: minimaxError(d), id: d.at("task_id").text()}
	if r.Status/100 != 2 || !d.at("base_resp").isObject() {
		return rep
	}
	file := d.at("file.download_url").text()
	switch {
	case file != "":
		rep.word, rep.clipURL = "file", file
	case rep.failed != nil && (rep.failed.code == "1026" || rep.failed.code == "1027"):
		rep.word = "Fail" // the question isn't moderated: the job was
	case rep.id != "" && (rep.failed == nil || !meetsPolls(minimaxCauses[rep.failed.code])):
		rep.word = d.at("status").text()
	}
	if id := usableID(d.at("file_id").text()); rep.word == "Success" && id != "" {
		rep.next = ask{path: []string{"files", "retrieve"}, query: url.Values{"file_id": {id}}}
	}
	return rep
}

func serveMiniMax(c counter) {
	fine := map[string]any{"status_code": 0, "status_msg": "success"}
	c.takes("POST /video_generation", func(_ *http.Request, d document) (Purchase, error) {
		seconds, err := lengthIn(d.at("duration"))
		return filled(Purchase{Model: d.at("model").text(), Prompt: d.at("prompt").text(), Clip: channel.Clip{
			Seconds: seconds, Resolution: strings.ToLower(d.at("resolution").text())}}, err)
	}, func(_ *http.Request, s *Sale) any { return map[string]any{"task_id": s.ID, "base_resp": fine} })
	ask := func(pattern, key string, tell func(*http.Request, *Sale) any) {
		c.handle(pattern, func(w http.ResponseWriter, r *http.Request, _ Secret) {
			sale, err := c.Status(r.Context(), strings.TrimPrefix(r.URL.Query().Get(key), "file-"))
			if err != nil {
				c.says.refuse(w, err)
				return
			}
			reply(w, http.StatusOK, tell(r, &sale))
		})
	}
	ask("GET /query/video_generation", "task_id", func(_ *http.Request, s *Sale) any {
		job := map[string]any{"task_id": s.ID, "status": "Processing", "file_id": "", "base_resp": fine}
		switch {
		case s.waiting():
			job["status"] = "Queueing"
		case s.State == Completed:
			job["status"], job["file_id"] = "Success", "file-"+s.ID
		case s.moderated():
			job["status"], job["base_resp"] = "Fail", map[string]any{"status_code": 1027, "status_msg": "output new_sensitive"}
		case s.State == Failed:
			job["status"] = "Fail"
		}
		return job
	})
	ask("GET /files/retrieve", "file_id", func(r *http.Request, s *Sale) any {
		return map[string]any{"base_resp": fine, "file": map[string]any{"file_id": "file-" + s.ID,
			"filename": "output.mp4", "purpose": "video_generation", "created_at": unix(s.Created),
			"download_url": c.clipURL(r, s)}}
	})
	c.shows()
}

// minimaxWords are its errors: HTTP's status is 200 always.
func minimaxWords(_ http.Header, r *Refusal) (int, any) {
	code, message := 1000, "unknown error"
	switch {
	case r.Gone:
		code, message = 1013, "task not found"
	case r.Fault == BadKey:
		code, message = 1004, "login fail: Please carry the API secret key in the 'Authorization' field"
	case r.Fault == NoBalance:
		code, message = 1008, "insufficient balance"
	case r.Fault == BadRequest:
		code, message = 2013, "invalid params"
	case r.Reason == channel.Moderation:
		code, message = 1026, "input new_sensitive"
	case r.Reason == channel.RateLimited:
		code, message = 1002, "rate limit"
	case r.Reason == channel.Region:
		message = r.spoken().message
	}
	if r.Message != "" {
		message = r.Message
	}
	return http.StatusOK, map[string]any{"base_resp": map[string]any{"status_code": code, "status_msg": message}}
}
