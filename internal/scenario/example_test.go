package scenario_test

import (
	"fmt"
	"log"

	"channelbench/internal/scenario"
)

const mine = `
[workload]
orders_per_month = 3_000
[[workload.videos]]
name = "clip"
share = "100%"
seconds = 8
resolution = "720p"
[channels.relay]
kind = "forwarding"
price = { per_second = "$0.10" }
latency = { shape = "constant", base = "45s" }
[strategies.relay]
steps = [{ channel = "relay", attempts = 2 }]
`

func ExampleLoad() {
	s, warnings, err := scenario.Load("mine.toml", []byte(mine), scenario.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Name, s.Workload.OrdersPerMonth, s.Strategies[0].Channels(), len(warnings))
	// Output:
	// mine 3000 [relay] 0
}

// Each mistake is a problem with its place and a hint.
func ExampleLoad_problems() {
	set := []string{"channels.relay.kind=forwardin", "strategies.relay.steps=[{ channel = 'relax', attempts = 2 }]"}
	_, _, err := scenario.Load("mine.toml", []byte(mine), scenario.Options{Set: set})
	fmt.Println(err)
	// Output:
	// --set channels.relay.kind: kind cannot be "forwardin"
	//   channels.relay.kind=forwardin
	//                       ^^^^^^^^^
	//   hint: did you mean "forwarding"?
	// --set strategies.relay.steps: there is no channel "relax"
	//   strategies.relay.steps=[{ channel = 'relax', attempts = 2 }]
	//                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
	//   hint: did you mean "relay"?
}
