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
	mu    sync.Mutex
	what  string    // is counted: the time that is left is that of what counts the same
	start time.Time // of that
	from  int       // how far it was then
	last  time.Time
	shown bool
}

func (p *program) progress() *progress { return &progress{p: p, last: time.Now()} }

// show may be called by several goroutines.
func (g *progress) show(what string, done, total int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if what != g.what {
		g.what, g.start, g.from = what, time.Now(), done
	}
	every := 30 * time.Second
	if g.p.terminal {
		every = 200 * time.Millisecond
	}
	now := time.Now()
	if g.p.quiet || now.Sub(g.last) < every || done <= g.from {
		return
	}
	g.last = now
	left := time.Duration(float64(now.Sub(g.start)) * float64(total-done) / float64(done-g.from)).Round(time.Second)
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
