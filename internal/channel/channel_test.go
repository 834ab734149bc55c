package channel_test

import (
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

func TestMake(t *testing.T) {
	perSecond := channel.Price{Shape: channel.PerSecond, Units: map[string]money.Micros{"720p": 100_000, "1080p": 300_000}}
	ladder := channel.Price{Shape: channel.Ladder,
		Rungs: map[int]map[string]money.Micros{5: {channel.Any: 300_000}, 10: {"1080p": 500_000}}}
	for _, tt := range []struct {
		name    string
		makes   channel.Makes
		price   channel.Price
		seconds int
		res     string
		fit     channel.Fit
		want    int // seconds; 0: it cannot make it
	}{
		{"no limits", channel.Makes{}, perSecond, 7, "720p", channel.Exact, 7},
		{"no limits, longer allowed", channel.Makes{}, perSecond, 7, "720p", channel.Longer, 7},
		{"a length it makes", channel.Makes{Seconds: []int{4, 8, 12}}, perSecond, 8, "720p", channel.Exact, 8},
		{"a length it makes, longer allowed", channel.Makes{Seconds: []int{4, 8, 12}}, perSecond, 8, "720p", channel.Longer,
			8},
		{"between lengths, exact", channel.Makes{Seconds: []int{4, 8, 12}}, perSecond, 5, "720p", channel.Exact, 0},
		{"between lengths, the next longer", channel.Makes{Seconds: []int{4, 8, 12}}, perSecond, 5, "720p", channel.Longer,
			8},
		{"the next longer of an unsorted list", channel.Makes{Seconds: []int{12, 4, 8}}, perSecond, 5, "720p", channel.Longer,
			8},
		{"shorter than all", channel.Makes{Seconds: []int{12, 8}}, perSecond, 1, "720p", channel.Longer, 8},
		{"longer than all", channel.Makes{Seconds: []int{4, 8, 12}}, perSecond, 13, "720p", channel.Longer, 0},
		{"a resolution it makes", channel.Makes{Resolutions: []string{"1080p", "720p"}}, perSecond, 5, "720p", channel.Exact,
			5},
		{"a resolution it doesn't make", channel.Makes{Resolutions: []string{"720p"}}, perSecond, 5, "1080p", channel.Longer,
			0},
		{"a resolution without a price", channel.Makes{}, perSecond, 5, "480p", channel.Longer, 0},
		{"a rung", channel.Makes{}, ladder, 5, "720p", channel.Exact, 5},
		{"no rung", channel.Makes{}, ladder, 6, "720p", channel.Longer, 0},
		{"longer, but no price there", channel.Makes{Seconds: []int{5, 10}}, ladder, 6, "720p", channel.Longer, 0},
		{"longer, and priced there", channel.Makes{Seconds: []int{5, 10}}, ladder, 6, "1080p", channel.Longer, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := channel.Channel{Makes: tt.makes, Price: tt.price}
			got, ok := c.Make(channel.Clip{Seconds: tt.seconds, Resolution: tt.res, Aspect: "9:16"}, tt.fit)
			want := channel.Clip{}
			if tt.want > 0 {
				want = channel.Clip{Seconds: tt.want, Resolution: tt.res, Aspect: "9:16"}
			}
			if got != want || ok != (tt.want > 0) {
				t.Errorf("Make(%d s %s, %v) = %+v, %v; want %+v, %v", tt.seconds, tt.res, tt.fit, got, ok, want, tt.want > 0)
			}
		})
	}
}

// TestNames holds the names that scenarios and reports spell to their values.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		value interface{ String() string }
		want  string
	}{
		{channel.Direct, "direct"}, {channel.Forwarding, "forwarding"}, {channel.Reverse, "reverse"},
		{channel.Exact, "exact"}, {channel.Longer, "longer"},
		{channel.PerSecond, "per_second"}, {channel.PerCall, "per_call"}, {channel.Base, "base"}, {channel.Ladder, "ladder"},
		{channel.OnSuccess, "on_success"}, {channel.OnAccept, "on_accept"},
		{channel.Pending, "pending"}, {channel.Delivered, "delivered"}, {channel.Refused, "refused"},
		{channel.Failed, "failed"},
		{channel.Ambiguous, "ambiguous"}, {channel.Abandoned, "abandoned"}, {channel.Unusable, "unusable"},
		{channel.NoReason, "none"}, {channel.RateLimited, "rate_limited"}, {channel.Moderation, "moderation"},
		{channel.Region, "region"},
		{channel.Submit, "submit"}, {channel.Lost, "ambiguous"}, {channel.Job, "job"}, {channel.BadClip, "unusable"},
		{channel.Download, "download"}, {channel.Timeout, "timeout"}, {channel.Overtaken, "overtaken"},
		{channel.Deadline, "deadline"},
		{channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}, "8 s 720p"},
	} {
		if got := tt.value.String(); got != tt.want {
			t.Errorf("%T(%d).String() = %q, want %q", tt.value, tt.value, got, tt.want)
		}
	}
	for r := range channel.NumReasons {
		if got, known := channel.ReasonOf(r.String()); !known || got != r {
			t.Errorf("the reason named %q is %v", r, got)
		}
	}
}
