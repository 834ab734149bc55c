package scenario

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// FX is what one of another currency is in dollars.
type FX struct {
	Currency string // such as "CNY"
	Rate     money.Micros
	Range    *Range // factor on the rate; nil: known
	AsOf     time.Time
}

const fxExample = `{ CNY = "$0.139", as_of = 2026-10-14 }`

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// fx reads the rates of other currencies: the day beside them is of all that state none.
func (r *reader) fx(n *document.Node) []FX {
	t := r.table(n, fxExample)
	asOf := read(t, "as_of", noDate, (*reader).date)
	var all []FX
	for _, f := range n.Ordered() {
		switch {
		case f.Name == "as_of":
		case !currencyPattern.MatchString(f.Name) || f.Name == "USD":
			r.FailKey(f, `write the code of another currency in capitals, as `+fxExample, "%q is no currency with a rate",
				f.Name)
		default:
			rate := r.rateOf(f)
			if rate.AsOf.IsZero() {
				rate.AsOf = asOf
			}
			if rate.AsOf.IsZero() && !f.Bad {
				r.Warn(f, "add as_of, the day on which it was seen, as 2026-10-14", "the rate of %s has no date", f.Name)
			}
			all = append(all, rate)
		}
	}
	return all
}

// rateOf reads one rate: an amount, or a table with a range.
func (r *reader) rateOf(n *document.Node) FX {
	x := FX{Currency: n.Name}
	if n.Fields() == nil {
		x.Rate, _ = r.positiveMoney(n)
		return x
	}
	t := r.table(n, `{ rate = "$0.139" }`)
	defer t.close()
	x.Rate = need(t, "rate", `rate = "$0.139", the dollars for one `+n.Name, (*reader).positiveMoney)
	x.AsOf = read(t, "as_of", noDate, (*reader).date)
	x.Range = t.bounds(func(r *reader, n *document.Node) (float64, bool) {
		v, ok := r.positiveMoney(n)
		return float64(v) / float64(max(1, x.Rate)), ok
	}, `["$0.137", "$0.141"]`)
	if x.Range != nil && !n.Bad && (x.Range.Low > 1 || x.Range.High < 1) {
		r.Fail(n.Find("range"), "widen the range, or move the rate", "the rate of %v lies outside its range", x.Rate)
	}
	return x
}

// rateIn is the rate of a currency, or nil.
func rateIn(rates []FX, currency string) *FX {
	for i := range rates {
		if rates[i].Currency == currency {
			return &rates[i]
		}
	}
	return nil
}

// tender reads the amounts of one price, which are all in one currency.
type tender struct {
	price *channel.Price
	first string // the currency of the first amount; "": none was read
}

var (
	inCurrency = regexp.MustCompile(`^([A-Z]{3}) ([0-9].*)$`)
	// currencyAround is how people write amounts of other currencies, too.
	currencyAround = regexp.MustCompile(`^(?i)(?:([a-z]{3}|\pS|元|円)\s*([0-9][0-9,.]*)|` +
		`([0-9][0-9,.]*)\s*([a-z]{3}|\pS|元|円))$`)
	currencySigns = map[string][]string{"¥": {"CNY", "JPY"}, "￥": {"CNY", "JPY"}, "元": {"CNY"}, "円": {"JPY"},
		"€": {"EUR"}, "£": {"GBP"}, "₹": {"INR"}, "₩": {"KRW"}, "RMB": {"CNY"}, "CNY": {"CNY"}, "EUR": {"EUR"}}
)

// amount reads an amount such as "$7.00" or "CNY 46.00".
func (d *tender) amount(r *reader, n *document.Node) (money.Micros, bool) {
	text, _ := n.Value.(string)
	currency, amount := "USD", money.Micros(0)
	if found := inCurrency.FindStringSubmatch(text); found != nil && found[1] != "USD" && found[1] != "RMB" {
		currency = found[1]
		var err error
		if amount, err = money.Parse("$" + found[2]); err != nil || amount > dearest {
			r.Fail(n, `amounts look like "CNY 46.00" or "CNY 1,250", with up to six decimals`,
				"%s: %q is not an amount of money", n.Name, text)
			return 0, false
		}
		if !d.convert(r, n, currency) {
			return 0, false
		}
	} else if hint := r.foreign(text); hint != "" {
		r.Fail(n, hint, "%s: %q is not an amount of dollars", n.Name, text)
		return 0, false
	} else if read, ok := r.money(n); ok {
		amount = read
	} else {
		return 0, false
	}
	if d.first == "" {
		d.first = currency
	}
	if currency != d.first {
		r.Fail(n, "write all of them in "+d.first, "the amounts of a price are in one currency, but here are %s and %s",
			d.first, currency)
		return 0, false
	}
	return amount, true
}

// positive is amount for what can't be 0.
func (d *tender) positive(r *reader, n *document.Node) (money.Micros, bool) {
	amount, ok := d.amount(r, n)
	if ok && amount == 0 {
		r.Fail(n, "", "%s must be more than $0.00", n.Name)
		return 0, false
	}
	return amount, ok
}

// convert finds the rate of a currency.
func (d *tender) convert(r *reader, n *document.Node, currency string) bool {
	x := rateIn(r.rates, currency)
	if x == nil {
		hint := "add fx = { " + currency + ` = "$…", as_of = … } at the top`
		if len(r.rates) > 0 {
			hint = "add " + currency + ` = "$…" to fx`
		}
		r.Because("no rate of "+currency, n, hint+", the dollars for one "+currency, "there is no rate for %s", currency)
		return false
	}
	d.price.Currency, d.price.Rate = currency, x.Rate
	return x.Rate > 0 // else a problem was found in it
}

// foreign says how an amount of another currency is written; "" where it is none.
func (r *reader) foreign(text string) string {
	found := currencyAround.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	word, digits := strings.ToUpper(found[1]+found[4]), found[2]+found[3]
	if _, err := money.Parse("$" + digits); err != nil {
		return ""
	}
	codes := currencySigns[word]
	if codes == nil && rateIn(r.rates, word) != nil {
		codes = []string{word}
	}
	var spelled []string
	for _, code := range codes {
		spelled = append(spelled, strconv.Quote(code+" "+digits))
	}
	if spelled == nil {
		return ""
	}
	return "write " + strings.Join(spelled, " or ") + ", and its rate under fx"
}

// Amount writes an amount of a price in its currency.
func Amount(p *channel.Price, m money.Micros) string {
	if p.Currency == "" {
		return m.String()
	}
	return p.Currency + " " + strings.TrimPrefix(m.String(), "$")
}

// bothWays is Amount, with what it is in dollars.
func bothWays(p *channel.Price) func(money.Micros) string {
	return func(m money.Micros) string {
		if p.Currency == "" {
			return m.String()
		}
		return Amount(p, m) + " (" + p.Dollars(m).String() + ")"
	}
}
