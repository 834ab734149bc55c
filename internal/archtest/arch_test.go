// Package archtest holds the architecture to what is written about it: which package may import
// which, and what each may not touch. It has tests only.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "channelbench"

// layers is the table of imports, from the bottom to the top: a package imports those of its row, all of them, and
// nothing else of this module. Only what stands above it is imported.
var layers = []struct {
	folder  string
	imports []string
}{
	{"bench/mockchannel/mocktest", nil},
	{"bench/network", nil},
	{"bench/sprt", nil},
	{"internal/calibrate/fit", nil},
	{"internal/decision/evsi", nil},
	{"internal/dist", nil},
	{"internal/inert", nil},
	{"internal/money", nil},
	{"internal/proof", nil},
	{"internal/scenario/country", nil},
	{"internal/scenario/synonym", nil},
	{"internal/sealed", nil},
	{"internal/sobol", nil},
	{"internal/stats", nil},
	{"internal/stats/power", nil},
	{"scenarios", nil},
	{"internal/calibrate/figure", []string{"internal/calibrate/fit", "internal/money"}},
	{"internal/calibrate/predict", []string{"internal/calibrate/fit"}},
	{"internal/channel", []string{"internal/money"}},
	{"internal/history/level", []string{"internal/stats"}},
	{"internal/scenario/document", []string{"internal/inert"}},
	{"internal/words", []string{"internal/money"}},
	{"bench/dialect", []string{"internal/channel", "internal/money"}},
	{"bench/film", []string{"internal/channel"}},
	{"bench/journal", []string{"internal/channel", "internal/money", "internal/sealed"}},
	{"bench/ledger", []string{"internal/channel", "internal/money"}},
	{"internal/calibrate/attempt", []string{"internal/channel"}},
	{"internal/figure", []string{"internal/words"}},
	{"internal/policy", []string{"internal/channel"}},
	{"internal/record", []string{"internal/inert", "internal/money", "internal/words"}},
	{"internal/world", []string{"internal/channel", "internal/dist", "internal/money"}},
	{"reports/canvas", []string{"internal/words"}},
	{"bench/recording", []string{"bench/journal", "internal/channel", "internal/money", "internal/world"}},
	{"internal/scenario", []string{
		"internal/channel", "internal/dist", "internal/figure", "internal/money", "internal/policy",
		"internal/scenario/country", "internal/scenario/document", "internal/scenario/synonym", "internal/world",
	}},
	{"internal/world/worldtest", []string{
		"internal/channel", "internal/dist", "internal/money", "internal/policy", "internal/world",
	}},
	{"reports/reporttest", []string{"internal/record"}},
	{"reports/view", []string{"internal/figure", "internal/record", "internal/words", "reports/canvas"}},
	{"sim/event", []string{"internal/channel", "internal/money", "internal/policy", "internal/stats", "internal/world"}},
	{"sim/exact", []string{"internal/channel", "internal/dist", "internal/policy", "internal/world"}},
	{"bench/evidence", []string{
		"bench/journal", "bench/recording", "internal/calibrate/attempt", "internal/channel", "internal/scenario",
	}},
	{"bench/mockchannel", []string{
		"bench/dialect", "bench/film", "internal/channel", "internal/money", "internal/scenario", "internal/world",
	}},
	{"bench/outage", []string{
		"bench/recording", "bench/sprt", "internal/channel", "internal/scenario", "internal/world",
	}},
	{"bench/replay", []string{"bench/recording", "internal/channel", "internal/policy", "internal/world"}},
	{"bench/timeline", []string{"bench/recording", "internal/channel", "internal/record", "internal/stats"}},
	{"internal/calibrate", []string{
		"internal/calibrate/attempt", "internal/calibrate/figure", "internal/calibrate/fit",
		"internal/calibrate/predict", "internal/channel", "internal/inert", "internal/money", "internal/record",
		"internal/scenario", "internal/scenario/document", "internal/words",
	}},
	{"internal/decision", []string{
		"internal/figure", "internal/money", "internal/record", "internal/scenario", "internal/stats",
		"internal/words",
	}},
	{"internal/history", []string{
		"internal/figure", "internal/history/level", "internal/inert", "internal/money", "internal/record",
		"internal/scenario", "internal/sealed", "internal/stats", "internal/words",
	}},
	{"internal/scenario/printer", []string{
		"internal/channel", "internal/money", "internal/policy", "internal/scenario", "internal/scenario/document",
	}},
	{"reports/follow", []string{
		"internal/figure", "internal/history", "internal/record", "internal/stats", "internal/words", "reports/view",
	}},
	{"reports/chart", []string{
		"internal/figure", "internal/record", "internal/stats", "internal/words", "reports/canvas", "reports/follow",
		"reports/view",
	}},
	{"reports/text", []string{"internal/inert", "internal/record", "internal/words", "reports/canvas", "reports/view"}},
	{"bench/measure", []string{
		"bench/journal", "bench/ledger", "bench/outage", "bench/recording", "bench/replay", "bench/sprt",
		"bench/timeline", "internal/channel", "internal/decision", "internal/money", "internal/record",
		"internal/scenario", "internal/stats",
	}},
	{"reports", []string{"internal/record", "reports/canvas", "reports/chart", "reports/text", "reports/view"}},
	{"reports/nightly", []string{
		"internal/figure", "internal/history", "internal/inert", "internal/record", "internal/words",
	}},
	{"sim", []string{
		"internal/channel", "internal/decision", "internal/decision/evsi", "internal/figure", "internal/money",
		"internal/policy", "internal/record", "internal/scenario", "internal/sobol", "internal/stats",
		"internal/stats/power", "internal/world", "sim/event", "sim/exact",
	}},
	{"bench", []string{
		"bench/dialect", "bench/film", "bench/journal", "bench/ledger", "bench/measure", "bench/network", "bench/outage",
		"bench/recording", "internal/channel", "internal/money", "internal/policy", "internal/record",
		"internal/scenario", "internal/world",
	}},
	{"internal/plan", []string{
		"bench", "internal/channel", "internal/decision", "internal/decision/evsi", "internal/money",
		"internal/record", "internal/scenario", "internal/stats/power", "internal/words", "sim",
	}},
	{"cmd/channelbench", []string{
		"bench", "bench/dialect", "bench/evidence", "bench/ledger", "bench/mockchannel", "bench/recording",
		"internal/calibrate", "internal/calibrate/attempt", "internal/history", "internal/inert", "internal/money",
		"internal/plan", "internal/record", "internal/scenario", "internal/scenario/document",
		"internal/scenario/printer", "reports", "reports/nightly", "scenarios", "sim",
	}},
}

