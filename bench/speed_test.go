//go:build unix

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// The benchmarks run the mock channels in a child of the test binary, so that what the client costs can be told
// apart. CPU time is the process's own (getrusage); orders per second and lag depend on what else the machine does.

// quick is a scenario of one channel whose jobs take 8 s or so, a twentieth of it in real time at quickSpeed; it is
// polled every 2 s, so that an order takes six or seven requests.
const quick = `
name = "quick"
title = "One channel that makes every clip"
seed = 1

[workload]
orders_per_month = 20_000
deadline = "100h"

[[workload.videos]]
name = "short"
share = "100%"
seconds = 5
resolution = "720p"

[channels.only]
kind = "reverse"
terms = "none"
protocol = "openai-videos"
base_url = "https://api.example.com/v1"
key_env = "KEY"
model = "sora-2"
poll = "2s"
price = { per_call = "$0.01", billed = "on_success", as_of = 2025-12-01, confidence = "assumed", source = "example" }
latency = { base = "7s", sigma = 0.4, confidence = "assumed", source = "example" }

[strategies.only]
steps = [{ channel = "only", attempts = 3 }]

[costs]
undelivered = "$0.00"
late = "$0.00"

[decision]
minimise = "cost"
require = ["delivered >= 99%"]
`

const quickSpeed = 20

// quickly is that scenario with so many orders, so many of them in a second of real time.
func quickly(tb testing.TB, orders, perSecond int, set ...string) *scenario.Scenario {
	tb.Helper()
	rate := fmt.Sprintf("bench.rate=%d/min", perSecond*60/quickSpeed)
	s, _, err := scenario.Load("quick", []byte(quick), scenario.Options{Set: append([]string{rate}, set...)})
	if err != nil {
		tb.Fatal(err)
	}
	s.Bench.Orders = orders
	return s
}

// overTheNetwork are the options of a run on mock channels at an address.
func overTheNetwork(s *scenario.Scenario, address string) Options {
	o := Options{Key: func(string) string { return "key" }, Prompts: Prompts(), Cap: 1_000_000 * money.Dollar,
		Speed: quickSpeed, BaseURLs: map[string]string{}}
	for i := range s.Channels {
		o.BaseURLs[s.Channels[i].Name] = mockchannel.URL(address, s.Channels[i].Name)
	}
	return o
}

// roleEnv names the environment variable that makes this test binary a child of a benchmark.
const roleEnv = "CHANNELBENCH_TEST_SPEED"

// TestSpeedChild is no test but what a child of a benchmark does.
func TestSpeedChild(t *testing.T) {
	switch role, argument, _ := strings.Cut(os.Getenv(roleEnv), " "); role {
	case "serve":
		serveQuickly(t, argument)
	case "open":
		openMany(t, argument)
	default:
		t.Skip("only for benchmarks")
	}
}

// child starts this test binary in a role; lines are what it says.
func child(b *testing.B, role string) (lines *bufio.Scanner) {
	b.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestSpeedChild$")
	c.Env = append(os.Environ(), roleEnv+"="+role)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close() // which ends it
		_, _ = io.Copy(io.Discard, out)
		if err := c.Wait(); err != nil {
			b.Error(err)
		}
	})
	return bufio.NewScanner(out)
}

// serveQuickly serves the mock channels until its standard input ends, and counts requests at /requests.
func serveQuickly(t *testing.T, set string) {
	s := quickly(t, 1, 1, strings.Fields(set)...)
	mock, err := mockchannel.New(s, mockchannel.Options{Speed: quickSpeed})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int64
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/requests" {
				fmt.Fprint(w, requests.Load())
				return
			}
			requests.Add(1)
			mock.Handler().ServeHTTP(w, r)
		}))
	}()
	fmt.Printf("http://%v\n", listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// served is the address of mock channels in a child.
func served(b *testing.B, set ...string) string {
	b.Helper()
	lines := child(b, "serve "+strings.Join(set, " "))
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "http://") {
		b.Fatalf("the child says %q", lines.Text())
	}
	return lines.Text()
}

