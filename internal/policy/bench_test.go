package policy_test

import (
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// BenchmarkMachine is one order that is delivered at its first attempt.
func BenchmarkMachine(b *testing.B) {
	route := policy.Route{Deadline: time.Hour, Steps: []policy.Step{{Attempts: 3, RetryOn: policy.SetOf(channel.Region)}}}
	events := []policy.Event{
		{Kind: policy.Start}, {Kind: policy.Accepted}, {Kind: policy.Completed, At: time.Minute},
		{Kind: policy.Fetched, At: time.Minute},
	}
	var m policy.Machine
	var actions []policy.Action
	b.ReportAllocs()
	for b.Loop() {
		m.Init(&route, 0)
		for i := range events {
			actions = m.Step(&events[i], nil, actions[:0])
		}
	}
}
