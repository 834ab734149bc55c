package mockchannel

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// market has a channel for each protocol, without failures, where every clip takes 100 s.
const market = `
seed = 7
[workload]
orders_per_month = 1000
[[workload.videos]]
name = "short"
share = "50%"
seconds = 8
resolution = "720p"
[[workload.videos]]
name = "long"
share = "50%"
seconds = 12
resolution = "720p"
[channels.forwarding]
kind = "forwarding"
protocol = "openai-videos"
model = "sora-2"
price = { per_second = { "720p" = "$0.10" } }
latency = { shape = "constant", base = "100s" }
[channels.reverse]
kind = "reverse"
protocol = "openai-videos-reverse"
model = "sora-2"
makes = { seconds = [8, 12] }
price = { per_call = "$0.12" }
latency = { shape = "constant", base = "100s" }
[channels.sync]
kind = "forwarding"
protocol = "videos-generations"
model = "sora-2"
price = { per_second = { "720p" = "$0.10" } }
latency = { shape = "constant", base = "100s" }
[strategies.all]
steps = [{ channel = "forwarding", attempts = 1 }, { channel = "reverse", attempts = 1 }, { channel = "sync", attempts = 1 }]
`

const (
	forwarding = iota
	reverse
	synchronous
)

// marketed is the market with changes.
func marketed(t testing.TB, edit func(*scenario.Scenario)) *scenario.Scenario {
	t.Helper()
	s, _, err := scenario.Load("market.toml", []byte(market), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(s)
	}
	return s
}

// opened is a server for a scenario.
func opened(t testing.TB, s *scenario.Scenario, o Options) *Server {
	t.Helper()
	server, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// buyer buys from one channel through its dialect's client half.
type buyer struct {
	t       testing.TB
	dialect dialect.Dialect
	target  dialect.Target
	through http.RoundTripper
}

var short = channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}

// buys is a customer of a channel, by way of the server's transport.
func buys(t testing.TB, s *Server, at int) *buyer {
	t.Helper()
	return buysAt(t, s, at, "http://mock.example", mocktest.Transport(s.Handler()))
}

func buysAt(t testing.TB, s *Server, at int, base string, through http.RoundTripper) *buyer {
	t.Helper()
	ch := s.sellers[at].channel
	d, ok := dialect.ByName(ch.Protocol)
	if !ok {
		t.Fatalf("no dialect %q", ch.Protocol)
	}
	return &buyer{t, d, dialect.Target{BaseURL: URL(base, ch.Name), Key: dialect.NewSecret("sk-test"), Model: ch.Model},
		through}
}

// send sends a request and reads the answer; nil where there was none.
func (b *buyer) send(r *http.Request, err error) *dialect.Response {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := b.through.RoundTrip(r)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &dialect.Response{Status: response.StatusCode, Header: response.Header, Body: body, Truncated: err != nil}
}

// order submits; an answer that doesn't come is lost.
func (b *buyer) order(prompt string, c channel.Clip) dialect.Answer {
	b.t.Helper()
	r := b.send(b.dialect.Submit(b.target, dialect.Order{Clip: c, Prompt: prompt}))
	if r == nil {
		return dialect.Answer{Reason: channel.Lost, Message: "cut"}
	}
	return b.dialect.Submitted(b.target, r)
}

func (b *buyer) accepted(prompt string) dialect.Job {
	b.t.Helper()
	a := b.order(prompt, short)
	if a.Verdict != dialect.Accepted {
		b.t.Fatalf("the order is %v: %v %s", a.Verdict, a.Reason, a.Message)
	}
	return a.Progress.Job
}

func (b *buyer) poll(j dialect.Job) dialect.Progress {
	b.t.Helper()
	return b.dialect.Polled(b.target, j, b.send(b.dialect.Poll(b.target, j)))
}

// fetch returns the clip, or the status of an answer that is none.
func (b *buyer) fetch(j dialect.Job) (film.Footage, int) {
	b.t.Helper()
	r := b.send(b.dialect.Fetch(b.target, j))
	if r.Status != http.StatusOK {
		return film.Footage{}, r.Status
	}
	f, err := film.Read(bytes.NewReader(r.Body), 1<<20)
	if err != nil {
		b.t.Fatal(err)
	}
	return f, r.Status
}

// book is the channel's, and it adds up.
func (b *buyer) book(s *Server, at int) Book {
	b.t.Helper()
	k := s.Books()[at]
	if faults := k.Faults[dialect.BadKey] + k.Faults[dialect.NoBalance] +
		k.Faults[dialect.BadRequest]; k.Submits != faults+k.refusedInAll()+k.Accepted+k.Lost-k.LostRan {
		b.t.Errorf("submits don't add up: %+v", k)
	}
	if k.Accepted != k.Running+k.Made+k.Failed {
		b.t.Errorf("jobs don't add up: %+v", k)
	}
	return k
}
