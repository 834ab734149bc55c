package policy_test

import (
	"fmt"
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// watch is a machine under the eyes of a witness, who knows what every driver relies on.
type watch struct {
	machine policy.Machine
	route   *policy.Route
	pool    *policy.Pool
	arrival time.Duration

	now      time.Duration
	started  bool
	finishes int
	wakes    []time.Duration         // asked for and still to come
	submits  []int                   // by step
	pauses   map[int32]time.Duration // of the pool, by channel: until when
	history  []policy.Event
}

// tester is a *testing.T, a *testing.F or a *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (w *watch) begin(route *policy.Route, pool *policy.Pool, pauses map[int32]time.Duration, arrival time.Duration) {
	*w = watch{route: route, pool: pool, pauses: pauses, arrival: arrival, submits: make([]int, len(route.Steps))}
	w.machine.Init(route, arrival)
}

// step hands the machine an event and checks what it wants done.
func (w *watch) step(t tester, e policy.Event) []policy.Action {
	t.Helper()
	w.history = append(w.history, e)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s\nroute %+v\nevents %+v", fmt.Sprintf(format, args...), *w.route, w.history)
	}
	before := slices.Clone(w.machine.Attempts())
	_, over := w.machine.Finished()
	if e.At < w.now {
		fail("the test's own time runs backwards")
	}
	w.now = e.At
	w.wakes = slices.DeleteFunc(w.wakes, func(at time.Duration) bool { return at <= e.At && e.Kind == policy.Wake })

	given := e
	actions := w.machine.Step(&e, w.pool, nil)
	if e != given {
		fail("the event was changed to %+v", e)
	}
	w.started = w.started || e.Kind == policy.Start
	w.checkNews(fail, before, e, over)
	for i := range actions {
		w.checkAction(fail, &actions[i], e, over)
		over = over || actions[i].Kind == policy.Finish
	}
	w.checkState(fail)
	return actions
}

type failer func(format string, args ...any)

// checkNews checks what the event made of the attempts that there were.
func (w *watch) checkNews(fail failer, before []policy.Attempt, e policy.Event, over bool) {
	after := w.machine.Attempts()
	if len(after) < len(before) {
		fail("an attempt was forgotten")
	}
	for i := range before {
		was, is := &before[i], &after[i]
		switch {
		case was.Settled && *was != *is:
			fail("settled attempt %d changed from %+v to %+v", i, *was, *is)
		case was.Channel != is.Channel || was.Step != is.Step || was.Try != is.Try || was.Started != is.Started:
			fail("attempt %d moved from %+v to %+v", i, *was, *is)
		case was.Accepted && !is.Accepted || was.Made && !is.Made || was.Billed && !is.Billed:
			fail("attempt %d forgot what it used: %+v, then %+v", i, *was, *is)
		case *was != *is && int32(i) != e.Attempt && is.Outcome != channel.Abandoned:
			fail("news of attempt %d changed attempt %d", e.Attempt, i)
		case over && was.Ended != is.Ended:
			fail("attempt %d ended once more, at %v", i, is.Ended)
		case !was.Settled && is.Outcome == channel.Refused && e.RetryAfter > 0:
			w.pauses[is.Channel] = max(w.pauses[is.Channel], w.arrival+e.At+e.RetryAfter)
		}
	}
}

// checkAction checks one thing that the machine wants done.
func (w *watch) checkAction(fail failer, a *policy.Action, e policy.Event, over bool) {
	attempts := w.machine.Attempts()
	deadline := w.route.Deadline
	switch {
	case over && a.Kind != policy.Settle:
		fail("%v after the order had ended", a.Kind)
	case a.At < e.At && !(over || a.Kind == policy.Finish) || deadline > 0 && a.At < min(e.At, deadline):
		fail("%v at %v, after an event at %v", a.Kind, a.At, e.At)
	case a.Kind <= policy.Fetch && (a.Attempt < 0 || int(a.Attempt) >= len(attempts) || attempts[a.Attempt].Channel != a.Channel):
		fail("%v of attempt %d on channel %d", a.Kind, a.Attempt, a.Channel)
	}
	switch a.Kind {
	case policy.Submit:
		w.checkSubmit(fail, a, e)
	case policy.Poll:
		step := &w.route.Steps[attempts[a.Attempt].Step]
		if e.Kind != policy.Accepted || a.Every != step.Poll || a.At != e.At+step.Poll {
			fail("the first poll at %v, then every %v, after %v at %v", a.At, a.Every, e.Kind, e.At)
		}
	case policy.Fetch:
		pause := time.Duration(0)
		if e.Kind == policy.FetchFailed {
			pause = max(time.Second, w.route.Steps[attempts[a.Attempt].Step].Poll)
		}
		if e.Kind != policy.Completed && e.Kind != policy.FetchFailed || a.At != e.At+pause {
			fail("fetch at %v after %v at %v", a.At, e.Kind, e.At)
		}
	case policy.WakeAt:
		w.wakes = append(w.wakes, a.At)
	case policy.Finish:
		w.checkFinish(fail, a, e)
	case policy.Settle:
		if of := &attempts[a.Attempt]; !over || !of.Accepted || of.Outcome != channel.Abandoned {
			fail("settle attempt %d, which is %+v", a.Attempt, *of)
		}
	}
}

