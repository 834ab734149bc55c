package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench"
	"channelbench/bench/ledger"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/reports"
)

const exitCap = 4 // the spend cap was reached; what was measured is saved

// benchFlags are the flags of bench.
type benchFlags struct {
	out      string
	format   string
	images   images
	set      []string
	live     bool
	maxSpend string
	speed    speed
	sped     bool // the speed was asked for
	orders   int
	ordered  bool // --orders was given
	keep     int
	resume   string
	reopen   bool
	capped   func() bool // --max-spend was given
	month    monthCap
	screen   screen
	night    nightFlags
}

func (p *program) benchCommand() *cobra.Command {
	f := benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench SCENARIO | --resume DIR",
		Short: "Load-test the channels with real orders, on loopback mock channels unless --live",
		Long: `bench drives whole orders through the channels, at the rate that [bench] states, and measures what arrives,
when and at what price.
Strategies that [bench] run leaves out are answered without spending, from the attempts of those that are driven.

Without --live it starts mock channels on loopback that behave as the scenario says; nothing is spent. With --live
it spends
real money: keys come from the environment variables that the scenario names, and --max-spend (or [bench]
max_spend) is a
cap that holds. What every attempt did is kept in orders.jsonl, whatever happens.

Ctrl-C stops submitting, settles what is open for up to [bench] grace, and saves what was measured; a second one
ends at once.
--resume goes on where a run stopped: it settles the jobs that were left open, submits none of them again, and
drives what is left.
All that it needs for that is in the run's folder.

A channel of whose orders next to none is delivered within the promise is given up after 6 to 10 of them, and the
rest of the money
is kept: [bench] stop says when. --resume leaves it alone unless --reopen is given.`,
		Example: `  channelbench bench omni-flash                     mock channels, many times faster than life
  channelbench bench mine.toml --live --max-spend '$20' -o night
  channelbench bench --live --resume night          go on with it
  channelbench bench omni-flash --history nights.jsonl   one night of many, for compare --history`,
		Args: takes("SCENARIO", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && f.resume == "" {
				return fail(exitUsage, errors.New("SCENARIO is missing\n  hint: name a scenario, or the folder to --resume"))
			}
			f.sped, f.ordered = cmd.Flags().Changed("speed"), cmd.Flags().Changed("orders")
			return p.bench(cmd.Context(), strings.Join(args, ""), &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "output `folder` (default out/<scenario>/bench)")
	addFormat(cmd, &f.format, formats)
	f.images.flags(flags)
	f.screen.flags(flags)
	flags.BoolVar(&f.live, "live", false, "spend real money on the channels that the scenario names")
	flags.StringVar(&f.maxSpend, "max-spend", "", "cap on what the run may spend, such as '$20' (default on mock "+
		"channels: the worst case)")
	f.capped = func() bool { return flags.Changed("max-spend") } // even if it is empty, as a variable of a workflow can be
	flags.Var(&f.speed, "speed", "how much faster than life the mock channels and the clock run (default: as fast "+
		"as clips take so long that no lag of this machine shows, at most 60x)")
	flags.IntVar(&f.orders, "orders", 0, "orders per driven strategy (default: [bench] orders)")
	flags.IntVar(&f.keep, "keep", 0, "keep the first `N` clips of each channel, in clips/")
	flags.StringVar(&f.resume, "resume", "", "go on with the run that this `folder` holds")
	flags.BoolVar(&f.reopen, "reopen", false, "with --resume: try channels again that were given up as dead")
	flags.StringVar(&f.night.history, "history", "", "add the night to this `file`, which compare judges")
	flags.StringVar(&f.night.site, "site", "default", "`name` of the place that the orders come from; only equal "+
		"ones are compared")
	flags.StringArrayVar(&f.night.export, "export", nil,
		"also write `KIND=FILE`: gobench (for benchstat) or csv; repeatable")
	f.month.addFlags(cmd)
	p.addSet(cmd, &f.set)
	return cmd
}

// check refuses what can't be meant.
func (f *benchFlags) check() error {
	if err := checkFormat(f.format, formats); err != nil {
		return err
	}
	switch {
	case f.ordered && f.orders < 1:
		return fail(exitUsage, fmt.Errorf("--orders %d: at least 1", f.orders))
	case f.keep < 0:
		return fail(exitUsage, errors.New("--keep must not be negative"))
	case f.reopen && f.resume == "":
		return fail(exitUsage, errors.New("--reopen goes with --resume: a new run tries every channel"))
	case f.live && f.sped:
		return fail(exitUsage, errors.New("--speed is for mock channels: real ones run at the speed of life"))
	}
	return f.night.check()
}

func (p *program) bench(ctx context.Context, name string, f *benchFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	o := bench.Options{Live: f.live, Speed: float64(f.speed), Key: os.Getenv, Version: version(), Keep: f.keep,
		Reopen: f.reopen}
	o.Notice = func(text string) { p.note("%s", text) }
	f.screen.call = reports.Call{Set: f.set, History: f.night.history, Live: f.live}
	name, err := f.pickUp(name, &o)
	if err != nil {
		return err
	}
	// A run that goes on has jobs to settle, and what has ended sells it no more of them.
	s, src, err := p.loadAs(name, scenario.Options{Set: f.set, Live: f.live && f.resume == ""})
	if err != nil {
		return err
	}
	f.screen.call.Scenario = again(name)
	if o.Prompts, err = src.prompts(s.Bench.Prompts); err != nil {
		return err
	}
	if err := p.prepare(s, f, &o); err != nil {
		return err
	}
	folder, err := f.open(p, s, src, &o)
	if err != nil {
		return err
	}
	defer folder.tidy()
	if err := f.night.prove(); err != nil {
		return err
	}
	if !o.Live {
		stop, err := mock(s, &o)
		if err != nil {
			return err
		}
		defer func() { _ = stop() }()
	}
	defer context.AfterFunc(ctx, func() {
		p.note("stopping: nothing more is submitted, and what is open is settled for up to %v; Ctrl-C again ends "+
			"at once", s.Bench.Grace)
	})()
	return p.benched(ctx, s, folder, f, o)
}

// leave puts a run on record and prints it, the night first: a report can be drawn again. Why the run ended goes
// before what fails here.
func (p *program) leave(run *record.Run, folder *folder, f *benchFlags, failure error) error {
	kept := f.night.keep(p, run)
	for _, err := range []error{kept, p.publish(run, folder, f.format, f.images, &f.screen)} {
		switch {
		case err == nil:
		case failure == nil:
			failure = err
		default:
			p.say("%v", err)
		}
	}
	return failure
}

// pickUp takes from a run that is resumed what it was called with, and returns its scenario.
func (f *benchFlags) pickUp(name string, o *bench.Options) (string, error) {
	if f.resume == "" {
		if f.ordered {
			f.set = append(f.set, fmt.Sprintf("bench.orders=%d", f.orders))
		}
		return name, nil
	}
	past, err := bench.ReadPast(filepath.Join(f.resume, "orders.jsonl"))
	switch {
	case err != nil:
		const hint = "\n  hint: begin one there with bench SCENARIO -o %s"
		return "", fail(exitUsage, fmt.Errorf("%s holds no run to resume: %w"+hint, f.resume, err, f.resume))
	case past.Live != f.live && past.Live:
		return "", fail(exitUsage, errors.New("the run spends real money: add --live to go on with it"))
	case past.Live != f.live:
		return "", fail(exitUsage, errors.New("the run is one on mock channels: leave --live out"))
	case f.ordered || len(f.set) > 0:
		return "", fail(exitUsage, errors.New("a run is resumed as it was begun: leave --orders and --set out"))
	case f.out != "" && f.out != f.resume:
		return "", fail(exitUsage, errors.New("a run is resumed in its own folder: leave -o out"))
	}
	o.Resume, o.Speed, f.set, f.out = true, past.Speed, past.Set, f.resume
	f.screen.call.Set = past.Set
	if name != "" {
		return name, nil
	}
	name = filepath.Join(f.resume, keptScenario)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		const hint = "\n  hint: name it: bench SCENARIO --resume %s"
		return "", fail(exitUsage, fmt.Errorf("%s holds no copy of its scenario"+hint, f.resume, f.resume))
	}
	return name, nil
}

