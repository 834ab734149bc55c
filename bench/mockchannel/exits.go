package mockchannel

import (
	"maps"
	"slices"
	"strings"
	"time"

	"channelbench/internal/dist"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// exits are the addresses through which a channel reaches its vendor. Each is bad in exponential
// spells, and then every submit through it meets a region error.
type exits struct {
	key     world.Key
	kind    kind
	perTry  bool      // each try takes an exit at random; else an order keeps its own
	states  []*spells // made when first used
	country []string  // by exit; "" where the scenario doesn't say
}

// exitsOf is nil where region errors are independent.
func exitsOf(c *scenario.Channel, key world.Key) *exits {
	e := &c.Errors
	if e.Burst == 0 || e.Region.Rate == 0 {
		return nil
	}
	// Exponential lengths; met at a random moment they are gamma with shape 2.
	mean := e.Burst.Seconds()
	x := &exits{key: key, kind: kind{e.Region.Rate, dist.Weibull{K: 1, Lambda: mean}, dist.Gamma{K: 2, Theta: mean}, 1}, perTry: e.Rotate != "order"}
	for _, name := range slices.Sorted(maps.Keys(e.Pool)) {
		x.country = append(x.country, slices.Repeat([]string{strings.ToUpper(name)}, e.Pool[name])...)
	}
	if len(x.country) == 0 {
		x.country = make([]string, max(1, e.Exits))
	}
	x.states = make([]*spells, len(x.country))
	return x
}

// choose is the exit that an order takes: its country, and whether it is bad. The caller serialises it.
func (x *exits) choose(o order, at time.Duration) (country string, bad bool) {
	try := 0
	if x.perTry {
		try = o.try
	}
	i := pick(uniform(o.key, forChoice, try), len(x.states))
	if x.states[i] == nil {
		x.states[i] = newSpells(derived(x.key, forExit, i), []kind{x.kind})
	}
	country = x.country[i]
	if country == "" {
		country = countries[pick(uniform(x.key, forCountry, i), len(countries))]
	}
	_, bad = x.states[i].at(at)
	return country, bad
}
