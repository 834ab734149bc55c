package dialect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"channelbench/internal/channel"
)

// cause is what an error means for an order. The zero cause means nothing known.
type cause struct {
	reason channel.Reason
	fault  Fault
	gone   bool // the job or the clip isn't there
}

// specific says whether an error is one that only a channel that took no order has: it names what kept it from that.
// That it has failed or was busy is told of orders, too, that were passed on and not heard of again.
func (c cause) specific() bool {
	return c == badKey || c == noBalance || c == moderation || c.named()
}

// named says whether an error names what no job that runs can meet: its region, its rate.
func (c cause) named() bool {
	return c.fault == NoFault && (c.reason == channel.RateLimited ||
		c.reason.Phase() == channel.Asking && c.reason != channel.Moderation && c.reason != channel.Submit)
}

var (
	region      = cause{reason: channel.Region}
	moderation  = cause{reason: channel.Moderation}
	rateLimited = cause{reason: channel.RateLimited}
	refused     = cause{reason: channel.Submit}
	lost        = cause{reason: channel.Lost}
	badKey      = cause{reason: channel.Submit, fault: BadKey}
	noBalance   = cause{reason: channel.Submit, fault: NoBalance}
	badRequest  = cause{reason: channel.Submit, fault: BadRequest}
	gone        = cause{reason: channel.Download, gone: true}
)

// spoken is a refusal in the words of OpenAI, which its relays and imitators repeat.
type spoken struct {
	status              int
	kind, code, message string
}

// refusals are how mock channels refuse; for other reasons they are as vague as a server's error.
var refusals = map[channel.Reason]spoken{
	channel.Region: {400, "invalid_request_error", "unsupported_country_code",
		"This model is not available in your country"},
	channel.Moderation: {400, "invalid_request_error", "moderation_blocked",
		"Your request was blocked by our moderation system."},
	channel.RateLimited: {429, "rate_limit_error", "rate_limit_exceeded", "Rate limit reached."},
	channel.Submit:      {500, "server_error", "server_error", "The server had an error while processing your request."},
}

