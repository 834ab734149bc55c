package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/network"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// Bounds of a fetch.
const (
	maxClip  = 1 << 30 // bytes
	mostHops = 5       // redirects from one address
)

// fetch waits for its time, gets the clip and looks at it. What isn't a whole clip says nothing of the one that was
// paid for, so it is fetched again.
func (c *call) fetch(ctx context.Context, at time.Duration) {
	if !c.order.clock.sleep(ctx, c.order.At+at) {
		return
	}
	under := c.facts
	under.word = cmp.Or(under.word, "its fetch was still under way")
	c.publish(under)
	footage, err := c.get(ctx)
	if err != nil && ctx.Err() != nil {
		return // nobody waits for it any more
	}
	c.fetches++
	if err != nil {
		c.word = err.Error()
		c.tell(policy.Event{Kind: policy.FetchFailed}, nil)
		return
	}
	c.fetched, c.word = c.order.clock.now(), ""
	c.footage, c.flaw = footage, footage.Unusable(c.clip)
	if c.flaw == "" {
		c.tell(policy.Event{Kind: policy.Fetched}, nil)
	} else {
		c.tell(policy.Event{Kind: policy.Rejected, Reason: channel.BadClip}, nil)
	}
}

// get fetches the clip. Where its address is refused, or has led to trouble twice, it asks the channel for it anew:
// signed ones expire, and not all that is named is the clip.
func (c *call) get(ctx context.Context) (film.Footage, error) {
	footage, err := c.download(ctx)
	if (refused(err) || err != nil && c.fetches > 0) && c.readdress(ctx) {
		return c.download(ctx)
	}
	return footage, err
}

// withheld is an answer without a clip.
type withheld struct {
	dialect.Progress
	status int
}

func (w *withheld) Error() string { return w.Message }

// refused says whether it is the address that isn't good (any more), rather than the moment.
func refused(err error) bool {
	var w *withheld
	var f *network.Failure
	if errors.As(err, &f) {
		return f.Phase == network.Guard
	}
	if !errors.As(err, &w) {
		return false
	}
	switch w.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return w.status/100 == 4
}

// readdress asks the channel where the clip is, and says whether that is another place than before.
func (c *call) readdress(ctx context.Context) bool {
	before := c.place(c.job)
	p, answered := c.order.ask(ctx, c.at, c.key, c.job)
	usual := c.job
	usual.ContentURL = ""
	if answered && p.State == dialect.Completed && c.place(p.Job) != before {
		c.job = p.Job
		return true
	}
	if place := c.place(usual); place != "" && place != before {
		c.job = usual
		return true
	}
	return false
}

// place is where a job's clip is fetched from, "" for nowhere.
func (c *call) place(job dialect.Job) string {
	request, err := c.at.dialect.Fetch(c.at.as(c.key), job)
	if err != nil {
		return ""
	}
	return request.URL.String()
}

// download fetches the clip from the job's place, or from where that leads.
func (c *call) download(ctx context.Context) (film.Footage, error) {
	job := c.job
	for range 1 + mostHops {
		footage, err := c.take(ctx, job)
		var w *withheld
		if !errors.As(err, &w) || w.State != dialect.Completed {
			return footage, err
		}
		job = w.Job
	}
	return film.Footage{}, fmt.Errorf("the clip is behind more than %d redirects", mostHops)
}

// take asks for the clip once.
func (c *call) take(ctx context.Context, job dialect.Job) (film.Footage, error) {
	request, err := c.at.dialect.Fetch(c.at.as(c.key), job)
	if err != nil {
		return film.Footage{}, err
	}
	name := fmt.Sprintf("%s-order-%d-attempt-%d.mp4", c.at.channel.Name, c.order.Index, c.number)
	kept := c.order.keeps.place(c.channel, name)
	var answer *network.Response
	footage, err := watch(kept, func(w io.Writer) (err error) {
		answer, err = c.at.client.Fetch(ctx, request, w, maxClip+1, came)
		return err
	})
	footage.Flaw = cmp.Or(footage.Flaw, footage.Part(c.clip))
	kept.end(err == nil && footage.Flaw == "")
	if err != nil || footage.Flaw == "" {
		return footage, err
	}
	return footage, c.instead(job, request.URL, answer, &footage)
}

// came says whether an answer may hold a clip, which its bytes show then.
func came(status int, _ http.Header) bool { return status/100 == 2 }

// instead is what came in place of a clip.
func (c *call) instead(job dialect.Job, from *url.URL, answer *network.Response, footage *film.Footage) error {
	response, flaw := read(answer), ""
	if came(answer.Status, nil) {
		response.Body, flaw = []byte(footage.Instead), footage.Flaw
	}
	response.From = from
	p := dialect.Withheld(c.at.as(c.key), job, response, flaw)
	p.Message = cmp.Or(p.Message, fmt.Sprintf("HTTP %d", answer.Status))
	return &withheld{p, answer.Status}
}
