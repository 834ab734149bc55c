package ledger_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"channelbench/bench/ledger"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// TestMain fixes rapid's seed where none is asked for, so that every run checks the same books,
// and keeps it from writing files.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true", "rapid.checks": "3000"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

const most = money.Micros(math.MaxInt64)

func Example() {
	l := ledger.New(1 * money.Dollar)
	price := channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: 600_000}}
	worst, err := ledger.Worst(&price, channel.Clip{Seconds: 8, Resolution: "720p"})
	if err != nil {
		fmt.Println(err)
		return
	}
	hold, err := l.Reserve(worst)
	fmt.Println("first:", err)
	_, err = l.Reserve(worst)
	fmt.Println("second:", err)
	fmt.Println("failed, free:", l.Settle(hold, 0))
	_, err = l.Reserve(worst)
	fmt.Println("third:", err)
	// Output:
	// first: <nil>
	// second: spend cap reached: $0.00 spent, $0.60 reserved and $0.60 asked for are more than $1.00
	// failed, free: <nil>
	// third: <nil>
}

func TestWorst(t *testing.T) {
	clip := channel.Clip{Seconds: 8, Resolution: "720p"}
	perSecond := map[string]money.Micros{"720p": 100_000}
	for _, tt := range []struct {
		name  string
		price channel.Price
		want  money.Micros
		err   error
	}{
		{"on success", channel.Price{Shape: channel.PerSecond, Units: perSecond}, 800_000, nil},
		{"on accept", channel.Price{Shape: channel.PerSecond, Units: perSecond, Billed: channel.OnAccept}, 800_000, nil},
		{"discounted", channel.Price{Shape: channel.PerSecond, Units: perSecond, Discount: 150_000_000}, 680_000, nil},
		{"free", channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: 0}}, 0, nil},
		{"no price at all", channel.Price{}, 0, channel.ErrNoPrice},
		{"none for the resolution", channel.Price{Units: map[string]money.Micros{"1080p": 1}}, 0, channel.ErrNoPrice},
		{"none for the length", channel.Price{Shape: channel.Ladder, Rungs: map[int]map[string]money.Micros{4: {"720p": 1}}},
			0, channel.ErrNoPrice},
		{"below zero", channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{"720p": -5}}, 0,
			ledger.ErrAmount},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ledger.Worst(&tt.price, clip)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Worst = %s, %v; want %s, %v", got, err, tt.want, tt.err)
			}
		})
	}
	tooMuch := channel.Price{Shape: channel.PerSecond, Units: map[string]money.Micros{"720p": most}}
	if got, err := ledger.Worst(&tooMuch, clip); got != 0 || err == nil {
		t.Errorf("a price beyond all numbers: Worst = %s, %v; want an error", got, err)
	}
}

// reserve sets aside what must fit.
func reserve(t *testing.T, l *ledger.Ledger, worst money.Micros) ledger.Reservation {
	t.Helper()
	r, err := l.Reserve(worst)
	if err != nil {
		t.Fatalf("Reserve(%d): %v", worst, err)
	}
	return r
}

func expect(t *testing.T, l *ledger.Ledger, want ledger.Snapshot) {
	t.Helper()
	if got := l.Snapshot(); got != want {
		t.Errorf("the books are %+v, want %+v", got, want)
	}
}

func TestReserveAtTheEdges(t *testing.T) {
	for _, tt := range []struct {
		name               string
		limit, held, asked money.Micros
		want               error
	}{
		{"all of it", 100, 0, 100, nil},
		{"one too many", 100, 0, 101, ledger.ErrCap},
		{"the rest", 100, 40, 60, nil},
		{"one more than the rest", 100, 40, 61, ledger.ErrCap},
		{"nothing, of nothing", 0, 0, 0, nil},
		{"nothing, when all is held", 100, 100, 0, nil},
		{"a negative amount", 100, 0, -1, ledger.ErrAmount},
		{"the smallest number", 100, 0, math.MinInt64, ledger.ErrAmount},
		{"the largest number", 100, 50, most, ledger.ErrCap},
		{"the largest number under the largest cap", most, 0, most, nil},
		{"a sum beyond all numbers", most, most, most, ledger.ErrCap},
		{"nothing, under a negative cap", -1, 0, 0, ledger.ErrCap},
		{"something, under the smallest cap", math.MinInt64, 0, 1, ledger.ErrCap},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := ledger.New(tt.limit)
			if tt.held > 0 {
				reserve(t, l, tt.held)
			}
			if _, err := l.Reserve(tt.asked); !errors.Is(err, tt.want) {
				t.Fatalf("Reserve(%d) with %d held of %d: %v, want %v", tt.asked, tt.held, tt.limit, err, tt.want)
			}
			want := ledger.Snapshot{Cap: tt.limit, Reserved: tt.held}
			switch tt.want {
			case nil:
				want.Reserved += tt.asked
			case ledger.ErrCap:
				want.Refused = 1
			}
			expect(t, l, want)
		})
	}
}

