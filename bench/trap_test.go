package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/ledger"
	"channelbench/bench/measure"
	"channelbench/bench/mockchannel"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/bench/outage"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/scenario"
)

// Each test of this file holds one of vegeta's known traps shut. What vegeta itself does there was
// measured with v12.13.0.

// smooth is a scenario whose one driven strategy buys of one channel that makes every clip, at the bench
// rate, each in the same time for its length.
func smooth(t *testing.T, orders int, rate string, set ...string) *scenario.Scenario {
	t.Helper()
	return benchable(t, "starter", orders, append([]string{
		`bench.run=["forwarding"]`, fmt.Sprintf("bench.rate=%q", rate), "channels.forwarding.latency.sigma=0",
		"channels.forwarding.errors.submit.rate=0%",
	}, set...)...)
}

// arrivals are when the orders of a run are scheduled.
func arrivals(t *testing.T, s *scenario.Scenario) []time.Duration {
	t.Helper()
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, o := range schedule(s, &c.Model, measure.Strategies(s), len(Prompts())) {
		times = append(times, o.At)
	}
	return times
}

// hit is one of vegeta's results, with the outcome that its body tells.
type hit struct {
	vegeta.Result
	Delivered bool
	Reason    string
	Latency   float64 `json:"latency_seconds"`
	Attempts  int
}

// decoded are the results of a run, by number.
func decoded(t *testing.T, stream io.Reader) []hit {
	t.Helper()
	var hits []hit
	next := vegeta.NewDecoder(stream)
	for {
		var h hit
		if err := next(&h.Result); errors.Is(err, io.EOF) {
			slices.SortFunc(hits, func(a, b hit) int { return int(a.Seq) - int(b.Seq) })
			return hits
		} else if err != nil {
			t.Fatal(err)
		}
		if len(h.Body) > 0 {
			if err := json.Unmarshal(h.Body, &h); err != nil {
				t.Fatal(err)
			}
		}
		hits = append(hits, h)
	}
}

// delivered counts.
func delivered(hits []hit) (n int) {
	for _, h := range hits {
		if h.Delivered {
			n++
		}
	}
	return n
}

// gate is a transport that shows each request to look before it passes it on.
type gate struct {
	http.RoundTripper
	look func(*http.Request)
}

func (g gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.look(r)
	return g.RoundTripper.RoundTrip(r)
}

// TestScheduleIsKeptExactly: so many hits as planned, each at its time, and the end with the last one. With its own
// pacers, vegeta takes a rate of zero for an unlimited one and hits once more after its duration.
func TestScheduleIsKeptExactly(t *testing.T) {
	every := func(n int, gap time.Duration) []time.Duration {
		times := make([]time.Duration, n)
		for i := range times {
			times[i] = time.Duration(i) * gap
		}
		return times
	}
	for _, tt := range []struct {
		name  string
		times []time.Duration
		rate  float64
	}{
		{"no order", nil, 0},
		{"one order, at once", every(1, 0), 0},
		{"one order, later", []time.Duration{time.Hour}, 0},
		{"all at once", every(500, 0), math.Inf(1)},
		{"dense", every(2000, time.Microsecond), 1e6},
		{"one in two seconds, for four", every(3, 2*time.Second), 0.5},
		{"a burst after a day", append(every(2, 24*time.Hour), slices.Repeat([]time.Duration{24 * time.Hour}, 50)...),
			51 / 86400.0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pace := newPacer(t.Context(), tt.times)
				if got := pace.Rate(0); got != tt.rate && math.Abs(got/tt.rate-1) > 1e-3 {
					t.Errorf("Rate() = %v, want %v", got, tt.rate)
				}
				began := time.Now()
				var hits []time.Duration
				for r := range attacks(pace) {
					hits = append(hits, r.Timestamp.Sub(began))
				}
				slices.Sort(hits)
				if !slices.Equal(hits, tt.times) {
					t.Errorf("%d hits at %.10v, want %d at %.10v", len(hits), hits, len(tt.times), tt.times)
				}
				if took := time.Since(began); len(tt.times) > 0 && took != tt.times[len(tt.times)-1] {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// attacks lets vegeta hit what answers at once.
func attacks(pace *pacer) <-chan *vegeta.Result {
	nothing := gate{RoundTripper: inside{http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
		look: func(*http.Request) {}}
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodPost, URL: "http://order.invalid/"})
	return vegeta.NewAttacker(vegeta.Client(&http.Client{Transport: nothing})).Attack(target, pace, 0, "")
}

// TestLateHitsCatchUp: a schedule that was held up goes on at once, and where it stands, so that a stall is
// seen as lag and not as a lower rate.
func TestLateHitsCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := newPacer(t.Context(), []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second, 10 * time.Second})
		began := time.Now()
		for i, want := range []time.Duration{0, 1, 7, 7, 10} {
			if wait, stop := pace.Pace(time.Since(began), uint64(i)); wait != 0 || stop ||
				time.Since(began) != want*time.Second {
				t.Errorf("hit %d: wait %v, stop %v, at %v", i, wait, stop, time.Since(began))
			}
			if i == 1 {
				time.Sleep(6 * time.Second)
			}
		}
	})
}

