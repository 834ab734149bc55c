package scenario

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

// shapeKeys are the keys that begin a price; each price has exactly one.
var shapeKeys = []string{"per_second", "per_call", "base", "ladder"}

const priceExample = `price = { per_second = "$0.10" }, or per_call, base, ladder, credits or per_unit`

func (r *reader) price(n *document.Node, c *Channel) {
	t := r.table(n, `{ per_second = "$0.10" }`)
	defer t.close()
	p := &c.Price
	*p = channel.Price{
		Billed: read(t, "billed", channel.OnSuccess, oneOf[channel.Billed](channel.BilledNames)),
		AsOf:   read(t, "as_of", noDate, (*reader).seen),
		Source: read(t, "source", "", (*reader).text),
	}
	c.PriceRange = t.factorRange("price", "price")
	c.PriceConfidence = read(t, "confidence", Unstated, oneOf[Confidence](Confidences))
	credits, creditPrice := t.get("credits"), t.get("credit_price")
	tender := &tender{price: p}
	given := t.shape(p, tender.amount)
	if credits != nil {
		given = append(given, credits)
		p.Unit, p.Per = "credit", 1
		p.UnitPrice = map[string]money.Micros{
			channel.Any: need(t, "credit_price", `credit_price = "$0.01"`, tender.positive)}
		r.creditShape(credits, p)
	} else if creditPrice != nil {
		r.FailKey(creditPrice, "write credits = { per_second = 5 } beside it, or leave it out",
			"credit_price without credits")
	}
	if perUnit := t.get("per_unit"); perUnit != nil {
		given = append(given, perUnit)
		r.perUnit(perUnit, p, tender)
	}
	t.reduction(p)
	r.oneShape(t, given, "per_second, per_call, base, ladder, credits, per_unit")
}

// oneShape reports a price without a shape, or with several.
func (r *reader) oneShape(t *table, given []*document.Node, shapes string) {
	if len(given) == 0 {
		if t.node.Fields() != nil && !t.misspelt(strings.Split(shapes, ", ")...) {
			r.FailKey(t.node, "add one of "+shapes, "%s has no amount", t.node.Path())
		}
		return
	}
	for _, other := range given[1:] {
		r.FailKey(other, "keep one of "+shapes,
			"a price is counted in one way, but there are %s and %s", given[0].Name, other.Name)
	}
}

// mostPer bounds how many units a price is for, so that it is still an amount of money for one.
const mostPer = 1_000_000_000

// perUnit reads a price of what the vendor counts, and how much of it a clip takes: by a formula, or by the shapes.
func (r *reader) perUnit(n *document.Node, p *channel.Price, d *tender) {
	t := r.table(n, `{ unit = "token", price = "$7.00", per = 1_000_000, quantity = "width * height * frames / 1024" }`)
	defer t.close()
	p.Unit = need(t, "unit", `unit = "token", what the vendor counts`, (*reader).unit)
	if prepaid := t.get("prepaid"); prepaid != nil {
		r.prepaid(prepaid, p, d)
		for _, key := range []string{"price", "per"} {
			if other := t.get(key); other != nil {
				r.FailKey(other, "leave it out: the packs say what a unit costs", "%s beside prepaid", key)
			}
		}
	} else {
		p.UnitPrice = need(t, "price", `price = "$7.00", the price of as many units as per says`, perResolution(d.positive))
		p.Per = read(t, "per", 1, integer(1, mostPer))
	}
	quantity := t.get("quantity")
	given := t.shape(p, (*reader).credits)
	if quantity != nil {
		given = append(given, quantity)
		if f, ok := r.formula(quantity); ok {
			p.Shape, p.Formula = channel.Reckoned, f
		}
	}
	r.oneShape(t, given, "quantity, per_second, per_call, base, ladder")
}

const packExample = `{ pays = "$700.00", units = 5000, expires = "180d" }`

