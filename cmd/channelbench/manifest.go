package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// manifestFile lists what a run wrote into its folder.
const manifestFile = ".channelbench.json"

// manifest is whose files a folder holds, and which ones: a later run takes those away that it doesn't write itself,
// unless somebody has changed them, and leaves all else alone.
type manifest struct {
	Of    owner             `json:"of"`
	Wrote map[string]string `json:"wrote"` // SHA-256 by path, from the folder, with slashes
}

// owner is the scenario that a folder's files are of.
type owner struct {
	Name string `json:"scenario"`
	From string `json:"from,omitempty"` // its file, as seen from the folder; "": not known
}

func (o owner) String() string {
	if o.From == "" {
		return o.Name
	}
	return fmt.Sprintf("%s (%s)", o.Name, o.From)
}

// same says whether two owners are one scenario, as far as is known.
func (o owner) same(other owner) bool {
	return o.Name == other.Name && (o.From == other.From || o.From == "" || other.From == "")
}

// ownerOf is the owner of a folder into which a scenario's run goes.
func (s *source) ownerOf(name, folder string) owner {
	if s.path == "" {
		return owner{name, s.from}
	}
	at, wrong := filepath.Abs(folder)
	file, lost := filepath.Abs(s.path)
	if wrong != nil || lost != nil {
		return owner{Name: name}
	}
	from, err := filepath.Rel(at, file)
	if err != nil {
		from = s.path
	}
	return owner{name, filepath.ToSlash(from)}
}

// readManifest reads what an earlier run noted. Where it can't be read, nobody knows what that run wrote, and it stays.
func readManifest(folder string) *manifest {
	m := &manifest{}
	text, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if err != nil || json.Unmarshal(text, m) != nil {
		return &manifest{}
	}
	return m
}

func digest(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// digestOf is that of a file; "" where it can't be read.
func digestOf(root *os.Root, name string) string {
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return ""
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// sweep ends the writing of a run: what an earlier run wrote and this one did not is taken away, and what there is now
// is noted.
func (f *folder) sweep() error {
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return f.unwritable(err)
	}
	defer root.Close()
	f.adopt(root)
	for _, name := range slices.Sorted(maps.Keys(f.past.Wrote)) {
		was := f.past.Wrote[name]
		_, again := f.wrote[name]
		switch {
		case again:
		case ofBench(name) && (!f.bench || f.goesOn):
			f.wrote[name] = was
		case was != "" && was == digestOf(root, name):
			if err := remove(root, name); err != nil {
				return f.unwritable(err)
			}
		}
	}
	if f.of.From == "" && f.of.same(f.past.Of) {
		f.of = f.past.Of
	}
	text, err := json.MarshalIndent(manifest{f.of, f.wrote}, "", "  ")
	if err != nil {
		return fail(exitFailed, err)
	}
	return f.write(manifestFile, append(text, '\n'))
}

// remove takes a file away, and the folders above it that hold nothing more.
func remove(root *os.Root, name string) error {
	if err := root.Remove(filepath.FromSlash(name)); err != nil {
		return err
	}
	above := path.Dir(name)
	for above != "." && root.Remove(filepath.FromSlash(above)) == nil {
		above = path.Dir(above)
	}
	return nil
}

// ofBench says whether a file is one that only a bench makes, and needs while it is gone on with.
func ofBench(name string) bool {
	in := path.Dir(name)
	return name == keptScenario || in == keptInputs || in == keptClips || path.Ext(name) == ".gob"
}

// adopt notes what a bench wrote as it went.
func (f *folder) adopt(root *os.Root) {
	if !f.bench {
		return
	}
	for _, pattern := range []string{keptClips + "/*", "vegeta*.gob"} {
		names, _ := fs.Glob(root.FS(), pattern)
		for _, name := range names {
			if info, err := root.Stat(name); err == nil && info.Mode().IsRegular() && !info.ModTime().Before(f.opened) {
				f.wrote[name] = digestOf(root, name)
			}
		}
	}
}
