package event

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestHeap holds the heap against sorting, with many equal times.
func TestHeap(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(1, seed))
		var h heap
		var want []due // unsorted
		smallest := func() int {
			best := 0
			for i := range want {
				if want[i].before(want[best]) {
					best = i
				}
			}
			return best
		}
		seq := uint32(0)
		next := func() due {
			seq++
			return due{at: random.Int64N(20), seq: seq, slot: int32(random.IntN(5))}
		}
		for step := range 200 {
			if len(h) != len(want) {
				t.Fatalf("seed %d, step %d: %d in the heap, want %d", seed, step, len(h), len(want))
			}
			if len(h) > 0 && h[0] != want[smallest()] {
				t.Fatalf("seed %d, step %d: %+v on top, want %+v", seed, step, h[0], want[smallest()])
			}
			switch n := random.IntN(5); {
			case len(h) == 0 || n < 2:
				d := next()
				h.push(d)
				want = append(want, d)
			case n < 4:
				d := next()
				want[smallest()] = d
				h.replaceTop(d)
			default:
				i := smallest()
				want = slices.Delete(want, i, i+1)
				h.pop()
			}
		}
		slices.SortFunc(want, func(a, b due) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		for i := range want {
			if h[0] != want[i] {
				t.Fatalf("seed %d: popped %+v, want %+v", seed, h[0], want[i])
			}
			h.pop()
		}
		if len(h) != 0 {
			t.Fatalf("seed %d: %d left", seed, len(h))
		}
	}
}

// Equal times come out in the order in which they went in.
func TestHeapBreaksTiesByInsertion(t *testing.T) {
	var h heap
	for i := range 50 {
		h.push(due{at: 7, seq: uint32(i), slot: int32(i)})
	}
	for i := range 50 {
		if h[0].slot != int32(i) {
			t.Fatalf("%d came %dth", h[0].slot, i)
		}
		h.pop()
	}
}
