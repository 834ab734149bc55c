package scenario_test

import (
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/printer"
)

// The tests of this package print with the printer, which imports it.
func init() { scenario.Resolved = printer.Print }
