package view

import (
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// InputNouns are what people call the failures.
var InputNouns = map[string]string{
	"region": "region errors", "submit": "submit errors", "ambiguous": "lost answers", "job": "failed jobs",
	"download": "download errors", "unusable": "unusable clips",
}

// InputWords are an input's key as people write it: "Reverse: region errors", and "reverse's region errors".
func InputWords(run *record.Run, key string) (row, phrase string) {
	plain := strings.NewReplacer("_", " ", ".", " ")
	if currency, found := strings.CutPrefix(key, "fx."); found {
		return currency + " rate, % of stated", "the " + currency + " rate"
	}
	channel, rest, found := cutChannel(key)
	if !found {
		word := ShortName(plain.Replace(key), "", "")
		return words.UpperFirst(word), word
	}
	noun, ok := InputNouns[strings.TrimSuffix(strings.TrimPrefix(rest, "errors."), ".rate")]
	if !ok {
		noun = plain.Replace(rest)
	}
	word := ShortName(ChannelName(run, channel), "", "")
	row = words.UpperFirst(word) + ": " + noun
	if rest == "latency" || rest == "price" {
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
