package dialect

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// submitted reads the answer to a submit in any dialect: they differ in what they ask, hardly in what
// they may be answered, since relays pass on what they hear.
func submitted(t Target, r *Response, own words) Answer {
	d, err := answerIn(r)
	if err != nil {
		return refusal(t, r, d, failure{}, false, err)
	}
	p := progress(t, Job{}, r, d, own)
	f, stated := failureIn(d)
	_, known := own.state(wordIn(jobIn(d)))
	named := len(idsIn(jobIn(d)))+len(idsIn(d)) > 0
	switch {
	case p.State == Failed:
		return failedAtOnce(t, r, d, &p, named)
	case known && p.leads():
		return Answer{Verdict: Accepted, Progress: p}
	case stated && named && !causeOf(f).specific():
		// An unknown code is no proof against a job; any other error beside one leaves open whether it runs.
		if r.Status/100 == 2 && causeOf(f) == (cause{}) && p.leads() {
			return Answer{Verdict: Accepted, Progress: p}
		}
		return lostAnswer(t, r, f)
	case stated || r.Status/100 != 2:
		return refusal(t, r, d, f, stated, nil)
	case p.leads():
		return Answer{Verdict: Accepted, Progress: p}
	}
	return Answer{Reason: channel.Lost, Message: "an answer that names neither a usable job id nor a clip"}
}

// failedAtOnce reads an answer to a submit that says that the job has failed: it is a refusal in other words where no
// job is named, or where it says what kept the job from running.
func failedAtOnce(t Target, r *Response, d document, p *Progress, named bool) Answer {
	f := p.failure()
	switch c := causeOf(f); {
	case neverRan(c):
		return refusal(t, r, d, f, true, nil)
	case c == lost, named && r.Status >= 500, hearsay(r.Status) && !c.specific():
		return lostAnswer(t, r, f)
	case !named && c == (cause{}) && (f.message == "" || vanished[spelling(wordIn(jobIn(d)))] == Failed):
		return lostAnswer(t, r, f) // it may be said of what was made of the order
	case !named:
		return refusal(t, r, d, f, true, nil)
	}
	return Answer{Verdict: Accepted, Progress: p.named(t, d)}
}

// lostAnswer is one that leaves open whether a job runs.
func lostAnswer(t Target, r *Response, f failure) Answer {
	return Answer{Reason: channel.Lost, Code: tidy(t, f.code), Message: explain(t, r, f, nil)}
}

// leads says whether an accepted job can be found again.
func (p *Progress) leads() bool {
	return p.Job.ID != "" || p.Job.PollURL != "" || p.State == Completed && p.Job.ContentURL != ""
}

// neverRan tells a refusal that is worded as a job which failed at once from a job that ran. Moderation
// may strike while one runs.
func neverRan(c cause) bool {
	return c.fault != NoFault || c.named()
}

// polled reads the answer to a poll in any dialect. What isn't about the job says nothing of it: giving up a job that
// runs would pay for it twice.
func polled(t Target, j Job, r *Response, own words) Progress {
	d, err := answerIn(r)
	if err != nil {
		return silence(t, j, r, d, err)
	}
	p := progress(t, j, r, d, own)
	if r.Status == http.StatusUnavailableForLegalReasons && p.State == Failed {
		p.Reason = channel.Moderation
	}
	_, stated := failureIn(d)
	whose := ownerOf(d, j)
	// An address alone says that the clip is there, unless it stands in an error, as links to documents do.
	said := wordIn(jobIn(d)) != "" || p.State == Completed && !stated
	switch {
	case whose == another:
		return silence(t, j, r, d, errAnother)
	case p.State == Failed && p.Reason == channel.Moderation && whose == ours:
		// No poll is moderated.
	case r.Status/100 != 2:
		// Some answer a job that failed with an error's status. Only a job that is ours is believed there, and not where the
		// status says that it was the poll that failed.
		said = said && whose == ours && !aboutPoll(r.Status) && (p.State != Failed || p.endedThere(d, j, whose))
	case p.State == Failed:
		said = said && p.endedThere(d, j, whose)
	case p.State == Completed:
		said = said && !wraps(d, whose, &p)
	}
	if !said {
		q := silence(t, j, r, d, nil)
		q.Unproven = p.State == Failed && q.State != Gone
		return q
	}
	return p.named(t, d)
}

// aboutPoll says whether an error's status is about the request, whoever's job it was for.
func aboutPoll(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	return hearsay(status)
}

