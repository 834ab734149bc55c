package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"channelbench/internal/proof"
)

// worlds is how many synthetic runs the intervals are held against; their seeds are 1 to worlds, fixed before the first
// run.
var worlds = proof.Size(200, 1000)

// covers demands that 95 % intervals hold the truth in 95 % of the runs, give or take three binomial standard errors.
// A run returns, by name, whether each interval held it.
func covers(t *testing.T, run func(r *rand.Rand) map[string]bool) {
	t.Helper()
	t.Parallel()
	held, asked := map[string]int{}, map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range next {
				for name, ok := range run(rand.New(rand.NewPCG(seed, 0))) {
					mu.Lock()
					if asked[name]++; ok {
						held[name]++
					}
					mu.Unlock()
				}
			}
		})
	}
	for seed := uint64(1); seed <= uint64(worlds); seed++ {
		next <- seed
	}
	close(next)
	all.Wait()
	for name, n := range asked {
		share, off := float64(held[name])/float64(n), 3*math.Sqrt(Confidence*(1-Confidence)/float64(n))
		t.Logf("%s: %.1f%% of %d intervals hold the truth", name, 100*share, n)
		if n < worlds || math.Abs(share-Confidence) > off {
			t.Errorf("%s: %.1f%% of %d, want %.1f%% to %.1f%%", name, 100*share, n, 100*(Confidence-off), 100*(Confidence+off))
		}
	}
}

func (e Estimate) holds(truth float64) bool { return e.Low <= truth && truth <= e.High }

func TestIntervalsOfRatesCover(t *testing.T) {
	for _, tt := range []struct {
		name           string
		nights, orders int
		low, high      float64 // the rate is drawn from between these
		icc            float64 // by which nights differ: the intraclass correlation
	}{
		{"one night", 1, 150, 0.01, 0.10, 0},
		{"five nights", 5, 60, 0.01, 0.10, 0},
		{"rare", 10, 100, 0.002, 0.03, 0},
		{"often", 4, 50, 0.1, 0.6, 0},
		{"nights that differ", 30, 100, 0.05, 0.3, 0.03},
	} {
		t.Run(tt.name, func(t *testing.T) {
			covers(t, func(r *rand.Rand) map[string]bool {
				rate := tt.low + (tt.high-tt.low)*r.Float64()
				nights := make([]Count, tt.nights)
				for i := range nights {
					p := rate
					if tt.icc > 0 {
						p = betaDraw(r, rate, 1/tt.icc-1)
					}
					nights[i] = Count{Tries: float64(tt.orders), Weight: 1}
					for range tt.orders {
						if r.Float64() < p {
							nights[i].Hits++
						}
					}
				}
				pooled := Pool(nights)
				return map[string]bool{"rate": pooled.holds(rate)}
			})
		})
	}
}

// betaDraw draws from a beta distribution by its mean and the sum of its parameters, by the ratio of two gammas.
func betaDraw(r *rand.Rand, mean, sum float64) float64 {
	a, b := gammaDraw(r, mean*sum), gammaDraw(r, (1-mean)*sum)
	return a / (a + b)
}

// gammaDraw is Marsaglia and Tsang's (2000).
func gammaDraw(r *rand.Rand, k float64) float64 {
	if k < 1 {
		return gammaDraw(r, k+1) * math.Pow(r.Float64(), 1/k)
	}
	d := k - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func TestIntervalsOfTimesCover(t *testing.T) {
	for _, tt := range []struct {
		name   string
		poll   float64 // seconds; 0: exact
		cut    float64 // seconds; +Inf: none
		nights int
		differ float64 // standard deviation of the nights' log-medians
	}{
		{"exact", 0, math.Inf(1), 1, 0},
		{"polled", 30, 500, 1, 0},
		{"cut off", 0, 180, 1, 0},
		{"polled and cut off", 30, 180, 3, 0},
		{"nights that differ", 15, 400, 12, 0.15},
	} {
		for _, shape := range Shapes {
			if shape != Lognormal && tt.name != "polled" {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", tt.name, shape), func(t *testing.T) {
				covers(t, func(r *rand.Rand) map[string]bool {
					truth := Line{Shape: shape, Base: 15 + 20*r.Float64(), Slope: []float64{8 + 8*r.Float64()}}
					spread := shape.start(0.3 + 0.3*r.Float64())
					times := draw(r, truth, spread, 120, tt.nights, tt.poll, tt.cut, tt.differ)
					got, err := FitLine(times, Line{Shape: shape, Base: 25, Slope: []float64{12}})
					if err != nil {
						t.Error(err)
						return nil
					}
					was, is := truth.Median(0, got.At), got.Median(0, got.At)
					scaled := Estimate{is, is * got.Factor.Low, is * got.Factor.High}
					return map[string]bool{"median": scaled.holds(was), "spread": got.Spread.holds(math.Hypot(spread, tt.differ))}
				})
			})
		}
	}
}

