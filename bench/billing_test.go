package bench

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// ordinarily runs the ordinary scenario, an order a minute, against a channel inside a bubble.
func ordinarily(t *testing.T, c *relay, edit func(*Options), set ...string) (*record.Run, error) {
	t.Helper()
	s, _, err := scenario.Load("ordinary", []byte(ordinary), scenario.Options{Set: append([]string{
		`workload.arrivals.process="constant"`, `bench.rate="1/min"`, `bench.stop="none"`}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Key: func(string) string { return "key-123456" }, Prompts: Prompts(), Cap: 100 * money.Dollar,
		BaseURLs: map[string]string{"relay": "http://127.0.0.1/v1"}, transport: inside{c}}
	edit(&o)
	return Run(t.Context(), s, o)
}

// What a relay says of a job, with more to follow.
const (
	runs  = `{"id":"job-1","status":"in_progress"`
	fails = `{"id":"job-1","status":"failed","error":{"code":"internal","message":"out of ponies"}`
)

// failing is a channel whose jobs fail at the second poll, and what it says of their cost: with the submit, while they
// run, and with their end.
func failing(quoted, meanwhile, told string) *relay {
	return &relay{submit: says(200, `{"id":"job-1","status":"queued"`+quoted+`}`),
		poll: alternating(says(200, runs+meanwhile+"}"), says(200, fails+told+"}"))}
}

// alternating answers in two ways, in turn.
func alternating(first, second http.HandlerFunc) http.HandlerFunc {
	var asked atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%2 == 1 {
			first(w, r)
		} else {
			second(w, r)
		}
	}
}

// billings are channels whose jobs fail, at $0.10 each, and what eight of them cost under a cap of $0.50.
var billings = []struct {
	name    string
	channel func() *relay
	set     []string
	submits int64
	each    journal.Bill
}{
	{name: "nothing stated", channel: func() *relay { return failing("", "", "") }, submits: 8},
	{name: "half of them", channel: func() *relay { return failing("", "", "") }, set: []string{halfBilled}, submits: 5,
		each: journal.Bill{Computed: 50_000, Unproven: true}},
	{name: "all of them", channel: func() *relay { return failing("", "", "") },
		set: []string{`channels.relay.errors.job={ rate = "5%", billed = "100%" }`}, submits: 5,
		each: journal.Bill{Computed: 100_000}},
	{name: "half, and billed when accepted", channel: func() *relay { return failing("", "", "") },
		set: []string{halfBilled, `channels.relay.price.billed="on_accept"`}, submits: 5,
		each: journal.Bill{Computed: 100_000}},
	{name: "half, told that it is free", channel: func() *relay { return failing("", "", cost("0")) },
		set: []string{halfBilled}, submits: 8, each: journal.Bill{Reported: micros(0)}},
	{name: "half, told its price", channel: func() *relay { return failing("", "", cost("0.10")) },
		set: []string{halfBilled}, submits: 5, each: journal.Bill{Computed: 100_000, Reported: micros(100_000)}},
	{name: "half, told more", channel: func() *relay { return failing("", "", cost("0.15")) }, set: []string{halfBilled},
		submits: 3, each: journal.Bill{Computed: 100_000, Reported: micros(150_000)}},
	{name: "nothing stated, told its price", channel: func() *relay { return failing("", "", cost("0.10")) }, submits: 5,
		each: journal.Bill{Computed: 100_000, Reported: micros(100_000)}},
	{name: "nothing stated, a quote with the submit", channel: func() *relay { return failing(cost("0.10"), "", "") },
		submits: 8},
	{name: "nothing stated, a quote while it runs", channel: func() *relay { return failing("", cost("0.10"), "") },
		submits: 8},
	{name: "half, a quote with the submit", channel: func() *relay { return failing(cost("0"), "", "") },
		set: []string{halfBilled}, submits: 5, each: journal.Bill{Computed: 50_000, Unproven: true}},
	{name: "half, left at the deadline", channel: func() *relay { return failing("", "", "") },
		set: []string{halfBilled, `workload.deadline="3s"`}, submits: 5,
		each: journal.Bill{Computed: 50_000, Unproven: true}},
	{name: "all answered at once, told free",
		channel: func() *relay { return &relay{submit: says(200, fails+cost("0")+"}")} }, set: []string{halfBilled},
		submits: 8, each: journal.Bill{Reported: micros(0)}},
}

const halfBilled = `channels.relay.errors.job={ rate = "5%", billed = "50%" }`

// cost is what an answer says of it.
func cost(usd string) string { return `,"usage":{"cost":` + usd + `}` }

func micros(n money.Micros) *money.Micros { return &n }

// TestFailedJobsAreBilledAsStated, where the channel says nothing of their cost with their end; what may be billed
// stays reserved, so that the cap holds whatever the invoice says, and a resumed run with the same cap buys nothing
// more.
func TestFailedJobsAreBilledAsStated(t *testing.T) {
	for _, tt := range billings {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := tt.channel()
				path := filepath.Join(t.TempDir(), "orders.jsonl")
				capped := func(o *Options) { o.Journal, o.Cap = path, money.Dollar/2 }
				set := append([]string{`bench.orders=8`, `strategies.only.steps=[{ channel = "relay", attempts = 1 }]`,
					`channels.relay.poll="2s"`}, tt.set...)
				run, err := ordinarily(t, c, capped, set...)
				if stopped := errors.Is(err, ledger.ErrCap); stopped != (tt.submits < 8) || err != nil && !stopped {
					t.Fatalf("Run ends with %v", err)
				}
				if n := c.submits.Load(); n != tt.submits {
					t.Errorf("%d submits under a cap of $0.50, want %d", n, tt.submits)
				}
				sum, counted := money.Micros(0), money.Micros(0)
				for _, o := range recorded(t, path) {
					for i := range o.Attempts {
						sameBill(t, o.Attempts[i].Bill, tt.each)
						sum += o.Attempts[i].Charge()
						counted += o.Attempts[i].AtMost()
					}
				}
				if want := tt.each.Charge() * money.Micros(tt.submits); sum != want {
					t.Errorf("the attempts cost %v, want %v", sum, want)
				}
				if b := run.Bills[0]; tt.each.Unproven && counted != money.Micros(tt.submits)*100_000 ||
					b.Counted != counted.Dollars() || run.Strategies[0].Counts.SpentUSD != counted.Dollars() {
					t.Errorf("%v counts against the cap, the record says $%v and $%v", counted, b.Counted,
						run.Strategies[0].Counts.SpentUSD)
				}
				_, err = ordinarily(t, c, func(o *Options) { capped(o); o.Resume = true }, set...)
				if n := c.submits.Load(); n != tt.submits || errors.Is(err, ledger.ErrCap) != (tt.submits < 8) {
					t.Errorf("resumed: %d submits, and %v", n, err)
				}
			})
		})
	}
}

