package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/network"
	"channelbench/bench/recording"
	"channelbench/internal/money"
	"channelbench/internal/record"
)

const (
	lookEvery = time.Minute     // in real time, between two looks at the accounts; none takes longer
	breath    = 5 * time.Second // for the last look, where open jobs took the grace
)

// account is what is paid from: channels with the same address for balances, and the same key, share one.
type account struct {
	address  string
	env      string // of its key
	key      dialect.Secret
	channels []string
	client   *network.Client
	before   money.Micros // with what was paid in since
	now      money.Micros // when it was asked last
	asked    bool
	unread   error // why it couldn't be read at the end
}

// account adds the account of a channel that states where to ask for it, and returns its host.
func (a *attack) account(e *endpoint, o *Options) (hosts []string, err error) {
	c := e.channel
	address := c.BalanceURL
	if address == "" {
		return nil, nil
	}
	if base, instead := o.BaseURLs[c.Name]; instead {
		address = base + "/balance" // where mock channels tell
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("balance_url is no address")
	}
	i := slices.IndexFunc(a.accounts, func(k *account) bool { return k.address == address && k.env == c.BalanceKeyEnv })
	if i < 0 {
		key := o.Key(c.BalanceKeyEnv)
		if key == "" {
			return nil, fmt.Errorf("the environment variable %s holds no key", c.BalanceKeyEnv)
		}
		i = len(a.accounts)
		a.accounts = append(a.accounts, &account{address: address, env: c.BalanceKeyEnv, key: dialect.NewSecret(key)})
	}
	a.accounts[i].channels = append(a.accounts[i].channels, c.Name)
	return []string{u.Host}, nil
}

// ask asks what the account holds.
func (k *account) ask(ctx context.Context) error {
	request, err := dialect.AskBalance(k.address, k.key)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, lookEvery)
	defer done()
	response, err := k.client.Do(ctx, request, dialect.MaxAnswer)
	if err != nil {
		return err
	}
	amount, err := dialect.Balance(read(response))
	if err == nil {
		k.see(amount)
	}
	return err
}

// see takes a balance in. What it rose by was paid in, and is no longer there for what was charged before.
func (k *account) see(amount money.Micros) {
	switch {
	case !k.asked:
		k.before, k.asked = amount, true
	case amount > k.now:
		k.before += amount - k.now
	}
	k.now = amount
}

// askAccounts learns what accounts hold before anything is spent.
func (a *attack) askAccounts(ctx context.Context) error {
	for _, k := range a.accounts {
		err := k.ask(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		err = fmt.Errorf("the balance of %s can't be read: %w", strings.Join(k.channels, ", "), err)
		const mend = "mend balance_url or its key, or leave balance_url out"
		var unreached *network.Failure
		var told *dialect.BalanceError
		if errors.As(err, &unreached) || errors.As(err, &told) && told.Fault != dialect.NoFault {
			return &Fault{err, mend}
		}
		return &RefusedError{fmt.Errorf("%w; %s", err, mend)}
	}
	return nil
}

// noteAccounts puts what accounts hold on record, after what earlier runs found, and tells the ledger what is missing.
func (a *attack) noteAccounts() error {
	for _, k := range a.accounts {
		now := k.now
		k.asked = false
		for _, e := range a.entries {
			if b, is := e.(journal.Balance); is && slices.Equal(b.Channels, k.channels) {
				k.see(b.Amount)
			}
		}
		k.see(now)
		if err := a.note(k); err != nil {
			return err
		}
	}
	return a.audit()
}

func (a *attack) note(k *account) error {
	return a.keep(journal.Balance{At: journal.UTC(time.Now()), Channels: k.channels, Amount: k.now})
}

// watchAccounts looks at the accounts until submits end, so that money which goes where nothing is booked counts
// against the cap.
func (a *attack) watchAccounts() {
	for len(a.accounts) > 0 {
		select {
		case <-time.After(lookEvery):
		case <-a.submitting.Done():
			return
		}
		for _, k := range a.accounts {
			// A balance that can't be read now is as it was.
			if k.ask(a.submitting) == nil {
				if err := a.note(k); err != nil {
					a.fail(err)
				}
			}
		}
		if err := a.audit(); err != nil {
			a.fail(err)
		}
	}
}

// audit tells the ledger what the accounts lost beyond all that their channels may have charged.
func (a *attack) audit() error {
	orders, err := a.recorded()
	if err != nil {
		return err
	}
	var missing money.Micros
	for _, k := range a.accounts {
		var booked money.Micros
		for _, name := range k.channels {
			booked += total(name, orders).counted
		}
		missing += max(0, k.before-k.now-booked)
	}
	return a.ledger.Miss(missing)
}

// lookLast looks at the accounts for the last time, in what is left of the grace, or a breath. Ctrl-C ends it, but for
// one that ended the submits: the jobs that were settled since are what that look is for.
func (a *attack) lookLast(ctx context.Context) error {
	look, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done()
	defer time.AfterFunc(breath, func() { context.AfterFunc(a.settling, done) }).Stop()
	if ctx.Err() == nil {
		defer context.AfterFunc(ctx, done)()
	}
	return a.closeAccounts(look)
}

// closeAccounts looks at all accounts at once, so that none waits for a slow one.
func (a *attack) closeAccounts(ctx context.Context) error {
	var asked sync.WaitGroup
	for _, k := range a.accounts {
		asked.Go(func() { k.unread = k.ask(ctx) })
	}
	asked.Wait()
	for _, k := range a.accounts {
		if k.unread != nil {
			continue
		}
		if err := a.note(k); err != nil {
			return err
		}
	}
	return nil
}

// balances are the accounts before and after the run, those excepted that couldn't be read at its end.
func (a *attack) balances(orders []recording.Order) []record.Account {
	var all []record.Account
	for _, k := range a.accounts {
		if k.unread != nil {
			continue
		}
		computed := money.Micros(0)
		for _, name := range k.channels {
			computed += total(name, orders).computed
		}
		all = append(all, record.Account{Channels: k.channels, BeforeUSD: k.before.Dollars(), AfterUSD: k.now.Dollars(),
			SpentUSD: (k.before - k.now).Dollars(), ComputedUSD: computed.Dollars()})
	}
	return all
}
