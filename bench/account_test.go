package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/internal/history"
	"channelbench/internal/money"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// accounted is a scenario whose channel reverse tells its balance.
func accounted(t *testing.T, orders int) *scenario.Scenario {
	t.Helper()
	return benchable(t, "starter", orders, `bench.run=["reverse"]`,
		`channels.reverse.balance_url="https://api.example.com/v1/balance"`, "channels.reverse.errors.ambiguous.rate=0%")
}

// TestTheChannelsOwnBill: what a channel says that it charged stands beside what its price makes, and a difference is
// a finding.
func TestTheChannelsOwnBill(t *testing.T) {
	for name, tt := range map[string]struct {
		mock     mockchannel.Options
		told     bool
		findings []string
	}{
		"honest, silent":  {mockchannel.Options{}, false, nil},
		"honest, telling": {mockchannel.Options{TellCost: true}, true, nil},
		"1% more":         {mockchannel.Options{TellCost: true, Markup: map[string]float64{"reverse": 0.01}}, true, nil},
		"5% more": {mockchannel.Options{TellCost: true, Markup: map[string]float64{"reverse": 0.05}}, true,
			[]string{"reverse says that it charged", "the balance of reverse fell"}},
		"5% more in secret": {mockchannel.Options{Markup: map[string]float64{"reverse": 0.05}}, false,
			[]string{"the balance of reverse fell"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, server := onMock(t, accounted(t, 40), tt.mock)
				o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
				run, err := Run(t.Context(), accounted(t, 40), o)
				if err != nil {
					t.Fatal(err)
				}
				book := server.Books()[1]
				if len(run.Bills) != 1 || run.Bills[0].Submits != int64(book.Submits) ||
					(run.Bills[0].ReportedUSD != nil) != tt.told {
					t.Fatalf("bills %+v of %d submits", run.Bills, book.Submits)
				}
				if b := run.Bills[0]; tt.told && *b.ReportedUSD != book.Charged.Dollars() || b.ReservedUSD < b.ComputedUSD ||
					b.Counted < b.ComputedUSD {
					t.Errorf("bill %+v where the channel charged %v", b, book.Charged)
				}
				if len(run.Accounts) != 1 || money.Micros(run.Accounts[0].SpentUSD*1e6+0.5) != book.Charged {
					t.Errorf("accounts %+v where the channel charged %v", run.Accounts, book.Charged)
				}
				if len(run.Findings) != len(tt.findings) {
					t.Fatalf("findings %q, want %d", run.Findings, len(tt.findings))
				}
				for i, want := range tt.findings {
					if !strings.HasPrefix(run.Findings[i], want) {
						t.Errorf("finding %q, want %q …", run.Findings[i], want)
					}
				}
			})
		})
	}
}

// thieves are sellers that take more than they should, and for some of which an owner pays in meanwhile.
var thieves = map[string]struct {
	markup float64
	till   func() *till
}{
	"ten times the price": {9, func() *till { return &till{} }},
	"5 % more":            {0.05, func() *till { return &till{} }},
	"5 % more, prepaid":   {0.05, func() *till { return &till{prepaid: true} }},
	"no refunds":          {0, func() *till { return &till{prepaid: true, late: never} }},
	"ten times the price, topped up": {9, func() *till {
		return &till{paidIn: 500 * money.Dollar,
			payAfter: 10 * time.Minute}
	}},
	"5 % more, topped up": {0.05,
		func() *till { return &till{paidIn: 50 * money.Dollar, payAfter: 10 * time.Minute} }},
	"no refunds, topped up": {0, func() *till {
		return &till{prepaid: true, late: never, paidIn: 50 * money.Dollar, payAfter: 10 * time.Minute}
	}},
}

// shares has two strategies on two channels that share one account, of which reverse fails often.
func shares(t *testing.T, orders int, k *till, markup float64) (*scenario.Scenario, Options) {
	t.Helper()
	s := benchable(t, "starter", orders, `bench.run=["hybrid","reverse"]`, `bench.stop="none"`,
		`channels.reverse.errors.job.rate="30%"`)
	o, server := onMock(t, s, mockchannel.Options{Markup: map[string]float64{"reverse": markup}})
	for i := range s.Channels {
		c := &s.Channels[i]
		c.BaseURL, c.BalanceURL, c.BalanceKeyEnv = o.BaseURLs[c.Name], "http://127.0.0.1/balance", "ACCOUNT_KEY"
	}
	o.BaseURLs = nil
	paidAt(k, server, &o)
	return s, o
}

