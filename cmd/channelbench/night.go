package main

import (
	"bytes"
	"fmt"

	"channelbench/internal/history"
	"channelbench/internal/record"
	"channelbench/reports/nightly"
)

// nightFlags say where a bench leaves its night.
type nightFlags struct {
	history string
	site    string
	export  []string
	sinks   []sink
}

// check refuses what can't be meant.
func (f *nightFlags) check() (err error) {
	f.sinks, err = sinksOf(f.export, "gobench", "csv")
	return err
}

// prove refuses what could not be written, before any money is spent.
func (f *nightFlags) prove() error {
	if f.history != "" {
		if err := appendable(f.history); err != nil {
			return fail(exitFailed, fmt.Errorf("the history cannot be written: %w", err))
		}
	}
	for _, s := range f.sinks {
		if err := replaceable(s.path); err != nil {
			return fail(exitFailed, fmt.Errorf("%s cannot be written: %w", s.path, err))
		}
	}
	return nil
}

// keep puts a night on record: an invalid or interrupted one, too, with its mark.
func (f *nightFlags) keep(p *program, run *record.Run) error {
	if f.history == "" && len(f.sinks) == 0 {
		return nil
	}
	nights, err := history.Nights(run, f.site)
	if err != nil {
		return fail(exitFailed, err)
	}
	if f.history != "" {
		if err := history.Keep(f.history, run.Drive.Run, nights); err != nil {
			return fail(exitFailed, err)
		}
		p.note("the night was added to %s", f.history)
	}
	for _, s := range f.sinks {
		var b bytes.Buffer
		if s.kind == "gobench" {
			err = nightly.GoBenchRun(&b, run)
		} else {
			err = nightly.CSVNights(&b, nights)
		}
		if err != nil {
			return fail(exitFailed, err)
		}
		if err := writeWhole(s.path, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
