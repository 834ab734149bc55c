package decision

import (
	"fmt"
	"math"

	"channelbench/internal/channel"
	"channelbench/internal/record"
)

// longestClip bounds the search for a break-even length, in seconds.
const longestClip = 120

// BreakEvens compares two channels' prices at each ordered clip: the length at which they cost
// the same, and the share of failures at which they would if failures were billed.
func BreakEvens(a, b *channel.Channel, clips []channel.Clip) []record.BreakEven {
	var found []record.BreakEven
	seen := map[string]bool{}
	for _, c := range clips {
		if !seen[c.Resolution] {
			seen[c.Resolution] = true
			found = append(found, lengths(a, b, c.Resolution)...)
		}
	}
	for _, c := range clips {
		if e, ok := failures(a, b, c); ok {
			found = append(found, e)
		}
	}
	return found
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
			found = append(found, atLength(a, b, crossing(a, b, s, previous, d), resolution, sign))
		}
		if sign != 0 {
			last = sign
		}
		previous, known = d, true
	}
	return found
}

// crossing is the length between s−1 and s at which two prices meet. Ladders jump at s itself.
func crossing(a, b *channel.Channel, s int, before, at float64) float64 {
	if a.Price.Shape == channel.Ladder || b.Price.Shape == channel.Ladder {
		return float64(s)
	}
	return float64(s) - at/(at-before)
}

func atLength(a, b *channel.Channel, seconds float64, resolution string, sign int) record.BreakEven {
	longer, shorter := a, b // a is dearer from here on where the sign is positive
	if sign > 0 {
		longer, shorter = b, a
	}
	return record.BreakEven{
		Cheaper: longer.Name, Dearer: shorter.Name, Clip: resolution, Seconds: &seconds,
		Sentence: fmt.Sprintf("%s and %s cost the same at a %s clip of %.2f s: longer ones are cheaper by %s, shorter ones by %s.",
			longer.Name, shorter.Name, resolution, seconds, longer.Name, shorter.Name),
	}
}

// difference is a's price less b's, in dollars, for a clip of s seconds; the next longer rung of a ladder.
func difference(a, b *channel.Channel, s int, resolution string) (float64, bool) {
	pa, okA := quote(&a.Price, s, resolution)
	pb, okB := quote(&b.Price, s, resolution)
	return pa - pb, okA && okB
}

func quote(p *channel.Price, s int, resolution string) (float64, bool) {
	if p.Shape == channel.Ladder {
		rung := 0
		for _, l := range p.Lengths() {
			if l >= s {
				rung = l
				break
			}
		}
		s = rung
	}
	charge, err := p.Charge(channel.Usage{Clip: channel.Clip{Seconds: s, Resolution: resolution}, Made: true})
	return charge.Dollars(), err == nil
}

// failures finds the share of failed calls at which the cheaper of two channels would cost as
// much as the dearer one, if each failed call were billed in full and tried again.
func failures(a, b *channel.Channel, c channel.Clip) (record.BreakEven, bool) {
	madeA, okA := a.Make(c, channel.Longer)
	madeB, okB := b.Make(c, channel.Longer)
	if !okA || !okB {
		return record.BreakEven{}, false
	}
	pa, _ := quote(&a.Price, madeA.Seconds, madeA.Resolution)
	pb, _ := quote(&b.Price, madeB.Seconds, madeB.Resolution)
	cheap, dear := a, b
	if pa > pb {
		cheap, dear, pa, pb = b, a, pb, pa
	}
	if pa == pb || pa <= 0 {
		return record.BreakEven{}, false
	}
	rate := 1 - pa/pb
	tail := "as it bills only clips that were made, no failure rate makes it dearer in charges"
	if cheap.Price.Billed == channel.OnAccept {
		tail = "and it does bill accepted jobs that fail"
	}
	return record.BreakEven{
		Cheaper: cheap.Name, Dearer: dear.Name, Clip: c.String(), FailRate: &rate,
		Sentence: fmt.Sprintf("If %s billed failed calls too, it would cost as much as %s for a %s clip once %.0f %% of calls failed; %s.",
			cheap.Name, dear.Name, c, 100*rate, tail),
	}, true
}
