package text

import (
	"slices"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/reporttest"
)

// Units have columns where a channel told any.
func TestBillsInUnits(t *testing.T) {
	plain := record.Bill{Channel: "reverse", Submits: 3, ComputedUSD: 0.36}
	credits := record.Bill{Channel: "runway", Submits: 3, ComputedUSD: 0.3, ReportedUSD: reporttest.Ptr(0.315),
		ReportedFor: 3, ComparedUSD: 0.3, Counted: 0.315, Unit: "credit", UnitsFor: 3, ReportedUnits: 31.5, ComparedUnits: 30}
	silent := record.Bill{Channel: "quiet", Submits: 3, ComputedUSD: 0.3, Unit: "credit"}
	for name, tt := range map[string]struct {
		bills []record.Bill
		want  [][]string
	}{
		"none": {[]record.Bill{plain, silent}, [][]string{{}, {}, {}}},
		"one of them": {[]record.Bill{plain, credits}, [][]string{
			{"Units", "expected"}, {"–", "–"}, {"31.5 credits", "30 credits"}}},
	} {
		table := billTable(&record.Run{Bills: tt.bills})
		got := [][]string{table.heads[9:]}
		for _, row := range table.rows {
			got = append(got, row.cells[9:])
		}
		if !slices.EqualFunc(got, tt.want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
