package channel_test

import (
	"fmt"
	"testing"

	"channelbench/internal/channel"
)

// TestErrorsAreMetInOrder: phase by phase, and within one as their rows say; every phase ends an attempt in its own
// way.
func TestErrorsAreMetInOrder(t *testing.T) {
	want := "[moderation region submit ambiguous job unusable download]"
	if got := fmt.Sprint(channel.Errors); got != want {
		t.Errorf("met in the order %s, want %s", got, want)
	}
	for phase, want := range map[channel.Phase]string{
		channel.Asking: "[moderation region submit] refused", channel.Answering: "[ambiguous] ambiguous",
		channel.Making:   "[job] failed",
		channel.Checking: "[unusable] unusable", channel.Fetching: "[download] abandoned",
	} {
		if got := fmt.Sprint(channel.ErrorsOf(phase), " ", phase.Outcome()); got != want {
			t.Errorf("phase %d: %s, want %s", phase, got, want)
		}
	}
}

// TestRowsAreWhole: no two reasons of a phase share a place, and what is retried by default can be.
func TestRowsAreWhole(t *testing.T) {
	type place struct {
		phase channel.Phase
		order int
	}
	taken := map[place]channel.Reason{}
	for r := range channel.NumReasons {
		row := &channel.Reasons[r]
		if row.Name == "" || row.Retried && !row.Retryable || row.Billed && row.Phase != channel.Making {
			t.Errorf("%d: %+v", r, *row)
		}
		at := place{row.Phase, row.Order}
		if other, is := taken[at]; is && row.Phase != channel.NoPhase {
			t.Errorf("%v and %v are met at the same place", r, other)
		}
		taken[at] = r
	}
}
