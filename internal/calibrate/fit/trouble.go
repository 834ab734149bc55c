package fit

import "math"

// Trouble is a channel that is now and then refused for a while, as by an outage or under a regime, and else as luck
// has it.
type Trouble struct {
	Share   Estimate // of the time
	Lasts   Estimate // seconds, mean
	Quiet   float64  // share of the visits that come so far which fail of their own
	Refuses float64  // share of all visits that trouble refuses while it lasts
	Gain    float64  // twice the log-likelihood gained over independence
	Spells  []Spell
	in      [][]float64 // chance that a visit lies in a spell
	own     float64     // chance that one which failed in a spell failed of its own
}

// Spell is one spell of trouble: it began between From and First, and ended between Last and To, in seconds.
type Spell struct{ From, First, Last, To float64 }

// Expected is what is said of spells before any was seen.
type Expected struct {
	Share   float64 // of the time
	Lasts   float64 // seconds, mean
	Refuses float64 // share of the visits
}

// convincing is the gain from which spells are believed: two or three parameters more, each of which AIC has pay 2, and
// margin, as one of them lies at the edge and several starts are tried.
const convincing = 14

// Told says whether there are spells beyond what luck makes, and enough of them for their length.
func (t *Trouble) Told() bool { return t.Gain > convincing }

// Inside is the chance that visit i of sequence s lies in a spell.
func (t *Trouble) Inside(s, i int) float64 {
	if t.in == nil {
		return 0
	}
	return t.in[s][i]
}

// Passed is the chance that trouble didn't refuse visit i of sequence s, which failed.
func (t *Trouble) Passed(s, i int) float64 { return 1 - t.Inside(s, i)*(1-t.own) }

// troubles is the likelihood of sequences of attempts that fail, under a hidden two-state Markov chain in continuous
// time.
type troubles struct {
	sequences [][]Visit
	refuses   float64 // 0: free
	comes     float64 // share of the visits not refused by trouble that are exposed to failures of their own
}

// Troubles finds spells of failures. Where refuses is not 0, it is the share of attempts that a spell refuses. Where
// the visits alone don't convince, they are read as what is expected makes them likely; nil: nothing is.
func Troubles(sequences [][]Visit, refuses float64, expected *Expected) *Trouble {
	t := &troubles{sequences: sequences, refuses: refuses}
	bad, good, blind, gaps := t.count()
	out := &Trouble{Lasts: Estimate{0, 0, math.Inf(1)}}
	if bad == 0 || good == 0 || len(gaps) == 0 {
		return out
	}
	t.comes = float64(good) / float64(good+blind)
	if bad >= fewestBad {
		t.search(out, bad, good, meanLog(gaps))
	}
	if !out.Told() && expected != nil {
		t.fitExpected(out, expected, float64(bad)/float64(bad+good))
	}
	return out
}

// fewestBad is from how many failures on spells are looked for.
const fewestBad = 8

// count tells the visits that failed, those that didn't, those that never came so far, and the times between visits.
func (t *troubles) count() (bad, good, blind int, gaps []float64) {
	last := 0.0
	for _, s := range t.sequences {
		for i, v := range s {
			switch {
			case v.Bad:
				bad++
			case v.Blind:
				blind++
			default:
				good++
			}
			if i > 0 && v.At > last {
				gaps = append(gaps, v.At-last)
			}
			last = v.At
		}
	}
	return bad, good, blind, gaps
}

// search looks for the spells that explain the visits best, beginning at several lengths of them.
func (t *troubles) search(out *Trouble, bad, good int, gap float64) {
	rate := float64(bad) / float64(bad+good)
	var best []float64
	top := math.Inf(-1)
	for _, times := range []float64{4, 30, 250} {
		for _, part := range []float64{0.3, 0.8} {
			x := []float64{logit(math.Min(0.9, part*rate)), gap + math.Log(times), logit((1 - part) * rate)}
			if t.refuses == 0 {
				x = append(x, logit(math.Max(0.6, math.Min(0.95, 2*rate))))
			}
			if v := t.likelihood(x); v > top {
				top, best = v, x
			}
		}
	}
	top, _ = climb(t.likelihood, best)
	out.Gain = max(0, 2*(top-bernoulli(bad, bad+good)-float64(bad)*math.Log(t.comes)))
	if !out.Told() {
		return
	}
	const reach = 9
	low, high := profiled(t.likelihood, best, top, 0, 0.4, reach, halfChi2)
	out.Share = Estimate{logistic(best[0]), logistic(low), logistic(high)}
	low, high = profiled(t.likelihood, best, top, 1, 0.4, reach, halfChi2)
	out.Lasts = Estimate{math.Exp(best[1]), math.Exp(low), math.Exp(high)}
	t.decode(out, best)
}

