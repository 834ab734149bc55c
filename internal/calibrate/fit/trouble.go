package fit

import "math"

// Trouble is a channel that is now and then refused for a while, as by an outage or under a regime, and else as luck has it.
type Trouble struct {
	Share   Estimate // of the time
	Lasts   Estimate // seconds, mean
	Quiet   float64  // share of attempts that fail in quiet times
	Refuses float64  // and in trouble
	Gain    float64  // twice the log-likelihood gained over independence
	Spells  []Spell
	inside  [][]bool
}

// Spell is one spell of trouble: it began between From and First, and ended between Last and To, in seconds.
type Spell struct{ From, First, Last, To float64 }

// convincing is the gain from which spells are believed: two or three parameters more, each of which AIC has pay 2, and
// margin, as one of them lies at the edge and several starts are tried.
const convincing = 14

// Told says whether there are spells beyond what luck makes, and enough of them for their length.
func (t *Trouble) Told() bool { return t.Gain > convincing }

// Inside says whether visit i of sequence s lies in a spell.
func (t *Trouble) Inside(s, i int) bool { return t.inside != nil && t.inside[s][i] }

// troubles is the likelihood of sequences of attempts that fail, under a hidden two-state Markov chain in continuous time.
type troubles struct {
	sequences [][]Visit
	refuses   float64 // 0: free
}

// Troubles finds spells of failures. Where refuses is not 0, it is the share of attempts that a spell refuses.
func Troubles(sequences [][]Visit, refuses float64) *Trouble {
	bad, n, last := 0, 0, 0.0
	var gaps []float64
	for _, s := range sequences {
		for i, v := range s {
			if n++; v.Bad {
				bad++
			}
			if i > 0 && v.At > last {
				gaps = append(gaps, v.At-last)
			}
			last = v.At
		}
	}
	out := &Trouble{Lasts: Estimate{0, 0, math.Inf(1)}}
	if bad < 8 || bad == n || len(gaps) == 0 {
		return out
	}
	t := &troubles{sequences, refuses}
	rate, gap := float64(bad)/float64(n), meanLog(gaps)
	var best []float64
	top := math.Inf(-1)
	for _, times := range []float64{4, 30, 250} {
		for _, part := range []float64{0.3, 0.8} {
			x := []float64{logit(math.Min(0.9, part*rate)), gap + math.Log(times), logit((1 - part) * rate)}
			if refuses == 0 {
				x = append(x, logit(math.Max(0.6, math.Min(0.95, 2*rate))))
			}
			if v := t.likelihood(x); v > top {
				top, best = v, x
			}
		}
	}
	top, _ = climb(t.likelihood, best)
	out.Gain = max(0, 2*(top-bernoulli(bad, n)))
	out.Quiet, out.Refuses = logistic(best[2]), refuses
	if refuses == 0 {
		out.Refuses = logistic(best[3])
	}
	if !out.Told() {
		return out
	}
	const reach = 9
	low, high := profiled(t.likelihood, best, top, 0, 0.4, reach, halfChi2)
	out.Share = Estimate{logistic(best[0]), logistic(low), logistic(high)}
	low, high = profiled(t.likelihood, best, top, 1, 0.4, reach, halfChi2)
	out.Lasts = Estimate{math.Exp(best[1]), math.Exp(low), math.Exp(high)}
	t.decode(out, best)
	return out
}

// parts are what parameters mean: the share of trouble, the rate at which its chain forgets, and the chances to fail.
func (t *troubles) parts(x []float64) (share, forgets, quiet, refuses float64) {
	share, quiet, refuses = logistic(x[0]), logistic(x[2]), t.refuses
	if refuses == 0 {
		refuses = logistic(x[3])
	}
	return share, math.Exp(-x[1]) / (1 - share), quiet, refuses
}

func (t *troubles) likelihood(x []float64) float64 {
	for _, v := range x {
		if math.Abs(v) > 35 {
			return math.Inf(-1)
		}
	}
	share, forgets, quiet, refuses := t.parts(x)
	if refuses < quiet+0.1 {
		return math.Inf(-1) // trouble refuses more, or it is none
	}
	sum := 0.0
	for _, s := range t.sequences {
		p, product := share, 1.0
		for i := range s {
			if i > 0 {
				p = share + (p-share)*math.Exp(-forgets*(s[i].At-s[i-1].At))
			}
			in := p * chance(refuses, s[i].Bad)
			all := in + (1-p)*chance(quiet, s[i].Bad)
			p = in / all
			if product *= all; product < 1e-200 {
				sum += math.Log(product)
				product = 1
			}
		}
		sum += math.Log(product)
	}
	if math.IsNaN(sum) {
		return math.Inf(-1)
	}
	return sum
}

// decode finds the spells: rows of attempts that more likely than not lie in one (Baum et al. 1970).
func (t *troubles) decode(out *Trouble, x []float64) {
	share, forgets, quiet, refuses := t.parts(x)
	for _, s := range t.sequences {
		in := t.forward(s, share, forgets, quiet, refuses)
		inside := make([]bool, len(s))
		after := [2]float64{1, 1} // quiet, trouble
		for i := len(s) - 1; i >= 0; i-- {
			odds := in[i] * after[1]
			inside[i] = odds > (1-in[i])*after[0]
			if i == 0 {
				break
			}
			keeps := math.Exp(-forgets * (s[i].At - s[i-1].At))
			a, b := chance(quiet, s[i].Bad)*after[0], chance(refuses, s[i].Bad)*after[1]
			mixed := (1-share)*a + share*b
			after = [2]float64{keeps*a + (1-keeps)*mixed, keeps*b + (1-keeps)*mixed}
			sum := after[0] + after[1]
			after[0] /= sum
			after[1] /= sum
		}
		out.inside = append(out.inside, inside)
		out.spells(s, inside)
	}
}

// forward is the chance of trouble at each visit, given those up to it.
func (t *troubles) forward(s []Visit, share, forgets, quiet, refuses float64) []float64 {
	all := make([]float64, len(s))
	p := share
	for i := range s {
		if i > 0 {
			p = share + (p-share)*math.Exp(-forgets*(s[i].At-s[i-1].At))
		}
		in := p * chance(refuses, s[i].Bad)
		p = in / (in + (1-p)*chance(quiet, s[i].Bad))
		all[i] = p
	}
	return all
}

// spells notes the rows of a sequence. Those at its ends were seen in part: their bounds are infinite.
func (out *Trouble) spells(s []Visit, inside []bool) {
	for i := 0; i < len(s); i++ {
		if !inside[i] {
			continue
		}
		sp := Spell{From: math.Inf(-1), First: s[i].At, To: math.Inf(1)}
		if i > 0 {
			sp.From = s[i-1].At
		}
		for i+1 < len(s) && inside[i+1] {
			i++
		}
		if sp.Last = s[i].At; i+1 < len(s) {
			sp.To = s[i+1].At
		}
		out.Spells = append(out.Spells, sp)
	}
}

// Lengths are the spells' lengths as times that lie between bounds.
func (t *Trouble) Lengths() []Time {
	var all []Time
	for _, s := range t.Spells {
		all = append(all, Time{Low: s.Last - s.First, High: s.To - s.From, Weight: 1})
	}
	return all
}
