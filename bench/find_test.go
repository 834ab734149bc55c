package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// tokened is OpenAI's protocol with a token on orders, by which they can be asked for.
type tokened struct{ dialect.Dialect }

func (tokened) Finds() bool { return true }

func (d tokened) Submit(t dialect.Target, o dialect.Order) (*http.Request, error) {
	r, err := d.Dialect.Submit(t, o)
	if err == nil {
		r.Header.Set("Client-Token", o.Token)
	}
	return r, err
}

func (tokened) Find(t dialect.Target, token string) (*http.Request, error) {
	return http.NewRequest(http.MethodGet, t.BaseURL+"/orders/"+token, nil)
}

func (tokened) Found(_ dialect.Target, r *dialect.Response) dialect.Answer {
	switch r.Status {
	case http.StatusOK:
		return dialect.Answer{Verdict: dialect.Accepted, Progress: dialect.Progress{Job: dialect.Job{ID: string(r.Body)}}}
	case http.StatusNotFound:
		return dialect.Answer{Verdict: dialect.Refused, Reason: channel.Submit, Message: "no such order"}
	}
	return dialect.Answer{Reason: channel.Lost, Message: "bad gateway"}
}

// forgetful is a channel that loses its first answers to submits, and what it says when it is asked for their orders.
type forgetful struct {
	relay
	loses int   // so many answers
	finds []int // statuses, in turn; the last one from then on

	mu     sync.Mutex
	tokens []string // of submits, in turn
	asked  []string // tokens
}

func (c *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token, is := strings.CutPrefix(r.URL.Path, "/v1/orders/"); is {
		c.asked = append(c.asked, token)
		w.WriteHeader(c.finds[min(len(c.asked), len(c.finds))-1])
		_, _ = io.WriteString(w, "job-lost")
		return
	}
	if r.Method == http.MethodPost {
		if c.tokens = append(c.tokens, r.Header.Get("Client-Token")); len(c.tokens) <= c.loses {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
	}
	c.relay.ServeHTTP(w, r)
}

// asking runs the ordinary scenario against a channel whose orders can be asked for.
func asking(t *testing.T, ctx context.Context, c *forgetful, edit func(*Options), set ...string) (*record.Run, error) {
	t.Helper()
	s, _, err := scenario.Load("ordinary", []byte(ordinary), scenario.Options{Set: append([]string{
		`workload.arrivals.process="constant"`, `bench.rate="1/min"`, `bench.stop="none"`}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	openAI, _ := dialect.ByName(channel.OpenAI)
	o := Options{Key: func(string) string { return "key-123456" }, Prompts: Prompts(), Cap: 100 * money.Dollar,
		BaseURLs: map[string]string{"relay": "http://127.0.0.1/v1"}, transport: inside{c}, dialect: tokened{openAI}}
	edit(&o)
	return Run(ctx, s, o)
}

const known, denied, broken = http.StatusOK, http.StatusNotFound, http.StatusBadGateway

// searches are what a channel says of an order whose submit had no answer, and what comes of the attempt. Its order is
// tried once more if it was refused.
var searches = []struct {
	name    string
	finds   []int
	asked   int
	outcome channel.Outcome
	charge  money.Micros
}{
	{"known at once", []int{known}, 1, channel.Delivered, 100_000},
	{"unknown for a moment", []int{denied, denied, known}, 3, channel.Delivered, 100_000},
	{"found after all", []int{broken, denied, broken, broken, denied, known}, 6, channel.Delivered, 100_000},
	{"never taken", []int{denied}, 3, channel.Refused, 0},
	{"denied between failures", []int{denied, broken, denied, broken, denied}, 5, channel.Refused, 0},
	{"denied twice only", []int{denied, denied, broken}, 6, channel.Ambiguous, 100_000},
	{"no word", []int{broken}, 6, channel.Ambiguous, 100_000},
}

// TestLostOrdersAreAskedFor: what is found goes on as accepted, what the channel denied often enough is bought again,
// and the rest stays lost and reserved.
func TestLostOrdersAreAskedFor(t *testing.T) {
	for _, tt := range searches {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "orders.jsonl")
				c := &forgetful{loses: 1, finds: tt.finds}
				run, err := asking(t, t.Context(), c, func(o *Options) { o.Journal = path }, oneOrder)
				if err != nil {
					t.Fatal(err)
				}
				order := recorded(t, path)[0]
				a := order.Attempts[0]
				wantSubmits := 1
				if tt.outcome == channel.Refused {
					wantSubmits = 2
				}
				if a.Outcome != tt.outcome || a.Charge() != tt.charge || len(c.asked) != tt.asked ||
					len(c.tokens) != wantSubmits {
					t.Errorf("%v for %v after %d questions and %d submits; want %v, %v, %d, %d", a.Outcome, a.Charge(),
						len(c.asked), len(c.tokens), tt.outcome, tt.charge, tt.asked, wantSubmits)
				}
				if delivered := tt.outcome != channel.Ambiguous; order.Delivered != delivered ||
					run.Bills[0].Counted != 0.1 {
					t.Errorf("delivered %v; $%v counts", order.Delivered, run.Bills[0].Counted)
				}
				for _, token := range c.asked {
					if token != c.tokens[0] {
						t.Errorf("asked for %q, and the order bore %q", token, c.tokens[0])
					}
				}
				onRecord(t, path, tt.outcome)
			})
		})
	}
}