// requests is how many requests the mock channels have had.
func requests(b *testing.B, address string) int {
	b.Helper()
	response, err := http.Get(address + "/requests")
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.Atoi(string(body))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bill is what some HTTP traffic took.
type bill struct {
	requests int
	cpu      time.Duration
	took     time.Duration
}

// perRequest is in microseconds of processor time.
func (x *bill) perRequest() float64 { return x.cpu.Seconds() * 1e6 / float64(x.requests) }

// billed measures what work costs.
func billed(b *testing.B, address string, work func()) bill {
	b.Helper()
	before, used, began := requests(b, address), cpu(b), time.Now()
	work()
	took, spent := time.Since(began), cpu(b)-used
	return bill{requests(b, address) - before, spent, took}
}

// delivers benches a scenario, of which every order must be delivered.
func delivers(b *testing.B, s *scenario.Scenario, o Options) {
	b.Helper()
	run, err := Run(b.Context(), s, o)
	if err != nil {
		b.Fatal(err)
	}
	if got := run.Strategies[0]; int(got.Delivered) != s.Bench.Orders {
		b.Fatalf("%d of %d orders delivered: %v", got.Delivered, s.Bench.Orders, got.ErrorsPer1000)
	}
}

// punctuality is when the orders of a journal began and were submitted.
type punctuality struct {
	begun, late []float64 // after their scheduled times, in milliseconds of real time
	first, last time.Time // submit
}

// punctual reads a journal.
func punctual(b *testing.B, path string) (p punctuality) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	scheduled := map[int]time.Time{}
	for entry, err := range journal.Read(f) {
		if err != nil {
			b.Fatal(err)
		}
		switch e := entry.(type) {
		case journal.Order:
			scheduled[e.Order] = e.Scheduled.Time
		case journal.Finished:
			p.begun = append(p.begun, e.Lag.Seconds()*1e3/quickSpeed)
		case journal.Ended:
			p.late = append(p.late, e.Submitted.Sub(scheduled[e.Order]).Seconds()*1e3)
			if p.first.IsZero() || e.Submitted.Before(p.first) {
				p.first = e.Submitted.Time
			}
			if e.Submitted.After(p.last) {
				p.last = e.Submitted.Time
			}
		}
	}
	return p
}

// BenchmarkOrders sends 1,000 orders a second for some seconds, with a journal. The lag is how late they begin; the
// submit then waits until its intent is on the disk.
func BenchmarkOrders(b *testing.B) {
	const orders, perSecond = 5000, 1000
	address := served(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)) // as the command does
	count, used := 0, time.Duration(0)
	var begun, late []float64
	var sending time.Duration
	for b.Loop() {
		s := quickly(b, orders, perSecond)
		o := overTheNetwork(s, address)
		o.Journal = filepath.Join(b.TempDir(), "orders.jsonl")
		one := billed(b, address, func() { delivers(b, s, o) })
		count, used = count+one.requests, used+one.cpu
		p := punctual(b, o.Journal)
		begun, late = append(begun, p.begun...), append(late, p.late...)
		sending += p.last.Sub(p.first)
	}
	slices.Sort(begun)
	slices.Sort(late)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(late))/sending.Seconds(), "orders/s")
	b.ReportMetric(begun[len(begun)/2], "p50-lag-ms")
	b.ReportMetric(begun[len(begun)*99/100], "p99-lag-ms")
	b.ReportMetric(late[len(late)/2], "p50-submit-ms")
	b.ReportMetric(late[len(late)*99/100], "p99-submit-ms")
	b.ReportMetric(float64(count)/float64(len(late)), "requests/order")
	b.ReportMetric(used.Seconds()*1e6/float64(count), "cpu-µs/request")
}

