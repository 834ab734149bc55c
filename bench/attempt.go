package bench

import (
	"cmp"
	"context"
	"encoding/hex"
	"sync"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// attempt is what the run knows of an attempt besides what its machine does.
type attempt struct {
	order    *order
	number   int32
	channel  int // its index
	try      int // on this channel, counted from 0
	at       *endpoint
	key      int          // of the channel's keys, the one that orders and asks
	clip     channel.Clip // as made
	token    string
	reserved ledger.Reservation
	holds    bool   // the reservation is open
	left     bool   // its order no longer waits for it
	forget   func() // ends the fetch under way; nil: none was begun

	following bool // polls are under way
	facts          // as last told

	mu   sync.Mutex
	told facts // by the call under way; under mu
}

// publish keeps what a call has learnt so far, for an order that leaves it.
func (t *attempt) publish(f facts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = f
}

// catchUp takes over what the call under way has learnt.
func (t *attempt) catchUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told.submitted > 0 {
		t.facts = t.told
	}
}

// reserve sets the worst case aside and puts the intent on record, safe on disk, before the submit.
func (t *attempt) reserve() error {
	var err error
	worst := t.at.worst[t.order.Class]
	if t.reserved, err = t.order.ledger.Reserve(worst); err != nil {
		return err
	}
	t.holds = true
	made := &t.order.machine.Attempts()[t.number]
	intent := journal.Intent{Order: t.order.Index, Attempt: int(t.number), At: t.order.at(t.order.clock.now()),
		Channel: t.at.channel.Name, Step: int(made.Step), Reserved: worst, Hedge: made.Hedge, KeyIndex: t.key}
	if t.at.finder != nil {
		intent.Token = t.token
	}
	return t.order.keep(intent)
}

// follow polls the job from a.At on, each a.Every, until it has ended.
func (t *attempt) follow(a policy.Action) {
	t.following = true
	c := &call{t, t.facts}
	t.order.begin(func() { c.poll(a.At, max(a.Every, time.Millisecond)) })
}

// settle sees to it that the job is followed, for its bill.
func (t *attempt) settle(a policy.Action) {
	if !t.following {
		t.follow(a)
	}
}

// fetch gets the finished clip at a.At and looks at it.
func (t *attempt) fetch(a policy.Action) {
	var ctx context.Context
	ctx, t.forget = context.WithCancel(t.order.settling)
	c, done := &call{t, t.facts}, t.forget
	t.order.begin(func() {
		defer done()
		c.fetch(ctx, a.At)
	})
}

// bill settles the attempt's reservation and puts its end on record. A lost answer, and a failure that may be billed,
// stay reserved for good.
func (t *attempt) bill(a *policy.Attempt) error {
	bill, err := t.at.bill(a.Usage(t.clip), t.invoice)
	if err != nil {
		return err
	}
	if err := t.order.keep(t.ending(a, bill)); err != nil {
		return err
	}
	if a.Outcome == channel.Ambiguous && !a.Accepted || bill.Unproven {
		return t.order.ledger.Keep(t.reserved)
	}
	return t.order.ledger.Settle(t.reserved, bill.Charge())
}

// ending is the entry of the attempt's end: for its order, or after it.
func (t *attempt) ending(a *policy.Attempt, b journal.Bill) journal.Entry {
	if t.left {
		return journal.Settled{Order: t.order.Index, Attempt: int(t.number), At: t.order.at(t.order.clock.now()),
			Outcome: journal.Outcome(became(a)),
			Reason:  journal.Reason(a.Reason), Ready: t.when(t.ready), Bill: b, Error: t.said()}
	}
	return t.ended(a, b)
}

// ended is the entry of the attempt's end for its order.
func (t *attempt) ended(a *policy.Attempt, b journal.Bill) journal.Ended {
	e := journal.Ended{Order: t.order.Index, Attempt: int(t.number), Outcome: journal.Outcome(a.Outcome),
		Reason:  journal.Reason(a.Reason),
		Country: t.answer.Country, At: t.order.at(t.order.At + a.Ended), Submitted: t.when(t.submitted),
		Answered: t.when(t.answered), Accepted: t.when(t.taken),
		Ready: t.when(t.ready), Fetched: t.when(t.fetched), Polls: t.polls, Fetches: t.fetches,
		RetryAfter: t.order.clock.scenario(t.answer.RetryAfter), Bill: b, Error: t.said()}
	if t.fetched > 0 {
		e.ClipSHA256, e.ClipBytes = hex.EncodeToString(t.footage.SHA256[:]), t.footage.Bytes
	}
	return e
}

// became is what came of an attempt that its order no longer waited for.
func became(a *policy.Attempt) channel.Outcome {
	switch {
	case a.Outcome != channel.Abandoned && !(a.Outcome == channel.Ambiguous && a.Accepted):
		return a.Outcome
	case a.Made:
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
	return cmp.Or(t.word, t.answer.Message)
}
