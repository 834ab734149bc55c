package exact

import (
	"math"
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// walk follows the orders of one class along their route.
type walk struct {
	solver *Solver
	model  *world.Model
	class  int
	route  *policy.Route
	answer *Answer
	exits  []*exits // by channel; nil: its attempts are independent

	grid       *grid
	negligible float64 // mass that is not followed
}

// luck is what an order draws once, and its weight.
type luck struct {
	weight    float64
	moderated float64         // the order's draw lies below this rate and no lower one; 2: below none
	region    map[int]float64 // by channel with a mixture: the rate drawn
}

func (s *Solver) newWalk(m *world.Model, class int, route *policy.Route, a *Answer) *walk {
	w := &walk{solver: s, model: m, class: class, route: route, answer: a}
	for ch := range m.Channels {
		w.exits = append(w.exits, exitsOf(&m.Channels[ch].Errors))
	}
	return w
}

func (w *walk) run(o Options) error {
	const most = 1 << 22 // numbers: 32 MB
	if w.solver.remembered > most {
		w.solver.forget()
	}
	var err error
	if w.grid, err = w.layGrid(o); err != nil {
		return err
	}
	if w.negligible = 1e-16; o.Rough {
		w.negligible = 1e-7
	}
	w.grid.reclaim()
	for _, l := range w.lucks() {
		w.follow(l)
	}
	return nil
}

func (w *walk) pollOf(ch int) float64 {
	for i := range w.route.Steps {
		if w.route.Steps[i].Channel == ch {
			return w.route.Steps[i].Poll.Seconds()
		}
	}
	return 0
}

// overhead is what an accepted attempt that makes a clip takes besides the job: the way to
// acceptance, and fetches that fail.
func (w *walk) overhead(ch int) *kernel {
	c := &w.model.Channels[ch]
	step := policy.Step{Poll: duration(w.pollOf(ch))}
	return w.grid.time(span{submit: c.SubmitTakes, failed: c.Errors.By[channel.Download].Rate,
		pause: step.FetchPause().Seconds()})
}

// response is how jobs of the class end on a channel.
func (w *walk) response(ch int) *response {
	return w.solver.response(w.model.Channels[ch].Jobs[w.class].Service, w.pollOf(ch))
}

func duration(seconds float64) time.Duration { return time.Duration(math.Round(seconds * 1e9)) }

// follow walks the route under given luck and adds up charges, attempts and deliveries.
func (w *walk) follow(l luck) {
	first := scaledAttempt{w.origin(), l.weight}
	for i := range w.route.Steps {
		if i == 1 {
			w.answer.Fallback += first.orders()
		}
		s := w.stage(i, l)
		p := w.pass(s, first)
		w.count(s, p, i == 0)
		if i+1 < len(w.route.Steps) {
			first = scaledAttempt{w.after(s, p), 1}
		}
	}
}

// odds are the outcomes of one attempt.
type odds struct {
	delivered float64
	failures  [channel.NumReasons]failure
	kinds     int     // of failures
	charge    float64 // expected dollars
}

// failure is a share of attempts that fail and take some time.
type failure struct {
	share float64
	again bool // the step may try again; else the next one begins
	takes *kernel
}

// add adds a failure.
func (o *odds) add(f failure) {
	for i := range o.failures[:o.kinds] {
		if same := &o.failures[i]; same.again == f.again && same.takes == f.takes {
			same.share += f.share
			return
		}
	}
	o.failures[o.kinds] = f
	o.kinds++
}

// probabilities are those of an attempt in a step under given luck, as package world draws them, with the
// times on the grid.
func (w *walk) probabilities(step *policy.Step, l luck) odds {
	c := &w.model.Channels[step.Channel]
	e := &c.Errors
	o := odds{}
	lose := func(r channel.Reason, share float64, takes span) {
		o.add(failure{share, step.RetryOn.Has(r), w.grid.time(takes)})
	}
	left := 1.0
	for _, r := range channel.ErrorsOf(channel.Asking) {
		if m := w.met(step.Channel, r, l); m.Rate > 0 && left > 0 {
			lose(r, left*m.Rate, span{submit: m.Takes})
			left *= 1 - m.Rate
		}
	}
	price := w.price(step.Channel, channel.Usage{Accepted: true, Made: true})
	for _, r := range channel.ErrorsOf(channel.Answering) {
		if m := &e.By[r]; m.Rate > 0 && left > 0 {
			lost := left * m.Rate
			o.charge += lost * w.price(step.Channel, channel.Usage{Lost: true})
			if step.OnAmbiguous == policy.NextStep {
				o.add(failure{lost, false, w.grid.time(span{submit: m.Takes})})
			}
			left -= lost
		}
	}
	if left <= 0 {
		return o
	}
	job := span{submit: c.SubmitTakes, job: c.Jobs[w.class].Service, every: step.Poll.Seconds()}
	for _, r := range channel.ErrorsOf(channel.Making) {
		if m := &e.By[r]; m.Rate > 0 {
			failed := left * m.Rate
			lose(r, failed, job)
			o.charge += failed * (m.Billed*w.price(step.Channel, channel.Usage{Accepted: true, BilledFailure: true}) +
				(1-m.Billed)*w.price(step.Channel, channel.Usage{Accepted: true}))
			left -= failed
		}
	}
	o.charge += left * price
	job.failed, job.pause = e.By[channel.Download].Rate, step.FetchPause().Seconds()
	for _, r := range channel.ErrorsOf(channel.Checking) {
		if rate := e.By[r].Rate; rate > 0 {
			lose(r, left*rate, job)
			left *= 1 - rate
		}
	}
	o.delivered = left
	return o
}

// met is an error of a submit as an order with given luck meets it.
func (w *walk) met(ch int, r channel.Reason, l luck) world.Error {
	m := w.model.Channels[ch].Errors.By[r]
	switch rate, mixed := l.region[ch]; {
	case r == channel.Moderation && m.Rate >= l.moderated:
		m.Rate = 1
	case r == channel.Moderation:
		m.Rate = 0
	case r == channel.Region && mixed:
		m.Rate = rate
	}
	return m
}

// price is the charge for a usage of the clip that a channel makes of the class, in dollars.
func (w *walk) price(ch int, u channel.Usage) float64 {
	c := &w.model.Channels[ch]
	u.Clip = c.Jobs[w.class].Clip
	charge, err := c.Price.Charge(u)
	if err != nil {
		panic("exact: a route uses a channel that cannot make its clip: " + err.Error())
	}
	return charge.Dollars()
}

// pause is the backoff after the given number of failures.
func (g *grid) pause(b *policy.Backoff, failures int) *kernel {
	low, high := b.Bounds(failures)
	if high <= low {
		return g.time(span{submit: dist.Constant(low.Seconds())})
	}
	return g.time(span{submit: dist.Uniform{Low: low.Seconds(), High: high.Seconds()}})
}

// lucks lists what an order of the class can draw once: between which two moderation rates it
// falls, and which region rate on each channel that has a mixture.
func (w *walk) lucks() []luck {
	share := w.model.Classes[w.class].Share
	lucks := []luck{}
	below := 0.0
	for _, rate := range append(w.moderationRates(), 2) {
		if weight := min(rate, 1) - below; weight > 0 {
			lucks = append(lucks, luck{weight: share * weight, moderated: rate, region: map[int]float64{}})
		}
		below = min(rate, 1)
	}
	for _, ch := range w.channels() {
		mix := w.model.Channels[ch].Errors.RegionMix
		if mix == nil {
			continue
		}
		var split []luck
		for _, l := range lucks {
			for _, m := range mix {
				region := map[int]float64{ch: m.Rate}
				for other, rate := range l.region {
					region[other] = rate
				}
				split = append(split, luck{l.weight * m.Weight, l.moderated, region})
			}
		}
		lucks = split
	}
	return lucks
}

// channels lists the channels of the route, ascending, each once.
func (w *walk) channels() []int {
	var channels []int
	for i := range w.route.Steps {
		channels = append(channels, w.route.Steps[i].Channel)
	}
	slices.Sort(channels)
	return slices.Compact(channels)
}

func (w *walk) moderationRates() []float64 {
	var rates []float64
	for _, ch := range w.channels() {
		if rate := w.model.Channels[ch].Errors.By[channel.Moderation].Rate; rate > 0 {
			rates = append(rates, rate)
		}
	}
	slices.Sort(rates)
	return slices.Compact(rates)
}
