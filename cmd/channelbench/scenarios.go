package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

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
				s, _, err := scenario.Load(name+".toml", text, scenario.Options{Today: today()})
				if err != nil {
					return fail(exitFailed, err)
				}
				fmt.Fprintf(table, "%s\t%s%s\n", name, s.Title, sold(s))
			}
			if err := table.Flush(); err != nil {
				return fail(exitFailed, err)
			}
			return nil
		},
	}
}

// sold says after a title which channels have ended, or do soon.
func sold(s *scenario.Scenario) string {
	var parts []string
	for i := range s.Channels {
		switch c := &s.Channels[i]; {
		case s.HasEnded(c):
			parts = append(parts, c.Name+" ended on "+c.Ended.Format(time.DateOnly))
		case !c.Ended.IsZero():
			parts = append(parts, c.Name+" ends on "+c.Ended.Format(time.DateOnly))
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