// trapped says of which channels a live run ignores the traps.
func trapped(s *scenario.Scenario) (warnings []string) {
	for i := range s.Channels {
		if c := &s.Channels[i]; len(c.Traps) > 0 {
			warnings = append(warnings, fmt.Sprintf("%s: traps (%s) are of mock channels; this run ignores them", c.Name,
				strings.Join(c.Traps, ", ")))
		}
	}
	return warnings
}

// prepare settles the cap and says what is going to happen, before anything does.
func (p *program) prepare(s *scenario.Scenario, f *benchFlags, o *bench.Options) error {
	plan, err := bench.NewPlan(s)
	if err != nil {
		return fail(exitUsage, err)
	}
	if o.Cap, err = f.limit(s, plan); err != nil {
		return err
	}
	if !o.Live && !o.Resume && !f.sped {
		o.Speed = plan.Speed
	}
	o.Recap = f.capped()
	if err := f.shareMonth(p, o, plan); err != nil {
		return err
	}
	if o.Live {
		for _, w := range append(s.Undated(), trapped(s)...) {
			p.note("warning: %s", w)
		}
	}
	if o.Live {
		if o.Proxy, o.Hidden, err = proxy(s.Bench.ProxyEnv); err != nil {
			return err
		}
	}
	if !o.Resume {
		p.note("%s", f.describe(plan, o))
	}
	return nil
}