// TestTheftsAreFound, whatever is paid in, at least in part: of what was gone before a top-up, some may pass for
// refunds. What is found is in the record of the run and of its strategies, to the micro-dollar.
func TestTheftsAreFound(t *testing.T) {
	for name, tt := range thieves {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := tt.till()
				s, o := shares(t, 120, k, tt.markup)
				run, err := Run(t.Context(), s, o)
				if err != nil {
					t.Fatal(err)
				}
				gone := 1000*money.Dollar + k.paidIn - k.left()
				stolen := gone - dollars(run.Accounts[0].ComputedUSD)
				found := dollars(run.Accounts[0].MissingUSD)
				if found > stolen || found < stolen/3 || k.paidIn == 0 && found != stolen || len(run.Findings) != 1 ||
					!strings.Contains(run.Findings[0], "forwarding, reverse fell by") {
					t.Errorf("%v is missing and %v found, findings %q", stolen, found, run.Findings)
				}
				if paidIn := dollars(run.Accounts[0].PaidInUSD); k.paidIn-paidIn != stolen-found {
					t.Errorf("%v paid in of %v, %v found of %v", paidIn, k.paidIn, found, stolen)
				}
				spentIsWhatIsGone(t, run)
			})
		})
	}
}

func dollars(usd float64) money.Micros { return money.Micros(math.Round(usd * 1e6)) }

// spentIsWhatIsGone holds the strategies' spending against what left the one account.
func spentIsWhatIsGone(t *testing.T, run *record.Run) {
	t.Helper()
	var spent, missing money.Micros
	for _, s := range run.Strategies {
		if s.Counts == nil {
			continue
		}
		spent, missing = spent+dollars(s.Counts.SpentUSD), missing+dollars(s.Counts.MissingUSD)
		if s.Counts.MissingUSD == 0 {
			t.Errorf("nothing is missing of %s", s.Name)
		}
	}
	nights, err := history.Nights(run, "ci")
	if err != nil {
		t.Fatal(err)
	}
	var counted money.Micros // by the month's cap
	for i := range nights {
		counted += dollars(nights[i].SpentUSD)
	}
	if a := run.Accounts[0]; spent != dollars(a.SpentUSD) || counted != spent || missing != dollars(a.MissingUSD) {
		t.Errorf("strategies spent %v, of it %v missing; the account %+v", spent, missing, a)
	}
}

// TestTheCapCountsWhatIsGone: a channel that takes much more than it says, and more than its price, runs into the cap
// by its balance.
func TestTheCapCountsWhatIsGone(t *testing.T) {
	for name, tt := range thieves {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := tt.till()
				s, o := shares(t, 400, k, tt.markup)
				o.Cap = 30 * money.Dollar
				run, err := Run(t.Context(), s, o)
				if !errors.Is(err, ledger.ErrCap) {
					t.Fatalf("Run ends with %v, want ErrCap", err)
				}
				// Until the next look but one, orders may go on, and those under way are settled.
				perMinute := money.Micros(float64(2*s.Bench.Rate.Count*3*reversePrice) * (1 + tt.markup))
				if gone := 1000*money.Dollar + k.paidIn - k.left(); gone > o.Cap+5*perMinute {
					t.Errorf("the channel took %v under a cap of %v", gone, o.Cap)
				}
				spentIsWhatIsGone(t, run)
			})
		})
	}
}

// TestBalancesAreOnRecord, and the first one stays the one before when a run is resumed.
func TestBalancesAreOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 10)
		o, server := onMock(t, s, mockchannel.Options{})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		o.Resume = true
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Accounts) != 1 {
			t.Fatalf("accounts %+v, invalid %q, warnings %q", run.Accounts, run.Invalid, run.Warnings)
		}
		if got := money.Micros(run.Accounts[0].SpentUSD*1e6 + 0.5); got != server.Books()[1].Charged || got == 0 {
			t.Errorf("the account lost %v, the channel charged %v", got, server.Books()[1].Charged)
		}
		balances := 0
		for _, e := range entries(t, o.Journal) {
			if b, is := e.(journal.Balance); is && len(b.Channels) == 1 && b.Channels[0] == "reverse" {
				balances++
			}
		}
		if balances < 4 {
			t.Errorf("%d balances on record, want those before and after each of two runs", balances)
		}
	})
}

