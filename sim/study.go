package sim

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/decision/evsi"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/sobol"
	"channelbench/internal/stats/power"
	"channelbench/internal/world"
)

// Study is what is known of a scenario before its channels are measured: what to expect, and what measuring would be
// worth.
type Study struct {
	Strategies []record.Strategy // at the stated values
	Missed     float64           // dollars: the assumed extra cost of a month that misses a requirement
	Today      string            // the strategy with the lowest expected loss before anything is measured
	Candidate  string            // by the rule of the verdict; "": nothing is required, or no strategy qualifies
	Unmet      []string          // why no strategy qualifies, and whether measuring could change that; nil: one does
	InUSD      bool              // the worth is known: ranges are stated, costs are minimised, and there is a choice

	Channels []Exposure // in the scenario's order
	choices  []int      // strategies that aren't excluded and deliver anything
	worth    evsi.Study
	inputs   []scenario.Input
	values   [][]float64    // by draw, then input
	logs     [][][2]float64 // of each value and of 1 less it; of a latency's factor the first only
}

// Exposure is how far driven orders are exposed to a channel.
type Exposure struct {
	Name  string
	First float64 // orders that begin there, of each order of every driven strategy
	Sigma float64 // standard deviation of the logarithm of its latency

	errors *world.ByReason // as stated
}

// StudyOptions say how a scenario is studied.
type StudyOptions struct {
	Driven  []string // strategies whose orders would be driven
	Missed  float64  // dollars; 0: what a month costs with the dearest strategy
	Workers int      // 0: one per processor
}

const (
	studyMonths = 20  // enough for what a bench is expected to cost
	studyDraws  = 512 // a power of two, for which Sobol' points are even; rangeDraws where they are simulated
)

