package bench

import (
	"fmt"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// order is one order under way: its machine, and the calls that carry out what the machine asks.
// One goroutine owns it; calls run beside it and report through news.
type order struct {
	*attack
	Planned
	machine  policy.Machine
	news     chan news
	others   chan policy.Event // of other orders' making: a turn that has come, a pause that has grown
	line     *line             // that it waits in; nil: in none. Under the attack's mutex, as is told
	told     bool              // of a pause that is too long
	alarm    time.Duration     // the wake asked for and still to come; < 0: none
	actions  []policy.Action
	last     time.Duration // of the latest event; time never goes back
	attempts []*attempt    // that were bought: the machine's, but for the last one where the order was given up for it
	unbought int32         // a hedge that the machine has yet to take back; 0: none
	ended    bool          // the order's outcome is known, or it was given up
	result   policy.Result
	tried    int           // attempts until then
	givenUp  bool          // by us, not by the channels: the cap, our own fault, an interruption
	lag      time.Duration // from the scheduled arrival to the start
}

// news is what a call has to say about an attempt; the event's At is set when it is said.
type news struct {
	event policy.Event
	about *attempt
	facts facts
	fault error // ours: the run is to end
}

// announce puts the order on record, before anything is bought for it.
func (o *order) announce() error {
	return o.keep(journal.Order{Order: o.Index, Strategy: o.scenario.Strategies[o.Strategy].Name, Pair: o.Pair,
		Video: o.Class, Prompt: o.Prompt,
		Key: fmt.Sprintf("%016x", uint64(o.Key)), Scheduled: o.at(o.At)})
}

// conduct runs the order until its outcome is known, or until it is given up.
func (o *order) conduct() {
	o.lag = max(0, o.now())
	o.began(o.At, o.lag)
	if err := o.announce(); err != nil {
		o.fail(err)
		o.giveUp()
		return
	}
	o.step(policy.Event{Kind: policy.Start, At: o.lag})
	o.follow(func() bool { return o.ended })
}

// settle goes on until every attempt is settled, or until settling ends.
func (o *order) settle() { o.follow(o.over) }

// follow takes what happens to the machine until it is enough.
func (o *order) follow(enough func() bool) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	stopping := o.submitting.Done()
	for !enough() {
		if o.submitting.Err() != nil && o.idle() {
			o.giveUp()
			if enough() {
				return
			}
		}
		timer.Reset(o.untilWake())
		// An answer at the very deadline is in time, so answers go first.
		select {
		case n := <-o.news:
			o.hear(n)
			continue
		default:
		}
		select {
		case n := <-o.news:
			o.hear(n)
		case e := <-o.others:
			e.At = max(e.At, o.now())
			o.rouse(e)
		case <-timer.C:
			o.wake()
		case <-stopping:
			stopping = nil
		case <-o.settling.Done():
			o.giveUp()
			return
		}
	}
}

// over says whether nothing more can come of the order.
func (o *order) over() bool { return o.machine.Settled() || o.givenUp && o.idle() }

// idle says whether no attempt that was submitted is open.
func (o *order) idle() bool {
	attempts := o.machine.Attempts()
	for i := range o.attempts {
		if !attempts[i].Settled {
			return false
		}
	}
	return true
}

// now is the time since the scheduled arrival, in the scenario's time.
func (o *order) now() time.Duration { return o.clock.now() - o.At }

// deadline is that of the order's route.
func (o *order) deadline() time.Duration { return o.strategy[o.Strategy].Routes[o.Class].Deadline }

// hear takes the news of a call to the machine.
func (o *order) hear(n news) {
	n.about.facts = n.facts
	if n.fault != nil {
		o.fail(n.fault)
		if !o.goesOnWithout(n.about.number) {
			o.giveUp()
		}
	}
	o.step(n.event)
}

// step hands the machine an event and carries out what it asks.
func (o *order) step(e policy.Event) {
	e.At = max(e.At, o.last)
	o.last = e.At
	o.actions = o.attack.step(o, &e, o.actions[:0])
	if o.observe != nil {
		o.observe(o.Planned, e, o.actions)
	}
	o.book() // before the next attempt: its intent may not precede the end of the one before
	o.report()
	for _, a := range o.actions {
		o.do(a)
	}
	if hedge := o.unbought; hedge > 0 {
		o.unbought = 0
		o.step(policy.Event{Kind: policy.Unbought, At: o.last, Attempt: hedge})
	}
}

