package world_test

import (
	"testing"

	"channelbench/internal/world/worldtest"
)

// BenchmarkAttempt is an order's key, its class and the fate of its first attempt.
func BenchmarkAttempt(b *testing.B) {
	m := worldtest.RefV1(1)
	i := 0
	for b.Loop() {
		k := m.Key(0, i)
		m.Attempt(k, worldtest.Reverse, m.Class(k), 0)
		i++
	}
}

// BenchmarkArrivals is one arrival of a month.
func BenchmarkArrivals(b *testing.B) {
	m := worldtest.RefV1(b.N)
	a := m.Arrivals(0)
	for {
		if _, more := a.Next(); !more {
			return
		}
	}
}