// wraps says whether "success" is said of an answer rather than of the job in it, which it then doesn't tell of.
func wraps(d document, whose owner, p *Progress) bool {
	if _, is := envelopes[spelling(wordIn(jobIn(d)))]; !is || whose == ours || p.Job.ContentURL != "" {
		return false
	}
	content, is := d.value.(map[string]any)
	for _, key := range []string{"data", "result", "output", "task", "job", "video"} {
		if _, there := content[key]; there {
			return true
		}
	}
	return is && p.Percent != "" && strings.TrimSuffix(p.Percent, "%") != "100"
}

// infrastructure are words of what is behind a poll, and of errors that tell nothing at all.
var infrastructure = patternsOf(`data ?base|\bdb\b|\bsql|sqlstate|redis|mongo|deadlock|connection pool|record not found|quer(?:y|ies|ying)`,
	`internal (?:server )?error|service unavailable|unexpected error|unknown error|something went wrong|server (?:is )?(?:busy|shutting)|数据库|查询|请求过于频繁`)

// endedThere tells a job that failed from a poll that failed, in words that are alike: "error" and "failed" are said
// of both. An answer that names the job is about it, unless it gives a reason that is one of polls and doesn't show
// it as the job's own; one that doesn't has to show the job's failure as jobs do, or to say a word that isn't said of
// polls, and nothing else.
func (p *Progress) endedThere(d document, j Job, whose owner) bool {
	job, word := jobIn(d), spelling(wordIn(jobIn(d)))
	c := causeOf(p.failure())
	behind := infrastructure.match(spaced(p.Code) + " " + plain(p.Message))
	ofPolls := behind || c == rateLimited || c == lost || c == refused || c.fault != NoFault || c.gone
	shown := job.at("error").isObject() || job.first("error", "fail_reason", "failure_reason", "error_message") != ""
	fine := successes[strings.ToLower(d.at("code").text())]
	vague := strings.HasPrefix(word, "error") || strings.HasPrefix(word, "fail") || strings.HasPrefix(word, "time") ||
		word == "exception"
	switch {
	case whose == ours && ofJob(job, j) == another:
		return false
	case whose == ours && shown:
		return !behind && (word != "error" || !ofPolls || c == refused)
	case whose == ours:
		return !ofPolls && fine
	case shown:
		return !ofPolls && fine && word != "error"
	}
	return !vague && fine && d.first("message", "msg", "detail") == ""
}

// owner says whose job an answer is about.
type owner uint8

const (
	unnamed owner = iota
	ours
	another
)

var errAnother = errors.New("it is about another job")

// ownerOf compares the ids in an answer with the job's.
func ownerOf(d document, j Job) owner {
	whose := unnamed
	parts := []document{jobIn(d), d}
	for _, path := range []string{"job", "task", "video", "data", "data.0", "result", "output"} {
		parts = append(parts, d.at(path))
	}
	for _, part := range parts {
		switch ofJob(part, j) {
		case ours:
			return ours
		case another:
			whose = another
		}
	}
	return whose
}

// namesJob says whether an answer names any job.
func namesJob(d document) bool { return ownerOf(d, Job{ID: "none that is named"}) == another }

// ofJob compares the ids in a part of an answer. A request_id may be that of the poll, so it names no other job.
func ofJob(part document, j Job) owner {
	if j.ID == "" {
		return unnamed
	}
	ids := idsIn(part)
	switch {
	case slices.Contains(ids, j.ID) || part.at("request_id").text() == j.ID:
		return ours
	case len(ids) > 0:
		return another
	}
	return unnamed
}

// idFields are those that name a job, and nothing but one.
var idFields = []string{"id", "task_id", "taskId", "video_id", "videoId", "job_id", "jobId", "generation_id", "uuid",
	"_id", "object_id"}

// idsIn are the names that a part of an answer gives a job.
func idsIn(part document) []string {
	var ids []string
	for _, field := range idFields {
		if id := part.at(field).text(); id != "" {
			ids = append(ids, id)
		}
	}
	if name := part.at("name").text(); strings.Contains(name, "operations/") {
		ids = append(ids, name, name[strings.LastIndexByte(name, '/')+1:])
	}
	if task := part.at("task").text(); task != "" {
		ids = append(ids, task)
	}
	return ids
}

// answerIn is the document of an answer that is complete.
func answerIn(r *Response) (document, error) {
	d, err := parse(r.Body)
	if err == nil && r.Truncated {
		return document{}, errTruncated
	}
	return d, err
}

var errTruncated = errors.New("it broke off")

