// Package clients holds our mock channels against the vendors' own clients, and our client half against a mock server
// that somebody else wrote. It has tests only. Those that need Node run where CHANNELBENCH_CLIENTS names a folder in
// which the packages of node/package.json are installed, outside this tree: .ci/run says how.
package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"channelbench/bench"
	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// vendor is a client that a vendor publishes for Node, and what it orders.
type vendor struct {
	client, npm, protocol, model string

	title string // for its version
}

// vendors are the clients of node/order.mjs.
var vendors = []vendor{
	{"openai", "openai", channel.Protocols[0], "sora-2", "openai %s, Node"},
	{"fal", "@fal-ai/client", channel.Fal, "fal-ai/veo3.1/fast", "@fal-ai/client %s"},
	{"bytedance", "@ai-sdk/bytedance", channel.Ark, "seedance-1-5-pro-251215", "@ai-sdk/bytedance %s, doGenerate"},
	{"genai interactions", "@google/genai", channel.Gemini, "gemini-omni-1.1-flash", "@google/genai %s, Interactions"},
	{"genai operations", "@google/genai", channel.GeminiOps, "veo-3.1-generate-preview", "@google/genai %s, Veo"},
	{"replicate", "replicate", channel.Replicate, "kwaivgi/kling-v3", "replicate %s"},
	{"runway", "@runwayml/sdk", channel.Runway, "veo3.1", "@runwayml/sdk %s"},
}

// errand is an order for node/order.mjs.
type errand struct {
	Client string `json:"client"`
	Base   string `json:"base"`
	Model  string `json:"model"`
}

// received is what a client's user gets of an order: a clip, or an error.
type received struct {
	Clip  []byte `json:"clip"`
	Error *struct {
		Name    string `json:"name"`
		Status  int    `json:"status"`
		Message string `json:"message"`
		Body    string `json:"body"`
	} `json:"error"`
}

// installed is a folder with the scripts of node, from which they find the packages that are installed elsewhere.
func installed(t *testing.T) string {
	t.Helper()
	packages := os.Getenv("CHANNELBENCH_CLIENTS")
	if packages == "" {
		t.Skip("CHANNELBENCH_CLIENTS names no folder with the packages of node/package.json")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// orders lets Node's clients order.
func orders(t *testing.T, errands []errand) []received {
	t.Helper()
	folder := installed(t)
	list, err := json.Marshal(errands)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "order.mjs")
	node.Dir, node.Stdin, node.Env = folder, bytes.NewReader(list), append(os.Environ(), "TMPDIR="+folder)
	var complaints bytes.Buffer
	node.Stderr = &complaints
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.Bytes())
	}
	var all []received
	if err := json.Unmarshal(out, &all); err != nil || len(all) != len(errands) {
		t.Fatalf("%d answers to %d orders, %v", len(all), len(errands), err)
	}
	return all
}

// street is where mock halves are served, each at an address of its own.
type street struct {
	*httptest.Server
	mux    *http.ServeMux
	houses int
}

func newStreet(t *testing.T) *street {
	s := &street{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(s.mux)
	t.Cleanup(s.Close)
	return s
}

// house serves a Seller in a protocol, and returns the address below which a client puts the protocol's own path. A
// status replaces that of refused orders, unless it is 0.
func (s *street) house(t *testing.T, protocol string, seller dialect.Seller, status int) string {
	t.Helper()
	d, known := dialect.ByName(protocol)
	if !known {
		t.Fatalf("there is no protocol %q", protocol)
	}
	s.houses++
	prefix := fmt.Sprintf("/%d", s.houses)
	inside := http.NewServeMux()
	d.Routes(inside, strings.TrimSuffix(prefix+"/"+d.Base(), "/"), seller)
	s.mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		if status != 0 && r.Method == http.MethodPost {
			w = &restated{w, status}
		}
		inside.ServeHTTP(w, r)
	})
	return s.URL + prefix
}

// restated answers with another status.
type restated struct {
	http.ResponseWriter
	status int
}

func (w *restated) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// closed is a Seller that reads orders, counts them, and sells nothing.
type closed struct {
	refusal dialect.Refusal

	mu     sync.Mutex
	orders int
}

func (c *closed) Submit(context.Context, dialect.Purchase) (dialect.Sale, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orders++
	return dialect.Sale{}, &c.refusal
}

// sum is how many orders came.
func (c *closed) sum() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.orders
}

func (*closed) Status(context.Context, string) (dialect.Sale, error) { return gone() }
func (*closed) Wait(context.Context, string) (dialect.Sale, error)   { return gone() }
func (*closed) Find(context.Context, string) (dialect.Sale, error)   { return gone() }
func (*closed) Content(context.Context, string) ([]byte, error) {
	return nil, &dialect.Refusal{Gone: true}
}
func (*closed) Trap(string) bool { return false }

func gone() (dialect.Sale, error) { return dialect.Sale{}, &dialect.Refusal{Gone: true} }

// benched benches one order, at a strategy's usual attempts and a thousand times as fast as life.
func benched(t *testing.T, protocol, model, base, prompt string, set ...string) record.Strategy {
	t.Helper()
	const text = `
[workload]
orders_per_month = 1000
deadline = "2h"
videos = [{ name = "clip", share = "100%%", seconds = 8, resolution = "720p" }]
[channels.vendor]
kind = "direct"
protocol = %q
model = %q
base_url = "https://vendor.example/"
key_env = "VENDOR_KEY"
price = { per_second = "$0.10" }
latency = { shape = "constant", base = "30s" }
[strategies.vendor]
steps = [{ channel = "vendor" }]
[bench]
orders = 1
`
	s, _, err := scenario.Load("vendor.toml", fmt.Appendf(nil, text, protocol, model), scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	run, err := bench.Run(t.Context(), s, bench.Options{
		BaseURLs: map[string]string{"vendor": base}, Speed: 1000, Cap: 20 * money.Dollar,
		Key: func(string) string { return "key-of-the-test" }, Prompts: []string{prompt},
	})
	if err != nil {
		t.Fatal(err)
	}
	return run.Strategies[0]
}
