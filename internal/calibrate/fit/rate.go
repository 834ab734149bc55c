package fit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Count is what one night says of a rate.
type Count struct {
	Hits, Tries float64 // not whole where it isn't sure what an attempt met
	Doubt       float64 // variance of the hits from that
	Weight      float64 // how much the night counts, from 0 to 1
}

// Rate is a rate pooled over nights.
type Rate struct {
	Estimate
	Hits, Tries int
	Nights      int     // with any tries
	Scatter     float64 // how many times more nights scatter than chance makes them; 1 where that can't be told
	P           float64 // of so much scatter by chance
}

// Widened says whether the interval allows for nights that differ.
func (r *Rate) Widened() bool { return r.P < suspicion && r.Scatter > 1 }

// Pool pools a rate over nights: the posterior is Beta(½ + Σwk, ½ + Σw(n−k)), from the prior of Jeffreys (1946), with each
// night discounted by its weight (a power prior: Ibrahim and Chen 2000). Where nights scatter by more than chance they are
// the units: the tries are worth as many fewer as the scatter is larger, and the fewer the nights, the less is known of it. Of
// two or three nights that would leave anything possible; the interval ends where those of the single nights do.
func Pool(nights []Count) Rate {
	r := Rate{Scatter: 1, P: 1}
	hits, tries, doubt, plainHits, plainTries := 0.0, 0.0, 0.0, 0.0, 0.0
	for _, c := range nights {
		if c.Tries == 0 {
			continue
		}
		r.Nights++
		plainHits += c.Hits
		plainTries += c.Tries
		hits += c.Weight * c.Hits
		tries += c.Weight * c.Tries
		doubt += c.Weight * c.Doubt
	}
	r.Hits, r.Tries = int(math.Round(plainHits)), int(math.Round(plainTries))
	r.scatter(nights)
	worth := tries
	if doubt > 0 { // what isn't known of the hits tells that much less of the rate (Louis 1982)
		worth *= math.Max(0.1, 1-doubt/hits)
	}
	if r.Widened() {
		t := studentT(float64(r.Nights-1)) / normal95
		worth /= r.Scatter * t * t
	}
	share := 0.0
	if tries > 0 {
		share = hits / tries
	}
	r.Value = (hits + 0.5) / (tries + 1)
	r.Low, r.High = beta(share*worth+0.5, (1-share)*worth+0.5)
	if r.Widened() {
		low, high := hull(nights)
		r.Low, r.High = max(r.Low, low), min(r.High, high)
	}
	r.Low, r.High = min(r.Low, r.Value), max(r.High, r.Value)
	return r
}

// hull is from the lowest to the highest end of the single nights' intervals.
func hull(nights []Count) (low, high float64) {
	low, high = 1, 0
	for _, c := range nights {
		if c.Tries > 0 {
			a, b := beta(c.Hits+0.5, c.Tries-c.Hits+0.5)
			low, high = min(low, a), max(high, b)
		}
	}
	return low, high
}

// beta is the interval between equal tails of a beta distribution.
func beta(a, b float64) (low, high float64) {
	const tail = (1 - Confidence) / 2
	return mathext.InvRegIncBeta(a, b, tail), mathext.InvRegIncBeta(a, b, 1-tail)
}

// scatter is Pearson's statistic over its degrees of freedom.
func (r *Rate) scatter(nights []Count) {
	p := float64(r.Hits) / float64(max(r.Tries, 1))
	if r.Nights < 2 || p <= 0 || p >= 1 {
		return
	}
	squares := 0.0
	for _, c := range nights {
		if c.Tries > 0 {
			d := c.Hits - p*c.Tries
			squares += d * d / (p * (1 - p) * c.Tries)
		}
	}
	r.Scatter = squares / float64(r.Nights-1)
	r.P = chiSquaredP(squares, r.Nights-1)
}

// Needed is how many tries it takes until the interval of a rate is no wider than a width; 0: more than anybody makes.
func Needed(rate, width float64) int {
	for n := 10.0; n < 1e8; n *= 1.02 {
		if low, high := beta(rate*n+0.5, (1-rate)*n+0.5); high-low <= width {
			return int(math.Ceil(n))
		}
	}
	return 0
}
