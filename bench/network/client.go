// Package network is the one HTTP client through which bench talks to channels. It sends a request
// once, to an allowed host only, waits for a bounded time, keeps a bounded answer, and says of every
// failure whether the channel may have got the request.
//
// It deliberately follows no redirect, tries nothing again, keeps no cookies and reads no meaning into an
// answer: a 307 or a page of HTML is an answer like any other, and package bench and its dialects judge it.
//
// # What is never sent twice
//
// net/http itself resends requests when a connection breaks: over HTTP/1 on a kept connection if the request is a
// GET, HEAD, OPTIONS or TRACE or has an Idempotency-Key, over HTTP/2 whatever the method if the server refuses the
// stream, goes away or reports a protocol error. A body without GetBody can't be resent, so here every request loses
// its GetBody, and a request that may cost money (POST, PUT, PATCH) is refused without a body. GET, HEAD and DELETE
// cost nothing and may be resent by net/http after a kept connection has broken.
//
// A submit on a kept connection that the server is just closing is ambiguous, so connections are
// kept for four seconds only: the usual servers keep theirs for five or more.
//
// # What net/http prints by itself
//
// A server that sends more than it has announced makes net/http print what came to the standard
// logger, which the command therefore has to silence; nothing in this package can.
//
//	client := network.New(network.Options{Hosts: []string{"api.example.com"}})
//	answer, err := client.Do(ctx, request, 1<<20)
//	var f *network.Failure
//	if errors.As(err, &f) && !f.Sent {
//		// proven: nothing was ordered
//	}
package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options are what a client may do. Only Hosts is needed.
type Options struct {
	// Hosts may be contacted, and no others: "host" for its usual port, or "host:port".
	Hosts []string
	// Loopback is for mock channels: http is allowed as well as https, and no address but loopback.
	Loopback bool
	// Proxy chooses a proxy, such as http.ProxyFromEnvironment; nil is none. A proxy resolves names
	// itself, so that behind one the addresses of channels aren't checked. Loopback uses none.
	Proxy func(*http.Request) (*url.URL, error)
	// Transport replaces the network, as tests in synctest bubbles need. It must not follow redirects or resend. Of its
	// errors, a *Failure is believed, a failed dial or look-up (*net.OpError, *net.DNSError) is taken as unsent, and
	// anything else as sent. The check of resolved addresses and the time limits for dialling and TLS are the network's
	// and not replaced.
	Transport http.RoundTripper

	Resolver  *net.Resolver  // nil: the system's
	Roots     *x509.CertPool // nil: the system's
	MaxBody   int64          // of an answer where the call names no limit; 0: 1 MiB
	MaxHeader int64          // of an answer, in bytes; 0: 64 KiB
	MaxIdle   int            // kept connections per host; 0: 512
	KeepIdle  time.Duration  // how long a connection is kept; 0: 4 s
	Timeouts  Timeouts
}

// Timeouts bound the phases of a request; 0 means the default. Writing has no limit of its own:
// Dial, TLS and Answer together bound what happens up to the last byte of the request.
type Timeouts struct {
	Dial   time.Duration // look-up and connection; 10 s
	TLS    time.Duration // handshake; 10 s
	Answer time.Duration // from the last byte of the request to the end of the answer's header; 60 s
	Idle   time.Duration // between two reads of the body; 30 s
	Total  time.Duration // everything; 10 min
}

// Client sends requests to allowed hosts. It may be used by several goroutines at once.
type Client struct {
	transport http.RoundTripper
	own       bool // the transport is this package's, and what it traces is complete
	hosts     *Hosts
	maxBody   int64
	maxHeader int64
	timeouts  Timeouts
}

// New makes a client.
func New(o Options) *Client {
	t := o.Timeouts
	c := &Client{
		transport: o.Transport,
		own:       o.Transport == nil,
		hosts:     NewHosts(o.Hosts, o.Loopback),
		maxBody:   or(o.MaxBody, 1<<20),
		maxHeader: or(o.MaxHeader, 64<<10),
		timeouts: Timeouts{
			Dial: or(t.Dial, 10*time.Second), TLS: or(t.TLS, 10*time.Second), Answer: or(t.Answer, time.Minute),
			Idle: or(t.Idle, 30*time.Second), Total: or(t.Total, 10*time.Minute),
		},
	}
	if c.own {
		c.transport = transport(o, c)
	}
	return c
}

// or is the value of an option, or its default where it isn't set.
func or[T int | int64 | time.Duration](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}

// Patient returns a client that shares c's connections and waits longer for the header of an answer, for
// channels that send none until the clip is made.
func (c *Client) Patient(answer time.Duration) *Client {
	p := *c
	p.timeouts.Answer = answer
	p.timeouts.Total = max(p.timeouts.Total, p.timeouts.Dial+p.timeouts.TLS+answer+p.timeouts.Idle)
	return &p
}

// Close closes the connections that are kept and not in use.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// transport is the network with its guards. Compression isn't asked for; see decoded.
func transport(o Options, c *Client) *http.Transport {
	d := &dialer{
		guarded: net.Dialer{Timeout: c.timeouts.Dial, Resolver: o.Resolver, Control: control(o.Loopback)},
		proxy:   net.Dialer{Timeout: c.timeouts.Dial, Resolver: o.Resolver},
	}
	t := &http.Transport{
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout:    c.timeouts.TLS,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    or(o.MaxIdle, 512),
		IdleConnTimeout:        or(o.KeepIdle, 4*time.Second),
		MaxResponseHeaderBytes: c.maxHeader,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	if o.Proxy != nil && !o.Loopback {
		t.Proxy = d.through(o.Proxy)
		t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode != http.StatusOK {
				return &proxyError{r.StatusCode}
			}
			return nil
		}
	}
	return t
}
