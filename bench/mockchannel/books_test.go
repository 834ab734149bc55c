package mockchannel

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// tally is what a client has seen of a channel.
type tally struct {
	mu       sync.Mutex
	refused  [channel.NumReasons]int
	accepted int
	lost     int
	made     int
	unusable int
	failed   int
	fetched  int
	gateway  int
	told     money.Micros // sum of usage.cost
}

// customer buys a clip and follows it to the end, as a client would.
func (y *tally) customer(b *buyer, prompt string) {
	a := b.order(prompt, short)
	y.mu.Lock()
	switch a.Verdict {
	case dialect.Refused:
		y.refused[a.Reason]++
	case dialect.Lost:
		y.lost++
	case dialect.Accepted:
		y.accepted++
	}
	y.mu.Unlock()
	if a.Verdict != dialect.Accepted {
		return
	}
	p := a.Progress
	for p.State == dialect.InProgress {
		time.Sleep(10 * time.Second)
		p = b.poll(p.Job)
	}
	y.ended(b, &p)
}

// ended counts the end of a job; a clip that a gateway loses is fetched again.
func (y *tally) ended(b *buyer, p *dialect.Progress) {
	lost := 0
	var f film.Footage
	for status := 0; p.State == dialect.Completed && status != http.StatusOK; {
		if f, status = b.fetch(p.Job); status == http.StatusGatewayTimeout {
			lost++
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.told += p.Cost
	y.gateway += lost
	if p.State != dialect.Completed {
		y.failed++
		return
	}
	y.made++
	y.fetched++
	if f.Unusable(short) != "" {
		y.unusable++
	}
}

// TestBooksAgreeWithTheClients, who buy all at once: counts, and money to the micro-dollar.
func TestBooksAgreeWithTheClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			unlucky(s)
			s.Channels[forwarding].Price.Billed = channel.OnAccept
			s.Channels[reverse].Limits = scenario.Limits{RequestsPerMinute: 60, Concurrent: 40}
			s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "reverse"}, Between: 30 * time.Minute,
				Lasts: scenario.Takes{Median: 10 * time.Minute, Sigma: 1}}}
		}), Options{TellCost: true})
		var tallies [3]tally
		var all sync.WaitGroup
		for n := range 900 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(n)))
				time.Sleep(time.Duration(random.Int64N(int64(time.Hour))))
				tallies[n%3].customer(buys(t, s, n%3), fmt.Sprint("cat ", n%50))
			})
		}
		all.Wait()
		time.Sleep(time.Hour) // for the jobs that nobody knows of
		for at := range tallies {
			settle(t, s, at, &tallies[at])
		}
	})
}

// settle compares a channel's book with what its clients have seen. What lost answers cost only the channel knows.
func settle(t *testing.T, s *Server, at int, y *tally) {
	t.Helper()
	k := buys(t, s, at).book(s, at)
	if k.Submits != 300 || k.Refused != y.refused || k.Accepted != y.accepted+k.LostRan || k.Lost != y.lost ||
		k.Fetched != y.fetched || k.FetchFailed != y.gateway {
		t.Errorf("the book: %+v\nthe clients: %+v", k, y)
	}
	hidden := k.Charged - y.told
	each := []money.Micros{800_000, 120_000, 800_000}[at]
	if hidden < 0 || hidden%each != 0 || hidden > each*money.Micros(k.LostRan) ||
		k.Made+k.Failed-y.made-y.failed != k.LostRan {
		t.Errorf("charged %v, told %v; %d lost jobs ran", k.Charged, y.told, k.LostRan)
	}
	if at == forwarding && k.Charged != each*money.Micros(k.Accepted) {
		t.Errorf("charged %v for %d accepted jobs", k.Charged, k.Accepted)
	}
	if k.Running != 0 || k.Balance != openingBalance-k.Charged || s.sellers[at].held != 0 {
		t.Errorf("%d running, balance %v, held %v", k.Running, k.Balance, s.sellers[at].held)
	}
	text := k.String()
	for _, part := range []string{"300 submits: ", "moderation ", " answers lost", "unusable", "; charged $"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q says nothing of %q", text, part)
		}
	}
}

