package decision

import (
	"cmp"
	"slices"

	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// Case is one world to look at: the value of each input, and the strategies that are asked about.
type Case struct {
	Values     []float64
	Strategies []int
}

// Foresee evaluates strategies: case by case an outlook for each strategy, of which those that were not asked for
// don't count. It should give all cases the same luck.
type Foresee func([]Case) ([][]Outlook, error)

const (
	parts    = 8  // of a range in which a change of the best strategy is looked for; two within one are missed
	halvings = 12 // of such a part, when it is found
)

// Explore finds the effects of each input: its share of the variance of the deciding difference, the worth of knowing
// it, each strategy's cost over its range, and the values at which another strategy becomes the best. It returns nil
// where no range is stated or every strategy is excluded.
func Explore(q *Question, foresee Foresee) (*record.Sensitivity, error) {
	e := &exploration{judgement: judge(q), foresee: foresee}
	if len(q.Inputs) == 0 || len(e.remaining()) == 0 {
		return nil, nil
	}
	e.rivals()
	for _, find := range []func() error{e.shares, e.extremes, e.flips} {
		if err := find(); err != nil {
			return nil, err
		}
	}
	return e.record(), nil
}

// exploration is an Explore under way.
type exploration struct {
	*judgement
	foresee Foresee

	subject, against int // the deciding difference; against −1: the subject alone
	effects, keeping []stats.Effect
	stated           []Outlook      // at the stated values
	ends             [][2][]Outlook // by input: at its low and its high end
	changes          [][]flip       // by input
}

// flip is where the best strategy changes; −1: none.
type flip struct {
	at       float64
	from, to int
}

// rivals picks the two strategies between which the decision lies: the candidate and the next
// best, or, where nobody qualifies, those that come closest to it.
func (e *exploration) rivals() {
	if e.subject = e.judgement.subject(); e.subject >= 0 {
		e.against = e.runnerUp(e.subject)
		return
	}
	pool := e.remaining()
	e.subject = e.cheapest(pool)
	e.against = e.cheapest(slices.DeleteFunc(pool, func(i int) bool { return i == e.subject }))
}

// deciding is the figure whose variance is shared out.
func (e *exploration) deciding(o []Outlook) float64 {
	v := e.objective(&o[e.subject])
	if e.against >= 0 {
		v -= e.objective(&o[e.against])
	}
	return v
}

// meeting is 1 where the subject meets every requirement.
func (e *exploration) meeting(o []Outlook) float64 {
	if e.meetsAll(&o[e.subject]) {
		return 1
	}
	return 0
}

// evaluate foresees the outlooks of some strategies, and takes those of the others from known ones.
func (e *exploration) evaluate(cases []Case, known func(c int) []Outlook) ([][]Outlook, error) {
	found, err := e.foresee(cases)
	if err != nil {
		return nil, err
	}
	all := make([][]Outlook, len(cases))
	for c := range cases {
		all[c] = slices.Clone(known(c))
		for _, i := range cases[c].Strategies {
			all[c][i] = found[c][i]
		}
	}
	return all, nil
}

// dependents are the strategies of a list whose figures may depend on an input.
func (e *exploration) dependents(input int, strategies []int) []int {
	var moved []int
	for _, i := range strategies {
		if e.Inputs[input].moves(i) {
			moved = append(moved, i)
		}
	}
	return moved
}

// shares shares out the variance among the inputs. The draws are one sample, the fresh values the other.
func (e *exploration) shares() error {
	pair := []int{e.subject}
	if e.against >= 0 {
		pair = append(pair, e.against)
	}
	n := len(e.Inputs[0].Fresh)
	var mixing []int // the inputs that are taken from the fresh sample, in the order of the cases
	for k := range e.Inputs {
		if len(e.dependents(k, pair)) > 0 {
			mixing = append(mixing, k)
		}
	}
	each := 1 + len(mixing)
	var cases []Case // draw by draw, since those of one draw have much in common
	for d := range n {
		var drawn, fresh []float64
		for k := range e.Inputs {
			drawn, fresh = append(drawn, e.Inputs[k].Values[d]), append(fresh, e.Inputs[k].Fresh[d])
		}
		cases = append(cases, Case{Values: fresh, Strategies: pair})
		for _, k := range mixing {
			mixed := Case{slices.Clone(drawn), e.dependents(k, pair)}
			mixed.Values[k] = fresh[k]
			cases = append(cases, mixed)
		}
	}
	found, err := e.evaluate(cases, func(c int) []Outlook { return e.Draws[c/each] })
	if err != nil {
		return err
	}
	effects := func(figure func([]Outlook) float64) []stats.Effect {
		drawn, freshly, mixed := make([]float64, n), make([]float64, n), make([][]float64, len(e.Inputs))
		for _, k := range mixing {
			mixed[k] = make([]float64, n)
		}
		for d := range n {
			drawn[d], freshly[d] = figure(e.Draws[d]), figure(found[d*each])
			for at, k := range mixing {
				mixed[k][d] = figure(found[d*each+1+at])
			}
		}
		return stats.Effects(drawn, freshly, mixed)
	}
	e.effects, e.keeping = effects(e.deciding), effects(e.meeting)
	return nil
}

// extremes evaluates both ends of each range, with the other inputs as stated.
func (e *exploration) extremes() error {
	everybody := make([]int, len(e.Strategies))
	for i := range everybody {
		everybody[i] = i
	}
	cases := []Case{{Values: e.atStated(), Strategies: everybody}}
	for k, in := range e.Inputs {
		for _, end := range []float64{in.Range.Low, in.Range.High} {
			cases = append(cases, e.oneAt(k, end, everybody))
		}
	}
	found, err := e.foresee(cases)
	if err != nil {
		return err
	}
	e.stated = found[0]
	for k := range e.Inputs {
		var both [2][]Outlook
		for end := range both {
			at := 1 + 2*k + end
			both[end] = slices.Clone(e.stated)
			for _, i := range cases[at].Strategies {
				both[end][i] = found[at][i]
			}
		}
		e.ends = append(e.ends, both)
	}
	return nil
}

func (e *exploration) atStated() []float64 {
	var values []float64
	for _, in := range e.Inputs {
		values = append(values, in.Stated)
	}
	return values
}

// oneAt has one input at a value and the others as stated.
func (e *exploration) oneAt(input int, value float64, strategies []int) Case {
	c := Case{e.atStated(), e.dependents(input, strategies)}
	c.Values[input] = value
	return c
}

// choice is the best strategy for known inputs: it keeps every requirement and is not excluded; −1
// where none does.
func (e *exploration) choice(o []Outlook) int {
	return e.lowest(o, slices.DeleteFunc(e.remaining(), func(i int) bool { return !e.meetsAll(&o[i]) }))
}

// bracket is a part of a range in which the best strategy changes.
type bracket struct {
	input     int
	low, high float64
	from, to  int
}

// flips looks for changes of the best strategy along each range and narrows them down.
func (e *exploration) flips() error {
	var cases []Case
	for k, in := range e.Inputs {
		for p := 1; p < parts; p++ {
			cases = append(cases, e.oneAt(k, in.Range.Quantile(float64(p)/parts), e.remaining()))
		}
	}
	found, err := e.evaluate(cases, func(int) []Outlook { return e.stated })
	if err != nil {
		return err
	}
	var open []bracket
	for k, in := range e.Inputs {
		at, last := in.Range.Low, e.choice(e.ends[k][0])
		for p := 1; p <= parts; p++ {
			outlooks, value := e.ends[k][1], in.Range.High
			if p < parts {
				outlooks, value = found[k*(parts-1)+p-1], in.Range.Quantile(float64(p)/parts)
			}
			if best := e.choice(outlooks); best != last {
				open = append(open, bracket{k, at, value, last, best})
				last = best
			}
			at = value
		}
	}
	for range halvings {
		if open, err = e.halve(open); err != nil {
			return err
		}
	}
	e.changes = make([][]flip, len(e.Inputs))
	for _, b := range open {
		e.changes[b.input] = append(e.changes[b.input], flip{(b.low + b.high) / 2, b.from, b.to})
	}
	return nil
}

// halve halves brackets. One becomes two where a third strategy is the best in its middle, unless the
// input has many already: simulated months may change their mind at every step.
func (e *exploration) halve(open []bracket) ([]bracket, error) {
	cases, many := make([]Case, len(open)), make([]int, len(e.Inputs))
	for c, b := range open {
		cases[c] = e.oneAt(b.input, (b.low+b.high)/2, e.remaining())
		many[b.input]++
	}
	found, err := e.evaluate(cases, func(int) []Outlook { return e.stated })
	if err != nil {
		return nil, err
	}
	var narrowed []bracket
	for c, b := range open {
		middle, best := (b.low+b.high)/2, e.choice(found[c])
		switch {
		case best == b.from:
			narrowed = append(narrowed, bracket{b.input, middle, b.high, b.from, b.to})
		case best == b.to || many[b.input] >= 2*parts:
			narrowed = append(narrowed, bracket{b.input, b.low, middle, b.from, b.to})
		default:
			narrowed = append(narrowed, bracket{b.input, b.low, middle, b.from, best},
				bracket{b.input, middle, b.high, best, b.to})
			many[b.input]++
		}
	}
	return narrowed, nil
}

// record puts what was found into the record: the inputs that could change most first.
func (e *exploration) record() *record.Sensitivity {
	s := &record.Sensitivity{Strategy: e.Strategies[e.subject], Against: e.name(e.against),
		Minimise: e.Decision.Minimise, Points: len(e.Inputs[0].Fresh)}
	if e.candidate >= 0 && e.Decision.Minimise == "cost" {
		s.PerfectInformation = record.Number(e.regret)
	}
	for i, o := range e.stated {
		s.Stated = append(s.Stated, record.StrategyCost{Strategy: e.Strategies[i], MonthlyCost: record.Number(o.MonthlyCost)})
	}
	s.StatedDifference = record.Number(e.deciding(e.stated))
	for k := range e.Inputs {
		s.Inputs = append(s.Inputs, e.input(k))
	}
	weight := func(in record.InputEffect) float64 {
		if e.candidate < 0 && e.doubtful() {
			return number(in.KeepingShare)
		}
		return number(in.TotalShare)
	}
	slices.SortStableFunc(s.Inputs, func(a, b record.InputEffect) int { return cmp.Compare(weight(b), weight(a)) })
	return s
}

// doubtful says whether the subject meets the requirements for some values of the inputs only.
func (e *exploration) doubtful() bool {
	return slices.ContainsFunc(e.keeping, func(k stats.Effect) bool { return k.Total > 0 })
}

// number is 0 where there is none.
func number(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// input is what was found about one input.
func (e *exploration) input(k int) record.InputEffect {
	in := &e.Inputs[k]
	found := record.InputEffect{
		Key: in.Key, Confidence: in.Confidence, Low: in.Range.Low, Stated: in.Stated, High: in.Range.High,
		FirstShare: share(e.effects[k].First), TotalShare: share(e.effects[k].Total),
		DifferenceAtLow: record.Number(e.deciding(e.ends[k][0])), DifferenceAtHigh: record.Number(e.deciding(e.ends[k][1])),
	}
	if e.doubtful() {
		found.KeepingShare = share(e.keeping[k].Total)
	}
	if e.candidate >= 0 && e.Decision.Minimise == "cost" {
		found.Worth = record.Number(e.worth(in))
	}
	for i, name := range e.Strategies {
		found.Costs = append(found.Costs, record.CostRange{Strategy: name,
			AtLow: record.Number(e.ends[k][0][i].MonthlyCost), AtHigh: record.Number(e.ends[k][1][i].MonthlyCost)})
	}
	for _, f := range e.changes[k] {
		found.Flips = append(found.Flips, record.Flip{At: f.at, From: e.name(f.from), To: e.name(f.to)})
	}
	return found
}

func (e *exploration) name(strategy int) *string {
	if strategy < 0 {
		return nil
	}
	return &e.Strategies[strategy]
}

// share is an estimated share, kept to what shares can be; nil where a figure was infinite.
func share(v float64) *float64 { return record.Number(min(max(v, 0), 1)) }
