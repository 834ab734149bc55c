package sim_test

import (
	"strings"
	"testing"

	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim"
)

// TestRareSpells: a run says which spells it can hardly have met, and how many months would.
func TestRareSpells(t *testing.T) {
	for _, tt := range []struct {
		name, scenario string
		set            []string
		want           []string // in the warnings
		not            string
	}{
		// 30 d × 15 % ÷ (2 d × e^½) = 1.36 a month; 30 d × 5 % ÷ (5 d × e^½) = 0.18 a month.
		{"few of both", "reverse-regimes", nil, []string{
			"spells of risk_control on reverse: 14 are expected in 10 months, too few", "74 months have 100 (--months)",
			"spells of suspended on reverse: 1.8 are expected in 10 months, too few", "550 months have 100 (--months)",
		}, "outages of"},
		// 720 h ÷ (580 h + 2.45 h) = 1.24 a month.
		{"few outages", "outage-month", []string{"outages.0.between=580h"},
			[]string{"outages of forwarding and reverse: 12 are expected in 10 months, too few",
				"81 months have 100 (--months)"}, "spells of"},
		{"spells that nobody meets", "reverse-regimes",
			[]string{"channels.reverse.regimes.risk_control.submit=0%", "channels.reverse.regimes.suspended.submit=0%"}, nil,
			"are expected in"},
		{"many outages", "outage-month", []string{"outages.0.between=58h"}, nil, "are expected in"},
		{"none", "vendor-claims", nil, nil, "are expected in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := scenarios.Open(tt.scenario)
			s, _, err := scenario.Load(tt.scenario, source,
				scenario.Options{Set: append([]string{"workload.orders_per_month=20"}, tt.set...)})
			if err != nil {
				t.Fatal(err)
			}
			run, err := sim.Run(t.Context(), s, sim.Options{Months: 10})
			if err != nil {
				t.Fatal(err)
			}
			warnings := strings.Join(run.Warnings, "\n")
			for _, want := range tt.want {
				if !strings.Contains(warnings, want) {
					t.Errorf("no %q in:\n%s", want, warnings)
				}
			}
			if strings.Contains(warnings, tt.not) {
				t.Errorf("%q in:\n%s", tt.not, warnings)
			}
		})
	}
}
