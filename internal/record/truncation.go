package record

// Truncation is a channel that a bench gave up while it ran, since it was found dead. A run with one is not of the
// orders that were planned.
type Truncation struct {
	Channel   string `json:"channel"`
	At        string `json:"at"`        // RFC 3339 in UTC
	Good      int    `json:"good"`      // orders delivered within the promise, when it was given up
	Bad       int    `json:"bad"`       // orders that were not
	InFlight  int    `json:"in_flight"` // orders under way there at that moment; they were followed to their end
	NotBegun  int    `json:"not_begun"` // orders of the schedule that would have begun there
	GoodShare Figure `json:"good_share"`
}