// onRecord checks that a journal says what came of the question.
func onRecord(t *testing.T, path string, o channel.Outcome) {
	t.Helper()
	for _, e := range entries(t, path) {
		switch e := e.(type) {
		case journal.Accepted:
			if e.Found != (o == channel.Delivered) || e.Found && e.ID != "job-lost" {
				t.Errorf("accepted as %+v", e)
			}
		case journal.Ended:
			if e.Attempt == 0 && (o == channel.Delivered) == strings.Contains(e.Error, "asked for by its token: ") {
				t.Errorf("ended with %q", e.Error)
			}
		}
	}
}

// TestResumeAsksForLostOrders: a submit whose answer was never put on record is asked for, and nothing is bought twice.
func TestResumeAsksForLostOrders(t *testing.T) {
	const grace = `bench.grace="2m"`
	for _, tt := range searches {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "orders.jsonl")
				c := &forgetful{loses: 1, finds: tt.finds}
				whole := path + ".whole"
				if _, err := asking(t, t.Context(), c, func(o *Options) { o.Journal = whole }, oneOrder, grace); err != nil {
					t.Fatal(err)
				}
				cutAfter(t, whole, path, func(e journal.Entry) bool { _, is := e.(journal.Intent); return is })
				submits := len(c.tokens)
				c.asked = nil
				resume := func(o *Options) { o.Journal, o.Resume = path, true }
				if _, err := asking(t, t.Context(), c, resume, oneOrder, grace); err != nil {
					t.Fatal(err)
				}
				a := recorded(t, path)[0].Attempts[0]
				if a.Outcome != tt.outcome || a.Charge() != tt.charge || a.Open || len(c.asked) != tt.asked {
					t.Errorf("%v for %v after %d questions; want %v, %v, %d", a.Outcome, a.Charge(), len(c.asked), tt.outcome,
						tt.charge, tt.asked)
				}
				if !slices.Equal(c.asked, slices.Repeat(c.tokens[:1], tt.asked)) {
					t.Errorf("asked for %q; the submits bore %q", c.asked, c.tokens)
				}
				if _, err := asking(t, t.Context(), c, resume, oneOrder, grace); err != nil || len(c.asked) != tt.asked ||
					len(c.tokens) != submits {
					t.Errorf("resumed once more: %v, %d questions and %d submits", err, len(c.asked), len(c.tokens))
				}
			})
		})
	}
}