// describe puts a plan into words.
func (f *benchFlags) describe(plan *bench.Plan, o *bench.Options) string {
	var b strings.Builder
	where := fmt.Sprintf("on mock channels at %vx, where nothing is spent", o.Speed)
	if o.Live {
		where = "LIVE: real money is spent"
	}
	fmt.Fprintf(&b, "plan: %d orders over %v, %s\n", plan.Orders, plan.Lasts.Round(time.Second), where)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, d := range append(plan.Driven, bench.PlannedStrategy{Name: "in all", Orders: plan.Orders,
		Least: plan.Least, Worst: plan.Worst}) {
		fmt.Fprintf(w, "  %s\t%d orders\t%v if the first attempts deliver\t%v at worst\n", d.Name, d.Orders, d.Least, d.Worst)
	}
	w.Flush()
	if len(plan.Replayed) > 0 {
		fmt.Fprintf(&b, "  %s: replayed from what these meet, at no cost\n", strings.Join(plan.Replayed, ", "))
	}
	fmt.Fprintf(&b, "  cap: %v", o.Cap)
	limit := o.Cap
	if f.month.given() && f.month.left < limit {
		limit = f.month.left
		fmt.Fprintf(&b, "; the month leaves %v", limit)
	}
	if limit < plan.Worst {
		fmt.Fprintf(&b, ", which may end the run early")
	}
	return b.String()
}

// limit is the cap: asked for on live runs, the worst case on mock channels. A run that is resumed keeps its own,
// unless another is given.
func (f *benchFlags) limit(s *scenario.Scenario, plan *bench.Plan) (money.Micros, error) {
	limit := s.Bench.MaxSpend
	if f.resume != "" {
		limit = 0
	}
	if f.capped() {
		var err error
		if limit, err = money.Parse(f.maxSpend); err != nil {
			return 0, amountError("--max-spend", err)
		}
	}
	switch {
	case f.resume != "":
		return limit, nil
	case limit == 0 && f.live:
		return 0, fail(exitUsage, fmt.Errorf("--live needs a cap\n  hint: --max-spend '%v' buys the planned "+
			"orders whatever happens, at least %v is needed", plan.Worst, plan.Least))
	case limit == 0 && !f.capped():
		return plan.Worst, nil
	case limit < plan.Least:
		return 0, fail(exitUsage, fmt.Errorf("a cap of %v cannot buy the %d planned orders, which cost %v if all "+
			"goes well; nothing was spent\n  hint: fewer orders (--orders), or a higher --max-spend", limit,
			plan.Orders, plan.Least))
	}
	return limit, nil
}

// open makes the folder ready. A new run leaves all that it runs on there, from which it can be resumed.
func (f *benchFlags) open(p *program, s *scenario.Scenario, src *source, o *bench.Options) (*folder, error) {
	chosen := f.out != ""
	if !chosen {
		f.out = filepath.Join("out", s.Name, "bench")
	}
	if !o.Resume && src.kept != "" && src.apart && same(src.dir, f.out) {
		const hint = "\n  hint: choose another folder with -o"
		return nil, fail(exitUsage,
			fmt.Errorf("%s holds the scenario itself: copies of its files would hide them"+hint, f.out))
	}
	of := src.ownerOf(s.Name, f.out)
	if o.Resume {
		of = owner{Name: s.Name} // its copy of the scenario is no other one
	}
	folder, err := p.folderOf(f.out, of, chosen)
	if err != nil {
		return nil, err
	}
	folder.bench, folder.goesOn = true, o.Resume
	o.Journal = filepath.Join(f.out, "orders.jsonl")
	f.screen.files, f.screen.call.Folder = f.out, f.out
	if f.screen.call.Scenario == "" {
		f.screen.call.Scenario = filepath.Join(f.out, keptScenario)
	}
	if f.keep > 0 {
		o.Clips = filepath.Join(f.out, keptClips)
		if err := folder.make(o.Clips); err != nil {
			folder.tidy()
			return nil, unwritable(o.Clips, err)
		}
	}
	// From here on, another folder would mean to buy it all again.
	goesOn := fmt.Sprintf("mend that; then --resume %s goes on with it", f.out)
	if o.Resume {
		folder.mend = goesOn
	}
	o.Begin = func() error {
		err := folder.keep(src)
		if err == nil {
			folder.mend = goesOn
		}
		return err
	}
	return folder, nil
}

