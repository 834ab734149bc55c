package mockchannel

import (
	"net"
	"net/http"
	"time"

	"channelbench/internal/scenario"
)

// Loopback are mock channels that are served on this machine alone, on a free port.
type Loopback struct {
	*Server
	URLs map[string]string // by channel; a client takes them as they are
	http http.Server
}

// Listen serves the channels of a scenario until Close.
func Listen(s *scenario.Scenario, o Options) (*Loopback, error) {
	server, err := New(s, o)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Loopback{Server: server, URLs: map[string]string{}}
	l.http = http.Server{Handler: server.Handler(), ReadHeaderTimeout: time.Minute}
	for i := range s.Channels {
		name := s.Channels[i].Name
		l.URLs[name] = URL("http://"+listener.Addr().String(), name)
	}
	go func() { _ = l.http.Serve(listener) }()
	return l, nil
}

// Close ends the serving at once.
func (l *Loopback) Close() error { return l.http.Close() }
