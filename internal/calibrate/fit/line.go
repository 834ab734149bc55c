package fit

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Time is one time that was measured, or bounds of it.
type Time struct {
	Group     int     // which slope of the line it belongs to
	Length    float64 // seconds of the clip
	Low, High float64 // seconds: it lies in (Low, High]; equal: exactly; High +Inf: it was longer than Low
	Weight    float64
	Night     int
}

// Line says how the median grows with the length of a clip.
type Line struct {
	Shape Shape
	Base  float64
	Slope []float64 // by group; nil: it doesn't grow
}

// Median is that of a length.
func (l *Line) Median(group int, length float64) float64 {
	if l.Slope == nil {
		return l.Base
	}
	return l.Base + l.Slope[group]*length
}

// Times are a line that was fitted.
type Times struct {
	Line
	Spread   Estimate // sigma, or k
	Factor   Estimate // on all medians: Value is 1
	At       float64  // seconds of clip at which the median is known best, and Factor's interval is that of the median
	N        int      // of measured or bounded times
	Cut      int      // of them, longer than is known
	Nights   int
	Split    bool    // base and slopes were told apart; else their ratio is the one given
	Constant bool    // nothing scatters
	AIC      float64 // of Akaike (1974)
	Scatter  float64 // how many times more the nights' medians scatter than chance makes them
	P        float64 // of so much scatter
	Between  float64 // standard deviation of a night's log-median beyond chance
}

// Widened says whether the interval of the factor allows for nights that differ.
func (t *Times) Widened() bool { return t.P < suspicion && t.Scatter > 1 }

// ErrFewTimes says that there are too few times for a line.
var ErrFewTimes = errors.New("too few times for a line")

// fewestAtLength is from how many times on a length counts as seen.
const fewestAtLength = 5

// lineFit is the likelihood of a line.
type lineFit struct {
	given Line
	times []Time
	seen  []int // groups that have times, the most frequent first
	mean  float64
	split bool
}

// FitLine fits a line of the given form by maximum likelihood: a time that a poll saw counts by its interval
// (Turnbull 1976), one that a deadline cut off by its survival. The given line says which of base and slopes there
// are, and their ratio where the lengths don't tell it.
func FitLine(times []Time, given Line) (*Times, error) {
	l := &lineFit{given: given, times: grouped(times)}
	out := &Times{Line: Line{Shape: given.Shape, Slope: slices.Clone(given.Slope)}, N: len(times), Scatter: 1, P: 1}
	logs := l.survey(out, times)
	if out.N-out.Cut < fewestAtLength {
		return nil, ErrFewTimes
	}
	x := []float64{logs.middle + math.Log(given.Median(l.seen[0], l.mean))}
	if l.split {
		x = append(x, logit(math.Min(0.95, math.Max(0.05, given.Base/given.Median(l.seen[0], l.mean)))))
	}
	if given.Slope != nil {
		for range l.seen[1:] {
			x = append(x, 0)
		}
	}
	low, _ := given.Shape.spreads()
	x = append(x, math.Log(math.Max(2*low, given.Shape.start(math.Max(0.03, math.Min(2, logs.sd))))))
	l.recentre(x)
	top, curvature := climb(l.likelihood, x)
	out.At = l.mean
	out.AIC = 2*float64(len(x)) - 2*top
	out.Line, out.Spread.Value = l.line(x)
	out.Split = l.split
	l.intervals(out, x, errorsOf(curvature))
	return out, nil
}

// recentre moves the length at which the median is a parameter to where the times tell most about it. Times that were
// cut off tell little, so that is not the mean length; there base and slopes are of the least concern to it.
func (l *lineFit) recentre(x []float64) {
	line, spread := l.line(x)
	worth, mean := 0.0, 0.0
	for _, s := range l.shifts(line, spread, func(t *Time) int { return int(math.Round(1000 * t.Length)) }) {
		worth += s.Worth
		mean += s.Worth * float64(s.Key) / 1000
	}
	if worth == 0 {
		return
	}
	l.mean = mean / worth
	median := line.Median(l.seen[0], l.mean)
	x[0] = math.Log(median)
	if l.split {
		x[1] = logit(math.Min(0.999, math.Max(0.001, line.Base/median)))
	}
}

// survey counts the times and says which groups there are, and whether their lengths tell base from slope.
func (l *lineFit) survey(out *Times, all []Time) (logs struct{ middle, sd float64 }) {
	type cell struct {
		group  int
		length float64
	}
	cells, nights, groups := map[cell]int{}, map[int]bool{}, map[int]float64{}
	weight, square := 0.0, 0.0
	for _, t := range all {
		nights[t.Night] = true
		if math.IsInf(t.High, 1) {
			out.Cut++
			continue
		}
		cells[cell{t.Group, t.Length}]++
		groups[t.Group] += t.Weight
		l.mean += t.Weight * t.Length
		r := math.Log(math.Max(midpoint(t), 1e-6) / l.given.Median(t.Group, t.Length))
		weight += t.Weight
		logs.middle += t.Weight * r
		square += t.Weight * r * r
	}
	out.Nights = len(nights)
	if weight == 0 {
		return logs
	}
	l.mean /= weight
	logs.middle /= weight
	logs.sd = math.Sqrt(math.Max(0, square/weight-logs.middle*logs.middle))
	for g := range groups {
		l.seen = append(l.seen, g)
	}
	slices.SortFunc(l.seen, func(a, b int) int { return cmp.Or(cmp.Compare(groups[b], groups[a]), a-b) })
	lengths := 0
	for c, n := range cells {
		if c.group == l.seen[0] && n >= fewestAtLength {
			lengths++
		}
	}
	l.split = l.given.Base > 0 && l.given.Slope != nil && lengths > 1
	return logs
}

