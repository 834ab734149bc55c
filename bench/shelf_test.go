package bench

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"channelbench/bench/film"
	"channelbench/bench/mockchannel"
)

// TestTheFirstClipsAreKept: so many of each channel, whole and playable as far as we can tell, and no others.
func TestTheFirstClipsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 20, `bench.run=["forwarding", "reverse"]`, "channels.reverse.errors.download.rate=40%")
		o, _ := onMock(t, s, mockchannel.Options{})
		o.Clips, o.Keep = t.TempDir(), 3
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(o.Clips, "*"))
		if err != nil {
			t.Fatal(err)
		}
		kept := map[string]int{}
		for _, path := range files {
			channel, _, _ := strings.Cut(filepath.Base(path), "-")
			kept[channel]++
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			footage, err := film.Read(f, maxClip)
			f.Close()
			if err != nil || footage.Flaw != "" || footage.Length == 0 {
				t.Errorf("%s: %+v, %v", path, footage, err)
			}
		}
		if kept["forwarding"] != 3 || kept["reverse"] != 3 || len(files) != 6 {
			t.Errorf("kept %v", files)
		}
		if slices.ContainsFunc(run.Warnings, func(w string) bool { return strings.Contains(w, "could be kept") }) {
			t.Errorf("warned: %q", run.Warnings)
		}
	})
}

// TestClipsThatCannotBeKept are said, and the run goes on.
func TestClipsThatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 3, `bench.run=["forwarding"]`)
		o, _ := onMock(t, s, mockchannel.Options{})
		o.Clips, o.Keep = filepath.Join(t.TempDir(), "missing"), 1
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := figuresOf(t, run, "forwarding"); got.Delivered == 0 {
			t.Errorf("%d of %d delivered", got.Delivered, got.Orders)
		}
		if !slices.ContainsFunc(run.Warnings, func(w string) bool {
			return strings.Contains(w,
				"not all clips could be kept")
		}) {
			t.Errorf("warned: %q", run.Warnings)
		}
	})
}
