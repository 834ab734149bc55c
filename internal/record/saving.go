package record

import (
	"fmt"
	"math"

	"channelbench/internal/words"
)

// Saving is what the strategy of the decision costs less a month than another one. It is worked out once: all reports
// tell it.
type Saving struct {
	Strategy   string   `json:"strategy"`           // the candidate, or what comes closest to one
	Against    string   `json:"against"`            // the baseline or, without one, the next best
	Baseline   bool     `json:"baseline,omitempty"` // Against is the baseline
	CostUSD    float64  `json:"cost_usd"`           // a month with Strategy, at the stated values or as measured
	AgainstUSD float64  `json:"against_usd"`        // the same with Against
	MeanUSD    *float64 `json:"mean_usd"`           // the saving on average over the stated ranges; null: there are none
	// what of the saving are orders that aren't delivered; nil: next to nothing, as far as chance tells
	Fewer *Fewer `json:"fewer,omitempty"`
}

// Fewer are the shares of orders that are delivered by a strategy and by one that delivers more.
type Fewer struct {
	Delivered float64 `json:"delivered_share"`
	Against   float64 `json:"against_share"`
}

// fewer goes on with what else is different where a month costs less; "" where it doesn't, where as much is delivered,
// or where the shares as they are printed don't tell.
func (s *Saving) fewer() string {
	f := s.Fewer
	if f == nil || s.None() || words.Share(f.Delivered) == words.Share(f.Against) {
		return ""
	}
	return fmt.Sprintf(", and delivers %s of orders instead of %s", words.Share(f.Delivered), words.Share(f.Against))
}

// USD is what the strategy costs less a month, at the stated values or as measured; below 0: more. It is the
// difference of the two months as they are printed.
func (s *Saving) USD() float64 { return printed(s.AgainstUSD) - printed(s.CostUSD) }

// printed is an amount as Dollars prints it.
func printed(usd float64) float64 {
	if math.Abs(usd) < 9.995 {
		return math.Round(100*usd) / 100
	}
	return math.Round(usd)
}

// Share is the same as a share of what the other costs.
func (s *Saving) Share() float64 { return s.USD() / s.AgainstUSD }

// None says whether the two cost about the same, at the stated values.
func (s *Saving) None() bool { return s.none(s.USD()) }

func (s *Saving) none(usd float64) bool {
	return math.Abs(usd) < 1 || math.Abs(usd) < 0.005*math.Abs(s.AgainstUSD)
}

// Words say what the strategy costs, with a name for the other one: "$4,130 less a month (63.2%) than forwarding".
// Where the average over the stated ranges is another number, they tell both.
func (s *Saving) Words(against string) string {
	stated := s.words(s.USD())
	switch {
	case !s.Differs():
		return s.Stated(against)
	case stated == same:
		return fmt.Sprintf("%s a month at the stated values, and %s on average over the stated ranges, as with %s%s",
			stated, s.words(*s.MeanUSD), against, s.fewer())
	}
	return fmt.Sprintf("%s a month%s at the stated values, and %s on average over the stated ranges, than %s%s",
		stated, s.share(), s.words(*s.MeanUSD), against, s.fewer())
}

// Stated says it of the stated values alone, and that it does, where the average over the stated ranges is another
// number.
func (s *Saving) Stated(against string) string {
	text := s.words(s.USD()) + " a month" + s.share() + " than " + against
	if s.None() {
		text = same + " as " + against
	}
	return text + s.Basis()
}

// Basis says what a figure of the stated values is of, where the average over the stated ranges is another one, and that
// fewer orders are delivered for it.
func (s *Saving) Basis() string {
	if s.Differs() {
		return " at the stated values" + s.fewer()
	}
	return s.fewer()
}

// Differs says whether the average over the stated ranges reads otherwise, by more than a dollar and half a percent.
func (s *Saving) Differs() bool {
	if s.MeanUSD == nil || s.words(*s.MeanUSD) == s.words(s.USD()) {
		return false
	}
	return math.Abs(*s.MeanUSD-s.USD()) > max(1, 0.005*math.Abs(s.USD()))
}

const same = "about as much"

// words are an amount with its direction: "$4,130 less".
func (s *Saving) words(usd float64) string {
	switch {
	case s.none(usd):
		return same
	case usd < 0:
		return words.Month(-usd) + " more"
	}
	return words.Month(usd) + " less"
}

// share is the share in brackets; "" where it would say nothing.
func (s *Saving) share() string {
	if share := math.Abs(s.Share()); share >= 0.0005 && share < 10 {
		return " (" + words.Share(share) + ")"
	}
	return ""
}
