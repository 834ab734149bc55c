package history

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"channelbench/internal/money"
)

// reserve asks for a run of the month, and fails the test where that can't be known.
func reserve(t *testing.T, m Month, path, run string, most, bought money.Micros) money.Micros {
	t.Helper()
	_, granted, err := m.Reserve(path, NewReservation(november, run, m.Mode, "folder/"+run, most), bought, nil)
	if err != nil {
		t.Fatal(err)
	}
	return granted
}

// left is what a new run would find.
func left(t *testing.T, m Month, path string) money.Micros {
	t.Helper()
	b, err := m.Budget(path)
	if err != nil {
		t.Fatal(err)
	}
	return b.Left()
}

// keep puts on record what a run spent.
func keep(t *testing.T, m Month, path, run string, usd float64) {
	t.Helper()
	if err := Append(path, Night{Schema: Schema, Kind: "night", At: november.Format(time.RFC3339), Run: run, Mode: m.Mode,
		Engine: driven, SpentUSD: usd}); err != nil {
		t.Fatal(err)
	}
}

// ends also lets go what the run held.
func ends(t *testing.T, m Month, path, run string, usd float64) {
	t.Helper()
	keep(t, m, path, run, usd)
	if err := Release(path, run); err != nil {
		t.Fatal(err)
	}
}

