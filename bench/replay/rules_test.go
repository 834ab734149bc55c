package replay

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Videos of plain. Channel b makes long clips of both.
const (
	short = 0
	long  = 1
)

// plain is a model of the channels a and b, for recordings by hand.
func plain(deadline time.Duration) *world.Model {
	clips := []channel.Clip{{Seconds: 5, Resolution: "720p"}, {Seconds: 10, Resolution: "720p"}}
	m := &world.Model{Deadline: deadline, Channels: []world.Channel{{Name: "a"}, {Name: "b"}}}
	for _, c := range clips {
		m.Classes = append(m.Classes, world.Class{Share: 0.5, Clip: c})
		m.Channels[0].Jobs = append(m.Channels[0].Jobs, world.Job{Makes: true, Clip: c})
		m.Channels[1].Jobs = append(m.Channels[1].Jobs, world.Job{Makes: true, Clip: clips[long]})
	}
	return m
}

// steps is a strategy of two attempts on each channel, two seconds apart. A failed job is not tried again.
func steps(m *world.Model, channels ...int) *policy.Strategy {
	r := policy.Route{Deadline: m.Deadline}
	for _, ch := range channels {
		r.Steps = append(r.Steps, policy.Step{Channel: ch, Attempts: 2, Poll: seconds(10),
			Backoff: policy.Backoff{Base: seconds(2), Low: 1, High: 1},
			RetryOn: policy.SetOf(channel.RateLimited, channel.Region, channel.Submit, channel.BadClip)})
	}
	return &policy.Strategy{Name: "replayed", Routes: []policy.Route{r, r}}
}

// minutes are time blocks of a minute.
func minutes(at time.Duration) int { return int(at / time.Minute) }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

type attempt = recording.Attempt

// delivered is an attempt that delivers after a second and so many more, for some cents.
func delivered(ch string, submitted, service, cents int) attempt {
	return attempt{Channel: ch, Outcome: channel.Delivered, Submitted: seconds(submitted), Answer: seconds(1),
		Accepted: true, Ended: true, Made: true,
		Service: seconds(service), Reserved: 500_000, Bill: journal.Bill{Computed: money.Micros(cents) * 10_000}}
}

// refused is an attempt that is refused after a second.
func refused(ch string, submitted int, r channel.Reason, changes ...func(*attempt)) attempt {
	return but(attempt{Channel: ch, Outcome: channel.Refused, Reason: r, Submitted: seconds(submitted), Answer: seconds(1),
		Reserved: 500_000}, changes...)
}

// but is an attempt with changes.
func but(a attempt, changes ...func(*attempt)) attempt {
	for _, change := range changes {
		change(&a)
	}
	return a
}

// Changes of attempts.
var (
	failed    = func(a *attempt) { a.Outcome, a.Reason, a.Made = channel.Failed, channel.Job, false }
	unusable  = func(a *attempt) { a.Outcome, a.Reason, a.Fetch = channel.Unusable, channel.BadClip, seconds(4) }
	abandoned = func(a *attempt) { a.Outcome, a.Reason = channel.Abandoned, channel.Deadline }
	lost      = func(a *attempt) { a.Outcome, a.Reason, a.Bill.Computed = channel.Ambiguous, channel.Lost, 500_000 }
	running   = func(a *attempt) { a.Outcome, a.Ended, a.Made, a.Open = channel.Pending, false, false, true }
	unheard   = func(a *attempt) { a.Accepted, a.Answer = false, 0 }
)

// of is a recording of one order to a pair that arrives with its first attempt, and before it of pair 0, which arrives
// at 300 s and tried nothing.
func of(orders ...[]attempt) []recording.Order {
	all := []recording.Order{{Scheduled: seconds(300)}}
	for i, attempts := range orders {
		all = append(all, recording.Order{Number: i + 1, Pair: i + 1, Key: world.Key(i + 1), Scheduled: attempts[0].Submitted,
			Finished: true, Attempts: attempts})
	}
	return all
}

// having lets pair 0 have tried something.
func having(recorded []recording.Order, attempts ...attempt) []recording.Order {
	recorded[0].Attempts = attempts
	return recorded
}

// unfetched lets the first order that tried anything end long after its clip was ready.
func unfetched(recorded []recording.Order) []recording.Order {
	recorded[1].Latency = seconds(600)
	return recorded
}

type tries = []attempt

// told is what became of an order, in words.
func told(o *recording.Order) string {
	var b strings.Builder
	switch {
	case !o.Finished:
		b.WriteString("no outcome")
	case o.Delivered:
		fmt.Fprintf(&b, "delivered after %v", o.Latency)
	default:
		fmt.Fprintf(&b, "%v after %v", o.Reason, o.Latency)
	}
	fmt.Fprintf(&b, ", %v", o.Charge())
	for _, a := range o.Attempts {
		fmt.Fprintf(&b, "; %v %s %v", a.Submitted-o.Scheduled, a.Channel, a.Outcome)
		if a.Reason != channel.NoReason {
			fmt.Fprintf(&b, " (%v)", a.Reason)
		}
	}
	return b.String()
}

