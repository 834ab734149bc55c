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
	alarm    time.Duration // asked for and still to come; 0: none
	submits  []int         // by step, hedges aside
	waited   bool          // once more since the latest submit
	barred   []bool        // by step: its breaker was open at some event since the latest submit
	why      channel.Reason
	lost     bool          // the latest attempt, or one of the latest pair, was when it ended
	pause    time.Duration // after it, at least
	late     bool          // when that ended, another one could not have begun before the deadline
	shared   *sharing
	history  []policy.Event
}

// sharing is what the witness of a pool knows of it, by channel.
type sharing struct {
	paused   map[int32]time.Duration // until when
	opened   map[int32]time.Duration // the breaker, until when
	probes   map[int32]probe         // half open
	failures map[int32][]time.Duration
	spent    map[int32]int64 // billionths of tokens
}

type probe struct {
	of      *watch
	attempt int
}

func newSharing() *sharing {
	return &sharing{map[int32]time.Duration{}, map[int32]time.Duration{}, map[int32]probe{}, map[int32][]time.Duration{},
		map[int32]int64{}}
}

// tester is a *testing.T, a *testing.F or a *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (w *watch) begin(route *policy.Route, pool *policy.Pool, shared *sharing, arrival time.Duration) {
	*w = watch{route: route, pool: pool, shared: shared, arrival: arrival, submits: make([]int, len(route.Steps)),
		barred: make([]bool, len(route.Steps))}
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
	if e.Kind == policy.Wake && e.At >= w.alarm {
		w.alarm = 0
	}

	given := e
	actions := w.machine.Step(&e, w.pool, nil)
	if e != given {
		fail("the event was changed to %+v", e)
	}
	w.started = w.started || e.Kind == policy.Start
	w.checkNews(fail, before, e, over)
	for i := range w.barred {
		_, opened := w.shared.opened[int32(w.route.Steps[i].Channel)]
		w.barred[i] = w.barred[i] || opened && w.route.Steps[i].Breaker.Failures > 0
	}
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
	ended := w.takesBack(before, e, over)
	if ended {
		before = before[:e.Attempt]
	}
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
		case was.Outcome != channel.Pending && was.Ended != is.Ended:
			fail("attempt %d ended once more, at %v", i, is.Ended)
		case !was.Settled && is.Outcome == channel.Refused && e.RetryAfter > 0:
			w.shared.paused[is.Channel] = max(w.shared.paused[is.Channel], w.arrival+e.At+e.RetryAfter)
		}
		if was.Outcome == channel.Pending {
			w.checkEnd(fail, i, e)
			ended = ended || is.Outcome != channel.Pending
		}
	}
	if ended {
		w.late = w.tooLate(&after[len(before)-1], e)
	}
}

// takesBack says whether the event is the news that a hedge was not bought, and gives back what that took.
func (w *watch) takesBack(before []policy.Attempt, e policy.Event, over bool) bool {
	n := len(before) - 1
	if e.Kind != policy.Unbought || over || n < 0 || int(e.Attempt) != n {
		return false
	}
	a := &before[n]
	step := &w.route.Steps[a.Step]
	switch {
	case !a.Hedge || a.Outcome != channel.Pending || a.Accepted:
		return false
	case step.Timeout > 0 && e.At > a.Started+step.Timeout, w.route.Deadline > 0 && e.At > w.route.Deadline:
		return false // it was left before
	}
	if p, is := w.shared.probes[a.Channel]; is && p.of == w && p.attempt == n {
		delete(w.shared.probes, a.Channel)
	}
	if step.Budget.Burst > 0 {
		w.shared.spent[a.Channel] -= 1e9
	}
	return true
}

