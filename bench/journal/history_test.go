package journal

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
)

// TestMain runs a child of the kill test where one is asked for. Else it fixes rapid's seed where
// none is asked for, so that every run checks the same histories, and keeps it from writing files.
func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		appendUntilKilled(path)
	}
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true", "rapid.checks": "500"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// picker draws a number from 0 to n−1.
type picker func(n int) int

func seeded(seed uint64) picker { return rand.New(rand.NewPCG(1, seed)).IntN }

var dawn = time.Date(2026, 11, 22, 3, 4, 5, 678, time.UTC)

func header() Run {
	return Run{Schema: Schema, At: UTC(dawn), Tool: "v1.2.3", ScenarioSHA256: "5ce", PurchaseSHA256: "9ur",
		Seed: 1<<64 - 1, Live: true, Speed: 1, Cap: 60 * money.Dollar}
}

// play is one order of a made-up run, and what can happen to it next.
type play struct {
	number    int
	announced bool
	attempts  int
	live      bool // the last attempt has not ended
	accepted  bool
	abandoned bool // it has, but its bill is open
	hedges    bool // the last attempt began beside the one before, which has not ended
	finished  bool
}

// history is a run that a driver could have made: a header and so many entries, of orders that overlap.
func history(pick picker, entries int) []Entry {
	told := []Entry{header()}
	var orders []*play
	for len(told) <= entries {
		i := pick(len(orders) + 2)
		switch {
		case i == len(orders):
			told = append(told, Note{UTC(dawn), "a remark, \"quoted\" <and> ünïcode\n\x00\u2028"},
				Stopped{At: UTC(dawn), Channel: "reverse", Good: pick(5), Bad: 7, InFlight: pick(20), Left: pick(100),
					Reopened: pick(2) == 1})
			continue
		case i > len(orders):
			orders = append(orders, &play{number: len(orders) + pick(2)*1000})
			i = len(orders) - 1
		}
		if e := orders[i].next(pick); e != nil {
			told = append(told, e)
		}
	}
	return told
}

// next is what happens to the order next; nil where nothing can.
func (p *play) next(pick picker) Entry {
	at := UTC(dawn.Add(time.Duration(pick(1_000_000_000))))
	n := p.attempts - 1
	switch {
	case !p.announced || p.attempts == 0 && pick(8) == 0 && !p.finished:
		p.announced = true
		return Order{p.number, "hybrid", pick(50), pick(3), pick(20), fmt.Sprintf("%016x", pick(1<<30)), at}
	case !p.finished && pick(6) == 0:
		p.finished = true
		return Finished{p.number, at, pick(2) == 0, Reason(pick(int(channel.NumReasons))), time.Duration(pick(1 << 40)),
			time.Duration(pick(1000))}
	case p.live && !p.hedges && !p.finished && pick(8) == 0:
		p.attempts++
		p.hedges, p.accepted = true, false
		return Intent{p.number, n + 1, at, "forwarding", pick(2), money.Micros(pick(2_000_000)), true, pick(3),
			anyToken(pick)}
	case p.live && !p.accepted && pick(2) == 0, p.abandoned && !p.accepted && pick(4) == 0:
		p.accepted = true
		return Accepted{p.number, n, at, anyJob(pick), 200, pick(2) == 0}
	case p.live:
		outcome := Outcome(1 + pick(int(channel.Unusable)))
		p.live, p.abandoned = false, outcome == Outcome(channel.Abandoned)
		return Ended{Order: p.number, Attempt: n, Outcome: outcome, Reason: Reason(pick(int(channel.NumReasons))),
			Country: "CH", At: at, Submitted: at, Answered: at,
			Polls: pick(100), Bill: anyBill(pick), ClipSHA256: "abc", ClipBytes: int64(pick(1 << 30)),
			Error: "what the channel said"}
	case p.hedges:
		p.hedges = false
		return Ended{Order: p.number, Attempt: n - 1, Outcome: Outcome(channel.Refused), At: at}
	case p.abandoned && (p.finished || pick(2) == 0):
		p.abandoned = false
		return Settled{p.number, n, at, Outcome([]channel.Outcome{channel.Abandoned, channel.Refused,
			channel.Ambiguous}[pick(3)]), 0, at, anyBill(pick), ""}
	case !p.finished:
		p.attempts++
		p.live, p.accepted, p.abandoned = true, false, false
		return Intent{p.number, p.attempts - 1, at, []string{"reverse", "forwarding"}[pick(2)], pick(2),
			money.Micros(pick(2_000_000)), false, pick(3), anyToken(pick)}
	}
	return nil
}

func anyToken(pick picker) string { return []string{"", "cb-1f-3-0"}[pick(2)] }

func anyJob(pick picker) Job {
	return []Job{{}, {ID: "video_1"}, {ID: "video_2", PollURL: "https://x.example/v1/tasks/2?a=b&c=d"},
		{ContentURL: "https://x.example/clip"}}[pick(4)]
}

func anyBill(pick picker) Bill {
	b := Bill{Computed: money.Micros(pick(2_000_000))}
	if pick(2) == 0 {
		reported := money.Micros(pick(3_000_000)) - 10
		b.Reported = &reported
	}
	b.Unproven = pick(6) == 0
	return b
}

// written is a journal of the given entries, as bytes.
func written(t testing.TB, entries []Entry) []byte {
	t.Helper()
	var all []byte
	for i, e := range entries {
		body, err := bodyOf(e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, lineOf(i+1, e.kind(), body)...)
	}
	return all
}

// read collects what Read yields.
func read(text string) (entries []Entry, err error) {
	for e, err := range Read(strings.NewReader(text)) {
		if err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}
