package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"channelbench/internal/money"
	"channelbench/internal/plan"
	"channelbench/internal/record"
	"channelbench/reports"
)

// planFlags are the flags of plan.
type planFlags struct {
	format string
	set    []string
	orders int
	asked  bool // for orders
	nights int
	budget string
	missed string
	screen screen
}

func (p *program) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "What a bench would cost, how long it takes, what it shows, and whether it is worth it",
		Long: `plan says what a bench of a scenario, and a month of nightly ones, would cost at least, by expectation and
at worst; which changes
of rates and latencies they can find; how their money is split best over nights, channels and clips; and what
measuring is worth
for the decision, so also when it isn't: "$0: don't measure" is an answer. It contacts nobody and spends nothing.

The worth is what choosing after n orders saves against choosing today, on average over the stated ranges, less
what the
orders cost. A month that misses a requirement counts as one that is bought again, at what the dearest strategy
costs, unless
--missed-month says what that is worth to you.`,
		Example: `  channelbench plan omni-flash
  channelbench plan mine.toml --orders 60 --nights 20
  channelbench plan mine.toml --budget '$90'              thirty nights for $90
  channelbench plan mine.toml --format json | jq .worth.best`,
		Args: takes("SCENARIO", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.asked = cmd.Flags().Changed("orders")
			return p.plan(cmd.Context(), args[0], &f)
		},
	}
	flags := cmd.Flags()
	addFormat(cmd, &f.format, formats[:3])
	f.screen.flags(flags)
	flags.IntVar(&f.orders, "orders", 0, "orders per driven strategy and night (default: as --budget buys, or "+
		"[bench] orders)")
	flags.IntVar(&f.nights, "nights", 30, "nights")
	flags.StringVar(&f.budget, "budget", "", "what all nights may cost together, such as '$90'")
	flags.StringVar(&f.missed, "missed-month", "", "what a month that misses a requirement costs you, such as '$5,000'")
	p.addSet(cmd, &f.set)
	return cmd
}

func (p *program) plan(ctx context.Context, name string, f *planFlags) error {
	o := plan.Options{Version: version(), Nights: f.nights, Orders: f.orders}
	if err := f.check(&o); err != nil {
		return err
	}
	s, _, err := p.load(name, f.set)
	if err != nil {
		return err
	}
	made, err := plan.New(ctx, s, o)
	var stopped *exitError
	var refused *plan.RefusedError
	switch {
	case errors.As(err, &refused):
		return fail(exitUsage, err)
	case err != nil && ctx.Err() != nil && errors.As(context.Cause(ctx), &stopped):
		return fail(stopped.code, errInterrupted)
	case err != nil:
		return fail(exitFailed, err)
	}
	f.screen.call = reports.Call{Scenario: again(name), Set: f.set}
	return p.printPlan(made, f.format, &f.screen)
}

// check reads the amounts, and refuses what makes no plan.
func (f *planFlags) check(o *plan.Options) (err error) {
	for _, a := range []struct {
		flag, text string
		into       *money.Micros
	}{{"--budget", f.budget, &o.Budget}, {"--missed-month", f.missed, &o.MissedMonth}} {
		if a.text == "" {
			continue
		}
		if *a.into, err = money.Parse(a.text); err == nil && *a.into <= 0 {
			err = errors.New("must be more than nothing")
		}
		if err != nil {
			return amountError(a.flag, err)
		}
	}
	switch {
	case f.asked && f.orders < 1 || f.orders > 1_000_000:
		return fail(exitUsage, fmt.Errorf("--orders %d: from 1 to 1,000,000", f.orders))
	case f.nights < 1 || f.nights > 366:
		return fail(exitUsage, fmt.Errorf("--nights %d: from 1 to 366", f.nights))
	}
	return checkFormat(f.format, formats[:3])
}

func (p *program) printPlanText(made *record.Plan, s *screen) error {
	if s.details {
		return reports.PlanText(p.out, made, p.text())
	}
	return reports.PlanScreen(p.out, made, p.options(s))
}

func (p *program) printPlan(made *record.Plan, format string, s *screen) error {
	var err error
	switch format {
	case "json":
		err = record.WritePlan(p.out, made)
	case "markdown":
		err = reports.PlanMarkdown(p.out, made)
	default:
		err = p.printPlanText(made, s)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("write the plan: %w", err))
	}
	return nil
}
