package bench

import (
	"fmt"
	"slices"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/outage"
	"channelbench/bench/recording"
	"channelbench/bench/sprt"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// enter begins the order's stay at a channel.
func (o *order) enter(ch int) {
	k := outage.Stay{Order: o.Index, Channel: ch}
	o.lookout.Enter(k, o.clock.real(o.scenario.Workload.Promise), func() {
		defer o.guard(func() {})
		o.weigh(k, false)
	})
}

// weigh counts an order for or against a channel, and gives the channel up once it is found dead.
func (a *attack) weigh(k outage.Stay, good bool) {
	found := a.lookout.Judge(k, good)
	if found == nil || a.submitting.Err() != nil { // nothing is left that could be saved
		return
	}
	rest, pointless := a.rest()
	if err := a.keep(journal.Stopped{At: a.at(a.clock.now()), Channel: a.scenario.Channels[k.Channel].Name,
		Good: found.Good, Bad: found.Bad, InFlight: found.InFlight, Left: pointless}); err != nil {
		a.fail(err)
	}
	a.notice(fmt.Sprintf("%s is given up as dead after %d orders, %d of them good; %d are in flight there, and %d will not be begun",
		a.scenario.Channels[k.Channel].Name, found.Good+found.Bad, found.Good, found.InFlight, pointless))
	if pointless == rest {
		a.endSchedule()
	}
}

// pointless says whether an order would begin on a channel that was given up.
func (a *attack) pointless(p *Planned) bool {
	return a.lookout.GaveUp(a.strategy[p.Strategy].Routes[p.Class].Steps[0].Channel)
}

// rest counts the orders of the schedule that are still to begin, and those of them that are pointless.
func (a *attack) rest() (rest, pointless int) {
	begun := a.lookout.Begun()
	for i := begun; i < len(a.orders); i++ {
		if a.pointless(&a.orders[i]) {
			pointless++
		}
	}
	return len(a.orders) - begun, pointless
}

// report tells the lookout what the order's attempts say about channels.
func (o *order) report() {
	attempts := o.machine.Attempts()
	_, finished := o.machine.Finished()
	for i := range attempts {
		a := &attempts[i]
		k := outage.Stay{Order: o.Index, Channel: int(a.Channel)}
		elsewhere := slices.ContainsFunc(attempts[i+1:], func(b policy.Attempt) bool { return b.Channel != a.Channel && !b.Hedge })
		again := slices.ContainsFunc(attempts[i+1:], func(b policy.Attempt) bool { return b.Channel == a.Channel })
		switch {
		case a.Outcome == channel.Pending || again || o.givenUp:
		case a.Outcome == channel.Delivered:
			promise := o.scenario.Workload.Promise
			o.weigh(k, promise == 0 || a.Ended-o.entered(a.Channel) <= promise)
		case channel.Reasons[a.Reason].Blameless:
			o.lookout.Forget(k) // the prompt's fault, or nobody's
		case finished || elsewhere:
			o.weigh(k, false)
		}
	}
}

// entered is when the order first came to a channel.
func (o *order) entered(ch int32) time.Duration {
	attempts := o.machine.Attempts()
	return attempts[slices.IndexFunc(attempts, func(a policy.Attempt) bool { return a.Channel == ch })].Started
}

// stops are the channels that were given up and not begun with again, as the entries tell, in the scenario's order.
func (a *attack) stops() []journal.Stopped {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []journal.Stopped
	for i := range a.scenario.Channels {
		var last journal.Stopped
		for _, e := range a.entries {
			if s, is := e.(journal.Stopped); is && s.Channel == a.scenario.Channels[i].Name {
				last = s
			}
		}
		if last.Channel != "" && !last.Reopened {
			all = append(all, last)
		}
	}
	return all
}

// restoreStops leaves alone what an earlier run gave up, or begins with it again.
func (a *attack) restoreStops(o *Options, at journal.Time) error {
	for _, s := range a.stops() {
		if o.Reopen {
			if err := a.keep(journal.Stopped{At: at, Channel: s.Channel, Reopened: true}); err != nil {
				return err
			}
			continue
		}
		for i := range a.scenario.Channels {
			if a.scenario.Channels[i].Name == s.Channel {
				a.lookout.GiveUp(i)
			}
		}
		a.notice(fmt.Sprintf("nothing is submitted to %s, which was given up as dead; --reopen tries it again", s.Channel))
	}
	return nil
}

// truncations puts the channels that were given up into the record, and what that does to its figures into words.
func (a *attack) truncations(run *record.Run, orders []recording.Order) {
	for _, s := range a.stops() {
		good, bad := outage.Served(s.Channel, a.scenario.Workload.Promise, orders)
		low, high := sprt.Sequence(good, bad, stats.Confidence)
		value := float64(good) / float64(max(1, good+bad))
		run.Truncated = append(run.Truncated, record.Truncation{
			Channel: s.Channel, At: s.At.Format(time.RFC3339), Good: s.Good, Bad: s.Bad, InFlight: s.InFlight, NotBegun: s.Left,
			GoodShare: record.Figure{Value: record.Number(value), Low: record.Number(low), High: record.Number(high)},
		})
		run.Findings = append(run.Findings, fmt.Sprintf("%s was given up as dead: %d of its first %d orders were delivered within the promise; nothing more was submitted there, and %d orders were not begun",
			s.Channel, s.Good, s.Good+s.Bad, s.Left))
		run.Warnings = append(run.Warnings, fmt.Sprintf("the run was cut short on %s, so the intervals of strategies that use it are biased: they take the number of orders as fixed beforehand; at whatever moment one stops, %.1f%% to %.1f%% of its orders are delivered within the promise (%.0f %% confidence sequence)",
			s.Channel, 100*low, 100*high, 100*stats.Confidence))
	}
}
