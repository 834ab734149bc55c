package dialect

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
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
	switch {
	case p.State == Failed && (p.Job.ID == "" || neverRan(causeOf(p.failure()))):
		return refusal(t, r, d, p.failure(), true, nil)
	case known && p.leads():
		return Answer{Verdict: Accepted, Progress: p.named(t, d)}
	case stated || r.Status/100 != 2:
		return refusal(t, r, d, f, stated, nil)
	case p.leads():
		return Answer{Verdict: Accepted, Progress: p}
	}
	return Answer{Reason: channel.Lost, Message: "an answer that names neither a usable job id nor a clip"}
}

// leads says whether an accepted job can be found again.
func (p *Progress) leads() bool {
	return p.Job.ID != "" || p.Job.PollURL != "" || p.State == Completed && p.Job.ContentURL != ""
}

// neverRan tells a refusal that is worded as a job which failed at once from a job that ran. Moderation
// may strike while one runs.
func neverRan(c cause) bool {
	return c.fault != NoFault || c == region || c == rateLimited
}

// polled reads the answer to a poll in any dialect. What isn't about the job says nothing of it: giving up a job that runs
// would pay for it twice.
func polled(t Target, j Job, r *Response, own words) Progress {
	d, err := answerIn(r)
	if err != nil {
		return silence(t, j, r, d, err)
	}
	p := progress(t, j, r, d, own)
	_, stated := failureIn(d)
	whose := ownerOf(d, j)
	// An address alone says that the clip is there, unless it stands in an error, as links to documents do.
	said := wordIn(jobIn(d)) != "" || p.State == Completed && !stated
	switch {
	case whose == another:
		return silence(t, j, r, d, errAnother)
	case r.Status/100 != 2:
		// Some answer a job that failed with an error's status. Only a job that is ours is believed there, and not where the
		// status says that it was the poll that failed.
		said = said && whose == ours && !aboutPoll(r.Status)
	case p.State == Failed:
		said = said && p.endedThere(d, whose)
	}
	if !said {
		return silence(t, j, r, d, nil)
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

// endedThere tells a job that failed from a poll that failed, in words that are alike: "error" and "failed" are said of both. An
// answer that names the job is about it, unless it says no more than "error" and gives a reason that is one of polls; one
// that doesn't has to show the job's failure as jobs do, in a field of its own.
func (p *Progress) endedThere(d document, whose owner) bool {
	job := jobIn(d)
	c := causeOf(p.failure())
	ofPolls := c == rateLimited || c == lost || c == refused || c.fault != NoFault || c.gone
	vague := spelling(wordIn(job)) == "error" || strings.HasPrefix(spelling(wordIn(job)), "fail")
	switch {
	case whose == ours:
		return spelling(wordIn(job)) != "error" || !ofPolls
	case vague:
		shown := job.at("error").isObject() || job.first("fail_reason", "failure_reason", "error_message") != ""
		return shown && !ofPolls && successes[strings.ToLower(d.at("code").text())] && spelling(wordIn(job)) != "error"
	}
	return true
}

// owner says whose job an answer is about.
type owner uint8

const (
	unnamed owner = iota
	ours
	another
)

var errAnother = errors.New("it is about another job")

// ownerOf compares the ids in an answer with the job's. A request_id may be that of the poll, so it names no other job.
func ownerOf(d document, j Job) owner {
	if j.ID == "" {
		return unnamed
	}
	whose := unnamed
	for _, in := range []document{jobIn(d), d} {
		for _, field := range []string{"id", "task_id", "video_id", "job_id", "request_id"} {
			switch id := in.at(field).text(); {
			case id == j.ID:
				return ours
			case id != "" && field != "request_id":
				whose = another
			}
		}
	}
	return whose
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

// jobIn is the job within an answer: what a relay wraps in "data", or else the answer itself.
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
	return d
}

// wordIn is the status that a job states.
func wordIn(job document) string { return job.first("status", "state", "task_status") }

// progress reads a job.
func progress(t Target, j Job, r *Response, d document, own words) Progress {
	job := jobIn(d)
	p := Progress{Job: j, PollAfter: pollAfter(r.Header, d)}
	if p.Job.ID == "" {
		p.Job.ID = t.unlessKeyed(idIn(job))
	}
	p.Job.PollURL = cmp.Or(t.unlessKeyed(placeIn(job, "polling_url", "poll_url", "status_url")), j.PollURL)
	p.Job.ContentURL = cmp.Or(t.unlessKeyed(placeIn(job, contentPaths...)), j.ContentURL)
	p.Cost, p.CostKnown = costIn(d)

	word := wordIn(job)
	state, known := own.state(word)
	switch {
	case word == "" && p.Job.ContentURL != "":
		state = Completed
	case word != "" && !known:
		p.NewWord = tidy(t, word)
		p.Percent = tidy(t, job.first("progress", "percent", "progress_percent"))
		p.Message = "a status that is new to us: " + p.NewWord
	}
	p.State = state
	if state == Failed {
		p.fail(t, job)
	}
	return p
}

// fail says why a job failed.
func (p *Progress) fail(t Target, job document) {
	f, stated := failureIn(job)
	if !stated {
		f = failure{message: job.first("fail_reason", "failure_reason", "error_message", "message")}
	}
	p.Code, p.Message = tidy(t, f.code), tidy(t, f.message)
	p.Reason = channel.Job
	if moderated[spelling(wordIn(job))] == Failed {
		p.Reason = channel.Moderation
	}
	if c := causeOf(f); c == moderation || c == region || c == rateLimited {
		p.Reason = c.reason
	}
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
	"video.url", "videos.0.url", "result.url", "result.video_url", "output.url", "output.0", "output", "metadata.url", "data.0.url", "data.url",
}

// placeIn is the first address among paths; other text there, such as a name, is none.
func placeIn(job document, paths ...string) string {
	for _, path := range paths {
		s := job.at(path).text()
		if len(s) > maxAddress || !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
			continue
		}
		if u, err := url.Parse(s); err == nil && u.User == nil {
			return s
		}
	}
	return ""
}

// Bounds of what is kept of a job.
const (
	maxAddress = 8192 // signed addresses are long
	maxID      = 512
)

// idIn is the job's id, where it is one that can stand in a path.
func idIn(job document) string {
	id := job.first("id", "task_id", "request_id", "video_id", "job_id")
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

// costPaths are where a charge in dollars stands, and how many of its units make a dollar. A bare "cost" may be counted in
// credits, so it is read only within "usage", where OpenRouter and its like put dollars.
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
			if cost, ok := dollars(in.at(p.path).text(), p.perDollar); ok && cost <= maxCost {
				return cost, true
			}
		}
	}
	return 0, false
}

// amounts are spelt as JSON spells numbers, with few enough digits and a small enough power of ten to be money.
var amounts = regexp.MustCompile(`^\$?((?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?)$`)

// dollars reads an amount exactly and rounds it half up to the micro-dollar. Amounts that are negative, or too
// large or too finely written to be one, are none.
func dollars(s string, perDollar int64) (money.Micros, bool) {
	spelt := amounts.FindStringSubmatch(s)
	if spelt == nil {
		return 0, false
	}
	amount, ok := new(big.Rat).SetString(spelt[1])
	if !ok {
		return 0, false
	}
	amount.Mul(amount, big.NewRat(int64(money.Dollar), perDollar))
	num, den := amount.Num(), amount.Denom()
	num = new(big.Int).Lsh(num, 1)
	num.Add(num, den).Quo(num, new(big.Int).Lsh(den, 1))
	if !num.IsInt64() {
		return 0, false
	}
	return money.Micros(num.Int64()), true
}
