package bench

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/network"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
)

// attempt is what the run knows of an attempt besides what its machine does.
type attempt struct {
	order    *order
	number   int32
	channel  int // its index
	try      int // on this channel, counted from 0
	at       *endpoint
	clip     channel.Clip // as made
	reserved ledger.Reservation
	holds    bool // the reservation is open
	live     bool // it was submitted

	job       dialect.Job
	early     *dialect.Progress // how the job ended, where the submit's answer says so already
	following bool              // polls are under way
	polls     int
	reported  money.Micros // by the channel; known says whether it does
	known     bool
	charged   money.Micros
	status    int // of HTTP, of the submit's answer
	answer    dialect.Answer
	footage   dialect.Footage
	flaw      string // why the clip is unusable
	cause     error  // why the submit had no answer

	// Times of the run; 0: not yet.
	submitted, answered, taken, ready, fetched time.Duration
}

// maxClip bounds a finished clip.
const maxClip = 1 << 30

// tell reports an event of the attempt, as of now.
func (t *attempt) tell(e policy.Event, fault error) {
	e.Attempt = t.number
	e.At = t.order.now()
	switch e.Kind {
	case policy.Refused, policy.Failed, policy.Rejected:
		e.Jitter = t.order.model.Jitter(t.order.Key, t.channel, t.try)
	}
	t.order.news <- news{event: e, about: t, fault: fault}
}

// reserve sets the worst case aside and puts the intent on record, safe on disk, before the submit.
func (t *attempt) reserve() error {
	var err error
	worst := t.at.worst[t.order.Class]
	if t.reserved, err = t.order.ledger.Reserve(worst); err != nil {
		return err
	}
	t.holds = true
	return t.order.keep(journal.Intent{Order: t.order.Index, Attempt: int(t.number), At: t.order.at(t.order.clock.now()),
		Channel: t.at.channel.Name, Reserved: worst})
}

// submit orders the clip and reads the answer.
func (t *attempt) submit() {
	t.submitted = t.order.clock.now()
	request, err := t.at.dialect.Submit(t.at.target, dialect.Order{Clip: t.clip, Prompt: t.order.prompts[t.order.Prompt]})
	if err != nil {
		t.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, &Fault{Channel: t.at.channel.Name, Err: err})
		return
	}
	response, err := t.at.client.Do(t.order.settling, request, dialect.MaxAnswer)
	if response == nil {
		t.cause = err
		t.unanswered(err)
		return
	}
	t.answered, t.status = t.order.clock.now(), response.Status
	t.answer = t.at.dialect.Submitted(t.at.target, read(response))
	switch t.answer.Verdict {
	case dialect.Accepted:
		t.accepted()
	case dialect.Refused:
		t.tell(policy.Event{Kind: policy.Refused, Reason: t.answer.Reason, RetryAfter: t.order.clock.scenario(t.answer.RetryAfter)}, nil)
	case dialect.OurFault:
		t.tell(policy.Event{Kind: policy.Refused, Reason: t.answer.Reason}, &Fault{Channel: t.at.channel.Name, Kind: t.answer.Fault, Err: errors.New(t.answer.Message)})
	default:
		t.tell(policy.Event{Kind: policy.Lost}, nil)
	}
}

// unanswered reads a failure to submit: a refusal if it is proven that nothing was sent.
func (t *attempt) unanswered(err error) {
	var f *network.Failure
	switch {
	case errors.As(err, &f) && !f.Sent && (f.Ours || f.Phase == network.Guard):
		t.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, &Fault{Channel: t.at.channel.Name, Err: err})
	case errors.As(err, &f) && !f.Sent:
		t.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, nil)
	default:
		t.tell(policy.Event{Kind: policy.Lost}, nil)
	}
}

// accepted remembers the job.
func (t *attempt) accepted() {
	p := t.answer.Progress
	t.job = p.Job
	t.cost(&p)
	if p.State == dialect.Completed || p.State == dialect.Failed {
		t.early = &p
	}
	t.taken = t.answered
	accepted := journal.Accepted{Order: t.order.Index, Attempt: int(t.number), At: t.order.at(t.taken), Status: t.status,
		Job: journal.Job{ID: t.job.ID, PollURL: t.job.PollURL, ContentURL: t.job.ContentURL}}
	if err := t.order.keep(accepted); err != nil {
		t.tell(policy.Event{Kind: policy.Accepted}, err)
		return
	}
	t.tell(policy.Event{Kind: policy.Accepted}, nil)
}

// cost keeps what the channel says that it charges.
func (t *attempt) cost(p *dialect.Progress) {
	if p.CostKnown {
		t.reported, t.known = p.Cost, true
	}
}

// follow polls the job from a.At on, each a.Every, until it has ended.
func (t *attempt) follow(a policy.Action) {
	t.following = true
	go t.poll(a.At, max(a.Every, time.Millisecond))
}

// settle sees to it that the job is followed, for its bill.
func (t *attempt) settle(a policy.Action) {
	if !t.following {
		t.follow(a)
	}
}

func (t *attempt) poll(next, every time.Duration) {
	if t.early != nil {
		t.over(t.early)
		return
	}
	for t.order.clock.sleep(t.order.settling, t.order.At+next) {
		p, answered := t.ask()
		if answered && (p.State == dialect.Completed || p.State == dialect.Failed || p.State == dialect.Gone) {
			t.over(&p)
			return
		}
		// The slots are fixed, so that slow answers don't shift them; those gone by are left out.
		floor := t.order.now()
		if answered && p.PollAfter > 0 {
			floor += t.order.clock.scenario(p.PollAfter)
		}
		for next += every; next <= floor; {
			next += every
		}
	}
}

