package evsi

import (
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Binomial draws how many of n tries hit, by one uniform number: more tries or a higher share never hit less by the
// same luck.
func Binomial(n int, p, u float64) int {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	mean, sd := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	// The answer lies within some deviations of the mean, but for a chance of one in a billion.
	from := max(0, int(mean-7*sd)-7)
	to := min(n, int(mean+7*sd)+7)
	return from + sort.Search(to-from, func(i int) bool {
		k := float64(from + i)
		return mathext.RegIncBeta(float64(n)-k, k+1, 1-p) >= u
	})
}

// Normal draws from a normal distribution.
func Normal(mean, sd float64, luck *rand.Rand) float64 {
	return mean + sd*distuv.UnitNormal.Quantile(uniform(luck))
}

// uniform is a number in (0, 1).
func uniform(luck *rand.Rand) float64 { return (luck.Float64() + 0x1p-54) * (1 - 0x1p-53) }
