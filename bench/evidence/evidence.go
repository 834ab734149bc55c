// Package evidence tells the attempts of a bench as those that a scenario can be calibrated from.
//
// It deliberately judges nothing: what an attempt met is told as it was recorded, and what isn't known is told as
// unknown.
//
//	recorded, torn, err := evidence.Read(file)
//	attempts, err := evidence.Attempts(recorded, scenario)
package evidence

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"channelbench/bench/journal"
	"channelbench/bench/recording"
	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// Read reads a journal up to the first line that can't be trusted, since a crash cut it short or somebody changed it:
// torn says so, and what comes before counts.
func Read(r io.Reader) (recorded *recording.Recording, torn, err error) {
	recorded, err = recording.Read(func(yield func(journal.Entry, error) bool) {
		for e, err := range journal.Read(r) {
			if torn = err; err != nil || !yield(e, nil) {
				return
			}
		}
	})
	switch {
	case err != nil || recorded.Run.Schema != "":
		return recorded, torn, err
	case torn != nil:
		return nil, nil, torn
	}
	return nil, nil, errors.New("the journal is empty")
}

// Attempts are those of which somebody knows what they met, in the order of time. The scenario says what the run's
// videos were, and how often its channels were polled.
func Attempts(recorded *recording.Recording, s *scenario.Scenario) ([]attempt.Attempt, error) {
	orders := recorded.Orders()
	once := atOnce(orders, s)
	var all []attempt.Attempt
	for i := range orders {
		o := &orders[i]
		for k := range o.Attempts {
			r := &o.Attempts[k]
			if (r.Outcome == channel.Pending || r.Outcome == channel.Ambiguous && r.Remnant) && !r.Accepted {
				continue
			}
			if o.Video < 0 || o.Video >= len(s.Workload.Videos) {
				return nil, fmt.Errorf("order %d is of video %d, and the scenario has %d",
					o.Number, o.Video, len(s.Workload.Videos))
			}
			clip, poll := made(s, r.Channel, o.Video)
			a := attempt.Attempt{
				Channel: r.Channel, Resolution: clip.Resolution, Seconds: clip.Seconds, Order: strconv.Itoa(o.Number), Try: k,
				At: recorded.Run.At.Add(r.Submitted), Outcome: r.Outcome, Reason: r.Reason, Country: r.Country,
				Accepted: r.Accepted, Ended: r.Ended, Made: r.Made, Billed: r.Bill.Reported != nil, Fetches: r.Fetches,
			}
			a.Charged = a.Billed && *r.Bill.Reported > 0
			service(&a, r, poll, once[r.Channel])
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b attempt.Attempt) int { return a.At.Compare(b.At) })
	return all, nil
}

// atOnce are the channels whose answer to a submit is the clip.
func atOnce(orders []recording.Order, s *scenario.Scenario) map[string]bool {
	once := map[string]bool{}
	for i := range orders {
		for k := range orders[i].Attempts {
			r := &orders[i].Attempts[k]
			_, poll := made(s, r.Channel, 0)
			once[r.Channel] = once[r.Channel] || !r.Remnant && unpolled(r, poll)
		}
	}
	return once
}

// unpolled says whether the answer to the submit was the clip: no poll sees anything before one interval has gone by.
func unpolled(r *recording.Attempt, poll time.Duration) bool {
	return r.Accepted && r.Ended && r.Service < poll/2
}

// service bounds how long the job took: a poll sees its end, and the poll before saw none.
func service(a *attempt.Attempt, r *recording.Attempt, poll time.Duration, once bool) {
	switch {
	case !r.Accepted && r.Left > 0 && once:
		// A refusal would have been here long before: the job runs, and its clip would have been the answer.
		a.Accepted, a.Low = true, r.Left-r.Submitted
	case !r.Accepted:
	case r.Remnant && r.Outcome != channel.Abandoned:
		// A later run found it: when it had ended isn't known.
		a.Ended = a.Ended && r.Outcome != channel.Ambiguous
		a.High = r.Service
	case r.Ended && unpolled(r, poll):
		a.Low, a.High = r.Answer+r.Service, r.Answer+r.Service
	case r.Ended && (r.Outcome == channel.Abandoned || r.Polls == 0):
		a.Low, a.High = max(0, r.Service-poll), r.Service
	case r.Ended:
		a.Low, a.High = r.Service-r.Service/time.Duration(r.Polls), r.Service
	case r.Left > 0:
		a.Low = max(0, r.Left-r.Submitted-r.Answer-poll)
	}
}

// made is the clip that a channel made of a video, and how often it was asked for it.
func made(s *scenario.Scenario, name string, video int) (channel.Clip, time.Duration) {
	v := &s.Workload.Videos[video]
	for i := range s.Channels {
		if c := &s.Channels[i]; c.Name == name {
			clip, ok := c.Make(v.Clip, v.Fit)
			if !ok {
				clip = v.Clip
			}
			return clip, c.Poll
		}
	}
	return v.Clip, scenario.DefaultPoll
}
