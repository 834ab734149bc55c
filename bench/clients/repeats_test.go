//lint:file-ignore SA1019 OpenAI's client marks its videos as deprecated; the protocol has outlived them

package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/volcengine/volcengine-go-sdk/service/arkruntime"
	"github.com/volcengine/volcengine-go-sdk/service/arkruntime/model"
	"google.golang.org/genai"
	"google.golang.org/genai/interactions/models/interactions"
	"google.golang.org/genai/interactions/models/operations"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
)

var update = flag.Bool("update", false, "write the README's table from what is measured now; read the diff")

// readme shows the table between these lines.
const (
	readme = "../../README.md"
	begins = "<!-- repeats: begin (written by `go test ./bench/clients -update`) -->\n"
	ends   = "<!-- repeats: end -->\n"
)

// failures are what an order meets: a refusal in the vendor's own words with a status, or what leaves open whether it
// was taken.
var failures = []struct {
	title   string
	refusal dialect.Refusal
	status  int // 0: the dialect's own
}{
	{"500", dialect.Refusal{Reason: channel.Submit}, 500},
	{"503", dialect.Refusal{Reason: channel.Submit}, 503},
	{"429", dialect.Refusal{Reason: channel.RateLimited}, 0},
	{"502 page", dialect.Refusal{Reason: channel.Lost, Loss: dialect.ByGateway}, 0},
	{"cut", dialect.Refusal{Reason: channel.Lost, Loss: dialect.ByCut}, 0},
}

// goClients are clients for Go, in their default settings.
var goClients = []struct {
	title, module, protocol string
	order                   func(ctx context.Context, base string) error
}{
	{"openai-go %s", "github.com/openai/openai-go/v3", channel.Protocols[0], orderVideo},
	{"google.golang.org/genai %s, Interactions", "google.golang.org/genai", channel.Gemini, orderInteraction},
	{"google.golang.org/genai %s, Veo", "google.golang.org/genai", channel.GeminiOps, orderOperation},
	{"volcengine-go-sdk %s", "github.com/volcengine/volcengine-go-sdk", channel.Ark, orderTask},
}

func orderVideo(ctx context.Context, base string) error {
	client := openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey("key-of-the-test"))
	_, err := client.Videos.New(ctx, openai.VideoNewParams{Prompt: "a cat", Model: "sora-2"})
	return err
}

func orderInteraction(ctx context.Context, base string) error {
	client, err := googleClient(ctx, base)
	if err != nil {
		return err
	}
	format := interactions.NewCreateModelInteractionResponseFormat(
		interactions.NewResponseFormat(interactions.VideoResponseFormat{Duration: genai.Ptr("8s")}))
	_, err = client.Interactions.Create(ctx, operations.CreateInteractionRequest{
		Body: operations.NewCreateInteractionRequestBody(interactions.CreateModelInteraction{
			Model: "gemini-omni-1.1-flash", Input: genai.Ptr(interactions.NewInteractionsInput("a cat")),
			Background: genai.Ptr(true), ResponseFormat: &format})})
	return err
}

func orderOperation(ctx context.Context, base string) error {
	client, err := googleClient(ctx, base)
	if err != nil {
		return err
	}
	_, err = client.Models.GenerateVideosFromSource(ctx, "veo-3.1-generate-preview",
		&genai.GenerateVideosSource{Prompt: "a cat"}, &genai.GenerateVideosConfig{DurationSeconds: genai.Ptr(int32(8))})
	return err
}

// oneArk is held while a client of Ark's is made: making several at once is a race in its package.
var oneArk sync.Mutex

func orderTask(ctx context.Context, base string) error {
	oneArk.Lock()
	client := arkruntime.NewClientWithApiKey("key-of-the-test", arkruntime.WithBaseUrl(base+"/api/v3"))
	oneArk.Unlock()
	_, err := client.CreateContentGenerationTask(ctx, model.CreateContentGenerationTaskRequest{
		Model: "doubao-seedance-1-0-pro", Content: []*model.CreateContentGenerationContentItem{{
			Type: model.ContentGenerationContentItemTypeText, Text: genai.Ptr("a cat --duration 8")}}})
	return err
}

func googleClient(ctx context.Context, base string) (*genai.Client, error) {
	return genai.NewClient(ctx, &genai.ClientConfig{APIKey: "key-of-the-test", Backend: genai.BackendGeminiAPI,
		HTTPOptions: genai.HTTPOptions{BaseURL: base}})
}