// TestNothingIsSubmittedAfterACancel cancels many runs at random moments. After vegeta's own Stop, 1.2 orders more
// were sent on average, and up to eight.
func TestNothingIsSubmittedAfterACancel(t *testing.T) {
	const runs = 40
	seed := uint64(7)
	random := rand.New(rand.NewPCG(seed, 0))
	submits, cut := 0, 0
	for i := range runs {
		synctest.Test(t, func(t *testing.T) {
			s := smooth(t, 40, "60000/min", "workload.deadline=10m")
			s.Seed = uint64(i + 1)
			o, server := onMock(t, s, mockchannel.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			var mu sync.Mutex // of stopped and late
			var stopped time.Time
			late := 0
			o.transport = gate{mocktest.Transport(server.Handler()), func(r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if r.Method == http.MethodPost && !stopped.IsZero() && time.Since(stopped) > 0 {
					late++
				}
			}}
			time.AfterFunc(time.Duration(random.Int64N(int64(40*time.Millisecond))), func() {
				mu.Lock()
				defer mu.Unlock()
				stopped = time.Now()
				cancel()
			})
			_, err := Run(ctx, s, o)
			if errors.Is(err, ErrInterrupted) {
				cut++
			} else if err != nil {
				t.Fatal(err)
			}
			submits += server.Books()[0].Submits
			if late > 0 {
				t.Errorf("run %d: %d orders were submitted after the cancel (seed %d)", i, late, seed)
			}
		})
	}
	if cut < runs*3/4 || submits < runs*10 || submits > runs*30 {
		t.Errorf("%d of %d runs were cut, %d orders submitted: the cancel came too early or too late", cut, runs, submits)
	}
}

// numbered is a hit as vegeta sends it.
func numbered(n int) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://order.invalid/", nil)
	r.Header.Set("X-Vegeta-Seq", strconv.Itoa(n))
	return r
}

// standing is an attack as it is when vegeta hits first.
func standing(t *testing.T, s *scenario.Scenario, o *Options) *attack {
	t.Helper()
	a, err := newAttack(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.takeJournal(o); err != nil {
		t.Fatal(err)
	}
	a.ledger, a.settling = ledger.New(o.Cap), t.Context()
	a.submitting, a.stop = context.WithCancelCause(t.Context())
	a.clock.origin = time.Now()
	close(a.begun)
	return a
}

// TestNoOrderBeginsAfterACancel: a hit that vegeta had handed out before the cancel becomes no order.
func TestNoOrderBeginsAfterACancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smooth(t, 1, "1/min")
		o, server := onMock(t, s, mockchannel.Options{})
		a := standing(t, s, &o)
		a.observe = func(Planned, policy.Event, []policy.Action) { t.Error("the order begins") }
		a.stop(ErrInterrupted)
		response, err := (*orders)(a).RoundTrip(numbered(0))
		if err != nil || response.StatusCode != statusGivenUp || server.Books()[0].Submits > 0 {
			t.Errorf("%v, %v after %d submits", response, err, server.Books()[0].Submits)
		}
	})
}

