package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fault is a way to fail, and what must be known about it afterwards.
type fault struct {
	name    string
	address func(t *testing.T) string // base address
	options Options
	body    []byte // instead of the small one
	phase   Phase
	sent    bool
	ours    bool
	timeout bool
	partly  bool // there is an answer as far as it came
}

func plain(serve func(net.Conn)) func(*testing.T) string {
	return func(t *testing.T) string {
		address, _ := listen(t, serve)
		return "http://" + address
	}
}

func secure(serve func(net.Conn)) func(*testing.T) string {
	return func(t *testing.T) string { return "https" + strings.TrimPrefix(plain(serve)(t), "http") }
}

func fixed(address string) func(*testing.T) string {
	return func(*testing.T) string { return address }
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// faults are all that happens to a request on real connections.
func faults(t *testing.T) []fault {
	later, yesterday := time.Now().Add(time.Hour), time.Now().Add(-24*time.Hour)
	trusted, pool := certificate(t, "127.0.0.1", later)
	expired, expiredPool := certificate(t, "127.0.0.1", yesterday)
	other, otherPool := certificate(t, "api.example.com", later)
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	old := with(trusted)
	old.MinVersion, old.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	hung := Options{Resolver: silent, Timeouts: quick}
	hung.Timeouts.Dial = 200 * time.Millisecond
	brief := Options{Timeouts: quick}
	brief.Timeouts.Total = 800 * time.Millisecond
	return []fault{
		{name: "no such name", address: fixed("https://api.example.com"), options: Options{Resolver: resolver(netip.Addr{})},
			phase: Resolve, ours: true},
		{name: "name server silent", address: fixed("https://api.example.com"), options: hung, phase: Resolve, ours: true,
			timeout: true},
		{name: "name resolves to private", address: fixed("https://api.example.com"),
			options: Options{Resolver: resolver(netip.MustParseAddr("10.1.2.3"))}, phase: Guard},
		{name: "name resolves to loopback", address: fixed("https://api.example.com"),
			options: Options{Resolver: resolver(netip.MustParseAddr("127.0.0.1"))}, phase: Guard},
		{name: "port closed", address: closedPort, phase: Connect},

		{name: "no TLS spoken", address: secure(says("HTTP/1.1 400 Bad Request\r\n\r\n", func(c net.Conn) {})), phase: TLS},
		{name: "garbage for TLS", address: secure(func(c net.Conn) {
			_,
				_ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
			hang(c)
		}), phase: TLS},
		{name: "handshake never ends", address: secure(hang), phase: TLS, timeout: true},
		{name: "handshake broken off", address: secure(func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); reset(c) }),
			phase: TLS},
		{name: "signer unknown", address: secure(over(with(trusted), hang)), phase: TLS, ours: true},
		{name: "certificate expired", address: secure(over(with(expired), hang)), options: Options{Roots: expiredPool},
			phase: TLS},
		{name: "certificate for another host", address: secure(over(with(other), hang)), options: Options{Roots: otherPool},
			phase: TLS},
		{name: "TLS 1.1", address: secure(over(old, hang)), options: Options{Roots: pool}, phase: TLS},

		{name: "body never read", address: plain(func(net.Conn) { <-t.Context().Done() }),
			options: Options{Timeouts: Timeouts{Dial: 100 * time.Millisecond, TLS: 100 * time.Millisecond,
				Answer: 200 * time.Millisecond}},
			body: make([]byte, 64<<20), phase: Write, sent: true, timeout: true},

		{name: "closed when read", address: plain(says("")), phase: Answer, sent: true},
		{name: "reset when read", address: plain(says("", reset)), phase: Answer, sent: true},
		{name: "no answer", address: plain(hang), phase: Answer, sent: true, timeout: true},
		{name: "no answer over TLS", address: secure(over(with(trusted), hang)), options: Options{Roots: pool}, phase: Answer,
			sent: true, timeout: true},
		{name: "header drips", address: plain(says("HTTP/1.1 200 OK\r\nX-Drip: ", drip("x", 20*time.Millisecond))),
			phase: Answer, sent: true, timeout: true},
		{name: "header broken off", address: plain(says(ok)), phase: Answer, sent: true},
		{name: "header endless", address: plain(says("HTTP/1.1 200 OK\r\n",
			drip("X-Long: "+strings.Repeat("x", 1000)+"\r\n", 0))), phase: Answer, sent: true},
		{name: "100 Continue for ever", address: plain(says("", drip("HTTP/1.1 100 Continue\r\n\r\n", 0))), phase: Answer,
			sent: true},
		{name: "not HTTP", address: plain(says("220 mail.example.com ESMTP\r\n")), phase: Answer, sent: true},
		{name: "header not HTTP", address: plain(says("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")), phase: Answer,
			sent: true},

		{name: "body reset", address: plain(says(ok+"Content-Length: 100\r\n\r\n{\"id\":", reset)), phase: Body, sent: true,
			partly: true},
		{name: "body broken off", address: plain(says(ok + "Content-Length: 100\r\n\r\n{\"id\":")), phase: Body, sent: true,
			partly: true},
		{name: "chunks broken", address: plain(says(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\nzz\r\n")),
			phase: Body, sent: true, partly: true},
		{name: "body stops", address: plain(says(ok+"Content-Length: 100\r\n\r\n{\"id\":", hang)), phase: Body, sent: true,
			timeout: true, partly: true},
		{name: "body drips", address: plain(says(ok+"Content-Length: 1000000\r\n\r\n", drip("x", 20*time.Millisecond))),
			options: brief, phase: Body, sent: true, timeout: true, partly: true},
		{name: "broken gzip", address: plain(says(ok +
			"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n\x1f\x8bnot zipped")), phase: Body, sent: true, partly: true},
	}
}

func (f fault) do(t *testing.T) (*Response, error) {
	address := f.address(t)
	r := order(t, address)
	if f.body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(f.body)), int64(len(f.body))
	}
	o := f.options
	o.Hosts, o.Loopback = []string{r.URL.Host}, r.URL.Hostname() == "127.0.0.1"
	if o.Timeouts == (Timeouts{}) {
		o.Timeouts = quick
	}
	client := New(o)
	defer client.Close()
	return client.Do(t.Context(), r, 0)
}

