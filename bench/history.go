package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/recording"
	"channelbench/internal/money"
)

// header is what the journal says of the run.
func (a *attack) header(o *Options) journal.Run {
	sum := sha256.Sum256([]byte(strings.Join(o.Prompts, "\n")))
	return journal.Run{
		Schema: journal.Schema, At: journal.UTC(time.Now()), Tool: o.Version, ScenarioSHA256: a.scenario.SHA256(),
		PurchaseSHA256: a.scenario.PurchaseSHA256(), Seed: a.scenario.Seed, Live: o.Live, Speed: o.Speed, Cap: o.Cap,
		Set: a.scenario.Set, PromptsSHA256: hex.EncodeToString(sum[:]),
	}
}

// openJournal begins the journal, or goes on with one.
func (a *attack) openJournal(o *Options) error {
	header := a.header(o)
	if o.Resume {
		return a.resume(o, header)
	}
	a.entries = []journal.Entry{header}
	a.ledger = ledger.New(o.Cap)
	if o.Journal != "" {
		if err := clear(o.Journal); err != nil {
			return err
		}
		var err error
		if a.journal, err = journal.Create(o.Journal, header); err != nil {
			return err
		}
	}
	return o.begin()
}

func (o *Options) begin() error {
	if o.Begin == nil {
		return nil
	}
	return o.Begin()
}

// LiveError says that a path holds the journal of a live run.
type LiveError struct{ Path string }

func (e *LiveError) Error() string { return e.Path + " is the record of a live run" }

// clear takes the journal of an earlier run on mock channels away, unless that still goes on. One that money was
// spent for stays.
func clear(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	j, found, err := journal.Open(path)
	if err != nil {
		return &RefusedError{err}
	}
	if err := j.Close(); err != nil {
		return err
	}
	if found.State.Run().Live {
		return &RefusedError{&LiveError{path}}
	}
	return os.Remove(path)
}

// keep puts an entry on record: in the journal, if there is one, and for the figures.
func (a *attack) keep(e journal.Entry) error {
	if a.journal != nil {
		if err := a.journal.Append(e); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, e)
	return nil
}

// recorded are the orders as the entries tell them.
func (a *attack) recorded() ([]recording.Order, error) {
	return recording.Read(a.kept())
}

// kept are the entries by now.
func (a *attack) kept() iter.Seq2[journal.Entry, error] {
	a.mu.Lock()
	entries := a.entries // what is appended later isn't in it
	a.mu.Unlock()
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// started is when the run began, by which a history knows it; one that was resumed, when it first did.
func (a *attack) started() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.entries[0].(journal.Run).At.Format("2006-01-02T15:04:05.000Z")
}

// at is when a time of the run was, for the journal.
func (a *attack) at(t time.Duration) journal.Time {
	return journal.UTC(a.clock.origin.Add(a.clock.real(t)))
}

// resume goes on with the journal of an earlier run: it books what that spent and what stands reserved, drops from
// the schedule what was begun, and leaves the jobs to settle in a.left.
func (a *attack) resume(o *Options, header journal.Run) error {
	j, found, err := journal.Open(o.Journal)
	if err != nil {
		return err
	}
	a.journal = j
	if err := a.continues(found.State.Run(), header); err != nil {
		return errors.Join(&RefusedError{err}, j.Close())
	}
	if err := errors.Join(a.reread(o.Journal), a.restore(o, found.State)); err != nil {
		return errors.Join(err, j.Close())
	}
	if err := a.restoreStops(o, header.At); err != nil {
		return errors.Join(err, j.Close())
	}
	left := a.orders[:0]
	for _, p := range a.orders {
		if !found.State.Begun(p.Index) && !found.State.Finished(p.Index) {
			left = append(left, p)
		}
	}
	a.orders = left
	for i := len(left) - 1; i >= 0; i-- {
		left[i].At -= left[0].At
	}
	text := fmt.Sprintf("resumed: %d orders are left, %d jobs are open, %d attempts stay reserved for good, %v is spent", len(left), len(a.left), len(found.State.Lost()), found.State.Spent())
	for _, w := range append(found.Warnings, text) {
		a.notice(w)
	}
	if o.Cap > 0 {
		if err := a.keep(journal.Cap{At: header.At, Cap: o.Cap}); err != nil {
			return err
		}
	}
	return errors.Join(a.keep(journal.Note{At: header.At, Text: text}), o.begin())
}

// continues says why a run can't go on with a journal.
func (a *attack) continues(was, is journal.Run) error {
	switch {
	case was.ScenarioSHA256 != is.ScenarioSHA256:
		return errors.New("the journal is of another scenario, or of other --set overrides")
	case was.PromptsSHA256 != is.PromptsSHA256:
		return errors.New("the journal is of other prompts")
	case was.Live != is.Live:
		return fmt.Errorf("the journal is of a run with live = %v, and this one has live = %v", was.Live, is.Live)
	case was.Speed != is.Speed:
		return fmt.Errorf("the journal is of a run at %vx, and this one runs at %vx", was.Speed, is.Speed)
	}
	return nil
}

// reread reads the entries that are there.
func (a *attack) reread(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for e, err := range journal.Read(f) {
		if err != nil {
			return err
		}
		a.entries = append(a.entries, e)
	}
	return nil
}

// restore books in the ledger what the journal says. What nobody can ask about stays reserved for good.
func (a *attack) restore(o *Options, s *journal.State) error {
	limit := o.Cap
	if limit == 0 {
		limit = s.Cap()
	}
	a.ledger = ledger.New(limit)
	open, lost := s.Open(), s.Lost()
	var standing []money.Micros
	for _, t := range append(open, lost...) {
		standing = append(standing, t.Intent.Reserved)
	}
	holds, err := a.ledger.Restore(s.Spent(), s.Overrun(), standing)
	if err != nil {
		return err
	}
	for i, t := range open {
		a.left = append(a.left, remnant{t, holds[i]})
	}
	for i, t := range lost {
		if err := errors.Join(a.ledger.Keep(holds[len(open)+i]), a.lose(&t)); err != nil {
			return err
		}
	}
	return nil
}

// Past is what a journal says of the run that wrote it.
type Past struct {
	Live    bool
	Speed   float64
	Set     []string     // overrides of its scenario
	Started time.Time    // as the record says it
	Cap     money.Micros // as it was raised or lowered last
}

// ReadPast reads what a journal says of its run, as far as it can be read. It is an fs.ErrNotExist where there is none.
func ReadPast(path string) (*Past, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var past *Past
	for e, err := range journal.Read(f) {
		switch e := e.(type) {
		case journal.Run:
			past = &Past{Live: e.Live, Speed: e.Speed, Set: e.Set, Started: e.At.Truncate(time.Millisecond), Cap: e.Cap}
		case journal.Cap:
			past.Cap = e.Cap
		}
		if past == nil {
			return nil, fmt.Errorf("%s: %w", path, errors.Join(err, errors.New("it has no header, so nothing was submitted")))
		}
	}
	if past == nil {
		return nil, fmt.Errorf("%s is empty, so nothing was submitted", path)
	}
	return past, nil
}
