package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

func (p *program) scenariosCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "scenarios",
		Short: "List the shipped scenarios: what can be bought, and how old its prices are",
		Long: `scenarios lists what ships: whether it can be bought, of which day its oldest price is, and what it asks. What nobody
has looked at for 90 days isn't known to be on sale.`,
		Example: `  channelbench scenarios
  channelbench init mine.toml --from omni-flash`,
		Args: takes("", 0, 0),
		RunE: func(*cobra.Command, []string) error {
			table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "scenario\tcan be bought\tprices of\ttitle")
			for _, name := range scenarios.Names() {
				text, _ := scenarios.Open(name)
				s, _, err := scenario.Load(name+".toml", text, scenario.Options{Today: today()})
				if err != nil {
					return fail(exitFailed, err)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, s.OnSale(), s.OldestPrice().Format(time.DateOnly), s.Title)
			}
			if err := table.Flush(); err != nil {
				return fail(exitFailed, err)
			}
			return nil
		},
	}
}
