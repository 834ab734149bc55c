package dialect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// vendor is a protocol whose answers are known field by field, as its owner documents them. An answer that isn't of the
// protocol proves nothing: another vendor's "accepted" is Lost here. What vendors differ in is data and a few small
// functions; what an answer then means for an order and its money is the same for all, and is here.
type vendor struct {
	name string
	base string // see Dialect.Base
	key  scheme

	// order writes a submit. The error says what the protocol can't order.
	order func(t Target, o Order) (ask, error)
	// sold reads the answer to it, whatever its status.
	sold func(r *Response, d document) report
	// place is where a job is asked about; nil: only where the channel said. Job.PollURL goes first.
	place func(t Target, j Job) (ask, error)
	// seen reads the answer to that, whatever its status; it gives a word only where the answer is about the job.
	seen func(j Job, r *Response, d document) report
	// content is where a finished clip is; nil: only where the channel says.
	content func(t Target, j Job) (ask, error)
	// find asks for the order that bears a token; nil: orders bear none. seen reads the answer.
	find func(t Target, token string) (ask, error)

	words  words            // the statuses of jobs, in the tables' spelling; another one counts as in progress
	causes map[string]cause // what the vendor's own error codes mean, in its own spelling
	// meant is what an error means beyond its code; nil, or the zero cause: what errors like it mean everywhere.
	meant func(status int, f failure) cause

	holds bool     // a submit can be held until the clip is made
	traps []string // see Dialect.Traps

	// The mock half: what it serves below a prefix, and how it words a refusal.
	serve func(c counter)
	says  tongue
}

// ask is a request to the channel's own host.
type ask struct {
	method string   // "": GET
	path   []string // below base_url; elements are escaped
	query  url.Values
	header map[string]string
	body   any // JSON; nil: none
}

// report is what an answer says of a job, field by field.
type report struct {
	id       string // "": no job of this protocol is named
	word     string // its status; "": the answer isn't about a job
	pollURL  string // where to ask next; "": the usual place
	next     ask    // the same, as a place below base_url
	clipURL  string // of a finished one
	percent  string
	failed   *failure // the error that is stated; nil: none
	gone     bool     // the channel says that it knows no such job, where it has no error for that
	withheld bool     // the clip was made, or was to be, and is kept back for what it shows
	cost     money.Micros
	priced   bool // cost is told
	units    Quantity
	after    time.Duration // the pause that is asked for, where no header says so
}

func (v *vendor) Name() string { return v.name }
func (v *vendor) Base() string { return v.base }
func (v *vendor) Holds() bool  { return v.holds }
func (v *vendor) Finds() bool  { return v.find != nil }

func (v *vendor) Traps() []string { return v.traps }

// request builds a request to the channel.
func (v *vendor) request(t Target, a ask, err error) (*http.Request, error) {
	if err != nil {
		return nil, err
	}
	var body []byte
	if a.body != nil {
		if body, err = json.Marshal(a.body); err != nil {
			return nil, err
		}
	}
	if a.method == "" {
		a.method = http.MethodGet
	}
	r, err := t.request(v.key, a.method, body, a.path...)
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = a.query.Encode()
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range a.header {
		r.Header.Set(name, value)
	}
	return r, nil
}

func (v *vendor) Submit(t Target, o Order) (*http.Request, error) {
	a, err := v.order(t, o)
	return v.request(t, a, err)
}

func (v *vendor) Poll(t Target, j Job) (*http.Request, error) {
	if r, err := t.pollThere(v.key, j); r != nil || err != nil {
		return r, err
	}
	if j.ID == "" || v.place == nil {
		return nil, errNoID
	}
	a, err := v.place(t, j)
	return v.request(t, a, err)
}

func (v *vendor) Fetch(t Target, j Job) (*http.Request, error) {
	r, err := t.fetchThere(v.key, j)
	if err == nil || v.content == nil || j.ID == "" {
		return r, err
	}
	a, err := v.content(t, j)
	return t.clip(v.request(t, a, err))
}

// causeOf says what an answer without a job means. Where the vendor's code says no more than that it didn't take an
// order, the words of the error count, and the status of who speaks for it.
func (v *vendor) causeOf(status int, f failure, stated bool) cause {
	c := cause{}
	if stated {
		c = v.own(status, f)
	}
	said := causeOf(f)
	switch {
	case c == (cause{}):
		return causeOfAnswer(status, f, stated)
	case c.specific():
		return c
	case hearsay(status), c == refused && said == lost:
		return lost
	case c == refused && said.specific(), c == badRequest && said.specific() && said != rateLimited:
		return said
	}
	return c
}

