// Package record holds what a run found: the data of run.json, from which every report is drawn.
//
// It deliberately measures nothing and, but for the findings about bills, says nothing to people. Numbers
// are plain and in base units: dollars, seconds, shares 0..1. A figure that was not reached is null.
//
//	err := record.Write(w, run)
//	run, err := record.Read(r)
package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"channelbench/internal/inert"
)

// Schema is the version of the format; changes within it are additive.
const Schema = "channelbench/run/v1"

// Run is one run of a scenario.
type Run struct {
	Schema     string     `json:"schema"`
	Mode       string     `json:"mode"` // "sim", "bench"
	Tool       Tool       `json:"tool"`
	Seed       uint64     `json:"seed"`
	Started    string     `json:"started,omitempty"` // bench: when it began, RFC 3339 in UTC
	Scenario   Scenario   `json:"scenario"`
	Months     int        `json:"months"`           // simulated months per strategy
	Orders     int        `json:"orders_per_month"` // in each
	Strategies []Strategy `json:"strategies"`
	Verdict    Verdict    `json:"verdict"`
	Warnings   []string   `json:"warnings"`
	Incomplete bool       `json:"incomplete,omitempty"` // interrupted: figures are of the months finished
	Invalid    string     `json:"invalid,omitempty"`    // why the run must not be used, and what to mend; "": it may be
	Findings   []string   `json:"findings,omitempty"`   // what was found out about the channels, for people
	Bills      []Bill     `json:"bills,omitempty"`      // bench: one per channel
	Accounts   []Account  `json:"accounts,omitempty"`   // bench: one per balance that was asked for

	Sensitivity *Sensitivity `json:"sensitivity,omitempty"` // what the stated ranges could change; nil: none is stated
	Precision   *Precision   `json:"precision,omitempty"`   // of the deciding difference; nil: none was asked for

	Map      *BreakEvenMap `json:"break_even_map,omitempty"` // nil: no two strategies to compare, or no closed form
	Timeline *Timeline     `json:"timeline,omitempty"`       // bench: when attempts failed; nil: none was made

	Truncated []Truncation `json:"truncated,omitempty"` // bench: channels that were given up as dead; nil: none

	Drive *Drive `json:"drive,omitempty"` // bench: how orders were driven
}

// Tool is the program that made the run.
type Tool struct {
	Version string `json:"version"`
}

// Scenario is what the run was of.
type Scenario struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	SHA256 string `json:"sha256"`
	// what is bought, not what is believed about errors and latency
	PurchaseSHA256  string   `json:"purchase_sha256"`
	PromiseSeconds  *float64 `json:"promise_seconds"`
	DeadlineSeconds *float64 `json:"deadline_seconds"`
	BudgetUSD       *float64 `json:"budget_per_month_usd"`
	Models          []string `json:"models,omitempty"` // as the channels call them, each once
	Videos          []Video  `json:"videos,omitempty"` // what is ordered
	// what reports call strategies, by name, where they have another one
	StrategyLabels map[string]string `json:"strategy_labels,omitempty"`
	Channels       []Channel         `json:"channels"`
	Assumptions    []Assumption      `json:"assumptions"`
}

// Video is one class of orders.
type Video struct {
	Name       string  `json:"name"`
	Share      float64 `json:"share"`
	Seconds    int     `json:"seconds"`
	Resolution string  `json:"resolution"`
}

// Channel is what a report says about a channel.
type Channel struct {
	Name        string `json:"name"`
	Label       string `json:"label,omitempty"` // what reports call it; "": its name
	Kind        string `json:"kind"`
	Terms       string `json:"terms"`
	PriceAsOf   string `json:"price_as_of"` // "2026-10-31", or ""
	PriceSource string `json:"price_source"`
	AsOf        string `json:"as_of,omitempty"` // of what is said of its protocol, likewise
	Ended       string `json:"ended,omitempty"` // the day on which it ends, or ended, likewise
	// "price", "protocol": what was seen more than 90 days before the run, so that it may not hold any more
	Stale []string `json:"stale,omitempty"`
}

// Assumption is a block of the scenario whose numbers nobody measured.
type Assumption struct {
	Key        string `json:"key"`        // such as "channels.reverse.latency"
	Confidence string `json:"confidence"` // "assumed", "vendor"
	Text       string `json:"text"`
}

// Figure is a number with its 95 % interval: of the Monte Carlo or sampling error of the expectation.
type Figure struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// Number points to a number, or is nil where it is NaN or infinite: not known, or not reached.
func Number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Spread is a figure of months with the quantiles of single months.
type Spread struct {
	Figure
	P05 *float64 `json:"p05"`
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
}

// Latency is the time from scheduled arrival to delivery.
type Latency struct {
	Mean Figure `json:"mean"` // over delivered orders
	P50  Figure `json:"p50"`  // over all orders; undelivered: never
	P95  Figure `json:"p95"`
	P99  Figure `json:"p99"`
}

