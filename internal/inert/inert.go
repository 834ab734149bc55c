// Package inert makes text harmless that comes from files which somebody else may have written: names, reasons, notes.
// Whatever it holds, it steers no terminal, begins no line of its own, commands no runner of continuous integration,
// and means nothing in Markdown.
//
// It deliberately refuses nothing and hides nothing: what is taken away is seen to be.
//
//	fmt.Fprintln(w, inert.Line(name))
package inert

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line is text on one line, without what could steer a terminal or a runner.
func Line(text string) string {
	return disarmed(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return visible(r)
	}, text))
}

// Lines is text likewise, in lines as it is.
func Lines(text string) string {
	return disarmed(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return visible(r)
	}, text))
}

// visible is a rune that shows, and shows what it is: no control or format character, such as those that turn the
// direction.
func visible(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return utf8.RuneError
}

// What runners take for a command: GitHub's where it begins a line, and wrapped text may begin one with any word; and
// those of Azure, TeamCity and once GitHub anywhere.
var (
	command = regexp.MustCompile(`(?m)(^|[\s\pZ])::`)
	bracket = regexp.MustCompile(`##(\w*)\[`)
)

func disarmed(text string) string {
	if strings.Contains(text, "::") {
		text = command.ReplaceAllString(text, `$1\::`)
	}
	if strings.Contains(text, "##") {
		text = bracket.ReplaceAllString(text, `##$1\[`)
	}
	return text
}

// special takes away the meaning that Markdown and HTML give to characters.
var special = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "#", `\#`,
)

// mention is how a comment calls a person or a team.
var mention = regexp.MustCompile(`@(\w)`)

// Markdown is a Line for a paragraph, a table, a heading or an image's text.
func Markdown(text string) string {
	return mention.ReplaceAllString(special.Replace(strings.Join(strings.Fields(Line(text)), " ")), "@\u2060$1")
}

// Comment is a Line inside a comment of HTML.
func Comment(text string) string { return dashes.ReplaceAllString(Markdown(text), "-") }

var dashes = regexp.MustCompile(`--+`)

// JSON is a document of JSON that says the same in characters that show.
func JSON(document []byte) []byte {
	shown := make([]byte, 0, len(document))
	for _, r := range string(bracket.ReplaceAll(document, []byte(`##$1\u005b`))) {
		switch {
		case r == '\n' || r == '\t' || unicode.IsGraphic(r):
			shown = utf8.AppendRune(shown, r)
		case r != '\r': // which stands between values only, as other control characters can't even there
			for _, half := range utf16.AppendRune(nil, r) {
				shown = fmt.Appendf(shown, `\u%04x`, half)
			}
		}
	}
	return shown
}
