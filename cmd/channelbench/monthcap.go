package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench"
	"channelbench/internal/history"
	"channelbench/internal/money"
)

// monthCap is a cap on what all runs of a calendar month may spend together, in UTC. What the earlier ones spent stands
// in the history, and what those that go on may come to beside it. It limits a run beside its own cap, which stays what
// it is.
type monthCap struct {
	limit string
	given func() bool // even if it is empty, as a variable of a workflow can be
	month history.Month
	left  money.Micros // when a new run was planned
}

func (c *monthCap) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.limit, "max-spend-month", "",
		"cap on what this and all runs of this month (UTC) in --history may spend together, such as '$60'")
	c.given = func() bool { return flags.Changed("max-spend-month") }
}

// errMonthCap says that the month's money is spent.
var errMonthCap = errors.New("the month's spend cap is reached; nothing was submitted")

// shareMonth has a run ask for what it may come to before it buys anything, if its month has a cap, or could have one
// for the next run. A new run that the month has too little for is refused before anything happens.
func (f *benchFlags) shareMonth(p *program, o *bench.Options, plan *bench.Plan) error {
	c := &f.month
	limit, err := money.Parse(c.limit)
	switch {
	case !c.given() && (!f.live || f.night.history == ""):
		return nil
	case !c.given():
	case err != nil:
		return amountError("--max-spend-month", err)
	case f.night.history == "":
		return fail(exitUsage, errors.New("--max-spend-month is counted from the nights of a history\n"+
			"  hint: add --history FILE; a file that isn't there yet counts as a month without spending"))
	}
	c.month = history.MonthOf(time.Now(), f.mode(), limit)
	o.Since, o.Allot = c.month.Begin, func(a bench.Ask) (money.Micros, error) { return f.allot(p, a, plan) }
	if !c.given() || f.resume != "" {
		return nil
	}
	b, err := c.month.Budget(f.night.history)
	if err == nil {
		c.left, err = b.Left(), f.enough(b, plan)
	}
	return unknownMonth(err)
}

// allot reserves what a run asks for, as far as the month has it. One that is resumed always settles what it left.
func (f *benchFlags) allot(p *program, a bench.Ask, plan *bench.Plan) (money.Micros, error) {
	folder, err := filepath.Abs(f.out)
	if err != nil {
		return 0, fail(exitFailed, err)
	}
	r := history.NewReservation(time.Now(), a.Run, f.mode(), folder, a.Most)
	if !f.month.given() {
		if err := history.Hold(f.night.history, r); err != nil {
			return 0, fail(exitFailed, fmt.Errorf("what the run may spend can't be put on record: %w", err))
		}
		return a.Most, nil
	}
	refuse := func(b *history.Budget) error { return f.enough(b, plan) }
	if f.resume != "" {
		refuse = nil
	}
	b, granted, err := f.month.month.Reserve(f.night.history, r, a.Bought, refuse)
	switch {
	case err != nil && f.resume != "":
		p.say("what this month spent cannot be known, so nothing is bought: what is open is settled\n  %v", err)
		return 0, nil
	case err != nil:
		return 0, unknownMonth(err)
	}
	p.note("this month's cap: %v of %v is left%s", max(0, b.Left()-a.Bought), b.Cap, f.holders(b))
	return granted, nil
}

// unknownMonth is an error that isn't a verdict about the month: nobody knows what that has.
func unknownMonth(err error) error {
	if err == nil || errors.Is(err, errMonthCap) {
		return err
	}
	return fail(exitUsage, fmt.Errorf("what this month spent cannot be known, so nothing was spent: %w", err))
}

// enough refuses a new run that the month has too little for.
func (f *benchFlags) enough(b *history.Budget, plan *bench.Plan) error {
	switch left := b.Left(); {
	case left == 0:
		return fail(exitCap, fmt.Errorf("%w: %v of %v was spent%s", errMonthCap, b.Spent, b.Cap, f.holders(b)))
	case left < plan.Least:
		return fail(exitCap, fmt.Errorf("%w: the %v that is left of %v cannot buy the %d planned orders, "+
			"which cost %v if all goes well%s", errMonthCap, left, b.Cap, plan.Orders, plan.Least, f.holders(b)))
	}
	return nil
}

// holders says which runs hold money of the month, and how they let it go.
func (f *benchFlags) holders(b *history.Budget) string {
	if len(b.Held) == 0 {
		return ""
	}
	var text strings.Builder
	for _, r := range b.Held {
		fmt.Fprintf(&text, "\n  %v is held since %s by the run in %s", r.Reserved, r.At, r.Folder)
	}
	live := ""
	if f.live {
		live = "--live "
	}
	first := b.Held[0]
	fmt.Fprintf(&text, "\n  hint: a run lets it go when its night is kept; "+
		"one that was cut off, by bench %s--resume %s --history %s; if that folder is gone, "+
		"take line %d out of %s, and what the run may have spent off the cap",
		live, first.Folder, f.night.history, first.Line, history.ReservedPath(f.night.history))
	return text.String()
}

// mode is what the run's nights are called in a history.
func (f *benchFlags) mode() string {
	if f.live {
		return "live"
	}
	return "mock"
}
