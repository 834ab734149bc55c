package dialect

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"channelbench/internal/channel"
)

// ark is the protocol of Volcengine's Ark and BytePlus' ModelArk, which sell Seedance:
//
//	POST {base}/contents/generations/tasks       model, content, resolution, ratio, duration → {id}
//	GET  {base}/contents/generations/tasks/{id}  → {id, status, content: {video_url}, usage: {completion_tokens}, error}
//
// The statuses are queued, running, succeeded, failed, cancelled and expired. The answer to an order is an id and no
// more. The bill is in tokens. Clips are at signed addresses of an object store's, for 24 hours. A model may choose the
// length where none is ordered, and bills it; so one always is. The mock's trap "expired" ends failed jobs with that
// status, which some relays don't know: their jobs hang.
var ark = tasks{
	name: channel.Ark, base: "api/v3", id: "id", clip: "content.video_url",
	audio:       "generate_audio",
	sell:        []string{"contents", "generations", "tasks"},
	ask:         []string{"contents", "generations", "tasks"},
	resolutions: map[string]string{"480p": "480p", "720p": "720p", "1080p": "1080p"},
	billed:      "completion_tokens", unit: "token",
	failed: func(d document) *failure { return cmp.Or(stated(d, "error"), generic(d)) },
	causes: map[string]cause{
		"AuthenticationError": badKey, "AccessDenied": badKey, "ModelNotOpen": badKey,
		"OperationDenied.ServiceNotOpen": badKey,
		"AccountOverdueError":            noBalance, "OperationDenied.ServiceOverdue": noBalance,
		"OperationDenied_ServiceOverdue": noBalance,
		"SetLimitExceeded":               noBalance, // the customer's own safety limit
		"RequestBurstTooFast":            rateLimited, "InflightBatchsizeExceeded": rateLimited,
		"QuotaExceeded":    rateLimited, // too many tasks are queued
		"ServerOverloaded": refused, "InternalServiceError": refused,
		"InvalidEndpointOrModel.NotFound": badRequest,
	},
	meant: arkMeant,
	flagged: taskError{"OutputVideoSensitiveContentDetected",
		"The request failed because the output video may contain sensitive information."},
	broken: taskError{"InternalServiceError", "The service encountered an unexpected internal error."},
	says:   arkWords,
}.vendor()

// arkMeant reads codes by their parts: CamelCase, with more after a dot.
func arkMeant(_ int, f failure) cause {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(f.code, part) })
	}
	switch {
	case has("SensitiveContentDetected", "RiskDetection"):
		return moderation
	case has("RateLimitExceeded"):
		return rateLimited
	case has("InvalidParameter", "MissingParameter"):
		return badRequest
	}
	return cause{}
}

// arkError is how Ark words an error.
type arkError struct {
	status        int
	code, message string
}

// arkWords are the errors of Ark. Nobody has seen one that speaks of a region; it is worded as elsewhere.
func arkWords(h http.Header, r *Refusal) (int, any) {
	setRetryAfter(h, r.RetryAfter)
	e := arkError{http.StatusInternalServerError, "InternalServiceError", "The service encountered an internal error."}
	switch {
	case r.Gone:
		e = arkError{http.StatusNotFound, "ResourceNotFound", "The specified task is not found."}
	case r.Fault == BadKey:
		e = arkError{http.StatusUnauthorized, "AuthenticationError", "The API key in the request is missing or invalid."}
	case r.Fault == NoBalance:
		e = arkError{http.StatusForbidden, "AccountOverdueError", "Your account has an overdue balance."}
	case r.Fault == BadRequest:
		e = arkError{http.StatusBadRequest, "InvalidParameter", "A parameter specified in the request is not valid."}
	case r.Reason == channel.Moderation:
		e = arkError{http.StatusBadRequest, "InputTextSensitiveContentDetected",
			"The request failed because the input text may contain sensitive information."}
	case r.Reason == channel.Region:
		s := r.spoken()
		e = arkError{http.StatusForbidden, s.code, s.message}
	case r.Reason == channel.RateLimited:
		e = arkError{http.StatusTooManyRequests, "ModelAccountRpmRateLimitExceeded", "The RPM limit is reached."}
	}
	return e.status, map[string]any{"error": map[string]any{"code": e.code, "message": cmp.Or(r.Message, e.message),
		"param": r.Param, "type": http.StatusText(e.status)}}
}
