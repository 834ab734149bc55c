// Package world says how channels behave when they are simulated: how long submits and jobs
// take, and how often and in which way they fail.
//
// It deliberately decides nothing (package policy) and knows no clock. It has no random state
// either: every draw is a function of the order's key and of what is drawn, so strategies meet
// the same luck (common random numbers) and no result depends on the order of the work. What orders
// meet together, Trouble, remembers what was submitted before, and draws by the same keys.
//
//	key := model.Key(month, order)
//	fate := model.Attempt(key, channel, class, try)
package world

import (
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
)

// Month is the length of a month.
const Month = 30 * 24 * time.Hour

// Process says how arrivals are spread over a month.
type Process uint8

// The processes.
const (
	Poisson     Process = iota // uniform order statistics: Poisson given its count
	EvenArrival                // equal gaps
	Traced                     // at recorded times, the same in every month
)

// Model is the simulated world of one scenario.
type Model struct {
	Seed     uint64
	Orders   int // arrivals in a month, exactly
	Process  Process
	Profile  []float64       // weights of the 24 hours of each day; nil: all alike. Not with Traced
	Trace    []time.Duration // Traced: as many as Orders, ascending, within the month
	Promise  time.Duration   // 0: none
	Deadline time.Duration   // 0: none
	Classes  []Class
	Channels []Channel
	Outages  []Outage
	Costs    Costs
}

// Class is one video of the workload.
type Class struct {
	Name  string
	Share float64 // of the orders; the shares sum to 1
	Clip  channel.Clip
}

// Costs are what no invoice shows.
type Costs struct {
	Undelivered money.Micros   // per undelivered order
	Late        money.Micros   // per order delivered after the promise
	Fixed       []money.Micros // per month, by channel, for strategies that use it
}

// Channel is a channel's behaviour.
type Channel struct {
	Name        string
	Price       *channel.Price
	Packs       []Pack            // how it is paid in advance; nil: it isn't
	Jobs        []Job             // by class
	SubmitTakes dist.Distribution // from submit to acceptance; nil: no time
	Errors      Errors
	Regimes     []Regime
	Limits      Limits
}

// Job is the clip that the channel makes for one class, and its service time.
type Job struct {
	Makes   bool              // it can make the class at all
	Clip    channel.Clip      // as made
	Service dist.Distribution // from acceptance to ready, in seconds
}

// Errors are a channel's failures, independent unless region errors go by exit. Each rate is conditional on having
// passed the earlier ones, in the order of channel.Errors.
type Errors struct {
	By        ByReason   // moderation is one draw per order, common to all channels: the higher rate contains the lower
	Countries []Country  // of the exits that meet region errors; nil: unknown. Their shares sum to the rate
	RegionMix []Weighted // instead of the region error's rate: one of these rates, drawn once per order
	Exits     Exits      // where region errors are spells of egress exits; without RegionMix
}

// ByReason are the errors of each reason.
type ByReason [channel.NumReasons]Error

// Error is how often an error is met, and what then.
type Error struct {
	Rate   float64
	Takes  dist.Distribution // of a submit: how long its answer takes; nil: no time
	Billed float64           // of a job: the share of the failed ones that are billed
}

// Meets says whether any error of a phase can happen.
func (e *Errors) Meets(p channel.Phase) bool {
	return slices.ContainsFunc(channel.ErrorsOf(p), func(r channel.Reason) bool { return e.By[r].Rate > 0 })
}

// Weighted is one of several rates.
type Weighted struct{ Weight, Rate float64 }

// Country is where some of a channel's egress exits lie.
type Country struct {
	Name  string
	Share float64 // of all exits
}
