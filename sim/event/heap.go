package event

import "math/bits"

// due is an order's next event in the heap: 16 bytes, compared by time, then by insertion.
type due struct {
	at   int64  // nanoseconds since the start of the month
	seq  uint32 // insertion order; breaks ties
	slot int32
}

func (a due) before(b due) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

// less is 1 where a is before b, else 0, without a branch: times are not negative.
func (a *due) less(b *due) int {
	_, borrow := bits.Sub64(uint64(a.seq), uint64(b.seq), 0)
	_, borrow = bits.Sub64(uint64(a.at), uint64(b.at), borrow)
	return int(borrow)
}

// heap is a 4-ary min-heap: shallower than a binary one, and four children share a cache line.
type heap []due

func (h *heap) push(d due) {
	*h = append(*h, d)
	s := *h
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !d.before(s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = d
}

// replaceTop puts d in the place of the smallest.
func (h heap) replaceTop(d due) {
	i := 0
	for {
		child := 4*i + 1
		if child+4 > len(h) {
			break
		}
		c := h[child : child+4 : child+4]
		left := c[1].less(&c[0])
		right := 2 + c[3].less(&c[2])
		smallest := left + (right-left)*c[right&3].less(&c[left&3])
		if !c[smallest&3].before(d) {
			h[i] = d
			return
		}
		h[i] = c[smallest&3]
		i = child + smallest
	}
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		smallest := child
		for c := child + 1; c < min(child+4, len(h)); c++ {
			if h[c].before(h[smallest]) {
				smallest = c
			}
		}
		if !h[smallest].before(d) {
			break
		}
		h[i] = h[smallest]
		i = smallest
	}
	h[i] = d
}

// pop removes the smallest.
func (h *heap) pop() {
	s := *h
	last := s[len(s)-1]
	*h = s[:len(s)-1]
	if len(*h) > 0 {
		h.replaceTop(last)
	}
}
