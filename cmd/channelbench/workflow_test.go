package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"channelbench/scenarios"
)

// workflow is what is looked at of a workflow of GitHub Actions.
type workflow struct {
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency map[string]any    `yaml:"concurrency"`
	Jobs        map[string]job    `yaml:"jobs"`
}

type job struct {
	If          string            `yaml:"if"`
	Environment any               `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Env         map[string]string `yaml:"env"`
	Steps       []step            `yaml:"steps"`
	Strategy    struct {
		Matrix map[string][]string `yaml:"matrix"`
	} `yaml:"strategy"`
}

type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Run  string            `yaml:"run"`
	Env  map[string]string `yaml:"env"`
	With map[string]any    `yaml:"with"`
}

func nightlyWorkflow(t *testing.T) (w workflow, text string) {
	t.Helper()
	return readWorkflow(t, "nightly.yml")
}

func readWorkflow(t *testing.T, name string) (w workflow, text string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", ".github", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(source, &w); err != nil {
		t.Fatal(err)
	}
	return w, string(source)
}

// pinned is an action of GitHub's own at a version.
var pinned = regexp.MustCompile(`^actions/[a-z-]+(/[a-z]+)?@(v[0-9]+|[0-9a-f]{40})$`)

// TestNightlyIsSafe: no pull request of a stranger's runs it, it may do nothing but read, and only the job in a
// protected environment sees a secret, in the steps that need one.
func TestNightlyIsSafe(t *testing.T) {
	w, text := nightlyWorkflow(t)
	for event := range w.On {
		if event != "schedule" && event != "workflow_dispatch" {
			t.Errorf("it runs on %s", event)
		}
	}
	if len(w.On) != 2 || strings.Contains(text, "pull_request") {
		t.Errorf("it runs on %v", w.On)
	}
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
		t.Errorf("permissions %v", w.Permissions)
	}
	if w.Concurrency["cancel-in-progress"] != false {
		t.Errorf("a night may cut another off: %v", w.Concurrency)
	}
	for name, j := range w.Jobs {
		if j.Permissions != nil {
			t.Errorf("%s has permissions of its own: %v", name, j.Permissions)
		}
		if strings.Contains(strings.Join(values(j.Env), " "), "secrets.") {
			t.Errorf("all steps of %s see a secret", name)
		}
		for _, s := range j.Steps {
			if s.Uses != "" && !pinned.MatchString(s.Uses) {
				t.Errorf("%s uses %s", name, s.Uses)
			}
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
				t.Errorf("%s leaves the token in the working copy", name)
			}
			if strings.Contains(s.Run, "${{") {
				t.Errorf("%s, %q: an expression inside a script can be a script", name, s.Name)
			}
			if strings.Contains(strings.Join(values(s.Env), " "), "secrets.") &&
				(name != "live" || !strings.Contains(s.Run, "channelbench bench")) {
				t.Errorf("%s, %q sees a secret", name, s.Name)
			}
		}
	}
	if live := w.Jobs["live"]; live.Environment == nil || !strings.Contains(live.If, "vars.") {
		t.Errorf("the live job is not protected: environment %v, if %q", live.Environment, live.If)
	}
}

// TestNightlyPassesTheKeys: those that the scenario of init names reach each step that spends, and are listed once.
func TestNightlyPassesTheKeys(t *testing.T) {
	w, text := nightlyWorkflow(t)
	starter, _ := scenarios.Open("starter")
	spending := 0
	for _, s := range w.Jobs["live"].Steps {
		if !strings.Contains(s.Run, "channelbench bench") {
			continue
		}
		spending++
		for _, found := range regexp.MustCompile(`key_env *= *"(.*?)"`).FindAllStringSubmatch(string(starter), -1) {
			key := found[1]
			if want := "${{ secrets." + key + " }}"; s.Env[key] != want {
				t.Errorf("%q sees %s as %q, want %q", s.Name, key, s.Env[key], want)
			}
			if n := strings.Count(text, "secrets."+key); n != 1 {
				t.Errorf("the workflow names %s %d times", key, n)
			}
		}
	}
	if spending != 2 {
		t.Errorf("%d steps spend", spending)
	}
}

func values(m map[string]string) []string {
	var all []string
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// TestNightlyKeepsItsState: it is restored before anything runs, and kept whatever happens; what was left open is
// resumed before anything new is bought; and a month is never without its cap.
func TestNightlyKeepsItsState(t *testing.T) {
	w, _ := nightlyWorkflow(t)
	for name, j := range w.Jobs {
		place := func(what string, is func(step) bool) int {
			i := slices.IndexFunc(j.Steps, is)
			if i < 0 {
				t.Fatalf("%s doesn't %s", name, what)
			}
			return i
		}
		restore := place("restore", func(s step) bool { return strings.HasPrefix(s.Uses, "actions/cache/restore@") })
		resume := place("resume", func(s step) bool { return strings.Contains(s.Run, "--resume state/open") })
		bench := place("bench", func(s step) bool { return strings.Contains(s.Run, "-o state/open") })
		save := place("save", func(s step) bool { return strings.HasPrefix(s.Uses, "actions/cache/save@") })
		judge := place("judge", func(s step) bool { return strings.Contains(s.Run, "channelbench compare --history") })
		if !(restore < resume && resume < bench && bench < judge && judge < save) {
			t.Errorf("%s: restore %d, resume %d, bench %d, judge %d, save %d", name, restore, resume, bench, judge, save)
		}
		if j.Steps[save].If != "always()" || j.Steps[save].With["path"] != "state" ||
			j.Steps[restore].With["path"] != "state" {
			t.Errorf("%s keeps %+v", name, j.Steps[save])
		}
		for _, s := range j.Steps {
			if strings.Contains(s.Run, "--live") && !strings.Contains(s.Run, "--max-spend-month") {
				t.Errorf("%s, %q spends without a cap on the month", name, s.Name)
			}
		}
	}
}

// TestNightlyCommandsAreOurs: every command line in it is one that this program takes.
func TestNightlyCommandsAreOurs(t *testing.T) {
	w, _ := nightlyWorkflow(t)
	found := 0
	for name, j := range w.Jobs {
		for _, s := range j.Steps {
			for line := range strings.Lines(s.Run) {
				command, ok := strings.CutPrefix(strings.TrimSpace(line), "channelbench ")
				if !ok {
					continue
				}
				found++
				command, _, _ = strings.Cut(command, " >>")
				args := strings.Fields(strings.ReplaceAll(command, `"`, ""))
				p := &program{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
				cmd, rest, err := p.root().Find(args)
				if err != nil || cmd.Name() == "channelbench" {
					t.Errorf("%s: %s: no such command (%v)", name, command, err)
					continue
				}
				if err := cmd.ParseFlags(rest); err != nil {
					t.Errorf("%s: %s: %v", name, command, err)
				}
				if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
					t.Errorf("%s: %s: %v", name, command, err)
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("%d commands found", found)
	}
}

