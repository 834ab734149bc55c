package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

func (p *program) scenariosCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "scenarios",
		Short:   "List the shipped scenarios",
		Example: `  channelbench scenarios`,
		Args:    takes("", 0, 0),
		RunE: func(*cobra.Command, []string) error {
			table := tabwriter.NewWriter(p.out, 0, 0, 3, ' ', 0)
			for _, name := range scenarios.Names() {
				text, _ := scenarios.Open(name)
				s, _, err := scenario.Load(name+".toml", text, scenario.Options{})
				if err != nil {
					return fail(exitFailed, err)
				}
				fmt.Fprintf(table, "%s\t%s\n", name, s.Title)
			}
			if err := table.Flush(); err != nil {
				return fail(exitFailed, err)
			}
			return nil
		},
	}
}