// doors are closed channels of a protocol, one for each failure.
func doors(t *testing.T, here *street, protocol string) (all []*closed, bases []string) {
	for _, f := range failures {
		c := &closed{refusal: f.refusal}
		all, bases = append(all, c), append(bases, here.house(t, protocol, c, f.status))
	}
	return all, bases
}

// line is a line of the table: a client, and the channels that one order of its was sent to.
type line struct {
	client string
	doors  []*closed
}

// TestRepeats counts how often each client sends one order that fails, in its default settings, and holds the README's
// table to it. Without Node it does so for the clients for Go and for ours.
func TestRepeats(t *testing.T) {
	t.Parallel()
	here := newStreet(t)
	goLines := goRepeats(t, here)
	ours := ourRepeats(t, here)
	want := inReadme(t)
	if os.Getenv("CHANNELBENCH_CLIENTS") == "" {
		for _, l := range append(goLines, ours) {
			if row := l.row(); !strings.Contains(want, row) {
				t.Errorf("the README doesn't have %s", row)
			}
		}
		return
	}
	table := head()
	for _, l := range slices.Concat(nodeRepeats(t, here), goLines, []line{ours}) {
		table += l.row()
	}
	switch {
	case *update:
		rewrite(t, table)
	case want != table:
		t.Errorf("the README has\n%s\nand measured is\n%s", want, table)
	}
}

// nodeRepeats lets the clients for Node order.
func nodeRepeats(t *testing.T, here *street) (lines []line) {
	var errands []errand
	for _, v := range vendors {
		all, bases := doors(t, here, v.protocol)
		for _, base := range bases {
			errands = append(errands, errand{v.client, base, v.model})
		}
		lines = append(lines, line{fmt.Sprintf(v.title, inPackage(t, v.npm)), all})
	}
	for i, got := range orders(t, errands) {
		if got.Error == nil {
			t.Errorf("%s at %s: no error", errands[i].Client, failures[i%len(failures)].title)
		}
	}
	return lines
}

// goRepeats lets the clients for Go order.
func goRepeats(t *testing.T, here *street) (lines []line) {
	var wait sync.WaitGroup
	for _, g := range goClients {
		all, bases := doors(t, here, g.protocol)
		for i, base := range bases {
			wait.Go(func() {
				if g.order(t.Context(), base) == nil {
					t.Errorf("%s at %s: no error", g.title, failures[i].title)
				}
			})
		}
		lines = append(lines, line{fmt.Sprintf(g.title, inGoMod(t, g.module)), all})
	}
	wait.Wait()
	return lines
}

// ourRepeats benches one order of each protocol, at a strategy's usual attempts; all do as the first.
func ourRepeats(t *testing.T, here *street) line {
	var ours []line
	for _, v := range vendors {
		all, bases := doors(t, here, v.protocol)
		for i, base := range bases {
			d, _ := dialect.ByName(v.protocol)
			base = strings.TrimSuffix(base+"/"+d.Base(), "/")
			if got := benched(t, v.protocol, v.model, base, "a cat"); got.Delivered != 0 {
				t.Errorf("%s at %s: %d delivered", v.protocol, failures[i].title, got.Delivered)
			}
		}
		ours = append(ours, line{"`channelbench bench`, of any of these protocols", all})
	}
	for i, l := range ours {
		if l.row() != ours[0].row() {
			t.Errorf("%s is sent another number of times: %s", vendors[i].protocol, l.row())
		}
	}
	return ours[0]
}

func head() string {
	names, rule := "| client, in its default settings |", "| --- |"
	for _, f := range failures {
		names, rule = names+" "+f.title+" |", rule+" --- |"
	}
	return names + "\n" + rule + "\n"
}

func (l line) row() string {
	row := "| " + l.client + " |"
	for _, door := range l.doors {
		row += fmt.Sprintf(" %d |", door.sum())
	}
	return row + "\n"
}

// inReadme is the table that the README has.
func inReadme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(text), begins)
	table, _, ended := strings.Cut(rest, ends)
	if !begun || !ended {
		t.Fatal("the README has no place for the table")
	}
	return table
}

// rewrite puts another table into the README.
func rewrite(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(begins+inReadme(t)), []byte(begins+table), 1)
	if err := os.WriteFile(readme, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// inPackage is the version of a package that node/package.json asks for.
func inPackage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("node/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var asked struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &asked); err != nil || asked.Dependencies[name] == "" {
		t.Fatalf("package.json has no %s: %v", name, err)
	}
	return asked.Dependencies[name]
}

// inGoMod is the version of a module that the tests run with.
func inGoMod(t *testing.T, module string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`\t` + regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("go.mod has no %s", module)
	}
	return string(m[1])
}
