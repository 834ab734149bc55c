package dialect

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// counter is where a vendor's mock half sells: a Seller, and how the vendor speaks.
type counter struct {
	Seller
	mux    *http.ServeMux
	prefix string
	key    scheme
	says   tongue

	gate func(*http.Request) error // what requests must fulfil besides; nil: nothing
	held func(document) bool       // whether an order is answered only when its clip is made; nil: none is
}

// takes serves submits at a pattern such as "POST /videos". read reads an order; its error is a *Refusal. tell words
// the answer to an accepted one.
func (c counter) takes(pattern string, read func(*http.Request, document) (Purchase, error),
	tell func(*http.Request, *Sale) any) {
	c.sells(http.StatusOK, pattern, read, tell)
}

// sells is takes with another status of an order that is accepted.
func (c counter) sells(status int, pattern string, read func(*http.Request, document) (Purchase, error),
	tell func(*http.Request, *Sale) any) {
	c.handle(pattern, func(w http.ResponseWriter, r *http.Request, key Secret) {
		var sale Sale
		d, err := c.orderIn(w, r)
		if err == nil {
			var p Purchase
			if p, err = read(r, d); err == nil {
				p.Key = key
				sale, err = c.Submit(r.Context(), p)
			}
			if err == nil && c.held != nil && c.held(d) {
				sale, err = c.Wait(r.Context(), sale.ID)
			}
		}
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		reply(w, status, tell(r, &sale))
	})
}

// tells serves questions about the job {id}.
func (c counter) tells(pattern string, tell func(*http.Request, *Sale) any) {
	c.handle(pattern, func(w http.ResponseWriter, r *http.Request, _ Secret) {
		sale, err := c.Status(r.Context(), r.PathValue("id"))
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		reply(w, http.StatusOK, tell(r, &sale))
	})
}

// handle serves a pattern to whoever shows a key.
func (c counter) handle(pattern string, handle func(w http.ResponseWriter, r *http.Request, key Secret)) {
	c.mux.HandleFunc(c.at(pattern), c.says.keyed(c.key, func(w http.ResponseWriter, r *http.Request, key Secret) {
		if c.gate != nil {
			if err := c.gate(r); err != nil {
				c.says.refuse(w, err)
				return
			}
		}
		handle(w, r, key)
	}))
}

// shows serves finished clips at {prefix}/clips/{id}.mp4, without a key, as object stores do.
func (c counter) shows() {
	c.mux.HandleFunc(c.at("GET /clips/{file}"), func(w http.ResponseWriter, r *http.Request) {
		id, _ := strings.CutSuffix(r.PathValue("file"), ".mp4")
		r.SetPathValue("id", id)
		shown(c.Seller)(w, r, Secret{})
	})
}

// clipURL is where a finished clip is.
func (c counter) clipURL(r *http.Request, s *Sale) string {
	if s.URL != "" {
		return s.URL
	}
	return here(r, c.prefix+"/clips/"+s.ID+".mp4")
}

// at is a pattern below the prefix.
func (c counter) at(pattern string) string {
	method, path, _ := strings.Cut(pattern, " ")
	return method + " " + c.prefix + path
}

// orderIn reads the JSON of an order.
func (c counter) orderIn(w http.ResponseWriter, r *http.Request) (document, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxAnswer))
	if err != nil {
		return document{}, &Refusal{Fault: BadRequest, Message: "The order can't be read."}
	}
	d, err := parse(body)
	if err != nil || !d.isObject() {
		return document{}, &Refusal{Fault: BadRequest, Message: "The order is no JSON object."}
	}
	return d, nil
}

// lengthIn reads a length as 8, "8" or "8s".
func lengthIn(d document) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(d.text(), "s"))
	if err != nil || n <= 0 {
		return 0, &Refusal{Fault: BadRequest, Param: "duration", Message: "The duration is no number of seconds."}
	}
	return n, nil
}

// inputOf reads an order from a model's input, as Target.input writes it.
func inputOf(model string, input document) (Purchase, error) {
	seconds, err := lengthIn(input.at("duration"))
	return filled(Purchase{Model: model, Prompt: input.at("prompt").text(), Clip: channel.Clip{Seconds: seconds,
		Resolution: input.at("resolution").text(), Aspect: input.at("aspect_ratio").text()}}, err)
}

// filled is an order that must have a prompt.
func filled(p Purchase, err error) (Purchase, error) {
	if err == nil && p.Prompt == "" {
		err = &Refusal{Fault: BadRequest, Param: "prompt", Message: "The prompt is missing."}
	}
	return p, err
}

// waiting says whether a job waits for its turn.
func (s *Sale) waiting() bool { return s.State == InProgress && s.Percent == 0 }

// moderated says whether a job failed for what it was to show.
func (s *Sale) moderated() bool {
	return s.State == Failed && causeOf(failure{code: s.Code}).reason == channel.Moderation
}

// rfc3339 is a time as most vendors tell it, or nil where it is zero.
func rfc3339(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// wholeSeconds is a pause in seconds, rounded up.
func wholeSeconds(pause time.Duration) string {
	return strconv.FormatInt(int64((pause+time.Second-1)/time.Second), 10)
}

// number is a quantity as JSON has it.
func (q Quantity) number() json.Number { return json.Number(q.Micros.Decimal()) }
