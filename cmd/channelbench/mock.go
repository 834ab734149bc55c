package main

import (
	"channelbench/bench"
	"channelbench/bench/mockchannel"
	"channelbench/internal/scenario"
)

// mock starts the mock channels of a scenario on loopback and points a bench at them.
func mock(s *scenario.Scenario, o *bench.Options) (stop func() error, err error) {
	m, err := mockchannel.Listen(s, mockchannel.Options{Speed: o.Speed})
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	o.BaseURLs, o.Key = m.URLs, func(string) string { return "mock" }
	return m.Close, nil
}
