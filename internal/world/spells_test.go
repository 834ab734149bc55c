package world_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/world"
)

// checkMonths holds independent values, one a month, to their expectation within four standard errors.
func checkMonths(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	n := float64(len(values))
	sum, squares := 0.0, 0.0
	for _, v := range values {
		sum += v
		squares += v * v
	}
	mean := sum / n
	se := math.Sqrt((squares/n - mean*mean) / (n - 1))
	z := (mean - want) / se
	t.Logf("seed 3, %s: %.6g, exactly %.6g, %+.1f standard errors", what, mean, want, z)
	if !(math.Abs(z) <= 4) {
		t.Errorf("%s: %.6g, want %.6g within four standard errors of %.2g", what, mean, want, se)
	}
}

// stopped is a world of two channels that an outage stops together, and a third.
func stopped(between time.Duration, lasts dist.LogNormal) *world.Model {
	m := one(world.Errors{}, world.Errors{By: world.ByReason{channel.Submit: {Takes: dist.Constant(7)},
		channel.Job: {Billed: 1}}}, world.Errors{})
	m.Outages = []world.Outage{{Channels: []int{0, 1}, Between: between, Lasts: lasts}}
	return m
}

var outages = []struct {
	between       time.Duration
	median, sigma float64 // minutes
}{
	{133 * time.Hour, 74, 1.17}, // OpenAI's API by its status page
	{47 * time.Hour, 55, 1.49},
	{10 * time.Hour, 600, 0},
	{time.Hour, 20, 0.5},
	{time.Minute, 90, 1},
}

// TestOutagesHaveTheirShareOfTheTime: mean length ÷ (mean length + mean gap), by the renewal theorem, over
// the whole month and at any single moment, the first included.
func TestOutagesHaveTheirShareOfTheTime(t *testing.T) {
	for _, o := range outages {
		lasts := dist.NewLogNormal(60*o.median, o.sigma)
		m := stopped(o.between, lasts)
		want := lasts.Mean() / (lasts.Mean() + o.between.Seconds())
		const months = 1500
		share := make([]float64, months)
		at := map[time.Duration][]float64{0: make([]float64, months), time.Minute: make([]float64, months),
			31 * time.Hour: make([]float64, months)}
		for month := range months {
			trouble := m.Trouble(month)
			for step := range 720 {
				now := time.Duration(step) * time.Hour
				for _, when := range []time.Duration{now, now + time.Minute} {
					if trouble.Refuses(0, 0, 0, when) {
						share[month] += 1.0 / 1440
						if _, asked := at[when]; asked {
							at[when][month] = 1
						}
					}
				}
			}
		}
		name := fmt.Sprintf("gaps of %v, median %v min, sigma %v", o.between, o.median, o.sigma)
		checkMonths(t, name, share, want)
		for when, down := range at {
			checkMonths(t, fmt.Sprintf("%s, at %v", name, when), down, want)
		}
	}
}

// TestRegimesRefuseTheirShare of the submits: the sum of share × refused.
func TestRegimesRefuseTheirShare(t *testing.T) {
	day := 24 * time.Hour.Seconds()
	for _, tt := range []struct {
		name    string
		regimes []world.Regime
		want    float64
	}{
		{"risk control and suspended", []world.Regime{{0.15, 0.6, dist.NewLogNormal(2*day, 1)},
			{0.05, 1, dist.NewLogNormal(5*day, 1)}}, 0.14},
		{"short and constant", []world.Regime{{0.3, 1, dist.NewLogNormal(day/24, 0)},
			{0.4, 0.5, dist.NewLogNormal(day/6, 0)}}, 0.5},
		{"most of the time", []world.Regime{{0, 1, dist.NewLogNormal(day, 1)}, {0.9, 0.2, dist.NewLogNormal(day, 0.5)}},
			0.18},
	} {
		m := one(world.Errors{})
		m.Channels[0].Regimes = tt.regimes
		const months = 3000
		refused := make([]float64, months)
		for month := range months {
			trouble := m.Trouble(month)
			for i := range 60 {
				if trouble.Refuses(m.Key(month, i), 0, 0, time.Duration(i)*12*time.Hour) {
					refused[month] += 1.0 / 60
				}
			}
		}
		checkMonths(t, tt.name, refused, tt.want)
	}
}