// meetsPolls says whether a cause is one that a poll may meet, whatever becomes of the job.
func meetsPolls(c cause) bool {
	return c == rateLimited || c == lost || c == badKey || c == noBalance
}

// own is the cause that a vendor's error has by its own words.
func (v *vendor) own(status int, f failure) cause {
	if v.meant != nil {
		if c := v.meant(status, f); c != (cause{}) {
			return c
		}
	}
	for _, told := range []string{f.code, f.kind} {
		for code, c := range v.causes {
			if strings.EqualFold(code, told) { // relays spell them as they like
				return c
			}
		}
	}
	return cause{}
}

func (v *vendor) Submitted(t Target, r *Response) Answer {
	d, err := answerIn(r)
	if err != nil {
		return refusal(t, r, d, failure{}, false, err)
	}
	rep := v.sold(r, d)
	p := v.progress(t, Job{}, rep)
	switch {
	case rep.failed == nil && r.Status/100 == 2 && p.leads():
		return Answer{Verdict: Accepted, Progress: p}
	case rep.failed == nil && r.Status/100 == 2:
		return Answer{Reason: channel.Lost, Message: "an answer that names no job as " + v.name + " does"}
	case rep.failed == nil:
		return refusal(t, r, d, failure{}, false, nil)
	case p.State == Failed && r.Status/100 == 2 && p.leads():
		return Answer{Verdict: Accepted, Progress: p} // the error is the job's, which had ended by then
	}
	c := v.causeOf(r.Status, *rep.failed, true)
	if (rep.id != "" || namesJob(d)) && !c.specific() {
		return lostAnswer(t, r, *rep.failed) // an error beside a job leaves open whether it runs
	}
	a := refusalFor(c, t, r, d, *rep.failed, nil)
	if a.RetryAfter == 0 && a.Verdict == Refused {
		a.RetryAfter = min(rep.after, maxPause)
	}
	return a
}

func (v *vendor) Polled(t Target, j Job, r *Response) Progress {
	d, err := answerIn(r)
	if err != nil {
		return silence(t, j, r, d, err)
	}
	rep := v.seen(j, r, d)
	switch {
	case rep.id != "" && j.ID != "" && rep.id != j.ID:
		return silence(t, j, r, d, errAnother)
	case rep.gone:
		return Progress{Job: j, State: Gone, Message: "the channel knows no such job"}
	case rep.word != "":
		p := v.progress(t, j, rep)
		p.PollAfter = max(pollAfter(r.Header, d), min(rep.after, maxPause))
		return p
	}
	f, stated := failure{}, rep.failed != nil
	if stated {
		f = *rep.failed
	}
	p := silenceFor(v.causeOf(r.Status, f, stated), t, j, r, d, f, nil)
	p.PollAfter = max(p.PollAfter, min(rep.after, maxPause))
	return p
}

// progress is how a job is getting on.
func (v *vendor) progress(t Target, j Job, rep report) Progress {
	if id := usableID(rep.id); j.ID == "" {
		j.ID = t.unlessKeyed(id)
	}
	if place := addressIn(rep.pollURL); place != "" {
		j.PollURL = t.unlessKeyed(place)
	}
	if base, err := t.base(); err == nil && rep.next.path != nil {
		base = base.JoinPath(rep.next.path...)
		base.RawQuery = rep.next.query.Encode()
		j.PollURL = t.unlessKeyed(base.String())
	}
	if place := addressIn(rep.clipURL); place != "" {
		j.ContentURL = t.unlessKeyed(place)
	}
	p := Progress{Job: j, Cost: rep.cost, CostKnown: rep.priced, Units: rep.units}
	if rep.percent != "" {
		p.Percent = tidy(t, rep.percent)
	}
	var known bool
	if p.State, known = v.words[spell(rep.word)]; !known && rep.word != "" && rep.id != "" {
		if p.State, known = v.words.state(rep.word); p.State == Completed { // what it means by that isn't known
			p.State, known = InProgress, false
		}
	}
	if !known && rep.word != "" {
		p.NewWord = tidy(t, rep.word)
		p.Message = "a status that is new to us: " + p.NewWord
	}
	switch {
	case p.State == Completed && rep.withheld:
		p.State = Failed
	case p.State == Completed && p.Job.ContentURL == "" && v.content == nil:
		p.State, p.Message = InProgress, "done, it is said, but not where the clip is"
	}
	if p.State == Failed {
		v.fail(t, &p, rep)
	}
	return p
}

