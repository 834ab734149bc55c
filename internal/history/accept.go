package history

import (
	"fmt"
	"slices"
	"time"
)

// Start is the night with which a new baseline begins if a person accepts what was found: from a given moment on, or,
// for the zero moment, since the change was found, or with the latest night.
func (c *Comparison) Start(from time.Time) (time.Time, error) {
	latest, err := time.Parse(time.RFC3339, c.Night)
	if err == nil && from.After(latest) {
		return from, fmt.Errorf("comes after the latest night, %s: there is nothing to accept yet", c.Night)
	}
	if !from.IsZero() {
		return from, nil
	}
	if change, err := time.Parse(time.RFC3339, c.Suggest); err == nil {
		return change, nil
	}
	return latest, err
}

// Judges says whether a strategy is among those of the latest nights.
func (c *Comparison) Judges(strategy string) bool {
	return slices.ContainsFunc(c.Verdicts, func(v Verdict) bool { return v.Strategy == strategy })
}

// Keep puts a run's nights on record, which tell from then on what it spent: it holds no money of its month any more.
func Keep(path, run string, nights []Night) error {
	if err := Append(path, nights...); err != nil {
		return err
	}
	if err := Release(path, run); err != nil {
		return fmt.Errorf("the night is kept, and the run still holds money of the month: %w", err)
	}
	return nil
}