// TestASpellMetAtRandomLastsLonger: what is left of it has the mean E[X²] ÷ 2E[X].
func TestASpellMetAtRandomLastsLonger(t *testing.T) {
	lasts := dist.NewLogNormal(3600, 0.6)
	m := stopped(3*time.Hour, lasts)
	var left []float64
	for month := range 4000 {
		trouble := m.Trouble(month)
		if !trouble.Refuses(0, 0, 0, 0) {
			continue
		}
		now := time.Duration(0)
		for trouble.Refuses(0, 0, 0, now) {
			now += 10 * time.Second
		}
		left = append(left, now.Seconds()-5)
	}
	checkMonths(t, "what is left", left, 3600*math.Exp(1.5*0.6*0.6)/2)
}

// TestOutagesStopTheirChannels: submits are refused as submit errors, running jobs fail after their full
// time, both channels share the spells, the third knows nothing.
func TestOutagesStopTheirChannels(t *testing.T) {
	m := stopped(2*time.Hour, dist.NewLogNormal(600, 0.3))
	refused, caught := 0, 0
	for month := range 20 {
		trouble := m.Trouble(month)
		for i := range 20_000 {
			at := time.Duration(i) * 2 * time.Minute
			k := m.Key(month, i)
			first, second, third := trouble.Attempt(k, 0, 0, 0, at), trouble.Attempt(k, 1, 0, 0, at),
				trouble.Attempt(k, 2, 0, 0, at)
			if third.Outcome != channel.Delivered {
				t.Fatalf("the third channel: %+v", third)
			}
			if first.Outcome != second.Outcome || first.Reason != second.Reason {
				t.Fatalf("at %v: %+v on one channel, %+v on the other", at, first, second)
			}
			switch second.Outcome {
			case channel.Refused:
				if refused++; second.Reason != channel.Submit || second.Answered != 7*time.Second || first.Answered != 0 {
					t.Fatalf("at %v: %+v, %+v", at, first, second)
				}
			case channel.Failed:
				if caught++; second.Reason != channel.Job || second.Service != time.Minute || !second.Billed || first.Billed {
					t.Fatalf("at %v: %+v, %+v", at, first, second)
				}
				if next := trouble.Refuses(k, 0, 0, at+62*time.Second); !next && !trouble.Refuses(k, 0, 0, at+31*time.Second) {
					t.Fatalf("a job of 62 s fails at %v, and there is no outage", at)
				}
			}
		}
	}
	if refused < 20*1000 || caught < 20*50 {
		t.Errorf("%d refused, %d caught", refused, caught)
	}
}

// TestTroubleIsTheSameForAllStrategies: when one asks makes no difference to what it is told.
func TestTroubleIsTheSameForAllStrategies(t *testing.T) {
	m := stopped(5*time.Hour, dist.NewLogNormal(3600, 1))
	m.Channels[0].Regimes = []world.Regime{{Share: 0.3, Refuses: 1, Lasts: dist.NewLogNormal(3600, 1)}}
	for month := range 20 {
		often, rarely := m.Trouble(month), m.Trouble(month)
		for i := range 43_200 {
			at := time.Duration(i) * time.Minute
			down := often.Refuses(0, 0, 0, at)
			if i%997 == 0 && rarely.Refuses(0, 0, 0, at) != down {
				t.Fatalf("month %d, %v: who asks each minute hears %v, who asks now and then %v", month, at, down, !down)
			}
		}
	}
	if m.Outages = nil; m.Dependent(1) || !m.Dependent(0) {
		t.Error("without its outage the second channel has no trouble, and the first has its regime")
	}
	if m.Channels[0].Regimes = nil; !m.Independent() {
		t.Error("without any trouble orders are not independent")
	}
}
