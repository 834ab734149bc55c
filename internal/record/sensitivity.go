package record

// Sensitivity is what the stated ranges could change, around the deciding difference: the candidate
// less the next best, in the unit of what is minimised.
type Sensitivity struct {
	Strategy string `json:"strategy"` // the candidate, or what comes closest to one
	// null: nothing else comes into question, and the strategy's own figure is looked at
	Against  *string `json:"against"`
	Minimise string  `json:"minimise"` // "cost": differences in dollars a month; "p95": in seconds
	// a month: knowing every range exactly; null without a candidate
	PerfectInformation *float64       `json:"perfect_information_usd"`
	Points             int            `json:"points"` // of each sample behind the shares
	StatedDifference   *float64       `json:"stated_difference"`
	Stated             []StrategyCost `json:"stated"`
	Inputs             []InputEffect  `json:"inputs"` // those that could change most first
}

// StrategyCost is a strategy's expected cost.
type StrategyCost struct {
	Strategy    string   `json:"strategy"`
	MonthlyCost *float64 `json:"monthly_cost_usd"`
}

// InputEffect is what one range could change.
type InputEffect struct {
	Key        string  `json:"key"`
	Confidence string  `json:"confidence"` // how far to trust the stated value: "assumed", "vendor", "measured"; "": not said
	Low        float64 `json:"low"`
	Stated     float64 `json:"stated"`
	High       float64 `json:"high"`

	FirstShare *float64 `json:"first_order_share"` // of the difference's variance: by the input alone
	TotalShare *float64 `json:"total_share"`       // with what it does in company of others
	// total share of the variance of whether Strategy keeps what is required; null: that is beyond doubt
	KeepingShare *float64 `json:"keeping_share"`
	Worth        *float64 `json:"worth_usd"` // a month: knowing it alone; null without a candidate

	DifferenceAtLow  *float64    `json:"difference_at_low"` // the other inputs as stated
	DifferenceAtHigh *float64    `json:"difference_at_high"`
	Costs            []CostRange `json:"costs"`
	Flips            []Flip      `json:"flips"` // ascending; where the best strategy changes, the other inputs as stated
}

// CostRange is a strategy's monthly cost at both ends of a range.
type CostRange struct {
	Strategy string   `json:"strategy"`
	AtLow    *float64 `json:"at_low_usd"`
	AtHigh   *float64 `json:"at_high_usd"`
}

// Flip is a value beyond which another strategy is the best of those that keep what is required.
type Flip struct {
	At   float64 `json:"at"`
	From *string `json:"from"` // null: no strategy keeps what is required
	To   *string `json:"to"`
}

// filled is a copy without nil lists.
func (s *Sensitivity) filled() *Sensitivity {
	if s == nil {
		return nil
	}
	f := *s
	f.Stated = list(f.Stated)
	f.Inputs = append([]InputEffect{}, f.Inputs...)
	for i := range f.Inputs {
		f.Inputs[i].Costs, f.Inputs[i].Flips = list(f.Inputs[i].Costs), list(f.Inputs[i].Flips)
	}
	return &f
}
