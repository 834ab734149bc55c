// Package journal keeps orders.jsonl, the record of truth of a live run: what was ordered, what was
// about to be submitted, what came of it and what it cost. It survives crashes.
//
// A line is one JSON object that ends in its own CRC-32C, is written by one call and never changed
// again. What money hangs on, an intent before its submit and the id of an accepted job, is on the disk
// before Append returns. After a crash, Open finds the longest valid prefix, moves what was
// cut short aside, and State says what may go on: no attempt is ever submitted twice.
//
// It deliberately decides nothing (package policy does), holds no cap (package ledger does), reads no
// clock, computes no figures, and writes no key, header or prompt: callers redact what they hand in.
//
//	c, err := journal.Take("out/night/orders.jsonl") // nobody else begins there any more
//	j, err := c.Begin(journal.Run{At: journal.UTC(now), Tool: version, Cap: limit})
//	err = j.Append(journal.Order{Order: 0, Strategy: "hybrid"})
//	err = j.Append(journal.Intent{Order: 0, Attempt: 0, Channel: "reverse", Reserved: worst})
//	// … submit only if err == nil …
//	err = j.Close()
//
// and after a crash:
//
//	j, found, err := journal.Open("out/night/orders.jsonl")
//	for _, e := range found.Entries { err = state.Apply(e) }
//	for _, a := range state.Open() { … } // settle by a.Accepted.Job
package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// errClosed is what Append returns after Close.
var errClosed = errors.New("the journal is closed")

// Journal appends to one orders.jsonl, which it holds locked until Close. It may be used by many
// goroutines at once; Take and Open lead to one.
type Journal struct {
	file file

	mu      sync.Mutex
	turn    sync.Cond // a sync has ended
	state   *State    // of every line written
	lines   int       // written
	synced  int       // of them, known to be on the disk
	syncing bool
	err     error // of the first write or sync that failed, or errClosed
}

func newJournal(f file, s *State) *Journal {
	j := &Journal{file: f, state: s}
	j.turn.L = &j.mu
	return j
}

// Append writes one entry. It refuses what doesn't follow from the lines before, such as a second
// intent for an attempt, and what is too long for a line; the journal is then as it was. After a
// write or a sync that failed it writes nothing any more, and returns that error each time: the
// disk may hold less than was written, and the run must end.
//
// Run, Intent and Accepted entries are on the disk when Append returns nil, with everything written
// before them. Goroutines that wait for the disk at the same time share a sync: each waits
// for one that began after its own line was written. Other entries wait for nothing; a crash of the
// machine, though not of the program, may lose those after the last sync.
func (j *Journal) Append(e Entry) error {
	body, err := bodyOf(e)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if err := j.state.Apply(e); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.write(lineOf(j.lines+1, e.kind(), body)); err != nil {
		return err
	}
	switch e.(type) {
	case Run, Intent, Accepted:
		return j.sync(j.lines)
	}
	return nil
}

// Sync returns when everything appended before is on the disk.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sync(j.lines)
}

func (j *Journal) write(line []byte) error {
	n, err := j.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return j.fail(err)
	}
	j.lines++
	return nil
}

// sync returns when so many lines are on the disk. The lock is held before and after, but not during.
func (j *Journal) sync(lines int) error {
	for j.err == nil && j.synced < lines {
		if j.syncing {
			j.turn.Wait()
			continue
		}
		j.syncing = true
		written := j.lines
		j.mu.Unlock()
		err := j.file.Sync()
		j.mu.Lock()
		j.syncing = false
		j.turn.Broadcast()
		if err != nil {
			return j.fail(err)
		}
		j.synced = written
	}
	if j.synced >= lines {
		return nil
	}
	return j.err
}

// fail remembers the first failure. A sync is not tried again: after one that failed, the next may
// succeed though the data is lost.
func (j *Journal) fail(err error) error {
	var named *fs.PathError
	if errors.As(err, &named) {
		err = named.Err // the name is the one that the file had before it began
	}
	if j.err == nil {
		j.err = fmt.Errorf("the journal can't be written any more: %w", err)
	}
	return j.err
}

// Close syncs, and releases the file and its lock. A second Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if errors.Is(j.err, errClosed) {
		return nil
	}
	err := j.sync(j.lines)
	for j.syncing {
		j.turn.Wait()
	}
	j.err = fmt.Errorf("journal: %w", errClosed)
	return errors.Join(err, j.file.Close())
}
