package mockchannel

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sync"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// seller is one channel.
type seller struct {
	channel *scenario.Channel
	options *Options
	clock   clock
	seed    world.Key
	stream  world.Key // of the keys for submits that nobody has named
	menu    *menu
	luck    *luck
	opening money.Micros
	films   films

	mu    sync.Mutex
	shelf shelf
	tries map[world.Key]int

	tokens map[string]string // the ids of jobs, by the tokens of their orders
	named  int               // submits so far that nobody has named
	held   money.Micros
	book   Book
}

func newSeller(s *scenario.Scenario, m *world.Model, index int, c clock, o *Options) *seller {
	ch := &s.Channels[index]
	opening, stated := o.Balances[ch.Name]
	if !stated {
		opening = openingBalance
	}
	return &seller{
		channel: ch, options: o, clock: c, seed: world.Key(o.Seed), stream: derived(world.Key(o.Seed), forStream, index),
		menu: newMenu(ch, &m.Channels[index]), luck: newLuck(m, index),
		opening: opening,
		shelf:   shelf{life: c.real(clipLife), byID: map[string]*job{}},
		tries:   map[world.Key]int{},
		tokens:  map[string]string{},
		films:   films{made: map[channel.Clip][]byte{}},
		book:    Book{Channel: ch.Name},
	}
}

// Submit takes an order or refuses it. Its fate is sealed when it arrives, and told when the channel would
// answer; a client that doesn't wait for that has ordered all the same.
func (e *seller) Submit(ctx context.Context, p dialect.Purchase) (dialect.Sale, error) {
	arrived := time.Now()
	sale, answered, err := e.take(p, arrived)
	if stopped := wait(ctx, arrived.Add(e.clock.real(answered))); stopped != nil {
		return dialect.Sale{}, stopped
	}
	return sale, err
}

// take seals the fate of a submit; the answer is to be given after some of the scenario's time.
func (e *seller) take(p dialect.Purchase, arrived time.Time) (sale dialect.Sale, answered time.Duration, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance(arrived)
	e.book.Submits++
	p.Clip = e.menu.asked(p.Clip)
	made, price, refusal := e.admit(&p)
	if refusal != nil {
		e.book.Faults[refusal.Fault]++
		return sale, 0, refusal
	}
	o := e.identify(&p)
	f, pause := e.meet(o, made, arrived)
	if f.Outcome == channel.Refused {
		e.book.Refused[f.Reason]++
		return sale, f.Answered, &dialect.Refusal{Reason: f.Reason, Country: f.country, RetryAfter: pause}
	}
	if f.runs() {
		sale = e.accept(&p, o, f, made, price, arrived)
	}
	if !f.lost {
		return sale, f.Answered, nil
	}
	e.book.Lost++
	if f.runs() {
		e.book.LostRan++
	}
	return dialect.Sale{}, f.Answered, &dialect.Refusal{Reason: channel.Lost, Loss: f.loss}
}

// admit checks what is the client's own business: its key, its order, its money.
func (e *seller) admit(p *dialect.Purchase) (made world.Job, price money.Micros, refusal *dialect.Refusal) {
	if !e.trusts(p.Key.Reveal()) {
		return made, 0, badKey()
	}
	if e.channel.Model != "" && p.Model != "" && p.Model != e.channel.Model {
		return made, 0, &dialect.Refusal{Fault: dialect.BadRequest, Param: "model",
			Message: fmt.Sprintf("The model %.80q does not exist here; this channel sells %q.", p.Model, e.channel.Model)}
	}
	made, ok := e.menu.job(p.Clip)
	if !ok {
		return made, 0, e.menu.refusal(p.Clip)
	}
	price = e.charge(channel.Usage{Clip: made.Clip, Accepted: true, Made: true})
	if e.opening-e.book.Charged-e.held < price {
		return made, price, &dialect.Refusal{Fault: dialect.NoBalance}
	}
	return made, price, nil
}

// identify says which order of the simulated world a submit belongs to.
func (e *seller) identify(p *dialect.Purchase) order {
	if e.options.Key != nil {
		if key, try, ok := e.options.Key(e.channel.Name, *p); ok {
			if try < 0 {
				try = e.tries[key]
				e.tries[key]++
			}
			return order{key: key, try: try, prompt: key}
		}
	}
	words := fnv.New64a()
	_, _ = words.Write([]byte(p.Prompt))
	e.named++
	return order{key: derived(e.stream, forStream, e.named), prompt: derived(e.seed, forPrompt, int(words.Sum64()))}
}

// meet is what the channel does with an order: trouble first, then limits, then luck. The pause is in real time.
func (e *seller) meet(o order, made world.Job, arrived time.Time) (f fate, pause time.Duration) {
	at := e.clock.at(arrived)
	if f, stopped := e.luck.troubled(o, at); stopped {
		return f, 0
	}
	if pause = e.clock.real(e.luck.trouble.Pause(e.luck.index, at)); pause > 0 {
		return fate{Fate: e.luck.trouble.Limited(o.key, e.luck.index, o.try)}, pause
	}
	return e.luck.draw(o, made, at), 0
}