// TestBalanceTellsWhatIsLeft after what is charged by now.
func TestBalanceTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, nil), Options{Balances: map[string]money.Micros{"reverse": 1_234_567_890},
			Secrets: map[string]dialect.Secret{"reverse": dialect.NewSecret("sk-test")}})
		b := buys(t, s, reverse)
		balance := func(key string) (status int, left json.Number) {
			r, err := http.NewRequest(http.MethodGet, b.target.BaseURL+"/balance", nil)
			r.Header.Set("Authorization", key)
			answer := b.send(r, err)
			var body struct {
				Currency string
				Balance  json.Number
			}
			if err := json.Unmarshal(answer.Body, &body); err != nil {
				t.Fatal(err)
			}
			return answer.Status, body.Balance
		}
		b.accepted("a cat")
		if status, left := balance("sk-test"); status != 200 || left != "1234.56789" {
			t.Errorf("before: %d %s", status, left)
		}
		time.Sleep(100 * time.Second)
		if status, left := balance("Bearer sk-test"); status != 200 || left != "1234.44789" {
			t.Errorf("after: %d %s", status, left)
		}
		if status, _ := balance("Bearer sk-wrong"); status != http.StatusUnauthorized {
			t.Errorf("with a wrong key: %d", status)
		}
	})
}

// TestPrepaid: the price is taken when a job is accepted, and comes back when it fails.
func TestPrepaid(t *testing.T) {
	for name, test := range map[string]struct {
		prepaid       bool
		failing       float64
		during, after money.Micros
	}{
		"made":            {true, 0, 120_000, 120_000},
		"failed":          {true, 1, 120_000, 0},
		"made, postpaid":  {false, 0, 0, 120_000},
		"failed, neither": {false, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failing := func(s *scenario.Scenario) { s.Channels[reverse].Errors.By[channel.Job].Rate = test.failing }
				s := opened(t, marketed(t, failing), Options{Prepaid: test.prepaid})
				b := buys(t, s, reverse)
				spent := func() money.Micros { return openingBalance - b.book(s, reverse).Balance }
				b.accepted("a cat")
				during := spent()
				time.Sleep(100 * time.Second)
				if after := spent(); during != test.during || after != test.after || after != b.book(s, reverse).Charged {
					t.Errorf("%v taken while it runs and %v in the end, want %v and %v", during, after, test.during, test.after)
				}
			})
		})
	}
}

// TestMarkup buys from channels that charge something else than they say: the job, the balance and the book
// tell the same.
func TestMarkup(t *testing.T) {
	for name, test := range map[string]struct {
		markup map[string]float64
		want   money.Micros
	}{
		"honest":           {nil, 120_000},
		"5 % more":         {map[string]float64{"reverse": 0.05}, 126_000},
		"1 % less":         {map[string]float64{"reverse": -0.01}, 118_800},
		"free":             {map[string]float64{"reverse": -1}, 0},
		"another channel":  {map[string]float64{"forwarding": 0.05}, 120_000},
		"rounded half up":  {map[string]float64{"reverse": 1.0 / 240_000}, 120_001},
		"rounded to below": {map[string]float64{"reverse": 0.4 / 120_000}, 120_000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := opened(t, marketed(t, nil), Options{TellCost: true, Markup: test.markup})
				b := buys(t, s, reverse)
				balance := func() money.Micros {
					left, err := dialect.Balance(b.send(dialect.AskBalance(b.target.BaseURL+"/balance", b.target.Key)), 0)
					if err != nil {
						t.Fatal(err)
					}
					return left
				}
				before := balance()
				j := b.accepted("a cat")
				time.Sleep(100 * time.Second)
				told, k := b.poll(j), b.book(s, reverse)
				if spent := before - balance(); !told.CostKnown || told.Cost != test.want || spent != test.want ||
					k.Charged != test.want || k.Balance != openingBalance-test.want {
					t.Errorf("told %v, spent %v, the book: %+v, want %v", told.Cost, spent, k, test.want)
				}
			})
		})
	}
	for _, share := range []float64{-1.01, math.NaN(), math.Inf(1)} {
		if _, err := New(marketed(t, nil), Options{Markup: map[string]float64{"reverse": share}}); err == nil {
			t.Errorf("a markup of %v is taken", share)
		}
	}
}
