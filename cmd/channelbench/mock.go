package main

import (
	"net"
	"net/http"
	"time"

	"channelbench/bench"
	"channelbench/bench/mockchannel"
	"channelbench/internal/scenario"
)

// mock starts the mock channels of a scenario on loopback and points a bench at them.
func mock(s *scenario.Scenario, o *bench.Options) (stop func(), err error) {
	server, err := mockchannel.New(s, mockchannel.Options{Speed: o.Speed})
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	h := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = h.Serve(listener) }()
	o.BaseURLs = map[string]string{}
	for i := range s.Channels {
		name := s.Channels[i].Name
		o.BaseURLs[name] = mockchannel.URL("http://"+listener.Addr().String(), name)
	}
	o.Key = func(string) string { return "mock" }
	return func() { _ = h.Close() }, nil
}
