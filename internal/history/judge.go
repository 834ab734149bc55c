package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"channelbench/internal/figure"
	"channelbench/internal/history/level"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// Status is what a gate comes to.
type Status string

// The statuses, in the order in which they matter.
const (
	Regression Status = "regression" // beyond the gate and chance, for nights running
	// beyond the gate, not beyond chance; or too few nights or orders to find what the gate asks for
	Inconclusive Status = "inconclusive"
	Watch        Status = "watch" // beyond the gate and chance tonight
	Improvement  Status = "improvement"
	OK           Status = "ok"
)

// Verdict is what one gate says of one strategy.
type Verdict struct {
	Strategy string
	Gate     scenario.Gate
	Status   Status
	Reason   string   // why
	Orders   int64    // of tonight
	Nights   int      // of the baseline; 1: a single run
	Judged   int      // nights, up to tonight, that the value, the effect and its interval are of together
	Base     *float64 // dollars, seconds, a share; nil: not known
	Value    *float64 // nil: not known, or never
	WasNever bool     // the same of the base: of a single run
	Never    bool     // the value is a time that was never reached
	Effect   *float64 // how much more: relative, or a difference of shares; nil: not known, or of nothing
	Low      *float64 // its 95 % interval
	High     *float64
	Score    *float64 // standard deviations off, positive is worse
	Lag      *float64 // correlation of a night with the one before; nil: not known
	Since    string   // the night with which a change began, by its date; "": there is none
	Stands   string   // the same of a regression of the nights before, where tonight tells nothing

	flawless bool // of the orders of the baseline none missed, and Base says that some did
}

// Comparison is what all gates say.
type Comparison struct {
	Base, New   string // what is compared, for people
	Group       Group
	Night       string // RFC 3339
	Verdicts    []Verdict
	Notes       []string // what a reader has to know
	Limits      Limits
	Charts      int
	Suggest     string // the night from which on a new baseline would count, if a person accepts; "": nothing changed
	BaseNights  []Night
	NewNights   []Night
	SpentUSD    float64 // by the nights that are judged
	OverHistory bool
}

// Count is how many verdicts have a status.
func (c *Comparison) Count(s Status) int {
	n := 0
	for i := range c.Verdicts {
		if c.Verdicts[i].Status == s {
			n++
		}
	}
	return n
}

// Options say what is compared, and by which gates.
type Options struct {
	Gates       []scenario.Gate // in place of or beside those that the nights state
	Site        string          // only nights from there; "": of the latest night
	Scenario    string          // only nights of it; "": of the latest night
	AnyPurchase bool            // nights that bought something else count, too
	BetweenSD   float64         // Pair: how much two nights differ by themselves; 0: DefaultBetweenSD
}

// ErrNothing says that there is nothing to compare.
var ErrNothing = errors.New("the history holds no night")

// Judge says what the latest night of a history comes to against the nights before it.
func Judge(l *Log, o Options) (*Comparison, error) {
	last := latest(l, o)
	if last == nil {
		return nil, ErrNothing
	}
	gates, explicit, err := gatesOf(last.Gates, o.Gates)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", last.line, err)
	}
	c := &Comparison{Group: last.group(), Night: last.At, OverHistory: true, New: "the night of " + last.At}
	all := c.series(l, last, o)
	c.leaveReplays()
	all = slices.DeleteFunc(all, func(s *series) bool { return s.nights[len(s.nights)-1].Engine != driven })
	if !explicit["bill"] && !someBill(all) {
		gates = slices.DeleteFunc(gates, func(g scenario.Gate) bool { return g.Metric == "bill" })
	}
	c.Charts = len(all) * len(gates)
	c.Limits = LimitsFor(c.Charts)
	from, most := time.Time{}, 0
	for _, s := range all {
		for _, g := range gates {
			v, since := s.verdict(g, c.Limits)
			c.Verdicts = append(c.Verdicts, v)
			most = max(most, v.Nights)
			if !since.IsZero() && (from.IsZero() || since.Before(from)) {
				from = since
			}
		}
	}
	if slices.ContainsFunc(c.Verdicts, func(v Verdict) bool { return v.flawless }) {
		c.Notes = append(c.Notes, "Was, of a share of which none missed, takes half an order more for missed than were: "+
			"that none ever misses isn't known.")
	}
	c.Base = fmt.Sprintf("a baseline of up to %d nights", most)
	if !from.IsZero() {
		c.Suggest = from.Format(time.RFC3339Nano)
	}
	return c, nil
}