// do carries out an action.
func (o *order) do(a policy.Action) {
	switch a.Kind {
	case policy.Submit:
		o.buy(a)
	case policy.Poll:
		o.attempts[a.Attempt].follow(a)
	case policy.Settle:
		o.attempts[a.Attempt].settle(a)
	case policy.Fetch:
		o.attempts[a.Attempt].fetch(a)
	case policy.WakeAt:
		o.alarm = a.At
	case policy.Finish:
		o.finish()
	}
}

// untilWake is how long in real time it is until the time asked for.
func (o *order) untilWake() time.Duration {
	if o.alarm < 0 {
		return time.Hour
	}
	return max(0, o.clock.real(o.At+o.alarm)-time.Since(o.clock.origin))
}

// wake hands the machine the time asked for, if it has come.
func (o *order) wake() {
	if o.alarm < 0 || o.now() < o.alarm {
		return
	}
	e := policy.Event{Kind: policy.Wake, At: o.alarm}
	o.alarm = -1
	o.rouse(e)
}

// rouse hands the machine an event that isn't of its channels' making.
func (o *order) rouse(e policy.Event) {
	if attempts := o.machine.Attempts(); len(attempts) > 0 {
		latest := &attempts[len(attempts)-1]
		e.Jitter = o.model.Jitter(o.Key, int(latest.Channel), int(latest.Try))
	}
	o.step(e)
}

// finish makes the order's outcome known.
func (o *order) finish() {
	o.alarm = -1
	if !o.givenUp {
		o.result, _ = o.machine.Finished()
		o.tried = len(o.machine.Attempts())
		if err := o.keep(journal.Finished{Order: o.Index, At: o.at(o.clock.now()), Delivered: o.result.Delivered,
			Reason: journal.Reason(o.result.Reason), Latency: o.result.At, Lag: o.lag}); err != nil {
			o.fail(err)
		}
		o.ended = true
	}
}

// giveUp ends the order without an outcome, since we can't go on with it; what is open is still settled.
func (o *order) giveUp() {
	if _, finished := o.machine.Finished(); finished || o.givenUp {
		return
	}
	o.givenUp, o.ended = true, true
	o.forgo(o)
}

// goesOnWithout says whether the order waits for another attempt than the given one.
func (o *order) goesOnWithout(number int32) bool {
	for i, a := range o.machine.Attempts() {
		if i != int(number) && a.Outcome == channel.Pending {
			return true
		}
	}
	return false
}

// buy submits an attempt, if the run still submits and the cap allows it. A hedge that can't be bought is done
// without; any other attempt is what its order waits for.
func (o *order) buy(a policy.Action) {
	at := o.endpoints[a.Channel]
	t := &attempt{order: o, number: a.Attempt, channel: int(a.Channel), try: int(a.Try), at: at,
		key: at.keyOf(o.Pair), clip: at.jobs[o.Class].Clip, token: o.token(o.Index, int(a.Attempt))}
	switch bought := o.reserve(t); {
	case bought:
		o.attempts = append(o.attempts, t)
		o.enter(t.channel)
		c := &call{t, t.facts}
		o.begin(c.submit)
	case o.machine.Attempts()[a.Attempt].Hedge:
		o.unbought = a.Attempt
	default:
		o.giveUp()
	}
}

// reserve sets aside what an attempt can cost, if it may still be submitted.
func (o *order) reserve(t *attempt) bool {
	if o.givenUp || o.submitting.Err() != nil || o.lookout.GaveUp(t.channel) {
		return false
	}
	if err := t.reserve(); err != nil {
		o.fail(err)
		return false
	}
	return true
}

// book settles the ledger for attempts whose bill became known, and puts on record which were left.
func (o *order) book() {
	attempts := o.machine.Attempts()
	for i, t := range o.attempts {
		a := &attempts[i]
		if a.Outcome != channel.Pending && t.forget != nil {
			t.forget() // nobody waits for its clip any more
		}
		if t.holds && !t.left && (a.Outcome == channel.Abandoned || a.Outcome == channel.Ambiguous && a.Accepted) {
			t.left = true
			t.catchUp()
			if err := o.keep(t.ended(a, journal.Bill{})); err != nil {
				o.fail(err)
			}
		}
		if t.holds && a.Settled {
			t.holds = false
			if err := t.bill(a); err != nil {
				o.fail(err)
			}
		}
	}
}
