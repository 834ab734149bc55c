package text

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// billTable says what each channel was paid, by our books and by its own: so many dollars, told for so many
// attempts, instead of what the price makes of these; and in units, where it bills such.
func billTable(run *record.Run) table {
	t := table{heads: []string{"Channel", "Submits", "Reserved", "Computed", "Counted", "Reported", "told for",
		"instead of", "Difference"}}
	inUnits := slices.ContainsFunc(run.Bills, func(b record.Bill) bool { return b.UnitsFor > 0 })
	if inUnits {
		t.heads = append(t.heads, "Units", "expected")
	}
	for _, b := range run.Bills {
		cells := []string{b.Channel, words.Count(b.Submits), Exactly(b.ReservedUSD), Exactly(b.ComputedUSD),
			Exactly(b.Counted), words.NoData, words.NoData, words.NoData, words.NoData}
		if reported, ok := words.Known(b.ReportedUSD); ok {
			copy(cells[5:], []string{Exactly(reported), words.Count(b.ReportedFor), Exactly(b.ComparedUSD),
				Difference(reported, b.ComparedUSD)})
		}
		switch {
		case inUnits && b.UnitsFor > 0:
			cells = append(cells, words.Units(b.ReportedUnits, b.Unit), words.Units(b.ComparedUnits, b.Unit))
		case inUnits:
			cells = append(cells, words.NoData, words.NoData)
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
			strings.Join(a.Channels, ", "), Exactly(a.BeforeUSD), Exactly(a.PaidInUSD), Exactly(a.AfterUSD), Exactly(a.SpentUSD),
			Exactly(a.ComputedUSD),
			Difference(a.SpentUSD, a.ComputedUSD), Exactly(a.MissingUSD),
		}})
	}
	return t
}

// Exactly prints an amount of a bill to the millionth of a dollar, with two decimals at least.
func Exactly(v float64) string {
	if _, ok := words.Known(&v); !ok {
		return words.NoData
	}
	decimals := 2
	for unit := 0.01; decimals < 6 && math.Abs(math.Round(v/unit)*unit-v) > 0.5e-6; unit /= 10 {
		decimals++
	}
	return words.Dollars(v, decimals)
}

// Difference prints how far a charge is from what was computed: "+5.6%", as an amount where nothing was.
func Difference(charged, computed float64) string {
	off := charged - computed
	sign := "+"
	if off < 0 {
		sign = words.Minus
	}
	switch share := math.Abs(off / computed); {
	case math.Abs(off) < 0.5e-6:
		return "0%"
	case math.IsNaN(off) || math.IsInf(off, 0):
		return words.NoData
	case computed == 0 || share > 1e6:
		return sign + Exactly(math.Abs(off))
	default:
		return sign + strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
	}
}