func TestFailuresSayWhatIsProven(t *testing.T) {
	for _, f := range faults(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			answer, err := f.do(t)
			got := failure(t, err)
			if got.Phase != f.phase || got.Sent != f.sent || got.Ours != f.ours || got.Timeout() != f.timeout {
				t.Errorf("phase %v, sent %v, ours %v, timeout %v; want %v, %v, %v, %v (%v)",
					got.Phase, got.Sent, got.Ours, got.Timeout(), f.phase, f.sent, f.ours, f.timeout, err)
			}
			if (answer != nil) != f.partly || f.partly && (!answer.Truncated || answer.Status != 200) {
				t.Errorf("answer is %v", answer)
			}
		})
	}
}

// A server that closes at once may do so before, while or after the request is written: ambiguous, unless
// the reset is so quick that there never was a connection.
func TestClosedAtAccept(t *testing.T) {
	for _, end := range []func(net.Conn){func(net.Conn) {}, reset} {
		for range 20 {
			got := failure(t, second(fault{address: plain(end)}.do(t)))
			if got.Phase != Write && got.Phase != Answer && got.Phase != Connect || got.Sent != (got.Phase >= Write) ||
				got.Ours {
				t.Errorf("%v, sent %v, ours %v", got, got.Sent, got.Ours)
			}
		}
	}
}

func second(_ *Response, err error) error { return err }

func TestContextEndsAreNobodysFault(t *testing.T) {
	address, _ := listen(t, hang)
	client := New(Options{Hosts: []string{address}, Loopback: true})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	f := failure(t, second(client.Do(ended, order(t, "http://"+address), 0)))
	if f.Sent || f.Ours || !errors.Is(f, context.Canceled) {
		t.Errorf("before: %v, sent %v", f, f.Sent)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f = failure(t, second(client.Do(short, order(t, "http://"+address), 0)))
	if !f.Sent || f.Ours || f.Phase != Answer || !f.Timeout() || !errors.Is(f, context.DeadlineExceeded) {
		t.Errorf("while waiting: %v, sent %v", f, f.Sent)
	}
}

func TestOurs(t *testing.T) {
	for _, e := range []error{syscall.ENETUNREACH, syscall.EMFILE, syscall.EADDRNOTAVAIL} {
		if !ours(&net.OpError{Op: "dial", Err: e}) {
			t.Errorf("%v is the channel's", e)
		}
	}
	for _, e := range []error{syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ETIMEDOUT, syscall.ECONNRESET} {
		if ours(&net.OpError{Op: "dial", Err: e}) {
			t.Errorf("%v is ours", e)
		}
	}
}

func TestAnswersAreNoFailures(t *testing.T) {
	elsewhere, visits := listen(t, hang)
	for _, status := range []string{"200 OK", "301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect",
		"308 Permanent Redirect", "400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "500 Oops",
		"502 Bad Gateway"} {
		for _, location := range []string{"http://" + elsewhere + "/", "http://169.254.169.254/latest/meta-data", "/again"} {
			address, accepted := listen(t,
				says("HTTP/1.1 "+status+"\r\nLocation: "+location+"\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"))
			client := New(Options{Hosts: []string{address, elsewhere}, Loopback: true, Timeouts: quick})
			answer, err := client.Do(t.Context(), order(t, "http://"+address), 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := http.StatusText(answer.Status); !strings.HasPrefix(status, answer.Header.Get("Status")) && got == "" ||
				string(answer.Body) != "<html></html>" || answer.Header.Get("Location") != location || answer.Truncated {
				t.Errorf("%s: %v %s", status, answer, answer.Body)
			}
			if accepted.Load() != 1 || visits.Load() != 0 {
				t.Errorf("%s: asked %d times, and elsewhere %d times", status, accepted.Load(), visits.Load())
			}
			client.Close()
		}
	}
}

func TestProtocolSwitchHasNoBody(t *testing.T) {
	address, _ := listen(t, says("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tunnel\r\n\r\n",
		hang))
	client := New(Options{Hosts: []string{address}, Loopback: true})
	answer, err := client.Do(t.Context(), order(t, "http://"+address), 0)
	if err != nil || answer.Status != 101 || answer.Size != 0 {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestHTTP2IsSpoken(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_,
			_ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := New(Options{Hosts: []string{server.Listener.Addr().String()}, Loopback: true,
		Roots: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	defer client.Close()
	answer, err := client.Do(t.Context(), order(t, server.URL), 0)
	if err != nil || string(answer.Body) != "HTTP/2.0" {
		t.Errorf("%v, %v", answer, err)
	}
}
