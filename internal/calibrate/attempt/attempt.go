// Package attempt is what calibration needs to know of one attempt at a channel, whoever made it: a load test, or a
// team's own production, whose log it reads from CSV.
//
// It deliberately fits nothing and opens no file.
//
//	log, err := attempt.ReadCSV(file, columns)
package attempt

import (
	"time"

	"channelbench/internal/channel"
)

// Attempt is one submit and what came of it.
type Attempt struct {
	Channel    string
	Resolution string // of the clip as made; "": unknown
	Seconds    int    // of the clip as made; 0: unknown
	Order      string // attempts of one order say the same; "": unknown
	Try        int    // attempts of its order before it, on any channel
	At         time.Time
	Outcome    channel.Outcome // Pending: unknown; Abandoned: its order waited no longer
	Reason     channel.Reason
	Country    string // Region: where the channel believes the request came from

	Accepted  bool
	Ended     bool          // Accepted: it is known how the job ended
	Made      bool          // Ended: with a clip
	Low, High time.Duration // Accepted: its service took longer than Low, and if Ended not longer than High

	Fetches int  // of the clip, the last of which got it unless the attempt was abandoned; 0: unknown
	Charged bool // Ended without a clip: the channel says that it charged for it
	Billed  bool // the channel says what it charged
}

// Night is a set of attempts that share a time and a world.
type Night struct {
	Name     string
	From     time.Time
	Attempts []Attempt // in the order of time
	Mock     bool      // of mock channels: its times are on a clock of its own
	Log      bool      // of a team's own log, which may not tell all kinds of errors
}
