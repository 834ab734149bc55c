// Package mocktest reaches mock channels, or any other handler, without a network: for tests in synctest bubbles, where
// sockets don't work.
package mocktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport answers requests by a handler, whatever their host. An answer comes when it is complete; a cut connection
// is an error, a torn answer a body that ends with io.ErrUnexpectedEOF.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ http.Handler }

// errCut is a connection that closes without an answer.
var errCut = errors.New("the connection was closed without an answer")

// RoundTrip calls the handler.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	defer inner.Body.Close()
	if inner.Host == "" {
		inner.Host = inner.URL.Host
	}
	inner.RequestURI = inner.URL.RequestURI()
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	cut := w.record(t.Handler, inner)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if cut && !w.flushed {
		return nil, errCut
	}
	body := io.Reader(&w.body)
	if cut {
		body = io.MultiReader(body, torn{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, ContentLength: -1, Body: io.NopCloser(body), Request: r,
	}, nil
}

// torn is where an answer breaks off.
type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// recorder keeps an answer.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	flushed bool
}

// record lets a handler answer; it is true where the handler closes the connection.
func (w *recorder) record(h http.Handler, r *http.Request) (cut bool) {
	defer func() {
		reason := recover()
		if cut = reason == http.ErrAbortHandler; reason != nil && !cut {
			panic(reason)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }
func (w *recorder) Flush()                      { w.flushed = true }
