package policy_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// TestMain fixes rapid's seed where none is asked for, so that every run checks the same orders, takes
// enough of them to meet every feature, and keeps it from writing files.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": "5000", "rapid.nofailfile": "true"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// TestMachineKeepsItsPromises checks what every driver relies on, over random routes and random
// events, sensible and not. See watch for the promises.
func TestMachineKeepsItsPromises(t *testing.T) { rapid.Check(t, anyOrders) }

// FuzzMachine is the same with the fuzzer's luck.
func FuzzMachine(f *testing.F) {
	random := rand.NewChaCha8([32]byte{1})
	for range 20 {
		luck := make([]byte, 4096)
		random.Read(luck) // never fails
		f.Add(luck)
	}
	f.Fuzz(rapid.MakeFuzz(anyOrders))
}

// anyOrders takes two orders that share a route, and perhaps a pool, through anything.
func anyOrders(t *rapid.T) {
	route := anyRoute(t)
	shared := newSharing()
	var pool *policy.Pool
	if rapid.Bool().Draw(t, "shared") {
		pool = policy.NewPool(3)
	}
	var orders [2]watch
	for i := range orders {
		orders[i].begin(&route, pool, shared, anyTime(t, "arrival"))
	}
	lone := pool == nil || rapid.Bool().Draw(t, "lone")
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		w := &orders[0]
		if !lone && rapid.Bool().Draw(t, "other") {
			w = &orders[1]
		}
		w.step(t, anyEvent(t, w))
	}
	for i := range orders {
		orders[i].refuse(t) // so that nobody waits for an answer that another gets
	}
	for i := range orders {
		orders[i].deliver(t)
		orders[i].again(t)
	}
}

func anyTime(t *rapid.T, label string) time.Duration {
	if rapid.Bool().Draw(t, label+" is short") {
		return time.Duration(rapid.Int64Range(0, 3).Draw(t, label))
	}
	return time.Duration(rapid.Int64Range(0, 100).Draw(t, label)) * time.Second
}

func anyRoute(t *rapid.T) policy.Route {
	var route policy.Route
	if rapid.Bool().Draw(t, "ends") {
		route.Deadline = anyTime(t, "deadline")
	}
	var (
		breaker policy.Breaker
		budget  policy.Budget
	)
	if rapid.Bool().Draw(t, "breaker") {
		breaker = policy.Breaker{
			Failures: rapid.IntRange(1, 3).Draw(t, "failures"), Window: anyTime(t, "window"), Open: 1 + anyTime(t, "open"),
			On: policy.SetOf(channel.Region, channel.Submit, channel.RateLimited),
		}
		if rapid.Bool().Draw(t, "breaker on others") {
			breaker.On = policy.ReasonSet(rapid.Uint16().Draw(t, "breaker on")) &^ policy.SetOf(channel.NoReason,
				channel.Overtaken, channel.Deadline)
		}
	}
	if rapid.Bool().Draw(t, "budget") {
		budget = policy.Budget{Share: rapid.Int64Range(0, 1e9).Draw(t, "share"), Burst: rapid.IntRange(1, 3).Draw(t, "burst")}
	}
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		step := policy.Step{
			Channel:     rapid.IntRange(0, 2).Draw(t, "channel"),
			Attempts:    rapid.IntRange(1, policy.MaxAttempts/4).Draw(t, "attempts"),
			Poll:        anyTime(t, "poll"),
			RetryOn:     policy.ReasonSet(rapid.Uint16().Draw(t, "retry on")),
			OnAmbiguous: policy.OnAmbiguous(rapid.IntRange(0, 1).Draw(t, "on ambiguous")),
			Backoff: policy.Backoff{
				Growth: policy.Growth(rapid.IntRange(0, 1).Draw(t, "growth")),
				Base:   anyTime(t, "base"),
				Factor: rapid.Float64Range(1, 100).Draw(t, "factor"),
				Cap:    anyTime(t, "cap"),
				Low:    rapid.Float64Range(0, 1).Draw(t, "low"),
				High:   rapid.Float64Range(1, 2).Draw(t, "high"),
			},
			Breaker: breaker,
			Budget:  budget,
			Timeout: anyTime(t, "timeout"),
		}
		if rapid.Bool().Draw(t, "hedged") {
			step.Attempts = 1 + step.Attempts/2
			step.Hedge = policy.Hedge{After: anyTime(t, "hedge after"), Channel: (step.Channel + 1) % 3,
				Poll: anyTime(t, "hedge poll")}
		}
		route.Steps = append(route.Steps, step)
	}
	return route
}

