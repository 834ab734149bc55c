package recording

import (
	"channelbench/bench/journal"
	"channelbench/internal/money"
)

// Look is a look at an account, and what the attempts on its channels had come to by then.
type Look struct {
	Channels []string
	Balance  money.Micros
	Sums
}

// Sums are those of attempts, by what is known of their bills.
type Sums struct {
	Open    money.Micros // reserved for those whose bill is to come
	Kept    money.Micros // reserved for those whose bill nobody will ever know
	Charged money.Micros // for the others
	Freed   money.Micros // reserved for the others, and not charged
}

func (s *Sums) add(t *Sums) {
	s.Open += t.Open
	s.Kept += t.Kept
	s.Charged += t.Charged
	s.Freed += t.Freed
}

// book adds an attempt whose bill isn't known yet to the sums of its channel.
func (r *Recording) book(a *Attempt) {
	if r.sums[a.Channel] == nil {
		r.sums[a.Channel] = &Sums{}
	}
	r.sums[a.Channel].Open += a.Reserved
}

// close gives an attempt its bill.
func (r *Recording) close(a *Attempt, b journal.Bill, ambiguous bool) {
	a.Bill, a.Open, a.Doubtful = b, false, ambiguous || b.Unproven
	closed := Sums{Open: -a.Reserved, Charged: a.Charge(), Freed: max(0, a.Reserved-a.Charge())}
	if a.Doubtful {
		closed = Sums{Open: -a.Reserved, Kept: a.Reserved}
	}
	r.sums[a.Channel].add(&closed)
}

// look keeps what the attempts on the channels of an account have come to.
func (r *Recording) look(b *journal.Balance) {
	l := Look{Channels: b.Channels, Balance: b.Amount}
	for _, name := range b.Channels {
		if s := r.sums[name]; s != nil {
			l.add(s)
		}
	}
	r.Looks = append(r.Looks, l)
}
