package network

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// elsewhere spells addresses that no channel on the internet has, as URLs may.
var elsewhere = strings.Fields(`
	127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.0x0.0x0.0x1 0x7f.1 0X7F.1 0177.0.0.1 017700000001
	127.0.0.1. localhost localhost. ip6-localhost LOCALHOST 0 0.0.0.0 0x0 00000000000
	[::1] [0:0:0:0:0:0:0:1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [0:0:0:0:0:ffff:0a00:1]
	[64:ff9b::7f00:1] [64:ff9b::169.254.169.254] [64:ff9b:1::a00:1] [2002:7f00:1::] [2001:0:53aa:64c::1]
	[fe80::1] [fe80::1%25lo] [fc00::1] [fd00:ec2::254] [ff02::1] [fec0::1] [2001:db8::1] [100::1]
	10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 169.254.0.1
	169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 2852039166 0xA9FEA9FE 0251.0376.0251.0376
	224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1
	①②⑦.0.0.1 127。0。0。1 127.0.0.1%00.example.com`)

// Even a scenario that names such an address as a host doesn't get there.
func TestNoSpellingLeadsHome(t *testing.T) {
	address, accepted := listen(t, hang)
	_, port, _ := net.SplitHostPort(address)
	if len(elsewhere) < 60 {
		t.Fatalf("only %d spellings", len(elsewhere))
	}
	for _, host := range elsewhere {
		r, err := http.NewRequest(http.MethodGet, "https://"+host+":"+port+"/", nil)
		if err != nil {
			continue // not even an address
		}
		client := New(Options{Hosts: []string{host + ":" + port, r.URL.Host}, Timeouts: quick,
			Resolver: resolver(netip.MustParseAddr("127.0.0.1"))})
		f := failure(t, second(client.Do(t.Context(), r, 0)))
		if f.Phase != Guard || f.Sent {
			t.Errorf("%s: %v", host, f)
		}
	}
	if accepted.Load() != 0 {
		t.Errorf("%d connections", accepted.Load())
	}
}

// What a name resolves to is checked when the connection is made.
func TestNoNameLeadsHome(t *testing.T) {
	for _, host := range elsewhere {
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil {
			continue
		}
		client := New(Options{Hosts: []string{"api.example.com"}, Timeouts: quick, Resolver: resolver(a)})
		f := failure(t, second(client.Do(t.Context(), order(t, "https://api.example.com"), 0)))
		if f.Phase != Guard || f.Sent {
			t.Errorf("%s: %v", host, f)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, text := range []string{"1.1.1.1", "8.8.8.8", "104.18.7.192", "172.32.0.1", "100.128.0.1", "192.0.1.1",
		"2606:4700::6812:7c0", "2a00:1450:4001::1"} {
		a := netip.MustParseAddr(text)
		if err := checkAddress(a, false); err != nil {
			t.Error(err)
		}
		if checkAddress(a, true) == nil {
			t.Errorf("%s is taken for a mock channel", a)
		}
	}
	for text, home := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"10.0.0.1": false, "0.0.0.0": false, "::": false, "169.254.169.254": false, "192.168.1.1": false,
		"::ffff:10.0.0.1": false} {
		a := netip.MustParseAddr(text)
		if checkAddress(a, false) == nil {
			t.Errorf("%s is on the internet", a)
		}
		if got := checkAddress(a, true) == nil; got != home {
			t.Errorf("%s is loopback: %v", a, got)
		}
	}
}

func TestGuard(t *testing.T) {
	const body = `{"prompt":"a cat"}`
	live := Options{Hosts: []string{"api.example.com", "cdn.example.com:8443", "API2.example.com",
		"https://no.example.com", "user@no.example.com", "no.example.com/v1"}}
	mock := Options{Hosts: []string{"127.0.0.1:8080", "localhost"}, Loopback: true}
	for _, c := range []struct {
		options      Options
		method, url  string
		body, refuse string // what the refusal says; "" where it is sent
	}{
		{live, "POST", "https://api.example.com/v1", body, ""},
		{live, "POST", "https://API.Example.com:443/v1", body, ""},
		{live, "GET", "https://api2.example.com/v1", "", ""},
		{live, "DELETE", "https://cdn.example.com:8443/v1", "", ""},
		{live, "GET", "https://cdn.example.com/v1", "", "not among"},
		{live, "GET", "https://api.example.com:8443/v1", "", "not among"},
		{live, "GET", "https://api.example.com./v1", "", "not among"},
		{live, "GET", "https://evil.api.example.com/v1", "", "not among"},
		{live, "GET", "https://no.example.com/v1", "", "not among"},
		{live, "GET", "http://api.example.com/v1", "", "without https"},
		{live, "GET", "ftp://api.example.com/v1", "", "without https"},
		{live, "GET", "file:///etc/passwd", "", "no address"},
		{live, "GET", "https:api.example.com/v1", "", "no address"},
		{live, "GET", "https://" + canary + "@api.example.com/v1", "", "a name or a password"},
		{live, "GET", "https://user:" + canary + "@api.example.com/v1", "", "a name or a password"},
		{live, "POST", "https://api.example.com/v1", "", "might be sent twice"},
		{live, "CONNECT", "https://api.example.com/v1", "", "none that channels"},
		{live, "TRACE", "https://api.example.com/v1", "", "none that channels"},
		{mock, "POST", "http://127.0.0.1:8080/v1", body, ""},
		{mock, "POST", "https://127.0.0.1:8080/v1", body, ""},
		{mock, "GET", "http://localhost/v1", "", ""},
		{mock, "GET", "http://127.0.0.1:8081/v1", "", "not among"},
		{mock, "GET", "http://[::1]:8080/v1", "", "not among"},
	} {
		var reader io.Reader
		if c.body != "" {
			reader = strings.NewReader(c.body)
		}
		r, err := http.NewRequest(c.method, c.url, reader)
		if err != nil {
			t.Fatal(err)
		}
		var sent int
		c.options.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
			sent++
			return &http.Response{StatusCode: 200}, nil
		})
		_, err = New(c.options).Do(t.Context(), r, 0)
		if c.refuse == "" {
			if err != nil || sent != 1 {
				t.Errorf("%s %s: %v", c.method, c.url, err)
			}
			continue
		}
		f := failure(t, err)
		if f.Phase != Guard || f.Sent || f.Ours || sent != 0 || !strings.Contains(f.Error(), c.refuse) ||
			strings.Contains(f.Error(), canary) {
			t.Errorf("%s %s: %v, sent %d", c.method, c.url, f, sent)
		}
	}
}

