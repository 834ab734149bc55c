// Package level says what nights that are taken for equal come to, and how far off other nights are from them.
//
// A night is the unit of error: orders of one night share it, and nights may hang together. So scores are by how much
// nights of the baseline scatter, and by how long what one night is off by lasts. It deliberately knows no gate and
// gives no verdict.
//
//	l := level.Of(lessons, kind, limit)
//	off := l.Off(nights, 1)
//	score := l.Score(nights, 1)
package level

import (
	"math"
	"slices"

	"channelbench/internal/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Kind is what the figures of nights are.
type Kind struct {
	Share   bool    // of orders or attempts that missed; else a time or a cost, by its logarithm
	Cost    bool    // it jumps with single orders, and doesn't sway where prices don't
	Between float64 // how much two nights are taken to differ by themselves until they show otherwise
	Most    float64 // how many standard deviations one night can be off; 0: any number
	Firm    bool    // nights differ by their orders' own luck, so that how much they do needs no allowance
}

// Night is a figure of a night.
type Night struct {
	Y      float64 // the logarithm of a time or a cost, +Inf: never reached; or the share that missed
	SE     float64 // of Y, by the night's own orders; NaN: not known
	Orders int64   // of a share: what it is a share of
	Missed int64   // of a share
}

// Lesson is a night of the baseline, and what it teaches.
type Lesson struct {
	Night
	Teaching Teaching
	Limit    float64 // beyond the gate: where that was
}

// Teaching is what a lesson is taken for.
type Teaching int

// What nights teach.
const (
	Whole    Teaching = iota
	Censored          // that nights reach beyond Limit, not how far
	Scatter           // how much nights scatter, nothing of the level
	Nothing           // it is as if it hadn't been
)

// Level is what the nights of a baseline come to: where they lie, how much they scatter, and how long what one night
// differs by lasts. It is of values (logarithms of times and costs) or of shares.
type Level struct {
	kind   Kind
	Mean   float64
	Nights float64 // lessons
	Orders float64 // of a night, on average; of a share: tries
	Missed int64   // of a share

	sd      float64 // of a night, of values
	own     float64 // variance by the orders of a night alone
	between float64 // beyond it
	df      float64 // degrees of freedom that sd is known with

	dispersion float64 // how many times the binomial variance the nights scatter, of shares
	alike      float64 // correlation of the orders of one night, of shares

	Lag   float64 // correlation of a night with the one before
	decay float64 // and what is left of it from night to night

	limit float64              // the score that two nights need
	most  map[float64]float64  // how many of so many orders must miss on each of them, as far as it was asked
	runs  [MostRun + 1]float64 // inflation by the length of a run
	base  float64              // inflation of the baseline
	shown [MostRun + 1]float64 // how far off runs of the baseline's own nights were at most, by their length
}

// What is assumed of nights until they show otherwise.
const (
	priorNights  = 16  // as many nights have shown DefaultBetweenSD (values), or no more than binomial scatter (shares)
	priorLag     = 0.7 // what nights differ by, beyond the scatter of their orders, lasts so much from night to night …
	lagNights    = 15  // … as if so many nights had shown it
	leastBetween = 0.1 // of their variance, which is never known to be all of the orders'
	leastDecay   = 0.5
	mostLast     = 0.9
)

// mostOff is how many standard deviations a night may be off and still count in full for how much nights scatter (Huber
// 1964).
const mostOff = 3

// MostRun is the length of the longest run of nights that is looked at.
const MostRun = 14

// LeastSD is the least that a night is taken to be uncertain by, of times and costs: nothing is known to a thousandth.
const LeastSD = 0.001

// justBeyond is by how much two nights that count in full are beyond what they need.
const justBeyond = 0.01

// Of is the level of the nights of a baseline. The limit is the score that two nights need to be beyond chance.
func Of(base []Lesson, k Kind, limit float64) *Level {
	base = slices.DeleteFunc(slices.Clone(base), func(b Lesson) bool { return b.Teaching == Nothing })
	l := &Level{kind: k, Nights: float64(len(base)), limit: limit, most: map[float64]float64{}}
	if k.Share {
		l.shares(base)
	} else {
		l.values(base)
	}
	return l
}

// Core are the whole lessons that lie closest together, more than half of them, in their order.
func Core(base []Lesson) []Lesson {
	var ys []float64
	for i := range base {
		if base[i].Teaching == Whole {
			ys = append(ys, base[i].Y)
		}
	}
	slices.Sort(ys)
	most := len(ys)/2 + 1
	first := 0
	for i := range len(ys) - most + 1 {
		if ys[i+most-1]-ys[i] < ys[first+most-1]-ys[first] {
			first = i
		}
	}
	low, high := ys[first], ys[first+most-1]
	return slices.DeleteFunc(slices.Clone(base), func(b Lesson) bool {
		return b.Teaching != Whole || b.Y < low || b.Y > high
	})
}

// values fills in the level of times or costs.
func (l *Level) values(base []Lesson) {
	var told []Lesson // of the level
	for _, b := range base {
		l.Orders += float64(b.Orders) / l.Nights
		if b.Teaching != Scatter {
			told = append(told, b)
		}
	}
	for _, b := range base {
		if !math.IsNaN(b.SE) {
			l.own += b.SE * b.SE * float64(b.Orders) / l.Orders / l.Nights
		}
	}
	l.Mean = censoredMean(told)
	off := make([]float64, len(base))
	for i, b := range base {
		off[i] = b.Y - l.Mean
	}
	total := clip(off)
	l.between = max(0, total-l.own)
	l.lasting(off, l.between/max(total, LeastSD*LeastSD))
	v := l.base
	known := l.Nights - 1
	total /= max(0.3, 1-(v-1)/known) // nights that hang together scatter less around their own mean
	prior := l.own + l.kind.Between*l.kind.Between
	l.sd = max(LeastSD, math.Sqrt((priorNights*prior+known*total)/(priorNights+known)))
	l.df = max(2, (priorNights+known)/v)
	weights := make([]float64, len(off))
	for i := range weights {
		weights[i] = 1
	}
	l.show(off, weights)
}

// show keeps how far off runs of the baseline's own nights were at most, where nights weigh differently.
func (l *Level) show(off, weights []float64) {
	for w := 2; w <= MostRun; w++ {
		sum, weight := 0.0, 0.0
		for i := range off {
			sum, weight = sum+off[i], weight+weights[i]
			if i >= w {
				sum, weight = sum-off[i-w], weight-weights[i-w]
			}
			if i >= w-1 {
				l.shown[w] = max(l.shown[w], sum/weight)
			}
		}
	}
}

// Shown is how far off so many nights of the baseline in a row were at most.
func (l *Level) Shown(nights int) float64 { return l.shown[nights] }

// censoredMean is the mean of nights of which some are known to lie beyond a limit only, if they are normal: each
// counts as what is to be expected there (Tobin 1958, by the EM algorithm of Dempster, Laird and Rubin 1977).
func censoredMean(told []Lesson) float64 {
	n, mean, square, cut := float64(len(told)), 0.0, 0.0, 0.0
	for _, b := range told {
		if b.Teaching == Censored {
			cut++
			continue
		}
		mean, square = mean+b.Y, square+b.Y*b.Y
	}
	sum, squares := mean, square
	mean /= n - cut
	variance := max(0, square/(n-cut)-mean*mean)
	for range 10 {
		if cut == 0 {
			break
		}
		s, ss, sd := sum, squares, max(LeastSD, math.Sqrt(variance))
		for _, b := range told {
			if b.Teaching == Censored {
				a := (b.Limit - mean) / sd
				h := hazard(a)
				s, ss = s+mean+sd*h, ss+mean*mean+2*mean*sd*h+variance*(1+a*h)
			}
		}
		mean = s / n
		variance = max(0, ss/n-mean*mean)
	}
	return mean
}

// hazard is the mean of a standard normal beyond x.
func hazard(x float64) float64 {
	if x > 20 {
		return x
	}
	return math.Exp(-x*x/2) / math.Sqrt(math.Pi/2) / math.Erfc(x/math.Sqrt2)
}

// clip bounds what nights are off by to mostOff standard deviations, and returns their variance.
func clip(off []float64) float64 {
	variance := math.Inf(1)
	for range 10 {
		sum, most := 0.0, mostOff*math.Sqrt(variance)
		for i := range off {
			off[i] = max(-most, min(most, off[i]))
			sum += off[i] * off[i]
		}
		variance = sum / float64(len(off)-1)
	}
	return variance
}

// shares fills in the level of a share of orders. What is to be expected of censored nights hangs on how much nights
// scatter, and that on the level, so both are found in turns.
func (l *Level) shares(base []Lesson) {
	for _, b := range base {
		if b.Teaching != Scatter {
			l.Orders += float64(b.Orders)
			l.Missed += b.Missed
		}
	}
	tries := l.Orders
	l.Orders /= l.Nights
	l.Mean = (float64(l.Missed) + 0.5) / (tries + 1)
	l.dispersion = 1
	var off []float64
	for range 4 {
		missed := 0.5
		for _, b := range base {
			switch n := float64(b.Orders) / l.dispersion; b.Teaching {
			case Whole:
				missed += float64(b.Missed)
			case Censored:
				missed += l.dispersion * missesBeyond(n, l.Mean, b.Limit)
			}
		}
		l.Mean = min(missed/(tries+1), 1-leastShare)
		off = l.offShares(base)
		l.dispersion = max(1, (priorNights+clip(off)*(l.Nights-1))/(priorNights+l.Nights-1))
	}
	l.alike = (l.dispersion - 1) / max(1, l.Orders-1)
	l.lasting(off, 1-1/l.dispersion)
	l.df = max(2, (priorNights+l.Nights-1)/l.base)
	if l.kind.Firm {
		l.df = manyDegrees
	}
	weights := make([]float64, len(base))
	for i, b := range base {
		weights[i] = float64(b.Orders)
		off[i] *= math.Sqrt(weights[i] * l.Mean * (1 - l.Mean))
	}
	l.show(off, weights)
}

// manyDegrees are as good as knowing how much nights scatter.
const manyDegrees = 1e6

// leastShare keeps a level away from 1, where nights could not scatter.
const leastShare = 1e-6

// offShares is how far nights are off, in standard deviations of their orders' own luck.
func (l *Level) offShares(base []Lesson) []float64 {
	off := make([]float64, len(base))
	for i, b := range base {
		n := float64(b.Orders)
		off[i] = (float64(b.Missed) - n*l.Mean) / math.Sqrt(n*l.Mean*(1-l.Mean))
	}
	return off
}

// missesBeyond is how many of n orders are to be expected to miss where it is known that the share is beyond a limit.
func missesBeyond(n, p, limit float64) float64 {
	k := math.Floor(n*limit) + 1
	if k >= n {
		return n
	}
	sum, mean, term := 0.0, 0.0, 1.0
	for ; k <= n && term > 1e-6*sum; k++ {
		sum, mean = sum+term, mean+term*k
		term *= (n - k) / (k + 1) * p / (1 - p)
	}
	return mean / sum
}

// lasting estimates how long what a night is off by lasts, from what the nights were off by and the part of their
// variance that isn't of their orders: only that can last. Estimates from so few nights are too low by (1+3r)/n
// (Marriott and Pope 1954), and are shrunk towards what is assumed.
func (l *Level) lasting(off []float64, between float64) {
	between = max(leastBetween, between)
	n, products, squares := float64(len(off)), 0.0, 0.0
	for i, x := range off {
		squares += x * x
		if i > 0 {
			products += x * off[i-1]
		}
	}
	if squares > LeastSD*LeastSD { // nights that don't differ have nothing that lasts
		lag := products / squares
		lag += (1 + 3*lag) / n
		lag = (n*lag + lagNights*priorLag*between) / (n + lagNights)
		l.Lag = max(0, min(lag, mostLast*between))
	}
	l.decay = max(leastDecay, min(mostLast, l.Lag/between))
	for w := range l.runs {
		l.runs[w] = l.Inflation(float64(w))
	}
	l.base = l.Inflation(l.Nights)
}

// Inflation is how many times the variance of independent nights the mean of n nights in a row has.
func (l *Level) Inflation(n float64) float64 {
	v, r := 1.0, l.Lag
	for k := 1.0; k < n; k++ {
		v += 2 * (1 - k/n) * r
		r *= l.decay
	}
	return v
}

// Off is how far off nights are together. Sign 1 looks for what is worse, −1 for what is better.
func (l *Level) Off(nights []Night, sign float64) float64 {
	off, orders := 0.0, 0.0
	for _, n := range nights {
		if l.kind.Share {
			off, orders = off+float64(n.Missed), orders+float64(n.Orders)
		} else {
			off += min(sign*(n.Y-l.Mean), 1) // a figure that is never reached says as much as one that is e times as high
		}
	}
	if l.kind.Share {
		return sign * (off/orders - l.Mean)
	}
	return off / float64(len(nights))
}

// Score is how many standard deviations nights are off together: without a change it is standard normal. No night of
// several counts for more in it than what two nights need.
func (l *Level) Score(nights []Night, sign float64) float64 {
	if l.kind.Share {
		return l.scoreOfShares(nights, sign)
	}
	w, off, sd, bound := float64(len(nights)), 0.0, l.sdOf(nights, sign), math.Inf(1)
	if w > 1 {
		bound = l.bound() * l.se(sd, 2)
	}
	if l.kind.Most > 0 {
		bound = min(bound, l.kind.Most*sd)
	}
	for _, n := range nights {
		off += min(sign*(n.Y-l.Mean), bound) / w
	}
	return stats.ScoreT(off/l.se(sd, w), l.df)
}

// se is the standard error of how far off the mean of w nights is.
func (l *Level) se(sd, w float64) float64 {
	return sd * math.Sqrt(l.runs[int(w)]/w+l.base/l.Nights)
}

// sdOf is the standard deviation of some nights: what the baseline's nights scatter, as far as the scatter of orders is
// part of it scaled to how many orders there were.
//
// Costs jump: where one order in a hundred falls back to a dearer channel, nights without any scatter nothing, and a
// night with one is dearer by a lot, which its own orders tell. For worse costs it is therefore the mean of both
// deviations. Counts are then judged by the difference of their roots, as (k−λ) / ½(√k+√λ) = 2(√k−√λ), which is normal
// for small counts, too (Freeman and Tukey 1950); one order alone is two standard deviations off at most.
func (l *Level) sdOf(nights []Night, sign float64) float64 {
	part, own, w := 0.0, 0.0, float64(len(nights))
	for _, n := range nights {
		part += l.Orders / float64(n.Orders) / w
		if !math.IsNaN(n.SE) {
			own += n.SE * n.SE / w
		}
	}
	orders := min(l.own, l.sd*l.sd)
	if l.kind.Cost && l.own == 0 {
		orders = l.sd * l.sd
	}
	sd := math.Sqrt(l.sd*l.sd + orders*(part-1))
	if l.kind.Cost && sign > 0 {
		sd = max(LeastSD, (sd+math.Sqrt(own))/2)
	}
	return sd
}

// bound is the value of Student's t that is as rare as what two nights need.
func (l *Level) bound() float64 {
	return distuv.StudentsT{Sigma: 1, Nu: l.df}.Quantile(distuv.UnitNormal.CDF(l.limit + justBeyond))
}

// scoreOfShares takes all orders of the nights together: of so many, so many miss, with a share that differs by how
// much the nights of the baseline scatter, and by how well they are known (beta-binomial; Skellam 1948).
func (l *Level) scoreOfShares(nights []Night, sign float64) float64 {
	w, missed, tries := float64(len(nights)), 0.0, 0.0
	for _, n := range nights {
		k, orders := float64(n.Missed), float64(n.Orders)
		if w > 1 && sign > 0 {
			k = min(k, l.mostMisses(orders))
		}
		missed, tries = missed+k, tries+orders
	}
	above := 0.0
	if sign < 0 {
		above = l.betaBinomial(tries-missed, tries, w, 1-l.Mean)
	} else {
		above = l.betaBinomial(missed, tries, w, l.Mean)
	}
	return stats.ScoreT(stats.Score(above), l.df)
}

// betaBinomial is the probability of k of n orders, or more, over w nights.
func (l *Level) betaBinomial(k, n, w, p float64) float64 {
	s := 1/min(l.spread(n, w), 0.5) - 1
	return stats.BetaBinomial(k, n, p*s, (1-p)*s)
}

// spread is how much a share of n orders over w nights varies against the base beyond the orders' own luck, over
// p(1−p).
func (l *Level) spread(n, w float64) float64 {
	return l.alike/w + l.dispersion*(l.runs[int(w)]-1)/n + l.dispersion*l.base/(l.Orders*l.Nights+1)
}

// mostMisses is how many of n orders must miss on each of two nights to be beyond chance.
func (l *Level) mostMisses(n float64) float64 {
	low, known := l.most[n]
	if known {
		return low
	}
	low = math.Ceil(n * l.Mean)
	for high := n; low < high; {
		k := math.Floor((low + high) / 2)
		if stats.Score(l.betaBinomial(2*k, 2*n, 2, l.Mean)) > l.bound() {
			high = k
		} else {
			low = k + 1
		}
	}
	l.most[n] = low
	return low
}

// Interval is the 95 % interval of how far off a night is.
func (l *Level) Interval(r Night) (low, high float64) {
	if l.kind.Share {
		s, tries := l.dispersion, l.Orders*l.Nights
		return stats.Newcombe(l.Mean*tries/s, tries/s, float64(r.Missed)/s, float64(r.Orders)/s)
	}
	off := r.Y - l.Mean
	half := stats.StudentT(l.df) * l.se(l.sdOf([]Night{r}, -1), 1)
	return off - half, off + half
}

// HalfWidth is that of the 95 % interval of the mean of w nights against the base; of a share, where it is off by so
// much.
func (l *Level) HalfWidth(w, off float64) float64 {
	if !l.kind.Share {
		return stats.StudentT(l.df) * l.se(l.sd, w)
	}
	p := min(l.Mean+off, 0.5)
	return 1.96 * math.Sqrt(p*(1-p)*(1/(l.Orders*w)+l.spread(l.Orders*w, w)))
}

// With is the level as it would be of so many nights, of so many times the orders.
func (l *Level) With(nights, times float64) *Level {
	more := *l
	more.Nights, more.Orders = nights, l.Orders*times
	more.df = l.df * nights / l.Nights
	more.base = l.Inflation(nights)
	more.sd = math.Sqrt(max(LeastSD*LeastSD, l.sd*l.sd-l.own*(1-1/times)))
	more.dispersion = 1 + (more.Orders-1)*l.alike
	return &more
}
