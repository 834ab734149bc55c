package ledger_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"channelbench/bench/ledger"
	"channelbench/internal/money"
)

// TestBooksMatchANaiveModel compares the ledger with books kept in numbers of any size, over
// any amounts and any order of calls.
func TestBooksMatchANaiveModel(t *testing.T) { rapid.Check(t, anyBooks) }

// FuzzLedger is the same with the fuzzer's luck.
func FuzzLedger(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyBooks)) }

// naive keeps the same books without a thought for speed or size.
type naive struct {
	limit, spent, overrun *big.Int
	holds                 []*naiveHold
	refused               int64
}

type naiveHold struct {
	r          ledger.Reservation
	amount     money.Micros
	kept, done bool
}

func wide(m money.Micros) *big.Int { return big.NewInt(int64(m)) }

func (n *naive) sum(counts func(*naiveHold) bool) *big.Int {
	sum := new(big.Int)
	for _, h := range n.holds {
		if counts(h) {
			sum.Add(sum, wide(h.amount))
		}
	}
	return sum
}

func (n *naive) reserved() *big.Int {
	return n.sum(func(h *naiveHold) bool { return h.kept || !h.done })
}

func (n *naive) fits(asked money.Micros) bool {
	total := new(big.Int).Add(n.spent, n.reserved())
	return total.Add(total, wide(asked)).Cmp(n.limit) <= 0
}

// reserve, settle and keep say which error they want.
func (n *naive) reserve(asked money.Micros) error {
	switch {
	case asked < 0:
		return ledger.ErrAmount
	case !n.fits(asked):
		n.refused++
		return ledger.ErrCap
	}
	n.holds = append(n.holds, &naiveHold{amount: asked})
	return nil
}

func (n *naive) settle(h *naiveHold, charge money.Micros) error {
	spent := new(big.Int).Add(n.spent, wide(charge))
	switch {
	case charge < 0:
		return ledger.ErrAmount
	case h.done:
		return ledger.ErrFinal
	case !spent.IsInt64():
		return ledger.ErrAmount
	}
	h.done, n.spent = true, spent
	if charge > h.amount {
		n.overrun.Add(n.overrun, wide(charge-h.amount))
	}
	return nil
}

func (n *naive) keep(h *naiveHold) error {
	if h.done {
		return ledger.ErrFinal
	}
	h.done, h.kept = true, true
	return nil
}

var amounts = rapid.OneOf(
	rapid.Int64Range(0, 40),
	rapid.Int64Range(90, 110),
	rapid.SampledFrom([]int64{-1, 0, 1, math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64/2 + 1, math.MinInt64}),
	rapid.Int64(),
)

func anyAmount(t *rapid.T, label string) money.Micros { return money.Micros(amounts.Draw(t, label)) }

func anyBooks(t *rapid.T) {
	limit := anyAmount(t, "cap")
	if rapid.Bool().Draw(t, "a usual cap") {
		limit = 100
	}
	l := ledger.New(limit)
	n := &naive{limit: wide(limit), spent: new(big.Int), overrun: new(big.Int)}
	within := true // what the channels and earlier runs did not break
	if rapid.Bool().Draw(t, "resumed") {
		restore(t, l, n)
		within = n.fits(0)
	}
	for range rapid.IntRange(0, 30).Draw(t, "calls") {
		call(t, l, n)
		compare(t, l.Snapshot(), n, within)
	}
}

func restore(t *rapid.T, l *ledger.Ledger, n *naive) {
	spent := money.Micros(rapid.Int64Range(0, 120).Draw(t, "spent"))
	standing := rapid.SliceOfN(rapid.Int64Range(0, 40), 0, 4).Draw(t, "standing")
	given := make([]money.Micros, len(standing))
	for i, s := range standing {
		given[i] = money.Micros(s)
	}
	open, err := l.Restore(spent, 0, given)
	if err != nil {
		t.Fatal(err)
	}
	n.spent = wide(spent)
	for i, r := range open {
		n.holds = append(n.holds, &naiveHold{r: r, amount: given[i]})
	}
}

// call makes one call on both, and compares their errors.
func call(t *rapid.T, l *ledger.Ledger, n *naive) {
	var got, want error
	what := rapid.SampledFrom([]string{"reserve", "settle", "settle", "keep"}).Draw(t, "call")
	if what == "reserve" || len(n.holds) == 0 {
		asked := anyAmount(t, "asked")
		var r ledger.Reservation
		r, got = l.Reserve(asked)
		if want = n.reserve(asked); want == nil {
			n.holds[len(n.holds)-1].r = r
		}
	} else {
		h := rapid.SampledFrom(n.holds).Draw(t, "hold")
		if what == "keep" {
			got, want = l.Keep(h.r), n.keep(h)
		} else {
			charge := anyAmount(t, "charge")
			got, want = l.Settle(h.r, charge), n.settle(h, charge)
		}
	}
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func compare(t *rapid.T, got ledger.Snapshot, n *naive, within bool) {
	for _, c := range []struct {
		name string
		got  money.Micros
		want *big.Int
	}{
		{"cap", got.Cap, n.limit}, {"spent", got.Spent, n.spent}, {"overrun", got.Overrun, n.overrun},
		{"reserved", got.Reserved, n.reserved()},
		{"ambiguous", got.Ambiguous, n.sum(func(h *naiveHold) bool { return h.kept })},
	} {
		if wide(c.got).Cmp(c.want) != 0 {
			t.Fatalf("%s is %d, want %d", c.name, c.got, c.want)
		}
	}
	if got.Refused != n.refused {
		t.Fatalf("%d refused, want %d", got.Refused, n.refused)
	}
	held := new(big.Int).Add(wide(got.Spent), wide(got.Reserved))
	bound := new(big.Int).Add(wide(got.Cap), wide(got.Overrun))
	// A cap below zero is exceeded by nothing at all.
	if within && held.Sign() > 0 && held.Cmp(bound) > 0 {
		t.Fatalf("%d are spent and reserved, more than the cap and the overruns, %d", held, bound)
	}
}
