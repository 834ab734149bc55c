package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// prints are all the ways in which a value gets into a log.
func prints(v any) string {
	text := fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v)
	j, _ := json.Marshal(v)
	return text + string(j)
}

// hush asserts that an error doesn't sing, and neither do the errors in it that can be reached.
func hush(t *testing.T, name string, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := prints(e); strings.Contains(text, canary) || strings.Contains(text, canary[:12]) {
			t.Errorf("%s: the key is in %s", name, text)
		}
	}
}

func TestNoFailureNamesTheKey(t *testing.T) {
	for _, f := range faults(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			_, err := f.do(t)
			failure(t, err)
			hush(t, f.name, err)
		})
	}
}

// echo answers with all of the request, within a text.
func echo(before, after string) func(net.Conn) {
	return func(c net.Conn) {
		request := strings.NewReplacer("\r", " ", "\n", " ").Replace(readRequest(c))
		_, _ = io.WriteString(c, before+request+after)
	}
}

// A server that says everything back, wherever net/http quotes what servers say.
func TestNoEchoNamesTheKey(t *testing.T) {
	for _, c := range []struct{ before, after string }{
		{"", "\r\n\r\n"},
		{"HTTP/1.1 ", "\r\n\r\n"},
		{"HTTP/1 ", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\n", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\n ", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\n" + canary + "\r\n", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nContent-Length: ", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: ", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: ", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", ""},
		{"HTTP/1.1 100 ", "\r\n" + strings.Repeat("x", 1<<17)},
	} {
		_, err := fault{address: plain(echo(c.before, c.after))}.do(t)
		if err == nil {
			t.Errorf("%q is an answer", c.before)
		}
		hush(t, c.before, err)
	}
	address, roots := canned(t, goneAway)
	_, err := fault{address: fixed("https://" + address), options: Options{Roots: roots}}.do(t)
	failure(t, err)
	hush(t, "GOAWAY", err)
}

func TestNoMockNamesTheKey(t *testing.T) {
	for _, text := range []string{canary, "https://x/?api_key=" + canary, `"` + canary, "Bearer " + canary + "\n\x00"} {
		for _, err := range []error{errors.New(text), &Failure{Phase: Write, Err: errors.New(text)},
			&net.DNSError{Err: text, Name: "x"}, &net.OpError{Op: "dial", Err: errors.New(text)}} {
			transport := roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })
			_, got := New(Options{Hosts: []string{"api.example.com"}, Transport: transport}).Do(t.Context(),
				order(t, "https://api.example.com"), 0)
			failure(t, got)
			hush(t, text, got)
		}
	}
	_, err := New(Options{}).Do(t.Context(), order(t, "https://api.example.com"), 0)
	hush(t, "not allowed", err)
}

func TestAnswersPrintNoBody(t *testing.T) {
	answer, err := fault{address: plain(echo(ok+"X-Echo: ", "\r\n\r\n"+canary))}.do(t)
	if err != nil || !strings.Contains(answer.Header.Get("X-Echo"), canary) {
		t.Fatal(answer, err)
	}
	for _, v := range []any{answer, *answer, []*Response{answer}} {
		if text := fmt.Sprintf("%v %+v %#v %s", v, v, v, v); strings.Contains(text, canary) {
			t.Error(text)
		}
	}
}

func TestTextIsBounded(t *testing.T) {
	transport := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil,
			errors.New(strings.Repeat("é\n", 1000))
	})
	_, err := New(Options{Hosts: []string{"api.example.com"}, Transport: transport}).Do(t.Context(),
		order(t, "https://api.example.com"), 0)
	if text := err.Error(); len(text) > 2*maxText || strings.Contains(text, "\n") || !strings.HasSuffix(text, "…") {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}
