package bench_test

import (
	"context"
	"fmt"
	"log"

	"channelbench/bench"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

const relay = `
name = "relay"
[workload]
orders_per_month = 3_000
deadline = "1d"
[[workload.videos]]
name = "clip"
share = "100%"
seconds = 8
resolution = "720p"
[channels.relay]
kind = "forwarding"
protocol = "openai-videos"
base_url = "https://relay.example/v1"
model = "clip-1"
key_env = "RELAY_KEY"
price = { per_second = "$0.10" }
latency = { shape = "constant", base = "45s" }
[strategies.relay]
steps = [{ channel = "relay", attempts = 2 }]
[bench]
orders = 10
rate = "60/min"
`

// Mock channels on loopback behave as the scenario says; the clock runs 600 times faster than life.
func ExampleRun() {
	const speed = 600
	s, _, err := scenario.Load("relay.toml", []byte(relay), scenario.Options{})
	if err != nil {
		log.Fatal(err)
	}
	channels, err := mockchannel.Listen(s, mockchannel.Options{Speed: speed})
	if err != nil {
		log.Fatal(err)
	}
	defer channels.Close()
	run, err := bench.Run(context.Background(), s, bench.Options{
		BaseURLs: channels.URLs, Key: func(string) string { return "any" }, Speed: speed,
		Prompts: bench.Prompts(), Cap: 20 * money.Dollar,
	})
	if err != nil {
		log.Print(err)
	}
	st := run.Strategies[0]
	fmt.Printf("%s: %d of %d orders delivered, at $%.2f a clip\n",
		st.Name, st.Delivered, st.Orders, *st.CostPerDelivered.Value)
	// Output: relay: 10 of 10 orders delivered, at $0.80 a clip
}
