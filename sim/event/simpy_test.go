//go:build unix

package event_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
)

// duel is one model that is simulated here and in SimPy, by replications of equal length.
type duel struct {
	script  []string // and its arguments after the lengths
	unit    string   // what is counted
	each    int      // of them: by customer or order
	size    int      // customers or orders of one replication
	figures []string
	months  func(b *testing.B, size int) (replicate func(month int) []float64)
}

// BenchmarkAgainstSimPy prints how much one core simulates in a second of its own time, how much SimPy does of the same
// model, and the ratio. Their figures must agree within four standard errors. Where Python knows no SimPy (Debian:
// python3-simpy3), it says so and prints the first alone.
//
// SimPy polls as its users write it: each poll is an event ("orders"). The engine works out which poll finds a job
// ended, as polls that find nothing change nothing; "orders, SimPy spared the polls" is how fast SimPy would be if its
// model did so, too.
func BenchmarkAgainstSimPy(b *testing.B) {
	b.Run("queue", duel{[]string{"testdata/queue.py"}, "Mevents/s", 2, 20_000, []string{"mean wait"}, queueMonths}.run)
	for _, orders := range []struct{ name, polls string }{{"orders", "each"}, {"orders, SimPy spared the polls", "last"}} {
		script := []string{"testdata/orders.py", orders.polls}
		b.Run(orders.name, duel{script, "Morders/s", 1, 20_000, []string{"mean latency", "fallbacks"}, orderMonths}.run)
	}
}

// queueMonths are customers of M/M/10 at λ 9 who ask the limits of a channel, as the engine does: an arrival and
// an end each.
func queueMonths(b *testing.B, size int) func(month int) []float64 {
	m, _ := queue(10, size, dist.Constant(1))
	exponential := func(random *rand.Rand, mean time.Duration) time.Duration {
		return time.Duration(random.ExpFloat64() * float64(mean))
	}
	return func(month int) []float64 {
		trouble, random := m.Trouble(month), rand.New(rand.NewPCG(1, uint64(month)))
		at, waited := time.Duration(0), time.Duration(0)
		for range size {
			at += exponential(random, time.Second/9)
			service := exponential(random, time.Second)
			f := world.Fate{Service: service}
			if trouble.Pause(a, at) > 0 {
				b.Fatal("a queue without end refuses a customer")
			}
			trouble.Run(0, a, 0, at, &f)
			waited += f.Service - service
		}
		return []float64{waited.Seconds() / float64(size)}
	}
}

// orderMonths are orders of RefV1 with slots, sticky exits, retries, polls and a fallback. So that few of them keep
// forty slots busy for a month, all its times are stretched.
func orderMonths(b *testing.B, size int) func(month int) []float64 {
	const rate = 0.38 // orders per second
	stretch := world.Month.Seconds() * rate / float64(size)
	stretched := func(seconds float64) time.Duration { return time.Duration(seconds * stretch * 1e9) }
	m := worldtest.RefV1(size)
	jobs := m.Channels[worldtest.Reverse].Jobs // both channels'
	for i := range jobs {
		service := jobs[i].Service.(dist.LogNormal)
		service.Mu += math.Log(stretch)
		jobs[i].Service = service
	}
	c := &m.Channels[worldtest.Reverse]
	c.Limits = world.Limits{Concurrent: 40, Queue: -1}
	c.Errors = world.Errors{
		By:    world.ByReason{channel.Region: {Rate: 0.02, Takes: dist.NewLogNormal(6*stretch, 0.6)}},
		Exits: world.Exits{Count: 20, Burst: stretched(60), PerOrder: true},
	}
	s := worldtest.Strategy("hybrid", m, stretched(10), worldtest.Reverse, worldtest.Forwarding)
	for _, r := range s.Routes {
		for i := range r.Steps {
			r.Steps[i].Backoff.Base = stretched(2)
		}
	}
	engine, err := event.New(m, s)
	if err != nil {
		b.Fatal(err)
	}
	return func(month int) []float64 {
		t := engine.Month(month)
		return []float64{t.Latency.Seconds() / stretch / float64(size), float64(t.Fallbacks) / float64(size)}
	}
}

func (d duel) run(b *testing.B) {
	const replications = 50
	replicate := d.months(b, d.size)
	var first [][]float64
	began := processor(b)
	for b.Loop() {
		var figures [][]float64
		for month := range replications {
			figures = append(figures, replicate(month))
		}
		if first == nil {
			first = figures
		}
	}
	speed := float64(b.N*replications*d.size*d.each) / (processor(b) - began).Seconds() / 1e6
	b.ReportMetric(0, "ns/op") // of the clock on the wall, which others share
	b.ReportMetric(speed, d.unit)
	theirs, found := d.simpy(b)
	if !found {
		b.Log("SimPy is not installed: nothing to compare with")
		return
	}
	b.ReportMetric(theirs.speed, "SimPy-"+d.unit)
	b.ReportMetric(speed/theirs.speed, "×SimPy")
	for i, name := range d.figures {
		agree(b, name+", SimPy "+theirs.Version, column(first, i), column(theirs.Figures, i))
	}
}

// answer is what a script prints.
type answer struct {
	Version string
	CPU     float64 // seconds
	Figures [][]float64
	speed   float64
}

// simpy runs the script. Without SimPy it isn't found.
func (d duel) simpy(b *testing.B) (theirs answer, found bool) {
	b.Helper()
	const replications = 10
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import simpy").Run() != nil {
			continue
		}
		arguments := slices.Insert(slices.Clone(d.script), 1, strconv.Itoa(d.size), strconv.Itoa(replications))
		out, err := exec.Command(python, arguments...).Output()
		if err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(out, &theirs); err != nil {
			b.Fatal(err)
		}
		theirs.speed = float64(replications*d.size*d.each) / theirs.CPU / 1e6
		return theirs, true
	}
	return answer{}, false
}

// agree holds two samples of one figure to the same mean within four standard errors of the difference.
func agree(b *testing.B, what string, ours, theirs []float64) {
	b.Helper()
	our, ourSE := meanAndError(ours)
	their, theirSE := meanAndError(theirs)
	z := (our - their) / math.Hypot(ourSE, theirSE)
	b.Logf("%s: %.5g ± %.2g here, %.5g ± %.2g there, %+.1f standard errors", what, our, ourSE, their, theirSE, z)
	if !(math.Abs(z) <= 4) {
		b.Errorf("%s: the two don't agree", what)
	}
}

func meanAndError(values []float64) (mean, se float64) {
	n, squares := float64(len(values)), 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(squares / (n - 1) / n)
}

func column(rows [][]float64, i int) (values []float64) {
	for _, row := range rows {
		values = append(values, row[i])
	}
	return values
}

// processor is the processor time that this process has used; its children's is not in it.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
