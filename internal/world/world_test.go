package world_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
)

const orders = 100_000

// one is a model of a single class, whose channels fail as given.
func one(errors ...world.Errors) *world.Model {
	m := &world.Model{Seed: 3, Orders: orders, Classes: []world.Class{{Name: "clip", Share: 1}}}
	for _, e := range errors {
		m.Channels = append(m.Channels, world.Channel{
			Jobs:        []world.Job{{Makes: true, Service: dist.Constant(60)}},
			SubmitTakes: dist.Constant(2),
			Errors:      e,
		})
	}
	return m
}

// checkShare holds a count to a share within five standard errors.
func checkShare(t *testing.T, what string, hits, tries int, want float64) {
	t.Helper()
	got := float64(hits) / float64(tries)
	if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/float64(tries)) {
		t.Errorf("%s: %d of %d = %.4f, want %.4f within five standard errors", what, hits, tries, got, want)
	}
}

// checkMean holds durations to a mean within five standard errors.
func checkMean(t *testing.T, what string, durations []time.Duration, want float64) {
	t.Helper()
	sum, squares := 0.0, 0.0
	for _, d := range durations {
		sum += d.Seconds()
		squares += d.Seconds() * d.Seconds()
	}
	n := float64(len(durations))
	mean := sum / n
	if se := math.Sqrt((squares/n - mean*mean) / n); math.Abs(mean-want) > 5*se {
		t.Errorf("%s: mean %.4f s of %v, want %.4f s within five standard errors of %.4f", what, mean, n, want, se)
	}
}

func TestClassShares(t *testing.T) {
	m := worldtest.RefV1(orders)
	counts := make([]int, len(m.Classes))
	for i := range orders {
		counts[m.Class(m.Key(0, i))]++
	}
	for i, c := range m.Classes {
		checkShare(t, c.Name, counts[i], orders, c.Share)
	}
}

func TestTheLastClassTakesWhatRoundingLeaves(t *testing.T) {
	m := &world.Model{Classes: []world.Class{{Share: 0}, {Share: 1e-300}, {Share: 0.5}}}
	for i := range 1000 {
		if got := m.Class(m.Key(0, i)); got != 2 {
			t.Fatalf("order %d is of class %d, want 2", i, got)
		}
	}
}

// every is a channel that knows all errors, each with times of its own.
var every = world.Errors{
	By: world.ByReason{channel.Moderation: {Rate: 0.05, Takes: dist.Constant(11)},
		channel.Region:  {Rate: 0.10, Takes: dist.Constant(12)},
		channel.Submit:  {Rate: 0.15, Takes: dist.Constant(13)},
		channel.Lost:    {Rate: 0.20, Takes: dist.Constant(14)},
		channel.Job:     {Rate: 0.25, Billed: 0.30},
		channel.BadClip: {Rate: 0.35}},
}

// TestErrorsInTheirOrder holds each rate to the attempts that passed all earlier errors, and each fate to what such
// an error looks like.
func TestErrorsInTheirOrder(t *testing.T) {
	m := one(every)
	var counts [channel.NumReasons]int
	billed := 0
	for i := range orders {
		f := m.Attempt(m.Key(0, i), 0, 0, 0)
		counts[f.Reason]++
		if f.Billed {
			billed++
		}
		want := map[channel.Reason]world.Fate{
			channel.Moderation: {Outcome: channel.Refused, Answered: 11 * time.Second},
			channel.Region:     {Outcome: channel.Refused, Answered: 12 * time.Second},
			channel.Submit:     {Outcome: channel.Refused, Answered: 13 * time.Second},
			channel.Lost:       {Outcome: channel.Ambiguous, Answered: 14 * time.Second},
			channel.Job:        {Outcome: channel.Failed, Answered: 2 * time.Second, Service: time.Minute, Billed: f.Billed},
			channel.BadClip:    {Outcome: channel.Unusable, Answered: 2 * time.Second, Service: time.Minute},
			channel.NoReason:   {Outcome: channel.Delivered, Answered: 2 * time.Second, Service: time.Minute},
		}[f.Reason]
		if want.Reason = f.Reason; f != want {
			t.Fatalf("order %d: %+v, want %+v", i, f, want)
		}
	}
	left := orders
	for _, e := range []struct {
		reason channel.Reason
		rate   float64
	}{{channel.Moderation, 0.05}, {channel.Region, 0.10}, {channel.Submit, 0.15}, {channel.Lost, 0.20},
		{channel.Job, 0.25}, {channel.BadClip, 0.35}} {
		checkShare(t, e.reason.String()+" of those that came so far", counts[e.reason], left, e.rate)
		left -= counts[e.reason]
	}
	checkShare(t, "billed of the failed jobs", billed, counts[channel.Job], 0.30)
}

