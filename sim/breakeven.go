package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"channelbench/internal/channel"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// breakeven.go finds where the two sides of a break-even map cost the same per delivered clip, by the formula that
// draws it.

// equalCosts finds break-evens along the lengths of each resolution, and along the rates at the lengths that are
// ordered.
func (c *contest) equalCosts(rates []float64) ([]record.BreakEven, error) {
	var all []record.BreakEven
	for _, classes := range c.byResolution() {
		of := c.over(classes)
		of.strategy, of.against, of.channel, of.failure = c.strategy, c.against, c.channel, c.failure
		lengths, err := of.alongLengths()
		if err != nil {
			return nil, err
		}
		all = append(all, lengths...)
		failures, err := of.alongRates(append(slices.Clone(rates), 0.7, 0.8, 0.9, 0.95, 0.99))
		if err != nil {
			return nil, err
		}
		all = append(all, failures...)
	}
	return all, nil
}

// resolution is that of the clips.
func (c *contest) resolution() string {
	return c.scenario.Workload.Videos[c.classes[0]].Clip.Resolution
}

// failing is the error that is varied, as the scenario states it.
func (c *contest) failing() *scenario.Error {
	return &c.scenario.Channels[c.channel].Errors.By[c.failure]
}

// ordered are the lengths that are ordered, ascending.
func (c *contest) ordered() []int {
	var lengths []int
	for _, class := range c.classes {
		lengths = append(lengths, c.scenario.Workload.Videos[class].Clip.Seconds)
	}
	slices.Sort(lengths)
	return slices.Compact(lengths)
}

// made are the lengths, ascending, that are ordered, and those that every channel of either side makes.
func (c *contest) made() []int {
	ordered := c.ordered()
	longest := max(mapSeconds, int(math.Ceil(mapBeyond*float64(ordered[len(ordered)-1]))))
	var made []int
	for s := 1; s <= longest; s++ {
		if slices.Contains(ordered, s) || c.allMake(s) {
			made = append(made, s)
		}
	}
	return made
}

// allMake says whether every channel that either side uses makes clips of that length.
func (c *contest) allMake(seconds int) bool {
	video := &c.whatIf(c.strategy, seconds).Workload.Videos[0]
	for i := range c.scenario.Channels {
		used := c.ways[c.strategy].uses[i] || c.ways[c.against].uses[i]
		if _, ok := c.scenario.Channels[i].Make(video.Clip, video.Fit); used && !ok {
			return false
		}
	}
	return true
}

// maker is a channel that would make a strategy's order, and the excess of its clip over the ordered length.
type maker struct{ channel, longer int }

// makers are the steps of a strategy for clips of that length; none: no channel of it makes them.
func (c *contest) makers(strategy, seconds int) []maker {
	compiled, err := c.whatIf(strategy, seconds).Compile()
	if err != nil {
		return nil
	}
	var makers []maker
	for _, step := range compiled.Strategies[0].Routes[0].Steps {
		made := compiled.Model.Channels[step.Channel].Jobs[0].Clip.Seconds
		makers = append(makers, maker{step.Channel, made - seconds})
	}
	return makers
}

// saving is what the strategy saves per delivered clip against the other; NaN where either delivers none.
func (c *contest) saving(seconds int, rate float64) (float64, error) {
	mine, err := c.costs(c.solvers[0], c.strategy, seconds, []float64{rate})
	if err != nil {
		return 0, err
	}
	others, err := c.costs(c.solvers[0], c.against, seconds, []float64{rate})
	if err != nil {
		return 0, err
	}
	return others[0] - mine[0], nil
}

// alongLengths finds the lengths at which the cheaper side changes, the failures as stated.
func (c *contest) alongLengths() ([]record.BreakEven, error) {
	made, rate := c.made(), c.failing().Rate
	var found []record.BreakEven
	last, before := -1, 0.0 // the last length at which one of them was cheaper, and by how much
	for _, seconds := range spacedLengths(made) {
		at := slices.Index(made, int(seconds))
		now, err := c.saving(made[at], rate)
		if err != nil {
			return nil, err
		}
		if last >= 0 && now*before < 0 {
			even, err := c.between(made[last:at+1], before, now)
			if err != nil {
				return nil, err
			}
			found = append(found, even)
		}
		switch {
		case math.IsNaN(now):
			last = -1
		case now != 0:
			last, before = at, now
		}
	}
	return found, nil
}

