package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/network"
	"channelbench/bench/outage"
	"channelbench/bench/sprt"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
	"channelbench/scenarios"
	"channelbench/sim/event"
)

// fated sells as package world's fates say, for the order whose number is the prompt.
type fated struct {
	model   *world.Model
	channel int
	orders  []Planned
	trouble *troubles

	mu    sync.Mutex
	tries map[int]int
	jobs  map[string]*fatedJob
}

// troubles are what the orders of each strategy meet together.
type troubles struct {
	mu    sync.Mutex
	began time.Time
	of    []*world.Trouble // by strategy
}

func (t *troubles) attempt(o *Planned, ch, try int) world.Fate {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[o.Strategy].Attempt(o.Key, ch, o.Class, try, time.Since(t.began))
}

type fatedJob struct {
	fate    world.Fate
	key     world.Key
	try     int
	fetches int
	clip    channel.Clip
	ready   time.Time
}

func (f *fated) Submit(ctx context.Context, p dialect.Purchase) (dialect.Sale, error) {
	index, err := strconv.Atoi(p.Prompt)
	if err != nil {
		return dialect.Sale{}, err
	}
	o := f.orders[index]
	f.mu.Lock()
	try := f.tries[index]
	f.tries[index]++
	f.mu.Unlock()
	fate := f.trouble.attempt(&o, f.channel, try)
	time.Sleep(fate.Answered)
	switch fate.Outcome {
	case channel.Refused:
		return dialect.Sale{}, &dialect.Refusal{Reason: fate.Reason, Country: "MM"}
	case channel.Ambiguous:
		return dialect.Sale{}, &dialect.Refusal{Reason: channel.Lost}
	}
	id := fmt.Sprintf("video_%d_%d", index, try)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs[id] = &fatedJob{fate: fate, key: o.Key, try: try, clip: p.Clip, ready: time.Now().Add(fate.Service)}
	return dialect.Sale{ID: id, Clip: p.Clip, Model: p.Model, Prompt: p.Prompt, Created: time.Now()}, nil
}

func (f *fated) Status(_ context.Context, id string) (dialect.Sale, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j := f.jobs[id]
	sale := dialect.Sale{ID: id, Clip: j.clip}
	if !time.Now().Before(j.ready) {
		sale.State, sale.Ended = dialect.Completed, j.ready
		if j.fate.Outcome == channel.Failed {
			sale.State, sale.Code, sale.Message = dialect.Failed, "server_error", "The render failed."
		}
	}
	return sale, nil
}

func (f *fated) Wait(ctx context.Context, id string) (dialect.Sale, error) {
	f.mu.Lock()
	ready := f.jobs[id].ready
	f.mu.Unlock()
	time.Sleep(time.Until(ready))
	return f.Status(ctx, id)
}

func (f *fated) Find(context.Context, string) (dialect.Sale, error) {
	return dialect.Sale{}, &dialect.Refusal{Gone: true}
}

func (f *fated) Trap(string) bool { return false }

func (f *fated) Content(_ context.Context, id string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j := f.jobs[id]
	n := j.fetches
	j.fetches++
	if f.model.Fetch(j.key, f.channel, j.try, n) {
		return nil, &dialect.Refusal{Reason: channel.Download}
	}
	clip := j.clip
	if j.fate.Outcome == channel.Unusable {
		clip.Seconds++
	}
	return film.Still(clip)
}

// inside answers requests by calling a handler: no socket works in a synctest bubble.
type inside struct{ http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// traces collects what a machine was told and what it asked for, by strategy and pair.
type traces struct {
	mu sync.Mutex
	of map[string]*strings.Builder
}

func (t *traces) add(order string, e policy.Event, actions []policy.Action) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.of[order]
	if b == nil {
		b = &strings.Builder{}
		t.of[order] = b
	}
	fmt.Fprintf(b, "%v %v #%d %v jitter=%v\n", e.At, e.Kind, e.Attempt, e.Reason, e.Jitter)
	for _, a := range actions {
		fmt.Fprintf(b, "\t%v at %v every %v #%d channel %d try %d\n", a.Kind, a.At, a.Every, a.Attempt, a.Channel, a.Try)
	}
}

// TestSimulationAndBenchTakeTheSameDecisions runs the same draws through sim/event and through bench, with real
// vegeta and a real http.Client over a fake channel, and compares all events and actions of each order.
func TestSimulationAndBenchTakeTheSameDecisions(t *testing.T) {
	orders := proof.Size(60, 300)
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			s := shipped(t, name, orders)
			compiled, err := s.Compile()
			if err != nil {
				t.Fatal(err)
			}
			want, lines := simulated(t, compiled), 0
			synctest.Test(t, func(t *testing.T) {
				got := benched(t, s, compiled)
				if len(got.of) != len(want.of) || len(got.of) != orders*len(s.Strategies) {
					t.Fatalf("%d orders benched, %d simulated", len(got.of), len(want.of))
				}
				for order, b := range want.of {
					lines += strings.Count(b.String(), "\n")
					if g := got.of[order]; g == nil || g.String() != b.String() {
						t.Fatalf("%s differs.\nsimulated:\n%v\nbenched:\n%v", order, b, g)
					}
				}
			})
			t.Logf("%d orders, %d lines of trace, none differs", len(want.of), lines)
		})
	}
}

