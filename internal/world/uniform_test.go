package world

import (
	"fmt"
	"math"
	"testing"
)

// stream is one of the uniforms of an order.
type stream struct {
	purpose purpose
	ch, try int
}

func (s stream) String() string {
	return fmt.Sprintf("purpose %d, channel %d, try %d", s.purpose, s.ch, s.try)
}

// streams lists every purpose on two channels and two tries, and a second fetch.
func streams() []stream {
	var all []stream
	for p := forClass; p <= forDownload+1; p++ {
		for ch := -1; ch <= 1; ch++ {
			for try := range 2 {
				all = append(all, stream{p, ch, try})
			}
		}
	}
	return all
}

const (
	seed   = 20
	orders = 20_000
)

// drawn are the uniforms of a stream in the orders of a month.
func drawn(s stream, seed uint64, month, first int) []float64 {
	m := &Model{Seed: seed}
	u := make([]float64, orders)
	for i := range u {
		u[i] = m.Key(month, first+i).uniform(s.purpose, s.ch, s.try)
	}
	return u
}

// fiveSigma says whether Pearson's statistic of counts that should be equal is within five standard deviations.
func fiveSigma(counts []int, n int) (statistic float64, ok bool) {
	want := float64(n) / float64(len(counts))
	for _, c := range counts {
		statistic += (float64(c) - want) * (float64(c) - want) / want
	}
	degrees := float64(len(counts) - 1)
	return statistic, math.Abs(statistic-degrees) < 5*math.Sqrt(2*degrees)
}

func TestUniformsAreUniform(t *testing.T) {
	for _, s := range streams() {
		counts := make([]int, 128)
		for i, u := range drawn(s, seed, 0, 0) {
			if !(u > 0 && u <= 1) {
				t.Fatalf("%v, order %d: %v", s, i, u)
			}
			counts[min(int(u*128), 127)]++
		}
		if statistic, ok := fiveSigma(counts, orders); !ok {
			t.Errorf("seed %d, %v: chi-square %.1f with 127 degrees of freedom", seed, s, statistic)
		}
	}
}

// checkIndependent holds the correlation of two sequences, and their joint counts, to those of independent uniforms.
func checkIndependent(t *testing.T, what string, a, b []float64) {
	t.Helper()
	var counts [64]int
	product := 0.0
	for i := range a {
		product += (a[i] - 0.5) * (b[i] - 0.5)
		counts[8*min(int(8*a[i]), 7)+min(int(8*b[i]), 7)]++
	}
	if r := product * 12 / float64(len(a)); math.Abs(r) > 5/math.Sqrt(float64(len(a))) {
		t.Errorf("seed %d, %s: correlation %.3f", seed, what, r)
	}
	if statistic, ok := fiveSigma(counts[:], len(a)); !ok {
		t.Errorf("seed %d, %s: chi-square %.1f with 63 degrees of freedom", seed, what, statistic)
	}
}

func TestUniformsAreIndependent(t *testing.T) {
	all := streams()
	u := make([][]float64, len(all))
	for i, s := range all {
		u[i] = drawn(s, seed, 0, 0)
	}
	for i := range all {
		for k := range i {
			checkIndependent(t, fmt.Sprintf("%v and %v", all[k], all[i]), u[k], u[i])
		}
	}
	s := stream{forService, 0, 0}
	own := drawn(s, seed, 0, 0)
	checkIndependent(t, "an order and the next", own, drawn(s, seed, 0, 1))
	checkIndependent(t, "a month and the next", own, drawn(s, seed, 1, 0))
	checkIndependent(t, "a seed and the next", own, drawn(s, seed+1, 0, 0))
	checkIndependent(t, "orders and months swapped", own, swapped(s))
}

// swapped are the uniforms of the first order of so many months.
func swapped(s stream) []float64 {
	m := &Model{Seed: seed}
	u := make([]float64, orders)
	for i := range u {
		u[i] = m.Key(i, 0).uniform(s.purpose, s.ch, s.try)
	}
	return u
}

// TestEveryDrawIsItsOwn: no two purposes, channels or tries of an order share a uniform, nor do the orders of
// neighbouring months and seeds, the arrivals' key included.
func TestEveryDrawIsItsOwn(t *testing.T) {
	m := &Model{Seed: seed}
	k := m.Key(0, 0)
	seen := map[float64]stream{}
	for p := forClass; p < forDownload+20; p++ {
		for ch := -1; ch < 10; ch++ {
			for try := range 64 {
				u, s := k.uniform(p, ch, try), stream{p, ch, try}
				if other, found := seen[u]; found {
					t.Fatalf("%v and %v draw the same uniform", s, other)
				}
				seen[u] = s
			}
		}
	}
	keys := map[Key]string{}
	for seed := range uint64(5) {
		m.Seed = seed
		for month := range 20 {
			for order := -1; order < 200; order++ {
				name := fmt.Sprintf("seed %d, month %d, order %d", seed, month, order)
				if other, found := keys[m.Key(month, order)]; found {
					t.Fatalf("%s has the key of %s", name, other)
				}
				keys[m.Key(month, order)] = name
			}
		}
	}
}
