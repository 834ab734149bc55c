package dialect

import (
	"cmp"
	"encoding/hex"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// What the two protocols of Google's Gemini API share: the key's header, errors, and where clips are.

// googleKey must be the only credential of a request.
var googleKey = scheme{header: "X-Goog-Api-Key"}

// googleCauses are the codes of google.rpc, and the reasons that stand in their place. After those that may come of a
// request that had begun, nobody knows what became of it.
var googleCauses = map[string]cause{
	"invalid_request": badRequest, "INVALID_ARGUMENT": badRequest, "FAILED_PRECONDITION": badRequest,
	"OUT_OF_RANGE": badRequest, "UNIMPLEMENTED": badRequest,
	"PERMISSION_DENIED": badKey, "UNAUTHENTICATED": badKey, "API_KEY_INVALID": badKey, "API_KEY_SERVICE_BLOCKED": badKey,
	"SAFETY": moderation, "PROHIBITED_CONTENT": moderation, "BLOCKLIST": moderation, "SPII": moderation,
	"RESOURCE_EXHAUSTED": rateLimited, "UNAVAILABLE": refused, "NOT_FOUND": gone,
	"INTERNAL": lost, "UNKNOWN": lost, "ABORTED": lost, "CANCELLED": lost, "DEADLINE_EXCEEDED": lost,
}

// googleTexts are what errors say that share a code with others. One credential that is taken for two is an error of
// Google's own, which has told it of polls of jobs that ran on.
var googleTexts = []struct {
	words *regexp.Regexp
	cause cause
}{
	{regexp.MustCompile(`multiple authentication credentials`), refused},
	{regexp.MustCompile(`user location is not supported`), region},
	{regexp.MustCompile(`api key (?:not valid|expired|not found)`), badKey},
	{regexp.MustCompile(`credits are depleted`), noBalance},
	{regexp.MustCompile(`invalid interaction name`), gone},
}

// googleBlocks is said of prompts; of a key that is blocked, by 403.
var googleBlocks = regexp.MustCompile(`\bblocked\b[^.]*\b(?:safety|polic(?:y|ies))\b`)

func googleMeant(status int, f failure) cause {
	text := plain(f.message)
	for _, t := range googleTexts {
		if t.words.MatchString(text) {
			return t.cause
		}
	}
	if status != http.StatusForbidden && googleBlocks.MatchString(text) {
		return moderation
	}
	return cause{}
}

// googleError is the error that an answer states, alone or, from Google's front, in an array, and the pause that it
// asks for.
func googleError(d document) (*failure, time.Duration) {
	for _, place := range []string{"error", "0.error"} {
		e := d.at(place)
		if !e.isObject() || empty(e.value.(map[string]any)) {
			continue
		}
		var pause time.Duration
		for _, detail := range e.at("details").items() {
			if strings.HasSuffix(detail.at("@type").text(), "google.rpc.RetryInfo") {
				pause, _ = time.ParseDuration(detail.at("retryDelay").text())
			}
		}
		return &failure{code: e.first("status", "code"), status: e.at("code").text(), message: e.at("message").text()},
			max(0, pause)
	}
	return generic(d), 0
}

// googleClip is the address of a clip in Google's store of files, which gives its content to those who ask for media.
func googleClip(place string) string {
	if !strings.Contains(place, "/files/") || strings.Contains(place, "alt=") {
		return place
	}
	mark := "?"
	if strings.Contains(place, "?") {
		mark = "&"
	}
	return place + mark + "alt=media"
}

// googleAspects are the aspects of clips that Google makes.
var googleAspects = []string{"", "16:9", "9:16"}

// stores serves finished clips as Google's store of files does, to those who show the key. Google's client takes
// nothing but letters and digits for the name of a file.
func (c counter) stores() {
	c.handle("GET /files/{file...}", func(w http.ResponseWriter, r *http.Request, key Secret) {
		name, _ := strings.CutSuffix(path.Base(r.PathValue("file")), ":download")
		id, _ := hex.DecodeString(name) // what is no name is no file's
		clip, err := c.Content(r.Context(), string(id))
		if err != nil {
			c.says.refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", "video/mp4")
		w.Header().Set("Content-Length", strconv.Itoa(len(clip)))
		_, _ = w.Write(clip)
	})
}

// fileURL is where a finished clip is stored.
func (c counter) fileURL(r *http.Request, s *Sale) string {
	return cmp.Or(s.URL, here(r, c.prefix+"/files/"+hex.EncodeToString([]byte(s.ID))+":download?alt=media"))
}

// oneCredential refuses what shows a second one.
func oneCredential(r *http.Request) error {
	if r.URL.Query().Has("key") || r.Header.Get("Authorization") != "" || len(r.Header.Values(googleKey.header)) > 1 {
		return errCredentials
	}
	return nil
}

var errCredentials = &Refusal{Fault: BadRequest,
	Message: "Multiple authentication credentials received. Please pass only one."}

// googleSpoken are refusals in Google's words: kind is the code of google.rpc.
func googleSpoken(r *Refusal) spoken {
	switch {
	case r.Gone:
		return spoken{404, "NOT_FOUND", "", "Requested entity was not found."}
	case r.Fault == BadKey:
		return spoken{400, "INVALID_ARGUMENT", "", "API key not valid. Please pass a valid API key."}
	case r.Fault == NoBalance:
		return spoken{429, "RESOURCE_EXHAUSTED", "", "Your prepayment credits are depleted."}
	case r.Fault == BadRequest:
		return spoken{400, "INVALID_ARGUMENT", "", "Request contains an invalid argument."}
	}
	switch r.Reason {
	case channel.Region:
		return spoken{400, "FAILED_PRECONDITION", "", "User location is not supported for the API use."}
	case channel.Moderation:
		return spoken{400, "PROHIBITED_CONTENT", "", "The prompt was blocked for safety reasons."}
	case channel.RateLimited:
		return spoken{429, "RESOURCE_EXHAUSTED", "", "You exceeded your current quota."}
	}
	return spoken{503, "UNAVAILABLE", "", "The model is overloaded. Please try again later."}
}

// googleError is a refusal as Google states it; the pause that it asks for stands in its details.
func (r *Refusal) googleError() (status int, e map[string]any) {
	s := googleSpoken(r)
	e = map[string]any{"code": s.status, "status": s.kind, "message": cmp.Or(r.Message, s.message)}
	if r.RetryAfter > 0 {
		e["details"] = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.RetryInfo",
			"retryDelay": strconv.FormatFloat(r.RetryAfter.Seconds(), 'f', -1, 64) + "s"}}
	}
	return s.status, e
}
