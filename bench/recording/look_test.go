package recording

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
)

// TestLooks: what attempts had come to when somebody looked at their account, whatever became of them later.
func TestLooks(t *testing.T) {
	failed, lost := outcome(channel.Failed), outcome(channel.Ambiguous)
	running := []journal.Entry{header(1), announced(0), intent(0, 0, 20, "a"), accepted(22)}
	abandoned := journal.Ended{Outcome: outcome(channel.Abandoned), At: at(60)}
	for _, tt := range []struct {
		name string
		then []journal.Entry
		want Sums
	}{
		{"open", nil, Sums{Open: 900}},
		{"delivered", []journal.Entry{journal.Ended{Outcome: outcome(channel.Delivered), Bill: bill(700)}},
			Sums{Charged: 700, Freed: 200}},
		{"failed for nothing", []journal.Entry{journal.Ended{Outcome: failed}}, Sums{Freed: 900}},
		{"failed, and cost more than was reserved", []journal.Entry{journal.Ended{Outcome: failed, Bill: bill(1000)}},
			Sums{Charged: 1000}},
		{"failed, and may have been billed", []journal.Entry{journal.Ended{Outcome: failed,
			Bill: journal.Bill{Computed: 450, Unproven: true}}}, Sums{Kept: 900}},
		{"stalled", []journal.Entry{journal.Ended{Outcome: lost}}, Sums{Open: 900}},
		{"stalled, and never heard of again", []journal.Entry{journal.Ended{Outcome: lost},
			journal.Settled{Outcome: lost, Bill: bill(900)}}, Sums{Kept: 900}},
		{"abandoned", []journal.Entry{abandoned}, Sums{Open: 900}},
		{"abandoned, then failed", []journal.Entry{abandoned, journal.Settled{Outcome: failed}}, Sums{Freed: 900}},
	} {
		entries := append(running[:4:4], tt.then...)
		look := journal.Balance{Channels: []string{"a", "b"}, Amount: 5}
		entries = append(entries, look, journal.Balance{Channels: []string{"b"}, Amount: 6}, announced(1),
			journal.Intent{Order: 1, Channel: "b", Reserved: 40}, look)
		r, err := Read(told(nil, entries...))
		if err != nil {
			t.Fatal(err)
		}
		later := tt.want
		later.Open += 40
		want := []Look{{[]string{"a", "b"}, 5, tt.want}, {[]string{"b"}, 6, Sums{}}, {[]string{"a", "b"}, 5, later}}
		if diff := cmp.Diff(want, r.Looks); diff != "" {
			t.Errorf("%s: want (-) and got (+):\n%s", tt.name, diff)
		}
	}
}
