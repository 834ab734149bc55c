package chart

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
	"channelbench/scenarios"
)

// The gallery is drawn from stored runs, so that comparing it takes no simulation. This renews both, but for the
// benches, which would be measured anew: add -measure for those.
//
//go:generate go test . -run Gallery -renew -timeout 30m

var (
	renew     = flag.Bool("renew", false, "simulate the scenarios of the gallery again, and redraw it")
	remeasure = flag.Bool("measure", false, "with -renew: run the benches of the gallery again, too")
)

const (
	setLossy  = `channels.reverse.errors.job={ rate = "15%", billed = "0%" }`
	setOutage = `outages=[{ channels = ["forwarding", "reverse"], between = "40m", lasts = { median = "4m", sigma = 0.3 } }]`
	setBudget = `decision.budget_per_month="$3000"`
)

// galleryRuns are the stored runs, by name, as the command line that makes each.
var galleryRuns = map[string][]string{
	"regimes-budget": {"sim", "reverse-regimes", "--set", setBudget},
	"sora2-bench":    {"bench", "sora2"},
	"outages-bench":  {"bench", "outage-month", "--orders", "240", "--speed", "120x", "--set", setOutage},
	"night-1":        night("seed=1"),
	"night-2":        night("seed=2"),
	"night-3":        night("seed=3"),
	"night-4":        night("seed=4", setLossy),
	"night-5":        night("seed=5", setLossy),
	"night-6":        night("seed=6", setLossy),
}

func init() {
	for _, name := range scenarios.Names() {
		galleryRuns[name] = []string{"sim", name}
		gallery = append(gallery, exhibit{name + "-at-a-glance.png", []string{name}})
	}
}

// night is a bench of one night. In the last three, reverse loses more jobs.
func night(set ...string) []string {
	args := []string{"bench", "sora2", "--orders", "120", "--speed", "120x"}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	return args
}

// exhibit is a picture of the gallery and the runs that it shows.
type exhibit struct {
	file string // of a scenario, and which chart
	runs []string
}

var gallery = []exhibit{
	{"sora2-report.png", []string{"sora2"}},
	{"veo31-report.png", []string{"veo31"}},
	{"sora2-latency-ecdf.png", []string{"sora2"}},
	{"sora2-cost-latency.png", []string{"sora2"}},
	{"starter-break-even.png", []string{"starter"}},
	{"sora2-tornado.png", []string{"sora2"}},
	{"sora2-spend.png", []string{"sora2"}},
	{"muse-h3-tornado.png", []string{"muse-h3"}},
	{"veo31-break-even.png", []string{"veo31"}},
	{"reverse-regimes-budget.png", []string{"regimes-budget"}},
	{"outage-month-timeline.png", []string{"outages-bench"}},
	{"sora2-runs-cost.png", []string{"sora2", "sora2-bench"}},
	{"sora2-sim-against-bench.png", []string{"sora2", "sora2-bench"}},
	{"sora2-trend.png", []string{"night-1", "night-2", "night-3", "night-4", "night-5", "night-6"}},
}

// figure is what an exhibit shows.
func (e exhibit) figure(t *testing.T) *figure {
	t.Helper()
	if len(e.runs) == 1 {
		for _, k := range kinds {
			if strings.HasSuffix(e.file, "-"+k.file) {
				return k.of(storedRun(t, e.runs[0]), canvas.BodyWidth)
			}
		}
	}
	labelled := make([]view.Labelled, len(e.runs))
	for i, name := range e.runs {
		labelled[i] = view.Labelled{Label: strings.ReplaceAll(name, "-", " "), Run: storedRun(t, name)}
	}
	for _, f := range sideBySide(view.NewSet(labelled)) {
		if strings.HasSuffix(e.file, "-"+f.file) {
			return &f
		}
	}
	t.Fatalf("%s: its runs have no such chart", e.file)
	return nil
}

// hung are the exhibits that were drawn already, by file.
var hung = map[string]drawnExhibit{}

type drawnExhibit struct {
	page  *canvas.Page
	title string
}

// page draws an exhibit, once for all tests, and says what its title is.
func (e exhibit) page(t *testing.T) (p *canvas.Page, title string) {
	t.Helper()
	if h, drawn := hung[e.file]; drawn {
		return h.page, h.title
	}
	var err error
	if strings.HasSuffix(e.file, "-"+pageFile) {
		run := storedRun(t, e.runs[0])
		title = briefing(run).title
		p, _, err = onePage(run)
	} else {
		f := e.figure(t)
		title = f.Title()
		p, err = f.alone()
	}
	if err != nil {
		t.Fatal(err)
	}
	hung[e.file] = drawnExhibit{p, title}
	return p, title
}

