package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"channelbench/internal/inert"
	"channelbench/internal/sealed"
)

// Log is what a history holds.
type Log struct {
	Nights   []Night // of each group and strategy in the order of time
	Marks    []Mark
	Problems []Problem // lines that are left out, and why
}

// Problem is a line that is left out of all statistics. It stays in the file.
type Problem struct {
	Line int // from 1
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("line %d %s", p.Line, inert.Line(p.Text)) }

// Read reads a history. Only what r says is an error: a line that can't be used is a Problem.
func Read(r io.Reader) (*Log, error) {
	l := &reader{log: &Log{}, places: map[place]int{}, latest: map[place]time.Time{}}
	if err := scan(r, l.take); err != nil {
		return nil, err
	}
	return l.log, nil
}

// scan hands on the lines that aren't blank, by their numbers, and whether a newline ends them.
func scan(r io.Reader, take func(number int, line []byte, ended bool)) error {
	lines := sealed.NewReader(r, maxLine)
	for number := 1; ; number++ {
		s, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if line := bytes.TrimRight(s.Text, "\r"); len(bytes.TrimSpace(line)) > 0 {
			take(number, line, s.Ended)
		}
	}
}

type reader struct {
	log    *Log
	places map[place]int       // of nights in the log
	latest map[place]time.Time // by group and strategy
}

// place is what only one night of a history has.
type place struct {
	Group
	strategy string
	at       time.Time
	seed     uint64
	run      string
}

func (l *reader) take(number int, line []byte, ended bool) {
	e, err := decode(line, ended)
	switch e := e.(type) {
	case *Mark:
		l.log.Marks = append(l.log.Marks, *e)
	case *Night:
		e.line = number
		l.night(e)
	case *Reservation:
		l.problem(number, "is a reservation, which belongs beside a history")
	default:
		l.problem(number, "%v", err)
	}
}

func (l *reader) problem(line int, format string, args ...any) {
	l.log.Problems = append(l.log.Problems, Problem{line, fmt.Sprintf(format, args...)})
}

// night files a night. A run that was resumed appends its nights again: the later line counts, in the earlier one's
// place. A line that comes late is left out: put in its place, it could change a baseline that was frozen.
func (l *reader) night(n *Night) {
	series := place{Group: n.group(), strategy: n.Strategy}
	key := series
	key.at, key.seed = n.at, n.Seed
	i, known := l.places[key] // as an older version wrote it
	if !known {
		key.run = n.Run
		i, known = l.places[key]
	}
	switch latest := l.latest[series]; {
	case known && same(&l.log.Nights[i], n):
		l.problem(n.line, "repeats line %d", l.log.Nights[i].line)
	case known:
		l.problem(l.log.Nights[i].line, "is superseded by line %d, of the same run later on", n.line)
		l.log.Nights[i] = *n
	case n.at.Before(latest):
		l.problem(n.line, "is out of order: %s of %s comes after %s", n.At, n.Strategy, latest.Format(time.RFC3339))
	default:
		l.places[key], l.latest[series] = len(l.log.Nights), n.at
		l.log.Nights = append(l.log.Nights, *n)
	}
}

func same(a, b *Night) bool {
	c := *a
	c.line = b.line
	return reflect.DeepEqual(&c, b)
}