func reservedText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(ReservedPath(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// TestReservations follows the money of a month through runs that overlap, are cut off and resumed.
func TestReservations(t *testing.T) {
	path, m := filepath.Join(t.TempDir(), "h.jsonl"), MonthOf(november, "live", 8*money.Dollar)
	for _, step := range []struct {
		what       string
		do         func() money.Micros
		want, left money.Micros // dollars
	}{
		{"a run takes its cap", func() money.Micros { return reserve(t, m, path, "a", 5*money.Dollar, 0) }, 5, 3},
		{"one beside it the rest", func() money.Micros { return reserve(t, m, path, "b", 5*money.Dollar, 0) }, 3, 0},
		{"its night is kept, and it is killed before it lets go", func() money.Micros { keep(t, m, path, "b", 1); return 0 },
			0, 0},
		{"a third nothing", func() money.Micros { return reserve(t, m, path, "c", 5*money.Dollar, 0) }, 0, 0},
		{"nor does a night that isn't theirs let go", func() money.Micros { ends(t, m, path, "z", 0); return 0 }, 0, 0},
		{"the first ends, and spent less", func() money.Micros { ends(t, m, path, "a", 2); return 0 }, 0, 3},
		{"which another one gets", func() money.Micros { return reserve(t, m, path, "d", 9*money.Dollar, 0) }, 3, 0},
		{"the second was cut off, and is resumed with what it held",
			func() money.Micros { return reserve(t, m, path, "b", 5*money.Dollar, 2*money.Dollar) }, 3, 0},
		{"the other one ends", func() money.Micros { ends(t, m, path, "d", 1); return 0 }, 0, 2},
		{"the second takes what came free", func() money.Micros {
			return reserve(t, m, path, "b", 6*money.Dollar,
				2*money.Dollar)
		}, 5, 0},
		{"and ends", func() money.Micros { ends(t, m, path, "b", 4); return 0 }, 0, 1},
		{"the first goes on: what it spent is part of what it gets",
			func() money.Micros { return reserve(t, m, path, "a", 4*money.Dollar, 2*money.Dollar) }, 3, 0},
		{"and counts once", func() money.Micros { ends(t, m, path, "a", 2.5); return 0 }, 0, 0},
	} {
		if got := step.do(); got != step.want*money.Dollar {
			t.Fatalf("%s: it gets %v, want $%d", step.what, got, step.want)
		}
		if got := left(t, m, path); got/money.Dollar != step.left {
			t.Fatalf("%s: %v is left, want $%d\n%s", step.what, got, step.left, reservedText(t, path))
		}
	}
	if text := reservedText(t, path); text != "" {
		t.Errorf("nobody holds anything, and there is\n%s", text)
	}
}

// TestReservationsOfOthers: mock runs don't take from live ones, and one that no month limits takes from those that
// one does.
func TestReservationsOfOthers(t *testing.T) {
	path, m := filepath.Join(t.TempDir(), "h.jsonl"), MonthOf(november, "live", 8*money.Dollar)
	mock := MonthOf(november, "mock", 8*money.Dollar)
	reserve(t, mock, path, "a", 7*money.Dollar, 0)
	if got := left(t, m, path); got != 8*money.Dollar {
		t.Errorf("beside a mock run %v is left", got)
	}
	if err := Hold(path, NewReservation(november, "b", "live", "folder", 6*money.Dollar)); err != nil {
		t.Fatal(err)
	}
	if got := left(t, m, path); got != 2*money.Dollar {
		t.Errorf("beside an unlimited run %v is left", got)
	}
	if got := left(t, MonthOf(november.AddDate(0, 1, 0), "live", 8*money.Dollar), path); got != 2*money.Dollar {
		t.Errorf("a month later %v is left: the run may still go on", got)
	}
}

// TestRefusedReservations leave everything as it was.
func TestRefusedReservations(t *testing.T) {
	path, m := filepath.Join(t.TempDir(), "h.jsonl"), MonthOf(november, "live", 8*money.Dollar)
	little := errors.New("too little")
	refuse := func(b *Budget) error {
		if b.Left() < 8*money.Dollar {
			return little
		}
		return nil
	}
	for _, run := range []string{"a", "b"} {
		_, _, err := m.Reserve(path, NewReservation(november, run, "live", "folder", money.Dollar), 0, refuse)
		if refused := errors.Is(err, little); refused != (run == "b") || err != nil && !refused {
			t.Errorf("run %s: %v", run, err)
		}
	}
	if err := Release(path, "a"); err != nil {
		t.Fatal(err)
	}
	refuse = func(*Budget) error { return little }
	if _, _, err := m.Reserve(path, NewReservation(november, "c", "live", "folder", money.Dollar), 0,
		refuse); !errors.Is(err, little) {
		t.Error(err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) > 0 {
		t.Errorf("something is left: %v, %v", files, err)
	}
}

// TestReservationsThatCannotBeTrusted are named, and nothing is spent beside them. What a crash left of a line never
// stood.
func TestReservationsThatCannotBeTrusted(t *testing.T) {
	m := MonthOf(november, "live", 8*money.Dollar)
	whole, err := lineOf(NewReservation(november, "a", "live", "folder", 5*money.Dollar))
	if err != nil {
		t.Fatal(err)
	}
	line := func(begun string) string { return string(sealedLine(`{"schema":"channelbench/history/v1",` + begun)) }
	for _, tt := range []struct {
		name, text string
		left       money.Micros
		wrong      string
	}{
		{"whole", string(whole), 3 * money.Dollar, ""},
		{"a line cut short by a crash", string(whole) + string(whole[:40]), 3 * money.Dollar, ""},
		{"nothing but that", string(whole[:40]), 8 * money.Dollar, ""},
		{"blank lines", "\n" + string(whole) + "\n", 3 * money.Dollar, ""},
		{"let go", string(whole) + line(`"kind":"reserved","run":"a","mode":"live"`), 8 * money.Dollar, ""},
		{"edited", strings.Replace(string(whole), "5000000", "1000000", 1), 0, "line 1 was changed after it was written"},
		{"cut in the middle", string(whole[:40]) + "\n" + string(whole), 0, "line 1 was cut short"},
		{"a night", string(whole) + spending(t, "2026-11-03T02:00:00Z", "live", "a", "live", 1), 0,
			"line 2 is no reservation"},
		{"negative", line(`"kind":"reserved","run":"a","mode":"live","reserved_micros":-5`), 0,
			`line 1 can't be read: a run "a" can't hold -$0.000005`},
		{"absurd", line(`"kind":"reserved","run":"a","mode":"live","reserved_micros":1e99`), 0, "line 1 can't be read"},
		{"nobody's", line(`"kind":"reserved","mode":"live","reserved_micros":5`), 0,
			`line 1 can't be read: a run "" can't hold`},
		{"two that are more than there is",
			line(`"kind":"reserved","run":"a","mode":"live","reserved_micros":9223372036854775807`) +
				line(`"kind":"reserved","run":"b","mode":"live","reserved_micros":9223372036854775807`), 0, ""},
		{"another version's", strings.Replace(string(whole), "history/v1", "history/v7", 1), 0,
			`line 1 has the schema "channelbench/history/v7"`},
		{"no line of ours", "{}\n", 0, "line 1 is not a line of a history"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.jsonl")
			if err := os.WriteFile(ReservedPath(path), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := m.Budget(path)
			if tt.wrong == "" {
				if err != nil || b.Left() != tt.left {
					t.Fatalf("%+v, %v; want %v left", b, err, tt.left)
				}
				if got := reserve(t, m, path, "n", 9*money.Dollar, 0); got != tt.left {
					t.Errorf("a new run gets %v, want %v", got, tt.left)
				}
				return
			}
			_, _, refused := m.Reserve(path, NewReservation(november, "n", "live", "folder", money.Dollar), 0, nil)
			for _, err := range []error{err, refused, Release(path, "a")} {
				if err == nil || !strings.Contains(err.Error(), "h.jsonl.reserved: "+tt.wrong) ||
					!strings.Contains(err.Error(), "\n  hint: ") {
					t.Errorf("%v, want %q and a hint", err, tt.wrong)
				}
			}
			if got := reservedText(t, path); got != tt.text {
				t.Errorf("the file was changed:\n%s", got)
			}
		})
	}
}

// TestMonthOfManyRuns lets runs of all lengths reserve, spend and end at once: at no time is more spent than the
// month has, and in the end nobody holds anything.
func TestMonthOfManyRuns(t *testing.T) {
	path, m := filepath.Join(t.TempDir(), "h.jsonl"), MonthOf(november, "live", 80*money.Dollar)
	const writers, runs = 6, 8
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range runs {
				run := fmt.Sprintf("%d.%d", w, i)
				for range 1 + random.IntN(2) { // some are resumed
					granted := reserve(t, m, path, run, 6*money.Dollar, 0)
					ends(t, m, path, run, (money.Micros(random.Int64N(int64(granted) + 1))).Dollars())
				}
			}
		})
	}
	all.Wait()
	b, err := m.Budget(path)
	if err != nil || b.Spent > b.Cap || b.Spent < b.Cap/2 || len(b.Held) > 0 || reservedText(t, path) != "" {
		t.Errorf("%+v, %v", b, err)
	}
}
