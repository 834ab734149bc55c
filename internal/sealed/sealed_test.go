package sealed

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestALineTellsWhetherItIsWhole(t *testing.T) {
	line := Line([]byte(`{"n":1,"kind":"note"`))
	if want := `{"n":1,"kind":"note","crc":"e57f0ec5"}` + "\n"; string(line) != want {
		t.Errorf("%q, want %q", line, want)
	}
	whole := line[:len(line)-1]
	if !Intact(whole) || !Ended(whole) {
		t.Errorf("%q isn't whole", whole)
	}
	for i := range whole {
		for bit := range 8 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << bit
			if Intact(changed) {
				t.Fatalf("%q passes for whole", changed)
			}
		}
		if cut := whole[:i]; Intact(cut) || Ended(cut) {
			t.Fatalf("%q passes for whole", cut)
		}
	}
	if seal := whole[len(whole)-sealSize:]; Intact(seal) {
		t.Errorf("%q is a seal without a line", seal)
	}
}

func TestSegments(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		name, text string
		want       []Segment
	}{
		{"nothing", "", nil},
		{"lines", "a\n\nb\n", []Segment{{[]byte("a"), 2, 2, true}, {nil, 1, 1, true}, {[]byte("b"), 2, 2, true}}},
		{"no newline at the end", "a\nb", []Segment{{[]byte("a"), 2, 2, true}, {[]byte("b"), 1, 1, false}}},
		{"zeros at the end", "a\nb\x00\x00", []Segment{{[]byte("a"), 2, 2, true}, {[]byte("b\x00\x00"), 3, 1, false}}},
		{"too long", long + "\nb\n", []Segment{{[]byte(long[:32<<10]), 100_001, 100_001, true}, {[]byte("b"), 2, 2, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tt.text), 20_000)
			for _, want := range tt.want {
				got, err := r.Next()
				if err != nil || !bytes.Equal(got.Text, want.Text) || got.Size != want.Size || got.Solid != want.Solid ||
					got.Ended != want.Ended {
					t.Errorf("%.40q of %d (%d, %v), %v; want %.40q of %d (%d, %v)",
						got.Text, got.Size, got.Solid, got.Ended, err, want.Text, want.Size, want.Solid, want.Ended)
				}
			}
			if s, err := r.Next(); err != io.EOF {
				t.Errorf("%+v, %v after the last", s, err)
			}
		})
	}
}

// TestOneAtATime: who tries is told that the file is held, and who waits gets the file that is there by then.
func TestOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if _, err := Open(path, 0, 0o600, TryLock); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a file that isn't there opens with %v", err)
	}
	first, err := Open(path, os.O_CREATE, 0o600, Lock)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, 0, 0o600, TryLock); !errors.Is(err, ErrHeld) {
		t.Errorf("a file that is held opens with %v", err)
	}
	got := make(chan error)
	go func() {
		second, err := Open(path, os.O_CREATE, 0o600, Lock)
		if err == nil {
			_, err = second.WriteString("second")
			err = errors.Join(err, second.Close())
		}
		got <- err
	}()
	time.Sleep(10 * time.Millisecond) // let it wait, for a file that goes away
	if err := errors.Join(os.Remove(path), first.Close(), <-got, SyncFolder(path)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "second" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
