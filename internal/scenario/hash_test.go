package scenario

import (
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/scenario/document"
)

func TestSHA256(t *testing.T) {
	seen := map[string]string{}
	for name, s := range map[string]*Scenario{
		"small":            good(t, "small"),
		"other source":     mustLoad(t, string(good(t, "small").Source)+"\n"),
		"override":         good(t, "small", "seed=1"),
		"two overrides":    good(t, "small", "seed=1", "title=x"),
		"another override": good(t, "small", "seed=2"),
		"file":             good(t, "latencies"),
	} {
		hash := s.SHA256()
		if other, taken := seen[hash]; taken || len(hash) != 64 {
			t.Errorf("%s and %s have the hash %s", name, other, hash)
		}
		seen[hash] = name
	}
	if again := good(t, "small"); seen[again.SHA256()] != "small" {
		t.Error("the same source has two hashes")
	}
	// Where one override ends and the next begins makes a difference.
	if (&Scenario{Set: []string{"ab", "c"}}).SHA256() == (&Scenario{Set: []string{"a", "bc"}}).SHA256() {
		t.Error("overrides run into each other")
	}
	// Another file under the same name is another scenario.
	source := good(t, "latencies").Source
	s, _, err := Load("x.toml", source, Options{ReadFile: func(string) ([]byte, error) { return []byte("1\n2\n"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	if seen[s.SHA256()] != "" {
		t.Error("the values of a file make no difference")
	}
}

// What is bought decides, not how it is written or what is believed about it.
func TestPurchaseSHA256(t *testing.T) {
	source := string(good(t, "small").Source)
	base := mustLoad(t, source).PurchaseSHA256()
	third := "\n[channels.third]\nkind = \"direct\"\nprice = { per_call = \"$1\" }\nlatency = { base = \"1m\", sigma = 0.5 }\n"
	for name, same := range map[string]*Scenario{
		"comment":     mustLoad(t, "# hi\n"+source),
		"seed, title": mustLoad(t, source, "seed=5", "title=x"),
		"rate": mustLoad(t, source, "channels.reverse.errors.region.rate=2.5%",
			"channels.reverse.errors.job.rate=1%"),
		"latency": mustLoad(t, source, "channels.reverse.latency.sigma=0.9"),
		"poll, kind, terms": mustLoad(t, source, "channels.reverse.poll=5s", "channels.reverse.kind=direct",
			"channels.reverse.terms=x"),
		"date of a price": mustLoad(t, source, "channels.forwarding.price.as_of=2026-01-01",
			"channels.forwarding.price.source=x", "channels.forwarding.price.confidence=vendor"),
		"costs, decision": mustLoad(t, source, "costs.late=$3", "decision.tolerance=2%", "bench.orders=7"),
		"balance, proxy": mustLoad(t, source, "channels.reverse.balance_url=https://api.example.com/balance",
			"channels.reverse.balance_key_env=OTHER_KEY", "bench.proxy_env=HTTPS_PROXY"),
		"defaults written out": mustLoad(t, string(Resolved(mustLoad(t, source)))),
		"same retry in a step": mustLoad(t, source,
			`strategies.hybrid.steps.0.retry_on=["region", "submit", "rate_limited", "job", "unusable"]`),
	} {
		if same.PurchaseSHA256() != base {
			t.Errorf("%s: it buys something else", name)
		}
	}
	seen := map[string]string{base: "base"}
	for name, other := range map[string]*Scenario{
		"orders":     mustLoad(t, source, "workload.orders_per_month=20_001"),
		"audio":      mustLoad(t, source, "workload.videos.0.audio=true"),
		"no audio":   mustLoad(t, source, "workload.videos.0.audio=false"),
		"a formula":  mustLoad(t, source, `channels.forwarding.price={ per_unit = { unit = "s", price = "$0.10", quantity = "seconds" } }`),
		"a unit":     mustLoad(t, source, `channels.forwarding.price={ per_unit = { unit = "s", price = "$10", per = 100, quantity = "seconds" } }`),
		"a pack":     mustLoad(t, source, `channels.forwarding.price={ per_unit = { unit = "s", prepaid = { pays = "$10", units = 100 }, quantity = "seconds" } }`),
		"an expiry":  mustLoad(t, source, `channels.forwarding.price={ per_unit = { unit = "s", prepaid = { pays = "$10", units = 100, expires = "9d" }, quantity = "seconds" } }`),
		"a currency": mustLoad(t, source, `fx={ CNY = "$0.1" }`, `channels.forwarding.price={ per_second = "CNY 1" }`),
		"promise":    mustLoad(t, source, "workload.promise=5m"),
		"clip":       mustLoad(t, source, "workload.videos.short.seconds=9"),
		"fit":        mustLoad(t, source, "workload.videos.short.fit=longer"),
		"price":      mustLoad(t, source, "channels.reverse.price.per_call=$0.13"),
		"discount":   mustLoad(t, source, "channels.reverse.price.discount=1%"),
		"billed":     mustLoad(t, source, "channels.reverse.price.billed=on_accept"),
		"model":      mustLoad(t, source, "channels.reverse.model=x"),
		"protocol":   mustLoad(t, source, "channels.reverse.protocol=openai-videos"),
		"makes":      mustLoad(t, source, "channels.reverse.makes.seconds=[8]"),
		"attempts":   mustLoad(t, source, "strategies.hybrid.steps.0.attempts=2"),
		"backoff":    mustLoad(t, source, "retry.backoff.base=3s"),
		"retry":      mustLoad(t, source, "retry.retry_on=[]"),
		"ambiguous":  mustLoad(t, source, "retry.on_ambiguous=next_step"),
		"timeout":    mustLoad(t, source, "strategies.hybrid.steps.0.timeout=5m"),
		"breaker":    mustLoad(t, source, "retry.breaker={}"),
		"open":       mustLoad(t, source, "retry.breaker.open=31s"),
		"budget":     mustLoad(t, source, "strategies.hybrid.steps.0.budget={}"),
		"hedge":      mustLoad(t, source, `strategies.hybrid.steps.0.hedge={ after = "90s", channel = "forwarding" }`),
		"new":        mustLoad(t, source+third),
		"strategies": mustLoad(t, source, `strategies.alone.steps=[{ channel = "reverse" }]`),
	} {
		hash := other.PurchaseSHA256()
		if seen[hash] != "" {
			t.Errorf("%s buys the same as %s", name, seen[hash])
		}
		seen[hash] = name
	}
	// The order of channels and strategies makes none.
	strategies := "\n[strategies.a]\nsteps = [{ channel = \"third\" }]\n"
	after, before := mustLoad(t, source+third+strategies), mustLoad(t, third+strategies+source)
	if after.PurchaseSHA256() != before.PurchaseSHA256() || after.Channels[0].Name == before.Channels[0].Name {
		t.Error("the order of channels and strategies makes a difference")
	}
}

func TestManyProblems(t *testing.T) {
	for n, want := range map[int]string{1: "p: x", 20: "p: x", 21: "and 1 more problem", 22: "and 2 more problems"} {
		text := document.Problems(slices.Repeat([]document.Problem{{File: "p", Text: "x"}}, n)).Error()
		if lines := strings.Split(text, "\n"); len(lines) != min(n, 21) || lines[len(lines)-1] != want {
			t.Errorf("%d problems: %q", n, text)
		}
	}
}

func TestProblemsAreAnError(t *testing.T) {
	_, _, err := Load("x.toml", []byte("seed = true"), Options{})
	var problems document.Problems
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Fatalf("%v", err)
	}
	p := problems[0]
	if p.File != "x.toml" || p.Line != 1 || p.Column != 1 || p.Warning {
		t.Errorf("%+v", p)
	}
	if p := problems[3]; p.Column != 8 || p.Length != 4 || p.Excerpt != "seed = true" || p.Caret != "       ^^^^" ||
		p.Hint == "" {
		t.Errorf("%+v", p)
	}
}

// What histories have recorded of a purchase stays its hash.
func TestPurchaseSHA256IsKept(t *testing.T) {
	for name, want := range map[string]string{
		"small":  "8dafd2064fc8bccec5487b37e05692334c6272ee61bb4eba9be98b0a481d367b",
		"prices": "805ad60d27473828d32d63dc38152688d243d8a7cd51790bc76d8bbcc4b2dc6a",
	} {
		if got := good(t, name).PurchaseSHA256(); got != want {
			t.Errorf("%s: the hash is %s; it was %s", name, got, want)
		}
	}
}

// TestEveryFieldOfAStepIsHashed: a feature that is forgotten there would make two purchases look alike.
func TestEveryFieldOfAStepIsHashed(t *testing.T) {
	hashed := reflect.TypeFor[boughtStep]()
	for field := range fieldsOf(reflect.TypeFor[Step]()) {
		if _, is := hashed.FieldByName(field); !is {
			t.Errorf("%s of a step is no part of what is bought", field)
		}
	}
	aside := []string{"AsOf", "Source", "Unit", "Currency", "Scale"} // words, and what draws move
	price := reflect.TypeFor[boughtPrice]()
	for field := range fieldsOf(reflect.TypeFor[channel.Price]()) {
		if _, is := price.FieldByName(field); !is && !slices.Contains(aside, field) {
			t.Errorf("%s of a price is no part of what is bought", field)
		}
	}
}

func fieldsOf(of reflect.Type) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range of.NumField() {
			if !yield(of.Field(i).Name) {
				return
			}
		}
	}
}
