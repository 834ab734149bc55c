package channel

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"channelbench/internal/money"
)

// Shape says what a price is counted by.
type Shape uint8

// The shapes.
const (
	PerSecond Shape = iota // Units for each second made
	PerCall                // Units for each clip
	Base                   // Units, plus Extra for each second beyond Included
	Ladder                 // the rung of exactly the seconds made
	Reckoned               // what Formula makes of the clip
)

// Shapes lists the names of the shapes, in the order of their values.
var Shapes = []string{"per_second", "per_call", "base", "ladder", "quantity"}

func (s Shape) String() string { return Shapes[s] }

// Billed says what a channel charges for.
type Billed uint8

// The billing rules.
const (
	OnSuccess Billed = iota // clips that were made
	OnAccept                // every job that was accepted
)

// BilledNames lists the names of the billing rules, in the order of their values.
var BilledNames = []string{"on_success", "on_accept"}

func (b Billed) String() string { return BilledNames[b] }

// Any stands for every resolution that has no amount of its own.
const Any = ""

// WithAudio follows a resolution where an amount is of clips with sound only.
const WithAudio = "+audio"

// Price is what a channel charges. Amounts are millionths of a dollar, or of Currency; where Unit is set, all but
// UnitPrice are quantities in millionths of that unit.
type Price struct {
	Shape    Shape
	Units    map[string]money.Micros         // by resolution; Any for all others
	Extra    money.Micros                    // Base: for each second beyond Included
	Included int                             // Base: seconds that Units pays for
	Rungs    map[int]map[string]money.Micros // Ladder: by seconds, then resolution
	Formula  *Formula                        // Reckoned

	Unit      string                  // what the vendor counts, such as "token"; "": money
	UnitPrice map[string]money.Micros // for Per units, by resolution; Any for all others
	Per       int
	Packs     []Pack // how units are paid in advance; UnitPrice and Per are of the cheapest ones

	Currency string       // such as "CNY"; "": dollars
	Rate     money.Micros // dollars for one of Currency

	Discount money.Billionths // price × (1 − Discount)
	Bonus    money.Billionths // price ÷ (1 + Bonus): a top-up of 1 buys 1 + Bonus
	Billed   Billed
	Scale    money.Billionths // price × Scale, where a range is looked at; 0: as stated

	AsOf   time.Time // the day the price was seen; zero: not stated
	Source string
}

// Pack is a number of units that are paid in advance.
type Pack struct {
	Pays    money.Micros
	Units   int
	Expires time.Duration // 0: never
	Slots   int           // jobs that it lets run at once; 0: not stated
}

// Prepaid is what a pack costs, in dollars.
func (p *Price) Prepaid(pack Pack) (money.Micros, error) {
	all := *p
	all.UnitPrice, all.Per = map[string]money.Micros{Any: pack.Pays}, 1
	return all.Worth(Clip{}, money.Dollar)
}

// Usage is what one attempt used, as far as billing goes.
type Usage struct {
	Clip          Clip
	Accepted      bool             // a job ran, or may have run
	Made          bool             // a clip came out: delivered, late or unusable
	BilledFailure bool             // the channel bills this failed job though it bills on success
	Lost          bool             // the submit's answer was lost: charged as if a clip was made
	BilledShare   money.Billionths // of failed jobs that are billed, where nobody knows it of this one
}

// ErrNoPrice is returned for a clip that the price says nothing about.
var ErrNoPrice = errors.New("no price")

// errAudio is returned for a clip that has one price with audio and another one without, and doesn't say which.
var errAudio = fmt.Errorf("%w without a word on audio", ErrNoPrice)

// Charge is what the channel bills for one attempt: the only billing function there is.
// It multiplies first and rounds once, half up, to the micro-dollar.
func (p *Price) Charge(u Usage) (money.Micros, error) {
	full, err := p.amount(u.Clip, money.Whole)
	if err != nil {
		return 0, err
	}
	switch share := p.owed(u); share {
	case money.Whole:
		return full, nil
	case 0:
		return 0, nil
	default:
		return p.amount(u.Clip, share)
	}
}

// owed is the share of the full price that is to be paid.
func (p *Price) owed(u Usage) money.Billionths {
	switch {
	case u.Lost || u.Made || u.BilledFailure || p.Billed == OnAccept && u.Accepted:
		return money.Whole
	case u.Accepted:
		return u.BilledShare
	}
	return 0
}

// Quantity is how many units the channel counts for one attempt, in millionths, rounded up; 0 where it counts money.
func (p *Price) Quantity(u Usage) (money.Micros, error) {
	units, err := p.units(u.Clip)
	if err != nil || p.Unit == "" {
		return 0, err
	}
	whole := big.NewInt(int64(money.Whole))
	units.Mul(units, big.NewInt(int64(p.owed(u)))).Add(units, whole).Sub(units, big.NewInt(1)).Quo(units, whole)
	if !units.IsInt64() {
		return 0, fmt.Errorf("the quantity of %v is too large", u.Clip)
	}
	return money.Micros(units.Int64()), nil
}

// Worth is what a quantity costs that the channel told for a clip.
func (p *Price) Worth(c Clip, quantity money.Micros) (money.Micros, error) {
	return p.dollars(c, big.NewInt(int64(quantity)), money.Whole)
}

