// Package scenario is the scenario language: TOML in, a checked Scenario out, and from that
// what the engines run (Compile).
//
// It deliberately simulates nothing and decides nothing. Every problem of a file is reported at
// once, with its place, the line, a caret and a hint; a file with a problem yields no Scenario.
//
//	s, warnings, err := scenario.Load("veo31.toml", source, scenario.Options{})
//	compiled, err := s.Compile()
package scenario

import (
	"math"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/figure"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Scenario is one file: what is bought, from whom, how it fails, what is promised.
type Scenario struct {
	Name     string
	Title    string
	Seed     uint64
	Currency string // "USD"
	FX       []FX   // rates of the other currencies of prices, in the order of the file

	Workload   Workload
	Channels   []Channel // in the order of the file
	Outages    []Outage
	Strategies []Strategy // in the order of the file
	Retry      Retry      // the default of all steps
	Costs      Costs
	Decision   Decision
	Bench      Bench
	Gates      []Gate

	Source []byte    // the file as it was read
	Set    []string  // the overrides, as given
	Read   time.Time // the day on which it was read; zero: unknown
}

// Confidence says how well a block's numbers are known.
type Confidence uint8

// The confidences.
const (
	Unstated Confidence = iota
	Assumed
	Vendor
	Measured
)

// Confidences lists the names of the confidences, in the order of their values.
var Confidences = []string{"", "assumed", "vendor", "measured"}

func (c Confidence) String() string { return Confidences[c] }

// Workload is what customers order.
type Workload struct {
	OrdersPerMonth int
	GrowthPerMonth float64 // share; not modelled yet unless 0
	Arrivals       Arrivals
	Promise        time.Duration // 0: none
	Deadline       time.Duration // 0: none
	Videos         []Video
}

// Arrivals is how orders are spread over a month.
type Arrivals struct {
	Process string          // "poisson", "constant", "trace"
	File    string          // trace: offsets since the start of the month, one number of seconds a line
	Trace   []time.Duration `json:",omitempty"` // trace: the file's offsets, ascending
	Profile []float64       // 24 weights, of the hours of a day in UTC; nil: flat
}

// Video is one class of orders.
type Video struct {
	Name  string
	Share money.Billionths
	Clip  channel.Clip
	Fit   channel.Fit
}

// Channel is one channel with its believed behaviour.
type Channel struct {
	channel.Channel
	Label           string // what reports call it; "": its name
	Latency         Latency
	SubmitTakes     *Takes // time to acceptance; nil: none
	Errors          Errors
	Limits          Limits
	Regimes         []Regime
	PriceRange      *Range // factor on the price; nil: known
	PriceConfidence Confidence
	Traps           []string // in which its mock misbehaves, by the names of its protocol
}

// Latency is how long an accepted job takes.
type Latency struct {
	Shape      string                   // "lognormal", "constant", "gamma", "weibull", "empirical"
	Base       time.Duration            // the median is Base + PerSecond × seconds as made
	PerSecond  map[string]time.Duration // by resolution; channel.Any for all others
	Sigma      float64                  // lognormal
	K          float64                  // gamma and weibull: the shape parameter
	File       string                   // empirical: one number of seconds a line
	Values     []float64                // empirical: the file's values
	Range      *Range                   // factor on the median; nil: known
	Confidence Confidence
	Source     string
}

// Range says what is not known about a number.
type Range struct {
	Low, High    float64
	Distribution string // "uniform", "loguniform"
}

// Quantile is the value below which a share u of the belief about the number lies.
func (r *Range) Quantile(u float64) float64 {
	if r.Distribution == "loguniform" {
		return r.Low * math.Pow(r.High/r.Low, u)
	}
	return r.Low + u*(r.High-r.Low)
}

// Takes is a duration that is drawn: lognormal, or constant where Sigma is 0.
type Takes struct {
	Median time.Duration
	Sigma  float64
}

// Errors are a channel's failures.
type Errors struct {
	By        ByReason
	Burst     time.Duration  // region: mean length of an exit's bad spell; 0: independent per attempt
	Exits     int            // region: egress exits with bad spells
	Pool      map[string]int // region: exits by country, instead of Exits and Burst; the rate follows
	Supported []string       // region: with Pool, the countries that the model supports
	Rotate    string         // region: "attempt", "order"
}

// ByReason are the errors of each reason.
type ByReason [channel.NumReasons]Error

// Error is one kind of failure.
type Error struct {
	Rate       float64
	Range      *Range
	Takes      *Takes  // refusals and lost answers only; nil: no time
	Billed     float64 // job only: share that is billed
	Confidence Confidence
	Source     string
}

// Limits are what a channel lets through.
type Limits struct {
	RequestsPerMinute int // 0: unlimited
	Concurrent        int // 0: unlimited
	Queue             int // accepted jobs that may wait for one of them to end, or Unlimited

	Takes *Takes // from a submit to its refusal; nil: no time
}

// Unlimited is a queue of any length.
const Unlimited = -1

// Regime is a long spell of trouble.
type Regime struct {
	Name   string
	Share  float64 // of the time
	Lasts  Takes
	Submit float64 // refused submits while it lasts
}

// Outage is a common cause that stops several channels together.
type Outage struct {
	Channels []string
	Between  time.Duration // mean, from one end to the next start
	Lasts    Takes
}

// Strategy is how orders use the channels.
type Strategy struct {
	Name   string
	Label  string  // what reports call it; "": its name
	Routes []Route // the first whose condition matches
	Steps  []Step  // where no route matches
}

// Route is a condition and its steps.
type Route struct {
	When  When
	Steps []Step
}

// When is the condition of a route; zero fields match everything.
type When struct {
	Resolution string
	MinSeconds int
	MaxSeconds int
	Video      string
}

// Step tries one channel. Nil fields are those of [retry].
type Step struct {
	Channel     string
	Attempts    int
	Backoff     *policy.Backoff
	RetryOn     *policy.ReasonSet
	OnAmbiguous *policy.OnAmbiguous
	Timeout     time.Duration // 0: none
	Breaker     *policy.Breaker
	Budget      *policy.Budget
	Hedge       *Hedge // nil: none
}

// Hedge is a second attempt on another channel beside one that takes long.
type Hedge struct {
	After   time.Duration
	Channel string
}

// Retry is the default of all steps.
type Retry struct {
	Backoff     policy.Backoff
	RetryOn     policy.ReasonSet
	OnAmbiguous policy.OnAmbiguous
	Breaker     policy.Breaker // zero: none
	Budget      policy.Budget  // zero: none
}

// Costs are what no invoice shows.
type Costs struct {
	Undelivered   money.Micros
	Late          money.Micros
	FixedPerMonth map[string]money.Micros // by channel
}

// Decision is how strategies are judged.
type Decision struct {
	Minimise   string // "cost", "p95"
	Require    []Requirement
	Confidence float64
	Tolerance  float64
	Exclude    []string // strategies, or channels and with them the strategies that use them
	Baseline   string   // the strategy that is used today; "": not stated
	Budget     money.Micros
}

// Requirement is a bound on a figure, such as delivered >= 99.0%.
type Requirement struct {
	Text    string // as written
	Metric  figure.ID
	AtLeast bool    // else at most
	Bound   float64 // share, seconds or dollars
}

// Holds says whether a figure keeps the bound.
func (r *Requirement) Holds(v float64) bool {
	if r.AtLeast {
		return v >= r.Bound
	}
	return v <= r.Bound
}

// Bench is how real channels are load-tested.
type Bench struct {
	Run      []string // strategies really driven
	Orders   int      // per driven strategy
	Rate     Rate     // over all
	Prompts  string   // file; "": the shipped ones
	MaxSpend money.Micros
	Grace    time.Duration
	ProxyEnv string // environment variable that holds a proxy's address; "": no proxy
	Stop     Stop   // when a channel is given up
}

// Stop says when a bench gives a channel up, by the share of its orders that are good: delivered within the promise.
// All are 0 where it never does.
type Stop struct {
	Good      float64 // of a healthy channel: this share, or more
	Bad       float64 // of a dead one: this share, or less
	FalseStop float64 // chance that a channel at Good is given up in a run
	Missed    float64 // chance that a channel at Bad passes a test
}

// Rate is so many per span of time.
type Rate struct {
	Count int
	Per   time.Duration
}

// Gate is a regression bound, such as cost_per_delivered +5%.
type Gate struct {
	Metric string  // one of GateMetrics
	Change float64 // relative share; points of share where Points is set; negative: at most this much lower
	Points bool
	Floor  money.Micros // of a cost: a change of no more is none, whatever its share
}

// Compiled is what the engines run.
type Compiled struct {
	Model      world.Model
	Strategies []policy.Strategy
	Uses       [][]bool // by strategy, then channel: whether any video's route can reach it
}
