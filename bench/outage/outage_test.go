package outage_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/outage"
	"channelbench/bench/recording"
	"channelbench/bench/sprt"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

var rule = sprt.Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}

// TestPatienceCountsAgainstAChannel: what hasn't come when the promise passed is bad at that moment, once.
func TestPatienceCountsAgainstAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := outage.New([]sprt.Rule{rule}, 100)
		var found []outage.Found
		for n := range 12 {
			k := outage.Stay{Order: n}
			l.Enter(k, time.Minute, func() {
				if f := l.Judge(k, false); f != nil {
					found = append(found, *f)
				}
			})
			time.Sleep(time.Second)
		}
		if l.GaveUp(0) {
			t.Fatal("given up before any promise passed")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(found) != 1 || found[0].Good != 0 || found[0].Bad > 10 || found[0].Bad+found[0].InFlight != 12 ||
			!l.GaveUp(0) {
			t.Errorf("found %+v, given up %v", found, l.GaveUp(0))
		}
		l.Close()
	})
}

// TestStaysCountOnce: an order is judged once on a channel, and never where it was forgotten or the rule is none.
func TestStaysCountOnce(t *testing.T) {
	l := outage.New([]sprt.Rule{rule, {}}, 100)
	for range 50 {
		for ch := range 2 {
			l.Enter(outage.Stay{Order: 1, Channel: ch}, 0, nil)
			l.Judge(outage.Stay{Order: 1, Channel: ch}, false)
			l.Enter(outage.Stay{Order: 2, Channel: ch}, 0, nil)
			l.Forget(outage.Stay{Order: 2, Channel: ch})
			l.Judge(outage.Stay{Order: 2, Channel: ch}, false)
		}
	}
	if l.GaveUp(0) || l.GaveUp(1) {
		t.Error("given up for one order")
	}
	if l.GiveUp(1); !l.GaveUp(1) {
		t.Error("not given up")
	}
}

// TestRulesFollowWhatIsExpected: a channel that the scenario itself expects to be late isn't called dead for it.
func TestRulesFollowWhatIsExpected(t *testing.T) {
	for _, tt := range []struct {
		name      string
		set       []string
		good, bad float64 // of reverse
	}{
		{"as stated", nil, 0.80, 0.20},
		{"an ambitious promise", []string{"workload.promise=3m"}, 0.64, 0.16},
		{"a channel that often fails", []string{"channels.reverse.errors.region={ rate = \"50%\" }"}, 0.46, 0.115},
		{"a promise that nothing keeps", []string{"workload.promise=20s"}, 0, 0},
		{"none", []string{`bench.stop="none"`}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := scenarios.Open("starter")
			s, _, err := scenario.Load("starter", source, scenario.Options{Set: tt.set})
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.Compile()
			if err != nil {
				t.Fatal(err)
			}
			got := outage.Rules(s, c)[1]
			if math.Abs(got.Good-tt.good) > 0.03 || math.Abs(got.Bad-tt.bad) > 0.03 {
				t.Errorf("%+v, want about %v and %v", got, tt.good, tt.bad)
			}
		})
	}
}

func TestServed(t *testing.T) {
	on := func(name string, outcome channel.Outcome, why channel.Reason, submitted,
		service time.Duration) recording.Attempt {
		return recording.Attempt{Channel: name, Outcome: outcome, Reason: why, Submitted: submitted, Service: service}
	}
	for _, tt := range []struct {
		name      string
		attempts  []recording.Attempt
		good, bad int
	}{
		{"elsewhere", []recording.Attempt{on("b", channel.Delivered, channel.NoReason, 0, time.Minute)}, 0, 0},
		{"in time", []recording.Attempt{on("a", channel.Delivered, channel.NoReason, 0, time.Minute)}, 1, 0},
		{"late", []recording.Attempt{on("a", channel.Delivered, channel.NoReason, 0, time.Hour)}, 0, 1},
		{"late by its first attempt", []recording.Attempt{on("a", channel.Failed, channel.Job, 0, 4*time.Minute),
			on("a", channel.Delivered, channel.NoReason, 4*time.Minute, 2*time.Minute)}, 0, 1},
		{"not late by another channel", []recording.Attempt{on("b", channel.Failed, channel.Job, 0, 4*time.Minute),
			on("a", channel.Delivered, channel.NoReason, 4*time.Minute, 2*time.Minute)}, 1, 0},
		{"fell back", []recording.Attempt{on("a", channel.Refused, channel.Submit, 0, 0),
			on("b", channel.Delivered, channel.NoReason, 0, time.Minute)}, 0, 1},
		{"by its prompt", []recording.Attempt{on("a", channel.Refused, channel.Moderation, 0, 0)}, 0, 0},
		{"overtaken", []recording.Attempt{on("a", channel.Abandoned, channel.Overtaken, 0, 0),
			on("b", channel.Delivered, channel.NoReason, 0, time.Minute)}, 0, 0},
		{"not known yet", []recording.Attempt{on("a", channel.Pending, channel.NoReason, 0, 0)}, 0, 0},
	} {
		good, bad := outage.Served("a", 5*time.Minute, []recording.Order{{Attempts: tt.attempts}})
		if good != tt.good || bad != tt.bad {
			t.Errorf("%s: %d good and %d bad, want %d and %d", tt.name, good, bad, tt.good, tt.bad)
		}
	}
}
