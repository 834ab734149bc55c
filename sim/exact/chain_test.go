package exact

import (
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// refused is the share of orders that all of so many attempts on one channel with given exits refuse:
// they are 7.18 s long, and the pauses after them 2, 4, 8 … s.
func refused(t *testing.T, x *exits, attempts int) float64 {
	t.Helper()
	clip := channel.Clip{Seconds: 10, Resolution: "720p"}
	m := &world.Model{
		Orders:  1,
		Classes: []world.Class{{Share: 1, Clip: clip}},
		Channels: []world.Channel{{
			Jobs:   []world.Job{{Makes: true, Clip: clip, Service: dist.Constant(45)}},
			Price:  &channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: money.Dollar}},
			Errors: world.Errors{By: world.ByReason{channel.Region: {Takes: dist.Constant(7.18)}}},
		}},
	}
	route := &policy.Route{Steps: []policy.Step{{
		Attempts: attempts, RetryOn: policy.SetOf(channel.Region),
		Backoff: policy.Backoff{Base: 2 * time.Second, Growth: policy.ExponentialBackoff, Factor: 2, Low: 1, High: 1},
	}}}
	a := &Answer{ChargeByChannel: make([]float64, 1)}
	w := NewSolver().newWalk(m, 0, route, a)
	w.exits[0] = x
	if err := w.run(Options{}); err != nil {
		t.Fatal(err)
	}
	a.close(m, make([]bool, 1), true)
	return 1 - a.Delivered
}

// TestStickyTable: with 2 % of errors on average, three attempts on one exit that fails a share of the
// submits while it is bad, and another while it is good.
func TestStickyTable(t *testing.T) {
	for _, row := range []struct {
		dwell float64 // seconds that a bad spell lasts on average
		want  [4]string
	}{
		{1, [4]string{"8.0e-06", "8.0e-06", "8.0e-06", "8.0e-06"}},
		{10, [4]string{"6.3e-04", "2.2e-03", "7.3e-05", "8.0e-06"}},
		{60, [4]string{"3.2e-03", "1.2e-02", "3.1e-04", "8.0e-06"}},
		{300, [4]string{"4.2e-03", "1.5e-02", "4.0e-04", "8.0e-06"}},
	} {
		for i, errors := range []struct{ good, bad, count float64 }{{0.002, 0.5, 1}, {0, 0.9, 1}, {0.01, 0.2, 1},
			{0, 0.9, 1e12}} {
			share := (0.02 - errors.good) / (errors.bad - errors.good)
			x := &exits{count: errors.count, share: share, rate: 1 / (row.dwell * (1 - share)), bad: errors.bad,
				good: errors.good}
			if got := fmt.Sprintf("%.1e", refused(t, x, 3)); got != row.want[i] {
				t.Errorf("bad for %v s, %v refused while good, %v while bad, %v exits: %s, want %s", row.dwell, errors.good,
					errors.bad, errors.count, got, row.want[i])
			}
		}
	}
}

// TestGilbertElliott: the discrete chain that turns bad with probability p and good with r at each attempt,
// and refuses 1 − k and 1 − h there. In continuous time the exit forgets a share p + r in 9.18 s; the
// longer second gap keeps e^(−rate 11.18 s).
func TestGilbertElliott(t *testing.T) {
	for _, tt := range []struct {
		p, r, k, h                             float64
		share, loss, two, three, burst, memory string // to the digits known; three: from the chain
	}{
		{.01, .1, .999, .5, ".0909090909", ".0463636364", ".020464536", ".0092086694", "1.7901639966", ".4142337053"},
		{.02, .5, 1, 0, ".0384615385", ".0384615385", ".019230769", ".0096153846", "2", ".48"},
	} {
		keep := 1 - tt.p - tt.r
		x := &exits{count: 1, share: tt.p / (tt.p + tt.r), rate: -math.Log(keep) / 9.18, bad: 1 - tt.h, good: 1 - tt.k}
		loss, two := refused(t, x, 1), refused(t, x, 2)
		agree(t, "bad share", x.share, tt.share)
		agree(t, "loss", loss, tt.loss)
		agree(t, "two in a row", two, tt.two)
		agree(t, "mean burst", loss/(loss-two), tt.burst)
		agree(t, "correlation", (two-loss*loss)/(loss*(1-loss)), tt.memory)
		even := &exits{count: 1, share: x.share, rate: x.rate, bad: x.bad, good: x.good}
		agree(t, "three in a row", threeEvenly(t, even), tt.three)
	}
}

// threeEvenly is three refusals in a row at equal gaps of 9.18 s.
func threeEvenly(t *testing.T, x *exits) float64 {
	t.Helper()
	m := moments{{{atoms: []float64{1}}}}
	refuses := func(bad, good moments) moments {
		after := newMoments(len(bad) - 1)
		for i := range after {
			for j := range after[i] {
				keep := math.Exp(-x.rate * 9.18 * float64(i+j))
				after[i][j] = plus(bad.at(i, j).scale(x.bad), good.at(i, j).scale(x.good)).scale(keep)
			}
		}
		return after
	}
	for left := 2; left >= 0; left-- {
		m = refuses(x.take(m, left))
	}
	return m.orders().mass()
}

// agree fails unless got is want to as many digits as want has.
func agree(t *testing.T, what string, got float64, want string) {
	t.Helper()
	w, err := strconv.ParseFloat(want, 64)
	if err != nil {
		t.Fatal(err)
	}
	digits := 0
	for i, c := range want {
		if c == '.' {
			digits = len(want) - i - 1
		}
	}
	if digits == 0 {
		digits = 10
	}
	if math.Abs(got-w) > 0.5000001*math.Pow10(-digits) {
		t.Errorf("%s = %.12g, want %s", what, got, want)
	}
}
