package network

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

// Response is an answer as far as it was kept. It prints as its status and size.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte // nil where Fetch gave it to the writer
	Size      int64  // bytes kept, or given to the writer
	Truncated bool   // there was more than the limit, or it broke off
}

func (r Response) String() string { return fmt.Sprintf("HTTP %d, %d bytes", r.Status, r.Size) }

// GoString is String.
func (r Response) GoString() string { return r.String() }

// Do sends a request once and keeps at most limit bytes of the answer's body; a limit of 0 means
// Options.MaxBody. Any status is an answer. Its errors are all *Failure; with Phase Body there is an
// answer too, as far as it came. The request itself isn't changed, but its body is used up.
func (c *Client) Do(ctx context.Context, r *http.Request, limit int64) (*Response, error) {
	x, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer x.close()
	return x.keep(or(limit, c.maxBody))
}

// Fetch is Do with the body given to sink as it comes, at most limit bytes of it, if the
// status and header are wanted; nil wants every answer with status 200. What isn't wanted is kept as Do does.
func (c *Client) Fetch(ctx context.Context, r *http.Request, sink io.Writer, limit int64,
	wanted func(status int, h http.Header) bool) (*Response, error) {
	x, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer x.close()
	take := x.answer.StatusCode == http.StatusOK
	if wanted != nil {
		take = wanted(x.answer.StatusCode, x.answer.Header)
	}
	if !take {
		return x.keep(c.maxBody)
	}
	return x.copy(sinkWriter{sink}, or(limit, c.maxBody))
}

// exchange is one request and its answer.
type exchange struct {
	client  *Client
	request *http.Request
	ctx     context.Context
	cancel  context.CancelCauseFunc
	total   *time.Timer
	watch   *watch
	answer  *http.Response
}

// open checks and sends a request and reads the header of its answer.
func (c *Client) open(ctx context.Context, r *http.Request) (*exchange, error) {
	if err := c.check(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, unsent(r, err)
	}
	x := &exchange{client: c, request: r}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	cancel := x.cancel
	x.total = time.AfterFunc(c.timeouts.Total, func() { cancel(errTotal) })
	x.watch = &watch{answer: c.timeouts.Answer, phase: Answer}
	wait := c.timeouts.Answer
	if c.own {
		x.watch.phase = Guard // until the transport asks for a connection
		wait += c.timeouts.Dial + c.timeouts.TLS
	}
	x.watch.timer = time.AfterFunc(wait, func() { cancel(errAnswer) })
	if err := x.send(); err != nil {
		f := x.failed(err)
		x.close()
		return nil, f
	}
	return x, nil
}

// send gives a copy of the request to the transport itself: an http.Client would follow redirects.
func (x *exchange) send() error {
	r := x.request.WithContext(httptrace.WithClientTrace(x.ctx, x.watch.trace()))
	r.GetBody = nil // see the package comment
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "channelbench")
	}
	if r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "identity")
	}
	answer, err := x.client.transport.RoundTrip(r)
	switch {
	case err != nil:
		return err
	case answer == nil:
		return errNoAnswer
	}
	x.answer = answer
	if answer.Body == nil {
		answer.Body = http.NoBody
	}
	if size(answer.Header) > x.client.maxHeader {
		return errHeader
	}
	if !x.watch.answered() {
		return errAnswer
	}
	return nil
}

func size(h http.Header) (n int64) {
	for name, values := range h {
		for _, v := range values {
			n += int64(len(name) + len(v))
		}
	}
	return n
}

// close ends the exchange. A connection whose answer was read to its end is kept.
func (x *exchange) close() {
	x.watch.timer.Stop()
	x.total.Stop()
	if x.answer != nil {
		_ = x.answer.Body.Close()
	}
	x.cancel(nil)
}

// keep reads the body into memory.
func (x *exchange) keep(limit int64) (*Response, error) {
	var b bytes.Buffer
	// The length that the header names is believed for a first guess only.
	b.Grow(int(min(max(x.answer.ContentLength, 0), limit, 64<<10)) + bytes.MinRead)
	r, err := x.copy(&b, limit)
	r.Body = b.Bytes()
	return r, err
}

// buffers are for copying: without them each clip takes 32 KiB of garbage.
var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// copy reads the body, at most limit bytes of it.
func (x *exchange) copy(w io.Writer, limit int64) (*Response, error) {
	r := &Response{Status: x.answer.StatusCode, Header: x.answer.Header}
	if r.Status == http.StatusSwitchingProtocols {
		return r, nil // what follows is no answer
	}
	body := &paced{x: x, left: math.MaxInt64}
	content, err := x.decoded(body, limit)
	if err == nil {
		buffer := buffers.Get().(*[]byte)
		r.Size, err = io.CopyBuffer(w, io.LimitReader(content, limit), *buffer)
		buffers.Put(buffer)
	}
	if err == nil && r.Size == limit {
		var more [1]byte
		_, err = io.ReadFull(content, more[:])
		r.Truncated = err == nil
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err == nil {
		return r, nil
	}
	r.Truncated = true
	if body.left <= 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		return r, nil // more came than any body within the limit needs
	}
	return r, x.failed(err)
}

// decoded undoes gzip, which nobody asked for but some relays pass on; others say so of what isn't. Neither what comes
// nor what comes out of it exceeds the limit.
func (x *exchange) decoded(body *paced, limit int64) (io.Reader, error) {
	h := x.answer.Header
	if !strings.EqualFold(strings.TrimSpace(h.Get("Content-Encoding")), "gzip") {
		return body, nil
	}
	if limit < math.MaxInt64-1<<10 {
		body.left = limit + 1<<10
	}
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	in := bufio.NewReader(body)
	if magic, _ := in.Peek(2); string(magic) != "\x1f\x8b" {
		return in, nil
	}
	return gzip.NewReader(in)
}

// paced reads a body, of which every piece must come within the idle time.
type paced struct {
	x     *exchange
	left  int64
	timer *time.Timer
}

func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	b = b[:min(int64(len(b)), p.left)]
	idle, cancel := p.x.client.timeouts.Idle, p.x.cancel
	if p.timer == nil {
		p.timer = time.AfterFunc(idle, func() { cancel(errIdle) })
	} else {
		p.timer.Reset(idle)
	}
	n, err := p.x.answer.Body.Read(b)
	p.timer.Stop()
	p.left -= int64(n)
	return n, err
}

// sinkWriter marks errors of the caller's writer as such.
type sinkWriter struct{ w io.Writer }

func (s sinkWriter) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil {
		err = &sinkError{err}
	}
	return n, err
}