// homes are the imports that only some packages may make: each foreign module has one home.
var homes = map[string][]string{
	"github.com/tsenart/vegeta/v12/lib": {"bench"},
	"gonum.org/v1/plot":                 {"reports/canvas", "reports/chart"},
	"github.com/BurntSushi/toml":        {"internal/scenario/document", "internal/scenario/country"},
	"github.com/pelletier/go-toml/v2":   {"internal/scenario/document"},
	"github.com/spf13/cobra":            {"cmd/channelbench"},
	"github.com/spf13/pflag":            {"cmd/channelbench"},
	"gonum.org/v1/gonum": {"internal/decision/evsi", "internal/stats/power", "bench/measure",
		"internal/dist", "internal/stats", "internal/decision", "internal/history/level", "internal/calibrate",
		"internal/calibrate/fit", "internal/calibrate/predict", "sim", "sim/exact"},
	"os/signal": {"cmd/channelbench"},
	"log":       {"cmd/channelbench"},                  // to silence it
	"log/slog":  {"cmd/channelbench", "bench/dialect"}, // its Secret hides itself from logs
	"net": {"bench", "bench/dialect", "bench/network", "bench/mockchannel",
		"bench/mockchannel/mocktest", "cmd/channelbench"},
	// the files of a journal and of a history
	"os": {"cmd/channelbench", "bench", "bench/journal", "internal/history", "internal/sealed"},
	"math/rand/v2": {"internal/decision/evsi", "sim", "bench", "bench/measure", "internal/decision", "internal/history",
		"internal/calibrate", "internal/calibrate/predict"},
	"math/rand":   {},
	"crypto/rand": {},
}

