package scenario

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// Input is a number of a scenario that isn't known exactly.
type Input struct {
	Key     string // such as "channels.reverse.errors.region.rate"
	Range   Range
	Nominal float64 // a rate; 1 for a price, a latency or a currency, whose range is a factor
	Channel int     // its index; −1: of none alone
	Of      string  // "price" or "latency", the error whose rate it is, or the currency
}

// slot is an input and where it goes.
type slot struct {
	Input
	set func(*Scenario, float64)
}

// Inputs are the numbers with a stated range: channel by channel in the order of the file, the
// price first, then the latency, then the errors in the order in which an attempt meets them; last the currencies.
func (s *Scenario) Inputs() []Input {
	var inputs []Input
	for _, sl := range s.slots() {
		inputs = append(inputs, sl.Input)
	}
	return inputs
}

// With returns a copy in which the inputs have the given values, in the order of Inputs, and no
// range any more: a world that is known. It panics where the number of values is wrong.
func (s *Scenario) With(values []float64) *Scenario {
	slots := s.slots()
	if len(values) != len(slots) {
		panic(fmt.Sprintf("scenario: %d values for %d inputs", len(values), len(slots)))
	}
	c := *s
	c.Channels, c.FX = slices.Clone(s.Channels), slices.Clone(s.FX)
	for i, v := range values {
		slots[i].set(&c, v)
	}
	return &c
}

func (s *Scenario) slots() []slot {
	var slots []slot
	for i := range s.Channels {
		ch := &s.Channels[i]
		key := document.Dotted("channels", ch.Name)
		if g := ch.PriceRange; g != nil {
			slots = append(slots, slot{
				Input{key + ".price", *g, 1, i, "price"},
				func(c *Scenario, v float64) {
					price := &c.Channels[i].Price
					price.Scale, c.Channels[i].PriceRange = scaledBy(price.Scale, v), nil
				},
			})
		}
		if g := ch.Latency.Range; g != nil {
			slots = append(slots, slot{
				Input{key + ".latency", *g, 1, i, "latency"},
				func(c *Scenario, v float64) { c.Channels[i].Latency = ch.Latency.scaled(v) },
			})
		}
		for _, kind := range channel.Errors {
			if e := &ch.Errors.By[kind]; e.Range != nil {
				slots = append(slots, slot{
					Input{key + ".errors." + kind.String() + ".rate", *e.Range, e.Rate, i, kind.String()},
					func(c *Scenario, v float64) {
						e := &c.Channels[i].Errors.By[kind]
						e.Rate, e.Range = v, nil
					},
				})
			}
		}
	}
	for i := range s.FX {
		x := &s.FX[i]
		used := func(ch Channel) bool { return ch.Price.Currency == x.Currency }
		if x.Range == nil || !slices.ContainsFunc(s.Channels, used) {
			continue
		}
		slots = append(slots, slot{
			Input{"fx." + x.Currency, *x.Range, 1, -1, x.Currency},
			func(c *Scenario, v float64) {
				c.FX[i].Range = nil
				for j := range c.Channels {
					if p := &c.Channels[j].Price; p.Currency == x.Currency {
						p.Scale = scaledBy(p.Scale, v)
					}
				}
			},
		})
	}
	return slots
}

// scaledBy is a scale times a factor; 0 is none yet.
func scaledBy(scale money.Billionths, factor float64) money.Billionths {
	if scale == 0 {
		scale = money.Whole
	}
	return money.Billionths(math.Round(float64(scale) * factor))
}

// scaled is the latency with its median times a factor.
func (l Latency) scaled(factor float64) Latency {
	times := func(d time.Duration) time.Duration { return time.Duration(math.Round(float64(d) * factor)) }
	l.Base = times(l.Base)
	l.PerSecond = maps.Clone(l.PerSecond)
	for resolution, d := range l.PerSecond {
		l.PerSecond[resolution] = times(d)
	}
	l.Values = slices.Clone(l.Values)
	for i := range l.Values {
		l.Values[i] *= factor
	}
	l.Range = nil
	return l
}

// Assumption is a block of a scenario whose numbers nobody measured.
type Assumption struct {
	Key        string // such as "channels.reverse.latency"
	Confidence Confidence
	Text       string
}

// Assumptions lists the blocks that are assumed, or said by a vendor, in the order of Inputs.
func (s *Scenario) Assumptions() []Assumption {
	var all []Assumption
	add := func(c Confidence, key, text string) {
		if c == Assumed || c == Vendor {
			all = append(all, Assumption{key, c, text})
		}
	}
	for i := range s.Channels {
		ch := &s.Channels[i]
		key := document.Dotted("channels", ch.Name)
		add(ch.PriceConfidence, key+".price", ch.priceText())
		latency, text := ch.Latency.Confidence, ch.Latency.text()
		if latency == Unstated && ch.Latency.Shape != "empirical" && s.uses(ch.Name) {
			latency, text = Assumed, text+unsaid
		}
		add(latency, key+".latency", text)
		for _, kind := range channel.Errors {
			e := &ch.Errors.By[kind]
			confidence, text := e.Confidence, e.text(kind.String())
			switch others := s.having(kind); {
			case confidence != Unstated || !s.uses(ch.Name):
			case e.happens():
				confidence, text = Assumed, text+unsaid
			case len(others) > 0:
				confidence, text = Assumed, fmt.Sprintf("no %s errors, though %s has them", kind, others[0])
			}
			add(confidence, key+".errors."+kind.String(), text)
		}
	}
	return all
}

