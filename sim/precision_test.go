package sim

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim/exact"
)

// swaying is the starter scenario with two strategies, few orders a month and errors that make costs sway.
func swaying(t *testing.T, set ...string) *scenario.Scenario {
	t.Helper()
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source, scenario.Options{Set: append([]string{"workload.orders_per_month=20",
		"channels.reverse.errors.region={ rate = '60%', takes = { median = '6s' } }", "costs.undelivered=$3",
		"decision.require=[]"}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	s.Strategies = s.Strategies[1:3] // reverse and hybrid
	for i := range s.Channels {
		s.Channels[i].Latency.Range = nil // the ranges are beside the point here
	}
	return s
}

func TestPrecision(t *testing.T) {
	for _, tt := range []struct {
		name        string
		set         []string
		options     Options
		least, most int    // months
		warning     string // the beginning
	}{
		{"nothing asked: the default", nil, Options{}, DefaultMonths, DefaultMonths, ""},
		{"coarse: the first block is enough", nil, Options{Precision: 0.5}, 50, 50, ""},
		{"finer: several blocks", nil, Options{Precision: 0.05}, 100, 950, ""},
		{"too fine", nil, Options{Precision: 0.001}, MostMonths, MostMonths,
			"the asked precision of 0.1% was not reached: after 1000 months the deciding difference is known to ±"},
		{"months override", nil, Options{Months: 7, Precision: 0.001}, 7, 7, ""},
		{"p95, too often never reached", []string{"decision.minimise=p95"}, Options{Precision: 0.01}, MostMonths, MostMonths,
			"the asked precision of 1% was not reached in 1000 months: "},
		{"one of two excluded", []string{"decision.exclude=['hybrid']"}, Options{Precision: 0.04}, 100, 950, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run, err := Run(t.Context(), swaying(t, tt.set...), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if run.Months < tt.least || run.Months > tt.most || tt.options.Months == 0 && run.Months%50 != 0 {
				t.Errorf("%d months, want %d to %d in blocks of 50", run.Months, tt.least, tt.most)
			}
			for i := range run.Strategies {
				if got := run.Strategies[i].Orders; got != int64(20*run.Months) {
					t.Errorf("%s has %d orders in %d months", run.Strategies[i].Name, got, run.Months)
				}
			}
			warned := ""
			for _, w := range run.Warnings {
				if strings.Contains(w, "precision") {
					warned += w
				}
			}
			if !strings.HasPrefix(warned, tt.warning) || (warned == "") != (tt.warning == "") {
				t.Errorf("warned %q, want %q", warned, tt.warning)
			}
			p := run.Precision
			if (p == nil) != (tt.options.Precision == 0 || tt.options.Months > 0) {
				t.Fatalf("the record says %+v", p)
			}
			if p != nil && p.Met() != (tt.warning == "") {
				t.Errorf("the record says %+v, the warning %q", p, warned)
			}
			if excluded := strings.Contains(tt.name, "excluded"); p != nil && excluded != (p.Against == nil) {
				t.Errorf("looked at %s alone: %v", p.Strategy, !excluded)
			}
		})
	}
}

// TestPrecisionIsOfTheDifference: what the record says follows from the months themselves, and the months are those of
// a run of so many months, whatever the number of workers.
func TestPrecisionIsOfTheDifference(t *testing.T) {
	s := swaying(t)
	var want *record.Run
	for _, workers := range []int{1, 3} {
		run, err := Run(t.Context(), s, Options{Precision: 0.05, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = run
		}
		if !bytes.Equal(writtenRun(t, run), writtenRun(t, want)) {
			t.Errorf("%d workers wrote something else", workers)
		}
	}
	p := want.Precision
	cheaper, dearer := want.Strategies[0].MonthlyCost, want.Strategies[1].MonthlyCost
	if want.Strategies[0].Name != p.Strategy {
		cheaper, dearer = dearer, cheaper
	}
	if d := *cheaper.Value - *dearer.Value; math.Abs(*p.Difference.Value-d) > 1e-9 || d >= 0 {
		t.Errorf("a difference of %v, the costs differ by %v", *p.Difference.Value, d)
	}
	if half := (*p.Difference.High - *p.Difference.Low) / 2 / *cheaper.Value; math.Abs(half-*p.Reached) > 1e-9 {
		t.Errorf("±%v of the cost, the record says %v", half, *p.Reached)
	}
	fixed, err := Run(t.Context(), s, Options{Months: want.Months})
	if err != nil {
		t.Fatal(err)
	}
	want.Precision = nil
	if !bytes.Equal(writtenRun(t, fixed), writtenRun(t, want)) {
		t.Error("a run of so many months is another one")
	}
}

func writtenRun(t *testing.T, run *record.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := record.Write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCoverageOfStoppedRuns: looking again and again until the interval is narrow enough costs it little: of many runs
// that stop by themselves 95 % hold the truth, within three binomial standard errors. Their seeds are those from 1 on.
func TestCoverageOfStoppedRuns(t *testing.T) {
	runs := proof.Size(200, 1000)
	s := swaying(t, "workload.orders_per_month=10")
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var truth []*exact.Answer
	for i := range c.Strategies {
		a, err := exact.Solve(&c.Model, &c.Strategies[i], c.Uses[i], exact.Options{})
		if err != nil {
			t.Fatal(err)
		}
		truth = append(truth, a)
	}
	stopped, months := coverage{}, 0
	for seed := uint64(1); seed <= uint64(runs); seed++ {
		c.Model.Seed = seed
		x := &experiment{scenario: s, compiled: c, options: Options{Precision: 0.25, Workers: 2}}
		r, err := x.simulate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		months += r.n
		stopped.count("difference", r.precision.Difference, r.truthOf(r.precision, truth))
	}
	share, slack := float64(stopped["difference"].held)/float64(runs), 3*math.Sqrt(0.95*0.05/float64(runs))
	t.Logf("%.1f%% hold the truth after %d months on average", 100*share, months/runs)
	if math.Abs(share-0.95) > slack {
		t.Errorf("%.1f%% of %d intervals hold the truth, want 95%% ± %.1f", 100*share, runs, 100*slack)
	}
}
