package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"channelbench/internal/inert"
	"channelbench/internal/record"
	"channelbench/reports"
)

// reportFlags are the flags of report.
type reportFlags struct {
	out, format string
	images      images
	screen      screen
}

func (p *program) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN...",
		Short: "Draw runs again, or side by side: simulation against bench, night against night",
		Long: `report draws finished runs. RUN is a run.json or the folder that holds one; label=RUN says what it is called.

One run gives the files that it wrote itself. Of several runs, each gets its own charts in a folder called by its label, on
axes that all share, and there are charts that show them side by side:

  runs-cost.png           each strategy from run to run
  sim-against-bench.png   what the first simulation predicts for so many orders,
                          and what the latest valid bench measured
  trend.png               benches in the order of their dates, and what changed beyond chance

Runs that don't buy the same are drawn, too, and named as not comparable. The numbers behind each chart lie beside it as
CSV. --format github prints the comment of a pull request: the sentence, one table, all else folded away. Nothing lies beside
a comment, so it shows pictures only where --image-base says where they can be had.`,
		Example: `  channelbench report out/omni-flash/sim
  channelbench report out/omni-flash/sim out/omni-flash/bench
  channelbench report nights/*/run.json -o trend
  channelbench report 'as agreed=out/old/sim' new=out/new/sim --format markdown
  channelbench report night --format github --image-base https://example.com/night \
    | gh pr comment --body-file -`,
		Args: takes("RUN", 1, unbounded),
		RunE: func(cmd *cobra.Command, args []string) error { return p.report(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", filepath.Join("out", "report"), "output `folder`")
	addFormat(cmd, &f.format, formats)
	f.images.flags(flags)
	f.screen.flags(flags)
	f.screen.exactly(flags)
	return cmd
}

// report reads everything before it writes anything.
func (p *program) report(ctx context.Context, args []string, f *reportFlags) error {
	if err := checkFormat(f.format, formats); err != nil {
		return err
	}
	runs, err := readRuns(args)
	if err != nil {
		return err
	}
	folder, err := p.folderOf(f.out, ownerOfRuns(runs), true)
	if err != nil {
		return err
	}
	defer folder.tidy()
	f.screen.files = f.out
	if len(runs) == 1 {
		err = p.again(runs[0], folder, f)
	} else {
		err = p.together(runs, folder, f)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// ownerOfRuns is the owner of what is drawn of runs.
func ownerOfRuns(runs []finished) owner {
	var names []string
	for _, r := range runs {
		names = append(names, r.Run.Scenario.Name)
	}
	slices.Sort(names)
	return owner{Name: strings.Join(slices.Compact(names), ", ")}
}

// again draws the files of one run as the run itself wrote them.
func (p *program) again(r finished, folder *folder, f *reportFlags) error {
	charts, err := reports.Charts(r.Run, f.images.formats...)
	if err != nil {
		return fail(exitFailed, err)
	}
	var markdown bytes.Buffer
	if err := reports.Markdown(&markdown, r.Run, charts, f.images.in("markdown")); err != nil {
		return fail(exitFailed, err)
	}
	if err := r.save(folder, charts, markdown.Bytes()); err != nil {
		return err
	}
	if err := folder.sweep(); err != nil {
		return err
	}
	return p.show(f, markdown.Bytes(), r.bytes, func() error {
		if f.format == "github" {
			return reports.Markdown(p.out, r.Run, charts, f.images.in(f.format))
		}
		f.screen.finds(r.Run, r.folder)
		return p.printRun(r.Run, &f.screen)
	})
}

// together draws several runs side by side, and each in a folder of its own.
func (p *program) together(runs []finished, folder *folder, f *reportFlags) error {
	var labelled []reports.Labelled
	var read []record.Encoded
	for _, r := range runs {
		labelled, read = append(labelled, r.Labelled), append(read, record.Encoded{Label: r.Label, Run: r.bytes})
	}
	set := reports.NewSet(labelled)
	own, err := set.Own(f.images.formats...)
	if err != nil {
		return fail(exitFailed, err)
	}
	charts, err := set.Charts(f.images.formats...)
	if err != nil {
		return fail(exitFailed, err)
	}
	var markdown bytes.Buffer
	if err := set.Markdown(&markdown, charts, own, f.images.in("markdown")); err != nil {
		return fail(exitFailed, err)
	}
	encoded, err := record.Collect(read)
	if err != nil {
		return fail(exitUsage, err)
	}
	for i, r := range runs {
		if err := r.saveBelow(folder, own[i], f.images); err != nil {
			return err
		}
	}
	if err := folder.saveReport(charts, markdown.Bytes()); err != nil {
		return err
	}
	if err := folder.sweep(); err != nil {
		return err
	}
	return p.show(f, markdown.Bytes(), encoded, func() error {
		if f.format == "github" {
			return set.Markdown(p.out, charts, own, f.images.in(f.format))
		}
		if f.screen.details {
			return set.Text(p.out, p.text())
		}
		return set.Screen(p.out, p.options(&f.screen))
	})
}

// saveBelow writes a run and its charts into a folder called by its label.
func (r finished) saveBelow(above *folder, charts []reports.Chart, images images) error {
	folder, err := openFolder(filepath.Join(above.path, r.Label), above.of)
	if err != nil {
		return err
	}
	folder.below, folder.past, folder.wrote = r.Label, above.past, above.wrote
	var markdown bytes.Buffer
	if err := reports.Markdown(&markdown, r.Run, charts, images.below(r.Label).in("markdown")); err != nil {
		return fail(exitFailed, err)
	}
	return r.save(folder, charts, markdown.Bytes())
}

// save writes a run's files. run.json keeps the bytes that were read: a later version may have written more than this
// one knows.
func (r finished) save(folder *folder, charts []reports.Chart, markdown []byte) error {
	if err := folder.write("run.json", r.bytes); err != nil {
		return err
	}
	return folder.saveReport(charts, markdown)
}

// show prints the result; what is neither Markdown nor JSON is written by rest.
func (p *program) show(f *reportFlags, markdown, encoded []byte, rest func() error) error {
	var err error
	switch f.format {
	case "markdown":
		_, err = p.out.Write(markdown)
	case "json":
		_, err = p.out.Write(inert.JSON(encoded))
	default:
		err = rest()
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("write the result: %w", err))
	}
	if f.format != "text" || f.screen.details { // a screen says it itself
		p.note("wrote %s", filepath.Join(f.out, "{report.md,*.png,*.csv}"))
	}
	return nil
}

// finished is a run that was read from a file.
type finished struct {
	reports.Labelled
	folder string // where it was
	bytes  []byte
	named  bool // the label was given
}

// readRuns reads the runs and labels them.
func readRuns(args []string) ([]finished, error) {
	runs := make([]finished, len(args))
	taken := map[string]string{} // labels, as a file system that knows no capitals sees them
	for i, arg := range args {
		label, path := splitLabel(arg)
		r, err := readRun(path)
		if err != nil {
			return nil, err
		}
		if label != "" {
			if err := checkLabel(label); err != nil {
				return nil, err
			}
			if other, found := taken[strings.ToLower(label)]; found {
				return nil, fail(exitUsage, fmt.Errorf("two runs are called %q: %s and %s\n  hint: give each its "+
					"own label: label=%s", label, other, path, path))
			}
			taken[strings.ToLower(label)] = path
			r.Label, r.named = label, true
		}
		runs[i] = *r
	}
	for i := range runs {
		if r := &runs[i]; !r.named {
			r.Label = freeLabel(r.Run, taken)
			taken[strings.ToLower(r.Label)] = args[i]
		}
	}
	return runs, nil
}

// splitLabel takes the label off an argument. A file whose name has an equals sign is no label.
func splitLabel(arg string) (label, path string) {
	label, path, found := strings.Cut(arg, "=")
	if _, err := os.Stat(arg); err == nil || !found {
		return "", arg
	}
	return label, path
}

// readRun reads a run.json, or the one in a folder.
func readRun(path string) (*finished, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "run.json")
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail(exitUsage, fmt.Errorf("there is no %s\n  hint: name a run.json, or the folder that sim "+
			"or bench wrote", path))
	}
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	run, err := record.Read(bytes.NewReader(content))
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w\n  hint: name a run.json that sim or bench wrote, and use "+
			"a channelbench no older than it", path, err))
	}
	if run.Invalid != "" { // one of an older version has a verdict
		run.Void(run.Invalid)
	}
	return &finished{Labelled: reports.Labelled{Run: run}, folder: filepath.Dir(path), bytes: content}, nil
}