// Dollars is an amount of the price in dollars, rounded half up.
func (p *Price) Dollars(amount money.Micros) money.Micros {
	rate := &Price{Currency: p.Currency, Rate: p.Rate}
	dollars, _ := rate.dollars(Clip{}, big.NewInt(int64(amount)), money.Whole)
	return dollars
}

// amount is a share of the price of a clip.
func (p *Price) amount(c Clip, share money.Billionths) (money.Micros, error) {
	units, err := p.units(c)
	if err != nil {
		return 0, err
	}
	return p.dollars(c, units, share)
}

// dollars is num × unit price ÷ per × rate × (1 − discount) ÷ (1 + bonus) × share × scale.
func (p *Price) dollars(c Clip, num *big.Int, share money.Billionths) (money.Micros, error) {
	den := big.NewInt(1)
	if p.Unit != "" {
		each, err := of(p.UnitPrice, c)
		if err != nil {
			return 0, fmt.Errorf("%w of a %s for %v", err, p.Unit, c)
		}
		num.Mul(num, big.NewInt(int64(each)))
		den.Mul(big.NewInt(int64(money.Dollar)), big.NewInt(int64(p.Per)))
	}
	if p.Currency != "" {
		num.Mul(num, big.NewInt(int64(p.Rate)))
		den.Mul(den, big.NewInt(int64(money.Dollar)))
	}
	num.Mul(num, big.NewInt(int64(money.Whole-p.Discount)))
	den.Mul(den, big.NewInt(int64(money.Whole+p.Bonus)))
	num.Mul(num, big.NewInt(int64(share)))
	den.Mul(den, big.NewInt(int64(money.Whole)))
	if p.Scale > 0 {
		num.Mul(num, big.NewInt(int64(p.Scale)))
		den.Mul(den, big.NewInt(int64(money.Whole)))
	}
	// Half up: floor((2·num + den) / (2·den)); nothing here is negative.
	num.Lsh(num, 1).Add(num, den)
	num.Quo(num, den.Lsh(den, 1))
	if !num.IsInt64() {
		return 0, fmt.Errorf("the price of %v is too large", c)
	}
	return money.Micros(num.Int64()), nil
}

// of is the amount for a clip. Where sound has an amount of its own, it isn't guessed whether the clip has any.
func of(table map[string]money.Micros, c Clip) (money.Micros, error) {
	amount, ok := table[c.Resolution]
	if !ok {
		amount, ok = table[Any]
	}
	audible, loud := table[c.Resolution+WithAudio]
	switch {
	case loud && (c.Audio == Audible || c.Audio == AnyAudio && !ok):
		return audible, nil
	case loud && c.Audio == AnyAudio && audible != amount:
		return 0, errAudio
	case !ok:
		return 0, ErrNoPrice
	}
	return amount, nil
}

// units is the amount of a clip, in money or in what the vendor counts.
func (p *Price) units(c Clip) (*big.Int, error) {
	if p.Shape == Reckoned {
		return p.Formula.quantity(c)
	}
	table := p.Units
	if p.Shape == Ladder {
		table = p.Rungs[c.Seconds]
	}
	unit, err := of(table, c)
	if err != nil {
		return nil, fmt.Errorf("%w for %v", err, c)
	}
	total := big.NewInt(int64(unit))
	switch p.Shape {
	case PerSecond:
		total.Mul(total, big.NewInt(int64(c.Seconds)))
	case Base:
		extra := big.NewInt(int64(max(0, c.Seconds-p.Included)))
		total.Add(total, extra.Mul(extra, big.NewInt(int64(p.Extra))))
	}
	return total, nil
}

// Prices says whether there is a price for any length of a resolution.
func (p *Price) Prices(resolution string) bool {
	clip := Clip{Resolution: resolution}
	if p.Shape == Reckoned && p.Formula.sized() {
		if _, _, err := clip.Size(); err != nil {
			return false
		}
	}
	has := func(table map[string]money.Micros) bool {
		_, err := of(table, clip)
		return err == nil || errors.Is(err, errAudio)
	}
	return (p.Unit == "" || has(p.UnitPrice)) && (p.Shape == Reckoned || slices.ContainsFunc(p.amounts(), has))
}

// ByAudio says whether a resolution has one price with audio and another one without.
func (p *Price) ByAudio(resolution string) bool {
	return slices.ContainsFunc(append(p.amounts(), p.UnitPrice), func(table map[string]money.Micros) bool {
		_, err := of(table, Clip{Resolution: resolution})
		return errors.Is(err, errAudio)
	})
}

// amounts are the tables of what a clip takes.
func (p *Price) amounts() []map[string]money.Micros {
	if p.Shape == Ladder {
		return slices.Collect(maps.Values(p.Rungs))
	}
	return []map[string]money.Micros{p.Units}
}

// Lengths lists the clip lengths that a ladder prices, ascending; nil for other shapes.
func (p *Price) Lengths() []int {
	if p.Shape != Ladder {
		return nil
	}
	lengths := make([]int, 0, len(p.Rungs))
	for s := range p.Rungs {
		lengths = append(lengths, s)
	}
	slices.Sort(lengths)
	return lengths
}
