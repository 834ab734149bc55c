package journal

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

func fold(t interface{ Fatal(...any) }, entries []Entry) *State {
	s := &State{}
	for _, e := range entries {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestNoPrefixSubmitsTwice: whatever prefix of a journal survives, its state allows no attempt that has
// an intent in it, allows the next one of the whole journal, and knows where the money is.
func TestNoPrefixSubmitsTwice(t *testing.T) { rapid.Check(t, anyPrefixes) }

// FuzzState is the same with the fuzzer's luck.
func FuzzState(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyPrefixes)) }

func anyPrefixes(t *rapid.T) {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
	told := history(pick, rapid.IntRange(0, 60).Draw(t, "entries"))
	for n := range told {
		s := fold(t, told[:n])
		if next, is := told[n].(Intent); is && !s.maySubmit(next) {
			t.Fatalf("after %d entries the next attempt, %+v, is not allowed", n, next)
		}
		checkNoRepeat(t, s, told[:n])
		checkAgainstScan(t, s, told[:n])
	}
	resume(t, pick, told)
}

func checkNoRepeat(t *rapid.T, s *State, told []Entry) {
	for _, e := range told {
		if i, is := e.(Intent); is {
			if s.maySubmit(i) || s.Apply(i) == nil {
				t.Fatalf("attempt %d of order %d could be submitted twice", i.Attempt, i.Order)
			}
		}
	}
}

// resume lets a second driver submit whatever the state of any prefix allows, and counts.
func resume(t *rapid.T, pick picker, told []Entry) {
	prefix := told[:1+pick(len(told))]
	s := fold(t, prefix)
	submits := map[[2]int]int{}
	for _, e := range prefix {
		if i, is := e.(Intent); is {
			submits[[2]int{i.Order, i.Attempt}]++
		}
	}
	for range 40 {
		i := Intent{Order: pick(4) + pick(2)*1000, Attempt: pick(4), Reserved: 1, Hedge: pick(3) == 0}
		if !s.Begun(i.Order) && !s.Finished(i.Order) {
			_ = s.Apply(Order{Order: i.Order})
		}
		may := s.maySubmit(i)
		if err := s.Apply(i); may != (err == nil) {
			t.Fatalf("%+v: maySubmit is %v, and the journal says %v", i, may, err)
		}
		if may {
			submits[[2]int{i.Order, i.Attempt}]++
		}
		if may && pick(2) == 0 {
			_ = s.Apply(Ended{Order: i.Order, Attempt: i.Attempt, Outcome: Outcome(channel.Refused)})
		}
	}
	for attempt, n := range submits {
		if n > 1 {
			t.Fatalf("attempt %v was submitted %d times", attempt, n)
		}
	}
}

// checkAgainstScan compares the state with what a plain search through all entries finds.
func checkAgainstScan(t *rapid.T, s *State, told []Entry) {
	var spent, overrun money.Micros
	var open, lost []string
	var unfinished []int
	for _, e := range told {
		switch e := e.(type) {
		case Intent:
			w := search(told, e)
			switch {
			case w.final != nil:
				spent += w.final.Charge()
				overrun += max(0, w.final.Charge()-e.Reserved)
			case !w.ambiguous && w.accepted == nil && e.Token != "":
				open = append(open, fmt.Sprint(e.Order, e.Attempt, e.Reserved, e.Token))
			case !w.ambiguous && w.accepted != nil && w.accepted.Job != Job{}:
				open = append(open, fmt.Sprint(e.Order, e.Attempt, e.Reserved, w.accepted.ID))
			default:
				lost = append(lost, fmt.Sprint(e.Order, e.Attempt, e.Reserved))
			}
			if !w.finished && !slices.Contains(unfinished, e.Order) {
				unfinished = append(unfinished, e.Order)
			}
			if s.Finished(e.Order) != w.finished || !s.Begun(e.Order) {
				t.Fatalf("order %d: finished %v, begun %v", e.Order, s.Finished(e.Order), s.Begun(e.Order))
			}
		}
	}
	slices.Sort(unfinished)
	var gotOpen, gotLost []string
	for _, a := range s.Open() {
		id := a.Intent.Token
		if a.Accepted != nil {
			id = a.Accepted.ID
		}
		gotOpen = append(gotOpen, fmt.Sprint(a.Intent.Order, a.Intent.Attempt, a.Intent.Reserved, id))
	}
	for _, a := range s.Lost() {
		gotLost = append(gotLost, fmt.Sprint(a.Intent.Order, a.Intent.Attempt, a.Intent.Reserved))
		if a.Order.Order != a.Intent.Order || a.Order.Strategy != "hybrid" {
			t.Fatalf("%+v belongs to another order", a)
		}
	}
	for _, list := range []*[]string{&open, &lost, &gotOpen, &gotLost} {
		slices.Sort(*list)
	}
	if s.Spent() != spent || s.Overrun() != overrun || !slices.Equal(gotOpen, open) || !slices.Equal(gotLost, lost) ||
		!slices.Equal(unfinishedOf(s), unfinished) {
		t.Fatalf("spent %d (want %d), overrun %d (%d)\nopen %v (%v)\nlost %v (%v)\nunfinished %v (%v)",
			s.Spent(), spent, s.Overrun(), overrun, gotOpen, open, gotLost, lost, unfinishedOf(s), unfinished)
	}
}

