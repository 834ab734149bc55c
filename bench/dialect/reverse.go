package dialect

import (
	"net/http"

	"channelbench/internal/channel"
)

// reverse is what unofficial routes make of OpenAI's protocol. The paths and the fields of an order
// are the same; but the key is shown without "Bearer ", a job starts as "submitted" and is no "object",
// the error of a failed one is a bare text, and a finished one names the "url" of its clip.
type reverse struct{}

func (reverse) Base() string { return "v1" }

func (reverse) Traps() []string { return nil }

func (reverse) Name() string { return channel.ReversedAPI }

func (reverse) Submit(t Target, o Order) (*http.Request, error) { return t.order(bare, o) }

func (reverse) Submitted(t Target, r *Response) Answer { return submitted(t, r, gateway) }

func (reverse) Poll(t Target, j Job) (*http.Request, error) { return t.poll(bare, j) }

func (reverse) Polled(t Target, j Job, r *Response) Progress { return polled(t, j, r, gateway) }

func (reverse) Fetch(t Target, j Job) (*http.Request, error) { return t.fetch(bare, j) }

func (reverse) Routes(m *http.ServeMux, prefix string, s Seller) {
	serveVideos(m, prefix, bare, s, func(r *http.Request, s *Sale) map[string]any {
		return reverseJob(r, prefix, s)
	})
}

// reverseJob tells of a job as reverse channels do.
func reverseJob(r *http.Request, prefix string, s *Sale) map[string]any {
	status := s.State.String()
	switch {
	case s.State == InProgress && s.Percent == 0:
		status = "submitted"
	case s.State == InProgress:
		status = "in_progress"
	case s.State == Failed:
		failed := map[string]any{"id": s.ID, "status": status, "progress": 0, "error": s.Message,
			"created_at": unix(s.Created)}
		usage(failed, s)
		return failed
	}
	body := videoFields(s, status)
	body["url"] = nil
	if s.State == Completed {
		body["url"] = clipURL(r, prefix, s)
	}
	return body
}

// clipURL is where a finished clip is.
func clipURL(r *http.Request, prefix string, s *Sale) string {
	if s.URL != "" {
		return s.URL
	}
	return here(r, prefix+"/videos/"+s.ID+"/content")
}