// TestRules answers pair 0 of recordings in which one attempt only can answer each submit.
func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name     string
		deadline int // seconds
		channels []int
		recorded []recording.Order
		want     string
	}{
		{"its own block", 0, []int{0}, of(tries{delivered("a", 299, 10, 1)}, tries{delivered("a", 300, 20, 2)},
			tries{delivered("a", 360, 30, 3)}),
			"delivered after 21s, $0.02; 0s a delivered"},
		{"the nearest block", 0, []int{0}, of(tries{delivered("a", 0, 10, 1)}, tries{delivered("a", 420, 20, 2)},
			tries{delivered("a", 900, 30, 3)}),
			"delivered after 21s, $0.02; 0s a delivered"},
		{"of two as near, the earlier", 0, []int{0}, of(tries{delivered("a", 180, 10, 1)}, tries{delivered("a", 420, 20, 2)}),
			"delivered after 11s, $0.01; 0s a delivered"},
		{"the last block", 0, []int{0}, of(tries{delivered("a", 0, 10, 1)}, tries{delivered("a", 60, 20, 2)}),
			"delivered after 21s, $0.02; 0s a delivered"},
		{"the block of the submit, not of the arrival", 0, []int{0, 1},
			of(tries{but(delivered("a", 300, 89, 0), failed)}, tries{delivered("b", 300, 10, 1)},
				tries{delivered("b", 360, 20, 2)}),
			"delivered after 1m51s, $0.02; 0s a failed (job); 1m30s b delivered"},

		{"moderated, as it was", 0, []int{0, 1},
			having(of(tries{delivered("a", 300, 10, 1)}, tries{delivered("b", 0, 20, 2)}),
				refused("a", 300, channel.Moderation)),
			"delivered after 22s, $0.02; 0s a refused (moderation); 1s b delivered"},
		{"moderated, since one attempt was", 0, []int{0},
			having(of(tries{delivered("a", 300, 10, 1)}), refused("a", 300, channel.Region),
				refused("a", 303, channel.Moderation)),
			"moderation after 1s, $0.00; 0s a refused (moderation)"},
		{"not moderated, since it was not", 0, []int{0},
			having(of(tries{refused("a", 300, channel.Moderation)}, tries{refused("a", 300, channel.Moderation)}),
				delivered("a", 900, 10, 1)),
			"delivered after 11s, $0.01; 0s a delivered"},
		{"not tried here, let pass elsewhere", 0, []int{0},
			having(of(tries{refused("b", 299, channel.Moderation), refused("a", 300, channel.Moderation)},
				tries{refused("b", 0, channel.Region), delivered("a", 1, 10, 1)}), delivered("b", 300, 5, 1)),
			"delivered after 11s, $0.01; 0s a delivered"},
		{"not tried here, moderated elsewhere", 0, []int{0},
			having(of(tries{refused("b", 0, channel.Moderation), refused("a", 1, channel.Moderation)},
				tries{refused("b", 299, channel.Region), delivered("a", 300, 10, 1)}), refused("b", 300, channel.Moderation)),
			"moderation after 1s, $0.00; 0s a refused (moderation)"},
		{"not tried here, moderated elsewhere as no other was", 0, []int{0},
			having(of(tries{delivered("a", 300, 10, 1)}), refused("b", 300, channel.Moderation)),
			"delivered after 11s, $0.01; 0s a delivered"},
		{"moderated in the replay, and so on the next channel", 0, []int{0, 1},
			of(tries{refused("a", 300, channel.Moderation)},
				tries{refused("a", 900, channel.Moderation), refused("b", 901, channel.Moderation)},
				tries{delivered("b", 300, 10, 1)}),
			"moderation after 2s, $0.00; 0s a refused (moderation); 1s b refused (moderation)"},

		{"a retry like a retry", 0, []int{0}, of(tries{refused("a", 300, channel.Region), refused("a", 303, channel.Submit)}),
			"submit after 4s, $0.00; 0s a refused (region); 3s a refused (submit)"},
		{"a retry like a first submit where none was retried", 0, []int{0}, of(tries{refused("a", 300, channel.Region)}),
			"region after 4s, $0.00; 0s a refused (region); 3s a refused (region)"},
		{"a pause that the channel asked for", 0, []int{0},
			of(tries{refused("a", 300, channel.RateLimited, func(a *attempt) { a.RetryAfter = seconds(30) }),
				delivered("a", 331, 10, 1)}),
			"delivered after 42s, $0.01; 0s a refused (rate_limited); 31s a delivered"},
		{"a lost answer ends the order", 0, []int{0, 1},
			of(tries{refused("a", 300, 0, lost)}, tries{delivered("b", 0, 1, 1)}),
			"ambiguous after 1s, $0.50; 0s a ambiguous (ambiguous)"},

		{"a job without an end, to the deadline", 600, []int{0, 1},
			of(tries{but(delivered("a", 300, 0, 1), running)}, tries{delivered("b", 0, 1, 1)}),
			"deadline after 10m0s, $0.50; 0s a abandoned (deadline)"},
		{"a job without an end or a deadline", 0, []int{0, 1},
			of(tries{but(delivered("a", 300, 0, 1), running)}, tries{delivered("b", 0, 1, 1)}),
			"no outcome, $0.50; 0s a pending"},
		{"a submit that was never answered", 600, []int{0}, of(tries{but(delivered("a", 300, 0, 1), running, unheard)}),
			"deadline after 10m0s, $0.50; 0s a abandoned (deadline)"},
		{"abandoned at the deadline, and billed", 60, []int{0}, of(tries{delivered("a", 300, 60, 7)}),
			"deadline after 1m0s, $0.07; 0s a abandoned (deadline)"},
		{"delivered at the very deadline", 60, []int{0}, of(tries{delivered("a", 300, 59, 7)}),
			"delivered after 1m0s, $0.07; 0s a delivered"},
		{"no retry at the deadline", 3, []int{0}, of(tries{refused("a", 300, channel.Region)}),
			"deadline after 3s, $0.00; 0s a refused (region)"},

		{"a clip that its own order had abandoned", 0, []int{0}, of(tries{but(delivered("a", 300, 100, 7), abandoned)}),
			"delivered after 1m41s, $0.07; 0s a delivered"},
		{"a clip that could not be fetched", 600, []int{0}, unfetched(of(tries{but(delivered("a", 300, 100, 7), abandoned)})),
			"deadline after 10m0s, $0.07; 0s a abandoned (deadline)"},
		{"a failure that its own order had abandoned", 0, []int{0},
			of(tries{but(delivered("a", 300, 100, 7), failed, abandoned)}),
			"job after 1m41s, $0.07; 0s a failed (job)"},
		{"a late refusal", 0, []int{0}, of(tries{refused("a", 300, 0, abandoned), delivered("a", 400, 10, 1)}),
			"delivered after 14s, $0.01; 0s a refused (submit); 3s a delivered"},
		{"an answer lost late", 0, []int{0}, of(tries{refused("a", 300, 0, lost, abandoned)}),
			"ambiguous after 1s, $0.50; 0s a ambiguous (ambiguous)"},
		{"an unusable clip", 0, []int{0}, of(tries{but(delivered("a", 300, 10, 7), unusable), delivered("a", 320, 10, 8)}),
			"delivered after 28s, $0.15; 0s a unusable (unusable); 17s a delivered"},
		{"a slow fetch", 0, []int{0}, of(tries{but(delivered("a", 300, 10, 1), func(a *attempt) { a.Fetch = seconds(25) })}),
			"delivered after 36s, $0.01; 0s a delivered"},
		{"what the channel reported", 0, []int{0},
			of(tries{but(delivered("a", 300, 10, 1), func(a *attempt) { a.Bill.Reported = new(money.Micros(90_000)) })}),
			"delivered after 11s, $0.09; 0s a delivered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := plain(seconds(tt.deadline))
			got, err := Orders(Options{Strategy: steps(m, tt.channels...), Channels: names(m), Model: m, Recorded: tt.recorded,
				Block: minutes, Times: 1, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tt.recorded) {
				t.Fatalf("%d orders, want one for each of %d pairs", len(got), len(tt.recorded))
			}
			if s := told(&got[0]); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

// TestWhatAnOrderIs: pairs are answered in their order, from the arrival of their first recorded order.
func TestWhatAnOrderIs(t *testing.T) {
	m := plain(0)
	recorded := []recording.Order{
		{Number: 0, Strategy: "x", Pair: 7, Video: long, Key: 77, Scheduled: seconds(40),
			Attempts: tries{delivered("b", 40, 10, 1)}},
		// the run ended before its outcome
		{Number: 1, Strategy: "y", Pair: 3, Video: short, Key: 33, Scheduled: seconds(50)},
		{Number: 2, Strategy: "y", Pair: 7, Video: long, Key: 77, Scheduled: seconds(30)},
	}
	got, err := Orders(Options{Strategy: steps(m, 1), Channels: names(m), Model: m, Recorded: recorded, Block: minutes,
		Times: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 {
		t.Fatalf("%d orders, want 4", len(got))
	}
	for i, want := range []string{"0 replayed 3 video 0 21 50s 50s", "1 replayed 3 video 0 21 50s 50s",
		"2 replayed 7 video 1 4d 30s 30s", "3 replayed 7 video 1 4d 30s 30s"} {
		o := &got[i]
		if s := fmt.Sprintf("%d %s %d video %d %x %v %v", o.Number, o.Strategy, o.Pair, o.Video, uint64(o.Key), o.Scheduled,
			o.Attempts[0].Submitted); s != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
}

// TestUnanswered: without an attempt on a step's channel for the clip that it makes, no order is answered.
func TestUnanswered(t *testing.T) {
	m := plain(0)
	ofLong := []recording.Order{{Video: long, Attempts: tries{delivered("a", 0, 10, 1), delivered("b", 20, 10, 1)}}}
	ofBoth := append([]recording.Order{{Number: 1, Pair: 1, Video: short}}, ofLong...)
	for _, tt := range []struct {
		name     string
		channels []int
		recorded []recording.Order
		want     UnansweredError
	}{
		{"no recording", []int{0, 1}, nil, UnansweredError{}},
		{"each step has an answer", []int{0, 1}, ofLong, UnansweredError{}},
		{"videos of the same clip as made share attempts", []int{1}, ofBoth, UnansweredError{}},
		{"those of other clips don't", []int{1, 0}, ofBoth,
			UnansweredError{"replayed", "a", channel.Clip{Seconds: 5, Resolution: "720p"}}},
		{"a fallback that no order may need", []int{0, 1}, of(tries{delivered("a", 0, 10, 1)}),
			UnansweredError{"replayed", "b", channel.Clip{Seconds: 10, Resolution: "720p"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Orders(Options{Strategy: steps(m, tt.channels...), Channels: names(m), Model: m, Recorded: tt.recorded,
				Block: minutes, Times: 1, Seed: 1})
			var unanswered *UnansweredError
			switch {
			case tt.want == UnansweredError{}:
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &unanswered) || *unanswered != tt.want || got != nil:
				t.Errorf("%d orders, %v; want %v", len(got), err, &tt.want)
			case !strings.Contains(err.Error(), "[bench] run") || !strings.Contains(err.Error(), tt.want.Channel):
				t.Errorf("%q doesn't say what to drive", err)
			}
		})
	}
}

// TestOtherScenario: a recording of videos that the scenario doesn't have is an error.
func TestOtherScenario(t *testing.T) {
	m := plain(0)
	for name, recorded := range map[string][]recording.Order{
		"no such video": {{Video: 2}}, "two videos in a pair": {{Number: 0, Video: short}, {Number: 1, Video: long}},
	} {
		if _, err := Orders(Options{Strategy: steps(m, 0), Channels: names(m), Model: m, Recorded: recorded, Block: minutes,
			Times: 1}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBurstsSurvive: both channels are down in the same tenth of the time. Replayed by blocks, the hybrid fails as
// often as that; without blocks, its channels would seem to fail apart from each other.
func TestBurstsSurvive(t *testing.T) {
	const pairs = 2000
	m := plain(0)
	var recorded []recording.Order
	down := 0
	for i := range pairs {
		at := i * 6 // ten pairs to a block of a minute
		outage := at/60%10 == 3
		for k, ch := range []string{"a", "b"} {
			o := recording.Order{Number: 2*i + k, Strategy: ch, Pair: i, Video: i % 2, Key: m.Key(0, i), Scheduled: seconds(at),
				Finished: true}
			if o.Attempts = (tries{delivered(ch, at, 10, 1)}); outage {
				o.Attempts = tries{refused(ch, at, channel.Submit), refused(ch, at, channel.Submit)}
			}
			recorded = append(recorded, o)
		}
		if outage {
			down++
		}
	}
	share := func(block func(time.Duration) int) float64 {
		orders, err := Orders(Options{Strategy: steps(m, 0, 1), Channels: names(m), Model: m, Recorded: recorded,
			Block: block, Times: 1, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		failures := 0.0
		for i := range orders {
			if !orders[i].Delivered {
				failures++
			}
		}
		return failures / pairs
	}
	truth := float64(down) / pairs
	byBlock, apart := share(minutes), share(func(time.Duration) int { return 0 })
	t.Logf("%.4f of the orders met both channels down; %.4f replayed by blocks, %.4f in a single one (seed 1)", truth,
		byBlock, apart)
	if byBlock != truth {
		t.Errorf("by blocks %v are undelivered, want %v", byBlock, truth)
	}
	if apart > 0.2*truth {
		t.Errorf("in a single block %v are undelivered, want far fewer than %v", apart, truth)
	}
}
