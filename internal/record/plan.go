package record

import (
	"fmt"
	"io"
)

// PlanSchema is the version of a plan; changes within it are additive.
const PlanSchema = "channelbench/plan/v1"

// Plan is what benches of a scenario would cost, show and be worth. Nothing of it was measured.
type Plan struct {
	Schema     string            `json:"schema"`
	Tool       Tool              `json:"tool"`
	Seed       uint64            `json:"seed"`
	Scenario   Scenario          `json:"scenario"`
	Nights     int               `json:"nights"`
	Orders     int               `json:"orders"`     // per driven strategy and night
	BudgetUSD  *float64          `json:"budget_usd"` // for all nights; null: none was given
	Night      PlannedCost       `json:"night"`
	AllNights  PlannedCost       `json:"all_nights"`
	Strategies []PlannedStrategy `json:"strategies"`
	Replayed   []string          `json:"replayed"` // strategies that are answered without spending
	Channels   []PlannedChannel  `json:"channels"`
	Shares     []ShareDetection  `json:"shares"`
	Latencies  []Rise            `json:"latencies"`
	Worth      *PlannedWorth     `json:"worth"` // null: it isn't known in dollars
	Unmet      []string          `json:"unmet"` // why no strategy qualifies, and whether measuring could change that
	Verdict    string            `json:"verdict"`
	Advice     []string          `json:"advice"`
	Warnings   []string          `json:"warnings"`
}

// PlannedCost is what orders cost and how long they take.
type PlannedCost struct {
	Orders        int     `json:"orders"`
	Attempts      float64 `json:"attempts"` // expected
	LeastUSD      float64 `json:"least_usd"`
	ExpectedUSD   float64 `json:"expected_usd"`
	WorstUSD      float64 `json:"worst_usd"`
	Seconds       float64 `json:"seconds"`        // from the first order to the last
	LatestSeconds float64 `json:"latest_seconds"` // until the last deadline
}

// PlannedStrategy is a driven strategy's part of a night.
type PlannedStrategy struct {
	Name        string  `json:"name"`
	Orders      int     `json:"orders"`
	Attempts    float64 `json:"attempts"` // expected
	LeastUSD    float64 `json:"least_usd"`
	ExpectedUSD float64 `json:"expected_usd"`
	WorstUSD    float64 `json:"worst_usd"`
}

// PlannedChannel is what a night's orders see of a channel, and how the same money is better spent.
type PlannedChannel struct {
	Name        string  `json:"name"`
	Orders      float64 `json:"orders"`       // that begin there, a night
	ClipUSD     float64 `json:"clip_usd"`     // price of a clip as ordered, on average
	Shortest    string  `json:"shortest"`     // the cheapest clip of the workload there
	ShortestUSD float64 `json:"shortest_usd"` // its price
	Better      float64 `json:"better"`       // orders a night that would show more for the same money
}

// ShareDetection is what orders show of a share. Differences are in shares, not in percent of one.
type ShareDetection struct {
	Strategy   string   `json:"strategy"`
	Figure     string   `json:"figure"`      // "delivered", "in_time"
	Expected   float64  `json:"expected"`    // at the stated values
	NightKnown *float64 `json:"night_known"` // half of the 95 % interval after a night
	NightFall  *float64 `json:"night_fall"`  // found in a night against all nights before it; null: none is
	AllKnown   *float64 `json:"all_known"`   // after all nights
	AllFall    *float64 `json:"all_fall"`    // found in all nights against as many before them
}

// Rise is how much the median latency has to rise to be found, as a share of it, for so many orders per channel and
// night.
type Rise struct {
	Channel   string   `json:"channel"`
	Orders    int      `json:"orders"`
	Planned   bool     `json:"planned"` // else it is shown to compare with
	NightRise *float64 `json:"night_rise"`
	AllRise   *float64 `json:"all_rise"`
}

// PlannedWorth is what measuring is worth, and what it costs, in dollars a month.
type PlannedWorth struct {
	Today      string       `json:"today"`       // the choice without measuring
	PerfectUSD float64      `json:"perfect_usd"` // knowing every stated range exactly
	MissedUSD  float64      `json:"missed_usd"`  // what a month that misses a requirement is taken to cost on top
	Planned    WorthPoint   `json:"planned"`
	Points     []WorthPoint `json:"points"`
	Best       WorthPoint   `json:"best"` // 0 orders: don't measure
}

// WorthPoint is what so many orders are worth.
type WorthPoint struct {
	Orders   int     `json:"orders"` // per driven strategy, over all nights
	Nights   int     `json:"nights"`
	ValueUSD float64 `json:"value_usd"`
	ErrorUSD float64 `json:"error_usd"` // Monte Carlo standard error of the value
	CostUSD  float64 `json:"cost_usd"`  // expected
	NetUSD   float64 `json:"net_usd"`
}

// WritePlan writes the plan as indented JSON with a closing newline.
func WritePlan(w io.Writer, p *Plan) error {
	f := *p
	f.Strategies, f.Replayed, f.Channels = list(f.Strategies), list(f.Replayed), list(f.Channels)
	f.Shares, f.Latencies, f.Advice, f.Warnings = list(f.Shares), list(f.Latencies), list(f.Advice), list(f.Warnings)
	f.Unmet = list(f.Unmet)
	f.Scenario.Channels, f.Scenario.Assumptions = list(f.Scenario.Channels), list(f.Scenario.Assumptions)
	if err := encode(w, &f); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}