// TestEachErrorAlone: an error whose rate is one is all that happens, whatever comes after it, and without any error
// all is delivered.
func TestEachErrorAlone(t *testing.T) {
	later := world.Errors{
		By: world.ByReason{channel.Moderation: {Rate: 1}, channel.Region: {Rate: 1}, channel.Submit: {Rate: 1},
			channel.Lost: {Rate: 1}, channel.Job: {Rate: 1, Billed: 1}, channel.BadClip: {Rate: 1}},
	}
	for _, tt := range []struct {
		want channel.Reason
		drop func(*world.Errors) // what stands before the next reason
	}{
		{channel.Moderation, func(e *world.Errors) { e.By[channel.Moderation].Rate = 0 }},
		{channel.Region, func(e *world.Errors) { e.By[channel.Region].Rate = 0 }},
		{channel.Submit, func(e *world.Errors) { e.By[channel.Submit].Rate = 0 }},
		{channel.Lost, func(e *world.Errors) { e.By[channel.Lost].Rate = 0 }},
		{channel.Job, func(e *world.Errors) { e.By[channel.Job].Rate = 0 }},
		{channel.BadClip, func(e *world.Errors) { e.By[channel.BadClip].Rate = 0 }},
		{channel.NoReason, func(*world.Errors) {}},
	} {
		m := one(later)
		for i := range 100 {
			f := m.Attempt(m.Key(0, i), 0, 0, i%3)
			if f.Reason != tt.want || f.Billed != (tt.want == channel.Job) {
				t.Errorf("%v: order %d met %v, billed %v", tt.want, i, f.Reason, f.Billed)
			}
			if refused := f.Outcome == channel.Refused || f.Outcome == channel.Ambiguous; refused && f.Answered != 0 {
				t.Errorf("%v: a refusal without a time took %v", tt.want, f.Answered)
			}
		}
		tt.drop(&later)
	}
}

// TestTriesAreIndependent: each try and each channel draws its errors anew.
func TestTriesAreIndependent(t *testing.T) {
	e := world.Errors{By: world.ByReason{channel.Region: {Rate: 0.3}}}
	m := one(e, e)
	again, both := 0, 0
	for i := range orders {
		k := m.Key(0, i)
		if m.Attempt(k, 0, 0, 0).Reason == channel.Region {
			if m.Attempt(k, 0, 0, 1).Reason == channel.Region {
				again++
			}
			if m.Attempt(k, 1, 0, 0).Reason == channel.Region {
				both++
			}
		}
	}
	checkShare(t, "region errors on the first two tries", again, orders, 0.09)
	checkShare(t, "region errors on both channels", both, orders, 0.09)
}

// TestModerationIsBoundToThePrompt: it is one draw per order, so every try and every channel of the same rate agrees,
// and a stricter channel refuses what a laxer one does, and more.
func TestModerationIsBoundToThePrompt(t *testing.T) {
	lax, strict := world.Errors{By: world.ByReason{channel.Moderation: {Rate: 0.02}}},
		world.Errors{By: world.ByReason{channel.Moderation: {Rate: 0.06}}}
	m := one(lax, strict, lax)
	var counts [2]int
	for i := range orders {
		k := m.Key(0, i)
		var refused [3]bool
		for ch := range refused {
			refused[ch] = m.Attempt(k, ch, 0, 0).Reason == channel.Moderation
			if again := m.Attempt(k, ch, 0, 1).Reason == channel.Moderation; again != refused[ch] {
				t.Fatalf("order %d, channel %d: moderation says %v, then %v", i, ch, refused[ch], again)
			}
		}
		if refused[0] && !refused[1] || refused[0] != refused[2] {
			t.Fatalf("order %d: refused %v by channels of 2 %%, 6 %% and 2 %%", i, refused)
		}
		for ch := range counts {
			if refused[ch] {
				counts[ch]++
			}
		}
	}
	checkShare(t, "lax", counts[0], orders, 0.02)
	checkShare(t, "strict", counts[1], orders, 0.06)
}

