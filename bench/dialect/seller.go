package dialect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// Seller is what a mock half sells from: a fake channel. Its methods may block, as a channel that takes its time
// does, and return early with ctx. An error that is a *Refusal is put into the dialect's words; any
// other is answered as a fault of the server.
type Seller interface {
	// Submit takes an order or refuses it.
	Submit(ctx context.Context, p Purchase) (Sale, error)
	// Status is how a job is getting on.
	Status(ctx context.Context, id string) (Sale, error)
	// Wait returns when a job has ended, for protocols that answer only then.
	Wait(ctx context.Context, id string) (Sale, error)
	// Content is the finished clip.
	Content(ctx context.Context, id string) ([]byte, error)
	// Find is the job of the order that bore a token.
	Find(ctx context.Context, token string) (Sale, error)
	// Trap says whether the channel is to misbehave in a way of its protocol that not every one of its answers shows.
	Trap(name string) bool
}

// Purchase is an order as a mock half received it.
type Purchase struct {
	Key    Secret
	Model  string
	Prompt string
	Clip   channel.Clip // a field that the request lacks is empty
	Token  string       // the client's own
}

// Sale is a job as a channel tells of it. Times that are zero are not told.
type Sale struct {
	ID        string
	Model     string
	Prompt    string
	Clip      channel.Clip
	State     State
	Percent   int // of the work; 0 while it waits for its turn
	Created   time.Time
	Ended     time.Time
	Expires   time.Time // when the clip is deleted
	Code      string    // Failed: the error's code
	Message   string    // Failed: the error's text
	Cost      money.Micros
	CostKnown bool     // tell it
	Units     Quantity // what is billed, for protocols that tell it
	URL       string   // where the clip is; "" for the protocol's own place
	PollAfter time.Duration
}

// Loss is how the answer to a submit is lost.
type Loss uint8

// The ways of losing an answer.
const (
	ByGateway Loss = iota // a gateway's error page with status 502
	ByCut                 // the connection closes without an answer
	ByTear                // the answer breaks off in its middle
)

// Refusal is an error that a channel tells. The dialect chooses status, type and code.
type Refusal struct {
	// RateLimited, Moderation, Region, Submit; Lost for a lost answer; Download for a clip that a gateway can't reach
	Reason     channel.Reason
	Fault      Fault  // the customer's
	Gone       bool   // there is no such job, or its clip has expired
	Country    string // Region
	RetryAfter time.Duration
	Param      string // BadRequest: the field
	Message    string // "" for a usual one
	Loss       Loss   // Lost
}

// Error says what is refused, for tests and logs.
func (r *Refusal) Error() string {
	if r.Fault != NoFault {
		return "refused: " + r.Fault.String()
	}
	return "refused: " + r.Reason.String()
}

// isGone says whether a Seller knows no such job.
func isGone(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Gone
}

func (r *Refusal) spoken() spoken {
	switch {
	case r.Gone:
		return spoken{404, "invalid_request_error", "not_found", "No such video, or it has expired."}
	case r.Fault == BadKey:
		return spoken{401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."}
	case r.Fault == NoBalance:
		return spoken{429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."}
	case r.Fault == BadRequest:
		return spoken{400, "invalid_request_error", "invalid_value", "Invalid value."}
	}
	if s, has := refusals[r.Reason]; has {
		return s
	}
	return refusals[channel.Submit]
}

// tongue words a refusal: the status, the body, and what the header says besides.
type tongue func(h http.Header, r *Refusal) (status int, body any)

// refuse answers with an error, in the words of OpenAI.
func refuse(w http.ResponseWriter, err error) { openAIWords.refuse(w, err) }

// refuse answers with an error.
func (say tongue) refuse(w http.ResponseWriter, err error) {
	r := &Refusal{Reason: channel.Submit}
	errors.As(err, &r)
	switch r.Reason {
	case channel.Lost:
		r.Loss.answer(w)
		return
	case channel.Download:
		gatewayPage(w, http.StatusGatewayTimeout)
		return
	}
	status, body := say(w.Header(), r)
	reply(w, status, body)
}

var openAIWords tongue = func(h http.Header, r *Refusal) (int, any) {
	s := r.spoken()
	setRetryAfter(h, r.RetryAfter)
	return s.status, map[string]any{"error": map[string]any{
		"message": cmp.Or(r.Message, s.message), "type": s.kind, "param": orNull(r.Country + r.Param), "code": s.code,
	}}
}

// answer loses an answer. It ends ByCut and ByTear with a panic that net/http's server knows as an order to close the
// connection.
func (l Loss) answer(w http.ResponseWriter) {
	switch l {
	case ByGateway:
		gatewayPage(w, http.StatusBadGateway)
		return
	case ByTear:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "300")
		_, _ = w.Write([]byte(`{"id":"video_`))
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

func gatewayPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) +
		"</title></head></html>\n"))
}

// reply answers with JSON; keys are in alphabetical order.
func reply(w http.ResponseWriter, status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// Texts, numbers and nil in maps can be encoded.
	_ = e.Encode(body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// orNull is a text, or nil where it is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// unix is a time in seconds, or nil where it is zero.
func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// usage tells a charge in dollars.
func usage(body map[string]any, s *Sale) {
	if s.CostKnown {
		body["usage"] = map[string]any{"cost": json.Number(s.Cost.Decimal())}
	}
}

// keyed takes the key from a request; without one the request is refused.
func keyed(s scheme, handle func(w http.ResponseWriter, r *http.Request, key Secret)) http.HandlerFunc {
	return openAIWords.keyed(s, handle)
}

func (say tongue) keyed(s scheme, handle func(w http.ResponseWriter, r *http.Request, key Secret)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := NewSecret(s.shown(r.Header))
		if key.Reveal() == "" {
			say.refuse(w, &Refusal{Fault: BadKey, Message: "You didn't provide an API key."})
			return
		}
		handle(w, r.WithContext(context.WithValue(r.Context(), shownKey{}, key)), key)
	}
}

// shownKey is where the key that a request showed stands in its context.
type shownKey struct{}

// ShownKey is the key that a Seller is asked with.
func ShownKey(ctx context.Context) Secret {
	key, _ := ctx.Value(shownKey{}).(Secret)
	return key
}

// told answers a request for a job with tell.
func told(sale func(ctx context.Context, id string) (Sale, error),
	tell func(r *http.Request, s *Sale) map[string]any) func(http.ResponseWriter, *http.Request, Secret) {
	return func(w http.ResponseWriter, r *http.Request, _ Secret) {
		s, err := sale(r.Context(), r.PathValue("id"))
		if err != nil {
			refuse(w, err)
			return
		}
		if s.PollAfter > 0 {
			w.Header().Set("Openai-Poll-After-Ms", milliseconds(s.PollAfter))
		}
		reply(w, http.StatusOK, tell(r, &s))
	}
}

// shown answers a request for a clip.
func shown(s Seller) func(http.ResponseWriter, *http.Request, Secret) {
	return func(w http.ResponseWriter, r *http.Request, _ Secret) {
		clip, err := s.Content(r.Context(), r.PathValue("id"))
		if err != nil {
			refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", "video/mp4")
		w.Header().Set("Content-Length", strconv.Itoa(len(clip)))
		_, _ = w.Write(clip)
	}
}

// here is the address of a path on the server that was asked.
func here(r *http.Request, path string) string {
	protocol := "http://"
	if r.TLS != nil {
		protocol = "https://"
	}
	return protocol + r.Host + path
}
