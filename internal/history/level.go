package history

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/stats"
)

// level is what the nights of a baseline come to: where they lie, how much they scatter, and how long what one night differs
// by lasts. It is of values (logarithms of times and costs) or of shares.
type level struct {
	metric *metric
	mean   float64
	nights float64 // lessons
	orders float64 // of a night, on average; of a share: tries

	sd      float64 // of a night, of values
	own     float64 // variance by the orders of a night alone
	between float64 // beyond it
	df      float64 // degrees of freedom that sd is known with

	dispersion float64 // how many times the binomial variance the nights scatter, of shares
	alike      float64 // correlation of the orders of one night, of shares

	lag, decay float64 // correlation of a night with the one before, and what is left of it from night to night

	limit float64              // the score that two nights need
	bound float64              // and the value of Student's t that is as rare
	most  map[float64]float64  // how many of so many orders must miss on each of them, as far as it was asked
	runs  [mostRun + 1]float64 // inflation by the length of a run
	base  float64              // inflation of the baseline
	shown [mostRun + 1]float64 // how far off runs of the baseline's own nights were at most, by their length
}

// What is assumed of nights until they show otherwise.
const (
	priorNights  = 16  // as many nights have shown DefaultBetweenSD (values), or no more than binomial scatter (shares)
	priorLag     = 0.7 // what nights differ by, beyond the scatter of their orders, lasts so much from night to night …
	lagNights    = 30  // … as if so many nights had shown it
	leastBetween = 0.1 // of their variance, which is never known to be all of the orders'
	leastDecay   = 0.5
	mostLast     = 0.9
)

// mostOff is how many standard deviations a night may be off and still count in full for how much nights scatter (Huber 1964).
const mostOff = 3

// leastSD is the least that a night is taken to be uncertain by, of times and costs: nothing is known to a thousandth.
const leastSD = 0.001

// justBeyond is by how much two nights that count in full are beyond what they need.
const justBeyond = 0.01

func levelOf(base []lesson, m *metric, limit float64) *level {
	l := &level{metric: m, nights: float64(len(base)), limit: limit, most: map[float64]float64{}}
	if m.rate {
		l.shares(base)
	} else {
		l.values(base)
	}
	l.bound = l.tailQuantile(limit + justBeyond)
	return l
}

// values fills in the level of times or costs.
func (l *level) values(base []lesson) {
	var told []lesson // of the level
	for _, b := range base {
		l.orders += float64(b.orders) / l.nights
		if b.kind != scatter {
			told = append(told, b)
		}
	}
	for _, b := range base {
		if !math.IsNaN(b.se) {
			l.own += b.se * b.se * float64(b.orders) / l.orders / l.nights
		}
	}
	l.mean = censoredMean(told)
	off := make([]float64, len(base))
	for i, b := range base {
		off[i] = b.y - l.mean
	}
	total := clip(off)
	l.between = max(0, total-l.own)
	l.lasting(off, l.between/max(total, leastSD*leastSD))
	v := l.base
	known := l.nights - 1
	total /= max(0.3, 1-(v-1)/known) // nights that hang together scatter less around their own mean
	prior := l.own + l.metric.between*l.metric.between
	l.sd = max(leastSD, math.Sqrt((priorNights*prior+known*total)/(priorNights+known)))
	l.df = max(2, (priorNights+known)/v)
	weights := make([]float64, len(off))
	for i := range weights {
		weights[i] = 1
	}
	l.show(off, weights)
}

