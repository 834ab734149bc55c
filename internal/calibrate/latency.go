package calibrate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"channelbench/internal/calibrate/figure"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// misfit is the p-value from which on a shape is said not to fit, and empirical is from how many times on the values
// themselves may take its place.
const (
	misfit    = 0.001
	empirical = 200
)

// aic is by how much another shape must do better than the stated one.
const aic = 2.0

// timing is what a channel's times are fitted from.
type timing struct {
	ch      int
	stated  *scenario.Latency
	given   fit.Line
	keys    []string // of per_second, by group
	times   []fit.Time
	unknown int // times of clips whose length or resolution isn't known
}

// latency fits how long a channel's jobs take.
func (c *calibration) latency(ch int) {
	t := c.timing(ch)
	if t.unknown > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s: %d times are of clips whose length or resolution the scenario has no latency for", c.s.Channels[ch].Name, t.unknown))
	}
	cut := 0
	for i := range t.times {
		if math.IsInf(t.times[i].High, 1) {
			cut++
		}
	}
	known := len(t.times) - cut
	f := Finding{Key: c.key(ch, "latency"), Stated: t.text()}
	if known < FewestTimes {
		if len(t.times) > 0 {
			f.From, f.Why = fmt.Sprintf("%d times", known), fmt.Sprintf("too few times: at least %d are needed", FewestTimes)
			c.Findings = append(c.Findings, f)
		}
		return
	}
	if t.stated.Shape == "constant" && t.explainsPolls() {
		f.From, f.Why = fmt.Sprintf("%d times", known), "nothing scatters beyond the polls, as stated"
		c.Findings = append(c.Findings, f)
		return
	}
	best, said, err := t.constant()
	if best == nil {
		best, said, err = t.best()
	}
	if err == nil && !(best.Factor.High < 1e3) {
		err = errors.New("the times tell no interval of the median")
	}
	if err != nil {
		f.Why = err.Error()
		c.Findings = append(c.Findings, f)
		return
	}
	f.From = fmt.Sprintf("%d times in %s", known, nightsOf(best.Nights))
	if cut > 0 {
		f.From += fmt.Sprintf(", %d more cut off", cut)
	}
	if best.Widened() {
		said = join(said, fmt.Sprintf("nights scatter %.1f times as much as chance makes them, so the interval is theirs", best.Scatter))
	}
	c.judgeLatency(t, best, f, said)
	if best.Shape != constant {
		c.checkTimes(t, best)
	}
}

// timing gathers a channel's times.
func (c *calibration) timing(ch int) *timing {
	l := &c.s.Channels[ch].Latency
	t := &timing{ch: ch, stated: l, keys: sorted(l.PerSecond)}
	t.given = fit.Line{Shape: fit.Lognormal, Base: l.Base.Seconds()}
	if slices.Contains(fit.Shapes, fit.Shape(l.Shape)) {
		t.given.Shape = fit.Shape(l.Shape)
	}
	for _, k := range t.keys {
		t.given.Slope = append(t.given.Slope, max(1e-3, l.PerSecond[k].Seconds()))
	}
	if l.Shape == "empirical" {
		t.given.Base = max(1e-3, median(l.Values))
	}
	for i := range c.by[ch] {
		p := &c.by[ch][i]
		// A failed job tells nothing of how long a clip takes, nor does one that a spell of trouble stopped.
		if !p.Accepted || p.Ended && !p.Made || p.High == 0 && p.Low == 0 {
			continue
		}
		x := fit.Time{Length: float64(p.Seconds), Low: p.Low.Seconds(), High: p.High.Seconds(), Weight: c.weights[p.night], Night: p.night}
		if !p.Ended {
			x.High = math.Inf(1)
		}
		if t.keys != nil {
			if x.Group = t.group(p.Resolution); x.Group < 0 || p.Seconds == 0 {
				t.unknown++
				continue
			}
		}
		t.times = append(t.times, x)
	}
	return t
}

