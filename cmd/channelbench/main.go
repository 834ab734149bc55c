// Command channelbench decides how to buy AI video clips by API: which channel, or which strategy
// over channels, delivers them cheapest and keeps what was promised.
//
//	channelbench sim omni-flash
//
// This package holds flags, streams, signals and exit codes, one file per verb, and no domain logic.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a pipe that nobody reads is an error of its write, and ends nothing
	log.SetOutput(io.Discard)      // net/http quotes servers there, and servers may quote keys
	ctx, stop := onSignal()
	defer stop()
	p := &program{
		in:       os.Stdin,
		out:      os.Stdout,
		err:      os.Stderr,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
		color:    term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		width:    columns(int(os.Stdout.Fd())),
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// columns is the width of the terminal, 0 where there is none.
func columns(fd int) int {
	width, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return width
}

// onSignal returns a context that ends with the first SIGINT, SIGTERM or SIGHUP. A second SIGINT or SIGTERM ends the
// program at once, as if nobody listened. A second SIGHUP doesn't, since terminals that close send several; under
// nohup, none does.
func onSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		s := <-signals
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		code := exitTerminated
		if s == os.Interrupt {
			code = exitInterrupted
		}
		cancel(&exitError{code: code, err: errInterrupted})
	}()
	return ctx, func() { signal.Stop(signals) }
}
