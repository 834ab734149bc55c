package measure

import (
	"math"
	"slices"

	"channelbench/bench/recording"
	"channelbench/internal/money"
)

// purse is what the looks at an account tell. Much comes and goes between two looks, so what its balance rose by is
// reckoned in totals:
//
//   - Up to what attempts under way and those charged since the look before cost, a rise is money that was set aside for
//     these.
//   - Rises beyond that are refunds, up to all that was reserved for attempts that ended uncharged, or may have.
//   - The rest was paid in, and was never there for what was charged before. So was, if the balance rose, what would
//     leave less gone than had been charged by the look before. No refund is taken for a top-up; a top-up that could be
//     refunds is taken for these, and hides as much of what is missing.
//   - What is gone beyond all charges and all that is reserved is missing, but may be due: as much again as is reserved
//     for attempts under way, since some channels charge first and release what they set aside then; and what was
//     reserved for attempts that ended uncharged since the look before. The run's cap waits for these, from one look to
//     the next; a record doesn't.
//
// It is worked out from the journal's entries alone, so that an interruption changes nothing.
type purse struct {
	looked  bool
	before  money.Micros // at the first look
	now     money.Micros // at the last one
	leapt   money.Micros // what it rose by beyond what was set aside
	paidIn  money.Micros // at least
	most    money.Micros // that may have been paid in, what was taken meanwhile included
	missing money.Micros
	due     money.Micros   // what may be on its way back
	unclear bool           // whether something is, or was paid in: another look would tell
	last    recording.Sums // by the last look
}

// purses are what all looks tell, by account.
func (m *Bench) purses() []purse { return purses(m.Recorded.Looks, m.Accounts) }

func purses(looks []recording.Look, accounts []Account) []purse {
	purses := make([]purse, len(accounts))
	for i, k := range accounts {
		for j := range looks {
			if slices.Equal(looks[j].Channels, k.Channels) {
				purses[i].see(&looks[j])
			}
		}
	}
	return purses
}

// Missing is what accounts lost beyond all that their channels may have charged, and aren't due to get back.
func Missing(looks []recording.Look, accounts []Account) (missing money.Micros) {
	for _, p := range purses(looks, accounts) {
		missing = plus(missing, p.lost())
	}
	return missing
}

// Unclear says whether what is gone from any account may be on its way back: another look would tell.
func Unclear(looks []recording.Look, accounts []Account) bool {
	return slices.ContainsFunc(purses(looks, accounts), func(p purse) bool { return p.unclear })
}

// see takes in a look.
func (p *purse) see(l *recording.Look) {
	if !p.looked {
		p.looked, p.before, p.now = true, l.Balance, l.Balance
	}
	charged, freed, kept := l.Charged-p.last.Charged, l.Freed-p.last.Freed, l.Kept-p.last.Kept
	if rise := plus(l.Balance, -p.now); rise > 0 {
		p.leapt = plus(p.leapt, max(0, rise-l.Open-charged))
		p.most = plus(p.most, plus(rise, l.Open+charged+freed+kept))
	}
	p.now = l.Balance
	p.paidIn = max(p.paidIn, p.leapt-l.Kept-l.Freed, min(p.most, plus(p.last.Charged, plus(p.now, -p.before))))
	p.missing, p.due = max(0, p.gone()-l.Open-l.Kept-l.Charged), l.Open+freed
	p.unclear = min(p.missing, p.due) > 0 || p.most > p.paidIn && p.gone() < l.Charged
	p.last = l.Sums
}

// lost is what is missing and not due.
func (p *purse) lost() money.Micros { return max(0, p.missing-p.due) }

// gone is what left the account and didn't come back.
func (p *purse) gone() money.Micros { return plus(plus(p.before, p.paidIn), -p.now) }

// plus is a sum that ends at the largest amounts, since nobody vouches for what a balance claims to be.
func plus(a, b money.Micros) money.Micros {
	sum, err := money.Add(a, b)
	switch {
	case err == nil:
		return sum
	case a > 0:
		return math.MaxInt64
	default:
		return -math.MaxInt64
	}
}
