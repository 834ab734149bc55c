package record

import "testing"

func TestSavingInWords(t *testing.T) {
	for _, tt := range []struct {
		name          string
		cost, against float64
		mean          *float64
		want          string
	}{
		{"less", 2400, 6530, nil, "$4,130 less a month (63.2%) than forwarding"},
		{"more", 6530, 2400, nil, "$4,130 more a month (172.1%) than forwarding"},
		{"cents", 1, 3.5, nil, "$2.50 less a month (71.4%) than forwarding"},
		{"a whole share", 1000, 2000, nil, "$1,000 less a month (50%) than forwarding"},
		{"many times as much", 2000, 100, nil, "$1,900 more a month than forwarding"},
		{"the difference of what is printed", 2448.4, 16695.6, nil, "$14,248 less a month (85.3%) than forwarding"},
		{"half a percent isn't told apart", 2449, 2452.47, nil, "about as much as forwarding"},
		{"nor is half a dollar", 1.2, 1.7, nil, "about as much as forwarding"},
		{"against nothing", 100, 0, nil, "$100 more a month than forwarding"},
		{"the same on average", 2400, 6530, ptr(4130.2), "$4,130 less a month (63.2%) than forwarding"},
		{"much the same on average", 2400, 6530, ptr(4120.0), "$4,130 less a month (63.2%) than forwarding"},
		{"another average", 2400, 6530, ptr(3900.0),
			"$4,130 less a month (63.2%) at the stated values, and $3,900 less on average over the stated ranges, than forwarding"},
		{"the opposite on average", 2400, 2500, ptr(-60.0),
			"$100 less a month (4%) at the stated values, and $60 more on average over the stated ranges, than forwarding"},
		{"nothing on average", 2400, 2500, ptr(5.0),
			"$100 less a month (4%) at the stated values, and about as much on average over the stated ranges, than forwarding"},
		{"nothing as stated", 2500, 2500, ptr(600.0),
			"about as much a month at the stated values, and $600 less on average over the stated ranges, as with forwarding"},
		{"nothing in either", 2500, 2500, ptr(6.0), "about as much as forwarding"},
		{"beyond all reckoning", 0, 1e18, nil, "$1e+18 less a month (100%) than forwarding"},
	} {
		s := Saving{Strategy: "reverse", Against: "forwarding", CostUSD: tt.cost, AgainstUSD: tt.against, MeanUSD: tt.mean}
		if got := s.Words(s.Against); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}