// TestRegionMix: one of the rates holds for all tries of an order on a channel, so that j errors in a row have the
// share Σ w·r^j, not (Σ w·r)^j.
func TestRegionMix(t *testing.T) {
	mix := world.Errors{
		By:        world.ByReason{channel.Region: {Rate: 1, Takes: dist.Constant(6)}}, // to be ignored
		RegionMix: []world.Weighted{{Weight: 0.5, Rate: 0.1}, {Weight: 0.3, Rate: 0.4}, {Weight: 0.2, Rate: 0.9}},
	}
	m := one(mix, mix)
	var inARow [4]int
	both := 0
	for i := range orders {
		k := m.Key(0, i)
		for try := range inARow {
			if m.Attempt(k, 0, 0, try).Reason != channel.Region {
				break
			}
			inARow[try]++
		}
		if m.Attempt(k, 0, 0, 0).Reason == channel.Region && m.Attempt(k, 1, 0, 0).Reason == channel.Region {
			both++
		}
	}
	for try, got := range inARow {
		want := 0.0
		for _, w := range mix.RegionMix {
			want += w.Weight * math.Pow(w.Rate, float64(try+1))
		}
		checkShare(t, fmt.Sprintf("%d errors in a row", try+1), got, orders, want)
	}
	checkShare(t, "an error on both channels", both, orders, 0.35*0.35)
}

func TestFetch(t *testing.T) {
	m := one(world.Errors{By: world.ByReason{channel.Download: {Rate: 0.2}}}, world.Errors{})
	first, again, retried := 0, 0, 0
	for i := range orders {
		k := m.Key(0, i)
		if m.Fetch(k, 1, 0, 0) {
			t.Fatalf("order %d: a fetch failed where none does", i)
		}
		if !m.Fetch(k, 0, 0, 0) {
			continue
		}
		first++
		if m.Fetch(k, 0, 0, 1) {
			again++
		}
		if m.Fetch(k, 0, 1, 0) {
			retried++
		}
	}
	checkShare(t, "failed fetches", first, orders, 0.2)
	checkShare(t, "failed twice", again, orders, 0.04)
	checkShare(t, "failed on two tries", retried, orders, 0.04)
}

func TestJitterIsUniformAndItsOwn(t *testing.T) {
	m := one(world.Errors{})
	low, seen := 0, map[float64]bool{}
	for i := range orders {
		k := m.Key(0, i)
		u := m.Jitter(k, 0, 0)
		if !(u > 0 && u < 1) {
			t.Fatalf("order %d: jitter %v", i, u)
		}
		if u < 0.25 {
			low++
		}
		if m.Jitter(k, 0, 1) == u || m.Jitter(k, 1, 0) == u || seen[u] {
			t.Fatalf("order %d: jitter %v is drawn twice", i, u)
		}
		seen[u] = true
	}
	checkShare(t, "jitter below 0.25", low, orders, 0.25)
}

// TestFatesDontDependOnTheOrderOfTheWork draws every fate forwards, then backwards and between other months.
func TestFatesDontDependOnTheOrderOfTheWork(t *testing.T) {
	m := one(every, every)
	m.Orders = 10
	type place struct{ month, order, ch, try int }
	type drawn struct {
		class  int
		fate   world.Fate
		fetch  bool
		jitter float64
	}
	draw := func(p place) drawn {
		k := m.Key(p.month, p.order)
		class := m.Class(k)
		return drawn{class, m.Attempt(k, p.ch, class, p.try), m.Fetch(k, p.ch, p.try, 1), m.Jitter(k, p.ch, p.try)}
	}
	var places []place
	for month := range 3 {
		for order := range 200 {
			for ch := range 2 {
				places = append(places, place{month, order, ch, 0}, place{month, order, ch, 1})
			}
		}
	}
	first := map[place]drawn{}
	for _, p := range places {
		first[p] = draw(p)
	}
	for i := len(places) - 1; i >= 0; i-- {
		m.Arrivals(places[i].month)
		if got, want := draw(places[i]), first[places[i]]; got != want {
			t.Fatalf("%+v: %+v, at first %+v", places[i], got, want)
		}
	}
	if a, b := first[place{0, 0, 0, 0}], first[place{1, 0, 0, 0}]; a == b {
		t.Errorf("the first orders of two months are the same: %+v", a)
	}
}