// TestNothingBeginsWithoutTheBalance that was asked for.
func TestNothingBeginsWithoutTheBalance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := accounted(t, 5)
		o, server := onMock(t, s,
			mockchannel.Options{Secrets: map[string]dialect.Secret{"reverse": dialect.NewSecret("another")}})
		o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
		run, err := Run(t.Context(), s, o)
		var fault *Fault
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), "the balance of reverse can't be read") || run == nil ||
			run.Invalid != fault.Error() {
			t.Errorf("Run ends with %v and %+v", err, run)
		}
		if _, err := ReadPast(o.Journal); err == nil || server.Books()[1].Submits > 0 {
			t.Errorf("a journal was begun (%v), %d submits", err, server.Books()[1].Submits)
		}
	})
}

// till is one account for all channels of a mock, whose owner may pay in. Where it is prepaid, reverse sets the price
// of each job aside until it tells of the end, and charges before that; what it set aside for one that failed comes
// back late.
type till struct {
	http.RoundTripper
	server   *mockchannel.Server
	prepaid  bool
	late     time.Duration
	paidIn   money.Micros // payAfter the run began
	payAfter time.Duration

	began time.Time
	mu    sync.Mutex
	open  map[string]bool // jobs whose end was not told
	due   []time.Time     // when refunds come
}

// paidAt has a run's channels paid from the till.
func paidAt(k *till, server *mockchannel.Server, o *Options) {
	k.RoundTripper, k.server, k.began, k.open = o.transport, server, time.Now(), map[string]bool{}
	o.transport = k
}

func (k *till) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/balance") {
		body := fmt.Sprintf(`{"balance":%.6f}`, k.left().Dollars())
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
			Request: r}, nil
	}
	response, err := k.RoundTripper.RoundTrip(r)
	if err != nil || strings.HasSuffix(r.URL.Path, "/content") {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	var job struct{ ID, Status string }
	if json.Unmarshal(body, &job) == nil {
		k.hear(r, job.ID, job.Status)
	}
	return response, err
}

// hear takes note of what is told of a job.
func (k *till) hear(r *http.Request, id, status string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch ended := status == "completed" || status == "failed"; {
	case !k.prepaid || !strings.HasPrefix(r.URL.Path, "/reverse/"):
	case r.Method == http.MethodPost && id != "" && !ended:
		k.open[id] = true
	case k.open[id] && ended:
		delete(k.open, id)
		if status == "failed" {
			k.due = append(k.due, time.Now().Add(k.late))
		}
	}
}

// left is what the account holds.
func (k *till) left() money.Micros {
	k.mu.Lock()
	defer k.mu.Unlock()
	sum := 1000*money.Dollar - charged(k.server) - money.Micros(len(k.open))*reversePrice
	if time.Since(k.began) >= k.payAfter {
		sum += k.paidIn
	}
	for _, at := range k.due {
		if time.Now().Before(at) {
			sum -= reversePrice
		}
	}
	return sum
}

// reversePrice is that of starter's reverse channel.
const reversePrice = 120_000

// charged is what all channels charged.
func charged(server *mockchannel.Server) money.Micros {
	var sum money.Micros
	for _, b := range server.Books() {
		sum += b.Charged
	}
	return sum
}

// never is when a thief refunds.
const never = 1000 * time.Hour

// TestRefundsAreRefunds: a run whose channel takes the price first, and gives it back when a job fails, ends as one
// that isn't asked for its balance does, by its cap or by its orders, and nothing is found.
func TestRefundsAreRefunds(t *testing.T) {
	for name, tt := range map[string]struct {
		mock mockchannel.Options
		till func() *till
		set  []string
	}{
		"at once": {mock: mockchannel.Options{Prepaid: true}},
		"at once, and lost answers": {mock: mockchannel.Options{Prepaid: true},
			set: []string{`channels.reverse.errors.ambiguous.rate="8%"`}},
		"when told, and charged before": {till: func() *till { return &till{prepaid: true} }},
		"50 seconds later":              {till: func() *till { return &till{prepaid: true, late: 50 * time.Second} }},
	} {
		for _, rate := range []string{"1/min", "20/h", "6/min"}[:proof.Size(1, 3)] {
			for _, failing := range []string{"5%", "30%"} {
				for _, limit := range []money.Micros{1_000 * money.Dollar, 3 * money.Dollar} {
					t.Run(strings.Join([]string{name, rate, failing, limit.String()}, "/"), func(t *testing.T) {
						set := append([]string{`bench.stop="none"`, `bench.rate="` + rate + `"`,
							`channels.reverse.errors.job.rate="` + failing + `"`}, tt.set...)
						blind, _ := paid(t, tt.mock, nil, limit, set...)
						seeing, run := paid(t, tt.mock, tt.till, limit,
							append(set, `channels.reverse.balance_url="https://api.example.com/v1/balance"`)...)
						if seeing != blind {
							t.Errorf("the run ends with %+v, without its balance with %+v", seeing, blind)
						}
						if run.Findings != nil || len(run.Accounts) != 1 || run.Accounts[0].PaidInUSD > 0 ||
							run.Accounts[0].MissingUSD > 0 && !seeing.capped {
							t.Errorf("findings %q, accounts %+v", run.Findings, run.Accounts)
						}
					})
				}
			}
		}
	}
}

