package mockchannel

import (
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/world"
)

// purpose is what this package draws for by itself; package world draws the rest.
type purpose int

// The purposes. The first ones draw from the server's seed, the others from an order's key.
const (
	forStream purpose = iota + 1
	forPrompt
	forID
	forCountry
	forLoss
	forLossWay
)

// derived is the n-th key for a purpose. World's own hash does it, with the key as seed.
func derived(k world.Key, p purpose, n int) world.Key {
	return (&world.Model{Seed: uint64(k)}).Key(int(p), n)
}

// uniform is the n-th uniform in (0, 1) for a purpose.
func uniform(k world.Key, p purpose, n int) float64 {
	return float64(derived(k, p, n)>>11)*0x1p-53 + 0x1p-54
}

// pick chooses one of n.
func pick(u float64, n int) int { return min(int(u*float64(n)), n-1) }

// order is a submit as far as luck goes.
type order struct {
	key    world.Key
	try    int
	prompt world.Key // what moderation is drawn from
}

// fate is what a submit meets, and the job that it leaves: of one whose answer is lost, Outcome is the job's.
type fate struct {
	world.Fate
	country string // region errors
	lost    bool   // the answer to the submit
	loss    dialect.Loss
}

// runs says whether a job runs, with or without the client's knowledge.
func (f *fate) runs() bool { return f.Outcome != channel.Refused && f.Outcome != channel.Ambiguous }

// countries are where region errors say that requests come from.
var countries = []string{"MM", "RU", "IR", "BY", "CN", "CU", "HK", "KP", "SY", "VE"}

// luck draws what submits to one channel meet.
type luck struct {
	index   int           // of the channel, which its draws depend on
	world   world.Channel // without jobs
	trouble *world.Trouble
}

// newLuck draws as the simulator does in the first month.
func newLuck(m *world.Model, index int) *luck {
	return &luck{index: index, world: m.Channels[index], trouble: m.Trouble(0)}
}

// model is a world in which the channel has some of its failures and makes one job.
func (l *luck) model(e world.Errors, j world.Job) *world.Model {
	channels := make([]world.Channel, l.index+1)
	channels[l.index] = world.Channel{SubmitTakes: l.world.SubmitTakes, Errors: e, Jobs: []world.Job{j}}
	return &world.Model{Channels: channels}
}

// draw is what the order meets if neither trouble nor limits stop it.
func (l *luck) draw(o order, j world.Job, at time.Duration) fate {
	e := l.world.Errors
	moderation := world.ByReason{channel.Moderation: e.By[channel.Moderation]}
	judged := l.model(world.Errors{By: moderation}, j).Attempt(o.prompt, l.index, 0, o.try)
	if judged.Outcome == channel.Refused {
		return fate{Fate: judged}
	}
	if exit, bad := l.trouble.Exit(o.key, l.index, o.try, at); bad {
		return fate{Fate: l.certain(channel.Region, o), country: l.country(o, exit)}
	}
	e.By[channel.Moderation], e.By[channel.Region], e.RegionMix = world.Error{}, world.Error{}, nil
	f := fate{Fate: l.model(e, j).Attempt(o.key, l.index, 0, o.try)}
	if f.Outcome == channel.Ambiguous {
		l.lose(&f, o, j)
	}
	if f.runs() {
		l.trouble.Run(o.key, l.index, o.try, at, &f.Fate)
	}
	return f
}

// country is what a region error names: where the exit is, or any where the scenario doesn't say.
func (l *luck) country(o order, exit int) string {
	if known := l.world.Errors.Countries; known != nil {
		return known[l.model(l.world.Errors, world.Job{}).Country(o.key, l.index, o.try)].Name
	}
	if exit >= 0 {
		return countries[exit%len(countries)]
	}
	return countries[pick(uniform(o.key, forCountry, l.index<<8|o.try), len(countries))]
}

// certain is the refusal that an order meets for sure.
func (l *luck) certain(r channel.Reason, o order) world.Fate {
	var e world.Errors
	e.By[r] = world.Error{Rate: 1, Takes: l.world.Errors.By[r].Takes}
	return l.model(e, world.Job{}).Attempt(o.key, l.index, 0, o.try)
}

// lose draws how an answer is lost and what becomes of the job, if there is one.
func (l *luck) lose(f *fate, o order, j world.Job) {
	ways := []dialect.Loss{dialect.ByGateway, dialect.ByCut}
	if uniform(o.key, forLoss, l.index<<8|o.try) < 0.5 {
		ways = append(ways, dialect.ByTear)
		answered := f.Answered
		after := l.world.Errors.By
		for _, r := range append(channel.ErrorsOf(channel.Asking), channel.ErrorsOf(channel.Answering)...) {
			after[r] = world.Error{}
		}
		f.Fate = l.model(world.Errors{By: after}, j).Attempt(o.key, l.index, 0, o.try)
		f.Answered = answered
	}
	f.lost, f.loss = true, ways[pick(uniform(o.key, forLossWay, l.index<<8|o.try), len(ways))]
}

// troubled says whether an outage or a regime refuses the order, and how.
func (l *luck) troubled(o order, at time.Duration) (fate, bool) {
	if !l.trouble.Refuses(o.key, l.index, o.try, at) {
		return fate{}, false
	}
	return fate{Fate: l.certain(channel.Submit, o)}, true
}

// fetchFails says whether the n-th fetch of a clip fails.
func (l *luck) fetchFails(o order, n int) bool {
	return l.model(l.world.Errors, world.Job{}).Fetch(o.key, l.index, o.try, n)
}
