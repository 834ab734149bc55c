// Package printer writes a scenario as TOML with every default filled in: what check --resolved shows.
//
// It deliberately reads nothing and checks nothing (package scenario); what it writes loads again as an equal scenario.
//
//	text := printer.Print(s)
package printer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
)

// Print is the scenario as TOML with all defaults filled in. It loads again as an equal
// Scenario, and is printed as the same text.
func Print(s *scenario.Scenario) []byte {
	w := &writer{}
	w.line("# Resolved by channelbench: every default is written out.")
	w.text("name", s.Name)
	w.some("title", s.Title)
	w.put("seed", fmt.Sprint(s.Seed))
	w.text("currency", s.Currency)
	if s.FX != nil {
		w.put("fx", rates(s.FX))
	}
	w.workload(&s.Workload)
	for i := range s.Channels {
		w.channel(&s.Channels[i])
	}
	for _, o := range s.Outages {
		w.line("\n[[outages]]  # between: mean time from one end to the next start")
		w.put("channels", texts(o.Channels))
		w.put("between", duration(o.Between))
		w.put("lasts", takes(&o.Lasts))
	}
	for i := range s.Strategies {
		w.strategy(&s.Strategies[i])
	}
	w.retry(&s.Retry)
	w.costs(&s.Costs)
	w.decision(&s.Decision)
	w.bench(&s.Bench)
	if len(s.Gates) > 0 {
		w.line("\n[gates]  # how much worse a figure may get; pp: percentage points")
		for _, g := range s.Gates {
			w.line(g.Metric + " = " + document.Quote(g.String()))
		}
	}
	return []byte(w.String())
}

// writer writes TOML.
type writer struct{ strings.Builder }

func (w *writer) line(s string)       { w.WriteString(s + "\n") }
func (w *writer) put(key, v string)   { w.line(document.QuoteKey(key) + " = " + v) }
func (w *writer) text(key, s string)  { w.put(key, document.Quote(s)) }
func (w *writer) note(k, v, c string) { w.line(document.QuoteKey(k) + " = " + v + "  # " + c) }

// some writes a text that isn't empty.
func (w *writer) some(key, s string) {
	if s != "" {
		w.text(key, s)
	}
}

func duration(d time.Duration) string { return document.Quote(scenario.Duration(d)) }
func percent(f float64) string        { return document.Quote(scenario.Share(f)) }
func amount(m money.Micros) string    { return document.Quote(m.String()) }