// Strategy is what was found about one strategy. Figures of a simulation are corrected for the clip classes that its
// months happened to draw; Orders, Delivered and the quantiles of single months are as drawn.
type Strategy struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`   // "direct", "forwarding", "reverse": all its channels are of that kind; "routed": clips begin on channels of different kinds; "hybrid": it falls back
	Engine   string   `json:"engine"` // "exact", "event", "live", "mock", "replay"
	Channels []string `json:"channels"`
	Excluded bool     `json:"excluded,omitempty"`

	Orders    int64 `json:"orders"`
	Delivered int64 `json:"delivered"`

	CostPerDelivered Figure `json:"cost_per_delivered_usd"`
	// simulated: CostPerDelivered without the correction for classes, which scatters as a bench does
	CostAsDrawn      *Figure            `json:"cost_per_delivered_as_drawn_usd,omitempty"`
	CostPerOrder     Figure             `json:"cost_per_order_usd"`
	MonthlyCost      Spread             `json:"monthly_cost_usd"`
	DeliveredShare   Figure             `json:"delivered_share"`
	InTimeShare      Figure             `json:"in_time_share"`
	LatencySeconds   Latency            `json:"latency_seconds"`
	AttemptsPerOrder Figure             `json:"attempts_per_order"`
	FallbackShare    Figure             `json:"fallback_share"`
	SpendByChannel   map[string]float64 `json:"spend_by_channel_usd"` // a month, charges only
	HandlingPerMonth float64            `json:"handling_usd"`         // a month: penalties and fixed costs
	ErrorsPer1000    map[string]float64 `json:"errors_per_1000_orders"`
	// region errors, by the country that the channel named
	RegionByCountry    map[string]float64 `json:"region_by_country_per_1000_orders,omitempty"`
	UndeliveredReasons map[string]float64 `json:"undelivered_per_1000_orders"`

	// where the month's money goes, channel by channel; what came to nothing is left out
	Spend []Spend `json:"spend,omitempty"`
	Days  []Day   `json:"days,omitempty"` // simulated: how a month's cost adds up
	// of simulated months that cost more than the budget; nil: there is none
	OverBudget *Figure `json:"over_budget_share,omitempty"`
	// what the expected month costs in 95 % of the draws of the stated ranges; nil: none is stated
	MonthlyDraws *Band `json:"monthly_cost_draws_usd,omitempty"`
	// of the draws of the stated ranges in which the expected month does
	OverBudgetDraws *float64 `json:"over_budget_draws_share,omitempty"`
	Counts          *Counts  `json:"counts,omitempty"` // bench: of driven strategies

	LatencyCDF []Point  `json:"latency_cdf"` // share of all orders delivered within so many seconds; ascending
	Exact      *Exact   `json:"exact"`       // null where no closed form exists
	Warnings   []string `json:"warnings"`
}

// Band is where a figure lies but for the lowest and the highest fortieth.
type Band struct {
	P025 float64 `json:"p025"`
	P975 float64 `json:"p975"`
}

// Point is one point of a curve.
type Point struct {
	Seconds float64 `json:"seconds"`
	Share   float64 `json:"share"`
}

// Exact is the closed form's answer.
type Exact struct {
	CostPerDelivered *float64     `json:"cost_per_delivered_usd"`
	CostPerOrder     float64      `json:"cost_per_order_usd"`
	DeliveredShare   float64      `json:"delivered_share"`
	InTimeShare      float64      `json:"in_time_share"`
	AttemptsPerOrder float64      `json:"attempts_per_order"`
	Latency          ExactLatency `json:"latency_seconds"`
}

// ExactLatency is the closed form's latency.
type ExactLatency struct {
	Mean *float64 `json:"mean"`
	P50  *float64 `json:"p50"`
	P95  *float64 `json:"p95"`
	P99  *float64 `json:"p99"`
}

// Verdict is the decision.
type Verdict struct {
	Winner    *string `json:"winner"`
	Candidate *string `json:"candidate"`
	// where nobody qualifies: which would, if what is open turned out well; nil: none
	Closest *string `json:"closest,omitempty"`
	// the input whose range leaves most open; nil: none does, or the verdict is clear
	MeasureFirst   *string  `json:"measure_first,omitempty"`
	Minimise       string   `json:"minimise"`
	ExpectedRegret *float64 `json:"expected_regret_usd"` // a month; null without a candidate
	// nil: there is no strategy to save with, or none to compare it with
	Saving   *Saving `json:"saving,omitempty"`
	Baseline string  `json:"baseline,omitempty"` // what is done today; "": not stated
	// by strategy: what it costs less a month than the baseline, at the stated values or as measured
	AgainstBaseline map[string]float64 `json:"against_baseline_usd,omitempty"`
	ProbabilityBest map[string]float64 `json:"probability_best"`
	Requirements    []Requirement      `json:"requirements"`
	// of the draws in which a requirement must hold; 0: an older record doesn't say
	Confidence    float64     `json:"confidence,omitempty"`
	Excluded      []string    `json:"excluded,omitempty"`
	ExclusionCost *float64    `json:"exclusion_cost_usd,omitempty"` // a month
	Draws         int         `json:"draws"`                        // of the stated ranges; 1: no range stated
	BreakEvens    []BreakEven `json:"break_evens"`
	Sentence      string      `json:"sentence"`
	Reasons       []string    `json:"reasons"` // further sentences: why, why not, what it costs
}

// Requirement is one requirement judged for one strategy.
type Requirement struct {
	Strategy         string   `json:"strategy"`
	Metric           string   `json:"metric"` // the figure's name
	Text             string   `json:"text"`
	Holds            bool     `json:"holds"`
	HoldsAsStated    bool     `json:"holds_as_stated"`    // at the stated values, whatever the ranges leave open
	Probability      float64  `json:"probability"`        // over the draws of the stated ranges
	Value            *float64 `json:"value"`              // expected, at the stated rates; null: not reached
	MonthMissesShare *float64 `json:"month_misses_share"` // of single simulated months
}

// BreakEven is where two strategies cost the same per delivered clip: those of the break-even map, and its failure.
type BreakEven struct {
	Cheaper  string   `json:"cheaper"` // the strategy that a longer clip, or a rarer failure, favours
	Dearer   string   `json:"dearer"`
	Clip     string   `json:"clip"`         // such as "720p" or "8 s 720p"
	Seconds  *float64 `json:"seconds"`      // clip length, at the stated rate; null: none
	FailRate *float64 `json:"failure_rate"` // the lowest for any length that is ordered; null: none
	Sentence string   `json:"sentence"`
}

// Write writes the run as indented JSON with a closing newline. Lists and maps that are nil are
// written empty, never as null, so that readers need not ask.
func Write(w io.Writer, run *Run) error {
	if err := encode(w, filled(run)); err != nil {
		return fmt.Errorf("write run: %w", err)
	}
	return nil
}

// encode writes a document that a terminal or a log can show.
func encode(w io.Writer, document any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		return err
	}
	_, err := w.Write(inert.JSON(b.Bytes()))
	return err
}

// filled is a copy of the run without nil lists and maps, those that are left out when empty excepted.
func filled(run *Run) *Run {
	r := *run
	r.Warnings = list(r.Warnings)
	r.Scenario.Channels = list(r.Scenario.Channels)
	r.Scenario.Assumptions = list(r.Scenario.Assumptions)
	r.Strategies = list(slices.Clone(r.Strategies))
	for i := range r.Strategies {
		s := &r.Strategies[i]
		s.Channels, s.LatencyCDF, s.Warnings = list(s.Channels), list(s.LatencyCDF), list(s.Warnings)
		s.SpendByChannel, s.ErrorsPer1000 = numbers(s.SpendByChannel), numbers(s.ErrorsPer1000)
		s.UndeliveredReasons = numbers(s.UndeliveredReasons)
		s.Counts = s.Counts.filled()
	}
	r.Accounts = slices.Clone(r.Accounts)
	for i := range r.Accounts {
		r.Accounts[i].Channels = list(r.Accounts[i].Channels)
	}
	r.Sensitivity, r.Map, r.Timeline, r.Drive = r.Sensitivity.filled(), r.Map.filled(), r.Timeline.filled(),
		r.Drive.filled()
	v := &r.Verdict
	v.ProbabilityBest = numbers(v.ProbabilityBest)
	v.Requirements, v.BreakEvens, v.Reasons = list(v.Requirements), list(v.BreakEvens), list(v.Reasons)
	return &r
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func numbers(m map[string]float64) map[string]float64 {
	if m == nil {
		return map[string]float64{}
	}
	return m
}

// Read reads a run, and refuses another schema.
func Read(r io.Reader) (*Run, error) {
	var run Run
	d := json.NewDecoder(r)
	if err := d.Decode(&run); err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read run: there is more in it than one document")
	}
	if run.Schema != Schema {
		return nil, fmt.Errorf("read run: schema is %q, want %q", run.Schema, Schema)
	}
	for i := range run.Strategies {
		if err := run.Strategies[i].check(); err != nil {
			return nil, fmt.Errorf("read run: strategy %q: %w", run.Strategies[i].Name, err)
		}
	}
	for i := range run.Verdict.Requirements { // runs of earlier versions say it only as scenarios do, in the first word
		if r := &run.Verdict.Requirements[i]; r.Metric == "" {
			r.Metric, _, _ = strings.Cut(r.Text, " ")
		}
	}
	return &run, nil
}

// Void marks a run as one that must not be used, and takes back what it decided: nobody is to act on it.
func (r *Run) Void(why string) {
	r.Invalid = why
	r.Verdict = Verdict{Minimise: r.Verdict.Minimise, Sentence: "No verdict is drawn: the run must not be used."}
}

// check refuses counts that no run comes to.
func (s *Strategy) check() error {
	inTime := int64(0)
	if s.Counts != nil {
		inTime = s.Counts.InTime
	}
	if s.Delivered < 0 || s.Delivered > s.Orders || inTime < 0 || inTime > s.Orders {
		return fmt.Errorf("%d orders can't be delivered, and %d in time, of %d", s.Delivered, inTime, s.Orders)
	}
	return nil
}
