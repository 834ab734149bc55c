package replay

import (
	"flag"
	"os"
	"slices"
	"testing"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/sim/event"
)

// TestMain fixes rapid's seed where none is asked for, and keeps it from writing files.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// observed is one strategy's month in the simulator, recorded as a bench would have.
type observed struct {
	t        *testing.T
	model    *world.Model
	strategy *policy.Strategy
	orders   []recording.Order
	billed   map[*recording.Attempt]bool // it failed, and that is billed
	lost     map[*recording.Attempt]bool
}

// simulated are the orders of several strategies that share pairs. No two steps of a route try the same channel.
func simulated(t *testing.T, m *world.Model, strategies ...*policy.Strategy) []recording.Order {
	t.Helper()
	var all []recording.Order
	for i, s := range strategies {
		o := &observed{t: t, model: m, strategy: s, billed: map[*recording.Attempt]bool{},
			lost: map[*recording.Attempt]bool{}}
		arrivals := m.Arrivals(0)
		for n := range m.Orders {
			at, _ := arrivals.Next()
			key := m.Key(0, n)
			o.orders = append(o.orders, recording.Order{Number: n*len(strategies) + i, Strategy: s.Name, Pair: n,
				Video: m.Class(key), Key: key, Scheduled: at})
			o.orders[n].Attempts = make([]recording.Attempt, 0, policy.MaxAttempts) // they don't move
		}
		engine, err := event.New(m, s)
		if err != nil {
			t.Fatal(err)
		}
		engine.Observe = o.observe
		engine.Month(0)
		for n := range o.orders {
			o.bill(&o.orders[n])
		}
		all = append(all, o.orders...)
	}
	return all
}

func (o *observed) observe(n int, e policy.Event, actions []policy.Action) {
	order := &o.orders[n]
	if e.Kind != policy.Start && e.Kind != policy.Wake {
		o.news(order, &e)
	}
	for i := range actions {
		switch a := &actions[i]; a.Kind {
		case policy.Submit:
			step := slices.IndexFunc(o.strategy.Routes[order.Video].Steps,
				func(s policy.Step) bool { return s.Channel == int(a.Channel) })
			order.Attempts = append(order.Attempts, recording.Attempt{Channel: o.model.Channels[a.Channel].Name, Step: step,
				Submitted: order.Scheduled + a.At})
		case policy.Finish:
			order.Finished, order.Delivered, order.Latency = true, e.Kind == policy.Fetched, a.At
			order.Reason = why(&e)
			if k := len(order.Attempts); k > 0 && order.Attempts[k-1].Outcome == channel.Pending {
				order.Attempts[k-1].Outcome, order.Attempts[k-1].Reason = channel.Abandoned, channel.Deadline
			}
		}
	}
}

// why is the reason of an order that ends with this event.
func why(e *policy.Event) channel.Reason {
	switch e.Kind {
	case policy.Refused:
		return e.Reason
	case policy.Failed:
		return channel.Job
	case policy.Rejected:
		return channel.BadClip
	case policy.Lost:
		return channel.Lost
	case policy.Wake:
		return channel.Deadline
	}
	return channel.NoReason
}

// news notes what an attempt met; an attempt that its order has left stays abandoned.
func (o *observed) news(order *recording.Order, e *policy.Event) {
	a := &order.Attempts[e.Attempt]
	since := order.Scheduled + e.At - a.Submitted
	ended := func(outcome channel.Outcome, r channel.Reason) {
		if a.Outcome == channel.Pending {
			a.Outcome, a.Reason = outcome, r
		}
	}
	switch e.Kind {
	case policy.Accepted:
		a.Accepted, a.Answer = true, since
	case policy.Refused:
		a.Answer = since
		ended(channel.Refused, e.Reason)
	case policy.Lost:
		a.Answer, o.lost[a] = since, true
		ended(channel.Ambiguous, channel.Lost)
	case policy.Completed:
		a.Made, a.Ended, a.Service = true, true, since-a.Answer
	case policy.Failed:
		a.Ended, a.Service, o.billed[a] = true, since-a.Answer, e.Billed
		ended(channel.Failed, channel.Job)
	case policy.Fetched:
		a.Fetch = since - a.Answer - a.Service
		ended(channel.Delivered, channel.NoReason)
	case policy.Rejected:
		a.Fetch = since - a.Answer - a.Service
		ended(channel.Unusable, channel.BadClip)
	}
}

// bill works out what the attempts of an order cost.
func (o *observed) bill(order *recording.Order) {
	for i := range order.Attempts {
		a := &order.Attempts[i]
		ch := slices.IndexFunc(o.model.Channels, func(c world.Channel) bool { return c.Name == a.Channel })
		c := &o.model.Channels[ch]
		charge := func(u channel.Usage) money.Micros {
			u.Clip = c.Jobs[order.Video].Clip
			m, err := c.Price.Charge(u)
			if err != nil {
				o.t.Fatal(err)
			}
			return m
		}
		a.Reserved = charge(channel.Usage{Made: true})
		a.Bill.Computed = charge(channel.Usage{Accepted: a.Accepted, Made: a.Made, BilledFailure: o.billed[a],
			Lost: o.lost[a]})
	}
}

// names are those of the model's channels.
func names(m *world.Model) []string {
	var all []string
	for i := range m.Channels {
		all = append(all, m.Channels[i].Name)
	}
	return all
}
