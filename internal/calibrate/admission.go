package calibrate

import (
	"fmt"
	"time"

	"channelbench/internal/scenario"
)

// Admission lets each run count once: the same luck twice would make intervals too narrow.
type Admission struct {
	Today time.Time // runs after it are not admitted; zero: not known

	paths map[time.Time]string // by when runs began
	mocks map[uint64]string    // runs on mock channels, by seed
}

// Applicant is a run that may count.
type Applicant struct {
	Path string
	At   time.Time // when it began
	Seed uint64
	Live bool
}

// Admit returns why a run doesn't count, "" where it does, and a warning where it tells nothing new. A run that comes twice
// is an error.
func (a *Admission) Admit(r Applicant) (refusal, warning string, err error) {
	if !a.Today.IsZero() && r.At.After(a.Today) {
		return fmt.Sprintf("%s: its clock says %s, which lies in the future, so it doesn't count",
			r.Path, r.At.Format(time.RFC3339)), "", nil
	}
	if a.paths == nil {
		a.paths, a.mocks = map[time.Time]string{}, map[uint64]string{}
	}
	if other := a.paths[r.At]; other != "" {
		return "", "", fmt.Errorf("%s and %s are the same run, which counts once", other, r.Path)
	}
	a.paths[r.At] = r.Path
	if r.Live {
		return "", "", nil
	}
	if other := a.mocks[r.Seed]; other != "" {
		warning = fmt.Sprintf("%s and %s are of mock channels with the same seed: they tell the same luck twice; "+
			"bench with --set seed=2", other, r.Path)
	}
	a.mocks[r.Seed] = r.Path
	return "", warning, nil
}

// FirstPrice is the date of the scenario's first price, before which no attempt was made; zero: none is dated.
func FirstPrice(s *scenario.Scenario) (first time.Time) {
	for i := range s.Channels {
		if of := s.Channels[i].Price.AsOf; !of.IsZero() && (first.IsZero() || of.Before(first)) {
			first = of
		}
	}
	return first
}
