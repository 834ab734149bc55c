package sealed

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrHeld says that another open file, of this process or another, holds the lock.
var ErrHeld = errors.New("it is locked")

// Open opens a file to read it and to append to it, and locks it by Lock or TryLock; flags may add os.O_CREATE. Closing
// the file, or the end of the program, frees it. Whoever held the lock before may have removed or renamed the file in
// between; the lock of such a one is worth nothing.
func Open(path string, flags int, mode fs.FileMode, lock func(*os.File) error) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|flags, mode)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			return nil, &os.PathError{Op: "lock", Path: path, Err: errors.Join(err, f.Close())}
		}
		if is, err := named(f, path); err != nil {
			return nil, errors.Join(err, f.Close())
		} else if is {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// named says whether a file is the one that a path names.
func named(f *os.File, path string) (bool, error) {
	held, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, there), err
}

// SyncFolder makes the names in the folder that holds a path last.
func SyncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
