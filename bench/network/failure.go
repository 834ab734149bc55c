package network

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Phase is how far a request got.
type Phase uint8

// The phases, in their order.
const (
	Guard   Phase = iota // refused by this package's own rules
	Resolve              // looking up the host's address
	Connect              // to it, or to the proxy
	TLS                  // the handshake
	Write                // of the request
	Answer               // waiting for the answer, or reading its header
	Body                 // reading the answer's body; its header has been read
)

var phases = []string{"guard", "resolve", "connect", "tls", "write", "answer", "body"}

func (p Phase) String() string { return phases[p] }

// Failure is every error of this package. Its text holds no key, no query, no body and nothing that the
// server has said.
type Failure struct {
	Phase Phase
	// Sent says that a byte of the request may have reached the server. False is proven: no connection
	// was ever given to the request, so that the server can't have acted on it.
	Sent bool
	// Ours says that the cause is more likely here than at the channel: no answer of the name service, no
	// route, no file descriptors, no trust in the certificate's signer, a proxy that isn't there, a sink
	// that takes no more. It is never set when a context has ended; ask errors.Is for that. Nor is it for
	// Guard: a submit that is refused means a wrong scenario, a fetch that is refused a wrong answer.
	Ours bool
	// Err is the cause. errors.Is and errors.As see through it, to errors whose own text may hold anything.
	Err error
}

func (f *Failure) Error() string { return f.Phase.String() + ": " + f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Timeout says whether time ran out: this package's, the system's or the context's.
func (f *Failure) Timeout() bool {
	var e net.Error
	return errors.Is(f.Err, context.DeadlineExceeded) || errors.As(f.Err, &e) && e.Timeout()
}

// expiry is the end of one of the time limits.
type expiry struct{ text string }

func (e *expiry) Error() string        { return e.text }
func (e *expiry) Timeout() bool        { return true }
func (e *expiry) Temporary() bool      { return true }
func (e *expiry) Is(target error) bool { return target == context.DeadlineExceeded }

// The ends of the time limits.
var (
	errAnswer = &expiry{"no answer within the time for it"}
	errIdle   = &expiry{"the answer stopped coming"}
	errTotal  = &expiry{"the whole exchange took too long"}
)

// Answers that a transport must not give.
var (
	errNoAnswer = errors.New("the transport returned neither an answer nor an error")
	errHeader   = errors.New("the answer's header is too long")
)

// proxyError is a proxy's refusal to connect, without its words.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return "the proxy answered HTTP " + strconv.Itoa(e.status) }

// unsent is a failure before anything happened.
func unsent(r *http.Request, err error) *Failure {
	return &Failure{Phase: Guard, Err: veil(r, err)}
}

// sinkError is a failure of the caller's writer.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return "the answer can't be kept: " + e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

// failed makes a failure of an error of the transport or of the body.
func (x *exchange) failed(err error) *Failure {
	phase, connected, traced := x.watch.reached()
	var known *Failure
	if errors.As(err, &known) {
		return &Failure{known.Phase, known.Sent || connected, known.Ours, veil(x.request, known.Err)}
	}
	ended := x.ctx.Err() != nil
	if ended {
		err = context.Cause(x.ctx)
	}
	earlier, unconnected := before(err)
	f := &Failure{
		Phase: phase,
		Sent:  connected || !unconnected && !traced && !x.client.own,
		Ours:  !ended && ours(err),
		Err:   veil(x.request, err),
	}
	if unconnected && !f.Sent {
		f.Phase = earlier
	}
	return f
}

// before names the phase of an error that can only have happened before a connection was there.
func before(err error) (Phase, bool) {
	var (
		refused *guardError
		lookup  *net.DNSError
		op      *net.OpError
		proxy   *proxyError
	)
	switch {
	case errors.As(err, &refused):
		return Guard, true
	case errors.As(err, &lookup):
		return Resolve, true
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"), errors.As(err, &proxy):
		return Connect, true
	}
	return 0, false
}

// local are errors of the system that have their cause on this machine.
var local = []syscall.Errno{
	syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE,
	syscall.ENOBUFS, syscall.EACCES, syscall.EPERM,
}

// ours says whether an error has its cause here rather than at the channel.
func ours(err error) bool {
	var (
		lookup  *net.DNSError
		op      *net.OpError
		signer  x509.UnknownAuthorityError
		roots   x509.SystemRootsError
		refused *guardError
		sink    *sinkError
		proxy   *proxyError
	)
	switch {
	case errors.As(err, &refused):
		return false
	case errors.As(err, &proxy):
		return proxy.status/100 == 4 // else it may be the channel that the proxy can't reach
	}
	for _, e := range local {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.As(err, &lookup) || errors.As(err, &signer) || errors.As(err, &roots) || errors.As(err, &sink) ||
		errors.As(err, &op) && op.Op == "proxyconnect"
}
