package sealed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Segment is what lies between two newlines.
type Segment struct {
	Text  []byte // without the newline; cut at a little more than the longest line
	Size  int64  // with it
	Solid int64  // up to the last byte that is not zero: a disk may never have got what was written
	Ended bool   // by a newline
}

// Reader reads a file by its newlines, and keeps no more of it than a line.
type Reader struct {
	r       *bufio.Reader
	longest int
}

// NewReader reads lines of so many bytes at most.
func NewReader(r io.Reader, longest int) *Reader {
	return &Reader{bufio.NewReaderSize(r, 16<<10), longest}
}

// Next returns what comes up to the next newline, or io.EOF where nothing is left.
func (r *Reader) Next() (Segment, error) {
	var s Segment
	for {
		part, err := r.r.ReadSlice('\n')
		if n := len(bytes.TrimRight(part, "\x00")); n > 0 {
			s.Solid = s.Size + int64(n)
		}
		s.Size += int64(len(part))
		if len(s.Text) <= r.longest {
			s.Text = append(s.Text, part...)
		}
		switch {
		case err == nil:
			s.Ended = true
			s.Text = bytes.TrimSuffix(s.Text, []byte("\n"))
			return s, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && s.Size > 0:
			return s, nil
		default:
			return s, err
		}
	}
}
