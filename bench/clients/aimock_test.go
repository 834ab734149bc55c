package clients

import (
	"bufio"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"channelbench/bench/film"
	"channelbench/internal/channel"
	"channelbench/internal/record"
)

// relay stands between bench and aimock, which has no clips of its own: it serves them, counts what is asked, and says
// in a header what aimock is to do to a request.
type relay struct {
	*httptest.Server
	clip   []byte
	aimock *url.URL

	mu     sync.Mutex
	fal    bool
	orders string // the chaos that orders meet; "": none
	poll   string // the chaos that the first poll meets
	posts  int
	polled bool
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	clip, err := film.Still(channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"})
	if err != nil {
		t.Fatal(err)
	}
	l := &relay{clip: clip}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /clip.mp4", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(l.clip) })
	mux.Handle("/", &httputil.ReverseProxy{
		Rewrite:      l.pass,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	l.aimock = aimock(t, l.URL+"/clip.mp4")
	return l
}

// aimock starts one that tells of finished clips at an address.
func aimock(t *testing.T, clip string) *url.URL {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", "aimock.mjs", clip)
	node.Dir = installed(t)
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = node.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// pass passes a request on.
func (l *relay) pass(r *httputil.ProxyRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.SetURL(l.aimock)
	r.Out.Host = r.In.Host
	if l.fal { // which aimock knows by what fal's own client tells a proxy
		r.Out.URL.Path = "/fal" + r.In.URL.Path
		r.Out.Header.Set("X-Fal-Target-Host", "queue.fal.run")
	}
	meets := ""
	switch {
	case r.In.Method == http.MethodPost:
		l.posts++
		meets = l.orders
	case !l.polled:
		l.polled, meets = true, l.poll
	}
	if meets != "" {
		r.Out.Header.Set("X-Aimock-Chaos-"+meets, "1")
	}
}

// begin prepares for another order.
func (l *relay) begin(protocol, orders, poll string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fal, l.orders, l.poll, l.posts, l.polled = protocol == channel.Fal, orders, poll, 0, false
}

// jobs are what aimock sells, and what comes of an order where nothing goes wrong.
var jobs = []struct {
	protocol, model, base string

	set    []string // of the scenario
	lost   bool     // we can't tell that the order was taken
	told   float64  // the charge in dollars by the channel's own words; 0: none
	broken bool     // it has jobs that fail
}{
	{protocol: channel.Protocols[0], model: "sora-2", base: "/v1", broken: true},
	{protocol: channel.XAI, model: "grok-imagine-video", base: "/v1", told: 0.8, broken: true},
	{protocol: channel.OpenRouter, model: "bytedance/seedance-2.0", base: "/api/v1", told: 0.8, broken: true},
	{protocol: channel.Ark, model: "seedance-1-5-pro-251215", base: "/api/v3", told: 1.2159, broken: true,
		set: []string{`channels.vendor.price={per_unit={unit="token",price="$7.00",per=1_000_000,per_second=21712.5}}`}},
	{protocol: channel.Fal, model: "fal-ai/veo3.1/fast", told: 0.8,
		set: []string{`channels.vendor.price={per_unit={unit="unit",price="$0.25",per_second=0.4}}`}},
	{protocol: channel.GeminiOps, model: "veo-3.1-generate-preview", base: "/v1beta", broken: true},
	// It answers orders for videos as it answers questions, and leaves out the object, which Google's answers have.
	{protocol: channel.Gemini, model: "gemini-omni-1.1-flash", base: "/v1beta", lost: true,
		set: []string{"channels.vendor.fields={stream=false}"}},
}

// chaos is what aimock does to a request when it is told to, and what comes of an order that meets it.
var chaos = []struct {
	name, reason string
	orders       int
}{
	{"Drop", "submit", 3}, // 500, in the words of an error
	{"Malformed", "ambiguous", 1},
	{"Disconnect", "ambiguous", 1},
	{"Ratelimit", "rate_limited", 3},
}

// TestAimock is our client half at a mock server that somebody else wrote from recorded answers: its jobs are bought,
// and where it breaks an answer nothing is bought twice.
func TestAimock(t *testing.T) {
	t.Parallel()
	l := newRelay(t)
	for _, j := range jobs {
		try := func(orders, poll, prompt string) (record.Strategy, string) {
			l.begin(j.protocol, orders, poll)
			s := benched(t, j.protocol, j.model, l.URL+j.base, prompt, j.set...)
			return s, fmt.Sprintf("%s, chaos %q and %q: %d delivered, %v", j.protocol, orders, poll, s.Delivered, *s.Counts)
		}
		for _, poll := range []string{"", "Drop", "Malformed", "Disconnect", "Ratelimit"} {
			s, what := try("", poll, "a cat")
			switch {
			case l.posts != 1:
				t.Errorf("%s; ordered %d times", what, l.posts)
			case j.lost && s.Counts.Errors["ambiguous"] == 1:
			case s.Delivered != 1 || math.Abs(s.Counts.Bill.ReportedUSD-j.told) > 1e-9:
				t.Error(what)
			}
		}
		for _, c := range chaos {
			if s, what := try(c.name, "", "a cat"); l.posts != c.orders || s.Counts.Errors[c.reason] != int64(c.orders) {
				t.Errorf("%s; ordered %d times", what, l.posts)
			}
		}
		if s, what := try("", "", "a broken cat"); j.broken && s.Counts.Errors["job"] != 3 {
			t.Error(what)
		}
	}
}
