package journal

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// ErrLocked says that another run, of this program or another, has the journal open.
var ErrLocked = errors.New("another run is using this folder")

// disk is what a journal needs of a file system, so that tests can let each of its calls fail.
type disk interface {
	create(path string) (file, error) // a new file, locked; an error where it exists
	open(path string) (file, error)   // one that exists, locked
	extend(path string) (file, error) // one to append to, made where it is missing
	syncFolder(path string) error     // of the folder that holds path
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

func (folders) create(path string) (file, error) {
	return locked(path, appending|os.O_CREATE|os.O_EXCL)
}

func (folders) open(path string) (file, error) { return locked(path, appending) }

func (folders) extend(path string) (file, error) {
	return os.OpenFile(path, appending|os.O_CREATE, 0o600)
}

func (folders) syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func locked(path string, flags int) (file, error) {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: errors.Join(err, f.Close())}
	}
	return f, nil
}