// unsaid is what is said of numbers of which the scenario doesn't say how well they are known: nobody claims to have
// measured them.
const unsaid = ", no confidence stated"

// happens says whether the error has a rate, or may have one.
func (e *Error) happens() bool { return e.Rate > 0 || e.Range != nil }

// uses says whether any strategy uses a channel.
func (s *Scenario) uses(channel string) bool {
	return slices.ContainsFunc(s.Strategies, func(st Strategy) bool { return slices.Contains(st.Channels(), channel) })
}

// having are the used channels that have errors of a kind.
func (s *Scenario) having(kind channel.Reason) []string {
	var names []string
	for i := range s.Channels {
		if ch := &s.Channels[i]; ch.Errors.By[kind].happens() && s.uses(ch.Name) {
			names = append(names, ch.Name)
		}
	}
	return names
}

// priceText is the price in words.
func (ch *Channel) priceText() string {
	p := &ch.Price
	write := bothWays(p)
	if p.Unit != "" {
		write = func(m money.Micros) string { return m.Decimal() + " " + p.Unit + "s" }
	}
	var parts []string
	switch p.Shape {
	case channel.Ladder:
		for _, seconds := range p.Lengths() {
			parts = append(parts, inWords(p.Rungs[seconds], fmt.Sprintf(" for %d s", seconds), write))
		}
	case channel.Reckoned:
		parts = append(parts, fmt.Sprintf("%v %ss", p.Formula, p.Unit))
	default:
		parts = append(parts, inWords(p.Units, map[channel.Shape]string{channel.PerSecond: " a second",
			channel.PerCall: " a clip", channel.Base: fmt.Sprintf(" for up to %d s", p.Included)}[p.Shape], write))
	}
	if p.Shape == channel.Base {
		parts = append(parts, write(p.Extra)+" for each further second")
	}
	if p.Unit != "" {
		each := " a " + p.Unit
		if p.Per > 1 {
			each = " for " + grouped(int64(p.Per)) + " " + p.Unit + "s"
		}
		if p.Packs != nil {
			each = fmt.Sprintf(" for a pack of %s %ss", grouped(int64(p.Per)), p.Unit)
		}
		parts = append(parts, inWords(p.UnitPrice, each, bothWays(p)))
	}
	if p.Discount > 0 {
		parts = append(parts, "less "+p.Discount.String())
	}
	if p.Bonus > 0 {
		parts = append(parts, "top-ups with a bonus of "+p.Bonus.String())
	}
	if ch.PriceRange != nil {
		parts = append(parts, ch.PriceRange.text("times that"))
	}
	if !p.AsOf.IsZero() {
		parts = append(parts, "as of "+p.AsOf.Format(time.DateOnly))
	}
	return stated(append(parts, p.Source)...)
}

// inWords lists amounts by resolution.
func inWords(by map[string]money.Micros, each string, write func(money.Micros) string) string {
	var parts []string
	for _, resolution := range ByLength(by) {
		text := write(by[resolution]) + each
		if resolution != channel.Any {
			text += " of " + resolution
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// text is the latency in words.
func (l *Latency) text() string {
	shape := l.Shape
	median := ""
	switch l.Shape {
	case "lognormal":
		shape += " with sigma " + document.Number(l.Sigma)
	case "gamma", "weibull":
		shape += " with k " + document.Number(l.K)
	}
	if l.Shape == "empirical" {
		shape = fmt.Sprintf("%s from %s", count(len(l.Values), "measured value"), l.File)
	} else {
		median = "median " + Duration(l.Base)
		for _, resolution := range ByLength(l.PerSecond) {
			median += " + " + Duration(l.PerSecond[resolution]) + " a second"
			if resolution != "" {
				median += " of " + resolution
			}
		}
	}
	return stated(median, shape, l.Range.text("times that"), l.Source)
}

// text is the range in words; empty where there is none.
func (g *Range) text(of string) string {
	if g == nil {
		return ""
	}
	text := Share(g.Low) + " to " + Share(g.High)
	if of != "" {
		text += " " + of
	}
	return text
}

func (e *Error) text(kind string) string {
	billed := ""
	if e.Billed > 0 {
		billed = Share(e.Billed) + " of them billed"
	}
	return stated(Share(e.Rate)+" "+kind+" errors", e.Range.text(""), billed, e.Source)
}
