package stats

import (
	"math"
	"testing"
)

func TestWilson(t *testing.T) {
	for name, test := range map[string]struct{ hits, tries, low, high float64 }{
		"nothing tried":                 {0, 0, 0, 1},
		"none of 10":                    {0, 10, 0, 0.27753},
		"all of 50":                     {50, 50, 0.92865, 1},
		"15 of 148 (Newcombe 1998, 1h)": {15, 148, 0.06234, 0.16049},
		"81 of 263 (Newcombe 1998, 1a)": {81, 263, 0.25529, 0.36621},
	} {
		low, high := Wilson(test.hits, test.tries)
		if math.Abs(low-test.low) > 1e-4 || math.Abs(high-test.high) > 1e-4 {
			t.Errorf("%s: %.5f to %.5f, want %.5f to %.5f", name, low, high, test.low, test.high)
		}
	}
}

// The published examples of Newcombe (1998), table II, method 10.
func TestNewcombe(t *testing.T) {
	for name, test := range map[string]struct{ k1, n1, k2, n2, low, high float64 }{
		"56/70 - 48/80": {48, 80, 56, 70, 0.0524, 0.3339},
		"9/10 - 3/10":   {3, 10, 9, 10, 0.1705, 0.8090},
		"5/56 - 0/29":   {0, 29, 5, 56, -0.0381, 0.1926},
		"0/10 - 0/10":   {0, 10, 0, 10, -0.2775, 0.2775},
		"nothing":       {0, 0, 1, 2, -1, 1},
	} {
		low, high := Newcombe(test.k1, test.n1, test.k2, test.n2)
		if math.Abs(low-test.low) > 1e-4 || math.Abs(high-test.high) > 1e-4 {
			t.Errorf("%s: %.4f to %.4f, want %.4f to %.4f", name, low, high, test.low, test.high)
		}
	}
}

// Fisher's tea: of 4 cups with milk first and 4 without, 3 of each are told.
func TestFisherMid(t *testing.T) {
	for name, test := range map[string]struct {
		k1, n1, k2, n2 int64
		want           float64
	}{
		"tea":               {1, 4, 3, 4, 1.0/70 + 16.0/70/2},
		"no difference":     {5, 50, 5, 50, 0.5},
		"none hit":          {0, 40, 0, 30, 0.5},
		"all hit":           {40, 40, 30, 30, 0.5},
		"one of 1, after 0": {0, 9, 1, 1, 0.05},
		"far beyond":        {0, 1000, 30, 30, math.Exp(logChoose(30, 30)-logChoose(1030, 30)) / 2},
	} {
		if got := FisherMid(test.k1, test.n1, test.k2, test.n2); math.Abs(got-test.want) > 1e-12+1e-9*test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	// Either tail and the other one sum to one.
	for k := int64(0); k <= 20; k++ {
		if p, q := FisherMid(12, 60, k, 20), FisherMid(48, 60, 20-k, 20); math.Abs(p+q-1) > 1e-12 {
			t.Errorf("%d of 20: %v and %v don't sum to 1", k, p, q)
		}
	}
}

func TestScores(t *testing.T) {
	for above, want := range map[float64]float64{0.5: 0, 0.025: 1.959964, 0.975: -1.959964, 0: mostScore, 1: -mostScore} {
		if got := Score(above); math.Abs(got-want) > 1e-6 {
			t.Errorf("Score(%v) = %v, want %v", above, got, want)
		}
	}
	// 2.262157 is the 97.5 % point of t with 9 degrees.
	for _, sign := range []float64{-1, 1} {
		if got := ScoreT(sign*2.262157, 9); math.Abs(got-sign*1.959964) > 1e-5 {
			t.Errorf("ScoreT is %v, want %v", got, sign*1.959964)
		}
		if got := ScoreT(math.Inf(int(sign)), 9); got != sign*mostScore {
			t.Errorf("ScoreT of infinity is %v", got)
		}
	}
}
