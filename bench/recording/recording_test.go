package recording

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

var dawn = time.Date(2026, 11, 22, 3, 4, 5, 678, time.UTC)

// at is so many seconds into the run.
func at(seconds float64) journal.Time {
	return journal.UTC(dawn.Add(time.Duration(seconds * float64(time.Second))))
}

func header(speed float64) journal.Entry {
	return journal.Run{Schema: journal.Schema, At: at(0), Speed: speed}
}

func announced(number int) journal.Entry {
	return journal.Order{Order: number, Strategy: "hybrid", Pair: 4, Video: 1, Prompt: 9, Key: "00000000000000ff",
		Scheduled: at(10)}
}

func intent(attempt, step int, seconds float64, name string) journal.Entry {
	return journal.Intent{Attempt: attempt, Step: step, At: at(seconds), Channel: name, Reserved: 900}
}

func accepted(seconds float64) journal.Entry { return journal.Accepted{At: at(seconds)} }

func bill(computed money.Micros) journal.Bill { return journal.Bill{Computed: computed} }

func outcome(o channel.Outcome) journal.Outcome { return journal.Outcome(o) }

func reason(r channel.Reason) journal.Reason { return journal.Reason(r) }

// told yields entries, then the error if there is one.
func told(err error, entries ...journal.Entry) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

const second = time.Second

