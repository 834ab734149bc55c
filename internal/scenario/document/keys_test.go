package document

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestKeysAreThoseOfOverrides: each key that is listed can be set, and a text that can't be read has none.
func TestKeysAreThoseOfOverrides(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "..", "scenarios", "sora2.toml"))
	if err != nil {
		t.Fatal(err)
	}
	keys := Keys(source)
	for _, want := range []string{"seed", "workload.videos.1.share", "channels.reverse.errors.region.rate",
		`channels.reverse.latency.per_second."720p"`} {
		if !slices.Contains(keys, want) {
			t.Errorf("%s is not among %v", want, keys)
		}
	}
	for _, key := range keys {
		d := &Document{texts: []*text{{}}}
		root, _ := decode(source, 0)
		if d.Override(root, key+"=1"); len(d.found) > 0 {
			t.Errorf("%s: %v", key, d.found)
		}
	}
	for _, broken := range []string{"", "a =", "[[[["} {
		if got := Keys([]byte(broken)); len(got) > 0 {
			t.Errorf("%q has %v", broken, got)
		}
	}
}
