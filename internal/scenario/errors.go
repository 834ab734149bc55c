package scenario

import (
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
)

func (r *reader) errors(n *document.Node) Errors {
	t := r.table(n, `[channels.NAME.errors]`)
	defer t.close()
	var e Errors
	for _, reason := range channel.Errors {
		if f := t.get(reason.String()); f != nil {
			r.error(f, reason, &e)
		}
	}
	return e
}

func (r *reader) error(n *document.Node, reason channel.Reason, all *Errors) {
	t := r.table(n, errorExample(n))
	defer t.close()
	e := &all.By[reason]
	if exits := n.Fields()["exits"]; reason == channel.Region && exits != nil && exits.Fields() != nil {
		t.followsFromExits("rate", "range", "distribution", "burst")
	} else {
		e.Rate = need(t, "rate", `rate = "2%"`, (*reader).share)
		e.Range = t.rateRange(e.Rate)
	}
	e.Confidence = read(t, "confidence", Unstated, oneOf[Confidence](Confidences))
	e.Source = read(t, "source", "", (*reader).text)
	switch reason.Phase() {
	case channel.Asking, channel.Answering:
		e.Takes = read(t, "takes", nil, (*reader).takes)
	case channel.Fetching:
		t.boundDownload(e)
	}
	if channel.Reasons[reason].Billed {
		e.Billed = read(t, "billed", 0, (*reader).share)
	}
	if reason == channel.Region {
		t.egress(all)
	}
}

// mostDownload is the highest rate of failed downloads. A clip is fetched until it is here, so at
// 100% an order without a deadline would never end.
const mostDownload = 0.99

func (t *table) boundDownload(e *Error) {
	highest, key := e.Rate, "rate"
	if e.Range != nil && e.Range.High > highest {
		highest, key = e.Range.High, "range"
	}
	if n := t.node.Fields()[key]; n != nil && highest > mostDownload {
		t.Fail(n, `a clip is fetched again until it is here; at most "99%" of fetches may fail`,
			"a download error of %s would never let a clip through", Share(highest))
	}
}

// errorExample guesses the table that was meant by a bare rate.
func errorExample(n *document.Node) string {
	if v, is := n.Value.(string); is {
		if _, err := money.ParseShare(v); err == nil {
			return `{ rate = "` + v + `" }`
		}
	}
	return `{ rate = … }`
}

// followsFromExits refuses keys that say again what exits by country say.
func (t *table) followsFromExits(keys ...string) {
	for _, key := range keys {
		if n := t.get(key); n != nil {
			t.FailKey(n, "leave it out, or write the number of exits, as exits = 20",
				"%s follows from the exits by country: those in countries that the model doesn't support refuse every submit", key)
		}
	}
}

// egress reads how region errors hang together: through exits with bad spells, or through their countries.
func (t *table) egress(e *Errors) {
	fields := t.node.Fields()
	burst, exits, supported := fields["burst"], fields["exits"], fields["supported"]
	e.Rotate = read(t, "rotate", "", nameOf("attempt", "order"))
	e.Supported = read(t, "supported", nil, list(`["US", "JP"]`, (*reader).country))
	byCountry := exits != nil && exits.Fields() != nil
	if t.get("exits"); byCountry {
		e.Pool = t.pool(exits)
	} else if exits != nil {
		e.Exits, _ = integer(1, 1_000_000)(t.reader, exits)
	}
	if !byCountry {
		e.Burst = read(t, "burst", 0, (*reader).positiveDuration)
	}
	if burst != nil && exits == nil {
		t.FailKey(burst, "add exits = 20, the number of egress exits, or leave burst out", "burst without exits")
	}
	if exits != nil && burst == nil && !byCountry {
		t.FailKey(exits, `add burst = "60s", the mean length of an exit's bad spell, or leave exits out`,
			"exits without burst")
	}
	if supported != nil && !byCountry {
		t.FailKey(supported, "add exits by country, as { US = 40, MM = 1 }, or leave supported out",
			"supported without exits by country")
	}
	if rotate := fields["rotate"]; rotate != nil && exits == nil {
		t.FailKey(rotate, "add exits and burst, or leave rotate out", "rotate without exits")
	}
	if exits != nil && e.Rotate == "" {
		e.Rotate = "attempt"
	}
}

// distributions are how a number may lie in its range.
var distributions = []string{"uniform", "loguniform"}

// rateRange reads the range of an error's rate.
func (t *table) rateRange(rate float64) *Range {
	g := t.bounds((*reader).share, `["1%", "3%"]`)
	if g != nil && !t.node.Bad && (rate < g.Low || rate > g.High) {
		t.Fail(t.node.Find("range"), "widen the range, or move the rate",
			"the rate of %s lies outside the range from %s to %s", Share(rate), Share(g.Low), Share(g.High))
	}
	return g
}

// factorRange reads the range of a latency or a price: a factor on what is stated.
func (t *table) factorRange(on, stated string) *Range {
	g := t.bounds((*reader).factor, `["50%", "200%"], a factor on the `+on)
	if g != nil && !t.node.Bad && (g.Low > 1 || g.High < 1) {
		t.Fail(t.node.Find("range"), `the range is a factor on the `+on+`: ["50%", "200%"] is from half to double`,
			"the range from %s to %s leaves out 100%%, the stated %s", Share(g.Low), Share(g.High), stated)
	}
	return g
}

// factor reads a share from 1 % to 10,000 %.
func (r *reader) factor(n *document.Node) (float64, bool) {
	exact, ok := r.proportion(n, 100*money.Whole)
	if ok && (exact < money.Whole/100 || exact > 100*money.Whole) {
		r.Fail(n, "", "%s is %v; it must be from 1%% to 10,000%%", n.Name, exact)
		return 0, false
	}
	return float64(exact) / float64(money.Whole), ok
}

// bounds reads range and distribution; nil where there is no valid range.
func (t *table) bounds(p parse[float64], example string) *Range {
	n, distribution := t.get("range"), t.get("distribution")
	if n == nil {
		if distribution != nil {
			t.FailKey(distribution, "add range = "+example, "distribution without range")
		}
		return nil
	}
	values, _ := list(example, p)(t.reader, n)
	if n.Bad {
		return nil
	}
	g := &Range{Distribution: read(t, "distribution", "uniform", nameOf(distributions...))}
	if len(values) != 2 {
		t.Fail(n, "write "+example, "range must be the lowest and the highest value, but has %s", count(len(values), "value"))
		return nil
	}
	g.Low, g.High = values[0], values[1]
	switch {
	case g.Low >= g.High:
		t.Fail(n, "write the lower value first, or leave range out where the value is known",
			"the range from %v to %v is empty", n.Items()[0].Value, n.Items()[1].Value)
		return nil
	case g.Low == 0 && g.Distribution == "loguniform":
		t.Fail(n.Items()[0], `begin above 0%, or write distribution = "uniform"`, "a loguniform range cannot begin at 0%%")
		return nil
	}
	return g
}

// stated joins the parts of a text that are there.
func stated(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}