// codes are the error codes seen in the wild, in lower case. They are looked up among an error's code
// and type, and among the words of its message, since relays wrap what the vendor said into a
// message of their own. Codes that only repeat the status' class, such as invalid_request_error,
// are left out: a region error bears that type.
var codes = map[string]cause{
	"unsupported_country_code":             region,
	"unsupported_country_region_territory": region,
	"unsupported_country":                  region,
	"unsupported_region":                   region,
	"region_not_supported":                 region,
	"country_not_supported":                region,

	"moderation_blocked":       moderation,
	"content_policy_violation": moderation,
	"content_filter":           moderation,
	"content_moderation":       moderation,
	"content_violation":        moderation,
	"policy_violation":         moderation,
	"sentinel_block":           moderation, // its guide says prompt; seen for anti-bot blocks, too
	"data_inspection_failed":   moderation,
	"inappropriate_content":    moderation,
	"prompt_blocked":           moderation,
	"prompt_unsafe":            moderation,
	"image_unsafe":             moderation,
	"video_unsafe":             moderation,
	"sensitive_words_detected": moderation,
	"451":                      moderation,

	"rate_limit_exceeded":        rateLimited,
	"rate_limit_error":           rateLimited,
	"rate_limit_reached":         rateLimited,
	"rate_limited":               rateLimited,
	"ratelimitexceeded":          rateLimited,
	"too_many_requests":          rateLimited,
	"concurrency_limit_exceeded": rateLimited,
	"concurrent_limit_exceeded":  rateLimited,
	"cf_shield_429":              rateLimited,
	"429":                        rateLimited,

	"heavy_load":            refused,
	"server_error":          refused,
	"internal_server_error": refused,
	"service_unavailable":   refused,
	"overloaded_error":      refused,
	"no_available_channel":  refused,
	"get_channel_failed":    refused,
	"token_expired":         refused, // of the account behind a reverse channel, not our key
	"token_invalidated":     refused,
	"token_revoked":         refused,

	// A relay that says these has sent the order on and not heard back.
	"do_request_failed":              lost,
	"read_response_body_failed":      lost,
	"unmarshal_response_body_failed": lost,
	"bad_response":                   lost,
	"bad_response_body":              lost,
	"bad_gateway":                    lost,
	"bad_response_status_code":       lost,
	"upstream_error":                 lost,
	"upstream_connection_error":      lost,
	"upstream_request_failed":        lost,
	"connection_error":               lost,
	"connection_reset":               lost,
	"api_connection_error":           lost,
	"client_closed_request":          lost,
	"timeout":                        lost,
	"timeout_error":                  lost,
	"request_timeout":                lost,
	"upstream_timeout":               lost,
	"gateway_timeout":                lost,
	"context_deadline_exceeded":      lost,
	"network_error":                  lost,
	"proxy_error":                    lost,
	"gateway_error":                  lost,
	"do_response_failed":             lost,
	"copy_response_body_failed":      lost,

	"invalid_api_key":        badKey,
	"incorrect_api_key":      badKey,
	"missing_api_key":        badKey,
	"authentication_error":   badKey,
	"invalid_authentication": badKey,
	"unauthorized":           badKey,
	"permission_denied":      badKey,
	"permission_error":       badKey,
	"access_denied":          badKey,
	"account_deactivated":    badKey,
	"401":                    badKey,

	"insufficient_quota":             noBalance,
	"insufficient_user_quota":        noBalance,
	"insufficient_balance":           noBalance,
	"insufficient_credits":           noBalance,
	"insufficient_funds":             noBalance,
	"balance_not_enough":             noBalance,
	"quota_not_enough":               noBalance,
	"pre_consume_token_quota_failed": noBalance,
	"billing_hard_limit_reached":     noBalance,
	"billing_not_active":             noBalance,
	"payment_required":               noBalance,
	"account_overdue":                noBalance,
	"402":                            noBalance,

	"invalid_value":              badRequest,
	"invalid_type":               badRequest,
	"invalid_size":               badRequest,
	"unknown_parameter":          badRequest,
	"unsupported_parameter":      badRequest,
	"unsupported_value":          badRequest,
	"missing_required_parameter": badRequest,
	"missing_required_field":     badRequest,
	"string_above_max_length":    badRequest,
	"integer_above_max_value":    badRequest,
	"model_not_found":            badRequest,
	"invalid_model":              badRequest,
	"unsupported_model":          badRequest,
	"unknown_url":                badRequest,

	"not_found":          gone,
	"not_found_error":    gone,
	"video_not_found":    gone,
	"task_not_found":     gone,
	"task_not_exist":     gone,
	"job_not_found":      gone,
	"resource_not_found": gone,
	"video_expired":      gone,
	"content_expired":    gone,
	"expired":            gone,
}

// moderationCodes are how the many other codes of moderation are made.
var moderationCodes = regexp.MustCompile(`(?:^|_)(?:moderat\w*|safety|unsafe|nsfw|sensitive_(?:content|word|info)\w*|content_(?:policy|filter)\w*|prohibited_content)(?:_|$)`)

// patterns are regular expressions of text in lower case. Small ones are fast, large ones aren't.
type patterns []*regexp.Regexp

func patternsOf(expressions ...string) patterns {
	var all patterns
	for _, e := range expressions {
		all = append(all, regexp.MustCompile(e))
	}
	return all
}

func (p patterns) match(text string) bool {
	return slices.ContainsFunc(p, func(r *regexp.Regexp) bool { return r.MatchString(text) })
}

// maxRead is how much of an error's text is read for what it means, in bytes.
const maxRead = 2048

// plain is a text as patterns read it.
func plain(text string) string { return strings.ToLower(text[:min(len(text), maxRead)]) }

// phrases are how errors without a code say the same; a bare string is all that some channels give.
var phrases = []struct {
	words patterns
	cause cause
}{
	{patternsOf(`not (?:available|supported) in your (?:country|region)`, `country, region, or territory not supported`),
		region},
	{patternsOf(`content policy|usage (?:polic|guideline)|moderation|guardrail|risk control|responsible ai`, `\bnsfw\b`,
		`safety (?:system|filter|polic|check)`, `sensitive (?:content|word|info|material)|as sensitive`,
		`inappropriate content|prohibited content`, `内容违规|内容审核|审核不通过|审核未通过|敏感`), moderation},
	{patternsOf(`incorrect api key|invalid api key`, `api key (?:is )?(?:invalid|missing)`), badKey},
	{patternsOf(`(?:insufficient|not (?:have )?enough|n't have enough) (?:\w+ )?(?:quota|balance|credits?|funds)`,
		`exhausted (?:\w+ )?(?:balance|credits?|funds)`,
		`(?:balance|credits?|funds) (?:is |are )?(?:insufficient|exhausted|depleted)`,
		`quota is not enough|余额不足|额度不足`), noBalance},
	{patternsOf(`rate limit|too many requests|请求过于频繁`), rateLimited},
	{patternsOf(`\b(?:task|job|video|generation)\b[^.]*?(?:not found|(?:does not|doesn't|not) exist)`, `任务不存在|找不到任务`),
		gone},
	{patternsOf(`under heavy load|no available tokens`), refused},
}

