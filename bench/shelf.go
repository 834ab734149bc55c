package bench

import (
	"channelbench/bench/film"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
)

// shelf has room for the first clips of each channel. Others are looked at as they come, and not kept.
type shelf struct {
	folder string
	mu     sync.Mutex
	room   []int // by channel
	err    error // why a clip couldn't be kept; a full disk is no reason to end a run
}

func newShelf(folder string, room, channels int) *shelf {
	s := &shelf{folder: folder, room: make([]int, channels)}
	for i := range s.room {
		s.room[i] = room
	}
	return s
}

// place is where a clip is kept; nil: nowhere.
type place struct {
	shelf   *shelf
	channel int
	file    *os.File
	err     error
}

// place takes a place on the shelf, if there is one.
func (s *shelf) place(channel int, name string) *place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder == "" || s.room[channel] == 0 {
		return nil
	}
	s.room[channel]--
	p := &place{shelf: s, channel: channel}
	p.file, p.err = os.Create(filepath.Join(s.folder, name))
	return p
}

// Write keeps what it can; the clip comes all the same.
func (p *place) Write(b []byte) (int, error) {
	if p.err == nil {
		_, p.err = p.file.Write(b)
	}
	return len(b), nil
}

// end keeps the clip, or gives its place back where it didn't come.
func (p *place) end(came bool) {
	if p == nil {
		return
	}
	if p.file != nil {
		p.err = errors.Join(p.err, p.file.Close())
	}
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	if p.err == nil && !came {
		p.shelf.room[p.channel]++
		p.err = os.Remove(p.file.Name())
	}
	p.shelf.err = errors.Join(p.shelf.err, p.err)
}

// watch looks at a clip while fetch writes it, and keeps it in its place. The error is fetch's, where that ended
// before the clip was seen to be none.
func watch(kept *place, fetch func(io.Writer) error) (film.Footage, error) {
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		var w io.Writer = writer
		if kept != nil {
			w = io.MultiWriter(writer, kept)
		}
		err := caught(func() error { return fetch(w) })
		writer.CloseWithError(err) // nil: the end of the clip
		done <- err
	}()
	footage, err := film.Read(reader, maxClip)
	reader.Close()
	var p *panicError
	if errors.As(<-done, &p) {
		panic(p) // where it is known what to do about it
	}
	return footage, err
}

// panicError carries a panic to another goroutine.
type panicError struct {
	cause any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("%v\n%s", p.cause, p.stack) }

// caught calls f, and makes an error of its panic.
func caught(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	return f()
}
