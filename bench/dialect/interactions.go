package dialect

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"channelbench/internal/channel"
)

// interactions is the protocol by which Google sells what came after Veo:
//
//	POST {base}/interactions       model, input, background, response_format{type, delivery, duration, resolution,
//	                               aspect_ratio} → an interaction
//	GET  {base}/interactions/{id}  → {id, object: interaction, status, steps[{type, content[{type, uri}]}], usage}
//
// An order without background is held until the clip is made; if that connection breaks, nobody has told the job's id.
// An interaction whose clip isn't to be shown completes, without a clip and without tokens for one. The clip is a file
// on Google's own host, which wants the key.
//
// Traps: poll-400, by which every poll is refused as one that shows two credentials, as Google has done with the keys
// that it issues since October 2026.
var interactions = &vendor{
	name: channel.Gemini, base: "v1beta", key: googleKey, holds: true, traps: []string{"poll-400"},
	order: func(t Target, o Order) (ask, error) {
		format := map[string]any{"type": "video", "delivery": "uri",
			"duration": t.length(o.Clip.Seconds, channel.LengthAsDuration)}
		if t.Form.Sends("resolution", true) {
			if !slices.Contains(interactionResolutions, o.Clip.Resolution) {
				return ask{}, fmt.Errorf("%.40q can't be ordered here; write one of %s, or leave resolution out of send",
					o.Clip.Resolution, strings.Join(interactionResolutions, ", "))
			}
			format["resolution"] = o.Clip.Resolution
		}
		if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
			if !slices.Contains(googleAspects, o.Clip.Aspect) {
				return ask{}, fmt.Errorf("the aspect %.40q can't be ordered here; write 16:9 or 9:16", o.Clip.Aspect)
			}
			format["aspect_ratio"] = o.Clip.Aspect
		}
		fields := map[string]any{"model": t.Model, "input": o.Prompt, "response_format": format}
		if !t.Hold {
			fields["background"] = true
		}
		return ask{method: http.MethodPost, path: []string{"interactions"}, body: t.with(fields)}, nil
	},
	sold: func(r *Response, d document) report { return interaction(Job{}, r, d) },
	place: func(_ Target, j Job) (ask, error) {
		return ask{path: []string{"interactions", j.ID}}, nil
	},
	seen:  interaction,
	words: interactionWords, causes: googleCauses, meant: googleMeant,
	serve: serveInteractions,
	says:  interactionsSay,
}

var interactionResolutions = []string{"360p", "720p", "1080p", "4k"}

var interactionWords = list(map[State]string{InProgress: "queued in_progress", Completed: "completed",
	Failed: "failed cancelled incomplete budget_exceeded requires_action"})

func interaction(_ Job, r *Response, d document) (rep report) {
	rep.failed, rep.after = googleError(d)
	if r.Status/100 != 2 || d.at("object").text() != "interaction" {
		return rep
	}
	rep.id, rep.word = d.at("id").text(), d.at("status").text()
	switch {
	case interactionWords[spell(rep.word)] != Failed:
		rep.failed = nil
	case rep.failed == nil:
		rep.failed = stated(d, "errors.0")
	}
	for _, tokens := range d.at("usage.output_tokens_by_modality").items() {
		if strings.EqualFold(tokens.at("modality").text(), "video") {
			rep.units = units(tokens, "tokens", "token")
		}
	}
	video, told := outputs(d)
	rep.clipURL = googleClip(video.at("uri").text())
	rep.withheld = rep.word == "completed" && told && video.value == nil && rep.units.Micros == 0
	return rep
}

// outputs are the first clip that an interaction shows, and whether it shows anything.
func outputs(d document) (video document, told bool) {
	for _, step := range d.at("steps").items() {
		if step.at("type").text() != "model_output" {
			continue
		}
		for _, content := range step.at("content").items() {
			if told = true; content.at("type").text() == "video" {
				return content, true
			}
		}
	}
	return document{}, told
}

func serveInteractions(c counter) {
	c.gate = oneCredential
	c.held = func(d document) bool { return d.at("background").value != true }
	tell := func(r *http.Request, s *Sale) any { return c.interaction(r, s) }
	c.takes("POST /interactions", func(_ *http.Request, d document) (Purchase, error) {
		format := d.at("response_format")
		text := format.at("duration").text()
		if !strings.HasSuffix(text, "s") { // a Duration of protobuf's
			return Purchase{}, &Refusal{Fault: BadRequest, Message: "Invalid value at 'response_format.duration'."}
		}
		seconds, err := lengthIn(format.at("duration"))
		return filled(Purchase{Model: d.at("model").text(), Prompt: d.at("input").text(), Clip: channel.Clip{
			Seconds: seconds, Resolution: format.at("resolution").text(), Aspect: format.at("aspect_ratio").text()}}, err)
	}, tell)
	if c.Trap("poll-400") {
		c.handle("GET /interactions/{id}", func(w http.ResponseWriter, _ *http.Request, _ Secret) {
			c.says.refuse(w, errCredentials)
		})
	} else {
		c.tells("GET /interactions/{id}", tell)
	}
	c.stores()
}

func (c counter) interaction(r *http.Request, s *Sale) map[string]any {
	told := map[string]any{"id": s.ID, "object": "interaction", "model": s.Model, "status": "in_progress",
		"created": rfc3339(s.Created), "updated": rfc3339(s.Created)}
	if !s.Ended.IsZero() {
		told["updated"] = rfc3339(s.Ended)
	}
	output := func(content map[string]any) {
		told["status"] = "completed"
		told["steps"] = []any{map[string]any{"type": "model_output", "content": []any{content}}}
	}
	switch {
	case s.State == Completed:
		output(map[string]any{"type": "video", "mime_type": "video/mp4", "uri": c.fileURL(r, s)})
	case s.moderated():
		output(map[string]any{"type": "text", "text": "I can't generate this video. " + s.Message})
	case s.State == Failed:
		told["status"], told["errors"] = "failed", []any{map[string]any{"code": s.Code, "message": s.Message}}
	case s.waiting():
		told["status"] = "queued"
	}
	if s.Units.Micros != 0 {
		told["usage"] = map[string]any{"output_tokens_by_modality": []any{
			map[string]any{"modality": "video", "tokens": s.Units.number()}}}
	}
	return told
}

// interactionsSay is how Interactions refuses: with codes that are words. Google's front, which asks for the key, does
// so in an array and with a number.
func interactionsSay(_ http.Header, r *Refusal) (int, any) {
	status, e := r.googleError()
	if r.Fault == BadKey {
		return status, []any{map[string]any{"error": e}}
	}
	e["code"] = "invalid_request"
	if status != http.StatusBadRequest {
		e["code"] = strings.ToLower(fmt.Sprint(e["status"]))
	}
	return status, map[string]any{"error": e}
}
