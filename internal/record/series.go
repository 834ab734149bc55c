package record

// Spend is what a month paid for one thing: a channel for attempts that came to one end, or what no channel charges.
type Spend struct {
	Channel string  `json:"channel"` // "": handling
	For     string  `json:"for"`     // a channel's: one of SpendOutcomes; of handling: "undelivered", "late" or "fixed"
	USD     float64 `json:"usd"`     // a month
}

// SpendOutcomes are what a channel can be paid for, the useful first: clips delivered in time and late, jobs that
// failed, submits whose answer was lost, clips that were thrown away, and attempts that their order no longer waited
// for.
var SpendOutcomes = []string{"in_time", "late", "failed", "ambiguous", "unusable", "abandoned"}

// Day is how much simulated months had cost by the end of a day: quantiles of single months, in dollars. An order's
// cost is booked on the day on which it arrives, fixed costs on the first.
type Day struct {
	Day  int     `json:"day"` // 1 to 30
	P025 float64 `json:"p025"`
	P10  float64 `json:"p10"`
	P25  float64 `json:"p25"`
	P50  float64 `json:"p50"`
	P75  float64 `json:"p75"`
	P90  float64 `json:"p90"`
	P975 float64 `json:"p975"`
}

// BreakEvenMap is what one strategy saves against another for clips of many lengths and many rates of one failure,
// all else as stated. Lengths are those that both make.
type BreakEvenMap struct {
	Strategy   string    `json:"strategy"`
	Against    string    `json:"against"`
	Resolution string    `json:"resolution"`
	Channel    string    `json:"channel"` // whose failures are varied
	Failure    string    `json:"failure"` // "region", "submit", "job" or "unusable"
	Seconds    []float64 `json:"seconds"` // of the clip; ascending
	Rates      []float64 `json:"rates"`   // of the failure; ascending
	// per delivered clip, by rate, then length; null: one of the two delivers nothing
	Saving   [][]*float64 `json:"saving_usd"`
	Workload MapBox       `json:"workload"`
}

// MapBox is where the scenario lies on a map.
type MapBox struct {
	SecondsLow  float64 `json:"seconds_low"`
	SecondsHigh float64 `json:"seconds_high"`
	RateLow     float64 `json:"rate_low"` // of the stated range, or the stated rate
	RateHigh    float64 `json:"rate_high"`
}

// Timeline is what became of a bench's attempts in the order of time, in bins of equal length. Times are the
// scenario's.
type Timeline struct {
	BinSeconds float64           `json:"bin_seconds"`
	Seconds    float64           `json:"seconds"` // from the start to the last event
	Channels   []ChannelTimeline `json:"channels"`
}

// ChannelTimeline is one channel's.
type ChannelTimeline struct {
	Channel string        `json:"channel"`
	Bins    []TimelineBin `json:"bins"` // those in which anything was submitted; ascending
}

// TimelineBin are the attempts submitted within one bin.
type TimelineBin struct {
	From          float64        `json:"from_seconds"`   // since the run began
	Outcomes      map[string]int `json:"outcomes"`       // by why they failed; "delivered": they did not; "open": nobody knows yet
	MedianSeconds *float64       `json:"median_seconds"` // from submit to clip, of delivered ones
}

// filled is a copy without nil lists.
func (m *BreakEvenMap) filled() *BreakEvenMap {
	if m == nil {
		return nil
	}
	f := *m
	f.Seconds, f.Rates, f.Saving = list(f.Seconds), list(f.Rates), list(f.Saving)
	return &f
}

// filled is a copy without nil lists.
func (t *Timeline) filled() *Timeline {
	if t == nil {
		return nil
	}
	f := *t
	f.Channels = append([]ChannelTimeline{}, f.Channels...)
	for i := range f.Channels {
		f.Channels[i].Bins = list(f.Channels[i].Bins)
	}
	return &f
}
