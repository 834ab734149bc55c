package fit

import "math"

// Visit is one attempt at a channel's exits, or at a channel that may be in trouble.
type Visit struct {
	At    float64 // seconds
	Bad   bool
	Blind bool // turned away before it could fail of its own: it proves only that no trouble refused it
}

// Spells are correlated errors: those of exits, each of which alternates between bad and good.
type Spells struct {
	Share Estimate // of time that an exit is bad
	Burst Estimate // seconds: mean length of a bad spell; Low 0 and High +Inf where the data set no bound
	Gain  float64  // twice the log-likelihood gained over independence
	Bad   int
	N     int
}

// Sticky says whether spells explain the data better than independence does. That lies at the edge of what spells can
// be, so the ratio's p-value is half of what it would be elsewhere (Self and Liang 1987): 2.71 is 5 %, and beats
// AIC's 2.
func (s *Spells) Sticky() bool { return s.Gain > 2.71 }

// Chains fits the model of Gilbert (1960) and Elliott (1963) in continuous time: each of so many exits is a two-state
// Markov chain, an attempt takes one at random, and a bad one refuses it. The sequences are independent of each
// other, each in the order of time; with one exit a sequence is that exit's. Intervals are by profile likelihood,
// since that of the burst is far from a parabola.
func Chains(sequences [][]Visit, exits int) Spells {
	s := Spells{}
	gaps := []float64{}
	for _, sequence := range sequences {
		for i, v := range sequence {
			s.N++
			if v.Bad {
				s.Bad++
			}
			if i > 0 && v.At > sequence[i-1].At {
				gaps = append(gaps, v.At-sequence[i-1].At)
			}
		}
	}
	independent := bernoulli(s.Bad, s.N)
	low, high := beta(float64(s.Bad)+0.5, float64(s.N-s.Bad)+0.5)
	s.Share = Estimate{(float64(s.Bad) + 0.5) / float64(s.N+1), low, high}
	s.Burst = Estimate{0, 0, math.Inf(1)}
	if s.Bad == 0 || s.Bad == s.N || len(gaps) == 0 {
		return s
	}
	c := newChains(sequences, exits)
	typical := math.Exp(meanLog(gaps))
	best := []float64{logit(s.Share.Value), 0}
	start := math.Inf(-1)
	for _, times := range []float64{0.1, 0.4, 1.5, 6, 25, 100} {
		x := []float64{best[0], math.Log(typical * times)}
		if v := c.likelihood(x); v > start {
			start, best = v, x
		}
	}
	top, _ := climb(c.likelihood, best)
	s.Gain = max(0, 2*(top-independent))
	const reach = 12 // in logarithms: from 6 millionths to 160,000 times
	low, high = profiled(c.likelihood, best, top, 0, 0.4, reach, halfChi2)
	s.Share = Estimate{logistic(best[0]), logistic(low), logistic(high)}
	low, high = profiled(c.likelihood, best, top, 1, 0.5, reach, halfChi2)
	s.Burst = Estimate{math.Exp(best[1]), math.Exp(low), math.Exp(high)}
	return s
}

// most is the number of exits whose states are told apart; correlation among more of them decays sooner.
const most = 48

// bernoulli is the log-likelihood of independent errors at their own rate.
func bernoulli(bad, n int) float64 {
	sum := 0.0
	for _, k := range []int{bad, n - bad} {
		if k > 0 {
			sum += float64(k) * math.Log(float64(k)/float64(n))
		}
	}
	return sum
}

func meanLog(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return sum / float64(len(values))
}

// chains is the likelihood of some sequences.
type chains struct {
	sequences [][]Visit // of more than one visit
	alone     [2]int    // visits that are alone, good and bad
	exits     int
	scratch   []float64
}

func newChains(sequences [][]Visit, exits int) *chains {
	c := &chains{exits: exits, scratch: make([]float64, min(exits, most)+1)}
	for _, s := range sequences {
		switch {
		case len(s) > 1:
			c.sequences = append(c.sequences, s)
		case len(s) == 1 && s[0].Bad:
			c.alone[1]++
		case len(s) == 1:
			c.alone[0]++
		}
	}
	return c
}

// likelihood is the log-likelihood of the logit of the share and the logarithm of the burst.
func (c *chains) likelihood(x []float64) float64 {
	if math.Abs(x[0]) > 30 || math.Abs(x[1]) > 40 {
		return math.Inf(-1)
	}
	share := logistic(x[0])
	forgets := math.Exp(-x[1]) / (1 - share)
	sum := float64(c.alone[0])*math.Log(1-share) + float64(c.alone[1])*math.Log(share)
	for _, s := range c.sequences {
		if c.exits == 1 {
			sum += twoStates(s, share, forgets)
		} else {
			sum += c.mixture(s, share, forgets)
		}
	}
	return sum
}

func chance(bad float64, was bool) float64 {
	if was {
		return bad
	}
	return 1 - bad
}

// twoStates is the log-likelihood of one exit's visits: each tells its state.
func twoStates(s []Visit, share, forgets float64) float64 {
	p, product, sum := share, 1.0, 0.0
	for i := range s {
		if i > 0 {
			keeps := math.Exp(-forgets * (s[i].At - s[i-1].At))
			p = share * (1 - keeps)
			if s[i-1].Bad {
				p += keeps
			}
		}
		// One logarithm for many factors; a product of a few dozen is far from underflow.
		if product *= chance(p, s[i].Bad); product < 1e-200 {
			sum += math.Log(product)
			product = 1
		}
	}
	return sum + math.Log(product)
}

// mixture is the log-likelihood of visits to exits at random, of which nobody knows which. How many exits are bad is
// a Markov chain, too. What is known of their number is written in the polynomials of Krawtchouk (1929), which are
// that chain's own: the j-th coefficient decays j times as fast as one exit forgets, and a visit couples neighbours
// only.
func (c *chains) mixture(s []Visit, share, forgets float64) float64 {
	n := float64(c.exits)
	know := c.scratch
	for j := range know {
		know[j] = 0
	}
	know[0] = 1
	used, sum := 1, 0.0
	for i := range s {
		if i > 0 {
			keeps := math.Exp(-forgets * (s[i].At - s[i-1].At))
			decay := 1.0
			for j := 1; j < used; j++ {
				decay *= keeps
				know[j] *= decay
			}
			for used > 1 && math.Abs(know[used-1]) < 1e-13 {
				used--
				know[used] = 0
			}
		}
		used = min(used+1, len(know))
		before := 0.0
		for j := range used {
			at := float64(j)
			couple := math.Sqrt(at * (n - at + 1) * share * (1 - share))
			v := couple*before + (share*(n-at)+at*(1-share))*know[j]
			if j+1 < used {
				v += math.Sqrt((at+1)*(n-at)*share*(1-share)) * know[j+1]
			}
			before = know[j]
			if v /= n; s[i].Bad {
				know[j] = v
			} else {
				know[j] -= v
			}
		}
		if know[0] <= 0 {
			return math.Inf(-1)
		}
		sum += math.Log(know[0])
		for j := used - 1; j >= 0; j-- {
			know[j] /= know[0]
		}
	}
	return sum
}