// TestTakesFollowTheirDistribution holds the means of submits, refusals and jobs, which are drawn apart.
func TestTakesFollowTheirDistribution(t *testing.T) {
	submit, refusal, lost := dist.NewLogNormal(3, 0.5), dist.NewGamma(6, 2), dist.NewWeibull(30, 1.5)
	service := []dist.Distribution{dist.NewLogNormal(65, 0.4), dist.Uniform{Low: 100, High: 300}}
	m := &world.Model{Seed: 4, Classes: make([]world.Class, 2), Channels: []world.Channel{{
		SubmitTakes: submit,
		Jobs:        []world.Job{{Service: service[0]}, {Service: service[1]}},
		Errors: world.Errors{By: world.ByReason{channel.Region: {Rate: 0.3, Takes: refusal},
			channel.Lost: {Rate: 0.3, Takes: lost}, channel.Job: {Rate: 0.2}}},
	}}}
	var submits, refusals, losts []time.Duration
	services := make([][]time.Duration, 2)
	for i := range orders {
		class := i % 2
		switch f := m.Attempt(m.Key(0, i), 0, class, 0); f.Outcome {
		case channel.Refused:
			refusals = append(refusals, f.Answered)
		case channel.Ambiguous:
			losts = append(losts, f.Answered)
		default:
			submits = append(submits, f.Answered)
			services[class] = append(services[class], f.Service)
		}
	}
	checkMean(t, "submits", submits, submit.Mean())
	checkMean(t, "refusals", refusals, refusal.Mean())
	checkMean(t, "lost answers", losts, lost.Mean())
	checkMean(t, "jobs of the first class", services[0], service[0].Mean())
	checkMean(t, "jobs of the second class", services[1], service[1].Mean())
}

func TestDurationsAreBounded(t *testing.T) {
	m := one(world.Errors{})
	m.Channels[0].Jobs[0].Service = dist.Constant(1e300)
	m.Channels[0].SubmitTakes = nil
	f := m.Attempt(m.Key(0, 0), 0, 0, 0)
	if want := 10 * 365 * 24 * time.Hour; f.Service != want {
		t.Errorf("an endless job takes %v, want %v", f.Service, want)
	}
	if f.Answered != 0 {
		t.Errorf("a submit without a time takes %v", f.Answered)
	}
	m.Channels[0].Jobs[0].Service = dist.Constant(1.25)
	if f := m.Attempt(m.Key(0, 0), 0, 0, 0); f.Service != 1250*time.Millisecond {
		t.Errorf("a job of 1.25 s takes %v", f.Service)
	}
}

// arrivals lists the arrivals of a month.
func arrivals(m *world.Model, month int) []time.Duration {
	var all []time.Duration
	a := m.Arrivals(month)
	for at, more := a.Next(); more; at, more = a.Next() {
		all = append(all, at)
	}
	return all
}

func TestArrivals(t *testing.T) {
	for _, process := range []world.Process{world.Poisson, world.EvenArrival} {
		for _, n := range []int{0, 1, 2, 1000, 20_000} {
			m := &world.Model{Seed: 6, Orders: n, Process: process}
			for month := range 3 {
				all := arrivals(m, month)
				if len(all) != n {
					t.Fatalf("process %d: %d arrivals, want %d", process, len(all), n)
				}
				last := time.Duration(-1)
				for i, at := range all {
					if at < last || at >= world.Month {
						t.Fatalf("process %d, month %d: arrival %d of %d at %v, after %v", process, month, i, n, at, last)
					}
					last = at
				}
			}
		}
	}
}

// TestArrivalsAreUniform bounds Kolmogorov and Smirnov's distance: beyond 1.95/√n lies one month in a thousand,
// beyond 3/√n one in 30 million.
func TestArrivalsAreUniform(t *testing.T) {
	const n = 5000
	m := &world.Model{Seed: 6, Orders: n}
	for month := range 20 {
		distance := 0.0
		for i, at := range arrivals(m, month) {
			share := float64(at) / float64(world.Month)
			distance = max(distance, share-float64(i)/n, float64(i+1)/n-share)
		}
		if distance > 3/math.Sqrt(n) || distance < 0.2/math.Sqrt(n) {
			t.Errorf("seed %d, month %d: Kolmogorov-Smirnov distance %.4f, want about %.4f", m.Seed, month, distance,
				0.87/math.Sqrt(n))
		}
	}
}

