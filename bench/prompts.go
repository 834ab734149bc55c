package bench

import (
	_ "embed"
	"errors"
	"strings"
)

//go:embed prompts.txt
var promptFile string

// Prompts are the shipped ones: twenty harmless scenes.
func Prompts() []string {
	prompts, err := ReadPrompts(promptFile)
	if err != nil {
		panic(err) // they are part of the binary
	}
	return prompts
}

// ReadPrompts reads one prompt a line. Empty lines and those that begin with # are passed over.
func ReadPrompts(text string) ([]string, error) {
	var prompts []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			prompts = append(prompts, line)
		}
	}
	if len(prompts) == 0 {
		return nil, errors.New("no prompts: write one a line")
	}
	return prompts, nil
}
