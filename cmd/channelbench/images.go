package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"channelbench/reports"

	"github.com/spf13/pflag"
)

const imageBaseUse = "`URL` of the folder in which the pictures can be had, for report.md and comments (default: beside report.md)"

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

// images are a run's pictures: in which formats they are written, and where readers of a report will find them.
type images struct {
	base    imageBase
	formats chartFormats
}

// flags adds the flags of pictures to a verb.
func (i *images) flags(flags *pflag.FlagSet) {
	flags.Var(&i.base, "image-base", imageBaseUse)
	flags.Var(&i.formats, "charts", "formats of the charts: png, svg or `png,svg`; reports show the first (default png)")
}

// in says how a report is written in a format of Markdown.
func (i images) in(format string) reports.MarkdownOptions {
	return reports.MarkdownOptions{ImageBase: i.base.url, Comment: format == "github"}
}

// below are the images of a folder in it.
func (i images) below(folder string) images {
	if i.base.url != nil {
		i.base.url = i.base.url.JoinPath(url.PathEscape(folder))
	}
	return i
}

// chartFormats are the formats in which every chart is written; none: as PNG.
type chartFormats []reports.Format

// Set reads a list such as "svg,png".
func (f *chartFormats) Set(text string) error {
	*f = nil
	for name := range strings.SplitSeq(text, ",") {
		format := reports.Format(strings.TrimSpace(name))
		switch {
		case format != "png" && format != "svg":
			return fmt.Errorf("%q is no format of charts: they can be png and svg", name)
		case slices.Contains(*f, format):
			return fmt.Errorf("%s is named twice", format)
		}
		*f = append(*f, format)
	}
	return nil
}

// String prints the formats as Set reads them.
func (f *chartFormats) String() string {
	var names []string
	for _, format := range *f {
		names = append(names, string(format))
	}
	return strings.Join(names, ",")
}

// Type names what is expected in the help.
func (f *chartFormats) Type() string { return "FORMATS" }
