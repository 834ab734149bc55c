package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// Claim is a path that a run has to itself before its journal begins. A journal that is there already stays until then.
type Claim struct {
	Was *Run // the header of the journal that is there; nil: none that ever began

	disk  disk
	path  string
	fresh file // becomes the journal
	old   file // what is there; nil: nothing
}

// Take claims a path for a new journal. ErrLocked says that another run goes on there or is about to begin, a
// *BadLineError that what is there is no journal.
func Take(path string) (*Claim, error) { return take(folders{}, path) }

func take(d disk, path string) (*Claim, error) {
	fresh, err := d.take(freshPath(path))
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	c := &Claim{disk: d, path: path, fresh: fresh}
	if err := c.look(); err != nil {
		return nil, fmt.Errorf("create journal: %s: %w", path, errors.Join(err, c.Leave()))
	}
	return c, nil
}

// freshPath is what a journal is called until its header is on the disk: it is never seen without one.
func freshPath(path string) string { return path + ".new" }

// look locks and reads what is there.
func (c *Claim) look() (err error) {
	if c.old, err = c.disk.open(c.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, err := newReader(io.NewSectionReader(c.old, 0, math.MaxInt64)).next()
	var torn *tornError
	switch {
	case errors.Is(err, io.EOF) || errors.As(err, &torn):
		return nil // nothing was submitted without a header
	case err != nil:
		return err
	}
	run := first.(Run)
	c.Was = &run
	return nil
}

// Begin begins the journal, readable by its owner only, with the header that run gives; its schema is filled in. It
// takes the place of what was there. When Begin returns without an error, the header and the file's name are on the
// disk; after an error the path is claimed no more.
func (c *Claim) Begin(run Run) (*Journal, error) {
	run.Schema = Schema
	j := newJournal(c.fresh, &State{})
	err := c.fresh.Truncate(0) // what a crash left there
	if err == nil {
		err = j.Append(run)
	}
	if err == nil {
		err = c.disk.rename(freshPath(c.path), c.path)
	}
	if err == nil {
		err = c.disk.syncFolder(c.path)
	}
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", errors.Join(err, c.Leave()))
	}
	if c.old != nil {
		_ = c.old.Close() // nobody can get at it any more
	}
	return j, nil
}

// Leave gives the path up, and leaves what was there as it was. Locks are held until all else is done.
func (c *Claim) Leave() error {
	err := c.disk.remove(freshPath(c.path))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it has become the journal
	}
	if c.old != nil {
		err = errors.Join(err, c.old.Close())
	}
	return errors.Join(err, c.fresh.Close())
}
