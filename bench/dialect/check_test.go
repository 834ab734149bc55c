package dialect

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

// TestCanOrder: what a protocol can't order is told before anything is bought.
func TestCanOrder(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    channel.Channel
		clip channel.Clip
		want string // "": it can
	}{
		{"a clip", channel.Channel{Protocol: channel.Runway, Model: "gen4"}, order.Clip, ""},
		{"without a protocol", channel.Channel{}, order.Clip, ""},
		{"a model that is another protocol's", channel.Channel{Protocol: channel.Replicate, Model: "sora-2"}, order.Clip,
			"owner/name"},
		{"a size that has no pixels", channel.Channel{Protocol: channel.Runway, Model: "gen4"},
			channel.Clip{Seconds: 8, Resolution: "high"}, "high"},
		{"held where it can't be", channel.Channel{Protocol: channel.Runway, Model: "gen4", Hold: true}, order.Clip,
			"leave hold out"},
	} {
		switch err := CanOrder(&tt.c, tt.clip); {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// curious is a seller that notes which traps it is asked for, and has none.
type curious struct {
	*script
	asked map[string]bool
}

func (c curious) Trap(name string) bool {
	c.asked[name] = true
	return false
}

// TestTrapsAreNamed: what a mock half asks for is what its protocol names, so that a scenario may.
func TestTrapsAreNamed(t *testing.T) {
	for _, d := range all {
		asked := map[string]bool{}
		for _, last := range []Sale{made, {State: Failed, Code: "server_error"}} {
			exchangeWith(t, d, curious{&script{sales: sold(last)}, asked})
		}
		if got := slices.Sorted(maps.Keys(asked)); !slices.Equal(got, slices.Sorted(slices.Values(d.Traps()))) {
			t.Errorf("%s asks for the traps %q, and names %q", d.Name(), got, d.Traps())
		}
	}
}