// TestCancelDoesNotWaitForTheNextOrder: vegeta's own wait for the next hit can't be interrupted.
func TestCancelDoesNotWaitForTheNextOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smooth(t, 10, "1/h", `workload.arrivals={ process = "constant" }`)
		o, server := onMock(t, s, mockchannel.Options{})
		const after = 90 * time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		began := time.Now()
		if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
			t.Errorf("Run ends with %v", err)
		}
		if took := time.Since(began); took != after {
			t.Errorf("the run ends %v after the cancel", took-after)
		}
		if n := server.Books()[0].Submits; n != 2 {
			t.Errorf("%d orders in 1.5 h at one an hour, want 2", n)
		}
	})
}

// TestCancelAtTheStart: a run that ends as it begins ends all the same.
func TestCancelAtTheStart(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			s := smooth(t, 20, "60000/min")
			o, _ := onMock(t, s, mockchannel.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
				t.Errorf("Run ends with %v", err)
			}
		})
	}
}

// TestEveryHitIsAnOrder: the results are the orders, one each, with an outcome of ours as status, whatever the
// channels do. A targeter that ends a run leaves results of code 0, and so does a RoundTripper's error.
func TestEveryHitIsAnOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		cancel time.Duration
		want   []uint16
	}{
		"to the end":  {0, []uint16{http.StatusOK, http.StatusGatewayTimeout}},
		"interrupted": {5 * time.Minute, []uint16{http.StatusOK, http.StatusGatewayTimeout, statusGivenUp}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const orders = 150
				s := smooth(t, orders, "20/min", `bench.run=["reverse"]`, "channels.reverse.errors.submit.rate=30%",
					"channels.reverse.errors.ambiguous.rate=10%",
					"channels.reverse.errors.job.rate=30%", "channels.reverse.errors.unusable.rate=20%", "bench.grace=10s")
				o, _ := onMock(t, s, mockchannel.Options{})
				var stream bytes.Buffer
				o.Results = &stream
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				run, err := Run(ctx, s, o)
				if interrupted := errors.Is(err, ErrInterrupted); err != nil && !interrupted || interrupted != (tt.cancel > 0) {
					t.Fatal(err)
				}
				hits, codes, outcomes := decoded(t, &stream), map[uint16]int{}, 0
				for i, h := range hits {
					if h.Seq != uint64(i) || h.Error != "" && h.Code == http.StatusOK {
						t.Errorf("result %d has number %d, code %d, error %q", i, h.Seq, h.Code, h.Error)
					}
					if codes[h.Code]++; h.Code != statusGivenUp {
						outcomes++
					}
				}
				for code := range codes {
					if !slices.Contains(tt.want, code) {
						t.Errorf("%d results with code %d", codes[code], code)
					}
				}
				for _, code := range tt.want {
					if codes[code] == 0 {
						t.Errorf("no result with code %d: the test shows nothing", code)
					}
				}
				if tt.cancel == 0 && len(hits) != orders {
					t.Errorf("%d results of %d orders", len(hits), orders)
				}
				if got := figuresOf(t, run, "reverse"); int(got.Orders) != outcomes || int(got.Delivered) != codes[http.StatusOK] {
					t.Errorf("the record has %d orders, %d delivered; the results %d and %d", got.Orders, got.Delivered, outcomes,
						codes[http.StatusOK])
				}
			})
		})
	}
}

