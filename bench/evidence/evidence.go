// Package evidence reads the journal of a bench as attempts that a scenario can be calibrated from.
//
// It deliberately judges nothing: what an attempt met is told as it was recorded, and what isn't known is told as
// unknown.
//
//	night, err := evidence.Read(file, scenario)
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

// Night is a journal's run.
type Night struct {
	attempt.Night
	Warnings []string
}

// entries are what a journal's attempts met that a recording doesn't keep.
type entries struct {
	run     journal.Run
	all     []journal.Entry
	left    map[[2]int]time.Time // when an abandoned attempt was last known to run
	remnant map[[2]int]bool      // settled by a later run, which didn't see its end
	once    map[string]bool      // channels whose answer to a submit is the clip
	torn    error
}

// Read reads a journal. A line that a crash cut short, or that was changed later, ends it with a warning: what comes
// before it counts. The scenario says what the run's videos were, and how often its channels were polled.
func Read(r io.Reader, s *scenario.Scenario) (*Night, error) {
	e, err := gather(r)
	if err != nil {
		return nil, err
	}
	n := &Night{Night: attempt.Night{From: e.run.At.Time, Mock: !e.run.Live}}
	if e.torn != nil {
		n.Warnings = append(n.Warnings, e.torn.Error()+"; what comes before it counts")
	}
	orders, err := recording.Read(func(yield func(journal.Entry, error) bool) {
		for _, entry := range e.all {
			if !yield(entry, nil) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range orders {
		for k := range orders[i].Attempts {
			if r := &orders[i].Attempts[k]; !e.remnant[[2]int{orders[i].Number, k}] {
				_, poll := made(s, r.Channel, -1)
				e.once[r.Channel] = e.once[r.Channel] || atOnce(r, poll)
			}
		}
	}
	for i := range orders {
		for k := range orders[i].Attempts {
			a, known, err := e.attempt(&orders[i], k, s)
			if err != nil {
				return nil, err
			}
			if known {
				n.Attempts = append(n.Attempts, a)
			}
		}
	}
	slices.SortStableFunc(n.Attempts, func(a, b attempt.Attempt) int { return a.At.Compare(b.At) })
	return n, nil
}

// gather reads the entries up to the first that can't be trusted.
func gather(r io.Reader) (*entries, error) {
	e := &entries{left: map[[2]int]time.Time{}, remnant: map[[2]int]bool{}, once: map[string]bool{}}
	ended := map[[2]int]bool{}
	for entry, err := range journal.Read(r) {
		if err != nil {
			if len(e.all) == 0 {
				return nil, err
			}
			e.torn = err
			break
		}
		switch entry := entry.(type) {
		case journal.Run:
			e.run = entry
		case journal.Ended:
			at := [2]int{entry.Order, entry.Attempt}
			ended[at] = true
			if channel.Outcome(entry.Outcome) == channel.Abandoned {
				e.left[at] = entry.At.Time
			}
		case journal.Settled:
			at := [2]int{entry.Order, entry.Attempt}
			e.remnant[at] = !ended[at] || channel.Outcome(entry.Outcome) == channel.Ambiguous
		}
		e.all = append(e.all, entry)
	}
	if len(e.all) == 0 {
		return nil, errors.New("the journal is empty")
	}
	return e, nil
}

// attempt is the k-th of an order; known is false where nobody knows what it met.
func (e *entries) attempt(o *recording.Order, k int, s *scenario.Scenario) (a attempt.Attempt, known bool, err error) {
	r := &o.Attempts[k]
	at := [2]int{o.Number, k}
	if (r.Outcome == channel.Pending || r.Outcome == channel.Ambiguous && e.remnant[at]) && !r.Accepted {
		return a, false, nil
	}
	if o.Video < 0 || o.Video >= len(s.Workload.Videos) {
		return a, false, fmt.Errorf("order %d is of video %d, and the scenario has %d", o.Number, o.Video, len(s.Workload.Videos))
	}
	clip, poll := made(s, r.Channel, o.Video)
	a = attempt.Attempt{
		Channel: r.Channel, Resolution: clip.Resolution, Seconds: clip.Seconds, Order: strconv.Itoa(o.Number), Try: k,
		At: e.run.At.Add(r.Submitted), Outcome: r.Outcome, Reason: r.Reason, Country: r.Country,
		Accepted: r.Accepted, Ended: r.Ended, Made: r.Made, Billed: r.Bill.Reported != nil,
		Fetches: r.Fetches,
	}
	a.Charged = a.Billed && *r.Bill.Reported > 0
	e.service(&a, r, at, poll)
	return a, true, nil
}

// service bounds how long the job took: a poll sees its end, and the poll before saw none.
func (e *entries) service(a *attempt.Attempt, r *recording.Attempt, at [2]int, poll time.Duration) {
	left, abandoned := e.left[at]
	waited := time.Duration(float64(left.Sub(e.run.At.Time))*e.run.Speed) - r.Submitted
	switch {
	case !r.Accepted && abandoned && e.once[r.Channel]:
		// A refusal would have been here long before: the job runs, and its clip would have been the answer.
		a.Accepted, a.Low = true, waited
	case !r.Accepted:
	case e.remnant[at] && r.Outcome != channel.Abandoned:
		// A later run found it: when it had ended isn't known.
		a.Ended = a.Ended && r.Outcome != channel.Ambiguous
		a.High = r.Service
	case r.Ended && atOnce(r, poll):
		a.Low, a.High = r.Answer+r.Service, r.Answer+r.Service
	case r.Ended && (r.Outcome == channel.Abandoned || r.Polls == 0):
		a.Low, a.High = max(0, r.Service-poll), r.Service
	case r.Ended:
		a.Low, a.High = r.Service-r.Service/time.Duration(r.Polls), r.Service
	case abandoned:
		a.Low = max(0, waited-r.Answer-poll)
	}
}

// atOnce says whether the answer to the submit was the clip: no poll sees anything before one interval has gone by.
func atOnce(r *recording.Attempt, poll time.Duration) bool {
	return r.Accepted && r.Ended && r.Service < poll/2
}

// made is the clip that a channel made of a video, and how often it was asked for it. A negative video is any.
func made(s *scenario.Scenario, name string, video int) (channel.Clip, time.Duration) {
	v := &s.Workload.Videos[max(0, video)]
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

// Header says of a journal's run what decides whether it counts.
type Header struct {
	Purchase string // as Scenario.PurchaseSHA256 says it
	At       time.Time
	Seed     uint64
	Live     bool
}

// ReadHeader reads it.
func ReadHeader(r io.Reader) (*Header, error) {
	for e, err := range journal.Read(r) {
		if err != nil {
			return nil, err
		}
		run := e.(journal.Run) // the first entry of a journal is its header, or an error
		return &Header{run.PurchaseSHA256, run.At.Time, run.Seed, run.Live}, nil
	}
	return nil, errors.New("the journal is empty")
}
