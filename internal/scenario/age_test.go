package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/internal/scenario/document"
)

// TestOldPrices: 90 days are a matter of the calendar of whoever reads.
func TestOldPrices(t *testing.T) {
	for _, test := range []struct {
		name, today string
		set         []string
		want        []string // in the warnings, in the order of the file
		stale       []string // of forwarding
	}{
		{"the day itself", "2025-12-01T12:00:00Z", nil, nil, nil},
		{"90 days", "2026-03-01T23:59:59Z", nil, nil, nil},
		{"91 days", "2026-03-02T00:00:00Z", nil, []string{"the price of forwarding is of 2025-12-01, 91 days ago"},
			[]string{"price"}},
		{"91 days somewhere else", "2026-03-02T00:00:00+09:00", nil,
			[]string{"the price of forwarding is of 2025-12-01, 91 days ago"}, []string{"price"}},
		{"a protocol, too", "2026-03-02T00:00:00Z", []string{"channels.forwarding.as_of=2025-11-30"},
			[]string{"the price of forwarding is of 2025-12-01, 91 days ago; likewise at --set channels.forwarding.as_of"},
			[]string{"price", "protocol"}},
		{"a rate of its currency", "2026-03-02T00:00:00Z", []string{`fx={ CNY = "$0.139", as_of = 2025-11-30 }`,
			`channels.forwarding.price={ per_call = "CNY 1", as_of = 2026-03-01 }`},
			[]string{"the rate of CNY is of 2025-11-30, 92 days ago"}, []string{"price"}},
		{"a price of yesterday", "2026-03-02T00:00:00Z", []string{"channels.forwarding.price.as_of=2026-03-01"}, nil, nil},
		{"ended today", "2025-12-01T00:00:00Z", []string{"channels.forwarding.ended=2025-12-01"},
			[]string{"forwarding ended on 2025-12-01: figures are history"}, nil},
		{"ends tomorrow", "2025-12-01T00:00:00Z", []string{"channels.forwarding.ended=2025-12-02"},
			[]string{"forwarding ends on 2025-12-02, in 1 day"}, nil},
		{"ends in 90 days", "2025-12-01T00:00:00Z", []string{"channels.forwarding.ended=2026-03-01"},
			[]string{"forwarding ends on 2026-03-01, in 90 days"}, nil},
		{"ends in 91 days", "2025-12-01T00:00:00Z", []string{"channels.forwarding.ended=2026-03-02"}, nil, nil},
		{"nobody knows the day", "", []string{"channels.forwarding.ended=2025-12-02"}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var today time.Time
			if test.today != "" {
				var err error
				if today, err = time.Parse(time.RFC3339, test.today); err != nil {
					t.Fatal(err)
				}
			}
			s, warnings, err := Load("small.toml", good(t, "small").Source, Options{Today: today, Set: test.set})
			if err != nil {
				t.Fatal(err)
			}
			aged := slices.DeleteFunc(warnings, func(p document.Problem) bool {
				return !strings.Contains(p.Text, "ago") && !strings.Contains(p.Text, " end")
			})
			if len(aged) != len(test.want) {
				t.Fatalf("warnings %v, want %q", aged, test.want)
			}
			for i, want := range test.want {
				if aged[i].Text != want {
					t.Errorf("got %q, want %q", aged[i].Text, want)
				}
			}
			if got := s.Stale(s.channel("forwarding")); !slices.Equal(got, test.stale) {
				t.Errorf("stale: %q, want %q", got, test.stale)
			}
		})
	}
}

