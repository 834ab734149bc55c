package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/dialect"
	"channelbench/bench/measure"
	"channelbench/bench/outage"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// Options say how a scenario is benched.
type Options struct {
	Live     bool                    // real channels; else BaseURLs are mock channels on loopback
	BaseURLs map[string]string       // by channel, instead of the scenario's
	Speed    float64                 // of the clock; 0: 1. Live runs at 1
	Key      func(env string) string // the key in an environment variable
	Hidden   []string                // secrets besides the keys that nothing may quote, such as a proxy's password
	Prompts  []string
	Cap      money.Micros // on what the run may spend
	Recap    bool         // with Resume: Cap holds from now on; else the cap that the journal names does
	Journal  string       // path of orders.jsonl; that of a live run is never overwritten. "": none is kept
	Begin    func() error // called when a new run isn't refused any more, and before its journal begins; nil: nobody is
	Resume   bool         // settle what the journal left open, and go on with what is left
	Reopen   bool         // with Resume: try channels again that were given up as dead
	Clips    string       // folder for finished clips, which exists; "": none are kept
	Keep     int          // how many clips of each channel
	Results  io.Writer    // vegeta's results as gob; nil: not kept
	Version  string       // of the tool, for the record
	Proxy    func(*http.Request) (*url.URL, error)
	Progress func(done, total int)
	// puts a run on record, before its journal is free for another; nil: nobody does
	Leave func(run *record.Run, cause error)
	// of what a person should hear at once, such as what a resumed journal holds; nil: nobody does
	Notice func(text string)

	// says how much of money that is shared the run gets, before anything is submitted; nil: nobody does
	Allot func(Ask) (money.Micros, error)
	Since time.Time // with Allot: from when on what the run buys counts

	transport http.RoundTripper // instead of the network, for tests
	dialect   dialect.Dialect   // instead of the channels' own, likewise
}

// RefusedError says that a run was not begun: nothing was submitted, nothing spent.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// ErrInterrupted is the cause of a run that its context ended. One that was not begun until then has no record.
var ErrInterrupted = errors.New("interrupted")

// Run benches a scenario. The run that it returns holds what was measured until the end, also where an
// error comes with it: of an interruption, a *Fault of ours, or ledger.ErrCap.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*record.Run, error) {
	a, err := newAttack(s, &o)
	if err != nil {
		return nil, &RefusedError{err}
	}
	defer a.client.Close()
	if err := a.takeJournal(&o); err != nil {
		return nil, err
	}
	cause := a.askAccounts(ctx)
	var refused *RefusedError
	switch {
	case errors.As(cause, &refused), errors.Is(cause, ErrInterrupted):
		return nil, errors.Join(cause, a.leaveJournal())
	case cause != nil: // nothing but that it was tried
		if err := a.leaveJournal(); err != nil {
			return nil, errors.Join(cause, err)
		}
	default:
		if err := a.beginJournal(&o); err != nil {
			return nil, err
		}
		cause = a.conduct(ctx, &o)
	}
	run, err := a.record(&o)
	if err != nil {
		return nil, errors.Join(cause, err, a.closeJournal())
	}
	var fault *Fault
	if errors.As(cause, &fault) {
		run.Void(fault.Error())
	}
	run.Incomplete = run.Incomplete || cause != nil
	if o.Leave != nil {
		o.Leave(run, cause)
	}
	if err := a.closeJournal(); err != nil && cause == nil {
		cause = err
	}
	return run, cause
}

// closeJournal frees the journal for another run, if it is held.
func (a *attack) closeJournal() error {
	if a.journal == nil {
		return nil
	}
	j := a.journal
	a.journal = nil
	return j.Close()
}

// conduct attacks and settles. It returns why the run ended early, nil if it didn't.
func (a *attack) conduct(ctx context.Context, o *Options) error {
	settling, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	a.settling = settling
	a.submitting, a.stop = context.WithCancelCause(settling)
	defer context.AfterFunc(ctx, func() { a.stop(ErrInterrupted) })()
	// From the end of submits on, what is open has its grace.
	defer context.AfterFunc(a.submitting, func() {
		timer := time.AfterFunc(a.clock.real(a.scenario.Bench.Grace), over)
		context.AfterFunc(settling, func() { timer.Stop() })
	})()
	results := func(*vegeta.Result) error { return nil }
	if o.Results != nil {
		results = vegeta.NewEncoder(o.Results).Encode
	}
	if err := a.noteAccounts(); err != nil {
		a.fail(err)
	}
	a.under.Go(func() {
		defer a.guard(func() {})
		a.watchAccounts()
	})
	done := 0
	failed := a.run(func(r *vegeta.Result) error {
		if done++; o.Progress != nil {
			o.Progress(done, len(a.orders))
		}
		return results(r)
	})
	cause := context.Cause(a.submitting)
	if errors.Is(cause, errDone) {
		cause = failed
	}
	if err := a.lookLast(ctx); err != nil && cause == nil {
		cause = err
	}
	over()
	a.calls.Wait()
	return cause
}

// newAttack prepares a run: everything that can be refused is refused here, before any spending.
func newAttack(s *scenario.Scenario, o *Options) (*attack, error) {
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	if o.Speed == 0 || o.Live {
		o.Speed = 1
	}
	a := &attack{
		scenario: s, compiled: compiled, strategy: compiled.Strategies, model: &compiled.Model,
		driven: measure.Channels(s, compiled), prompts: o.Prompts, clock: clock{speed: o.Speed},
		begun: make(chan struct{}), lines: map[[2]int]*line{}, keeps: newShelf(o.Clips, o.Keep, len(s.Channels)),
		notice: func(text string) {
			if o.Notice != nil {
				o.Notice(text)
			}
		},
	}
	a.orders = schedule(s, a.model, measure.Strategies(s), len(o.Prompts))
	a.lookout = outage.New(outage.Rules(s, compiled), len(a.orders))
	for range compiled.Strategies {
		a.pools = append(a.pools, policy.NewPool(len(s.Channels)))
	}
	return a, a.connect(o)
}

// drives says whether any order can reach a channel.
func (a *attack) drives(ch int) bool { return slices.Contains(a.driven, a.scenario.Channels[ch].Name) }

// record works the run's record out of what was recorded.
func (a *attack) record(o *Options) (*record.Run, error) {
	m := measure.Bench{
		Scenario: a.scenario, Compiled: a.compiled, Recorded: &a.recorded, Accounts: a.paid(), Version: o.Version,
		NewWords: a.newWords(), Unkept: a.keeps.err,
	}
	return m.Record()
}
