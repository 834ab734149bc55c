package world

import (
	"slices"
	"time"

	"channelbench/internal/channel"
)

// Trouble is what the orders of one strategy meet together in a month: outages, regimes, egress
// exits and limits. It knows what has been submitted so far, so it is asked in the order of time,
// and each strategy needs its own. Outages and regimes run the same for all strategies.
//
// Times are since the start of the month. It is not safe for concurrent use.
type Trouble struct {
	model    *Model
	channels []troubled
}

// troubled is a channel's part in it.
type troubled struct {
	outages []*spells // shared with other channels
	regimes *spells   // nil: none
	exits   *exits    // nil: region errors are independent
	minute  minute
	slots   slots
}

// Dependent says whether orders meet on a channel: what one of them gets there depends on when it
// comes, or on the others.
func (m *Model) Dependent(ch int) bool {
	for i := range m.Outages {
		if slices.Contains(m.Outages[i].Channels, ch) {
			return true
		}
	}
	c := &m.Channels[ch]
	return len(c.Regimes) > 0 || c.Errors.byExit() || c.Limits.PerMinute > 0 || c.Limits.Concurrent > 0
}

// Independent says whether orders meet on no channel: then Attempt tells all that an order meets.
func (m *Model) Independent() bool {
	for ch := range m.Channels {
		if m.Dependent(ch) {
			return false
		}
	}
	return true
}

// Trouble returns the trouble of a month, counted from 0.
func (m *Model) Trouble(month int) *Trouble {
	t := &Trouble{model: m, channels: make([]troubled, len(m.Channels))}
	for ch := range m.Channels {
		c := &m.Channels[ch]
		t.channels[ch] = troubled{
			regimes: newSpells(m.process(month, forRegime, ch), c.Regimes),
			exits:   newExits(&c.Errors),
			minute:  minute{most: c.Limits.PerMinute},
			slots:   slots{most: c.Limits.Concurrent, places: c.Limits.Queue},
		}
	}
	for i := range m.Outages {
		s := m.Outages[i].spells(m.process(month, forOutage, i))
		for _, ch := range m.Outages[i].Channels {
			t.channels[ch].outages = append(t.channels[ch].outages, s)
		}
	}
	return t
}

// Attempt draws the fate of an attempt, as Model.Attempt does, that is submitted at a time not
// before that of the last one.
func (t *Trouble) Attempt(k Key, ch, class, try int, at time.Duration) Fate {
	c := &t.model.Channels[ch]
	if t.Refuses(k, ch, try, at) {
		return k.refusal(channel.Submit, c.Errors.By[channel.Submit].Takes, ch, try)
	}
	if pause := t.Pause(ch, at); pause > 0 {
		f := t.Limited(k, ch, try)
		f.RetryAfter = pause
		return f
	}
	if c.Errors.moderated(k) {
		return k.refusal(channel.Moderation, c.Errors.By[channel.Moderation].Takes, ch, try)
	}
	if _, bad := t.Exit(k, ch, try, at); bad {
		return k.refusal(channel.Region, c.Errors.By[channel.Region].Takes, ch, try)
	}
	f := t.model.afterRegion(k, ch, class, try)
	if f.Outcome != channel.Ambiguous && f.Outcome != channel.Refused {
		t.Run(k, ch, try, at, &f)
	}
	return f
}

// Refuses says whether an outage or a regime refuses a submit, as a submit error.
func (t *Trouble) Refuses(k Key, ch, try int, at time.Duration) bool {
	p := &t.channels[ch]
	for _, s := range p.outages {
		if s.refuses(at) > 0 {
			return true
		}
	}
	if p.regimes == nil {
		return false
	}
	share := p.regimes.refuses(at)
	return share > 0 && k.uniform(forRefusal, ch, try) < share
}

// Limited is the refusal of an attempt by the limits, without its Retry-After.
func (t *Trouble) Limited(k Key, ch, try int) Fate {
	return k.refusal(channel.RateLimited, t.model.Channels[ch].Limits.Takes, ch, try)
}

// Pause is the Retry-After that the limits refuse a submit with; 0 lets it through and counts it.
func (t *Trouble) Pause(ch int, at time.Duration) time.Duration {
	p := &t.channels[ch]
	if pause := p.slots.pause(at); pause > 0 {
		return pause
	}
	return p.minute.pause(at)
}

// Exit draws through which exit an attempt goes, and whether that is bad. Where region errors are
// independent the exit is −1, and the attempt's own luck decides.
func (t *Trouble) Exit(k Key, ch, try int, at time.Duration) (exit int, bad bool) {
	x := t.channels[ch].exits
	if x == nil {
		rate := t.model.Channels[ch].Errors.regionRate(k, ch)
		return -1, rate > 0 && k.uniform(forRegion, ch, try) < rate
	}
	exit = x.of(k, ch, try)
	return exit, x.bad(exit, at, k.uniform(forRegion, ch, try))
}

// Run takes in a job that the channel accepts at f.Answered after a time: it waits for a slot, which
// makes its Service longer, and fails where an outage meets it while it runs.
func (t *Trouble) Run(k Key, ch, try int, at time.Duration, f *Fate) {
	p := &t.channels[ch]
	accepted := at + f.Answered
	from, wait := at, p.slots.run(at, accepted, f.Service)
	if wait > 0 {
		from = accepted + wait
	}
	f.Service += wait
	for _, s := range p.outages {
		if f.Outcome != channel.Failed && s.within(from, accepted+f.Service) {
			f.Outcome, f.Reason = channel.Failed, channel.Job
			f.Billed = t.model.Channels[ch].Errors.billed(k, f.Reason, ch, try)
		}
	}
}
