package bench

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/mockchannel"
	"channelbench/internal/scenario"
)

// dripping answers requests for some paths with one byte a second, for ever, from a moment on. It counts what is under
// way.
type dripping struct {
	http.RoundTripper
	on       atomic.Bool
	path     string // how it ends
	underWay atomic.Int64
	first    time.Time     // when the first of them came
	seen     chan struct{} // closed then
	once     sync.Once
}

func newDripping(t http.RoundTripper, path string) *dripping {
	return &dripping{RoundTripper: t, path: path, seen: make(chan struct{})}
}

func (d *dripping) RoundTrip(r *http.Request) (*http.Response, error) {
	d.underWay.Add(1)
	answer, err := d.RoundTripper.RoundTrip(r)
	if err != nil {
		d.underWay.Add(-1)
		return nil, err
	}
	answer.Body = &closing{answer.Body, sync.OnceFunc(func() { d.underWay.Add(-1) })}
	if d.on.Load() && strings.HasSuffix(r.URL.Path, d.path) {
		d.once.Do(func() { d.first = time.Now(); close(d.seen) })
		answer.ContentLength = -1
		answer.Body = &drops{answer.Body, r.Context()}
	}
	return answer, nil
}

// closing says when a body is closed.
type closing struct {
	io.ReadCloser
	closed func()
}

func (c *closing) Close() error {
	c.closed()
	return c.ReadCloser.Close()
}

// goodbye is how long a reader takes to hear that it is to end.
const goodbye = 100 * time.Millisecond

// drops is a body that comes byte by byte.
type drops struct {
	io.ReadCloser
	ctx context.Context
}

func (d *drops) Read(b []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(b, " "), nil
	case <-d.ctx.Done():
		time.Sleep(goodbye)
		return 0, d.ctx.Err()
	}
}

// byDrops is a run whose channel drips, on its balance or its clips.
func byDrops(t *testing.T, s *scenario.Scenario, path string) (Options, *dripping, *mockchannel.Server) {
	t.Helper()
	o, server := onMock(t, s, mockchannel.Options{})
	d := newDripping(o.transport, path)
	o.transport, o.Journal = d, filepath.Join(t.TempDir(), "orders.jsonl")
	return o, d, server
}

// TestTheFirstLookEndsWithCtrlC, and with its time; nothing has begun until then.
func TestTheFirstLookEndsWithCtrlC(t *testing.T) {
	for name, tt := range map[string]struct {
		after, most time.Duration // after: of Ctrl-C; 0: none
	}{"ctrl-c": {5 * time.Second, 5 * time.Second}, "by itself": {0, lookEvery}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := accounted(t, 5)
				o, d, server := byDrops(t, s, "/balance")
				d.on.Store(true)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.after > 0 {
					time.AfterFunc(tt.after, cancel)
				}
				began := time.Now()
				run, err := Run(ctx, s, o)
				interrupted := run == nil && errors.Is(err, ErrInterrupted)
				if interrupted != (tt.after > 0) || interrupted == isFault(err) {
					t.Errorf("Run ends with %v and %v", run, err)
				}
				if took := time.Since(began); took > tt.most+goodbye || server.Books()[1].Submits > 0 {
					t.Errorf("it took %v, and submitted %d times", took, server.Books()[1].Submits)
				}
				if _, err := os.Stat(o.Journal); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a journal was begun: %v", err)
				}
			})
		})
	}
}

// TestTheLastLookIsBounded by the grace, or by Ctrl-C, and what was measured is kept.
func TestTheLastLookIsBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		grace, ctrlC, most time.Duration
	}{
		"grace":          {grace: 30 * time.Second, most: 30 * time.Second},
		"no grace":       {grace: 0, most: breath},
		"ctrl-c":         {grace: 5 * time.Minute, ctrlC: 7 * time.Second, most: 7 * time.Second},
		"a longer grace": {grace: time.Hour, most: lookEvery},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := accounted(t, 5)
				s.Bench.Grace = tt.grace
				o, d, _ := byDrops(t, s, "/balance")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o.Progress = func(done, total int) { d.on.Store(done == total) }
				go func() {
					<-d.seen
					if tt.ctrlC > 0 {
						time.AfterFunc(tt.ctrlC, cancel)
					}
				}()
				run, err := Run(ctx, s, o)
				if err != nil || figuresOf(t, run, "reverse").Orders != 5 || run.Incomplete {
					t.Fatalf("Run ends with %v and %+v", err, run)
				}
				if took := time.Since(d.first); took > tt.most+goodbye {
					t.Errorf("the last look took %v, want %v at most", took, tt.most)
				}
				said(t, run.Warnings, "could not be read after the run")
				if n := d.underWay.Load(); n > 0 {
					t.Errorf("%d requests outlive the run", n)
				}
			})
		})
	}
}

// TestJobsThatTakeAllOfTheGrace leave a breath to the last look, which says what they may have cost.
func TestJobsThatTakeAllOfTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 40)
		s.Bench.Grace = 2 * time.Second
		o, d, server := byDrops(t, s, "/none")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		run, err := Run(ctx, s, o)
		if !errors.Is(err, ErrInterrupted) || len(run.Accounts) != 1 {
			t.Fatalf("Run ends with %v, accounts %+v", err, run.Accounts)
		}
		if took := time.Since(began) - time.Minute; took > 2*time.Second+breath+goodbye {
			t.Errorf("after Ctrl-C it took %v", took)
		}
		if book := server.Books()[1]; run.Accounts[0].SpentUSD != book.Charged.Dollars() {
			t.Errorf("%v of %v were seen", run.Accounts[0].SpentUSD, book.Charged)
		}
		if n := d.underWay.Load(); n > 0 {
			t.Errorf("%d requests outlive the run", n)
		}
	})
}

// TestNoRequestOutlivesItsRun: a clip that drips is given up with its order, and then with the run.
func TestNoRequestOutlivesItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 5)
		s.Bench.Grace = 10 * time.Second
		o, d, _ := byDrops(t, s, "/content")
		d.on.Store(true)
		run, err := Run(t.Context(), s, o)
		if run == nil {
			t.Fatal(err)
		}
		if n := d.underWay.Load(); n > 0 {
			t.Errorf("%d requests outlive the run", n)
		}
	})
}

// TestNoAccountWaitsForAnother that drips.
func TestNoAccountWaitsForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const told = `.balance_url="https://api.example.com/v1/balance"`
		const both = `bench.run=["hybrid","forwarding"]`
		s := benchable(t, "starter", 5, both, "channels.reverse"+told, "channels.forwarding"+told)
		o, d, _ := byDrops(t, s, "/reverse/v1/balance")
		o.Progress = func(done, total int) { d.on.Store(done == total) }
		run, err := Run(t.Context(), s, o)
		if err != nil || len(run.Accounts) != 1 || run.Accounts[0].Channels[0] != "forwarding" {
			t.Errorf("Run ends with %v, accounts %+v", err, run.Accounts)
		}
	})
}
