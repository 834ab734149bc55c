package replay

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"channelbench/bench/journal"
	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/world"
)

// TestOddRecordings: whatever a recording holds, the replay ends, answers each pair so often with attempts
// from the recording, and doesn't depend on the recording's order.
func TestOddRecordings(t *testing.T) { rapid.Check(t, anyRecording) }

func anyRecording(t *rapid.T) {
	m := troubled(1, 0)
	m.Deadline = rapid.SampledFrom([]time.Duration{0, time.Nanosecond, time.Minute, math.MaxInt64}).Draw(t, "deadline")
	o := Options{
		Strategy: trying("replayed", m, [2]int{reverse, 2}, [2]int{forwarding, 1}), Channels: names(m), Model: m,
		Block: func(at time.Duration) int { return int(at / time.Minute) },
		Times: rapid.IntRange(0, 3).Draw(t, "times"), Seed: rapid.Uint64().Draw(t, "seed"),
	}
	pairs, reserved := map[int]bool{}, map[money.Micros]string{}
	for i := range rapid.IntRange(0, 12).Draw(t, "orders") {
		pair := rapid.IntRange(0, 5).Draw(t, "pair")
		pairs[pair] = true
		r := recording.Order{Number: i, Pair: pair, Video: pair % 2, Key: world.Key(pair), Scheduled: anySpan(t),
			Finished: rapid.Bool().Draw(t, "finished")}
		for range rapid.IntRange(0, 4).Draw(t, "attempts") {
			a := anyAttempt(t)
			a.Reserved = money.Micros(len(reserved))
			reserved[a.Reserved] = a.Channel
			r.Attempts = append(r.Attempts, a)
		}
		o.Recorded = append(o.Recorded, r)
	}
	got, err := Orders(o)
	var unanswered *UnansweredError
	if err != nil && !errors.As(err, &unanswered) {
		t.Fatal(err)
	}
	if err == nil && len(got) != len(pairs)*o.Times {
		t.Fatalf("%d orders of %d pairs, %d times each", len(got), len(pairs), o.Times)
	}
	for i := range got {
		for _, a := range got[i].Attempts {
			if reserved[a.Reserved] != a.Channel {
				t.Fatalf("order %d: attempt %+v is not that of the recording", i, a)
			}
		}
		if m.Deadline > 0 && !got[i].Finished {
			t.Fatalf("order %d has a deadline and did not finish", i)
		}
	}
	o.Recorded = rapid.Permutation(o.Recorded).Draw(t, "permuted")
	again, err2 := Orders(o)
	if diff := cmp.Diff(got, again); diff != "" || (err == nil) != (err2 == nil) {
		t.Fatalf("in another order (%v, %v):\n%s", err, err2, diff)
	}
}

func anySpan(t *rapid.T) time.Duration {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 600), func(s int) time.Duration { return time.Duration(s) * time.Second }),
		rapid.SampledFrom([]time.Duration{0, -time.Hour, math.MaxInt64, math.MinInt64}),
	).Draw(t, "span")
}

func anyAttempt(t *rapid.T) recording.Attempt {
	a := recording.Attempt{
		Channel:   rapid.SampledFrom([]string{"reverse", "forwarding", "dropped"}).Draw(t, "channel"),
		Outcome:   channel.Outcome(rapid.IntRange(0, int(channel.Unusable)).Draw(t, "outcome")),
		Reason:    channel.Reason(rapid.IntRange(0, int(channel.NumReasons)-1).Draw(t, "reason")),
		Bill:      journal.Bill{Computed: money.Micros(rapid.IntRange(0, 9).Draw(t, "bill"))},
		Submitted: anySpan(t), Answer: anySpan(t), Service: anySpan(t), Fetch: anySpan(t), RetryAfter: anySpan(t),
	}
	for _, yes := range []*bool{&a.Accepted, &a.Ended, &a.Made, &a.Open} {
		*yes = rapid.Bool().Draw(t, "yes")
	}
	return a
}

// TestShuffled: a whole recording in another order is answered alike.
func TestShuffled(t *testing.T) {
	m := troubled(3, 300)
	hybrid := trying("hybrid", m, [2]int{reverse, 3}, [2]int{forwarding, 2})
	o := Options{Strategy: hybrid, Channels: names(m), Model: m, Block: eighths, Times: 3, Seed: 1,
		Recorded: simulated(t, m, trying("a", m, [2]int{reverse, 3}), trying("b", m, [2]int{forwarding, 2}))}
	want, err := Orders(o)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		random.Shuffle(len(o.Recorded), func(i, k int) { o.Recorded[i], o.Recorded[k] = o.Recorded[k], o.Recorded[i] })
		got, err := Orders(o)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
	}
}

// TestEachTimeByOtherDraws: of two attempts that can answer, each does so half of the time, whatever the
// repetition, the pair or the seed.
func TestEachTimeByOtherDraws(t *testing.T) {
	const times = 4000
	m := plain(0)
	recorded := []recording.Order{
		{Number: 0, Pair: 0, Key: m.Key(0, 0)}, {Number: 1, Pair: 1, Key: m.Key(0, 1)},
		{Number: 2, Pair: 2, Attempts: tries{delivered("a", 0, 10, 1)}},
		{Number: 3, Pair: 3, Attempts: tries{delivered("a", 0, 20, 1)}},
	}
	for _, seed := range []uint64{1, 2} {
		orders, err := Orders(Options{Strategy: steps(m, 0), Channels: names(m), Model: m, Recorded: recorded, Block: minutes,
			Times: times, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		short := func(i int) float64 {
			if orders[i].Latency < 15*time.Second {
				return 1
			}
			return 0
		}
		var one, other, both float64
		for i := range times {
			one += short(i)
			other += short(times + i)
			both += short(i) * short(times+i)
		}
		for what, count := range map[string]struct{ got, share float64 }{"pair 0": {one, 0.5}, "pair 1": {other, 0.5},
			"both at once": {both, 0.25}} {
			if sigma := math.Sqrt(times * count.share * (1 - count.share)); math.Abs(count.got-times*count.share) > 5*sigma {
				t.Errorf("seed %d: %s is answered by the short job %v times of %d, want a share of %v", seed, what, count.got,
					times, count.share)
			}
		}
	}
}
