package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
)

// TestClaim: what never began may be begun anew, all else says what it is, and a claim that is left changes nothing.
func TestClaim(t *testing.T) {
	live, mock := header(), header()
	mock.Live = false
	whole, rehearsal := written(t, history(seeded(21), 5)), written(t, []Entry{mock})
	for _, tt := range []struct {
		name  string
		there []byte // nil: nothing
		was   *Run
		wrong bool
	}{
		{name: "nothing"},
		{name: "an empty file", there: []byte{}},
		{name: "a header cut short", there: whole[:20]},
		{name: "zeros", there: make([]byte, 300)},
		{name: "a run on mock channels", there: rehearsal, was: &mock},
		{name: "a live run", there: whole, was: &live},
		{name: "a live run that a crash cut short", there: whole[:len(whole)-3], was: &live},
		{name: "a header without its newline", there: rehearsal[:len(rehearsal)-1], was: &mock},
		{name: "no journal", there: []byte("precious\n"), wrong: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "orders.jsonl")
			if tt.there != nil {
				put(t, path, tt.there)
			}
			c, err := Take(path)
			if tt.wrong {
				var bad *BadLineError
				if !errors.As(err, &bad) {
					t.Errorf("Take: %v", err)
				}
				unchanged(t, path, tt.there)
				return
			}
			if err != nil || !reflect.DeepEqual(c.Was, tt.was) {
				t.Fatalf("found %+v, %v; want %+v", c.Was, err, tt.was)
			}
			if err := c.Leave(); err != nil {
				t.Fatal(err)
			}
			unchanged(t, path, tt.there)
			begins(t, path)
		})
	}
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// unchanged demands that a folder holds the file as it was, if there was one, and nothing else.
func unchanged(t *testing.T, path string, was []byte) {
	t.Helper()
	now, err := os.ReadFile(path)
	if was == nil && !errors.Is(err, fs.ErrNotExist) || was != nil && !bytes.Equal(now, was) {
		t.Errorf("what was there is now %q, %v", now, err)
	}
	alone(t, path)
}

func alone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(freshPath(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left beside %s: %v", path, err)
	}
}

// begins demands that a journal can take the place of what is there, and of what a crash left beside it.
func begins(t *testing.T, path string) {
	t.Helper()
	put(t, freshPath(path), []byte(`{"n":1,"kind":"run","sch`))
	c, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second claim: %v, want %v", err, ErrLocked)
	}
	j, err := c.Begin(header())
	if err != nil {
		t.Fatal(err)
	}
	alone(t, path)
	if _, err := Take(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a claim while the run goes on: %v, want %v", err, ErrLocked)
	}
	if _, _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("Open while the run goes on: %v, want %v", err, ErrLocked)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, found, err := Open(path)
	if err != nil || len(found.Entries) != 1 || !found.Entries[0].(Run).Live {
		t.Fatalf("found %+v, %v", found, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestALiveJournalIsNeverTaken: many runs begin in one folder at once, those on mock channels in each other's place,
// and some are refused. Once a live one has begun, its journal stays, whoever came just before.
func TestALiveJournalIsNeverTaken(t *testing.T) {
	for range 100 {
		path := filepath.Join(t.TempDir(), "orders.jsonl")
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() { beginOrLeave(t, path, n%4 == 0, n%4 == 1) })
		}
		all.Wait()
		alone(t, path)
		j, _, err := Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // they all met each other
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// beginOrLeave is a run that begins, unless it is refused, another one goes on in the folder, or a live one was there.
func beginOrLeave(t *testing.T, path string, live, refused bool) {
	for range 20 {
		c, err := Take(path)
		if errors.Is(err, ErrLocked) {
			continue
		}
		if err != nil {
			t.Error(err)
			return
		}
		if refused || c.Was != nil && c.Was.Live {
			if err := c.Leave(); err != nil {
				t.Error(err)
			}
			continue
		}
		run := header()
		run.Live = live
		j, err := c.Begin(run)
		if err != nil {
			t.Error(err)
			return
		}
		if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, written(t, []Entry{run})) {
			t.Errorf("the journal of a run that goes on is %q, %v", text, err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if live {
			stays(t, path)
			return
		}
	}
}

// stays demands that the journal of a live run is there, once it has ended.
func stays(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(text, written(t, []Entry{header()})) {
		t.Errorf("the journal of a live run is %q, %v", text, err)
	}
}

// TestEveryCallFailsWhileOneBegins in the place of another: the one or the other is whole, and neither is locked.
func TestEveryCallFailsWhileOneBegins(t *testing.T) {
	mock := header()
	mock.Live = false
	was, is := written(t, []Entry{mock}), written(t, []Entry{header()})
	for n := 1; ; n++ {
		m := newMemory()
		m.files[path] = &content{now: was, synced: was, named: true}
		m.failAt, m.partial = n, true
		c, err := take(m, path)
		if err == nil {
			_, err = c.Begin(header())
		}
		if m.failed == nil {
			t.Logf("%d calls failed in turn", n-1)
			return
		}
		if got := m.files[path].now; !bytes.Equal(got, was) && !bytes.Equal(got, is) {
			t.Errorf("call %d failed, and the journal is %q", n, got)
		}
		if err != nil && m.files[path].locked || errors.Is(err, ErrLocked) {
			t.Errorf("call %d failed with %v, and the journal is locked: %v", n, err, m.files[path].locked)
		}
	}
}
