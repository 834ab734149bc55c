package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"channelbench/internal/money"
	"channelbench/internal/proof"
)

// childPath names the environment variable that makes this test binary a child that appends.
const childPath = "CHANNELBENCH_TEST_JOURNAL"

// appendUntilKilled goes on with the journal at path, with eight goroutines, and says on its standard output
// which intents were acknowledged, as a submit would tell the world.
func appendUntilKilled(path string) {
	j, found, err := Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		found = &Recovered{}
		j, err = create(folders{}, path, header())
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	begun := map[int]bool{}
	for _, e := range found.Entries {
		if i, is := e.(Intent); is {
			begun[i.Order] = true
		}
	}
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for n := w; ; n += 8 {
				if begun[n] {
					continue
				}
				err := errors.Join(
					j.Append(Order{Order: n, Strategy: "hybrid", Key: fmt.Sprintf("%016x", n)}),
					j.Append(Intent{Order: n, At: UTC(dawn), Channel: "reverse", Reserved: money.Micros(n)}))
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				_, _ = fmt.Printf("intent %d\n", n)
				_ = j.Append(Accepted{Order: n, Job: Job{ID: fmt.Sprint("video_", n)}, Status: 200})
				_ = j.Append(Ended{Order: n, Outcome: 1, Bill: Bill{Computed: money.Micros(n)}})
			}
		})
	}
	workers.Wait()
}

// TestKilledChildLosesNoIntent kills -9 a program that appends, again and again, and goes on with its journal.
func TestKilledChildLosesNoIntent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	said := map[int]bool{}
	pick := seeded(7)
	var torn int64
	kills := proof.Size(10, 50)
	for range kills {
		runAndKill(t, path, 1+pick(40), said)
		j, found, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		s := fold(t, found.Entries)
		for n := range said {
			if !s.Begun(n) || s.maySubmit(Intent{Order: n}) {
				t.Fatalf("the intent of order %d was acknowledged, and is lost", n)
			}
		}
		torn += found.Torn
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d intents acknowledged, 0 lost, %d bytes torn", kills, len(said), torn)
}

// runAndKill runs a child until it has acknowledged so many intents, and adds all that it did.
func runAndKill(t *testing.T, path string, intents int, said map[int]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childPath+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 1; lines.Scan(); seen++ {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "intent %d", &n); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		if said[n] {
			t.Errorf("order %d was submitted twice", n)
		}
		said[n] = true
		if seen != intents {
			continue
		}
		if _, _, err := Open(path); !errors.Is(err, ErrLocked) {
			t.Errorf("a journal that another program writes: %v, want %v", err, ErrLocked)
		}
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	_ = child.Wait() // it was killed
}
