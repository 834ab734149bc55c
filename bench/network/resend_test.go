package network

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// The transport of net/http resends an order with an Idempotency-Key when a kept connection is closed
// under it; this package's client never does.
func TestNoOrderIsResentOnAKeptConnection(t *testing.T) {
	for _, end := range []func(net.Conn){func(net.Conn) {}, reset} {
		var orders atomic.Int64
		address, _ := listen(t, func(c net.Conn) {
			for readRequest(c) != "" {
				if orders.Add(1) == 2 {
					end(c)
					return
				}
				_, _ = io.WriteString(c, lengthy("", "{}"))
			}
		})
		twice := func(do func(*http.Request) error) error {
			orders.Store(0)
			for {
				r := order(t, "http://"+address)
				r.Header.Set("Idempotency-Key", "order-1")
				if err := do(r); err != nil || orders.Load() > 1 {
					return err
				}
			}
		}
		standard := &http.Transport{}
		err := twice(func(r *http.Request) error {
			answer, err := standard.RoundTrip(r)
			if err == nil {
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
			return err
		})
		if err != nil || orders.Load() != 3 {
			t.Errorf("net/http has changed: %v after %d orders; the package comment is out of date", err, orders.Load())
		}
		client := New(Options{Hosts: []string{address}, Loopback: true, Timeouts: quick})
		err = twice(func(r *http.Request) error { return second(client.Do(t.Context(), r, 0)) })
		if f := failure(t, err); !f.Sent || f.Phase != Answer || orders.Load() != 2 {
			t.Errorf("%v after %d orders", f, orders.Load())
		}
		client.Close()
		standard.CloseIdleConnections()
	}
}

// What a server of HTTP/2 says instead of an answer.
var (
	refusedStream = frame(3, 0, 1, binary.BigEndian.AppendUint32(nil, 7))
	brokenStream  = frame(3, 0, 1, binary.BigEndian.AppendUint32(nil, 1))
	goneAway      = frame(7, 0, 0, append(make([]byte, 8), "debug: "+canary...))
)

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// framed is a server of HTTP/2 that answers the first request with a frame, and others with 200.
func framed(first []byte, orders *atomic.Int64) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		_, _ = c.Write(frame(4, 0, 0, nil))
		head := make([]byte, 9)
		for {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, c, length); err != nil {
				return
			}
			switch kind, flags := head[3], head[4]; {
			case kind == 4 && flags == 0:
				_, _ = c.Write(frame(4, 1, 0, nil))
			case kind == 0 && flags&1 != 0 || kind == 1 && flags&1 != 0: // the end of a request
				if orders.Add(1) == 1 {
					_, _ = c.Write(first)
				} else {
					_, _ = c.Write(frame(1, 5, binary.BigEndian.Uint32(head[5:]), []byte{0x88}))
				}
			}
		}
	}
}

// Over HTTP/2 the transport of net/http resends every order that has a GetBody.
func TestNoOrderIsResentOverHTTP2(t *testing.T) {
	own, pool := certificate(t, "127.0.0.1", time.Now().Add(time.Hour))
	for name, first := range map[string][]byte{"refused": refusedStream, "broken": brokenStream, "gone away": goneAway} {
		var orders atomic.Int64
		address, _ := listen(t, over(&tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"h2"}},
			framed(first, &orders)))
		standard := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
		answer, err := standard.RoundTrip(order(t, "https://"+address))
		if err != nil || orders.Load() != 2 {
			t.Errorf("%s: net/http has changed: %v after %d orders; the package comment is out of date", name, err,
				orders.Load())
		} else {
			_ = answer.Body.Close()
		}
		standard.CloseIdleConnections()
		orders.Store(0)
		client := New(Options{Hosts: []string{address}, Loopback: true, Roots: pool, Timeouts: quick})
		err = second(client.Do(t.Context(), order(t, "https://"+address), 0))
		if f := failure(t, err); !f.Sent || f.Phase != Answer || orders.Load() != 1 {
			t.Errorf("%s: %v after %d orders", name, f, orders.Load())
		}
		client.Close()
	}
}

// canned is a server of HTTP/2 whose first answer leaks what it has been told.
func canned(t *testing.T, first []byte) (address string, roots *x509.CertPool) {
	own, pool := certificate(t, "127.0.0.1", time.Now().Add(time.Hour))
	address, _ = listen(t, over(&tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"h2"}},
		framed(first, new(atomic.Int64))))
	return address, pool
}
