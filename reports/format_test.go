package reports

import (
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{dollars(0.331, 2), "$0.33"},
		{dollars(-3.5, 2), "−$3.50"},
		{dollars(-0.001, 2), "$0.00"},
		{dollars(12345.6, 0), "$12,346"},
		{dollars(3e18, 2), "$3e+18"},
		{shortDollars(1_260_000, 0), "$1.3M"},
		{shortDollars(2.5e9, 2), "$2.5bn"},
		{percent(0.967, 1), "96.7%"},
		{percent(1, 1), "100%"},
		{percent(0.99998, 1), ">99.9%"},
		{percent(0.00001, 1), "<0.1%"},
		{percent(0, 2), "0%"},
		{clock(219), "3:39"},
		{clock(3753), "1:02:33"},
		{clock(59.7), "1:00"},
		{clock(42), "0:42"},
		{clock(4.21), "4.2 s"},
		{clock(0.01), "<0.1 s"},
		{clock(0), "0 s"},
		{clock(864000), "10 days"},
		{clock(-1), "–"},
		{span(240), "4 min"},
		{span(90), "90 s"},
		{span(5400), "90 min"},
		{span(7200), "2 h"},
		{span(0.5), "0.5 s"},
		{spanAdjective(240), "4-minute"},
		{perTenThousand(0.00125), "12.5"},
		{perTenThousand(0), "0"},
		{perTenThousand(0.000001), "<0.1"},
		{perTenThousand(0.5), "5,000"},
		{oneIn(0.05, "order"), "1 order in 20"},
		{oneIn(0.38, "order"), "38% of orders"},
		{oneIn(1e-9, "order"), "less than 1 order in a million"},
		{plural(1, "input"), "1 input"},
		{plural(1200, "strategy"), "1,200 strategies"},
		{upperFirst("étage"), "Étage"},
		{upperFirst(""), ""},
		{readable("in_time >= 96%"), "in time ≥ 96%"},
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
		if got := centDecimals(c.amounts); got != c.want {
			t.Errorf("centDecimals(%v) = %d, want %d", c.amounts, got, c.want)
		}
	}
}
