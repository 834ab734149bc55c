// Package history keeps what benches found night after night, one line a night and strategy, and says whether the
// latest night got worse: by more than a gate allows, and beyond chance.
//
// It deliberately never rewrites a file, never moves its baseline by itself (a person's mark does), and takes a night,
// not an order, as the unit of error: orders of one night share it.
//
//	nights, err := history.Nights(run, "ci")
//	err = history.Append("history.jsonl", nights...)
//	log, err := history.Read(file)
//	c, err := history.Judge(log, history.Options{})
package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// Schema is the version of a line; changes within it are additive.
const Schema = "channelbench/history/v1"

// Night is what one bench found about one strategy. Money is in dollars, times in seconds, shares are 0 to 1.
type Night struct {
	Schema   string `json:"schema"`
	Kind     string `json:"kind"`          // "night"
	At       string `json:"at"`            // when the run began, RFC 3339 in UTC
	Run      string `json:"run,omitempty"` // its name, the same when it is resumed; "": an older version's, whose name is At
	Site     string `json:"site"`          // where it ran from; only equal ones are compared, and so are only equal modes
	Mode     string `json:"mode"`          // "live", "mock"
	Scenario string `json:"scenario"`
	Strategy string `json:"strategy"`
	Engine   string `json:"engine"` // "live": driven; "replay": not judged, since it repeats what the driven ones met

	Orders    int64            `json:"orders"`
	Delivered int64            `json:"delivered"`
	InTime    int64            `json:"in_time"`
	Attempts  int64            `json:"attempts"`
	Retries   int64            `json:"retries"`
	Fallbacks int64            `json:"fallbacks"`
	Errors    map[string]int64 `json:"errors"`

	DeliveredShare   Share         `json:"delivered_share"`
	InTimeShare      Share         `json:"in_time_share"`
	Latency          Latency       `json:"latency_seconds"`
	CostPerOrder     record.Figure `json:"cost_per_order_usd"`
	CostPerDelivered record.Figure `json:"cost_per_delivered_usd"`
	// of a delivered clip: surcharges of single orders don't move it
	CostMedian   *float64           `json:"cost_median_usd,omitempty"`
	SpentUSD     float64            `json:"spent_usd"`
	SpentByMonth map[string]float64 `json:"spent_by_month_usd,omitempty"` // by the month (UTC) in which it was bought, such as "2026-11"; none: in that of At
	Bill         record.Told        `json:"bill"`

	Speed       float64            `json:"speed,omitempty"` // of the clock against life's; 0: an older version's
	SendLagP99  *float64           `json:"send_lag_p99_seconds"`
	PlannedRate *float64           `json:"planned_per_minute"`
	Rate        *float64           `json:"achieved_per_minute"`
	Poll        map[string]float64 `json:"poll_seconds"`

	ScenarioSHA256 string `json:"scenario_sha256"`
	PurchaseSHA256 string `json:"purchase_sha256"`
	Seed           uint64 `json:"seed"`
	Version        string `json:"version"`

	Gates     []record.Gate `json:"gates,omitempty"`     // that the scenario states
	Truncated string        `json:"truncated,omitempty"` // why the run ended early
	// a channel of the strategy was dead: no gate on what is delivered holds
	GivenUp  string   `json:"given_up,omitempty"`
	Invalid  string   `json:"invalid,omitempty"` // why the night must not be used: it stays out of all statistics
	Warnings []string `json:"warnings,omitempty"`

	line    int
	at      time.Time
	batches []record.Batch // of a run that is compared as it is
}

// Share is a share of orders with both of its 95 % intervals, null of a replay.
type Share struct {
	Value          *float64    `json:"value"`
	Wilson         *[2]float64 `json:"wilson"`
	ClopperPearson *[2]float64 `json:"clopper_pearson"`
}

// Latency holds quantiles over all orders. One that was never reached has no value, and one of too few orders no
// interval; Warnings say so.
type Latency struct {
	P50 record.Figure `json:"p50"`
	P90 record.Figure `json:"p90"`
	P95 record.Figure `json:"p95"`
	P99 record.Figure `json:"p99"`
}

// Mark is a person's word that what was found since a night is how it is from now on.
type Mark struct {
	Schema   string `json:"schema"`
	Kind     string `json:"kind"` // "accept"
	At       string `json:"at"`   // when it was said
	Site     string `json:"site"`
	Mode     string `json:"mode"`
	Scenario string `json:"scenario"`
	Strategy string `json:"strategy"` // "": all
	From     string `json:"from"`     // the first night of the new baseline
	Reason   string `json:"reason"`

	from time.Time
}

// NewMark is a mark for the nights of a group.
func NewMark(at time.Time, of Group, strategy string, from time.Time, reason string) Mark {
	return Mark{Schema: Schema, Kind: "accept", At: at.UTC().Format(time.RFC3339), Site: of.Site, Mode: of.Mode,
		Scenario: of.Scenario, Strategy: strategy, From: from.UTC().Format(time.RFC3339Nano), Reason: reason}
}

