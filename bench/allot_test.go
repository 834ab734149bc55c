package bench

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
)

// capsOf are the caps that a journal names, the header's first.
func capsOf(t *testing.T, path string) []money.Micros {
	t.Helper()
	var caps []money.Micros
	for _, e := range entries(t, path) {
		switch e := e.(type) {
		case journal.Run:
			caps = append(caps, e.Cap)
		case journal.Cap:
			caps = append(caps, e.Cap)
		}
	}
	return caps
}

// TestMoneyThatIsShared: a run asks for what it may come to and gets less, goes on a month later, and spends in each
// month what that gave it. Its own cap stays what it was.
func TestMoneyThatIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 200)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal, o.Cap = filepath.Join(t.TempDir(), "orders.jsonl"), 20*money.Dollar
		var asked []Ask
		for i, granted := range []money.Micros{3 * money.Dollar, 2 * money.Dollar, 0} {
			o.Since = time.Date(2000, 1+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
			o.Allot = func(a Ask) (money.Micros, error) {
				asked = append(asked, a)
				return granted, nil
			}
			before := server.Books()[1].Charged
			run, err := Run(t.Context(), s, o)
			if !errors.Is(err, ledger.ErrCap) {
				t.Fatalf("Run ends with %v", err)
			}
			charged := server.Books()[1].Charged - before
			if charged > granted || charged < granted-money.Dollar {
				t.Errorf("month %d: %v charged of %v", i, charged, granted)
			}
			months := figuresOf(t, run, "reverse").Counts.SpentByMonth
			if got := money.Micros(months[o.Since.Format("2006-01")]*1e6 + 0.5); got != charged {
				t.Errorf("month %d: the record says %v of %v, the channel %v", i, got, months, charged)
			}
			if names := slices.Sorted(maps.Keys(months)); granted == 0 && !slices.Equal(names, []string{"2000-01", "2000-02"}) {
				t.Errorf("something was spent in %q", names)
			}
			if run.Drive.Run != asked[0].Run {
				t.Errorf("the run is called %q, and was %q", run.Drive.Run, asked[0].Run)
			}
			time.Sleep(time.Until(o.Since.AddDate(0, 1, 3)))
			o.Resume = true
		}
		spent := spent(t, o.Journal)
		for i, want := range []Ask{{asked[0].Run, 0, o.Cap}, {asked[0].Run, 0, asked[1].Most},
			{asked[0].Run, 0, o.Cap - spent}} {
			if asked[i] != want {
				t.Errorf("it asked %+v, want %+v", asked[i], want)
			}
		}
		if caps := capsOf(t, o.Journal); !slices.Equal(caps, []money.Micros{o.Cap}) {
			t.Errorf("the journal names the caps %v", caps)
		}
	})
}

// TestAShareIsAskedForOnce: what a resumed run has bought this month is part of what it asks for, and of what it gets.
func TestAShareIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 200)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal, o.Cap, o.Since = filepath.Join(t.TempDir(), "orders.jsonl"), 20*money.Dollar, time.Now()
		granted := 3 * money.Dollar
		var last Ask
		o.Allot = func(a Ask) (money.Micros, error) {
			last = a
			return granted, nil
		}
		for range 3 {
			if _, err := Run(t.Context(), s, o); !errors.Is(err, ledger.ErrCap) {
				t.Fatalf("Run ends with %v", err)
			}
			o.Resume = true
		}
		charged := server.Books()[1].Charged
		if charged > granted || charged < 2*money.Dollar || last.Bought != charged || last.Most != o.Cap {
			t.Errorf("%v charged of %v; it asked %+v at last", charged, granted, last)
		}
	})
}

// TestARefusedShareLeavesNothing: no journal is there, so the folder can be used again.
func TestARefusedShareLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 3)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		gone := errors.New("somebody else has it")
		o.Allot = func(Ask) (money.Micros, error) { return 0, gone }
		if _, err := Run(t.Context(), s, o); !errors.Is(err, gone) {
			t.Errorf("Run ends with %v", err)
		}
		if _, err := ReadPast(o.Journal); err == nil || server.Books()[1].Submits > 0 {
			t.Errorf("%v; %d submits", err, server.Books()[1].Submits)
		}
	})
}

// TestACapOfNothing: a run that goes on under a cap of $0 settles what is open, and buys nothing.
func TestACapOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 60, `bench.rate="20/min"`, `bench.run=["reverse"]`,
			"channels.reverse.errors.ambiguous.rate=0%")
		s.Bench.Grace = 0
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal, o.Cap = filepath.Join(t.TempDir(), "orders.jsonl"), 20*money.Dollar
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v", err)
		}
		submits := server.Books()[1].Submits
		o.Resume, o.Cap, o.Recap = true, 0, true
		s.Bench.Grace = time.Hour
		if _, err := Run(t.Context(), s, o); !errors.Is(err, ledger.ErrCap) {
			t.Errorf("the resumed run ends with %v", err)
		}
		if now := server.Books()[1].Submits; now != submits || submits == 0 {
			t.Errorf("%d submits, and then %d", submits, now)
		}
		for _, order := range recorded(t, o.Journal) {
			for i := range order.Attempts {
				if order.Attempts[i].Open {
					t.Errorf("attempt %d of order %d is still open", i, order.Number)
				}
			}
		}
	})
}