// ending is how a run went.
type ending struct {
	capped  bool
	submits int
	charged money.Micros
}

// paid runs 40 orders of reverse.
func paid(t *testing.T, m mockchannel.Options, at func() *till, limit money.Micros, set ...string) (e ending,
	run *record.Run) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 40, append([]string{`bench.run=["reverse"]`}, set...)...)
		o, server := onMock(t, s, m)
		if at != nil {
			paidAt(at(), server, &o)
		}
		o.Cap = limit
		var err error
		if run, err = Run(t.Context(), s, o); err != nil && !errors.Is(err, ledger.ErrCap) {
			t.Fatal(err)
		}
		e = ending{err != nil, server.Books()[1].Submits, server.Books()[1].Charged}
	})
	return e, run
}

// TestTopUpsAreRecognised: what is paid in while an honest channel is at work is told from its refunds, to the
// micro-dollar.
func TestTopUpsAreRecognised(t *testing.T) {
	for _, prepaid := range []bool{false, true} {
		for _, after := range []time.Duration{time.Second, 4*time.Minute + 11*time.Second, 19 * time.Minute} {
			t.Run(fmt.Sprintf("prepaid %v, after %v", prepaid, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					k := &till{prepaid: prepaid, late: 20 * time.Second, paidIn: 20 * money.Dollar, payAfter: after}
					s, o := shares(t, 120, k, 0)
					run, err := Run(t.Context(), s, o)
					if err != nil {
						t.Fatal(err)
					}
					if a := run.Accounts[0]; run.Findings != nil || a.PaidInUSD != 20 || a.MissingUSD != 0 ||
						dollars(a.SpentUSD) != charged(k.server) {
						t.Errorf("findings %q, account %+v", run.Findings, a)
					}
				})
			})
		}
	}
}

// TestBalancesOutliveInterruptions: a run that is interrupted again and again, while refunds come, money is paid in
// and a thief is at work, finds in the end what it would have found at a stretch.
func TestBalancesOutliveInterruptions(t *testing.T) {
	for name, tt := range map[string]struct {
		markup float64
		till   func() *till
	}{
		"honest": {0, func() *till { return &till{prepaid: true, late: 40 * time.Second} }},
		"honest, topped up": {0, func() *till {
			return &till{prepaid: true, late: 40 * time.Second, paidIn: 20 * money.Dollar, payAfter: 7 * time.Minute}
		}},
		"no refunds": thieves["no refunds"],
		"5 % more":   thieves["5 % more"],
	} {
		for seed := range uint64(proof.Size(1, 3)) {
			t.Run(fmt.Sprintf("%s, %d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					k := tt.till()
					s, o := shares(t, 40, k, tt.markup)
					s.Bench.Grace = 2 * time.Minute
					o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
					run := inPieces(t, s, o, rand.New(rand.NewPCG(seed, 1)))
					time.Sleep(time.Minute) // for the last refunds
					gone := 1000*money.Dollar + k.paidIn - k.left()
					a := run.Accounts[0]
					if stolen := gone - dollars(a.ComputedUSD); dollars(a.SpentUSD) != gone || dollars(a.MissingUSD) != stolen ||
						len(run.Findings) != min(1, int(stolen)) {
						t.Errorf("%v gone, %v of it stolen: account %+v, findings %q", gone, stolen, a, run.Findings)
					}
				})
			})
		}
	}
}

// inPieces runs for some minutes at a time until all is done, and returns what was found in the end.
func inPieces(t *testing.T, s *scenario.Scenario, o Options, random *rand.Rand) *record.Run {
	t.Helper()
	for {
		ctx, stop := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(300))*time.Second)
		run, err := Run(ctx, s, o)
		stop()
		if err == nil {
			return run
		}
		if !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(300)) * time.Second)
		o.Resume = true
	}
}
