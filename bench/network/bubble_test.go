package network

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// slow is a body of n bytes of which one comes every so often.
type slow struct {
	ctx   context.Context
	n     int
	every time.Duration
}

func (s *slow) Read(b []byte) (int, error) {
	if s.n == 0 {
		return 0, io.EOF
	}
	s.n--
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(s.every):
		b[0] = 'x'
		return 1, nil
	}
}

func (s *slow) Close() error { return nil }

func never(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func drips(n int, every time.Duration) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &slow{r.Context(), n, every}}, nil
	}
}

// The same client works in a bubble, where its limits are exact.
func TestTimeInABubble(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport roundTrip
		patience  time.Duration
		took      time.Duration
		phase     Phase
		err       error
	}{
		{"no header", never, 0, time.Minute, Answer, errAnswer},
		{"no header for long", never, time.Hour, time.Hour, Answer, errAnswer},
		{"a slow body", drips(10, 29*time.Second), 0, 290 * time.Second, 0, nil},
		{"a body that stops", drips(2, 31*time.Second), 0, 30 * time.Second, Body, errIdle},
		{"a body without end", drips(1000, 20*time.Second), 0, 10 * time.Minute, Body, errTotal},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := New(Options{Hosts: []string{"api.example.com"}, Transport: c.transport})
				if c.patience > 0 {
					client = client.Patient(c.patience)
				}
				start := time.Now()
				_, err := client.Do(t.Context(), order(t, "https://api.example.com"), 0)
				if took := time.Since(start); took != c.took {
					t.Errorf("took %v, not %v", took, c.took)
				}
				if c.err == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if f := failure(t, err); f.Phase != c.phase || !f.Sent || !f.Timeout() || !errors.Is(f, c.err) {
					t.Errorf("%v, %v", f, f.Sent)
				}
			})
		})
	}
}

// cause is what must be found in a failure that stands for an error.
func cause(err error) error {
	var f *Failure
	switch {
	case err == nil:
		return errNoAnswer
	case errors.As(err, &f):
		return f.Err
	}
	return err
}

// What a transport without traces reports is believed where its type proves it.
func TestErrorsOfMocks(t *testing.T) {
	for _, c := range []struct {
		err   error
		phase Phase
		sent  bool
		ours  bool
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, Connect, false, false},
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}, Connect, false, true},
		{&net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}, Resolve, false, true},
		{&net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}, Answer, true, false},
		{io.ErrUnexpectedEOF, Answer, true, false},
		{errors.New("who knows"), Answer, true, false},
		{&Failure{Phase: TLS, Err: errors.New("bad certificate")}, TLS, false, false},
		{&Failure{Phase: Write, Sent: true, Ours: true, Err: errors.New("lost")}, Write, true, true},
		{nil, Answer, true, false},
	} {
		transport := roundTrip(func(*http.Request) (*http.Response, error) { return nil, c.err })
		f := failure(t, second(New(Options{Hosts: []string{"api.example.com"}, Transport: transport}).Do(t.Context(),
			order(t, "https://api.example.com"), 0)))
		if f.Phase != c.phase || f.Sent != c.sent || f.Ours != c.ours || !errors.Is(f, cause(c.err)) {
			t.Errorf("%v: phase %v, sent %v, ours %v", c.err, f.Phase, f.Sent, f.Ours)
		}
	}
}

func TestMocksAreBoundedToo(t *testing.T) {
	calls := 0
	long := roundTrip(func(r *http.Request) (*http.Response, error) {
		calls++
		if r.GetBody != nil || r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("the request can be resent: %v", r.Header)
		}
		return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"http://127.0.0.1/"}},
			Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 100)))}, nil
	})
	r := order(t, "https://api.example.com")
	answer, err := New(Options{Hosts: []string{"api.example.com"}, Transport: long}).Do(t.Context(), r, 10)
	if err != nil || answer.Status != 307 || answer.Size != 10 || !answer.Truncated || calls != 1 {
		t.Errorf("%v, %v, %d calls", answer, err, calls)
	}
	if r.GetBody == nil || r.Header.Get("User-Agent") != "" {
		t.Error("the caller's request was changed")
	}
	wide := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"X": {strings.Repeat("x", 1<<17)}}}, nil
	})
	f := failure(t, second(New(Options{Hosts: []string{"api.example.com"}, Transport: wide}).Do(t.Context(),
		order(t, "https://api.example.com"), 10)))
	if f.Phase != Answer || !f.Sent {
		t.Error(f)
	}
}
