package record

import (
	"fmt"
	"math"
)

// Drive is how a bench drove its orders: what decides whether its figures may be held against another's.
type Drive struct {
	Run      string             `json:"run,omitempty"`   // its name, the same when it is resumed; "": an older version's
	Channels string             `json:"channels"`        // "live": real ones; "mock"
	Poll     map[string]float64 `json:"poll_seconds"`    // by channel; what is measured is no finer
	Speed    float64            `json:"speed,omitempty"` // of its clock against life's; 0: an older version's
	// how much later than scheduled orders began; null: none did
	SendLagP99  *float64 `json:"send_lag_p99_seconds"`
	PlannedRate *float64 `json:"planned_per_minute"`   // orders; null: fewer than two
	Rate        *float64 `json:"achieved_per_minute"`  // at which they began; null: fewer than two
	Cut         int64    `json:"orders_cut,omitempty"` // that had no outcome when the run ended
	Planned     int64    `json:"orders_planned"`       // of all driven strategies
	Gates       []Gate   `json:"gates,omitempty"`      // of the scenario: how much worse a figure may get
}

// SlowEnough is the speed at which orders that began so late at one would have begun within a limit, both in the
// scenario's time, with a fifth to spare: a machine is late by real time. It has two digits, and is no less than life's.
func SlowEnough(speed, late, limit float64) float64 {
	v := max(1, 0.8*speed*limit/late)
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return min(speed, math.Round(math.Floor(v/unit)*unit*100)/100)
}

// Slower says at which speed orders would have begun in time; "" where the clock ran no faster than life.
func Slower(speed, late, limit float64) string {
	if speed <= 1 {
		return ""
	}
	return fmt.Sprintf("; --speed %vx would have done", SlowEnough(speed, late, limit))
}

// Mock says whether the run is a bench of mock channels, which do as the scenario says.
func (r *Run) Mock() bool { return r.Drive != nil && r.Drive.Channels == "mock" }

// Gate is how much worse a figure may get from one run to the next.
type Gate struct {
	Metric   string  `json:"metric"`              // such as "p95" or "delivered"
	Change   float64 `json:"change"`              // 0.05: 5 % more; of shares −0.01: one percentage point less
	FloorUSD float64 `json:"floor_usd,omitempty"` // of a cost: a change of no more is none
}

// Counts are what a driven strategy's figures are made of.
type Counts struct {
	InTime    int64            `json:"in_time"`
	Attempts  int64            `json:"attempts"`
	Retries   int64            `json:"retries"`   // attempts that followed one of the same step
	Fallbacks int64            `json:"fallbacks"` // orders that went beyond the first step of their route
	Errors    map[string]int64 `json:"errors"`    // attempts by why they failed
	P90       Figure           `json:"p90_seconds"`
	// charges, at most where nobody knows them, those of orders without an outcome too, and what is missing
	SpentUSD     float64            `json:"spent_usd"`
	SpentByMonth map[string]float64 `json:"spent_by_month_usd,omitempty"` // the same, by the month (UTC) in which it was bought, such as "2026-11"
	CostMedian   *float64           `json:"cost_median_usd,omitempty"`    // of a delivered clip; nil: none was
	Bill         Told               `json:"bill"`
	// the orders in the order of their arrival, cut into spans of about the same length
	Batches []Batch `json:"batches"`

	// MissingUSD is what of SpentUSD is gone from accounts beyond all that may have been charged: the strategy's share, in
	// proportion to what it may have spent there. It is in no figure of an order or a clip.
	MissingUSD float64 `json:"missing_usd,omitempty"`
}

// Told is what channels say that they charged, against what the scenario's prices make.
type Told struct {
	Attempts    int64   `json:"attempts"`     // of which a channel told its charge
	ReportedUSD float64 `json:"reported_usd"` // for these
	ComparedUSD float64 `json:"compared_usd"` // for these, by the price in the scenario
}

// Batch are some orders in a row.
type Batch struct {
	Orders    int64    `json:"orders"`
	Delivered int64    `json:"delivered"`
	CostUSD   float64  `json:"cost_usd"`    // with penalties and fixed costs
	P50       *float64 `json:"p50_seconds"` // over all orders; null: never
	P95       *float64 `json:"p95_seconds"`
}

// filled is a copy without nil lists.
func (d *Drive) filled() *Drive {
	if d == nil {
		return nil
	}
	f := *d
	f.Poll = numbers(f.Poll)
	return &f
}

// filled is a copy without nil lists.
func (c *Counts) filled() *Counts {
	if c == nil {
		return nil
	}
	f := *c
	f.Batches = list(f.Batches)
	if f.Errors == nil {
		f.Errors = map[string]int64{}
	}
	return &f
}
