package scenario

import (
	"fmt"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/scenario/document"
)

// Protocols say what can be had of those in which channels are asked. A nil function isn't asked.
type Protocols struct {
	CanOrder func(c *channel.Channel, made channel.Clip) error // why a channel can't be asked for a clip
	Traps    func(protocol string) []string                    // in which mock channels of a protocol can misbehave
}

func (r *reader) checkProtocols(root *document.Node, s *Scenario, p Protocols) {
	c := &checker{r, root, s}
	for i := range s.Channels {
		if p.Traps != nil {
			c.checkTraps(&s.Channels[i], p.Traps)
		}
	}
	if p.CanOrder == nil || c.Failed() {
		return // an order is made of what is right in itself
	}
	compiled, err := s.Compile()
	if err != nil {
		return
	}
	for i := range s.Channels {
		c.checkOrders(compiled, i, p.CanOrder)
	}
}

// checkTraps refuses traps that the channel's protocol doesn't have.
func (c *checker) checkTraps(ch *Channel, of func(string) []string) {
	names := of(ch.Protocol)
	for j, name := range ch.Traps {
		n := c.sound("channels", ch.Name, "traps", j)
		if n == nil || slices.Contains(names, name) {
			continue
		}
		hint := "leave traps out: it has none"
		if len(names) > 0 {
			hint = document.Choice(name, names)
		}
		protocol := ch.Protocol
		if protocol == "" {
			protocol = "a channel without a protocol"
		}
		c.Fail(n, hint, "%s has no trap %q", protocol, name)
	}
}

// checkOrders refuses clips that strategies buy of a channel and that can't be ordered in its protocol.
func (c *checker) checkOrders(compiled *Compiled, ch int, can func(*channel.Channel, channel.Clip) error) {
	var said []string
	for i := range compiled.Strategies {
		routes := compiled.Strategies[i].Routes
		for class := range routes {
			job := compiled.Model.Channels[ch].Jobs[class]
			if !job.Makes || !buysOf(&routes[class], ch) {
				continue
			}
			if err := can(&c.s.Channels[ch].Channel, job.Clip); err != nil && !slices.Contains(said, err.Error()) {
				said = append(said, err.Error())
			}
		}
	}
	if len(said) > 0 {
		name := c.s.Channels[ch].Name
		c.FailKey(c.root.Find("channels", name), fmt.Sprintf("mend that in [channels.%s], or buy from another channel", name),
			"channel %s can't be asked for a clip: %s", name, strings.Join(said, "; "))
	}
}

// buysOf says whether any step of a route may submit to a channel.
func buysOf(r *policy.Route, ch int) bool {
	return slices.ContainsFunc(r.Steps, func(s policy.Step) bool {
		return s.Channel == ch || s.Hedge.After > 0 && s.Hedge.Channel == ch
	})
}
