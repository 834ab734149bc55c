package bench

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// deaths are ways in which a channel can be dead, while the scenario believes it healthy.
var deaths = map[string]string{
	"it refuses":          "channels.reverse.errors.submit.rate=100%",
	"its jobs fail":       "channels.reverse.errors.job.rate=100%",
	"it never finishes":   `channels.reverse.latency={ shape = "constant", base = "10h" }`,
	"its clips are waste": "channels.reverse.errors.unusable.rate=100%",
}

// dying is the starter scenario, and mock channels on which reverse is dead.
func dying(t *testing.T, orders int, death string, set ...string) (*scenario.Scenario, Options, *mockchannel.Server) {
	t.Helper()
	set = append([]string{`bench.run=["forwarding","reverse"]`, `bench.rate="6/min"`}, set...)
	s := benchable(t, "starter", orders, set...)
	o, server := onMock(t, benchable(t, "starter", orders, append(set, deaths[death])...), mockchannel.Options{})
	return s, o, server
}

// TestADeadChannelIsGivenUp: within about 10 orders and those in flight nothing more is submitted there, the other
// channel's orders are all driven, and the rest of the money is kept.
func TestADeadChannelIsGivenUp(t *testing.T) {
	const orders = 60
	for name := range deaths {
		t.Run(name, func(t *testing.T) {
			spent := map[bool]float64{}
			for _, stopping := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					s, o, server := dying(t, orders, name)
					if !stopping {
						s.Bench.Stop = scenario.Stop{}
					}
					run, err := Run(t.Context(), s, o)
					if err != nil {
						t.Fatalf("Run ends with %v; an outage is no failure of the run", err)
					}
					book := server.Books()[1]
					spent[stopping] = book.Charged.Dollars()
					if !stopping {
						if run.Truncated != nil {
							t.Errorf("given up: %+v", run.Truncated)
						}
						return
					}
					// At 3 orders a minute on the channel, those that came within the promise are in flight.
					inFlight := int(3*s.Workload.Promise.Minutes()) + 3
					if len(run.Truncated) != 1 {
						t.Fatalf("given up: %+v", run.Truncated)
					}
					gone := run.Truncated[0]
					if gone.Channel != "reverse" || gone.Good+gone.Bad > 10 || gone.InFlight > inFlight || *gone.GoodShare.High > 0.7 {
						t.Errorf("given up: %+v", gone)
					}
					begun := orders - gone.NotBegun
					if begun > 10+inFlight {
						t.Errorf("%d orders were begun there", begun)
					}
					if got := figuresOf(t, run, "forwarding"); got.Orders != orders {
						t.Errorf("%d of %d orders of the other channel had an outcome", got.Orders, orders)
					}
					said(t, run.Findings, "reverse was given up as dead")
					said(t, run.Warnings, "cut short on reverse")
					t.Logf("%d orders judged, %d in flight, %d of %d not begun, %d submits", gone.Good+gone.Bad, gone.InFlight,
						gone.NotBegun, orders, book.Submits)
				})
			}
			t.Logf("$%.2f was spent there, and $%.2f would have been", spent[true], spent[false])
			if spent[false] > 0 && spent[true] > 0.75*spent[false] {
				t.Errorf("$%.2f was spent, and $%.2f would have been", spent[true], spent[false])
			}
		})
	}
}

// TestAnOutageInTheMiddle: a channel that dies half an hour into the run is given up then, though it was good until
// then.
func TestAnOutageInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 300, `bench.run=["forwarding","reverse"]`)
		o, server := onMock(t, s, mockchannel.Options{})
		o.transport = &dies{RoundTripper: mocktest.Transport(server.Handler()), at: time.Now().Add(30 * time.Minute)}
		run, err := Run(t.Context(), s, o)
		if err != nil || len(run.Truncated) != 1 {
			t.Fatalf("Run ends with %v, given up: %+v", err, run.Truncated)
		}
		// About 90 orders came to it in half an hour; 18 of them were in flight and may end well.
		gone := run.Truncated[0]
		if begun := 300 - gone.NotBegun; gone.Channel != "reverse" || gone.Good < 60 || begun < 80 || begun > 135 {
			t.Errorf("given up after %d orders were begun: %+v", begun, gone)
		}
	})
}

// dies refuses all orders to reverse from a moment on.
type dies struct {
	http.RoundTripper
	at time.Time
}

func (d *dies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/reverse/") && time.Now().After(d.at) {
		return &http.Response{StatusCode: http.StatusServiceUnavailable,
				Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(`{"error":{"code":"service_unavailable","message":"down for maintenance"}}`))},
			nil
	}
	return d.RoundTripper.RoundTrip(r)
}

// said demands a text that contains another.
func said(t *testing.T, texts []string, what string) {
	t.Helper()
	if !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, what) }) {
		t.Errorf("nobody says %q: %q", what, texts)
	}
}

