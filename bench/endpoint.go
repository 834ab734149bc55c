package bench

import (
	"channelbench/bench/dialect"
	"channelbench/bench/network"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/world"
)

// endpoint is a channel as the run talks to it.
type endpoint struct {
	channel *channel.Channel
	dialect dialect.Dialect
	target  dialect.Target
	client  *network.Client
	jobs    []world.Job    // by class: what it makes
	worst   []money.Micros // by class: the most that one submit can cost
}

// charge is the bill of an attempt by the channel's price.
func (e *endpoint) charge(u channel.Usage) (money.Micros, error) { return e.channel.Price.Charge(u) }