// someBill says whether any channel tells what it charges, in the latest nights.
func someBill(all []*series) bool {
	m := metricOf("bill")
	return slices.ContainsFunc(all, func(s *series) bool {
		n := s.tonight()
		if n == nil {
			return false
		}
		_, told := m.of(n)
		return told
	})
}

// driven is the engine of a strategy that is judged.
const driven = "live"

// leaveReplays notes which strategies of the latest night are not judged: what driven ones met is judged already.
func (c *Comparison) leaveReplays() {
	var names []string
	for i := range c.NewNights {
		if n := &c.NewNights[i]; n.Engine != driven {
			names = append(names, n.Strategy)
		}
	}
	if len(names) > 0 {
		c.Notes = append(c.Notes, "Not judged, since replayed from what driven strategies met: "+
			strings.Join(names, ", ")+".")
	}
}

// latest is the night of those asked for that was appended last, whatever its stamp.
func latest(l *Log, o Options) *Night {
	var last *Night
	for i := range l.Nights {
		n := &l.Nights[i]
		if (o.Site == "" || n.Site == o.Site) && (o.Scenario == "" || n.Scenario == o.Scenario) {
			last = n
		}
	}
	return last
}

// with says whether two nights are of one run.
func (n *Night) with(other *Night) bool { return n.At == other.At && n.Run == other.Run }

// series are the nights of one strategy that are looked at.
type series struct {
	strategy string
	last     *Night  // the latest of the group
	nights   []Night // comparable with its own latest one; since the last mark
}

// tonight is the strategy's part of the latest night, nil if it had none.
func (s *series) tonight() *Night {
	if n := &s.nights[len(s.nights)-1]; n.with(s.last) {
		return n
	}
	return nil
}

// series sorts the nights of the latest one's group by strategy, and leaves out what can't be compared with it.
func (c *Comparison) series(l *Log, last *Night, o Options) []*series {
	var all []*series
	other, polled := map[string]bool{}, map[string]bool{}
	for i := range l.Nights {
		n := &l.Nights[i]
		if n.group() != c.Group {
			continue
		}
		if !o.AnyPurchase && n.PurchaseSHA256 != last.PurchaseSHA256 {
			other[n.At] = true
			continue
		}
		k := slices.IndexFunc(all, func(s *series) bool { return s.strategy == n.Strategy })
		if k < 0 {
			k, all = len(all), append(all, &series{strategy: n.Strategy, last: last})
		}
		s := all[k]
		s.nights = append(s.nights, *n)
		if n.with(last) {
			c.NewNights, c.SpentUSD = append(c.NewNights, *n), c.SpentUSD+n.SpentUSD
		}
	}
	for _, s := range all {
		s.sinceMark(l)
		now := s.nights[len(s.nights)-1].Poll
		s.nights = slices.DeleteFunc(s.nights, func(n Night) bool {
			differs := !samePoll(n.Poll, now)
			if differs {
				polled[n.At] = true
			}
			return differs
		})
		for i := range s.nights {
			if n := &s.nights[i]; !n.with(last) && n.Invalid == "" {
				c.BaseNights = append(c.BaseNights, *n)
			}
		}
	}
	if len(other) > 0 {
		c.Notes = append(c.Notes,
			fmt.Sprintf("%d nights bought something else (purchase_sha256) and are left out; --any-purchase counts them",
				len(other)))
	}
	if len(polled) > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d nights polled at other intervals and are left out: "+
			"what they measured is finer or coarser", len(polled)))
	}
	return all
}

