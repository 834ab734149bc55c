package event_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/stats"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
)

// same compares two tallies, to the last nanosecond and micro-dollar.
func same(t *testing.T, got, want *event.Tally) {
	t.Helper()
	type plain struct {
		Orders, Delivered, InTime, Attempts, Fallbacks int64
		Failures, Undelivered                          [channel.NumReasons]int64
		LatencyShare                                   float64
		Latency                                        any
	}
	reached := func(t *event.Tally) (share float64) {
		(*stats.Mix)(nil).Curve([]*stats.Histogram{&t.Latencies}, []int64{t.Orders}, func(_, s float64) { share = s })
		return share
	}
	facts := func(t *event.Tally) plain {
		return plain{t.Orders, t.Delivered, t.InTime, t.Attempts, t.Fallbacks, t.Failures, t.Undelivered, reached(t),
			t.Latency}
	}
	if g, w := facts(got), facts(want); g != w {
		t.Errorf("got  %+v\nwant %+v", g, w)
	}
	if !slices.Equal(got.Spent, want.Spent) || !slices.Equal(got.Classes, want.Classes) || got.Days != want.Days {
		t.Errorf("spent %v, by day %v, for orders %v, want %v, %v, %v", got.Spent, got.Days, got.Classes, want.Spent,
			want.Days, want.Classes)
	}
	for _, q := range []float64{0.001, 0.1, 0.5, 0.9, 0.99, 0.9999} {
		g, gotReached := got.Latencies.Quantile(q, got.Orders)
		w, wantReached := want.Latencies.Quantile(q, want.Orders)
		if g != w || gotReached != wantReached {
			t.Errorf("quantile %v: %v, %v, want %v, %v", q, g, gotReached, w, wantReached)
		}
	}
}

// troubled is RefV1 with every kind of trouble.
func troubled(orders int) *world.Model {
	m := worldtest.RefV1(orders)
	m.Deadline, m.Promise = 10*time.Minute, 3*time.Minute
	e := &m.Channels[worldtest.Reverse].Errors
	e.By[channel.Moderation].Rate, e.By[channel.Submit].Rate, e.By[channel.Lost].Rate = 0.05, 0.03, 0.02
	e.By[channel.Job].Rate, e.By[channel.Job].Billed, e.By[channel.BadClip].Rate, e.By[channel.Download].Rate = 0.1, 0.5,
		0.2, 0.1
	return m
}

// TestMonths: a month depends on the model, the strategy and its number, and on nothing that the
// engine did before.
func TestMonths(t *testing.T) {
	m := troubled(2000)
	strategy := worldtest.Strategy("hybrid", m, 10*time.Second, worldtest.Reverse, worldtest.Forwarding)
	used := engine(t, m, strategy)
	var first []*event.Tally
	for month := range 4 {
		first = append(first, used.Month(month))
	}
	for _, month := range []int{2, 0, 3, 3, 1} {
		same(t, used.Month(month), first[month])
		same(t, engine(t, m, strategy).Month(month), first[month])
	}
	for month := range 3 {
		if first[month].Latency == first[month+1].Latency {
			t.Errorf("months %d and %d are the same", month, month+1)
		}
	}
	other := troubled(2000)
	other.Seed++
	if got := engine(t, other, strategy).Month(0); got.Latency == first[0].Latency {
		t.Error("another seed makes no difference")
	}
}

// TestMerge: merging is exact, whatever the order and the grouping.
func TestMerge(t *testing.T) {
	m := troubled(500)
	e := engine(t, m, worldtest.Strategy("hybrid", m, 10*time.Second, worldtest.Reverse, worldtest.Forwarding))
	var months []*event.Tally
	for month := range 12 {
		months = append(months, e.Month(month))
	}
	var all event.Tally
	for _, month := range months {
		all.Merge(month)
	}
	if all.Orders != 6000 || all.Delivered == 0 || all.Fallbacks == 0 {
		t.Errorf("%+v", all)
	}
	var sums event.Tally
	sums.Spent, sums.Classes = make([]event.Spent, 2), make([]int64, len(months[0].Classes))
	for _, month := range months {
		sums.Orders += month.Orders
		sums.Delivered += month.Delivered
		sums.InTime += month.InTime
		sums.Attempts += month.Attempts
		sums.Fallbacks += month.Fallbacks
		for r := range sums.Failures {
			sums.Failures[r] += month.Failures[r]
			sums.Undelivered[r] += month.Undelivered[r]
		}
		for ch := range sums.Spent {
			for purpose, c := range month.Spent[ch] {
				sums.Spent[ch][purpose] += c
			}
		}
		for class, n := range month.Classes {
			sums.Classes[class] += n
		}
		for day, c := range month.Days {
			sums.Days[day] += c
		}
		sums.Latency.Merge(month.Latency)
		sums.Latencies.Merge(&month.Latencies)
	}
	same(t, &all, &sums)
	if all.Charge() != all.Charged(0)+all.Charged(1) || all.Charged(0) == 0 || all.Charged(1) == 0 {
		t.Errorf("charged %v, by channel %v and %v", all.Charge(), all.Charged(0), all.Charged(1))
	}
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(7, seed))
		groups := make([]event.Tally, 3)
		for _, i := range random.Perm(len(months)) {
			groups[random.IntN(3)].Merge(months[i])
		}
		var again event.Tally
		for i := range groups {
			again.Merge(&groups[i])
		}
		if same(t, &again, &all); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestHandling(t *testing.T) {
	tally := event.Tally{Orders: 10, Delivered: 7, InTime: 5}
	costs := &world.Costs{Undelivered: 3 * money.Dollar, Late: money.Dollar,
		Fixed: []money.Micros{100 * money.Dollar, 1000 * money.Dollar}}
	for _, tt := range []struct {
		uses []bool
		want money.Micros
	}{
		{[]bool{false, false}, 11 * money.Dollar}, // 3 undelivered, 2 late
		{[]bool{true, false}, 111 * money.Dollar},
		{[]bool{true, true}, 1111 * money.Dollar},
	} {
		if got := tally.Handling(costs, tt.uses); got != tt.want {
			t.Errorf("uses %v: %v, want %v", tt.uses, got, tt.want)
		}
	}
}

func TestNoPrice(t *testing.T) {
	m, strategy := certain()
	m.Channels[b].Price.Units = map[string]money.Micros{"4k": money.Dollar}
	if _, err := event.New(m, strategy); !errors.Is(err, channel.ErrNoPrice) {
		t.Errorf("New: %v, want %v", err, channel.ErrNoPrice)
	}
	// It needs none for what it doesn't make.
	m.Channels[b].Jobs[0].Makes = false
	if _, err := event.New(m, strategy); err != nil {
		t.Error(err)
	}
}

func TestNoOrders(t *testing.T) {
	m, strategy := certain()
	m.Orders = 0
	same(t, engine(t, m, strategy).Month(0),
		&event.Tally{Spent: make([]event.Spent, 2), Classes: make([]int64, len(m.Classes))})
}
