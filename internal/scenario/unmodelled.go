package scenario

import "channelbench/internal/scenario/document"

// gap is a part of a scenario that the language knows but no engine models yet.
type gap struct {
	path    []any
	meaning string // what it would mean
}

func (g gap) key() string {
	key := ""
	for _, part := range g.path {
		if name, isKey := part.(string); isKey {
			key = document.Dotted(key, name)
		}
	}
	return key
}

func (g gap) hint() string {
	return "leave it out; a result without it answers a different question, so it isn't ignored silently"
}

// unmodelled lists what no engine models yet. Load and Compile refuse it: this is the one place.
func unmodelled(s *Scenario) []gap {
	var gaps []gap
	add := func(stated bool, meaning string, path ...any) {
		if stated {
			gaps = append(gaps, gap{path, meaning})
		}
	}
	w := &s.Workload
	add(w.GrowthPerMonth != 0, "orders that grow from month to month", "workload", "growth_per_month")
	return gaps
}