// midpoint is the middle of a time's bounds.
func midpoint(t Time) float64 { return (t.Low + t.High) / 2 }

// line is the line of some parameters: the logarithm of the median at the mean length, the share of the base in it
// where that is free, the slopes of the other groups against the given ones, and the logarithm of the spread.
func (l *lineFit) line(x []float64) (Line, float64) {
	first := l.seen[0]
	scale := math.Exp(x[0]) / l.given.Median(first, l.mean)
	out := Line{Shape: l.given.Shape, Base: l.given.Base * scale}
	k := 1
	if l.given.Slope != nil {
		out.Slope = make([]float64, len(l.given.Slope))
		if l.split {
			median, share := math.Exp(x[0]), logistic(x[1])
			out.Base = median * share
			scale = median * (1 - share) / l.mean / l.given.Slope[first]
			k = 2
		}
		for g := range out.Slope {
			out.Slope[g] = l.given.Slope[g] * scale
		}
		for _, g := range l.seen[1:] {
			out.Slope[g] *= math.Exp(x[k])
			k++
		}
	}
	return out, math.Exp(x[len(x)-1])
}

func (l *lineFit) likelihood(x []float64) float64 {
	low, high := l.given.Shape.spreads()
	spread := math.Exp(x[len(x)-1])
	if spread < low || spread > high || math.Abs(x[0]) > 30 || l.split && math.Abs(x[1]) > 8 {
		return math.Inf(-1)
	}
	line, _ := l.line(x)
	f := line.Shape.with(spread)
	sum := 0.0
	for i := range l.times {
		t := &l.times[i]
		sum += t.Weight * f.log(t, line.Median(t.Group, t.Length))
	}
	if math.IsNaN(sum) {
		return math.Inf(-1)
	}
	return sum
}

// log is the logarithm of a time's likelihood.
func (f *family) log(t *Time, median float64) float64 {
	switch {
	case math.IsInf(t.High, 1):
		above, _ := f.survival(t.Low, median)
		return math.Log(math.Max(least, above))
	case t.Low >= t.High:
		return f.density(t.High, median)
	}
	return math.Log(math.Max(least, f.within(t.Low, t.High, median)))
}

// intervals works the intervals out: Wald's on the logarithms, in which the likelihood is nearly a parabola, with
// Student's t for the parameters that the data had to pay for.
func (l *lineFit) intervals(out *Times, x, se []float64) {
	known := float64(out.N - out.Cut)
	paid := float64(len(x) - 1)
	free := math.Max(1, known-paid)
	last := len(x) - 1
	loss := math.Sqrt(known / free)
	t := studentT(free) * loss
	low, _ := out.Shape.spreads()
	out.Constant = out.Shape == Lognormal && out.Spread.Value < 1.5*low
	spread := out.Spread.Value
	if out.Shape == Lognormal {
		spread *= loss
	}
	out.Spread = Estimate{spread, spread * math.Exp(-t*se[last]), spread * math.Exp(t*se[last])}
	wide := t * se[0]
	if b := l.between(out, x); out.Widened() {
		wide = math.Max(wide, b)
		out.Spread = out.widened(t * se[last])
	}
	out.Factor = Estimate{1, math.Exp(-wide), math.Exp(wide)}
}

// widened is the interval of the spread where a part of it is between nights, of which there are few: their variance
// is known to two over the degrees of freedom, as that of normal values is.
func (t *Times) widened(wide float64) Estimate {
	degrees := float64(t.Nights - 1)
	of := t.Spread.Value
	if t.Shape != Lognormal { // of the logarithms, near enough
		of = t.Shape.start(t.Spread.Value)
		if t.Shape == Gamma {
			of = 1 / math.Sqrt(t.Spread.Value)
		}
	}
	part := math.Min(1, t.Between*t.Between/(of*of))
	wide = math.Hypot(wide, studentT(degrees)*part*math.Sqrt(2/degrees)/2)
	return Estimate{t.Spread.Value, t.Spread.Value * math.Exp(-wide), t.Spread.Value * math.Exp(wide)}
}