// TestAHealthyRunIsNotGivenUp: in at least 95 % of seeds, with the shipped scenarios' own failures and latencies.
func TestAHealthyRunIsNotGivenUp(t *testing.T) {
	seeds := proof.Size(10, 40)
	for name, tt := range map[string]struct {
		scenario string
		set      []string
	}{
		"starter":              {"starter", nil},
		"sora2":                {"sora2", nil},
		"an ambitious promise": {"starter", []string{"workload.promise=3m"}}, // which 4 orders of 10 keep
	} {
		t.Run(name, func(t *testing.T) {
			stopped := 0
			for seed := range seeds {
				synctest.Test(t, func(t *testing.T) {
					s := benchable(t, tt.scenario, 60, append(tt.set, fmt.Sprintf("seed=%d", seed+1),
						`bench.run=["forwarding","reverse"]`)...)
					o, _ := onMock(t, s, mockchannel.Options{})
					run, err := Run(t.Context(), s, o)
					if err != nil {
						t.Fatal(err)
					}
					if run.Truncated != nil {
						stopped++
						t.Logf("seed %d: %+v", seed+1, run.Truncated)
					}
				})
			}
			if stopped > seeds/20 {
				t.Errorf("%d of %d healthy runs were cut short", stopped, seeds)
			}
		})
	}
}

// TestAStrategyWithoutChannelEndsTheRun: when nothing is left that could begin, the run doesn't wait for its schedule.
func TestAStrategyWithoutChannelEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o, _ := dying(t, 200, "it refuses", `bench.run=["reverse","hybrid"]`)
		begun := time.Now()
		run, err := Run(t.Context(), s, o)
		if err != nil || len(run.Truncated) != 1 {
			t.Fatalf("Run ends with %v, given up: %+v", err, run.Truncated)
		}
		if took := time.Since(begun); took > 10*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// TestResumeLeavesADeadChannelAlone, unless it is asked to try again; the record says so both times.
func TestResumeLeavesADeadChannelAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	resume := func(t *testing.T, edit func(*Options)) (*record.Run, int) {
		s, o, server := dying(t, 40, "it refuses")
		o.Journal = path
		edit(&o)
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		return run, server.Books()[1].Submits
	}
	synctest.Test(t, func(t *testing.T) {
		var notices []string
		first, submits := resume(t, func(*Options) {})
		if len(first.Truncated) != 1 || submits == 0 {
			t.Fatalf("%d submits, given up: %+v", submits, first.Truncated)
		}
		second, submits := resume(t, func(o *Options) {
			o.Resume, o.Notice = true, func(text string) { notices = append(notices, text) }
		})
		if submits != 0 || len(second.Truncated) != 1 || second.Truncated[0] != first.Truncated[0] &&
			second.Truncated[0].Channel != "reverse" {
			t.Errorf("resumed: %d submits to the dead channel, given up: %+v", submits, second.Truncated)
		}
		said(t, notices, "--reopen tries it again")
		third, submits := resume(t, func(o *Options) { o.Resume, o.Reopen = true, true })
		if submits == 0 || len(third.Truncated) != 1 {
			t.Errorf("reopened: %d submits, given up: %+v", submits, third.Truncated)
		}
		stops := 0
		for _, e := range entries(t, path) {
			if _, is := e.(journal.Stopped); is {
				stops++
			}
		}
		if stops != 3 {
			t.Errorf("%d entries about the dead channel, want given up, reopened, given up", stops)
		}
	})
}

// TestBadPromptsAreNotAnOutage: what the prompt brought about says nothing of the channel.
func TestBadPromptsAreNotAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 40, `bench.run=["forwarding","reverse"]`)
		spoilt := benchable(t, "starter", 40, `channels.reverse.errors.moderation={ rate = "100%" }`)
		o, _ := onMock(t, spoilt, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil || run.Truncated != nil {
			t.Errorf("Run ends with %v, given up: %+v", err, run.Truncated)
		}
	})
}

// TestSpentIsAllThatWasSpent: of a run that was cut short, a history counts what the journal says, orders without an
// outcome included, or a month would spend more than its cap.
func TestSpentIsAllThatWasSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o, _ := dying(t, 60, "its clips are waste")
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		run, err := Run(t.Context(), s, o)
		if err != nil || !run.Incomplete {
			t.Fatalf("Run ends with %v, incomplete %v", err, run.Incomplete)
		}
		sum := 0.0
		for _, name := range []string{"forwarding", "reverse"} {
			sum += figuresOf(t, run, name).Counts.SpentUSD
		}
		if want := spent(t, o.Journal).Dollars(); math.Abs(sum-want) > 1e-6 {
			t.Errorf("the record says $%v, the journal $%v", sum, want)
		}
	})
}
