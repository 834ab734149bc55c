package scenario

import (
	"errors"
	"fmt"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Compile turns a scenario into what the engines run. Of a scenario that Load returned it
// fails only for what an engine would have to ignore.
func (s *Scenario) Compile() (*Compiled, error) {
	for _, g := range unmodelled(s) {
		return nil, fmt.Errorf("%s is not modelled yet: %s", g.key(), g.meaning)
	}
	c := &Compiled{Model: world.Model{
		Seed:     s.Seed,
		Orders:   s.Workload.OrdersPerMonth,
		Promise:  s.Workload.Promise,
		Deadline: s.Workload.Deadline,
		Costs: world.Costs{Undelivered: s.Costs.Undelivered, Late: s.Costs.Late,
			Fixed: make([]money.Micros, len(s.Channels))},
	}}
	switch a := &s.Workload.Arrivals; a.Process {
	case "constant":
		c.Model.Process, c.Model.Profile = world.EvenArrival, a.Profile
	case "trace":
		c.Model.Process, c.Model.Trace = world.Traced, a.Trace
	default:
		c.Model.Profile = a.Profile
	}
	for _, v := range s.Workload.Videos {
		c.Model.Classes = append(c.Model.Classes,
			world.Class{Name: v.Name, Share: float64(v.Share) / float64(money.Whole), Clip: v.Clip})
	}
	index := map[string]int{}
	for i := range s.Channels {
		ch := &s.Channels[i]
		index[ch.Name] = i
		c.Model.Costs.Fixed[i] = s.Costs.FixedPerMonth[ch.Name]
		w, err := ch.compile(s.Workload.Videos)
		if err != nil {
			return nil, err
		}
		c.Model.Channels = append(c.Model.Channels, w)
	}
	for _, o := range s.Outages {
		w := world.Outage{Between: o.Between, Lasts: o.Lasts.spell()}
		for _, name := range o.Channels {
			w.Channels = append(w.Channels, index[name])
		}
		c.Model.Outages = append(c.Model.Outages, w)
	}
	for i := range s.Strategies {
		st, uses, err := s.compileStrategy(&s.Strategies[i], index)
		if err != nil {
			return nil, err
		}
		c.Strategies = append(c.Strategies, st)
		c.Uses = append(c.Uses, uses)
	}
	return c, nil
}

// compile makes the simulated channel.
func (ch *Channel) compile(videos []Video) (world.Channel, error) {
	e := &ch.Errors
	w := world.Channel{
		Name:        ch.Name,
		Price:       &ch.Price,
		SubmitTakes: ch.SubmitTakes.distribution(),
		Errors:      world.Errors{Exits: world.Exits{Count: e.Exits, Burst: e.Burst, PerOrder: e.Rotate == "order"}},
	}
	for _, r := range channel.Errors {
		w.Errors.By[r] = world.Error{Rate: e.By[r].Rate, Takes: e.By[r].Takes.distribution(), Billed: e.By[r].Billed}
	}
	if e.Pool != nil {
		w.Errors.Exits.Count, w.Errors.Countries = 0, e.refusing()
		if w.Errors.Exits.PerOrder {
			w.Errors.RegionMix = []world.Weighted{{Weight: e.By[channel.Region].Rate, Rate: 1},
				{Weight: 1 - e.By[channel.Region].Rate, Rate: 0}}
		}
	}
	var err error
	if w.Packs, err = ch.packs(); err != nil {
		return w, err
	}
	all := ch.AllKeys()
	w.Limits = world.Limits{PerMinute: all.RequestsPerMinute, Concurrent: all.Concurrent, Queue: all.Queue,
		Takes: all.Takes.distribution()}
	for _, g := range ch.Regimes {
		w.Regimes = append(w.Regimes, world.Regime{Share: g.Share, Refuses: g.Submit, Lasts: g.Lasts.spell()})
	}
	for i := range videos {
		made, err := ch.make(&videos[i])
		if err != nil {
			w.Jobs = append(w.Jobs, world.Job{})
			continue
		}
		service, err := ch.service(made)
		if err != nil {
			return w, err
		}
		w.Jobs = append(w.Jobs, world.Job{Makes: true, Clip: made, Service: service})
	}
	return w, nil
}

// AllKeys are the limits of all keys of a channel together: each has the channel's own.
func (ch *Channel) AllKeys() Limits {
	l, keys := ch.Limits, max(1, len(ch.KeysEnv))
	l.RequestsPerMinute *= keys
	l.Concurrent *= keys
	if l.Queue != Unlimited {
		l.Queue *= keys
	}
	return l
}

// packs are those that a channel is paid by in advance.
func (ch *Channel) packs() ([]world.Pack, error) {
	var packs []world.Pack
	cheapest := float64(ch.Price.UnitPrice[channel.Any]) / float64(ch.Price.Per)
	for _, p := range ch.Price.Packs {
		paid, err := ch.Price.Prepaid(p)
		if err != nil {
			return nil, err
		}
		pack := world.Pack{Price: float64(p.Pays) / float64(p.Units) / cheapest}
		if p.Expires > 0 {
			pack.Least = paid.Dollars() * world.Month.Seconds() / p.Expires.Seconds()
		}
		packs = append(packs, pack)
	}
	return packs, nil
}

// distribution is nil where nothing takes time: an interface that is nil itself, too.
func (t *Takes) distribution() dist.Distribution {
	if t == nil {
		return nil
	}
	return lognormal(t.Median, t.Sigma)
}

// spell is the length of a spell of trouble, which is lognormal even where all are equally long.
func (t *Takes) spell() dist.LogNormal { return dist.NewLogNormal(t.Median.Seconds(), t.Sigma) }

func lognormal(median time.Duration, sigma float64) dist.Distribution {
	if sigma == 0 {
		return dist.Constant(median.Seconds())
	}
	return dist.NewLogNormal(median.Seconds(), sigma)
}

// service is the time from acceptance to ready of a clip as made.
func (ch *Channel) service(made channel.Clip) (dist.Distribution, error) {
	l := &ch.Latency
	if l.Shape == "empirical" {
		return dist.NewEmpirical(l.Values)
	}
	median, err := ch.median(made)
	if err != nil {
		return nil, err
	}
	if median == 0 {
		return nil, errors.New(ch.Name + ": the latency is 0s")
	}
	switch l.Shape {
	case "constant":
		return dist.Constant(median.Seconds()), nil
	case "gamma":
		return dist.NewGamma(median.Seconds(), l.K), nil
	case "weibull":
		return dist.NewWeibull(median.Seconds(), l.K), nil
	}
	return lognormal(median, l.Sigma), nil
}

// route returns the steps for a video, and which route they are of: the first that matches, or
// the steps beside the routes, counted as the last.
func (st *Strategy) route(v *Video) ([]Step, int) {
	for i := range st.Routes {
		if st.Routes[i].When.matches(v) {
			return st.Routes[i].Steps, i
		}
	}
	return st.Steps, len(st.Routes)
}

// matches says whether a video meets the condition.
func (w *When) matches(v *Video) bool {
	return (w.Resolution == "" || w.Resolution == v.Clip.Resolution) &&
		(w.Video == "" || w.Video == v.Name) &&
		v.Clip.Seconds >= w.MinSeconds &&
		(w.MaxSeconds == 0 || v.Clip.Seconds <= w.MaxSeconds)
}

// compileStrategy makes one route per video, of the steps whose channel can make it.
func (s *Scenario) compileStrategy(st *Strategy, index map[string]int) (policy.Strategy, []bool, error) {
	compiled := policy.Strategy{Name: st.Name}
	uses := make([]bool, len(s.Channels))
	for i := range s.Workload.Videos {
		v := &s.Workload.Videos[i]
		route := policy.Route{Deadline: s.Workload.Deadline}
		steps, _ := st.route(v)
		for _, step := range steps {
			at, known := index[step.Channel]
			if !known {
				return compiled, nil, fmt.Errorf("strategy %s: there is no channel %q", st.Name, step.Channel)
			}
			if _, err := s.Channels[at].make(v); err != nil {
				continue
			}
			uses[at] = true
			compiled := s.compileStep(&step, at)
			if step.Hedge != nil {
				uses[compiled.Hedge.Channel] = true
			}
			route.Steps = append(route.Steps, compiled)
		}
		if n := route.Attempts(); n == 0 || n > policy.MaxAttempts {
			return compiled, nil, fmt.Errorf("strategy %s: %d attempts for %q; there must be from 1 to %d", st.Name, n, v.Name,
				policy.MaxAttempts)
		}
		compiled.Routes = append(compiled.Routes, route)
	}
	return compiled, uses, nil
}

// compileStep fills in what [retry] says.
func (s *Scenario) compileStep(step *Step, at int) policy.Step {
	p := policy.Step{
		Channel:     at,
		Attempts:    step.Attempts,
		Backoff:     s.Retry.Backoff,
		RetryOn:     s.Retry.RetryOn,
		OnAmbiguous: s.Retry.OnAmbiguous,
		Poll:        s.Channels[at].Poll,
		Timeout:     step.Timeout,
		Breaker:     s.Retry.Breaker,
		Budget:      s.Retry.Budget,
	}
	if step.Backoff != nil {
		p.Backoff = *step.Backoff
	}
	if step.RetryOn != nil {
		p.RetryOn = *step.RetryOn
	}
	if step.OnAmbiguous != nil {
		p.OnAmbiguous = *step.OnAmbiguous
	}
	if step.Breaker != nil {
		p.Breaker = *step.Breaker
	}
	if step.Budget != nil {
		p.Budget = *step.Budget
	}
	if h := step.Hedge; h != nil {
		second := s.indexOf(h.Channel)
		p.Hedge = policy.Hedge{After: h.After, Channel: second, Poll: s.Channels[second].Poll}
	}
	return p
}
