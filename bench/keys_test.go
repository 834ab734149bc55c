package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"channelbench/bench/dialect"
	"channelbench/bench/journal"
	"channelbench/bench/mockchannel"
	"channelbench/internal/scenario"
)

// threeKeys are the keys of the channel reverse; forwarding has one.
var threeKeys = map[string]string{"FIRST": "key-the-first", "SECOND": "key-the-second", "THIRD": "key-the-third",
	"ONLY": "key-the-only"}

// doorman sees with which key jobs are ordered and asked for.
type doorman struct {
	next http.RoundTripper

	mu     sync.Mutex
	orders map[string]int    // of the channel reverse, by key
	owner  map[string]string // the key that ordered, by job
	asked  map[string]map[string]bool
}

var jobInPath = regexp.MustCompile(`/reverse/v1/videos/([^/]+)`)

func (d *doorman) RoundTrip(r *http.Request) (*http.Response, error) {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	job := jobInPath.FindStringSubmatch(r.URL.Path)
	response, err := d.next.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/reverse/") {
		return response, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if job != nil {
		if d.asked[job[1]] == nil {
			d.asked[job[1]] = map[string]bool{}
		}
		d.asked[job[1]][key] = true
		return response, nil
	}
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	var made struct{ ID string }
	if json.Unmarshal(body, &made) == nil && made.ID != "" {
		d.owner[made.ID] = key
	}
	d.orders[key]++
	return response, err
}

// guarded is a run on mock channels, past a doorman.
func guarded(t *testing.T, orders int) (*scenario.Scenario, Options, *doorman) {
	t.Helper()
	s := benchable(t, "starter", orders, `bench.run=["reverse"]`, `bench.rate="60/min"`, `bench.stop="none"`,
		"channels.reverse.errors.job.rate=20%")
	for i := range s.Channels {
		s.Channels[i].KeysEnv = []string{"ONLY"}
		if s.Channels[i].Name == "reverse" {
			s.Channels[i].KeysEnv = []string{"FIRST", "SECOND", "THIRD"}
		}
	}
	o, _ := onMock(t, s, mockchannel.Options{})
	d := &doorman{next: o.transport, orders: map[string]int{}, owner: map[string]string{},
		asked: map[string]map[string]bool{}}
	o.transport, o.Key = d, func(env string) string { return threeKeys[env] }
	o.Journal = filepath.Join(t.TempDir(), "orders.jsonl")
	return s, o, d
}

// TestKeysTakeTurns: orders go by turns with each key of a channel, and who ordered a job asks for it and its clip.
func TestKeysTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o, d := guarded(t, 30)
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		for _, env := range []string{"FIRST", "SECOND", "THIRD"} {
			if d.orders[threeKeys[env]] < 10 {
				t.Errorf("%d submits with the key of %s: %v", d.orders[threeKeys[env]], env, d.orders)
			}
		}
		if len(d.orders) != 3 || len(d.owner) < 30 {
			t.Errorf("%d keys, %d jobs", len(d.orders), len(d.owner))
		}
		for job, keys := range d.asked {
			if who := slices.Collect(maps.Keys(keys)); len(who) != 1 || who[0] != d.owner[job] {
				t.Errorf("job %s of %q is asked for with %q", job, d.owner[job], who)
			}
		}
		text, err := os.ReadFile(o.Journal)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "key-the-") {
			t.Error("a key stands in the journal")
		}
		for _, e := range entries(t, o.Journal) {
			if i, is := e.(journal.Intent); is && i.KeyIndex != i.Order%3 {
				t.Errorf("order %d is bought with key %d", i.Order, i.KeyIndex)
			}
		}
	})
}

// TestWhoOrderedAsksAfterACrash: a job that an earlier run left is asked for with the key that ordered it.
func TestWhoOrderedAsksAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o, _ := guarded(t, 6)
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(o.Journal)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(text), "\n")
		key, job := 0, ""
		for i, e := range entries(t, o.Journal) {
			if begun, is := e.(journal.Intent); is {
				key = begun.KeyIndex
			}
			if taken, is := e.(journal.Accepted); is && key == 2 {
				job = taken.ID
				lines = lines[:i+1]
				break
			}
		}
		s, o, d := guarded(t, 6)
		if err := os.WriteFile(o.Journal, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Resume = true
		if _, err := Run(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		if who := slices.Collect(maps.Keys(d.asked[job])); !slices.Equal(who, []string{threeKeys["THIRD"]}) {
			t.Errorf("job %q is asked for with %q", job, who)
		}
	})
}

// TestBadKeysAreNamed: of several keys, and of a secret, the one that can't be one.
func TestBadKeysAreNamed(t *testing.T) {
	for env, change := range map[string]func(*Options, *scenario.Scenario){
		"SECOND": func(o *Options, _ *scenario.Scenario) {
			o.Key = func(env string) string { return map[bool]string{true: "", false: "key-for-all"}[env == "SECOND"] }
		},
		"SECRET": func(_ *Options, s *scenario.Scenario) {
			for i := range s.Channels {
				s.Channels[i].SecretEnv = "SECRET"
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, o, d := guarded(t, 3)
			change(&o, s)
			_, err := Run(t.Context(), s, o)
			if err == nil || !strings.Contains(err.Error(), "variable "+env+" holds no key") || len(d.orders) > 0 {
				t.Errorf("%s: %v, %d submits", env, err, len(d.orders))
			}
		})
	}
	e := &endpoint{channel: &benchable(t, "starter", 1).Channels[0].Channel}
	e.channel.KeysEnv = []string{"FIRST", "SECOND"}
	if f := e.answered(1, &dialect.Answer{Fault: dialect.BadKey}); !strings.Contains(f.Mend, "accepts into SECOND") {
		t.Error(f.Mend)
	}
}

// listener hears what is submitted to the channel reverse.
type listener struct {
	next   http.RoundTripper
	bodies []string
	named  bool // every request bears the header
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/reverse/") {
		l.named = l.named && r.Header.Get("X-Priority") == "low"
		if r.Method == http.MethodPost {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			l.bodies = append(l.bodies, string(body))
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	return l.next.RoundTrip(r)
}

// TestFormsReachTheChannel: what a scenario says of how orders are written is how they are.
func TestFormsReachTheChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 2, `bench.run=["reverse"]`, `channels.reverse.protocol="xai-videos"`,
			`channels.reverse.duration_as="8s"`, `channels.reverse.send=[]`,
			`channels.reverse.fields={style="noir",deep=[1,2.5]}`,
			`channels.reverse.headers={x-priority="low"}`)
		o, _ := onMock(t, s, mockchannel.Options{})
		l := &listener{next: o.transport, named: true}
		o.transport = l
		_, _ = Run(t.Context(), s, o) // whatever the mock channel thinks of it
		if len(l.bodies) == 0 || !l.named {
			t.Fatalf("%d orders, with the header: %v", len(l.bodies), l.named)
		}
		for _, body := range l.bodies {
			if !strings.Contains(body, `"style":"noir"`) || !strings.Contains(body, `"deep":[1,2.5]`) ||
				strings.Contains(body, "resolution") || !regexp.MustCompile(`"duration":"[0-9]+s"`).MatchString(body) {
				t.Errorf("an order is %s", body)
			}
		}
	})
	s := benchable(t, "starter", 2, `channels.reverse.hold=true`)
	o, _ := onMock(t, s, mockchannel.Options{})
	if _, err := Run(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), "leave hold out") {
		t.Errorf("held by a protocol that can't: %v", err)
	}
}