// encoded is an exhibit as PNG.
func (e exhibit) encoded(t *testing.T) []byte {
	t.Helper()
	p, _ := e.page(t)
	encoded, err := p.PNG()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func storedPath(name string) string {
	return filepath.Join("../gallery", "testdata", name+".json.gz")
}

// storedRun reads a run that the gallery is drawn from.
func storedRun(t *testing.T, name string) *record.Run {
	t.Helper()
	file, err := os.Open(storedPath(name))
	if err != nil {
		t.Fatalf("%v; make it with go generate ./reports/...", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	run, err := record.Read(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// renewRuns makes the stored runs again with the command that users have.
func renewRuns(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "channelbench")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program,
		"../../cmd/channelbench").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range slices.Sorted(maps.Keys(galleryRuns)) { // nights in their order
		args := galleryRuns[name]
		if _, err := os.Stat(storedPath(name)); args[0] == "bench" && err == nil && !*remeasure {
			continue
		}
		out := filepath.Join(folder, name)
		if said, err := exec.Command(program, append(args, "--quiet", "-o", out)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		store(t, name, filepath.Join(out, "run.json"))
	}
}

// store keeps a run without white space, and packed.
func store(t *testing.T, name, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var compact, packed bytes.Buffer
	if err := json.Compact(&compact, content); err != nil {
		t.Fatal(err)
	}
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compact.WriteTo(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(storedPath(name), packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGallery compares the committed pictures with what is drawn now from the stored runs.
func TestGallery(t *testing.T) {
	if *renew {
		renewRuns(t)
	}
	for _, e := range gallery {
		encoded := e.encoded(t)
		path := filepath.Join("../gallery", e.file)
		if *renew || *update {
			if err := os.WriteFile(path, encoded, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		comparePicture(t, path, pixels(t, encoded))
	}
	known := func(file string) bool {
		return slices.ContainsFunc(gallery, func(e exhibit) bool { return e.file == file })
	}
	files, err := filepath.Glob("../gallery/*.png")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known(filepath.Base(file)) {
			t.Errorf("%s is no longer drawn", file)
		}
	}
}

// pixels decodes a picture.
func pixels(t *testing.T, encoded []byte) *image.RGBA {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(decoded.Bounds())
	draw.Draw(img, img.Rect, decoded, image.Point{}, draw.Src)
	return img
}

// What people see first has no text cut short, and none in a place of another.
func TestGalleryTextsAreWhole(t *testing.T) {
	for _, e := range gallery {
		p, _ := e.page(t)
		for _, c := range collisions(p) {
			t.Errorf("%s: %s", e.file, c)
		}
		for _, w := range p.Texts {
			if strings.Contains(w.Text, "…") || strings.ContainsRune(w.Text, canvas.Missing) {
				t.Errorf("%s: %q is cut", e.file, w.Text)
			}
		}
	}
}

// Every kind of chart is in the gallery, and what is simulated there is what ships.
func TestGalleryShowsWhatShips(t *testing.T) {
	wanted := []string{pageFile, "runs-cost.png", "sim-against-bench.png", "trend.png"}
	for _, k := range kinds {
		wanted = append(wanted, k.file)
	}
	for _, file := range wanted {
		if !slices.ContainsFunc(gallery, func(e exhibit) bool { return strings.HasSuffix(e.file, "-"+file) }) {
			t.Errorf("no picture shows %s", file)
		}
	}
	for name, args := range galleryRuns {
		source, _ := scenarios.Open(args[1])
		var set []string
		for i, arg := range args {
			if arg == "--set" {
				set = append(set, args[i+1])
			}
		}
		now, _, err := scenario.Load(args[1]+".toml", source, scenario.Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		// The hash of a bench includes its flags.
		if s := storedRun(t, name).Scenario; s.SHA256 != now.SHA256() && args[0] == "sim" ||
			s.PurchaseSHA256 != now.PurchaseSHA256() {
			t.Errorf("%s has changed since %s was run; renew it with go generate ./reports/...", args[1], name)
		}
	}
}

// shown finds pictures of the gallery in Markdown.
var shown = regexp.MustCompile(`!\[([^\]]*)\]\((?:\.\./)?reports/gallery/([^)]*)\)`)

// The gallery is shown where people read, and who can't see it is told what it says: its title, as it is drawn.
func TestGalleryIsShownWithItsTitles(t *testing.T) {
	titles := map[string]string{}
	for _, e := range gallery {
		_, titles[e.file] = e.page(t)
	}
	seen := map[string]bool{}
	for _, page := range []string{"../../README.md", "../../scenarios/README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
			alt, file := m[1], m[2]
			seen[file] = true
			if title := strings.TrimSuffix(titles[file], "."); title == "" || !strings.HasPrefix(alt, title) {
				t.Errorf("%s: the alt text of %s doesn't begin with what it says:\n got %s\nwant %s", page, file, alt, title)
			}
		}
	}
	for _, e := range gallery {
		if !seen[e.file] {
			t.Errorf("%s is shown nowhere: %s", e.file, fmt.Sprintf("![%s.](reports/gallery/%s)", titles[e.file], e.file))
		}
	}
}
