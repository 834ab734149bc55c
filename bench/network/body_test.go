package network

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func ask(t *testing.T, serve func(net.Conn), limit int64) (*Response, error) {
	t.Helper()
	address, _ := listen(t, serve)
	client := New(Options{Hosts: []string{address}, Loopback: true, Timeouts: quick})
	defer client.Close()
	return client.Do(t.Context(), order(t, "http://"+address), limit)
}

func zipped(size int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<16)
	for ; size > 0; size -= len(zeros) {
		_, _ = w.Write(zeros[:min(size, len(zeros))])
	}
	_ = w.Close()
	return b.String()
}

func lengthy(header, body string) string {
	return ok + header + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func TestBodiesAreBounded(t *testing.T) {
	const limit = 1000
	for _, c := range []struct {
		name      string
		serve     func(net.Conn)
		size      int64
		truncated bool
	}{
		{"empty", says(lengthy("", "")), 0, false},
		{"shorter", says(lengthy("", strings.Repeat("x", limit-1))), limit - 1, false},
		{"equal", says(lengthy("", strings.Repeat("x", limit))), limit, false},
		{"longer", says(lengthy("", strings.Repeat("x", limit+1))), limit, true},
		{"announced 10 GB", says(ok + "Content-Length: 10000000000\r\n\r\n" + strings.Repeat("x", 2*limit)), limit, true},
		{"endless", says(ok+"Transfer-Encoding: chunked\r\n\r\n", drip("5\r\nxxxxx\r\n", 0)), limit, true},
		{"until closed", says(ok + "\r\n" + "xxx"), 3, false},
		{"zipped", says(lengthy("Content-Encoding: gzip\r\n", zipped(limit))), limit, false},
		{"zipped bomb", says(lengthy("Content-Encoding: GZIP\r\n", zipped(4<<20))), limit, true},
		{"zipped nothing for ever", says(ok+"Content-Encoding: gzip\r\n\r\n", drip(zipped(0), 0)), 0, true},
		{"zipped without a body", says(lengthy("Content-Encoding: gzip\r\n", "")), 0, false},
		{"zipped in word only", says(lengthy("Content-Encoding: gzip\r\n", strings.Repeat("x", limit))), limit, false},
		{"zipped in word only, longer", says(lengthy("Content-Encoding: gzip\r\n", strings.Repeat("x", 9*limit))), limit,
			true},
		{"zipped in word only, a byte", says(lengthy("Content-Encoding: gzip\r\n", "\x1f")), 1, false},
		{"zipped in word only for ever", says(ok+"Content-Encoding: gzip\r\n\r\n", drip("xxxxx", 0)), limit, true},
		{"another coding is left alone", says(lengthy("Content-Encoding: br\r\n", "abc")), 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, err := ask(t, c.serve, limit)
			if err != nil || answer.Size != c.size || int64(len(answer.Body)) != c.size || answer.Truncated != c.truncated {
				t.Errorf("%v, truncated %v, %v; want %d, %v", answer, answer.Truncated, err, c.size, c.truncated)
			}
		})
	}
}

// TestZipped is what the caller gets of gzip, and of what only says that it is: the content, and a header that fits it.
func TestZipped(t *testing.T) {
	for _, body := range []string{zipped(4), strings.Repeat("\x00", 4)} {
		answer, err := ask(t, says(lengthy("Content-Encoding: gzip\r\n", body)), 1000)
		if err != nil || string(answer.Body) != strings.Repeat("\x00", 4) || len(answer.Header["Content-Encoding"]) > 0 {
			t.Errorf("%q: got %q, %v, %v", body, answer.Body, answer.Header, err)
		}
	}
	_, err := ask(t, says(ok+"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxx"), 1000)
	if f := failure(t, err); f.Phase != Body {
		t.Errorf("cut: %v", err)
	}
}

func TestDefaultLimit(t *testing.T) {
	answer, err := ask(t, says(ok+"\r\n", drip(strings.Repeat("x", 1<<16), 0)), 0)
	if err != nil || answer.Size != 1<<20 || !answer.Truncated {
		t.Errorf("%v, %v", answer, err)
	}
}

// full is a disk with no room.
type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestFetch(t *testing.T) {
	clip := strings.Repeat("clip", 1000)
	fetch := func(serve func(net.Conn), sink io.Writer, limit int64, wanted func(int, http.Header) bool) (*Response,
		error) {
		address, _ := listen(t, serve)
		client := New(Options{Hosts: []string{address}, Loopback: true, Timeouts: quick})
		defer client.Close()
		r, err := http.NewRequest(http.MethodGet, "http://"+address+"/clip", nil)
		if err != nil {
			t.Fatal(err)
		}
		return client.Fetch(t.Context(), r, sink, limit, wanted)
	}
	var sink strings.Builder
	answer, err := fetch(says(lengthy("", clip)), &sink, 1<<20, nil)
	if err != nil || sink.String() != clip || answer.Size != 4000 || answer.Body != nil || answer.Truncated {
		t.Errorf("%v, %v", answer, err)
	}
	sink.Reset()
	answer, err = fetch(says(lengthy("", clip)), &sink, 100, nil)
	if err != nil || sink.Len() != 100 || !answer.Truncated {
		t.Errorf("limited: %v, %v", answer, err)
	}
	sink.Reset()
	answer, err = fetch(says("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"), &sink, 1<<20, nil)
	if err != nil || sink.Len() != 0 || string(answer.Body) != "{}" {
		t.Errorf("absent: %v, %v", answer, err)
	}
	notJSON := func(_ int, h http.Header) bool { return h.Get("Content-Type") != "application/json" }
	answer, err = fetch(says(lengthy("", "{}")), &sink, 1<<20, notJSON)
	if err != nil || sink.Len() != 0 || string(answer.Body) != "{}" {
		t.Errorf("an error with status 200: %v, %v", answer, err)
	}
	noRoom := errors.New("no space left on device")
	answer, err = fetch(says(lengthy("", clip)), full{noRoom}, 1<<20, nil)
	if f := failure(t, err); f.Phase != Body || !f.Ours || !errors.Is(f, noRoom) || !answer.Truncated {
		t.Errorf("full: %v, %v", answer, err)
	}
}

// A connection is used again after an answer that was read to its end, also where that is the limit.
func TestConnectionsAreKept(t *testing.T) {
	address, accepted := listen(t, func(c net.Conn) {
		for readRequest(c) != "" {
			_, _ = io.WriteString(c, lengthy("", "{}"))
		}
	})
	client := New(Options{Hosts: []string{address}, Loopback: true, KeepIdle: 100 * time.Millisecond})
	defer client.Close()
	for range 5 {
		if _, err := client.Do(t.Context(), order(t, "http://"+address), 2); err != nil {
			t.Fatal(err)
		}
	}
	if accepted.Load() != 1 {
		t.Errorf("%d connections", accepted.Load())
	}
}
