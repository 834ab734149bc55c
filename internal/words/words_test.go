package words

import (
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Dollars(0.331, 2), "$0.33"},
		{Dollars(-3.5, 2), "−$3.50"},
		{Dollars(-0.001, 2), "$0.00"},
		{Dollars(12345.6, 0), "$12,346"},
		{Dollars(3e18, 2), "$3e+18"},
		{ShortDollars(1_260_000, 0), "$1.3M"},
		{ShortDollars(2.5e9, 2), "$2.5bn"},
		{Percent(0.967, 1), "96.7%"},
		{ShortOf(0.71, 0.95), "71%"},
		{ShortOf(0.944, 0.95), "94%"},
		{ShortOf(0.946, 0.95), "94.6%"},
		{ShortOf(0.9497, 0.95), "94.97%"},
		{ShortOf(0.9949, 0.995), "99%"},
		{ShortOf(0.95, 0.95), "95%"},
		{ShortOf(0.946, 0), "95%"},
		{Percent(1, 1), "100%"},
		{Percent(0.99998, 1), ">99.9%"},
		{Percent(0.00001, 1), "<0.1%"},
		{Percent(0, 2), "0%"},
		{Clock(219), "3:39"},
		{Clock(3753), "1:02:33"},
		{Clock(59.7), "1:00"},
		{Clock(42), "0:42"},
		{Clock(4.21), "4.2 s"},
		{Clock(0.01), "<0.1 s"},
		{Clock(0), "0 s"},
		{Clock(864000), "10 days"},
		{Clock(-1), "–"},
		{Span(240), "4 min"},
		{Span(90), "90 s"},
		{Span(5400), "90 min"},
		{Span(7200), "2 h"},
		{Span(0.5), "0.5 s"},
		{SpanAdjective(240), "4-minute"},
		{Rate(0.00125), "1 in 800"},
		{Rate(0), "none"},
		{Rate(0.000001), "<0.001%"},
		{Rate(0.5), "50%"},
		{Rate(1), "all"},
		{OneIn(0.05, "order"), "1 order in 20"},
		{OneIn(0.38, "order"), "38% of orders"},
		{OneIn(1e-9, "order"), "less than 1 order in a million"},
		{Plural(1, "input"), "1 input"},
		{Plural(1200, "strategy"), "1,200 strategies"},
		{Units(1, "token"), "1 token"},
		{Units(0, "credit"), "0 credits"},
		{Units(1234.5, "token"), "1,234.5 tokens"},
		{Units(0.000001, "unit"), "0.000001 units"},
		{UpperFirst("étage"), "Étage"},
		{UpperFirst(""), ""},
		{Readable("in_time >= 96%"), "in time ≥ 96%"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDecimalsTellAmountsApart(t *testing.T) {
	for _, c := range []struct {
		amounts []float64
		want    int
	}{
		{[]float64{0.82, 0.33, 0.12}, 2},
		{[]float64{0.1249, 0.1262}, 2},
		{[]float64{0.121, 0.123}, 3},
		{[]float64{0.0042, 0.8}, 4},
		{[]float64{12_000, 3}, 0},
		{nil, 2},
	} {
		if got := CentDecimals(c.amounts); got != c.want {
			t.Errorf("centDecimals(%v) = %d, want %d", c.amounts, got, c.want)
		}
	}
}
