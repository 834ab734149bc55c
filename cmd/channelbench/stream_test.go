//go:build unix

package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/proof"
)

// unread is the end to write of a pipe that nobody reads.
func unread(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// until waits until a file holds a text.
func until(t *testing.T, path, text string) {
	t.Helper()
	for range 3000 {
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s never holds %q", path, text)
}

// TestWhoWatchesEndsNoRun: a run that loses its readers, and is told to end in each of the ways in which terminals do,
// settles what is open, saves all, and exits with its own code.
func TestWhoWatchesEndsNoRun(t *testing.T) {
	const hup, interrupt, term = syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM
	for _, tt := range []struct {
		name    string
		reader  []string // of stdout and stderr
		signals []syscall.Signal
		nohup   bool
		code    int
	}{
		{name: "ctrl-c, into tee", reader: []string{"tee", "log"}, signals: []syscall.Signal{interrupt}, code: 130},
		{name: "terminated, into tee", reader: []string{"tee", "log"}, signals: []syscall.Signal{term}, code: 143},
		{name: "the terminal closes", reader: []string{"tee", "log"}, signals: []syscall.Signal{hup, hup}, code: 143},
		{name: "it closes under nohup", reader: []string{"tee", "log"}, signals: []syscall.Signal{hup}, nohup: true},
		{name: "one line is read", reader: []string{"head", "-1"}},
		{name: "nothing is read", reader: []string{"true"}},
		{name: "nothing is read, and ctrl-c", reader: []string{"true"}, signals: []syscall.Signal{interrupt}, code: 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if slices.Contains(tt.signals, hup) && !tt.nohup && signal.Ignored(hup) {
				t.Skip("the tests run under nohup, and so does what they start")
			}
			dir := t.TempDir()
			run := command("bench", "vendor-claims", "--orders", "30", "--set", `bench.rate="60/min"`, "--speed", "60x",
				"-o", "night", "--history", "nights.jsonl")
			if tt.nohup {
				run = exec.Command("sh", append([]string{"-c", `trap "" HUP; exec "$@"`, "sh"}, run.Args...)...)
			}
			watched(t, dir, run, exec.Command(tt.reader[0], tt.reader[1:]...))
			until(t, filepath.Join(dir, "night", "orders.jsonl"), `"kind":"accepted"`)
			for _, s := range tt.signals {
				if err := syscall.Kill(-run.Process.Pid, s); err != nil {
					t.Fatal(err)
				}
			}
			if code := status(run.Wait()); code != tt.code {
				t.Errorf("exits with %d, want %d", code, tt.code)
			}
			saved(t, dir)
		})
	}
}

// watched starts a run and its reader in one process group, as a shell on a terminal does.
func watched(t *testing.T, dir string, run, reader *exec.Cmd) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	run.Dir, run.Stdout, run.Stderr = dir, w, w
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	reader.Dir, reader.Stdin = dir, r
	reader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: run.Process.Pid}
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Wait() }) // it may have been ended by a signal
}

// saved demands the report and the history of a run, and a journal in which nothing is open.
func saved(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"night/run.json", "night/report.md", "nights.jsonl"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	file, err := os.Open(filepath.Join(dir, "night", "orders.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := journal.Fold(journal.Read(file))
	if err != nil || len(s.Open()) > 0 {
		t.Errorf("%d jobs are open: %v", len(s.Open()), err)
	}
}

// TestNobodyReadsTheResult: each verb does what it does, and says that it did.
func TestNobodyReadsTheResult(t *testing.T) {
	t.Chdir(t.TempDir())
	verbs := [][]string{
		{"sim", "vendor-claims", "--months", "2", "-o", "sim"},
		{"bench", "vendor-claims", "--orders", "3", "--speed", "400x", "-o", "bench", "--format", "json"},
		{"bench", "--resume", "bench", "--format", "markdown"},
		{"report", "sim"},
		{"report", "sim", "bench", "--format", "json"},
		{"compare", "bench", "bench"},
		{"compare", "bench", "bench", "--format", "csv"},
		{"calibrate", "vendor-claims", "bench", "-o", "-"},
		{"plan", "vendor-claims"},
		{"check", "vendor-claims", "--resolved"},
		{"init", "-"},
		{"scenarios"},
		{"version"},
		{"--help"},
		{"sim", "--help"},
	}
	if proof.Long {
		verbs = append(verbs, []string{"sim", "vendor-claims", "--months", "2", "-o", "sim", "--format", "json"},
			[]string{"sim", "vendor-claims", "--months", "2", "-o", "sim", "--format", "markdown"},
			[]string{"report", "sim", "bench", "--format", "markdown"}, []string{"plan", "vendor-claims", "--format", "json"})
	}
	for _, args := range verbs {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			verb := command(args...)
			verb.Stdout, verb.Stderr = unread(t), unread(t)
			if code := status(verb.Run()); code != 0 {
				t.Errorf("exits with %d", code)
			}
		})
	}
	for _, name := range []string{"sim/run.json", "bench/run.json", "out/report/report.md"} {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestServeIsNotReadOn: the mock channels go on, whoever read their addresses.
func TestServeIsNotReadOn(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	serve := command("serve", "vendor-claims", "--addr", "127.0.0.1:0", "--verbose")
	serve.Stdout, serve.Stderr = w, unread(t)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := r.Read(line)
	if err := errors.Join(err, r.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	_, base, _ := strings.Cut(strings.SplitN(string(line[:n]), "\n", 2)[0], "http://")
	for range 3 { // each is told to nobody
		answer, err := http.Get("http://" + base + "/balance")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	if err := serve.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := status(serve.Wait()); code != 0 {
		t.Errorf("exits with %d", code)
	}
}

// TestAResultThatIsNotWritten for another reason than that nobody reads it is a failure, though all else is there.
func TestAResultThatIsNotWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full: ", err)
	}
	defer full.Close()
	dir := t.TempDir()
	verb := command("sim", "vendor-claims", "--months", "2", "-o", "sim")
	verb.Dir, verb.Stdout = dir, full
	if code := status(verb.Run()); code != exitFailed {
		t.Errorf("exits with %d", code)
	}
	if info, err := os.Stat(filepath.Join(dir, "sim", "run.json")); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}
