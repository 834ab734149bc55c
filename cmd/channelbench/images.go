package main

import (
	"errors"
	"net/url"

	"channelbench/reports"
)

const imageBaseUse = "`URL` of the folder in which the pictures can be had, for report.md and comments (default: " +
	"beside report.md)"

// imageBase is where the pictures of a report can be had once they have left the machine; without a URL, beside it.
type imageBase struct{ url *url.URL }

// Set reads the URL. Whoever reads the report sees it, so it must not hold a password.
func (b *imageBase) Set(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return errors.New("must be a URL such as https://example.com/night")
	case u.User != nil:
		return errors.New("must hold neither name nor password: every reader of the report would see them")
	case u.Fragment != "":
		return errors.New("must have no #: it is the address of a folder")
	}
	b.url = u
	return nil
}

// String prints the URL as Set reads it.
func (b *imageBase) String() string {
	if b.url == nil {
		return ""
	}
	return b.url.String()
}

// Type names what is expected in the help.
func (b *imageBase) Type() string { return "URL" }

// in says how a report is written in a format of Markdown.
func (b imageBase) in(format string) reports.MarkdownOptions {
	return reports.MarkdownOptions{ImageBase: b.url, Comment: format == "github"}
}

// below is the base of a folder in it.
func (b imageBase) below(folder string) imageBase {
	if b.url == nil {
		return b
	}
	return imageBase{b.url.JoinPath(url.PathEscape(folder))}
}