// same says whether two paths are of one folder.
func same(a, b string) bool {
	one, wrong := os.Stat(a)
	other, missing := os.Stat(b)
	return wrong == nil && missing == nil && os.SameFile(one, other)
}

// benched runs the bench and puts it on record, while its folder is still its own.
func (p *program) benched(ctx context.Context, s *scenario.Scenario, folder *folder, f *benchFlags,
	o bench.Options) (failure error) {
	results := resultsFile(folder.path, o.Resume)
	o.Results = results
	progress := p.progress()
	o.Progress = func(done, total int) { progress.show("orders", done, total) }
	// A thread that waits for the disk keeps its processor from the orders for a while, so there are two more.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2))
	left := false
	o.Leave = func(run *record.Run, err error) {
		progress.end()
		if closed := results.Close(); err == nil && closed != nil {
			err = unwritable(folder.path, closed)
		}
		left, failure = true, p.leave(run, folder, f, ended(ctx, run, err, o))
	}
	run, err := bench.Run(ctx, s, o)
	switch {
	case left && (failure != nil || err == nil):
		return failure
	case left: // the journal could not be closed
		return ended(ctx, run, err, o)
	}
	progress.end()
	if _, missing := bench.ReadPast(o.Journal); missing != nil {
		folder.undo()
	}
	return errors.Join(ended(ctx, run, err, o), results.Close())
}

// resultsFile is where vegeta's results go, made when the first one comes. Its format knows no second part, so a run
// that is resumed writes another file.
func resultsFile(folder string, resumed bool) *lateFile {
	path := filepath.Join(folder, "vegeta.gob")
	for n := 2; resumed; n++ {
		path = filepath.Join(folder, fmt.Sprintf("vegeta-%d.gob", n))
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return &lateFile{path: path}
}

// lateFile is made when something is written to it.
type lateFile struct {
	path string
	file *os.File
}

func (f *lateFile) Write(b []byte) (int, error) {
	if f.file == nil {
		var err error
		if f.file, err = os.Create(f.path); err != nil {
			return 0, err
		}
	}
	return f.file.Write(b)
}

// Close closes the file, if there is one.
func (f *lateFile) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// ended says how the run ended, with its exit code.
func ended(ctx context.Context, run *record.Run, err error, o bench.Options) error {
	goOn, resume := "run it again", fmt.Sprintf("--resume %s goes on with it", filepath.Dir(o.Journal))
	past, missing := bench.ReadPast(o.Journal)
	begun := missing == nil && past.Live == o.Live
	if begun {
		goOn = resume
	}
	var stopped, decided *exitError
	var fault *bench.Fault
	var refused *bench.RefusedError
	var live *bench.LiveError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &decided):
		return err
	case errors.As(err, &live):
		return fail(exitUsage, fmt.Errorf("%w\n  hint: %s, or choose another folder with -o", err, resume))
	case errors.As(err, &refused):
		return fail(exitUsage, err)
	case run == nil && errors.Is(err, bench.ErrInterrupted) && errors.As(context.Cause(ctx), &stopped):
		return fail(stopped.code, fmt.Errorf("interrupted before anything was submitted\n  hint: %s", goOn))
	case ctx.Err() != nil && errors.As(context.Cause(ctx), &stopped):
		return fail(stopped.code, fmt.Errorf("interrupted; what was measured is saved\n  hint: %s", goOn))
	case errors.Is(err, ledger.ErrCap):
		return fail(exitCap, fmt.Errorf("the spend cap was reached; what was measured is saved: %w", err))
	case errors.As(err, &fault) && fault.Anew:
		const text = "this run is invalid by a fault on our side: %w\n  hint: %s; then run it again"
		return fail(exitFailed, fmt.Errorf(text, fault.Err, fault.Mend))
	case errors.As(err, &fault):
		const text = "this run is invalid by a fault on our side: %w\n  hint: %s; then %s"
		return fail(exitFailed, fmt.Errorf(text, fault.Err, fault.Mend, goOn))
	case begun:
		return fail(exitFailed, fmt.Errorf("%w\n  hint: mend that; then %s", err, goOn))
	}
	return fail(exitFailed, err)
}

// proxy is the one that an environment variable names, if the scenario asks for one.
func proxy(env string) (through func(*http.Request) (*url.URL, error), secrets []string, err error) {
	if env == "" {
		return nil, nil, nil
	}
	u, err := url.Parse(os.Getenv(env))
	if err != nil || u.Host == "" {
		return nil, nil, fail(exitUsage, fmt.Errorf("[bench] proxy_env: the environment variable %s holds no "+
			"address such as http://proxy.example:3128", env))
	}
	if password, is := u.User.Password(); is {
		secrets = []string{password, u.User.String()}
	}
	return http.ProxyURL(u), secrets, nil
}
