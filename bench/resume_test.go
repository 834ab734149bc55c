package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/proof"
)

// entries reads a journal.
func entries(t *testing.T, path string) []journal.Entry {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []journal.Entry
	for e, err := range journal.Read(f) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// begun begins a journal.
func begun(path string, run journal.Run) (*journal.Journal, error) {
	c, err := journal.Take(path)
	if err != nil {
		return nil, err
	}
	return c.Begin(run)
}

// recorded reads a journal as orders.
func recorded(t *testing.T, path string) []recording.Order {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := recording.Read(journal.Read(f))
	if err != nil {
		t.Fatal(err)
	}
	return r.Orders()
}

// TestResumeAfterACrash cuts the journal of a whole run at every entry, as a crash leaves it, and goes on with it
// against the same channels: nothing is submitted twice, every job is settled by its id, every order is accounted
// for, and the books of both sides agree.
func TestResumeAfterACrash(t *testing.T) {
	set := []string{`bench.run=["hybrid"]`, `bench.rate="60/min"`, "channels.reverse.errors.job.rate=20%",
		"channels.reverse.errors.ambiguous.rate=10%"}
	t.Run("one attempt at a time", func(t *testing.T) { resumesAfterACrash(t, 3, set...) })
	t.Run("attempts that are left and hedged", func(t *testing.T) {
		resumesAfterACrash(t, 9,
			append(set, `strategies.hybrid.steps=[{ channel = "reverse", timeout = "90s", hedge = { after = "30s", channel = "forwarding" } }]`)...)
	})
}

// resumesAfterACrash cuts a run after each so many entries of its journal, and resumes it.
func resumesAfterACrash(t *testing.T, step int, set ...string) {
	const orders = 12
	whole := filepath.Join(t.TempDir(), "whole.jsonl")
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", orders, set...)
		o, _ := onMock(t, s, mockchannel.Options{})
		o.Journal = whole
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
	})
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if !proof.Long {
		step = 17
	}
	for cut := 1; cut < len(lines); cut += step {
		crashed(t, orders, strings.Join(lines[:cut], ""), set)
	}
}

// crashed runs until the journal would be so long, forgets all but the journal, and resumes.
func crashed(t *testing.T, orders int, left string, set []string) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, []byte(left), 0o600); err != nil {
		t.Fatal(err)
	}
	before := entries(t, path)
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", orders, set...)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal, o.Resume = path, true
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatalf("after %d entries: %v", len(before), err)
		}
		submits := 0
		for _, b := range server.Books() {
			submits += b.Submits
		}
		all := recorded(t, path)
		attempts, finished := 0, 0
		for i := range all {
			attempts += len(all[i].Attempts)
			if all[i].Finished {
				finished++
			}
			for k := range all[i].Attempts {
				if all[i].Attempts[k].Open {
					t.Errorf("after %d entries: attempt %d of order %d is still open", len(before), k, i)
				}
			}
		}
		intents, unfinished := 0, map[int]bool{}
		for _, e := range before {
			switch e := e.(type) {
			case journal.Intent:
				intents++
				unfinished[e.Order] = true
			case journal.Finished:
				delete(unfinished, e.Order)
			}
		}
		if attempts != intents+submits {
			t.Errorf("after %d entries: %d attempts on record, %d of them earlier, and the channels saw %d submits", len(before),
				attempts, intents, submits)
		}
		if len(all) != orders || finished != orders-len(unfinished) {
			t.Errorf("after %d entries: %d orders on record, %d with an outcome; %d of %d were cut off", len(before), len(all),
				finished, len(unfinished), orders)
		}
		if got := figuresOf(t, run, "hybrid"); int(got.Orders) != finished {
			t.Errorf("after %d entries: the run counts %d orders, want %d", len(before), got.Orders, finished)
		}
	})
}

