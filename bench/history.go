package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
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

// takeJournal gets hold of the journal, so that nobody else uses it, and refuses what is there if it isn't the run's to
// go on with or to replace: what money was spent for stays.
func (a *attack) takeJournal(o *Options) (err error) {
	header := a.header(o)
	if o.Resume {
		return a.reopen(o, header)
	}
	if err := a.recorded.Take(header); err != nil {
		return &RefusedError{err}
	}
	if o.Journal == "" {
		return nil
	}
	if a.claim, err = journal.Take(o.Journal); err != nil {
		return refusal(err)
	}
	if was := a.claim.Was; was != nil && was.Live {
		return errors.Join(&RefusedError{&LiveError{o.Journal}}, a.claim.Leave())
	}
	return nil
}

// refusal is a journal that can't be had: a refusal, unless it is trouble of the disk.
func refusal(err error) error {
	var trouble *fs.PathError
	if errors.As(err, &trouble) && !errors.Is(err, journal.ErrLocked) {
		return err
	}
	return &RefusedError{err}
}

// leaveJournal leaves the journal as it was.
func (a *attack) leaveJournal() error {
	switch {
	case a.journal != nil:
		return a.closeJournal()
	case a.claim != nil:
		return a.claim.Leave()
	}
	return nil
}

// beginJournal begins the journal, or goes on with it. All else that the run is resumed from is there before its
// header.
func (a *attack) beginJournal(o *Options) (err error) {
	if o.Resume {
		return a.resume(o)
	}
	if o.Begin != nil {
		if err := o.Begin(); err != nil {
			return errors.Join(err, a.leaveJournal())
		}
	}
	if a.claim != nil {
		if a.journal, err = a.claim.Begin(a.recorded.Run); err != nil {
			return err
		}
	}
	limit, err := a.limit(o, o.Cap, 0)
	if err != nil {
		return errors.Join(err, a.unbegin(o))
	}
	a.ledger = ledger.New(limit)
	return nil
}

// LiveError says that a path holds the journal of a live run.
type LiveError struct{ Path string }

func (e *LiveError) Error() string { return e.Path + " is the record of a live run" }

// keep puts an entry on record: in the journal, if there is one, and for the figures.
func (a *attack) keep(e journal.Entry) error {
	if a.journal != nil {
		if err := a.journal.Append(e); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recorded.Take(e)
}

// name is what no other run is called, and the run itself when it is resumed, too: when it began.
func (a *attack) name() string { return a.recorded.Run.At.Format(time.RFC3339Nano) }

// at is when a time of the run was, for the journal.
func (a *attack) at(t time.Duration) journal.Time {
	return journal.UTC(a.clock.origin.Add(a.clock.real(t)))
}

// reopen gets hold of the journal of an earlier run.
func (a *attack) reopen(o *Options, header journal.Run) error {
	j, found, err := journal.Open(o.Journal)
	if err != nil {
		return err
	}
	a.journal, a.warnings = j, found.Warnings
	if err := a.continues(found.Entries[0].(journal.Run), header); err != nil {
		return errors.Join(&RefusedError{err}, j.Close())
	}
	for _, e := range found.Entries {
		err := a.scheduled(e)
		if err == nil {
			err = a.recorded.Take(e)
		}
		if err != nil {
			return errors.Join(&RefusedError{err}, j.Close())
		}
	}
	return nil
}

// resume goes on with the journal of an earlier run: it books what that spent and what stands reserved, drops from
// the schedule what was begun, and leaves the jobs to settle in a.left.
func (a *attack) resume(o *Options) error {
	now := journal.UTC(time.Now())
	err := a.restore(o)
	if err == nil {
		err = a.restoreStops(o, now)
	}
	if err == nil {
		err = a.tellResumed(o, now)
	}
	if err != nil {
		return errors.Join(err, a.journal.Close())
	}
	return nil
}

// tellResumed drops what was begun, and says, for people and on record, what is left.
func (a *attack) tellResumed(o *Options, now journal.Time) error {
	s := a.recorded.State()
	left := a.orders[:0]
	for _, p := range a.orders {
		if !s.Begun(p.Index) && !s.Finished(p.Index) {
			left = append(left, p)
		}
	}
	a.orders = left
	for i := len(left) - 1; i >= 0; i-- {
		left[i].At -= left[0].At
	}
	text := fmt.Sprintf("resumed: %d orders are left, %d jobs are open, %d attempts stay reserved for good, %v is spent",
		len(left), len(a.left), len(s.Lost()), s.Spent())
	for _, w := range append(a.warnings, text) {
		a.notice(w)
	}
	if o.Recap {
		if err := a.keep(journal.Cap{At: now, Cap: o.Cap}); err != nil {
			return err
		}
	}
	return a.keep(journal.Note{At: now, Text: text})
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
	case was.Speed != is.Speed || !(was.Speed > 0):
		return fmt.Errorf("the journal is of a run at %vx, and this one runs at %vx", was.Speed, is.Speed)
	}
	return nil
}

// scheduled says why an entry is of no order of this run's schedule, or of none of its channels: somebody wrote it
// since.
func (a *attack) scheduled(e journal.Entry) error {
	switch e := e.(type) {
	case journal.Order:
		if e.Order >= len(a.orders) || e.Pair < 0 || e.Pair >= a.scenario.Bench.Orders ||
			e.Video < 0 || e.Video >= len(a.model.Classes) {
			return fmt.Errorf("order %d of the journal (pair %d, video %d) is none of this run's %d",
				e.Order, e.Pair, e.Video, len(a.orders))
		}
	case journal.Intent:
		if !slices.Contains(a.driven, e.Channel) {
			return fmt.Errorf("attempt %d of order %d was made on %q, which is no channel of this run",
				e.Attempt, e.Order, e.Channel)
		}
	}
	return nil
}

// restore books in the ledger what the journal says. What nobody can ask about stays reserved for good.
func (a *attack) restore(o *Options) error {
	s := a.recorded.State()
	own, committed := s.Cap(), s.Spent()
	if o.Recap {
		own = o.Cap
	}
	open, lost := a.split(s)
	var standing []money.Micros
	var err error
	for _, t := range append(open, lost...) {
		standing = append(standing, t.Intent.Reserved)
		if committed, err = money.Add(committed, t.Intent.Reserved); err != nil {
			return err
		}
	}
	limit, err := a.limit(o, own, committed)
	if err != nil {
		return err
	}
	a.ledger = ledger.New(limit)
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

// split tells the attempts that a channel can be asked about from those of which nobody will ever know.
func (a *attack) split(s *journal.State) (open, lost []journal.Attempt) {
	lost = s.Lost()
	for _, t := range s.Open() {
		if t.Accepted == nil && a.endpointOf(&t).finder == nil { // another version of this tool could ask
			lost = append(lost, t)
		} else {
			open = append(open, t)
		}
	}
	return open, lost
}

// Past is what a journal says of the run that wrote it.
type Past struct {
	Live  bool
	Speed float64
	Set   []string // overrides of its scenario
}

// ReadPast reads what a journal says of its run, as far as it can be read. It is an fs.ErrNotExist where there is none.
func ReadPast(path string) (*Past, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for e, err := range journal.Read(f) {
		run, is := e.(journal.Run)
		if !is {
			return nil, fmt.Errorf("%s: %w", path, errors.Join(err, errors.New("it has no header, so nothing was submitted")))
		}
		return &Past{Live: run.Live, Speed: run.Speed, Set: run.Set}, nil
	}
	return nil, fmt.Errorf("%s is empty, so nothing was submitted", path)
}