// TestGapsAreExponential: of a Poisson process' gaps, the share e⁻¹ exceeds the mean, and neighbours don't correlate.
func TestGapsAreExponential(t *testing.T) {
	const n = 50_000
	mean := float64(world.Month) / (n + 1)
	all := arrivals(&world.Model{Seed: 6, Orders: n}, 0)
	long, pairs := 0, 0
	before := false
	for i := range all[1:] {
		is := float64(all[i+1]-all[i]) > mean
		if is {
			long++
			if before {
				pairs++
			}
		}
		before = is
	}
	checkShare(t, "gaps longer than their mean", long, n-1, math.Exp(-1))
	checkShare(t, "two such gaps in a row", pairs, n-2, math.Exp(-2))
}

// TestProfile: each hour of the day gets its share of the orders, spread evenly over it; an hour of weight 0 none.
func TestProfile(t *testing.T) {
	weights := []float64{0, 0, 0, 0, 0, 0.5, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 4, 3, 2, 1, 1, 0}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	const n = 50_000
	for _, process := range []world.Process{world.Poisson, world.EvenArrival} {
		m := &world.Model{Seed: 6, Orders: n, Process: process, Profile: weights}
		var hours, days, early [30]int
		last := time.Duration(-1)
		for _, at := range arrivals(m, 0) {
			if at < last || at >= world.Month {
				t.Fatalf("an arrival at %v, after %v", at, last)
			}
			last = at
			hour := at / time.Hour % 24
			hours[hour]++
			days[at/(24*time.Hour)]++
			if at%time.Hour < 15*time.Minute {
				early[hour]++
			}
		}
		for h, w := range weights {
			if w == 0 && hours[h] > 0 {
				t.Errorf("%d arrivals in hour %d", hours[h], h)
			} else if w > 0 {
				checkShare(t, fmt.Sprintf("hour %d", h), hours[h], n, w/sum)
				checkShare(t, fmt.Sprintf("the first quarter of hour %d", h), early[h], hours[h], 0.25)
			}
		}
		for d, count := range days {
			checkShare(t, fmt.Sprintf("day %d", d), count, n, 1.0/30)
		}
	}
	flat := &world.Model{Seed: 6, Orders: 1000, Profile: slices.Repeat([]float64{3}, 24)}
	plain := arrivals(&world.Model{Seed: 6, Orders: 1000}, 0)
	for i, at := range arrivals(flat, 0) {
		if d := at - plain[i]; d < -100 || d > 100 {
			t.Fatalf("a flat profile moves an arrival from %v to %v", plain[i], at)
		}
	}
}

// TestTrace: orders come when they came, in every month.
func TestTrace(t *testing.T) {
	trace := []time.Duration{0, time.Second, time.Second, world.Month - 1}
	m := &world.Model{Orders: 4, Process: world.Traced, Trace: trace}
	for month := range 2 {
		if got := arrivals(m, month); !slices.Equal(got, trace) {
			t.Errorf("month %d: %v", month, got)
		}
	}
}

func TestEvenArrivals(t *testing.T) {
	m := &world.Model{Orders: 4, Process: world.EvenArrival}
	for i, got := range arrivals(m, 0) {
		if want := world.Month / 8 * time.Duration(2*i+1); got != want {
			t.Errorf("arrival %d at %v, want %v", i, got, want)
		}
	}
}

// TestMonthsAreTheSameForAllWorkers: a month's arrivals depend on the seed and the month only.
func TestMonthsAreTheSameForAllWorkers(t *testing.T) {
	m := &world.Model{Seed: 6, Orders: 100}
	late, early := arrivals(m, 7), arrivals(m, 3)
	interleaved := m.Arrivals(3)
	other := m.Arrivals(7)
	for i := range early {
		at, _ := interleaved.Next()
		if o, _ := other.Next(); at != early[i] || o != late[i] {
			t.Fatalf("arrival %d: %v and %v when months take turns, %v and %v alone", i, at, o, early[i], late[i])
		}
	}
	m.Seed++
	for name, pair := range map[string][2][]time.Duration{"two months": {early, late},
		"two seeds": {early, arrivals(m, 3)}} {
		same := 0
		for i := range pair[0] {
			if pair[0][i] == pair[1][i] {
				same++
			}
		}
		if same > 0 {
			t.Errorf("%s share %d of 100 arrivals", name, same)
		}
	}
}

func ExampleModel_Attempt() {
	m := worldtest.RefV1(20_000)
	key := m.Key(0, 0) // the first order of the first month
	class := m.Class(key)
	fate := m.Attempt(key, worldtest.Forwarding, class, 0)
	fmt.Println(m.Classes[class].Name, fate.Outcome, fate == m.Attempt(key, worldtest.Forwarding, class, 0))
	// Output: long-1080p delivered true
}
