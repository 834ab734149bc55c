// Package view is what reports say of a run, or of several: the roster of its strategies with their names and colours,
// the answer in one sentence, footnotes, warnings, line-ups, and how a bench compares with its simulation.
//
// It deliberately draws nothing and writes no file: charts and texts share what it says, so that they say the same.
package view
