package journal

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// State is what a journal says so far: which orders ended, which attempts are still open, what was spent. It is
// made of nothing but the entries; the zero State is that of an empty journal.
type State struct {
	run            Run
	limit          money.Micros
	foreign        map[string]int
	orders         map[int]*order
	spent, overrun money.Micros
}

type order struct {
	entry    *Order // nil once it is not needed any more
	attempts []attempt
	finished bool
}

type attempt struct {
	phase    phase
	intent   *Intent   // nil once closed
	accepted *Accepted // nil until accepted, and once closed
}

// phase is how much is known of an attempt's bill.
type phase uint8

const (
	pending   phase = iota // maybe submitted; what came of it isn't on record
	abandoned              // its order waits no longer; its bill is still to come
	closed                 // its bill is known
	kept                   // its bill will never be known
)

// Attempt is a submit whose bill isn't known.
type Attempt struct {
	Order    Order
	Intent   Intent
	Accepted *Accepted // nil: no acceptance is on record
	Kept     bool      // it is on record that its bill will never be known
}

// Fold returns the state after the given entries, up to the first error, which it returns too.
func Fold(entries iter.Seq2[Entry, error]) (*State, error) {
	s := &State{}
	line := 0
	for e, err := range entries {
		if err != nil {
			return s, err
		}
		line++
		if err := s.Apply(e); err != nil {
			return s, &BadLineError{line, err}
		}
	}
	return s, nil
}

// Apply adds one entry. An entry that doesn't follow from those before is an error and changes nothing.
func (s *State) Apply(e Entry) error {
	if _, header := e.(Run); header == (s.run.Schema != "") {
		return errors.New("a journal begins with its header, and has no other")
	}
	var err error
	switch e := e.(type) {
	case nil:
		return errNoEntry
	case Run:
		return s.begin(e)
	case Order:
		err = s.order(e)
	case Intent:
		err = s.intend(e)
	case Accepted:
		err = s.accept(e)
	case Ended:
		err = s.end(e)
	case Settled:
		err = s.settle(e)
	case Finished:
		err = s.finish(e)
	case Cap:
		s.limit = e.Cap
	case Foreign:
		if s.foreign == nil {
			s.foreign = map[string]int{}
		}
		s.foreign[e.Kind]++
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.kind(), err)
	}
	return nil
}

func (s *State) begin(r Run) error {
	if err := headed(r); err != nil {
		return err
	}
	s.run, s.limit, s.orders = r, r.Cap, map[int]*order{}
	return nil
}

func (s *State) order(e Order) error {
	if e.Order < 0 {
		return fmt.Errorf("there is no order %d", e.Order)
	}
	o := s.orders[e.Order]
	if o != nil && (len(o.attempts) > 0 || o.finished) {
		return fmt.Errorf("order %d has begun already", e.Order)
	}
	s.orders[e.Order] = &order{entry: &e}
	return nil
}

// maySubmit says whether an intent for an attempt may follow: the order isn't finished, the attempt is the
// next one, and it is on record how those before it ended for their order, but for one that it hedges.
// Whether another attempt may follow an ambiguous one is the policy's to say.
func (s *State) maySubmit(i Intent) bool {
	o := s.orders[i.Order]
	if o == nil {
		return i.Order >= 0 && i.Attempt == 0 && !i.Hedge
	}
	running := 0
	for k := range o.attempts {
		if o.attempts[k].phase == pending {
			running++
		}
	}
	if i.Hedge {
		running--
	}
	return !o.finished && i.Attempt == len(o.attempts) && running == 0
}

func (s *State) intend(e Intent) error {
	o := s.orders[e.Order]
	switch {
	case o == nil:
		return fmt.Errorf("order %d was not announced", e.Order)
	case e.Reserved < 0:
		return fmt.Errorf("%s can't be reserved", e.Reserved)
	case !s.maySubmit(e):
		return fmt.Errorf("order %d made %d attempts, so attempt %d may not be submitted (finished: %v)", e.Order,
			len(o.attempts), e.Attempt, o.finished)
	}
	o.attempts = append(o.attempts, attempt{intent: &e})
	return nil
}

// attempt finds an attempt whose bill may still become known.
func (s *State) attempt(order, number int) (*order, *attempt, error) {
	o := s.orders[order]
	if o == nil || number < 0 || number >= len(o.attempts) {
		return nil, nil, fmt.Errorf("attempt %d of order %d was never begun", number, order)
	}
	a := &o.attempts[number]
	if a.phase == closed || a.phase == kept {
		return nil, nil, fmt.Errorf("attempt %d of order %d was over already", number, order)
	}
	return o, a, nil
}

