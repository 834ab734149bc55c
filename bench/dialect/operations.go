package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"channelbench/internal/channel"
)

// operations is the protocol by which Google sold Veo on the Gemini API, and which relays imitate:
//
//	POST {base}/models/{model}:predictLongRunning  instances[{prompt}], parameters{durationSeconds, resolution,
//	                                               aspectRatio, sampleCount} → {name: models/{model}/operations/{id}}
//	GET  {base}/{name}                             → {name, done, error{code, message},
//	                                               response{generateVideoResponse{generatedSamples[{video{uri}}]}}}
//
// Instead of a clip that isn't to be shown there is its count, raiMediaFilteredCount. The clip is a file on Google's
// own host, which wants the key. No charge is told.
var operations = &vendor{
	name: channel.GeminiOps, base: "v1beta", key: googleKey,
	order: func(t Target, o Order) (ask, error) {
		parameters := map[string]any{"sampleCount": 1, "durationSeconds": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
		if t.Form.Sends("resolution", true) {
			parameters["resolution"] = o.Clip.Resolution
		}
		if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
			if !slices.Contains(googleAspects, o.Clip.Aspect) {
				return ask{}, fmt.Errorf("the aspect %.40q can't be ordered here; write 16:9 or 9:16", o.Clip.Aspect)
			}
			parameters["aspectRatio"] = o.Clip.Aspect
		}
		fields := map[string]any{"instances": []any{map[string]any{"prompt": o.Prompt}}, "parameters": parameters}
		return ask{method: http.MethodPost, path: []string{"models", t.Model + ":predictLongRunning"},
			body: t.with(fields)}, nil
	},
	sold: func(r *Response, d document) report { return operation(Job{}, r, d) },
	place: func(t Target, j Job) (ask, error) {
		return ask{path: []string{"models", t.Model, "operations", j.ID}}, nil
	},
	seen:  operation,
	words: list(map[State]string{InProgress: "begun", Completed: "done", Failed: "failed"}),

	causes: googleCauses, meant: googleMeant,
	serve: serveOperations,
	says: func(_ http.Header, r *Refusal) (int, any) {
		status, e := r.googleError()
		return status, map[string]any{"error": e}
	},
}

// operation reads one, and says in words what it says by its fields.
func operation(_ Job, r *Response, d document) (rep report) {
	rep.failed, rep.after = googleError(d)
	place := strings.Split(d.at("name").text(), "/")
	if r.Status/100 != 2 || len(place) < 2 || place[len(place)-2] != "operations" ||
		slices.ContainsFunc(place, func(part string) bool { return usableID(part) == "" }) {
		return rep
	}
	rep.id, rep.word, rep.next = place[len(place)-1], "begun", ask{path: place}
	if d.at("done").value != true {
		return rep
	}
	rep.word = "done"
	if rep.failed != nil {
		rep.word = "failed"
		return rep
	}
	made := d.at("response.generateVideoResponse")
	rep.clipURL = googleClip(made.at("generatedSamples.0.video.uri").text())
	if filtered := made.at("raiMediaFilteredCount").text(); rep.clipURL == "" && filtered != "" && filtered != "0" {
		rep.withheld = true
		rep.failed = stated(made, "raiMediaFilteredReasons.0")
	}
	return rep
}

func serveOperations(c counter) {
	c.gate = oneCredential
	c.takes("POST /models/{call}", func(r *http.Request, d document) (Purchase, error) {
		model, found := strings.CutSuffix(r.PathValue("call"), ":predictLongRunning")
		if !found {
			return Purchase{}, &Refusal{Gone: true}
		}
		asked := d.at("parameters")
		seconds, err := lengthIn(asked.at("durationSeconds"))
		return filled(Purchase{Model: model, Prompt: d.at("instances.0.prompt").text(), Clip: channel.Clip{
			Seconds: seconds, Resolution: asked.at("resolution").text(), Aspect: asked.at("aspectRatio").text()}}, err)
	}, func(_ *http.Request, s *Sale) any { return map[string]any{"name": operationName(s)} })
	c.handle("GET /models/{name...}", func(w http.ResponseWriter, r *http.Request, _ Secret) {
		sale, err := c.Status(r.Context(), path.Base(r.PathValue("name")))
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		reply(w, http.StatusOK, c.operation(r, &sale))
	})
	c.stores()
}

func operationName(s *Sale) string { return "models/" + s.Model + "/operations/" + s.ID }

func (c counter) operation(r *http.Request, s *Sale) map[string]any {
	told := map[string]any{"name": operationName(s)}
	response := func(made map[string]any) {
		made["@type"] = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
		told["done"], told["response"] = true, made
	}
	switch {
	case s.State == Completed:
		response(map[string]any{"generateVideoResponse": map[string]any{"generatedSamples": []any{
			map[string]any{"video": map[string]any{"uri": c.fileURL(r, s)}}}}})
	case s.moderated():
		response(map[string]any{"generateVideoResponse": map[string]any{"raiMediaFilteredCount": 1,
			"raiMediaFilteredReasons": []any{cmp.Or(s.Message, "The video was withheld for what it shows.")}}})
	case s.State == Failed:
		told["done"] = true
		told["error"] = map[string]any{"code": 13, "message": cmp.Or(s.Message, "Video generation failed.")}
	}
	return told
}
