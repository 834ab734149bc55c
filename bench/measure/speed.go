package measure

import (
	"math"
	"slices"
)

// A machine that does other work, too, begins an order up to commonLag late, in real time. That may be a hundredth of
// a strategy's median latency, and decides how fast the clock can run.
const (
	commonLag  = 0.04
	leastSpeed = 10
	mostSpeed  = 60
)

// SpeedFor is a speed for mock channels, in steps of five, at which the lag doesn't show in any strategy's orders, which
// take so many seconds.
func SpeedFor(seconds [][]float64) float64 {
	speed := float64(mostSpeed)
	for _, of := range seconds {
		if len(of) > 0 {
			slices.Sort(of)
			speed = min(speed, max(leastSpeed, 5*math.Floor(of[len(of)/2]/100/commonLag/5)))
		}
	}
	return speed
}
