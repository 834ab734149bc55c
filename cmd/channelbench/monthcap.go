package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench"
	"channelbench/internal/history"
	"channelbench/internal/money"
)

// monthCap is a cap on what all runs of a calendar month may spend together, in UTC. What the earlier ones spent stands in
// the history. It limits a run beside its own cap, which stays what it is.
type monthCap struct {
	limit   string
	given   func() bool   // even if it is empty, as a variable of a workflow can be
	history func() string // the file
	month   history.Month
	left    money.Micros // before the run
}

// addFlags adds --max-spend-month, and --history unless there is one.
func (c *monthCap) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.limit, "max-spend-month", "", "cap on what this and all runs of this month (UTC) in --history may spend together, such as '$60'")
	if flags.Lookup("history") == nil {
		flags.String("history", "", "`file` of nights, one JSON line each")
	}
	c.given = func() bool { return flags.Changed("max-spend-month") }
	c.history = func() string { return flags.Lookup("history").Value.String() }
}

// errMonthCap says that the month's money is spent.
var errMonthCap = errors.New("the month's spend cap is reached; nothing was submitted")

// limits has a run ask the month for what it buys. A new run that the month has too little for is refused before anything
// happens; one that is resumed always settles what it left.
func (c *monthCap) limits(p *program, f *benchFlags, o *bench.Options, plan *bench.Plan) error {
	if !c.given() {
		return nil
	}
	limit, err := money.Parse(c.limit)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--max-spend-month: %w", err))
	}
	if c.history() == "" {
		return fail(exitUsage, errors.New("--max-spend-month is counted from the nights of a history\n  hint: add --history FILE; a file that isn't there yet counts as a month without spending"))
	}
	c.month = history.MonthOf(time.Now(), f.mode(), limit)
	o.Since = c.month.Begin
	o.Allot = func(a bench.Ask) (money.Micros, error) { return c.allot(p, a, o.Resume, plan) }
	if o.Resume {
		return nil
	}
	b, err := c.budget("", plan)
	if err == nil {
		c.left = b.Left()
	}
	return err
}

// budget is what the month has, but for one run; an error where that is too little for a new one.
func (c *monthCap) budget(but string, plan *bench.Plan) (*history.Budget, error) {
	b, err := c.month.Budget(c.history(), but)
	switch {
	case err != nil:
		return nil, fail(exitUsage, fmt.Errorf("what this month spent cannot be known, so nothing was spent: %w", err))
	case b.Left() == 0:
		return nil, fail(exitCap, fmt.Errorf("%w: %v of %v was spent", errMonthCap, b.Spent, b.Cap))
	case b.Left() < plan.Least:
		return nil, fail(exitCap, fmt.Errorf("%w: the %v that is left of %v cannot buy the %d planned orders, which cost %v if all goes well", errMonthCap, b.Left(), b.Cap, plan.Orders, plan.Least))
	}
	return b, nil
}

// allot answers what a run asks of the month.
func (c *monthCap) allot(p *program, a bench.Ask, resumed bool, plan *bench.Plan) (money.Micros, error) {
	var b *history.Budget
	var err error
	if resumed {
		b, err = c.month.Budget(c.history(), a.Run)
	} else {
		b, err = c.budget(a.Run, plan)
	}
	switch {
	case err != nil && resumed:
		p.say("what this month spent cannot be known, so nothing is bought: what is open is settled\n  %v", err)
		return 0, nil
	case err != nil:
		return 0, err
	}
	p.note("this month's cap: %v of %v is left", max(0, b.Left()-a.Bought), b.Cap)
	return min(a.Most, b.Left()), nil
}

// mode is what the run's nights are called in a history.
func (f *benchFlags) mode() string {
	if f.live {
		return "live"
	}
	return "mock"
}
