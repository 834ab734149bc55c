package dialect

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/bench/film"
	"channelbench/internal/channel"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff")

var (
	created = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	order   = Order{Clip: channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"},
		Prompt: "a cat, \"quoted\"\r\n--and more"}
)

// imitators are the dialects of OpenAI's family, which read each other's answers, since relays pass on what they hear.
var imitators = []Dialect{openAI{}, reverse{}, generations{}}

// script is a Seller that follows one: each question is answered by the next sale, the last one again and again.
type script struct {
	refuse  error // of the submit
	sales   []Sale
	content error // in place of the clip
	film    []byte
	traps   []string

	bought []Purchase
	asked  int
}

func (s *script) Submit(_ context.Context, p Purchase) (Sale, error) {
	s.bought = append(s.bought, p)
	if s.refuse != nil {
		return Sale{}, s.refuse
	}
	return s.next(), nil
}

func (s *script) next() Sale {
	sale := s.sales[min(s.asked, len(s.sales)-1)]
	s.asked++
	p := s.bought[len(s.bought)-1]
	sale.ID, sale.Model, sale.Prompt, sale.Clip, sale.Created = "video_1", p.Model, p.Prompt, p.Clip, created
	return sale
}

func (s *script) Status(_ context.Context, id string) (Sale, error) {
	if id != "video_1" || len(s.bought) == 0 {
		return Sale{}, &Refusal{Gone: true}
	}
	return s.next(), nil
}

func (s *script) Wait(ctx context.Context, id string) (Sale, error) {
	for {
		if sale, err := s.Status(ctx, id); err != nil || sale.State != InProgress {
			return sale, err
		}
	}
}

func (s *script) Find(ctx context.Context, token string) (Sale, error) {
	if len(s.bought) == 0 || token == "" || s.bought[len(s.bought)-1].Token != token {
		return Sale{}, &Refusal{Gone: true}
	}
	return s.Status(ctx, "video_1")
}

func (s *script) Trap(name string) bool { return slices.Contains(s.traps, name) }

func (s *script) Content(_ context.Context, id string) ([]byte, error) {
	if s.content != nil {
		return nil, s.content
	}
	if s.film != nil {
		return s.film, nil
	}
	return film.Still(s.bought[0].Clip)
}

// wire is a RoundTripper that calls a handler and records what passes.
type wire struct {
	handler http.Handler
	log     bytes.Buffer
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.request(r)
	in := r.Clone(r.Context())
	in.RequestURI, in.Host, in.URL.Scheme, in.URL.Host = r.URL.RequestURI(), r.URL.Host, "", ""
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{}
	}
	answer, cut := httptest.NewRecorder(), false
	func() {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				cut = true
			default:
				panic(p)
			}
		}()
		w.handler.ServeHTTP(answer, in)
	}()
	w.answer(answer, cut)
	if cut && answer.Body.Len() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return answer.Result(), nil
}

func (w *wire) request(r *http.Request) {
	fmt.Fprintf(&w.log, "> %s %s\n", r.Method, r.URL)
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Prefer", "X-Goog-Api-Key"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&w.log, "> %s: %s\n", name, v)
		}
	}
	if r.Body == nil {
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	fmt.Fprintf(&w.log, ">\n%s\n", lines("> ", body))
}

func (w *wire) answer(r *httptest.ResponseRecorder, cut bool) {
	if cut && r.Body.Len() == 0 {
		w.log.WriteString("(the connection closes)\n")
		return
	}
	fmt.Fprintf(&w.log, "< %d\n", r.Code)
	for _, name := range []string{"Content-Type", "Openai-Poll-After-Ms", "Retry-After", "Retry-After-Ms",
		"X-Fal-Billable-Units"} {
		if v := r.Header().Get(name); v != "" {
			fmt.Fprintf(&w.log, "< %s: %s\n", name, v)
		}
	}
	body := r.Body.Bytes()
	if r.Header().Get("Content-Type") == "video/mp4" {
		body = fmt.Appendf(nil, "%d bytes", len(body))
	}
	fmt.Fprintf(&w.log, "<\n%s\n", lines("< ", body))
	if cut {
		w.log.WriteString("(the connection closes)\n")
	}
	w.log.WriteByte('\n')
}