// anyEvent is mostly one that the order may well meet next, and else any.
func anyEvent(t *rapid.T, w *watch) policy.Event {
	n := len(w.machine.Attempts())
	e := policy.Event{
		At:         w.now + anyTime(t, "later"),
		Kind:       policy.EventKind(rapid.IntRange(0, int(policy.Called)).Draw(t, "kind")),
		Attempt:    int32(rapid.IntRange(-1, n).Draw(t, "attempt")),
		Jitter:     rapid.Float64Range(0, 0.999).Draw(t, "jitter"),
		RetryAfter: anyTime(t, "retry after"),
		Reason:     channel.Reason(rapid.IntRange(1, int(channel.Submit)).Draw(t, "reason")),
		Billed:     rapid.Bool().Draw(t, "billed"),
	}
	if rapid.IntRange(0, 3).Draw(t, "nonsense") == 0 {
		return e
	}
	if e.Attempt = int32(n - 1); n > 1 && w.machine.Attempts()[n-1].Hedge && rapid.Bool().Draw(t, "of the first") {
		e.Attempt--
	}
	choose := func(kinds ...policy.EventKind) { e.Kind = rapid.SampledFrom(kinds).Draw(t, "fitting") }
	switch {
	case !w.started:
		e.Kind = policy.Start
	case w.turn() >= 0 && rapid.IntRange(0, 2).Draw(t, "is called") > 0:
		e.Kind, e.At = policy.Called, max(w.now, w.turn())
	case n == 0 || w.machine.Attempts()[e.Attempt].Settled || w.alarm > 0 && rapid.IntRange(0, 2).Draw(t, "wakes") == 0:
		e.Kind = policy.Wake
		if w.alarm > 0 {
			e.At = max(w.now, w.alarm)
		}
	case w.machine.Attempts()[e.Attempt].Made:
		choose(policy.Fetched, policy.FetchFailed, policy.Rejected)
	case w.machine.Attempts()[e.Attempt].Accepted:
		choose(policy.Completed, policy.Failed, policy.Stalled)
	case w.machine.Attempts()[e.Attempt].Hedge && rapid.IntRange(0, 3).Draw(t, "can't be bought") == 0:
		e.Kind = policy.Unbought
	default:
		choose(policy.Accepted, policy.Refused, policy.Refused, policy.Lost)
	}
	return e
}

// deliver ends an order: by its deadline alone if it has one, else by refusing all its submits.
// Then it answers what is still unanswered.
func (w *watch) deliver(t tester) {
	if w.route.Deadline > 0 {
		w.step(t, policy.Event{Kind: policy.Wake, At: max(w.now, w.route.Deadline)})
	}
	if !w.started {
		w.step(t, policy.Event{Kind: policy.Start, At: w.now})
	}
	for range 8 * policy.MaxAttempts {
		if w.finishes > 0 {
			break
		}
		if turn := w.turn(); turn >= 0 {
			w.step(t, policy.Event{Kind: policy.Called, At: max(w.now, turn)})
			continue
		}
		if attempts := w.machine.Attempts(); len(attempts) == 0 || attempts[len(attempts)-1].Outcome != channel.Pending &&
			w.alarm > 0 {
			w.step(t, policy.Event{Kind: policy.Wake, At: max(w.now, w.alarm)})
			continue
		}
		w.refuse(t)
		for i := range w.machine.Attempts() {
			w.step(t, policy.Event{Kind: policy.Rejected, At: w.now, Attempt: int32(i)})
		}
	}
	if w.finishes == 0 {
		t.Fatalf("the order doesn't end\nroute %+v\nevents %+v", *w.route, w.history)
	}
	w.refuse(t)
	if !w.machine.Settled() {
		t.Fatalf("all is answered, and not settled: %+v\nroute %+v\nevents %+v", w.machine.Attempts(), *w.route, w.history)
	}
}