func (s *State) accept(e Accepted) error {
	_, a, err := s.attempt(e.Order, e.Attempt)
	if err != nil {
		return err
	}
	if a.accepted != nil {
		return fmt.Errorf("attempt %d of order %d was accepted already", e.Attempt, e.Order)
	}
	a.accepted = &e
	return nil
}

func (s *State) end(e Ended) error {
	o, a, err := s.attempt(e.Order, e.Attempt)
	if err != nil {
		return err
	}
	if a.phase != pending {
		return fmt.Errorf("attempt %d of order %d has ended already", e.Attempt, e.Order)
	}
	if e.Open() && a.accepted != nil || channel.Outcome(e.Outcome) == channel.Abandoned {
		a.phase = abandoned
		return nil
	}
	return s.conclude(o, a, e.Outcome, e.Bill)
}

func (s *State) settle(e Settled) error {
	o, a, err := s.attempt(e.Order, e.Attempt)
	if err != nil {
		return err
	}
	return s.conclude(o, a, e.Outcome, e.Bill)
}

// conclude books what an attempt cost, or that nobody will ever know.
func (s *State) conclude(o *order, a *attempt, outcome Outcome, b Bill) error {
	switch channel.Outcome(outcome) {
	case channel.Pending:
		return errors.New("a pending attempt has not ended")
	case channel.Ambiguous:
		a.phase = kept
		return nil
	}
	if b.Computed < 0 {
		return fmt.Errorf("a charge can't be %s", b.Computed)
	}
	if b.Unproven {
		a.phase = kept
		return nil
	}
	spent, err := money.Add(s.spent, b.Charge())
	if err != nil {
		return err
	}
	s.spent = spent
	s.overrun += max(0, b.Charge()-a.intent.Reserved)
	*a = attempt{phase: closed}
	o.forget()
	return nil
}

func (s *State) finish(e Finished) error {
	o := s.orders[e.Order]
	if o == nil || o.finished {
		return fmt.Errorf("order %d is not open", e.Order)
	}
	o.finished = true
	o.forget()
	return nil
}

// forget drops what nobody can ask for any more, so that long runs stay small.
func (o *order) forget() {
	over := func(a attempt) bool { return a.phase != closed }
	if o.finished && !slices.ContainsFunc(o.attempts, over) {
		o.entry = nil
	}
}

// Run is the header; its Schema is "" where there is none yet.
func (s *State) Run() Run { return s.run }

// Cap is what the run may spend, in micro-dollars.
func (s *State) Cap() money.Micros { return s.limit }

// Spent is the sum of all known bills, in micro-dollars.
func (s *State) Spent() money.Micros { return s.spent }

// Overrun is what of Spent was billed beyond what was reserved for it, in micro-dollars.
func (s *State) Overrun() money.Micros { return s.overrun }

// Begun says whether anything was, or may have been, submitted for an order.
func (s *State) Begun(order int) bool {
	o := s.orders[order]
	return o != nil && len(o.attempts) > 0
}

// Finished says whether an order has ended.
func (s *State) Finished(order int) bool {
	o := s.orders[order]
	return o != nil && o.finished
}

// Open lists the attempts whose job the channel can be asked about, for its bill, by order and attempt: by the job's
// id or, where no acceptance is on record, by the order's token. What was reserved for each still stands.
func (s *State) Open() []Attempt {
	return s.where(func(a *attempt) bool { return a.phase != closed && !a.lost() })
}

// Lost lists the attempts whose bill nobody will ever know, by order and attempt: the answer to the submit
// was lost, the program ended before it was on record, or the job failed and nothing says whether that is
// billed. They are never submitted again, and what was reserved for each stands for good.
func (s *State) Lost() []Attempt {
	return s.where(func(a *attempt) bool { return a.phase != closed && a.lost() })
}

// lost says whether the attempt's bill can't be found out.
func (a *attempt) lost() bool {
	if a.phase == kept || a.accepted == nil {
		return a.phase == kept || a.intent.Token == ""
	}
	return !a.accepted.findable()
}

func (s *State) where(wanted func(*attempt) bool) []Attempt {
	var found []Attempt
	for _, i := range slices.Sorted(maps.Keys(s.orders)) {
		o := s.orders[i]
		for n := range o.attempts {
			if a := &o.attempts[n]; wanted(a) {
				found = append(found, Attempt{*o.entry, *a.intent, a.accepted, a.phase == kept})
			}
		}
	}
	return found
}
