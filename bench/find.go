package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// Bounds of the search for an order whose submit had no answer. Its order waits for the end of it.
const (
	mostFinds   = 6               // questions
	leastDenied = 3               // times that the channel denies the order, which may be too new to be known
	findEvery   = 5 * time.Second // at least, in the scenario's time
)

// token names a submit to its channel: no other submit of any run has the same, and a resumed run finds it again.
func (a *attack) token(order, attempt int) string {
	run := sha256.Sum256([]byte(a.name() + " " + a.recorded.Run.ScenarioSHA256))
	return fmt.Sprintf("cb-%s-%d-%d", hex.EncodeToString(run[:10]), order, attempt)
}

// search asks a channel for the order that bears a token until it names the job, or has denied it often enough;
// an answer that says neither is Lost. It is false where the context ended first.
func (a *attack) search(ctx context.Context, e *endpoint, key int, token string) (
	answer dialect.Answer, status int, over bool) {
	denied := 0
	for range mostFinds {
		select {
		case <-time.After(a.clock.real(max(e.channel.Poll, findEvery))):
		case <-ctx.Done():
			return answer, 0, false
		}
		answer, status = e.find(ctx, key, token)
		if answer.Verdict == dialect.Refused {
			denied++
		}
		if answer.Verdict == dialect.Accepted || denied == leastDenied {
			return answer, status, true
		}
	}
	answer.Verdict = dialect.Lost
	return answer, status, ctx.Err() == nil
}

// find asks once.
func (e *endpoint) find(ctx context.Context, key int, token string) (answer dialect.Answer, status int) {
	request, err := e.finder.Find(e.as(key), token)
	if err != nil {
		return dialect.Answer{Message: err.Error()}, 0
	}
	ctx, done := context.WithTimeout(ctx, leastPatience)
	defer done()
	response, err := e.client.Do(ctx, request, dialect.MaxAnswer)
	if err != nil {
		return dialect.Answer{Message: err.Error()}, 0
	}
	return e.finder.Found(e.as(key), read(response)), response.Status
}

// lost goes on after a submit of which nobody knows whether it was taken. Where the channel can be asked for it, the
// answer counts as that to the submit. A run that ends meanwhile leaves the question to the one that resumes it.
func (c *call) lost() {
	if c.at.finder == nil {
		c.tell(policy.Event{Kind: policy.Lost}, nil)
		return
	}
	why := c.said()
	c.word = why + asked + "it still was when its order left it"
	c.publish(c.facts)
	answer, status, over := c.order.search(c.order.settling, c.at, c.key, c.token)
	if !over {
		return
	}
	c.word = why + asked + answer.Message
	c.cause, c.found, c.answer = nil, true, answer
	switch answer.Verdict {
	case dialect.Accepted:
		c.word, c.answered, c.status = "", c.order.clock.now(), status
		c.accepted()
	case dialect.Refused:
		c.tell(policy.Event{Kind: policy.Refused, Reason: answer.Reason}, nil)
	default:
		c.tell(policy.Event{Kind: policy.Lost}, nil)
	}
}

// asked stands between why a submit had no answer, and what came of asking for its order.
const asked = "; asked for by its token: "

// recover asks for the order of a submit that an earlier run left without an answer, and says whether there is a job.
func (a *attack) recover(r *remnant, e *endpoint) bool {
	answer, status, over := a.search(a.settling, e, r.Intent.KeyIndex, r.Intent.Token)
	if !over {
		return false
	}
	var err error
	switch answer.Verdict {
	case dialect.Accepted:
		r.Accepted = &journal.Accepted{Order: r.Order.Order, Attempt: r.Intent.Attempt, At: journal.UTC(time.Now()),
			Status: status, Job: kept(answer.Progress.Job), Found: true}
		err = a.keep(*r.Accepted)
	case dialect.Refused:
		s := r.settled(channel.Refused, answer.Reason)
		s.Error = "its submit had no answer" + asked + answer.Message
		err = errors.Join(a.keep(s), a.ledger.Settle(r.hold, 0))
	default:
		err = errors.Join(a.lose(&r.Attempt), a.ledger.Keep(r.hold))
	}
	if err != nil {
		a.fail(err)
	}
	return err == nil && answer.Verdict == dialect.Accepted
}

// kept is a job as the journal keeps it.
func kept(j dialect.Job) journal.Job {
	return journal.Job{ID: j.ID, PollURL: j.PollURL, ContentURL: j.ContentURL}
}
