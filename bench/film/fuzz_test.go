package film

import (
	"bytes"
	"channelbench/internal/channel"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func FuzzRead(f *testing.F) {
	film := mustStill(f, 4*time.Second, 320, 180)
	f.Add(film)
	f.Add(film[:len(film)/2])
	f.Add([]byte("<html>"))
	files, err := filepath.Glob("testdata/*.m*")
	if err != nil || len(files) == 0 {
		f.Fatal("no films", err)
	}
	for _, file := range files {
		film, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(film)
		f.Add(film[:len(film)/2])
	}
	f.Fuzz(func(t *testing.T, film []byte) {
		const limit = 4096
		got, err := Read(bytes.NewReader(film), limit)
		if err != nil {
			t.Fatal(err)
		}
		if got.Bytes > limit+1 || got.Flaw == "" && got.Bytes < min(int64(len(film)), limit) {
			t.Errorf("read %d bytes of %d", got.Bytes, len(film))
		}
		if got.Flaw == "" && (got.Length <= 0 || got.Length > 24*time.Hour || got.Width <= 0 || got.Height < 0) {
			t.Errorf("got %+v", got)
		}
		got.Unusable(channel.Clip{Seconds: 4, Resolution: "180p"})
	})
}
