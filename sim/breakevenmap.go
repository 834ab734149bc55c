package sim

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// What a break-even map covers: lengths from 1 s, rates on a log scale; further where the scenario itself lies further out.
const (
	mapLengths              = 24 // at most
	mapSeconds, mapBeyond   = 15, 1.25
	mapLowRate, mapHighRate = 0.005, 0.6
	mapBend                 = 0.2 // costs go like 1 / (1 - rate): up to here they hardly bend
	mapRare, mapFrequent    = 10, 11
)

// failuresDrawn are those whose rate a map can vary.
var failuresDrawn = []struct {
	name string
	of   func(*scenario.Errors) *scenario.Error
}{
	{"region", func(e *scenario.Errors) *scenario.Error { return &e.Region }},
	{"submit", func(e *scenario.Errors) *scenario.Error { return &e.Submit }},
	{"job", func(e *scenario.Errors) *scenario.Error { return &e.Job }},
	{"unusable", func(e *scenario.Errors) *scenario.Error { return &e.Unusable }},
}

// contest is what a break-even map shows: what one strategy saves against another for clips of one resolution, as one
// channel's failures grow.
type contest struct {
	*runner
	classes           []int // of the resolution, the most ordered first
	strategy, against int
	channel           int
	failure           int                // of failuresDrawn
	channels          []scenario.Channel // as they are, but making clips of any length
	ways              []way              // by strategy
}

// way is how a strategy goes about the clips of a map, of the lengths that are ordered.
type way struct {
	begins []int  // channels that they begin on, those of the most ordered first; none: it makes none of them
	uses   []bool // by channel
}

// breakEvenMap compares the candidate, or the cheapest strategy where there is none, with the cheapest one that goes another
// way. It is nil where there is no such pair, or no closed form for it, and where the context ends first.
func (r *runner) breakEvenMap(ctx context.Context, candidate *string) (*record.BreakEvenMap, error) {
	c, ok := r.contest(candidate)
	if !ok || r.answers[c.strategy] == nil || r.answers[c.against] == nil {
		return nil, nil
	}
	m := c.frame()
	costs := [2][][]float64{make([][]float64, len(m.Seconds)), make([][]float64, len(m.Seconds))} // by side, length and rate
	err := r.shareOut(ctx, Map, 2*len(m.Seconds), func(i int) (err error) {
		side, length := i%2, i/2
		costs[side][length], err = c.costs([2]int{c.strategy, c.against}[side], int(m.Seconds[length]), m.Rates)
		return err
	})
	switch {
	case ctx.Err() != nil, errors.Is(err, exact.ErrTooLong), errors.Is(err, exact.ErrDependent), errors.Is(err, exact.ErrStrategy):
		return nil, nil
	case err != nil:
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
func (r *runner) contest(candidate *string) (*contest, bool) {
	c := &contest{runner: r, classes: r.mostOrdered()}
	c.channels = unbound(r.scenario.Channels, r.scenario.Workload.Videos[c.classes[0]].Clip.Resolution)
	for i := range r.scenario.Strategies {
		c.ways = append(c.ways, c.wayOf(i))
	}
	var ok bool
	if c.strategy, ok = c.cheapest(func(i int) bool { return candidate == nil || r.scenario.Strategies[i].Name == *candidate }); !ok {
		return nil, false
	}
	if c.against, ok = c.rival(); !ok {
		return nil, false
	}
	c.channel = c.inQuestion()
	rate := func(i int) float64 { return failuresDrawn[i].of(&r.scenario.Channels[c.channel].Errors).Rate }
	for i := range failuresDrawn {
		if rate(i) > rate(c.failure) {
			c.failure = i
		}
	}
	return c, true
}

// mostOrdered lists the videos of the resolution that is ordered most, the most ordered first.
func (r *runner) mostOrdered() []int {
	videos := r.scenario.Workload.Videos
	ordered := map[string]money.Billionths{}
	for _, v := range videos {
		ordered[v.Clip.Resolution] += v.Share
	}
	most := videos[0].Clip.Resolution
	for _, v := range videos {
		if ordered[v.Clip.Resolution] > ordered[most] {
			most = v.Clip.Resolution
		}
	}
	var classes []int
	for class, v := range videos {
		if v.Clip.Resolution == most {
			classes = append(classes, class)
		}
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(videos[b].Share, videos[a].Share) })
	return classes
}

// wayOf finds it by what the strategy would do with the most ordered video, were it of each length.
func (c *contest) wayOf(strategy int) way {
	w := way{uses: make([]bool, len(c.channels))}
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
		if o.CostPerDelivered < least && len(c.ways[i].begins) > 0 && !c.scenario.Excludes(&c.scenario.Strategies[i]) && among(i) {
			best, least = i, o.CostPerDelivered
		}
	}
	return best, best >= 0
}

