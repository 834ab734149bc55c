// Package archtest holds the architecture to what is written about it: which package may import
// which, and what each may not touch. It has tests only.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "channelbench"

// layers is the table of imports: a package may import those of its own row's right-hand side and
// nothing else of this module. It reads as DESIGN does: cmd at the top, money at the bottom.
var layers = []struct {
	packages []string
	imports  []string
}{
	{[]string{"internal/proof", "internal/money", "internal/inert", "internal/sobol", "internal/decision/evsi", "internal/stats/power"}, nil},
	{[]string{"internal/channel", "internal/dist"}, []string{"internal/money"}},
	{[]string{"internal/policy"}, []string{"internal/channel", "internal/dist", "internal/money"}},
	{[]string{"internal/world"}, []string{"internal/policy", "internal/channel", "internal/dist", "internal/money"}},
	{[]string{"internal/scenario", "internal/record", "internal/stats"},
		[]string{"internal/inert", "internal/world", "internal/policy", "internal/channel", "internal/dist", "internal/money"}},
	{[]string{"internal/decision", "internal/history", "internal/calibrate"},
		[]string{"internal/inert", "internal/calibrate/attempt", "internal/calibrate/figure", "internal/calibrate/fit", "internal/calibrate/predict", "internal/scenario", "internal/record", "internal/stats", "internal/world", "internal/policy", "internal/channel", "internal/dist", "internal/money"}},
	{[]string{"internal/plan"}, append(domain, "internal/scenario", "internal/record", "internal/stats/power")},
	{[]string{"internal/calibrate/fit"}, nil},
	{[]string{"internal/calibrate/figure"}, []string{"internal/calibrate/fit", "internal/money"}},
	{[]string{"internal/calibrate/predict"}, []string{"internal/calibrate/fit"}},
	{[]string{"internal/calibrate/attempt"}, []string{"internal/channel"}},
	{[]string{"sim/event", "sim/exact"}, append(domain, "internal/stats")},
	{[]string{"sim"}, append(domain, "internal/scenario", "internal/record", "internal/stats", "internal/decision", "internal/history", "internal/calibrate", "internal/sobol", "internal/decision/evsi", "internal/stats/power", "sim/event", "sim/exact")},
	{[]string{"bench/dialect"}, domain},
	{[]string{"bench/ledger", "bench/journal"}, []string{"internal/policy", "internal/channel", "internal/money"}},
	{[]string{"bench/recording"}, []string{"bench/journal", "internal/world", "internal/channel", "internal/money"}},
	{[]string{"bench/replay"}, append(domain, "bench/recording")},
	{[]string{"bench/timeline"}, []string{"bench/recording", "internal/channel", "internal/record", "internal/stats"}},
	{[]string{"bench/evidence"}, []string{"bench/journal", "bench/recording", "internal/calibrate/attempt", "internal/scenario", "internal/channel"}},
	{[]string{"bench/network", "bench/sprt"}, nil},
	{[]string{"bench/outage"}, append(domain, "bench/recording", "bench/sprt", "internal/scenario")},
	{[]string{"bench/mockchannel"}, append(domain, "bench/dialect", "internal/scenario", "internal/record", "internal/stats")},
	{[]string{"bench"}, append(domain, "internal/scenario", "internal/record", "internal/stats", "internal/decision", "internal/history", "internal/calibrate", "bench/dialect", "bench/network", "bench/mockchannel", "bench/ledger", "bench/journal", "bench/recording", "bench/replay", "bench/timeline", "bench/sprt", "bench/outage")},
	{[]string{"internal/words"}, []string{"internal/money"}},
	{[]string{"reports/canvas"}, []string{"internal/words"}},
	{[]string{"reports/view"}, []string{"reports/canvas", "internal/words", "internal/record", "internal/stats"}},
	{[]string{"reports/text"}, []string{"reports/view", "reports/canvas", "internal/words", "internal/record", "internal/inert"}},
	{[]string{"reports/chart"}, []string{"reports/view", "reports/canvas", "internal/words", "internal/record", "internal/stats"}},
	{[]string{"reports"}, []string{"reports/chart", "reports/text", "reports/view", "reports/canvas", "internal/record"}},
	{[]string{"reports/reporttest"}, []string{"internal/record"}},
	{[]string{"reports/nightly"}, []string{"internal/history", "internal/record", "internal/inert"}},
	{[]string{"scenarios"}, nil},
	{[]string{"cmd/channelbench"}, []string{"sim", "bench", "bench/evidence", "bench/ledger", "internal/money", "internal/inert", "bench/dialect", "bench/mockchannel", "reports", "reports/nightly", "scenarios",
		"internal/decision", "internal/history", "internal/calibrate", "internal/calibrate/attempt", "internal/plan", "internal/scenario", "internal/record", "internal/stats"}},
	{[]string{"internal/world/worldtest"}, domain},
}