// jobIn is the job within an answer: what a relay wraps in "data" or the like, or else the answer itself.
func jobIn(d document) document {
	for _, path := range []string{"data", "data.0"} {
		inner := d.at(path)
		if !inner.isObject() {
			continue
		}
		wrapped := idIn(inner) != "" && (idIn(d) == "" || wordIn(d) == "")
		if wordIn(inner) != "" || wrapped {
			return inner
		}
	}
	_, envelope := envelopes[spelling(wordIn(d))]
	if wordIn(d) != "" && !envelope && d.at("success").value != true {
		return d
	}
	for _, path := range []string{"output", "task", "result", "video", "job"} {
		if inner := d.at(path); inner.isObject() && wordIn(inner) != "" {
			return inner
		}
	}
	return d
}

// wordIn is the status that a job states.
func wordIn(job document) string {
	word := job.first("status", "state", "task_status", "taskStatus", "job_status", "status.state", "status.status")
	if len(word) == 3 && strings.Trim(word, "0123456789") == "" {
		return "" // of HTTP
	}
	if done := job.at("done"); word == "" && done.value == true {
		if job.at("error").isObject() {
			return "failed"
		}
		return "done"
	}
	return word
}

// progress reads a job.
func progress(t Target, j Job, r *Response, d document, own words) Progress {
	job := jobIn(d)
	p := Progress{Job: j, PollAfter: pollAfter(r.Header, d)}
	if p.Job.ID == "" {
		p.Job.ID = t.unlessKeyed(cmp.Or(idIn(job), idIn(d)))
	}
	p.Job.PollURL = cmp.Or(t.unlessKeyed(placeIn(job, "polling_url", "poll_url", "status_url")), j.PollURL)
	p.Job.ContentURL = cmp.Or(t.unlessKeyed(t.clipIn(job)), j.ContentURL)
	p.Cost, p.CostKnown = costIn(d)
	p.Percent = tidy(t, cmp.Or(job.first(percents...), d.first(percents...)))

	word := wordIn(job)
	state, known := own.state(word)
	switch {
	case word == "" && p.Job.ContentURL != "":
		state = Completed
	case word != "" && !known:
		p.NewWord = tidy(t, word)
		p.Message = "a status that is new to us: " + p.NewWord
	}
	p.State = state
	if state == Failed {
		p.fail(t, job, d)
	}
	return p
}

// percents are where a job says how far it is.
var percents = []string{"progress", "percent", "percentage", "progress_percent", "progress_percentage", "progress_pct",
	"percent_complete", "completion", "progress.percent"}

// fail says why a job failed.
func (p *Progress) fail(t Target, job, d document) {
	f, stated := failureIn(job)
	if !stated || f.message == "" {
		f.code = cmp.Or(f.code, job.first("error_code", "failureCode", "failure_code", "finish_reason"))
		f.message = cmp.Or(f.message, job.first("fail_reason", "failure_reason", "error_message", "task_status_msg",
			"failure", "message", "msg", "incomplete_details.reason"))
	}
	p.Code, p.Message = tidy(t, f.code), tidy(t, f.message)
	p.Reason = channel.Job
	left := mostReasons
	switch c := causeOf(f); {
	case moderates(wordIn(job)) || c == moderation || blames(d.value, moderation, &left):
		p.Reason = channel.Moderation
	case c.named() || c.reason.Phase() == channel.Making:
		p.Reason = c.reason
	}
}

// reasonFields are keys under which answers say why, wherever they stand.
var reasonFields = regexp.MustCompile(`(?i)code|reason|message|msg|error|fail|detail`)

// mostReasons is how many of them are read.
const mostReasons = 100

// blames says whether any of the reasons that an answer gives is a cause; left is how many are still read.
func blames(value any, why cause, left *int) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			text, is := inner.(string)
			if !is {
				if blames(inner, why, left) {
					return true
				}
				continue
			}
			if *left == 0 || !reasonFields.MatchString(key) {
				continue
			}
			*left--
			if causeOf(unwrap(failure{code: text, message: text})) == why {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return blames(inner, why, left) })
	}
	return false
}

// named gives a job that failed without a word of why the status that it ended with.
func (p Progress) named(t Target, d document) Progress {
	if p.State == Failed && p.Message == "" {
		p.Message = tidy(t, fmt.Sprintf("a job that ended with the status %q", wordIn(jobIn(d))))
	}
	return p
}

// failure is the error that ended the job.
func (p *Progress) failure() failure { return failure{code: p.Code, message: p.Message} }

// redact hides the keys of the run.
func (t Target) redact(s string) string {
	if t.Hide == nil {
		return t.Key.Redact(s)
	}
	return t.Hide.Redact(s)
}

