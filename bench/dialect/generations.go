package dialect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"channelbench/internal/channel"
)

// generations is the synchronous protocol of the article that started this project:
//
//	POST {base}/videos/generations  {model, prompt, duration, resolution, aspect_ratio}
//
// holds the connection until the clip is made and answers with one JSON body. Others
// serve the same path without holding it (xAI, OpenRouter): 202 or 200, a job's id or a polling_url,
// then GET {base}/videos/{id}. Both are understood. A connection that breaks before the answer leaves
// the order's outcome unknown for good, since nobody has told the job's id.
type generations struct{}

func (generations) Base() string { return "v1" }

func (generations) Traps() []string { return nil }

func (generations) Name() string { return channel.Generations }

func (generations) Submit(t Target, o Order) (*http.Request, error) {
	order := struct {
		Model      string `json:"model"`
		Prompt     string `json:"prompt"`
		Duration   int    `json:"duration"`
		Resolution string `json:"resolution,omitempty"`
		Aspect     string `json:"aspect_ratio,omitempty"`
	}{t.Model, o.Prompt, o.Clip.Seconds, o.Clip.Resolution, ""}
	if o.Clip.Aspect != "16:9" {
		order.Aspect = o.Clip.Aspect // the article's requests have none, so the usual one goes without saying
	}
	body, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	r, err := t.request(bearer, http.MethodPost, body, "videos", "generations")
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}

func (generations) Submitted(t Target, r *Response) Answer { return submitted(t, r, nil) }

func (generations) Poll(t Target, j Job) (*http.Request, error) { return t.poll(bearer, j) }

func (generations) Polled(t Target, j Job, r *Response) Progress { return polled(t, j, r, nil) }

func (generations) Fetch(t Target, j Job) (*http.Request, error) { return t.fetch(bearer, j) }

func (generations) Routes(m *http.ServeMux, prefix string, s Seller) {
	job := func(r *http.Request, s *Sale) map[string]any { return generation(r, prefix, s) }
	m.HandleFunc("POST "+prefix+"/videos/generations",
		keyed(bearer, func(w http.ResponseWriter, r *http.Request, key Secret) {
			generate(w, r, key, s, job)
		}))
	m.HandleFunc("GET "+prefix+"/videos/{id}", keyed(bearer, told(s.Status, job)))
	m.HandleFunc("GET "+prefix+"/videos/{id}/content", keyed(bearer, shown(s)))
}

// generate sells a clip and answers when it is made, or at once where the request prefers that
// (RFC 7240's respond-async).
func generate(w http.ResponseWriter, r *http.Request, key Secret, s Seller,
	job func(*http.Request, *Sale) map[string]any) {
	r.Body = http.MaxBytesReader(w, r.Body, maxOrder)
	var order struct {
		Model, Prompt, Resolution string
		Duration                  int
		Aspect                    string `json:"aspect_ratio"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil || order.Prompt == "" || order.Duration < 0 {
		refuse(w, &Refusal{Fault: BadRequest, Message: "The order can't be read, or lacks its prompt."})
		return
	}
	clip := channel.Clip{Seconds: order.Duration, Resolution: order.Resolution, Aspect: order.Aspect}
	sale, err := s.Submit(r.Context(), Purchase{Key: key, Model: order.Model, Prompt: order.Prompt, Clip: clip})
	status := http.StatusOK
	switch {
	case err != nil:
	case strings.Contains(r.Header.Get("Prefer"), "respond-async"):
		status = http.StatusAccepted
	default:
		sale, err = s.Wait(r.Context(), sale.ID)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, status, job(r, &sale))
}

// generation tells of a job: what is finished by the place of its clip, what isn't by where to ask.
func generation(r *http.Request, prefix string, s *Sale) map[string]any {
	body := map[string]any{"id": s.ID, "model": s.Model, "created": unix(s.Created)}
	switch s.State {
	case Completed:
		body["status"] = "succeeded"
		body["data"] = []any{map[string]any{"url": clipURL(r, prefix, s)}}
	case Failed:
		body["status"] = "failed"
		body["error"] = map[string]any{"code": s.Code, "message": s.Message, "type": "generation_error", "param": nil}
	default:
		body["status"] = "processing"
		body["polling_url"] = here(r, fmt.Sprintf("%s/videos/%s", prefix, s.ID))
	}
	usage(body, s)
	return body
}
