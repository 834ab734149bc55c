package history

import (
	"math"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/figure"
	"channelbench/internal/history/level"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// TestRowsAreOfWhatIsJudged: the value, the effect and its interval are of the nights that the verdict is of, so that
// none that finds a change has an interval with no change in it.
func TestRowsAreOfWhatIsJudged(t *testing.T) {
	p50 := func(by ...float64) func(*Night) { // of the last nights
		return func(n *Night) { times(&n.Latency.P50, by[n.at.YearDay()-1-(40-len(by))]) }
	}
	fell := func(orders int) func(*Night) { return func(n *Night) { costs(n, orders, 1) } }
	never := func(n *Night) { n.Latency.P50 = record.Figure{} }
	for name, test := range map[string]struct {
		metric string
		last   int // nights that are changed
		change func(*Night)
		status Status
		judged int
		effect float64
	}{
		"tonight":                      {"p50", 1, p50(1.5), Watch, 1, math.Exp(0.4) - 1},
		"two nights":                   {"p50", 2, p50(1.3, 1.3), Regression, 2, 0.3},
		"three, of which one was mild": {"p50", 3, p50(1.6, 1.6, 1.15), Regression, 3, math.Cbrt(1.6*1.6*1.15) - 1},
		"two better":                   {"p50", 2, p50(0.7, 0.7), Improvement, 2, -0.3},
		"lost orders": {"delivered", 2, func(n *Night) { n.Delivered, n.InTime = 60, 60 }, Regression, 2,
			60.0/80 - 79.0/80},
		"fallbacks, tonight": {"cost_per_delivered", 1, fell(8), Watch, 1, 0.062 / 0.12},
		"fallbacks":          {"cost_per_delivered", 2, fell(8), Regression, 2, 0.062 / 0.12},
		"never":              {"p50", 2, never, Regression, 1, math.NaN()},
		"within":             {"p50", 2, p50(1.01, 1.01), OK, 1, 0.01},
	} {
		l := year(t, 40, 0, func(n *Night) {
			if test.metric == "cost_per_delivered" {
				costs(n, 0, 1)
			}
			if n.at.YearDay() > 40-test.last {
				test.change(n)
			}
		})
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := statusOf(t, c, test.metric)
		if v.Status != test.status || v.Judged != test.judged {
			t.Errorf("%s: %s, of %d nights; want %s, of %d", name, v.Status, v.Judged, test.status, test.judged)
			continue
		}
		found := v.Status == Regression || v.Status == Watch || v.Status == Improvement
		switch {
		case math.IsNaN(test.effect) || test.effect == 0.01:
		case math.Abs(*v.Effect-test.effect) > 0.05:
			t.Errorf("%s: %+.3f, want %+.3f", name, *v.Effect, test.effect)
		case found && *v.Low <= 0 && *v.High >= 0, *v.Low > *v.Effect, *v.High < *v.Effect:
			t.Errorf("%s: %+.3f, from %+.3f to %+.3f", name, *v.Effect, *v.Low, *v.High)
		}
	}
}

// TestRunsBeginWithABadNight: nights within the gate are no part of a run of bad ones, and no change begins with one.
func TestRunsBeginWithABadNight(t *testing.T) {
	const before = 40
	for name, test := range map[string]struct {
		times  []float64 // as long as usual, on the last nights
		status Status
		judged int
		reason string
	}{
		"all bad": {[]float64{1.3, 1.3}, Regression, 2,
			"two nights running beyond chance and the gate, since 2026-02-10"},
		"all but the first": {[]float64{1.06, 1.3, 1.3}, Regression, 2,
			"two nights running beyond chance and the gate, since 2026-02-11"},
		"all but the middle one": {[]float64{1.5, 1.05, 1.5}, Regression, 3,
			"the last 3 nights together are beyond chance and the gate, since 2026-02-10"},
		"better but the middle one": {[]float64{0.6, 0.9, 0.6}, Improvement, 3,
			"the last 3 nights together are better beyond chance by more than the gate's measure, since 2026-02-10"},
		"better, all of them": {[]float64{0.7, 0.7}, Improvement, 2,
			"two nights running better beyond chance by more than the gate's measure, since 2026-02-10"},
		"slow for long, with a lull": {[]float64{1.14, 1.14, 1.14, 1, 1.14, 1.14, 1.14, 1.14}, Regression, 0,
			"since 2026-02-1"},
	} {
		l := year(t, before+len(test.times), before, func(n *Night) {
			times(&n.Latency.P50, test.times[n.at.YearDay()-1-before])
		})
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := statusOf(t, c, "p50")
		if v.Status != test.status || test.judged > 0 && v.Judged != test.judged || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s of %d nights, %q; want %s of %d, %q", name, v.Status, v.Judged, v.Reason, test.status, test.judged,
				test.reason)
		}
	}
}

