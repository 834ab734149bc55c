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
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, onSale(s), oldestPrice(s).Format(time.DateOnly), s.Title)
			}
			if err := table.Flush(); err != nil {
				return fail(exitFailed, err)
			}
			return nil
		},
	}
}

// onSale says whether the channels of a scenario can be bought, as far as that is known.
func onSale(s *scenario.Scenario) string {
	var last time.Time // on which one ended
	var ended, leaving []string
	known := false
	for i := range s.Channels {
		switch c := &s.Channels[i]; {
		case s.HasEnded(c):
			ended = append(ended, c.Name)
			if c.Ended.After(last) {
				last = c.Ended
			}
		default:
			if !c.Ended.IsZero() {
				leaving = append(leaving, c.Name+" until "+c.Ended.Format(time.DateOnly))
			}
			known = known || s.SeenLately(c)
		}
	}
	switch {
	case len(ended) == len(s.Channels):
		return "ended " + last.Format(time.DateOnly)
	case !known:
		return "not known"
	case ended != nil:
		return "not " + strings.Join(ended, ", ")
	case leaving != nil:
		return strings.Join(leaving, ", ")
	}
	return "yes"
}

// oldestPrice is the day of the scenario's oldest price.
func oldestPrice(s *scenario.Scenario) time.Time {
	oldest := s.Channels[0].Price.AsOf
	for i := range s.Channels {
		if seen := s.Channels[i].Price.AsOf; seen.Before(oldest) {
			oldest = seen
		}
	}
	return oldest
}
