package bench

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// resealed numbers the lines of a journal and gives each a right checksum, whatever it holds.
func resealed(text []byte) []byte {
	var all []byte
	n := 0
	for line := range bytes.Lines(text) {
		n++
		begun, _, _ := bytes.Cut(bytes.TrimRight(line, "}\r\n"), []byte(`,"crc":"`))
		if _, rest, found := bytes.Cut(begun, []byte(`,"kind":"`)); found {
			begun = fmt.Appendf(nil, `{"n":%d,"kind":"%s`, n, rest)
		}
		sum := crc32.Checksum(append(bytes.Clone(begun), '}'), crc32.MakeTable(crc32.Castagnoli))
		all = fmt.Appendf(append(all, begun...), ",\"crc\":\"%08x\"}\n", sum)
	}
	return all
}

const damagedRun = `bench.run=["hybrid"]`

// interrupted is the journal of a run of four orders: one that was delivered, one whose job is open, one of which
// nothing is known, and one that was only announced.
func interrupted(t testing.TB) []byte {
	t.Helper()
	s := benchable(t, "starter", 4, damagedRun)
	o, _ := onMock(t, s, mockchannel.Options{})
	a, err := newAttack(s, &o)
	if err != nil {
		t.Fatal(err)
	}
	header := a.header(&o)
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	j, err := begun(path, header)
	if err != nil {
		t.Fatal(err)
	}
	after := func(seconds int) journal.Time {
		return journal.UTC(header.At.Add(time.Duration(seconds) * time.Second))
	}
	var entries []journal.Entry
	for i, p := range a.orders {
		entries = append(entries, journal.Order{Order: i, Strategy: "hybrid", Pair: p.Pair, Video: p.Class, Prompt: p.Prompt,
			Key: fmt.Sprintf("%016x", uint64(p.Key)), Scheduled: after(i)})
		if i < 3 {
			entries = append(entries, journal.Intent{Order: i, At: after(i), Channel: "reverse", Reserved: money.Dollar})
		}
		if i < 2 {
			entries = append(entries, journal.Accepted{Order: i, At: after(i + 1), Job: journal.Job{ID: fmt.Sprint("job-", i)},
				Status: 200})
		}
	}
	entries = append(entries, journal.Ended{Outcome: journal.Outcome(channel.Delivered), Submitted: after(0),
		Ready: after(60), Fetched: after(61), At: after(61), Polls: 6,
		Bill: journal.Bill{Computed: 120_000}}, journal.Finished{At: after(61), Delivered: true, Latency: time.Minute})
	for _, e := range entries {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// resumed goes on with a journal.
func resumed(t *testing.T, text []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := benchable(t, "starter", 4, damagedRun)
	o, _ := onMock(t, s, mockchannel.Options{})
	o.Journal, o.Resume = path, true
	past, err := ReadPast(path)
	if err != nil {
		return err
	}
	if past.Speed <= 0 { // the mock channels go at the speed of life
		o.Speed = past.Speed
	}
	_, err = Run(t.Context(), s, o)
	return err
}

// TestAJournalOfAnotherSchedule: what was written into a journal, with its checksum right, is refused before anything
// is submitted.
func TestAJournalOfAnotherSchedule(t *testing.T) {
	whole := string(interrupted(t))
	for _, tt := range []struct{ name, was, is, want string }{
		{"as it was", "", "", ""},
		{"a pair out of reach", `"pair":3`, `"pair":1000000000000`,
			"order 3 of the journal (pair 1000000000000, video 0) is none of this run's 4"},
		{"another video", `"order":3,"strategy":"hybrid","pair":3,"video":`,
			`"order":3,"strategy":"hybrid","pair":3,"video":7`, "(pair 3, video 70) is none of this run's 4"},
		{"a pair before the first", `"pair":3`, `"pair":-3`, "(pair -3, video 0) is none"},
		{"a strategy that isn't driven", `"order":3,"strategy":"hybrid"`, `"order":3,"strategy":"reverse"`, ""},
		{"an order too many", `"order":3,"strategy"`, `"order":4,"strategy"`, "order 4 of the journal"},
		{"no channel", `"channel":"reverse"`, `"channel":"nowhere"`, `attempt 0 of order 0 was made on "nowhere"`},
		{"a clock that stands", `"speed":1`, `"speed":0`, "runs at 1x"},
		{"a clock that goes backwards", `"speed":1`, `"speed":-60`, "runs at -60x"},
		{"too much money", `"reserved_micros":1000000`, `"reserved_micros":9000000000000000000`, "is too large"},
		{"a key that is none", `"key":"`, `"key":"zz`, "is no number of 16 hex digits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(whole, tt.was, tt.is, 3)
			if text == whole && tt.was != "" {
				t.Fatalf("%q isn't in the journal:\n%s", tt.was, whole)
			}
			synctest.Test(t, func(t *testing.T) {
				err := resumed(t, resealed([]byte(text)))
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
			})
		})
	}
}

// FuzzResume goes on with any journal whose checksums are right: whatever it says, the run ends without a panic.
func FuzzResume(f *testing.F) {
	f.Add(interrupted(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		synctest.Test(t, func(t *testing.T) {
			if err := resumed(t, resealed(text)); err != nil && strings.Contains(err.Error(), "panic") {
				var refused *RefusedError
				t.Errorf("%v, refused: %v", err, errors.As(err, &refused))
			}
		})
	})
}