// TestEveryPushIsTested by .ci/run and nothing else, with both Go that are supported, without a secret or a right but
// to read.
func TestEveryPushIsTested(t *testing.T) {
	w, text := readWorkflow(t, "test.yml")
	if _, push := w.On["push"]; !push || len(w.On) != 2 || strings.Contains(text, "pull_request_target") {
		t.Errorf("it runs on %v", w.On)
	}
	if _, requests := w.On["pull_request"]; !requests {
		t.Errorf("it runs on %v", w.On)
	}
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" || strings.Contains(text, "secrets.") {
		t.Errorf("permissions %v, or a secret, for whatever a stranger proposes", w.Permissions)
	}
	test, one := w.Jobs["test"]
	if !one || len(w.Jobs) != 1 || test.Permissions != nil ||
		!slices.Equal(test.Strategy.Matrix["go"], []string{"stable", "oldstable"}) {
		t.Errorf("jobs %+v", w.Jobs)
	}
	var runs []string
	for _, s := range test.Steps {
		switch {
		case s.Uses != "" && !pinned.MatchString(s.Uses):
			t.Errorf("it uses %s", s.Uses)
		case strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false:
			t.Error("the token is left in the working copy")
		case strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["go-version"] != "${{ matrix.go }}":
			t.Errorf("it tests with Go %v", s.With["go-version"])
		case s.Run != "":
			runs = append(runs, s.Run)
		}
	}
	if !slices.Equal(runs, []string{"go version", ".ci/run"}) {
		t.Errorf("it runs %q", runs)
	}
	if info, err := os.Stat(filepath.Join("..", "..", ".ci", "run")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf(".ci/run can't be run: %v", err)
	}
}

// TestTheTestsHaveOneCommand: what the README tells a newcomer to run is what guards main, as are the tests at length.
func TestTheTestsHaveOneCommand(t *testing.T) {
	for file, long := range map[string]string{"README.md": "`go test -tags proof -timeout 30m ./...`",
		filepath.Join(".ci", "run"): "\ngo test -tags proof -timeout 30m "} {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\ngo test ./...\n") || !strings.Contains(string(text), long) {
			t.Errorf("%s lacks go test ./... or the same with -tags proof", file)
		}
	}
}