// lostWords are how relays say that they passed an order on and lost sight of it, in messages and in the words of
// codes. A connection that was refused carried none.
var lostWords = patternsOf(
	`do (?:request|response) failed|fetch failed|network error|client closed|premature|took too long|bad gateway`,
	`time[d-]? ?out|deadline (?:exceeded|expired)|context (?:cancell?ed|deadline)`,
	`\beof\b|unexpected eof|\beconn(?:reset|aborted)|etimedout|\bepipe\b|und err|broken pipe|hang ?up|hung up`,
	`connection (?:was |is |has been |got |unexpectedly )?(?:reset|closed|lost|aborted|dropped|terminated|interrupted|broken|error|timeout)`,
	`(?:lost|closed|closes|dropped|broken|interrupted|closing) (?:the |idle |network )?(?:tcp )?connection`,
	`closed network|forcibly closed|reset by peer|peer (?:reset|closed)|disconnect|(?:operation|request) (?:was |is )?aborted`,
	`stream (?:was |is )?(?:reset|closed|error|ended)|unexpected end of|invalid character '<'|empty reply|transfer closed`,
	`incomplete ?read|before (?:the )?(?:response )?headers|no response|not respond`,
	`upstream (?:\w+ )?(?:error|fail\w*|reset|closed|unavailable)|超时|无响应|连接(?:已|被)?(?:重置|断开|关闭|中断)`,
	`上游.{0,8}(?:失败|错误|异常)`,
	`(?:status|code|http|error|returns|returned|responds|responded|received|got|response|返回)[^0-9]{0,12}`+gatewayStatus,
	`^\W*`+gatewayStatus)

// gatewayStatus is one of those by which gateways speak for others; see hearsay.
const gatewayStatus = `(?:408|409|425|499|502|504|52[0-9]|530|598|599)\b`

// wordOfCode finds what may be a code within a message: two words or more, joined by "_".
var wordOfCode = regexp.MustCompile(`[a-z0-9]+(?:_[a-z0-9]+)+`)

// maxWord is how long a word of a table can be, in bytes.
const maxWord = 100

// spell writes a word as the tables do: in lower case, with "_" between its parts.
func spell(word string) string {
	var b strings.Builder
	runes := []rune(strings.TrimSpace(word[:min(len(word), maxWord)]))
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = '_'
		case i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) ||
			unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), "_")
}

// spaced are the words of codes, as patterns read them.
func spaced(codes ...string) string {
	for i := range codes {
		codes[i] = strings.ReplaceAll(spell(codes[i]), "_", " ")
	}
	return strings.Join(codes, " ")
}

// causeOf says what an error means by its own words; the zero cause where they are unknown. What tells of a lost
// order outranks a code that says no more than that something failed: "server_error: connection reset" proves
// nothing.
func causeOf(e failure) cause {
	c := causeOfCode(e)
	if c != (cause{}) && c != refused {
		return c
	}
	message := plain(e.message)
	if lostWords.match(message) || lostWords.match(spaced(e.code, e.kind, e.status)) {
		return lost
	}
	for _, p := range phrases {
		if p.words.match(message) {
			return p.cause
		}
	}
	return c
}

// causeOfCode says what an error means by its code, its type and the codes that its message quotes. A specific one
// outranks the others, of which the first counts, unless that says less than that the order was lost.
func causeOfCode(e failure) cause {
	first := cause{}
	own := []string{spell(e.code), spell(e.kind), spell(e.status)}
	for i, word := range append(own, wordOfCode.FindAllString(plain(e.message), 20)...) {
		c := codes[word]
		if status, err := strconv.Atoi(word); err == nil && hearsay(status) {
			c = lost
		}
		if c == (cause{}) && i < len(own) && moderationCodes.MatchString(word) {
			c = moderation
		}
		if c.specific() {
			return c
		}
		if first == (cause{}) || first == refused && c == lost {
			first = c
		}
	}
	return first
}
