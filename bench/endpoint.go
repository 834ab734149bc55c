package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

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
	finder  dialect.Finder   // the dialect, where an order can be asked for by its token; nil: it can't
	targets []dialect.Target // by key
	client  *network.Client
	patient *network.Client // for submits, which some channels answer when the clip is made
	jobs    []world.Job     // by class: what it makes
	worst   []money.Micros  // by class: the most that one submit can cost

	billed money.Billionths // share of failed jobs that is billed, as the scenario states it
	shut   atomic.Int32     // polls in a row that were answered that our key, or our money, isn't good
}

// connect prepares the endpoints.
func (a *attack) connect(o *Options) error {
	var hosts []string
	own := make([][]string, len(a.scenario.Channels))
	for i := range a.scenario.Channels {
		c := &a.scenario.Channels[i]
		e := &endpoint{channel: &c.Channel, jobs: a.model.Channels[i].Jobs,
			billed: money.Billionths(math.Round(c.Errors.By[channel.Job].Billed * float64(money.Whole)))}
		a.endpoints = append(a.endpoints, e)
		if !a.drives(i) {
			continue
		}
		var err error
		if own[i], err = e.open(o); err != nil {
			return fmt.Errorf("channel %s: %w", e.channel.Name, err)
		}
		teller, err := a.account(e, o)
		if err != nil {
			return fmt.Errorf("channel %s: %w", e.channel.Name, err)
		}
		hosts = slices.Concat(hosts, own[i], teller)
	}
	hide, loopback := a.redactor(o), !o.Live || onLoopback(hosts)
	for i, e := range a.endpoints {
		for k := range e.targets {
			e.targets[k].Hide, e.targets[k].Allows = hide, network.NewHosts(own[i], loopback).Check
		}
	}
	a.client = network.New(network.Options{Hosts: hosts, Loopback: loopback, Proxy: o.Proxy, Transport: o.transport})
	// A channel that answers only when the clip is made may take until the deadline, and beyond.
	patience := a.clock.real(a.scenario.Workload.Deadline) + time.Minute
	for _, e := range a.endpoints {
		e.client, e.patient = a.client, a.client.Patient(patience)
	}
	for _, k := range a.accounts {
		k.client = a.client
	}
	return nil
}

// redactor hides all that the run must not tell: a channel may quote the key of another one that its owner sells
// through, too.
func (a *attack) redactor(o *Options) *dialect.Redactor {
	keys := slices.DeleteFunc(slices.Clone(o.Hidden), func(s string) bool { return len(s) < shortestKey })
	for _, e := range a.endpoints {
		for _, t := range e.targets {
			keys = append(keys, t.Key.Reveal(), t.Secret.Reveal())
		}
	}
	for _, k := range a.accounts {
		keys = append(keys, k.key.Reveal())
	}
	return dialect.NewRedactor(keys...)
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

// open finds out all that is needed to ask the channel, and returns the hosts on which it lives.
func (e *endpoint) open(o *Options) (hosts []string, err error) {
	c := e.channel
	var known bool
	if e.dialect, known = dialect.ByName(c.Protocol); !known {
		return nil, errors.New("it names no protocol that bench speaks")
	}
	if o.dialect != nil {
		e.dialect = o.dialect
	}
	e.finder, _ = dialect.FinderOf(e.dialect)
	if holder, holds := e.dialect.(dialect.Holder); c.Hold && (!holds || !holder.Holds()) {
		return nil, fmt.Errorf("its protocol, %s, can't hold a submit until the clip is made: leave hold out", c.Protocol)
	}
	t := dialect.Target{BaseURL: c.BaseURL, Model: c.Model, Now: time.Now, Form: c.Form, Headers: c.Headers, Hold: c.Hold}
	base, instead := o.BaseURLs[c.Name]
	if instead {
		t.BaseURL = base
	}
	if e.targets, err = keyed(t, c, o); err != nil {
		return nil, err
	}
	u, err := url.Parse(t.BaseURL)
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
	if instead {
		return []string{u.Host}, nil
	}
	return append([]string{u.Host}, c.DownloadHosts...), nil
}

// ask polls a job once. A channel that doesn't answer because of us, time after time, ends the run.
func (a *attack) ask(ctx context.Context, e *endpoint, key int, job dialect.Job) (dialect.Progress, bool) {
	p, answered := e.poll(ctx, key, job)
	switch {
	case answered:
		e.shut.Store(0)
	case p.Fault == dialect.BadKey || p.Fault == dialect.NoBalance:
		if e.shut.Add(1) >= mostShut {
			a.fail(e.answered(key, &dialect.Answer{Fault: p.Fault, Message: p.Message}))
		}
	}
	return p, answered
}

// mostShut is how many polls in a row may be answered that it is us: a gateway may say so once and be wrong.
const mostShut = 3

// poll asks for a job. A poll that fails says nothing of the job: the next one may. The message says why it failed.
func (e *endpoint) poll(ctx context.Context, key int, job dialect.Job) (dialect.Progress, bool) {
	request, err := e.dialect.Poll(e.as(key), job)
	if err != nil {
		return dialect.Progress{Job: job, Message: err.Error()}, false
	}
	response, err := e.client.Do(ctx, request, dialect.MaxAnswer)
	if err != nil {
		return dialect.Progress{Job: job, Message: err.Error()}, false
	}
	p := e.dialect.Polled(e.as(key), job, read(response))
	return p, p.Fault == dialect.NoFault
}