// TestResumeSettlesOpenJobs interrupts a run without any grace and goes on with it on the same channels: the jobs
// that were left are asked for by their ids, and both books agree in the end.
func TestResumeSettlesOpenJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 60, `bench.rate="20/min"`, `bench.run=["reverse"]`,
			"channels.reverse.errors.ambiguous.rate=0%")
		s.Bench.Grace = 0
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Second)
		defer cancel()
		if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v", err)
		}
		open := 0
		for _, order := range recorded(t, o.Journal) {
			if !order.Finished {
				open++
			}
		}
		if open < 5 {
			t.Fatalf("%d orders are open, too few for the test", open)
		}
		var said []string
		s.Bench.Grace = 10 * time.Minute
		o.Resume, o.Notice = true, func(text string) { said = append(said, text) }
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		book := server.Books()[1]
		// A submit that was on its way when the run ended is lost for good, and its job may run on.
		attempts, lost := 0, 0
		for _, order := range recorded(t, o.Journal) {
			attempts += len(order.Attempts)
			for _, a := range order.Attempts {
				if a.Outcome == channel.Ambiguous {
					lost++
				}
			}
		}
		if book.Submits != attempts || book.Running > lost {
			t.Errorf("%d submits, %d running, want %d and at most %d", book.Submits, book.Running, attempts, lost)
		}
		if ours := spent(t, o.Journal); ours != book.Charged {
			t.Errorf("our journal says %v, the channel charged %v", ours, book.Charged)
		}
		if got := figuresOf(t, run, "reverse"); int(got.Orders) != 60-open {
			t.Errorf("%d orders count, want %d", got.Orders, 60-open)
		}
		if !slices.ContainsFunc(run.Warnings, func(w string) bool { return strings.Contains(w, "were cut off") }) {
			t.Errorf("nothing is said of the orders that were cut off: %q", run.Warnings)
		}
		if len(said) != 1 || !strings.Contains(said[0], "orders are left") {
			t.Errorf("said %q", said)
		}
		settled := 0
		for _, order := range recorded(t, o.Journal) {
			for _, a := range order.Attempts {
				if !order.Finished && a.Outcome == channel.Delivered {
					settled++
				}
			}
		}
		if settled == 0 {
			t.Error("no job that was left open is on record as made")
		}
	})
}

// TestTheCapStandsAcrossAResume: what an earlier run spent and holds counts.
func TestTheCapStandsAcrossAResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 60)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		o.Cap = 3 * money.Dollar // 25 clips
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v", err)
		}
		o.Resume = true
		if _, err := Run(t.Context(), s, o); !errors.Is(err, ledger.ErrCap) {
			t.Fatalf("the resumed run ends with %v", err)
		}
		if charged := server.Books()[1].Charged; charged > 3*money.Dollar || charged < 2*money.Dollar {
			t.Errorf("both runs spent %v under a cap of $3", charged)
		}
		o.Cap, o.Recap = 20*money.Dollar, true
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatalf("with a higher cap, the run ends with %v", err)
		}
		if n := server.Books()[1].Submits; n < 60 {
			t.Errorf("%d submits after all", n)
		}
	})
}

// TestResumeRefusesAnotherRun: a journal is gone on with as it was begun.
func TestResumeRefusesAnotherRun(t *testing.T) {
	for name, other := range map[string]struct {
		set  []string
		edit func(*Options)
		want string
	}{
		"scenario": {[]string{"promise=1m"}, func(*Options) {}, "another scenario"},
		"prompts":  {nil, func(o *Options) { o.Prompts = []string{"another"} }, "other prompts"},
		"speed":    {nil, func(o *Options) { o.Speed = 2 }, "at 1x, and this one runs at 2x"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := benchable(t, "vendor-claims", 3)
				o, _ := onMock(t, s, mockchannel.Options{})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				if _, err := Run(t.Context(), s, o); err != nil {
					t.Fatal(err)
				}
				before := len(entries(t, o.Journal))
				if other.set != nil {
					s = benchable(t, "vendor-claims", 3, "workload.promise=1m")
				}
				o.Resume = true
				other.edit(&o)
				_, err := Run(t.Context(), s, o)
				var refused *RefusedError
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), other.want) {
					t.Errorf("Run ends with %v, want a refusal: %s", err, other.want)
				}
				if n := len(entries(t, o.Journal)); n != before {
					t.Errorf("%d entries, want %d", n, before)
				}
			})
		})
	}
}