// show keeps how far off runs of the baseline's own nights were at most, where nights weigh differently.
func (l *level) show(off, weights []float64) {
	for w := 2; w <= mostRun; w++ {
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

// censoredMean is the mean of nights of which some are known to lie beyond a limit only, if they are normal: each counts as what
// is to be expected there (Tobin 1958, by the EM algorithm of Dempster, Laird and Rubin 1977).
func censoredMean(told []lesson) float64 {
	n, mean, square, cut := float64(len(told)), 0.0, 0.0, 0.0
	for _, b := range told {
		if b.kind == censored {
			cut++
			continue
		}
		mean, square = mean+b.y, square+b.y*b.y
	}
	sum, squares := mean, square
	mean /= n - cut
	variance := max(0, square/(n-cut)-mean*mean)
	for range 10 {
		if cut == 0 {
			break
		}
		s, ss, sd := sum, squares, max(leastSD, math.Sqrt(variance))
		for _, b := range told {
			if b.kind == censored {
				a := (b.limit - mean) / sd
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
func (l *level) shares(base []lesson) {
	for _, b := range base {
		if b.kind != scatter {
			l.orders += float64(b.orders)
			l.mean += float64(b.missed)
		}
	}
	tries := l.orders
	l.orders /= l.nights
	l.mean = (l.mean + 0.5) / (tries + 1)
	l.dispersion = 1
	var off []float64
	for range 4 {
		missed := 0.5
		for _, b := range base {
			switch n := float64(b.orders) / l.dispersion; b.kind {
			case whole:
				missed += float64(b.missed)
			case censored:
				missed += l.dispersion * missesBeyond(n, l.mean, b.limit)
			}
		}
		l.mean = min(missed/(tries+1), 1-leastShare)
		off = l.offShares(base)
		l.dispersion = max(1, (priorNights+clip(off)*(l.nights-1))/(priorNights+l.nights-1))
	}
	l.alike = (l.dispersion - 1) / max(1, l.orders-1)
	l.lasting(off, 1-1/l.dispersion)
	l.df = max(2, (priorNights+l.nights-1)/l.base)
	if l.metric.firm {
		l.df = manyDegrees
	}
	weights := make([]float64, len(base))
	for i, b := range base {
		weights[i] = float64(b.orders)
		off[i] *= math.Sqrt(weights[i] * l.mean * (1 - l.mean))
	}
	l.show(off, weights)
}

// manyDegrees are as good as knowing how much nights scatter.
const manyDegrees = 1e6

// leastShare keeps a level away from 1, where nights could not scatter.
const leastShare = 1e-6

// offShares is how far nights are off, in standard deviations of their orders' own luck.
func (l *level) offShares(base []lesson) []float64 {
	off := make([]float64, len(base))
	for i, b := range base {
		n := float64(b.orders)
		off[i] = (float64(b.missed) - n*l.mean) / math.Sqrt(n*l.mean*(1-l.mean))
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

// lasting estimates how long what a night is off by lasts, from what the nights were off by and the part of their variance
// that isn't of their orders: only that can last. Estimates from so few nights are too low by (1+3r)/n (Marriott and Pope
// 1954), and are shrunk towards what is assumed.
func (l *level) lasting(off []float64, between float64) {
	between = max(leastBetween, between)
	n, products, squares := float64(len(off)), 0.0, 0.0
	for i, x := range off {
		squares += x * x
		if i > 0 {
			products += x * off[i-1]
		}
	}
	lag := 0.0
	if squares > 0 {
		lag = products / squares
		lag += (1 + 3*lag) / n
	}
	lag = (n*lag + lagNights*priorLag*between) / (n + lagNights)
	l.lag = max(0, min(lag, mostLast*between))
	l.decay = max(leastDecay, min(mostLast, l.lag/between))
	for w := range l.runs {
		l.runs[w] = l.inflation(float64(w))
	}
	l.base = l.inflation(l.nights)
}

// inflation is how many times the variance of independent nights the mean of n nights in a row has.
func (l *level) inflation(n float64) float64 {
	v, r := 1.0, l.lag
	for k := 1.0; k < n; k++ {
		v += 2 * (1 - k/n) * r
		r *= l.decay
	}
	return v
}

// run is how far off nights are together, and the score of that: how many standard deviations, so that without a change it is
// standard normal. No night of several counts for more in it than what two nights need. Sign −1 looks the other way.
func (l *level) run(nights []met, sign float64) (off, score float64) {
	if l.metric.rate {
		return l.runOfShares(nights, sign)
	}
	w, capped, sd := float64(len(nights)), 0.0, l.sdOf(nights, sign)
	bound := math.Inf(1)
	if w > 1 {
		bound = l.bound * l.se(sd, 2)
	}
	for _, n := range nights {
		d := sign * (n.y - l.mean)
		off += min(d, 1) / w // a figure that is never reached says as much as one that is e times as high
		capped += min(d, bound, l.metric.most*sd) / w
	}
	score = stats.ScoreT(capped/l.se(sd, w), l.df)
	if l.metric.q > 0 && w >= youngRun && l.nights < 2*leastBase && off > youngOff {
		score = max(score, min(l.limit+justBeyond, off/l.wideSE(w)))
	}
	return off, score
}

// A young baseline hardly knows how much nights scatter, so that even a doubled time would be no news. Times that are half as
// long again for youngRun nights or more are beyond chance there, too, where they would be if nights were known to differ by
// youngSD.
const (
	youngSD  = 0.07
	youngRun = 3
	youngOff = 0.4 // on the logarithmic scale
)

// se is the standard error of how far off the mean of w nights is.
func (l *level) se(sd, w float64) float64 {
	return sd * math.Sqrt(l.runs[int(w)]/w+l.base/l.nights)
}

// wideSE is the standard error of w nights off if nights differ by youngSD.
func (l *level) wideSE(w float64) float64 {
	wide := level{lag: priorLag, decay: priorLag}
	return math.Sqrt(l.own*(1/w+1/l.nights) + youngSD*youngSD*(wide.inflation(w)/w+wide.inflation(l.nights)/l.nights))
}

// sdOf is the standard deviation of some nights: what the baseline's nights scatter, as far as the scatter of orders is part of
// it scaled to how many orders there were.
//
// Costs jump: where one order in a hundred falls back to a dearer channel, nights without any scatter nothing, and a night
// with one is dearer by a lot, which its own orders tell. For worse costs it is therefore the mean of both deviations. Counts
// are then judged by the difference of their roots, as (k−λ) / ½(√k+√λ) = 2(√k−√λ), which is normal for small counts, too
// (Freeman and Tukey 1950); one order alone is two standard deviations off at most.
func (l *level) sdOf(nights []met, sign float64) float64 {
	part, own, w := 0.0, 0.0, float64(len(nights))
	for _, n := range nights {
		part += l.orders / float64(n.orders) / w
		if !math.IsNaN(n.se) {
			own += n.se * n.se / w
		}
	}
	orders := min(l.own, l.sd*l.sd)
	if l.metric.dollars && l.own == 0 {
		orders = l.sd * l.sd
	}
	sd := math.Sqrt(l.sd*l.sd + orders*(part-1))
	if l.metric.dollars && sign > 0 {
		sd = max(leastSD, (sd+math.Sqrt(own))/2)
	}
	return sd
}

// tailQuantile is the value of Student's t that is as rare as a score.
func (l *level) tailQuantile(score float64) float64 {
	if math.IsInf(score, 1) {
		return score
	}
	return distuv.StudentsT{Sigma: 1, Nu: l.df}.Quantile(distuv.UnitNormal.CDF(score))
}

// runOfShares takes all orders of the nights together: of so many, so many miss, with a share that differs by how much the
// nights of the baseline scatter, and by how well they are known (beta-binomial; Skellam 1948).
func (l *level) runOfShares(nights []met, sign float64) (off, score float64) {
	w, missed, capped, tries := float64(len(nights)), 0.0, 0.0, 0.0
	for _, n := range nights {
		k, orders := float64(n.missed), float64(n.orders)
		missed, tries = missed+k, tries+orders
		if w > 1 && sign > 0 {
			k = min(k, l.mostMisses(orders))
		}
		capped += k
	}
	off = sign * (missed/tries - l.mean)
	if sign < 0 {
		return off, stats.ScoreT(stats.Score(l.betaBinomial(tries-capped, tries, w, 1-l.mean)), l.df)
	}
	return off, stats.ScoreT(stats.Score(l.betaBinomial(capped, tries, w, l.mean)), l.df)
}

// betaBinomial is the probability of k of n orders, or more, over w nights.
func (l *level) betaBinomial(k, n, w, p float64) float64 {
	s := 1/min(l.spread(n, w), 0.5) - 1
	return stats.BetaBinomial(k, n, p*s, (1-p)*s)
}

// spread is how much a share of n orders over w nights varies against the base beyond the orders' own luck, over p(1−p).
func (l *level) spread(n, w float64) float64 {
	return l.alike/w + l.dispersion*(l.runs[int(w)]-1)/n + l.dispersion*l.base/(l.orders*l.nights+1)
}

// mostMisses is how many of n orders must miss on each of two nights to be beyond chance.
func (l *level) mostMisses(n float64) float64 {
	low, known := l.most[n]
	if known {
		return low
	}
	low = math.Ceil(n * l.mean)
	for high := n; low < high; {
		k := math.Floor((low + high) / 2)
		if stats.Score(l.betaBinomial(2*k, 2*n, 2, l.mean)) > l.bound {
			high = k
		} else {
			low = k + 1
		}
	}
	l.most[n] = low
	return low
}

// interval is the 95 % interval of how far off a night is.
func (l *level) interval(r reading) (low, high float64) {
	if l.metric.rate {
		s, tries := l.dispersion, l.orders*l.nights
		return stats.Newcombe(l.mean*tries/s, tries/s, float64(r.missed)/s, float64(r.orders)/s)
	}
	off := r.y - l.mean
	half := stats.StudentT(l.df) * l.se(l.sdOf([]met{{reading: r}}, -1), 1)
	return off - half, off + half
}

// halfWidth is that of the 95 % interval of the mean of w nights against the base; of a share, where it is off by so much.
func (l *level) halfWidth(w, off float64) float64 {
	if !l.metric.rate {
		return stats.StudentT(l.df) * l.se(l.sd, w)
	}
	p := min(l.mean+off, 0.5)
	return 1.96 * math.Sqrt(p*(1-p)*(1/(l.orders*w)+l.spread(l.orders*w, w)))
}

// with is the level as it would be of so many nights, of so many times the orders.
func (l *level) with(nights, times float64) *level {
	more := *l
	more.nights, more.orders = nights, l.orders*times
	more.df = l.df * nights / l.nights
	more.base = l.inflation(nights)
	more.sd = math.Sqrt(max(leastSD*leastSD, l.sd*l.sd-l.own*(1-1/times)))
	more.dispersion = 1 + (more.orders-1)*l.alike
	return &more
}
