package replay

import (
	"errors"
	"testing"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

// TestStepFeatures answers pair 0 where attempts are left or hedged.
func TestStepFeatures(t *testing.T) {
	timeout := func(s *policy.Step) { s.Timeout = seconds(60) }
	hedge := func(s *policy.Step) { s.Hedge = policy.Hedge{After: seconds(20), Channel: 1, Poll: seconds(5)} }
	overtaken := func(a *attempt) { a.Outcome, a.Reason = channel.Abandoned, channel.Overtaken }
	for _, tt := range []struct {
		name     string
		edit     func(*policy.Step)
		recorded []recording.Order
		want     string
	}{
		{"in time", timeout, of(tries{delivered("a", 0, 30, 1), delivered("b", 40, 10, 2)}),
			"delivered after 31s, $0.01; 0s a delivered"},
		{"a job that never ends is left", timeout,
			of(tries{but(delivered("a", 0, 0, 1), running)}, tries{delivered("b", 40, 10, 2)}),
			"delivered after 1m11s, $0.52; 0s a abandoned (timeout); 1m0s b delivered"},
		{"a job that takes longer is left", timeout, of(tries{delivered("a", 0, 80, 1)}, tries{delivered("b", 40, 10, 2)}),
			"delivered after 1m11s, $0.03; 0s a abandoned (timeout); 1m0s b delivered"},
		{"the hedge is faster", hedge, of(tries{delivered("a", 0, 80, 1)}, tries{delivered("b", 40, 10, 2)}),
			"delivered after 31s, $0.03; 0s a abandoned (overtaken); 20s b delivered"},
		{"the first attempt is faster", hedge, of(tries{delivered("a", 0, 30, 1)}, tries{delivered("b", 40, 50, 2)}),
			"delivered after 31s, $0.03; 0s a delivered; 20s b abandoned (overtaken)"},
		{"what was overtaken while it was fetched is a clip like others", timeout,
			unfetched(of(tries{but(delivered("a", 0, 30, 1), overtaken)}, tries{delivered("b", 40, 10, 2)})),
			"delivered after 31s, $0.01; 0s a delivered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := plain(0)
			s := steps(m, 0, 1)
			for i := range s.Routes {
				tt.edit(&s.Routes[i].Steps[0])
				s.Routes[i].Steps[0].Attempts = 1
			}
			got, err := Orders(Options{Strategy: s, Channels: names(m), Model: m, Recorded: tt.recorded, Block: minutes,
				Times: 1, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := told(&got[0]); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestStepFeaturesUnanswered: what hangs on other orders can't be replayed, and a hedge needs an answer, too.
func TestStepFeaturesUnanswered(t *testing.T) {
	m := plain(0)
	recorded := of(tries{delivered("a", 0, 30, 1)})
	answers := func(edit func(*policy.Step)) error {
		s := steps(m, 0)
		for i := range s.Routes {
			edit(&s.Routes[i].Steps[0])
		}
		_, err := Orders(Options{Strategy: s, Channels: names(m), Model: m, Recorded: recorded, Block: minutes, Times: 1,
			Seed: 1})
		return err
	}
	var unanswered *UnansweredError
	switch {
	case !errors.Is(answers(func(s *policy.Step) { s.Breaker.Failures = 1 }), ErrShared):
		t.Error("a breaker is replayed")
	case !errors.Is(answers(func(s *policy.Step) { s.Budget.Burst = 1 }), ErrShared):
		t.Error("a budget is replayed")
	case !errors.As(answers(func(s *policy.Step) { s.Hedge = policy.Hedge{After: 1, Channel: 1} }), &unanswered) ||
		unanswered.Channel != "b":
		t.Errorf("a hedge that nothing answers: %v", unanswered)
	case answers(func(s *policy.Step) { s.Timeout = 1 }) != nil:
		t.Error("a timeout isn't replayed")
	}
}
