package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"channelbench/internal/channel"
)

// minimaxV2 is MiniMax's second protocol (H3), which is Ark's at other places and within "task":
//
//	POST {base}/video_generation             model, content, resolution, ratio, duration → {task_id}
//	GET  {base}/query/video_generation/{id}  → {task: {id, status, content: {url}, usage: {output_seconds}, error}}
//
// The codes of its errors are those of its first protocol, at the end of their texts. A key works at one host only.
var minimaxV2 = tasks{
	name: channel.MiniMaxV2, base: "v2", id: "task_id", wrapper: "task", clip: "content.url",
	sell:        []string{"video_generation"},
	ask:         []string{"query", "video_generation"},
	resolutions: map[string]string{"480p": "480P", "768p": "768P", "2k": "2K"},
	billed:      "output_seconds", unit: "second",
	failed: minimaxV2Error,
	causes: minimaxCauses,
	meant: func(status int, f failure) cause {
		switch {
		case strings.Contains(f.message, "new_sensitive"):
			return moderation
		case status == http.StatusBadRequest && f.code == "" && causeOf(f) == (cause{}):
			return badRequest
		}
		return cause{}
	},
	flagged: taskError{"1027", "output new_sensitive"},
	broken:  taskError{"1000", "unknown error"},
	says:    minimaxV2Words,
}.vendor()

// codeAtEnd is where MiniMax puts the code of an error.
var codeAtEnd = regexp.MustCompile(`\(([0-9]{4})\)\s*$`)

// minimaxV2Error is an error of the second protocol, or one of the first.
func minimaxV2Error(d document) *failure {
	f := stated(d, "error")
	if f == nil {
		return minimaxError(d)
	}
	if code := codeAtEnd.FindStringSubmatch(f.message); code != nil && f.code == "" {
		f.code = code[1]
	}
	return f
}

// minimaxV2Words are the errors of the first protocol in another envelope, with statuses.
func minimaxV2Words(h http.Header, r *Refusal) (int, any) {
	_, first := minimaxWords(h, r)
	base := document{first}.at("base_resp")
	statuses := map[int]int{1002: http.StatusTooManyRequests, 1004: http.StatusUnauthorized,
		1008: http.StatusPaymentRequired, 1013: http.StatusNotFound, 1026: http.StatusUnprocessableEntity,
		2013: http.StatusBadRequest}
	code, _ := base.at("status_code").value.(int)
	status := cmp.Or(statuses[code], http.StatusInternalServerError)
	setRetryAfter(h, r.RetryAfter)
	message := fmt.Sprintf("%s (%d)", base.at("status_msg").text(), code)
	return status, map[string]any{"type": "error", "request_id": "", "error": map[string]any{"type": "api_error",
		"message": message, "http_code": strconv.Itoa(status)}}
}
