package dialect

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"channelbench/internal/channel"
)

func TestOpenAIVideos(t *testing.T) {
	perform(t, openAI{}, acts)
}

// TestOpenAIVideosOrders is what the mock half makes of orders that others send.
func TestOpenAIVideosOrders(t *testing.T) {
	multipart := func(fields ...field) (string, string) {
		body, contentType := form(fields)
		return string(body), contentType
	}
	formed, formType := multipart(field{"prompt", "x"}, field{"model", "m"}, field{"seconds", "12"},
		field{"size", "1792x1024"})
	odd, oddType := multipart(field{"prompt", "x"}, field{"n", "2"})
	tests := []struct {
		name, contentType, body string
		want                    channel.Clip
		code, param             string
	}{
		{name: "form", contentType: formType, body: formed,
			want: channel.Clip{Seconds: 12, Resolution: "1024p", Aspect: "16:9"}},
		{name: "json", contentType: "application/json; charset=utf-8",
			body: `{"prompt":"x","model":"m","seconds":"8","size":"1920x1080"}`,
			want: channel.Clip{Seconds: 8, Resolution: "1080p", Aspect: "16:9"}},
		{name: "defaults", contentType: "application/json", body: `{"prompt":"x","model":"m"}`,
			want: channel.Clip{Seconds: 4, Resolution: "720p", Aspect: "9:16"}},
		{name: "a reference", contentType: "application/json",
			body: `{"prompt":"x","model":"m","input_reference":{"file_id":"f"}}`,
			want: channel.Clip{Seconds: 4, Resolution: "720p", Aspect: "9:16"}},
		{name: "seconds as a number", contentType: "application/json", body: `{"prompt":"x","seconds":8}`,
			code: "invalid_value", param: "seconds"},
		{name: "duration", contentType: "application/json", body: `{"prompt":"x","duration":"8"}`, code: "invalid_value",
			param: "duration"},
		{name: "n", contentType: oddType, body: odd, code: "invalid_value", param: "n"},
		{name: "no prompt", contentType: "application/json", body: `{"seconds":"8"}`, code: "invalid_value", param: "prompt"},
		{name: "no length", contentType: "application/json", body: `{"prompt":"x","seconds":"long"}`, code: "invalid_value",
			param: "seconds"},
		{name: "no size", contentType: "application/json", body: `{"prompt":"x","size":"720p"}`, code: "invalid_value",
			param: "size"},
		{name: "no form", contentType: "multipart/form-data; boundary=x", body: "--y", code: "invalid_value"},
		{name: "no JSON", contentType: "application/json", body: "{", code: "invalid_value"},
		{name: "neither", contentType: "text/plain", body: "hello", code: "invalid_value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{sales: []Sale{{}}}
			mux := http.NewServeMux()
			openAI{}.Routes(mux, "/v1", s)
			r := httptest.NewRequest(http.MethodPost, "/v1/videos", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			r.Header.Set("Authorization", "Bearer k")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			d, err := parse(w.Body.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := d.at("error.code").text(); got != tt.code || d.at("error.param").text() != tt.param {
				t.Fatalf("got %s", w.Body)
			}
			if tt.code == "" && s.bought[0].Clip != tt.want {
				t.Errorf("got %+v, want %+v", s.bought[0].Clip, tt.want)
			}
		})
	}
}

// TestKeyShown is how each mock half wants its key.
func TestKeyShown(t *testing.T) {
	for _, d := range imitators {
		for header, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer k": 404, "k": 401} {
			if d.Name() == "openai-videos-reverse" && header != "" {
				want = 404 // whatever is there is the key
			}
			mux := http.NewServeMux()
			d.Routes(mux, "", &script{})
			r := httptest.NewRequest(http.MethodGet, "/videos/none", nil)
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s, %q: got %d, want %d", d.Name(), header, w.Code, want)
			}
		}
	}
}