// unlessKeyed drops what quotes a key, since jobs are written down.
func (t Target) unlessKeyed(s string) string {
	if t.redact(s) != s {
		return ""
	}
	return s
}

// contentPaths are where answers put the address of a finished clip.
var contentPaths = []string{
	"url", "video_url", "result_url", "download_url", "content_url", "urls.0", "unsigned_urls.0",
	"video.url", "videos.0.url", "result.url", "result.video_url", "output.url", "output.0", "output", "metadata.url",
	"data.0.url", "data.url",
	"content.video_url", "output.video_url", "assets.video", "task_result.videos.0.url", "result.videos.0.url",
	"response.url",
	"response.video_url",
}

// clipIn is where an answer says that the clip is: the first of its addresses that may be asked, or else the first.
func (t Target) clipIn(job document) string {
	first := ""
	for _, path := range contentPaths {
		place := placeIn(job, path)
		if place == "" {
			continue
		}
		if _, _, err := t.download(place); err == nil {
			return place
		}
		first = cmp.Or(first, place)
	}
	return first
}

// placeIn is the first address among paths; other text there, such as a name, is none.
func placeIn(job document, paths ...string) string {
	for _, path := range paths {
		if s := addressIn(job.at(path).text()); s != "" {
			return s
		}
	}
	return ""
}

// addressIn is a text where it is an address that may be kept, or "".
func addressIn(s string) string {
	if len(s) > maxAddress || !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "http://") &&
		!strings.HasPrefix(s, "https://") {
		return ""
	}
	if u, err := url.Parse(s); err != nil || u.User != nil {
		return ""
	}
	return s
}

// Bounds of what is kept of a job.
const (
	maxAddress = 8192 // signed addresses are long
	maxID      = 512
)

// idIn is the job's id, where it is one that can stand in a path.
func idIn(job document) string {
	id := job.first("id", "task_id", "taskId", "request_id", "video_id", "videoId", "job_id", "jobId",
		"generation_id", "uuid")
	if len(id) > maxID || strings.Trim(id, ".") == "" {
		return ""
	}
	for _, r := range id {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`/\?#%`, r) {
			return ""
		}
	}
	return id
}

// costPaths are where a charge in dollars stands, and how many of its units make a dollar. A bare "cost" may be
// counted in credits, so it is read only within "usage", where OpenRouter and its like put dollars.
var costPaths = []struct {
	path      string
	perDollar int64
}{
	{"usage.cost", 1}, {"usage.cost_usd", 1}, {"usage.total_cost", 1}, {"cost_usd", 1}, {"usage.cost_in_usd_ticks", 1e10},
}

// maxCost is more than any clip costs. Millions of charges below it can be added up.
const maxCost = 1_000_000 * money.Dollar

// costIn is the charge that an answer reports.
func costIn(d document) (money.Micros, bool) {
	for _, in := range []document{jobIn(d), d} {
		if c := in.first("usage.currency", "currency"); c != "" && !strings.EqualFold(c, "USD") {
			continue
		}
		for _, p := range costPaths {
			if cost, ok := charge(in.at(p.path).text(), p.perDollar); ok {
				return cost, true
			}
		}
	}
	return 0, false
}

// amounts are spelt as JSON spells numbers, with few enough digits and a small enough power of ten to be money.
var amounts = regexp.MustCompile(`^\$?((?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?)$`)

// charge reads what a clip may cost, in dollars.
func charge(s string, perDollar int64) (money.Micros, bool) {
	cost, ok := dollars(s, perDollar)
	if !ok || cost > maxCost {
		return 0, false
	}
	return cost, true
}

// dollars reads an amount of which there are so many units to the dollar.
func dollars(s string, perDollar int64) (money.Micros, bool) {
	return worthOf(s, big.NewRat(int64(money.Dollar), perDollar))
}

// worthOf reads an amount of units, each worth so many micro-dollars, exactly and rounds it half up to the
// micro-dollar. Amounts that are negative, or too large or too finely written to be one, are none.
func worthOf(s string, unit *big.Rat) (money.Micros, bool) {
	spelt := amounts.FindStringSubmatch(s)
	if spelt == nil {
		return 0, false
	}
	amount, ok := new(big.Rat).SetString(spelt[1])
	if !ok {
		return 0, false
	}
	amount.Mul(amount, unit)
	num, den := amount.Num(), amount.Denom()
	num = new(big.Int).Lsh(num, 1)
	num.Add(num, den).Quo(num, new(big.Int).Lsh(den, 1))
	if !num.IsInt64() {
		return 0, false
	}
	return money.Micros(num.Int64()), true
}
