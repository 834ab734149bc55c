package main

import (
	"fmt"
	"sync"
	"time"
)

// progress shows how far a long run is: on a terminal by overwriting one line, elsewhere by a
// plain line every half minute, so that a log shows life.
type progress struct {
	p     *program
	what  string // is counted
	mu    sync.Mutex
	start time.Time
	last  time.Time
	shown bool
}

func (p *program) progress(what string) *progress {
	now := time.Now()
	return &progress{p: p, what: what, start: now, last: now}
}

// show may be called by several goroutines.
func (g *progress) show(done, total int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	every := 30 * time.Second
	if g.p.terminal {
		every = 200 * time.Millisecond
	}
	now := time.Now()
	if g.p.quiet || now.Sub(g.last) < every {
		return
	}
	g.last = now
	left := time.Duration(float64(now.Sub(g.start)) * float64(total-done) / float64(done)).Round(time.Second)
	text := fmt.Sprintf("channelbench: %d of %d %s done, about %v left", done, total, g.what, left)
	if !g.p.terminal {
		fmt.Fprintln(g.p.err, text)
		return
	}
	g.shown = true
	fmt.Fprintf(g.p.err, "\r\033[K%s", text)
}

// end clears the line.
func (g *progress) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shown {
		fmt.Fprint(g.p.err, "\r\033[K")
	}
}