// tooLate says whether an order whose latest attempt ended with an event could not try the channel again before its
// deadline.
func (w *watch) tooLate(last *policy.Attempt, e policy.Event) bool {
	step := &w.route.Steps[last.Step]
	pause := step.Backoff.Pause(w.submits[last.Step], e.Jitter)
	if own := e.Attempt >= 0 && int(e.Attempt) < len(w.machine.Attempts()) && e.Kind > policy.Wake &&
		e.Kind < policy.Unbought; own {
		if a := &w.machine.Attempts()[e.Attempt]; !a.Hedge && a.Ended == e.At && a.Outcome != channel.Abandoned &&
			e.RetryAfter > 0 {
			pause = e.RetryAfter
		}
	}
	w.pause = pause
	return w.outlasts(e.At+pause) || w.beyond(int32(step.Channel))
}

// outlasts says whether a time is at the deadline or later.
func (w *watch) outlasts(until time.Duration) bool {
	return w.route.Deadline > 0 && until >= w.route.Deadline
}

// beyond says whether a channel asked to be left alone until the deadline or longer.
func (w *watch) beyond(ch int32) bool {
	return w.pool != nil && w.outlasts(w.shared.paused[ch]-w.arrival)
}

// checkEnd checks an attempt that its order was waiting for, and tells the witness's breaker.
func (w *watch) checkEnd(fail failer, i int, e policy.Event) {
	a := &w.machine.Attempts()[i]
	step := &w.route.Steps[a.Step]
	over := func(limit time.Duration) bool { return e.At > limit || e.At == limit && e.Kind == policy.Wake }
	limit := a.Started + step.Timeout
	late := step.Timeout > 0 && over(limit)
	switch {
	case a.Outcome == channel.Pending && late:
		fail("attempt %d goes on at %v, its timeout was at %v", i, e.At, limit)
	case a.Reason == channel.Timeout && (!late || a.Outcome != channel.Abandoned || a.Ended != limit):
		fail("attempt %d was left at %v, its timeout is at %v: %+v", i, e.At, limit, *a)
	case a.Outcome == channel.Abandoned && !a.Settled && a.Made:
		fail("attempt %d made a clip, and isn't settled", i)
	}
	if a.Outcome == channel.Pending {
		if _, probes := w.shared.probes[a.Channel]; probes && a.Accepted && w.probes(i) && step.Breaker.On&lateReasons == 0 {
			w.shared.close(a.Channel)
		}
		return
	}
	switch w.why = a.Reason; { // what is heard with the same event may have changed the reason
	case w.route.Deadline > 0 && over(w.route.Deadline):
		w.why = channel.Deadline
	case late:
		w.why = channel.Timeout
	}
	w.lost = a.Outcome == channel.Ambiguous
	if all := w.machine.Attempts(); a.Hedge {
		w.lost = w.lost || all[i-1].Outcome == channel.Ambiguous
	} else if i+1 < len(all) && all[i+1].Hedge {
		w.lost = w.lost || all[i+1].Outcome == channel.Ambiguous
	}
	w.handle(i)
}

var (
	lateReasons  = policy.SetOf(channel.Job, channel.BadClip, channel.Timeout)
	vagueReasons = policy.SetOf(channel.Lost, channel.Timeout, channel.Overtaken, channel.Deadline)
)

func (w *watch) probes(attempt int) bool {
	p, is := w.shared.probes[w.machine.Attempts()[attempt].Channel]
	return is && p.of == w && p.attempt == attempt
}

func (s *sharing) close(ch int32) {
	delete(s.opened, ch)
	delete(s.probes, ch)
	delete(s.failures, ch)
}

