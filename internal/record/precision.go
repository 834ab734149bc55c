package record

// Precision is how well a run that was asked for a precision knows the deciding difference.
type Precision struct {
	Asked      float64  `json:"asked"`    // half of the 95 % interval, relative to Strategy's own figure
	Reached    *float64 `json:"reached"`  // null: the difference is infinite in some months
	Minimise   string   `json:"minimise"` // "cost": the difference is in dollars a month; "p95": in seconds
	Strategy   string   `json:"strategy"` // the best by the months simulated
	Against    *string  `json:"against"`  // the next best; null: none, and the strategy's own figure is looked at
	Difference Figure   `json:"difference"`
}

// Met says whether the asked precision was reached.
func (p *Precision) Met() bool { return p.Reached != nil && *p.Reached <= p.Asked }
