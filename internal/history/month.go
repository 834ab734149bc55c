package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/sealed"
	"channelbench/internal/words"
)

// Month is a calendar month, in UTC, and what all runs of one mode may spend in it together.
type Month struct {
	Begin time.Time
	Mode  string // as nights call it
	Cap   money.Micros
}

// MonthOf is the month of a moment.
func MonthOf(at time.Time, mode string, limit money.Micros) Month {
	at = at.UTC()
	return Month{time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC), mode, limit}
}

const monthLayout = "2006-01"

// Budget is what became of a month's cap.
type Budget struct {
	Cap   money.Micros
	Spent money.Micros  // by nights
	Held  []Reservation // by runs that go on, or were cut off
}

// Left is what may still be spent.
func (b *Budget) Left() money.Micros {
	left := max(0, b.Cap-b.Spent)
	for i := range b.Held {
		left = max(0, left-b.Held[i].Reserved)
	}
	return left
}

// Budget counts what runs spent in the month and what they hold. A line that can't be trusted may stand for any amount,
// so it is an error. A history that isn't there has spent nothing.
func (m Month) Budget(path string) (*Budget, error) {
	held, err := held(path)
	if err != nil {
		return nil, err
	}
	return m.budget(path, held, "")
}

// budget leaves out what one run spent and holds. Of a run that holds money, its nights are part of that.
func (m Month) budget(path string, held []Reservation, but string) (*Budget, error) {
	b := &Budget{Cap: m.Cap}
	apart := []string{but}
	for i := range held {
		if r := &held[i]; r.Mode == m.Mode && r.Run != but {
			b.Held, apart = append(b.Held, *r), append(apart, r.Run)
		}
	}
	var err error
	b.Spent, err = m.spent(path, apart)
	return b, err
}

// spent is what the nights of a history spent in the month, but for those of some runs. Of several lines about a run
// and a strategy the last counts: a run that was resumed is written again.
func (m Month) spent(path string, apart []string) (sum money.Micros, err error) {
	type part struct{ run, scenario, strategy string }
	parts := map[part]money.Micros{}
	err = trusted(path, false, func(_ int, line []byte, e kept) (err error) {
		n, is := e.(*Night)
		if !is || n.Mode != m.Mode || n.Engine != driven || slices.ContainsFunc(apart, n.of) {
			return nil
		}
		parts[part{n.key(), n.Scenario, n.Strategy}], err = n.spentIn(m.Begin, line)
		return err
	})
	for _, amount := range parts {
		var large error
		if sum, large = money.Add(sum, amount); large != nil {
			return 0, fmt.Errorf("%s: %w", path, large)
		}
	}
	return sum, err
}

// name is what the night's run is called.
func (n *Night) name() string {
	if n.Run == "" {
		return n.at.UTC().Format(time.RFC3339Nano)
	}
	return n.Run
}

// key is the same for all nights of a run, of whose name older versions knew no more than the millisecond.
func (n *Night) key() string {
	if at, err := time.Parse(time.RFC3339Nano, n.name()); err == nil {
		return at.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
	return n.name()
}

// of says whether the night is of a run. Older versions knew its name to the millisecond.
func (n *Night) of(run string) bool {
	if n.Run != "" {
		return n.Run == run
	}
	began, err := time.Parse(time.RFC3339Nano, run)
	return err == nil && n.at.Equal(began.Truncate(time.Millisecond))
}

// spentIn is what the night spent in a month, by its line.
func (n *Night) spentIn(month time.Time, line []byte) (money.Micros, error) {
	var told struct {
		USD *float64 `json:"spent_usd"`
	}
	if err := json.Unmarshal(line, &told); err != nil || told.USD == nil {
		return 0, errors.New("doesn't say what its night spent")
	}
	all, err := micros(n.SpentUSD)
	if err != nil {
		return 0, err
	}
	if n.SpentByMonth == nil {
		if n.at.UTC().Format(monthLayout) == month.Format(monthLayout) {
			return all, nil
		}
		return 0, nil
	}
	var sum, here money.Micros
	for name, usd := range n.SpentByMonth {
		at, err := time.Parse(monthLayout, name)
		if err != nil {
			return 0, fmt.Errorf("has a month %.20q", name)
		}
		amount, err := micros(usd)
		if err != nil {
			return 0, err
		}
		sum += amount
		if at.Equal(month) {
			here = amount
		}
	}
	if sum < all {
		return 0, fmt.Errorf("spent %v, and %v of it in months", all, sum)
	}
	return here, nil
}

// mostUSD is more than any night spends.
const mostUSD = 1e9

// micros is an amount, rounded up where it isn't whole: no cap is passed by a rounding.
func micros(usd float64) (money.Micros, error) {
	if !(usd >= 0 && usd < mostUSD) {
		return 0, fmt.Errorf("can't have spent %s", words.Dollars(usd, 2))
	}
	amount := usd * float64(money.Dollar)
	dust := max(1e-3, amount*1e-15) // of what decimal fractions are as binary ones
	return money.Micros(math.Ceil(amount - dust)), nil
}

// trusted hands on what the lines of a file hold, and names the first that can't be trusted. A file that isn't there
// has none, and of one that is cut, what comes after the last newline is none.
func trusted(path string, cut bool, take func(number int, line []byte, e kept) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if !cut { // so that no line is read while it is written
		if err := sealed.Lock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	var wrong error
	err = scan(f, func(number int, line []byte, ended bool) {
		if wrong != nil || cut && !ended {
			return
		}
		e, err := decode(line, ended)
		if err == nil {
			err = take(number, line, e)
		}
		if err != nil {
			wrong = fmt.Errorf("line %d %w\n  hint: put the file back as it was; "+
				"or take that line out, and what it may have spent off the cap", number, err)
		}
	})
	if err = errors.Join(err, wrong); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
