package mockchannel

import (
	"container/heap"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// job is an accepted order.
type job struct {
	id, model, prompt string
	clip              channel.Clip // as ordered
	order             order
	outcome           channel.Outcome // Delivered, Unusable or Failed
	billed            bool            // though it failed
	accepted, ended   time.Time
	atOnce            money.Micros     // charged for the acceptance
	charge            money.Micros     // in the end, that included
	holds             money.Micros     // of the balance, while it runs
	quote, units      dialect.Quantity // that are billed if a clip comes out, and in the end
	fetches           int
}

// sale tells of the job as of an instant.
func (j *job) sale(now time.Time, o *Options, life time.Duration) dialect.Sale {
	s := dialect.Sale{ID: j.id, Model: j.model, Prompt: j.prompt, Clip: j.clip, Created: j.accepted, Units: j.quote}
	switch {
	case now.Before(j.ended):
		s.PollAfter = o.PollAfter
		s.Percent = min(99, max(0, int(100*float64(now.Sub(j.accepted))/float64(j.ended.Sub(j.accepted)))))
		return s
	case j.outcome == channel.Failed:
		s.State, s.Code, s.Message = dialect.Failed, "server_error", "The video could not be generated."
	default:
		s.State, s.Percent, s.Expires = dialect.Completed, 100, j.ended.Add(life)
	}
	s.Ended, s.Cost, s.CostKnown, s.Units = j.ended, j.charge, o.TellCost, j.units
	return s
}

// shelf holds a channel's jobs, from acceptance until they are forgotten.
type shelf struct {
	life    time.Duration // of a job after its end
	byID    map[string]*job
	running byEnd
	ended   []*job // in the order of their ends
}

func (s *shelf) add(j *job) {
	s.byID[j.id] = j
	heap.Push(&s.running, j)
}

// turn takes one job off the running ones that has ended by an instant; nil where there is none. It
// forgets those that ended long ago.
func (s *shelf) turn(now time.Time) *job {
	for len(s.ended) > 0 && !now.Before(s.ended[0].ended.Add(s.life)) {
		delete(s.byID, s.ended[0].id)
		s.ended[0] = nil
		s.ended = s.ended[1:]
	}
	if len(s.running) == 0 || s.running[0].ended.After(now) {
		return nil
	}
	j, _ := heap.Pop(&s.running).(*job)
	s.ended = append(s.ended, j)
	return j
}

// byEnd is a heap of jobs; the one that ends first is at the top.
type byEnd []*job

func (b byEnd) Len() int           { return len(b) }
func (b byEnd) Less(i, k int) bool { return b[i].ended.Before(b[k].ended) }
func (b byEnd) Swap(i, k int)      { b[i], b[k] = b[k], b[i] }

// Push and Pop are for package heap.
func (b *byEnd) Push(j any) { *b = append(*b, j.(*job)) }

// Pop takes the last one.
func (b *byEnd) Pop() any {
	last := len(*b) - 1
	j := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return j
}