// prepaid reads one or more packs. A unit has the price of the cheapest: what others cost more is no clip's charge.
func (r *reader) prepaid(n *document.Node, p *channel.Price, d *tender) {
	pack := func(r *reader, n *document.Node) (channel.Pack, bool) {
		t := r.table(n, packExample)
		defer t.close()
		return channel.Pack{
			Pays:    need(t, "pays", `pays = "$700.00", the price of the pack`, d.positive),
			Units:   need(t, "units", "units = 5000, what is in the pack", integer(1, mostPer)),
			Expires: read(t, "expires", 0, (*reader).positiveDuration),
			Slots:   read(t, "slots", 0, integer(1, 1_000_000)),
		}, !n.Bad
	}
	if n.Fields() != nil {
		one, _ := pack(r, n)
		p.Packs = []channel.Pack{one}
	} else {
		p.Packs, _ = list("one pack as "+packExample+", or a list of them", pack)(r, n)
	}
	if n.Bad {
		return
	}
	if len(p.Packs) == 0 {
		r.Fail(n, "write "+packExample, "%s has no packs", n.Name)
		return
	}
	cheapest := slices.MinFunc(p.Packs, func(a, b channel.Pack) int {
		return cmp.Compare(a.Pays.Dollars()/float64(a.Units), b.Pays.Dollars()/float64(b.Units))
	})
	p.UnitPrice, p.Per = map[string]money.Micros{channel.Any: cheapest.Pays}, cheapest.Units
	for i, other := range p.Packs {
		if other.Slots != p.Packs[0].Slots {
			r.Fail(n.Find(i), "leave slots out of the packs, and write limits = { concurrent = 20 } for the channel",
				"packs of one price have the same slots, but here are %d and %d", p.Packs[0].Slots, other.Slots)
		}
	}
}

// unit reads what a vendor counts, in the singular.
func (r *reader) unit(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if ok && !unitPattern.MatchString(s) {
		r.Fail(n, `write one word in the singular, such as "token", "credit" or "second"`, "%q is no unit", s)
		return "", false
	}
	return s, ok
}

