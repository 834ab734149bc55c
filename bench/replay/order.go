package replay

import (
	"math/bits"
	"slices"
	"time"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// order is one order that is answered.
type order struct {
	*Options
	*stock
	luck     world.Key
	verdicts []verdict // by channel, those of answers included
	machine  policy.Machine
	pending  []policy.Event       // of one time: as they were added, answers before wakes
	answers  []*recording.Attempt // by attempt
	out      recording.Order
}

// newOrder is a pair's order. Its luck is its own, so that no result depends on which order is answered first.
func newOrder(o *Options, s *stock, p *pair, repetition int) *order {
	return &order{
		Options: o, stock: s, verdicts: slices.Clone(p.verdicts),
		luck: (&world.Model{Seed: o.Seed}).Key(repetition, int(p.key)),
		out:  recording.Order{Strategy: o.Strategy.Name, Pair: p.number, Video: p.video, Key: p.key, Scheduled: p.scheduled},
	}
}

// run answers the order until it waits for nothing that will ever come.
func (o *order) run() recording.Order {
	o.machine.Init(&o.Strategy.Routes[o.out.Video], o.out.Scheduled)
	o.expect(policy.Event{Kind: policy.Start})
	var actions []policy.Action
	for len(o.pending) > 0 {
		e := o.next()
		actions = o.machine.Step(&e, nil, actions[:0])
		for i := range actions {
			o.do(&actions[i])
		}
	}
	if !o.out.Finished {
		o.out.Attempts = o.attempts()
	}
	return o.out
}

func (o *order) expect(e policy.Event) { o.pending = append(o.pending, e) }

// next removes and returns the earliest event; an answer comes before a wake of the same time.
func (o *order) next() policy.Event {
	best := 0
	for i := range o.pending {
		e, b := &o.pending[i], &o.pending[best]
		if e.At < b.At || e.At == b.At && b.Kind == policy.Wake && e.Kind != policy.Wake {
			best = i
		}
	}
	e := o.pending[best]
	o.pending = slices.Delete(o.pending, best, best+1)
	if made := o.machine.Attempts(); e.Kind == policy.Wake && len(made) > 0 {
		latest := &made[len(made)-1]
		e.Jitter = o.Model.Jitter(o.out.Key, int(latest.Channel), int(latest.Try))
	}
	return e
}

// do carries out an action. Polls have nothing to ask: when the job ends is known since its submit.
func (o *order) do(a *policy.Action) {
	switch a.Kind {
	case policy.Submit:
		o.submit(a)
	case policy.Fetch:
		o.fetch(a)
	case policy.WakeAt:
		o.pending = slices.DeleteFunc(o.pending, func(e policy.Event) bool { return e.Kind == policy.Wake })
		o.expect(policy.Event{Kind: policy.Wake, At: a.At})
	case policy.Finish:
		o.finish()
	}
}

// submit draws the attempt that answers, and expects what it met.
func (o *order) submit(a *policy.Action) {
	met := o.draw(a)
	o.answers = append(o.answers, met)
	answer := policy.Event{At: a.At + span(met.Answer), Attempt: a.Attempt,
		Jitter: o.Model.Jitter(o.out.Key, int(a.Channel), int(a.Try))}
	switch {
	case met.Accepted:
		answer.Kind = policy.Accepted
		o.expect(answer)
		if !met.Ended {
			return
		}
		answer.At += span(met.Service)
		answer.Kind = policy.Failed
		if met.Outcome == channel.Failed {
			answer.Reason = met.Reason
		}
		if met.Made {
			answer.Kind = policy.Completed
		}
	case met.Outcome == channel.Refused:
		answer.Kind, answer.Reason, answer.RetryAfter = policy.Refused, met.Reason, span(met.RetryAfter)
	case met.Outcome == channel.Ambiguous:
		answer.Kind = policy.Lost
	case met.Outcome == channel.Abandoned && !met.Open:
		answer.Kind, answer.Reason = late(met)
	default:
		return // what came of it isn't on record
	}
	o.expect(answer)
}

// late is the answer to a submit that its order no longer waited for. That it was not accepted is on record, not
// why; but what was lost is billed, and a refusal is free.
func late(met *recording.Attempt) (policy.EventKind, channel.Reason) {
	if met.Charge() > 0 {
		return policy.Lost, channel.NoReason
	}
	return policy.Refused, channel.Submit
}

// fetch expects the clip. One that was ready when its order was over, and so was not fetched, takes no time.
func (o *order) fetch(a *policy.Action) {
	met := o.answers[a.Attempt]
	if o.stuck[met] {
		return
	}
	e := policy.Event{Kind: policy.Fetched, At: a.At + span(met.Fetch), Attempt: a.Attempt}
	if met.Outcome == channel.Unusable {
		e.Kind, e.Reason = policy.Rejected, met.Reason
		e.Jitter = o.Model.Jitter(o.out.Key, int(a.Channel), int(o.machine.Attempts()[a.Attempt].Try))
	}
	o.expect(e)
}

// draw picks the attempt that answers a submit.
func (o *order) draw(a *policy.Action) *recording.Attempt {
	v := &o.verdicts[a.Channel]
	candidates := v.refusals
	if len(candidates) == 0 {
		candidates = o.candidates(a)
	}
	luck := (&world.Model{Seed: uint64(o.luck)}).Key(int(a.Channel), int(a.Try))
	i, _ := bits.Mul64(uint64(luck), uint64(len(candidates))) // uniform below their number
	met := candidates[i]
	v.tried = true
	if moderated(met) {
		v.refusals = []*recording.Attempt{met}
	}
	return met
}

// candidates are the attempts that come closest to a submit: what is known of the prompt matters more than
// how often the order has tried, and that more than the time. None answers an order twice, or else an order that
// failed by chance would be likelier to fail again where a block has few attempts.
func (o *order) candidates(a *policy.Action) []*recording.Attempt {
	block, cells := o.Block(o.out.Scheduled+a.At), o.cells(a)
	for _, used := range [][]*recording.Attempt{o.answers, nil} {
		for _, c := range cells {
			if p := o.pools[c]; p != nil {
				if near := p.near(block, used); len(near) > 0 {
					return near
				}
			}
		}
	}
	return nil // not so: every step has a first answer
}

// cells are those that can answer a submit, the best first.
func (o *order) cells(a *policy.Action) []cell {
	ch := int(a.Channel)
	clip := o.Model.Channels[ch].Jobs[o.out.Video].Clip
	var cells []cell
	switch {
	case o.verdicts[ch].tried:
		for try := int(a.Try); try >= 0; try-- {
			cells = append(cells, cell{ch, clip, try, passed})
		}
	case refusedElsewhere(o.verdicts, ch):
		cells = []cell{{ch, clip, 0, suspect}}
	default:
		cells = []cell{{ch, clip, 0, clean}}
	}
	return append(cells, cell{ch, clip, 0, anyPrompt})
}

// finish notes how the order ended, and what its attempts were for it.
func (o *order) finish() {
	result, _ := o.machine.Finished()
	o.out.Finished, o.out.Delivered, o.out.Reason, o.out.Latency = true, result.Delivered, result.Reason, result.At
	o.out.Attempts = o.attempts()
}

// attempts are those made so far, as if they had been driven: what they met is on record, when and to what end is
// the machine's.
func (o *order) attempts() []recording.Attempt {
	var all []recording.Attempt
	for i, made := range o.machine.Attempts() {
		a := *o.answers[i]
		a.Step, a.Submitted, a.Outcome, a.Reason = int(made.Step), o.out.Scheduled+made.Started, made.Outcome, made.Reason
		if a.Outcome == channel.Abandoned {
			a.Fetch = 0
		}
		all = append(all, a)
	}
	return all
}

// span keeps a recorded duration within what sums can hold: odd clocks make odd journals.
func span(d time.Duration) time.Duration {
	const longest = 10 * 365 * 24 * time.Hour
	return min(max(d, 0), longest)
}