// handle tells the witness's breaker how an attempt ended.
func (w *watch) handle(i int) {
	a := &w.machine.Attempts()[i]
	b := &w.route.Steps[a.Step].Breaker
	if w.pool == nil || b.Failures == 0 {
		return
	}
	now, counts, probes := w.arrival+a.Ended, b.On.Has(w.why), w.probes(i)
	_, open := w.shared.opened[a.Channel]
	switch {
	case probes && a.Outcome != channel.Delivered && counts:
		delete(w.shared.probes, a.Channel)
		w.shared.opened[a.Channel] = now + b.Open
	case probes && vagueReasons.Has(w.why):
		delete(w.shared.probes, a.Channel)
	case probes:
		w.shared.close(a.Channel)
	case counts && !open:
		all := append(w.shared.failures[a.Channel], now)
		w.shared.failures[a.Channel] = all
		if n := len(all) - b.Failures; n >= 0 && all[n] >= now-b.Window {
			w.shared.opened[a.Channel] = now + b.Open
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
	case a.At < e.At && !(over || a.Kind == policy.Finish || a.Kind == policy.Settle) || deadline > 0 &&
		a.Kind != policy.Settle && a.At < min(e.At, deadline):
		fail("%v at %v, after an event at %v", a.Kind, a.At, e.At)
	case a.Kind <= policy.Fetch && (a.Attempt < 0 || int(a.Attempt) >= len(attempts) ||
		attempts[a.Attempt].Channel != a.Channel):
		fail("%v of attempt %d on channel %d", a.Kind, a.Attempt, a.Channel)
	}
	switch a.Kind {
	case policy.Submit:
		w.checkSubmit(fail, a, e)
	case policy.Poll:
		if poll := w.poll(a.Attempt); e.Kind != policy.Accepted || a.Every != poll || a.At != e.At+poll {
			fail("the first poll at %v, then every %v, after %v at %v", a.At, a.Every, e.Kind, e.At)
		}
	case policy.Fetch:
		pause := time.Duration(0)
		if e.Kind == policy.FetchFailed {
			pause = max(time.Second, w.poll(a.Attempt))
		}
		if e.Kind != policy.Completed && e.Kind != policy.FetchFailed || a.At != e.At+pause {
			fail("fetch at %v after %v at %v", a.At, e.Kind, e.At)
		}
	case policy.WakeAt:
		if a.At == w.alarm || w.route.Deadline > 0 && a.At > w.route.Deadline {
			fail("wake at %v; %v was asked for before, the deadline is %v", a.At, w.alarm, w.route.Deadline)
		}
		w.alarm = a.At
	case policy.Finish:
		w.checkFinish(fail, a, e)
	case policy.Settle:
		if of := &attempts[a.Attempt]; !of.Accepted || of.Outcome != channel.Abandoned {
			fail("settle attempt %d, which is %+v", a.Attempt, *of)
		}
	}
}

func (w *watch) poll(attempt int32) time.Duration {
	a := &w.machine.Attempts()[attempt]
	if a.Hedge {
		return w.route.Steps[a.Step].Hedge.Poll
	}
	return w.route.Steps[a.Step].Poll
}

func (w *watch) checkSubmit(fail failer, a *policy.Action, e policy.Event) {
	attempts := w.machine.Attempts()
	mine := &attempts[a.Attempt]
	step := &w.route.Steps[mine.Step]
	tries := int32(0)
	for i := range attempts[:a.Attempt] {
		if attempts[i].Channel == a.Channel {
			tries++
		}
		if attempts[i].Outcome == channel.Pending && !(mine.Hedge && i == int(a.Attempt)-1) {
			fail("attempt %d begins while %d runs", a.Attempt, i)
		}
	}
	switch {
	case !w.started:
		fail("submit before the start")
	case int(a.Attempt) != len(attempts)-1 || mine.Started != a.At || mine.Outcome != channel.Pending || mine.Settled ||
		mine.Accepted:
		fail("submit of attempt %d, which is %+v", a.Attempt, *mine)
	case a.Try != tries || mine.Try != tries:
		fail("attempt %d: channel %d, try %d", a.Attempt, a.Channel, a.Try)
	case a.At != e.At:
		fail("submit at %v, decided at %v", a.At, e.At)
	case w.route.Deadline > 0 && a.At >= w.route.Deadline:
		fail("submit at %v, deadline %v", a.At, w.route.Deadline)
	case w.pool != nil && w.arrival+a.At < w.shared.paused[a.Channel]:
		fail("submit at %v to channel %d, which asked to be left alone until %v", w.arrival+a.At, a.Channel,
			w.shared.paused[a.Channel])
	}
	if mine.Hedge {
		w.checkHedge(fail, a, step)
	} else {
		w.checkNext(fail, a, step)
	}
	w.admit(fail, a, step)
	w.waited = false
	clear(w.barred)
}

// admit checks a submit against the breaker and the budget of its channel.
func (w *watch) admit(fail failer, a *policy.Action, step *policy.Step) {
	if w.pool == nil {
		return
	}
	hedge, now := w.machine.Attempts()[a.Attempt].Hedge, w.arrival+a.At
	if step.Breaker.Failures > 0 {
		until, opened := w.shared.opened[a.Channel]
		_, probed := w.shared.probes[a.Channel]
		last := step == &w.route.Steps[len(w.route.Steps)-1]
		switch {
		case opened && (now < until || probed) && !(last && w.waited && !hedge):
			fail("submit at %v to channel %d, whose breaker is open until %v, probed: %v", now, a.Channel, until, probed)
		case opened && now >= until && !probed:
			w.shared.probes[a.Channel] = probe{w, int(a.Attempt)}
		}
	}
	switch b := &step.Budget; {
	case b.Burst == 0:
	case a.Try == 0 && !hedge:
		w.shared.spent[a.Channel] -= b.Share
	case w.submits[w.machine.Attempts()[a.Attempt].Step] > 1 || hedge:
		w.spend(fail, a.Channel, b)
	}
}

// spend counts retries against all that first attempts have brought: a token is taken before the pause, and
// so at another time than the retry is submitted.
func (w *watch) spend(fail failer, ch int32, b *policy.Budget) {
	if w.shared.spent[ch] += 1e9; w.shared.spent[ch] > int64(b.Burst)*1e9 {
		fail("%d billionths of tokens spent of %d", w.shared.spent[ch], b.Burst)
	}
}

func (w *watch) checkHedge(fail failer, a *policy.Action, step *policy.Step) {
	first := &w.machine.Attempts()[a.Attempt-1]
	switch {
	case first.Outcome != channel.Pending || first.Hedge || first.Step != w.machine.Attempts()[a.Attempt].Step:
		fail("attempt %d hedges %+v", a.Attempt, *first)
	case int(a.Channel) != step.Hedge.Channel || step.Hedge.After == 0 || a.At < first.Started+step.Hedge.After:
		fail("attempt %d hedges one of %v on channel %d at %v", a.Attempt, first.Started, a.Channel, a.At)
	}
}

// checkNext checks a submit that follows from how the attempts before it ended.
func (w *watch) checkNext(fail failer, a *policy.Action, step *policy.Step) {
	attempts := w.machine.Attempts()
	mine := &attempts[a.Attempt]
	w.submits[mine.Step]++
	switch {
	case int(a.Channel) != step.Channel:
		fail("attempt %d: channel %d", a.Attempt, a.Channel)
	case w.submits[mine.Step] > step.Attempts:
		fail("attempt %d of %d on step %d", w.submits[mine.Step], step.Attempts, mine.Step)
	}
	if a.Attempt == 0 {
		w.checkSkipped(fail, 0, mine.Step)
		return
	}
	last := &attempts[a.Attempt-1]
	again := last.Step == mine.Step
	if mine.Step < last.Step || a.At < last.Ended {
		fail("attempt %+v follows %+v", *mine, *last)
	}
	before := &w.route.Steps[last.Step]
	retried := before.RetryOn.Has(w.why) && w.submits[last.Step] < before.Attempts && !w.lost
	switch {
	case last.Outcome == channel.Delivered:
		fail("attempt %d follows one that is %v", a.Attempt, last.Outcome)
	case w.lost && (again || before.OnAmbiguous != policy.NextStep):
		fail("attempt %d follows one whose answer was lost", a.Attempt)
	case again && !before.RetryOn.Has(w.why):
		fail("tried again after %v", w.why)
	case again && w.late:
		fail("tried again at %v, though no attempt could begin before the deadline, %v", a.At, w.route.Deadline)
	case !again && retried && !w.late && !w.beyond(last.Channel) &&
		(w.pool == nil || before.Budget.Burst == 0 && before.Breaker.Failures == 0):
		fail("the next step begins after %v, though %d of %d attempts are left", w.why, before.Attempts-w.submits[last.Step],
			before.Attempts)
	}
	if low, _ := before.Backoff.Bounds(w.submits[mine.Step] - 1); again && a.At < last.Ended+min(low, w.pause) {
		fail("tried again at %v, %v after a failure; the pause is at least %v", a.At, a.At-last.Ended, low)
	}
	if !again {
		w.checkSkipped(fail, last.Step+1, mine.Step)
	}
}

// checkSkipped checks that steps are skipped for a breaker, a budget or a pause until the deadline only.
func (w *watch) checkSkipped(fail failer, from, to int32) {
	for i := from; i < to; i++ {
		if w.pool == nil || !w.barred[i] && w.route.Steps[i].Budget.Burst == 0 && !w.beyond(int32(w.route.Steps[i].Channel)) {
			fail("step %d is skipped", i)
		}
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
	case result.Delivered && (e.Kind != policy.Fetched || attempts[e.Attempt].Outcome != channel.Delivered):
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
	settled, delivered, running := true, 0, 0
	for i := range attempts {
		a := &attempts[i]
		settled = settled && a.Settled
		if a.Outcome == channel.Delivered {
			delivered++
		}
		if a.Outcome == channel.Pending {
			running++
			if i < len(attempts)-1 && !(i == len(attempts)-2 && attempts[i+1].Hedge) {
				fail("attempt %d still runs", i)
			}
		}
		switch {
		case a.Settled && a.Outcome == channel.Pending, over && a.Outcome == channel.Pending:
			fail("attempt %d is %v", i, a.Outcome)
		case !a.Settled && a.Outcome != channel.Pending && a.Outcome != channel.Abandoned &&
			!(a.Outcome == channel.Ambiguous && a.Accepted):
			fail("attempt %d is %v, and isn't settled", i, a.Outcome)
		case a.Outcome != channel.Pending && a.Ended < a.Started:
			fail("attempt %d ended at %v, before it started at %v", i, a.Ended, a.Started)
		case a.Reason == channel.Overtaken && !result.Delivered:
			fail("attempt %d was overtaken, but nothing is delivered", i)
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
	w.waited = w.waited || running == 0
	for i := range attempts {
		a, step := &attempts[i], &w.route.Steps[attempts[i].Step]
		limit := a.Started + step.Timeout
		if a.Outcome == channel.Pending && step.Timeout > 0 && (w.alarm == 0 || w.alarm > limit) {
			fail("nobody wakes the order when attempt %d times out", i)
		}
	}
	_, _, queued := w.machine.Queued()
	switch {
	case queued && (w.pool == nil || running > 0):
		fail("the order waits for its turn with %d attempts running", running)
	case w.route.Deadline > 0 && (w.alarm == 0 || w.alarm > w.route.Deadline):
		fail("nobody wakes the order at its deadline")
	case queued: // until it is called
	case running == 0 && w.alarm == 0:
		fail("the order waits for nothing")
	case running == 0 && w.alarm == w.route.Deadline && !w.exhausted():
		fail("the order waits for its deadline, and a step is left")
	}
}

// exhausted says whether an order that waits is on its last step: by its latest attempt, or since nothing can begin
// there.
func (w *watch) exhausted() bool {
	last := len(w.route.Steps) - 1
	ch := int32(w.route.Steps[last].Channel)
	if n := len(w.machine.Attempts()); n > 0 && int(w.machine.Attempts()[n-1].Step) == last || last == 0 {
		return true
	}
	_, opened := w.shared.opened[ch]
	return w.beyond(ch) || opened
}