// between narrows a change of the cheaper side down to two neighbours among the lengths: it is between the two or,
// where the clip as it is made grows by a rung, at the longer one.
func (c *contest) between(made []int, before, after float64) (record.BreakEven, error) {
	for len(made) > 2 {
		middle := len(made) / 2
		saving, err := c.saving(made[middle], c.failing().Rate)
		if err != nil {
			return record.BreakEven{}, err
		}
		if saving*before > 0 {
			made, before = made[middle:], saving
		} else {
			made, after = made[:middle+1], saving
		}
	}
	longer, shorter := c.sides(after - before)
	low, high := made[0], made[1]
	even := record.BreakEven{Cheaper: longer, Dearer: shorter, Clip: c.resolution()}
	even.Seconds = record.Number(float64(high))
	even.Sentence = fmt.Sprintf(
		"From a %s clip of %d s on, %s is cheaper per delivered clip than %s; shorter ones are cheaper with %s.",
		even.Clip, high, longer, shorter, shorter)
	if high == low+1 && c.sameMakers(low, high) {
		even.Seconds = record.Number(float64(low) + before/(before-after))
		even.Sentence = fmt.Sprintf(
			"%s and %s cost the same per delivered %s clip at %s s: longer ones are cheaper with %s, shorter ones with %s.",
			longer, shorter, even.Clip, strconv.FormatFloat(*even.Seconds, 'g', 3, 64), longer, shorter)
	}
	return even, nil
}

// sameMakers says whether clips of two lengths are made by the same channels, with the same excess.
func (c *contest) sameMakers(low, high int) bool {
	same := func(strategy int) bool { return slices.Equal(c.makers(strategy, low), c.makers(strategy, high)) }
	return same(c.strategy) && same(c.against)
}

// sides are the names of the side that an increase of the saving favours, and of the other.
func (c *contest) sides(increase float64) (favoured, other string) {
	favoured, other = c.scenario.Strategies[c.strategy].Name, c.scenario.Strategies[c.against].Name
	if increase < 0 {
		return other, favoured
	}
	return favoured, other
}

// rateFlip is a rate of the failure at which a clip costs the same with both sides.
type rateFlip struct {
	seconds int
	rate    float64
	rising  bool // more failures favour the strategy
}

// alongRates finds for the lengths that are ordered the rate of the failure at which both sides cost the same, where
// there is one. The lowest and the highest speak for all.
func (c *contest) alongRates(rates []float64) ([]record.BreakEven, error) {
	var flips []rateFlip
	for _, seconds := range c.ordered() {
		found, err := c.rateFlips(seconds, rates)
		if err != nil {
			return nil, err
		}
		if len(found) == 1 {
			flips = append(flips, found[0])
		}
	}
	var all []record.BreakEven
	for _, rising := range []bool{false, true} {
		same := slices.DeleteFunc(slices.Clone(flips), func(f rateFlip) bool { return f.rising != rising })
		if len(same) > 0 {
			all = append(all, c.atRates(same))
		}
	}
	return all, nil
}

// rateFlips are those at one length.
func (c *contest) rateFlips(seconds int, rates []float64) ([]rateFlip, error) {
	var flips []rateFlip
	last, before := 0.0, 0.0
	for i, rate := range rates {
		now, err := c.saving(seconds, rate)
		if err != nil {
			return nil, err
		}
		if i > 0 && now*before < 0 {
			at, err := c.evenAt(seconds, last, rate, before)
			if err != nil {
				return nil, err
			}
			flips = append(flips, rateFlip{seconds, at, now > 0})
		}
		if now != 0 {
			last, before = rate, now
		}
	}
	return flips, nil
}

// evenAt is the rate between two at which nothing is saved; at the lower one it is so much.
func (c *contest) evenAt(seconds int, low, high, before float64) (float64, error) {
	for high-low > 1e-6 {
		middle := (low + high) / 2
		saving, err := c.saving(seconds, middle)
		if err != nil {
			return 0, err
		}
		if saving*before > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}

// atRates puts flips to the same side into one break-even.
func (c *contest) atRates(flips []rateFlip) record.BreakEven {
	slices.SortStableFunc(flips, func(a, b rateFlip) int { return cmp.Compare(a.rate, b.rate) })
	low, high := flips[0], flips[len(flips)-1]
	favour := -1.0 // rarer failures favour the strategy
	if low.rising {
		favour = 1
	}
	dearer, cheaper := c.sides(favour)
	share := func(f rateFlip) string { return strconv.FormatFloat(100*f.rate, 'g', 2, 64) + "%" }
	clip := func(f rateFlip) string { return fmt.Sprintf("%d s %s", f.seconds, c.resolution()) }
	rates := fmt.Sprintf("%s (%s)", share(low), clip(low))
	switch {
	case share(low) == share(high) && len(flips) > 1:
		rates = share(low)
	case share(low) != share(high):
		rates += fmt.Sprintf(" to %s (%s)", share(high), clip(high))
	}
	return record.BreakEven{
		Cheaper: cheaper, Dearer: dearer, Clip: clip(low), FailRate: &low.rate,
		Sentence: fmt.Sprintf("%s costs as much per delivered clip as %s once %s of %s's %s.",
			cheaper, dearer, rates, c.scenario.Channels[c.channel].Name, channel.Reasons[c.failure].Clause),
	}
}
