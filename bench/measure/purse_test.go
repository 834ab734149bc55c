package measure

import (
	"math"
	"math/rand/v2"
	"testing"

	"channelbench/bench/recording"
	"channelbench/internal/money"
)

// TestWhatLooksTell is the table of what a purse makes of a series of looks.
func TestWhatLooksTell(t *testing.T) {
	type look = recording.Look
	sums := func(open, kept, charged, freed money.Micros) recording.Sums {
		return recording.Sums{Open: open, Kept: kept, Charged: charged, Freed: freed}
	}
	for _, tt := range []struct {
		name               string
		looks              []look
		paidIn, gone, lost money.Micros
	}{
		{"once", []look{{Balance: 100}}, 0, 0, 0},
		{"charged", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 30, 0)}}, 0, 30, 0},
		{"charged, and told late", []look{{Balance: 100}, {Balance: 100, Sums: sums(0, 0, 30, 0)},
			{Balance: 70, Sums: sums(0, 0, 30, 0)}}, 0, 30, 0},
		{"under way", []look{{Balance: 100}, {Balance: 70, Sums: sums(30, 0, 0, 0)}}, 0, 30, 0},
		{"held and charged", []look{{Balance: 100}, {Balance: 40, Sums: sums(30, 0, 0, 0)},
			{Balance: 70, Sums: sums(0, 0, 30, 0)}}, 0, 30, 0},
		{"a hold that is released before the clip is here",
			[]look{{Balance: 100}, {Balance: 40, Sums: sums(30, 0, 0, 0)}, {Balance: 70, Sums: sums(30, 0, 0, 0)},
				{Balance: 70, Sums: sums(0, 0, 30, 0)}}, 0, 30, 0},
		{"refunded", []look{{Balance: 100}, {Balance: 70, Sums: sums(30, 0, 0, 0)}, {Balance: 100, Sums: sums(0, 0, 0, 30)}},
			0, 0, 0},
		{"refunded before it is known", []look{{Balance: 100}, {Balance: 70, Sums: sums(30, 0, 0, 0)},
			{Balance: 100, Sums: sums(30, 0, 0, 0)}, {Balance: 100, Sums: sums(0, 0, 0, 30)}}, 0, 0, 0},
		{"refunded a look later", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 0, 30)},
			{Balance: 100, Sums: sums(0, 0, 0, 30)}}, 0, 0, 0},
		{"refunded much later", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 0, 30)},
			{Balance: 70, Sums: sums(0, 0, 0, 30)}, {Balance: 100, Sums: sums(0, 0, 0, 30)}}, 0, 0, 0},
		{"to be refunded", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 0, 30)}}, 0, 30, 0},
		{"never refunded", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 0, 30)},
			{Balance: 70, Sums: sums(0, 0, 0, 30)}}, 0, 30, 30},
		{"refunds behind charges", []look{{Balance: 100}, {Balance: 70, Sums: sums(30, 0, 0, 0)},
			{Balance: 60, Sums: sums(0, 0, 40, 30)}}, 0, 40, 0},
		{"nobody knows, and it was charged", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 30, 0, 0)}}, 0, 30, 0},
		{"nobody knows, and it was refunded", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 30, 0, 0)},
			{Balance: 100, Sums: sums(0, 30, 0, 0)}}, 0, 0, 0},
		{"stolen", []look{{Balance: 100}, {Balance: 60, Sums: sums(0, 0, 30, 0)}}, 0, 40, 10},
		{"stolen while attempts are under way", []look{{Balance: 100}, {Balance: 30, Sums: sums(30, 0, 0, 0)}}, 0, 70, 10},
		{"topped up", []look{{Balance: 100}, {Balance: 300}}, 200, 0, 0},
		{"topped up and spent", []look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 30, 0)},
			{Balance: 270, Sums: sums(0, 0, 30, 0)}, {Balance: 250, Sums: sums(0, 0, 50, 0)}}, 200, 50, 0},
		{"topped up in an account with refunds",
			[]look{{Balance: 100}, {Balance: 70, Sums: sums(0, 0, 30, 40)}, {Balance: 270, Sums: sums(0, 0, 30, 40)}}, 200, 30,
			0},
		{"topped up with attempts under way", []look{{Balance: 100}, {Balance: 70, Sums: sums(30, 0, 0, 0)},
			{Balance: 270, Sums: sums(30, 0, 0, 0)}, {Balance: 270, Sums: sums(0, 0, 30, 0)},
			{Balance: 270, Sums: sums(0, 0, 30, 0)}}, 200, 30, 0},
		{"topped up after a theft", []look{{Balance: 100}, {Balance: 20, Sums: sums(0, 0, 30, 0)},
			{Balance: 220, Sums: sums(0, 0, 30, 0)}}, 200, 80, 50},
		// these may be the 10
		{"topped up after a theft, with refunds",
			[]look{{Balance: 100}, {Balance: 20, Sums: sums(0, 0, 30, 10)}, {Balance: 220, Sums: sums(0, 0, 30, 10)}}, 190, 70,
			40},
		{"stolen after a top-up", []look{{Balance: 100}, {Balance: 300}, {Balance: 220, Sums: sums(0, 0, 30, 0)}}, 200, 80,
			50},
	} {
		p := purse{}
		for i := range tt.looks {
			p.see(&tt.looks[i])
		}
		if p.paidIn != tt.paidIn || p.gone() != tt.gone || p.lost() != tt.lost {
			t.Errorf("%s: %d paid in, %d gone, %d lost; want %d, %d, %d", tt.name, p.paidIn, p.gone(), p.lost(), tt.paidIn,
				tt.gone, tt.lost)
		}
	}
}

