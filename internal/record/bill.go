package record

import (
	"fmt"
	"math"
	"strings"

	"channelbench/internal/money"
	"channelbench/internal/words"
)

// Bill is what one channel was paid, by our books and by its own.
type Bill struct {
	Channel     string   `json:"channel"`
	Submits     int64    `json:"submits"`
	ReservedUSD float64  `json:"reserved_usd"` // worst cases, of all submits
	ComputedUSD float64  `json:"computed_usd"` // charges by the price in the scenario
	ReportedUSD *float64 `json:"reported_usd"` // charges by the channel's own words; null: it told none
	ReportedFor int64    `json:"reported_for"` // attempts of which it told the charge
	ComparedUSD float64  `json:"compared_usd"` // charges of these attempts by the price in the scenario
	// what counts against the cap: of each attempt the larger charge, and all that was reserved where a failure may be
	// billed
	Counted float64 `json:"counted_usd"`

	// Of a channel whose price is in units of its own:
	Unit          string  `json:"unit,omitempty"`           // such as "token"
	UnitsFor      int64   `json:"units_for,omitempty"`      // attempts of which it told the units
	ReportedUnits float64 `json:"reported_units,omitempty"` // of these, by its own words
	ComparedUnits float64 `json:"compared_units,omitempty"` // of these, by the price in the scenario
	OtherUnit     string  `json:"other_unit,omitempty"`     // what it told that the price isn't in; "": nothing
}

// Account is a balance before and after the run. Channels with one address and one key share it.
type Account struct {
	Channels    []string `json:"channels"`
	BeforeUSD   float64  `json:"before_usd"`
	PaidInUSD   float64  `json:"paid_in_usd,omitempty"` // since: what the balance rose by beyond all refunds that were due
	AfterUSD    float64  `json:"after_usd"`
	SpentUSD    float64  `json:"spent_usd"`    // before and paid in, less after
	ComputedUSD float64  `json:"computed_usd"` // charges of these channels by the prices in the scenario
	// the same without attempts of which nobody knows whether they were billed
	LeastUSD float64 `json:"least_usd,omitempty"`
	// the same with all that was reserved for these, and what may still come back
	MostUSD float64 `json:"most_usd,omitempty"`
	// of what was spent: beyond all charges, and all that is reserved where they aren't known
	MissingUSD float64 `json:"missing_usd,omitempty"`
}

// BillFindings says where channels charge something else than the scenario's prices make, bills first. A bill is held
// against the charges of those attempts of which the channel told its own, an account against the least and the most
// that its channels may have charged. A difference is found where it is more than 1 % of the computed charges, in
// either direction, and so wherever these are nothing. Amounts are compared in whole millionths, of dollars or units.
func BillFindings(bills []Bill, accounts []Account) []string {
	var all []string
	for i := range bills {
		all = append(all, bills[i].findings()...)
	}
	for _, a := range accounts {
		may, unless := min(a.SpentUSD, a.MostUSD), "somebody else uses it, too, or refunds are still to come"
		if a.SpentUSD < a.LeastUSD {
			may, unless = a.LeastUSD, "something was paid in"
		}
		if is, found := difference(a.SpentUSD, may, "the prices in the scenario make"); found {
			all = append(all, fmt.Sprintf("the balance of %s fell by %v, %s; unless %s, that is what the channel charges",
				strings.Join(a.Channels, ", "), micros(a.SpentUSD), is, unless))
		}
	}
	return all
}

func (b *Bill) findings() (all []string) {
	const makes = "the price in the scenario makes"
	found := false
	if b.ReportedUSD != nil && b.ReportedFor > 0 {
		var is string
		if is, found = difference(*b.ReportedUSD, b.ComparedUSD, makes); found {
			if b.UnitsFor > 0 {
				is += fmt.Sprintf(" (%s instead of %s)", words.Units(b.ReportedUnits, b.Unit), words.Units(b.ComparedUnits, b.Unit))
			}
			all = append(all, fmt.Sprintf("%s says that it charged %v for %s, %s", b.Channel, micros(*b.ReportedUSD),
				attempts(b.ReportedFor), is))
		}
	}
	if is, differ := difference(b.ReportedUnits, b.ComparedUnits, makes); differ && !found && b.UnitsFor > 0 {
		all = append(all, fmt.Sprintf("%s says that it counted %s for %s, %s", b.Channel,
			words.Units(b.ReportedUnits, b.Unit), attempts(b.UnitsFor), is))
	}
	if b.OtherUnit != "" {
		all = append(all, fmt.Sprintf("%s tells what it bills in another unit (%s) than the scenario's price is in (%s): "+
			"it can't be held against that", b.Channel, b.OtherUnit, b.Unit))
	}
	return all
}

func attempts(n int64) string {
	if n == 1 {
		return "1 attempt"
	}
	return money.Group(uint64(n)) + " attempts"
}

// difference says how far a charge is from what the scenario's prices make, and whether that is over 1 %.
func difference(charged, computed float64, makes string) (string, bool) {
	is, want := micros(charged), micros(computed)
	off := float64(is - want)
	switch percent := 100 * off / float64(want); {
	case 100*math.Abs(off) <= float64(want):
		return "", false
	case want == 0:
		return "where " + makes + " nothing", true
	case off < 0:
		return fmt.Sprintf("%.1f%% less than %s", -percent, makes), true
	default:
		return fmt.Sprintf("%.1f%% more than %s", percent, makes), true
	}
}

func micros(dollars float64) money.Micros {
	return money.Micros(math.Round(dollars * float64(money.Dollar)))
}
