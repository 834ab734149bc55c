package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"channelbench/internal/proof"
)

// command is channelbench as a process of its own.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("channelbench", args...)
	cmd.Env = append(os.Environ(), shortLived)
	return cmd
}

// goesOn demands that a run whose process died can be gone on with if its journal is there, and else begun anew.
func goesOn(t *testing.T, night string) string {
	t.Helper()
	how, args := "resumed", []string{"bench", "--resume", night}
	if _, err := os.Stat(filepath.Join(night, "orders.jsonl")); errors.Is(err, fs.ErrNotExist) {
		how, args = "begun anew", []string{"bench", "vendor-claims", "--orders", "10", "--speed", "400x", "-o", night}
	}
	if out, err := command(args...).CombinedOutput(); err != nil {
		t.Errorf("%q: %v\n%s", args, err, out)
	}
	return how
}

// TestARunThatIsKilledGoesOn kills a run as soon as something is there, from its folder to its last file.
func TestARunThatIsKilledGoesOn(t *testing.T) {
	moments := []string{"scenario.toml", "orders.jsonl", "run.json"}
	if proof.Long {
		moments = append(moments, ".", "orders.jsonl.new", "inputs", "vegeta.gob", "report.md")
	}
	for _, moment := range moments {
		t.Run(moment, func(t *testing.T) {
			night := filepath.Join(t.TempDir(), "night")
			run := command("bench", "vendor-claims", "--orders", "10", "--speed", "400x", "-o", night)
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			appears(filepath.Join(night, moment))
			if err := run.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait() // it was killed
			t.Log(goesOn(t, night))
		})
	}
}

// appears waits until something is there, or for a minute.
func appears(path string) {
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(100 * time.Microsecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
}

// TestARunOnAFullDiskGoesOn where there is room again, however much of it fits at first. The disk is one in memory,
// which not every machine lets its users have.
func TestARunOnAFullDiskGoesOn(t *testing.T) {
	own := exec.Command("unshare", "--map-root-user", "--mount", "true")
	if err := own.Run(); err != nil {
		t.Skip("no file system of our own: ", err)
	}
	sizes := []int{8, 28, 100}
	if proof.Long {
		sizes = []int{4, 8, 12, 20, 28, 44, 60, 100, 200}
	}
	for _, kb := range sizes {
		t.Run(strconv.Itoa(kb), func(t *testing.T) {
			script := `mount -t tmpfs -o size="$1"k none . && cd "$PWD" || exit 99
channelbench bench vendor-claims --orders 10 --speed 400x -o night >/dev/null 2>"$2"; code=$?
cat "$2"; [ $code = 0 ] || [ $code = 3 ] || exit $code
mount -o remount,size=50m . || exit 99
if [ -e night/orders.jsonl ]; then
	! grep 'another one' "$2" || exit 98 # it would be bought again
	exec channelbench bench --resume night
fi
exec channelbench bench vendor-claims --orders 10 --speed 400x -o night`
			said := filepath.Join(t.TempDir(), "said")
			run := exec.Command("unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", strconv.Itoa(kb), said)
			run.Dir = t.TempDir()
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestCtrlCBeforeAnythingWasSubmitted, while a channel takes its time to tell the balance, leaves nothing.
func TestCtrlCBeforeAnythingWasSubmitted(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("REVERSE_KEY", "a key of the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	channel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(" "))
		_ = http.NewResponseController(w).Flush()
		cancel(&exitError{code: exitInterrupted, err: errInterrupted})
		<-r.Context().Done()
	}))
	defer channel.Close()
	var said bytes.Buffer
	p := &program{out: io.Discard, err: &said}
	code := p.run(ctx, []string{"bench", "starter", "--live", "--max-spend", "$99",
		"-o", "new/night", "--history", "new.jsonl", "--keep", "1",
		"--set", `bench.run=["reverse"]`, "--set", "channels.reverse.key_env=REVERSE_KEY",
		"--set", "channels.reverse.base_url=" + channel.URL, "--set", "channels.reverse.balance_url=" + channel.URL})
	const want = "interrupted before anything was submitted\n  hint: run it again"
	if code != exitInterrupted || !strings.Contains(said.String(), want) {
		t.Errorf("exit code %d: %s", code, &said)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
