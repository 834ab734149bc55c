// Package fit estimates what a channel does from what its attempts met: rates, times that polls see late and deadlines cut
// off, and spells of errors, each with a 95 % interval.
//
// It deliberately knows no scenario, no channel and no file: counts and seconds come in, estimates go out. It draws nothing
// at random, so the same data give the same figures.
//
//	rate := fit.Pool([]fit.Count{{Hits: 3, Tries: 150, Weight: 1}})
package fit

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is that of all intervals.
const Confidence = 0.95

// suspicion is the p-value below which nights are taken to differ by more than chance. It is high, since a difference that
// is missed makes an interval too narrow, and one that is imagined makes it a little too wide.
const suspicion = 0.1

// Estimate is a figure and its interval.
type Estimate struct{ Value, Low, High float64 }

// normal95 is how many standard errors a normal interval reaches to each side.
var normal95 = distuv.UnitNormal.Quantile((1 + Confidence) / 2)

// halfChi2 is by how much the log-likelihood falls from its maximum to the end of an interval (Wilks 1938).
var halfChi2 = normal95 * normal95 / 2

// studentT is how many standard errors an interval reaches to each side where the error itself is estimated.
func studentT(degrees float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: math.Max(1, degrees)}.Quantile((1 + Confidence) / 2)
}

// chiSquaredP is the p-value of a sum of squares.
func chiSquaredP(squares float64, degrees int) float64 {
	if degrees < 1 {
		return 1
	}
	return distuv.ChiSquared{K: float64(degrees)}.Survival(squares)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