// TestAbsurdBalances: whatever an account claims to hold, what it lost is never less than nothing.
func TestAbsurdBalances(t *testing.T) {
	p := purse{}
	for range 5 {
		for _, amount := range []money.Micros{1<<62 - 1, 1 - 1<<62, 0, math.MaxInt64, math.MinInt64} {
			if p.see(&recording.Look{Balance: amount}); p.missing < 0 || p.paidIn < 0 {
				t.Fatalf("%d missing, %d paid in", p.missing, p.paidIn)
			}
		}
	}
}

// seller is a channel that is paid from an account, in one of many honest manners.
type seller struct {
	random   *rand.Rand
	prepaid  bool // takes the price first, else when the attempt ends
	captures bool // prepaid: takes the price again at the end, and gives the first one back before that is known
	balance  money.Micros
	paidIn   money.Micros
	stolen   money.Micros
	known    recording.Sums
	open     []bool       // attempts: whether the price is taken twice
	overdue  money.Micros // refunds that must have come before the next look
	due      money.Micros // refunds that must have come before the look after that
}

const price = 10

func (s *seller) step() {
	switch s.random.IntN(8) {
	case 0, 1, 2:
		s.open, s.known.Open = append(s.open, false), s.known.Open+price
		if s.prepaid {
			s.balance -= price
		}
	case 3, 4:
		if len(s.open) > 0 {
			s.end()
		}
	case 5:
		if len(s.open) > 0 && s.captures && !s.open[0] {
			s.open[0] = true
			s.balance -= price
		}
	case 6:
		some := money.Micros(s.random.Int64N(int64(s.due) + 1))
		s.balance, s.due = s.balance+some, s.due-some
	}
}

// end ends the attempt that began first.
func (s *seller) end() {
	twice := s.open[0]
	s.open, s.known.Open = s.open[1:], s.known.Open-price
	fate := s.random.IntN(3)
	switch {
	case twice: // what was taken again is the charge
		s.balance += price
		s.known.Charged += price
	case fate == 0:
		if s.known.Freed += price; s.prepaid {
			s.due += price
		}
	case fate == 1 && s.random.IntN(4) == 0: // nobody will know
		if s.known.Kept += price; s.prepaid && s.random.IntN(2) == 0 {
			s.balance += price
		}
	default:
		if s.known.Charged += price; !s.prepaid {
			s.balance -= price
		}
	}
}

func (s *seller) look() *recording.Look {
	s.balance += s.overdue
	s.overdue, s.due = s.due, 0
	return &recording.Look{Balance: s.balance, Sums: s.known}
}

// TestHonestSellersAreBelieved in whatever manner they take money and give it back, and whatever is paid in
// meanwhile; of what others take, and of what is paid in, no more is found than there is, and all of it where nothing
// can hide it.
func TestHonestSellersAreBelieved(t *testing.T) {
	for seed := range uint64(20_000) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := &seller{random: random, prepaid: seed%3 > 0, captures: seed%3 > 1, balance: 1000}
		tops, steals := money.Micros(random.IntN(3)*500), random.IntN(2) == 0
		p := purse{}
		p.see(s.look())
		for range random.IntN(60) {
			for range random.IntN(8) {
				s.step()
			}
			if tops > 0 && random.IntN(6) == 0 {
				amount := money.Micros(random.Int64N(int64(tops)))
				if tops > 500 {
					amount = tops // which no charges can outweigh
				}
				s.balance, s.paidIn = s.balance+amount, s.paidIn+amount
			}
			if amount := money.Micros(random.IntN(20)); steals && random.IntN(3) == 0 {
				s.balance, s.stolen = s.balance-amount, s.stolen+amount
			}
			p.see(s.look())
			if p.paidIn > s.paidIn || p.lost() > s.stolen {
				t.Fatalf("seed %d: %d paid in and %d missing, where it was %d and %d: %+v of %+v", seed, p.paidIn, p.missing,
					s.paidIn, s.stolen, p, s)
			}
		}
		for len(s.open) > 0 {
			s.end()
		}
		for range 3 {
			p.see(s.look())
		}
		switch {
		case s.known.Kept > 0:
		case tops == 0 && (p.missing != s.stolen || p.gone() != s.known.Charged+s.stolen):
			t.Fatalf("seed %d: %d gone and %d missing of %d charged and %d stolen", seed, p.gone(), p.missing, s.known.Charged,
				s.stolen)
		case tops > 500 && !steals && (p.paidIn != s.paidIn || p.unclear):
			t.Fatalf("seed %d: %d paid in of %d: %+v", seed, p.paidIn, s.paidIn, p)
		}
	}
}
