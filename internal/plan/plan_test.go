package plan

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"channelbench/bench"
	"channelbench/internal/decision/evsi"
	"channelbench/internal/money"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim"
)

// planned is a plan of the starter scenario, with figures that are easy to follow: an order is charged $0.50 on
// forwarding and $0.10 on reverse.
func planned(t *testing.T, edit func(*Options, *knowledge), set ...string) (*record.Plan, error) {
	t.Helper()
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source,
		scenario.Options{Set: append([]string{`bench.run=["forwarding","reverse"]`, `workload.deadline="30m"`}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	monthly := float64(s.Workload.OrdersPerMonth)
	figure := func(v float64) record.Figure { return record.Figure{Value: &v} }
	expected := func(name, channel string, charge, delivered, inTime float64) record.Strategy {
		return record.Strategy{Name: name, SpendByChannel: map[string]float64{channel: charge * monthly},
			DeliveredShare: figure(delivered), InTimeShare: figure(inTime), AttemptsPerOrder: figure(1.1)}
	}
	o := Options{Nights: 30}
	k := &knowledge{
		strategies: []record.Strategy{expected("forwarding", "forwarding", 0.5, 0.998, 0.95),
			expected("reverse", "reverse", 0.1, 0.93, 0.89)},
		exposures: []sim.Exposure{{First: 1, Sigma: 0.4}, {First: 1, Sigma: 0.4}},
		night: func(n int) (*bench.Plan, error) {
			driven := func(name string, each money.Micros) bench.PlannedStrategy {
				return bench.PlannedStrategy{Name: name, Orders: n, Least: money.Micros(n) * each,
					Worst: 3 * money.Micros(n) * each}
			}
			return &bench.Plan{Orders: 2 * n, Lasts: time.Duration(n) * time.Minute,
				Least: money.Micros(n) * 620_000, Worst: money.Micros(n) * 3 * 620_000,
				Driven: []bench.PlannedStrategy{driven("forwarding", 500_000), driven("reverse", 120_000)}}, nil
		},
	}
	edit(&o, k)
	return made(s, o, k)
}

func TestPlanCosts(t *testing.T) {
	p, err := planned(t, func(o *Options, _ *knowledge) { o.Orders = 50 })
	if err != nil {
		t.Fatal(err)
	}
	if p.Night.Orders != 100 || p.Night.LeastUSD != 31 || p.Night.WorstUSD != 93 || p.AllNights.WorstUSD != 30*93 {
		t.Errorf("a night: %+v, all: %+v", p.Night, p.AllNights)
	}
	if p.Night.ExpectedUSD <= 0 || p.Night.ExpectedUSD > p.Night.WorstUSD || math.Abs(p.Night.Attempts-110) > 1e-9 {
		t.Errorf("a night is expected to cost %v in %v attempts", p.Night.ExpectedUSD, p.Night.Attempts)
	}
	if p.Night.Seconds != 3000 || p.Night.LatestSeconds != 4800 {
		t.Errorf("it takes %v to %v s", p.Night.Seconds, p.Night.LatestSeconds)
	}
	if p.Worth != nil || p.Verdict == "" {
		t.Errorf("verdict %q without a worth", p.Verdict)
	}
	for _, s := range p.Shares {
		if !(*s.AllKnown < *s.NightKnown) || !(*s.AllFall < *s.NightFall) {
			t.Errorf("%+v: all nights show no more than one", s)
		}
	}
}

// TestBudgetBuysOrders: as many as are expected to cost no more, and at least one.
func TestBudgetBuysOrders(t *testing.T) {
	p, err := planned(t, func(o *Options, _ *knowledge) { o.Budget = 90 * money.Dollar })
	if err != nil {
		t.Fatal(err)
	}
	if p.Orders != 4 || *p.BudgetUSD != 90 { // $3 a night buys four times the $0.62 that bench asks for
		t.Errorf("%d orders for %v", p.Orders, *p.BudgetUSD)
	}
	if _, err := planned(t, func(o *Options, _ *knowledge) { o.Budget = 5 * money.Dollar }); !errors.Is(err,
		ErrTooLittle) {
		t.Errorf("too little: %v", err)
	}
}

// TestTheBudgetHolds: a night's share of it is a cap that bench accepts, and all nights are expected to cost no more.
func TestTheBudgetHolds(t *testing.T) {
	for _, dollars := range []money.Micros{20, 33, 90, 100, 1000, 12345} {
		p, err := planned(t, func(o *Options, _ *knowledge) { o.Budget = dollars * money.Dollar })
		if err != nil {
			t.Fatal(err)
		}
		if limit := math.Floor(float64(dollars)*100/30) / 100; p.Night.LeastUSD > limit ||
			p.AllNights.ExpectedUSD > float64(dollars) || 2*p.Night.LeastUSD < limit {
			t.Errorf("$%d: %d orders for $%v, expected $%v; the cap is $%v", dollars, p.Orders, p.Night.LeastUSD,
				p.Night.ExpectedUSD, limit)
		}
	}
}

// TestTheLeastBudgetIsNamed, and it is enough.
func TestTheLeastBudgetIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		orders int
		budget money.Micros // less than needed
		says   string
		needed money.Micros
	}{
		{"not one order", 0, 5 * money.Dollar, "the budget is too small: one order of each driven strategy a night needs " +
			"$18.60 for 30 nights", 18_600_000},
		{"fewer than asked for", 3, 55 * money.Dollar, "the budget is too small: 3 orders of each driven strategy a night " +
			"need $55.80 for 30 nights", 55_800_000},
	} {
		ask := func(budget money.Micros) (*record.Plan, error) {
			return planned(t, func(o *Options, _ *knowledge) { o.Orders, o.Budget = c.orders, budget })
		}
		if _, err := ask(c.budget); !errors.Is(err, ErrTooLittle) || err.Error() != c.says {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := ask(c.needed - 10_000*30); !errors.Is(err, ErrTooLittle) {
			t.Errorf("%s: less than named is enough, or %v", c.name, err)
		}
		if p, err := ask(c.needed); err != nil || p.Orders != max(1, c.orders) {
			t.Errorf("%s: what is named isn't enough: %v", c.name, err)
		}
	}
}

// TestOneNumberOfOrders: half an order is rounded the same way wherever the advice names the number.
func TestOneNumberOfOrders(t *testing.T) {
	p, err := planned(t, func(o *Options, k *knowledge) { o.Orders, k.exposures[1].First = 93, 0.5 })
	if err != nil {
		t.Fatal(err)
	}
	advice := strings.Join(p.Advice, "\n")
	if !strings.Contains(advice, "reverse: 47 orders a night find") || !strings.Contains(advice, "on reverse (planned: 47)") {
		t.Errorf("not 47 both times:\n%s", advice)
	}
}

// TestBetterSplit: the cheap channel gets more orders, none more than enough, and the money is not exceeded.
func TestBetterSplit(t *testing.T) {
	for _, orders := range []int{1000, 50, 10, 150}[:proof.Size(2, 4)] {
		p, err := planned(t, func(o *Options, _ *knowledge) { o.Orders = orders })
		if err != nil {
			t.Fatal(err)
		}
		forwarding, reverse := p.Channels[0], p.Channels[1]
		spent := forwarding.Better*forwarding.ClipUSD + reverse.Better*reverse.ClipUSD
		if reverse.Better < forwarding.Better || reverse.Better > 150 || forwarding.Better > 150 ||
			spent > p.Night.ExpectedUSD*1.001 {
			t.Errorf("%d orders: %.1f on forwarding, %.1f on reverse, $%.2f of $%.2f", orders, forwarding.Better, reverse.Better,
				spent, p.Night.ExpectedUSD)
		}
		advice := strings.Join(p.Advice, "\n")
		if got := strings.Contains(advice, "buy little"); got != (orders > 100) {
			t.Errorf("%d orders: %s", orders, advice)
		}
	}
}

// TestUnmetComesWithItsPrice: where no strategy qualifies, none stays the best choice, and the price by which one is
// chosen all the same is named.
func TestUnmetComesWithItsPrice(t *testing.T) {
	for _, tt := range []struct {
		name          string
		perfect, half float64
		says          string
	}{
		{"worth a lot", 1000, 50, "hybrid would be chosen, if a month that misses a requirement counts $5,000 more"},
		{"not worth it", 2, 50, "hybrid is the choice, if a month that misses a requirement counts $5,000 more"},
		{"no doubt", 0, 50, "hybrid costs least whatever the stated ranges leave open, if a month"},
		{"no worth", -1, 0, "$0: don't measure for the decision; measure to learn of changes."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := planned(t, func(_ *Options, k *knowledge) {
				k.unmet = []string{"No strategy meets every requirement."}
				if tt.perfect < 0 {
					return
				}
				k.information = &information{today: "hybrid", perfect: tt.perfect, missed: 5000,
					worth: func(n, _ int) evsi.Value {
						return evsi.Value{Value: tt.perfect * float64(n) / (float64(n) + tt.half)}
					}}
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Unmet) != 1 || !strings.Contains(p.Verdict, tt.says) || strings.Contains(p.Verdict, "best choice") {
				t.Errorf("%q, then %s", p.Unmet, p.Verdict)
			}
		})
	}
}

// TestTheVerdictsChoiceIsNamed where the price of a missed month makes it another one.
func TestTheVerdictsChoiceIsNamed(t *testing.T) {
	for candidate, named := range map[string]bool{"": false, "hybrid": false, "routed": true} {
		p, err := planned(t, func(_ *Options, k *knowledge) {
			k.candidate = candidate
			k.information = &information{today: "hybrid", missed: 5000, worth: func(int, int) evsi.Value { return evsi.Value{} }}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(p.Verdict, "counts $5,000 more (--missed-month); sim, which refuses what may miss one however "+
			"cheap it is, takes routed."); got != named {
			t.Errorf("candidate %q: %s", candidate, p.Verdict)
		}
	}
}

// TestWorthItOrNot: the best number is where worth less cost is highest, and none where it is never positive.
func TestWorthItOrNot(t *testing.T) {
	for _, tt := range []struct {
		name          string
		perfect, half float64 // half of perfect is reached with so many orders
		best          int
		says          string
	}{
		{"worth a lot", 1000, 50, 300, "Measure: 300 orders"},
		{"worth a little", 10, 3, 5, "Measure: 5 orders"},
		{"not worth it", 2, 50, 0, "$0: don't measure. Knowing every stated range exactly would be worth $2.00"},
		{"no doubt", 0, 50, 0, "$0: don't measure. Whatever"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := planned(t, func(o *Options, k *knowledge) {
				o.Orders = 10
				k.information = &information{today: "hybrid", perfect: tt.perfect, worth: func(n, _ int) evsi.Value {
					return evsi.Value{Value: tt.perfect * float64(n) / (float64(n) + tt.half)}
				}}
			})
			if err != nil {
				t.Fatal(err)
			}
			if p.Worth.Best.Orders != tt.best || !strings.HasPrefix(p.Verdict, tt.says) {
				t.Errorf("best %+v: %s", p.Worth.Best, p.Verdict)
			}
			for _, w := range p.Worth.Points {
				if w.NetUSD > p.Worth.Best.NetUSD || w.NetUSD != w.ValueUSD-w.CostUSD {
					t.Errorf("%+v is better than %+v", w, p.Worth.Best)
				}
			}
			if p.Worth.Planned.Orders != 300 || p.Worth.Planned.Nights != 30 {
				t.Errorf("planned %+v", p.Worth.Planned)
			}
		})
	}
}
