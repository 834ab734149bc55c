package scenario

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/scenario/document"
)

// Shapes are the shapes of latencies.
var Shapes = []string{"lognormal", "constant", "gamma", "weibull", "empirical"}

// latencyKeys says which keys describe a shape; the others would be ignored, so they are refused.
var latencyKeys = map[string][]string{
	"lognormal": {"base", "per_second", "sigma"},
	"constant":  {"base", "per_second"},
	"gamma":     {"base", "per_second", "k"},
	"weibull":   {"base", "per_second", "k"},
	"empirical": {"file"},
}

func (r *reader) latency(n *document.Node) Latency {
	t := r.table(n, `{ base = "20s", per_second = "8s", sigma = 0.4 }`)
	defer t.close()
	l := Latency{
		Shape:      read(t, "shape", "lognormal", nameOf(Shapes...)),
		Base:       read(t, "base", 0, (*reader).duration),
		PerSecond:  read(t, "per_second", nil, perResolution((*reader).duration)),
		Sigma:      read(t, "sigma", 0, decimal(0, 10)),
		K:          read(t, "k", 0, decimal(0.05, 1000)),
		File:       read(t, "file", "", (*reader).text),
		Range:      t.factorRange("median", "latency"),
		Confidence: read(t, "confidence", Unstated, oneOf[Confidence](Confidences)),
		Source:     read(t, "source", "", (*reader).text),
	}
	if n.Fields() == nil || n.Find("shape").Bad && n.Fields()["shape"] != nil {
		return l
	}
	for _, key := range []string{"base", "per_second", "sigma", "k", "file"} {
		if f := n.Fields()[key]; f != nil && !slices.Contains(latencyKeys[l.Shape], key) {
			r.FailKey(f, "keys of this shape: "+strings.Join(latencyKeys[l.Shape], ", "), "a latency of shape %q has no %s",
				l.Shape, key)
		}
	}
	for _, f := range n.Find("per_second").Ordered() {
		if plain, found := strings.CutSuffix(f.Name, channel.WithAudio); found {
			r.FailKey(f, fmt.Sprintf("write %q: only prices differ by audio", plain), "%q is no resolution", f.Name)
		}
	}
	t.completeLatency(&l)
	return l
}

// completeLatency reports what the shape needs and isn't there, and reads its file.
func (t *table) completeLatency(l *Latency) {
	has := func(key string) bool { return t.node.Fields()[key] != nil }
	switch {
	case l.Shape == "empirical" && !has("file"):
		t.missing("file", `file = "latency.txt", one number of seconds a line`)
	case l.Shape == "empirical":
		l.Values = t.measured(t.node.Find("file"), l.File)
		return
	case !has("base") && !has("per_second"):
		t.missing("base or per_second", `base = "20s", per_second = "8s", or both`)
	case t.node.Bad:
	case l.Base == 0 && (len(l.PerSecond) == 0 || shortest(l.PerSecond) == 0):
		t.FailKey(t.node, `write how long a job takes, as base = "20s"`, "the latency is 0s")
	}
	if l.Shape == "lognormal" && !has("sigma") {
		t.missing("sigma", `sigma = 0.4, the spread of the logarithm, or shape = "constant"`)
	}
	if latencyKeys[l.Shape][len(latencyKeys[l.Shape])-1] == "k" && !has("k") {
		t.missing("k", "k = 2, the shape parameter")
	}
}

func shortest(by map[string]time.Duration) time.Duration {
	low := longest
	for _, d := range by {
		low = min(low, d)
	}
	return low
}

// measured reads a file of seconds.
func (r *reader) measured(n *document.Node, path string) []float64 {
	source, ok := r.file(n, path)
	if !ok {
		return nil
	}
	var values []float64
	line := 0
	for text := range bytes.Lines(source) {
		line++
		word, _, _ := strings.Cut(string(text), "#")
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || !(v >= 0) || v > longest.Seconds() {
			r.Fail(n, "write one number of seconds a line; # begins a comment", "line %d of %s is %q, not a number of seconds",
				line, path, word)
			return nil
		}
		values = append(values, v)
	}
	if _, err := dist.NewEmpirical(values); err != nil {
		r.Fail(n, "write one number of seconds a line; # begins a comment", "%s: %v", path, err)
		return nil
	}
	return values
}

// file reads a file that the scenario names.
func (r *reader) file(n *document.Node, path string) ([]byte, bool) {
	if n.Bad {
		return nil, false
	}
	if r.readFile == nil {
		r.Fail(n, "load the scenario from a folder that holds the file", "files that a scenario names cannot be read here")
		return nil, false
	}
	source, err := r.readFile(path)
	if err != nil {
		r.Fail(n, "paths are relative to the scenario", "%s cannot be read: %v", n.Name, err)
		return nil, false
	}
	return source, true
}

// takes reads a duration that is drawn: a table of median and sigma, or a constant duration.
func (r *reader) takes(n *document.Node) (*Takes, bool) {
	if n.Fields() == nil {
		if _, isText := n.Value.(string); !isText {
			r.Fail(n, `write "6s" for always the same, or { median = "6s", sigma = 0.6 }`,
				"%s must be a duration or a table, not %s", n.Name, document.Describe(n.Value))
			return nil, false
		}
		d, ok := r.positiveDuration(n)
		return &Takes{Median: d}, ok
	}
	t := r.table(n, `{ median = "6s", sigma = 0.6 }`)
	defer t.close()
	drawn := &Takes{
		Median: need(t, "median", `median = "6s"`, (*reader).positiveDuration),
		Sigma:  read(t, "sigma", 0, decimal(0, 10)),
	}
	return drawn, !n.Bad
}
