package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/network"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// DefaultPoll is how often a job is polled where the scenario doesn't say.
const DefaultPoll = 10 * time.Second

// longestAnswer is how long a channel may take to answer where no deadline bounds it.
const longestAnswer = time.Hour

// Options say how a scenario is benched.
type Options struct {
	Live     bool                    // real channels; else BaseURLs are mock channels on loopback
	BaseURLs map[string]string       // by channel, instead of the scenario's
	Speed    float64                 // of the clock; 0: 1. Live runs at 1
	Key      func(env string) string // the key in an environment variable
	Prompts  []string
	Cap      money.Micros // on what the run may spend
	Journal  string       // path of orders.jsonl; it must not exist
	Results  io.Writer    // vegeta's results as gob; nil: not kept
	Version  string       // of the tool, for the record
	Proxy    func(*http.Request) (*url.URL, error)
	Progress func(done, total int)

	transport http.RoundTripper // instead of the network, for tests
}

// RefusedError says that a run was not begun: nothing was submitted, nothing spent.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// ErrInterrupted is the cause of a run that its context ended.
var ErrInterrupted = errors.New("interrupted")

// Run benches a scenario. The run that it returns holds what was measured until the end, also where an
// error comes with it: of an interruption, a *Fault of ours, or ledger.ErrCap.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*record.Run, error) {
	a, err := newAttack(s, &o)
	if err != nil {
		return nil, &RefusedError{err}
	}
	if err := a.openJournal(&o); err != nil {
		return nil, err
	}
	defer a.close()
	settling, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	a.settling = settling
	a.submitting, a.stop = context.WithCancelCause(settling)
	stopped := context.AfterFunc(ctx, func() { a.stop(ErrInterrupted) })
	defer stopped()
	// From the end of submits on, open jobs get their grace.
	graceOver := context.AfterFunc(a.submitting, func() {
		timer := time.AfterFunc(a.clock.real(s.Bench.Grace), over)
		context.AfterFunc(settling, func() { timer.Stop() })
	})
	defer graceOver()
	results := func(*vegeta.Result) error { return nil }
	if o.Results != nil {
		results = vegeta.NewEncoder(o.Results).Encode
	}
	if err := a.run(func(r *vegeta.Result) error {
		if o.Progress != nil {
			o.Progress(int(r.Seq)+1, len(a.orders))
		}
		return results(r)
	}); err != nil {
		return nil, err
	}
	run := a.record(&o)
	if cause := context.Cause(a.submitting); cause != nil {
		run.Incomplete = true
		return run, cause
	}
	return run, nil
}

// newAttack prepares a run: everything that can be refused is refused here, before any spending.
func newAttack(s *scenario.Scenario, o *Options) (*attack, error) {
	c := *s
	c.Channels = slices.Clone(s.Channels)
	for i := range c.Channels {
		if c.Channels[i].Poll == 0 {
			c.Channels[i].Poll = DefaultPoll
		}
	}
	compiled, err := c.Compile()
	if err != nil {
		return nil, err
	}
	if o.Speed == 0 || o.Live {
		o.Speed = 1
	}
	a := &attack{
		scenario: &c, strategy: compiled.Strategies, uses: compiled.Uses, model: &compiled.Model, prompts: o.Prompts, clock: clock{speed: o.Speed},
		ledger: ledger.New(o.Cap), begun: make(chan struct{}),
	}
	a.orders = schedule(&c, a.model, drivenBy(&c), len(o.Prompts))
	for range compiled.Strategies {
		a.pools = append(a.pools, policy.NewPool(len(c.Channels)))
	}
	return a, a.connect(o)
}

// connect prepares the endpoints.
func (a *attack) connect(o *Options) error {
	var hosts []string
	for i := range a.scenario.Channels {
		c := &a.scenario.Channels[i].Channel
		e := &endpoint{channel: c, jobs: a.model.Channels[i].Jobs}
		a.endpoints = append(a.endpoints, e)
		if !a.drives(i) {
			continue
		}
		var known bool
		if e.dialect, known = dialect.ByName(c.Protocol); !known {
			return fmt.Errorf("channel %s names no protocol that bench speaks", c.Name)
		}
		e.target = dialect.Target{BaseURL: c.BaseURL, DownloadHosts: c.DownloadHosts, Model: c.Model}
		if base, instead := o.BaseURLs[c.Name]; instead {
			e.target.BaseURL, e.target.DownloadHosts = base, nil
		}
		key := o.Key(c.KeyEnv)
		if key == "" {
			return fmt.Errorf("channel %s: the environment variable %s holds no key", c.Name, c.KeyEnv)
		}
		e.target.Key = dialect.NewSecret(key)
		u, err := url.Parse(e.target.BaseURL)
		if err != nil || u.Host == "" {
			return fmt.Errorf("channel %s: base_url is no address", c.Name)
		}
		hosts = append(append(hosts, u.Host), e.target.DownloadHosts...)
		for _, j := range e.jobs {
			worst := money.Micros(0)
			if j.Makes {
				if worst, err = ledger.Worst(&c.Price, j.Clip); err != nil {
					return fmt.Errorf("channel %s: %w", c.Name, err)
				}
			}
			e.worst = append(e.worst, worst)
		}
	}
	client := network.New(network.Options{Hosts: hosts, Loopback: !o.Live, Proxy: o.Proxy, Transport: o.transport})
	// A channel that answers only when the clip is made may take until the deadline, and beyond.
	patience := longestAnswer
	if d := a.scenario.Workload.Deadline; d > 0 {
		patience = a.clock.real(d) + time.Minute
	}
	for _, e := range a.endpoints {
		e.client = client.Patient(patience)
	}
	return nil
}

// drives says whether any driven order can reach a channel.
func (a *attack) drives(ch int) bool {
	for _, i := range drivenBy(a.scenario) {
		for _, route := range a.strategy[i].Routes {
			if slices.ContainsFunc(route.Steps, func(s policy.Step) bool { return s.Channel == ch }) {
				return true
			}
		}
	}
	return false
}

// openJournal begins the journal.
func (a *attack) openJournal(o *Options) error {
	if o.Journal == "" {
		return nil
	}
	var err error
	a.journal, err = journal.Create(o.Journal, journal.Run{
		Schema: journal.Schema, At: journal.UTC(time.Now()), Tool: o.Version, ScenarioSHA256: a.scenario.SHA256(),
		PurchaseSHA256: a.scenario.PurchaseSHA256(), Seed: a.scenario.Seed, Live: o.Live, Speed: o.Speed, Cap: o.Cap,
	})
	return err
}

func (a *attack) close() {
	if a.journal != nil {
		if err := a.journal.Close(); err != nil {
			a.fail(err)
		}
	}
}

// keep appends an entry to the journal. Without a journal nothing is kept.
func (a *attack) keep(e journal.Entry) error {
	if a.journal == nil {
		return nil
	}
	return a.journal.Append(e)
}

// at is when a time of the run was, for the journal.
func (a *attack) at(t time.Duration) journal.Time {
	return journal.UTC(a.clock.origin.Add(a.clock.real(t)))
}
