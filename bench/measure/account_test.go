package measure

import (
	"math"
	"slices"
	"testing"

	"channelbench/bench/journal"
	"channelbench/bench/recording"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

// TestWhatIsMissingIsShared among the strategies that can spend from the account, in proportion to what they may have
// spent there.
func TestWhatIsMissingIsShared(t *testing.T) {
	spent := func(strategy, channel string, usd money.Micros) recording.Order {
		return recording.Order{Strategy: strategy,
			Attempts: []recording.Attempt{{Channel: channel, Bill: journal.Bill{Computed: usd}}}}
	}
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source,
		scenario.Options{Set: []string{`bench.run=["forwarding","reverse","hybrid"]`}})
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	m := &Bench{Scenario: s, Compiled: compiled, Accounts: []Account{{Channels: []string{"reverse"}}}}
	for _, tt := range []struct {
		name    string
		missing money.Micros
		orders  []recording.Order
		want    []money.Micros // of forwarding, reverse, hybrid and routed, of which forwarding can't and routed isn't driven
	}{
		{"nothing", 0, nil, []money.Micros{0, 0, 0, 0}},
		{"nothing was bought", 7, nil, []money.Micros{0, 3, 4, 0}},
		{"one bought", 1_000_000, []recording.Order{spent("reverse", "reverse", 120_000),
			spent("hybrid", "forwarding", 800_000)}, []money.Micros{0, 999_991, 9, 0}},
		{"one to two", 100, []recording.Order{spent("reverse", "reverse", 120_000), spent("hybrid", "reverse", 240_000)},
			[]money.Micros{0, 33, 67, 0}},
		{"all that there is", math.MaxInt64, []recording.Order{spent("reverse", "reverse", 1<<61),
			spent("hybrid", "reverse", 1<<61)}, []money.Micros{0, 1<<62 - 1, 1 << 62, 0}},
	} {
		if got := m.share([]purse{{missing: tt.missing}}, tt.orders); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d are shared as %d, want %d", tt.name, tt.missing, got, tt.want)
		}
	}
}
