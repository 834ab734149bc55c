package bench

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/internal/channel"
)

// remnant is a job that an earlier run left behind: nobody waits for its clip, but it has its price.
type remnant struct {
	journal.Attempt
	hold ledger.Reservation
}

// settle asks for the job until it has ended, or until settling is over.
func (a *attack) settle(r remnant) {
	e := a.endpointOf(&r.Attempt)
	if r.Accepted == nil && !a.recover(&r, e) {
		return
	}
	var still stall
	began := time.Now()
	job := dialect.Job{ID: r.Accepted.ID, PollURL: r.Accepted.PollURL, ContentURL: r.Accepted.ContentURL}
	for {
		// A synchronous answer that named nothing but its clip came when that was made.
		p, answered := dialect.Progress{State: dialect.Completed}, true
		if job.ID != "" || job.PollURL != "" {
			p, answered = a.ask(a.settling, e, r.Intent.KeyIndex, job)
			job = p.Job
		}
		gone := answered && still.heard(&p, a.clock.scenario(time.Since(began)), 2*stalledGone) && p.State == dialect.Gone
		if gone || answered && (p.State == dialect.Completed || p.State == dialect.Failed) {
			if err := a.conclude(r, e, &p); err != nil {
				a.fail(err)
			}
			return
		}
		select {
		case <-time.After(max(a.clock.real(e.channel.Poll), time.Millisecond)):
		case <-a.settling.Done():
			return
		}
	}
}

// conclude books what became of the job. One that the channel doesn't know any more may have been billed.
func (a *attack) conclude(r remnant, e *endpoint, p *dialect.Progress) error {
	if p.State == dialect.Gone {
		return errors.Join(a.lose(&r.Attempt), a.ledger.Keep(r.hold))
	}
	s, made := r.settled(channel.Failed, cmp.Or(p.Reason, channel.Job)), p.State == dialect.Completed
	if made {
		s = r.settled(channel.Delivered, channel.NoReason)
		s.Ready = s.At
	}
	var err error
	s.Error = p.Message
	clip := e.jobs[r.Order.Video].Clip
	s.Bill, err = e.bill(channel.Usage{Clip: clip, Accepted: true, Made: made}, e.invoice(p, clip))
	if err != nil {
		return err
	}
	if err := a.keep(s); err != nil {
		return err
	}
	if s.Unproven {
		return a.ledger.Keep(r.hold)
	}
	return a.ledger.Settle(r.hold, s.Charge())
}

// lose puts on record that nobody will ever know what an attempt cost.
func (a *attack) lose(t *journal.Attempt) error {
	if t.Kept {
		return nil
	}
	e := a.endpointOf(t)
	s := (&remnant{Attempt: *t}).settled(channel.Ambiguous, channel.Lost)
	var err error
	if s.Bill, err = e.bill(channel.Usage{Clip: e.jobs[t.Order.Video].Clip, Lost: true}, invoice{}); err != nil {
		return err
	}
	return a.keep(s)
}

// settled is the entry of an attempt's end, as of now and without its bill.
func (r *remnant) settled(o channel.Outcome, why channel.Reason) journal.Settled {
	return journal.Settled{Order: r.Order.Order, Attempt: r.Intent.Attempt, At: journal.UTC(time.Now()),
		Outcome: journal.Outcome(o), Reason: journal.Reason(why)}
}

// endpointOf is the endpoint of an attempt's channel.
func (a *attack) endpointOf(t *journal.Attempt) *endpoint {
	i := slices.IndexFunc(a.endpoints, func(e *endpoint) bool { return e.channel.Name == t.Intent.Channel })
	return a.endpoints[i] // the journal is of this scenario
}
