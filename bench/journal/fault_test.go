package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// life is a run, a crash that tears its journal, and a second run that goes on. It returns the entries that
// were acknowledged, and the first error.
func life(m *memory) (acknowledged []Entry, err error) {
	told := history(seeded(5), 40)
	j, err := create(m, path, header())
	if err != nil {
		return nil, err
	}
	acknowledged = told[:1]
	if acknowledged, err = appendAll(j, told[1:20], acknowledged); err != nil {
		return acknowledged, err
	}
	c := m.files[path]
	c.now, c.locked = append(c.now, `{"n":21,"kind":"intent","ord`...), false
	j, _, err = open(m, path)
	if err != nil {
		return acknowledged, err
	}
	return appendAll(j, told[20:], acknowledged)
}

// appendAll appends until something fails, then makes sure that the journal stays silent.
func appendAll(j *Journal, entries, acknowledged []Entry) ([]Entry, error) {
	acknowledged = slices.Clone(acknowledged)
	for _, e := range entries {
		if err := j.Append(e); err != nil {
			after := j.Append(Note{UTC(dawn), "more"})
			if closing := j.Close(); closing == nil || after == nil || after.Error() != err.Error() {
				return acknowledged, fmt.Errorf("after %w it says %v, and closing %v", err, after, closing)
			}
			return acknowledged, err
		}
		acknowledged = append(acknowledged, e)
	}
	return acknowledged, j.Close()
}

// TestEveryCallFails lets each call to the disk fail in turn. Each is an error of ours, and what was
// acknowledged before is still there.
func TestEveryCallFails(t *testing.T) {
	calls := 0
	for _, partial := range []bool{false, true} {
		for n := 1; ; n++ {
			m := newMemory()
			m.failAt, m.partial = n, partial
			acknowledged, err := life(m)
			if m.failed == nil {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			calls++
			if !errors.Is(err, errDisk) {
				t.Fatalf("call %d fails: %v, want %v", n, err, errDisk)
			}
			m.failAt = 0
			checkIntact(t, m, n, acknowledged)
		}
	}
	t.Logf("%d calls failed in turn", calls)
}

func checkIntact(t *testing.T, m *memory, n int, acknowledged []Entry) {
	t.Helper()
	c := m.files[path]
	if len(acknowledged) == 0 {
		return // there may be no file, or one without a whole header
	}
	c.locked = false
	if _, _, err := open(m, path); err != nil {
		t.Fatalf("call %d failed, and the journal can't be opened: %v", n, err)
	}
	got, err := read(string(c.now))
	if err != nil || len(got) < len(acknowledged) || !firstLines(acknowledged, got) {
		t.Fatalf("call %d failed, and of %d acknowledged entries there are %d: %v", n, len(acknowledged), len(got), err)
	}
}

// TestShortWrite: a write that takes less than it was given, and says nothing.
func TestShortWrite(t *testing.T) {
	m := newMemory()
	j, err := create(m, path, header())
	if err != nil {
		t.Fatal(err)
	}
	j.file = short{j.file}
	if err := j.Append(Note{}); err == nil {
		t.Error("a short write went unnoticed")
	}
}

type short struct{ file }

func (s short) Write(b []byte) (int, error) { return s.file.Write(b[:len(b)-1]) }

// TestPowerLoss takes the power away at any moment, with any part of what was not synced lost or zero:
// no synced entry is missing, and the journal goes on.
func TestPowerLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		told := history(pick, rapid.IntRange(1, 30).Draw(t, "entries"))
		m := newMemory()
		j, err := create(m, path, header())
		if err != nil {
			t.Fatal(err)
		}
		synced := 1
		for i, e := range told[1:] {
			if err := j.Append(e); err != nil {
				t.Fatal(err)
			}
			switch e.(type) {
			case Intent, Accepted:
				synced = i + 2
			}
			if pick(8) == 0 {
				if err := j.Sync(); err != nil {
					t.Fatal(err)
				}
				synced = i + 2
			}
		}
		m.loses(pick)
		if m.files[path] == nil {
			t.Fatal("the file's name was lost")
		}
		before := bytes.Clone(m.files[path].now)
		_, found, err := open(m, path)
		if err != nil && wholeThenZeros(before) {
			return // indistinguishable from damage, so a person must look
		}
		if err != nil || len(found.Entries) < synced {
			t.Fatalf("%d of %d synced entries are left: %v", len(found.Entries), synced, err)
		}
		got, err := read(string(m.files[path].now))
		if err != nil || !firstLines(got, told) || len(got) != len(found.Entries) {
			t.Fatalf("%d entries, %v", len(got), err)
		}
	})
}

// wholeThenZeros says whether the last line is whole but for its newline, which became zero.
func wholeThenZeros(text []byte) bool {
	solid := bytes.TrimRight(text, "\x00")
	return len(solid) < len(text) && bytes.HasSuffix(solid, []byte(`"}`))
}
