package dialect

import "testing"

func TestOpenAIVideosReverse(t *testing.T) {
	elsewhere := made
	elsewhere.URL = "https://api.example.com/v1/videos/video_1/content?signed=1"
	perform(t, reverse{}, append([]act{
		{name: "clip-with-a-url", seller: script{sales: sold(elsewhere)}, check: acts[0].check},
	}, acts...))
}
