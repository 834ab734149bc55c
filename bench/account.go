package bench

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
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
	"channelbench/internal/scenario"
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
	first    money.Micros // what it held before anything was submitted
	unread   error        // why it couldn't be read at the end
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
		if err := usable(c.BalanceKeyEnv, key, o.Live); err != nil {
			return nil, err
		}
		i = len(a.accounts)
		a.accounts = append(a.accounts, &account{address: address, env: c.BalanceKeyEnv, key: dialect.NewSecret(key)})
	}
	a.accounts[i].channels = append(a.accounts[i].channels, c.Name)
	return []string{u.Host}, nil
}

// ask asks what the account holds.
func (k *account) ask(ctx context.Context) (money.Micros, error) {
	request, err := dialect.AskBalance(k.address, k.key)
	if err != nil {
		return 0, err
	}
	ctx, done := context.WithTimeout(ctx, lookEvery)
	defer done()
	response, err := k.client.Do(ctx, request, dialect.MaxAnswer)
	if err != nil {
		return 0, err
	}
	return dialect.Balance(read(response))
}

// askAccounts learns what accounts hold before anything is spent.
func (a *attack) askAccounts(ctx context.Context) error {
	for _, k := range a.accounts {
		var err error
		if k.first, err = k.ask(ctx); err == nil {
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
		if err := a.note(k, k.first); err != nil {
			return err
		}
	}
	return a.audit()
}

func (a *attack) note(k *account, amount money.Micros) error {
	return a.keep(journal.Balance{At: journal.UTC(time.Now()), Channels: k.channels, Amount: amount})
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
		_, err := a.look(a.submitting) // a balance that can't be read now is as it was
		if err := errors.Join(err, a.audit()); err != nil {
			a.fail(err)
		}
	}
}

// look asks for all balances at once, so that none waits for a slow one, and puts them on record. It returns why some
// can't be read, by account.
func (a *attack) look(ctx context.Context) (unread []error, err error) {
	unread = make([]error, len(a.accounts))
	amounts := make([]money.Micros, len(a.accounts))
	var asked sync.WaitGroup
	for i, k := range a.accounts {
		asked.Go(func() { amounts[i], unread[i] = k.ask(ctx) })
	}
	asked.Wait()
	for i, k := range a.accounts {
		if unread[i] != nil {
			continue
		}
		if err := a.note(k, amounts[i]); err != nil {
			return nil, err
		}
	}
	return unread, nil
}

// audit tells the ledger what the accounts lost beyond all that their channels may have charged, and aren't due to
// get back.
func (a *attack) audit() error {
	purses := a.purses()
	var missing money.Micros
	for i := range purses {
		missing = plus(missing, purses[i].lost())
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

// purses are what all looks tell by now, by account.
func (a *attack) purses() []purse {
	a.mu.Lock()
	looks := a.recorded.Looks
	a.mu.Unlock()
	purses := make([]purse, len(a.accounts))
	for i, k := range a.accounts {
		for j := range looks {
			if slices.Equal(looks[j].Channels, k.channels) {
				purses[i].see(&looks[j])
			}
		}
	}
	return purses
}

// closeAccounts looks at the accounts for the last time; once more, where what is gone may be on its way back.
func (a *attack) closeAccounts(ctx context.Context) error {
	unread, err := a.look(ctx)
	if err != nil {
		return err
	}
	for i, k := range a.accounts {
		k.unread = unread[i]
	}
	if !slices.ContainsFunc(a.purses(), func(p purse) bool { return p.unclear }) {
		return nil
	}
	a.notice(fmt.Sprintf("a balance can't be explained yet, since refunds may be on their way: it is looked at again in %v", lookEvery))
	select {
	case <-time.After(lookEvery):
		_, err = a.look(ctx)
	case <-ctx.Done():
	case <-a.settling.Done():
	}
	return err
}

// balances are the accounts before and after the run, those excepted that couldn't be read at its end.
func (a *attack) balances(purses []purse, orders []recording.Order) []record.Account {
	var all []record.Account
	for i, k := range a.accounts {
		p := &purses[i]
		if k.unread != nil || !p.looked {
			continue
		}
		b := total(orders, k.channels...)
		all = append(all, record.Account{Channels: k.channels, BeforeUSD: p.before.Dollars(), PaidInUSD: p.paidIn.Dollars(), AfterUSD: p.now.Dollars(),
			SpentUSD: p.gone().Dollars(), ComputedUSD: b.computed.Dollars(), LeastUSD: b.least.Dollars(), MostUSD: (b.most + p.due).Dollars(), MissingUSD: p.missing.Dollars()})
	}
	return all
}

// share gives what is missing from accounts to the strategies that are driven on their channels, in proportion to
// what they may have spent there, by their index: to the micro-dollar, so that the parts add up.
func (a *attack) share(purses []purse, orders []recording.Order) []money.Micros {
	parts := make([]money.Micros, len(a.scenario.Strategies))
	for i, k := range a.accounts {
		weights := a.weights(k, orders)
		var all, upTo uint64
		for _, w := range weights {
			all += w
		}
		var given money.Micros
		for s, w := range weights {
			upTo += w
			hi, lo := bits.Mul64(uint64(purses[i].missing), upTo)
			sum, _ := bits.Div64(hi, lo, all)
			parts[s] = plus(parts[s], money.Micros(sum)-given)
			given = money.Micros(sum)
		}
	}
	return parts
}

// weights are what each strategy may have spent from the account, and a micro-dollar for each that can, for one that
// spent nothing.
func (a *attack) weights(k *account, orders []recording.Order) []uint64 {
	weights := make([]uint64, len(a.scenario.Strategies))
	for i := range orders {
		s := slices.IndexFunc(a.scenario.Strategies, func(s scenario.Strategy) bool { return s.Name == orders[i].Strategy })
		for j := range orders[i].Attempts {
			if t := &orders[i].Attempts[j]; s >= 0 && slices.Contains(k.channels, t.Channel) {
				weights[s] += uint64(t.AtMost())
			}
		}
	}
	for _, s := range drivenBy(a.scenario) {
		for ch, used := range a.uses[s] {
			if used && slices.Contains(k.channels, a.scenario.Channels[ch].Name) {
				weights[s]++
				break
			}
		}
	}
	return weights
}
