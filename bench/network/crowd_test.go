package network

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Many goroutines share a client, some give up, and what wasn't sent didn't arrive.
func TestACrowdSharesAClient(t *testing.T) {
	var arrived sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Store(r.Header.Get("X-Order"), true)
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	client := New(Options{Hosts: []string{server.Listener.Addr().String()}, Loopback: true})
	defer client.Close()
	var crowd sync.WaitGroup
	var answers, proven atomic.Int64
	unsent := make([]bool, 400)
	for worker := range 20 {
		crowd.Go(func() {
			for i := worker; i < len(unsent); i += 20 {
				ctx, cancel := context.WithTimeout(t.Context(),
					time.Duration(i%7*i%11)*100*time.Microsecond+time.Duration(i%2)*time.Minute)
				r := order(t, server.URL)
				r.Header.Set("X-Order", strconv.Itoa(i))
				answer, err := client.Do(ctx, r, 0)
				cancel()
				if err == nil && answer.Status == 200 {
					answers.Add(1)
				} else if f := new(Failure); errors.As(err, &f) && !f.Sent {
					unsent[i] = true
					proven.Add(1)
				}
			}
		})
	}
	crowd.Wait()
	server.Close()
	for i, not := range unsent {
		if _, came := arrived.Load(strconv.Itoa(i)); not && came {
			t.Errorf("order %d arrived, and was said not to be sent", i)
		}
	}
	if answers.Load() < 200 || proven.Load() == 0 {
		t.Errorf("%d answers, %d proven failures", answers.Load(), proven.Load())
	}
}
