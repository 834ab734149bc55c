package mockchannel

import (
	"fmt"
	"strings"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// Book is what a channel knows to have happened. Orders that can't even be read, and requests without any key,
// aren't in it. These hold at any time:
//
//	Submits  = sum of Faults + sum of Refused + Accepted + (Lost − LostRan)
//	Accepted = Running + Made + Failed
type Book struct {
	Channel string
	Submits int
	// the client's own, by dialect.Fault: bad keys, empty balance, orders that can't be made
	Faults       [dialect.BadRequest + 1]int
	Refused      [channel.NumReasons]int // proven not accepted: rate_limited, moderation, region, submit
	Lost         int                     // answers that were lost
	LostRan      int                     // of them: a job ran all the same
	Accepted     int                     // jobs, LostRan included
	Running      int
	Made         int // clips that came out
	Unusable     int // of them: have the wrong length
	Failed       int // jobs that failed
	FailedBilled int // of them: are billed
	Fetched      int // downloads of a whole clip
	FetchFailed  int // downloads that a gateway lost
	Charged      money.Micros
	Balance      money.Micros // what is left of the account, before what running jobs may cost unless they are prepaid
}

// refusedInAll is how many submits were refused for any reason but the client's own fault.
func (b *Book) refusedInAll() int {
	sum := 0
	for _, n := range b.Refused {
		sum += n
	}
	return sum
}

// String is the book on one line, without the channel's name.
func (b *Book) String() string {
	text := fmt.Sprintf("%d submits: %d accepted", b.Submits, b.Accepted)
	add := func(n int, format string) {
		if n > 0 {
			text += fmt.Sprintf(format, n)
		}
	}
	add(b.refusedInAll(), ", %d refused"+b.reasons())
	add(b.Lost, ", %d answers lost")
	add(b.Faults[dialect.BadKey], ", %d with a wrong key")
	add(b.Faults[dialect.NoBalance], ", %d without balance")
	add(b.Faults[dialect.BadRequest], ", %d impossible")
	text += fmt.Sprintf("; %d made", b.Made)
	add(b.Unusable, " (%d unusable)")
	add(b.Failed, ", %d failed")
	add(b.Running, ", %d running")
	return text + fmt.Sprintf("; %d fetched; charged %v", b.Fetched, b.Charged)
}

// reasons lists why submits were refused.
func (b *Book) reasons() string {
	var parts []string
	for reason, n := range b.Refused {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%v %d", channel.Reason(reason), n))
		}
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Books are the books of all channels as of now, in the scenario's order.
func (s *Server) Books() []Book {
	var all []Book
	for _, e := range s.sellers {
		all = append(all, e.current(time.Now()))
	}
	return all
}
