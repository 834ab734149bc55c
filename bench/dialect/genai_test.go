package dialect_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/genai"
	"google.golang.org/genai/interactions/models/apierrors"
	"google.golang.org/genai/interactions/models/interactions"
	"google.golang.org/genai/interactions/models/operations"
	"google.golang.org/genai/interactions/retry"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/internal/channel"
)

// refusing is a shop that takes no order.
type refusing struct {
	*shop
	refusal dialect.Refusal
}

func (r refusing) Submit(context.Context, dialect.Purchase) (dialect.Sale, error) {
	return dialect.Sale{}, &r.refusal
}

// google is Google's own client at a Seller that speaks one of Google's protocols.
func google(t *testing.T, protocol string, s dialect.Seller) *genai.Client {
	t.Helper()
	d, _ := dialect.ByName(protocol)
	mux := http.NewServeMux()
	d.Routes(mux, "/google/"+d.Base(), s)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client, err := genai.NewClient(t.Context(), &genai.ClientConfig{APIKey: "key-of-the-test",
		Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: server.URL + "/google"}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// download fetches a clip as Google's client does.
func download(t *testing.T, client *genai.Client, video *genai.Video) {
	t.Helper()
	content, err := client.Files.Download(t.Context(), genai.NewDownloadURIFromVideo(video), nil)
	if err != nil {
		t.Fatal(err)
	}
	footage, err := film.Read(bytes.NewReader(content), 1<<20)
	if err != nil || footage.Unusable(channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}) != "" {
		t.Errorf("got %+v, %v", footage, err)
	}
}

// interact orders a clip, and polls until it is made; without background the order is held.
func interact(t *testing.T, client *genai.Client, background bool) (*interactions.Interaction, error) {
	t.Helper()
	format := interactions.NewCreateModelInteractionResponseFormat(interactions.NewResponseFormat(
		interactions.VideoResponseFormat{Delivery: genai.Ptr(interactions.VideoResponseFormatDeliveryURI),
			Duration: genai.Ptr("8s"), Resolution: genai.Ptr(interactions.ResolutionSevenHundredAndTwentyp)}))
	made, err := client.Interactions.Create(t.Context(), operations.CreateInteractionRequest{
		Body: operations.NewCreateInteractionRequestBody(interactions.CreateModelInteraction{
			Model: "gemini-omni-1.1-flash", Input: genai.Ptr(interactions.NewInteractionsInput("a cat")),
			Background: &background, ResponseFormat: &format}),
	}, operations.WithRetries(retry.Config{Strategy: "none"}))
	if err != nil {
		return nil, err
	}
	now := made.Interaction
	for now.Status == "in_progress" || now.Status == "queued" {
		got, err := client.Interactions.Get(t.Context(), operations.GetInteractionByIDRequest{ID: *now.ID})
		if err != nil {
			t.Fatal(err)
		}
		now = got.Interaction
	}
	return now, nil
}

// TestGoogleInteractions is Google's own client, satisfied: it meets a limit, orders, polls and downloads a video.
func TestGoogleInteractions(t *testing.T) {
	s := &shop{units: dialect.Quantity{Micros: 46_336_000_000, Unit: "token"}}
	client := google(t, "gemini-interactions", s)
	var refused *apierrors.CreateInteractionClientError
	if _, err := interact(t, client, true); !errors.As(err, &refused) || refused.HTTPMeta.Response.StatusCode != 429 ||
		!strings.Contains(*refused.Error_.Message, "quota") {
		t.Errorf("too fast: %v", err)
	}
	got, err := interact(t, client, true)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != "completed" || s.asked != 3 || *got.Usage.OutputTokensByModality[0].Tokens != 46_336 ||
		!strings.HasSuffix(*got.OutputVideo.URI, ":download?alt=media") {
		t.Errorf("%d questions: %+v", s.asked, got)
	}
	download(t, client, &genai.Video{URI: *got.OutputVideo.URI})
	if _, err := client.Interactions.Get(t.Context(), operations.GetInteractionByIDRequest{ID: "another"}); err == nil {
		t.Error("there is another interaction")
	}

	held := &shop{orders: 1, asked: 2} // its next answer tells the end
	client = google(t, "gemini-interactions", held)
	if got, err = interact(t, client, false); err != nil || got.Status != "completed" || held.asked != 3 {
		t.Errorf("held: %+v, %v", got, err)
	}
	withheld := google(t, "gemini-interactions", &shop{orders: 1, fails: "moderation_blocked"})
	if got, err = interact(t, withheld, true); err != nil || got.Status != "completed" || got.OutputVideo != nil ||
		!strings.Contains(*got.OutputText, "can't") {
		t.Errorf("withheld: %+v, %v", got, err)
	}
	for _, tt := range refusals {
		client := google(t, "gemini-interactions", refusing{&shop{}, tt.refusal})
		if _, err := interact(t, client, true); !errors.As(err, &refused) ||
			!strings.Contains(*refused.Error_.Message, tt.says) || *refused.Error_.Code != "invalid_request" ||
			refused.HTTPMeta.Response.StatusCode != 400 {
			t.Errorf("%s: %v", tt.says, err)
		}
	}
}

// refusals are what Google's client tells of them.
var refusals = []struct {
	refusal dialect.Refusal
	says    string
}{
	{dialect.Refusal{Reason: channel.Region}, "User location is not supported for the API use."},
	{dialect.Refusal{Reason: channel.Moderation}, "blocked for safety reasons"},
}

// operate orders a clip by an operation, and polls until it has ended.
func operate(t *testing.T, client *genai.Client) (*genai.GenerateVideosOperation, error) {
	t.Helper()
	now, err := client.Models.GenerateVideosFromSource(t.Context(), "veo-3.1-generate-preview",
		&genai.GenerateVideosSource{Prompt: "a cat"}, &genai.GenerateVideosConfig{DurationSeconds: genai.Ptr(int32(8)),
			Resolution: "720p", AspectRatio: "16:9", NumberOfVideos: 1})
	for err == nil && !now.Done {
		now, err = client.Operations.GetVideosOperation(t.Context(), now, nil)
	}
	return now, err
}

// TestGoogleOperations is Google's own client at what it called Veo.
func TestGoogleOperations(t *testing.T) {
	s := &shop{}
	client := google(t, "gemini-operations", s)
	var refused genai.APIError
	if _, err := operate(t, client); !errors.As(err, &refused) || refused.Code != 429 ||
		refused.Status != "RESOURCE_EXHAUSTED" || len(refused.Details) != 1 || refused.Details[0]["retryDelay"] != "0.001s" {
		t.Errorf("too fast: %v", err)
	}
	got, err := operate(t, client)
	if err != nil || len(got.Response.GeneratedVideos) != 1 || s.asked != 3 {
		t.Fatalf("%d questions: %+v, %v", s.asked, got, err)
	}
	download(t, client, got.Response.GeneratedVideos[0].Video)

	filtered := google(t, "gemini-operations", &shop{orders: 1, fails: "moderation_blocked"})
	if got, err = operate(t, filtered); err != nil || got.Response.RAIMediaFilteredCount != 1 ||
		len(got.Response.RAIMediaFilteredReasons) != 1 || len(got.Response.GeneratedVideos) != 0 {
		t.Errorf("filtered: %+v, %v", got, err)
	}
	failed := google(t, "gemini-operations", &shop{orders: 1, fails: "server_error"})
	if got, err = operate(t, failed); err != nil || got.Error["code"] != float64(13) || got.Error["message"] == "" {
		t.Errorf("failed: %+v, %v", got, err)
	}
	for _, tt := range refusals {
		client := google(t, "gemini-operations", refusing{&shop{}, tt.refusal})
		if _, err := operate(t, client); !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.says) ||
			refused.Code != 400 {
			t.Errorf("%s: %v", tt.says, err)
		}
	}
}
