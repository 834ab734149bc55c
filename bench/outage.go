package bench

import (
	"fmt"
	"slices"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/measure"
	"channelbench/bench/outage"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
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
		elsewhere := slices.ContainsFunc(attempts[i+1:],
			func(b policy.Attempt) bool { return b.Channel != a.Channel && !b.Hedge })
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

// restoreStops leaves alone what an earlier run gave up, or begins with it again.
func (a *attack) restoreStops(o *Options, at journal.Time) error {
	for _, s := range measure.Stopped(a.scenario, &a.recorded) {
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
