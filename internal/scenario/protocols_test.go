package scenario

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/scenario/document"
)

// TestProtocolsAreAsked: what a channel's protocol can't order, and traps that it doesn't have, are told in place.
func TestProtocolsAreAsked(t *testing.T) {
	protocols := Protocols{
		Traps: func(protocol string) []string {
			if protocol == channel.Replicate {
				return []string{"gone-clip"}
			}
			return nil
		},
		CanOrder: func(c *channel.Channel, made channel.Clip) error {
			if c.Name == "reverse" && made.Seconds > 8 {
				return fmt.Errorf("%d s can't be written", made.Seconds)
			}
			return nil
		},
	}
	for _, tt := range []struct {
		name string
		set  []string
		want []string // in turn; none: valid
	}{
		{"all that is bought can be ordered", []string{`strategies.only.steps=[{ channel = "forwarding" }]`}, nil},
		{"a clip that is bought can't", []string{`strategies.only.steps=[{ channel = "reverse" }]`},
			[]string{"channel reverse can't be asked for a clip: 12 s can't be written", "mend that in [channels.reverse]",
				":26:11"}},
		{"as a hedge neither", []string{
			`strategies.only.steps=[{ channel = "forwarding", hedge = { after = "30s", channel = "reverse" } }]`},
			[]string{"channel reverse can't be asked for a clip"}},
		{"a clip that isn't bought there", []string{
			`strategies.only.route=[{ when = { max_seconds = 8 }, steps = [{ channel = "reverse" }] }, ` +
				`{ when = { min_seconds = 9 }, steps = [{ channel = "forwarding" }] }]`}, nil},
		{"a trap", []string{`strategies.only.steps=[{ channel = "forwarding" }]`, `channels.reverse.protocol="replicate"`,
			`channels.reverse.traps=["gone-clip"]`}, nil},
		{"a trap that it doesn't have", []string{`strategies.only.steps=[{ channel = "forwarding" }]`,
			`channels.reverse.protocol="replicate"`, `channels.reverse.traps=["gone-clips"]`},
			[]string{`replicate has no trap "gone-clips"`, `did you mean "gone-clip"?`}},
		{"a trap where there are none", []string{
			`strategies.only.steps=[{ channel = "forwarding" }]`, `channels.reverse.traps=["x"]`},
			[]string{`openai-videos-reverse has no trap "x"`, "leave traps out"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Load("two.toml", []byte(twoChannels), Options{Set: tt.set, Protocols: protocols})
			if tt.want == nil && err != nil {
				t.Fatal(err)
			}
			var problems document.Problems
			if errors.As(err, &problems); tt.want != nil && len(problems) != 1 {
				t.Fatalf("%d problems: %v", len(problems), err)
			}
			for _, text := range tt.want {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%v\nlacks %q", err, text)
				}
			}
		})
	}
}

const twoChannels = `
[workload]
orders_per_month = 1000
[[workload.videos]]
name       = "short"
share      = "50%"
seconds    = 8
resolution = "720p"
[[workload.videos]]
name       = "long"
share      = "50%"
seconds    = 12
resolution = "720p"
[channels.forwarding]
kind     = "forwarding"
protocol = "openai-videos"
base_url = "https://api.example.com/v1"
key_env  = "FORWARDING_KEY"
model    = "sora-2"
poll     = "10s"
price    = { per_call = "$0.20", as_of = 2025-12-01, source = "test" }
latency  = { base = "10s", sigma = 0.1 }
# the other one

# stands here
[channels.reverse]
kind     = "reverse"
protocol = "openai-videos-reverse"
base_url = "https://api.example.com/v1"
key_env  = "REVERSE_KEY"
model    = "sora-2"
poll     = "10s"
price    = { per_call = "$0.10", as_of = 2025-12-01, source = "test" }
latency  = { base = "10s", sigma = 0.1 }
`