func lines(mark string, body []byte) string {
	text := strings.ReplaceAll(strings.TrimRight(string(body), "\r\n"), "\r\n", "\n")
	text = mark + strings.ReplaceAll(text, "\n", "\n"+mark)
	return strings.TrimRight(strings.ReplaceAll(text, mark+"\n", strings.TrimSpace(mark)+"\n"), " ")
}

// orderFor is an order that a dialect has words for.
func orderFor(d Dialect) Order {
	o := order
	if d == minimaxV2 {
		o.Clip.Resolution = "768p"
	}
	return o
}

// played is what an order led to.
type played struct {
	order    Order
	answer   Answer
	progress []Progress
	withheld Progress
	footage  film.Footage
}

// play drives an order through a dialect, as bench does, but without waiting.
func play(t *testing.T, d Dialect, at Target, client *http.Client, prefer string) played {
	t.Helper()
	send := func(r *http.Request, err error) *http.Response {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if prefer != "" && r.Method == http.MethodPost {
			r.Header.Set("Prefer", prefer)
		}
		answer, err := client.Do(r)
		if err != nil {
			return nil
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}
	read := func(a *http.Response) *Response {
		body, err := io.ReadAll(io.LimitReader(a.Body, MaxAnswer))
		return &Response{Status: a.StatusCode, Header: a.Header, Body: body, Truncated: err != nil}
	}
	p := played{order: orderFor(d)}
	a := send(d.Submit(at, p.order))
	if a == nil {
		return p
	}
	p.answer = d.Submitted(at, read(a))
	now := p.answer.Progress
	for p.answer.Verdict == Accepted && now.State == InProgress {
		now = d.Polled(at, now.Job, read(send(d.Poll(at, now.Job))))
		p.progress = append(p.progress, now)
	}
	if now.State != Completed {
		return p
	}
	a = send(d.Fetch(at, now.Job))
	if a.StatusCode != http.StatusOK {
		p.withheld = Withheld(at, now.Job, read(a), "")
		return p
	}
	var err error
	if p.footage, err = film.Read(a.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	return p
}

// sold is a job that waits, runs and completes.
func sold(end Sale) []Sale {
	return []Sale{{}, {Percent: 40, PollAfter: 2500 * time.Millisecond}, end}
}

var made = Sale{State: Completed, Percent: 100, Ended: created.Add(3 * time.Minute), Expires: created.Add(time.Hour),
	Cost: 800_000, CostKnown: true}

// act is a row of a dialect's table: what the seller does, and what must come of it.
type act struct {
	name   string
	seller script
	prefer string
	check  func(t *testing.T, p played)
}

// acts are what every dialect must survive.
var acts = []act{
	{name: "delivered", seller: script{sales: sold(made)}, check: func(t *testing.T, p played) {
		if why := p.footage.Unusable(order.Clip); why != "" || p.footage.Bytes == 0 {
			t.Errorf("the clip: %s", why)
		}
		last := p.answer.Progress
		if len(p.progress) > 0 {
			last = p.progress[len(p.progress)-1]
		}
		if last.Cost != 800_000 || !last.CostKnown {
			t.Errorf("cost: got %v, %v", last.Cost, last.CostKnown)
		}
	}},
	{name: "region", seller: script{refuse: &Refusal{Reason: channel.Region, Country: "MM"}},
		check: verdict(Answer{Verdict: Refused, Reason: channel.Region, Country: "MM"})},
	{name: "moderation", seller: script{refuse: &Refusal{Reason: channel.Moderation}},
		check: verdict(Answer{Verdict: Refused, Reason: channel.Moderation})},
	{name: "rate-limited", seller: script{refuse: &Refusal{Reason: channel.RateLimited,
		RetryAfter: 1500 * time.Millisecond}}, check: verdict(Answer{Verdict: Refused, Reason: channel.RateLimited,
		RetryAfter: 1500 * time.Millisecond})},
	{name: "server-error", seller: script{refuse: errors.New("a bug")},
		check: verdict(Answer{Verdict: Refused, Reason: channel.Submit})},
	{name: "bad-key", seller: script{refuse: &Refusal{Fault: BadKey}},
		check: verdict(Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadKey})},
	{name: "no-balance", seller: script{refuse: &Refusal{Fault: NoBalance}},
		check: verdict(Answer{Verdict: OurFault, Reason: channel.Submit, Fault: NoBalance})},
	{name: "bad-request", seller: script{refuse: &Refusal{Fault: BadRequest, Param: "seconds"}},
		check: verdict(Answer{Verdict: OurFault, Reason: channel.Submit, Fault: BadRequest})},
	{name: "lost-by-gateway", seller: script{refuse: &Refusal{Reason: channel.Lost}},
		check: verdict(Answer{Reason: channel.Lost})},
	{name: "lost-by-tear", seller: script{refuse: &Refusal{Reason: channel.Lost, Loss: ByTear}},
		check: verdict(Answer{Reason: channel.Lost})},
	{name: "lost-by-cut", seller: script{refuse: &Refusal{Reason: channel.Lost, Loss: ByCut}}, check: verdict(Answer{})},
	{name: "late-failure", seller: script{sales: sold(Sale{State: Failed, Code: "moderation_blocked",
		Message: "Content policy violation"})}, check: func(t *testing.T, p played) {
		last := p.answer.Progress
		if len(p.progress) > 0 {
			last = p.progress[len(p.progress)-1]
		}
		if p.answer.Verdict != Accepted || last.State != Failed || last.Reason != channel.Moderation ||
			last.Message != "Content policy violation" {
			t.Errorf("got %+v", p)
		}
	}},
	{name: "expired-content", seller: script{sales: sold(made), content: &Refusal{Gone: true}}, check: withheld(Gone)},
	{name: "content-behind-gateway", seller: script{sales: sold(made), content: &Refusal{Reason: channel.Download}},
		check: withheld(InProgress)},
	{name: "unusable", seller: script{sales: sold(made), film: []byte("RIFF....AVI ")},
		check: func(t *testing.T, p played) {
			if p.footage.Unusable(order.Clip) == "" {
				t.Error("an AVI file passes")
			}
		}},
}

func verdict(want Answer) func(*testing.T, played) {
	return func(t *testing.T, p played) {
		got := p.answer
		got.Code, got.Message, got.Progress = "", "", Progress{}
		if got != want {
			t.Errorf("got %+v, want %+v", p.answer, want)
		}
	}
}

func withheld(want State) func(*testing.T, played) {
	return func(t *testing.T, p played) {
		if p.withheld.State != want || p.withheld.Job.ID != "video_1" || p.withheld.Message == "" {
			t.Errorf("got %+v, want %v", p.withheld, want)
		}
	}
}

// perform plays acts through both halves of a dialect and compares what passes with golden files.
func perform(t *testing.T, d Dialect, acts []act) { performAt(t, d, target, acts) }

// performAt is perform with another target.
func performAt(t *testing.T, d Dialect, at Target, acts []act) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			mux := http.NewServeMux()
			d.Routes(mux, "/v1", &a.seller)
			w := &wire{handler: mux}
			p := play(t, d, at, &http.Client{Transport: w}, a.prefer)
			a.check(t, p)
			bought := Purchase{Model: at.Model, Prompt: order.Prompt, Clip: orderFor(d).Clip}
			if len(a.seller.bought) != 1 {
				t.Fatalf("bought %d times", len(a.seller.bought))
			}
			got := a.seller.bought[0]
			if got.Key.Reveal() != "key-of-the-test" {
				t.Error("the seller got another key")
			}
			got.Key = Secret{}
			if got.Clip.Aspect == "" {
				got.Clip.Aspect = "16:9"
			}
			if got != bought {
				t.Errorf("sold %+v, want %+v", got, bought)
			}
			golden(t, filepath.Join(d.Name(), a.name+".txt"), w.log.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}
