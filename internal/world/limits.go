package world

import (
	"time"

	"channelbench/internal/dist"
)

// Limits are what a channel lets through.
type Limits struct {
	PerMinute  int // submits in any sixty seconds; 0: any number
	Concurrent int // jobs that run at once; 0: any number
	Queue      int // accepted jobs that may wait for one of them to end; < 0: any number

	Takes dist.Distribution // from a submit to its refusal; nil: no time
}

// minute lets through so many submits in any sixty seconds.
type minute struct {
	most   int             // 0: any number
	let    []time.Duration // the last of them, as a ring
	oldest int
}

// pause is how long a submit has to wait; 0 lets it through and counts it.
func (m *minute) pause(at time.Duration) time.Duration {
	switch {
	case m.most == 0:
		return 0
	case len(m.let) < m.most:
		m.let = append(m.let, at)
		return 0
	}
	if wait := m.let[m.oldest] + time.Minute - at; wait > 0 {
		return wait
	}
	m.let[m.oldest] = at
	m.oldest = (m.oldest + 1) % m.most
	return 0
}

// slots run so many jobs at once, and let others wait for their turn, first come, first served. As
// a job's time is known when it is accepted, so is its start: when the slot that is free first is
// free (Kiefer and Wolfowitz 1955). No event is needed, and memory doesn't grow with the wait.
type slots struct {
	most   int             // 0: any number
	places int             // to wait at; < 0: any number
	free   []time.Duration // min-heap: when each slot used so far is free
	starts []time.Duration // ring of those that wait, ascending; unused where places < 0
	first  int
	n      int // of starts
}

// pause is how long a submit has to wait until one more job is accepted; 0: it is now.
func (s *slots) pause(at time.Duration) time.Duration {
	if s.most == 0 || len(s.free) < s.most || s.free[0] <= at || s.places < 0 {
		return 0
	}
	for s.n > 0 && s.starts[s.first] <= at {
		s.first = (s.first + 1) % len(s.starts)
		s.n--
	}
	switch {
	case s.n < s.places:
		return 0
	case s.places == 0:
		return s.free[0] - at
	}
	return s.starts[s.first] - at
}

// run takes in a job that was submitted at a time, is accepted at another and runs for so long. It
// says how long the job waits from its acceptance to its start.
func (s *slots) run(at, accepted, service time.Duration) (wait time.Duration) {
	switch {
	case s.most == 0:
		return 0
	case len(s.free) < s.most && (len(s.free) == 0 || s.free[0] > at):
		s.push(accepted + service)
		return 0
	}
	free := min(s.free[0], at+longest)
	if free > at && s.places > 0 {
		s.queue(free)
	}
	wait = max(0, free-accepted)
	s.replaceFirst(accepted + wait + service)
	return wait
}

// queue notes when one more waiting job starts.
func (s *slots) queue(start time.Duration) {
	if s.n == len(s.starts) {
		grown := make([]time.Duration, min(max(16, 2*s.n), max(s.n+1, s.places)))
		for i := range s.n {
			grown[i] = s.starts[(s.first+i)%s.n]
		}
		s.starts, s.first = grown, 0
	}
	s.starts[(s.first+s.n)%len(s.starts)] = start
	s.n++
}

func (s *slots) push(t time.Duration) {
	s.free = append(s.free, t)
	i := len(s.free) - 1
	for i > 0 && t < s.free[(i-1)/2] {
		s.free[i] = s.free[(i-1)/2]
		i = (i - 1) / 2
	}
	s.free[i] = t
}

// replaceFirst puts t in the place of the earliest.
func (s *slots) replaceFirst(t time.Duration) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s.free) {
			break
		}
		if child+1 < len(s.free) && s.free[child+1] < s.free[child] {
			child++
		}
		if t <= s.free[child] {
			break
		}
		s.free[i] = s.free[child]
		i = child
	}
	s.free[i] = t
}
