package reports

import (
	"strings"

	"channelbench/internal/record"
)

// inputNouns are what people call the failures.
var inputNouns = map[string]string{
	"region": "region errors", "submit": "submit errors", "ambiguous": "lost answers", "job": "failed jobs",
	"download": "download errors", "unusable": "unusable clips",
}

// inputWords are an input's key as people write it: "Reverse: region errors", and "reverse's region errors".
func inputWords(run *record.Run, key string) (row, phrase string) {
	plain := strings.NewReplacer("_", " ", ".", " ")
	channel, rest, found := cutChannel(key)
	if !found {
		word := shortName(plain.Replace(key), "", "")
		return upperFirst(word), word
	}
	noun, ok := inputNouns[strings.TrimSuffix(strings.TrimPrefix(rest, "errors."), ".rate")]
	if !ok {
		noun = plain.Replace(rest)
	}
	word := shortName(channelName(run, channel), "", "")
	row = upperFirst(word) + ": " + noun
	if rest == "latency" {
		row += ", % of stated" // its range is a factor
	}
	return row, word + "'s " + noun
}

// cutChannel takes a channel's name off the front of a key. One with a dot in it is quoted.
func cutChannel(key string) (channel, rest string, found bool) {
	key, found = strings.CutPrefix(key, "channels.")
	if !found {
		return "", "", false
	}
	if quoted, ok := strings.CutPrefix(key, `"`); ok {
		return strings.Cut(quoted, `".`)
	}
	return strings.Cut(key, ".")
}
