package sprt

// Queue feeds a monitor in the order in which orders began, whatever the order in which their ends become known.
// Refusals come at once and clips take minutes: taken as they come in, the failures of a healthy channel would stand at
// the head of every run. An order whose end isn't known counts as good, as long as it isn't.
type Queue struct {
	sure    monitor // all orders before the first that is open
	waiting []end   // that one, and those after it
	first   int     // number of that one
	good    int
	bad     int
}

// end is what became of an order.
type end uint8

const (
	open end = iota
	wasGood
	wasBad
	void // says nothing about the channel
)

// NewQueue begins to watch a channel that so many orders will come to.
func NewQueue(r Rule, orders int) *Queue { return &Queue{sure: *newMonitor(r, orders)} }

// Enter begins an order and returns its number.
func (q *Queue) Enter() int {
	q.waiting = append(q.waiting, open)
	return q.first + len(q.waiting) - 1
}

// Tell says how an order ended, once, and returns whether the channel is dead by all that is known.
func (q *Queue) Tell(order int, good bool) (dead bool) {
	if good {
		q.good++
		q.waiting[order-q.first] = wasGood
	} else {
		q.bad++
		q.waiting[order-q.first] = wasBad
	}
	return q.judge()
}

// Forget says that an order tells nothing about the channel.
func (q *Queue) Forget(order int) {
	q.waiting[order-q.first] = void
	q.judge()
}

// judge runs the monitor over what waits. What stands before the first open order is settled for good.
func (q *Queue) judge() (dead bool) {
	for len(q.waiting) > 0 && q.waiting[0] != open {
		q.sure.take(q.waiting[0])
		q.waiting = q.waiting[1:]
		q.first++
	}
	guess := q.sure
	for _, e := range q.waiting {
		guess.take(e)
	}
	return guess.dead
}

func (m *monitor) take(e end) {
	if e != void {
		m.add(e != wasBad)
	}
}

// Counts are the orders that are known to be good and bad, and those that are open.
func (q *Queue) Counts() (good, bad, running int) {
	for _, e := range q.waiting {
		if e == open {
			running++
		}
	}
	return q.good, q.bad, running
}
