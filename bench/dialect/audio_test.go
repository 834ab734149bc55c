package dialect

import (
	"io"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

// TestAudioIsAsked: where a model takes a word on audio, a silent clip is ordered silent.
func TestAudioIsAsked(t *testing.T) {
	for _, protocol := range channel.Protocols {
		d, _ := ByName(protocol)
		for audio, want := range map[channel.Audio]string{channel.AnyAudio: "true", channel.Audible: "true",
			channel.Silent: "false"} {
			o := order
			o.Clip.Audio = audio
			request, err := d.Submit(Target{BaseURL: "https://api.example.com", Key: NewSecret("sk-test"),
				Model: "fal-ai/veo3.1", Form: channel.Form{Send: []string{"audio"}}}, o)
			if err != nil || request.Body == nil {
				continue // another protocol's model
			}
			body, err := io.ReadAll(request.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, field := range []string{`"generate_audio":`, `"audio":`} {
				if _, after, found := strings.Cut(string(body), field); found && !strings.HasPrefix(after, want) {
					t.Errorf("%s, %v: %s", protocol, o.Clip, body)
				}
			}
			if protocol == channel.Fal && !strings.Contains(string(body), `"generate_audio":`+want) {
				t.Errorf("%v: %s", o.Clip, body)
			}
		}
	}
}