func TestHostHeaderIsTheHost(t *testing.T) {
	r := order(t, "https://api.example.com")
	r.Host = "internal.example.com"
	if f := failure(t, second(New(Options{Hosts: []string{"api.example.com"}}).Do(t.Context(), r, 0))); f.Phase != Guard {
		t.Error(f)
	}
	r.URL = nil
	if f := failure(t, second(New(Options{}).Do(t.Context(), r, 0))); f.Phase != Guard {
		t.Error(f)
	}
}

// proxy is one that leads every connection to the same server, or answers with a refusal.
func proxy(t *testing.T, target, refusal string) (address string, accepted *atomic.Int64) {
	return listen(t, func(c net.Conn) {
		request := readRequest(c)
		if refusal != "" {
			_, _ = io.WriteString(c, "HTTP/1.1 "+refusal+" "+strings.ReplaceAll(request, "\r\n", " ")+"\r\n\r\n")
			return
		}
		s, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }()
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connected\r\n\r\n")
		go func() { _, _ = io.Copy(s, c) }()
		_, _ = io.Copy(c, s)
	})
}

func TestProxiesAreChosen(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_,
			_ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	o := Options{Hosts: []string{"example.com"}, Timeouts: quick,
		Roots:    server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Resolver: resolver(netip.MustParseAddr("127.0.0.1"))}
	good, used := proxy(t, server.Listener.Addr().String(), "")
	t.Setenv("HTTPS_PROXY", "http://"+good)
	if f := failure(t, second(New(o).Do(t.Context(), order(t, "https://example.com"), 0))); f.Phase != Guard ||
		used.Load() != 0 {
		t.Errorf("a proxy that nobody chose: %v", f)
	}
	via := func(address string) *Client {
		o.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: address, User: url.UserPassword("user", canary)})
		return New(o)
	}
	client := via(good)
	defer client.Close()
	answer, err := client.Do(t.Context(), order(t, "https://example.com"), 0)
	if err != nil || answer.Status != 200 || used.Load() != 1 {
		t.Errorf("%v, %v", answer, err)
	}
	for refusal, ours := range map[string]bool{"407 Who are you?": true, "502 Nobody there": false} {
		address, _ := proxy(t, "", refusal)
		f := failure(t, second(via(address).Do(t.Context(), order(t, "https://example.com"), 0)))
		if f.Phase != Connect || f.Sent || f.Ours != ours || f.Error() != "connect: the proxy answered HTTP "+refusal[:3] {
			t.Errorf("%s: %v", refusal, f)
		}
	}
	f := failure(t, second(via(strings.TrimPrefix(closedPort(t), "http://")).Do(t.Context(),
		order(t, "https://example.com"), 0)))
	if f.Phase != Connect || f.Sent || !f.Ours {
		t.Errorf("no proxy there: %v", f)
	}
}

func TestDefaults(t *testing.T) {
	want := Timeouts{10 * time.Second, 10 * time.Second, time.Minute, 30 * time.Second, 10 * time.Minute}
	c := New(Options{})
	if c.timeouts != want {
		t.Errorf("%+v", c.timeouts)
	}
	if p := c.Patient(20 * time.Minute); p.timeouts.Answer != 20*time.Minute || p.timeouts.Total <= 20*time.Minute ||
		p.transport != c.transport || c.timeouts != want {
		t.Errorf("%+v", p.timeouts)
	}
}
