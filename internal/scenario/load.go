package scenario

import (
	"path"
	"strings"
	"time"

	"channelbench/internal/scenario/document"
)

// Options say how a scenario is loaded.
type Options struct {
	// Set are overrides, "key.path=value". A value that isn't TOML, such as 2% or $0.12, is a text.
	Set []string
	// Today is the day by which it is judged how old prices are, and what has ended; zero: unknown.
	Today time.Time
	// Live says that money is about to be spent: channels that have ended are refused where it would be spent on them.
	Live bool
	// ReadFile reads the files that a scenario names; nil refuses them.
	ReadFile func(path string) ([]byte, error)
	// Illegible are the characters of a text that charts can't show; nil: they show all.
	Illegible func(text string) []string
	// Protocols are held against the channels that speak them; the zero value knows none.
	Protocols Protocols
}

// Load reads a scenario. Name is how problems call the file. The error is a Problems with all
// that is wrong, in the order of the file; the warnings are for a scenario that can be used.
func Load(name string, source []byte, opts Options) (*Scenario, []document.Problem, error) {
	return load(name, source, opts, unmodelled)
}

// load is Load with a choice of what is refused because nothing models it yet.
func load(name string, source []byte, opts Options, refused func(*Scenario) []gap) (*Scenario, []document.Problem,
	error) {
	d, root := document.Open(name, source)
	r := &reader{Document: d, readFile: opts.ReadFile, today: dayOf(opts.Today), live: opts.Live}
	if root != nil {
		for _, argument := range opts.Set {
			r.Override(root, argument)
		}
		r.RefuseSecrets(root)
		s := r.scenario(root, name)
		s.Source, s.Set, s.Read = source, opts.Set, r.today
		r.check(root, s)
		r.checkProtocols(root, s, opts.Protocols)
		if opts.Illegible != nil {
			r.checkLetters(root, opts.Illegible)
		}
		for _, g := range refused(s) {
			if n := root.Find(g.path...); !r.Judged(n.Key) {
				r.FailKey(n, g.hint(), "%s is not modelled yet: %s", g.key(), g.meaning)
			}
		}
		problems, warnings := r.Problems()
		if len(problems) > 0 {
			return nil, warnings, problems
		}
		return s, warnings, nil
	}
	problems, _ := r.Problems()
	return nil, nil, problems
}

// scenario reads the whole tree.
func (r *reader) scenario(root *document.Node, file string) *Scenario {
	t := r.table(root, "")
	defer t.close()
	s := &Scenario{
		Name:     read(t, "name", FileName(file), (*reader).name),
		Title:    read(t, "title", "", (*reader).text),
		Seed:     uint64(read(t, "seed", 1, integer(0, 1<<63-1))),
		Currency: read(t, "currency", "USD", nameOf("USD")),
		Retry:    defaultRetry,
		Decision: defaultDecision,
		Bench:    defaultBench,
	}
	if n := t.get("fx"); n != nil {
		s.FX = r.fx(n)
		r.rates = s.FX
	}
	if n := t.section("workload", "[workload] with orders_per_month and [[workload.videos]]"); n != nil {
		s.Workload = r.workload(n)
	}
	if n := t.section("channels", "[channels.forwarding] with kind, price and latency"); n != nil {
		s.Channels = r.channels(n)
	}
	s.Outages = read(t, "outages", nil, list("[[outages]]", (*reader).outage))
	if n := t.section("strategies", "[strategies.forwarding] with steps = ["+stepExample+"]"); n != nil {
		s.Strategies = r.strategies(n)
	}
	if n := t.get("retry"); n != nil {
		s.Retry = r.retry(n)
	}
	if n := t.get("costs"); n != nil {
		s.Costs = r.costs(n)
	}
	if n := t.get("decision"); n != nil {
		s.Decision = r.decision(n)
	}
	if n := t.get("bench"); n != nil {
		s.Bench = r.bench(n)
	}
	if s.Bench.Run == nil {
		for i := range s.Strategies {
			s.Bench.Run = append(s.Bench.Run, s.Strategies[i].Name)
		}
	}
	if n := t.get("gates"); n != nil {
		s.Gates = r.gates(n)
	}
	return s
}

// section returns a table that every scenario must have.
func (t *table) section(key, example string) *document.Node {
	n := t.get(key)
	if n == nil {
		t.missing(key, example)
	}
	return n
}

// FileName is the name of a scenario that states none: its file's, without what cannot be in a name.
func FileName(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	base = strings.TrimSuffix(base, ".toml")
	if namePattern.MatchString(base) {
		return base
	}
	return "scenario"
}
