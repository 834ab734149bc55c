package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench/mockchannel"
	"channelbench/internal/inert"
	"channelbench/internal/scenario"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	addr     string
	speed    speed
	set      []string
	tellCost bool
	verbose  bool
}

func (p *program) serveCommand() *cobra.Command {
	f := serveFlags{speed: 1}
	cmd := &cobra.Command{
		Use:   "serve SCENARIO",
		Short: "Serve a scenario's channels as mock channels, for any client",
		Long: `serve runs fake channels that speak the real protocols and misbehave as the scenario says: they take time,
refuse, fail, lose answers and limit. SCENARIO is a path, "-" for stdin, or the name of a shipped scenario.

stdout shows a base URL per channel, which a client takes as it is; any API key will do. GET <base URL>/balance
tells what is left of the account. Clips are real, if dull, MP4 files.

The same seed meets the same luck: the n-th submit to a channel always has the same fate, and the same prompt is
moderated on every channel or on none.

It serves until Ctrl-C, which ends it normally, with exit code 0; stderr then shows each channel's books.`,
		Example: `  channelbench serve omni-flash
  channelbench serve omni-flash --speed 100x                a clip of two minutes takes a second
  channelbench serve mine.toml --addr 127.0.0.1:0 --verbose
  channelbench serve mine.toml --set 'channels.reverse.errors.region.rate=50%'`,
		Args: takes("SCENARIO", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.serve(cmd.Context(), args[0], &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "loopback `address` to listen on; port 0 takes any free one")
	flags.Var(&f.speed, "speed", "`factor` by which time runs faster, such as 100x")
	flags.BoolVar(&f.tellCost, "tell-cost", false, "report what a job cost in its usage.cost")
	flags.BoolVar(&f.verbose, "verbose", false, "print a line per request to stderr")
	p.addSet(cmd, &f.set)
	return cmd
}

// speed is a factor by which time runs faster, written as "100x".
type speed float64

func (s *speed) String() string {
	if *s == 0 { // none was asked for
		return ""
	}
	return strconv.FormatFloat(float64(*s), 'g', -1, 64) + "x"
}

func (s *speed) Type() string { return "factor" }

func (s *speed) Set(text string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return errors.New(`write a positive factor, such as "100x"`)
	}
	*s = speed(v)
	return nil
}

// askAgain is the pause that the mock channels ask for between polls, in the scenario's time: that of OpenAI's SDKs,
// which follow it when it gets shorter.
const askAgain = time.Second

func (p *program) serve(ctx context.Context, name string, f *serveFlags) error {
	if err := onLoopback(f.addr); err != nil {
		return err
	}
	s, _, err := p.load(name, f.set)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return cannotListen(f.addr, err)
	}
	defer listener.Close()
	server, err := mockchannel.New(s, mockchannel.Options{Speed: float64(f.speed), PollAfter: askAgain,
		TellCost: f.tellCost})
	if err != nil {
		return fail(exitUsage, err)
	}
	if err := p.announce(s, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	p.note("serving %s at %v; Ctrl-C ends it", s.Name, &f.speed)
	handler := server.Handler()
	if f.verbose {
		handler = p.logged(handler)
	}
	if err := serveUntil(ctx, listener, handler); err != nil {
		return fail(exitFailed, err)
	}
	for _, b := range server.Books() {
		p.note("%s: %v", b.Channel, &b)
	}
	return nil
}

// onLoopback refuses addresses that other machines could reach: the mock channels take any key.
func onLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--addr %q is not an address\n  hint: write it as 127.0.0.1:8080", addr))
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fail(exitUsage, fmt.Errorf("--addr %q is not on this machine alone\n  hint: write it as 127.0.0.1:8080", addr))
}

func cannotListen(addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fail(exitFailed, fmt.Errorf("%s is already in use\n  hint: choose another port with --addr, or "+
			"127.0.0.1:0 for any free one", addr))
	}
	return fail(exitFailed, fmt.Errorf("cannot listen: %w", err))
}

// announce prints a base URL per channel.
func (p *program) announce(s *scenario.Scenario, base string) error {
	width := 0
	for i := range s.Channels {
		width = max(width, len(s.Channels[i].Name))
	}
	for i := range s.Channels {
		name := s.Channels[i].Name
		if _, err := fmt.Fprintf(p.out, "%-*s  %s\n", width, inert.Line(name), mockchannel.URL(base, name)); err != nil {
			return fail(exitFailed, err)
		}
	}
	return nil
}

// serveUntil serves until the context ends; requests that are waiting for an answer then end, too.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := web.Shutdown(last); err != nil {
		return web.Close()
	}
	return nil
}

// logged prints a line per request, without what may be secret in it.
func (p *program) logged(next http.Handler) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			p.say("%s %s: %d after %v", r.Method, r.URL.EscapedPath(), seen.status, time.Since(began).Round(time.Millisecond))
		}()
		next.ServeHTTP(seen, r)
	})
}

// statusWriter remembers an answer's status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
