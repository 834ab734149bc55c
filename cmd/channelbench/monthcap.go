package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench"
	"channelbench/internal/money"
)

// monthCap is a cap on what all runs of a calendar month may spend together, in UTC. What the earlier ones spent stands in
// the history. It tightens the cap of a run before that spends anything; runs that go on at the same time don't see each other.
type monthCap struct {
	limit   string
	given   func() bool   // even if it is empty, as a variable of a workflow can be
	history func() string // the file
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

// tighten lowers a run's cap to what is left of the month's. A run that is resumed counts as a whole; with nothing left it
// still settles its open jobs, and then ends at its cap.
func (c *monthCap) tighten(p *program, f *benchFlags, limit *money.Micros, plan *bench.Plan, past *bench.Past) error {
	if !c.given() {
		return nil
	}
	month, err := money.Parse(c.limit)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--max-spend-month: %w", err))
	}
	file := c.history()
	if file == "" {
		return fail(exitUsage, errors.New("--max-spend-month is counted from the nights of a history\n  hint: add --history FILE; a file that isn't there yet counts as a month without spending"))
	}
	now := time.Now().UTC()
	var began time.Time
	if past != nil {
		began = past.Started
	}
	spent, err := spentSince(file, f.mode(), time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), began)
	switch {
	case err != nil && past != nil:
		p.say("what this month spent cannot be known, so nothing is bought: what is open is settled\n  %v", err)
		*limit = 1 // 0 would stand for the cap of before
		return nil
	case err != nil:
		return fail(exitUsage, fmt.Errorf("what this month spent cannot be known, so nothing was spent: %w", err))
	}
	left := max(0, month-spent)
	p.note("this month's cap: %v of %v is left", left, month)
	switch {
	case past != nil:
		own := *limit
		if own == 0 {
			own = past.Cap
		}
		*limit = max(1, min(own, left)) // 0 would stand for the cap of before
	case left == 0:
		return fail(exitCap, fmt.Errorf("%w: %v of %v was spent", errMonthCap, spent, month))
	case left < plan.Least:
		return fail(exitCap, fmt.Errorf("%w: the %v that is left of %v cannot buy the %d planned orders, which cost %v if all goes well", errMonthCap, left, month, plan.Orders, plan.Least))
	default:
		*limit = min(*limit, left)
	}
	return nil
}

// mode is what the run's nights are called in a history.
func (f *benchFlags) mode() string {
	if f.live {
		return "live"
	}
	return "mock"
}

// spentSince sums up what the nights of a history spent since a moment, but for the run that began at another.
func spentSince(file, mode string, since, but time.Time) (money.Micros, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	spent, err := spentIn(f, mode, since, but)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	return spent, nil
}

// spending is what the cap needs of a line of a history: one night of one strategy.
type spending struct {
	Schema   string    `json:"schema"`
	Kind     string    `json:"kind"`
	At       time.Time `json:"at"`
	Mode     string    `json:"mode"`
	Scenario string    `json:"scenario"`
	Strategy string    `json:"strategy"`
	Engine   string    `json:"engine"` // "replay": nothing was spent
	SpentUSD *float64  `json:"spent_usd"`
}

// spentIn reads a history. Of lines about the same night and strategy the last counts: a run that was resumed is written
// again. A line that can't be read might have spent anything, so it is an error.
func spentIn(r io.Reader, mode string, since, but time.Time) (money.Micros, error) {
	type night struct {
		at                 int64
		scenario, strategy string
	}
	spent := map[night]money.Micros{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var s spending
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return 0, fmt.Errorf("line %d cannot be read: %w\n  hint: put the file back as it was, or remove that line and what it may have spent from the cap", n, err)
		}
		if s.Kind != "night" || s.Mode != mode || s.Engine == "replay" || s.At.Before(since) || s.At.Equal(but) {
			continue
		}
		if s.SpentUSD == nil || !(*s.SpentUSD >= 0 && *s.SpentUSD < 1e9) {
			return 0, fmt.Errorf("line %d doesn't say what its night spent\n  hint: mend or remove it", n)
		}
		// Rounded up: no cap is passed by a rounding.
		spent[night{s.At.UnixMilli(), s.Scenario, s.Strategy}] = money.Micros(math.Ceil(*s.SpentUSD*float64(money.Dollar) - 1e-6))
	}
	var sum money.Micros
	for _, v := range spent {
		sum += v
	}
	return sum, lines.Err()
}
