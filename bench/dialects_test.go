package bench

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// sold is the ordinary scenario in another protocol.
func sold(t *testing.T, protocol string, set ...string) *scenario.Scenario {
	t.Helper()
	s, _, err := scenario.Load("ordinary", []byte(ordinary), scenario.Options{Set: append([]string{
		"channels.relay.protocol=" + protocol, `bench.stop="none"`, `workload.arrivals.process="constant"`,
		`bench.rate="1/min"`}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFaultsInVendorsWords end a run as they do in others': an empty account that is told by a text, or by a code in an
// answer of status 200, and a key that isn't the channel's. Nothing is bought after it.
func TestFaultsInVendorsWords(t *testing.T) {
	for _, tt := range []struct {
		protocol string
		options  mockchannel.Options
		fault    dialect.Fault
		accepted int
		said     string
	}{
		{channel.Kie, empty, dialect.NoBalance, 2, "empty balance (Credits insufficient"},
		{channel.Runway, empty, dialect.NoBalance, 2, "empty balance (You do not have enough credits"},
		{channel.Kie, locked, dialect.BadKey, 0, "bad key (Incorrect API"},
		{channel.Runway, locked, dialect.BadKey, 0, "bad key (Incorrect API"},
	} {
		t.Run(tt.protocol+", "+tt.fault.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sold(t, `"`+tt.protocol+`"`, "bench.orders=10")
				o, server := onMock(t, s, tt.options)
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				run, err := Run(t.Context(), s, o)
				var fault *Fault
				if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.said) || run.Invalid == "" {
					t.Errorf("Run ends with %v, and the record says %q", err, run.Invalid)
				}
				book := server.Books()[0]
				if book.Submits != tt.accepted+1 || book.Accepted != tt.accepted || book.Faults[tt.fault] != 1 {
					t.Errorf("the channel's book: %+v", book)
				}
				if ours := spent(t, o.Journal); ours != book.Charged {
					t.Errorf("our journal says %v, the channel charged %v", ours, book.Charged)
				}
			})
		})
	}
}

var (
	empty  = mockchannel.Options{Balances: map[string]money.Micros{"relay": 250_000}}
	locked = mockchannel.Options{Secrets: map[string]dialect.Secret{"relay": dialect.NewSecret("another")}}
)

// holding is OpenAI's protocol as one that can hold a submit.
type holding struct{ dialect.Dialect }

func (holding) Holds() bool { return true }

// TestHeldSubmits are waited for until the deadline and beyond, as long as a clip may be billed; and one whose
// connection breaks is ambiguous for good: it isn't bought again.
func TestHeldSubmits(t *testing.T) {
	for _, tt := range []struct {
		name    string
		held    time.Duration
		broken  bool
		outcome channel.Outcome // for its order
		made    bool
		charge  money.Micros
	}{
		{"until the clip is there", 390 * time.Second, false, channel.Delivered, true, 100_000},
		{"beyond the deadline", 450 * time.Second, false, channel.Abandoned, true, 100_000},
		{"for too long", 2 * time.Hour, false, channel.Abandoned, false, 100_000},
		{"and cut", 200 * time.Second, true, channel.Ambiguous, false, 100_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &relay{submit: func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(tt.held):
					case <-r.Context().Done():
					}
					if tt.broken {
						panic(http.ErrAbortHandler)
					}
					says(http.StatusOK, `{"id":"job-1","status":"completed"}`)(w, r)
				}}
				s := sold(t, `"openai-videos"`, oneOrder, "channels.relay.hold=true", `bench.grace="10m"`)
				openAI, _ := dialect.ByName(channel.OpenAI)
				o, _ := onMock(t, s, mockchannel.Options{})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				o.dialect, o.transport = holding{openAI}, mocktest.Transport(c)
				o.BaseURLs["relay"] = "http://127.0.0.1/v1"
				if _, err := Run(t.Context(), s, o); err != nil {
					t.Fatal(err)
				}
				a := recorded(t, o.Journal)[0].Attempts[0]
				if a.Outcome != tt.outcome || a.Made != tt.made || a.AtMost() != tt.charge || c.submits.Load() != 1 {
					t.Errorf("%+v after %d submits", a, c.submits.Load())
				}
				o.Resume = true
				if _, err := Run(t.Context(), s, o); err != nil || c.submits.Load() != 1 || c.polls.Load() != 0 {
					t.Errorf("resumed: %v, %d submits, %d polls", err, c.submits.Load(), c.polls.Load())
				}
			})
		})
	}
}

// TestAJobThatMovesOn: where to ask next is said by the latest answer, as by MiniMax, whose jobs end with a question for
// a file. So it is for a run that is resumed.
func TestAJobThatMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sold(t, `"minimax-v1"`, oneOrder)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		if a := recorded(t, o.Journal)[0].Attempts[0]; a.Outcome != channel.Delivered {
			t.Errorf("%+v", a)
		}
		cut := o.Journal + ".cut"
		cutAfter(t, o.Journal, cut, func(e journal.Entry) bool { _, is := e.(journal.Accepted); return is })
		o.Journal, o.Resume = cut, true
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		if a := recorded(t, cut)[0].Attempts[0]; a.Outcome != channel.Delivered || server.Books()[0].Submits != 1 {
			t.Errorf("resumed: %+v", a)
		}
	})
}

// TestTrapsOfAScenario: a channel's mock misbehaves as the scenario says.
func TestTrapsOfAScenario(t *testing.T) {
	for _, tt := range []struct {
		traps   string
		outcome channel.Outcome
	}{{`[]`, channel.Delivered}, {`["gone-clip"]`, channel.Abandoned}} {
		synctest.Test(t, func(t *testing.T) {
			s := sold(t, `"replicate"`, oneOrder, `channels.relay.model="a/b"`, "channels.relay.traps="+tt.traps)
			o, _ := onMock(t, s, mockchannel.Options{})
			o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
			if _, err := Run(t.Context(), s, o); err != nil {
				t.Fatal(err)
			}
			if a := recorded(t, o.Journal)[0].Attempts[0]; a.Outcome != tt.outcome || !a.Made {
				t.Errorf("traps %s: %+v", tt.traps, a)
			}
		})
	}
}
