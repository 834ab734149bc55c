package main

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// stream is stdout or stderr. After a write that fails it is written no more. Where nobody reads it any more, that is
// no failure: a run doesn't hang on who watches it.
type stream struct {
	to     io.Writer
	mu     sync.Mutex
	broken bool
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return len(b), nil
	}
	n, err := s.to.Write(b)
	s.broken = err != nil
	if errors.Is(err, syscall.EPIPE) {
		return len(b), nil
	}
	return n, err
}
