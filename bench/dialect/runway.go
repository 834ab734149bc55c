package dialect

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"channelbench/internal/channel"
)

// runway is Runway's protocol:
//
//	POST {base}/text_to_video  model, promptText, ratio (in pixels), duration → {id, estimatedCost}
//	GET  {base}/tasks/{id}     → {id, status, output, failureCode, cost: {credits}}
//
// It is the vendor that tells what a failed job was charged. A task that waits for a slot is THROTTLED, not refused.
// An empty account is a 400 with a text.
var runway = &vendor{
	name: channel.Runway, base: "v1", key: bearer,
	order: func(t Target, o Order) (ask, error) {
		width, height, err := o.Clip.Size()
		if err != nil {
			return ask{}, err
		}
		fields := map[string]any{"model": t.Model, "promptText": o.Prompt, "ratio": fmt.Sprintf("%d:%d", width, height),
			"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		return ask{method: http.MethodPost, path: []string{"text_to_video"}, header: runwayVersion,
			body: t.with(fields)}, nil
	},
	sold: func(r *Response, d document) report {
		rep := runwayJob(Job{}, r, d)
		// Others answer an order by an id, too, and nothing else.
		if r.Status/100 == 2 && (d.at("estimatedCost").isObject() || uuid.MatchString(d.at("id").text())) {
			rep.id = d.at("id").text()
		}
		return rep
	},
	place: func(_ Target, j Job) (ask, error) {
		return ask{path: []string{"tasks", j.ID}, header: runwayVersion}, nil
	},
	seen: runwayJob,
	words: list(map[State]string{InProgress: "pending throttled running", Completed: "succeeded",
		Failed: "failed cancelled"}),
	meant: func(status int, f failure) cause {
		switch {
		case strings.Contains(f.message, "not have enough credits"):
			return noBalance
		case strings.Contains(f.code, "SAFETY"):
			return moderation
		case f.code == "ASSET.INVALID":
			return badRequest
		case strings.HasPrefix(f.code, "INTERNAL") || f.code == "THIRD_PARTY.UNAVAILABLE":
			return refused
		case status == http.StatusBadRequest && causeOf(f) == (cause{}):
			return badRequest // its validation's texts are many
		}
		return cause{}
	},
	serve: serveRunway,
	says:  runwayWords,
}

// uuid is what Runway's ids are.
var uuid = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

var runwayVersion = map[string]string{"X-Runway-Version": "2024-11-06"}

// runwayJob reads a task: its statuses are in capitals, which nobody else's are beside an id and nothing around it.
func runwayJob(_ Job, r *Response, d document) report {
	if r.Status/100 != 2 {
		return report{failed: cmp.Or(stated(d, "error"), generic(d))}
	}
	word := d.at("status").text()
	if word == "" || word != strings.ToUpper(word) || d.at("createdAt").text() == "" {
		return report{failed: generic(d)}
	}
	rep := report{id: d.at("id").text(), word: word, percent: d.at("progress").text(),
		clipURL: d.at("output.0").text(), units: units(d, "cost.credits", "credit")}
	if text := d.at("failure").text(); text != "" || d.at("failureCode").text() != "" {
		rep.failed = &failure{code: d.at("failureCode").text(), message: text}
	}
	return rep
}

func serveRunway(c counter) {
	c.takes("POST /text_to_video", func(r *http.Request, d document) (Purchase, error) {
		width, height, ok := channel.ParsePair(d.at("ratio").text(), ":")
		seconds, err := lengthIn(d.at("duration"))
		if r.Header.Get("X-Runway-Version") == "" {
			err = errors.Join(err, &Refusal{Fault: BadRequest, Message: "The X-Runway-Version header is missing."})
		}
		if !ok {
			err = &Refusal{Fault: BadRequest, Param: "ratio"}
		}
		return filled(Purchase{Model: d.at("model").text(), Prompt: d.at("promptText").text(),
			Clip: channel.ClipOf(seconds, width, height)}, err)
	}, func(_ *http.Request, s *Sale) any {
		return map[string]any{"id": s.ID, "estimatedCost": map[string]any{"credits": s.Units.number()}}
	})
	c.tells("GET /tasks/{id}", func(r *http.Request, s *Sale) any {
		job := map[string]any{"id": s.ID, "createdAt": rfc3339(s.Created), "status": "RUNNING"}
		if s.State != InProgress && s.Units.Unit != "" {
			job["cost"] = map[string]any{"credits": s.Units.number()}
		}
		switch {
		case s.waiting():
			job["status"] = "PENDING"
		case s.State == InProgress:
			job["progress"] = float64(s.Percent) / 100
		case s.State == Completed:
			job["status"], job["output"] = "SUCCEEDED", []string{c.clipURL(r, s)}
		case s.moderated():
			job["status"], job["failure"], job["failureCode"] = "FAILED", "An unexpected error occurred.", "SAFETY.OUTPUT.VIDEO"
		default:
			job["status"], job["failure"], job["failureCode"] = "FAILED", s.Message, "INTERNAL.BAD_OUTPUT.CODE01"
		}
		return job
	})
	c.shows()
}

func runwayWords(h http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	message := s.message
	switch {
	case r.Fault == NoBalance:
		s.status, message = http.StatusBadRequest, "You do not have enough credits to run this task."
	case r.Message != "":
		message = r.Message
	}
	setRetryAfter(h, r.RetryAfter)
	return s.status, map[string]any{"error": message, "docUrl": "https://docs.dev.runwayml.com/api"}
}
