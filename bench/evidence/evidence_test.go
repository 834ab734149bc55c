package evidence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"channelbench/bench/journal"
	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

var dawn = time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)

// at is so many seconds into the run.
func at(seconds float64) journal.Time {
	return journal.UTC(dawn.Add(time.Duration(seconds * float64(time.Second))))
}

const second = time.Second

// toy has a channel "a" that makes longer clips than are ordered and is polled each 10 s.
func toy(t testing.TB) *scenario.Scenario {
	t.Helper()
	s, _, err := scenario.Load("toy.toml", []byte(`[workload]
orders_per_month = 10
[[workload.videos]]
name = "short"
share = "100%"
seconds = 5
resolution = "720p"
fit = "longer"
[channels.a]
kind = "reverse"
poll = "10s"
makes = { seconds = [8] }
price = { per_call = "$1", as_of = 2026-11-01, source = "a list" }
latency = { base = "30s", sigma = 0.4 }
[strategies.a]
steps = [{ channel = "a" }]
`), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written is a journal of entries about order 0.
func written(t testing.TB, speed float64, entries ...journal.Entry) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	c, err := journal.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	j, err := c.Begin(journal.Run{Schema: journal.Schema, At: at(0), Speed: speed, Live: true, PurchaseSHA256: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAttempts reads the one attempt of an order, submitted at 20 s.
func TestAttempts(t *testing.T) {
	order := journal.Order{Strategy: "a", Key: "00000000000000ff", Scheduled: at(10)}
	intent := journal.Intent{At: at(20), Channel: "a", Reserved: 900}
	accepted := journal.Accepted{At: at(22)}
	ended := func(o channel.Outcome, r channel.Reason, change func(*journal.Ended)) journal.Ended {
		e := journal.Ended{Outcome: journal.Outcome(o), Reason: journal.Reason(r), At: at(60)}
		if change != nil {
			change(&e)
		}
		return e
	}
	abandoned := ended(channel.Abandoned, channel.Deadline, nil)
	for _, tt := range []struct {
		name    string
		entries []journal.Entry
		want    func(*attempt.Attempt) // nil: nothing is known
	}{
		{"nothing on record", nil, nil},
		{"refused", []journal.Entry{ended(channel.Refused, channel.Region, func(e *journal.Ended) { e.Country = "MM" })},
			func(a *attempt.Attempt) { a.Outcome, a.Reason, a.Country = channel.Refused, channel.Region, "MM" }},
		{"lost", []journal.Entry{ended(channel.Ambiguous, channel.Lost, nil)},
			func(a *attempt.Attempt) { a.Outcome, a.Reason = channel.Ambiguous, channel.Lost }},
		{"lost by a crash of ours", []journal.Entry{journal.Settled{Outcome: journal.Outcome(channel.Ambiguous), At: at(90)}},
			nil},
		{"seen at the third poll", []journal.Entry{accepted,
			ended(channel.Delivered, channel.NoReason,
				func(e *journal.Ended) { e.Ready, e.Fetched, e.Polls, e.Fetches = at(52), at(53), 3, 1 })},
			func(a *attempt.Attempt) {
				a.Outcome, a.Accepted, a.Ended, a.Made, a.Low, a.High, a.Fetches = channel.Delivered, true, true, true, 20*second,
					30*second, 1
			}},
		{"fetched at the third try", []journal.Entry{accepted,
			ended(channel.Delivered, channel.NoReason,
				func(e *journal.Ended) { e.Ready, e.Fetched, e.Polls, e.Fetches = at(32), at(53), 1, 3 })},
			func(a *attempt.Attempt) {
				a.Outcome, a.Accepted, a.Ended, a.Made, a.High, a.Fetches = channel.Delivered, true, true, true, 10*second, 3
			}},
		{"a slow transfer, as a journal of before tells it",
			[]journal.Entry{accepted, ended(channel.Delivered, channel.NoReason,
				func(e *journal.Ended) { e.Ready, e.Fetched, e.Polls = at(32), at(153), 1 })},
			func(a *attempt.Attempt) {
				a.Outcome, a.Accepted, a.Ended, a.Made, a.High = channel.Delivered, true, true, true, 10*second
			}},
		{"never fetched", []journal.Entry{accepted,
			ended(channel.Abandoned, channel.Deadline, func(e *journal.Ended) { e.Ready, e.Polls, e.Fetches = at(32), 1, 4 }),
			journal.Settled{Outcome: journal.Outcome(channel.Delivered), Ready: at(32), At: at(60)}},
			func(a *attempt.Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Ended, a.Made, a.High, a.Fetches = channel.Abandoned, channel.Deadline, true,
					true, true, 10*second, 4
			}},
		{"the answer was the clip", []journal.Entry{journal.Accepted{At: at(80)},
			ended(channel.Delivered, channel.NoReason,
				func(e *journal.Ended) { e.At, e.Ready, e.Fetched, e.Fetches = at(80), at(80), at(80), 1 })},
			func(a *attempt.Attempt) {
				a.Outcome, a.Accepted, a.Ended, a.Made, a.Low, a.High, a.Fetches = channel.Delivered, true, true, true, 60*second,
					60*second, 1
			}},
		{"failed", []journal.Entry{accepted, ended(channel.Failed, channel.Job,
			func(e *journal.Ended) { e.At, e.Polls = at(42), 2 })},
			func(a *attempt.Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Ended, a.Low, a.High = channel.Failed, channel.Job, true, true, 10*second,
					20*second
			}},
		{"failed, and what that costs wasn't told",
			[]journal.Entry{accepted, ended(channel.Failed, channel.Job, func(e *journal.Ended) {
				e.At, e.Polls, e.Bill = at(42), 2, journal.Bill{Computed: 500_000, Unproven: true}
			})},
			func(a *attempt.Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Ended, a.Low, a.High = channel.Failed, channel.Job, true, true, 10*second,
					20*second
			}},
		{"left", []journal.Entry{accepted, abandoned},
			func(a *attempt.Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Low = channel.Abandoned, channel.Deadline, true, 28*second
			}},
		{"left, and seen later", []journal.Entry{accepted, abandoned,
			journal.Settled{Outcome: journal.Outcome(channel.Delivered), At: at(82), Ready: at(82)}},
			func(a *attempt.Attempt) {
				a.Outcome, a.Reason, a.Accepted, a.Ended, a.Made, a.Low, a.High = channel.Abandoned, channel.Deadline, true, true,
					true, 50*second, 60*second
			}},
		{"found by a later run", []journal.Entry{accepted,
			journal.Settled{Outcome: journal.Outcome(channel.Delivered), At: at(922), Ready: at(922)}},
			func(a *attempt.Attempt) {
				a.Outcome, a.Accepted, a.Ended, a.Made, a.High = channel.Delivered, true, true, true, 900*second
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := written(t, 1, append([]journal.Entry{order, intent}, tt.entries...)...)
			recorded, torn, err := Read(bytes.NewReader(text))
			if err != nil || torn != nil {
				t.Fatal(err, torn)
			}
			got, err := Attempts(recorded, toy(t))
			if err != nil {
				t.Fatal(err)
			}
			var want []attempt.Attempt
			if tt.want != nil {
				a := attempt.Attempt{Channel: "a", Resolution: "720p", Seconds: 8, Order: "0", At: dawn.Add(20 * second)}
				tt.want(&a)
				want = []attempt.Attempt{a}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if h := recorded.Run; h.PurchaseSHA256 != "abc" || !h.At.Equal(dawn) || !h.Live {
				t.Errorf("header %+v", h)
			}
		})
	}
}

// TestAFastClock: times are the scenario's.
func TestAFastClock(t *testing.T) {
	text := written(t, 60, journal.Order{Strategy: "a", Key: "00000000000000ff", Scheduled: at(0)},
		journal.Intent{At: at(1), Channel: "a"}, journal.Accepted{At: at(1)},
		journal.Ended{Outcome: journal.Outcome(channel.Delivered), At: at(2), Ready: at(2), Fetched: at(2), Polls: 6})
	recorded, _, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := Attempts(recorded, toy(t))
	if err != nil {
		t.Fatal(err)
	}
	if a := attempts[0]; !a.At.Equal(dawn.Add(time.Minute)) || a.Low != 50*second || a.High != 60*second {
		t.Errorf("got %+v", a)
	}
}

func TestDamage(t *testing.T) {
	text := written(t, 1, journal.Order{Strategy: "a", Key: "00000000000000ff", Scheduled: at(0)},
		journal.Intent{At: at(1), Channel: "a"},
		journal.Ended{Outcome: journal.Outcome(channel.Refused), Reason: journal.Reason(channel.Submit), At: at(2)},
		journal.Note{At: at(3), Text: "the end"})
	for _, tt := range []struct {
		name     string
		text     []byte
		attempts int
		says     string // what tore it, or an error
	}{
		{"whole", text, 1, ""},
		{"cut short", text[:len(text)-20], 1, "cut short by a crash"},
		{"changed", bytes.Replace(text, []byte("the end"), []byte("the start"), 1), 1, "its checksum is wrong"},
		{"empty", nil, 0, "the journal is empty"},
		{"no journal", []byte("hello\n"), 0, "its checksum is wrong"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			recorded, torn, err := Read(bytes.NewReader(tt.text))
			if err == nil {
				attempts, err := Attempts(recorded, toy(t))
				if err != nil || len(attempts) != tt.attempts {
					t.Errorf("%d attempts, %v, want %d", len(attempts), err, tt.attempts)
				}
			}
			said := errors.Join(torn, err)
			if (said != nil) != (tt.says != "") || said != nil && !strings.Contains(said.Error(), tt.says) {
				t.Errorf("it says %q, want %q", said, tt.says)
			}
			if (err == nil) != (tt.attempts > 0) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
