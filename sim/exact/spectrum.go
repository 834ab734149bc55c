package exact

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// spectrum is the Fourier transform of a measure, padded to twice its length so that the product
// of two never wraps. A nil slice is all zeros.
type spectrum struct{ atoms, cells []complex128 }

// transformer transforms measures of one length.
type transformer struct {
	fft    *fourier.FFT
	padded []float64    // for its input and output
	half   []complex128 // the transform of (½, ½): half stays in its cell, half moves to the next
}

func newTransformer(n int) *transformer {
	length := smooth(2 * n)
	t := &transformer{fft: fourier.NewFFT(length), padded: make([]float64, length)}
	t.half = make([]complex128, length/2+1)
	for i := range t.half {
		t.half[i] = (1 + cmplx.Exp(complex(0, -2*math.Pi*t.fft.Freq(i)))) / 2
	}
	return t
}

// smooth returns a length ≥ n whose only prime factors are 2, 3 and 5: fast for the FFT.
func smooth(n int) int {
	for ; ; n++ {
		rest := n
		for _, p := range []int{2, 3, 5} {
			for rest%p == 0 {
				rest /= p
			}
		}
		if rest == 1 {
			return n
		}
	}
}

// spectrumOf is the transform of what is not sparse of a kernel.
func (g *grid) spectrumOf(k *kernel) *spectrum {
	if k.spectrum == nil {
		k.spectrum = &spectrum{atoms: g.forward(k.many.atoms), cells: g.forward(k.many.cells)}
	}
	return k.spectrum
}

func (g *grid) forward(v []float64) []complex128 {
	if v == nil {
		return nil
	}
	t := g.transformer()
	clear(t.padded[copy(t.padded, v):])
	return t.fft.Coefficients(nil, t.padded)
}

// inverse transforms back, and cuts what lies beyond the grid.
func (g *grid) inverse(s spectrum) measure {
	return measure{atoms: g.backward(s.atoms), cells: g.backward(s.cells)}
}

func (g *grid) backward(c []complex128) []float64 {
	if c == nil {
		return nil
	}
	out, t := g.lend(), g.transformer()
	scale := 1 / float64(t.fft.Len())
	for i, v := range t.fft.Sequence(t.padded, c)[:g.n] {
		out[i] = v * scale
	}
	return out
}

// addProduct adds so much of the spectrum of the sum of two independent times.
func (g *grid) addProduct(sum, a, b *spectrum, by float64) {
	sum.atoms = addMultiplied(sum.atoms, a.atoms, b.atoms, nil, by)
	sum.cells = addMultiplied(sum.cells, a.atoms, b.cells, nil, by)
	sum.cells = addMultiplied(sum.cells, a.cells, b.atoms, nil, by)
	sum.cells = addMultiplied(sum.cells, a.cells, b.cells, g.transformer().half, by)
}

// addMultiplied adds a·b, or a·b·f where f is given, to a sum.
func addMultiplied(sum, a, b, f []complex128, by float64) []complex128 {
	if a == nil || b == nil {
		return sum
	}
	if sum == nil {
		sum = make([]complex128, len(a))
	}
	for i := range sum {
		product := a[i] * b[i]
		if f != nil {
			product *= f[i]
		}
		sum[i] += complex(by*real(product), by*imag(product))
	}
	return sum
}
