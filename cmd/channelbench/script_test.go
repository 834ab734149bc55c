package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"channelbench/internal/history"
	"channelbench/internal/proof"
)

var update = flag.Bool("update", false, "rewrite the golden files inside the scripts")

// TestMain lets the scripts run this test binary as channelbench.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"channelbench": func() {
		if day, err := time.Parse(time.DateOnly, os.Getenv("TODAY")); err == nil {
			clock = func() time.Time { return day }
		}
		main()
	}})
}

// shortLived keeps a process that soon ends from tidying up more than it must.
const shortLived = "GOGC=400"

// TestScripts runs the command lines of testdata/script as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("TODAY", "2026-12-01") // by which prices are old; runs themselves take place when they do
			env.Vars = append(env.Vars, shortLived)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "proof" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return proof.Long, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers":    answers,
			"exits":      exits,
			"untouched":  untouched,
			"interrupts": interrupts,
			"next":       next,
			"png":        png,
			"screen":     screenful,
			"spends":     spends,
		},
	})
}

// answers NAME BODY serves a body, whatever is asked, at the address that the variable NAME then holds.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, args[1])
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// exits CODE ARGS... runs channelbench in the script's folder and demands an exit code; stdout and
// stderr are kept in files of those names.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("channelbench", args[1:]...)
	got := 0
	if err != nil {
		got = exitCode(err)
	}
	if got != code {
		ts.Fatalf("channelbench %q exits with %d, want %d", args[1:], got, code)
	}
}

// untouched CODE ARGS... is exits, and demands that no file or folder was made, changed or taken away.
func untouched(ts *testscript.TestScript, neg bool, args []string) {
	before := everything(ts)
	exits(ts, neg, args)
	after := everything(ts)
	for path, content := range after {
		if was, there := before[path]; !there || was != content {
			ts.Fatalf("channelbench %q left %s", args[1:], path)
		}
		delete(before, path)
	}
	for path := range before {
		ts.Fatalf("channelbench %q took %s away", args[1:], path)
	}
}

// everything is what the script's folder holds, by path.
func everything(ts *testscript.TestScript) map[string]string {
	all := map[string]string{}
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			all[path] = "no file"
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

// spends FILE USD adds a night of mock channels to a history, which spent so much today.
func spends(ts *testscript.TestScript, _ bool, args []string) {
	usd, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	ts.Check(history.Append(ts.MkAbs(args[0]),
		history.Night{Schema: history.Schema, Kind: "night", At: time.Now().UTC().Format(time.RFC3339), Mode: "mock",
			Scenario: "s", Strategy: "a", Engine: "live", SpentUSD: usd}))
}

// interrupts [-twice] CODE FILE TEXT ARGS... runs channelbench, sends SIGINT once a file holds a text, and demands an
// exit code; stdout and stderr go to files of those names. With -twice a second SIGINT follows when the first one was
// heard.
func interrupts(ts *testscript.TestScript, _ bool, args []string) {
	twice := args[0] == "-twice"
	if twice {
		args = args[1:]
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	path, err := exec.LookPath("channelbench")
	ts.Check(err)
	cmd := exec.Command(path, args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "FORWARDING_KEY="+ts.Getenv("FORWARDING_KEY"), "REVERSE_KEY="+ts.Getenv("REVERSE_KEY"))
	out, err := os.Create(ts.MkAbs("stdout"))
	ts.Check(err)
	defer out.Close()
	failures, err := os.Create(ts.MkAbs("stderr"))
	ts.Check(err)
	defer failures.Close()
	cmd.Stdout, cmd.Stderr = out, failures
	ts.Check(cmd.Start())
	await(ts, args[1], args[2])
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if twice {
		await(ts, "stderr", "stopping")
		ts.Check(cmd.Process.Signal(os.Interrupt))
	}
	if got := status(cmd.Wait()); got != code {
		ts.Fatalf("channelbench %q exits with %d, want %d: %s", args[3:], got, code, ts.ReadFile("stderr"))
	}
}

// await waits until a file holds a text.
func await(ts *testscript.TestScript, file, text string) {
	for range 1000 {
		if content, err := os.ReadFile(ts.MkAbs(file)); err == nil && strings.Contains(string(content), text) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s never holds %q", file, text)
}

// status is the exit code as a shell gives it: 128 and the signal of a command that one ended.
func status(err error) int {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return 0
	}
	if w, is := ended.Sys().(syscall.WaitStatus); is && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return ended.ExitCode()
}

// exitCode is that of a command which failed.
func exitCode(err error) int {
	if e, ok := err.(interface{ ExitCode() int }); ok {
		return e.ExitCode()
	}
	return -1
}

// next [ARGS...] runs the command that the last one printed under Next, as a shell takes it, with more arguments.
func next(ts *testscript.TestScript, _ bool, args []string) {
	_, text, found := strings.Cut(ts.ReadFile("stdout"), "\nNext\n")
	_, text, told := strings.Cut(text, "\n    ")
	command, _, _ := strings.Cut(text, "\n")
	if !found || !told || !strings.HasPrefix(command, "channelbench ") {
		ts.Fatalf("no command under Next")
	}
	ts.Check(ts.Exec("sh", "-c", strings.Join(append([]string{command}, args...), " ")))
}

// screenful demands that what the last command printed fits one screen: 40 lines of 100 columns, but for a command
// that is to be typed, and that it says what to do next or is of several runs.
func screenful(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stdout")
	if n := strings.Count(text, "\n"); n > 40 {
		ts.Fatalf("%d lines", n)
	}
	for line := range strings.Lines(text) {
		command := strings.HasPrefix(line, "    channelbench ")
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 && !command {
			ts.Fatalf("%d columns: %s", n, line)
		}
	}
	next := strings.Contains(text, "\nNext\n") || strings.Contains(text, "\nEach run's decision")
	if !next || !strings.Contains(text, "\nEverything else: ") {
		ts.Fatalf("it doesn't say what is next, or where everything else is")
	}
}

// png FILE... demands PNG files.
func png(ts *testscript.TestScript, _ bool, files []string) {
	for _, f := range files {
		if text := ts.ReadFile(f); len(text) < 8 || text[:8] != "\x89PNG\r\n\x1a\n" {
			ts.Fatalf("%s is no PNG", f)
		}
	}
}

// TestInterruptKeepsWhatIsFinished sends a first signal to a long run.
func TestInterruptKeepsWhatIsFinished(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancelCause(t.Context())
	// A line of progress stands for the moment of Ctrl-C, once all strategies have finished a month.
	interrupt := onWrite(func(text string) {
		var done int
		if _, progress, found := strings.Cut(text, "channelbench: "); found {
			if n, err := fmt.Sscanf(progress, "%d of 4000000 months done", &done); n == 1 && err == nil && done >= 4 {
				cancel(&exitError{code: exitInterrupted, err: errInterrupted})
			}
		}
	})
	p := &program{out: io.Discard, err: interrupt, terminal: true}
	code := p.run(ctx, []string{"sim", "vendor-claims", "--set", "workload.orders_per_month=200", "--months", "1000000",
		"--workers", "1", "-o", out})
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	for _, name := range []string{"run.json", "report.md", "at-a-glance.png", "latency-ecdf.png"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// onWrite is called at each write.
type onWrite func(text string)

func (f onWrite) Write(b []byte) (int, error) {
	f(string(b))
	return len(b), nil
}
