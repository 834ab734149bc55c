package stats

// Effect is the share of a figure's variance that is due to one input: alone, and together with what it does in
// company of others. Estimates of small samples may leave 0..1.
type Effect struct{ First, Total float64 }

// Effects estimates the effect of each input on a figure f (Sobol' indices): alone after Saltelli et al. (2010), in
// total after Jansen (1999). There are two samples A and B of all inputs; f at A, at B, and at A with the values of
// one input after the other from B. A nil list is that of an input that moves nothing. Where f doesn't vary, nothing
// has an effect.
func Effects(atA, atB []float64, mixed [][]float64) []Effect {
	effects := make([]Effect, len(mixed))
	n := float64(len(atA) + len(atB))
	mean, variance := (sum(atA)+sum(atB))/n, 0.0
	for i := range atA {
		a, b := atA[i]-mean, atB[i]-mean
		variance += (a*a + b*b) / n
	}
	if variance == 0 {
		return effects
	}
	for input, f := range mixed {
		for i := range f {
			d := f[i] - atA[i]
			effects[input].First += (atB[i] - mean) * d / float64(len(f)) / variance
			effects[input].Total += d * d / float64(2*len(f)) / variance
		}
	}
	return effects
}