// TestRedirectsAreNotFollowed: vegeta's usual client sends an order again after a 307 or 308, and asks for
// another page after the others. Here a channel that redirects has answered, and the order counts.
func TestRedirectsAreNotFollowed(t *testing.T) {
	// Of a 307 or 308 the dialects know that nothing was ordered, so the strategy tries again, where it tried
	// before; of the others they don't.
	for status, attempts := range map[int]int{301: 1, 302: 1, 303: 1, 307: 3, 308: 3} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var mu sync.Mutex
			requests := map[string]int{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				requests[r.Method+" "+r.URL.Path]++
				http.Redirect(w, r, "/elsewhere", status)
			}))
			defer server.Close()
			const orders = 5
			// so that a busy machine isn't too late for the speed
			s := smooth(t, orders, "60/min", "workload.promise=100h", "workload.deadline=1000h")
			o, _ := onMock(t, s, mockchannel.Options{})
			var stream bytes.Buffer
			o.transport, o.Results, o.Speed, o.BaseURLs = nil, &stream, 1000, map[string]string{"forwarding": server.URL + "/v1"}
			run, err := Run(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range decoded(t, &stream) {
				if h.Code != http.StatusGatewayTimeout || h.Delivered || h.Reason == "" || h.Attempts != attempts {
					t.Errorf("order %d: code %d, delivered %v, reason %q, %d attempts", h.Seq, h.Code, h.Delivered, h.Reason,
						h.Attempts)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if len(requests) != 1 || requests["POST /v1/videos"] != orders*attempts {
				t.Errorf("%d attempts for each of %d orders came as %v", attempts, orders, requests)
			}
			if got := figuresOf(t, run, "forwarding"); got.Orders != orders || got.Delivered != 0 {
				t.Errorf("the record has %d orders, %d delivered", got.Orders, got.Delivered)
			}
		})
	}
}

// TestAPanicIsTheEndOfTheRun, not of the program: vegeta recovers from none, and neither does a goroutine.
func TestAPanicIsTheEndOfTheRun(t *testing.T) {
	for name, planted := range map[string]func(*http.Request) bool{
		"submit": func(r *http.Request) bool { return r.Method == http.MethodPost },
		"poll":   func(r *http.Request) bool { return r.Method == http.MethodGet },
		"fetch":  func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/content") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smooth(t, 50, "60/min")
				o, server := onMock(t, s, mockchannel.Options{})
				var met atomic.Int64
				o.transport = gate{mocktest.Transport(server.Handler()), func(r *http.Request) {
					if planted(r) && met.Add(1) == 5 {
						panic("a planted fault")
					}
				}}
				run, err := Run(t.Context(), s, o)
				if err == nil || !strings.Contains(err.Error(), "a planted fault") ||
					!strings.Contains(err.Error(), "trap_test.go") {
					t.Errorf("Run ends with %v", err)
				}
				if run == nil || !run.Incomplete {
					t.Errorf("the record is %v", run)
				}
			})
		})
	}
}

// TestAPanicOfAHitIsAnswered: vegeta still gets a response.
func TestAPanicOfAHitIsAnswered(t *testing.T) {
	submitting, stop := context.WithCancelCause(t.Context())
	// no strategies: an index is out of range
	a := &attack{submitting: submitting, stop: stop, orders: make([]Planned, 1), begun: make(chan struct{}),
		lookout: outage.New(nil, 1)}
	close(a.begun)
	response, err := (*orders)(a).RoundTrip(numbered(0))
	if err != nil || response.StatusCode != statusGivenUp {
		t.Errorf("%v, %v", response, err)
	}
	if cause := context.Cause(submitting); cause == nil || !strings.Contains(cause.Error(), "index out of range") {
		t.Errorf("the run ends with %v", cause)
	}
}

// TestOnlyTheClientIsSet reads our source. Options of vegeta's panic beside a client of one's own, are lost or break it
// (ConnectTo and DNSCaching race); its Stop, pacers, duration, metrics and Prometheus exporter each have a trap of
// their own.
func TestOnlyTheClientIsSet(t *testing.T) {
	allowed := []string{"NewAttacker", "Client", "NewStaticTargeter", "Target", "Result", "NewEncoder", "NewDecoder",
		"Encoder", "Decoder"}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	attacks := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if strings.Contains(i.Path.Value, "tsenart/vegeta") &&
				(i.Path.Value != `"github.com/tsenart/vegeta/v12/lib"` || i.Name == nil || i.Name.Name != "vegeta") {
				t.Errorf("%s imports %s", path, i.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name := ofVegeta(n); name != "" && !slices.Contains(allowed, name) {
				t.Errorf("%s uses vegeta.%s", path, name)
			}
			call, is := n.(*ast.CallExpr)
			if !is || ofVegeta(call.Fun) != "NewAttacker" {
				return true
			}
			attacks++
			if len(call.Args) != 1 || !isCall(call.Args[0], "Client") {
				t.Errorf("%s makes an attacker with other options than its client", path)
			}
			return true
		})
	}
	if attacks != 1 {
		t.Errorf("%d attackers are made, want 1", attacks)
	}
}

