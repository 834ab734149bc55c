package exact

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"channelbench/internal/dist"
)

// instant is the slack, in seconds, within which two computed times are the same.
const instant = 1e-7

// leg is the way of orders from the start of the attempt that delivers to delivery: when their
// channel was tried, and how long it then takes.
type leg struct {
	step    float64 // of the grid, in seconds
	started measure
	service *response
}

// worthwhile drops what isn't worth counting of a measure that may be changed. A difference of measures may be negative
// in some cells, and the larger in their neighbours.
func (m measure) worthwhile() measure {
	const negligible = 1e-15
	for _, masses := range [][]float64{m.atoms, m.cells} {
		for i, mass := range masses {
			if math.Abs(mass) <= negligible {
				masses[i] = 0
			}
		}
	}
	return m
}

// within lists the masses that started by some time, in seconds; that of a cell is put at its middle.
func (l *leg) within(seconds float64, each func(at, mass float64)) {
	for i, mass := range l.started.atoms {
		at := float64(i) * l.step
		if at > seconds+instant {
			break
		}
		if mass != 0 {
			each(at, mass)
		}
	}
	for i, mass := range l.started.cells {
		at := (float64(i) + 0.5) * l.step
		if at > seconds+instant {
			break
		}
		if mass != 0 {
			each(at, mass)
		}
	}
}

func (l *leg) cdf(seconds float64) float64 {
	if l.service.every >= l.step && !math.IsInf(seconds, 1) {
		return l.polled(l.started.atoms, 0, seconds) + l.polled(l.started.cells, 0.5, seconds)
	}
	share := 0.0
	l.within(seconds, func(at, mass float64) { share += mass * l.service.cdf(seconds-at) })
	return share
}

// polled is the part of cdf of masses on the grid, each so many steps after its node: those between two polls, as seen
// from the end, are found by the same one.
func (l *leg) polled(masses []float64, after, seconds float64) float64 {
	share, from := 0.0, 0
	for k := l.service.poll(seconds); k >= 0 && from < len(masses); k-- {
		last := math.Floor((seconds+instant-k*l.service.every)/l.step - after)
		if to := int(min(last+1, float64(len(masses)))); to > from {
			share += l.service.found(k) * floats.Sum(masses[from:to])
			from = to
		}
	}
	return share
}

func (l *leg) partialMean(seconds float64) float64 {
	sum := 0.0
	l.within(seconds, func(at, mass float64) {
		x := seconds - at
		sum += mass * (at*l.service.cdf(x) + l.service.partialMean(x))
	})
	return sum
}

// response is the time from acceptance to the poll that finds the job ended.
type response struct {
	service dist.Distribution
	every   float64   // 0: seen at once
	shares  []float64 // with polls: P(found by poll k), for the first polls
	sums    []float64 // with polls: E[time; found by poll k], for the first polls
}

// tabulated is how many polls are kept one by one; in the mean, later ones lose half an interval each.
const tabulated = 100_000

// found is P(found by poll k).
func (r *response) found(k float64) float64 {
	if k > tabulated {
		return upTo(r.service, k*r.every)
	}
	for float64(len(r.shares)) <= k {
		if n := len(r.shares); n > 0 && r.shares[n-1] == 1 {
			return 1
		}
		r.shares = append(r.shares, upTo(r.service, float64(len(r.shares))*r.every))
	}
	return r.shares[max(0, int(k))]
}

// tabulate fills the sums, which only the mean needs.
func (r *response) tabulate() {
	r.sums = []float64{0}
	below := 0.0
	for k := 1; k <= tabulated && below < 1-1e-15; k++ {
		at := float64(k) * r.every
		share := r.found(float64(k))
		r.sums = append(r.sums, r.sums[k-1]+at*(share-below))
		below = share
	}
}

// upTo is P(X ≤ t), with the slack of an instant.
func upTo(d dist.Distribution, t float64) float64 {
	switch d.(type) {
	case dist.Constant, dist.Empirical:
		t += instant
	}
	return d.CDF(t)
}

// cdf is P(found within x).
func (r *response) cdf(x float64) float64 {
	if r.every > 0 {
		return r.found(r.poll(x))
	}
	return upTo(r.service, x)
}

// partialMean is E[time; found within x].
func (r *response) partialMean(x float64) float64 {
	if r.every <= 0 {
		return r.service.PartialMean(x + instant)
	}
	if r.sums == nil {
		r.tabulate()
	}
	k, last := r.poll(x), float64(len(r.sums)-1)
	if k <= last {
		return r.sums[int(k)]
	}
	x, from := k*r.every, last*r.every
	late := r.found(k) - r.found(last)
	return r.sums[int(last)] + r.service.PartialMean(x) - r.service.PartialMean(from) + late*r.every/2
}

// poll is the number of the last poll within x.
func (r *response) poll(x float64) float64 { return math.Floor((x + instant) / r.every) }
