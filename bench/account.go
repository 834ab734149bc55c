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
	"channelbench/bench/measure"
	"channelbench/bench/network"
	"channelbench/bench/recording"
	"channelbench/internal/money"
)

const (
	lookEvery = time.Minute     // in real time, between two looks at the accounts; none takes longer
	breath    = 5 * time.Second // for the last look, where open jobs took the grace
)

// account is what is paid from: channels with the same address for balances, and the same key, share one.
type account struct {
	measure.Account
	address string
	env     string // of its key
	key     dialect.Secret
	unit    money.Micros // what a unit of it is worth; 0: it is told in dollars
	client  *network.Client
	first   money.Micros // what it held before anything was submitted
}

// account adds the account of a channel that states where to ask for it, and returns its host.
func (a *attack) account(e *endpoint, o *Options) (hosts []string, err error) {
	c := e.channel
	address, unit := c.BalanceURL, c.BalanceUnit
	if address == "" {
		return nil, nil
	}
	if base, instead := o.BaseURLs[c.Name]; instead {
		address, unit = base+"/balance", 0 // where mock channels tell, in dollars
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("balance_url is no address")
	}
	i := slices.IndexFunc(a.accounts, func(k *account) bool { return k.address == address && k.env == c.BalanceKeyEnv })
	if i < 0 {
		key, err := secret(c.BalanceKeyEnv, o)
		if err != nil {
			return nil, err
		}
		i = len(a.accounts)
		a.accounts = append(a.accounts, &account{address: address, env: c.BalanceKeyEnv, key: key, unit: unit})
	}
	a.accounts[i].Channels = append(a.accounts[i].Channels, c.Name)
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
	return dialect.Balance(read(response), k.unit)
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
		err = fmt.Errorf("the balance of %s can't be read: %w", strings.Join(k.Channels, ", "), err)
		const mend = "mend balance_url or its key, or leave balance_url out"
		var unreached *network.Failure
		var told *dialect.BalanceError
		if errors.As(err, &unreached) || errors.As(err, &told) && told.Fault != dialect.NoFault {
			return &Fault{Err: err, Mend: mend}
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
	return a.keep(journal.Balance{At: journal.UTC(time.Now()), Channels: k.Channels, Amount: amount})
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
func (a *attack) audit() error { return a.ledger.Miss(measure.Missing(a.looks(), a.paid())) }

// looks are those at all accounts by now.
func (a *attack) looks() []recording.Look {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recorded.Looks
}

// paid are the accounts as they are measured.
func (a *attack) paid() []measure.Account {
	var all []measure.Account
	for _, k := range a.accounts {
		all = append(all, k.Account)
	}
	return all
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

// closeAccounts looks at the accounts for the last time; once more, where what is gone may be on its way back.
func (a *attack) closeAccounts(ctx context.Context) error {
	unread, err := a.look(ctx)
	if err != nil {
		return err
	}
	for i, k := range a.accounts {
		k.Unread = unread[i]
	}
	if !measure.Unclear(a.looks(), a.paid()) {
		return nil
	}
	a.notice(fmt.Sprintf("a balance can't be explained yet, since refunds may be on their way: "+
		"it is looked at again in %v", lookEvery))
	select {
	case <-time.After(lookEvery):
		_, err = a.look(ctx)
	case <-ctx.Done():
	case <-a.settling.Done():
	}
	return err
}