// ofVegeta is the name of something that vegeta exports.
func ofVegeta(n ast.Node) string {
	if s, is := n.(*ast.SelectorExpr); is {
		if x, is := s.X.(*ast.Ident); is && x.Name == "vegeta" {
			return s.Sel.Name
		}
	}
	return ""
}

func isCall(n ast.Node, name string) bool {
	call, is := n.(*ast.CallExpr)
	return is && ofVegeta(call.Fun) == name
}

// TestAStalledChannelDelaysNoOrder: all orders begin on time, however many are open, and wait for their latency from
// the scheduled arrival on. With MaxWorkers, a stall of one second showed as 11 ms.
func TestAStalledChannelDelaysNoOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders, stall = 300, 10 * time.Minute
		s := smooth(t, orders, "60/min")
		o, server := onMock(t, s, mockchannel.Options{})
		began := time.Now()
		o.transport = gate{mocktest.Transport(server.Handler()), func(r *http.Request) {
			if r.Method == http.MethodPost {
				time.Sleep(time.Until(began.Add(stall)))
			}
		}}
		var stream bytes.Buffer
		o.Results = &stream
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		hits := decoded(t, &stream)
		for i, at := range arrivals(t, s) {
			h := hits[i]
			if h.Timestamp.Sub(began) != at {
				t.Errorf("order %d begins at %v, want %v", i, h.Timestamp.Sub(began), at)
			}
			latency := h.End().Sub(began) - at
			if math.Abs(h.Latency-latency.Seconds()) > 1e-6 || latency < stall-at || !h.Delivered {
				t.Errorf("order %d of %v ends at %v with a latency of %v s, delivered %v", i, at, h.End().Sub(began), h.Latency,
					h.Delivered)
			}
		}
	})
}

// TestLateStartsCount: what vegeta hands over late is late for the order, too.
func TestLateStartsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var latencies []float64
		for _, lag := range []time.Duration{0, 7 * time.Second} {
			s := smooth(t, 1, "1/min", "channels.forwarding.poll=1s")
			o, _ := onMock(t, s, mockchannel.Options{})
			a := standing(t, s, &o)
			a.observe = func(_ Planned, e policy.Event, _ []policy.Action) {
				if e.Kind == policy.Start && e.At != lag {
					t.Errorf("the order begins at %v, want %v", e.At, lag)
				}
			}
			time.Sleep(lag)
			response, err := (*orders)(a).RoundTrip(numbered(0))
			if err != nil {
				t.Fatal(err)
			}
			a.under.Wait()
			var h hit
			if err := json.NewDecoder(response.Body).Decode(&h); err != nil || !h.Delivered {
				t.Fatal(err, h)
			}
			latencies = append(latencies, h.Latency)
		}
		if d := latencies[1] - latencies[0]; math.Abs(d-7) > 1e-6 {
			t.Errorf("begun 7 s late, the order has a latency %v s longer", d)
		}
	})
}

// TestOverloadShowsAsLag: a machine too slow for the clock is said to be, and one that keeps up isn't.
func TestOverloadShowsAsLag(t *testing.T) {
	said := func(t *testing.T, speed float64) bool {
		s := smooth(t, 50, "60/min", "workload.deadline=1000h")
		o, _ := onMock(t, s, mockchannel.Options{Speed: speed})
		o.Speed = speed
		run, err := Run(t.Context(), s, o)
		if fault := (*Fault)(nil); errors.As(err, &fault) {
			return strings.Contains(err.Error(), " late")
		} else if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(run.Warnings, func(w string) bool { return strings.Contains(w, " late") })
	}
	// A hundredth of the median latency is 15 µs of this clock: no machine begins 50 orders so punctually.
	if !said(t, 100_000) {
		t.Error("orders that begin late are not mentioned")
	}
	synctest.Test(t, func(t *testing.T) {
		if said(t, 1) {
			t.Error("orders that begin on time are said to be late")
		}
	})
}