// TestResumedBillsAreTheSame: a job that is settled by a later run costs what it would have cost, and leaves as much
// under the cap: with $0.25 for three of them a third is bought only if they are free.
func TestResumedBillsAreTheSame(t *testing.T) {
	for _, tt := range billings {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "orders.jsonl")
				set := append([]string{`bench.orders=3`, `strategies.only.steps=[{ channel = "relay", attempts = 1 }]`,
					`channels.relay.poll="2s"`}, tt.set...)
				c := tt.channel()
				if c.poll == nil {
					t.Skip("nothing is polled")
				}
				if _, err := ordinarily(t, c, func(o *Options) { o.Journal = path }, set...); err != nil {
					t.Fatal(err)
				}
				all := entries(t, path)
				at := slices.IndexFunc(all, func(e journal.Entry) bool { _, is := e.(journal.Accepted); return is })
				cut := filepath.Join(t.TempDir(), "orders.jsonl")
				j, err := begun(cut, all[0].(journal.Run))
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range all[1 : at+1] {
					if err := j.Append(e); err != nil {
						t.Fatal(err)
					}
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				before := c.submits.Load()
				_, err = ordinarily(t, c, func(o *Options) {
					o.Journal, o.Resume, o.Cap, o.Recap = cut, true, money.Dollar/4,
						true
				}, set...)
				if n := c.submits.Load() - before; errors.Is(err, ledger.ErrCap) != (tt.submits < 8) || err == nil && n != 2 ||
					err != nil && n != 1 {
					t.Errorf("resumed: %d submits, and %v", n, err)
				}
				a := recorded(t, cut)[0].Attempts[0]
				if a.Outcome != channel.Failed || a.Open {
					t.Errorf("settled as %+v", a)
				}
				sameBill(t, a.Bill, tt.each)
			})
		})
	}
}

