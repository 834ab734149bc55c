package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"channelbench/internal/inert"
	"channelbench/internal/scenario/document"
)

// Exit codes; they are part of the interface.
const (
	exitDone        = 0
	exitFailedGate  = 1   // a gate, requirement or regression failed
	exitUsage       = 2   // usage or scenario invalid: nothing ran, nothing spent
	exitFailed      = 3   // the run failed
	exitInterrupted = 130 // SIGINT; what was finished is saved
	exitTerminated  = 143 // SIGTERM or SIGHUP; likewise
)

// exitError is an error with its exit code.
type exitError struct {
	code int
	err  error
	said bool // already printed
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

var errInterrupted = errors.New("interrupted")

func fail(code int, err error) error { return &exitError{code: code, err: err} }

// program is one call of the tool: its streams and what they can show.
//
// The rules of output: stdout carries the result and nothing else; progress, warnings and errors
// go to stderr, each with the prefix "channelbench: ", in lower case and without a final period.
type program struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // stderr is one: progress may overwrite its line
	color    bool // stdout shows colours
	width    int  // columns of stdout; 0: unknown
	quiet    bool
	astray   error // help was asked for what there isn't
}

// run executes a command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	p.out, p.err = &stream{to: p.out}, &stream{to: p.err}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = p.astray
	}
	if err == nil {
		return exitDone
	}
	var coded *exitError
	if !errors.As(err, &coded) {
		coded = &exitError{code: exitUsage, err: err} // cobra's own: flags and arguments
		if !strings.Contains(err.Error(), "\n") {
			coded.err = fmt.Errorf("%w\n  hint: channelbench --help", err)
		}
	}
	if !coded.said {
		p.complain(coded.err)
	}
	return coded.code
}

// say prints a message to stderr. What it quotes may be anybody's, so it steers nothing, and only its first line
// begins at the margin.
func (p *program) say(format string, args ...any) {
	lines := strings.Split(inert.Lines(fmt.Sprintf(format, args...)), "\n")
	for i := 1; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "  ") {
			lines[i] = "  " + lines[i]
		}
	}
	fmt.Fprintf(p.err, "channelbench: %s\n", strings.Join(lines, "\n"))
}

// complain says what went wrong. Each problem of a scenario begins at the margin, where editors look for its place.
func (p *program) complain(err error) {
	var problems document.Problems
	if !errors.As(err, &problems) {
		p.say("%v", err)
		return
	}
	fmt.Fprintf(p.err, "channelbench: %s\n", inert.Lines(err.Error()))
}

// note prints a message to stderr unless --quiet.
func (p *program) note(format string, args ...any) {
	if !p.quiet {
		p.say(format, args...)
	}
}

// warn prints a scenario's warnings to stderr.
func (p *program) warn(warnings []document.Problem) {
	for _, w := range warnings {
		p.note("%v", w)
	}
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "channelbench",
		Short: "Decide how to buy AI video clips by API",
		Long: `channelbench decides how to buy AI video clips by API: which channel (direct, forwarding, reverse), or
which strategy over channels (fallback, routing by clip), delivers them cheapest and keeps the promise.

One TOML file, the scenario, says what is bought, from whom, at what price, how it fails, and what is promised.`,
		Example: `  channelbench scenarios                      what ships, and which of it can be bought
  channelbench sim omni-flash                 decide for a shipped one; writes out/omni-flash/sim
  channelbench init mine.toml --from omni-flash     your own copy of it, comments and all
  channelbench check mine.toml                every problem at once, with its place and a hint
  channelbench sim mine.toml --set 'channels.reverse.price.per_call=$0.30'
  channelbench bench omni-flash               load-test mock channels on loopback
  channelbench report out/omni-flash/sim out/omni-flash/bench     the one against the other
  channelbench compare --history nights.jsonl  did a channel get worse or dearer?
  channelbench calibrate mine.toml nights/* -o measured.toml`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       release(),
	}
	root.PersistentFlags().BoolVarP(&p.quiet, "quiet", "q", false,
		"print errors only to stderr: no progress, no notes, no warnings")
	root.AddCommand(p.initCommand(), p.scenariosCommand(), p.checkCommand(), p.simCommand(), p.planCommand(),
		p.benchCommand(), p.reportCommand(), p.compareCommand(), p.calibrateCommand(), p.serveCommand(), p.versionCommand())
	p.speakPlainly(root)
	return root
}
