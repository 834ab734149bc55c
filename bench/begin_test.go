package bench

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
)

// TestAllIsKeptBeforeTheJournalBegins: whenever a journal is there, so is what its run goes on from. A run that can't
// keep that doesn't begin, and leaves the journal of an earlier one as it was.
func TestAllIsKeptBeforeTheJournalBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 3)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		begun := 0
		o.Begin = func() error {
			begun++
			if _, err := os.Stat(o.Journal); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a journal is there already: %v", err)
			}
			return nil
		}
		if _, err := Run(t.Context(), s, o); err != nil || begun != 1 {
			t.Fatalf("Run ends with %v, begun %d times", err, begun)
		}
		was, submits := content(t, o.Journal), server.Books()[1].Submits
		full := errors.New("no space left")
		o.Begin = func() error { return full }
		if run, err := Run(t.Context(), s, o); !errors.Is(err, full) || run != nil {
			t.Errorf("Run ends with %v and %v", run, err)
		}
		if now := content(t, o.Journal); !bytes.Equal(now, was) || server.Books()[1].Submits != submits {
			t.Errorf("%d submits, and of %d bytes there are %d", server.Books()[1].Submits-submits, len(was), len(now))
		}
		onlyThere(t, o.Journal)
	})
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// onlyThere demands that a folder holds one file.
func onlyThere(t *testing.T, path string) {
	t.Helper()
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, %v", files, err)
	}
}

// TestWhatMoneyWasSpentForIsRefusedFirst: nobody is asked for a balance, and nothing is changed, where the folder can't
// be had.
func TestWhatMoneyWasSpentForIsRefusedFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		live, held bool
		is         func(error) bool
	}{
		"a live run that ended":          {live: true, is: isLive},
		"a live run that goes on":        {live: true, held: true, is: is(journal.ErrLocked)},
		"one on mock channels goes on":   {held: true, is: is(journal.ErrLocked)},
		"one on mock channels has ended": {is: func(err error) bool { return err == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := accounted(t, 3)
				o, _ := onMock(t, s, mockchannel.Options{})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				j, err := begun(o.Journal, journal.Run{Live: tt.live, Speed: 1})
				if err != nil {
					t.Fatal(err)
				}
				if !tt.held {
					err = j.Close()
				} else {
					defer j.Close()
				}
				was, asked := content(t, o.Journal), &counted{RoundTripper: o.transport}
				o.transport = asked
				_, ended := Run(t.Context(), s, o)
				if !tt.is(ended) || err != nil {
					t.Fatalf("Run ends with %v", ended)
				}
				var refused *RefusedError
				if ended != nil && (!errors.As(ended, &refused) || !bytes.Equal(content(t, o.Journal), was)) {
					t.Errorf("%v, and the journal is %s", ended, content(t, o.Journal))
				}
				if n := asked.requests.Load(); ended != nil && n > 0 {
					t.Errorf("%d requests were sent", n)
				}
				onlyThere(t, o.Journal)
			})
		})
	}
}

func isLive(err error) bool {
	var live *LiveError
	return errors.As(err, &live)
}

// counted counts requests.
type counted struct {
	http.RoundTripper
	requests atomic.Int64
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

// TestAFaultBeforeAResumeLosesNothing: what was measured before stays in the record, under its date, and in the
// journal.
func TestAFaultBeforeAResumeLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 5)
		o, _ := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		first, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		was := content(t, o.Journal)
		another := map[string]dialect.Secret{"reverse": dialect.NewSecret("another")}
		again, _ := onMock(t, s, mockchannel.Options{Secrets: another})
		o.transport, o.Resume = again.transport, true
		run, err := Run(t.Context(), s, o)
		var fault *Fault
		if !errors.As(err, &fault) || run == nil || run.Invalid == "" {
			t.Fatalf("Run ends with %v and %+v", err, run)
		}
		if got := figuresOf(t, run, "reverse"); run.Started != first.Started || got.Orders != 5 {
			t.Errorf("begun %s with %d orders, want %s with 5", run.Started, got.Orders, first.Started)
		}
		if !bytes.Equal(content(t, o.Journal), was) {
			t.Error("the journal was changed")
		}
	})
}
