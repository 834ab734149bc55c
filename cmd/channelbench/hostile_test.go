package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"channelbench/internal/proof"
)

// hurtful is what a name can hold that was made to hurt where it is shown.
const hurtful = "\x1b[2J\u009b31m\r\n::error::a%0A::b | `c` <img src=x onerror=d> ##[e] ##vso[f] [g](http://h) \u202ei\u2066 \u200b*j* @team --> ]]> \t=k"

// call runs a command line, and returns its exit code and both streams.
func call(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &stdout, err: &stderr}
	code = p.run(t.Context(), args)
	return code, stdout.String(), stderr.String()
}

// harmless fails where a text can do more than be read. Commands of GitHub may begin with what we begin them with.
func harmless(t *testing.T, what, text string, commands ...string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is no UTF-8", what)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if i := strings.IndexFunc(line, func(r rune) bool {
			return !unicode.IsGraphic(r) && r != '\t' &&
				r != '\u2060'
		}); i >= 0 {
			t.Errorf("%s steers the terminal: %q", what, line)
		}
		begins := func(command string) bool { return strings.HasPrefix(line, command) }
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !slices.ContainsFunc(commands, begins) ||
			strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("%s commands a runner: %q", what, line)
		}
	}
}

// sealed is a line of a history with a right checksum.
func sealed(t *testing.T, entry map[string]any) string {
	t.Helper()
	body, err := json.Marshal(entry)
	if err != nil {
		t.Fatal(err)
	}
	// The schema comes first, as in lines that we write.
	body = append([]byte(`{"schema":"channelbench/history/v1",`), body[1:]...)
	return fmt.Sprintf("%s,\"crc\":\"%08x\"}\n", body[:len(body)-1],
		crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

// TestHistoryNamesAreHarmless: whatever a history calls things, compare shows it in every format without being steered.
func TestHistoryNamesAreHarmless(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "h.jsonl")
	night := func(day int, engine string, seconds float64) string {
		figure := map[string]any{"value": seconds, "low": seconds * 0.95, "high": seconds * 1.05}
		return sealed(t, map[string]any{"kind": "night", "at": fmt.Sprintf("2026-11-%02dT03:00:00Z", day),
			"site": "ci" + hurtful, "mode": "mock" + hurtful,
			"scenario": hurtful, "strategy": hurtful + engine, "engine": engine, "orders": 40, "delivered": 40, "in_time": 30,
			"spent_usd":       1,
			"latency_seconds": map[string]any{"p50": figure, "p95": figure}, "cost_per_delivered_usd": figure,
			"purchase_sha256": hurtful, "version": hurtful, "given_up": hurtful, "warnings": []string{hurtful}})
	}
	text := sealed(t, map[string]any{"kind": hurtful}) + sealed(t, map[string]any{"kind": "night", "at": hurtful})
	for day := range 12 {
		text += night(day+10, "live", 100+300*float64(day/10)) + night(day+10, "replay", 100)
		if day == 5 {
			text += night(1, "live", 100) // out of order
			text += strings.Replace(night(22, "live", 100), `"orders":40`, `"orders":41`, 1)
		}
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	summary := filepath.Join(folder, "summary.md")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	sinks := []string{"--export", "github"}
	for _, kind := range []string{"junit", "gobench", "markdown", "csv"} {
		sinks = append(sinks, "--export", kind+"="+filepath.Join(folder, kind))
	}
	for _, format := range []string{"text", "markdown", "csv"} {
		code, out, err := call(t, append(sinks, "compare", "--history", path, "--format", format)...)
		if code != exitFailedGate || len(out) < 100 || !strings.Contains(err, "::error title=regression") {
			t.Errorf("%s: exit %d\n%s%s", format, code, out, err)
		}
		harmless(t, format+" on stdout", out)
		harmless(t, format+" on stderr", err, "::error title=", "::warning title=")
	}
	for _, file := range []string{"junit", "gobench", "markdown", "csv", "summary.md"} {
		content, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, file, string(content))
		if html := bytes.Contains(content, []byte("<img")); html && file != "csv" && file != "gobench" {
			t.Errorf("%s holds HTML:\n%s", file, content)
		}
		if file == "junit" {
			for d := xml.NewDecoder(bytes.NewReader(content)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v:\n%s", err, content)
				}
			}
		}
	}
}

// TestRunNamesAreHarmless: the same of run.json and report.
func TestRunNamesAreHarmless(t *testing.T) {
	folder, ranged := t.TempDir(), "vendor-claims"
	if proof.Long {
		ranged = "veo31" // whose names stand in more charts
	}
	if code, _, err := call(t, "sim", ranged, "--months", "2", "--format", "json", "-o",
		filepath.Join(folder, "sim")); code != exitDone {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(folder, "sim", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var run map[string]any
	if err := json.Unmarshal(content, &run); err != nil {
		t.Fatal(err)
	}
	hurt(run)
	for _, name := range []string{"a", "b"} {
		if content, err = json.Marshal(run); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".json"), content, 0o644); err != nil {
			t.Fatal(err)
		}
		run["started"] = "2026-11-30" + hurtful
	}
	for _, runs := range [][]string{{"a.json"}, {"a.json", "b.json"}} {
		formats := []string{"text", "markdown", "json"}
		if !proof.Long { // stdout of several runs goes through the same mouths
			formats = formats[:3-len(runs)]
		}
		for _, format := range formats {
			out := filepath.Join(folder, fmt.Sprint(len(runs), format))
			args := []string{"report", "--format", format, "-o", out}
			for _, r := range runs {
				args = append(args, filepath.Join(folder, r))
			}
			code, stdout, stderr := call(t, args...)
			if code != exitDone || len(stdout) < 100 {
				t.Fatalf("%q: exit %d, %s", args, code, stderr)
			}
			harmless(t, fmt.Sprint(runs, format), stdout)
			harmless(t, fmt.Sprint(runs, format, " stderr"), stderr)
			report, err := os.ReadFile(filepath.Join(out, "report.md"))
			if err != nil {
				t.Fatal(err)
			}
			harmless(t, "report.md", string(report))
			if strings.Contains(string(report), "<img") || strings.Contains(string(report), "](http://h)") &&
				!strings.Contains(string(report), `\](http://h)`) {
				t.Errorf("report.md holds HTML or a link:\n%s", report)
			}
		}
	}
	harmless(t, "no run", func() string { _, _, err := call(t, "report", filepath.Join(folder, hurtful)); return err }())
}

// hurt adds what hurts to every text that is a name or a sentence, and to names that are keys.
func hurt(v any) any {
	switch v := v.(type) {
	case string:
		return v + hurtful
	case []any:
		for i := range v {
			v[i] = hurt(v[i])
		}
	case map[string]any:
		for key, value := range v {
			switch key {
			case "schema", "mode", "engine", "kind", "for", "confidence", "metric":
				continue
			}
			v[key] = hurt(value)
			if strings.HasPrefix(key, "reverse") || strings.HasPrefix(key, "forwarding") || strings.HasPrefix(key, "direct") ||
				strings.HasPrefix(key, "hybrid") {
				v[key+hurtful] = v[key]
				delete(v, key)
			}
		}
	}
	return v
}
