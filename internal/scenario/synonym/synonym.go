// Package synonym knows what people call keys of scenarios that have another name there.
//
// It deliberately leaves out slips of the pen, which document.Nearest finds.
//
//	synonym.Of("per_clip", []string{"per_call", "per_second"}) // "per_call"
package synonym

import (
	"slices"
	"strings"
)

// synonym is what people call keys that have another name here.
type synonym struct {
	written string // what they write, in words
	meant   string // the keys that it may stand for, in words: those that the table knows
	note    string // what else there is to say; ""
}

var synonyms = []synonym{
	{"cost usd amount dollars value", "price per_call per_second", ""},
	{"per_clip per_video per_generation per_request per_job per_order flat", "per_call", ""},
	{"per_sec per_s cost_per_second price_per_second", "per_second", ""},
	{"steps tiers rungs", "ladder", ""},
	{"rebate reduction", "discount", ""},
	{"billing charge charged", "billed", ""},
	{"date seen updated", "as_of", ""},
	{"median p50 typical", "base", "base and per_second make the median"},
	{"mean average", "base median", "a median, not a mean"},
	{"stdev stddev std spread", "sigma", "the spread of the logarithm"},
	{"type", "kind shape process", ""},
	{"url endpoint host", "base_url", ""},
	{"pricing", "price", ""},
	{"duration length time", "seconds latency takes lasts", ""},
	{"duration_s length_s secs", "seconds", ""},
	{"interval poll_interval polling", "poll", ""},
	{"rate_limit rate_limits throttle", "limits", ""},
	{"rpm per_minute rate", "requests_per_minute", ""},
	{"concurrency parallel max_concurrent", "concurrent limits", ""},
	{"failed failure generation", "job undelivered", ""},
	{"refused rejected", "submit", ""},
	{"lost", "ambiguous", ""},
	{"bad quality", "unusable", ""},
	{"nsfw safety policy blocked", "moderation", ""},
	{"probability percent percentage fraction chance weight", "rate share", ""},
	{"retries max_retries", "attempts", "the first one counts, too"},
	{"tries max_attempts", "attempts", ""},
	{"provider vendor via", "channel", ""},
	{"providers vendors", "channels", ""},
	{"fallback fallbacks chain", "steps", ""},
	{"wait delay pause", "backoff base after", ""},
	{"multiplier", "factor", ""},
	{"max maximum limit", "cap max_spend", ""},
	{"sla", "promise require", ""},
	{"timeout timeout_s max_wait", "deadline", ""},
	{"orders volume clips_per_month videos_per_month", "orders_per_month", ""},
	{"clips", "videos", ""},
	{"size", "resolution", ""},
	{"ratio", "aspect", ""},
	{"objective goal optimize optimise", "minimise", ""},
	{"requirements constraints", "require", ""},
	{"budget monthly_budget", "budget_per_month max_spend", ""},
	{"current default", "baseline", ""},
	{"fixed_costs monthly", "fixed_per_month", ""},
	{"max_cost", "max_spend", ""},
	{"count", "orders", ""},
	{"strategies", "run", ""},
}

// Of are those of the known keys that another word stands for, and what else there is to say of it; nil: none is.
func Of(word string, known []string) (keys []string, note string) {
	for _, s := range synonyms {
		if !slices.Contains(strings.Fields(s.written), strings.ToLower(word)) {
			continue
		}
		for _, key := range strings.Fields(s.meant) {
			if slices.Contains(known, key) {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			return keys, s.note
		}
	}
	return nil, ""
}