// TestPercentilesAreLatenciesOfOrders: figures come from the orders themselves. Vegeta's own percentiles are a
// t-digest's, which between two modes are a latency that no order had.
func TestPercentilesAreLatenciesOfOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders = 100
		s := smooth(t, orders, "60/min", "channels.forwarding.poll=1s", "channels.forwarding.latency.sigma=0.05",
			"channels.forwarding.latency.base=0s", `channels.forwarding.latency.per_second={ "720p" = "1s" }`)
		s.Workload.Videos[0].Share, s.Workload.Videos[1].Share = money.Whole*95/100, money.Whole*5/100
		s.Workload.Videos[1].Clip.Seconds = 120
		o, _ := onMock(t, s, mockchannel.Options{})
		var stream bytes.Buffer
		o.Results = &stream
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		var latencies []float64
		var metrics vegeta.Metrics
		for _, h := range decoded(t, &stream) {
			latencies = append(latencies, h.Latency)
			metrics.Add(&h.Result)
		}
		metrics.Close()
		slices.Sort(latencies)
		got, blurred := figuresOf(t, run, "forwarding").LatencySeconds, 0
		for _, tt := range []struct {
			q, got float64
			digest time.Duration
		}{{0.5, *got.P50.Value, metrics.Latencies.P50}, {0.95, *got.P95.Value, metrics.Latencies.P95},
			{0.99, *got.P99.Value, metrics.Latencies.P99}} {
			want := latencies[int(math.Ceil(tt.q*orders))-1]
			if tt.got != want {
				t.Errorf("p%v is %v s, want %v s, which an order had", 100*tt.q, tt.got, want)
			}
			if math.Abs(tt.digest.Seconds()/want-1) > 0.01 {
				blurred++
			}
			t.Logf("p%v: %v s, by vegeta's digest %v", 100*tt.q, tt.got, tt.digest)
		}
		if blurred == 0 {
			t.Error("vegeta's digest says the same: the test shows nothing")
		}
	})
}

// TestRunsFollowEachOther: an attacker of vegeta's attacks once; a second time it ends at once without a hit.
func TestRunsFollowEachOther(t *testing.T) {
	for run := range 2 {
		synctest.Test(t, func(t *testing.T) {
			s := smooth(t, 50, "60/min")
			o, server := onMock(t, s, mockchannel.Options{})
			record, err := Run(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			if got := figuresOf(t, record, "forwarding"); got.Delivered != 50 || server.Books()[0].Fetched != 50 {
				t.Errorf("run %d delivers %d of 50, the channel says %d", run, got.Delivered, server.Books()[0].Fetched)
			}
		})
	}
}

// TestChannelsDoNotSeeVegeta counts at a real server: vegeta puts headers of its own into each hit, and none may
// reach a channel.
func TestChannelsDoNotSeeVegeta(t *testing.T) {
	const orders, speed = 30, 500
	s := smooth(t, orders, "60/min", "workload.promise=100h", "workload.deadline=1000h") // as above
	mock, err := mockchannel.New(s, mockchannel.Options{Speed: speed})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	requests, shown := map[string]int{}, map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests[r.Method]++
		for name, values := range r.Header {
			if strings.Contains(strings.ToLower(name+strings.Join(values, " ")), "vegeta") {
				shown[name] = true
			}
		}
		mu.Unlock()
		mock.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	o, _ := onMock(t, s, mockchannel.Options{})
	o.transport, o.Speed, o.BaseURLs = nil, speed,
		map[string]string{"forwarding": mockchannel.URL(server.URL, "forwarding")}
	var stream bytes.Buffer
	o.Results = &stream
	if _, err := Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	hits := decoded(t, &stream)
	mu.Lock()
	defer mu.Unlock()
	if requests[http.MethodPost] != orders || requests[http.MethodGet] < 2*orders || delivered(hits) != orders ||
		len(shown) > 0 {
		t.Errorf("%d of %d delivered with %v; headers %v", delivered(hits), orders, requests, shown)
	}
}

// slowly is a writer that takes its time.
type slowly struct {
	io.Writer
	pause time.Duration
}

func (s slowly) Write(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.Writer.Write(p)
}

// TestSlowResultsDelayNoOrder: vegeta's results block their workers until somebody reads them.
func TestSlowResultsDelayNoOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders = 100
		s := smooth(t, orders, "60/min")
		o, _ := onMock(t, s, mockchannel.Options{})
		var stream bytes.Buffer
		o.Results = slowly{&stream, time.Minute}
		began := time.Now()
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < orders*time.Minute {
			t.Errorf("took %v: nobody waited for the results", took)
		}
		hits := decoded(t, &stream)
		for i, at := range arrivals(t, s) {
			if h := hits[i]; h.Timestamp.Sub(began) != at || h.Latency > 300 || !h.Delivered {
				t.Errorf("order %d begins at %v, want %v; latency %v s, delivered %v", i, h.Timestamp.Sub(began), at, h.Latency,
					h.Delivered)
			}
		}
	})
}

