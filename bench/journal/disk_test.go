package journal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
)

// memory is a disk in memory that can fail and lose power. One goroutine uses it at a time.
type memory struct {
	files   map[string]*content
	calls   int   // so far
	failAt  int   // this call fails; 0: none
	partial bool  // a write that fails writes half
	failed  error // what the failing call returned
}

type content struct {
	now    []byte
	synced []byte // what a loss of power leaves for sure
	locked bool
	named  bool // its folder was synced since it was made
}

var errDisk = errors.New("the disk says no")

func newMemory() *memory { return &memory{files: map[string]*content{}} }

// fails counts a call, and says whether it is the one that fails.
func (m *memory) fails() error {
	m.calls++
	if m.calls != m.failAt {
		return nil
	}
	m.failed = errDisk
	return errDisk
}

func (m *memory) take(path string) (file, error) {
	if err := m.fails(); err != nil {
		return nil, err
	}
	return m.locked(path)
}

func (m *memory) open(path string) (file, error) {
	if err := m.fails(); err != nil {
		return nil, err
	}
	if m.files[path] == nil {
		return nil, fs.ErrNotExist
	}
	return m.locked(path)
}

func (m *memory) locked(path string) (file, error) {
	if m.files[path] == nil {
		m.files[path] = &content{}
	}
	c := m.files[path]
	if c.locked {
		return nil, ErrLocked
	}
	c.locked = true
	return &handle{m, c}, nil
}

func (m *memory) extend(path string) (file, error) {
	if err := m.fails(); err != nil {
		return nil, err
	}
	if m.files[path] == nil {
		m.files[path] = &content{}
	}
	return &handle{m, m.files[path]}, nil
}

func (m *memory) rename(from, to string) error {
	if err := m.fails(); err != nil {
		return err
	}
	m.files[to] = m.files[from]
	delete(m.files, from)
	return nil
}

func (m *memory) remove(path string) error {
	if err := m.fails(); err != nil {
		return err
	}
	if m.files[path] == nil {
		return fs.ErrNotExist
	}
	delete(m.files, path)
	return nil
}

func (m *memory) syncFolder(string) error {
	if err := m.fails(); err != nil {
		return err
	}
	for _, c := range m.files {
		c.named = true
	}
	return nil
}

// loses takes the power away: of what was written since the last sync of each file, the first
// share of bytes is left, or as many zeros. A file whose folder was not synced is gone.
func (m *memory) loses(pick picker) {
	maps.DeleteFunc(m.files, func(_ string, c *content) bool { return !c.named })
	for _, c := range m.files {
		tail := c.now[min(len(c.synced), len(c.now)):]
		left := tail[:pick(len(tail)+1)]
		if pick(3) == 0 {
			zero := pick(len(left) + 1)
			left = append(slices.Clone(left[:zero]), make([]byte, len(left)-zero)...)
		}
		c.now = append(slices.Clone(c.synced), left...)
		c.synced, c.locked = slices.Clone(c.now), false
	}
}

type handle struct {
	*memory
	*content
}

func (h *handle) Write(b []byte) (int, error) {
	if err := h.fails(); err != nil {
		n := 0
		if h.partial {
			n = len(b) / 2
		}
		h.now = append(h.now, b[:n]...)
		return n, err
	}
	h.now = append(h.now, b...)
	return len(b), nil
}

func (h *handle) ReadAt(b []byte, at int64) (int, error) {
	if err := h.fails(); err != nil {
		return 0, err
	}
	if at >= int64(len(h.now)) {
		return 0, io.EOF
	}
	n := copy(b, h.now[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) Sync() error {
	if err := h.fails(); err != nil {
		return err
	}
	h.synced = slices.Clone(h.now)
	return nil
}

func (h *handle) Truncate(size int64) error {
	if err := h.fails(); err != nil {
		return err
	}
	h.now = h.now[:size]
	return nil
}

func (h *handle) Close() error {
	err := h.fails()
	h.content.locked = false
	return err
}