// turn is when the order may be called, counted from its arrival; < 0: it can't be.
func (w *watch) turn() time.Duration {
	ch, _, queued := w.machine.Queued()
	if !queued {
		return -1
	}
	at, known := w.pool.Turn(ch)
	if !known {
		return -1
	}
	return max(0, at-w.arrival)
}

// refuse answers what is unanswered.
func (w *watch) refuse(t tester) {
	for i := range w.machine.Attempts() {
		w.step(t, policy.Event{Kind: policy.Refused, At: w.now, Attempt: int32(i), Reason: channel.Submit})
		w.step(t, policy.Event{Kind: policy.Failed, At: w.now, Attempt: int32(i)})
	}
}

// again plays the same events to a machine that has served another order: it must come to the
// same end, as far as no pool is shared.
func (w *watch) again(t tester) {
	if w.pool != nil {
		return
	}
	m := w.machine
	m.Init(w.route, w.arrival)
	for i := range w.history {
		m.Step(&w.history[i], nil, nil)
	}
	got, _ := m.Finished()
	want, _ := w.machine.Finished()
	if got != want || !slices.Equal(m.Attempts(), w.machine.Attempts()) {
		t.Fatalf("%+v %+v, and the second time %+v %+v", want, w.machine.Attempts(), got, m.Attempts())
	}
}

// TestNoAllocation: an order that meets nearly everything costs no memory.
func TestNoAllocation(t *testing.T) {
	route := policy.Route{Deadline: time.Hour, Steps: []policy.Step{
		{Channel: 0, Attempts: 3, Poll: time.Second, RetryOn: policy.SetOf(channel.Region, channel.Job),
			Backoff: policy.Backoff{Growth: policy.ExponentialBackoff, Base: time.Second, Factor: 2, Low: 0.5, High: 1.5}},
		{Channel: 1, Attempts: 2, OnAmbiguous: policy.NextStep},
		{Channel: 2, Attempts: 1},
	}}
	events := []policy.Event{
		{Kind: policy.Start},
		{Kind: policy.Refused, Reason: channel.Region, At: 1, RetryAfter: time.Second},
		{Kind: policy.Called, At: time.Minute},
		{Kind: policy.Accepted, Attempt: 1, At: time.Minute},
		{Kind: policy.Failed, Attempt: 1, At: 2 * time.Minute},
		{Kind: policy.Wake, At: 3 * time.Minute},
		{Kind: policy.Refused, Attempt: 2, Reason: channel.Submit, At: 4 * time.Minute},
		{Kind: policy.Lost, Attempt: 3, At: 5 * time.Minute},
		{Kind: policy.Accepted, Attempt: 4, At: 6 * time.Minute},
		{Kind: policy.Completed, Attempt: 4, At: 7 * time.Minute},
		{Kind: policy.FetchFailed, Attempt: 4, At: 8 * time.Minute},
		{Kind: policy.Wake, At: time.Hour},
	}
	pool := policy.NewPool(3)
	actions := make([]policy.Action, 0, 4)
	var m policy.Machine
	var arrival time.Duration
	if n := testing.AllocsPerRun(100, func() {
		arrival += time.Hour // beyond the pause that the last order was asked for
		m.Init(&route, arrival)
		for i := range events {
			actions = m.Step(&events[i], pool, actions[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations an order", n)
	}
	if result, _ := m.Finished(); result.Reason != channel.Deadline || len(m.Attempts()) != 5 {
		t.Errorf("the order went another way: %+v, %+v", result, m.Attempts())
	}
}