var unitPattern = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N}_-]{0,29}$`)

const formulaHint = `write numbers, width, height, seconds, frames, + - * / and ( ), ` +
	`as "width * height * frames / 1024"`

func (r *reader) formula(n *document.Node) (*channel.Formula, bool) {
	s, ok := r.text(n)
	if !ok {
		return nil, false
	}
	f, err := channel.ParseFormula(s)
	if err != nil {
		r.Fail(n, formulaHint, "%s: %v", n.Name, err)
		return nil, false
	}
	return f, true
}

// shape reads the amounts of a price, in money or in credits, and returns the keys that were given.
func (t *table) shape(p *channel.Price, amount parse[money.Micros]) []*document.Node {
	var given []*document.Node
	for i, key := range shapeKeys {
		n := t.get(key)
		if n == nil {
			continue
		}
		given = append(given, n)
		p.Shape = channel.Shape(i)
		if p.Shape == channel.Ladder {
			p.Rungs, _ = ladder(amount)(t.reader, n)
		} else {
			p.Units, _ = perResolution(amount)(t.reader, n)
		}
	}
	slices.SortFunc(given, func(a, b *document.Node) int { return a.Key.Compare(b.Key) })
	extra, included := t.get("per_extra_second"), t.get("included_seconds")
	if t.node.Fields()["base"] != nil {
		p.Extra = need(t, "per_extra_second", `per_extra_second = "$0.10", the price of each second beyond those included`,
			amount)
		p.Included = need(t, "included_seconds", "included_seconds = 5, the seconds that the base pays for", integer(0, 3600))
		return given
	}
	for _, n := range []*document.Node{extra, included} {
		if n != nil {
			t.FailKey(n, "write base, per_extra_second and included_seconds together", "%s without base", n.Name)
		}
	}
	return given
}

// creditShape reads quantities of credits: plain numbers, since a credit is a unit of its own.
func (r *reader) creditShape(n *document.Node, p *channel.Price) {
	t := r.table(n, `{ per_second = 5 }`)
	defer t.close()
	r.oneShape(t, t.shape(p, (*reader).credits), strings.Join(shapeKeys, ", "))
}

// credits reads a number of credits, or of another unit, with up to six decimals.
func (r *reader) credits(n *document.Node) (money.Micros, bool) {
	v, ok := decimal(0, 1e9)(r, n)
	if !ok {
		return 0, false
	}
	amount, err := money.Parse("$" + strconv.FormatFloat(v, 'f', -1, 64))
	if err != nil {
		r.Fail(n, "round it to six decimals", "%s has more than six decimals", n.Name)
		return 0, false
	}
	return amount, true
}

// ladder reads amounts by seconds, each for all resolutions or by resolution.
func ladder(amount parse[money.Micros]) parse[map[int]map[string]money.Micros] {
	return func(r *reader, n *document.Node) (map[int]map[string]money.Micros, bool) {
		if len(n.Fields()) == 0 {
			r.Fail(n, `write a price for each length in seconds, as { "5" = "$0.30", "10" = "$0.50" }`,
				"ladder must be a table of lengths, not %s", describeEmpty(n))
			return nil, false
		}
		rungs := map[int]map[string]money.Micros{}
		for _, f := range n.Ordered() {
			seconds, err := strconv.Atoi(f.Name)
			if err != nil || strconv.Itoa(seconds) != f.Name || seconds < 1 || seconds > 3600 {
				r.FailKey(f, `write whole seconds from 1 to 3600, as { "5" = "$0.30", "10" = "$0.50" }`,
					"%q is no length in seconds", f.Name)
				continue
			}
			rungs[seconds], _ = perResolution(amount)(r, f)
		}
		return rungs, !n.Bad
	}
}

func describeEmpty(n *document.Node) string {
	if n.Fields() != nil {
		return "an empty table"
	}
	return document.Describe(n.Value)
}

func (r *reader) positiveMoney(n *document.Node) (money.Micros, bool) {
	amount, ok := r.money(n)
	if ok && amount == 0 {
		r.Fail(n, "", "%s must be more than $0.00", n.Name)
		return 0, false
	}
	return amount, ok
}

// reduction reads the discount or the bonus.
func (t *table) reduction(p *channel.Price) {
	discount, bonus := t.get("discount"), t.get("bonus")
	if discount != nil && bonus != nil {
		t.FailKey(bonus, "keep discount (price × (1 − d)) or bonus (price ÷ (1 + b))",
			"a price has a discount or a bonus, not both")
	}
	p.Discount = read(t, "discount", 0, (*reader).billionths)
	if p.Discount > money.Whole {
		t.Fail(discount, `"15%" takes 15 % off`, "a discount of %v is more than the price", p.Discount)
	}
	p.Bonus = read(t, "bonus", 0, (*reader).billionths)
	if p.Bonus > 100*money.Whole {
		t.Fail(bonus, `"15%" means that a top-up of $100 buys $115`, "a bonus of %v is absurd", p.Bonus)
	}
}

// priced says for which lengths and resolutions a price has amounts.
func priced(p *channel.Price) string {
	if p.Shape == channel.Ladder {
		var rungs []string
		for _, s := range p.Lengths() {
			rungs = append(rungs, strconv.Itoa(s)+" s"+forResolutions(p.Rungs[s]))
		}
		return strings.Join(rungs, ", ")
	}
	amounts := p.Units
	if p.Shape == channel.Reckoned {
		amounts = p.UnitPrice
	}
	return strings.TrimPrefix(forResolutions(amounts), " ")
}

func forResolutions(amounts map[string]money.Micros) string {
	if _, all := amounts[channel.Any]; all {
		return ""
	}
	return " " + strings.Join(ByLength(amounts), ", ")
}
