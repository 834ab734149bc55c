package bench

import (
	"context"
	"errors"
	"time"

	"channelbench/bench/dialect"
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

	job       dialect.Job
	early     *dialect.Progress // how the job ended, where the submit's answer says so already
	following bool              // polls are under way
	polls     int
	reported  money.Micros // by the channel; known says whether it does
	known     bool
	charged   money.Micros
	answer    dialect.Answer
	footage   dialect.Footage
	flaw      string
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

// submit orders the clip and reads the answer.
func (t *attempt) submit() {
	request, err := t.at.dialect.Submit(t.at.target, dialect.Order{Clip: t.clip, Prompt: t.order.prompts[t.order.Prompt]})
	if err != nil {
		t.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, &Fault{Channel: t.at.channel.Name, Err: err})
		return
	}
	response, err := t.at.client.Do(t.order.settling, request, dialect.MaxAnswer)
	if response == nil {
		t.unanswered(err)
		return
	}
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
	case errors.As(err, &f) && !f.Sent && f.Ours:
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
		response, err := t.at.client.Fetch(ctx, request, w, maxClip, nil)
		if err == nil && (response.Status != 200 || response.Truncated) {
			return errNoClip
		}
		return err
	})
	if err != nil {
		return false, err
	}
	t.footage, t.flaw = footage, footage.Unusable(t.clip)
	return t.flaw == "", nil
}

// read is an answer as dialects read it.
func read(r *network.Response) *dialect.Response {
	return &dialect.Response{Status: r.Status, Header: r.Header, Body: r.Body, Truncated: r.Truncated}
}

// bill settles the attempt's reservation. A lost answer stays reserved for good.
func (t *attempt) bill(a *policy.Attempt) error {
	charge, err := t.at.charge(a.Usage(t.clip))
	if err != nil {
		return err
	}
	t.charged = charge
	if a.Outcome == channel.Ambiguous {
		return t.order.ledger.Keep(t.reserved)
	}
	if t.known {
		charge = ledger.Reported(charge, t.reported)
	}
	return t.order.ledger.Settle(t.reserved, charge)
}
