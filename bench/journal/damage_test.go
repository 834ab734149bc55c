package journal

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"channelbench/internal/proof"
)

// path is where journals on a disk in memory are.
const path = "orders.jsonl"

// entries is how many a damaged journal has.
func entries() int { return proof.Size(16, 40) }

// reopened opens the journal that text is, on a disk in memory.
func reopened(text []byte) (*memory, *Journal, *Recovered, error) {
	m := newMemory()
	m.files[path] = &content{now: slices.Clone(text), synced: slices.Clone(text)}
	j, found, err := open(m, path)
	return m, j, found, err
}

// firstLines says that the entries are the first of want.
func firstLines(got, want []Entry) bool {
	return len(got) <= len(want) && reflect.DeepEqual(got, append([]Entry(nil), want[:len(got)]...))
}

// TestCutAtEveryByte: whatever is missing at the end, no wrong record is read, nothing is lost, and the
// journal goes on.
func TestCutAtEveryByte(t *testing.T) {
	told := history(seeded(1), entries())
	text := written(t, told)
	for size := range len(text) {
		whole := bytes.Count(text[:size+1], []byte("\n")) // a line that lacks its newline only is whole
		cut := text[:size]
		got, err := read(string(cut))
		var torn *tornError
		if !firstLines(got, told) || len(got) != whole || err != nil && !errors.As(err, &torn) {
			t.Fatalf("cut at byte %d: %d entries, %v; want the first %d", size, len(got), err, whole)
		}
		m, j, found, err := reopened(cut)
		if whole == 0 {
			if err == nil || !bytes.Equal(m.files[path].now, cut) || len(m.files) != 1 {
				t.Fatalf("cut at byte %d, in the header: %v, files %v", size, err, m.files)
			}
			continue
		}
		if err != nil || len(found.Entries) != whole || found.Bytes+found.Torn < int64(size) {
			t.Fatalf("cut at byte %d: found %+v, %v", size, found, err)
		}
		checkKept(t, m, cut, found)
		goesOn(t, m, j, told[:whole])
	}
	t.Logf("cut at each of %d bytes", len(text))
}

// checkKept checks that what there was is in the journal or beside it.
func checkKept(t *testing.T, m *memory, was []byte, found *Recovered) {
	t.Helper()
	var beside []byte
	if found.Torn > 0 {
		beside = m.files[path+".torn"].synced
		if len(beside) != int(found.Torn)+1 || len(found.Warnings) == 0 {
			t.Fatalf("%d torn bytes, %d of them kept, warnings %q", found.Torn, len(beside), found.Warnings)
		}
	}
	now := m.files[path].synced
	if all := append(slices.Clone(now), beside...); !bytes.Equal(bytes.TrimSuffix(all, []byte("\n")),
		bytes.TrimSuffix(was, []byte("\n"))) {
		t.Fatalf("%d bytes became %d and %d beside", len(was), len(now), len(beside))
	}
}