// checkUnit asks about times of a log that are nearer to what is stated if they are read in a finer unit.
func (c *calibration) checkUnit() error {
	for ch := range c.by {
		t := c.timing(ch)
		var times, ratios []float64
		for i := range t.times {
			if x := &t.times[i]; c.nights[x.Night].Log && !math.IsInf(x.High, 1) {
				times = append(times, x.High)
				ratios = append(ratios, x.High/t.given.Median(x.Group, x.Length))
			}
		}
		if times == nil || c.o.Units {
			continue
		}
		steps := math.Round(math.Log(median(ratios)) / math.Log(1000))
		if steps < 1 {
			continue
		}
		finer := min(int(steps), 3)
		return fmt.Errorf("%s: the log's times have a median of %.6g s, %.3g times what is stated; they look like %s\n  hint: say --unit %s, or --unit s if they are seconds",
			c.key(ch, "latency"), median(times), median(ratios), []string{"milliseconds", "microseconds", "nanoseconds"}[finer-1], []string{"ms", "us", "ns"}[finer-1])
	}
	return nil
}

// median is the median of values in any order.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}

// constant is the shape of times that are all alike.
const constant fit.Shape = "constant"

// constant is another constant latency, of the same form, that explains what the polls saw; nil: none does.
func (t *timing) constant() (*fit.Times, string, error) {
	if t.stated.Shape != string(constant) {
		return nil, "", nil
	}
	var low, high []float64
	nights := map[int]bool{}
	for i := range t.times {
		if x := &t.times[i]; !math.IsInf(x.High, 1) {
			m := t.given.Median(x.Group, x.Length)
			low, high = append(low, x.Low/m), append(high, x.High/m)
			nights[x.Night] = true
		}
	}
	from, to := median(low), median(high)
	factor := (from + to) / 2
	scaled := *t
	scaled.given.Base *= factor
	scaled.given.Slope = slices.Clone(t.given.Slope)
	for g := range scaled.given.Slope {
		scaled.given.Slope[g] *= factor
	}
	if !scaled.explainsPolls() {
		return nil, "", nil
	}
	x := &fit.Times{Line: scaled.given, Factor: fit.Estimate{Value: 1, Low: from / factor, High: to / factor}, N: len(t.times), Cut: len(t.times) - len(low), Nights: len(nights), P: 1}
	x.Shape = constant
	return x, "nothing scatters beyond the polls", nil
}

// explainsPolls says whether a constant latency explains what the polls saw, give or take the time that a request takes.
func (t *timing) explainsPolls() bool {
	off := 0
	for i := range t.times {
		x := &t.times[i]
		m := t.given.Median(x.Group, x.Length)
		if m < 0.98*x.Low || m > 1.02*x.High {
			off++
		}
	}
	return off*100 <= len(t.times)
}

// best is the shape that AIC chooses, in favour of the stated one where they are close, and what to say of the choice.
func (t *timing) best() (*fit.Times, string, error) {
	var fits []*fit.Times
	var stated *fit.Times
	for _, shape := range fit.Shapes {
		line := t.given
		line.Shape = shape
		x, err := fit.FitLine(t.times, line)
		if err != nil {
			return nil, "", err
		}
		fits = append(fits, x)
		if shape == t.given.Shape {
			stated = x
		}
	}
	best := slices.MinFunc(fits, func(a, b *fit.Times) int { return cmp.Compare(a.AIC, b.AIC) })
	if stated.AIC <= best.AIC+aic {
		best = stated
	}
	var others []string
	for _, x := range fits {
		if x != best {
			others = append(others, fmt.Sprintf("%s %+.1f", x.Shape, x.AIC-best.AIC))
		}
	}
	said := fmt.Sprintf("%s; AIC of %s", best.Shape, strings.Join(others, ", "))
	if t.given.Base > 0 && t.given.Slope != nil && !best.Split {
		said += "; clips of one length don't tell base from per_second, so their ratio stays"
	}
	return best, said, nil
}