// TestEndedChannels: only a bench that would buy there is refused.
func TestEndedChannels(t *testing.T) {
	today := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name    string
		live    bool
		set     []string
		refused bool
	}{
		{"live", true, []string{"channels.forwarding.ended=2026-09-24"}, true},
		{"live today", true, []string{"channels.forwarding.ended=2026-12-01"}, true},
		{"live, tomorrow", true, []string{"channels.forwarding.ended=2026-12-02"}, false},
		{"no live run", false, []string{"channels.forwarding.ended=2026-09-24"}, false},
		{"not driven", true, []string{"channels.forwarding.ended=2026-09-24", "strategies.other.steps=[{channel='reverse'}]",
			"bench.run=['other']"}, false},
		{"driven as a hedge", true, []string{"channels.forwarding.ended=2026-09-24", "bench.run=['other']",
			"strategies.other.steps=[{channel='reverse',hedge={after='1m',channel='forwarding'}}]"}, true},
	} {
		_, _, err := Load("small.toml", good(t, "small").Source, Options{Today: today, Live: test.live, Set: test.set})
		if (err != nil) != test.refused || err != nil && !strings.Contains(err.Error(), "nothing can be bought there") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestUndatedPrices(t *testing.T) {
	s := good(t, "small")
	if got := s.Undated(); !slices.Equal(got, []string{"the price of reverse has no date: check it and add as_of"}) {
		t.Errorf("got %q", got)
	}
	s.Read = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if got := s.Undated(); !slices.Equal(got,
		[]string{"the price of reverse has no date: check it and add as_of = 2026-03-02"}) {
		t.Errorf("got %q", got)
	}
}

// TestKeysWiden: each key has the channel's limits.
func TestKeysWiden(t *testing.T) {
	limits := []string{"channels.reverse.limits={requests_per_minute=60,concurrent=5,queue=2}"}
	for _, test := range []struct {
		set                        []string
		minute, concurrent, queued int
	}{
		{limits, 60, 5, 2},
		{append(limits, "channels.reverse.key_env=ONE"), 60, 5, 2},
		{append(limits, `channels.reverse.keys_env=["ONE"]`), 60, 5, 2},
		{append(limits, `channels.reverse.keys_env=["ONE","TWO","THREE"]`), 180, 15, 6},
		{[]string{`channels.reverse.limits={concurrent=5,queue="unlimited"}`, `channels.reverse.keys_env=["ONE","TWO"]`},
			0, 10, Unlimited},
		{[]string{`channels.reverse.keys_env=["ONE","TWO"]`}, 0, 0, 0},
	} {
		c, err := good(t, "small", test.set...).Compile()
		if err != nil {
			t.Fatal(err)
		}
		if l := c.Model.Channels[1].Limits; l.PerMinute != test.minute || l.Concurrent != test.concurrent ||
			l.Queue != test.queued {
			t.Errorf("%q: %+v", test.set, l)
		}
	}
}

// TestWhatOfAFormIsBought: what is made is, how its length is written and how it is waited for is not.
func TestWhatOfAFormIsBought(t *testing.T) {
	of := func(set string) string { return good(t, "small", set).PurchaseSHA256() }
	without := good(t, "small").PurchaseSHA256()
	for set, bought := range map[string]bool{
		`channels.reverse.duration_as="8s"`:           false,
		`channels.reverse.hold=true`:                  false,
		`channels.reverse.keys_env=["ONE","TWO"]`:     false,
		`channels.reverse.as_of=2025-12-01`:           false,
		`channels.reverse.ended=2027-12-01`:           false,
		`channels.reverse.fields={}`:                  false,
		`channels.reverse.send=[]`:                    true,
		`channels.reverse.send=["audio"]`:             true,
		`channels.reverse.fields={audio=false}`:       true,
		`channels.reverse.headers={X-Priority="low"}`: true,
	} {
		if got := of(set) != without; got != bought {
			t.Errorf("%s changes what is bought: %v", set, got)
		}
	}
	if of(`channels.reverse.headers={x-a="1"}`) != of(`channels.reverse.headers={X-A="1"}`) {
		t.Error("the case of a header's name changes what is bought")
	}
	if of(`channels.reverse.send=[]`) == of(`channels.reverse.send=["audio"]`) {
		t.Error("what is sent changes nothing")
	}
}

// TestOnSale: the list says what can't be bought any more, or not much longer, and claims nothing that nobody has
// looked at lately.
func TestOnSale(t *testing.T) {
	day := func(month time.Month) time.Time { return time.Date(2026, month, 24, 0, 0, 0, 0, time.UTC) }
	type channel struct{ price, protocol, ended time.Time }
	for name, tt := range map[string]struct {
		channels []channel
		want     string
	}{
		"prices of lately":         {[]channel{{price: day(11)}, {price: day(10)}}, "yes"},
		"an old price, looked at":  {[]channel{{price: day(4), protocol: day(11)}}, "yes"},
		"an old price":             {[]channel{{price: day(4)}, {price: day(5), protocol: day(8)}}, "not known"},
		"no date":                  {[]channel{{}}, "not known"},
		"all have ended":           {[]channel{{price: day(4), ended: day(5)}, {price: day(11), ended: day(10)}}, "ended 2026-10-24"},
		"one has ended":            {[]channel{{price: day(11), ended: day(10)}, {price: day(11)}}, "in part"},
		"one has ended, one ages":  {[]channel{{price: day(4), ended: day(10)}, {price: day(4)}}, "not known"},
		"one ends some day":        {[]channel{{price: day(11)}, {price: day(11), ended: day(12).AddDate(1, 0, 0)}}, "yes"},
		"one is looked at, at all": {[]channel{{price: day(4)}, {price: day(11)}}, "yes"},
	} {
		s := &Scenario{Read: day(12), Channels: make([]Channel, len(tt.channels))}
		for i, c := range tt.channels {
			s.Channels[i].Name = string(rune('a' + i))
			s.Channels[i].Price.AsOf, s.Channels[i].AsOf, s.Channels[i].Ended = c.price, c.protocol, c.ended
		}
		if got := s.OnSale(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestOldestPrice(t *testing.T) {
	s := &Scenario{Channels: make([]Channel, 3)}
	for i, day := range []int{8, 5, 11} {
		s.Channels[i].Price.AsOf = time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)
	}
	if got := s.OldestPrice().Day(); got != 5 {
		t.Errorf("got the price of the %dth", got)
	}
}
