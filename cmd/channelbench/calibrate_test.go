package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
)

// TestRunsFromTheFutureDoNotCount: each is named, and the others are read.
func TestRunsFromTheFutureDoNotCount(t *testing.T) {
	var said bytes.Buffer
	p := &program{out: &said, err: &said}
	s, _, err := p.load("starter", nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	write := func(at time.Time) string {
		path := filepath.Join(t.TempDir(), "orders.jsonl")
		c, err := journal.Take(path)
		if err != nil {
			t.Fatal(err)
		}
		j, err := c.Begin(journal.Run{Schema: journal.Schema, At: journal.UTC(at), Speed: 1, Live: true,
			PurchaseSHA256: s.PurchaseSHA256()})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []journal.Entry{
			journal.Order{Strategy: "reverse", Key: "00000000000000ff", Scheduled: journal.UTC(at)},
			journal.Intent{At: journal.UTC(at), Channel: "reverse", Reserved: 120_000},
			journal.Ended{Outcome: journal.Outcome(channel.Refused), Reason: journal.Reason(channel.Region),
				At: journal.UTC(at.Add(time.Second))},
		} {
			if err := j.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	past, future := write(now.Add(-time.Hour)), write(now.Add(365*24*time.Hour))
	nights, unread, err := p.readNights(s, []string{past, future}, now, false)
	if err != nil || len(nights) != 1 || nights[0].Name != past {
		t.Errorf("%v, %+v\n%s", err, nights, said.String())
	}
	if len(unread) != 1 || !strings.Contains(unread[0],
		"its clock says 2027-11-20T03:00:00Z, which lies in the future, so it doesn't count") {
		t.Errorf("unread: %q", unread)
	}
}
