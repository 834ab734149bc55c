package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"channelbench/internal/sealed"
)

// maxLine is how long a line is at most, in bytes; a night takes about a thousand.
const maxLine = 1 << 20

// Entry is what a history holds: a Night or a Mark.
type Entry interface{ Night | Mark }

// lineOf is an entry as a line, with its newline.
func lineOf(e any) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return sealed.Line(body[:len(body)-1]), nil
}

// What a line can be that is none of ours. Where it is one of another version, its checksum is that version's matter.
var (
	errNotJSON = errors.New("is no JSON")
	errForeign = errors.New("is not a line of a history")
	errSeal    = errors.New("was changed after it was written, or is torn: its checksum is wrong")
	errTorn    = errors.New("was cut short while it was written")
)

// decode reads a line without its newline.
func decode(line []byte, ended bool) (kept, error) {
	var head struct{ Schema, Kind string }
	if err := json.Unmarshal(line, &head); err != nil {
		var syntax *json.SyntaxError
		switch {
		case bytes.HasPrefix(line, []byte(`{"schema":"channelbench/history/`)):
			return nil, errTorn
		case !errors.As(err, &syntax):
			return nil, errForeign
		case !ended && line[0] == '{':
			return nil, errTorn
		}
		return nil, errNotJSON
	}
	switch {
	case head.Schema == "" || !bytes.HasPrefix([]byte(head.Schema), []byte("channelbench/history/")):
		return nil, errForeign
	case head.Schema != Schema:
		return nil, fmt.Errorf("has the schema %.60q, and this version reads %q", head.Schema, Schema)
	}
	if !sealed.Intact(line) {
		return nil, errSeal
	}
	e := empty(head.Kind)
	if e == nil {
		return nil, fmt.Errorf("is of the kind %.40q, which only other versions know", head.Kind)
	}
	if err := json.Unmarshal(line, e); err != nil {
		return nil, fmt.Errorf("can't be read: %w", err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("can't be read: %w", err)
	}
	return e, nil
}

// kept is an entry that is read: a *Night, a *Mark or a *Reservation.
type kept interface{ check() error }

// empty is an entry of a kind, nil of one that is unknown.
func empty(kind string) kept {
	switch kind {
	case "night":
		return &Night{}
	case "accept":
		return &Mark{}
	case "reserved":
		return &Reservation{}
	}
	return nil
}

func (n *Night) check() (err error) {
	if n.Delivered < 0 || n.Delivered > n.Orders || n.InTime < 0 || n.InTime > n.Orders {
		return fmt.Errorf("%d orders can't be delivered, and %d in time, of %d", n.Delivered, n.InTime, n.Orders)
	}
	n.at, err = time.Parse(time.RFC3339, n.At)
	return err
}

func (m *Mark) check() (err error) {
	m.from, err = time.Parse(time.RFC3339, m.From)
	return err
}