// TestARegressionStands where tonight tells nothing, until a night tells that it is over.
func TestARegressionStands(t *testing.T) {
	slow := func(n *Night) { times(&n.Latency.P50, 1.5) }
	late := func(n *Night) { n.SendLagP99 = record.Number(2) }
	well := func(*Night) {}
	for name, test := range map[string]struct {
		last   []func(*Night)
		stands string
	}{
		"late after slow nights":  {[]func(*Night){slow, slow, late}, "2026-02-10"},
		"and late again":          {[]func(*Night){slow, slow, late, late}, "2026-02-10"},
		"late after one":          {[]func(*Night){slow, late}, ""},
		"well again, and late":    {[]func(*Night){slow, slow, well, late}, ""},
		"a regression by tonight": {[]func(*Night){slow, slow, late, slow}, ""},
	} {
		const before = 40
		l := year(t, before+len(test.last), before, func(n *Night) { test.last[n.at.YearDay()-1-before](n) })
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := statusOf(t, c, "p50")
		said := strings.HasSuffix(v.Reason, "; the regression since 2026-02-10 stands")
		if v.Stands != test.stands || said != (test.stands != "") {
			t.Errorf("%s: %q, %q; want %q", name, v.Stands, v.Reason, test.stands)
		}
	}
}

// TestFlawlessBaselines: a share that is told as less than was counted says so.
func TestFlawlessBaselines(t *testing.T) {
	for name, test := range map[string]struct {
		nights int
		missed int64 // by each night
		said   bool
	}{"none missed": {10, 0, true}, "some did": {10, 1, false}, "too many nights to show": {100, 0, false}} {
		l := year(t, test.nights, 0, func(n *Night) {
			n.Delivered, n.InTime = n.Orders-test.missed, n.Orders-test.missed-1
		})
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		said := slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, "takes half an order more") })
		if was := *statusOf(t, c, "delivered").Base; said != test.said || said != (test.missed == 0 && was < 0.9995) {
			t.Errorf("%s: was %v, notes %q", name, was, c.Notes)
		}
	}
}

// TestWhatItTakesIsWhatTells: so many nights like tonight as are said to be a regression are one; no promise is made
// where none is.
func TestWhatItTakesIsWhatTells(t *testing.T) {
	m := metricOf("p50")
	c := newChart(m, scenario.NewGate("p50", 0.1), LimitsFor(12))
	night := func(y float64) reading { return reading{Night: level.Night{Y: y, SE: 0.1, Orders: 30}} }
	for i := range leastBase {
		c.add(night(0.3 * float64(i%3-1)))
	}
	r := night(0.45)
	o := c.judge(r)
	if got := c.needed(r, &o); got != "three nights running like it would be a regression" {
		t.Errorf("of times half as long again: %q", got)
	}
	r = night(0.11)
	o = c.judge(r)
	if got := c.needed(r, &o); got != "as much as nights scatter so far, 14 like it wouldn't tell" {
		t.Errorf("of times that are hardly longer: %q", got)
	}
}

// TestEveryGatedFigureIsJudged: a gate without a row of metrics would be found at night.
func TestEveryGatedFigureIsJudged(t *testing.T) {
	for _, id := range figure.Gated() {
		if !slices.ContainsFunc(metrics, func(m metric) bool { return m.name == id.String() }) {
			t.Errorf("nights can be held to %v, but not judged by it", id)
		}
	}
}
