//lint:file-ignore SA1019 the SDK marks its videos as deprecated; the protocol has outlived the API that they were written for

package dialect_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/internal/channel"
)

// shop is a Seller that completes a job at the third question, and is busy at the first order.
type shop struct {
	mu     sync.Mutex
	orders int
	asked  int
	sale   dialect.Sale
	units  dialect.Quantity // billed for it
	fails  string           // the code of the error with which jobs end; "": they complete
}

func (s *shop) Submit(_ context.Context, p dialect.Purchase) (dialect.Sale, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orders++; s.orders == 1 {
		return dialect.Sale{}, &dialect.Refusal{Reason: channel.RateLimited, RetryAfter: time.Millisecond}
	}
	s.sale = dialect.Sale{ID: "video_1", Model: p.Model, Prompt: p.Prompt, Clip: p.Clip, Created: time.Unix(1, 0),
		PollAfter: time.Millisecond}
	return s.sale, nil
}

func (s *shop) Status(_ context.Context, id string) (dialect.Sale, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != s.sale.ID {
		return dialect.Sale{}, &dialect.Refusal{Gone: true}
	}
	s.asked++
	s.sale.Percent = 33 * s.asked
	if s.asked == 3 {
		s.sale.State, s.sale.Percent, s.sale.Ended, s.sale.Expires = dialect.Completed, 100, time.Unix(2, 0),
			time.Unix(3602, 0)
		s.sale.Units = s.units
	}
	if s.asked == 3 && s.fails != "" {
		s.sale.State, s.sale.Code, s.sale.Units = dialect.Failed, s.fails, dialect.Quantity{}
	}
	return s.sale, nil
}

func (s *shop) Wait(ctx context.Context, id string) (dialect.Sale, error) { return s.Status(ctx, id) }

func (s *shop) Find(context.Context, string) (dialect.Sale, error) {
	return dialect.Sale{}, &dialect.Refusal{Gone: true}
}

func (s *shop) Trap(string) bool { return false }

func (s *shop) Content(context.Context, string) ([]byte, error) { return film.Still(s.sale.Clip) }

// TestOpenAISDK is OpenAI's own client, satisfied: it orders, retries a 429, polls and downloads a video.
func TestOpenAISDK(t *testing.T) {
	d, _ := dialect.ByName("openai-videos")
	mux := http.NewServeMux()
	s := &shop{}
	d.Routes(mux, "/forwarding/v1", s)
	server := httptest.NewServer(mux)
	defer server.Close()
	client := openai.NewClient(option.WithBaseURL(server.URL+"/forwarding/v1"), option.WithAPIKey("key-of-the-test"))

	video, err := client.Videos.NewAndPoll(t.Context(), openai.VideoNewParams{
		Prompt: "a cat", Model: "sora-2", Seconds: openai.VideoSeconds8, Size: openai.VideoSize1280x720,
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if video.Status != openai.VideoStatusCompleted || video.Seconds != "8" || video.Size != "1280x720" ||
		video.ExpiresAt != 3602 || video.Progress != 100 {
		t.Errorf("got %s", video.RawJSON())
	}
	if s.orders != 2 || s.asked != 3 {
		t.Errorf("%d orders, %d questions", s.orders, s.asked)
	}
	content, err := client.Videos.DownloadContent(t.Context(), video.ID, openai.VideoDownloadContentParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer content.Body.Close()
	footage, err := film.Read(content.Body, 1<<20)
	if err != nil || footage.Unusable(channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}) != "" {
		t.Errorf("got %+v, %v", footage, err)
	}
	if _, err := client.Videos.Get(t.Context(), "video_2"); err == nil {
		t.Error("there is a second video")
	}
}
