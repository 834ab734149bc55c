package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// create begins a journal.
func create(d disk, path string, run Run) (*Journal, error) {
	c, err := take(d, path)
	if err != nil {
		return nil, err
	}
	return c.Begin(run)
}

// TestWholeLife writes a run to a real folder, closes it, and goes on with it.
func TestWholeLife(t *testing.T) {
	told := history(seeded(11), 60)
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	run := header()
	run.Schema = ""
	j, err := create(folders{}, path, run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := appendAll(j, told[1:30], nil); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(Note{}); !errors.Is(err, errClosed) {
		t.Errorf("Append after Close: %v, want %v", err, errClosed)
	}
	if err := j.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	j, found, err := Open(path)
	if err != nil || len(found.Entries) != 30 || found.Torn != 0 || found.Warnings != nil {
		t.Fatalf("found %+v, %v", found, err)
	}
	if !reflect.DeepEqual(found.Entries, told[:30]) {
		t.Error("the entries are not those that were written")
	}
	if _, err := appendAll(j, told[30:], nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(string(text)); err != nil || !reflect.DeepEqual(got, told) {
		t.Errorf("%d of %d entries are as they were written: %v", len(got), len(told), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want one that only the owner reads", info.Mode(), err)
	}
}

func TestTornTailOnARealDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	whole := written(t, history(seeded(12), 5))
	for _, tail := range []string{"{\"n\":7,", "{\"n\":7,\"ki"} {
		if err := os.WriteFile(path, append(whole, tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		j, found, err := Open(path)
		if err != nil || found.Torn != int64(len(tail)) {
			t.Fatalf("found %+v, %v", found, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path + ".torn")
	if err != nil || string(kept) != "{\"n\":7,\n{\"n\":7,\"ki\n" {
		t.Errorf("beside the journal: %q, %v", kept, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != string(whole) {
		t.Errorf("the journal: %q, %v", text, err)
	}
	info, err := os.Stat(path + ".torn")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestNoJournalIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, []byte("precious\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var bad *BadLineError
	if _, err := Take(path); !errors.As(err, &bad) || bad.Line != 1 {
		t.Errorf("Take: %v, want a bad first line", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious\n" {
		t.Errorf("what was there is now %q, %v", text, err)
	}
	if _, err := create(folders{}, filepath.Join(path, "no", "folder"), header()); err == nil {
		t.Error("created a journal below a file")
	}
	if _, _, err := Open(filepath.Join(t.TempDir(), "orders.jsonl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestTwoRunsCannotShareAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	j, err := create(folders{}, path, header())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Open(path)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) ||
		!strings.Contains(err.Error(), "another run is using this folder") {
		t.Errorf("Open while a run goes on: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, _, err = Open(path)
	if err != nil {
		t.Fatalf("Open after the run: %v", err)
	}
	if _, _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("Open while a resumed run goes on: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAppendRefusesAndGoesOn(t *testing.T) {
	m := newMemory()
	j, err := create(m, path, header())
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Entry{
		"nothing":             nil,
		"a foreign entry":     Foreign{"hedge"},
		"a header":            header(),
		"no outcome":          Ended{Outcome: Outcome(channel.Unusable) + 1},
		"no reason":           Finished{Reason: Reason(channel.NumReasons)},
		"a far future":        Note{At: UTC(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))},
		"a novel":             Note{Text: strings.Repeat("x", maxLine)},
		"an intent of no one": Intent{Order: 3},
	} {
		if err := j.Append(e); err == nil {
			t.Errorf("%s was appended", name)
		}
	}
	if _, err := create(newMemory(), path, Run{Speed: math.NaN()}); err == nil {
		t.Error("a speed that is no number was written")
	}
	goesOn(t, m, j, []Entry{header()})
}

// slow is a file whose syncs take a while, and which knows which lines they cover.
type slow struct {
	file
	written atomic.Int64 // lines
	synced  atomic.Int64 // of them
	syncs   atomic.Int64
	intents [workers * each]atomic.Int64 // by order: which line its intent is
}

const workers, each = 32, 20

func (s *slow) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	line := s.written.Add(1)
	if e, err := decode(bytes.TrimSuffix(b, []byte("\n")), int(line)+1); err == nil { // the header came before
		if i, is := e.(Intent); is {
			s.intents[i.Order].Store(line)
		}
	}
	return n, err
}

func (s *slow) Sync() error {
	written := s.written.Load()
	time.Sleep(time.Millisecond)
	s.syncs.Add(1)
	err := s.file.Sync()
	s.synced.Store(written) // one sync at a time
	return err
}

// TestGoroutinesShareASync: many append at once; each intent is on the disk when its Append returns, and
// yet there are far fewer syncs than intents.
func TestGoroutinesShareASync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	j, err := create(folders{}, path, header())
	if err != nil {
		t.Fatal(err)
	}
	s := &slow{file: j.file}
	j.file = s
	buy := func(n int) error {
		err := errors.Join(j.Append(Order{Order: n}), j.Append(Intent{Order: n, Reserved: 1}))
		if line := s.intents[n].Load(); line == 0 || s.synced.Load() < line {
			t.Errorf("the intent in line %d was acknowledged when %d lines were synced", line, s.synced.Load())
		}
		return errors.Join(err, j.Append(Ended{Order: n, Outcome: 1, Bill: Bill{Computed: 1}}))
	}
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := w; n < workers*each; n += workers {
				if err := buy(n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, found, err := Open(path)
	if err != nil || len(found.Entries) != 1+3*workers*each || fold(t, found.Entries).Spent() != workers*each {
		t.Errorf("found %+v, %v", found, err)
	}
	if syncs := s.syncs.Load(); syncs > workers*each/2 {
		t.Errorf("%d syncs for %d intents", syncs, workers*each)
	}
	t.Logf("%d syncs for %d intents", s.syncs.Load(), workers*each)
}

// TestSyncFailsForAllWhoWait: nobody takes another's failed sync for a success, and none is tried again.
func TestSyncFailsForAllWhoWait(t *testing.T) {
	m := newMemory()
	j, err := create(m, path, header())
	if err != nil {
		t.Fatal(err)
	}
	b := &broken{file: j.file}
	j.file = b
	var all sync.WaitGroup
	for n := range workers {
		all.Go(func() {
			// An order that comes after the failure is refused as well.
			if err := errors.Join(j.Append(Order{Order: n}), j.Append(Intent{Order: n})); !errors.Is(err, errDisk) {
				t.Errorf("an intent whose sync failed: %v, want %v", err, errDisk)
			}
		})
	}
	all.Wait()
	if err := j.Sync(); !errors.Is(err, errDisk) {
		t.Errorf("Sync: %v, want %v", err, errDisk)
	}
	if err := j.Close(); !errors.Is(err, errDisk) || b.syncs.Load() != 1 {
		t.Errorf("Close: %v, after %d syncs", err, b.syncs.Load())
	}
}

// broken is a file whose syncs fail once and then succeed, as some systems' do though the data is lost.
type broken struct {
	file
	syncs atomic.Int64
}

func (b *broken) Sync() error {
	time.Sleep(time.Millisecond)
	if b.syncs.Add(1) == 1 {
		return errDisk
	}
	return nil
}

func TestBillCountsTheLarger(t *testing.T) {
	more, less := money.Micros(150), money.Micros(50)
	for _, tt := range []struct {
		bill Bill
		want money.Micros
	}{{Bill{Computed: 100}, 100}, {Bill{Computed: 100, Reported: &more}, 150},
		{Bill{Computed: 100, Reported: &less}, 100}} {
		if got := tt.bill.Charge(); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.bill, got, tt.want)
		}
	}
}

// TestLineIsAsDocumented holds the format to a line written out by hand, its CRC-32C computed bit by bit in
// another language.
func TestLineIsAsDocumented(t *testing.T) {
	got := string(written(t, []Entry{Intent{Order: 3, Attempt: 1, At: UTC(dawn.In(time.FixedZone("", 3600))),
		Channel: "reverse", Reserved: 120_000}}))
	want := `{"n":1,"kind":"intent","order":3,"attempt":1,"at":"2026-11-22T03:04:05.000000678Z","channel":"reverse","step":0,"reserved_micros":120000,"crc":"5d1992af"}` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestEveryOutcomeAndReasonHasItsName(t *testing.T) {
	for o := channel.Pending; o <= channel.Unusable; o++ {
		text, err := Outcome(o).MarshalText()
		var back Outcome
		if err = errors.Join(err, back.UnmarshalText(text)); err != nil || string(text) != o.String() || back != Outcome(o) {
			t.Errorf("%v is written %q, read %v: %v", o, text, back, err)
		}
	}
	for r := range channel.NumReasons {
		text, err := Reason(r).MarshalText()
		var back Reason
		if err = errors.Join(err, back.UnmarshalText(text)); err != nil || string(text) != r.String() || back != Reason(r) {
			t.Errorf("%v is written %q, read %v: %v", r, text, back, err)
		}
	}
}

func BenchmarkAppendIntent(b *testing.B) {
	j, err := create(folders{}, filepath.Join(b.TempDir(), "orders.jsonl"), header())
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1))
			if err := errors.Join(j.Append(Order{Order: n}), j.Append(Intent{Order: n})); err != nil {
				b.Error(err)
			}
		}
	})
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
