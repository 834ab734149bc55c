package journal

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
)

// Recovered is what Open found.
type Recovered struct {
	Entries  []Entry  // of the valid lines
	Bytes    int64    // of them
	Torn     int64    // bytes after them, which were moved to the file named like the journal with ".torn" behind
	Warnings []string // for people: what was moved or skipped
}

// Open continues a journal that an earlier run left. A last line that was cut short is moved to the end of
// path + ".torn", byte for byte; one that lacks its newline only gets it. A wrong line
// that no crash explains is a *BadLineError, and changes nothing: such a journal needs a person.
// Entries of unknown kinds stay, and are warned of. When Open returns, all that it found is on the
// disk. ErrLocked says that another run goes on there.
func Open(path string) (*Journal, *Recovered, error) { return open(folders{}, path) }

func open(d disk, path string) (*Journal, *Recovered, error) {
	f, err := d.open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	j, found, err := recovered(d, f, path)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %s: %w", path, errors.Join(err, f.Close()))
	}
	return j, found, nil
}

func recovered(d disk, f file, path string) (*Journal, *Recovered, error) {
	lines := newReader(io.NewSectionReader(f, 0, math.MaxInt64))
	var entries []Entry
	s, err := Fold(func(yield func(Entry, error) bool) {
		lines.all(func(e Entry, err error) bool {
			if err == nil {
				entries = append(entries, e)
			}
			return yield(e, err)
		})
	})
	var torn *tornError
	switch {
	case lines.lines == 0 && (err == nil || errors.As(err, &torn)):
		return nil, nil, errors.New("it has no header, so nothing was submitted: begin in another folder")
	case err != nil && !errors.As(err, &torn):
		return nil, nil, err
	}
	found := &Recovered{Entries: entries, Bytes: lines.valid, Torn: lines.torn, Warnings: warnings(s, path, torn)}
	if torn != nil {
		err = cutOff(d, f, path, lines)
	} else if lines.bare {
		_, err = f.Write([]byte("\n"))
		found.Bytes++
	}
	if err = errors.Join(err, f.Sync()); err != nil {
		return nil, nil, err
	}
	j := newJournal(f, s)
	j.lines, j.synced = lines.lines, lines.lines
	return j, found, nil
}

// cutOff moves what follows the valid lines. It is on the disk in its new place before it leaves the old
// one; a crash between the two moves it twice.
func cutOff(d disk, f file, path string, lines *reader) error {
	t, err := d.extend(tornPath(path))
	if err != nil {
		return err
	}
	_, err = io.Copy(t, io.NewSectionReader(f, lines.valid, lines.torn))
	if err == nil {
		_, err = t.Write([]byte("\n"))
	}
	if err = errors.Join(err, t.Sync(), t.Close(), d.syncFolder(path)); err != nil {
		return err
	}
	return f.Truncate(lines.valid)
}

func tornPath(path string) string { return path + ".torn" }

func warnings(s *State, path string, torn *tornError) []string {
	var said []string
	if torn != nil {
		said = append(said, fmt.Sprintf("%s, line %d: a crash cut it short after %d bytes; they are now in %s",
			filepath.Base(path), torn.Line, torn.Bytes, filepath.Base(tornPath(path))))
	}
	for _, kind := range slices.Sorted(maps.Keys(s.foreign)) {
		said = append(said,
			fmt.Sprintf("%s: %d lines of the kind %.40q, which only newer versions know, are kept and skipped",
				filepath.Base(path), s.foreign[kind], kind))
	}
	return said
}