// BenchmarkPerRequest compares what a request costs with plain vegeta sending as many at the same rate to the same
// channels: as many submits, polls and fetches, whose answers it reads and forgets. The ratios are medians over the
// rounds.
func BenchmarkPerRequest(b *testing.B) {
	const orders, perSecond, rounds = 1000, 1000, 6
	address := served(b)
	var ours, kept, plain []float64
	for b.Loop() {
		for range rounds {
			s := quickly(b, orders, perSecond)
			o := overTheNetwork(s, address)
			one := billed(b, address, func() { delivers(b, s, o) })
			targets := alike(b, mockchannel.URL(address, "only"), one.requests, orders)
			other := billed(b, address, func() { hitPlainly(b, targets, one) })
			o.Journal = filepath.Join(b.TempDir(), "orders.jsonl")
			recorded := billed(b, address, func() { delivers(b, s, o) })
			plain = append(plain, other.perRequest())
			ours = append(ours, one.perRequest()/other.perRequest())
			kept = append(kept, recorded.perRequest()/other.perRequest())
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(plain), "vegeta-µs/request")
	b.ReportMetric(median(ours), "ratio")
	b.ReportMetric(median(kept), "ratio-with-journal")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// alike are targets of as many requests of each kind as the orders took, in turn.
func alike(b *testing.B, base string, requests, orders int) []vegeta.Target {
	b.Helper()
	header := http.Header{"Authorization": {"Bearer key"}, "Content-Type": {"application/json"}}
	submit := vegeta.Target{Method: http.MethodPost, URL: base + "/videos", Header: header,
		Body: []byte(`{"model":"sora-2","prompt":"A red kite climbs over a green hill at noon","seconds":"5","size":"1280x720"}`)}
	request, err := submit.Request()
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	_, rest, found := strings.Cut(string(answer), `"id":"`)
	id, _, ended := strings.Cut(rest, `"`)
	if err != nil || !found || !ended {
		b.Fatalf("%v: %s", err, answer)
	}
	time.Sleep(3 * time.Second) // until the clip is made
	poll := vegeta.Target{Method: http.MethodGet, URL: base + "/videos/" + id, Header: header}
	fetch := vegeta.Target{Method: http.MethodGet, URL: poll.URL + "/content", Header: header}
	var targets []vegeta.Target
	polls := requests - 2*orders
	for i := range orders {
		targets = append(targets, submit)
		for range polls*(i+1)/orders - polls*i/orders {
			targets = append(targets, poll)
		}
		targets = append(targets, fetch)
	}
	return targets
}

// hitPlainly sends targets as an order's requests were sent.
func hitPlainly(b *testing.B, targets []vegeta.Target, like bill) {
	b.Helper()
	attacker := vegeta.NewAttacker()
	rate := vegeta.ConstantPacer{Freq: int(float64(like.requests) / like.took.Seconds()), Per: time.Second}
	lasts := time.Duration(float64(len(targets)) / float64(rate.Freq) * float64(time.Second))
	for r := range attacker.Attack(vegeta.NewStaticTargeter(targets...), rate, lasts, "") {
		if r.Code != http.StatusOK {
			b.Fatalf("%s %s: %d %s", r.Method, r.URL, r.Code, r.Error)
		}
	}
}

// BenchmarkOpenOrders keeps 4,000 orders open at once in a child, and reports its peak of memory.
func BenchmarkOpenOrders(b *testing.B) {
	var open, most float64
	for b.Loop() {
		address := served(b, "channels.only.latency.base=200s", "channels.only.latency.sigma=0")
		lines := child(b, "open "+address)
		if !lines.Scan() {
			b.Fatal("the child says nothing")
		}
		var orders, peak float64
		if _, err := fmt.Sscanf(lines.Text(), "%g orders, %g MiB", &orders, &peak); err != nil {
			b.Fatalf("the child says %q", lines.Text())
		}
		open, most = orders, max(most, peak)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(open, "open-orders")
	b.ReportMetric(most, "peak-MiB")
}

// openMany benches many long jobs, and says how many were open at once and what memory that took at most.
func openMany(t *testing.T, address string) {
	const orders, perSecond = 4000, 1000
	s := quickly(t, orders, perSecond, "channels.only.poll=40s")
	o := overTheNetwork(s, address)
	o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
	var stream bytes.Buffer
	o.Results = &stream
	if _, err := Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err) // no Linux
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(peak, &kib); err != nil {
		t.Fatal(err)
	}
	hits := decoded(t, &stream)
	last, open := hits[len(hits)-1].Timestamp, 0
	for _, h := range hits {
		if h.End().After(last) {
			open++
		}
	}
	fmt.Printf("%d orders, %.1f MiB\n", open, kib/1024)
}
