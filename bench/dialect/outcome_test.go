package dialect

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		word    string
		outcome channel.Outcome
		reason  channel.Reason
		known   bool
	}{
		{"SUCCEEDED", channel.Delivered, channel.NoReason, true},
		{"in progress", channel.Abandoned, channel.NoReason, true},
		{"FAILURE", channel.Failed, channel.Job, true},
		{"aborted", channel.Failed, channel.Job, true},
		{"content_moderated", channel.Failed, channel.Moderation, true},
		{"region_not_supported", channel.Refused, channel.Region, true},
		{"prompt-blocked", channel.Refused, channel.Moderation, true},
		{"Too Many Requests", channel.Refused, channel.RateLimited, true},
		{"no_available_channel", channel.Refused, channel.Submit, true},
		{"insufficient_quota", channel.Refused, channel.NoReason, true},
		{"401", channel.Refused, channel.NoReason, true},
		{"invalid_model", channel.Refused, channel.NoReason, true},
		{"upstream_error", channel.Ambiguous, channel.Lost, true},
		{"425", channel.Ambiguous, channel.Lost, true},
		{"530", channel.Ambiguous, channel.Lost, true},
		{"video_expired", 0, 0, false},
		{"404", 0, 0, false},
		{"eaten", 0, 0, false},
		{"", 0, 0, false},
	} {
		t.Run(tt.word, func(t *testing.T) {
			if outcome, reason, known := Outcome(tt.word); outcome != tt.outcome || reason != tt.reason || known != tt.known {
				t.Errorf("got %v, %v, %v; want %v, %v, %v", outcome, reason, known, tt.outcome, tt.reason, tt.known)
			}
		})
	}
}

// TestEveryWordIsDocumented holds the table of outcomes in scenarios/README.md to the words of a job's status.
func TestEveryWordIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "scenarios", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range slices.Sorted(maps.Keys(common)) {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("scenarios/README.md doesn't name the outcome %s", word)
		}
	}
}