// goesOn appends to a journal, and reads what it then holds.
func goesOn(t *testing.T, m *memory, j *Journal, before []Entry) {
	t.Helper()
	more := []Entry{Order{Order: 99, Strategy: "s"}, Intent{Order: 99, Channel: "c", Reserved: 5}}
	for _, e := range more {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := read(string(m.files[path].synced))
	if err != nil || !reflect.DeepEqual(got, append(slices.Clone(before), more...)) {
		t.Fatalf("after %d entries and two more, there are %d: %v", len(before), len(got), err)
	}
}

// TestFlipABitInEveryByte: of a journal with one wrong bit, no wrong record is read; and since all of its
// lines were whole once, none is taken for a torn one.
func TestFlipABitInEveryByte(t *testing.T) {
	told := history(seeded(2), entries())
	text := written(t, told)
	for i := range text {
		mask := byte(1) << (i % 8)
		checkFlip(t, told, text, i, mask)
		text[i] ^= mask
		m, _, _, err := reopened(text)
		if err == nil || len(m.files) != 1 || !bytes.Equal(m.files[path].now, text) {
			t.Fatalf("byte %d: opened with %v, files %v", i, err, m.files)
		}
		text[i] ^= mask
	}
	t.Logf("flipped a bit in each of %d bytes", len(text))
}

// TestFlipEveryBit is the same for all bits of a shorter journal.
func TestFlipEveryBit(t *testing.T) {
	told := history(seeded(6), entries()/4)
	text := written(t, told)
	for i := range text {
		for bit := range 8 {
			checkFlip(t, told, text, i, 1<<bit)
		}
	}
	t.Logf("flipped each of %d bits", 8*len(text))
}

// checkFlip checks that a wrong byte ends what is read at its line, and gives it back its value.
func checkFlip(t *testing.T, told []Entry, text []byte, i int, mask byte) {
	t.Helper()
	line := bytes.Count(text[:i], []byte("\n")) + 1
	text[i] ^= mask
	got, err := read(string(text))
	var bad *BadLineError
	if !firstLines(got, told) || len(got) != line-1 || !errors.As(err, &bad) || bad.Line != line {
		t.Fatalf("byte %d, in line %d, changed by %#x: %d entries, %v", i, line, mask, len(got), err)
	}
	text[i] ^= mask
}

// TestZerosAtTheEnd: file systems may leave zeros where data never got to the disk.
func TestZerosAtTheEnd(t *testing.T) {
	told := history(seeded(3), 10)
	text := written(t, told)
	for size := range len(text) {
		cut := append(slices.Clone(text[:size]), make([]byte, 5000)...)
		whole := bytes.Count(text[:size], []byte("\n"))
		m, j, found, err := reopened(cut)
		if whole == 0 || text[size] == '\n' { // a whole line without its newline, and zeros: no crash looks like that
			if err == nil || len(m.files) != 1 {
				t.Fatalf("zeros from byte %d: found %+v", size, found)
			}
			continue
		}
		if err != nil || len(found.Entries) != whole {
			t.Fatalf("zeros from byte %d: found %+v, %v", size, found, err)
		}
		checkKept(t, m, cut, found)
		goesOn(t, m, j, told[:whole])
	}
}

func TestWrongLines(t *testing.T) {
	told := history(seeded(4), 8)
	lines := bytes.SplitAfter(written(t, told), []byte("\n"))
	lines = lines[:len(told)]
	again := func(n int, kind, body string) []byte { return lineOf(n, kind, []byte(body)) }
	huge := bytes.Repeat([]byte("x"), maxLine+100_000)
	for _, tt := range []struct {
		name string
		text [][]byte
		line int
		want string
	}{
		{"a line missing", slices.Concat(lines[:3], lines[4:]), 4, "it was written as line 5"},
		{"a line twice", slices.Concat(lines[:4], lines[3:]), 5, "it was written as line 4"},
		{"an empty line", slices.Concat(lines[:2], [][]byte{{'\n'}}, lines[2:]), 3, "its checksum is wrong"},
		{"a foreign line", slices.Concat(lines[:2], [][]byte{[]byte("hello\n")}), 3, "its checksum is wrong"},
		{"a foreign file", [][]byte{[]byte("hello\nworld\n")}, 1, "its checksum is wrong"},
		{"another schema", [][]byte{again(1, "run", `{"schema":"channelbench/orders/v2"}`)}, 1,
			`the schema is "channelbench/orders/v2", want "channelbench/orders/v1"`},
		{"no header", [][]byte{again(1, "note", `{"text":"hello"}`)}, 1, "it is not the header of a journal"},
		{"an unknown outcome", slices.Concat(lines[:1], [][]byte{again(2, "ended", `{"outcome":"eaten"}`)}), 2,
			`ended: unknown outcome "eaten"`},
		{"an unknown reason", slices.Concat(lines[:1], [][]byte{again(2, "finished", `{"reason":"hunger"}`)}), 2,
			`finished: unknown reason "hunger"`},
		{"a time that is none", slices.Concat(lines[:1], [][]byte{again(2, "note", `{"at":"yesterday"}`)}), 2,
			"parsing time"},
		{"a text for a number", slices.Concat(lines[:1], [][]byte{again(2, "order", `{"order":"1"}`)}), 2,
			"cannot unmarshal string"},
		{"no JSON", slices.Concat(lines[:1], [][]byte{again(2, "order", `{"order"}`)}), 2, "invalid character"},
		{"endless", slices.Concat(lines[:1], [][]byte{huge}), 2, "its checksum is wrong"},
		{"two headers", slices.Concat(lines[:1], [][]byte{again(2, "run", `{"schema":"channelbench/orders/v1"}`)}), 2,
			"has no other"},
		{"an attempt twice", slices.Concat(lines[:1],
			[][]byte{again(2, "order", `{"order":0}`), again(3, "intent", `{"order":0}`), again(4, "intent", `{"order":0}`)}), 4,
			"order 0 made 1 attempts, so attempt 0 may not be submitted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := bytes.Join(tt.text, nil)
			m, _, _, err := reopened(text)
			var bad *BadLineError
			if !errors.As(err, &bad) || bad.Line != tt.line || !bytes.Contains([]byte(err.Error()), []byte(tt.want)) {
				t.Errorf("opened with %v; want line %d: %s", err, tt.line, tt.want)
			}
			if len(m.files) != 1 || !bytes.Equal(m.files[path].now, text) {
				t.Error("a journal that can't be opened was changed")
			}
		})
	}
}

func TestKindsOfNewerVersionsAreKept(t *testing.T) {
	text := written(t, []Entry{header(), Order{Order: 0}})
	text = append(text, lineOf(3, "hedge", []byte(`{"order":0,"with":"x"}`))...)
	text = append(text, lineOf(4, "note", []byte(`{"at":"2026-11-22T03:04:05.000000000Z","text":"hi","mood":"fine"}`))...)
	m, j, found, err := reopened(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`orders.jsonl: 1 lines of the kind "hedge", which only newer versions know, are kept and skipped`}
	if len(found.Entries) != 4 || !slices.Equal(found.Warnings, want) || j.state.foreign["hedge"] != 1 {
		t.Errorf("found %+v", found)
	}
	if err := j.Append(Foreign{"hedge"}); err == nil {
		t.Error("an entry of an unknown kind was written")
	}
	goesOn(t, m, j, []Entry{header(), Order{Order: 0}, Foreign{"hedge"}, Note{UTC(dawn.Truncate(1e9)), "hi"}})
}
