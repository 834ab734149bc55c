package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/sealed"
)

// Reservation is what a run may come to, from before its first submit until its night is kept. A run that is killed
// leaves it standing: what it spent is in no night. All that stand are in a file beside the history, which is gone when
// none does.
type Reservation struct {
	Schema   string       `json:"schema"`
	Kind     string       `json:"kind"` // "reserved"
	At       string       `json:"at"`
	Run      string       `json:"run"` // its name, as in nights: when it began
	Mode     string       `json:"mode"`
	Folder   string       `json:"folder"`          // from which it can be resumed
	Reserved money.Micros `json:"reserved_micros"` // for what it buys in this month; 0: nothing any more

	Line int `json:"-"` // of its file
}

// NewReservation is one of a run.
func NewReservation(at time.Time, run, mode, folder string, amount money.Micros) Reservation {
	return Reservation{Schema: Schema, Kind: "reserved", At: at.UTC().Format(time.RFC3339), Run: run, Mode: mode,
		Folder: folder, Reserved: amount}
}

func (r *Reservation) check() error {
	if r.Run == "" || r.Reserved < 0 {
		return fmt.Errorf("a run %.40q can't hold %v", r.Run, r.Reserved)
	}
	return nil
}

// ReservedPath is the file of reservations beside a history.
func ReservedPath(path string) string { return path + ".reserved" }

// Reserve puts on record what a run may come to in the month, as far as the month has it: r.Reserved or less, but never
// less than what the run has bought in it before. Runs that reserve at once do so one after the other. refuse may find
// that too little is left; then nothing is reserved. nil: it takes what there is.
func (m Month) Reserve(
	path string, r Reservation, bought money.Micros, refuse func(*Budget) error,
) (*Budget, money.Micros, error) {
	var b *Budget
	err := change(path, func(held []Reservation) (_ *Reservation, err error) {
		if b, err = m.budget(path, held, r.Run); err != nil {
			return nil, err
		}
		if refuse != nil {
			if err := refuse(b); err != nil {
				return nil, err
			}
		}
		r.Reserved = max(bought, min(r.Reserved, b.Left()))
		return &r, nil
	})
	if errors.Is(err, errors.ErrUnsupported) {
		err = fmt.Errorf("runs that overlap would spend the same money: %w\n"+
			"  hint: keep the history on a disk that knows locks", err)
	}
	return b, r.Reserved, err
}

// Hold puts on record what a run may come to that no month limits, for those that one does. Without locks it does
// nothing.
func Hold(path string, r Reservation) error {
	err := change(path, func([]Reservation) (*Reservation, error) { return &r, nil })
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// Release ends what a run holds, if it holds anything. Its night is in the history by then.
func Release(path, run string) error {
	if _, err := os.Stat(ReservedPath(path)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := change(path, func(held []Reservation) (*Reservation, error) {
		i := slices.IndexFunc(held, func(r Reservation) bool { return r.Run == run })
		if i < 0 {
			return nil, nil
		}
		return &Reservation{Schema: Schema, Kind: "reserved", At: held[i].At, Run: run}, nil
	})
	if errors.Is(err, errors.ErrUnsupported) {
		return nil // nothing was held without locks
	}
	return err
}

// held are the reservations that stand. What a crash left of a line that was being written never stood.
func held(path string) ([]Reservation, error) {
	var all []Reservation
	err := trusted(ReservedPath(path), true, func(number int, _ []byte, e kept) error {
		r, is := e.(*Reservation)
		if !is {
			return errors.New("is no reservation")
		}
		r.Line = number
		all = with(all, r)
		return nil
	})
	return all, err
}

// with are the reservations with that of one run in place of what it held before.
func with(all []Reservation, r *Reservation) []Reservation {
	all = slices.DeleteFunc(all, func(other Reservation) bool { return other.Run == r.Run })
	if r.Reserved > 0 {
		all = append(all, *r)
	}
	return all
}

// change has the file of reservations to itself, and puts on record what is decided; nil: nothing. A file that holds
// nothing any more is taken away before others get at it.
func change(path string, decide func([]Reservation) (*Reservation, error)) error {
	f, err := alone(ReservedPath(path))
	if err != nil {
		return err
	}
	defer f.Close() // frees the lock
	all, err := held(path)
	if err != nil {
		return err
	}
	r, err := decide(all)
	if err == nil && r != nil {
		all = with(all, r)
	}
	switch {
	case len(all) == 0:
		return errors.Join(err, os.Remove(f.Name()), syncFolder(path))
	case err != nil || r == nil:
		return err
	}
	line, err := lineOf(*r)
	if err == nil {
		err = extend(f, line)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return syncFolder(path)
}

// dropEmpty takes a file away that was made for nothing.
func dropEmpty(path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() > 0 {
		return nil
	}
	return os.Remove(path)
}

// alone opens a file, which is made where it is missing, and waits until nobody else has it.
func alone(path string) (*os.File, error) {
	f, err := sealed.Open(path, os.O_CREATE, 0o644, sealed.Lock)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(err, dropEmpty(path))
	}
	return f, err
}

// extend adds a line to a file, in place of what a crash left after the last newline.
func extend(f *os.File, line []byte) error {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, math.MaxInt64))
	if err != nil {
		return err
	}
	if err := f.Truncate(int64(bytes.LastIndexByte(text, '\n') + 1)); err != nil {
		return err
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}