func samePoll(a, b map[string]float64) bool {
	for channel, seconds := range a {
		if also, both := b[channel]; both && also != seconds {
			return false
		}
	}
	return true
}

// sinceMark drops the nights before the mark that a person made last for them.
func (s *series) sinceMark(l *Log) {
	for i := len(l.Marks) - 1; i >= 0; i-- {
		m := &l.Marks[i]
		if m.group() != s.nights[0].group() || m.Strategy != "" && m.Strategy != s.strategy {
			continue
		}
		first := min(s.begin(m.from), len(s.nights)-1) // if the mark is of nights to come, the latest is all there is
		s.nights = s.nights[first:]
		return
	}
}

// begin is the first night since a moment: the place that has the fewest stamps on the wrong side.
func (s *series) begin(from time.Time) int {
	best, wrong, fewest := 0, 0, 0
	for i := range s.nights {
		if s.nights[i].at.Before(from) {
			wrong--
		} else {
			wrong++
		}
		if wrong < fewest {
			best, fewest = i+1, wrong
		}
	}
	return best
}

// verdict judges the nights of a series by one gate, and says when a change began, if any did.
func (s *series) verdict(g scenario.Gate, limits Limits) (Verdict, time.Time) {
	m := metricOf(g.Metric)
	c := newChart(m, g, limits)
	v := Verdict{Strategy: s.strategy, Gate: g, Status: Inconclusive}
	var days []time.Time // of the nights that the chart was shown
	stands := ""
	tonight := s.tonight()
	for i := range s.nights {
		n := &s.nights[i]
		r, why := m.read(n)
		if why != "" {
			if n == tonight {
				v.Reason = why
			}
			continue
		}
		days = append(days, n.at)
		o := c.add(r)
		stands = ""
		if n != tonight && (o.found == stepped || o.found == drifted) {
			stands = days[o.from-1].Format(time.DateOnly)
		}
		if n == tonight {
			v.Status, v.Reason = c.words(r, &o)
			v.fill(n, m, r, &o, c)
			if o.from > 0 && o.from <= len(days) {
				return v.since(days[o.from-1]), days[o.from-1]
			}
		}
	}
	if tonight == nil {
		v.Reason = "it was not driven that night"
	} else if tonight.dead(m) {
		v.Status, v.Reason = Regression, tonight.GivenUp
	}
	if stands != "" && v.Status != Regression {
		v.Stands = stands
		v.Reason += "; the regression since " + stands + " stands"
	}
	return v, time.Time{}
}

// dead says whether a gate on what is delivered fails, however few orders there were: the test that gave the channel up
// was sure of it.
func (n *Night) dead(m *metric) bool {
	return n.GivenUp != "" && m.falls() && n.Invalid == "" && n.Engine == driven
}

func (v Verdict) since(day time.Time) Verdict {
	v.Since = day.Format(time.DateOnly)
	v.Reason += ", since " + v.Since
	return v
}

// fill puts what the chart says in the units of people: of tonight or, where the verdict is of more nights, of these
// together.
func (v *Verdict) fill(n *Night, m *metric, r reading, o *outcome, c *chart) {
	v.Orders, v.Nights, v.Judged = n.Orders, o.base, 1
	v.Value, v.Never = m.unit(r.Y), math.IsInf(r.Y, 1)
	if o.level == nil {
		return
	}
	o.low, o.high = o.level.Interval(r.Night)
	if joint, ok := c.joint(o); ok {
		v.Value, v.Judged = m.unit(joint.Y), max(1, o.run)
	}
	v.Base, v.Lag = m.unit(o.level.Mean), &o.level.Lag
	v.flawless = m.Share && o.level.Missed == 0 && o.level.Mean > shown
	v.measure(m, o)
}

