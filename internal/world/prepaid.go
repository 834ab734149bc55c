package world

// Pack is a way to pay a channel in advance: units that expire.
type Pack struct {
	Price float64 // of its units, as a multiple of what the channel charges
	Least float64 // dollars a month if each pack is used until it expires; 0: it never does
}

// Unused is what prepaying costs beyond a month's charges, in dollars: of units that expire, and because small packs
// are dearer. Packs of so many units that last for so long are bought one after another, of the kind that is cheapest
// at these charges: of a pack of U units that expires after E days, max(0, U − V·E/30) are lost at V units a month.
func (c *Channel) Unused(charged float64) float64 {
	if len(c.Packs) == 0 || charged <= 0 {
		return 0
	}
	cost := func(p Pack) float64 { return max(charged*p.Price, p.Least) }
	least := cost(c.Packs[0])
	for _, p := range c.Packs[1:] {
		least = min(least, cost(p))
	}
	return max(0, least-charged)
}
