package main

import (
	"errors"

	"github.com/spf13/cobra"

	"channelbench/internal/scenario/printer"
)

func (p *program) checkCommand() *cobra.Command {
	var resolved bool
	var set []string
	cmd := &cobra.Command{
		Use:   "check SCENARIO...",
		Short: "Name every problem of a scenario at once, with line, column and hint",
		Long: `check reads scenarios and names every problem at once: file, line, column, the line itself, a caret and a
hint. SCENARIO is a path, "-" for stdin, or the name of a shipped scenario. It exits with 2 if there is any problem.`,
		Example: `  channelbench check mine.toml
  channelbench check scenarios/*.toml
  channelbench check omni-flash --resolved    the scenario with all its defaults written out`,
		Args: takes("SCENARIO", 1, unbounded),
		RunE: func(_ *cobra.Command, names []string) error {
			wrong := 0
			for _, name := range names {
				s, src, err := p.load(name, set)
				if err == nil {
					_, err = src.prompts(s.Bench.Prompts)
				}
				if err != nil {
					p.complain(err)
					wrong++
					continue
				}
				if resolved {
					if _, err := p.out.Write(printer.Print(s)); err != nil {
						return fail(exitFailed, err)
					}
					continue
				}
				p.note("%s is valid: %d strategies over %d channels", name, len(s.Strategies), len(s.Channels))
			}
			if wrong > 0 {
				return &exitError{code: exitUsage, err: errors.New("invalid scenario"), said: true}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&resolved, "resolved", false, "print the scenario with all its defaults written out")
	p.addSet(cmd, &set)
	return cmd
}

// addSet adds the flag that overrides parts of a scenario.
func (p *program) addSet(cmd *cobra.Command, set *[]string) {
	cmd.Flags().StringArrayVar(set, "set", nil, "override a `key=value` of the scenario, such as seed=2; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("set", p.completeKey) // it fails for flags that aren't there only
}
