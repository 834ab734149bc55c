package main

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden files inside the scripts")

// TestMain lets the scripts run this test binary as channelbench.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"channelbench": main})
}

// TestScripts runs the command lines of testdata/script as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"png":   png,
		},
	})
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

// exitCode is that of a command which failed.
func exitCode(err error) int {
	if e, ok := err.(interface{ ExitCode() int }); ok {
		return e.ExitCode()
	}
	return -1
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
	// The first line of progress stands for the moment of Ctrl-C.
	interrupt := onWrite(func() { cancel(&exitError{code: exitInterrupted, err: errInterrupted}) })
	p := &program{out: io.Discard, err: interrupt, terminal: true}
	code := p.run(ctx, []string{"sim", "vendor-claims", "--set", "workload.orders_per_month=200", "--months", "1000000", "--workers", "1", "-o", out})
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
type onWrite func()

func (f onWrite) Write(b []byte) (int, error) {
	f()
	return len(b), nil
}