var domain = []string{"internal/world", "internal/policy", "internal/channel", "internal/dist", "internal/money"}

// homes are the imports that only some packages may make: each foreign module has one home.
var homes = map[string][]string{
	"github.com/tsenart/vegeta/v12/lib": {"bench"},
	"gonum.org/v1/plot":                 {"reports/canvas", "reports/chart"},
	"github.com/BurntSushi/toml":        {"internal/scenario"},
	"github.com/pelletier/go-toml/v2":   {"internal/scenario"},
	"github.com/spf13/cobra":            {"cmd/channelbench"},
	"github.com/spf13/pflag":            {"cmd/channelbench"},
	"gonum.org/v1/gonum":                {"internal/decision/evsi", "internal/stats/power", "bench", "internal/dist", "internal/stats", "internal/decision", "internal/history", "internal/calibrate", "internal/calibrate/fit", "internal/calibrate/predict", "sim", "sim/exact"},
	"os/signal":                         {"cmd/channelbench"},
	"log":                               {"cmd/channelbench"},                  // to silence it
	"log/slog":                          {"cmd/channelbench", "bench/dialect"}, // its Secret hides itself from logs
	"net":                               {"bench", "bench/dialect", "bench/network", "bench/mockchannel", "cmd/channelbench"},
	"os":                                {"cmd/channelbench", "bench", "bench/journal", "internal/history"}, // the files of a journal and of a history
	"math/rand/v2":                      {"internal/decision/evsi", "sim", "bench", "internal/decision", "internal/history", "internal/calibrate", "internal/calibrate/predict"},
	"math/rand":                         {},
	"crypto/rand":                       {},
}

// calls that libraries may not make: they print, end the program, or read the clock or the environment.
var calls = map[string][]string{
	"os.Exit": {"cmd/channelbench"}, "os.Stdout": {"cmd/channelbench"}, "os.Stderr": {"cmd/channelbench"}, "os.Stdin": {"cmd/channelbench"},
	"os.Getenv": {"cmd/channelbench"}, "os.LookupEnv": {"cmd/channelbench"}, "os.Environ": {},
	"fmt.Print": {}, "fmt.Println": {}, "fmt.Printf": {},
	"time.Now": {"cmd/channelbench", "bench", "bench/mockchannel"}, "time.Since": {"cmd/channelbench", "bench", "bench/mockchannel"},
	"time.Sleep": {"bench", "bench/mockchannel"}, "time.After": {"bench", "bench/mockchannel"},
	"time.NewTimer": {"bench", "bench/mockchannel"}, "time.AfterFunc": {"bench", "bench/outage", "bench/network", "bench/mockchannel"},
	"context.Background": {"cmd/channelbench"},
}

// source is one file that is not a test.
type source struct {
	folder string // from the module's root, with slashes
	path   string
	file   *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "out") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		all = append(all, source{filepath.ToSlash(folder), path, file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found %d files only", len(all))
	}
	return all
}

