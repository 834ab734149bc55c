package journal

import (
	"errors"
	"io"
	"os"

	"channelbench/internal/sealed"
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

func (folders) take(path string) (file, error) { return locked(path, os.O_CREATE) }

func (folders) open(path string) (file, error) { return locked(path, 0) }

func (folders) extend(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, private)
}

func (folders) rename(from, to string) error { return os.Rename(from, to) }

func (folders) remove(path string) error { return os.Remove(path) }

func (folders) syncFolder(path string) error { return sealed.SyncFolder(path) }

const private = 0o600

func locked(path string, flags int) (file, error) {
	f, err := sealed.Open(path, flags, private, sealed.TryLock)
	switch {
	case errors.Is(err, sealed.ErrHeld):
		return nil, &os.PathError{Op: "lock", Path: path, Err: ErrLocked}
	case err != nil:
		return nil, err
	}
	return f, nil
}
