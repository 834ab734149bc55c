package network

import (
	"net/http/httptrace"
	"sync"
	"time"
)

// watch follows a request through the transport. Its hooks may run in other goroutines, and after the request has
// ended.
type watch struct {
	mu        sync.Mutex
	phase     Phase
	connected bool // a connection was given to the request, so that bytes may have been written
	traced    bool // the transport reports what it does
	answer    time.Duration
	timer     *time.Timer // ends the wait for the answer's header
}

func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:           func(string) { w.enter(Connect) },
		DNSStart:          func(httptrace.DNSStartInfo) { w.enter(Resolve) },
		ConnectStart:      func(string, string) { w.enter(Connect) },
		TLSHandshakeStart: func() { w.enter(TLS) },
		GotConn:           func(httptrace.GotConnInfo) { w.enter(Write) },
		WroteRequest:      w.wrote,
	}
}

// enter notes a phase. A dial that goes on in the background after the request has got another
// connection doesn't set it back.
func (w *watch) enter(p Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traced = true
	if p >= Write {
		w.connected = true
	}
	if p >= Write || !w.connected {
		w.phase = p
	}
}

// wrote gives the answer its full time from the last byte of the request.
func (w *watch) wrote(info httptrace.WroteRequestInfo) {
	if info.Err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// The answer may be there already.
	if w.phase == Write {
		w.phase = Answer
		if w.timer.Stop() {
			w.timer.Reset(w.answer)
		}
	}
}

// answered notes that the header has been read. It is false when the time for it had run out.
func (w *watch) answered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connected = true
	if !w.timer.Stop() {
		w.phase = Answer
		return false
	}
	w.phase = Body
	return true
}

func (w *watch) reached() (p Phase, connected, traced bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.phase, w.connected, w.traced
}
