package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"channelbench/bench"
	"channelbench/bench/ledger"
	"channelbench/bench/mockchannel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

const exitCap = 4 // the spend cap was reached; what was measured is saved

// benchFlags are the flags of bench.
type benchFlags struct {
	out      string
	format   string
	set      []string
	live     bool
	maxSpend string
	speed    string
	orders   int
}

func (p *program) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench SCENARIO",
		Short: "Load-test the channels with real orders, on loopback mock channels unless --live",
		Long: `bench drives whole orders through the channels, at the rate that [bench] states, and measures what arrives, when and at what price.

Without --live it starts mock channels on loopback that behave as the scenario says; nothing is spent. With --live it spends
real money: keys come from the environment variables that the scenario names, and --max-spend (or [bench] max_spend) is a
cap that holds. What every attempt did is kept in orders.jsonl, whatever happens.

Ctrl-C stops submitting, settles what is open for up to [bench] grace, and saves what was measured; a second one ends at once.`,
		Example: `  channelbench bench sora2                          mock channels, 60 times faster than life
  channelbench bench mine.toml --live --max-spend '$20' -o night`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.bench(cmd.Context(), args[0], &f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "output `folder` (default out/<scenario>/bench)")
	flags.StringVar(&f.format, "format", "text", "what stdout shows: text, json or markdown")
	flags.BoolVar(&f.live, "live", false, "spend real money on the channels that the scenario names")
	flags.StringVar(&f.maxSpend, "max-spend", "", "cap on what the run may spend, such as '$20' (default on mock channels: the worst case)")
	flags.StringVar(&f.speed, "speed", "60x", "how much faster than life the mock channels and the clock run")
	flags.IntVar(&f.orders, "orders", 0, "orders per driven strategy (default: [bench] orders)")
	addSet(cmd, &f.set)
	return cmd
}

func (p *program) bench(ctx context.Context, name string, f *benchFlags) error {
	if err := checkFormat(f.format); err != nil {
		return err
	}
	speed, err := parseSpeed(f.speed)
	if err != nil {
		return err
	}
	s, err := p.load(name, f.set)
	if err != nil {
		return err
	}
	if f.orders > 0 {
		s.Bench.Orders = f.orders
	}
	plan, err := bench.NewPlan(s)
	if err != nil {
		return fail(exitUsage, err)
	}
	limit, err := f.limit(s, plan)
	if err != nil {
		return err
	}
	p.note("plan: %d orders of %v over %v; %v if all are delivered at once, %v at worst; cap %v", plan.Orders, plan.Strategies, plan.Lasts.Round(time.Second), plan.Least, plan.Worst, limit)
	if f.out == "" {
		f.out = filepath.Join("out", s.Name, "bench")
	}
	folder, err := openFolder(f.out)
	if err != nil {
		return err
	}
	o := bench.Options{Live: f.live, Speed: speed, Key: os.Getenv, Prompts: bench.Prompts(), Cap: limit, Version: version(),
		Journal: filepath.Join(f.out, "orders.jsonl"), Progress: p.progress("orders").show}
	if s.Bench.Prompts != "" {
		if o.Prompts, err = readPrompts(s.Bench.Prompts); err != nil {
			return fail(exitUsage, err)
		}
	}
	if !f.live {
		stop, err := mock(s, speed, &o)
		if err != nil {
			return err
		}
		defer stop()
	}
	return p.drive(ctx, s, folder, f, o)
}

// limit is the cap: asked for on live runs, the worst case on mock channels.
func (f *benchFlags) limit(s *scenario.Scenario, plan *bench.Plan) (money.Micros, error) {
	limit := s.Bench.MaxSpend
	if f.maxSpend != "" {
		var err error
		if limit, err = money.Parse(f.maxSpend); err != nil {
			return 0, fail(exitUsage, fmt.Errorf("--max-spend: %w", err))
		}
	}
	switch {
	case limit == 0 && f.live:
		return 0, fail(exitUsage, fmt.Errorf("--live needs a cap\n  hint: --max-spend '%v' buys the planned orders whatever happens, at least %v is needed", plan.Worst, plan.Least))
	case limit == 0:
		return plan.Worst, nil
	case limit < plan.Least:
		return 0, fail(exitUsage, fmt.Errorf("a cap of %v cannot buy the %d planned orders, which cost %v if all goes well; nothing was spent\n  hint: fewer orders (--orders), or a higher --max-spend", limit, plan.Orders, plan.Least))
	}
	return limit, nil
}

// mock starts the mock channels on loopback and points the run at them.
func mock(s *scenario.Scenario, speed float64, o *bench.Options) (stop func(), err error) {
	server, err := mockchannel.New(s, mockchannel.Options{Speed: speed})
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	h := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = h.Serve(listener) }()
	o.BaseURLs = map[string]string{}
	for i := range s.Channels {
		name := s.Channels[i].Name
		o.BaseURLs[name] = mockchannel.URL("http://"+listener.Addr().String(), name)
	}
	o.Key = func(string) string { return "mock" }
	return func() { _ = h.Close() }, nil
}

// drive runs the bench and publishes what was measured, also where it ended early.
func (p *program) drive(ctx context.Context, s *scenario.Scenario, folder *folder, f *benchFlags, o bench.Options) error {
	run, failure := p.benched(ctx, s, folder, o)
	if run == nil {
		return failure
	}
	if err := p.publish(run, folder, f.format); err != nil {
		return err
	}
	return failure
}

func (p *program) benched(ctx context.Context, s *scenario.Scenario, folder *folder, o bench.Options) (*record.Run, error) {
	results, err := os.Create(filepath.Join(folder.path, "vegeta.gob"))
	if err != nil {
		return nil, unwritable(folder.path, err)
	}
	o.Results = results
	run, err := bench.Run(ctx, s, o)
	if closed := results.Close(); err == nil && closed != nil {
		err = closed
	}
	var stopped *exitError
	var fault *bench.Fault
	var refused *bench.RefusedError
	switch {
	case err == nil:
		return run, nil
	case errors.As(err, &refused):
		return nil, fail(exitUsage, err)
	case ctx.Err() != nil && errors.As(context.Cause(ctx), &stopped):
		return run, fail(stopped.code, errors.New("interrupted; what was measured is saved"))
	case errors.Is(err, ledger.ErrCap):
		return run, fail(exitCap, fmt.Errorf("the spend cap was reached; what was measured is saved: %w", err))
	case errors.As(err, &fault):
		return run, fail(exitFailed, fmt.Errorf("this run is invalid by a fault on our side: %w", err))
	}
	return run, fail(exitFailed, err)
}

func readPrompts(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return bench.ReadPrompts(string(text))
}

// parseSpeed reads a factor such as 60x.
func parseSpeed(text string) (float64, error) {
	var speed float64
	var x string
	if n, err := fmt.Sscanf(text, "%f%s", &speed, &x); n != 2 || err != nil || x != "x" || speed <= 0 || speed > 1e4 {
		return 0, fail(exitUsage, fmt.Errorf("--speed %q is no factor\n  hint: 60x is sixty times faster than life", text))
	}
	return speed, nil
}