// TestKeyStaysHome sends the key to the channel's own host only, and never without https where the channel has it.
func TestKeyStaysHome(t *testing.T) {
	tests := []struct {
		job      Job
		url      string // of the fetch; "" where there is none
		keyed    bool
		poll     string
		errorHas string
	}{
		{job: Job{ID: "v1"}, url: "https://api.example.com/v1/videos/v1/content", keyed: true,
			poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ID: "v1", ContentURL: "/files/v1.mp4"}, url: "https://api.example.com/files/v1.mp4", keyed: true,
			poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ID: "v1", ContentURL: "https://API.example.com/v1.mp4"}, url: "https://API.example.com/v1.mp4", keyed: true,
			poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ID: "v1", ContentURL: "https://cdn.example.com/v1.mp4?sig=1"}, url: "https://cdn.example.com/v1.mp4?sig=1",
			poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ContentURL: "https://cdn.example.com/v1.mp4"}, url: "https://cdn.example.com/v1.mp4", errorHas: "no job"},
		{job: Job{ID: "v1", ContentURL: "https://evil.example/v1.mp4"}, url: "https://api.example.com/v1/videos/v1/content",
			keyed: true, poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ID: "v1", ContentURL: "http://api.example.com/v1.mp4"}, url: "https://api.example.com/v1/videos/v1/content",
			keyed: true, poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{ContentURL: "https://evil.example/v1.mp4", PollURL: "/v1/jobs/1"},
			poll:     "https://api.example.com/v1/jobs/1",
			errorHas: `"evil.example", from where download_hosts doesn't let it be fetched`},
		{job: Job{ContentURL: "http://cdn.example.com/v1.mp4", PollURL: "/v1/jobs/1"},
			poll: "https://api.example.com/v1/jobs/1", errorHas: `"cdn.example.com", from where`},
		{job: Job{ID: "v1", PollURL: "https://evil.example/v1"}, url: "https://api.example.com/v1/videos/v1/content",
			keyed: true, poll: "https://api.example.com/v1/videos/v1"},
		{job: Job{PollURL: "https://evil.example/v1"}, errorHas: "no"},
	}
	for _, d := range imitators {
		for i, tt := range tests {
			t.Run(fmt.Sprint(d.Name(), i), func(t *testing.T) {
				key := "Bearer key-of-the-test"
				if d.Name() == "openai-videos-reverse" {
					key = "key-of-the-test"
				}
				fetch, err := d.Fetch(target, tt.job)
				switch {
				case err != nil && (tt.url != "" || !strings.Contains(err.Error(), tt.errorHas)):
					t.Errorf("fetch: %v", err)
				case err == nil && fetch.URL.String() != tt.url:
					t.Errorf("fetch: got %s, want %s", fetch.URL, tt.url)
				case err == nil && (fetch.Header.Get("Authorization") == key) != tt.keyed:
					t.Errorf("fetch %s: key %q", fetch.URL, fetch.Header.Get("Authorization"))
				}
				poll, err := d.Poll(target, tt.job)
				switch {
				case err != nil && tt.poll != "":
					t.Errorf("poll: %v", err)
				case err == nil && (poll.URL.String() != tt.poll || poll.Header.Get("Authorization") != key):
					t.Errorf("poll: got %s, want %s", poll.URL, tt.poll)
				}
			})
		}
	}
}

// TestSubmitBuilds is what every dialect makes of targets and orders.
func TestSubmitBuilds(t *testing.T) {
	with := func(change func(*Target, *Order)) (Target, Order) {
		at, o := target, order
		change(&at, &o)
		return at, o
	}
	tests := []struct {
		name   string
		change func(*Target, *Order)
		url    string // without the last "generations"
		fails  string
	}{
		{"as it is", func(*Target, *Order) {}, "https://api.example.com/v1/videos", ""},
		{"a slash", func(t *Target, _ *Order) { t.BaseURL += "/" }, "https://api.example.com/v1/videos", ""},
		{"no version", func(t *Target, _ *Order) { t.BaseURL = "http://127.0.0.1:8080" }, "http://127.0.0.1:8080/videos", ""},
		{"no key", func(t *Target, _ *Order) { t.Key = Secret{} }, "https://api.example.com/v1/videos", ""},
		{"no address", func(t *Target, _ *Order) { t.BaseURL = "sk-canary" }, "", "base_url"},
		{"another scheme", func(t *Target, _ *Order) { t.BaseURL = "ftp://sk-canary" }, "", "base_url"},
		{"a password", func(t *Target, _ *Order) { t.BaseURL = "https://me:sk-canary@api.example.com" }, "", "base_url"},
		{"a broken key", func(t *Target, _ *Order) { t.Key = NewSecret("sk-canary\r\nX: y") }, "", "key"},
	}
	for _, d := range imitators {
		for _, tt := range tests {
			t.Run(tt.name+"/"+d.Name(), func(t *testing.T) {
				r, err := d.Submit(with(tt.change))
				if tt.fails != "" {
					if err == nil || !strings.Contains(err.Error(), tt.fails) || strings.Contains(err.Error(), "canary") {
						t.Errorf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.TrimSuffix(r.URL.String(), "/generations"); got != tt.url || r.Method != http.MethodPost {
					t.Errorf("got %s %s, want %s", r.Method, got, tt.url)
				}
				if r.GetBody != nil {
					t.Error("the order can be sent twice")
				}
			})
		}
	}
	for _, d := range []Dialect{openAI{}, reverse{}} {
		if _, err := d.Submit(target, Order{Clip: channel.Clip{Seconds: 8, Resolution: "HD"}}); err == nil {
			t.Errorf("%s orders HD", d.Name())
		}
	}
}

func TestByName(t *testing.T) {
	for _, name := range channel.Protocols {
		if d, ok := ByName(name); !ok || d.Name() != name {
			t.Errorf("%s is missing", name)
		}
	}
	if _, ok := ByName("smoke-signals"); ok {
		t.Error("there are smoke signals")
	}
}