// calls that libraries may not make: they print, end the program, or read the clock or the environment.
var calls = map[string][]string{
	"os.Exit": {"cmd/channelbench"}, "os.Stdout": {"cmd/channelbench"}, "os.Stderr": {"cmd/channelbench"},
	"os.Stdin":  {"cmd/channelbench"},
	"os.Getenv": {"cmd/channelbench"}, "os.LookupEnv": {"cmd/channelbench"}, "os.Environ": {},
	"fmt.Print": {}, "fmt.Println": {}, "fmt.Printf": {},
	"time.Now":   {"cmd/channelbench", "bench", "bench/mockchannel"},
	"time.Since": {"cmd/channelbench", "bench", "bench/mockchannel"},
	"time.Sleep": {"bench", "bench/mockchannel"}, "time.After": {"bench", "bench/mockchannel"},
	"time.NewTimer":      {"bench", "bench/mockchannel"},
	"time.AfterFunc":     {"bench", "bench/outage", "bench/network", "bench/mockchannel"},
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
	allowed, unused := map[string][]string{}, map[string]bool{}
	for _, l := range layers {
		for _, i := range l.imports {
			if _, above := allowed[i]; !above {
				t.Errorf("%s stands above %s, which it imports", l.folder, i)
			}
			unused[l.folder+" → "+i] = true
		}
		allowed[l.folder] = l.imports
	}
	for _, s := range sources(t) {
		may, known := allowed[s.folder]
		if !known {
			t.Errorf("%s: package %s has no row in the table of imports", s.path, s.folder)
		}
		for _, i := range imports(s) {
			own, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(may, own) {
				t.Errorf("%s: %s may not import %s", s.path, s.folder, own)
			}
			delete(unused, s.folder+" → "+own)
		}
	}
	for _, left := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("the table allows %s, which is no import", left)
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
		case !strings.Contains(text, "deliberately") && folder != "scenarios" && folder != "cmd/channelbench" &&
			!strings.HasSuffix(folder, "test"):
			t.Errorf("the comment of %s doesn't say what it deliberately isn't", folder)
		}
	}
}

// TestNoFileIsTooLong keeps files and packages readable. Exceptions only go down: one that is no longer needed, or
// needed by less, fails.
func TestNoFileIsTooLong(t *testing.T) {
	const file, folder, slack = 700, 2000, 300
	lines := map[string]int{}
	for _, s := range sources(t) {
		n := strings.Count(read(t, s.path), "\n")
		if n > file {
			t.Errorf("%s has %d lines; %d are enough", s.path, n, file)
		}
		lines[s.folder] += n
	}
	for name, n := range lines {
		limit, excepted := limits[name]
		switch {
		case !excepted && n > folder:
			t.Errorf("%s has %d lines; %d are enough, or give a reason in limits", name, n, folder)
		case excepted && n > limit:
			t.Errorf("%s has %d lines; its limit is %d", name, n, limit)
		case excepted && (n <= folder || n < limit-slack):
			t.Errorf("%s has %d lines: lower its limit of %d", name, n, limit)
		}
	}
}

// limits are packages that may be longer than others, each for a reason.
var limits = map[string]int{
	"internal/scenario": 5500, // the whole language: a reader and its checks for every part, and compiling
	"internal/history":  2350, // nights as they are kept, read and judged, early and late, and the money of months
	"bench":             3100, // one run from schedule to its last bill, resumed or not
	"bench/dialect":     6300, // one file a protocol with its client and its mock, and what they share
	"sim":               2250, // the façade: runs, ranges, break-evens and their map, and the study behind a plan
	"cmd/channelbench":  4000, // one file a verb
	"reports/chart":     7400, // one file a chart, of one run or of several
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

// TestHowToAddNamesWhatExists holds ARCHITECTURE to the tree: every file, folder and test that it names is there.
func TestHowToAddNamesWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	text := read(t, filepath.Join(root, "internal", "ARCHITECTURE.md"))
	_, text, found := strings.Cut(text, "## How to add …")
	text, _, ended := strings.Cut(text, "\n## ")
	if !found || !ended {
		t.Fatal("ARCHITECTURE.md doesn't say how to add things")
	}
	named := 0
	for _, m := range regexp.MustCompile("`([a-z][\\w/]*/[\\w./]+)`").FindAllStringSubmatch(text, -1) {
		if strings.HasSuffix(m[1], "NAME.go") {
			continue
		}
		if named++; !exists(filepath.Join(root, m[1])) {
			t.Errorf("there is no %s", m[1])
		}
	}
	if named < 25 {
		t.Errorf("only %d files are named", named)
	}
	for _, m := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(text, -1) {
		if !testExists(t, root, m[1]) {
			t.Errorf("there is no %s", m[1])
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// testExists says whether any package has a test of that name.
func testExists(t *testing.T, root, name string) bool {
	found := false
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			found = found || strings.Contains(read(t, path), "func "+name+"(")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
