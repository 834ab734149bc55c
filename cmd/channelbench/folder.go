package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"channelbench/internal/record"
	"channelbench/reports"
)

// folder is where a run's files go. Each file is written whole or not at all: into a temporary
// file that then takes its name.
type folder struct{ path string }

// openFolder makes the folder, and proves that it can be written to before any work is done.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, unwritable(path, err)
	}
	probe, err := os.CreateTemp(path, ".probe-*")
	if err != nil {
		return nil, unwritable(path, err)
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return nil, unwritable(path, err)
	}
	return &folder{path}, nil
}

func unwritable(path string, err error) error {
	return fail(exitFailed, fmt.Errorf("the output folder %s cannot be written: %w\n  hint: choose another one with -o", path, err))
}

// save writes all files of a run.
func (f *folder) save(run *record.Run, charts []reports.Chart) error {
	var encoded, markdown bytes.Buffer
	if err := record.Write(&encoded, run); err != nil {
		return fail(exitFailed, err)
	}
	if err := reports.Markdown(&markdown, run, charts); err != nil {
		return fail(exitFailed, err)
	}
	if err := f.write("run.json", encoded.Bytes()); err != nil {
		return err
	}
	return f.saveReport(charts, markdown.Bytes())
}

// saveReport writes pictures, the numbers behind them, and the report that shows them.
func (f *folder) saveReport(charts []reports.Chart, markdown []byte) error {
	for _, c := range charts {
		if err := f.write(c.File, c.PNG); err != nil {
			return err
		}
		if c.CSV == nil {
			continue
		}
		if err := f.write(strings.TrimSuffix(c.File, ".png")+".csv", c.CSV); err != nil {
			return err
		}
	}
	return f.write("report.md", markdown)
}

func (f *folder) write(name string, content []byte) error {
	if err := renameio.WriteFile(filepath.Join(f.path, name), content, 0o644); err != nil {
		return unwritable(f.path, err)
	}
	return nil
}
