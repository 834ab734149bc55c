package reports

import (
	"math"
	"strconv"
	"strings"

	"channelbench/internal/record"
)

// billTable says what each channel was paid, by our books and by its own: so many dollars, told for so many
// attempts, instead of what the price makes of these.
func billTable(run *record.Run) table {
	t := table{heads: []string{"Channel", "Submits", "Reserved", "Computed", "Counted", "Reported", "told for", "instead of", "Difference"}}
	for _, b := range run.Bills {
		cells := []string{b.Channel, count(b.Submits), exactly(b.ReservedUSD), exactly(b.ComputedUSD), exactly(b.Counted), noData, noData, noData, noData}
		if reported, ok := known(b.ReportedUSD); ok {
			copy(cells[5:], []string{exactly(reported), count(b.ReportedFor), exactly(b.ComparedUSD), difference(reported, b.ComparedUSD)})
		}
		t.rows = append(t.rows, tableRow{cells: cells})
	}
	return t
}

// accountTable says what became of the balances, and what of it nothing explains.
func accountTable(run *record.Run) table {
	t := table{heads: []string{"Account of", "Before", "Paid in", "After", "Spent", "Computed", "Difference", "Missing"}}
	for _, a := range run.Accounts {
		t.rows = append(t.rows, tableRow{cells: []string{
			strings.Join(a.Channels, ", "), exactly(a.BeforeUSD), exactly(a.PaidInUSD), exactly(a.AfterUSD), exactly(a.SpentUSD), exactly(a.ComputedUSD),
			difference(a.SpentUSD, a.ComputedUSD), exactly(a.MissingUSD),
		}})
	}
	return t
}

// exactly prints an amount of a bill to the millionth of a dollar, with two decimals at least.
func exactly(v float64) string {
	if _, ok := known(&v); !ok {
		return noData
	}
	decimals := 2
	for unit := 0.01; decimals < 6 && math.Abs(math.Round(v/unit)*unit-v) > 0.5e-6; unit /= 10 {
		decimals++
	}
	return dollars(v, decimals)
}

// difference prints how far a charge is from what was computed: "+5.6%", as an amount where nothing was.
func difference(charged, computed float64) string {
	off := charged - computed
	sign := "+"
	if off < 0 {
		sign = minus
	}
	switch share := math.Abs(off / computed); {
	case math.Abs(off) < 0.5e-6:
		return "0%"
	case math.IsNaN(off) || math.IsInf(off, 0):
		return noData
	case computed == 0 || share > 1e6:
		return sign + exactly(math.Abs(off))
	default:
		return sign + strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
	}
}
