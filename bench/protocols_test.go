package bench

import (
	"fmt"
	"testing"
	"testing/synctest"

	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
)

// TestEveryProtocolDelivers buys from a channel of each protocol, none of which bench knows anything about. Clips are
// made once, and delivered.
func TestEveryProtocolDelivers(t *testing.T) {
	const orders = 3
	for _, protocol := range channel.Protocols {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				resolution := "720p"
				if protocol == channel.MiniMaxV2 {
					resolution = "768p" // it has no word for 720p
				}
				set := []string{`bench.run=["forwarding"]`, fmt.Sprintf("channels.forwarding.protocol=%q", protocol),
					`channels.forwarding.model="owner/model"`, "channels.forwarding.errors.submit.rate=0%",
					fmt.Sprintf(`channels.forwarding.price.per_second={%q="$0.10"}`, resolution),
					`channels.forwarding.latency.per_second="12s"`, `channels.reverse.latency.per_second="12s"`,
					fmt.Sprintf("workload.videos.short.resolution=%q", resolution),
					fmt.Sprintf("workload.videos.long.resolution=%q", resolution)}
				if protocol == channel.KlingJWT {
					set = append(set, `channels.forwarding.secret_env="FORWARDING_SECRET"`)
				}
				s := benchable(t, "starter", orders, set...)
				o, server := onMock(t, s, mockchannel.Options{})
				run, err := Run(t.Context(), s, o)
				if err != nil {
					t.Fatal(err)
				}
				got, book := figuresOf(t, run, "forwarding"), server.Books()[0]
				if got.Delivered != orders || book.Accepted != orders || book.Fetched != orders {
					t.Errorf("%d of %d delivered, %d accepted and %d fetched there; %q", got.Delivered, orders, book.Accepted,
						book.Fetched, run.Findings)
				}
			})
		})
	}
}
