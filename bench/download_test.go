package bench

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"channelbench/bench/journal"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// storage is a host that clips come from, which is not the channel's: it refuses keys, and addresses that have expired.
type storage struct {
	*httptest.Server
	asked atomic.Int64
	keyed atomic.Bool
}

func newStorage(t *testing.T) *storage {
	s := &storage{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		switch {
		case r.Header.Get("Authorization") != "":
			s.keyed.Store(true)
			says(400, "<Error/>")(w, r)
		case strings.Contains(r.URL.RawQuery, "moved"):
			moved(307, "/else/where.mp4")(w, r)
		case strings.Contains(r.URL.RawQuery, "expired"):
			code := 403
			_, _ = fmt.Sscanf(r.URL.RawQuery, "expired=%d", &code)
			says(code, "<Error><Message>Request has expired</Message></Error>", "Content-Type", "application/xml")(w, r)
		default:
			filmed(4, "720p")(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// host is the storage's, with its port.
func (s *storage) host() string { return strings.TrimPrefix(s.URL, "http://") }

// completedAt are polls that find a job ended, and name the places of its clip in turn, the last one for good.
func completedAt(places ...string) http.HandlerFunc {
	var polls atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		n := int(polls.Add(1))
		says(200, fmt.Sprintf(`{"status":"completed","url":%q}`, places[min(n, len(places))-1]))(w, r)
	}
}

// TestAddressesOfClips: what a channel says of where its clip is may be out of date, elsewhere, or nowhere that may
// be asked.
func TestAddressesOfClips(t *testing.T) {
	store := newStorage(t)
	at := func(path string) string { return store.URL + path }
	none := says(404, `{"error":{"message":"no such file"}}`)
	rows := []address{
		{name: "good", poll: completedAt(at("/a.mp4"))},
		{name: "moved within the storage", poll: completedAt(at("/a.mp4?moved"))},
		{name: "expired with 403", poll: completedAt(at("/a.mp4?expired=403"), at("/a.mp4?fresh"))},
		{name: "expired with 410", poll: completedAt(at("/a.mp4?expired=410"), at("/a.mp4?fresh"))},
		{name: "expired with 401", poll: completedAt(at("/a.mp4?expired=401"), at("/a.mp4?fresh"))},
		{name: "expired with 404", poll: completedAt(at("/a.mp4?expired=404"), at("/a.mp4?fresh"))},
		{name: "expired, and no other is named", poll: completedAt(at("/a.mp4?expired=403"))},
		{name: "expired, and the usual place has none", poll: completedAt(at("/a.mp4?expired=403")), content: none,
			says: "could not be fetched while their orders waited"},
		{name: "the usual place redirects to the storage", content: moved(302, at("/a.mp4"))},
		{name: "the usual place redirects to what has expired at first",
			content: atFirst(2, moved(302, at("/a.mp4?expired=403")), moved(302, at("/a.mp4")))},
		{name: "the usual place has none, but a later poll names one",
			poll: inTurn(says(200, `{"status":"completed"}`), completedAt(at("/a.mp4"))), content: none},
		{name: "a port that isn't named", hosts: "localhost",
			poll: completedAt(strings.Replace(at("/a.mp4"), "127.0.0.1", "localhost", 1))},
		{name: "a port that isn't named, and nothing at the usual place", hosts: "localhost",
			poll: completedAt(strings.Replace(at("/a.mp4"), "127.0.0.1", "localhost", 1)), content: none,
			says: "from where download_hosts doesn't let it be fetched"},
		{name: "a host that isn't named", hosts: "localhost:1", poll: completedAt(at("/a.mp4"))},
	}
	for i := range rows {
		rows[i].hosts = cmp.Or(rows[i].hosts, store.host())
	}
	all(t, rows)
	if store.keyed.Load() {
		t.Error("the storage was shown the key")
	}
	if store.asked.Load() == 0 {
		t.Error("the storage was never asked")
	}
}

// inTurn gives each answer once, and the last one for good.
func inTurn(answers ...http.HandlerFunc) http.HandlerFunc {
	var asked atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(asked.Add(1)), len(answers))-1](w, r)
	}
}

// address is a live channel whose clip is somewhere.
type address struct {
	name          string
	hosts         string // download_hosts; "": the storage's
	poll, content http.HandlerFunc
	says          string // what journal and warnings say of a clip that can't be fetched; "": it is delivered
}

func (a address) title() string { return a.name }

func (a address) test(t *testing.T) {
	c := &relay{poll: a.poll, content: a.content}
	run, orders := live(t, c, a.hosts)
	if submits := c.submits.Load(); submits != 1 {
		t.Errorf("%d submits", submits)
	}
	warnings := strings.Join(run.Warnings, "\n")
	switch {
	case a.says == "" && run.Strategies[0].Delivered != 1:
		t.Errorf("not delivered: %s", warnings)
	case a.says != "" && run.Strategies[0].Delivered != 0:
		t.Errorf("delivered")
	case a.says != "" && !strings.Contains(warnings, a.says):
		t.Errorf("warned %q, want %q", warnings, a.says)
	case a.says != "" && !strings.Contains(orders, `"error":`):
		t.Errorf("the journal tells no error: %s", orders)
	}
}