// texts writes an array of texts.
func texts(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = document.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// inline is an inline table in the making.
type inline struct{ pairs []string }

func (t *inline) put(key, v string) { t.pairs = append(t.pairs, document.QuoteKey(key)+" = "+v) }

func (t *inline) some(key, s string) {
	if s != "" {
		t.put(key, document.Quote(s))
	}
}

func (t *inline) String() string {
	if len(t.pairs) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(t.pairs, ", ") + " }"
}

func (w *writer) workload(l *scenario.Workload) {
	w.line("\n[workload]")
	w.put("orders_per_month", fmt.Sprint(l.OrdersPerMonth))
	w.put("growth_per_month", percent(l.GrowthPerMonth))
	a := &inline{}
	a.put("process", document.Quote(l.Arrivals.Process))
	a.some("file", l.Arrivals.File)
	if l.Arrivals.Profile != nil {
		weights := make([]string, len(l.Arrivals.Profile))
		for i, v := range l.Arrivals.Profile {
			weights[i] = document.Number(v)
		}
		a.put("profile", "["+strings.Join(weights, ", ")+"]")
	}
	w.put("arrivals", a.String())
	if l.Promise > 0 {
		w.note("promise", duration(l.Promise), "in_time is measured against this")
	}
	w.note("deadline", duration(l.Deadline), "later than this is undelivered")
	for _, v := range l.Videos {
		w.line("\n[[workload.videos]]")
		w.text("name", v.Name)
		w.text("share", v.Share.String())
		w.put("seconds", fmt.Sprint(v.Clip.Seconds))
		w.text("resolution", v.Clip.Resolution)
		w.text("aspect", v.Clip.Aspect)
		if v.Clip.Audio != channel.AnyAudio {
			w.put("audio", fmt.Sprint(v.Clip.Audio == channel.Audible))
		}
		w.text("fit", v.Fit.String())
	}
}

func (w *writer) channel(c *scenario.Channel) {
	w.line("\n[" + document.Dotted("channels", c.Name) + "]")
	w.text("kind", c.Kind.String())
	w.some("label", c.Label)
	w.some("terms", c.Terms)
	w.some("protocol", c.Protocol)
	w.some("base_url", c.BaseURL)
	if c.DownloadHosts != nil {
		w.put("download_hosts", texts(c.DownloadHosts))
	}
	w.keys(&c.Channel)
	w.some("model", c.Model)
	w.form(c)
	w.day("as_of", c.AsOf)
	w.day("ended", c.Ended)
	m := &inline{}
	if c.Makes.Seconds != nil {
		m.put("seconds", strings.ReplaceAll(fmt.Sprint(c.Makes.Seconds), " ", ", "))
	}
	if c.Makes.Resolutions != nil {
		m.put("resolutions", texts(c.Makes.Resolutions))
	}
	if m.pairs != nil {
		w.put("makes", m.String())
	}
	w.put("poll", duration(c.Poll))
	if text, dollars := price(c); dollars != "" {
		w.note("price", text, dollars)
	} else {
		w.put("price", text)
	}
	w.note("latency", latency(&c.Latency), "accepted → ready")
	if c.SubmitTakes != nil {
		w.note("submit_takes", takes(c.SubmitTakes), "submit → accepted")
	}
	w.errors(c)
	w.limits(c)
	w.regimes(c)
}

// keys are where the channel's keys and its balance are found.
func (w *writer) keys(c *channel.Channel) {
	if len(c.KeysEnv) > 1 {
		w.note("keys_env", texts(c.KeysEnv), "orders take turns")
	} else {
		w.some("key_env", strings.Join(c.KeysEnv, ""))
	}
	w.some("secret_env", c.SecretEnv)
	w.some("balance_url", c.BalanceURL)
	w.some("balance_key_env", c.BalanceKeyEnv)
	if c.BalanceUnit > 0 {
		w.note("balance_unit", amount(c.BalanceUnit), "what one unit of the balance is worth")
	}
}

// form is how an order is written.
func (w *writer) form(c *scenario.Channel) {
	f := &c.Form
	switch f.Length {
	case channel.LengthAsDuration:
		w.text("duration_as", "8s")
	case channel.LengthAsText:
		w.text("duration_as", "8")
	case channel.LengthAsNumber:
		w.put("duration_as", "8")
	}
	if f.Send != nil {
		w.note("send", texts(f.Send), "optional fields that the model takes")
	}
	if f.Fields != nil {
		w.put("fields", fixed(f.Fields))
	}
	if c.Headers != nil {
		t := &inline{}
		for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
			t.put(name, document.Quote(c.Headers[name]))
		}
		w.put("headers", t.String())
	}
	if c.Hold {
		w.note("hold", "true", "the submit is held open until the clip is made")
	}
	if c.Traps != nil {
		w.note("traps", texts(c.Traps), "in which its mock misbehaves")
	}
}

