package dialect

import (
	"strconv"

	"channelbench/internal/channel"
)

// Outcome says what a word of somebody's log means that is a job's status, an error's code or an HTTP status, as
// channels use them. Refused without a reason is what a key, a balance or a request of ours brought about. It is false
// of words that tell no outcome.
func Outcome(word string) (outcome channel.Outcome, reason channel.Reason, known bool) {
	whole := spell(word)
	if word = spelling(word); whole != word && codes[whole].gone {
		return 0, 0, false // of the clip, not of the job
	}
	if state, said := common[word]; said && codes[word] != moderation {
		switch {
		case state == Completed:
			return channel.Delivered, channel.NoReason, true
		case state == InProgress:
			return channel.Abandoned, channel.NoReason, true
		case moderated[word] == Failed:
			return channel.Failed, channel.Moderation, true
		}
		return channel.Failed, channel.Job, true
	}
	status, err := strconv.Atoi(word)
	switch c := codes[word]; {
	case c.fault != 0:
		return channel.Refused, channel.NoReason, true
	case c == lost, err == nil && hearsay(status):
		return channel.Ambiguous, channel.Lost, true
	case c != cause{} && !c.gone:
		return channel.Refused, c.reason, true
	}
	return 0, 0, false
}
