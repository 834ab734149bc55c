package network

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRequest compares this client with a bare one, on loopback.
func BenchmarkRequest(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"id":"video_123","status":"queued"}`)
	}))
	defer server.Close()
	request, err := http.NewRequest(http.MethodGet, server.URL+"/v1/videos/video_123", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{}}
		b.ReportAllocs()
		for b.Loop() {
			answer, err := client.Do(request.Clone(b.Context()))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
	})
	b.Run("network", func(b *testing.B) {
		client := New(Options{Hosts: []string{request.URL.Host}, Loopback: true})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Do(b.Context(), request, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