// fixed is a value of a fixed field.
func fixed(value any) string {
	switch v := value.(type) {
	case string:
		return document.Quote(v)
	case float64:
		s := document.Number(v)
		if !strings.ContainsAny(s, ".e") {
			s += ".0" // 8 is a whole number to TOML
		}
		return s
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = fixed(v[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		t := &inline{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			t.put(name, fixed(v[name]))
		}
		return t.String()
	}
	return fmt.Sprint(value)
}

// day writes a date that is stated.
func (w *writer) day(key string, d time.Time) {
	if !d.IsZero() {
		w.put(key, d.Format(time.DateOnly))
	}
}

func (w *writer) limits(c *scenario.Channel) {
	if (c.Limits == scenario.Limits{}) {
		return
	}
	keys := ""
	if n := len(c.KeysEnv); n > 1 {
		keys = fmt.Sprintf("  # of each key; all %d together are let through %d times as much", n, n)
	}
	w.line("\n[" + document.Dotted("channels", c.Name) + ".limits]" + keys)
	if c.Limits.RequestsPerMinute > 0 {
		w.put("requests_per_minute", fmt.Sprint(c.Limits.RequestsPerMinute))
	}
	if c.Limits.Concurrent > 0 {
		w.put("concurrent", fmt.Sprint(c.Limits.Concurrent))
		queue := fmt.Sprint(c.Limits.Queue)
		if c.Limits.Queue == scenario.Unlimited {
			queue = document.Quote("unlimited")
		}
		w.note("queue", queue, "accepted jobs that may wait for a slot")
	}
	if c.Limits.Takes != nil {
		w.note("takes", takes(c.Limits.Takes), "submit → refused")
	}
}

func (w *writer) regimes(c *scenario.Channel) {
	if c.Regimes != nil {
		w.line("\n[" + document.Dotted("channels", c.Name) +
			".regimes]  # share: of the time; submit: refused submits while it lasts")
	}
	for _, g := range c.Regimes {
		t := &inline{}
		t.put("share", percent(g.Share))
		t.put("lasts", takes(&g.Lasts))
		t.put("submit", percent(g.Submit))
		w.put(g.Name, t.String())
	}
}

// takes is a drawn duration as scenarios spell it.
func takes(t *scenario.Takes) string {
	if t.Sigma == 0 {
		return duration(t.Median)
	}
	return fmt.Sprintf("{ median = %s, sigma = %s }", duration(t.Median), document.Number(t.Sigma))
}

func rates(all []scenario.FX) string {
	t := &inline{}
	for _, x := range all {
		rate := &inline{}
		rate.put("rate", amount(x.Rate))
		if g := x.Range; g != nil {
			end := func(factor float64) string { return money.Micros(math.Round(factor * float64(x.Rate))).String() }
			rate.put("range", texts([]string{end(g.Low), end(g.High)}))
			rate.put("distribution", document.Quote(g.Distribution))
		}
		if !x.AsOf.IsZero() {
			rate.put("as_of", x.AsOf.Format(time.DateOnly))
		}
		t.put(x.Currency, rate.String())
	}
	return t.String()
}

// price is a price as scenarios spell it, and what its amounts are in dollars, where they are in another currency.
func price(c *scenario.Channel) (text, dollars string) {
	p := &c.Price
	t := &inline{}
	var converted []string
	amount := func(m money.Micros) string {
		if is := scenario.Amount(p, m) + " is " + p.Dollars(m).String(); !slices.Contains(converted, is) && p.Currency != "" {
			converted = append(converted, is)
		}
		return document.Quote(scenario.Amount(p, m))
	}
	if p.Unit == "" {
		t.shape(p, amount)
	} else {
		units := &inline{}
		units.put("unit", document.Quote(p.Unit))
		if p.Packs != nil {
			units.put("prepaid", packs(p.Packs, amount))
		} else {
			units.put("price", byResolution(p.UnitPrice, amount))
			units.put("per", fmt.Sprint(p.Per))
		}
		units.shape(p, money.Micros.Decimal)
		t.put("per_unit", units.String())
	}
	if p.Bonus > 0 {
		t.put("bonus", document.Quote(p.Bonus.String()))
	} else {
		t.put("discount", document.Quote(p.Discount.String()))
	}
	t.put("billed", document.Quote(p.Billed.String()))
	if !p.AsOf.IsZero() {
		t.put("as_of", p.AsOf.Format(time.DateOnly))
	}
	t.bounds(c.PriceRange)
	t.some("source", p.Source)
	t.some("confidence", c.PriceConfidence.String())
	return t.String(), strings.Join(converted, ", ")
}

func packs(all []channel.Pack, amount func(money.Micros) string) string {
	tables := make([]string, len(all))
	for i, p := range all {
		t := &inline{}
		t.put("pays", amount(p.Pays))
		t.put("units", fmt.Sprint(p.Units))
		if p.Expires > 0 {
			t.put("expires", duration(p.Expires))
		}
		if p.Slots > 0 {
			t.put("slots", fmt.Sprint(p.Slots))
		}
		tables[i] = t.String()
	}
	return "[" + strings.Join(tables, ", ") + "]"
}

// shape writes the amounts of a price, in money or in units.
func (t *inline) shape(p *channel.Price, write func(money.Micros) string) {
	switch p.Shape {
	case channel.Ladder:
		rungs := &inline{}
		for _, s := range p.Lengths() {
			rungs.put(fmt.Sprint(s), byResolution(p.Rungs[s], write))
		}
		t.put("ladder", rungs.String())
	case channel.Reckoned:
		t.put("quantity", document.Quote(p.Formula.String()))
	default:
		t.put(p.Shape.String(), byResolution(p.Units, write))
	}
	if p.Shape == channel.Base {
		t.put("per_extra_second", write(p.Extra))
		t.put("included_seconds", fmt.Sprint(p.Included))
	}
}

// byResolution writes one value for all resolutions, or a table.
func byResolution[T any](by map[string]T, write func(T) string) string {
	if v, all := by[channel.Any]; all {
		return write(v)
	}
	t := &inline{}
	for _, resolution := range scenario.ByLength(by) {
		t.put(resolution, write(by[resolution]))
	}
	return t.String()
}

// latency is a latency as scenarios spell it.
func latency(l *scenario.Latency) string {
	t := &inline{}
	t.put("shape", document.Quote(l.Shape))
	if l.Shape == "empirical" {
		t.put("file", document.Quote(l.File))
	} else {
		t.put("base", duration(l.Base))
	}
	if l.PerSecond != nil {
		t.put("per_second", byResolution(l.PerSecond, duration))
	}
	switch l.Shape {
	case "lognormal":
		t.put("sigma", document.Number(l.Sigma))
	case "gamma", "weibull":
		t.put("k", document.Number(l.K))
	}
	t.bounds(l.Range)
	t.some("confidence", l.Confidence.String())
	t.some("source", l.Source)
	return t.String()
}

func (t *inline) bounds(g *scenario.Range) {
	if g != nil {
		t.put("range", texts([]string{scenario.Share(g.Low), scenario.Share(g.High)}))
		t.put("distribution", document.Quote(g.Distribution))
	}
}

func (w *writer) errors(c *scenario.Channel) {
	w.line("\n[" + document.Dotted("channels", c.Name) +
		".errors]  # each rate is conditional on having passed the errors above it")
	for _, reason := range channel.Errors {
		e := &c.Errors.By[reason]
		t := &inline{}
		if reason != channel.Region || c.Errors.Pool == nil {
			t.put("rate", percent(e.Rate))
		}
		t.bounds(e.Range)
		if e.Takes != nil {
			t.put("takes", takes(e.Takes))
		}
		if channel.Reasons[reason].Billed {
			t.put("billed", percent(e.Billed))
		}
		if reason == channel.Region {
			t.egress(&c.Errors)
		}
		t.some("confidence", e.Confidence.String())
		t.some("source", e.Source)
		w.put(reason.String(), t.String())
	}
}

func (t *inline) egress(e *scenario.Errors) {
	switch {
	case e.Pool != nil:
		t.put("exits", exits(e.Pool))
		t.put("supported", texts(e.Supported))
	case e.Exits > 0:
		t.put("burst", duration(e.Burst))
		t.put("exits", fmt.Sprint(e.Exits))
	default:
		return
	}
	t.put("rotate", document.Quote(e.Rotate))
}

func (w *writer) strategy(s *scenario.Strategy) {
	w.line("\n[" + document.Dotted("strategies", s.Name) + "]")
	w.some("label", s.Label)
	for i, route := range s.Routes {
		if i == 0 {
			w.line("route = [  # the first that matches")
		}
		t := &inline{}
		t.put("when", when(&route.When))
		t.put("steps", steps(route.Steps))
		w.line("  " + t.String() + ",")
	}
	if s.Routes != nil {
		w.line("]")
	}
	if s.Steps != nil {
		w.put("steps", steps(s.Steps))
	}
}

// when is a condition as scenarios spell it.
func when(c *scenario.When) string {
	t := &inline{}
	t.some("resolution", c.Resolution)
	if c.MinSeconds > 0 {
		t.put("min_seconds", fmt.Sprint(c.MinSeconds))
	}
	if c.MaxSeconds > 0 {
		t.put("max_seconds", fmt.Sprint(c.MaxSeconds))
	}
	t.some("video", c.Video)
	return t.String()
}

func steps(all []scenario.Step) string {
	tables := make([]string, len(all))
	for i, s := range all {
		t := &inline{}
		t.put("channel", document.Quote(s.Channel))
		t.put("attempts", fmt.Sprint(s.Attempts))
		if s.Backoff != nil {
			t.put("backoff", backoff(s.Backoff))
		}
		if s.RetryOn != nil {
			t.put("retry_on", reasons(*s.RetryOn))
		}
		if s.OnAmbiguous != nil {
			t.put("on_ambiguous", document.Quote(s.OnAmbiguous.String()))
		}
		if s.Timeout > 0 {
			t.put("timeout", duration(s.Timeout))
		}
		if s.Breaker != nil {
			t.put("breaker", breaker(s.Breaker))
		}
		if s.Budget != nil {
			t.put("budget", budget(s.Budget))
		}
		if s.Hedge != nil {
			t.put("hedge", hedge(s.Hedge))
		}
		tables[i] = t.String()
	}
	return "[" + strings.Join(tables, ", ") + "]"
}

func backoff(b *policy.Backoff) string {
	t := &inline{}
	t.put("kind", document.Quote(b.Growth.String()))
	t.put("base", duration(b.Base))
	if b.Growth == policy.ExponentialBackoff {
		t.put("factor", document.Number(b.Factor))
		if b.Cap > 0 {
			t.put("cap", duration(b.Cap))
		}
	}
	t.put("jitter", document.Quote(scenario.Jitter(b)))
	return t.String()
}

func breaker(b *policy.Breaker) string {
	if b.Failures == 0 {
		return document.Quote(scenario.None)
	}
	t := &inline{}
	t.put("failures", fmt.Sprint(b.Failures))
	t.put("window", duration(b.Window))
	t.put("open", duration(b.Open))
	t.put("on", reasons(b.On))
	return t.String()
}

func budget(b *policy.Budget) string {
	if b.Burst == 0 {
		return document.Quote(scenario.None)
	}
	t := &inline{}
	t.put("share", document.Quote(money.Billionths(b.Share).String()))
	t.put("burst", fmt.Sprint(b.Burst))
	return t.String()
}

// hedge is a hedge as scenarios spell it.
func hedge(h *scenario.Hedge) string {
	return fmt.Sprintf("{ after = %s, channel = %s }", duration(h.After), document.Quote(h.Channel))
}

func reasons(set policy.ReasonSet) string {
	var names []string
	for _, reason := range scenario.Countable {
		if set.Has(reason) {
			names = append(names, reason.String())
		}
	}
	return texts(names)
}

func (w *writer) retry(r *scenario.Retry) {
	w.line("\n[retry]")
	w.put("backoff", backoff(&r.Backoff))
	w.put("retry_on", reasons(r.RetryOn))
	w.note("on_ambiguous", document.Quote(r.OnAmbiguous.String()), "next_step may pay twice")
	if r.Breaker.Failures > 0 {
		w.put("breaker", breaker(&r.Breaker))
	}
	if r.Budget.Burst > 0 {
		w.put("budget", budget(&r.Budget))
	}
}

func (w *writer) costs(c *scenario.Costs) {
	w.line("\n[costs]")
	w.note("undelivered", amount(c.Undelivered), "per undelivered order")
	w.note("late", amount(c.Late), "per order delivered after the promise")
	if c.FixedPerMonth != nil {
		w.put("fixed_per_month", byResolution(c.FixedPerMonth, amount))
	}
}

func (w *writer) decision(d *scenario.Decision) {
	w.line("\n[decision]")
	w.text("minimise", d.Minimise)
	required := make([]string, len(d.Require))
	for i, q := range d.Require {
		required[i] = q.Text
	}
	w.put("require", texts(required))
	w.put("confidence", percent(d.Confidence))
	w.put("tolerance", percent(d.Tolerance))
	w.put("exclude", texts(d.Exclude))
	w.some("baseline", d.Baseline)
	if d.Budget > 0 {
		w.put("budget_per_month", amount(d.Budget))
	}
}

func (w *writer) bench(b *scenario.Bench) {
	w.line("\n[bench]")
	w.put("run", texts(b.Run))
	w.note("orders", fmt.Sprint(b.Orders), "per driven strategy")
	w.note("rate", document.Quote(b.Rate.String()), "over all strategies")
	w.some("prompts", b.Prompts)
	if b.MaxSpend > 0 {
		w.put("max_spend", amount(b.MaxSpend))
	}
	w.put("grace", duration(b.Grace))
	w.some("proxy_env", b.ProxyEnv)
	w.note("stop", stop(&b.Stop),
		"when a channel is given up, by the share of its orders that are delivered within the promise")
}

// stop is the rule as scenarios spell it.
func stop(s *scenario.Stop) string {
	if s.Good == 0 {
		return document.Quote(scenario.None)
	}
	return fmt.Sprintf("{ good = %s, bad = %s, false_stop = %s, missed = %s }", percent(s.Good), percent(s.Bad),
		percent(s.FalseStop), percent(s.Missed))
}

// exits writes how many exits lie in which country.
func exits(pool map[string]int) string {
	t := &inline{}
	for _, name := range slices.Sorted(maps.Keys(pool)) {
		t.put(name, fmt.Sprint(pool[name]))
	}
	return t.String()
}
