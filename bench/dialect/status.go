package dialect

import "strings"

// words are the spellings of a job's state, in lower case with "_" between words.
type words map[string]State

// common are the words that mean the same wherever they are said. They are those of OpenAI, of the gateways and
// relays that imitate it, and of the makers behind them (Ark, MiniMax, Kling, Runway, BFL, Replicate, xAI,
// OpenRouter), since a relay often passes on what it hears.
var common = list(map[State]string{
	InProgress: `queued queueing queuing pending submitted accepted created starting started preparing processing running generating
		in_progress in_queue enqueued waiting scheduled initializing dispatched rendering encoding uploading upscaling finalizing
		post_processing throttled retrying dreaming received validating 处理中 排队中 生成中`,
	Completed: `complete completed success successful successfully succeeded succeed finish finished done ready generated processed
		available ended published ok completed_with_warnings 成功 已完成`,
	Failed: `fail failed failure error errored exception rejected cancelled canceled cancel expired timeout timed_out timedout aborted
		interrupted terminated incomplete partial killed crashed stopped halted discarded skipped denied refused invalid deleted dead lost
		revoked unsuccessful not_found task_not_found blocked nsfw moderated content_moderated request_moderated content_filtered filtered
		flagged unsafe sensitive moderation_failed moderation_blocked content_policy_violation 失败`,
})

// moderated are those of the words that say why as well.
var moderated = list(map[State]string{Failed: `nsfw moderated content_moderated request_moderated content_filtered filtered flagged unsafe
	sensitive blocked moderation_failed moderation_blocked content_policy_violation`})

// vanished are those that are said of an order, too, that somebody took and nobody knows of any more.
var vanished = list(map[State]string{Failed: `timeout timed_out timedout aborted interrupted lost terminated killed crashed stopped halted
	cancelled canceled cancel expired dead deleted`})

// envelopes are words that are said of an answer as well as of a job.
var envelopes = list(map[State]string{Completed: "success successful ok succeed"})

// gateway are words of one-api's descendants, which sell by OpenAI's protocol: of a job that they have just submitted
// and not asked for yet.
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
	if state, known = common[word]; known || !endsBadly(word) {
		return state, known
	}
	return Failed, true
}

// endsBadly says whether a word is made of one that means the end and others that say of what, or by whom. One of which
// a part tells that the job goes on doesn't.
func endsBadly(word string) bool {
	parts := strings.Split(word, "_")
	for _, part := range parts {
		if state, known := common[part]; known && state == InProgress || strings.HasPrefix(part, "retr") ||
			part == "progress" {
			return false
		}
	}
	return len(parts) > 1 && (final[parts[0]] == Failed || final[parts[len(parts)-1]] == Failed)
}

// final are the words that mean the end at either end of a longer one.
var final = list(map[State]string{Failed: "failed failure timeout rejected cancelled canceled aborted expired terminated blocked"})

// moderates says whether a status tells that a job failed for what it was to show.
func moderates(status string) bool {
	word := spelling(status)
	return moderated[word] == Failed || endsBadly(word) && moderationCodes.MatchString(word)
}

// spelling is a status as the tables spell it, without what some makers put before all of theirs.
func spelling(status string) string {
	word := spell(status)
	for _, before := range []string{"task_", "job_", "video_", "status_", "state_"} {
		word = strings.TrimPrefix(word, before)
	}
	return word
}