// ask polls once. A poll that fails says nothing: the next one may.
func (t *attempt) ask() (dialect.Progress, bool) {
	t.polls++
	request, err := t.at.dialect.Poll(t.at.target, t.job)
	if err != nil {
		return dialect.Progress{}, false
	}
	response, err := t.at.client.Do(t.order.settling, request, dialect.MaxAnswer)
	if err != nil {
		return dialect.Progress{}, false
	}
	p := t.at.dialect.Polled(t.at.target, t.job, read(response))
	return p, p.Fault == dialect.NoFault
}

// over reports the end of the job.
func (t *attempt) over(p *dialect.Progress) {
	t.job = p.Job
	t.cost(p)
	if p.State == dialect.Completed {
		t.ready = t.order.clock.now()
		t.tell(policy.Event{Kind: policy.Completed}, nil)
		return
	}
	t.tell(policy.Event{Kind: policy.Failed, Billed: t.known && t.reported > 0}, nil)
}

// fetch gets the finished clip at a.At and looks at it.
func (t *attempt) fetch(a policy.Action) {
	go func() {
		if !t.order.clock.sleep(t.order.settling, t.order.At+a.At) {
			return
		}
		switch usable, err := t.look(t.order.settling); {
		case err != nil:
			t.tell(policy.Event{Kind: policy.FetchFailed}, nil)
		case usable:
			t.tell(policy.Event{Kind: policy.Fetched}, nil)
		default:
			t.tell(policy.Event{Kind: policy.Rejected}, nil)
		}
	}()
}

var errNoClip = errors.New("the answer is no clip")

// look fetches the clip and says whether it is the ordered one.
func (t *attempt) look(ctx context.Context) (usable bool, err error) {
	request, err := t.at.dialect.Fetch(t.at.target, t.job)
	if err != nil {
		return false, err
	}
	footage, err := watch(func(w *sink) error {
		response, err := t.at.client.Fetch(ctx, request, w, maxClip, dialect.HoldsClip)
		if err == nil && (response.Status != 200 || response.Truncated) {
			return errNoClip
		}
		return err
	})
	if err != nil {
		return false, err
	}
	t.fetched = t.order.clock.now()
	t.footage, t.flaw = footage, footage.Unusable(t.clip)
	return t.flaw == "", nil
}

// read is an answer as dialects read it.
func read(r *network.Response) *dialect.Response {
	return &dialect.Response{Status: r.Status, Header: r.Header, Body: r.Body, Truncated: r.Truncated}
}

// bill settles the attempt's reservation and puts its end on record. A lost answer stays reserved
// for good.
func (t *attempt) bill(a *policy.Attempt) error {
	charge, err := t.at.charge(a.Usage(t.clip))
	if err != nil {
		return err
	}
	t.charged = charge
	bill := journal.Bill{Computed: charge}
	if t.known {
		bill.Reported = &t.reported
	}
	if err := t.order.keep(t.ending(a, bill)); err != nil {
		return err
	}
	if a.Outcome == channel.Ambiguous {
		return t.order.ledger.Keep(t.reserved)
	}
	return t.order.ledger.Settle(t.reserved, bill.Charge())
}

// counted is what the attempt costs as far as it is known: the larger of the computed and the
// reported charge. One that is still open counts with its worst case.
func (t *attempt) counted() money.Micros {
	switch {
	case t.holds:
		return t.at.worst[t.order.Class]
	case t.known:
		return ledger.Reported(t.charged, t.reported)
	}
	return t.charged
}

// ending is the entry of the attempt's end: for its order, or after it.
func (t *attempt) ending(a *policy.Attempt, b journal.Bill) journal.Entry {
	at := t.order.at
	if a.Outcome == channel.Abandoned {
		return journal.Settled{Order: t.order.Index, Attempt: int(t.number), At: at(t.order.clock.now()), Outcome: journal.Outcome(became(a)),
			Reason: journal.Reason(a.Reason), Ready: t.when(t.ready), Bill: b, Error: t.said()}
	}
	e := journal.Ended{Order: t.order.Index, Attempt: int(t.number), Outcome: journal.Outcome(a.Outcome), Reason: journal.Reason(a.Reason),
		Country: t.answer.Country, Submitted: at(t.submitted), Answered: t.when(t.answered), Accepted: t.when(t.taken),
		Ready: t.when(t.ready), Fetched: t.when(t.fetched), Polls: t.polls, Bill: b, Error: t.said()}
	if t.fetched > 0 {
		e.ClipSHA256, e.ClipBytes = hex.EncodeToString(t.footage.SHA256[:]), t.footage.Bytes
	}
	return e
}

// became is what came of an attempt that its order no longer waited for.
func became(a *policy.Attempt) channel.Outcome {
	if a.Made {
		return channel.Delivered
	}
	return channel.Failed
}

// when is a time of the run, none where it is 0.
func (t *attempt) when(d time.Duration) journal.Time {
	if d == 0 {
		return journal.Time{}
	}
	return t.order.at(d)
}

// said is what went wrong, for people.
func (t *attempt) said() string {
	switch {
	case t.cause != nil:
		return t.cause.Error()
	case t.flaw != "":
		return t.flaw
	}
	return t.answer.Message
}
