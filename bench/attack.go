package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/network"
	"channelbench/bench/outage"
	"channelbench/bench/recording"
	"channelbench/internal/policy"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// attack is one run under way. Vegeta drives it: each of its hits is one whole order.
type attack struct {
	scenario  *scenario.Scenario
	compiled  *scenario.Compiled
	strategy  []policy.Strategy // as compiled
	model     *world.Model      // likewise
	driven    []string          // channels that orders can reach
	client    *network.Client
	endpoints []*endpoint
	accounts  []*account
	prompts   []string
	orders    []Planned // those that are to be driven
	left      []remnant // of an earlier run
	keeps     *shelf
	clock     clock
	lookout   *outage.Lookout
	notice    func(string)
	ledger    *ledger.Ledger
	claim     *journal.Claim                               // on the journal's path, until it begins; nil: none
	journal   *journal.Journal                             // nil: none
	warnings  []string                                     // of the journal of an earlier run
	observe   func(Planned, policy.Event, []policy.Action) // for tests; nil: nobody looks

	submitting context.Context // ends when nothing more is to be submitted
	stop       context.CancelCauseFunc
	settling   context.Context // ends when open jobs are no longer followed

	endSchedule context.CancelFunc // no more orders begin; those under way go on

	mu       sync.Mutex // of pools, lines, words and what is recorded
	pools    []*policy.Pool
	lines    map[[2]int]*line    // by strategy and channel
	recorded recording.Recording // what the journal holds, if there is one, and the figures are made of
	words    map[string]int      // answers by channel and status that are new to us
	under    sync.WaitGroup      // orders under way, and jobs that an earlier run left
	calls    sync.WaitGroup      // beside them
	begun    chan struct{}       // closed when the clock is set
	late     atomic.Int64        // orders that began too late
}

// errDone ends the submits of a run whose orders all have an outcome.
var errDone = errors.New("every order has an outcome")

// fail stops all submits; the first cause counts.
func (a *attack) fail(cause error) { a.stop(cause) }

// guard, deferred, makes a panic end the run instead of the program, so that nothing recorded is lost.
func (a *attack) guard(after func()) {
	if p := recover(); p != nil {
		a.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		after()
	}
}

// begin runs a call beside its order. After a panic the order hears nothing of it, and is given up with the run.
func (a *attack) begin(call func()) {
	a.calls.Go(func() {
		defer a.guard(func() {})
		call()
	})
}

// run attacks until every order has ended, and returns vegeta's results as they come through each.
func (a *attack) run(each func(*vegeta.Result) error) error {
	times := make([]time.Duration, len(a.orders))
	for i, o := range a.orders {
		times[i] = a.clock.real(o.At)
	}
	var scheduling context.Context
	scheduling, a.endSchedule = context.WithCancel(a.submitting)
	defer a.endSchedule()
	pace := newPacer(scheduling, times)
	if rest, pointless := a.rest(); rest == pointless { // of a resumed run, whose channels are dead
		a.endSchedule()
	}
	go func() {
		select {
		case <-pace.begun:
			a.clock.origin = pace.origin
			close(a.begun)
		case <-a.submitting.Done():
		}
	}()
	client := &http.Client{
		Transport:     (*orders)(a),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	// One option only: vegeta's others would change the client behind its back. Its duration is left
	// open, since the schedule ends it.
	attacker := vegeta.NewAttacker(vegeta.Client(client))
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodPost, URL: "http://order.invalid/"})
	for _, r := range a.left {
		a.under.Go(func() {
			defer a.guard(func() {})
			a.settle(r)
		})
	}
	var failed error
	for result := range attacker.Attack(target, pace, 0, a.scenario.Name) {
		if err := each(result); err != nil && failed == nil {
			failed = err
			a.fail(err)
		}
	}
	a.stop(errDone) // from here on, what is still open has its grace
	a.under.Wait()
	a.lookout.Close()
	return failed
}

// orders makes a hit of vegeta's an order.
type orders attack

// statusGivenUp is the status of an order that we gave up; 499 is what proxies log for a client that went away.
const statusGivenUp = 499

// RoundTrip conducts the order whose number vegeta put into the request, and answers when its outcome
// is known: 200 for delivered, 504 for undelivered, 499 for given up. It never fails, since vegeta
// forgets all about a hit that does.
func (t *orders) RoundTrip(request *http.Request) (response *http.Response, _ error) {
	a := (*attack)(t)
	defer a.guard(func() { response = answer(request, statusGivenUp, nil) })
	index, err := strconv.Atoi(request.Header.Get("X-Vegeta-Seq"))
	if err != nil || index < 0 || index >= len(a.orders) || a.submitting.Err() != nil {
		return answer(request, statusGivenUp, nil), nil
	}
	select {
	case <-a.begun:
	case <-a.submitting.Done(): // maybe before the clock was set
		return answer(request, statusGivenUp, nil), nil
	}
	a.lookout.Begin(index)
	if a.pointless(&a.orders[index]) {
		return answer(request, statusGivenUp, nil), nil
	}
	// each attempt has one call under way, which may tell that its job stalled, and how it ended
	o := &order{attack: a, Planned: a.orders[index], alarm: -1, news: make(chan news, 2*policy.MaxAttempts),
		others: make(chan policy.Event, 4)}
	o.machine.Init(&a.strategy[o.Strategy].Routes[o.Class], o.At)
	o.conduct()
	response = o.respond(request)
	if !o.over() {
		a.under.Go(func() {
			defer a.guard(func() {})
			o.settle()
		})
	}
	return response, nil
}

// respond is the order's outcome as vegeta keeps it.
func (o *order) respond(request *http.Request) *http.Response {
	if o.givenUp {
		return answer(request, statusGivenUp, nil)
	}
	status := http.StatusOK
	if !o.result.Delivered {
		status = http.StatusGatewayTimeout
	}
	body, err := json.Marshal(map[string]any{
		"order": o.Index, "strategy": o.scenario.Strategies[o.Strategy].Name, "delivered": o.result.Delivered,
		"reason": o.result.Reason.String(), "latency_seconds": o.result.At.Seconds(), "attempts": o.tried,
	})
	if err != nil {
		panic(err) // plain values can be encoded
	}
	return answer(request, status, body)
}

func answer(request *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body)), Request: request,
	}
}