func TestRefusalNamesEveryAmount(t *testing.T) {
	l := ledger.New(10 * money.Dollar)
	if err := l.Settle(reserve(t, l, 2*money.Dollar), 1_500_000); err != nil {
		t.Fatal(err)
	}
	reserve(t, l, 8*money.Dollar)
	_, err := l.Reserve(750_000)
	for _, amount := range []string{"$1.50 spent", "$8.00 reserved", "$0.75 asked", "$10.00"} {
		if err == nil || !strings.Contains(err.Error(), amount) {
			t.Errorf("the refusal %q doesn't name %q", err, amount)
		}
	}
}

func TestOverrunShutsTheCap(t *testing.T) {
	l := ledger.New(100)
	small := reserve(t, l, 10)
	large := reserve(t, l, 20)
	if err := l.Settle(small, 95); err != nil {
		t.Fatal(err)
	}
	expect(t, l, ledger.Snapshot{Cap: 100, Spent: 95, Reserved: 20, Overrun: 85})
	for _, asked := range []money.Micros{0, 1, 100} {
		if _, err := l.Reserve(asked); !errors.Is(err, ledger.ErrCap) {
			t.Errorf("Reserve(%d) beyond the cap: %v, want %v", asked, err, ledger.ErrCap)
		}
	}
	if err := l.Settle(large, 0); err != nil {
		t.Fatal(err)
	}
	reserve(t, l, 5)
	expect(t, l, ledger.Snapshot{Cap: 100, Spent: 95, Reserved: 5, Overrun: 85, Refused: 3})
	if err := l.Settle(reserve(t, l, 0), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reserve(0); !errors.Is(err, ledger.ErrCap) {
		t.Errorf("Reserve(0) with more spent than the cap: %v, want %v", err, ledger.ErrCap)
	}
}

func TestFinalOnlyOnce(t *testing.T) {
	other := ledger.New(100)
	foreign := reserve(t, other, 10)
	l := ledger.New(100)
	settled, kept := reserve(t, l, 10), reserve(t, l, 20)
	if err := errors.Join(l.Settle(settled, 7), l.Keep(kept)); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]ledger.Reservation{"settled": settled, "kept": kept, "foreign": foreign, "none": {}} {
		if err := l.Settle(r, 7); !errors.Is(err, ledger.ErrFinal) {
			t.Errorf("settle what is %s: %v, want %v", name, err, ledger.ErrFinal)
		}
		if err := l.Keep(r); !errors.Is(err, ledger.ErrFinal) {
			t.Errorf("keep what is %s: %v, want %v", name, err, ledger.ErrFinal)
		}
	}
	expect(t, l, ledger.Snapshot{Cap: 100, Spent: 7, Reserved: 20, Ambiguous: 20})
	expect(t, other, ledger.Snapshot{Cap: 100, Reserved: 10})
}

func TestChargeThatCannotBeBooked(t *testing.T) {
	l := ledger.New(100)
	first, second := reserve(t, l, 10), reserve(t, l, 10)
	if err := l.Settle(first, most-5); err != nil {
		t.Fatal(err)
	}
	for _, charge := range []money.Micros{-1, math.MinInt64, 6, most} {
		if err := l.Settle(second, charge); !errors.Is(err, ledger.ErrAmount) {
			t.Errorf("Settle(%d): %v, want %v", charge, err, ledger.ErrAmount)
		}
	}
	want := ledger.Snapshot{Cap: 100, Spent: most - 5, Reserved: 10, Overrun: most - 15}
	expect(t, l, want)
	if err := l.Settle(second, 5); err != nil {
		t.Errorf("the reservation fell with its wrong charges: %v", err)
	}
}

