package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// TornError says that a journal ends in a line that was cut short, as a crash leaves it, or in nothing but
// zeros. What comes before is whole.
type TornError struct {
	Line  int   // its number
	Bytes int64 // that are no entry
}

func (e *TornError) Error() string {
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
// read as well. An error is the last that it yields: a *TornError, a *BadLineError, or that of r.
func Read(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) { newReader(r).all(yield) }
}

// reader reads lines up to the first that is not whole.
type reader struct {
	r     *bufio.Reader
	lines int   // that are valid
	valid int64 // bytes of them
	bare  bool  // the last of them lacks its newline, and nothing else
	torn  int64 // bytes after them
}

func newReader(r io.Reader) *reader { return &reader{r: bufio.NewReaderSize(r, 16<<10)} }

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
	s, err := r.segment()
	if err != nil {
		return nil, err
	}
	e, err := decode(s.text, r.lines+1)
	switch {
	case err == nil && r.lines == 0:
		err = headed(e)
	case err != nil && s.cutShort():
		r.torn = s.size
		return nil, &TornError{r.lines + 1, s.size}
	}
	if err != nil {
		return nil, &BadLineError{r.lines + 1, err}
	}
	r.lines++
	r.valid += s.size
	r.bare = !s.ended
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

// segment is what lies between two newlines.
type segment struct {
	text  []byte // without the newline; cut at a little more than maxLine
	size  int64  // with it
	solid int64  // up to the last byte that is not zero
	ended bool   // by a newline
}

// segment reads up to the next newline, or io.EOF where nothing is left.
func (r *reader) segment() (segment, error) {
	var s segment
	for {
		part, err := r.r.ReadSlice('\n')
		if n := len(bytes.TrimRight(part, "\x00")); n > 0 {
			s.solid = s.size + int64(n)
		}
		s.size += int64(len(part))
		if len(s.text) <= maxLine {
			s.text = append(s.text, part...)
		}
		switch {
		case err == nil:
			s.ended = true
			s.text = bytes.TrimSuffix(s.text, []byte("\n"))
			return s, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && s.size > 0:
			return s, nil
		default:
			return s, err
		}
	}
}

// cutShort says whether a crash explains that the segment is no entry: a line of ours whose end is
// missing, or zeros where the disk never got what was written. A line that has its newline or its
// checksum was whole once, so it may be an intent that a submit followed: that is no crash.
func (s *segment) cutShort() bool {
	return !s.ended && s.solid <= maxLine && !sealed(s.text[:s.solid])
}
