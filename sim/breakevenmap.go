package sim

import (
	"cmp"
	"context"
	"math"
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// The extent of a break-even map: lengths that are made, rates on a log scale; more where the scenario itself lies
// outside.
const (
	mapLengths              = 24 // at most
	mapSeconds, mapBeyond   = 15, 1.25
	mapLowRate, mapHighRate = 0.005, 0.6
	mapBend                 = 0.2 // costs go like 1 / (1 - rate): up to here they hardly bend
	mapRare, mapFrequent    = 10, 11
)

// failuresDrawn are those whose rate a map can vary.
var failuresDrawn = slices.DeleteFunc(slices.Clone(channel.Errors),
	func(r channel.Reason) bool { return channel.Reasons[r].Clause == "" })

// contest is the comparison behind a break-even map: the saving of one strategy against another for clips of one
// resolution, as one channel's failures grow.
type contest struct {
	*basis
	classes           []int // of the resolution, the most ordered first
	strategy, against int
	channel           int
	failure           channel.Reason // of failuresDrawn
	ways              []way          // by strategy
}

// way is the channels that a strategy uses for the clips of a map, of the lengths that are ordered.
type way struct {
	begins []int  // channels that they begin on, those of the most ordered first; none: it makes none of them
	uses   []bool // by channel
}

// breakEvens are lengths and failure rates at which two strategies cost the same, and the map of where which is
// cheaper.
type breakEvens struct {
	points []record.BreakEven
	drawn  *record.BreakEvenMap // nil: there are fewer than two lengths, or nothing to compare
}

// breakEvens compares the candidate, or the cheapest strategy where there is none, with the cheapest of another route.
// Both are empty where there is no such pair, or no closed form for it, and where the context ends first.
func (b *basis) breakEvens(ctx context.Context, candidate *string) (*breakEvens, error) {
	c, ok := b.contest(candidate)
	if !ok || b.answers[c.strategy] == nil || b.answers[c.against] == nil {
		return &breakEvens{}, nil
	}
	m, err := c.drawn(ctx)
	var points []record.BreakEven
	if err == nil {
		points, err = c.equalCosts(m.Rates)
	}
	switch {
	case ctx.Err() != nil, unsolvable(err):
		return &breakEvens{}, nil
	case err != nil:
		return nil, err
	case len(m.Seconds) < 2:
		return &breakEvens{points: points}, nil
	}
	return &breakEvens{points, m}, nil
}

// drawn is the map.
func (c *contest) drawn(ctx context.Context) (*record.BreakEvenMap, error) {
	m := c.frame()
	lengths := len(m.Seconds)
	costs := [2][][]float64{make([][]float64, lengths), make([][]float64, lengths)} // by side, length and rate
	err := c.shareOut(ctx, Map, 2*len(m.Seconds), func(solver *exact.Solver, i int) (err error) {
		side, length := i%2, i/2
		costs[side][length], err = c.costs(solver, [2]int{c.strategy, c.against}[side], int(m.Seconds[length]), m.Rates)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range m.Rates {
		saving := make([]*float64, len(m.Seconds))
		for k := range saving {
			saving[k] = record.Number(costs[1][k][i] - costs[0][k][i])
		}
		m.Saving = append(m.Saving, saving)
	}
	return m, nil
}

// contest chooses what is compared; false where there is nothing to compare.
func (b *basis) contest(candidate *string) (*contest, bool) {
	c := b.over(b.byResolution()[0])
	var ok bool
	isCandidate := func(i int) bool { return candidate == nil || b.scenario.Strategies[i].Name == *candidate }
	if c.strategy, ok = c.cheapest(isCandidate); !ok {
		return nil, false
	}
	if c.against, ok = c.rival(); !ok {
		return nil, false
	}
	c.channel = c.failingChannel()
	errors := &b.scenario.Channels[c.channel].Errors.By
	c.failure = failuresDrawn[0]
	for _, failure := range failuresDrawn {
		if errors[failure].Rate > errors[c.failure].Rate {
			c.failure = failure
		}
	}
	return c, true
}

// over is a contest over some of the videos, without sides.
func (b *basis) over(classes []int) *contest {
	c := &contest{basis: b, classes: classes}
	for i := range b.scenario.Strategies {
		c.ways = append(c.ways, c.wayOf(i))
	}
	return c
}

// byResolution lists the videos of each resolution, the most ordered first in either sense.
func (x *experiment) byResolution() [][]int {
	videos := x.scenario.Workload.Videos
	ordered := map[string]money.Billionths{}
	classes := make([]int, len(videos))
	for class, v := range videos {
		ordered[v.Clip.Resolution] += v.Share
		classes[class] = class
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(videos[b].Share, videos[a].Share) })
	var lists [][]int
	place := map[string]int{}
	for _, class := range classes {
		resolution := videos[class].Clip.Resolution
		at, known := place[resolution]
		if !known {
			at, place[resolution] = len(lists), len(lists)
			lists = append(lists, nil)
		}
		lists[at] = append(lists[at], class)
	}
	slices.SortStableFunc(lists, func(a, b []int) int {
		return cmp.Compare(ordered[videos[b[0]].Clip.Resolution], ordered[videos[a[0]].Clip.Resolution])
	})
	return lists
}

// wayOf compiles the strategy for the most-ordered video at each length and notes which channels it starts on.
func (c *contest) wayOf(strategy int) way {
	w := way{uses: make([]bool, len(c.scenario.Channels))}
	for _, class := range c.classes {
		compiled, err := c.whatIf(strategy, c.scenario.Workload.Videos[class].Clip.Seconds).Compile()
		if err != nil {
			continue // none of its channels makes that
		}
		w.begins = append(w.begins, compiled.Strategies[0].Routes[0].Steps[0].Channel)
		for ch, used := range compiled.Uses[0] {
			w.uses[ch] = w.uses[ch] || used
		}
	}
	return w
}

// cheapest is the strategy that costs least per delivered clip at the stated values, among those that may be chosen.
func (c *contest) cheapest(among func(int) bool) (int, bool) {
	best, least := -1, math.Inf(1)
	for i, o := range c.stated {
		if o.CostPerDelivered < least && len(c.ways[i].begins) > 0 &&
			!c.scenario.Excludes(&c.scenario.Strategies[i]) && among(i) {
			best, least = i, o.CostPerDelivered
		}
	}
	return best, best >= 0
}

// rival is the cheapest strategy with another way: it begins on channels of other kinds; where none does, on other
// channels; where none does, it uses another set of channels.
func (c *contest) rival() (int, bool) {
	mine := &c.ways[c.strategy]
	kind := func(ch int) int { return int(c.scenario.Channels[ch].Kind) }
	same := func(ch int) int { return ch }
	for _, other := range []func(int) bool{
		func(i int) bool { return disjoint(c.ways[i].begins, mine.begins, kind) },
		func(i int) bool { return disjoint(c.ways[i].begins, mine.begins, same) },
		func(i int) bool { return !slices.Equal(c.ways[i].uses, mine.uses) },
	} {
		if i, ok := c.cheapest(other); ok {
			return i, true
		}
	}
	return 0, false
}

// disjoint says whether two lists have nothing in common.
func disjoint(a, b []int, as func(int) int) bool {
	for _, x := range a {
		for _, y := range b {
			if as(x) == as(y) {
				return false
			}
		}
	}
	return true
}

// failingChannel is the channel whose failures are varied: a reverse one if either side begins on one, else the one
// that the cheaper side begins on.
func (c *contest) failingChannel() int {
	cheap, dear := c.strategy, c.against
	if c.stated[dear].CostPerDelivered < c.stated[cheap].CostPerDelivered {
		cheap, dear = dear, cheap
	}
	begun := slices.Concat(c.ways[cheap].begins, c.ways[dear].begins)
	if i := slices.IndexFunc(begun, func(ch int) bool { return c.scenario.Channels[ch].Kind == channel.Reverse }); i >= 0 {
		return begun[i]
	}
	return begun[0]
}

// frame is the map without its savings. The workload lies where clips are ordered, not where a channel makes longer
// ones of them: the map, too, goes by what is ordered.
func (c *contest) frame() *record.BreakEvenMap {
	stated, ordered := c.failing(), c.ordered()
	box := record.MapBox{SecondsLow: float64(ordered[0]), SecondsHigh: float64(ordered[len(ordered)-1]),
		RateLow: stated.Rate, RateHigh: stated.Rate}
	if stated.Range != nil {
		box.RateLow, box.RateHigh = stated.Range.Low, stated.Range.High
	}
	return &record.BreakEvenMap{
		Strategy: c.scenario.Strategies[c.strategy].Name, Against: c.scenario.Strategies[c.against].Name,
		Resolution: c.resolution(), Channel: c.scenario.Channels[c.channel].Name, Failure: c.failure.String(),
		Seconds: spacedLengths(c.made()), Rates: ratesAround(box.RateLow, box.RateHigh),
		Workload: box,
	}
}

// spacedLengths are lengths evenly spread among those that are made.
func spacedLengths(made []int) []float64 {
	n := min(mapLengths, len(made))
	var lengths []float64
	for i := range n {
		at := 0
		if n > 1 {
			at = int(math.Round(float64(i*(len(made)-1)) / float64(n-1)))
		}
		lengths = append(lengths, float64(made[at]))
	}
	return lengths
}

// ratesAround enclose the given rates: even steps on a log scale up to the bend, even steps of the rate beyond it. 0
// is on no log scale.
func ratesAround(low, high float64) []float64 {
	if low <= 0 {
		low = mapLowRate
	}
	low, high = min(low, mapLowRate), max(high, mapHighRate)
	var rates []float64
	for i := range mapRare {
		rates = append(rates, low*math.Pow(mapBend/low, float64(i)/mapRare))
	}
	for i := range mapFrequent + 1 {
		rates = append(rates, mapBend+(high-mapBend)*float64(i)/mapFrequent)
	}
	rates[len(rates)-1] = high
	return rates
}

// costs are a strategy's costs per delivered clip of that length at each rate; NaN where none is delivered.
func (c *contest) costs(solver *exact.Solver, strategy, seconds int, rates []float64) ([]float64, error) {
	costs := make([]float64, len(rates))
	s := c.whatIf(strategy, seconds)
	for i, rate := range rates {
		s.Channels[c.channel].Errors.By[c.failure].Rate = rate
		compiled, err := s.Compile()
		if err != nil {
			// The scenario itself compiles; what doesn't is a clip that no channel of the strategy makes.
			return slices.Repeat([]float64{math.NaN()}, len(rates)), nil
		}
		a, err := solver.Solve(&compiled.Model, &compiled.Strategies[0], compiled.Uses[0],
			exact.Options{Rough: true, Exits: true})
		if err != nil {
			return nil, err
		}
		if costs[i] = a.CostPerDelivered(); !compiled.Uses[0][c.channel] {
			return slices.Repeat(costs[:1], len(rates)), nil // whatever the rate
		}
	}
	return costs, nil
}

// whatIf is the scenario with one strategy, in which every order is the most ordered video, but of that length.
// Whether that may be made longer is as for the video that is ordered in it, if any is.
func (c *contest) whatIf(strategy, seconds int) *scenario.Scenario {
	s := *c.scenario
	video := s.Workload.Videos[c.classes[0]]
	video.Share, video.Clip.Seconds = money.Whole, seconds
	for _, class := range c.classes {
		if v := &c.scenario.Workload.Videos[class]; v.Clip.Seconds == seconds {
			video.Fit = v.Fit
			break
		}
	}
	s.Workload.Videos = []scenario.Video{video}
	s.Strategies = s.Strategies[strategy : strategy+1]
	s.Channels = slices.Clone(c.scenario.Channels)
	return &s
}