// TestNoTimeoutOfTheClientCutsAnOrder: an order may take as long as its deadline allows, far longer than vegeta's 30 s,
// with a channel that is polled as with one that answers when the clip is made.
func TestNoTimeoutOfTheClientCutsAnOrder(t *testing.T) {
	for _, protocol := range []string{"openai-videos", "videos-generations"} {
		for _, deadline := range []string{"3h", ""} {
			t.Run(protocol+" "+deadline, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const orders = 20
					set := []string{"channels.forwarding.latency.base=40m", "channels.forwarding.protocol=" + protocol}
					if deadline != "" {
						set = append(set, "workload.deadline="+deadline)
					}
					s := smooth(t, orders, "60/min", set...)
					if deadline == "" {
						s.Workload.Deadline = scenario.DefaultDeadline
					}
					o, _ := onMock(t, s, mockchannel.Options{})
					var stream bytes.Buffer
					o.Results = &stream
					if _, err := Run(t.Context(), s, o); err != nil {
						t.Fatal(err)
					}
					for _, h := range decoded(t, &stream) {
						if !h.Delivered || h.Latency < 2400 || h.Latency > 2700 || h.Attempts != 1 {
							t.Errorf("order %d: delivered %v after %v s and %d attempts: %s", h.Seq, h.Delivered, h.Latency, h.Attempts,
								h.Reason)
						}
					}
				})
			})
		}
	}
}

// TestVegetaReadsTheResults: what was written is a report to vegeta.
func TestVegetaReadsTheResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders = 200
		s := smooth(t, orders, "60/min", `bench.run=["reverse"]`, "channels.reverse.errors.ambiguous.rate=10%")
		o, _ := onMock(t, s, mockchannel.Options{})
		var stream bytes.Buffer
		o.Results = &stream
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		var metrics vegeta.Metrics
		next := vegeta.NewDecoder(bytes.NewReader(stream.Bytes()))
		for {
			var r vegeta.Result
			if err := next(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if r.Attack != "starter" || r.Method != http.MethodPost || r.URL == "" {
				t.Errorf("result %d: attack %q, %s %s", r.Seq, r.Attack, r.Method, r.URL)
			}
			metrics.Add(&r)
		}
		metrics.Close()
		got := figuresOf(t, run, "reverse")
		if metrics.Requests != orders || metrics.Success != *got.DeliveredShare.Value || metrics.Success == 1 ||
			metrics.StatusCodes["200"] != int(got.Delivered) || metrics.StatusCodes["504"] != orders-int(got.Delivered) {
			t.Errorf("vegeta reads %d requests, %v success, %v; the record has %d of %d delivered", metrics.Requests,
				metrics.Success, metrics.StatusCodes, got.Delivered, got.Orders)
		}
		var text strings.Builder
		if err := vegeta.NewTextReporter(&metrics).Report(&text); err != nil ||
			!strings.Contains(text.String(), "Requests      [total, rate, throughput]         200,") {
			t.Errorf("vegeta's report: %v\n%s", err, &text)
		}
	})
}
