package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2"

	"channelbench/internal/record"
	"channelbench/reports"
)

// folder is where a run's files go. Each file is written whole or not at all: into a temporary
// file that then takes its name.
type folder struct {
	path   string
	made   []string // it and folders above and below it that weren't there, the innermost last
	kept   []string // files that a run goes on from, and that weren't there
	mend   string   // what to do when it can't be written any more; "": choose another
	of     owner
	past   *manifest // of the run before
	below  string    // the path from the folder whose manifest names the files; "": it is this one
	wrote  map[string]string
	opened time.Time
	bench  bool // the run is a bench
	goesOn bool // and goes on with what is there
}

// folderOf opens the folder for a run of a scenario. Where one of another scenario is, it says so, and goes on only if
// the user chose the folder.
func (p *program) folderOf(path string, of owner, chosen bool) (*folder, error) {
	past := readManifest(path).Of
	switch {
	case past.Name == "" || of.same(past):
	case !chosen:
		const hint = "\n  hint: give this one a name of its own, or choose another folder with -o"
		return nil, fail(exitUsage, fmt.Errorf("%s holds a run of another scenario, %v"+hint, path, past))
	default:
		p.note("%s holds a run of another scenario, %v; this one takes its place", path, past)
	}
	return openFolder(path, of)
}

// openFolder makes the folder, and proves that it can be written to before any work is done.
func openFolder(path string, of owner) (*folder, error) {
	f := &folder{path: path, of: of, past: readManifest(path), wrote: map[string]string{}, opened: time.Now()}
	err := f.make(filepath.Clean(path))
	if err == nil {
		err = probe(path)
	}
	if err != nil {
		f.tidy()
		return nil, unwritable(path, err)
	}
	return f, nil
}

// make makes a folder and those above it.
func (f *folder) make(path string) error {
	err := os.Mkdir(path, 0o755)
	if above := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && above != path {
		if err := f.make(above); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o755)
	}
	if err == nil {
		f.made = append(f.made, path)
	} else if info, missing := os.Stat(path); missing == nil && info.IsDir() {
		err = nil
	}
	return err
}

// undo takes away what was kept for a run that didn't begin.
func (f *folder) undo() {
	for _, path := range f.kept {
		_ = os.Remove(path)
	}
}

// tidy takes away again what was made and holds nothing, as after a refusal.
func (f *folder) tidy() {
	for _, path := range slices.Backward(f.made) {
		_ = os.Remove(path)
	}
}

// probe proves that a folder takes new files.
func probe(folder string) error {
	file, err := os.CreateTemp(folder, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// appendable proves that a file can be appended to, or made, and leaves it as it is.
func appendable(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return probe(filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// replaceable proves that a file can be written whole in place of what is there.
func replaceable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("it is a folder")}
	}
	return probe(filepath.Dir(path))
}

func unwritable(path string, err error) error { return (&folder{path: path}).unwritable(err) }

func (f *folder) unwritable(err error) error {
	mend := cmp.Or(f.mend, "choose another one with -o")
	return fail(exitFailed, fmt.Errorf("the output folder %s cannot be written: %w\n  hint: %s", f.path, err, mend))
}

// save writes all files of a run.
func (f *folder) save(run *record.Run, charts []reports.Chart, images images) error {
	var encoded, markdown bytes.Buffer
	if err := record.Write(&encoded, run); err != nil {
		return fail(exitFailed, err)
	}
	if err := reports.Markdown(&markdown, run, charts, images.in("markdown")); err != nil {
		return fail(exitFailed, err)
	}
	if err := f.write("run.json", encoded.Bytes()); err != nil {
		return err
	}
	if err := f.saveReport(charts, markdown.Bytes()); err != nil {
		return err
	}
	return f.sweep()
}

// saveReport writes pictures, the numbers behind them, and the report that shows them.
func (f *folder) saveReport(charts []reports.Chart, markdown []byte) error {
	for _, c := range charts {
		files := c.Files()
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := f.write(name, files[name]); err != nil {
				return err
			}
		}
	}
	return f.write("report.md", markdown)
}

// keep writes all that a run goes on from: the scenario as it was loaded, and what it named, for its owner only.
func (f *folder) keep(src *source) error {
	inputs := filepath.Join(f.path, keptInputs)
	if err := f.make(inputs); err != nil {
		return f.unwritable(err)
	}
	for name, text := range src.named {
		if err := f.place(filepath.Join(keptInputs, keptName(name)), text, 0o600); err != nil {
			return err
		}
	}
	if err := syncFolder(inputs); err != nil {
		return f.unwritable(err)
	}
	return f.write(keptScenario, src.text)
}

// syncFolder makes the names of new files last.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (f *folder) write(name string, content []byte) error { return f.place(name, content, 0o644) }

// place writes a file, which is the run's from then on; but what was there just like it stays whose it was.
func (f *folder) place(name string, content []byte, mode fs.FileMode) error {
	path := filepath.Join(f.path, name)
	listed := filepath.ToSlash(filepath.Join(f.below, name))
	was, missing := os.ReadFile(path)
	if errors.Is(missing, fs.ErrNotExist) && (name == keptScenario || mode == 0o600) {
		f.kept = append(f.kept, path)
	}
	if err := renameio.WriteFile(path, content, mode); err != nil {
		return f.unwritable(err)
	}
	if _, ours := f.past.Wrote[listed]; ours || missing != nil || !bytes.Equal(was, content) {
		f.wrote[listed] = digest(content)
	}
	return nil
}