// judgeLatency writes a latency where it is known better than it was stated, or contradicts that.
func (c *calibration) judgeLatency(t *timing, best *fit.Times, f Finding, said string) {
	f.Measured = fmt.Sprintf("%s, times %s–%s", lineText(t, best), figure.Percent(best.Factor.Low), figure.Percent(best.Factor.High))
	group := 0
	if t.keys != nil {
		group = t.times[0].Group
	}
	was := t.given.Median(group, best.At)
	factor := best.Median(group, best.At) / was
	width, contradicts := 2.0, false
	if r := t.stated.Range; r != nil {
		width = r.High / r.Low
		contradicts = factor*best.Factor.High < r.Low || factor*best.Factor.Low > r.High
	}
	got := best.Factor.High / best.Factor.Low
	p, n := 1.0, float64(len(t.times))
	if best.Shape != constant {
		counts, n := fit.Ranks(t.times, best.Line, best.Spread.Value, 20)
		p = fit.Misfit(counts, n, 3)
	}
	switch {
	case !(c.o.Wide || contradicts || got <= width):
		more := math.Pow(math.Log(got)/math.Log(width), 2) * n
		f.Why = join(fmt.Sprintf("known less well than it was stated: about %.0f times are needed", math.Ceil(more/10)*10), said)
	case t.stated.Shape == "empirical" || p < misfit && t.oneClip() && len(t.times) >= empirical:
		f.Written = true
		f.Why = join("the measured values themselves", said)
		if t.stated.Shape != "empirical" {
			f.Why = join(fmt.Sprintf("no shape fits (p = %.2g), so the measured values are taken themselves", p), said)
		}
		c.writeValues(t, best)
	default:
		f.Written = true
		if f.Why = said; p < misfit {
			f.Why = join(fmt.Sprintf("no shape fits (p = %.2g), and values alone know no lengths: the closest is written", p), said)
			if t.oneClip() {
				f.Why = join(fmt.Sprintf("no shape fits (p = %.2g); from %d times on the values themselves are taken: the closest is written", p, empirical), said)
			}
		}
		c.writeLatency(t, best)
	}
	c.Findings = append(c.Findings, f)
}

// oneClip says whether all clips are of one length and resolution, and their times known, so that a list of values can stand
// for them.
func (t *timing) oneClip() bool {
	for i := range t.times {
		x := &t.times[i]
		if x.Group != t.times[0].Group || x.Length != t.times[0].Length || math.IsInf(x.High, 1) {
			return false
		}
	}
	return true
}

// values are the middles of the times' bounds, ascending.
func (t *timing) values() []float64 {
	var all []float64
	for i := range t.times {
		if x := &t.times[i]; !math.IsInf(x.High, 1) {
			all = append(all, math.Round(1000*(x.Low+x.High)/2)/1000)
		}
	}
	slices.Sort(all)
	return all
}

func (t *timing) text() string {
	l := t.stated
	text := l.Base.String()
	if l.Shape == "empirical" {
		text = fmt.Sprintf("%d values", len(l.Values))
	}
	for _, k := range t.keys {
		text += fmt.Sprintf(" + %v/s", l.PerSecond[k])
		if k != channel.Any {
			text += " " + k
		}
	}
	switch l.Shape {
	case "lognormal":
		text += fmt.Sprintf(", sigma %g", l.Sigma)
	case "gamma", "weibull":
		text += fmt.Sprintf(", %s k %g", l.Shape, l.K)
	default:
		text += ", " + l.Shape
	}
	if l.Range != nil {
		text += fmt.Sprintf(" (%s–%s)", figure.Percent(l.Range.Low), figure.Percent(l.Range.High))
	}
	return text
}

func lineText(t *timing, x *fit.Times) string {
	text := figure.Seconds(x.Base)
	for g, k := range t.keys {
		text += fmt.Sprintf(" + %s/s", figure.Seconds(x.Slope[g]))
		if k != channel.Any {
			text += " " + k
		}
	}
	name := "sigma"
	switch x.Shape {
	case constant:
		return text + ", constant"
	case fit.Gamma, fit.Weibull:
		name = string(x.Shape) + " k"
	}
	return text + fmt.Sprintf(", %s %.3g (%.3g–%.3g)", name, x.Spread.Value, x.Spread.Low, x.Spread.High)
}

// valuesFile is how a channel's values are called beside the scenario.
func (c *calibration) valuesFile(ch int) string {
	base := strings.TrimSuffix(path.Base(strings.ReplaceAll(c.o.File, `\`, "/")), ".toml")
	if base == "" || base == "." || base == "-" {
		base = c.s.Name
	}
	return base + "-" + c.s.Channels[ch].Name + "-latency.txt"
}
