package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"channelbench/internal/sealed"
)

// Append adds entries at the end of a history, which is made where it is missing: all of them in one write, under a
// lock where the system has one, so that several runs may append at once. When it returns, they are on the disk.
// Nothing that is in the file is changed; after a line that was cut short, the next one begins on a line of its own.
func Append[E Entry](path string, entries ...E) error {
	var batch []byte
	for _, e := range entries {
		line, err := lineOf(e)
		if err != nil {
			return fmt.Errorf("history %s: %w", path, err)
		}
		batch = append(batch, line...)
	}
	if len(batch) == 0 {
		return nil
	}
	if err := appendBatch(path, batch); err != nil {
		return fmt.Errorf("history %s: %w", path, err)
	}
	return nil
}

func appendBatch(path string, batch []byte) error {
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close() // frees the lock; what was written is synced before
	if err := sealed.Lock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err // without locks, appending in one write has to do
	}
	torn, err := endsTorn(f)
	if err != nil {
		return err
	}
	if torn {
		batch = append([]byte{'\n'}, batch...)
	}
	if _, err := f.Write(batch); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if errors.Is(missing, fs.ErrNotExist) {
		return syncFolder(path)
	}
	return nil
}

// endsTorn says whether the file ends within a line.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return last[0] != '\n', err
}

// syncFolder makes the name of a new file last, where the disk can do that.
func syncFolder(path string) error {
	if err := sealed.SyncFolder(path); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
