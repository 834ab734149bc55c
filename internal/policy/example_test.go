package policy_test

import (
	"fmt"
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// The driver loop of the package comment, with channels that answer as written: the reverse
// channel refuses everything, the forwarding one delivers.
func Example() {
	channels := []string{"reverse", "forwarding"}
	route := policy.Route{
		Deadline: 30 * time.Minute,
		Steps: []policy.Step{
			{Channel: 0, Attempts: 2, RetryOn: policy.SetOf(channel.Region),
				Backoff: policy.Backoff{Base: 2 * time.Second, Low: 1, High: 1}},
			{Channel: 1, Attempts: 1, Poll: 10 * time.Second},
		},
	}
	answer := func(a policy.Action) []policy.Event {
		switch {
		case a.Kind == policy.Submit && channels[a.Channel] == "reverse":
			return []policy.Event{{Kind: policy.Refused, Attempt: a.Attempt, Reason: channel.Region, At: a.At + 6*time.Second}}
		case a.Kind == policy.Submit:
			return []policy.Event{{Kind: policy.Accepted, Attempt: a.Attempt, At: a.At + time.Second}}
		case a.Kind == policy.Poll:
			return []policy.Event{{Kind: policy.Completed, Attempt: a.Attempt, At: a.At + 6*a.Every}}
		case a.Kind == policy.Fetch:
			return []policy.Event{{Kind: policy.Fetched, Attempt: a.Attempt, At: a.At + time.Second}}
		case a.Kind == policy.WakeAt:
			return []policy.Event{{Kind: policy.Wake, At: a.At}}
		}
		return nil
	}
	earliest := func(pending *[]policy.Event) policy.Event {
		slices.SortStableFunc(*pending, func(a, b policy.Event) int { return int(a.At - b.At) })
		first := (*pending)[0]
		*pending = (*pending)[1:]
		return first
	}

	var m policy.Machine
	m.Init(&route, 0)
	pending := []policy.Event{{Kind: policy.Start}}
	for len(pending) > 0 {
		event := earliest(&pending)
		for _, action := range m.Step(&event, nil, nil) {
			pending = append(pending, answer(action)...)
		}
	}
	for _, a := range m.Attempts() {
		fmt.Println(a.Started, channels[a.Channel], a.Outcome)
	}
	result, _ := m.Finished()
	fmt.Println(result.At, result.Delivered)
	// Output:
	// 0s reverse refused
	// 8s reverse refused
	// 14s forwarding delivered
	// 1m26s true
}
