package journal

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"channelbench/internal/sealed"
)

// tornError says that a journal ends in a line that was cut short, as a crash leaves it, or in nothing but
// zeros. What comes before is whole.
type tornError struct {
	Line  int   // its number
	Bytes int64 // that are no entry
}

func (e *tornError) Error() string {
	return fmt.Sprintf("line %d: cut short by a crash after %d bytes", e.Line, e.Bytes)
}

// BadLineError says that a line was changed after it was written, or isn't of a journal. What comes after it
// can't be trusted, and is not read.
type BadLineError struct {
	Line int // its number, from 1
	Err  error
}

func (e *BadLineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong with the line.
func (e *BadLineError) Unwrap() error { return e.Err }

// Read yields the entries of a journal, in order and at any time: a run that goes on may be
// read as well. An error is the last that it yields: that a crash cut the journal short, a *BadLineError, or that of r.
func Read(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) { newReader(r).all(yield) }
}

// reader reads lines up to the first that is not whole.
type reader struct {
	in    *sealed.Reader
	lines int   // that are valid
	valid int64 // bytes of them
	bare  bool  // the last of them lacks its newline, and nothing else
	torn  int64 // bytes after them
}

func newReader(r io.Reader) *reader { return &reader{in: sealed.NewReader(r, maxLine)} }

// all yields the entries that are left, and the error that ends them, if any.
func (r *reader) all(yield func(Entry, error) bool) {
	for {
		e, err := r.next()
		if errors.Is(err, io.EOF) || !yield(e, err) || err != nil {
			return
		}
	}
}

// next returns the next entry, or io.EOF after the last.
func (r *reader) next() (Entry, error) {
	s, err := r.in.Next()
	if err != nil {
		return nil, err
	}
	e, err := decode(s.Text, r.lines+1)
	switch {
	case err == nil && r.lines == 0:
		err = headed(e)
	case err != nil && cutShort(&s):
		r.torn = s.Size
		return nil, &tornError{r.lines + 1, s.Size}
	}
	if err != nil {
		return nil, &BadLineError{r.lines + 1, err}
	}
	r.lines++
	r.valid += s.Size
	r.bare = !s.Ended
	return e, nil
}

// headed says whether a first entry is a header that this version understands.
func headed(e Entry) error {
	run, is := e.(Run)
	if !is {
		return errors.New("it is not the header of a journal")
	}
	if run.Schema != Schema {
		return fmt.Errorf("the schema is %.60q, want %q", run.Schema, Schema)
	}
	return nil
}

// cutShort says whether a crash explains that the segment is no entry: a line of ours whose end is
// missing, or zeros where the disk never got what was written. A line that has its newline or its
// checksum was whole once, so it may be an intent that a submit followed: that is no crash.
func cutShort(s *sealed.Segment) bool {
	return !s.Ended && s.Solid <= maxLine && !sealed.Ended(s.Text[:s.Solid])
}