// live runs one order with a deadline of four seconds on a channel that isn't a mock one, and returns its journal, too.
func live(t *testing.T, c *relay, downloadHosts string) (run *record.Run, journal string) {
	t.Helper()
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary),
		scenario.Options{Set: []string{oneOrder, `workload.deadline="4s"`, `channels.relay.poll="1s"`,
			fmt.Sprintf("channels.relay.base_url=%q", here(t, c)+"/v1"),
			fmt.Sprintf("channels.relay.download_hosts=[%q]", downloadHosts)}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	o := Options{Live: true, Key: func(string) string { return hostileKey }, Prompts: Prompts(), Cap: money.Dollar,
		Journal: path}
	if run, err = Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return run, string(text)
}

// TestFetchEndsAtTheDeadline: a fetch ends when its order's deadline comes, though the run goes on with another order.
func TestFetchEndsAtTheDeadline(t *testing.T) {
	ended := make(chan int64, 1) // how many were submitted by then
	c := &relay{}
	c.content = atFirst(1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp4")
		_, _ = w.Write([]byte(still(4, "720p")[:200]))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		ended <- c.submits.Load()
	}, filmed(4, "720p"))
	run, _ := atSpeed(t, c, `bench.rate="5/h"`) // the second order comes 720 s later, the deadline after 400 s
	if delivered := run.Strategies[0].Delivered; delivered != 1 {
		t.Errorf("%d delivered", delivered)
	}
	if n := <-ended; n != 1 {
		t.Errorf("the fetch of the first order ended after %d submits", n)
	}
}

// atSpeed runs two orders at 200 times the speed of life, and returns the path of the journal, too.
func atSpeed(t *testing.T, c *relay, set ...string) (run *record.Run, path string) {
	t.Helper()
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary), scenario.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Speed: 200, Key: func(string) string { return hostileKey }, Prompts: Prompts(), Cap: money.Dollar,
		BaseURLs: map[string]string{"relay": here(t, c) + "/v1"}, Journal: filepath.Join(t.TempDir(), "orders.jsonl")}
	if run, err = Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	return run, o.Journal
}

// TestTheFolderIsHeldUntilTheRunIsOnRecord: nobody goes on with a run whose record isn't written yet.
func TestTheFolderIsHeldUntilTheRunIsOnRecord(t *testing.T) {
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Speed: 200, Key: func(string) string { return hostileKey }, Prompts: Prompts(), Cap: money.Dollar,
		BaseURLs: map[string]string{"relay": here(t, &relay{}) + "/v1"}, Journal: filepath.Join(t.TempDir(), "orders.jsonl")}
	left := false
	o.Leave = func(*record.Run, error) {
		left = true
		again := o
		again.Leave, again.Resume = nil, true
		if _, err := Run(t.Context(), s, again); !errors.Is(err, journal.ErrLocked) {
			t.Errorf("another run goes on with it: %v", err)
		}
	}
	if _, err := Run(t.Context(), s, o); err != nil || !left {
		t.Errorf("%v, left: %v", err, left)
	}
}

// TestFetchEndsWithItsOrder: a fetch that still goes on at the deadline of its order ends there, and leaves nothing
// behind.
func TestFetchEndsWithItsOrder(t *testing.T) {
	var begun, ended sync.WaitGroup
	begun.Add(2)
	ended.Add(2)
	c := &relay{content: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp4")
		_, _ = w.Write([]byte(still(4, "720p")[:200]))
		_ = http.NewResponseController(w).Flush()
		begun.Done()
		<-r.Context().Done()
		ended.Done()
	}}
	s, _, err := scenario.Load("ordinary.toml", []byte(ordinary), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Speed: 200, Key: func(string) string { return hostileKey }, Prompts: Prompts(), Cap: money.Dollar,
		BaseURLs: map[string]string{"relay": here(t, c) + "/v1"}, Clips: t.TempDir(), Keep: 3}
	began := time.Now()
	run, err := Run(t.Context(), s, o)
	if err != nil || run.Strategies[0].Delivered != 0 {
		t.Errorf("%d delivered, %v", run.Strategies[0].Delivered, err)
	}
	if warned := strings.Join(run.Warnings, "\n"); !strings.Contains(warned,
		"2 clips of relay were made and could not be fetched while their orders waited; last: its fetch was still under way") {
		t.Errorf("warned %q", warned)
	}
	begun.Wait()
	ended.Wait() // the channel sees it, too
	if took := time.Since(began); took > longest {
		t.Errorf("it took %v", took)
	}
	if left, err := filepath.Glob(filepath.Join(o.Clips, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