// draw makes times of a line.
func draw(r *rand.Rand, line Line, spread float64, n, nights int, poll, cut, differ float64) []Time {
	family := line.Shape.with(spread)
	shifts := make([]float64, nights)
	for i := range shifts {
		shifts[i] = math.Exp(differ * r.NormFloat64())
	}
	times := make([]Time, n)
	for i := range times {
		x := Time{Length: float64(5 * (1 + r.IntN(3))), Weight: 1, Night: i % nights}
		v := family.draw(r.Float64(), line.Median(0, x.Length)*shifts[x.Night])
		x.Low, x.High = v, v
		if poll > 0 {
			x.High = poll * math.Ceil(v/poll)
			x.Low = x.High - poll
		}
		if x.High > cut {
			x.Low, x.High = math.Floor(cut/max(poll, 1e-9))*poll, math.Inf(1)
			if poll == 0 {
				x.Low = cut
			}
		}
		times[i] = x
	}
	return times
}

// draw inverts the survival by bisection of the logarithm.
func (f *family) draw(u, median float64) float64 {
	low, high := math.Log(median)-20, math.Log(median)+20
	for range 60 {
		if _, below := f.survival(math.Exp((low+high)/2), median); below < u {
			low = (low + high) / 2
		} else {
			high = (low + high) / 2
		}
	}
	return math.Exp(low)
}

func TestIntervalsOfSpellsCover(t *testing.T) {
	for _, tt := range []struct {
		name      string
		exits     int
		sequences int // an order keeps its exit: one chain each
		visits    int // of a sequence
		gap       float64
		low, high float64 // the share is drawn from between these
		burst     float64 // is drawn from half of it to twice it
	}{
		{"one exit", 1, 1, 400, 10, 0.05, 0.25, 40},
		{"an order keeps its exit", 1, 250, 3, 10, 0.05, 0.25, 40},
		{"three exits at random", 3, 1, 300, 5, 0.1, 0.3, 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			covers(t, func(r *rand.Rand) map[string]bool {
				share, burst := tt.low+(tt.high-tt.low)*r.Float64(), tt.burst*math.Exp2(2*r.Float64()-1)
				sequences := make([][]Visit, tt.sequences)
				for i := range sequences {
					sequences[i] = visits(r, tt.visits, tt.exits, tt.gap, share, burst)
				}
				s := Chains(sequences, tt.exits)
				return map[string]bool{"share": s.Share.holds(share), "burst": s.Burst.holds(burst)}
			})
		})
	}
}

// visits draws visits at exponential gaps to exits at random.
func visits(r *rand.Rand, n, exits int, gap, share, burst float64) []Visit {
	forgets := 1 / (burst * (1 - share))
	bad, last := make([]bool, exits), make([]float64, exits)
	for i := range bad {
		bad[i] = r.Float64() < share
	}
	all := make([]Visit, n)
	at := 0.0
	for i := range all {
		at += gap * r.ExpFloat64()
		x := r.IntN(exits)
		p := share
		if keeps := math.Exp(-forgets * (at - last[x])); bad[x] {
			p += (1 - share) * keeps
		} else {
			p -= share * keeps
		}
		bad[x], last[x] = r.Float64() < p, at
		all[i] = Visit{At: at, Bad: bad[x]}
	}
	return all
}
