package dialect

import (
	"cmp"
	"net/http"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// xai is xAI's own protocol, which has the path of the article's:
//
//	POST {base}/videos/generations   model, prompt, duration, resolution, aspect_ratio → {request_id}
//	GET  {base}/videos/{request_id}  → {status: pending, done, failed, expired; video: {url}; usage}
//
// The charge is exact and in the answer: 10^10 ticks are a dollar. A clip that was made but isn't to be shown says
// respect_moderation: false; it may be charged.
var xai = &vendor{
	name: channel.XAI, base: "v1", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		fields := map[string]any{"model": t.Model, "prompt": o.Prompt,
			"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		if t.Form.Sends("resolution", true) {
			fields["resolution"] = o.Clip.Resolution
		}
		if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
			fields["aspect_ratio"] = o.Clip.Aspect
		}
		return ask{method: http.MethodPost, path: []string{"videos", "generations"}, body: t.with(fields)}, nil
	},
	sold: func(_ *Response, d document) report {
		// Others put a request's own id beside their job's.
		others := d.first("id", "status", "code", "queue_position", "message", "msg")
		if others != "" || d.at("output").isObject() || d.at("data").isObject() {
			return report{failed: generic(d)}
		}
		return report{id: d.at("request_id").text(), failed: generic(d)}
	},
	place: func(_ Target, j Job) (ask, error) { return ask{path: []string{"videos", j.ID}}, nil },
	seen:  xaiJob,
	words: list(map[State]string{InProgress: "pending", Completed: "done", Failed: "failed expired"}),
	meant: xaiMeant,
	serve: serveXAI,
	says:  xaiWords,
}

func xaiJob(_ Job, r *Response, d document) report {
	rep := report{id: d.at("request_id").text(), failed: generic(d)}
	if r.Status/100 != 2 {
		return rep
	}
	rep.word, rep.percent = d.at("status").text(), d.at("progress").text()
	rep.clipURL = d.at("video.url").text()
	rep.withheld = d.at("video.respect_moderation").value == false
	rep.cost, rep.priced = charge(d.at("usage.cost_in_usd_ticks").text(), xaiTicks)
	if rep.id == "" && rep.failed != nil && meetsPolls(causeOf(*rep.failed)) {
		rep.word = "" // it may be the poll's
	}
	return rep
}

// xaiMeant tells a team without credits, and a prompt that is against the guidelines, from rates and from rights, whose
// codes they share.
func xaiMeant(_ int, f failure) cause {
	text := plain(f.message)
	switch {
	case strings.Contains(text, "available credits"), strings.Contains(text, "spending limit"):
		return noBalance
	case causeOf(failure{message: f.message}) == moderation:
		return moderation
	}
	return cause{}
}

// xaiTicks make a dollar.
const xaiTicks = 1e10

func serveXAI(c counter) {
	c.takes("POST /videos/generations", func(_ *http.Request, d document) (Purchase, error) {
		seconds, err := lengthIn(d.at("duration"))
		return filled(Purchase{Model: d.at("model").text(), Prompt: d.at("prompt").text(), Clip: channel.Clip{
			Seconds: seconds, Resolution: d.at("resolution").text(), Aspect: d.at("aspect_ratio").text()}}, err)
	}, func(_ *http.Request, s *Sale) any { return map[string]any{"request_id": s.ID} })
	c.tells("GET /videos/{id}", func(r *http.Request, s *Sale) any {
		job := map[string]any{"request_id": s.ID, "model": s.Model, "progress": s.Percent, "status": "pending"}
		video := map[string]any{"duration": s.Clip.Seconds, "respect_moderation": !s.moderated()}
		switch {
		case s.State == Completed:
			job["status"], video["url"] = "done", c.clipURL(r, s)
			job["video"] = video
		case s.moderated():
			job["status"], job["video"] = "done", video
		case s.State == Failed:
			job["status"] = "failed"
			job["error"] = map[string]any{"code": s.Code, "message": s.Message}
		}
		if s.CostKnown {
			job["usage"] = map[string]any{"cost_in_usd_ticks": int64(s.Cost) * (xaiTicks / int64(money.Dollar))}
		}
		return job
	})
	c.shows()
}

// xaiWords are the errors of xAI: a code, and a text.
func xaiWords(h http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	setRetryAfter(h, r.RetryAfter)
	return s.status, map[string]any{"code": s.code, "error": cmp.Or(r.Message, s.message)}
}
