package dialect

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"channelbench/internal/channel"
)

// openRouter is OpenRouter's own protocol for videos, one key for the models of many vendors:
//
//	POST {base}/videos       model, prompt, duration, resolution, aspect_ratio → {id, polling_url, status}
//	GET  {base}/videos/{id}  → {id, polling_url, status: pending, in_progress, completed, failed, cancelled, expired;
//	                           urls, unsigned_urls, usage: {cost}, error}
//	GET  {base}/videos/{id}/content?index=0, with the key
//
// polling_url is relative to the host. A finished clip is at urls[0], which is signed and needs no key, and at
// unsigned_urls[0], which is the content above. The cost is in dollars. The mock's trap "unsigned" gives no signed
// address.
var openRouter = &vendor{
	name: channel.OpenRouter, base: "api/v1", key: bearer, traps: []string{"unsigned"},
	order: func(t Target, o Order) (ask, error) {
		fields := t.input(o, channel.LengthAsNumber)
		fields["model"] = t.Model
		return ask{method: http.MethodPost, path: []string{"videos"}, body: fields}, nil
	},
	sold: func(_ *Response, d document) report {
		rep := openRouterJob(d)
		if rep.pollURL == "" || d.at("object").text() != "" {
			return report{failed: rep.failed} // every answer of OpenRouter's says where to ask
		}
		return rep
	},
	place: func(_ Target, j Job) (ask, error) { return ask{path: []string{"videos", j.ID}}, nil },
	seen: func(_ Job, r *Response, d document) report {
		rep := openRouterJob(d)
		if r.Status/100 != 2 || rep.id == "" {
			rep.word = ""
		}
		return rep
	},
	content: func(_ Target, j Job) (ask, error) {
		return ask{path: []string{"videos", j.ID, "content"}, query: url.Values{"index": {"0"}}}, nil
	},
	words: list(map[State]string{InProgress: "pending in_progress", Completed: "completed",
		Failed: "failed cancelled expired"}),
	causes: map[string]cause{"openrouter_key_limit": noBalance, "openrouter_workspace_budget": noBalance,
		"openrouter_guardrail_budget": noBalance},
	meant: openRouterMeant,
	serve: serveOpenRouter,
	says:  openRouterWords,
}

func openRouterJob(d document) report {
	rep := report{id: d.at("id").text(), word: d.at("status").text(), pollURL: d.at("polling_url").text(),
		clipURL: d.first("urls.0", "unsigned_urls.0"), failed: generic(d)}
	rep.cost, rep.priced = charge(d.at("usage.cost").text(), 1)
	if e := d.at("error"); e.isObject() && rep.failed != nil {
		// The maker's own words are beside OpenRouter's, which says no more than that it returned an error.
		rep.failed.kind = e.at("metadata.limit_source").text()
		rep.failed.message = strings.Join(append([]string{rep.failed.message}, e.texts("metadata.reasons.0",
			"metadata.raw")...), ": ")
	}
	return rep
}

// openRouterMeant reads the statuses that errors bear as their codes.
func openRouterMeant(_ int, f failure) cause {
	text := plain(f.message)
	switch {
	case f.code == "403" && strings.Contains(text, "key limit exceeded"):
		return noBalance
	case f.code == "403" && strings.Contains(text, "flagged"):
		return moderation
	case strings.Contains(text, "no endpoints found"), strings.Contains(text, "not a valid model"):
		return badRequest
	case f.code == "400" && causeOf(f) == (cause{}) && !strings.Contains(text, "provider returned error"):
		return badRequest
	}
	return cause{}
}

func serveOpenRouter(c counter) {
	job := func(r *http.Request, s *Sale) map[string]any {
		return map[string]any{"id": s.ID, "polling_url": c.prefix + "/videos/" + s.ID, "status": "pending"}
	}
	c.sells(http.StatusAccepted, "POST /videos", func(_ *http.Request, d document) (Purchase, error) {
		return inputOf(d.at("model").text(), d)
	}, func(r *http.Request, s *Sale) any { return job(r, s) })
	c.tells("GET /videos/{id}", func(r *http.Request, s *Sale) any {
		told := job(r, s)
		switch {
		case s.State == Completed:
			told["status"], told["generation_id"] = "completed", "gen-"+s.ID
			told["unsigned_urls"] = []any{here(r, c.prefix+"/videos/"+s.ID+"/content?index=0")}
			if !c.Trap("unsigned") {
				told["urls"] = []any{c.clipURL(r, s)}
			}
			usage(told, s)
		case s.State == Failed:
			told["status"], told["error"] = "failed", cmp.Or(s.Message, s.Code)
		case !s.waiting():
			told["status"] = "in_progress"
		}
		return told
	})
	c.handle("GET /videos/{id}/content", shown(c.Seller))
	c.shows()
}

// openRouterWords are the errors of OpenRouter, whose codes are the statuses of HTTP.
func openRouterWords(h http.Header, r *Refusal) (int, any) {
	setRetryAfter(h, r.RetryAfter)
	status, message := http.StatusInternalServerError, "Internal Server Error"
	switch {
	case r.Gone:
		status, message = http.StatusNotFound, "Job not found"
	case r.Fault == BadKey:
		status, message = http.StatusUnauthorized, "User not found."
	case r.Fault == NoBalance:
		status, message = http.StatusPaymentRequired, "Insufficient credits."
	case r.Fault == BadRequest:
		status, message = http.StatusBadRequest, "Invalid input"
	case r.Reason == channel.Region:
		status, message = http.StatusForbidden, "This model is not available in your region."
	case r.Reason == channel.Moderation:
		status, message = http.StatusForbidden, "Your chosen model requires moderation and your input was flagged"
	case r.Reason == channel.RateLimited:
		status, message = http.StatusTooManyRequests, "Rate limit exceeded"
	}
	return status, map[string]any{"error": map[string]any{"code": status, "message": cmp.Or(r.Message, message)}}
}