// whole is what all entries say about one attempt.
type whole struct {
	final     *Bill
	ambiguous bool
	accepted  *Accepted
	finished  bool
}

func search(told []Entry, i Intent) whole {
	var w whole
	conclude := func(o Outcome, b Bill) {
		if o == Outcome(channel.Ambiguous) || b.Unproven {
			w.ambiguous = true
		} else {
			w.final = &b
		}
	}
	for _, e := range told {
		switch e := e.(type) {
		case Accepted:
			if e.Order == i.Order && e.Attempt == i.Attempt {
				w.accepted = &e
			}
		case Ended:
			if e.Order == i.Order && e.Attempt == i.Attempt &&
				!(e.Outcome == Outcome(channel.Abandoned) || w.accepted != nil && e.Outcome == Outcome(channel.Ambiguous)) {
				conclude(e.Outcome, e.Bill)
			}
		case Settled:
			if e.Order == i.Order && e.Attempt == i.Attempt {
				conclude(e.Outcome, e.Bill)
			}
		case Finished:
			w.finished = w.finished || e.Order == i.Order
		}
	}
	return w
}

// TestApplyRefuses: each entry that doesn't follow is refused, and changes nothing.
func TestApplyRefuses(t *testing.T) {
	delivered, ambiguous, abandoned := Outcome(channel.Delivered), Outcome(channel.Ambiguous), Outcome(channel.Abandoned)
	reported := money.Micros(1<<63 - 1)
	begun := []Entry{header(), Order{Order: 0}, Intent{}}
	for _, tt := range []struct {
		name   string
		before []Entry
		e      Entry
		want   string
	}{
		{"anything before the header", nil, Order{}, "begins with its header"},
		{"no entry", begun, nil, "no entry"},
		{"a second header", begun, header(), "has no other"},
		{"another schema", nil, Run{Schema: "x"}, "the schema is"},
		{"an order below zero", begun, Order{Order: -1}, "no order -1"},
		{"an order that has begun", begun, Order{Order: 0}, "has begun already"},
		{"an order that has ended", []Entry{header(), Order{}, Finished{}}, Order{}, "has begun already"},
		{"an intent without an order", begun, Intent{Order: 7}, "order 7 was not announced"},
		{"a negative reservation", []Entry{header(), Order{}}, Intent{Reserved: -5}, "can't be reserved"},
		{"a second intent", begun, Intent{}, "attempt 0 may not"},
		{"an intent too early", begun, Intent{Attempt: 1}, "attempt 1 may not"},
		{"a hedge of nothing", []Entry{header(), Order{}}, Intent{Hedge: true}, "attempt 0 may not"},
		{"a hedge of an attempt that has ended", append(slices.Clone(begun), Ended{Outcome: abandoned}),
			Intent{Attempt: 1, Hedge: true}, "attempt 1 may not"},
		{"a hedge of a pair", append(slices.Clone(begun), Intent{Attempt: 1, Hedge: true}), Intent{Attempt: 2, Hedge: true},
			"attempt 2 may not"},
		{"an intent beside the rest of a pair", append(slices.Clone(begun), Intent{Attempt: 1, Hedge: true},
			Ended{Attempt: 1, Outcome: delivered}), Intent{Attempt: 2}, "attempt 2 may not"},
		{"an intent with a gap", append(slices.Clone(begun), Ended{Outcome: delivered}), Intent{Attempt: 2},
			"attempt 2 may not"},
		{"an intent of an order that has ended", []Entry{header(), Order{}, Finished{}}, Intent{}, "finished: true"},
		{"a negative attempt", begun, Accepted{Attempt: -1}, "never begun"},
		{"an acceptance of nothing", begun, Accepted{Attempt: 1}, "attempt 1 of order 0 was never begun"},
		{"an acceptance of no order", begun, Accepted{Order: 4}, "never begun"},
		{"a second acceptance", append(slices.Clone(begun), Accepted{}), Accepted{}, "was accepted already"},
		{"a late acceptance", append(slices.Clone(begun), Ended{Outcome: ambiguous}), Accepted{}, "was over already"},
		{"an end of nothing", begun, Ended{Attempt: 3, Outcome: delivered}, "never begun"},
		{"an end without an outcome", begun, Ended{}, "has not ended"},
		{"a second end", append(slices.Clone(begun), Ended{Outcome: delivered}), Ended{Outcome: delivered},
			"was over already"},
		{"an end after being abandoned", append(slices.Clone(begun), Ended{Outcome: abandoned}), Ended{Outcome: delivered},
			"has ended already"},
		{"a negative charge", begun, Ended{Outcome: delivered, Bill: Bill{Computed: -1}}, "a charge can't be"},
		{"a charge beyond all numbers", append(slices.Clone(begun), Ended{Outcome: delivered, Bill: Bill{Computed: 1}},
			Order{Order: 1}, Intent{Order: 1}),
			Ended{Order: 1, Outcome: delivered, Bill: Bill{Reported: &reported}}, "too large"},
		{"a settlement of nothing", begun, Settled{Attempt: 1, Outcome: delivered}, "never begun"},
		{"a settlement of what stays open", append(slices.Clone(begun), Ended{Outcome: ambiguous}),
			Settled{Outcome: delivered}, "was over already"},
		{"a settlement without an outcome", begun, Settled{}, "has not ended"},
		{"an end of no order", begun, Finished{Order: 9}, "order 9 is not open"},
		{"a second end of an order", []Entry{header(), Order{}, Finished{}}, Finished{}, "order 0 is not open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := fold(t, tt.before)
			was := s.clone()
			err := s.Apply(tt.e)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v: %v, want %q", tt.e, err, tt.want)
			}
			if !reflect.DeepEqual(s.clone(), was) {
				t.Errorf("a refused entry changed the state from %+v to %+v", was, s)
			}
		})
	}
}

