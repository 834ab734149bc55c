package dialect

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

// TestProofs reads answers as channels and what stands before them give them, one a line: what was asked, what the
// answer proves, its status and its body. "silent" is a poll that says nothing of the job vid_1, "claimed" one that
// tells a failure that may be its own.
func TestProofs(t *testing.T) {
	f, err := os.Open("testdata/proofs.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		part := strings.SplitN(line, " ", 4)
		status, err := strconv.Atoi(part[2])
		if err != nil || len(part) != 4 {
			t.Fatalf("%q", line)
		}
		rows++
		r := &Response{Status: status, Body: []byte(part[3])}
		for _, d := range imitators {
			got := ""
			if part[0] == "submit" {
				got = strings.ReplaceAll(d.Submitted(target, r).Verdict.String(), " ", "_")
			} else {
				got = tells(d.Polled(target, Job{ID: "vid_1"}, r))
			}
			if got != part[1] {
				t.Errorf("%s, %s: %s", d.Name(), got, line)
			}
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows", rows)
	}
}

// tells is what an answer to a poll says, in a word.
func tells(p Progress) string {
	switch {
	case p.State == Failed && p.Reason != channel.Job:
		return "failed/" + p.Reason.String()
	case p.State == InProgress && p.Unproven:
		return "claimed"
	case p.State == InProgress && p.Message != "" && p.NewWord == "":
		return "silent"
	}
	return strings.ReplaceAll(p.State.String(), " ", "_")
}
