// Package evsi works out what measuring is worth before it is done: by how much a choice that is made after it costs
// less, on average, than the one that would be made today (expected value of sample information; Raiffa and Schlaifer
// 1961).
//
// It deliberately knows neither scenarios nor money: draws of what may be true come in with what each choice would
// lose under them, and a function that makes up what orders would show.
//
//	value := study.Worth(100, 1)
package evsi

import (
	"math"
	"math/rand/v2"
)

// Study is a choice that is to be made under draws of what may be true, all of them as likely.
type Study struct {
	Loss    [][]float64 // by draw, then choice
	Observe Observe
	Seed    uint64
}

// Observe simulates the result of n orders over so many nights if a draw were the truth, and returns the
// log-likelihood of that result under any draw, up to a constant. The same luck should show more of the same for more
// orders.
type Observe func(truth, orders, nights int, luck *rand.Rand) (likelihood func(draw int) float64)

// Value is an expected value with its Monte Carlo error.
type Value struct{ Value, SE float64 }

// Today is the choice with the smallest expected loss as long as nothing is measured; the first of equals.
func (s *Study) Today() int {
	even := make([]float64, len(s.Loss))
	for i := range even {
		even[i] = 1
	}
	return s.best(even)
}

// best is the choice with the smallest expected loss for weights of the draws.
func (s *Study) best(weights []float64) int {
	best, least := 0, math.Inf(1)
	for choice := range s.Loss[0] {
		loss := 0.0
		for d, w := range weights {
			loss += w * s.Loss[d][choice]
		}
		if loss < least {
			best, least = choice, loss
		}
	}
	return best
}

// Perfect is the expected value of perfect information: no measuring is worth more.
func (s *Study) Perfect() Value {
	today := s.Today()
	gains := make([]float64, len(s.Loss))
	for d, losses := range s.Loss {
		least := math.Inf(1)
		for _, l := range losses {
			least = min(least, l)
		}
		gains[d] = losses[today] - least
	}
	return mean(gains)
}

// Worth is the expected value of n orders over so many nights. For each draw as the truth it simulates their result,
// weighs all the other draws by its likelihood (after Menzies 2016), chooses by these weights, and books what that
// choice loses under the truth. Leaving the truth itself out of the weights matters: with many orders it would
// outweigh all others, and every study would look perfect. So the value is that of a rule that can be followed, never
// above Perfect, and rather too low than too high where few draws are like the truth.
func (s *Study) Worth(orders, nights int) Value {
	if orders <= 0 || len(s.Loss) < 2 {
		return Value{}
	}
	today := s.Today()
	gains, weights := make([]float64, len(s.Loss)), make([]float64, len(s.Loss))
	for truth := range s.Loss {
		likelihood := s.Observe(truth, orders, max(1, nights), rand.New(rand.NewPCG(s.Seed, uint64(truth))))
		s.weigh(truth, likelihood, weights)
		gains[truth] = s.Loss[truth][today] - s.Loss[truth][s.best(weights)]
	}
	v := mean(gains)
	v.Value = max(0, v.Value) // one can always choose as today
	return v
}

// weigh fills in the weights of all draws but the truth.
func (s *Study) weigh(truth int, likelihood func(int) float64, weights []float64) {
	logs, most := make([]float64, len(weights)), math.Inf(-1)
	for d := range logs {
		logs[d] = math.Inf(-1)
		if d != truth {
			logs[d] = likelihood(d)
		}
		most = max(most, logs[d])
	}
	if math.IsInf(most, -1) { // nothing is like it: nothing was learnt
		for d := range weights {
			weights[d] = 1
		}
		weights[truth] = 0
		return
	}
	temper := func(by float64) (count float64) {
		sum, squares := 0.0, 0.0
		for d := range weights {
			weights[d] = math.Exp(by * (logs[d] - most))
			sum, squares = sum+weights[d], squares+weights[d]*weights[d]
		}
		return sum * sum / squares
	}
	if temper(1) >= fewest {
		return
	}
	// With fewer draws that count, the choice would follow their luck.
	none, all := 0.0, 1.0
	for range 12 {
		if middle := (none + all) / 2; temper(middle) < fewest {
			all = middle
		} else {
			none = middle
		}
	}
	temper(none)
}

// fewest is how many draws have to count at least (the effective number after Kish 1965): where fewer are like what was
// shown, that is believed less, until as many are.
const fewest = 16

func mean(values []float64) Value {
	n, sum, squares := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	for _, v := range values {
		squares += (v - sum/n) * (v - sum/n)
	}
	return Value{sum / n, math.Sqrt(squares / max(1, n-1) / n)}
}