// joint is what the nights that a finding is of come to together, and its outcome becomes theirs: how far off they are,
// as they were judged. False: it is of none, of a price, or of a time that was never reached.
func (c *chart) joint(o *outcome) (all level.Night, ok bool) {
	w, sign := max(1, o.run), math.Copysign(1, o.off)
	for _, n := range c.last(w) {
		all.Y, all.Orders, all.Missed = all.Y+n.Y/float64(w), all.Orders+n.Orders, all.Missed+n.Missed
	}
	if o.found < watched || o.priced || math.IsInf(all.Y, 1) {
		return all, false
	}
	o.level = c.level(c.recent[len(c.recent)-w].base)
	if c.metric.Share {
		all.Y = float64(all.Missed) / float64(all.Orders)
	}
	o.score, o.off, o.mean = sign*o.level.Score(c.last(w), sign), all.Y-o.level.Mean, o.level.Mean
	o.low, o.high = o.off*(1-1.96/o.score), o.off*(1+1.96/o.score)
	if c.metric.Share {
		o.low, o.high = o.level.Interval(all)
	}
	return all, true
}

// nothing is a cost that is told as $0.0000.
const nothing = 5e-5

// shown is a share that is told as more than 0%.
const shown = 5e-4

// measure fills in the effect. Of nothing there is none: dollars tell.
func (v *Verdict) measure(m *metric, o *outcome) {
	if !math.IsNaN(o.score) {
		v.Score = &o.score
	}
	if m.Cost && v.Base != nil && *v.Base < nothing {
		return
	}
	v.Effect, v.Low, v.High = m.effect(o, o.off), m.effect(o, o.low), m.effect(o, o.high)
	if m.falls() {
		v.Low, v.High = v.High, v.Low
	}
}

// falls says whether the figure is of hits, so that one that gets worse falls.
func (m *metric) falls() bool {
	id, ok := figure.Named(m.name)
	return ok && id.Of().High
}

// unit is a chart's value as people read it.
func (m *metric) unit(y float64) *float64 {
	switch {
	case math.IsNaN(y) || math.IsInf(y, 0):
		return nil
	case m.falls():
		y = 1 - y
	case m.name == "attempts": // per order
		y = 1 / (1 - y)
	case !m.Share:
		y = math.Exp(y)
		if y < 1.01*m.least { // sums of logarithms end in dust
			y = 0
		}
	}
	return &y
}

// effect is a difference on a chart's scale as people read it.
func (m *metric) effect(o *outcome, off float64) *float64 {
	switch {
	case math.IsNaN(off) || math.IsInf(off, 0):
		return nil
	case m.falls():
		off = -off
	case m.name == "attempts":
		off = (1-o.mean)/(1-o.mean-off) - 1
	case !m.Share:
		off = math.Expm1(off)
	}
	return &off
}

// DefaultBetweenSD is how much two nights are taken to differ without any change, where no history tells: what clouds
// and relays show (3 to 5 %).
const DefaultBetweenSD = 0.05

// pairAlarms is how often any gate of a comparison of two runs is wrong to fail.
const pairAlarms = 0.05

// PurchaseError says that two runs don't buy the same.
type PurchaseError struct{ Base, New string }

func (e *PurchaseError) Error() string {
	return fmt.Sprintf("the runs don't buy the same: purchase_sha256 %.12s and %.12s", e.Base, e.New)
}

