package dialect

import "strings"

// words are the spellings of a job's state, in lower case with "_" between words.
type words map[string]State

// common are the words that mean the same wherever they are said. They are those of OpenAI, of the gateways and relays that
// imitate it, and of the makers behind them (Ark, MiniMax, Kling, Runway, BFL, Replicate, xAI, OpenRouter), since a relay
// often passes on what it hears.
var common = list(map[State]string{
	InProgress: `queued queueing queuing pending submitted accepted created starting started preparing processing running generating
		in_progress in_queue enqueued waiting scheduled initializing dispatched rendering encoding uploading upscaling finalizing
		post_processing throttled retrying dreaming received validating`,
	Completed: `complete completed success successful succeeded succeed finish finished done ready generated`,
	Failed: `fail failed failure error errored exception rejected cancelled canceled expired timeout timed_out aborted interrupted
		terminated incomplete killed crashed stopped discarded blocked nsfw moderated content_moderated request_moderated
		content_filtered`,
})

// moderated are those of the words that say why as well.
var moderated = words{"nsfw": Failed, "moderated": Failed, "content_moderated": Failed, "request_moderated": Failed, "content_filtered": Failed}

// gateway are words of one-api's descendants, which sell by OpenAI's protocol: of a job that they have just submitted and not
// asked for yet.
var gateway = list(map[State]string{InProgress: "unknown not_start not_started notstarted"})

func list(spelt map[State]string) words {
	w := words{}
	for state, text := range spelt {
		for word := range strings.FieldsSeq(text) {
			w[word] = state
		}
	}
	return w
}

// state reads a job's status. A word that nobody has met counts as in progress, since giving up
// a job that runs would pay for it twice; known says whether it was one.
func (own words) state(status string) (state State, known bool) {
	word := spelling(status)
	if state, known = own[word]; known {
		return state, true
	}
	state, known = common[word]
	return state, known
}

// spelling is a status as the tables spell it.
func spelling(status string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(status)))
}
