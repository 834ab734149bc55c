package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestHelpFitsItsWidth: no line of any help is wider, and none of its words are lost.
func TestHelpFitsItsWidth(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		var help bytes.Buffer
		c.InitDefaultHelpFlag()
		c.SetOut(&help)
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(help.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), n, line)
			}
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk((&program{}).root())
}

func TestFold(t *testing.T) {
	const text = "a paragraph that\nis broken anew\n\n  a table   that stays as it is\nand überlange Wörter"
	const want = "a paragraph\nthat is\nbroken anew\n\n  a table   that stays as it is\nand\nüberlange\nWörter"
	if got := fold(text, 11); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
