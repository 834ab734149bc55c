package replay

import (
	"slices"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
)

// cell names the attempts that can stand in for each other.
type cell struct {
	channel int
	clip    channel.Clip // as made: videos of which a channel makes the same clip share their attempts
	try     int          // how many attempts their orders had made on the channel before
	prompt  prompt
}

// prompt is what is known of their orders' prompts.
type prompt uint8

const (
	anyPrompt prompt = iota
	clean            // no other channel refused it
	suspect          // another channel refused it
	passed           // this channel let it pass
)

// pool is the attempts of one cell.
type pool struct {
	blocks   []int                        // that have any, ascending
	attempts map[int][]*recording.Attempt // by block
}

// stock is what a recording has to answer with.
type stock struct {
	pools map[cell]*pool
	stuck map[*recording.Attempt]bool // clips that were ready in time, and could not be fetched in time
}

// stockOf files the attempts of a recording, each in every cell that it fits.
func stockOf(o *Options, recorded []*recording.Order, pairs []*pair) *stock {
	s := &stock{map[cell]*pool{}, map[*recording.Attempt]bool{}}
	for _, r := range recorded {
		i, _ := slices.BinarySearchFunc(pairs, r.Pair, func(p *pair, number int) int { return p.number - number })
		tries := make([]int, len(o.Channels))
		for k := range r.Attempts {
			a := &r.Attempts[k]
			ch := slices.Index(o.Channels, a.Channel)
			if ch < 0 {
				continue
			}
			clip := o.Model.Channels[ch].Jobs[r.Video].Clip
			for _, prompt := range prompts(a, tries[ch], refusedElsewhere(pairs[i].verdicts, ch)) {
				s.file(cell{ch, clip, tries[ch], prompt}, o.Block(a.Submitted), a)
			}
			tries[ch]++
			if a.Reason == channel.Deadline && a.Made && a.Submitted+a.Answer+a.Service < r.Scheduled+r.Latency {
				s.stuck[a] = true
			}
		}
	}
	return s
}

func (s *stock) file(c cell, block int, a *recording.Attempt) {
	if s.pools[c] == nil {
		s.pools[c] = &pool{attempts: map[int][]*recording.Attempt{}}
	}
	s.pools[c].add(block, a)
}

// prompts are the kinds of prompt that an attempt can answer for. A refusal for moderation that came at a further
// submit only is met by its own pair and no other.
func prompts(a *recording.Attempt, try int, refusedElsewhere bool) []prompt {
	var kinds []prompt
	if !moderated(a) {
		kinds = append(kinds, passed)
	}
	switch {
	case try > 0:
		return kinds
	case refusedElsewhere:
		return append(kinds, anyPrompt, suspect)
	}
	return append(kinds, anyPrompt, clean)
}

// add files an attempt under its block.
func (p *pool) add(block int, a *recording.Attempt) {
	if i, known := slices.BinarySearch(p.blocks, block); !known {
		p.blocks = slices.Insert(p.blocks, i, block)
	}
	p.attempts[block] = append(p.attempts[block], a)
}

// near is the attempts of a block or, if it has none, of the nearest one that has; of two as near, the
// earlier. Those that are used up don't count.
func (p *pool) near(block int, used []*recording.Attempt) []*recording.Attempt {
	after, _ := slices.BinarySearch(p.blocks, block)
	before := after - 1
	for before >= 0 || after < len(p.blocks) {
		next := after
		if after == len(p.blocks) || before >= 0 && block-p.blocks[before] <= p.blocks[after]-block {
			next = before
			before--
		} else {
			after++
		}
		if left := without(p.attempts[p.blocks[next]], used); len(left) > 0 {
			return left
		}
	}
	return nil
}

func without(all, used []*recording.Attempt) []*recording.Attempt {
	if len(used) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(a *recording.Attempt) bool { return slices.Contains(used, a) })
}