// rival is the cheapest strategy that goes another way: it begins on channels of other kinds; where none does, on other
// channels; where none does, it uses another set of channels.
func (c *contest) rival() (int, bool) {
	mine := &c.ways[c.strategy]
	kind := func(ch int) int { return int(c.scenario.Channels[ch].Kind) }
	same := func(ch int) int { return ch }
	for _, other := range []func(int) bool{
		func(i int) bool { return apart(c.ways[i].begins, mine.begins, kind) },
		func(i int) bool { return apart(c.ways[i].begins, mine.begins, same) },
		func(i int) bool { return !slices.Equal(c.ways[i].uses, mine.uses) },
	} {
		if i, ok := c.cheapest(other); ok {
			return i, true
		}
	}
	return 0, false
}

// apart says whether two lists have nothing in common.
func apart(a, b []int, as func(int) int) bool {
	for _, x := range a {
		for _, y := range b {
			if as(x) == as(y) {
				return false
			}
		}
	}
	return true
}

// inQuestion is the channel whose failures are varied: a reverse one if either side begins on one, else the one that the
// cheaper side begins on.
func (c *contest) inQuestion() int {
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

// unbound is a copy of the channels that make clips of any length: those with a ladder the next longer rung.
func unbound(channels []scenario.Channel, resolution string) []scenario.Channel {
	channels = slices.Clone(channels)
	for i := range channels {
		ch := &channels[i]
		ch.Makes.Seconds = slices.DeleteFunc(ch.Price.Lengths(), func(seconds int) bool {
			_, err := ch.Price.Charge(channel.Usage{Clip: channel.Clip{Seconds: seconds, Resolution: resolution}})
			return err != nil
		})
	}
	return channels
}

// frame is the map without its savings. The workload lies where clips are ordered, not where a channel makes longer ones of
// them: the map, too, goes by what is ordered.
func (c *contest) frame() *record.BreakEvenMap {
	videos := c.scenario.Workload.Videos
	shortest, longest := videos[c.classes[0]].Clip.Seconds, 0
	for _, class := range c.classes {
		shortest, longest = min(shortest, videos[class].Clip.Seconds), max(longest, videos[class].Clip.Seconds)
	}
	failure := &failuresDrawn[c.failure]
	stated := failure.of(&c.scenario.Channels[c.channel].Errors)
	box := record.MapBox{SecondsLow: float64(shortest), SecondsHigh: float64(longest), RateLow: stated.Rate, RateHigh: stated.Rate}
	if stated.Range != nil {
		box.RateLow, box.RateHigh = stated.Range.Low, stated.Range.High
	}
	return &record.BreakEvenMap{
		Strategy: c.scenario.Strategies[c.strategy].Name, Against: c.scenario.Strategies[c.against].Name,
		Resolution: videos[c.classes[0]].Clip.Resolution, Channel: c.scenario.Channels[c.channel].Name, Failure: failure.name,
		Seconds: lengthsUpTo(max(mapSeconds, math.Ceil(mapBeyond*box.SecondsHigh))), Rates: ratesAround(box.RateLow, box.RateHigh),
		Workload: box,
	}
}

// lengthsUpTo are whole seconds, as clips are, evenly spread from 1 s.
func lengthsUpTo(longest float64) []float64 {
	n := min(mapLengths, int(longest))
	lengths := make([]float64, n)
	for i := range lengths {
		lengths[i] = 1 + math.Round(float64(i)*(longest-1)/float64(n-1))
	}
	return lengths
}

// ratesAround enclose the given rates: even steps on a log scale up to the bend, even steps of the rate beyond it. 0 is on
// no log scale.
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

// costs are what a delivered clip of that length costs with a strategy at each rate; NaN where none is delivered.
func (c *contest) costs(strategy, seconds int, rates []float64) ([]float64, error) {
	costs := make([]float64, len(rates))
	s := c.whatIf(strategy, seconds)
	for i, rate := range rates {
		failuresDrawn[c.failure].of(&s.Channels[c.channel].Errors).Rate = rate
		compiled, err := s.Compile()
		if err != nil {
			// The scenario itself compiles; what doesn't is a clip that no channel of the strategy makes.
			return slices.Repeat([]float64{math.NaN()}, len(rates)), nil
		}
		a, err := exact.Solve(&compiled.Model, &compiled.Strategies[0], compiled.Uses[0], exact.Options{Rough: true, Exits: true})
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
func (c *contest) whatIf(strategy, seconds int) *scenario.Scenario {
	s := *c.scenario
	video := s.Workload.Videos[c.classes[0]]
	video.Share, video.Clip.Seconds, video.Fit = money.Whole, seconds, channel.Longer
	s.Workload.Videos = []scenario.Video{video}
	s.Strategies = s.Strategies[strategy : strategy+1]
	s.Channels = slices.Clone(c.channels)
	return &s
}
