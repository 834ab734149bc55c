package timeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/record"
)

// met is an attempt submitted after so many seconds.
func met(name string, seconds float64, o channel.Outcome, why channel.Reason) recording.Attempt {
	return recording.Attempt{Channel: name, Submitted: time.Duration(seconds * float64(time.Second)), Outcome: o,
		Reason: why}
}

// made is a delivered one whose clip was here after so many seconds more.
func made(name string, seconds, took float64) recording.Attempt {
	a := met(name, seconds, channel.Delivered, channel.NoReason)
	a.Accepted, a.Ended, a.Made = true, true, true
	a.Answer, a.Fetch = time.Second, 2*time.Second
	a.Service = time.Duration(took*float64(time.Second)) - a.Answer - a.Fetch
	return a
}

func order(delivered bool, attempts ...recording.Attempt) recording.Order {
	return recording.Order{Finished: true, Delivered: delivered, Attempts: attempts}
}

func bin(from float64, median *float64, outcomes map[string]int) record.TimelineBin {
	return record.TimelineBin{From: from, Outcomes: outcomes, MedianSeconds: median}
}

// TestOf counts attempts on two channels.
func TestOf(t *testing.T) {
	long := order(true, made("reverse", 0, 40))
	long.Scheduled, long.Latency = 100*time.Second, 380*time.Second
	interrupted := order(false, made("reverse", 3, 9000))
	interrupted.Finished = false
	for _, tt := range []struct {
		name   string
		orders []recording.Order
		want   *record.Timeline
	}{
		{"nothing was submitted", []recording.Order{order(false)}, nil},
		{"each way to end", []recording.Order{
			order(true, met("reverse", 1, channel.Refused, channel.Region), met("reverse", 1.9, channel.Failed, channel.Job),
				made("forwarding", 2, 50)),
			order(true, met("reverse", 1.5, channel.Unusable, channel.BadClip), made("reverse", 3.2, 70)),
			order(true, made("reverse", 3, 30)),
			order(true, made("reverse", 3.9, 31)),
			order(false, met("reverse", 1, channel.Refused, channel.Region), met("reverse", 2, channel.Ambiguous, channel.Lost)),
			order(false, met("reverse", 4, channel.Abandoned, channel.Deadline)),
			order(false, met("reverse", 4, channel.Pending, channel.NoReason)),
		}, &record.Timeline{BinSeconds: 1, Seconds: 4, Channels: []record.ChannelTimeline{
			{Channel: "forwarding", Bins: []record.TimelineBin{bin(2, record.Number(50), map[string]int{"delivered": 1})}},
			{Channel: "reverse", Bins: []record.TimelineBin{
				bin(1, nil, map[string]int{"region": 2, "job": 1, "unusable": 1}),
				bin(2, nil, map[string]int{"ambiguous": 1}),
				bin(3, record.Number(31), map[string]int{"delivered": 3}),
				bin(4, nil, map[string]int{"deadline": 1, "open": 1}),
			}},
		}}},
		{"until the last order ends", []recording.Order{long, order(true, made("reverse", 9.9, 20)),
			order(true, made("reverse", 5, 30))},
			&record.Timeline{BinSeconds: 5, Seconds: 480, Channels: []record.ChannelTimeline{
				{Channel: "forwarding", Bins: []record.TimelineBin{}},
				{Channel: "reverse", Bins: []record.TimelineBin{
					bin(0, record.Number(40), map[string]int{"delivered": 1}),
					bin(5, record.Number(25), map[string]int{"delivered": 2}),
				}},
			}}},
		{"a clip that was found by a later run tells no time", []recording.Order{interrupted},
			&record.Timeline{BinSeconds: 1, Seconds: 3, Channels: []record.ChannelTimeline{
				{Channel: "forwarding", Bins: []record.TimelineBin{}},
				{Channel: "reverse", Bins: []record.TimelineBin{bin(3, nil, map[string]int{"delivered": 1})}},
			}}},
		{"a clock that was set back", []recording.Order{order(true, made("reverse", -5, 20))},
			&record.Timeline{BinSeconds: 1, Seconds: 0, Channels: []record.ChannelTimeline{
				{Channel: "forwarding", Bins: []record.TimelineBin{}},
				{Channel: "reverse", Bins: []record.TimelineBin{bin(0, record.Number(20), map[string]int{"delivered": 1})}},
			}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Of(tt.orders, []string{"forwarding", "reverse"})); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestBinFor: round lengths, and not too many.
func TestBinFor(t *testing.T) {
	const day = 24 * time.Hour
	for run, want := range map[time.Duration]time.Duration{
		0: time.Second, 96 * time.Second: time.Second, 96*time.Second + 1: 2 * time.Second, 5 * time.Minute: 5 * time.Second,
		10 * time.Minute: 10 * time.Second,
		time.Hour:        time.Minute, 8 * time.Hour: 5 * time.Minute, day: 15 * time.Minute, 96 * day: day,
		97 * day:   2 * day,
		1000 * day: 11 * day,
	} {
		if got := binFor(run); got != want {
			t.Errorf("%v: bins of %v, want %v", run, got, want)
		}
	}
}
