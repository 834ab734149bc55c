package dialect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/volcengine/volcengine-go-sdk/service/arkruntime"
	"github.com/volcengine/volcengine-go-sdk/service/arkruntime/model"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/internal/channel"
)

// arkClient is Ark's own client of a Seller.
func arkClient(t *testing.T, s dialect.Seller, retries int) *arkruntime.Client {
	d, _ := dialect.ByName(channel.Ark)
	mux := http.NewServeMux()
	d.Routes(mux, "/direct/"+d.Base(), s)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return arkruntime.NewClientWithApiKey("key-of-the-test", arkruntime.WithBaseUrl(server.URL+"/direct/"+d.Base()),
		arkruntime.WithRetryTimes(retries))
}

// ordered is an order as the client can write it: it knows no fields but the content.
func ordered() model.CreateContentGenerationTaskRequest {
	text := "a cat --resolution 720p --duration 8 --ratio 16:9"
	return model.CreateContentGenerationTaskRequest{Model: "doubao-seedance-1-0-pro",
		Content: []*model.CreateContentGenerationContentItem{{Type: model.ContentGenerationContentItemTypeText, Text: &text}}}
}

// TestArkSDK is Ark's own client, satisfied: it orders, repeats the order after a 429 without a word, polls, and tells
// the clip's address and the tokens.
func TestArkSDK(t *testing.T) {
	s := &shop{units: dialect.Quantity{Micros: 173_700_000_000, Unit: "token"}}
	client := arkClient(t, s, 1)
	created, err := client.CreateContentGenerationTask(t.Context(), ordered())
	if err != nil || created.ID != "video_1" || s.orders != 2 {
		t.Fatalf("got %+v, %v after %d orders", created, err, s.orders)
	}
	want := channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}
	if s.sale.Clip != want || s.sale.Prompt != "a cat" {
		t.Errorf("sold %+v", s.sale)
	}
	var words []string
	var task model.GetContentGenerationTaskResponse
	for task.Status != model.StatusSucceeded && len(words) < 5 {
		task, err = client.GetContentGenerationTask(t.Context(), model.GetContentGenerationTaskRequest{ID: created.ID})
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, task.Status)
	}
	if len(words) != 3 || words[0] != model.StatusRunning || task.Usage.CompletionTokens != 173_700 ||
		task.CreatedAt != 1 || task.UpdatedAt != 2 || task.Model != "doubao-seedance-1-0-pro" {
		t.Errorf("%v, then %+v", words, task)
	}
	content, err := http.Get(task.Content.VideoURL) // without the key
	if err != nil {
		t.Fatal(err)
	}
	defer content.Body.Close()
	footage, err := film.Read(content.Body, 1<<20)
	if err != nil || footage.Unusable(s.sale.Clip) != "" {
		t.Errorf("got %+v, %v", footage, err)
	}
}

// strict is a shop that sells nothing, or nothing that lasts.
type strict struct {
	shop
	refuses error
	fails   string
	asked   int
}

func (s *strict) Submit(_ context.Context, p dialect.Purchase) (dialect.Sale, error) {
	s.asked++
	return dialect.Sale{ID: "video_1", Model: p.Model, Clip: p.Clip, Created: time.Unix(1, 0)}, s.refuses
}

func (s *strict) Status(context.Context, string) (dialect.Sale, error) {
	return dialect.Sale{ID: "video_1", State: dialect.Failed, Code: s.fails}, s.refuses
}

// TestArkSDKRefused is what users of Ark's own client see of refusals.
func TestArkSDKRefused(t *testing.T) {
	for name, row := range map[string]struct {
		why    *dialect.Refusal
		status int
		code   string
		orders int
	}{
		"region":      {&dialect.Refusal{Reason: channel.Region}, 403, "unsupported_country_code", 1},
		"moderation":  {&dialect.Refusal{Reason: channel.Moderation}, 400, "InputTextSensitiveContentDetected", 1},
		"rate limit":  {&dialect.Refusal{Reason: channel.RateLimited}, 429, "ModelAccountRpmRateLimitExceeded", 2},
		"bad key":     {&dialect.Refusal{Fault: dialect.BadKey}, 401, "AuthenticationError", 1},
		"no balance":  {&dialect.Refusal{Fault: dialect.NoBalance}, 403, "AccountOverdueError", 1},
		"bad request": {&dialect.Refusal{Fault: dialect.BadRequest}, 400, "InvalidParameter", 1},
		"broken":      {&dialect.Refusal{Reason: channel.Submit}, 500, "InternalServiceError", 2},
	} {
		s := &strict{refuses: row.why}
		_, err := arkClient(t, s, 1).CreateContentGenerationTask(t.Context(), ordered())
		var told *model.APIError
		if !errors.As(err, &told) || told.HTTPStatusCode != row.status || told.Code != row.code || told.Message == "" ||
			s.asked != row.orders {
			t.Errorf("%s: %v after %d orders", name, err, s.asked)
		}
	}
	// The answer is lost, and what may have been taken is ordered again.
	s := &strict{refuses: &dialect.Refusal{Reason: channel.Lost}}
	_, err := arkClient(t, s, 1).CreateContentGenerationTask(t.Context(), ordered())
	var told *model.RequestError
	if !errors.As(err, &told) || told.HTTPStatusCode != http.StatusBadGateway || s.asked != 2 {
		t.Errorf("lost: %v after %d orders", err, s.asked)
	}
}

// TestArkSDKFailed is what they see of tasks that fail.
func TestArkSDKFailed(t *testing.T) {
	for code, want := range map[string]string{"moderation_blocked": "OutputVideoSensitiveContentDetected",
		"server_error": "InternalServiceError"} {
		client := arkClient(t, &strict{fails: code}, 0)
		task, err := client.GetContentGenerationTask(t.Context(), model.GetContentGenerationTaskRequest{ID: "video_1"})
		if err != nil || task.Status != model.StatusFailed || task.Error == nil || task.Error.Code != want {
			t.Errorf("%s: got %+v, %v", code, task, err)
		}
	}
	s := &strict{refuses: &dialect.Refusal{Gone: true}}
	_, err := arkClient(t, s, 0).GetContentGenerationTask(t.Context(),
		model.GetContentGenerationTaskRequest{ID: "video_2"})
	var told *model.APIError
	if !errors.As(err, &told) || told.HTTPStatusCode != http.StatusNotFound {
		t.Errorf("a task that isn't there: %v", err)
	}
}
