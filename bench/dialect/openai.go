package dialect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/channel"
)

// openAI is the protocol of OpenAI's Videos API, which outlived the models that it was made for:
//
//	POST {base}/videos               model, prompt, seconds (a text), size → a job
//	GET  {base}/videos/{id}          → the job: queued, in_progress, completed or failed
//	GET  {base}/videos/{id}/content  → the clip
//
// The API takes forms and JSON. Orders go as forms, since every SDK sends those and so every
// imitation understands them.
type openAI struct{}

func (openAI) Base() string { return "v1" }

func (openAI) Traps() []string { return nil }

func (openAI) Name() string { return channel.OpenAI }

func (openAI) Submit(t Target, o Order) (*http.Request, error) { return t.order(bearer, o) }

func (openAI) Submitted(t Target, r *Response) Answer { return submitted(t, r, gateway) }

func (openAI) Poll(t Target, j Job) (*http.Request, error) { return t.poll(bearer, j) }

func (openAI) Polled(t Target, j Job, r *Response) Progress { return polled(t, j, r, gateway) }

func (openAI) Fetch(t Target, j Job) (*http.Request, error) { return t.fetch(bearer, j) }

// order builds a submit with OpenAI's fields.
func (t Target) order(s scheme, o Order) (*http.Request, error) {
	width, height, err := o.Clip.Size()
	if err != nil {
		return nil, err
	}
	body, contentType := form([]field{
		{"model", t.Model},
		{"prompt", o.Prompt},
		{"seconds", strconv.Itoa(o.Clip.Seconds)},
		{"size", fmt.Sprintf("%dx%d", width, height)},
	})
	r, err := t.request(s, http.MethodPost, body, "videos")
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	return r, nil
}

func (openAI) Routes(m *http.ServeMux, prefix string, s Seller) {
	serveVideos(m, prefix, bearer, s, openAIJob)
}

// serveVideos serves the paths of OpenAI's API; job is how the dialect tells of one.
func serveVideos(m *http.ServeMux, prefix string, key scheme, s Seller, job func(*http.Request, *Sale) map[string]any) {
	m.HandleFunc("POST "+prefix+"/videos", keyed(key, func(w http.ResponseWriter, r *http.Request, key Secret) {
		p, err := purchase(w, r)
		if err != nil {
			refuse(w, err)
			return
		}
		p.Key = key
		sale, err := s.Submit(r.Context(), p)
		if err != nil {
			refuse(w, err)
			return
		}
		reply(w, http.StatusOK, job(r, &sale))
	}))
	m.HandleFunc("GET "+prefix+"/videos/{id}", keyed(key, told(s.Status, job)))
	m.HandleFunc("GET "+prefix+"/videos/{id}/content", keyed(key, shown(s)))
}

// openAIJob tells of a job with all the fields that OpenAI's specification requires.
func openAIJob(_ *http.Request, s *Sale) map[string]any {
	status := s.State.String()
	switch {
	case s.State == InProgress && s.Percent == 0:
		status = "queued"
	case s.State == InProgress:
		status = "in_progress"
	}
	body := videoFields(s, status)
	body["object"] = "video"
	body["expires_at"] = unix(s.Expires)
	body["remixed_from_video_id"] = nil
	body["error"] = nil
	if s.State == Failed {
		body["error"] = map[string]any{"code": s.Code, "message": s.Message}
	}
	return body
}

// videoFields are those that OpenAI and the reverse channels have in common.
func videoFields(s *Sale, status string) map[string]any {
	body := map[string]any{
		"id": s.ID, "model": s.Model, "status": status, "progress": s.Percent, "prompt": s.Prompt,
		"seconds": strconv.Itoa(s.Clip.Seconds), "created_at": unix(s.Created), "completed_at": unix(s.Ended),
	}
	if width, height, err := s.Clip.Size(); err == nil {
		body["size"] = fmt.Sprintf("%dx%d", width, height)
	}
	usage(body, s)
	return body
}

// What a mock half reads of a request.
const (
	maxOrder = 32 << 20 // with a reference picture
	maxField = 256 << 10
)

// orderFields are those that OpenAI's API knows.
var orderFields = []string{"model", "prompt", "seconds", "size", "input_reference"}

// purchase reads an order in either encoding. Like the real API it knows no other fields, and takes
// seconds as a text only.
func purchase(w http.ResponseWriter, r *http.Request) (Purchase, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxOrder)
	fields, err := fieldsOf(r)
	if err != nil {
		return Purchase{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(orderFields, name) {
			return Purchase{}, &Refusal{Fault: BadRequest, Param: name, Message: fmt.Sprintf("Unknown parameter: %.60q.", name)}
		}
	}
	if fields["prompt"] == "" {
		return Purchase{}, &Refusal{Fault: BadRequest, Param: "prompt", Message: "Missing required parameter: 'prompt'."}
	}
	clip, err := clipIn(cmp.Or(fields["seconds"], "4"), cmp.Or(fields["size"], "720x1280"))
	return Purchase{Model: fields["model"], Prompt: fields["prompt"], Clip: clip}, err
}

// clipIn reads what a request orders; the defaults are OpenAI's.
func clipIn(seconds, size string) (channel.Clip, error) {
	n, err := strconv.Atoi(seconds)
	if err != nil || n <= 0 {
		return channel.Clip{}, &Refusal{Fault: BadRequest, Param: "seconds",
			Message: fmt.Sprintf("Invalid value: %.60q.", seconds)}
	}
	width, height, ok := channel.ParsePair(strings.ToLower(size), "x")
	if !ok {
		return channel.Clip{}, &Refusal{Fault: BadRequest, Param: "size", Message: fmt.Sprintf("Invalid value: %.60q.", size)}
	}
	return channel.ClipOf(n, width, height), nil
}

// fieldsOf reads the fields of a form or of JSON; of a file it keeps its name only.
func fieldsOf(r *http.Request) (map[string]string, error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data":
		return formFields(multipart.NewReader(r.Body, parameters["boundary"]))
	case err == nil && kind == "application/json":
		return jsonFields(r.Body)
	}
	return nil, &Refusal{Fault: BadRequest, Message: "The content type must be multipart/form-data or application/json."}
}

func formFields(parts *multipart.Reader) (map[string]string, error) {
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return fields, nil
		}
		if err != nil {
			return nil, &Refusal{Fault: BadRequest, Message: "The form can't be read."}
		}
		value := []byte(part.FileName())
		if len(value) == 0 {
			value, _ = io.ReadAll(io.LimitReader(part, maxField))
		}
		fields[part.FormName()] = string(value)
	}
}

func jsonFields(body io.Reader) (map[string]string, error) {
	var values map[string]any
	if err := json.NewDecoder(body).Decode(&values); err != nil {
		return nil, &Refusal{Fault: BadRequest, Message: "The JSON can't be read."}
	}
	fields := map[string]string{}
	for name, value := range values {
		text, isText := value.(string)
		if name == "input_reference" {
			continue
		}
		if !isText {
			return nil, &Refusal{Fault: BadRequest, Param: name,
				Message: fmt.Sprintf("Invalid type for %.60q: expected a string.", name)}
		}
		fields[name] = text
	}
	return fields, nil
}
