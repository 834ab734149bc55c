package sobol

import (
	"fmt"
	"math"
	"testing"
)

// TestFirstPoints: the points as scipy lists them (simulation.md §4).
func TestFirstPoints(t *testing.T) {
	for i, want := range [][]float64{
		{0, 0, 0, 0, 0, 0, 0, 0, 0},
		{.5, .5, .5, .5, .5, .5, .5, .5, .5},
		{.75, .25, .25, .25, .75, .75, .25, .75, .75},
		{.25, .75, .75, .75, .25, .25, .75, .25, .25},
		{.375, .375, .625, .875, .375, .125, .375, .875, .875},
		{.875, .875, .125, .375, .875, .625, .875, .375, .375},
	} {
		for d, w := range want {
			if got := float64(coordinate(d, uint32(i))) / (1 << 32); got != w {
				t.Errorf("coordinate %d of point %d is %v, want %v", d+1, i, got, w)
			}
		}
	}
}

// TestEveryPrefixIsANetOnEachAxis: of 2ᵏ points, one lies in each 2⁻ᵏth of every axis, whatever the seed.
func TestEveryPrefixIsANetOnEachAxis(t *testing.T) {
	const dimensions, most = 150, 11
	for _, seed := range []uint64{0, 1, 99} {
		points := New(dimensions, seed)
		var all [][]float64
		for i := range uint32(1 << most) {
			all = append(all, points.At(i))
		}
		for k := range most + 1 {
			for d := range dimensions {
				met := make([]bool, 1<<k)
				for _, x := range all[:1<<k] {
					met[int(x[d]*float64(len(met)))] = true
				}
				for cell, found := range met {
					if !found {
						t.Fatalf("seed %d: of the first %d points none has coordinate %d in the %dth part", seed, 1<<k, d+1, cell)
					}
				}
			}
		}
	}
}

// TestPairsAreNets: scrambling keeps what the numbers are chosen for: of the first two dimensions every elementary
// rectangle of area 2⁻ᵏ holds one of 2ᵏ points. So do the first two of the further set, in whatever order they come.
func TestPairsAreNets(t *testing.T) {
	for _, first := range []int{0, len(matrices)} {
		points := New(first+2, 7)
		for k := range 11 {
			for wide := range k + 1 {
				met := make([]bool, 1<<k)
				for i := range uint32(1 << k) {
					x := points.At(i)
					met[int(x[first]*float64(int(1)<<wide))<<(k-wide)+int(x[first+1]*float64(int(1)<<(k-wide)))] = true
				}
				for cell, found := range met {
					if !found {
						t.Fatalf("dimensions %d and %d: no point of %d in rectangle %d of width 2^-%d", first+1, first+2, 1<<k, cell,
							wide)
					}
				}
			}
		}
	}
}

// TestEachPointIsUniform: over the seeds, any point lies anywhere, each coordinate by itself: means and correlations
// within 4 standard errors.
func TestEachPointIsUniform(t *testing.T) {
	const seeds, dimensions = 20_000, 70
	for _, i := range []uint32{0, 1, 1000} {
		var sums [dimensions]float64
		var products [dimensions]float64 // with the next coordinate
		for seed := range uint64(seeds) {
			x := New(dimensions, seed).At(i)
			for d := range x {
				sums[d] += x[d] - 0.5
				products[d] += (x[d] - 0.5) * (x[(d+1)%dimensions] - 0.5)
			}
		}
		for d := range dimensions {
			if z := sums[d] / math.Sqrt(seeds/12.0); math.Abs(z) > 4 {
				t.Errorf("coordinate %d of point %d: mean %.1f standard errors off", d+1, i, z)
			}
			if z := products[d] * 12 / math.Sqrt(seeds); math.Abs(z) > 4 {
				t.Errorf("coordinates %d and %d of point %d: correlation %.1f standard errors off", d+1, (d+1)%dimensions+1, i, z)
			}
		}
	}
}

// TestConvergence: the error of the mean of a smooth function of nine numbers falls with n faster than n^−0.85, where
// random points give n^−0.5 (simulation.md §4: −0.92).
func TestConvergence(t *testing.T) {
	const dimensions, seeds = 9, 32
	f := func(x []float64) float64 {
		v := 1.0
		for d, u := range x {
			v *= 1 + (math.Exp(u)-(math.E-1))/float64(d+1)
		}
		return v // of mean 1
	}
	var logN, logE []float64
	for k := 6; k <= 13; k++ {
		square := 0.0
		for seed := range uint64(seeds) {
			points, sum := New(dimensions, seed), 0.0
			for i := range uint32(1 << k) {
				sum += f(points.At(i))
			}
			square += math.Pow(sum/float64(int(1)<<k)-1, 2) / seeds
		}
		logN, logE = append(logN, float64(k)*math.Ln2), append(logE, math.Log(square)/2)
	}
	slope := slopeOf(logN, logE)
	t.Logf("slope %.3f, error at 8192 points %.2g", slope, math.Exp(logE[len(logE)-1]))
	if !(slope <= -0.85) {
		t.Errorf("the error falls as n^%.3f, want n^-0.85 or better", slope)
	}
}

func slopeOf(x, y []float64) float64 {
	var mx, my, xy, xx float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	for i := range x {
		xy, xx = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx)
	}
	return xy / xx
}

func ExamplePoints_At() {
	points := New(2, 1)
	fmt.Println(len(points.At(0)), points.At(5)[0] == New(2, 1).At(5)[0])
	// Output: 2 true
}

func BenchmarkAt(b *testing.B) {
	points := New(9, 1)
	for i := range b.N {
		points.At(uint32(i))
	}
}

// TestPolynomialsArePrimitive: x is a root of order 2ˢ−1, and no polynomial is used twice.
func TestPolynomialsArePrimitive(t *testing.T) {
	seen := map[uint32]bool{}
	for d, p := range polynomials {
		s := len(p.first)
		whole := 1<<s | p.inner<<1 | 1
		x, order := uint32(1), 0
		for {
			if x <<= 1; x>>s == 1 {
				x ^= whole
			}
			if order++; x == 1 || order > 1<<s {
				break
			}
		}
		if order != 1<<s-1 || seen[whole] {
			t.Errorf("the polynomial %b of dimension %d has order %d, used before: %v", whole, d+2, order, seen[whole])
		}
		seen[whole] = true
	}
}

// TestPropertyA: of 2ᵈ points in d dimensions one lies in each orthant, as Sobol' asks and Joe and Kuo promise; for
// d up to 32, the digits that there are.
func TestPropertyA(t *testing.T) {
	for d := 1; d <= 32; d++ {
		var rows []uint64 // the first binary digit of each dimension, by digit of the index
		for _, m := range matrices[:d] {
			row := uint64(0)
			for k := range d {
				row |= uint64(m[k]>>31) << k
			}
			rows = append(rows, row)
		}
		rank := 0
		for k := range d {
			for i := rank; i < d; i++ {
				if rows[i]>>k&1 == 1 {
					rows[rank], rows[i] = rows[i], rows[rank]
					for j := range rows {
						if j != rank && rows[j]>>k&1 == 1 {
							rows[j] ^= rows[rank]
						}
					}
					rank++
					break
				}
			}
		}
		if rank != d {
			t.Errorf("%d dimensions: rank %d", d, rank)
		}
	}
}
