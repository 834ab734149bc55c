// Package ledger holds a spend cap: the worst case of every submit is reserved before it is sent and
// stands until its bill is known, so that spent + reserved never exceeds the cap, however many
// orders run at once.
//
// It deliberately sets no prices (channel.Price.Charge does), writes nothing down (package journal
// does) and never waits: what doesn't fit under the cap is refused.
//
//	l := ledger.New(60 * money.Dollar)
//	worst, err := ledger.Worst(&ch.Price, made) // no price: no submit
//	hold, err := l.Reserve(worst)               // ErrCap: no submit
//	// … submit, and once the outcome is final …
//	err = l.Settle(hold, charge)
package ledger

import (
	"errors"
	"fmt"
	"sync"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// The errors of a ledger. One that is returned has changed nothing but the count of refusals.
var (
	// ErrCap says that an amount doesn't fit under the cap any more; a *CapError says by how much.
	ErrCap = errors.New("spend cap reached")
	// ErrAmount says that an amount is negative, or that sums with it are too large to be held.
	ErrAmount = errors.New("not an amount that can be booked")
	// ErrFinal says that a reservation was settled or kept before, or isn't of this ledger.
	ErrFinal = errors.New("not an open reservation of this ledger")
	// ErrUsed says that Restore came too late.
	ErrUsed = errors.New("the ledger is in use already")
)

// CapError is the ErrCap of one refused reservation. Amounts are micro-dollars.
type CapError struct{ Cap, Spent, Reserved, Asked money.Micros }

func (e *CapError) Error() string {
	return fmt.Sprintf("%v: %s spent, %s reserved and %s asked for are more than %s", ErrCap, e.Spent, e.Reserved, e.Asked,
		e.Cap)
}

// Unwrap returns ErrCap.
func (e *CapError) Unwrap() error { return ErrCap }

// Ledger keeps the books of one run. It may be used by many goroutines at once; New makes one.
type Ledger struct {
	mu    sync.Mutex
	books Snapshot
	used  bool
}

// Snapshot is the state of a ledger at one moment. Amounts are micro-dollars.
//
// Spent + Reserved ≤ Cap + Overrun at every moment: a channel that bills more than its price can push a run over its
// cap, and nothing else can. While something is Missing, only so much less is reserved. (What Restore books stands even
// where a lower cap would not have allowed it.)
type Snapshot struct {
	Cap       money.Micros
	Spent     money.Micros // final bills
	Reserved  money.Micros // worst cases of what is not final, Ambiguous among them
	Ambiguous money.Micros // reserved for good: whether it was billed will never be known
	Overrun   money.Micros // of Spent: what channels billed beyond what was reserved for them
	Missing   money.Micros // what is gone from accounts beyond Spent and Reserved; it counts against the cap
	Refused   int64        // reservations that didn't fit
}

// Reservation stands for money set aside by Reserve until Settle or Keep. The zero value is none.
type Reservation struct{ *hold }

type hold struct {
	ledger *Ledger
	amount money.Micros
	final  bool
}

// New returns a ledger with a cap in micro-dollars. A cap below zero buys nothing.
func New(limit money.Micros) *Ledger {
	return &Ledger{books: Snapshot{Cap: limit}}
}

// Worst is the most that a channel with this price can charge for one submit of the clip, whatever
// comes of it, in micro-dollars. A clip without a price is an error: it must not be submitted.
func Worst(price *channel.Price, clip channel.Clip) (money.Micros, error) {
	var worst money.Micros
	for bits := range 1 << 4 {
		charge, err := price.Charge(channel.Usage{
			Clip: clip, Accepted: bits&1 != 0, Made: bits&2 != 0, BilledFailure: bits&4 != 0, Lost: bits&8 != 0,
		})
		if err != nil {
			return 0, fmt.Errorf("worst case of one submit: %w", err)
		}
		if charge < 0 {
			return 0, fmt.Errorf("worst case of one submit: %s: %w", charge, ErrAmount)
		}
		worst = max(worst, charge)
	}
	return worst, nil
}

// Reserve sets worst micro-dollars aside, or returns a *CapError where they would lift spent +
// reserved above the cap, and ErrAmount where worst is negative.
func (l *Ledger) Reserve(worst money.Micros) (Reservation, error) {
	if worst < 0 {
		return Reservation{}, fmt.Errorf("reserve %s: %w", worst, ErrAmount)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used = true
	b := &l.books
	// None of these is negative, so nothing here overflows.
	left := b.Cap
	for _, taken := range []money.Micros{b.Spent, b.Reserved, b.Missing, worst} {
		if taken > left {
			b.Refused++
			return Reservation{}, &CapError{b.Cap, b.Spent + b.Missing, b.Reserved, worst}
		}
		left -= taken
	}
	b.Reserved += worst
	return Reservation{&hold{ledger: l, amount: worst}}, nil
}

// Settle ends a reservation whose outcome is final: it is released, and the charge, in
// micro-dollars, is spent. A charge beyond the reservation is spent all the same, and counted as Overrun.
// It returns ErrFinal for a reservation that is not open, and ErrAmount for a charge that is
// negative or too large to be held; the reservation then stands.
func (l *Ledger) Settle(r Reservation, charge money.Micros) error {
	if charge < 0 {
		return fmt.Errorf("settle %s: %w", charge, ErrAmount)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open(r) {
		return fmt.Errorf("settle %s: %w", charge, ErrFinal)
	}
	spent, err := money.Add(l.books.Spent, charge)
	if err != nil {
		return fmt.Errorf("settle %s: %w: %w", charge, ErrAmount, err)
	}
	r.final = true
	l.books.Spent = spent
	l.books.Reserved -= r.amount
	l.books.Overrun += max(0, charge-r.amount)
	return nil
}

// Keep leaves a reservation standing for good: nobody will ever know whether the submit was billed.
// It returns ErrFinal for a reservation that is not open.
func (l *Ledger) Keep(r Reservation) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open(r) {
		return fmt.Errorf("keep: %w", ErrFinal)
	}
	r.final = true
	l.books.Ambiguous += r.amount
	return nil
}

// Miss notes how many micro-dollars are gone from the accounts beyond all that is spent and reserved here, in place of
// what was noted before. It returns ErrAmount where they are negative.
func (l *Ledger) Miss(amount money.Micros) error {
	if amount < 0 {
		return fmt.Errorf("miss %s: %w", amount, ErrAmount)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.books.Missing = amount
	return nil
}

func (l *Ledger) open(r Reservation) bool {
	return r.hold != nil && r.ledger == l && !r.final
}

// Restore books what an earlier run left: what it spent, how much of that was overrun, and the
// reservations that still stand, which are returned open and in order. All are micro-dollars. They
// stand even where they exceed the cap; then nothing more is reserved. It returns ErrUsed once
// the ledger is in use, and ErrAmount for amounts that are negative or too large in sum.
func (l *Ledger) Restore(spent, overrun money.Micros, standing []money.Micros) ([]Reservation, error) {
	if spent < 0 || overrun < 0 || overrun > spent {
		return nil, fmt.Errorf("restore %s spent, %s of it overrun: %w", spent, overrun, ErrAmount)
	}
	var reserved money.Micros
	open := make([]Reservation, len(standing))
	for i, amount := range standing {
		sum, err := money.Add(reserved, amount)
		if amount < 0 || err != nil {
			return nil, fmt.Errorf("restore reservation %d, %s: %w", i+1, amount, ErrAmount)
		}
		reserved, open[i] = sum, Reservation{&hold{ledger: l, amount: amount}}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used {
		return nil, fmt.Errorf("restore: %w", ErrUsed)
	}
	l.used = true
	l.books.Spent, l.books.Overrun, l.books.Reserved = spent, overrun, reserved
	return open, nil
}

// Snapshot returns the books as they are now.
func (l *Ledger) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.books
}
