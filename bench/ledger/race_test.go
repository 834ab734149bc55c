package ledger_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"channelbench/bench/ledger"
	"channelbench/internal/money"
	"channelbench/internal/proof"
)

const buyers = 64

// reservations is how many each buyer asks for: a hundred thousand in all, or a million.
var reservations = proof.Size(1_600, 16_000)

// market is what really happens: a seller who counts what it bills, and everything that any ledger's
// user may still owe. It sees the ledger from outside.
type market struct {
	ledger  *ledger.Ledger
	billed  atomic.Int64 // final bills
	overrun atomic.Int64 // of them, beyond what was reserved
	kept    atomic.Int64
	granted atomic.Int64
	refused atomic.Int64
}

// buyer makes n reservations at adversarial prices and settles each, at once or late.
func (m *market) buyer(t *testing.T, seed uint64, n int, overruns bool) {
	rng := rand.New(rand.NewPCG(1, seed))
	type due struct {
		r      ledger.Reservation
		amount money.Micros
	}
	var late []due
	settle := func(d due) {
		if err := m.settle(d.r, d.amount, rng, overruns); err != nil {
			t.Error(err)
		}
	}
	for range n {
		amount := price(rng)
		r, err := m.ledger.Reserve(amount)
		switch {
		case amount < 0 && errors.Is(err, ledger.ErrAmount):
		case errors.Is(err, ledger.ErrCap):
			m.refused.Add(1)
		case err != nil:
			t.Error(err)
		default:
			m.granted.Add(1)
			late = append(late, due{r, amount})
		}
		for len(late) > 4 || len(late) > 0 && rng.IntN(2) == 0 {
			i := rng.IntN(len(late))
			settle(late[i])
			late[i] = late[len(late)-1]
			late = late[:len(late)-1]
		}
	}
	for _, d := range late {
		settle(d)
	}
}

// price is mostly such that a few dozen of them fill the cap, sometimes absurd.
func price(rng *rand.Rand) money.Micros {
	switch rng.IntN(20) {
	case 0:
		return 0
	case 1:
		return limit - money.Micros(rng.IntN(3)) + 1
	case 2:
		return []money.Micros{math.MaxInt64, math.MaxInt64/2 + 1, math.MaxInt64 - limit, -1, math.MinInt64}[rng.IntN(5)]
	default:
		return 1 + money.Micros(rng.Int64N(int64(limit)/40))
	}
}

const limit = 1_000 * money.Dollar

// settle lets the seller bill: mostly nothing or a little, so that the cap is fought over for long.
func (m *market) settle(r ledger.Reservation, amount money.Micros, rng *rand.Rand, overruns bool) error {
	what := rng.IntN(50_000)
	if what == 0 {
		m.kept.Add(int64(amount))
		return m.ledger.Keep(r)
	}
	var charge money.Micros
	switch {
	case what < 10:
		charge = amount
	case what < 5_000:
		charge = min(amount, money.Micros(rng.IntN(20)))
	case overruns && what < 5_005:
		charge = amount + 1 + money.Micros(rng.IntN(1_000))
		m.overrun.Add(int64(charge - amount))
	}
	m.billed.Add(int64(charge))
	if err := m.ledger.Settle(r, charge); err != nil {
		return err
	}
	if rng.IntN(1_000) == 0 {
		if err := m.ledger.Settle(r, charge); !errors.Is(err, ledger.ErrFinal) {
			return errors.Join(errors.New("settled twice"), err)
		}
	}
	return nil
}

// TestCapHoldsUnderFire: 64 goroutines, very many reservations, and somebody who looks all the time.
func TestCapHoldsUnderFire(t *testing.T) {
	for name, overruns := range map[string]bool{"honest channels": false, "channels that overcharge": true} {
		t.Run(name, func(t *testing.T) { underFire(t, overruns) })
	}
}

func underFire(t *testing.T, overruns bool) {
	m := &market{ledger: ledger.New(limit)}
	var buying, looking sync.WaitGroup
	stop := make(chan struct{})
	var looks int
	looking.Go(func() { looks = m.look(t, stop) })
	begun := time.Now()
	for i := range buyers {
		buying.Go(func() { m.buyer(t, uint64(i), reservations, overruns) })
	}
	buying.Wait()
	took := time.Since(begun)
	close(stop)
	looking.Wait()
	want := ledger.Snapshot{Cap: limit, Spent: money.Micros(m.billed.Load()), Reserved: money.Micros(m.kept.Load()),
		Ambiguous: money.Micros(m.kept.Load()), Overrun: money.Micros(m.overrun.Load()), Refused: m.refused.Load()}
	expect(t, m.ledger, want)
	if m.granted.Load() == 0 || m.refused.Load() == 0 {
		t.Errorf("%d granted and %d refused: the cap was not fought over", m.granted.Load(), m.refused.Load())
	}
	t.Logf("%d granted, %d refused in %v: %.0f reservations a second; looked %d times; %s of %s spent, %s kept, %s overrun", m.granted.Load(), m.refused.Load(),
		took, float64(m.granted.Load()+m.refused.Load())/took.Seconds(), looks, want.Spent, want.Cap, want.Ambiguous,
		want.Overrun)
}

// look checks the invariant until stop, from the books and from what the seller billed.
func (m *market) look(t *testing.T, stop <-chan struct{}) (looks int) {
	for {
		billed, overrun := m.billed.Load(), m.overrun.Load() // billed first: each bill's overrun was counted before it
		s := m.ledger.Snapshot()
		if s.Spent < 0 || s.Reserved < 0 || s.Ambiguous > s.Reserved || s.Spent+s.Reserved > s.Cap+s.Overrun {
			t.Errorf("the books break their promise: %+v", s)
			return looks
		}
		if billed > int64(limit)+overrun {
			t.Errorf("%d billed in truth with %d of overrun, more than the cap %d", billed, overrun, limit)
			return looks
		}
		looks++
		select {
		case <-stop:
			return looks
		default:
		}
	}
}

func BenchmarkReserveSettle(b *testing.B) {
	l := ledger.New(limit)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := l.Reserve(120_000)
			if err == nil {
				err = l.Settle(r, 0)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
}
