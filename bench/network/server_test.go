package network

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const canary = "sk-CANARY-8d1f0c6a2b"

// listen serves raw connections on loopback, each in a goroutine of its own, and counts them.
func listen(t *testing.T, serve func(net.Conn)) (address string, accepted *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	accepted = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				serve(c)
			}()
		}
	}()
	return l.Addr().String(), accepted
}

// readRequest reads one request with its body and returns all of it as text.
func readRequest(c net.Conn) string {
	var text strings.Builder
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(c, &text)))
	if err != nil {
		return ""
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return text.String()
}

// says answers every request on a connection with the same text, and then does what then does.
func says(text string, then ...func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, text)
		for _, f := range then {
			f(c)
		}
	}
}

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// hang waits until the client has gone.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// drip writes a text again and again until the client has gone.
func drip(text string, every time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		for tick := time.Tick(max(every, 1)); ; <-tick {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// order is a POST that bears the canary wherever a key may be.
func order(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, address+"/v1/videos?api_key="+canary,
		strings.NewReader(`{"prompt":"`+canary+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+canary)
	return r
}

// quick are time limits for tests.
var quick = Timeouts{Dial: 2 * time.Second, TLS: time.Second, Answer: 600 * time.Millisecond,
	Idle: 400 * time.Millisecond, Total: 5 * time.Second}

// failure asserts that an error is a Failure.
func failure(t *testing.T, err error) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, not a failure", err)
	}
	return f
}

// certificate makes a certificate for a host that is valid until a time, and signs itself.
func certificate(t *testing.T, host string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// over serves TLS.
func over(config *tls.Config, serve func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		s := tls.Server(c, config)
		if s.Handshake() == nil {
			serve(s)
			_ = s.Close()
		}
	}
}

// resolver answers every name with one address; without one, no name exists.
func resolver(a netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer func() { _ = there.Close() }()
			for {
				var n uint16
				if binary.Read(there, binary.BigEndian, &n) != nil {
					return
				}
				query := make([]byte, n)
				if _, err := io.ReadFull(there, query); err != nil {
					return
				}
				reply := resolved(query, a)
				if _, err := there.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
					return
				}
			}
		}()
		return here, nil
	}}
}

// resolved is the reply to a query in the format of RFC 1035.
func resolved(query []byte, a netip.Addr) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	end += 5
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	switch {
	case !a.IsValid():
		reply[3] |= 3 // no such name
	case kind == 1 && a.Is4() || kind == 28 && a.Is6():
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(a.BitLen()/8))
		reply = append(reply, a.AsSlice()...)
	}
	return reply
}

// silent is a name server that never answers.
var silent = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	return here, nil
}}
