package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
	"channelbench/scenarios"
)

func (p *program) initCommand() *cobra.Command {
	from := "starter"
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented scenario to start from",
		Long: `init writes a commented scenario that passes check, and names it after the file. It never overwrites a
file. Without FILE it writes scenario.toml; with "-" it writes to stdout. Start from one that can be
bought, as "channelbench scenarios" says; the default explains every key.`,
		Example: `  channelbench init
  channelbench init mine.toml --from omni-flash
  channelbench init - | channelbench sim -`,
		Args: takes("FILE", 0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := "scenario.toml"
			if len(args) > 0 {
				file = args[0]
			}
			text, ok := scenarios.Open(from)
			if !ok {
				return fail(exitUsage, fmt.Errorf("there is no shipped scenario %q\n  hint: %s", from, shipped(from)))
			}
			if file == "-" {
				if _, err := p.out.Write(text); err != nil {
					return fail(exitFailed, err)
				}
				return nil
			}
			name := scenario.FileName(file)
			text, err := document.Patch(text, []document.Edit{{Path: []string{"name"}, Value: strconv.Quote(name)}}, nil)
			if err != nil {
				return fail(exitFailed, err)
			}
			return p.create(file, text)
		},
	}
	cmd.Flags().StringVar(&from, "from", from, "the shipped `scenario` to start from")
	_ = cmd.RegisterFlagCompletionFunc("from", listed(scenarios.Names()...)) // it fails for flags that aren't there only
	return cmd
}

// create writes a new file, and refuses to replace one.
func (p *program) create(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fail(exitUsage, fmt.Errorf("%s exists and is not overwritten\n  hint: name another file, or remove "+
			"it first", file))
	}
	if err != nil {
		return fail(exitFailed, err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fail(exitFailed, errors.Join(err, os.Remove(file)))
	}
	p.note("wrote %s; next: channelbench check %s, then channelbench sim %s", file, file, file)
	return nil
}