// Pair holds one run against another. What two nights differ by themselves can't be learnt from two, and is assumed.
func Pair(base, now []Night, o Options) (*Comparison, error) {
	if len(base) == 0 || len(now) == 0 {
		return nil, ErrNothing
	}
	b, n := &base[0], &now[0]
	switch {
	case b.Mode != n.Mode:
		return nil, fmt.Errorf("one run is of %s channels, and one of %s", b.Mode, n.Mode)
	case b.PurchaseSHA256 != n.PurchaseSHA256 && !o.AnyPurchase:
		return nil, &PurchaseError{b.PurchaseSHA256, n.PurchaseSHA256}
	}
	gates, explicit, err := gatesOf(n.Gates, o.Gates)
	if err != nil {
		return nil, err
	}
	if o.BetweenSD == 0 {
		o.BetweenSD = DefaultBetweenSD
	}
	c := &Comparison{Group: n.group(), Night: n.At, Base: "the run of " + b.At, New: "the run of " + n.At,
		BaseNights: base, NewNights: now}
	c.leaveReplays()
	for i := range now {
		c.SpentUSD += now[i].SpentUSD
		if now[i].Engine == driven {
			c.Charts += len(gates)
		}
	}
	c.Limits = Limits{Night: max(2, stats.Score(pairAlarms/float64(max(c.Charts, 1))))}
	for i := range now {
		if now[i].Engine != driven {
			continue
		}
		k := slices.IndexFunc(base, func(n Night) bool { return n.Strategy == now[i].Strategy })
		for _, g := range gates {
			v := Verdict{Strategy: now[i].Strategy, Gate: g, Status: Inconclusive,
				Reason: "it is not in the run that is compared with"}
			if k >= 0 {
				v = c.pair(&base[k], &now[i], g, o.BetweenSD)
			}
			if g.Metric != "bill" || explicit["bill"] || v.Value != nil {
				c.Verdicts = append(c.Verdicts, v)
			}
		}
	}
	return c, nil
}

// pair judges a gate of a strategy by two nights.
func (c *Comparison) pair(base, now *Night, g scenario.Gate, between float64) Verdict {
	m := metricOf(g.Metric)
	v := Verdict{Strategy: now.Strategy, Gate: g, Status: Inconclusive}
	if now.dead(m) {
		v.Status, v.Reason = Regression, now.GivenUp
		return v
	}
	b, why := m.read(base)
	if why != "" {
		v.Reason = "of the earlier run: " + why
		return v
	}
	r, why := m.read(now)
	switch {
	case why != "":
		v.Reason = why
		return v
	case !samePoll(base.Poll, now.Poll):
		v.Reason = "the runs polled at different intervals"
		return v
	}
	o := outcome{base: 1, mean: b.Y, off: r.Y - b.Y}
	if math.IsInf(r.Y, 1) && math.IsInf(b.Y, 1) {
		o.off = 0
	}
	if m.Share {
		o.score = stats.Score(stats.FisherMid(b.Missed, b.Orders, r.Missed, r.Orders))
		o.low, o.high = stats.Newcombe(float64(b.Missed), float64(b.Orders), float64(r.Missed), float64(r.Orders))
	} else {
		spread := 0.0 // prices don't sway
		if m.q > 0 {
			spread = between
		}
		sd := math.Max(level.LeastSD, math.Sqrt(b.SE*b.SE+r.SE*r.SE+2*spread*spread))
		o.score, o.low, o.high = o.off/sd, o.off-1.96*sd, o.off+1.96*sd
	}
	v.Orders, v.Nights, v.Judged, v.Base, v.Value = now.Orders, 1, 1, m.unit(b.Y), m.unit(r.Y)
	v.WasNever, v.Never = math.IsInf(b.Y, 1), math.IsInf(r.Y, 1)
	v.measure(m, &o)
	v.Status, v.Reason = c.pairWords(newChart(m, g, c.Limits), &o)
	return v
}

// pairWords says what a difference of two nights comes to. One that is beyond the gate, and may be chance, is no
// verdict.
func (c *Comparison) pairWords(of *chart, o *outcome) (Status, string) {
	gate := of.gateAt(o.mean)
	switch {
	case math.IsNaN(o.score):
		return Inconclusive, "too few orders to know how far it is from chance"
	case o.off > gate && o.score > c.Limits.Night:
		return Regression, "beyond chance and the gate"
	case o.off > gate:
		return Inconclusive, "beyond the gate, but not beyond chance: too few orders to tell"
	case -o.off > gate && -o.score > c.Limits.Night:
		return Improvement, "better beyond chance by more than the gate's measure"
	}
	return OK, "within the gate"
}