// TestAttempts reads one attempt of order 0 on channel a, submitted at 20 s.
func TestAttempts(t *testing.T) {
	reported := money.Micros(800)
	began := Attempt{Channel: "a", Step: 1, Bought: at(20).Time, Submitted: 20 * second, Reserved: 900, Open: true}
	abandoned := journal.Ended{Outcome: outcome(channel.Abandoned), Reason: reason(channel.Deadline), At: at(60), Polls: 3}
	for _, tt := range []struct {
		name    string
		entries []journal.Entry
		want    func(*Attempt)
		charge  money.Micros
	}{
		{"nothing more is on record", nil, func(*Attempt) {}, 900},
		{"running", []journal.Entry{accepted(22)}, func(a *Attempt) { a.Accepted, a.Answer = true, 2*second }, 900},
		{"refused", []journal.Entry{journal.Ended{Outcome: outcome(channel.Refused), Reason: reason(channel.Region),
			Country: "MM", At: at(23), RetryAfter: 7 * second}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Country, a.Answer, a.RetryAfter, a.Open = channel.Refused, channel.Region, "MM", 3*second,
					7*second, false
			}, 0},
		{"lost", []journal.Entry{journal.Ended{Outcome: outcome(channel.Ambiguous), Reason: reason(channel.Lost), At: at(50),
			Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Answer, a.Bill, a.Open = channel.Ambiguous, channel.Lost, 30*second, bill(700), false
				a.Doubtful = true
			}, 700},
		{"delivered", []journal.Entry{accepted(22),
			journal.Ended{Outcome: outcome(channel.Delivered), At: at(45), Ready: at(42), Fetched: at(45), Polls: 2,
				Bill: journal.Bill{Computed: 700, Reported: &reported}}},
			func(a *Attempt) {
				a.Outcome, a.Accepted, a.Answer, a.Ended, a.Made, a.Service, a.Fetch, a.Polls = channel.Delivered, true, 2*second,
					true, true, 20*second, 3*second, 2
				a.Bill, a.Open = journal.Bill{Computed: 700, Reported: &reported}, false
			}, 800},
		{"unusable", []journal.Entry{accepted(22),
			journal.Ended{Outcome: outcome(channel.Unusable), Reason: reason(channel.BadClip), At: at(45), Ready: at(42),
				Fetched: at(45), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Ended, a.Made, a.Service, a.Fetch = channel.Unusable, channel.BadClip,
					true, 2*second, true, true, 20*second, 3*second
				a.Bill, a.Open = bill(700), false
			}, 700},
		{"failed", []journal.Entry{accepted(22),
			journal.Ended{Outcome: outcome(channel.Failed), Reason: reason(channel.Job), At: at(42), Bill: bill(50)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Ended, a.Service = channel.Failed, channel.Job, true, 2*second, true,
					20*second
				a.Bill, a.Open = bill(50), false
			}, 50},
		{"abandoned, its bill to come", []journal.Entry{accepted(22), abandoned},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Polls, a.Left = channel.Abandoned, channel.Deadline, true, 2*second, 3,
					60*second
			}, 900},
		{"abandoned, then a clip", []journal.Entry{accepted(22), abandoned,
			journal.Settled{Outcome: outcome(channel.Delivered), At: at(99), Ready: at(92), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Polls, a.Left = channel.Abandoned, channel.Deadline, true, 2*second, 3,
					60*second
				a.Ended, a.Made, a.Service, a.Bill, a.Open = true, true, 70*second, bill(700), false
			}, 700},
		{"abandoned, then failed", []journal.Entry{accepted(22), abandoned,
			journal.Settled{Outcome: outcome(channel.Failed), At: at(92)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Polls, a.Left = channel.Abandoned, channel.Deadline, true, 2*second, 3,
					60*second
				a.Ended, a.Service, a.Open = true, 70*second, false
			}, 0},
		{"abandoned, then accepted and made", []journal.Entry{abandoned, accepted(65),
			journal.Settled{Outcome: outcome(channel.Delivered), At: at(92), Ready: at(92), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Polls, a.Left = channel.Abandoned, channel.Deadline, true, 45*second,
					3, 60*second
				a.Ended, a.Made, a.Service, a.Bill, a.Open = true, true, 27*second, bill(700), false
			}, 700},
		{"left while it ran, with what was last heard of it, and never known again", []journal.Entry{
			journal.Accepted{At: at(22), Job: journal.Job{ID: "job-7", PollURL: "/jobs/7"}},
			journal.Ended{Outcome: outcome(channel.Ambiguous), Reason: reason(channel.Lost), At: at(60), Accepted: at(22),
				Error: "no such job"},
			journal.Settled{Outcome: outcome(channel.Ambiguous), Reason: reason(channel.Lost), At: at(92), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Bill, a.Open = channel.Ambiguous, channel.Lost, true, 72*second,
					bill(700), false
				a.Doubtful, a.Remnant, a.Job, a.Word = true, true, "job-7", "no such job"
			}, 700},
		{"left when its clip was ready", []journal.Entry{journal.Accepted{At: at(22), Job: journal.Job{PollURL: "/jobs/7"}},
			journal.Ended{Outcome: outcome(channel.Abandoned), Reason: reason(channel.Deadline), At: at(60), Accepted: at(22),
				Ready: at(50), Error: "torn"}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Left = channel.Abandoned, channel.Deadline, true, 2*second, 60*second
				a.Job, a.Ready, a.Word = "/jobs/7", true, "torn"
			}, 900},
		{"abandoned, then refused", []journal.Entry{abandoned,
			journal.Settled{Outcome: outcome(channel.Refused), Reason: reason(channel.Submit), At: at(65)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Answer, a.Polls, a.Open, a.Left = channel.Abandoned, channel.Deadline, 45*second, 3, false,
					60*second
			}, 0},
		{"interrupted, then a clip", []journal.Entry{accepted(22),
			journal.Settled{Outcome: outcome(channel.Delivered), At: at(99), Ready: at(92), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Accepted, a.Answer, a.Ended, a.Made, a.Service = channel.Delivered, true, 2*second, true, true,
					70*second
				a.Bill, a.Open, a.Remnant = bill(700), false, true
			}, 700},
		{"interrupted, then failed", []journal.Entry{accepted(22),
			journal.Settled{Outcome: outcome(channel.Failed), Reason: reason(channel.Job), At: at(92)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Answer, a.Ended, a.Service, a.Open = channel.Failed, channel.Job, true, 2*second,
					true, 70*second, false
				a.Remnant = true
			}, 0},
		{"interrupted, then never answered", []journal.Entry{journal.Settled{Outcome: outcome(channel.Ambiguous),
			Reason: reason(channel.Lost), At: at(92), Bill: bill(700)}},
			func(a *Attempt) {
				a.Outcome, a.Reason, a.Answer, a.Bill, a.Open = channel.Ambiguous, channel.Lost, 72*second, bill(700), false
				a.Doubtful, a.Remnant = true, true
			}, 700},
	} {
		for _, speed := range []float64{1, 100} {
			t.Run(tt.name, func(t *testing.T) {
				r, err := Read(told(nil, slices.Concat([]journal.Entry{header(speed), announced(0), intent(0, 1, 20, "a")},
					tt.entries)...))
				if err != nil {
					t.Fatal(err)
				}
				orders := r.Orders()
				want := began
				tt.want(&want)
				for _, span := range []*time.Duration{&want.Submitted, &want.Answer, &want.Service, &want.Fetch, &want.Left} {
					// a fast clock makes more of each second; the channel's pause is told in the scenario's
					*span *= time.Duration(speed)
				}
				if diff := cmp.Diff([]Attempt{want}, orders[0].Attempts); diff != "" {
					t.Errorf("speed %v, want (-) and got (+):\n%s", speed, diff)
				}
				if c := orders[0].Attempts[0].Charge(); c != tt.charge || orders[0].Charge() != tt.charge {
					t.Errorf("charge %v, of the order %v, want %v", c, orders[0].Charge(), tt.charge)
				}
			})
		}
	}
}

// TestOrders reads whole orders: by number, whatever came first, with what is open at its worst case.
func TestOrders(t *testing.T) {
	refused := journal.Ended{Outcome: outcome(channel.Refused), Reason: reason(channel.Submit), At: at(21), Bill: bill(30)}
	r, err := Read(told(nil, header(1), announced(2), announced(0), announced(0), intent(0, 0, 20, "a"), refused,
		intent(1, 1, 25, "b"),
		journal.Note{Text: "a remark"}, journal.Foreign{Kind: "of tomorrow"},
		journal.Finished{Reason: reason(channel.Deadline), Latency: 50 * second, Lag: second},
		journal.Finished{Order: 2, Delivered: true, Latency: 5 * second}))
	if err != nil {
		t.Fatal(err)
	}
	orders := r.Orders()
	first := Order{Strategy: "hybrid", Pair: 4, Video: 1, Key: 255, Scheduled: 10 * second, Finished: true,
		Reason: channel.Deadline, Latency: 50 * second, Lag: second,
		Attempts: []Attempt{
			{Channel: "a", Outcome: channel.Refused, Reason: channel.Submit, Bought: at(20).Time, Submitted: 20 * second,
				Answer: second, Reserved: 900, Bill: bill(30)},
			{Channel: "b", Step: 1, Bought: at(25).Time, Submitted: 25 * second, Reserved: 900, Open: true},
		}}
	other := Order{Number: 2, Strategy: "hybrid", Pair: 4, Video: 1, Key: 255, Scheduled: 10 * second, Finished: true,
		Delivered: true, Latency: 5 * second}
	if diff := cmp.Diff([]Order{first, other}, orders); diff != "" {
		t.Errorf("want (-) and got (+):\n%s", diff)
	}
	if !orders[0].FellBack() || orders[1].FellBack() || orders[0].Charge() != 930 {
		t.Errorf("fell back %v and %v, charged %v; want the first only, and $0.00093", orders[0].FellBack(),
			orders[1].FellBack(), orders[0].Charge())
	}
}

// TestWhatCannotBeRead: journals that don't hold together yield an error that says why, and nothing else.
func TestWhatCannotBeRead(t *testing.T) {
	broken := errors.New("the disk is gone")
	badKey := journal.Order{Key: "no key", Scheduled: at(0)}
	for _, tt := range []struct {
		name    string
		entries iter.Seq2[journal.Entry, error]
		want    string
	}{
		{"no header", told(nil, announced(0)), "header"},
		{"a clock that stands still", told(nil, header(0)), "a clock of 0 times"},
		{"a clock that runs backwards", told(nil, header(-1)), "a clock of -1 times"},
		{"a bad key", told(nil, header(1), badKey), `"no key"`},
		{"an attempt of no order", told(nil, header(1), intent(0, 0, 20, "a")), "not announced"},
		{"an end of no attempt", told(nil, header(1), announced(0), journal.Ended{Outcome: outcome(channel.Refused)}),
			"never begun"},
		{"an error of the journal", told(broken, header(1), announced(0)), "the disk is gone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Read(tt.entries)
			if r != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v; want an error that says %q", r, err, tt.want)
			}
		})
	}
	if r, err := Read(told(nil)); err != nil || len(r.Orders()) != 0 {
		t.Errorf("an empty journal holds %+v, %v", r, err)
	}
}
