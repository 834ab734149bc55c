package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/history"
	"channelbench/internal/money"
)

// spentIn is what the journal in a folder says was spent, or stays reserved.
func spentIn(t *testing.T, folder string) money.Micros {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, "orders.jsonl"))
	if os.IsNotExist(err) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := journal.Fold(journal.Read(file))
	if err != nil {
		t.Fatal(err)
	}
	sum := s.Spent()
	for _, a := range append(s.Open(), s.Lost()...) {
		sum += a.Intent.Reserved
	}
	return sum
}

// monthOf is what a history knows of this month.
func monthOf(t *testing.T, path string, limit money.Micros) *history.Budget {
	t.Helper()
	b, err := history.MonthOf(time.Now(), "mock", limit).Budget(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRunsThatOverlapShareAMonth: three at once never spend more than the month has, whoever comes first.
func TestRunsThatOverlapShareAMonth(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "h.jsonl")
	said := make([]string, 3)
	var all sync.WaitGroup
	for i := range said {
		all.Go(func() {
			code, _, stderr := call(t, "bench", "starter", "--speed", "200x", "--orders", "3", "--set",
				`bench.run=["forwarding"]`,
				"--max-spend", "$5", "--max-spend-month", "$8", "--history", path, "-o", filepath.Join(folder, fmt.Sprint(i)))
			said[i] = fmt.Sprintf("exit %d\n%s", code, stderr)
			if code != exitDone && code != exitCap && code != exitFailedGate && code != exitFailed {
				t.Error(said[i])
			}
		})
	}
	all.Wait()
	var spent money.Micros
	for i := range said {
		spent += spentIn(t, filepath.Join(folder, fmt.Sprint(i)))
	}
	if spent > 8*money.Dollar || spent < 2*money.Dollar {
		t.Errorf("together they spent %v:\n%s", spent, strings.Join(said, "\n"))
	}
	if b := monthOf(t, path, 8*money.Dollar); b.Spent != spent || len(b.Held) > 0 {
		t.Errorf("the history says %+v, the journals %v", b, spent)
	}
}

// TestARunThatIsKilledHoldsItsMoney until it is resumed, with the words that say so; then it counts once.
func TestARunThatIsKilledHoldsItsMoney(t *testing.T) {
	path, err := exec.LookPath("channelbench")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(path, append([]string{"bench", "--max-spend-month", "$8", "--history", "h.jsonl"}, args...)...)
		cmd.Dir = home
		return cmd
	}
	killed := run("starter", "--speed", "5x", "--orders", "8", "--set", `bench.run=["forwarding"]`, "--max-spend", "$60",
		"-o", "killed")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(home, "killed", "orders.jsonl"))
		if bytes.Contains(text, []byte(`"kind":"intent"`)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is submitted")
		}
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	history := filepath.Join(home, "h.jsonl")
	if b := monthOf(t, history, 8*money.Dollar); b.Spent != 0 || b.Left() != 0 || len(b.Held) != 1 {
		t.Errorf("after the kill: %+v", b)
	}
	other := func() string {
		out, err := run("starter", "--speed", "200x", "--orders", "1", "--set", `bench.run=["forwarding"]`, "-o",
			"other").CombinedOutput()
		return fmt.Sprint(string(out), err)
	}
	said := other()
	for _, want := range []string{"exit status 4", "nothing was submitted", "$8.00 is held since 20",
		filepath.Join(home, "killed"), "--resume " + filepath.Join(home, "killed") + " --history h.jsonl",
		"take line 1 out of h.jsonl.reserved"} {
		if !strings.Contains(said, want) {
			t.Errorf("it doesn't say %q:\n%s", want, said)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "other")); !os.IsNotExist(err) {
		t.Errorf("a run that was refused left something: %v", err)
	}
	out, err := run("--resume", "killed", "--max-spend", "$0").CombinedOutput()
	if status(err) != exitCap {
		t.Errorf("resumed without buying: %v\n%s", err, out)
	}
	spent := spentIn(t, filepath.Join(home, "killed"))
	if b := monthOf(t, history, 8*money.Dollar); b.Spent != spent || spent == 0 || len(b.Held) > 0 {
		t.Errorf("after the resume: %+v, and %v spent", b, spent)
	}
	if said := other(); !strings.Contains(said, "this month's cap: ") || !strings.HasSuffix(said, "<nil>") {
		t.Errorf("the month still gives nothing:\n%s", said)
	}
}