// between looks at how the nights' medians scatter, by one step of Newton's method for each, and returns the
// half-width of their mean's interval (DerSimonian and Laird 1986).
func (l *lineFit) between(out *Times, x []float64) (wide float64) {
	line, spread := l.line(x)
	shifts := l.shifts(line, spread, func(t *Time) int { return t.Night })
	var squares, first, second float64
	for _, s := range shifts {
		squares += s.By * s.By * s.Worth
		first += s.Worth
		second += s.Worth * s.Worth
	}
	degrees := len(shifts) - 1
	if degrees < 1 {
		return 0
	}
	out.Scatter, out.P = squares/float64(degrees), chiSquaredP(squares, degrees)
	variance := math.Max(0, (squares-float64(degrees))/(first-second/first))
	out.Between = math.Sqrt(variance)
	worth, farthest := 0.0, 0.0 // the interval ends where those of the single nights do
	for _, s := range shifts {
		worth += 1 / (variance + 1/s.Worth)
		farthest = math.Max(farthest, math.Abs(s.By)+normal95/math.Sqrt(s.Worth))
	}
	return math.Min(farthest, studentT(float64(degrees))/math.Sqrt(worth))
}

// Shift is by how much the logarithms of some times lie above a line.
type Shift struct {
	Key   int
	N     int
	By    float64
	Worth float64 // one over its variance
}

// Shifts are those of the times that share a key, in the order of the keys.
func Shifts(times []Time, line Line, spread float64, key func(*Time) int) []Shift {
	l := &lineFit{times: times}
	return l.shifts(line, spread, key)
}

func (l *lineFit) shifts(line Line, spread float64, key func(*Time) int) []Shift {
	const h = 1e-3
	f := line.Shape.with(spread)
	by := map[int]*Shift{}
	for i := range l.times {
		t := &l.times[i]
		s := by[key(t)]
		if s == nil {
			s = &Shift{Key: key(t)}
			by[s.Key] = s
		}
		median := line.Median(t.Group, t.Length)
		at, up, down := f.log(t, median), f.log(t, median*math.Exp(h)), f.log(t, median*math.Exp(-h))
		s.N++
		s.By += t.Weight * (up - down) / (2 * h)
		s.Worth -= t.Weight * (up - 2*at + down) / (h * h)
	}
	var all []Shift
	for _, s := range by {
		if s.Worth > 1e-9 {
			s.By /= s.Worth
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b Shift) int { return a.Key - b.Key })
	return all
}

// many is from how many times on those that are nearly alike are counted together.
const many = 4000

// grouped counts alike times once. Of very many, those are alike whose middles round to the same half percent and
// whose widths to the same fiftieth of that: the likelihood of a hundred thousand orders is then as cheap as that of
// some thousand.
func grouped(times []Time) []Time {
	round := func(t *Time) (low, high float64) {
		switch middle := (t.Low + t.High) / 2; {
		case len(times) < many:
			return t.Low, t.High
		case math.IsInf(t.High, 1) && t.Low > 0:
			return math.Round(200 * math.Log(t.Low)), t.High
		case middle > 0 && !math.IsInf(middle, 1):
			return math.Round(200 * math.Log(middle)), math.Round(50 * (t.High - t.Low) / middle)
		}
		return t.Low, t.High
	}
	at := make(map[Time]int, len(times))
	all := make([]Time, 0, len(times))
	for _, t := range times {
		alike := t
		alike.Weight = 0
		alike.Low, alike.High = round(&t)
		i, known := at[alike]
		if !known {
			at[alike] = len(all)
			all = append(all, t)
			continue
		}
		o := &all[i]
		w := o.Weight + t.Weight
		if w == 0 {
			continue
		}
		o.Low += (t.Low - o.Low) * t.Weight / w
		if !math.IsInf(o.High, 1) {
			o.High += (t.High - o.High) * t.Weight / w
		}
		o.Weight = w
	}
	return all
}

// Ranks puts each time where it lies in its own distribution, from 0 to 1, spread over its bounds, and counts them in
// so many cells of equal probability: what is left of a right model is flat (Czado, Gneiting and Held 2009). Times
// that were cut off spread over all that they may have become.
func Ranks(times []Time, line Line, spread float64, cells int) (counts []float64, n float64) {
	f := line.Shape.with(spread)
	counts = make([]float64, cells)
	for i := range times {
		t := &times[i]
		median := line.Median(t.Group, t.Length)
		_, from := f.survival(t.Low, median)
		to := 1.0
		if !math.IsInf(t.High, 1) {
			_, to = f.survival(t.High, median)
		}
		n++
		if to-from < 1e-9 {
			counts[min(int(to*float64(cells)), cells-1)]++
			continue
		}
		for c := range counts {
			a, b := float64(c)/float64(cells), float64(c+1)/float64(cells)
			counts[c] += math.Max(0, math.Min(b, to)-math.Max(a, from)) / (to - from)
		}
	}
	return counts, n
}

// Misfit is the p-value of ranks that should be flat, with so many parameters fitted to them.
func Misfit(counts []float64, n float64, fitted int) float64 {
	squares, expected := 0.0, n/float64(len(counts))
	for _, c := range counts {
		squares += (c - expected) * (c - expected) / expected
	}
	return chiSquaredP(squares, len(counts)-1-fitted)
}