// fitExpected reads the visits by what is expected of spells, and fits to them nothing but how many fail of their own.
func (t *troubles) fitExpected(out *Trouble, expected *Expected, rate float64) {
	x := []float64{logit(expected.Share), math.Log(expected.Lasts), 0, logit(expected.Refuses)}
	own := []float64{logit(rate)}
	ridge(func(own []float64) float64 {
		x[2] = own[0]
		return t.likelihood(x)
	}, own)
	x[2] = own[0]
	t.decode(out, x)
}

// parameters are the model's, transformed from x: the share of trouble, the rate at which its chain forgets, and the
// chances to fail of one's own and to be refused by trouble.
func (t *troubles) parameters(x []float64) (share, forgets, quiet, refuses float64) {
	share, quiet, refuses = logistic(x[0]), logistic(x[2]), t.refuses
	if refuses == 0 {
		refuses = logistic(x[3])
	}
	return share, math.Exp(-x[1]) / (1 - share), quiet, refuses
}

// seen is how likely a visit is to be what it was outside of trouble, and in it.
func (t *troubles) seen(v *Visit, quiet, refuses float64) (outside, inside float64) {
	switch {
	case v.Bad:
		outside = quiet * t.comes
		return outside, refuses + (1-refuses)*outside
	case v.Blind:
		return 1, 1 - refuses
	}
	return 1 - quiet, (1 - refuses) * (1 - quiet)
}

func (t *troubles) likelihood(x []float64) float64 {
	for _, v := range x {
		if math.Abs(v) > 35 {
			return math.Inf(-1)
		}
	}
	share, forgets, quiet, refuses := t.parameters(x)
	if refuses < 0.1 {
		return math.Inf(-1) // trouble refuses more, or it is none
	}
	sum := 0.0
	for _, s := range t.sequences {
		p, product := share, 1.0
		for i := range s {
			if i > 0 {
				p = share + (p-share)*math.Exp(-forgets*(s[i].At-s[i-1].At))
			}
			outside, inside := t.seen(&s[i], quiet, refuses)
			in := p * inside
			all := in + (1-p)*outside
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

// decode says of each visit how likely it lies in a spell (Baum et al. 1970), and finds the spells: rows of visits
// that more likely than not do.
func (t *troubles) decode(out *Trouble, x []float64) {
	share, forgets, quiet, refuses := t.parameters(x)
	out.Quiet, out.Refuses = quiet, refuses
	out.own = (1 - refuses) * quiet * t.comes / (refuses + (1-refuses)*quiet*t.comes)
	for _, s := range t.sequences {
		in := t.forward(s, share, forgets, quiet, refuses)
		after := [2]float64{1, 1} // quiet, trouble
		for i := len(s) - 1; i >= 0; i-- {
			trouble, calm := in[i]*after[1], (1-in[i])*after[0]
			in[i] = trouble / (trouble + calm)
			if i == 0 {
				break
			}
			keeps := math.Exp(-forgets * (s[i].At - s[i-1].At))
			outside, inside := t.seen(&s[i], quiet, refuses)
			a, b := outside*after[0], inside*after[1]
			mixed := (1-share)*a + share*b
			after = [2]float64{keeps*a + (1-keeps)*mixed, keeps*b + (1-keeps)*mixed}
			sum := after[0] + after[1]
			after[0] /= sum
			after[1] /= sum
		}
		out.in = append(out.in, in)
		out.spells(s, in)
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
		outside, inside := t.seen(&s[i], quiet, refuses)
		p = p * inside / (p*inside + (1-p)*outside)
		all[i] = p
	}
	return all
}

// spells notes the rows of a sequence. Those at its ends were seen in part: their bounds are infinite.
func (out *Trouble) spells(s []Visit, in []float64) {
	for i := 0; i < len(s); i++ {
		if in[i] <= 0.5 {
			continue
		}
		sp := Spell{From: math.Inf(-1), First: s[i].At, To: math.Inf(1)}
		if i > 0 {
			sp.From = s[i-1].At
		}
		for i+1 < len(s) && in[i+1] > 0.5 {
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