// TestAnUnprovenBillStaysReserved: a failure that nobody knows to be free is neither spent nor open, and what was
// reserved for it is not given back by a resume.
func TestAnUnprovenBillStaysReserved(t *testing.T) {
	failed, bill := Outcome(channel.Failed), Bill{Computed: 60_000, Unproven: true}
	for name, end := range map[string][]Entry{
		"for its order":         {Ended{Outcome: failed, Bill: bill}},
		"after it":              {Ended{Outcome: Outcome(channel.Abandoned)}, Settled{Outcome: failed, Bill: bill}},
		"after an interruption": {Settled{Outcome: failed, Bill: bill}},
	} {
		t.Run(name, func(t *testing.T) {
			s := fold(t, append([]Entry{header(), Order{}, Intent{Reserved: 120_000}, Accepted{Job: Job{ID: "video_1"}}},
				end...))
			if lost := s.Lost(); s.Spent() != 0 || len(s.Open()) != 0 || len(lost) != 1 || lost[0].Intent.Reserved != 120_000 ||
				!lost[0].Kept {
				t.Errorf("spent %v, open %+v, lost %+v", s.Spent(), s.Open(), lost)
			}
			if !s.maySubmit(Intent{Attempt: 1}) {
				t.Error("the order may not go on")
			}
		})
	}
}

func TestFold(t *testing.T) {
	told := history(seeded(9), 30)
	text := string(written(t, told))
	s, err := Fold(Read(strings.NewReader(text + "{torn")))
	if _, torn := err.(*tornError); !torn || !reflect.DeepEqual(s, fold(t, told)) {
		t.Errorf("Fold of a torn journal: %v", err)
	}
	if !reflect.DeepEqual(s.Run(), header()) {
		t.Errorf("the header is %+v", s.Run())
	}
	twice := func(yield func(Entry, error) bool) {
		for yield(told[0], nil) {
			continue
		}
	}
	if _, err := Fold(twice); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("Fold of two headers: %v", err)
	}
}

func TestStateStaysSmall(t *testing.T) {
	s := fold(t, []Entry{header(), Order{}, Intent{}, Accepted{}, Ended{Outcome: 1}, Finished{}})
	if o := s.orders[0]; o.entry != nil || o.attempts[0].intent != nil || o.attempts[0].accepted != nil {
		t.Errorf("an order that is over is remembered whole: %+v", o)
	}
}

// unfinishedOf lists the orders that have begun and not ended, ascending.
func unfinishedOf(s *State) []int {
	var open []int
	for i, o := range s.orders {
		if len(o.attempts) > 0 && !o.finished {
			open = append(open, i)
		}
	}
	slices.Sort(open)
	return open
}

// clone is a state of one's own.
func (s *State) clone() *State {
	c := *s
	c.foreign, c.orders = maps.Clone(s.foreign), make(map[int]*order, len(s.orders))
	for i, o := range s.orders {
		c.orders[i] = &order{o.entry, slices.Clone(o.attempts), o.finished}
	}
	return &c
}
