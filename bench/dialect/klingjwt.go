package dialect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// klingJWT is Kling's protocol for models up to 2.6, and for most that are sold by its resellers:
//
//	POST {base}/videos/text2video       model_name, prompt, mode, duration, aspect_ratio, external_task_id
//	                                    → {code, data{task_id, task_status}}
//	GET  {base}/videos/text2video/{id}  → {code, data{task_id, task_status, task_status_msg, task_result{videos[{url}]},
//	                                    final_unit_deduction}}; id may be the token that the order bore
//
// A key has two halves: the access key, which is Target.Key, stands in a token that the secret key, Target.Secret,
// signs for half an hour. The resolution is a mode: std is 720p, pro is 1080p. The mock half has neither the secret nor
// a clock, so it looks at a token's form and claims and can't check its signature.
var klingJWT = &vendor{
	name: channel.KlingJWT, base: "v1",
	key: scheme{header: "Authorization", prefix: "Bearer ", sign: signToken, signer: signerOf},
	order: func(t Target, o Order) (ask, error) {
		if err := klingMakes(t, o.Clip, "720p", "1080p"); err != nil {
			return ask{}, err
		}
		fields := map[string]any{"model_name": t.Model, "prompt": o.Prompt,
			"duration": t.length(o.Clip.Seconds, channel.LengthAsText)}
		if t.Form.Sends("resolution", true) {
			fields["mode"] = klingModes[o.Clip.Resolution]
		}
		if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
			fields["aspect_ratio"] = o.Clip.Aspect
		}
		if o.Token != "" {
			fields["external_task_id"] = o.Token
		}
		return ask{method: http.MethodPost, path: []string{"videos", "text2video"}, body: t.with(fields)}, nil
	},
	sold:  func(r *Response, d document) report { return klingJWTTask(Job{}, r, d) },
	place: func(_ Target, j Job) (ask, error) { return ask{path: []string{"videos", "text2video", j.ID}}, nil },
	seen:  klingJWTTask,
	find: func(_ Target, token string) (ask, error) {
		return ask{path: []string{"videos", "text2video", token}}, nil
	},
	words: list(map[State]string{InProgress: "submitted processing", Completed: "succeed", Failed: "failed"}),

	causes: klingCauses,
	serve:  serveKlingJWT,
	says:   klingSay,
}

var klingModes = map[string]string{"720p": "std", "1080p": "pro"}

func klingJWTTask(_ Job, r *Response, d document) report {
	rep := klingReport(d)
	if rep.failed != nil {
		rep.gone = rep.failed.code == "1203"
		return rep
	}
	task := d.at("data")
	if r.Status/100 != 2 || d.at("code").text() != "0" || task.at("task_status").text() == "" {
		return rep
	}
	rep.id, rep.word = task.at("task_id").text(), task.at("task_status").text()
	if rep.word == "failed" {
		rep.failed = stated(task, "task_status_msg")
	}
	rep.clipURL = task.at("task_result.videos.0.url").text()
	rep.units = units(task, "final_unit_deduction", "unit")
	return rep
}

// claims are what a token says of itself.
type claims struct {
	Issuer  string `json:"iss"`
	Expires int64  `json:"exp"`
	Begins  int64  `json:"nbf"`
}

const jwtHeader = `{"alg":"HS256","typ":"JWT"}`

var errEscaped = errors.New("the access key holds a character that none has")

var errUnsigned = errors.New(
	"its protocol signs for the key: secret_env must name the variable that holds the secret key")

// signToken is a token of RFC 7519 that stands for a target's key. It is good from a little earlier, for clocks that
// are slow.
func signToken(t Target) (string, error) {
	if t.Secret.Reveal() == "" || t.Now == nil {
		return "", errUnsigned
	}
	if strings.ContainsAny(t.Key.Reveal(), `"\<>&`) {
		return "", errEscaped // JSON escapes these, and such a token couldn't be told from others where it is quoted
	}
	now := t.Now()
	body, err := json.Marshal(claims{t.Key.Reveal(), now.Add(30 * time.Minute).Unix(), now.Add(-5 * time.Second).Unix()})
	if err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString([]byte(jwtHeader)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := hmac.New(sha256.New, []byte(t.Secret.Reveal()))
	_, _ = sum.Write([]byte(token)) // a hash takes all
	return token + "." + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)), nil
}

// signerOf is the access key that a token names, or "" where it is none that could be valid at some time.
func signerOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return ""
		}
	}
	var c claims
	header, err := parse(decoded[0])
	if err != nil || header.at("alg").text() != "HS256" || len(decoded[2]) != sha256.Size ||
		json.Unmarshal(decoded[1], &c) != nil || c.Begins >= c.Expires {
		return ""
	}
	return c.Issuer
}

func serveKlingJWT(c counter) {
	c.takes("POST /videos/text2video", func(_ *http.Request, d document) (Purchase, error) {
		seconds, err := lengthIn(d.at("duration"))
		if _, is := d.at("duration").value.(string); !is {
			err = &Refusal{Fault: BadRequest, Message: "The duration is no text."}
		}
		resolution := ""
		for r, mode := range klingModes {
			if mode == d.at("mode").text() {
				resolution = r
			}
		}
		return filled(Purchase{Model: d.at("model_name").text(), Prompt: d.at("prompt").text(),
			Token: d.at("external_task_id").text(), Clip: channel.Clip{Seconds: seconds, Resolution: resolution,
				Aspect: d.at("aspect_ratio").text()}}, err)
	}, func(r *http.Request, s *Sale) any { return klingFine(s.ID, c.klingJWTTask(r, s)) })
	c.handle("GET /videos/text2video/{id}", func(w http.ResponseWriter, r *http.Request, _ Secret) {
		sale, err := c.Status(r.Context(), r.PathValue("id"))
		if isGone(err) {
			sale, err = c.Find(r.Context(), r.PathValue("id"))
		}
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		reply(w, http.StatusOK, klingFine(sale.ID, c.klingJWTTask(r, &sale)))
	})
	c.shows()
}

func (c counter) klingJWTTask(r *http.Request, s *Sale) map[string]any {
	task := map[string]any{"task_id": s.ID, "task_status": "processing", "task_status_msg": "",
		"created_at": s.Created.UnixMilli(), "updated_at": latest(s).UnixMilli()}
	switch {
	case s.State == Completed:
		task["task_status"] = "succeed"
		task["task_result"] = map[string]any{"videos": []any{map[string]any{"id": s.ID, "url": c.clipURL(r, s),
			"duration": fmt.Sprint(s.Clip.Seconds)}}}
	case s.State == Failed:
		task["task_status"], task["task_status_msg"] = "failed", s.klingMessage()
	case s.waiting():
		task["task_status"] = "submitted"
	}
	if s.Units.Micros != 0 {
		task["final_unit_deduction"] = s.Units.number().String()
	}
	return task
}
