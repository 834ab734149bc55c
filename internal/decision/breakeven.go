package decision

import (
	"fmt"
	"math"

	"channelbench/internal/channel"
	"channelbench/internal/record"
)

// longestClip bounds the search for a break-even length, in seconds.
const longestClip = 120

// BreakEvens compares two channels' prices for the clips that either could be ordered to make: the
// length at which they cost the same, and the share of failures at which they would if failures
// were billed.
func BreakEvens(a, b *channel.Channel, clips []channel.Clip) []record.BreakEven {
	var found []record.BreakEven
	seen := map[string]bool{}
	for _, c := range clips {
		if !seen[c.Resolution] {
			seen[c.Resolution] = true
			found = append(found, lengths(a, b, c.Resolution)...)
		}
	}
	return append(found, failures(a, b, clips)...)
}

// lengths finds where the cheaper of two channels changes as clips grow longer.
func lengths(a, b *channel.Channel, resolution string) []record.BreakEven {
	var found []record.BreakEven
	previous, known := 0.0, false
	last := 0 // the sign of the last difference that was not zero
	for s := 0; s <= longestClip; s++ {
		d, ok := difference(a, b, s, resolution)
		if !ok {
			known = false
			continue
		}
		sign := int(math.Copysign(1, d))
		if d == 0 {
			sign = 0
		}
		if known && last != 0 && sign != 0 && sign != last {
			found = append(found, atLength(a, b, s, previous, d, resolution))
		}
		if sign != 0 {
			last = sign
		}
		previous, known = d, true
	}
	return found
}

// atLength says where the difference of two prices changes its sign from s−1 to s: between the two,
// or at s itself where a ladder goes up a rung.
func atLength(a, b *channel.Channel, s int, before, at float64, resolution string) record.BreakEven {
	longer, shorter := a, b // a is dearer from here on where the difference is positive
	if at > 0 {
		longer, shorter = b, a
	}
	seconds := float64(s) - at/(at-before)
	sentence := fmt.Sprintf("%s and %s cost the same at a %s clip of %.2f s: longer ones are cheaper by %s, shorter ones by %s.",
		longer.Name, shorter.Name, resolution, seconds, longer.Name, shorter.Name)
	if before != 0 && (rung(&a.Price, s) != rung(&a.Price, s-1) || rung(&b.Price, s) != rung(&b.Price, s-1)) {
		seconds = float64(s)
		sentence = fmt.Sprintf("From a %s clip of %d s on, %s is cheaper than %s; shorter ones are cheaper by %s.",
			resolution, s, longer.Name, shorter.Name, shorter.Name)
	}
	return record.BreakEven{Cheaper: longer.Name, Dearer: shorter.Name, Clip: resolution, Seconds: &seconds, Sentence: sentence}
}

// difference is a's price less b's, in dollars, for a clip of s seconds; the next longer rung of a ladder.
func difference(a, b *channel.Channel, s int, resolution string) (float64, bool) {
	pa, okA := quote(&a.Price, s, resolution)
	pb, okB := quote(&b.Price, s, resolution)
	return pa - pb, okA && okB
}

func quote(p *channel.Price, s int, resolution string) (float64, bool) {
	if p.Shape == channel.Ladder {
		s = rung(p, s)
	}
	charge, err := p.Charge(channel.Usage{Clip: channel.Clip{Seconds: s, Resolution: resolution}, Made: true})
	return charge.Dollars(), err == nil
}

// rung is the shortest length of a ladder that is not shorter than s seconds; 0 for other shapes, and
// beyond the last.
func rung(p *channel.Price, s int) int {
	for _, l := range p.Lengths() {
		if l >= s {
			return l
		}
	}
	return 0
}

// failures finds, for each of the two channels that is the cheaper one for some clips, the share of
// failed calls at which it would cost as much as the other, if each failed call were billed in
// full and tried again: 1 − cheaper price ÷ dearer price. One entry speaks for all its clips and
// holds the lowest share.
func failures(a, b *channel.Channel, clips []channel.Clip) []record.BreakEven {
	var found []record.BreakEven
	for _, pair := range [][2]*channel.Channel{{a, b}, {b, a}} {
		low, high := failure{rate: 1}, failure{}
		for _, c := range clips {
			f, ok := failureOf(pair[0], pair[1], c)
			if ok && f.rate < low.rate {
				low = f
			}
			if ok && f.rate > high.rate {
				high = f
			}
		}
		if high.rate > 0 {
			found = append(found, low.upTo(high, pair[0], pair[1]))
		}
	}
	return found
}

// failure is a break-even share of failed calls.
type failure struct {
	rate float64
	clip channel.Clip
}

func failureOf(cheap, dear *channel.Channel, c channel.Clip) (failure, bool) {
	madeCheap, ok := cheap.Make(c, channel.Longer)
	madeDear, okDear := dear.Make(c, channel.Longer)
	if !ok || !okDear {
		return failure{}, false
	}
	low, _ := quote(&cheap.Price, madeCheap.Seconds, madeCheap.Resolution)
	high, _ := quote(&dear.Price, madeDear.Seconds, madeDear.Resolution)
	if low <= 0 || low >= high {
		return failure{}, false
	}
	return failure{1 - low/high, c}, true
}

func (f failure) upTo(high failure, cheap, dear *channel.Channel) record.BreakEven {
	rates := fmt.Sprintf("%.0f%% of its calls (%v)", 100*f.rate, f.clip)
	if high.clip != f.clip {
		rates = fmt.Sprintf("%.0f%% (%v) to %.0f%% (%v) of its calls", 100*f.rate, f.clip, 100*high.rate, high.clip)
	}
	billing := "It bills only clips that were made, so by its charges alone no failure rate makes it dearer."
	if cheap.Price.Billed == channel.OnAccept {
		billing = "It does bill accepted jobs that fail."
	}
	return record.BreakEven{
		Cheaper: cheap.Name, Dearer: dear.Name, Clip: f.clip.String(), FailRate: &f.rate,
		Sentence: fmt.Sprintf("If every failed call were billed in full, %s would cost as much as %s once %s failed. %s",
			cheap.Name, dear.Name, rates, billing),
	}
}