// NewStudy evaluates the strategies at the stated values and under draws of the stated ranges.
func NewStudy(ctx context.Context, s *scenario.Scenario, o StudyOptions) (*Study, error) {
	x, err := newExperiment(s, Options{Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	b, err := x.basis(ctx, studyMonths)
	if err != nil {
		return nil, err
	}
	study := &Study{Strategies: b.strategies(&draws{}), Missed: o.Missed, Channels: x.exposures(o.Driven),
		inputs: s.Inputs()}
	for i := range s.Strategies {
		if !s.Excludes(&s.Strategies[i]) && b.stated[i].Delivers() {
			study.choices = append(study.choices, i)
		}
	}
	err = study.judge(ctx, b)
	if err != nil || s.Decision.Minimise != "cost" || len(study.inputs) == 0 || len(study.choices) < 2 {
		return study, err
	}
	return study, study.draw(ctx, b)
}

// basis simulates so many months and solves them.
func (x *experiment) basis(ctx context.Context, months int) (*basis, error) {
	x = &experiment{x.scenario, x.compiled, Options{Months: months, Workers: x.options.Workers}}
	s, err := x.simulate(ctx)
	if err != nil {
		return nil, err
	}
	return s.solve()
}

// judge decides as Run does: on the same draws of the ranges and, where there is no closed form, the same months.
func (st *Study) judge(ctx context.Context, b *basis) (err error) {
	if len(b.scenario.Decision.Require) == 0 && len(st.choices) > 0 {
		return nil
	}
	if slices.Contains(b.answers, nil) {
		if b, err = b.basis(ctx, DefaultMonths); err != nil {
			return err
		}
	}
	d, err := b.draw(ctx)
	if err == nil {
		st.Candidate, st.Unmet = decision.Prospect(b.question(d))
	}
	return errors.Join(err, ctx.Err())
}

// draw evaluates the loss of each choice under each draw of the ranges: its monthly cost, and the price of missing a
// requirement. The rule of the verdict has no such price: it refuses what misses too often, however cheap. Information
// has no value, or even a negative one, under a rule like that (Blau 1974), so here a missed month is one that is
// bought again.
func (st *Study) draw(ctx context.Context, b *basis) error {
	outlooks, err := b.foresee(ctx, Draws, st.cases(b))
	if err != nil {
		return err
	}
	if st.Missed == 0 {
		for _, i := range st.choices {
			st.Missed = max(st.Missed, b.stated[i].MonthlyCost)
		}
	}
	for d := range outlooks {
		losses := make([]float64, len(st.choices))
		for c, i := range st.choices {
			losses[c] = outlooks[d][i].MonthlyCost
			if missed(b.scenario.Decision.Require, &outlooks[d][i]) {
				losses[c] += st.Missed
			}
		}
		st.worth.Loss = append(st.worth.Loss, losses)
	}
	st.worth.Seed, st.worth.Observe, st.InUSD = b.scenario.Seed, st.observe, true
	st.Today = b.scenario.Strategies[st.choices[st.worth.Today()]].Name
	return nil
}

// cases are the draws, whose values and logarithms are kept for the likelihoods.
func (st *Study) cases(b *basis) []decision.Case {
	points := sobol.New(len(st.inputs), b.scenario.Seed)
	cases := make([]decision.Case, studyDraws)
	if slices.Contains(b.answers, nil) {
		cases = cases[:rangeDraws]
	}
	for d := range cases {
		x, values := points.At(uint32(d)), make([]float64, len(st.inputs))
		logs := make([][2]float64, len(st.inputs))
		for k, in := range st.inputs {
			v := in.Range.Quantile(x[k])
			values[k], logs[k] = v, [2]float64{math.Log(v), math.Log1p(-min(v, 1))}
		}
		cases[d] = decision.Case{Values: values, Strategies: st.choices}
		st.values, st.logs = append(st.values, values), append(st.logs, logs)
	}
	return cases
}

// missed says whether a requirement is missed, or nothing is delivered.
func missed(required []scenario.Requirement, o *decision.Outlook) bool {
	return !o.Delivers() ||
		slices.ContainsFunc(required, func(q scenario.Requirement) bool { return !q.Holds(o.Figure(q.Metric)) })
}

// Perfect is what knowing every stated range exactly would be worth a month.
func (st *Study) Perfect() evsi.Value { return st.worth.Perfect() }

// Worth is what so many orders of each driven strategy, spread over so many nights, are worth a month.
func (st *Study) Worth(orders, nights int) evsi.Value { return st.worth.Worth(orders, nights) }

// exposures are those of the channels to driven orders: only first attempts count, which meet a channel whatever
// happens elsewhere.
func (x *experiment) exposures(driven []string) []Exposure {
	all := make([]Exposure, len(x.scenario.Channels))
	for ch := range all {
		c := &x.compiled.Model.Channels[ch]
		all[ch] = Exposure{Name: c.Name, Sigma: spread(c.Jobs), errors: &c.Errors.By}
	}
	for i := range x.scenario.Strategies {
		if !slices.Contains(driven, x.scenario.Strategies[i].Name) {
			continue
		}
		for class, route := range x.compiled.Strategies[i].Routes {
			all[route.Steps[0].Channel].First += x.compiled.Model.Classes[class].Share
		}
	}
	return all
}

// spread is the standard deviation of the logarithm of a channel's latency. It is the same for all that it makes, but
// for rounding, since a longer clip takes its time in proportion.
func spread(jobs []world.Job) float64 {
	i := slices.IndexFunc(jobs, func(j world.Job) bool { return j.Makes })
	if i < 0 {
		return 0
	}
	const points = 500
	var logs []float64
	for k := range points {
		if t := jobs[i].Service.Quantile((float64(k) + 0.5) / points); t > 0 {
			logs = append(logs, math.Log(t))
		}
	}
	return stat.PopStdDev(logs, nil)
}

// observe simulates the result of orders: of each channel, how many of the attempts exposed to an error have it, and
// the mean logarithm of its latency, which has the spread of orders and that of nights. Orders are independent in
// this. Each figure takes one number of the luck, so that more orders show more of the same.
func (st *Study) observe(truth, orders, nights int, luck *rand.Rand) func(draw int) float64 {
	type count struct{ input, hits, misses int }
	type level struct {
		input     int
		shown, sd float64
	}
	var counts []count
	var levels []level
	for ch := range st.Channels {
		c := &st.Channels[ch]
		left := int(math.Round(float64(orders) * c.First))
		for _, kind := range channel.Errors {
			rate, input := c.errors[kind].Rate, st.input(ch, kind.String())
			if input >= 0 {
				rate = st.values[truth][input]
			}
			hits := evsi.Binomial(left, rate, luck.Float64())
			if input >= 0 && left > 0 {
				counts = append(counts, count{input, hits, left - hits})
			}
			if kind.Phase() != channel.Fetching {
				left -= hits
			}
		}
		z := evsi.Normal(0, 1, luck)
		if input := st.input(ch, "latency"); input >= 0 && left > 0 {
			sd := math.Sqrt(c.Sigma*c.Sigma/float64(left) + power.Nightly*power.Nightly/float64(min(nights, left)))
			levels = append(levels, level{input, st.logs[truth][input][0] + sd*z, sd})
		}
	}
	return func(draw int) float64 {
		sum, logs := 0.0, st.logs[draw]
		for _, c := range counts {
			sum += timesLog(c.hits, logs[c.input][0]) + timesLog(c.misses, logs[c.input][1])
		}
		for _, l := range levels {
			off := (l.shown - logs[l.input][0]) / l.sd
			sum -= off * off / 2
		}
		return sum
	}
}

// timesLog is n times a logarithm; 0 for n = 0, even of −Inf.
func timesLog(n int, log float64) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) * log
}

// input is the place of a channel's error rate, or latency, among the inputs; −1 where it has no range.
func (st *Study) input(ch int, of string) int {
	return slices.IndexFunc(st.inputs, func(in scenario.Input) bool { return in.Channel == ch && in.Of == of })
}