func (w *watch) checkSubmit(fail failer, a *policy.Action, e policy.Event) {
	attempts := w.machine.Attempts()
	mine := &attempts[a.Attempt]
	step := &w.route.Steps[mine.Step]
	w.submits[mine.Step]++
	tries := int32(0)
	for i := range attempts[:a.Attempt] {
		if attempts[i].Channel == a.Channel {
			tries++
		}
		if attempts[i].Outcome == channel.Pending {
			fail("attempt %d begins while %d runs", a.Attempt, i)
		}
	}
	switch {
	case !w.started:
		fail("submit before the start")
	case int(a.Attempt) != len(attempts)-1 || mine.Started != a.At || mine.Outcome != channel.Pending || mine.Settled || mine.Accepted:
		fail("submit of attempt %d, which is %+v", a.Attempt, *mine)
	case int(a.Channel) != step.Channel || a.Try != tries || mine.Try != tries:
		fail("attempt %d: channel %d, try %d", a.Attempt, a.Channel, a.Try)
	case a.At != e.At:
		fail("submit at %v, decided at %v", a.At, e.At)
	case w.route.Deadline > 0 && a.At >= w.route.Deadline:
		fail("submit at %v, deadline %v", a.At, w.route.Deadline)
	case w.submits[mine.Step] > step.Attempts:
		fail("attempt %d of %d on step %d", w.submits[mine.Step], step.Attempts, mine.Step)
	case w.pool != nil && w.arrival+a.At < w.pauses[a.Channel]:
		fail("submit at %v to channel %d, which asked to be left alone until %v", w.arrival+a.At, a.Channel, w.pauses[a.Channel])
	}
	if a.Attempt == 0 {
		if mine.Step != 0 {
			fail("the first attempt is on step %d", mine.Step)
		}
		return
	}
	last := &attempts[a.Attempt-1]
	again := last.Step == mine.Step
	if !again && mine.Step != last.Step+1 || a.At < last.Ended {
		fail("attempt %+v follows %+v", *mine, *last)
	}
	before := &w.route.Steps[last.Step]
	switch {
	case last.Outcome == channel.Delivered || last.Outcome == channel.Abandoned:
		fail("attempt %d follows one that is %v", a.Attempt, last.Outcome)
	case last.Outcome == channel.Ambiguous && (again || before.OnAmbiguous != policy.NextStep):
		fail("attempt %d follows one whose answer was lost", a.Attempt)
	case again && !before.RetryOn.Has(last.Reason):
		fail("tried again after %v", last.Reason)
	case !again && before.RetryOn.Has(last.Reason) && w.submits[last.Step] < before.Attempts && last.Outcome != channel.Ambiguous:
		fail("the next step begins after %v, though %d of %d attempts are left", last.Reason, before.Attempts-w.submits[last.Step], before.Attempts)
	}
	if low, _ := before.Backoff.Bounds(w.submits[mine.Step] - 1); again && a.At < last.Ended+low {
		fail("tried again at %v, %v after a failure; the pause is at least %v", a.At, a.At-last.Ended, low)
	}
}

func (w *watch) checkFinish(fail failer, a *policy.Action, e policy.Event) {
	w.finishes++
	result, _ := w.machine.Finished()
	attempts := w.machine.Attempts()
	switch {
	case w.finishes > 1:
		fail("finished %d times", w.finishes)
	case result.At != a.At || result.At > e.At || w.route.Deadline > 0 && result.At > w.route.Deadline:
		fail("finish at %v with a result of %v, after an event at %v", a.At, result.At, e.At)
	case result.Delivered != (result.Reason == channel.NoReason):
		fail("finished as %+v", result)
	case result.Delivered && (e.Kind != policy.Fetched || attempts[len(attempts)-1].Outcome != channel.Delivered):
		fail("delivered by %v, attempts %+v", e.Kind, attempts)
	}
}

// checkState checks that an order in its course waits for something.
func (w *watch) checkState(fail failer) {
	result, over := w.machine.Finished()
	attempts := w.machine.Attempts()
	if over != (w.finishes == 1) {
		fail("finished: %v, said so %d times", over, w.finishes)
	}
	settled := true
	delivered := 0
	for i := range attempts {
		a := &attempts[i]
		settled = settled && a.Settled
		if a.Outcome == channel.Delivered {
			delivered++
		}
		if i < len(attempts)-1 && !a.Settled {
			fail("attempt %d isn't settled, but not the last", i)
		}
		if (a.Outcome == channel.Pending) != (!over && i == len(attempts)-1 && !a.Settled) {
			fail("attempt %d is %v", i, a.Outcome)
		}
		if a.Outcome != channel.Pending && a.Ended < a.Started {
			fail("attempt %d ended at %v, before it started at %v", i, a.Ended, a.Started)
		}
	}
	if w.machine.Settled() != (over && settled) {
		fail("settled: %v", w.machine.Settled())
	}
	if (delivered == 1) != (over && result.Delivered) || delivered > 1 {
		fail("%d attempts delivered; the order: %+v", delivered, result)
	}
	if over || !w.started {
		return
	}
	others := len(w.wakes)
	if w.route.Deadline > 0 {
		if others--; !slices.Contains(w.wakes, w.route.Deadline) {
			fail("nobody wakes the order at its deadline")
		}
	}
	if runs := len(attempts) > 0 && attempts[len(attempts)-1].Outcome == channel.Pending; runs == (others > 0) {
		fail("an attempt runs: %v; the order waits for %v", runs, w.wakes)
	}
}
