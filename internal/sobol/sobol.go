// Package sobol makes scrambled Sobol' points: points that fill a cube far more evenly than random
// ones, so that means over them converge almost as 1/n instead of 1/√n.
//
// Each coordinate is scrambled after Owen (1995), by the hash of Laine and Karras as in Burley (2020):
// another seed gives other points that are just as even, and each of them is uniform. Take 2ⁿ points:
// these are evenly spread over each axis.
//
// It deliberately keeps no state: any point can be asked for at any time, by any goroutine.
//
//	points := sobol.New(3, 1)
//	for i := range uint32(256) {
//		x := points.At(i)
//	}
package sobol

import "math/bits"

// Points is a scrambled sequence of 2³² points.
type Points struct {
	dimensions int
	seed       uint64
}

// New makes a sequence of points with so many coordinates. Those beyond the 64th are as even each by
// itself and among themselves, and independent of the first 64.
func New(dimensions int, seed uint64) Points { return Points{dimensions, seed} }

// At is the ith point; its coordinates lie in (0, 1).
func (p Points) At(i uint32) []float64 {
	point := make([]float64, p.dimensions)
	for d := range point {
		index := i
		if set := d / len(matrices); set > 0 {
			index = scramble(i, p.hash(-set)) // the points of the further set in another order
		}
		x := scramble(coordinate(d%len(matrices), index), p.hash(d))
		point[d] = (float64(x) + 0.5) / (1 << 32)
	}
	return point
}

// hash is 32 bits of the seed's own for each use.
func (p Points) hash(use int) uint32 {
	h := p.seed + 0x9e3779b97f4a7c15*uint64(use+1<<20)
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return uint32((h ^ h>>31) >> 16)
}

// scramble permutes the numbers so that each bit is flipped or not by the bits above it alone: an Owen
// scramble. Read backwards, each bit of a product depends on those below it.
func scramble(x, seed uint32) uint32 {
	x = bits.Reverse32(x) + seed
	x ^= x * 0x6c50b47c
	x ^= x * 0xb82f1e52
	x ^= x * 0xc7afe638
	x ^= x * 0x8d22f6e6
	return bits.Reverse32(x)
}

// coordinate is one coordinate of the unscrambled ith point, in units of 2⁻³². The points come in the
// order of the Gray code, as they are commonly listed.
func coordinate(dimension int, i uint32) uint32 {
	x := uint32(0)
	for code := i ^ i>>1; code != 0; code &= code - 1 {
		x ^= matrices[dimension][bits.TrailingZeros32(code)]
	}
	return x
}

// matrices hold the direction numbers of each dimension, as binary fractions.
var matrices = directions()

func directions() [][32]uint32 {
	all := make([][32]uint32, 1+len(polynomials))
	for k := range 32 {
		all[0][k] = 1 << (31 - k)
	}
	for d, p := range polynomials {
		m, degree := &all[d+1], len(p.first)
		for k := range 32 {
			if k < degree {
				m[k] = p.first[k] << (31 - k)
				continue
			}
			m[k] = m[k-degree] ^ m[k-degree]>>degree
			for j := 1; j < degree; j++ {
				m[k] ^= p.inner >> (degree - 1 - j) & 1 * m[k-j]
			}
		}
	}
	return all
}
