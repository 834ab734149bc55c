package scenario

import (
	"math"
	"strings"
	"testing"
)

// TestRefused: the lowest rate of a route counts, of channels that make the clip, hedges too; of strategies the best
// that isn't excluded. Check names it where it makes a requirement unreachable.
func TestRefused(t *testing.T) {
	const first, second = `channels.first.errors.moderation={rate="4%"}`, `channels.second.errors.moderation={rate="3%"}`
	one := func(steps string) []string { // strategy s0 alone, on these steps
		return []string{`strategies={s0={steps=` + steps + `}}`}
	}
	require := `decision.require=["delivered >= 97%","p99 <= 9m"]`
	for _, c := range []struct {
		name  string
		set   []string
		want  float64
		warns []string
	}{
		{"nothing is refused", nil, 0, nil},
		{"one channel", append(one(`[{channel="first"}]`), first, require), 0.04, []string{
			`"delivered >= 97%": 4% of the orders are refused by moderation whatever the strategy: at most 96% can`,
			`"p99 <= 9m"`}},
		{"another refuses fewer", append(one(`[{channel="first"},{channel="second"}]`), first, second, require), 0.03,
			[]string{`"p99 <= 9m": 3% of the orders`}},
		{"another refuses nothing", append(one(`[{channel="first"},{channel="second"}]`), first, require), 0, nil},
		{"a hedge refuses nothing", append(one(`[{channel="first",hedge={after="90s",channel="second"}}]`), first,
			require), 0, nil},
		{"a channel that doesn't make the clip", append(one(`[{channel="first"},{channel="second"}]`), first,
			`channels.second.makes={seconds=[4]}`, require), 0.04 * 0.6, []string{`"p99 <= 9m": 2.4% of the orders`}},
		{"another strategy", []string{first, require, `strategies={s0={steps=[{channel="first"}]},s1={steps=[{channel="second"}]}}`},
			0, nil},
		{"another strategy, excluded", []string{first, `decision={require=["delivered >= 97%"],exclude=["s1"]}`,
			`strategies={s0={steps=[{channel="first"}]},s1={steps=[{channel="second"}]}}`}, 0.04,
			[]string{`"delivered >= 97%"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, warnings, err := Load("x.toml", []byte(many()), Options{Set: c.set})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Refused(); math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%v is refused, want %v", got, c.want)
			}
			var said []string
			for _, w := range warnings {
				if strings.Contains(w.Text, "no strategy can keep") {
					said = append(said, w.Text)
				}
			}
			if len(said) != len(c.warns) {
				t.Fatalf("%q", said)
			}
			for i, want := range c.warns {
				if !strings.Contains(said[i], want) {
					t.Errorf("%q lacks %q", said[i], want)
				}
			}
		})
	}
}