func TestRestore(t *testing.T) {
	l := ledger.New(100)
	open, err := l.Restore(40, 5, []money.Micros{10, 0, 25})
	if err != nil || len(open) != 3 {
		t.Fatalf("Restore: %d reservations, %v", len(open), err)
	}
	expect(t, l, ledger.Snapshot{Cap: 100, Spent: 40, Reserved: 35, Overrun: 5})
	if _, err := l.Reserve(26); !errors.Is(err, ledger.ErrCap) {
		t.Errorf("what an earlier run left doesn't count: %v", err)
	}
	if err := errors.Join(l.Settle(open[2], 20), l.Keep(open[0]), l.Settle(open[1], 0)); err != nil {
		t.Fatal(err)
	}
	expect(t, l, ledger.Snapshot{Cap: 100, Spent: 60, Reserved: 10, Ambiguous: 10, Overrun: 5, Refused: 1})
	if _, err := l.Restore(0, 0, nil); !errors.Is(err, ledger.ErrUsed) {
		t.Errorf("a second Restore: %v, want %v", err, ledger.ErrUsed)
	}
}

func TestRestoreMoreThanTheCap(t *testing.T) {
	l := ledger.New(10)
	if _, err := l.Restore(40, 0, []money.Micros{most}); err != nil {
		t.Fatal(err)
	}
	expect(t, l, ledger.Snapshot{Cap: 10, Spent: 40, Reserved: most})
	if _, err := l.Reserve(0); !errors.Is(err, ledger.ErrCap) {
		t.Errorf("Reserve(0): %v, want %v", err, ledger.ErrCap)
	}
}

func TestRestoreRefuses(t *testing.T) {
	for _, tt := range []struct {
		name           string
		spent, overrun money.Micros
		standing       []money.Micros
	}{
		{"negative spent", -1, 0, nil},
		{"negative overrun", 5, -1, nil},
		{"more overrun than spent", 5, 6, nil},
		{"negative reservation", 5, 0, []money.Micros{3, -1}},
		{"a sum beyond all numbers", 5, 0, []money.Micros{most, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := ledger.New(100)
			if _, err := l.Restore(tt.spent, tt.overrun, tt.standing); !errors.Is(err, ledger.ErrAmount) {
				t.Errorf("Restore: %v, want %v", err, ledger.ErrAmount)
			}
			expect(t, l, ledger.Snapshot{Cap: 100})
			if _, err := l.Restore(1, 0, nil); err != nil {
				t.Errorf("a refused Restore used the ledger up: %v", err)
			}
		})
	}
	l := ledger.New(100)
	if _, err := l.Reserve(101); err == nil {
		t.Fatal("reserved more than the cap")
	}
	if _, err := l.Restore(0, 0, nil); !errors.Is(err, ledger.ErrUsed) {
		t.Errorf("Restore after Reserve: %v, want %v", err, ledger.ErrUsed)
	}
}

// TestWhatIsMissingCounts: money that accounts lost though nobody booked it can't be spent again.
func TestWhatIsMissingCounts(t *testing.T) {
	l := ledger.New(100)
	hold, err := l.Reserve(40)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		missing, asked money.Micros
		fits           bool
	}{{30, 31, false}, {30, 30, true}, {61, 0, false}, {0, 30, true}} {
		if err := l.Miss(step.missing); err != nil {
			t.Fatal(err)
		}
		again, err := l.Reserve(step.asked)
		if fits := err == nil; fits != step.fits {
			t.Errorf("with %d missing, %d more: %v", step.missing, step.asked, err)
		} else if fits {
			if err := l.Settle(again, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Miss(-1); !errors.Is(err, ledger.ErrAmount) {
		t.Errorf("Miss(-1): %v, want %v", err, ledger.ErrAmount)
	}
	if err := l.Settle(hold, 40); err != nil {
		t.Fatal(err)
	}
}