func TestImportsPointOneWay(t *testing.T) {
	allowed := map[string][]string{}
	for _, l := range layers {
		for _, p := range l.packages {
			allowed[p] = l.imports
		}
	}
	for _, s := range sources(t) {
		may, known := allowed[s.folder]
		if !known {
			t.Errorf("%s: package %s has no row in the table of imports", s.path, s.folder)
		}
		for _, i := range imports(s) {
			if own, ours := strings.CutPrefix(i, module+"/"); ours && !slices.Contains(may, own) {
				t.Errorf("%s: %s may not import %s", s.path, s.folder, own)
			}
		}
	}
}

func TestForeignPackagesHaveOneHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range imports(s) {
			for prefix, may := range homes {
				below := strings.HasPrefix(i, prefix+"/") && strings.Contains(prefix, ".")
				netFamily := prefix == "net" && strings.HasPrefix(i, "net/") && i != "net/url" && i != "net/netip"
				if (i == prefix || below || netFamily) && !slices.Contains(may, s.folder) {
					t.Errorf("%s: %s may not import %s", s.path, s.folder, i)
				}
			}
		}
	}
}

func TestOnlyTheCommandTouchesTheOutside(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := selector.X.(*ast.Ident)
			if !ok || pkg.Obj != nil {
				return true
			}
			name := pkg.Name + "." + selector.Sel.Name
			if may, forbidden := calls[name]; forbidden && !slices.Contains(may, s.folder) {
				t.Errorf("%s: %s may not use %s", s.path, s.folder, name)
			}
			return true
		})
	}
}

// TestPolicyIsPure: the machine knows no clock, I/O, logging or randomness.
func TestPolicyIsPure(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder != "internal/policy" {
			continue
		}
		for _, i := range imports(s) {
			if i != "time" && i != module+"/internal/channel" {
				t.Errorf("%s imports %s", s.path, i)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]string{}
	for _, s := range sources(t) {
		if said[s.folder] == "" {
			said[s.folder] = ""
			if s.file.Doc != nil {
				said[s.folder] = s.file.Doc.Text()
			}
		}
	}
	for folder, text := range said {
		switch {
		case text == "":
			t.Errorf("%s has no package comment", folder)
		case !strings.Contains(text, "deliberately") && folder != "scenarios" && folder != "cmd/channelbench" && !strings.HasSuffix(folder, "test"):
			t.Errorf("the comment of %s doesn't say what it deliberately isn't", folder)
		}
	}
}

// TestNoFileIsTooLong keeps files and packages readable.
func TestNoFileIsTooLong(t *testing.T) {
	lines := map[string]int{}
	for _, s := range sources(t) {
		n := strings.Count(read(t, s.path), "\n")
		if n > 700 {
			t.Errorf("%s has %d lines; 700 are enough", s.path, n)
		}
		lines[s.folder] += n
	}
	for folder, n := range lines {
		if limit := limits[folder]; n > max(limit, 1500) {
			t.Errorf("%s has %d lines; 1,500 are enough, or give a reason in limits", folder, n)
		}
	}
}

// limits are packages that may be longer, each for a reason.
var limits = map[string]int{
	"internal/scenario":  6800, // the whole language: reading with positions and limits, on past mistakes, checking, compiling, printing, patching
	"bench":              4200, // one run from schedule to figures, resumed or not; its parts that stand alone are packages below it
	"bench/dialect":      4000, // one file a protocol with its client and its mock, and what they share
	"reports/chart":      7000, // one file a chart, of one run or of several
	"reports/view":       2400, // one file a thing that reports say
	"reports/text":       1800, // a run, runs and a plan, on one screen, in full and as Markdown
	"sim/exact":          1600, // each kind of exit of a step has its integral
	"internal/calibrate": 1700, // each figure from its attempts to its place in the text: rates, latencies, spells
	"internal/history":   1900, // nights as they are kept, read and judged, and the money of their months, by one format and one lock
	"sim":                2100, // the façade: runs, ranges, break-evens and their map, and the study behind a plan
	"cmd/channelbench":   4400, // one file a verb
}

func imports(s source) []string {
	var paths []string
	for _, i := range s.file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
