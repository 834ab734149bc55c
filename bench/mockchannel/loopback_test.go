//lint:file-ignore SA1019 the SDK marks its videos as deprecated; the protocol has outlived the API that they were written for

package mockchannel

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// listening is a server on loopback.
func listening(t testing.TB, s *Server) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return web
}

// TestOpenAISDK is OpenAI's own client against the handler that serve serves: it orders, is told to wait, polls and
// downloads.
func TestOpenAISDK(t *testing.T) {
	s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[forwarding].Limits.Concurrent = 1 }),
		Options{Speed: 1000, PollAfter: time.Second})
	web := listening(t, s)
	client := openai.NewClient(option.WithBaseURL(URL(web.URL, "forwarding")), option.WithAPIKey("any"))
	order := openai.VideoNewParams{Prompt: "a cat", Model: "sora-2", Seconds: openai.VideoSeconds8,
		Size: openai.VideoSize1280x720}
	began := time.Now()
	for range 2 { // the second one waits for the first
		if _, err := client.Videos.New(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond)
	video, err := client.Videos.NewAndPoll(t.Context(), order, 0)
	if err != nil {
		t.Fatal(err)
	}
	if video.Status != openai.VideoStatusCompleted || video.Seconds != "8" || video.Size != "1280x720" ||
		video.Progress != 100 || video.ExpiresAt < video.CompletedAt {
		t.Errorf("got %s", video.RawJSON())
	}
	if took := time.Since(began); took < 300*time.Millisecond || took > 5*time.Second {
		t.Errorf("three jobs of 100 ms, one at a time, took %v", took)
	}
	content, err := client.Videos.DownloadContent(t.Context(), video.ID, openai.VideoDownloadContentParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer content.Body.Close()
	f, err := film.Read(content.Body, 1<<20)
	if flaw := f.Unusable(channel.Clip{Seconds: 8, Resolution: "720p"}); err != nil || flaw != "" {
		t.Errorf("the clip: %v %s", err, flaw)
	}
	if k := s.Books()[forwarding]; k.Accepted != 3 || k.Made != 3 || k.Fetched != 1 ||
		k.Refused[channel.RateLimited] == 0 {
		t.Errorf("the book: %+v", k)
	}
}

// TestLostAnswersOverSockets are seen by a real client in all three ways.
func TestLostAnswersOverSockets(t *testing.T) {
	s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[reverse].Errors.By[channel.Lost].Rate = 1 }),
		Options{})
	web := listening(t, s)
	b := buysAt(t, s, reverse, web.URL, web.Client().Transport)
	ways := map[string]int{}
	for range 60 {
		r := b.send(b.dialect.Submit(b.target, dialect.Order{Clip: short, Prompt: "a cat"}))
		switch {
		case r == nil:
			ways["cut"]++
		case r.Truncated:
			ways["torn"]++
		default:
			ways[http.StatusText(r.Status)]++
		}
	}
	if ways["cut"] == 0 || ways["torn"] == 0 || ways["Bad Gateway"] == 0 || len(ways) != 3 {
		t.Errorf("ways %v", ways)
	}
}

// TestManyClientsAtOnce drives every path from many goroutines, for the race detector.
func TestManyClientsAtOnce(t *testing.T) {
	s := opened(t, marketed(t, func(s *scenario.Scenario) {
		unlucky(s)
		for i := range s.Channels {
			s.Channels[i].Errors.Burst, s.Channels[i].Errors.Exits = time.Minute, 5
			s.Channels[i].Regimes = []scenario.Regime{{Name: "risk", Share: 0.2, Lasts: scenario.Takes{Median: time.Hour},
				Submit: 0.5}}
			s.Channels[i].Limits = scenario.Limits{RequestsPerMinute: 10_000, Concurrent: 1000}
		}
		s.Outages = []scenario.Outage{{Channels: []string{"forwarding", "sync"}, Between: 24 * time.Hour,
			Lasts: scenario.Takes{Median: time.Hour}}}
	}), Options{Speed: 5000})
	web := listening(t, s)
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() {
			b := buysAt(t, s, n%3, web.URL, web.Client().Transport)
			for i := range 20 {
				a := b.order(fmt.Sprint("cat ", i), short)
				for p := a.Progress; a.Verdict == dialect.Accepted && p.State == dialect.InProgress; p = b.poll(p.Job) {
					time.Sleep(5 * time.Millisecond)
				}
				s.Books()
			}
		})
	}
	all.Wait()
	for at := range 3 {
		if k := buys(t, s, at).book(s, at); k.Submits != 200 {
			t.Errorf("the book: %+v", k)
		}
	}
}

// BenchmarkOrders is a whole order over loopback sockets: submit, one poll, fetch. A second of it must hold 1,000
// submits.
func BenchmarkOrders(b *testing.B) {
	s := opened(b, marketed(b, nil), Options{Speed: 5000})
	web := listening(b, s)
	web.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	b.ReportAllocs()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		y := buysAt(b, s, forwarding, web.URL, web.Client().Transport)
		for pb.Next() {
			j := y.accepted("a cat")
			time.Sleep(20 * time.Millisecond)
			if r := y.send(y.dialect.Fetch(y.target, y.poll(j).Job)); r == nil || r.Status != http.StatusOK {
				b.Errorf("no clip: %+v", r)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkSubmit is the channel's own work for a submit, without HTTP.
func BenchmarkSubmit(b *testing.B) {
	s := opened(b, marketed(b, func(s *scenario.Scenario) { unlucky(s) }), Options{Speed: 1e6})
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = s.sellers[reverse].take(dialect.Purchase{Prompt: "a cat", Clip: short}, time.Now())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submits/s")
}

// TestTheTransportClosesBodies, and lets other panics through.
func TestTheTransportClosesBodies(t *testing.T) {
	s := opened(t, marketed(t, nil), Options{})
	body := &closing{Reader: http.NoBody}
	r, err := http.NewRequest(http.MethodPost, "http://mock.example/reverse/v1/videos", body)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := mocktest.Transport(s.Handler()).RoundTrip(r); err != nil ||
		response.StatusCode != http.StatusUnauthorized || !body.closed {
		t.Errorf("got %v, %v; closed %v", response, err, body.closed)
	}
	defer func() {
		if recover() != "broken" {
			t.Error("a panic is swallowed")
		}
	}()
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	_, _ = mocktest.Transport(broken).RoundTrip(r)
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}
