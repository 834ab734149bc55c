package history

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// early is a change in the nights of which the baseline would be made.
type early struct {
	name  string
	first float64 // how many times as long the first night's times are
	more  float64
	from  int // the night with which it begins, from 1
}

// after is after how many nights it is a regression of p50, 15 where it isn't within 14.
func (e early) after(w climate, stream uint64) int {
	s, c := newSky(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
	for night := 1; night < e.from+14; night++ {
		s.next()
		change := shiftOf{}
		switch {
		case night >= e.from:
			change.latency = e.more
		case night == 1:
			change.latency = e.first - 1
		}
		for _, k := range c.add(0, s.make(0, change)) {
			if c.gates[k].Metric == "p50" && night >= e.from {
				return night - e.from + 1
			}
		}
	}
	return 15
}

// A baseline doesn't learn the worsening that it is to find, in whatever of its nights that begins; nor is it spoilt by
// an odd first night.
func TestYoungBaselinesLearnNoWorsening(t *testing.T) {
	const changes = 200
	w := climate{strategies: 3, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true}
	for i, row := range []struct {
		early
		least [5]float64 // percent that are found within 14 nights, by the night with which it begins: 5 to 9
	}{
		{early{name: "doubled", first: 1, more: 1}, [5]float64{98, 99, 99, 99, 99}},
		{early{name: "half as long again", first: 1, more: 0.5}, [5]float64{60, 70, 75, 85, 95}},
		// Three nights are hardly enough to tell a fifth one from.
		{early{name: "doubled, the first night three times", first: 3, more: 1}, [5]float64{25, 90, 92, 94, 96}},
	} {
		line := ""
		for k, least := range row.least {
			row.from = 5 + k
			within := map[int]float64{}
			for _, after := range each(changes, func(j uint64) int { return row.after(w, 6_000_000+1000*uint64(i)+j) }) {
				for _, nights := range []int{3, 5, 14} {
					if after <= nights {
						within[nights] += 100 / float64(changes)
					}
				}
			}
			line += fmt.Sprintf("; from night %d %.0f%%, %.0f%%, %.0f%%", row.from, within[3], within[5], within[14])
			if sigma := math.Sqrt(least * (100 - least) / changes); within[14] < least-3*sigma {
				t.Errorf("%s, from night %d, seed %d: %.0f%% are found within 14 nights, want %.0f%%", row.name, row.from,
					yearsSeed, within[14], least)
			}
		}
		t.Logf("%s, found within 3, 5 and 14 nights%s", row.name, line)
	}
}

// What is left out of young baselines raises no more false alarms than any other twelve nights may.
func TestYoungBaselinesCryNoWolf(t *testing.T) {
	const starts, nights = 30, 12
	alarms, tries := 0.0, 0.0
	for _, w := range climates {
		if w.harsh {
			continue
		}
		for _, fails := range each(starts, func(i uint64) bool {
			s, c := newSky(w, 6_500_000+i), newWatch(nightly{w.strategies, w.orders, w.sd})
			for range nights {
				s.next()
				for strategy := range w.strategies {
					if len(c.add(strategy, s.make(strategy, shiftOf{}))) > 0 {
						return true
					}
				}
			}
			return false
		}) {
			if tries++; fails {
				alarms++
			}
		}
	}
	t.Logf("seed %d: %.0f of %.0f baselines begin with a false alarm", yearsSeed, alarms, tries)
	if most := tries * 2 * nights / nightsYear; alarms > most+3*math.Sqrt(most) {
		t.Errorf("seed %d: %.0f of %.0f baselines begin with a false alarm, want %.0f at most", yearsSeed, alarms, tries, most)
	}
}

func TestWhatYoungBaselinesSay(t *testing.T) {
	for name, test := range map[string]struct {
		times  []float64 // as long as usual, night after night
		want   Status
		reason string
	}{
		"four, and a slow one": {[]float64{1, 1, 1, 1, 2}, Watch,
			"of the 4 nights so far: it teaches the baseline nothing of its level, and three nights running"},
		"two slow ones": {[]float64{1, 1, 1, 1, 2, 2}, Watch, "of the 4 nights so far"},
		"three slow ones": {[]float64{1, 1, 1, 1, 1, 2, 2, 2}, Regression,
			"three nights running beyond chance and the gate; it is held against 5 nights only: if these were the odd ones"},
		"a good one, and two slow ones": {[]float64{1, 1, 1, 1, 1, 1, 1.08, 2.1, 2.4}, Regression,
			"the last 3 nights together are beyond chance and the gate; it is held against 7 nights only: if these were the " +
				"odd ones, accept it, since 2026-01-08"},
		"the eighth, and two more": {[]float64{1, 1, 1, 1, 1, 1, 1, 2, 2, 2}, Regression, "held against 7 nights only"},
		"a slow month":             {append([]float64{1, 1, 1, 1}, repeated(2, 30)...), Regression, "since 2026-01-05"},
		"slow once":                {[]float64{1, 1, 1, 1, 1, 2, 1, 1}, Inconclusive, "has 6 of at least 8 nights"},
		"slow once, and grown":     {append([]float64{1, 1, 1, 1, 1, 2}, repeated(1, 14)...), OK, "within"},
		"a slow first night":       {[]float64{3, 1, 1, 1, 1}, Inconclusive, "has 3 of at least 8 nights; one more lies apart"},
		"slow at first": {[]float64{3, 3, 1, 1, 1, 1, 1}, Inconclusive,
			"has 4 of at least 8 nights; 2 more lie apart from most of them and are left out"},
		"slow at first, and later": {append([]float64{3, 1, 1, 1, 1, 1, 1, 1, 1}, 2, 2), Regression, "two nights running"},
	} {
		l := &Log{}
		for i, factor := range test.times {
			n := plain(i, "reverse")
			times(&n.Latency.P50, factor)
			l.Nights = append(l.Nights, n)
		}
		c, err := Judge(l, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := statusOf(t, c, "p50"); v.Status != test.want || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s, %q; want %s, %q", name, v.Status, v.Reason, test.want, test.reason)
		}
	}
}

func repeated(factor float64, nights int) []float64 {
	all := make([]float64, nights)
	for i := range all {
		all[i] = factor
	}
	return all
}