func sameBill(t *testing.T, got, want journal.Bill) {
	t.Helper()
	told := func(b journal.Bill) string {
		if b.Reported == nil {
			return "nothing"
		}
		return b.Reported.String()
	}
	if got.Computed != want.Computed || told(got) != told(want) || got.Unproven != want.Unproven {
		t.Errorf("a bill of %v, %s told, unproven %v; want %v, %s, %v", got.Computed, told(got), got.Unproven, want.Computed,
			told(want), want.Unproven)
	}
}

// TestAQuoteIsNoPrice: what a channel says before a clip is made counts only if it says so again with the clip.
func TestAQuoteIsNoPrice(t *testing.T) {
	for name, tt := range map[string]struct {
		submit, end string
		want        journal.Bill
	}{
		"quoted, and silent then": {cost("0.30"), "", journal.Bill{Computed: 100_000}},
		"quoted, and another charge then": {cost("0.30"), cost("0.08"),
			journal.Bill{Computed: 100_000, Reported: micros(80_000)}},
		"told with the clip": {"", cost("0.30"), journal.Bill{Computed: 100_000, Reported: micros(300_000)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "orders.jsonl")
				c := &relay{submit: says(200, `{"id":"job-1","status":"queued"`+tt.submit+`}`),
					poll: says(200, `{"id":"job-1","status":"completed"`+tt.end+`}`)}
				if _, err := ordinarily(t, c, func(o *Options) { o.Journal = path }, oneOrder); err != nil {
					t.Fatal(err)
				}
				sameBill(t, recorded(t, path)[0].Attempts[0].Bill, tt.want)
			})
		})
	}
}

// TestMeasuredFailuresCostWhatIsExpected: bench and closed form agree on channels that bill a share of their failures,
// whether they tell what they charge or not. The interval is of three standard errors.
func TestMeasuredFailuresCostWhatIsExpected(t *testing.T) {
	orders := proof.Size(250, 800)
	for _, tell := range []bool{false, true} {
		t.Run(fmt.Sprintf("telling the cost %v", tell), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := benchable(t, "starter", orders, `bench.run=["reverse"]`, `bench.rate="60/min"`, `bench.stop="none"`,
					`channels.reverse.errors.job={ rate = "30%", billed = "50%" }`)
				o, _ := onMock(t, s, mockchannel.Options{TellCost: tell})
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				if _, err := Run(t.Context(), s, o); err != nil {
					t.Fatal(err)
				}
				c, err := s.Compile()
				if err != nil {
					t.Fatal(err)
				}
				reverse := slices.IndexFunc(c.Strategies, func(s policy.Strategy) bool { return s.Name == "reverse" })
				a, err := exact.Solve(&c.Model, &c.Strategies[reverse], c.Uses[reverse], exact.Options{})
				if err != nil {
					t.Fatal(err)
				}
				mean, standard := spread(recorded(t, o.Journal))
				t.Logf("$%.5f an order, expected $%.5f: %+.1f standard errors", mean, a.ChargePerOrder,
					(mean-a.ChargePerOrder)/standard)
				if math.Abs(mean-a.ChargePerOrder) > 3*standard {
					t.Errorf("$%.5f an order, the closed form says $%.5f; three standard errors are $%.5f (seed %d)", mean,
						a.ChargePerOrder, 3*standard, s.Seed)
				}
			})
		})
	}
}

// spread is the mean charge of orders in dollars, and its standard error.
func spread(orders []recording.Order) (mean, standard float64) {
	n := float64(len(orders))
	squares := 0.0
	for i := range orders {
		c := orders[i].Charge().Dollars()
		mean += c / n
		squares += c * c / n
	}
	return mean, math.Sqrt((squares - mean*mean) / (n - 1))
}
