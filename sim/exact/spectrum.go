package exact

import (
	"math"
	"math/cmplx"
)

// spectrum is the Fourier transform of a measure, padded to twice its length so that the product
// of two never wraps. A nil slice is all zeros.
type spectrum struct{ atoms, cells []complex128 }

func (g *grid) transform(m measure) spectrum {
	return spectrum{atoms: g.forward(m.atoms), cells: g.forward(m.cells)}
}

func (g *grid) forward(v []float64) []complex128 {
	if v == nil {
		return nil
	}
	clear(g.padded[copy(g.padded, v):])
	return g.fft.Coefficients(nil, g.padded)
}

// measure transforms back, and cuts what lies beyond the grid.
func (g *grid) measure(s spectrum) measure {
	return measure{atoms: g.backward(s.atoms), cells: g.backward(s.cells)}
}

func (g *grid) backward(c []complex128) []float64 {
	if c == nil {
		return nil
	}
	out := make([]float64, g.n)
	scale := 1 / float64(g.fft.Len())
	for i, v := range g.fft.Sequence(g.padded, c)[:g.n] {
		out[i] = v * scale
	}
	return out
}

// product is the spectrum of the sum of two independent times. The sum of two cells is a triangle
// over two cells, half of whose mass lies in each: exact but for its shape inside them.
func (g *grid) product(a, b spectrum) spectrum {
	var p spectrum
	p.atoms = multiplied(nil, a.atoms, b.atoms, nil)
	p.cells = multiplied(nil, a.atoms, b.cells, nil)
	p.cells = multiplied(p.cells, a.cells, b.atoms, nil)
	if a.cells != nil && b.cells != nil {
		p.cells = multiplied(p.cells, a.cells, b.cells, g.halves())
	}
	return p
}

// multiplied adds a·b, or a·b·f where f is given, to sum.
func multiplied(sum, a, b, f []complex128) []complex128 {
	if a == nil || b == nil {
		return sum
	}
	if sum == nil {
		sum = make([]complex128, len(a))
	}
	for i := range sum {
		if f == nil {
			sum[i] += a[i] * b[i]
		} else {
			sum[i] += a[i] * b[i] * f[i]
		}
	}
	return sum
}

// halves is the transform of (½, ½): half stays in its cell, half moves to the next.
func (g *grid) halves() []complex128 {
	if g.half == nil {
		g.half = make([]complex128, g.fft.Len()/2+1)
		for i := range g.half {
			g.half[i] = (1 + cmplx.Exp(complex(0, -2*math.Pi*g.fft.Freq(i)))) / 2
		}
	}
	return g.half
}

// added is the sum of two spectra; a's memory is reused.
func (a spectrum) added(b spectrum) spectrum {
	add := func(a, b []complex128) []complex128 {
		if a == nil {
			return b
		}
		for i := range b {
			a[i] += b[i]
		}
		return a
	}
	return spectrum{atoms: add(a.atoms, b.atoms), cells: add(a.cells, b.cells)}
}
