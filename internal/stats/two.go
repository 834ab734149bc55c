package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Two samples of independent orders against each other, and scores that make figures of different kinds comparable.

// Wilson is the interval of a share after hits out of tries (1927): as often too narrow as too wide, where that of
// ClopperPearson never is too narrow.
func Wilson(hits, tries float64) (low, high float64) {
	if tries <= 0 {
		return 0, 1
	}
	low, high = wilson(hits/tries, tries, normal.Quantile((1+Confidence)/2))
	if hits == 0 {
		low = 0 // not almost
	}
	if hits == tries {
		high = 1
	}
	return low, high
}

// Newcombe is the interval of how much more of n2 tries hit than of n1: the hybrid of two of Wilson's (Newcombe 1998,
// method 10).
func Newcombe(hits1, n1, hits2, n2 float64) (low, high float64) {
	if n1 <= 0 || n2 <= 0 {
		return -1, 1
	}
	p1, p2 := hits1/n1, hits2/n2
	l1, u1 := Wilson(hits1, n1)
	l2, u2 := Wilson(hits2, n2)
	d := p2 - p1
	return d - math.Hypot(p2-l2, u1-p1), d + math.Hypot(u2-p2, p1-l1)
}

// FisherMid is the probability of at least so many hits among n2 tries if they hit as often as those of n1, given the
// hits of both together: Fisher's exact test with the mid-p of Lancaster (1961), half of the probability of exactly so
// many. Of samples without a difference it is above ½ as often as below.
func FisherMid(hits1, n1, hits2, n2 int64) float64 {
	hits, least, most := hits1+hits2, max(0, hits1+hits2-n1), min(n2, hits1+hits2)
	at := func(k int64) float64 {
		return math.Exp(logChoose(n2, k) + logChoose(n1, hits-k) - logChoose(n1+n2, hits))
	}
	p := at(hits2) / 2
	// The shorter tail is summed: the sum of the other one would lose its small terms.
	if hits2-least < most-hits2 {
		below := 0.0
		for k := hits2 - 1; k >= least; k-- {
			below += at(k)
		}
		return 1 - below - p
	}
	for k := hits2 + 1; k <= most; k++ {
		p += at(k)
	}
	return p
}

// BetaBinomial is the probability of k or more hits among n tries that all hit with the same share, where that share is
// itself drawn from a beta distribution with a and b (Skellam 1948). None of the numbers need be whole.
func BetaBinomial(k, n, a, b float64) float64 {
	if k <= 0 {
		return 1
	}
	choose := func(n, k float64) float64 { return -math.Log(n+1) - mathext.Lbeta(n-k+1, k+1) }
	p := math.Exp(choose(n, k) + mathext.Lbeta(k+a, n-k+b) - mathext.Lbeta(a, b))
	sum := p
	for ; k+1 <= n && p > sum*1e-12; k++ {
		p *= (n - k) / (k + 1) * (k + a) / (n - k - 1 + b)
		sum += p
	}
	return min(1, sum)
}

func logChoose(n, k int64) float64 {
	return lnFactorial(n) - lnFactorial(k) - lnFactorial(n-k)
}

func lnFactorial(n int64) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

var normal = distuv.Normal{Sigma: 1}

// mostScore bounds scores: beyond it, tails of doubles are nothing.
const mostScore = 37

// Score is where in the standard normal distribution so much lies above: 1.96 of 0.025.
func Score(above float64) float64 {
	switch {
	case !(above > 0):
		return mostScore
	case above >= 1:
		return -mostScore
	}
	return max(-mostScore, min(mostScore, -normal.Quantile(above)))
}

// ScoreT is the normal score of a value of Student's t: what is as rare.
func ScoreT(t, degrees float64) float64 {
	if math.IsInf(t, 0) {
		return math.Copysign(mostScore, t)
	}
	above := distuv.StudentsT{Sigma: 1, Nu: degrees}.CDF(-math.Abs(t))
	return math.Copysign(Score(above), t)
}
