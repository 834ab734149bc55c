package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/world"
)

// pair is what the driven orders of one video and prompt say together.
type pair struct {
	number    int
	video     int
	key       world.Key
	scheduled time.Duration // arrival of the first of them
	verdicts  []verdict     // by channel
}

// verdict is what a channel thinks of a prompt. A refusal for another reason lets it pass: channels
// look at prompts first.
type verdict struct {
	tried    bool
	refusals []*recording.Attempt // for moderation
}

// refusedElsewhere says whether any channel but ch refused the prompt.
func refusedElsewhere(verdicts []verdict, ch int) bool {
	for i := range verdicts {
		if i != ch && len(verdicts[i].refusals) > 0 {
			return true
		}
	}
	return false
}

// byNumber is the recording in the order of the run.
func byNumber(recorded []recording.Order) []*recording.Order {
	sorted := make([]*recording.Order, len(recorded))
	for i := range recorded {
		sorted[i] = &recorded[i]
	}
	slices.SortStableFunc(sorted, func(a, b *recording.Order) int { return cmp.Compare(a.Number, b.Number) })
	return sorted
}

// pairsOf gathers the pairs, by number.
func pairsOf(o *Options, recorded []*recording.Order) ([]*pair, error) {
	known := map[int]*pair{}
	for _, r := range recorded {
		if r.Video < 0 || r.Video >= len(o.Model.Classes) {
			return nil, fmt.Errorf("order %d of the recording is for video %d, but the scenario has %d", r.Number, r.Video,
				len(o.Model.Classes))
		}
		p := known[r.Pair]
		if p == nil {
			p = &pair{number: r.Pair, video: r.Video, key: r.Key, scheduled: r.Scheduled,
				verdicts: make([]verdict, len(o.Channels))}
			known[r.Pair] = p
		}
		if r.Video != p.video {
			return nil, fmt.Errorf("order %d of the recording is for video %d, but its pair %d for video %d", r.Number, r.Video,
				p.number, p.video)
		}
		p.scheduled = min(p.scheduled, r.Scheduled)
		p.hear(o, r)
	}
	pairs := slices.Collect(maps.Values(known))
	slices.SortFunc(pairs, func(a, b *pair) int { return cmp.Compare(a.number, b.number) })
	return pairs, nil
}

// hear notes what channels said of the pair's prompt.
func (p *pair) hear(o *Options, r *recording.Order) {
	for i := range r.Attempts {
		a := &r.Attempts[i]
		ch := slices.Index(o.Channels, a.Channel)
		if ch < 0 {
			continue // the scenario has dropped the channel
		}
		v := &p.verdicts[ch]
		v.tried = true
		if moderated(a) {
			v.refusals = append(v.refusals, a)
		}
	}
}

func moderated(a *recording.Attempt) bool {
	return a.Outcome == channel.Refused && a.Reason == channel.Moderation
}
