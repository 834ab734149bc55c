package event

import (
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// usages is how many usages of one clip can differ in their charge: four yes-or-no facts.
const usages = 16

// usageIndex numbers what an attempt used, as chargeTable does.
func usageIndex(a *policy.Attempt) int {
	i := 0
	if a.Accepted {
		i |= 1
	}
	if a.Made {
		i |= 2
	}
	if a.Billed {
		i |= 4
	}
	if a.Reason == channel.Lost {
		i |= 8
	}
	return i
}

// chargeTable asks Price.Charge once for whatever an attempt can use.
func chargeTable(m *world.Model) ([][][usages]money.Micros, error) {
	table := make([][][usages]money.Micros, len(m.Channels))
	for ch := range m.Channels {
		c := &m.Channels[ch]
		table[ch] = make([][usages]money.Micros, len(c.Jobs))
		for class, job := range c.Jobs {
			if !job.Makes {
				continue
			}
			for i := range usages {
				u := channel.Usage{Clip: job.Clip, Accepted: i&1 > 0, Made: i&2 > 0, BilledFailure: i&4 > 0, Lost: i&8 > 0}
				charge, err := c.Price.Charge(u)
				if err != nil {
					return nil, err
				}
				table[ch][class][i] = charge
			}
		}
	}
	return table, nil
}
