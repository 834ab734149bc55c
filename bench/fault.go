package bench

import (
	"errors"
	"fmt"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/record"
)

// Fault is something that we, not a channel, have to mend before a run makes sense.
type Fault struct {
	Err  error  // what happened
	Mend string // what to do about it
	Anew bool   // a run that goes on would meet it again
}

func (f *Fault) Error() string { return f.Err.Error() + "; " + f.Mend }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// answered is the fault that a channel's answer to one of its keys shows.
func (e *endpoint) answered(key int, a *dialect.Answer) *Fault {
	env := "the variable of its key_env"
	if key < len(e.channel.KeysEnv) {
		env = e.channel.KeysEnv[key]
	}
	mend := map[dialect.Fault]string{
		dialect.BadKey:     "put a key that the channel accepts into " + env,
		dialect.NoBalance:  "top up the account",
		dialect.BadRequest: "mend the channel's model, makes or protocol in the scenario: it doesn't make what was asked for",
	}[a.Fault]
	return &Fault{Err: fmt.Errorf("channel %s answers: %v (%w)", e.channel.Name, a.Fault, errors.New(a.Message)), Mend: mend}
}

// unreachable is the fault of a machine that can't reach a channel.
func (e *endpoint) unreachable(err error) *Fault {
	return &Fault{Err: fmt.Errorf("channel %s cannot be reached from here: %w", e.channel.Name, err),
		Mend: "mend this machine's network, name service or proxy, or the channel's base_url"}
}

// latest is how late an order may begin: beyond it, its latency is this machine's more than the channel's.
func (a *attack) latest() time.Duration {
	for _, limit := range []time.Duration{a.scenario.Workload.Promise, a.scenario.Workload.Deadline} {
		if limit > 0 {
			return limit / 20
		}
	}
	return time.Minute
}

// began counts orders that began too late after they were scheduled. Once they are more than one in a hundred, the 99th
// percentile of the lag can't come right any more, and the run ends.
func (a *attack) began(scheduled, lag time.Duration) {
	if lag <= a.latest() {
		return
	}
	if late := int(a.late.Add(1)); late > max(2, len(a.orders)/100) {
		mend := "a lower rate, or a faster machine"
		if a.clock.speed > 1 {
			mend = fmt.Sprintf("--speed %vx or less, ", a.slowEnough(scheduled, lag)) + mend
		}
		a.fail(&Fault{Err: fmt.Errorf("%d orders began more than %v late, the last one %v", late, a.latest(),
			lag.Round(time.Millisecond)), Mend: "use " + mend, Anew: a.clock.speed > 1})
	}
}

// slowEnough is the speed at which an order that was scheduled then would not have begun too late: were this machine as
// late, and did it begin as many orders in a second as it has until now.
func (a *attack) slowEnough(scheduled, lag time.Duration) float64 {
	late, limit := lag.Seconds(), a.latest().Seconds()
	kept := scheduled.Seconds() / (scheduled + lag).Seconds()
	return record.SlowEnough(a.clock.speed, late, min(limit, kept*late))
}
