package bench

import (
	"cmp"
	"context"
	"errors"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/journal"
	"channelbench/bench/network"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// facts are what was learnt of an attempt by asking its channel.
type facts struct {
	job     dialect.Job
	early   *dialect.Progress // how the job ended, where the submit's answer says so already
	polls   int
	fetches int // that have ended
	invoice invoice
	status  int // of HTTP, of the submit's answer
	answer  dialect.Answer
	footage film.Footage
	flaw    string // why the clip is unusable
	word    string // what was last heard of a job, or of its clip, that didn't come; for people
	cause   error  // why the submit had no answer
	found   bool   // that answer was lost, and the order was asked for by its token

	// Times of the run; 0: not yet.
	submitted, answered, taken, ready, fetched time.Duration
}

// call is one submit, one series of polls or one fetch. It runs beside its order, works on facts of
// its own, and hands them over with what it has to tell.
type call struct {
	*attempt
	facts
}

// tell reports an event of the attempt, as of now.
func (c *call) tell(e policy.Event, fault error) {
	e.Attempt = c.number
	e.At = c.order.now()
	switch e.Kind {
	case policy.Refused, policy.Failed, policy.Rejected:
		e.Jitter = c.order.model.Jitter(c.order.Key, c.channel, c.try)
	}
	c.publish(c.facts)
	c.order.news <- news{event: e, about: c.attempt, facts: c.facts, fault: fault}
}

// submit orders the clip and reads the answer.
func (c *call) submit() {
	c.submitted = c.order.clock.now()
	request, err := c.at.dialect.Submit(c.at.as(c.key),
		dialect.Order{Clip: c.clip, Prompt: c.order.prompts[c.order.Prompt], Token: c.token})
	if err != nil {
		c.cause = err
		c.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, c.at.unreachable(err))
		return
	}
	response, err := c.at.patient.Do(c.order.settling, request, dialect.MaxAnswer)
	if response == nil {
		c.cause = err
		c.unanswered(err)
		return
	}
	c.answered, c.status = c.order.clock.now(), response.Status
	c.answer = c.at.dialect.Submitted(c.at.as(c.key), read(response))
	switch c.answer.Verdict {
	case dialect.Accepted:
		c.accepted()
	case dialect.Refused:
		c.tell(policy.Event{Kind: policy.Refused, Reason: c.answer.Reason,
			RetryAfter: c.order.clock.scenario(c.answer.RetryAfter)}, nil)
	case dialect.OurFault:
		c.tell(policy.Event{Kind: policy.Refused, Reason: c.answer.Reason}, c.at.answered(c.key, &c.answer))
	default:
		c.lost()
	}
}

// unanswered reads a failure to submit: a refusal if it is proven that nothing was sent.
func (c *call) unanswered(err error) {
	var f *network.Failure
	switch {
	case errors.As(err, &f) && !f.Sent && (f.Ours || f.Phase == network.Guard):
		c.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, c.at.unreachable(err))
	case errors.As(err, &f) && !f.Sent:
		c.tell(policy.Event{Kind: policy.Refused, Reason: channel.Submit}, nil)
	default:
		c.lost()
	}
}

// accepted remembers the job.
func (c *call) accepted() {
	p := c.answer.Progress
	c.job = p.Job
	if p.State == dialect.Completed || p.State == dialect.Failed {
		c.early = &p
	}
	c.taken = c.answered
	accepted := journal.Accepted{Order: c.order.Index, Attempt: int(c.number), At: c.order.at(c.taken), Status: c.status,
		Job: kept(c.job), Found: c.found}
	if err := c.order.keep(accepted); err != nil {
		c.tell(policy.Event{Kind: policy.Accepted}, err)
		return
	}
	c.tell(policy.Event{Kind: policy.Accepted}, nil)
}

// poll asks for the job until it has ended. What it hears on the way is there for an order that leaves it.
func (c *call) poll(next, every time.Duration) {
	if c.early != nil {
		c.over(c.early)
		return
	}
	var still stall
	stalled := false
	for c.order.clock.sleep(c.order.settling, c.order.At+next) {
		c.polls++
		under := c.facts
		under.word = cmp.Or(under.word, "its poll was still under way")
		c.publish(under)
		p, answered := c.ask(every)
		if answered && (p.State == dialect.Completed || p.State == dialect.Failed) {
			c.over(&p)
			return
		}
		c.job = p.Job // a channel may say where to ask next
		c.word = p.Message
		c.publish(c.facts)
		c.order.meet(c.at.channel.Name, p.NewWord)
		// A job that the channel doesn't know (yet, or any more) may be billed all the same, so it is no failure
		// that another submit could follow.
		if !stalled && answered && still.heard(&p, c.order.now(), c.order.deadline()) {
			stalled = true
			c.tell(policy.Event{Kind: policy.Stalled}, nil)
		}
		// The slots are fixed, so that slow answers don't shift them; those gone by are left out.
		floor := c.order.now()
		if answered {
			floor += min(c.order.clock.scenario(p.PollAfter), c.patience(every))
		}
		for next += every; next <= floor; {
			next += every
		}
	}
}

// ask polls the job once. Polls come again, so none is waited for much longer than until the next one.
func (c *call) ask(every time.Duration) (dialect.Progress, bool) {
	ctx, done := context.WithTimeout(c.order.settling, max(leastPatience, c.order.clock.real(every)))
	defer done()
	return c.order.ask(ctx, c.at, c.key, c.job)
}

const leastPatience = 10 * time.Second // of real time, with a poll

// patience is the longest pause between polls that a channel may ask for: a clip may be ready long before the time
// that it says, and is worth nothing after the deadline.
func (c *call) patience(every time.Duration) time.Duration {
	return max(6*every, (c.order.deadline()-c.order.now())/2)
}

// over reports the end of the job.
func (c *call) over(p *dialect.Progress) {
	c.job = p.Job
	c.invoice = c.at.invoice(p, c.clip)
	if p.State == dialect.Completed {
		c.ready = c.order.clock.now()
		c.tell(policy.Event{Kind: policy.Completed}, nil)
		return
	}
	c.word = p.Message
	c.tell(policy.Event{Kind: policy.Failed, Reason: p.Reason, Billed: c.invoice.charges()}, nil)
}

// read is an answer as dialects read it.
func read(r *network.Response) *dialect.Response {
	return &dialect.Response{Status: r.Status, Header: r.Header, Body: r.Body, Truncated: r.Truncated}
}
