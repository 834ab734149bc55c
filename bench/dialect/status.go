package dialect

import "strings"

// statuses are the spellings of a job's state, in lower case with "_" between words. They are
// those of OpenAI, of the gateways and relays that imitate it, and of the makers behind them
// (Ark, MiniMax, xAI, OpenRouter), since a relay often passes on what it hears.
var statuses = map[string]State{
	"queued":      InProgress,
	"queueing":    InProgress,
	"queuing":     InProgress,
	"pending":     InProgress,
	"submitted":   InProgress,
	"accepted":    InProgress,
	"created":     InProgress,
	"starting":    InProgress,
	"not_start":   InProgress,
	"not_started": InProgress,
	"notstarted":  InProgress,
	"preparing":   InProgress,
	"processing":  InProgress,
	"running":     InProgress,
	"generating":  InProgress,
	"in_progress": InProgress,
	"unknown":     InProgress, // a gateway that has just submitted and not yet asked

	"complete":  Completed,
	"completed": Completed,
	"success":   Completed,
	"succeeded": Completed,
	"succeed":   Completed,
	"finished":  Completed,
	"done":      Completed,

	"fail":      Failed,
	"failed":    Failed,
	"failure":   Failed,
	"error":     Failed,
	"rejected":  Failed,
	"cancelled": Failed,
	"canceled":  Failed,
	"expired":   Failed,
	"timeout":   Failed,
}

// stateOf reads a job's status. A word that nobody has met counts as in progress, since giving up
// a job that runs would pay for it twice; known says whether it was one.
func stateOf(status string) (state State, known bool) {
	word := strings.ToLower(strings.TrimSpace(status))
	word = strings.NewReplacer(" ", "_", "-", "_").Replace(word)
	state, known = statuses[word]
	return state, known
}
