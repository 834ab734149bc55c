// Package figure says what can be measured of a strategy, required of it, gated from night to night and shown: each
// figure's name, its kind, which way is better, and how its values are written.
//
// It deliberately measures nothing: it knows what a p95 is, and no run that has one.
//
//	f, ok := figure.Named("p95")
//	f.Text(219) // "3:39"
package figure

import (
	"math"
	"strconv"
	"strings"

	"channelbench/internal/words"
)

// Kind is what the values of a figure are.
type Kind uint8

// The kinds.
const (
	Share Kind = iota // of orders, 0 to 1
	Time              // seconds
	Money             // dollars
	Ratio             // a number without a unit
)

// ID names a figure.
type ID uint8

// The figures. Those up to MonthlyCost can be required.
const (
	Delivered ID = iota // share of all orders
	InTime              // share of all orders
	P50                 // time within which half of all orders are done
	P95
	P99
	CostPerDelivered // a clip
	MonthlyCost
	P90
	CostPerOrder
	Bill // what a channel says that it charged, over what its prices make
	Attempts
	numIDs
)

// Figure is what there is to know of one.
type Figure struct {
	Name     string  // as scenarios, run.json and gates spell it
	Kind     Kind    // of its values
	High     bool    // more is better
	Quantile float64 // of a time; 0: it is none
	Required bool    // strategies can be required to keep a bound on it
	Gated    bool    // nights can be held to it
	text     func(v float64) string
}

var figures = [numIDs]Figure{
	Delivered:        {Name: "delivered", Kind: Share, High: true, Required: true, Gated: true, text: words.Share},
	InTime:           {Name: "in_time", Kind: Share, High: true, Required: true, Gated: true, text: words.Share},
	P50:              {Name: "p50", Kind: Time, Quantile: 0.5, Required: true, Gated: true, text: words.Clock},
	P90:              {Name: "p90", Kind: Time, Quantile: 0.9, Gated: true, text: words.Clock},
	P95:              {Name: "p95", Kind: Time, Quantile: 0.95, Required: true, Gated: true, text: words.Clock},
	P99:              {Name: "p99", Kind: Time, Quantile: 0.99, Required: true, Gated: true, text: words.Clock},
	CostPerDelivered: {Name: "cost_per_delivered", Kind: Money, Required: true, Gated: true, text: words.Clip},
	CostPerOrder:     {Name: "cost_per_order", Kind: Money, Gated: true, text: words.Clip},
	MonthlyCost:      {Name: "monthly_cost", Kind: Money, Required: true, text: words.Month},
	Bill:             {Name: "bill", Kind: Ratio, Gated: true, text: times},
	Attempts:         {Name: "attempts", Kind: Ratio, Gated: true, text: ratio},
}

// times prints a multiple of a price.
func times(v float64) string { return ratio(v) + "× price" }

func ratio(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// Of is the figure of an ID.
func (id ID) Of() Figure { return figures[id] }

// String is the figure's name.
func (id ID) String() string { return figures[id].Name }

// Text prints a value of the figure.
func (f Figure) Text(v float64) string { return f.text(v) }

// WithUnit completes a bare number to a value of the figure, as it is most likely meant; the rest is left as it is.
func (f Figure) WithUnit(s string) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.Trim(s, "0123456789.") != "" {
		return s
	}
	switch f.Kind {
	case Share:
		if v <= 1 {
			v *= 100
		}
		return strconv.FormatFloat(math.Round(v*1e7)/1e7, 'f', -1, 64) + "%"
	case Time:
		return s + "s"
	case Money:
		return "$" + s
	}
	return s
}

// Named finds the figure of a name.
func Named(name string) (ID, bool) {
	for id := range numIDs {
		if figures[id].Name == name {
			return id, true
		}
	}
	return 0, false
}

// Required are the figures that strategies can be required to keep a bound on.
func Required() []ID { return which(func(f Figure) bool { return f.Required }) }

// Gated are the figures that nights can be held to.
func Gated() []ID { return which(func(f Figure) bool { return f.Gated }) }

// Names are the names of figures.
func Names(ids []ID) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	return names
}

func which(has func(Figure) bool) []ID {
	var ids []ID
	for id := range numIDs {
		if has(figures[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}
