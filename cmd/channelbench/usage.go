package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"channelbench/internal/scenario/document"
)

// helpWidth is how wide a help is, in columns.
const helpWidth = 100

// speakPlainly makes a tree of commands say what is wrong with a command line, and what to do about it.
func (p *program) speakPlainly(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	root.SetHelpCommand(helpCommand())
	wrapped := fmt.Sprintf(".FlagUsagesWrapped %d", helpWidth)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", wrapped))
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if names := cmd.Flags().Args(); cmd.HasAvailableSubCommands() && len(names) > 0 {
			p.astray = unknownCommand(cmd, names[0])
			return
		}
		help(cmd, args)
	})
	for _, cmd := range append(root.Commands(), root) {
		cmd.Long = fold(cmd.Long, helpWidth)
		if strings.Contains(cmd.Use, " SCENARIO") {
			cmd.ValidArgsFunction = completeScenario
		}
		if cmd.HasSubCommands() {
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, p.noCommand
		}
	}
}

// noCommand answers a command line that doesn't say what to do.
func (p *program) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	cmd.SetOut(p.err)
	_ = cmd.Help()
	return &exitError{code: exitUsage, err: errors.New("no command"), said: true}
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || of.HasAvailableSubCommands() && len(rest) > 0 {
				return unknownCommand(of, rest[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

func unknownCommand(under *cobra.Command, name string) error {
	var names []string
	for _, c := range under.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	hint := under.CommandPath() + " --help"
	if near, ok := document.Nearest(name, names); ok {
		hint = fmt.Sprintf("did you mean %s %s?", under.CommandPath(), near)
	}
	return fail(exitUsage, fmt.Errorf("unknown command %q\n  hint: %s", name, hint))
}

// kinds are what flags of Go's own types take.
var kinds = map[string]string{
	"bool": "must be true or false", "int": "must be a whole number", "float64": "must be a number",
	"duration": "must be a duration, such as 90s or 1m30s",
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	names := cmd.Flags().Args()
	switch {
	case cmd.HasAvailableSubCommands() && len(names) > 0:
		return unknownCommand(cmd, names[0]) // whose flags these may be
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near, ok := document.Nearest(unknown.GetSpecifiedName(), names); ok {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
	case errors.As(err, &value):
		flag, why := value.GetFlag(), value.Unwrap()
		if kind, plain := kinds[flag.Value.Type()]; plain {
			why = errors.New(kind)
		}
		err = fmt.Errorf("--%s %q: %w", flag.Name, value.GetValue(), why)
	}
	return fail(exitUsage, fmt.Errorf("%w\n  hint: %s", err, hint))
}

// amountError says what is wrong with an amount of money, and what most often made it so.
func amountError(flag string, err error) error {
	const hint = "\n  hint: %s takes an amount in single quotes, as '$20': without them a shell takes $2 for a variable"
	return fail(exitUsage, fmt.Errorf("%s: %w"+hint, flag, err, flag))
}

// unbounded is the number of arguments of a command that takes any.
const unbounded = -1

// takes says how many arguments a command takes; name is that of the first, which is missed where there are too few.
func takes(name string, least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fail(exitUsage, fmt.Errorf("%s is missing\n  hint: %s", name, cmd.UseLine()))
		case most != unbounded && len(args) > most:
			return fail(exitUsage, fmt.Errorf("%q is an argument too many\n  hint: %s", args[most], cmd.UseLine()))
		}
		return nil
	}
}

// fold breaks the paragraphs of a text into lines of so many columns. Lines that are indented stay as they are.
func fold(text string, width int) string {
	var lines []string
	column := 0 // of the last line; 0: what follows begins a new one
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == ' ' {
			lines, column = append(lines, line), 0
			continue
		}
		for _, word := range strings.Fields(line) {
			length := utf8.RuneCountInString(word)
			if column == 0 || column+1+length > width {
				lines, column = append(lines, word), length
				continue
			}
			lines[len(lines)-1] += " " + word
			column += 1 + length
		}
	}
	return strings.Join(lines, "\n")
}
