package level

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const seed = 20261201

var times = Kind{Between: 0.05}

// limit is what two nights need.
const limit = 3.5

// nights are so many normal ones around a level, each much like the one before by rho.
func nights(random *rand.Rand, n int, level, sd, rho float64) []Lesson {
	var all []Lesson
	x := random.NormFloat64()
	for range n {
		all = append(all, Lesson{Night: Night{Y: level + sd*x, SE: sd / 2, Orders: 30}})
		x = rho*x + math.Sqrt(1-rho*rho)*random.NormFloat64()
	}
	return all
}

func TestScoresOfUnchangedNightsAreNormal(t *testing.T) {
	const tries = 4000
	random := rand.New(rand.NewPCG(seed, 1))
	for _, w := range []int{1, 3, 10} {
		sum, beyond := 0.0, 0
		for range tries {
			all := nights(random, 60+w, 4.6, 0.1, 0)
			l := Of(all[:60], times, limit)
			var run []Night
			for _, n := range all[60:] {
				run = append(run, n.Night)
			}
			score := l.Score(run, 1)
			sum += score
			if score > 1.645 {
				beyond++
			}
		}
		if mean := sum / tries; math.Abs(mean) > 0.1 {
			t.Errorf("%d nights, seed %d: scores are %.3f on average", w, seed, mean)
		}
		// Limits err on the wide side: how much nights hang together isn't known.
		if share := float64(beyond) / tries; share > 0.06 || share < 0.015 {
			t.Errorf("%d nights, seed %d: %.3f are above 1.645, want 0.05 at most and not much less", w, seed, share)
		}
	}
}

func TestLessons(t *testing.T) {
	random := rand.New(rand.NewPCG(seed, 2))
	plain := nights(random, 40, 4.6, 0.1, 0)
	all := Of(plain, times, limit)
	cut, kept := []Lesson{}, []Lesson{}
	for _, n := range plain {
		if n.Y > 4.65 {
			n.Teaching, n.Limit, n.Y = Censored, 4.65, 9 // how far is not believed
		} else {
			kept = append(kept, n)
		}
		cut = append(cut, n)
	}
	if got, dropped := Of(cut, times, limit), Of(kept, times, limit); math.Abs(got.Mean-all.Mean) > 0.03 ||
		got.Mean < dropped.Mean+0.02 {
		t.Errorf("seed %d: with nights cut off the level is %.3f, of all it is %.3f, without them %.3f", seed, got.Mean,
			all.Mean, dropped.Mean)
	}
	wild := append(plain[:39:39], Lesson{Night: Night{Y: 9, Orders: 30}, Teaching: Scatter})
	if got := Of(wild, times, limit); math.Abs(got.Mean-all.Mean) > 0.02 || got.sd <= all.sd || got.sd > 1.5*all.sd {
		t.Errorf("seed %d: a wild night moves the level from %.3f to %.3f, the scatter from %.3f to %.3f", seed, all.Mean,
			got.Mean, all.sd, got.sd)
	}
}

func TestNightsThatHangTogetherWidenLimits(t *testing.T) {
	const tries = 200
	random := rand.New(rand.NewPCG(seed, 3))
	mean := func(rho float64) (lag, wider float64) {
		for range tries {
			l := Of(nights(random, 120, 4.6, 0.1, rho), times, limit)
			lag, wider = lag+l.Lag/tries, wider+math.Sqrt(l.Inflation(7))/tries
		}
		return lag, wider
	}
	lag, wider := mean(0)
	lagged, widest := mean(0.6)
	if lag > 0.15 || math.Abs(lagged-0.6) > 0.1 || wider > 1.25 || widest < 1.6 {
		t.Errorf("seed %d: correlations of 0 and 0.6 are taken for %.2f and %.2f, a week's limits %.2f and %.2f times as wide", seed, lag, lagged, wider, widest)
	}
	flat := nights(random, 60, 4.6, 0, 0.6)
	if l := Of(flat, Kind{Cost: true}, limit); l.Lag != 0 || l.Inflation(7) != 1 {
		t.Errorf("nights that don't differ have a correlation of %.2f", l.Lag)
	}
}

func TestShares(t *testing.T) {
	base := make([]Lesson, 60)
	for i := range base {
		missed := int64(i % 2)
		base[i] = Lesson{Night: Night{Y: float64(missed) / 30, Orders: 30, Missed: missed}}
	}
	l := Of(base, Kind{Share: true, Firm: true}, limit)
	off := func(missed ...int64) []Night {
		var run []Night
		for _, m := range missed {
			run = append(run, Night{Y: float64(m) / 30, Orders: 30, Missed: m})
		}
		return run
	}
	if math.Abs(l.Mean-30.5/1801) > 1e-9 {
		t.Errorf("the level is %v", l.Mean)
	}
	if got, want := l.Off(off(1, 3), 1), 4.0/60-l.Mean; math.Abs(got-want) > 1e-12 {
		t.Errorf("off by %v, want %v", got, want)
	}
	// One of thirty is nothing; three on each of four nights can't be luck; one dead night is no run of two.
	for _, c := range []struct {
		missed []int64
		least  float64
		most   float64
	}{{[]int64{1}, -1, 1.5}, {[]int64{3, 3, 3, 3}, 4, 9}, {[]int64{30, 0}, 1, limit}, {[]int64{30, 30}, limit, 9}} {
		if score := l.Score(off(c.missed...), 1); score < c.least || score > c.most {
			t.Errorf("%v of 30 missed: score %.2f, want %v to %v", c.missed, score, c.least, c.most)
		}
	}
	if score := l.Score(off(0, 0), -1); score < 0 || score > 2 {
		t.Errorf("nothing missed on two nights: score %.2f of getting better", score)
	}
}

func TestCoreAreTheNightsThatLieClosest(t *testing.T) {
	for name, c := range map[string]struct{ ys, want []float64 }{
		"an odd first one": {[]float64{9, 1, 1.1, 0.9}, []float64{1, 1.1, 0.9}},
		"two odd ones":     {[]float64{9, 1, 9.5, 1.1, 0.9}, []float64{1, 1.1, 0.9}},
		"most are high":    {[]float64{1, 9, 9.1, 1.1, 9.2}, []float64{9, 9.1, 9.2}},
		"all alike":        {[]float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}},
	} {
		base := []Lesson{{Teaching: Scatter}, {Teaching: Nothing}}
		for _, y := range c.ys {
			base = append(base, Lesson{Night: Night{Y: y, Orders: 30}})
		}
		var got []float64
		for _, b := range Core(base) {
			got = append(got, b.Y)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: of %v, %v lie closest together, want %v", name, c.ys, got, c.want)
		}
	}
	plain := nights(rand.New(rand.NewPCG(seed, 4)), 8, 4.6, 0.1, 0)
	without := Of(plain, times, limit)
	wild := append(plain[:4:4], Lesson{Night: Night{Y: 9, Orders: 30}, Teaching: Nothing})
	if got := Of(append(wild, plain[4:]...), times, limit); got.Mean != without.Mean || got.sd != without.sd {
		t.Errorf("seed %d: a night that teaches nothing moves the level from %.3f to %.3f", seed, without.Mean, got.Mean)
	}
}
