package channel_test

import (
	"testing"

	"channelbench/internal/channel"
)

func TestSize(t *testing.T) {
	tests := []struct {
		resolution, aspect string
		width, height      int
	}{
		{"720p", "16:9", 1280, 720},
		{"720p", "", 1280, 720},
		{"720p", "9:16", 720, 1280},
		{"1080P", "16:9", 1920, 1080},
		{"1024p", "16:9", 1792, 1024},
		{"1024p", "9:16", 1024, 1792},
		{"480p", "16:9", 854, 480},
		{"768p", "4:3", 1024, 768},
		{"4k", "16:9", 3840, 2160},
		{"720p", "1:1", 720, 720},
		{"1280x704", "9:16", 1280, 704},
	}
	for _, tt := range tests {
		clip := channel.Clip{Seconds: 8, Resolution: tt.resolution, Aspect: tt.aspect}
		width, height, err := clip.Size()
		if err != nil || width != tt.width || height != tt.height {
			t.Errorf("%v %s: got %dx%d, %v", clip, tt.aspect, width, height, err)
		}
		back := channel.ClipOf(8, width, height)
		if w, h, err := back.Size(); err != nil || w != width || h != height {
			t.Errorf("%v %s: came back as %v %s, %dx%d, %v", clip, tt.aspect, back, back.Aspect, w, h, err)
		}
	}
	for _, bad := range []channel.Clip{{Resolution: "HD"}, {Resolution: ""}, {Resolution: "0p"},
		{Resolution: "720p", Aspect: "wide"}, {Resolution: "720p", Aspect: "0:9"}, {Resolution: "16000p", Aspect: "3:1"}} {
		if w, h, err := bad.Size(); err == nil {
			t.Errorf("%+v: got %dx%d, want an error", bad, w, h)
		}
	}
}
