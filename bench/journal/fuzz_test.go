package journal

import (
	"bytes"
	"reflect"
	"testing"

	"channelbench/internal/sealed"
)

// FuzzRead reads anything, as it is and with each line made to look whole. It checks that what is read can be
// written and read again, that a state takes or refuses it, and that Open agrees with Read and loses no byte.
func FuzzRead(f *testing.F) {
	text := written(f, history(seeded(20), 12))
	f.Add(text, false)
	f.Add(text[:len(text)-30], false)
	f.Add(append(text[:len(text)-30:len(text)-30], 0, 0, 0), false)
	f.Add(bare(text), true)
	f.Add([]byte(`{"schema":"channelbench/orders/v1"}`+"\n"+`{"order":1e3}`), true)
	f.Fuzz(func(t *testing.T, text []byte, reseal bool) {
		if reseal {
			text = resealed(text)
		}
		entries, ended := read(string(text))
		checkRoundTrip(t, entries)
		s, err := Fold(Read(bytes.NewReader(text)))
		m, j, found, opened := reopened(text)
		if opened != nil {
			if len(m.files) != 1 || !bytes.Equal(m.files[path].now, text) {
				t.Fatalf("not opened, %v, and changed", opened)
			}
			return
		}
		if !reflect.DeepEqual(found.Entries, entries) || !reflect.DeepEqual(j.state, s) ||
			(found.Torn > 0) != (ended != nil) {
			t.Fatalf("Read: %d entries, %v, %v; Open: %+v", len(entries), ended, err, found)
		}
		now := m.files[path].synced
		if found.Torn > 0 {
			now = append(bytes.Clone(now), m.files[path+".torn"].synced...)
		}
		if !bytes.Equal(bytes.TrimSuffix(now, []byte("\n")), bytes.TrimSuffix(text, []byte("\n"))) {
			t.Fatalf("%q became %q", text, now)
		}
		if err := j.Append(Note{}); err != nil {
			t.Fatal(err)
		}
	})
}

func checkRoundTrip(t *testing.T, entries []Entry) {
	for _, e := range entries {
		if _, foreign := e.(Foreign); foreign {
			continue
		}
		body, err := bodyOf(e)
		if err != nil {
			t.Fatalf("%+v was read and can't be written: %v", e, err)
		}
		line := lineOf(1, e.kind(), body)
		again, err := decode(bytes.TrimSuffix(line, []byte("\n")), 1)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%+v was read again as %+v: %v", e, again, err)
		}
	}
}

// bare is a journal without checksums, so that the fuzzer can change what they protect.
func bare(text []byte) []byte {
	var all []byte
	for line := range bytes.Lines(text) {
		all = append(append(all, line[:bytes.LastIndex(line, []byte(`,"crc":`))]...), '\n')
	}
	return all
}

// resealed gives each line a right checksum.
func resealed(text []byte) []byte {
	var all []byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("}"))
		all = append(all, sealed.Line(line)...)
	}
	return all
}