// shipped is a shipped scenario with so many orders, and errors frequent enough to meet each kind.
func shipped(t *testing.T, name string, orders int) *scenario.Scenario {
	t.Helper()
	source, _ := scenarios.Open(name)
	s, _, err := scenario.Load(name, source, scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Bench.Orders, s.Workload.OrdersPerMonth = orders, orders
	troubled(s)
	return s
}

func simulated(t *testing.T, c *scenario.Compiled) *traces {
	t.Helper()
	all := &traces{of: map[string]*strings.Builder{}}
	for i := range c.Strategies {
		engine, err := event.New(&c.Model, &c.Strategies[i])
		if err != nil {
			t.Fatal(err)
		}
		engine.Observe = func(order int, e policy.Event, actions []policy.Action) {
			all.add(fmt.Sprintf("%s %d", c.Strategies[i].Name, order), e, actions)
		}
		engine.Month(0)
	}
	return all
}

// benched runs the attack inside a bubble.
func benched(t *testing.T, s *scenario.Scenario, c *scenario.Compiled) *traces {
	t.Helper()
	var driven []int
	for i := range s.Strategies {
		driven = append(driven, i)
	}
	orders := schedule(s, &c.Model, driven, 1)
	// What orders share hangs on when they arrive: as in the simulation.
	var times []time.Duration
	for arrivals := c.Model.Arrivals(0); len(times) < s.Bench.Orders; {
		at, _ := arrivals.Next()
		times = append(times, at)
	}
	prompts := make([]string, len(orders))
	for i := range orders {
		orders[i].At, orders[i].Prompt, prompts[i] = times[orders[i].Pair], i, strconv.Itoa(i)
	}
	submitting, stop := context.WithCancelCause(t.Context())
	a := &attack{
		scenario: s, strategy: c.Strategies, model: &c.Model, prompts: prompts, orders: orders,
		clock: clock{speed: 1}, ledger: ledger.New(1_000_000 * money.Dollar),
		submitting: submitting, stop: stop, settling: t.Context(), begun: make(chan struct{}), lines: map[[2]int]*line{},
		keeps: newShelf("", 0, len(s.Channels)), lookout: outage.New(make([]sprt.Rule, len(s.Channels)), 0),
	}
	if err := a.recorded.Take(journal.Run{Schema: journal.Schema, At: journal.UTC(time.Now()), Speed: 1}); err != nil {
		t.Fatal(err)
	}
	trouble := &troubles{began: time.Now()}
	for range c.Strategies {
		trouble.of = append(trouble.of, c.Model.Trouble(0))
	}
	mux := http.NewServeMux()
	client := network.New(network.Options{Hosts: []string{"channel.example"}, Transport: inside{mux},
		Timeouts: network.Timeouts{Answer: 24 * time.Hour, Total: 24 * time.Hour, Idle: 24 * time.Hour}})
	for i := range s.Channels {
		ch := &s.Channels[i].Channel
		// Vendors' protocols may take a question more than a simulation knows of; decisions are the same in all.
		d, _ := dialect.ByName(channel.OpenAI)
		prefix := fmt.Sprintf("/%d/v1", i)
		d.Routes(mux, prefix, &fated{model: &c.Model, channel: i, orders: orders, trouble: trouble, tries: map[int]int{},
			jobs: map[string]*fatedJob{}})
		e := &endpoint{channel: ch, dialect: d, client: client, patient: client, jobs: c.Model.Channels[i].Jobs,
			targets: []dialect.Target{
				{BaseURL: "https://channel.example" + prefix, Key: dialect.NewSecret("k"), Model: "m"}}}
		for _, j := range e.jobs {
			worst := money.Micros(0)
			if j.Makes {
				var err error
				if worst, err = ledger.Worst(&ch.Price, j.Clip); err != nil {
					t.Fatal(err)
				}
			}
			e.worst = append(e.worst, worst)
		}
		a.endpoints = append(a.endpoints, e)
	}
	for range c.Strategies {
		a.pools = append(a.pools, policy.NewPool(len(s.Channels)))
	}
	all := &traces{of: map[string]*strings.Builder{}}
	a.observe = func(p Planned, e policy.Event, actions []policy.Action) {
		all.add(fmt.Sprintf("%s %d", s.Strategies[p.Strategy].Name, p.Pair), e, actions)
	}
	if err := a.run(func(*vegeta.Result) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := context.Cause(submitting); err != errDone {
		t.Fatal(err)
	}
	return all
}
