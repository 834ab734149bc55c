// Package replay answers strategies that a bench did not drive, without spending: whatever a machine wants to submit is
// answered by an attempt that was recorded while other strategies were driven.
//
// An answer comes from the same channel, for the same clip as made, from the same time block, so that a burst of errors
// or an outage that hits several channels at once hits a replayed order too. Three rules keep the choice from being
// biased, as attempts of one order aren't independent of each other:
//
//   - Moderation is bound to the prompt. Where the pair's own orders tried the channel, they say whether it
//     refuses the prompt. Where they did not, attempts answer whose prompts fared alike on the other channels: a
//     channel that was only a fallback has seen mostly prompts that another one refused.
//   - The first submit to a channel is answered by a first one, the second by a second one, and so on: what made an
//     order fail once, such as its exit, may make it fail again, and orders that fail make more attempts.
//     No attempt answers the same order twice while there are others.
//   - A job whose end isn't on record never ends, and a clip that could not be fetched never is. To leave them out
//     would prefer quick jobs.
//
// It deliberately draws nothing from the simulated world but the jitter that the order would have had, works out no
// figures and knows no prices: a bill is the bill of the attempt that answered. What a recording cannot tell is lost: a
// replayed strategy would itself have changed the load; a pause that a channel asked for holds back the order that it
// was said to and no other, and breakers and retry budgets, which hang on all orders, are refused; orders begin when
// they are scheduled, without lag; a clip that was ready only after its deadline counts as usable; and a channel that
// was tried only after others failed was seen in bad times only, so that it is better driven by itself as well.
//
//	orders, err := replay.Orders(replay.Options{Strategy: hybrid, Channels: names, Model: model,
//		Recorded: recorded, Block: block, Times: 10, Seed: seed})
package replay

import (
	"errors"
	"fmt"
	"time"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Options say what is answered, and from what. All of it must stay unchanged meanwhile.
type Options struct {
	Strategy *policy.Strategy
	Channels []string                       // names, by the indices that steps use
	Model    *world.Model                   // which clip each channel makes of each video, and the jitter
	Recorded []recording.Order              // of the strategies that were driven, in any order; their numbers differ
	Block    func(at time.Duration) (n int) // the time block of a moment since the run began; the last one has no end
	Times    int                            // how often each pair is answered, each time by other draws
	Seed     uint64
}

// UnansweredError says that the recording holds no answer for some step of the strategy.
type UnansweredError struct {
	Strategy string
	Channel  string
	Clip     channel.Clip // as made
}

func (e *UnansweredError) Error() string {
	return fmt.Sprintf("%s can't be replayed: no attempt to buy %v from %s is on record; add a strategy to [bench] run that buys it there first", e.Strategy, e.Clip, e.Channel)
}

// ErrShared is returned for a strategy with a breaker or a retry budget: there the course of an order depends on all
// the others, and a recording holds orders of other strategies.
var ErrShared = errors.New("a breaker or a retry budget can't be replayed; add the strategy to [bench] run")

// Orders answers the strategy for each pair of the recording, Times each: by pair, then by repetition,
// numbered in this order. They read as if they had been driven. Orders that wait for a job that never ends,
// without a deadline, are not Finished.
//
// Every announced pair counts, whether or not any of its orders finished: which ones arrived depends on the
// schedule alone, but of those under way when a run ended early, the lucky ones finish.
//
// A step that nothing can answer is an UnansweredError even where no order would get so far: whether one
// does is luck.
func Orders(o Options) ([]recording.Order, error) {
	recorded := byNumber(o.Recorded)
	pairs, err := pairsOf(&o, recorded)
	if err != nil {
		return nil, err
	}
	stock := stockOf(&o, recorded, pairs)
	for _, p := range pairs {
		if err := answerable(&o, stock, p.video); err != nil {
			return nil, err
		}
	}
	var all []recording.Order
	for _, p := range pairs {
		for repetition := range o.Times {
			r := newOrder(&o, stock, p, repetition)
			r.out.Number = len(all)
			all = append(all, r.run())
		}
	}
	return all, nil
}

// answerable is nil if every step of a video's route has a first answer, and its hedge one too.
func answerable(o *Options, s *stock, video int) error {
	for _, step := range o.Strategy.Routes[video].Steps {
		if step.Breaker.Failures > 0 || step.Budget.Burst > 0 {
			return ErrShared
		}
		channels := []int{step.Channel}
		if step.Hedge.After > 0 {
			channels = append(channels, step.Hedge.Channel)
		}
		for _, ch := range channels {
			clip := o.Model.Channels[ch].Jobs[video].Clip
			if s.pools[cell{ch, clip, 0, anyPrompt}] == nil {
				return &UnansweredError{o.Strategy.Name, o.Channels[ch], clip}
			}
		}
	}
	return nil
}