// Group are the nights that can be held against each other, as long as they buy the same.
type Group struct{ Site, Mode, Scenario string }

func (n *Night) group() Group { return Group{n.Site, n.Mode, n.Scenario} }
func (m *Mark) group() Group  { return Group{m.Site, m.Mode, m.Scenario} }

// Nights are the lines of a bench, one a strategy.
func Nights(run *record.Run, site string) ([]Night, error) {
	switch {
	case run.Mode != "bench":
		return nil, fmt.Errorf("a history is of benches, and this is a run of %q", run.Mode)
	case run.Drive == nil:
		return nil, errors.New("the run was made by a version that kept too little for a history: bench again")
	}
	nights := []Night{}
	for i := range run.Strategies {
		nights = append(nights, night(run, &run.Strategies[i], site))
	}
	return nights, nil
}

func night(run *record.Run, s *record.Strategy, site string) Night {
	d := run.Drive
	n := Night{
		Schema: Schema, Kind: "night", At: run.Started, Run: d.Run, Site: site, Mode: d.Channels, Scenario: run.Scenario.Name,
		Strategy: s.Name, Engine: s.Engine,
		Orders: s.Orders, Delivered: s.Delivered, Errors: map[string]int64{},
		Latency:      Latency{P50: s.LatencySeconds.P50, P95: s.LatencySeconds.P95, P99: s.LatencySeconds.P99},
		CostPerOrder: s.CostPerOrder, CostPerDelivered: s.CostPerDelivered,
		Speed: d.Speed, SendLagP99: d.SendLagP99, PlannedRate: d.PlannedRate, Rate: d.Rate, Poll: d.Poll,
		ScenarioSHA256: run.Scenario.SHA256, PurchaseSHA256: run.Scenario.PurchaseSHA256, Seed: run.Seed,
		Version: run.Tool.Version, Gates: d.Gates, Invalid: run.Invalid, Warnings: s.Warnings,
	}
	if s.Engine == "mock" { // that is said by the mode
		n.Engine = driven
	}
	n.at, _ = time.Parse(time.RFC3339, run.Started)
	if run.Incomplete {
		n.Truncated = fmt.Sprintf("the run ended early: %d of %d orders have no outcome", d.Planned-finished(run), d.Planned)
	}
	for _, gone := range run.Truncated {
		if slices.Contains(s.Channels, gone.Channel) {
			n.Truncated = fmt.Sprintf("%s was given up as dead after %d orders, %d of them good", gone.Channel,
				gone.Good+gone.Bad, gone.Good)
			n.GivenUp = n.Truncated
		}
	}
	c := s.Counts
	if c == nil {
		n.DeliveredShare, n.InTimeShare = Share{Value: s.DeliveredShare.Value}, Share{Value: s.InTimeShare.Value}
		if v := s.InTimeShare.Value; v != nil {
			n.InTime = int64(math.Round(*v * float64(s.Orders)))
		}
		return n
	}
	n.InTime, n.Attempts, n.Retries, n.Fallbacks, n.Latency.P90 = c.InTime, c.Attempts, c.Retries, c.Fallbacks, c.P90
	n.CostMedian = c.CostMedian
	if c.Errors != nil {
		n.Errors = c.Errors
	}
	n.SpentUSD, n.SpentByMonth, n.Bill, n.batches = c.SpentUSD, c.SpentByMonth, c.Bill, c.Batches
	n.DeliveredShare, n.InTimeShare = share(n.Delivered, n.Orders), share(n.InTime, n.Orders)
	if few := stats.FewestForQuantile(0.9); n.Orders < int64(few) {
		n.Warnings = append([]string{fmt.Sprintf("needs at least %d orders for a 95 %% interval of p90", few)}, n.Warnings...)
	}
	return n
}

// finished are the orders of driven strategies that have an outcome.
func finished(run *record.Run) int64 {
	n := int64(0)
	for i := range run.Strategies {
		if run.Strategies[i].Counts != nil {
			n += run.Strategies[i].Orders
		}
	}
	return n
}

func share(hits, tries int64) Share {
	if tries == 0 {
		return Share{}
	}
	k, n := float64(hits), float64(tries)
	var wilson, exact [2]float64
	wilson[0], wilson[1] = stats.Wilson(k, n)
	exact[0], exact[1] = stats.ClopperPearson(k, n)
	return Share{record.Number(k / n), &wilson, &exact}
}

// Batches are the orders of a run in spans, for tools that compare repeated measurements; a line of a history has none.
func (n *Night) Batches() []record.Batch { return n.batches }

// Time is when the run began.
func (n *Night) Time() time.Time { return n.at }