// cutAfter writes the first entries of a journal, as a crash leaves them.
func cutAfter(t *testing.T, whole, path string, last func(journal.Entry) bool) {
	t.Helper()
	all := entries(t, whole)
	j, err := begun(path, all[0].(journal.Run))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all[1 : slices.IndexFunc(all, last)+1] {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAnInterruptedSearch is gone on with: the run that ended had asked, and nothing was said yet.
func TestAnInterruptedSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "orders.jsonl")
		c := &forgetful{loses: 1, finds: []int{denied}}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		const little = `bench.grace="15s"` // for one question
		_, err := asking(t, ctx, c, func(o *Options) { o.Journal = path }, oneOrder, little)
		if !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v", err)
		}
		if a := recorded(t, path)[0].Attempts[0]; !a.Open || len(c.asked) != 1 {
			t.Errorf("%+v after %d questions", a, len(c.asked))
		}
		c.finds = []int{known}
		if _, err := asking(t, t.Context(), c, func(o *Options) { o.Journal, o.Resume = path, true }, oneOrder,
			little); err != nil {
			t.Fatal(err)
		}
		if a := recorded(t, path)[0].Attempts[0]; a.Outcome != channel.Delivered || len(c.tokens) != 1 {
			t.Errorf("%+v after %d submits", a, len(c.tokens))
		}
	})
}

// TestTokens: each submit has its own, in the words that all protocols allow; those of a run begin alike, and those of
// a resumed run, too.
func TestTokens(t *testing.T) {
	var all []string
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Duration(len(all)) * time.Second) // bubbles begin at the same time
			path := filepath.Join(t.TempDir(), "orders.jsonl")
			c := &forgetful{relay: relay{submit: says(http.StatusTooManyRequests, `{"error":{"code":"rate_limit_exceeded"}}`)}}
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			_, err := asking(t, ctx, c, func(o *Options) { o.Journal = path }, "bench.orders=20")
			if !errors.Is(err, ErrInterrupted) {
				t.Fatal(err)
			}
			half := len(c.tokens)
			if _, err := asking(t, t.Context(), c, func(o *Options) { o.Journal, o.Resume = path, true },
				"bench.orders=20"); err != nil {
				t.Fatal(err)
			}
			if half < 3 || len(c.tokens) < 30 {
				t.Fatalf("%d submits, %d of them by the first run", len(c.tokens), half)
			}
			begins := c.tokens[0][:23]
			for _, token := range c.tokens {
				if !regexp.MustCompile(`^[a-z0-9-]{1,64}$`).MatchString(token) || !strings.HasPrefix(token, begins) {
					t.Errorf("token %q in a run of %s…", token, begins)
				}
			}
			all = append(all, c.tokens...)
		})
	}
	slices.Sort(all)
	if n := len(all); len(slices.Compact(all)) != n {
		t.Error("two submits bore the same token")
	}
}

// TestLostOrdersAtKling: half of the mock channel's lost submits have left a job behind. All of these are found, the
// others are bought again, and what is charged is what is booked.
func TestLostOrdersAtKling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sold(t, `"kling"`, "bench.orders=40", `channels.relay.errors.ambiguous={ rate = "40%" }`, `bench.grace="10m"`)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		book, refused, accepted := server.Books()[0], 0, 0
		for _, order := range recorded(t, o.Journal) {
			for _, a := range order.Attempts {
				switch a.Outcome {
				case channel.Delivered:
					accepted++
				case channel.Refused:
					refused++
				default:
					t.Errorf("order %d: %v", order.Number, a.Outcome)
				}
			}
		}
		if book.LostRan < 3 || refused < 3 || accepted != book.Accepted || refused != book.Lost-book.LostRan {
			t.Errorf("%d accepted, %d refused; the channel's book: %+v", accepted, refused, book)
		}
		if ours := spent(t, o.Journal); ours != book.Charged {
			t.Errorf("our journal says %v, the channel charged %v", ours, book.Charged)
		}
	})
}
