package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"channelbench/bench/dialect"
	"channelbench/bench/ledger"
	"channelbench/bench/network"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/world"
)

// endpoint is a channel as the run talks to it.
type endpoint struct {
	channel *channel.Channel
	dialect dialect.Dialect
	target  dialect.Target
	client  *network.Client
	patient *network.Client // for submits, which some channels answer when the clip is made
	jobs    []world.Job     // by class: what it makes
	worst   []money.Micros  // by class: the most that one submit can cost
}

// connect prepares the endpoints.
func (a *attack) connect(o *Options) error {
	var hosts []string
	for i := range a.scenario.Channels {
		e := &endpoint{channel: &a.scenario.Channels[i].Channel, jobs: a.model.Channels[i].Jobs}
		a.endpoints = append(a.endpoints, e)
		if !a.drives(i) {
			continue
		}
		reached, err := e.open(o)
		if err != nil {
			return fmt.Errorf("channel %s: %w", e.channel.Name, err)
		}
		teller, err := a.account(e, o)
		if err != nil {
			return fmt.Errorf("channel %s: %w", e.channel.Name, err)
		}
		hosts = slices.Concat(hosts, reached, teller)
	}
	a.client = network.New(network.Options{Hosts: hosts, Loopback: !o.Live || onLoopback(hosts), Proxy: o.Proxy, Transport: o.transport})
	// A channel that answers only when the clip is made may take until the deadline, and beyond.
	deadline := a.scenario.Workload.Deadline
	if deadline == 0 {
		deadline = DefaultDeadline
	}
	patience := a.clock.real(deadline) + time.Minute
	for _, e := range a.endpoints {
		e.client, e.patient = a.client, a.client.Patient(patience)
	}
	for _, k := range a.accounts {
		k.client = a.client
	}
	return nil
}

// onLoopback says whether all hosts are on this machine, as mock channels that somebody serves are.
func onLoopback(hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool {
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			name = host
		}
		ip, err := netip.ParseAddr(name)
		return name != "localhost" && (err != nil || !ip.IsLoopback())
	})
}

// shortestKey is how long a key is at least. What holds it is hidden or dropped, so a shorter one would take
// innocent ids with it.
const shortestKey = 8

// open finds out all that is needed to ask the channel, and returns the hosts on which it lives.
func (e *endpoint) open(o *Options) (hosts []string, err error) {
	c := e.channel
	var known bool
	if e.dialect, known = dialect.ByName(c.Protocol); !known {
		return nil, errors.New("it names no protocol that bench speaks")
	}
	e.target = dialect.Target{BaseURL: c.BaseURL, DownloadHosts: c.DownloadHosts, Model: c.Model}
	if base, instead := o.BaseURLs[c.Name]; instead {
		e.target.BaseURL, e.target.DownloadHosts = base, nil
	}
	key := o.Key(c.KeyEnv)
	if key == "" {
		return nil, fmt.Errorf("the environment variable %s holds no key", c.KeyEnv)
	}
	if o.Live && len(key) < shortestKey {
		return nil, fmt.Errorf("the key in the environment variable %s has fewer than %d characters, which is no key", c.KeyEnv, shortestKey)
	}
	e.target.Key = dialect.NewSecret(key)
	if strings.ContainsFunc(e.target.Key.Reveal(), unicode.IsControl) {
		return nil, fmt.Errorf("the key in the environment variable %s holds a character that no header may", c.KeyEnv)
	}
	u, err := url.Parse(e.target.BaseURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("base_url is no address")
	}
	for _, j := range e.jobs {
		worst := money.Micros(0)
		if j.Makes {
			if worst, err = ledger.Worst(&c.Price, j.Clip); err != nil {
				return nil, err
			}
		}
		e.worst = append(e.worst, worst)
	}
	return append([]string{u.Host}, e.target.DownloadHosts...), nil
}

// charge is the bill of an attempt by the channel's price.
func (e *endpoint) charge(u channel.Usage) (money.Micros, error) { return e.channel.Price.Charge(u) }

// ask polls a job once. A poll that fails says nothing of the job: the next one may. The message says why it failed.
func (e *endpoint) ask(ctx context.Context, job dialect.Job) (dialect.Progress, bool) {
	request, err := e.dialect.Poll(e.target, job)
	if err != nil {
		return dialect.Progress{Job: job, Message: err.Error()}, false
	}
	response, err := e.client.Do(ctx, request, dialect.MaxAnswer)
	if err != nil {
		return dialect.Progress{Job: job, Message: err.Error()}, false
	}
	p := e.dialect.Polled(e.target, job, read(response))
	return p, p.Fault == dialect.NoFault
}