// TestARaisedCapIsRemembered by the next resume, and a synchronous job that came with its clip is settled at once.
func TestARaisedCapIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 60)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		o.Cap = money.Dollar
		for _, limit := range []money.Micros{money.Dollar, 2 * money.Dollar, 0} {
			if o.Cap, o.Recap = limit, limit > 0; limit == 0 {
				o.Cap = 100 * money.Dollar // nobody says that it holds
			}
			if _, err := Run(t.Context(), s, o); !errors.Is(err, ledger.ErrCap) {
				t.Fatalf("with a cap of %v, Run ends with %v", limit, err)
			}
			o.Resume = true
		}
		if charged := server.Books()[1].Charged; charged > 2*money.Dollar || charged <= money.Dollar {
			t.Errorf("spent %v under caps of $1 and $2", charged)
		}
	})
}

// TestRemnantsOfSynchronousJobs: a job that is known by its clip alone was made.
func TestRemnantsOfSynchronousJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 3)
		o, _ := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "orders.jsonl")
		j, err := begun(cut, entries(t, o.Journal)[0].(journal.Run))
		if err != nil {
			t.Fatal(err)
		}
		at := journal.UTC(time.Now())
		for _, e := range []journal.Entry{
			journal.Order{Order: 0, Strategy: "reverse", Key: "00000000000000ff", Scheduled: at},
			journal.Intent{At: at, Channel: "reverse", Reserved: 120_000},
			journal.Accepted{At: at, Job: journal.Job{ContentURL: "http://127.0.0.1/reverse/v1/videos/gone/content"},
				Status: 200},
		} {
			if err := j.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		o.Journal, o.Resume = cut, true
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		first := recorded(t, cut)[0]
		if a := first.Attempts[0]; a.Open || a.Outcome != channel.Delivered || a.Bill.Computed != 120_000 || first.Finished {
			t.Errorf("%+v", first)
		}
		if !run.Incomplete {
			t.Error("an order was cut off, and the run is complete")
		}
	})
}

// TestTimelineOfAResumedRun: the clock goes on from the first start, and every attempt driven counts once; those
// replayed don't.
func TestTimelineOfAResumedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 60, `bench.rate="20/min"`, `bench.run=["hybrid"]`)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Second)
		defer cancel()
		if _, err := Run(ctx, s, o); !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Run ends with %v", err)
		}
		begun := entries(t, o.Journal)[0].(journal.Run).At
		time.Sleep(3 * time.Hour)
		o.Resume = true
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if want := begun.Format("2006-01-02T15:04:05.000Z"); run.Started != want {
			t.Errorf("started %q, want %q", run.Started, want)
		}
		if line := run.Timeline; line.BinSeconds != 300 || line.Seconds < 3*3600 || line.Seconds > 3.5*3600 {
			t.Errorf("bins of %v s over %v s", line.BinSeconds, line.Seconds)
		}
		attempts, gap := 0, false
		for _, ch := range run.Timeline.Channels {
			for _, b := range ch.Bins {
				for _, n := range b.Outcomes {
					attempts += n
				}
				gap = gap || b.From > 600 && b.From < 3*3600-300
			}
		}
		submits := 0
		for _, b := range server.Books() {
			submits += b.Submits
		}
		if attempts != submits || attempts < 60 || gap {
			t.Errorf("%d attempts on the timeline, %d submits; any while nothing ran: %v", attempts, submits, gap)
		}
	})
}