const longestLabel = 60

// checkLabel refuses labels that are no name of a folder.
func checkLabel(label string) error {
	ext := strings.ToLower(filepath.Ext(label))
	switch {
	case label != safeLabel(label):
		return fail(exitUsage, fmt.Errorf("%q can't be the label of a run\n  hint: it becomes the name of a "+
			"folder: up to %d letters, digits, spaces and . _ + -, and no dot or space at either end", label, longestLabel))
	case ext == ".png" || ext == ".csv" || ext == ".md" || ext == ".json":
		return fail(exitUsage, fmt.Errorf("%q can't be the label of a run: it looks like a file of the report\n  "+
			"hint: leave %s out", label, ext))
	}
	return nil
}

// safeLabel is text as the name of a folder on any system.
func safeLabel(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" ._+-", r) {
			return r
		}
		return '-'
	}, text))
	return strings.Trim(string(runes[:min(len(runes), longestLabel)]), " .")
}

// freeLabel is what a run is called unless the user says: its scenario, its mode, a bench's date, and a number where
// that is taken.
func freeLabel(run *record.Run, taken map[string]string) string {
	parts := []string{safeLabel(run.Scenario.Name), safeLabel(run.Mode)}
	if date, _, found := strings.Cut(run.Started, "T"); found {
		parts = append(parts, safeLabel(date))
	}
	base := strings.Trim(strings.Join(parts, "-"), "-")
	if base == "" {
		base = "run"
	}
	label := base
	for n := 2; taken[strings.ToLower(label)] != ""; n++ {
		label = base + "-" + strconv.Itoa(n)
	}
	return label
}