// accept begins a job.
func (e *seller) accept(p *dialect.Purchase, o order, f fate, made world.Job, price money.Micros,
	arrived time.Time) dialect.Sale {
	accepted := arrived.Add(e.clock.real(f.Answered))
	e.book.Accepted++
	n := e.book.Accepted
	j := &job{
		id:    fmt.Sprintf("video_%d_%08x", n, uint32(derived(e.stream, forID, n))),
		model: cmp.Or(p.Model, e.channel.Model), prompt: p.Prompt, clip: p.Clip, order: o, outcome: f.Outcome,
		billed: f.Outcome == channel.Failed && f.Billed, accepted: accepted, ended: accepted.Add(e.clock.real(f.Service)),
	}
	usage := channel.Usage{Clip: made.Clip, Accepted: true}
	j.atOnce = e.charge(usage)
	usage.Made, usage.BilledFailure = f.Outcome != channel.Failed, j.billed
	j.charge, j.units = e.charge(usage), e.units(usage)
	j.quote = e.units(channel.Usage{Clip: made.Clip, Made: true})
	j.holds = price - j.atOnce
	e.book.Charged += j.atOnce
	e.held += j.holds
	e.shelf.add(j)
	if p.Token != "" {
		e.tokens[p.Token] = j.id
	}
	return j.sale(accepted, e.options, e.shelf.life)
}

// charge is what the price says, and the markup on it; nothing is made that has no price.
func (e *seller) charge(u channel.Usage) money.Micros {
	amount, _ := e.channel.Price.Charge(u)
	return e.marked(amount)
}

// units are what a price in the vendor's units says, and the markup on it.
func (e *seller) units(u channel.Usage) dialect.Quantity {
	quantity, _ := e.channel.Price.Quantity(u)
	return dialect.Quantity{Micros: e.marked(quantity), Unit: e.channel.Price.Unit}
}

func (e *seller) marked(amount money.Micros) money.Micros {
	return amount + money.Micros(math.Round(float64(amount)*e.options.Markup[e.channel.Name]))
}

// advance books what has ended by an instant.
func (e *seller) advance(now time.Time) {
	for j := e.shelf.turn(now); j != nil; j = e.shelf.turn(now) {
		e.held -= j.holds
		e.book.Charged += j.charge - j.atOnce
		switch {
		case j.outcome != channel.Failed:
			e.book.Made++
		case j.billed:
			e.book.FailedBilled++
			fallthrough
		default:
			e.book.Failed++
		}
		if j.outcome == channel.Unusable {
			e.book.Unusable++
		}
	}
}

// current is the channel's book as of an instant.
func (e *seller) current(now time.Time) Book {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance(now)
	b := e.book
	b.Running, b.Balance = len(e.shelf.running), e.opening-b.Charged
	if e.options.Prepaid {
		b.Balance -= e.held
	}
	return b
}

// find is a job that the channel still knows.
func (e *seller) find(ctx context.Context, id string, now time.Time) (*job, error) {
	if !e.trusted(ctx) {
		return nil, badKey()
	}
	e.advance(now)
	j := e.shelf.byID[id]
	if j == nil {
		return nil, &dialect.Refusal{Gone: true}
	}
	return j, nil
}

// Status is how a job is getting on.
func (e *seller) Status(ctx context.Context, id string) (dialect.Sale, error) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	j, err := e.find(ctx, id, now)
	if err != nil {
		return dialect.Sale{}, err
	}
	return j.sale(now, e.options, e.shelf.life), nil
}

// Find is the job of the order that bore a token.
func (e *seller) Find(ctx context.Context, token string) (dialect.Sale, error) {
	e.mu.Lock()
	id, known := e.tokens[token]
	e.mu.Unlock()
	if !known {
		return dialect.Sale{}, &dialect.Refusal{Gone: true}
	}
	return e.Status(ctx, id)
}

// Trap says whether the channel is to misbehave so.
func (e *seller) Trap(name string) bool {
	return slices.Contains(e.channel.Traps, name) || slices.Contains(e.options.Traps[e.channel.Name], name)
}

// Wait returns when a job has ended.
func (e *seller) Wait(ctx context.Context, id string) (dialect.Sale, error) {
	e.mu.Lock()
	j, err := e.find(ctx, id, time.Now())
	e.mu.Unlock()
	if err != nil {
		return dialect.Sale{}, err
	}
	if err := wait(ctx, j.ended); err != nil {
		return dialect.Sale{}, err
	}
	return j.sale(j.ended, e.options, e.shelf.life), nil
}

// Content is the finished clip. An unusable one is too long.
func (e *seller) Content(ctx context.Context, id string) ([]byte, error) {
	clip, err := e.fetch(ctx, id, time.Now())
	if err != nil {
		return nil, err
	}
	return e.films.of(clip)
}

// fetch hands out a clip once more.
func (e *seller) fetch(ctx context.Context, id string, now time.Time) (channel.Clip, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j, err := e.find(ctx, id, now)
	switch {
	case err != nil:
		return channel.Clip{}, err
	case now.Before(j.ended):
		return channel.Clip{}, &dialect.Refusal{Fault: dialect.BadRequest, Message: "The video is not ready yet."}
	case j.outcome == channel.Failed:
		return channel.Clip{}, &dialect.Refusal{Gone: true}
	}
	j.fetches++
	if e.luck.fetchFails(j.order, j.fetches-1) {
		e.book.FetchFailed++
		return channel.Clip{}, &dialect.Refusal{Reason: channel.Download}
	}
	e.book.Fetched++
	clip := j.clip
	if j.outcome == channel.Unusable {
		clip.Seconds += 1 + clip.Seconds/10
	}
	return clip, nil
}
