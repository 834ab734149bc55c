package dialect

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// tasks is in what the protocols of this shape differ.
type tasks struct {
	name, base   string
	id           string            // the field of the answer to an order
	wrapper      string            // of a task, when it is asked about; "": none
	clip         string            // of a task, where the clip's address is
	sell, ask    []string          // the paths
	resolutions  map[string]string // what can be ordered, and the protocol's word for it
	audio        string            // the switch of a clip's sound; "": none
	billed, unit string            // of a task's usage, and what it counts
	failed       func(document) *failure
	causes       map[string]cause
	meant        func(status int, f failure) cause

	// The mock half: how it words that a clip is kept back and that a task broke, and its refusals.
	flagged, broken taskError
	says            tongue
}

// taskError is why a task failed.
type taskError struct{ code, message string }

func (e taskError) told(message string) any {
	return map[string]any{"code": e.code, "message": cmp.Or(message, e.message)}
}

func (v tasks) vendor() *vendor {
	return &vendor{
		name: v.name, base: v.base, key: bearer, traps: []string{"expired"},
		order: v.order, sold: v.sold, seen: v.seen,
		place: func(_ Target, j Job) (ask, error) { return ask{path: append(slices.Clone(v.ask), j.ID)}, nil },
		words: list(map[State]string{InProgress: "queued running", Completed: "succeeded",
			Failed: "failed cancelled expired"}),
		causes: v.causes, meant: v.meant,
		serve: v.serve, says: v.says,
	}
}

func (v tasks) order(t Target, o Order) (ask, error) {
	fields := map[string]any{"model": t.Model, "content": []any{map[string]any{"type": "text", "text": o.Prompt}},
		"duration": t.length(o.Clip.Seconds, channel.LengthAsNumber)}
	if _, fixed := t.Form.Fields["resolution"]; t.Form.Sends("resolution", true) && !fixed {
		word, known := v.resolutions[strings.ToLower(o.Clip.Resolution)]
		if !known {
			all := strings.Join(slices.Sorted(maps.Keys(v.resolutions)), ", ")
			return ask{}, fmt.Errorf("%s has no word for the resolution %.40q, only for %s; order one of those, or write "+
				"the model's own into the channel's fields", v.name, o.Clip.Resolution, all)
		}
		fields["resolution"] = word
	}
	if (t.Form.Sends("ratio", true) || t.Form.Sends("aspect_ratio", true)) && o.Clip.Aspect != "" {
		fields["ratio"] = o.Clip.Aspect
	}
	if v.audio != "" && t.Form.Sends("audio", false) {
		fields[v.audio] = o.Clip.Audio != channel.Silent
	}
	return ask{method: http.MethodPost, path: slices.Clone(v.sell), body: t.with(fields)}, nil
}

// otherIDs are what others say beside an id when they have taken an order.
var otherIDs = []string{"status", "state", "object", "code", "name", "polling_url", "status_url", "urls",
	"estimatedCost", "data", "output", "queue_position", "task_status", "message", "msg"}

func (v tasks) sold(_ *Response, d document) report {
	rep := report{failed: v.failed(d)}
	fields, _ := d.value.(map[string]any)
	if !slices.ContainsFunc(otherIDs, func(name string) bool { return fields[name] != nil }) {
		rep.id = d.at(v.id).text()
	}
	return rep
}

func (v tasks) seen(_ Job, r *Response, d document) report {
	task := d
	if v.wrapper != "" {
		task = d.at(v.wrapper)
	}
	rep := report{id: task.at("id").text(), failed: v.failed(d)}
	if r.Status/100 != 2 || rep.id == "" {
		return rep
	}
	rep.word, rep.clipURL, rep.failed = task.at("status").text(), task.at(v.clip).text(), stated(task, "error")
	rep.units = units(task, "usage."+v.billed, v.unit)
	return rep
}

func (v tasks) serve(c counter) {
	c.takes("POST /"+strings.Join(v.sell, "/"), func(_ *http.Request, d document) (Purchase, error) {
		p := Purchase{Model: d.at("model").text(), Prompt: d.at("content.0.text").text()}
		if d.at("duration").value == nil {
			p.Prompt, d = oldStyle(p.Prompt)
		}
		seconds, err := lengthIn(d.at("duration"))
		p.Clip = channel.Clip{Seconds: seconds, Aspect: d.at("ratio").text()}
		for resolution, word := range v.resolutions {
			if word == d.at("resolution").text() {
				p.Clip.Resolution = resolution
			}
		}
		return filled(p, err)
	}, func(_ *http.Request, s *Sale) any { return map[string]any{v.id: s.ID} })
	c.tells("GET /"+strings.Join(v.ask, "/")+"/{id}", func(r *http.Request, s *Sale) any {
		if v.wrapper == "" {
			return v.told(c, r, s)
		}
		return map[string]any{v.wrapper: v.told(c, r, s)}
	})
	c.shows()
}

// told is a task.
func (v tasks) told(c counter, r *http.Request, s *Sale) map[string]any {
	task := map[string]any{"id": s.ID, "model": s.Model, "status": "running", "created_at": unix(s.Created),
		"updated_at": unix(s.Created), "resolution": v.resolutions[s.Clip.Resolution], "ratio": s.Clip.Aspect,
		"duration": s.Clip.Seconds}
	if !s.Ended.IsZero() {
		task["updated_at"] = unix(s.Ended)
	}
	if s.State != InProgress && s.Units.Unit != "" {
		n := int64(s.Units.Micros / money.Dollar)
		task["usage"] = map[string]any{v.billed: n, "total_tokens": n}
	}
	switch {
	case s.waiting():
		task["status"] = "queued"
	case s.State == Completed:
		place, field, _ := strings.Cut(v.clip, ".")
		task["status"], task[place] = "succeeded", map[string]any{field: c.clipURL(r, s)}
	case s.moderated():
		task["status"], task["error"] = "failed", v.flagged.told(s.Message)
	case s.State == Failed && c.Trap("expired"):
		task["status"] = "expired"
	case s.State == Failed:
		task["status"], task["error"] = "failed", v.broken.told(s.Message)
	}
	return task
}

// flags are how orders said all but the prompt to the first models, within it.
var flags = regexp.MustCompile(`\s*--(resolution|rs|ratio|rt|duration|dur)\s+(\S+)`)

// oldStyle takes an order's fields out of its prompt.
func oldStyle(prompt string) (string, document) {
	long := map[string]string{"rs": "resolution", "rt": "ratio", "dur": "duration"}
	fields := map[string]any{}
	for _, f := range flags.FindAllStringSubmatch(prompt, -1) {
		fields[cmp.Or(long[f[1]], f[1])] = f[2]
	}
	return flags.ReplaceAllString(prompt, ""), document{fields}
}