// fail says why a job failed.
func (v *vendor) fail(t Target, p *Progress, rep report) {
	f := failure{}
	if rep.failed != nil {
		f = *rep.failed
	}
	p.Code, p.Message, p.Reason = tidy(t, f.code), tidy(t, f.message), channel.Job
	if p.Message == "" {
		p.Message = tidy(t, `a job that ended with the status "`+rep.word+`"`)
	}
	c := cause{}
	if rep.failed != nil {
		c = v.causeOf(http.StatusOK, f, true)
	}
	switch {
	case rep.withheld || c == moderation || moderated[spelling(rep.word)] == Failed:
		p.Reason = channel.Moderation
	case c.named() || c.reason.Phase() == channel.Making:
		p.Reason = c.reason
	}
}

func (v *vendor) Find(t Target, token string) (*http.Request, error) {
	if v.find == nil {
		return nil, errNoToken
	}
	a, err := v.find(t, token)
	return v.request(t, a, err)
}

func (v *vendor) Found(t Target, r *Response) Answer {
	d, err := answerIn(r)
	if err != nil {
		return Answer{Reason: channel.Lost, Message: explain(t, r, failure{}, err)}
	}
	rep := v.seen(Job{}, r, d)
	p := v.progress(t, Job{}, rep)
	switch {
	case rep.gone:
		return Answer{Verdict: Refused, Reason: channel.Submit, Message: "the channel knows no order with this token"}
	case rep.word != "" && p.leads():
		return Answer{Verdict: Accepted, Progress: p}
	}
	f := failure{}
	if rep.failed != nil {
		f = *rep.failed
	}
	return Answer{Reason: channel.Lost, Code: tidy(t, f.code), Message: explain(t, r, f, nil)}
}

func (v *vendor) Routes(m *http.ServeMux, prefix string, s Seller) {
	v.serve(counter{Seller: s, mux: m, prefix: prefix, key: v.key, says: v.says})
}

// usableID is an id that can stand in a path, or "".
func usableID(id string) string { return idIn(document{map[string]any{"id": id}}) }

// stated is the error at one of the paths of an answer: an object with a code and a message, or a text.
func stated(d document, paths ...string) *failure {
	for _, path := range paths {
		e := d.at(path)
		if e.isObject() && !empty(e.value.(map[string]any)) {
			return &failure{code: e.first("code", "status"), kind: e.at("type").text(), param: e.at("param").text(),
				message: e.first("message", "msg", "detail")}
		}
		if s := e.text(); s != "" {
			return &failure{message: s}
		}
	}
	return nil
}

// generic is the error that a relay between us and the vendor states in words of its own.
func generic(d document) *failure {
	if f, is := failureIn(d); is {
		return &f
	}
	return nil
}

// units reads a quantity at a path of an answer.
func units(d document, path, unit string) Quantity { return quantity(d.at(path).text(), unit) }

// quantity reads a number of units, with up to six decimals.
func quantity(text, unit string) Quantity {
	n, ok := dollars(text, 1)
	if !ok || n > maxUnits {
		return Quantity{}
	}
	return Quantity{n, unit}
}

// maxUnits is more than any clip is billed for. As many as an answer can list can be added up.
const maxUnits = 1_000_000_000 * money.Dollar

// with adds the fields that the scenario fixes to those of an order, and goes by them where both say one.
func (t Target) with(fields map[string]any) map[string]any {
	merge(fields, t.Form.Fields)
	return fields
}

func merge(into, from map[string]any) {
	for name, value := range from {
		inner, is := value.(map[string]any)
		own, has := into[name].(map[string]any)
		if is && has {
			merge(own, inner)
			continue
		}
		into[name] = value
	}
}

// length writes a clip's length in the form that the scenario names, or else in the protocol's usual one.
func (t Target) length(seconds int, usual channel.LengthForm) any {
	form := t.Form.Length
	if form == channel.UsualLength {
		form = usual
	}
	text := strconv.Itoa(seconds)
	switch form {
	case channel.LengthAsDuration:
		return text + "s"
	case channel.LengthAsText:
		return text
	}
	return seconds
}

// input is an order as sellers of many models take it: in fields of the model's own, of which these are the usual ones.
func (t Target) input(o Order, usual channel.LengthForm) map[string]any {
	fields := map[string]any{"prompt": o.Prompt, "duration": t.length(o.Clip.Seconds, usual)}
	if t.Form.Sends("resolution", true) {
		fields["resolution"] = o.Clip.Resolution
	}
	if t.Form.Sends("aspect_ratio", true) && o.Clip.Aspect != "" {
		fields["aspect_ratio"] = o.Clip.Aspect
	}
	if t.Form.Sends("audio", false) {
		fields["generate_audio"] = o.Clip.Audio != channel.Silent
	}
	return t.with(fields)
}

// errModel says how a protocol names its models.
func errModel(model, as string) error {
	return fmt.Errorf("the model %.80q is none of this protocol; write it as %s", model, as)
}
