package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked says that another run, of this program or another, has the journal open.
var ErrLocked = errors.New("another run is using this folder")

// disk is what a journal needs of a file system, so that tests can let each of its calls fail.
type disk interface {
	take(path string) (file, error)   // one that exists or is made, locked
	open(path string) (file, error)   // one that exists, locked
	extend(path string) (file, error) // one to append to, made where it is missing
	rename(from, to string) error     // in place of what is called so
	remove(path string) error
	syncFolder(path string) error // of the folder that holds path
}

// file is written at its end only. Closing it unlocks it.
type file interface {
	io.Writer
	io.ReaderAt
	Sync() error
	Truncate(size int64) error
	Close() error
}

// folders is the disk of the operating system. Files are for their owner only.
type folders struct{}

const appending = os.O_RDWR | os.O_APPEND

func (folders) take(path string) (file, error) { return locked(path, appending|os.O_CREATE) }

func (folders) open(path string) (file, error) { return locked(path, appending) }

func (folders) extend(path string) (file, error) {
	return os.OpenFile(path, appending|os.O_CREATE, 0o600)
}

func (folders) rename(from, to string) error { return os.Rename(from, to) }

func (folders) remove(path string) error { return os.Remove(path) }

func (folders) syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// locked opens a file and locks it. Whoever held the lock before may have removed or renamed the file in between; the
// lock of such a one is worth nothing.
func locked(path string, flags int) (file, error) {
	for {
		f, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			return nil, &os.PathError{Op: "lock", Path: path, Err: errors.Join(err, f.Close())}
		}
		if is, err := named(f, path); err != nil || is {
			if err != nil {
				return nil, errors.Join(err, f.Close())
			}
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
