package network

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guardError says why this package refuses to send a request.
type guardError struct{ text string }

func (e *guardError) Error() string { return e.text }

func guardf(format string, a ...any) error { return &guardError{fmt.Sprintf(format, a...)} }

// Hosts are those that may be contacted. They may be used by several goroutines at once.
type Hosts struct {
	ports    map[string]bool // "host:port"
	loopback bool
}

// NewHosts reads hosts as Options has them. One that can't be read is never matched.
func NewHosts(hosts []string, loopback bool) *Hosts {
	ports := []string{"443"}
	if loopback {
		ports = append(ports, "80")
	}
	all := &Hosts{map[string]bool{}, loopback}
	for _, h := range hosts {
		u, err := url.Parse("//" + h)
		if err != nil || u.Host != h || u.Hostname() == "" {
			continue
		}
		if u.Port() != "" {
			all.ports[endpoint(u)] = true
			continue
		}
		for _, p := range ports {
			all.ports[net.JoinHostPort(strings.ToLower(u.Hostname()), p)] = true
		}
	}
	return all
}

// endpoint is the host and port of an address, which are compared exactly.
func endpoint(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// Check says why an address may not be contacted. It quotes no more of it than the host. What a name resolves to is
// checked when it is contacted.
func (h *Hosts) Check(u *url.URL) error {
	switch {
	case u == nil || u.Host == "" || u.Opaque != "":
		return guardf("the request has no address such as https://api.example.com/v1")
	case u.User != nil:
		return guardf("the address of %.100q holds a name or a password", u.Host)
	case u.Scheme != "https" && (u.Scheme != "http" || !h.loopback):
		return guardf("%.100q would be asked without https", u.Host)
	case !h.ports[endpoint(u)]:
		return guardf("%.100q is not among the hosts that may be contacted", u.Host)
	}
	return h.checkHost(u.Hostname())
}

// check says why a request may not be sent.
func (c *Client) check(r *http.Request) error {
	if err := c.hosts.Check(r.URL); err != nil {
		return err
	}
	if r.Host != "" && !strings.EqualFold(r.Host, r.URL.Host) {
		return guardf("the request to %.100q says that it is for %.100q", r.URL.Host, r.Host)
	}
	return checkMethod(r)
}

// checkHost refuses what resolvers read as an address in some spelling and addresses that may not be
// contacted. Names are checked when they are resolved.
func (h *Hosts) checkHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return checkAddress(a, h.loopback)
	}
	for _, b := range []byte(host) {
		if b <= ' ' || b >= 0x7f || b == '%' {
			return guardf("%.100q is not the name of a host in ASCII", host)
		}
	}
	last := strings.TrimSuffix(host, ".")
	last = strings.ToLower(last[strings.LastIndexByte(last, '.')+1:])
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return guardf("%.100q is an address in disguise", host)
	}
	return nil
}

// checkMethod lets through what costs nothing, and what net/http can't send twice; see the package comment.
func checkMethod(r *http.Request) error {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete:
		return nil
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if r.Body == nil || r.Body == http.NoBody {
			return guardf("a %s without a body might be sent twice", r.Method)
		}
		return nil
	}
	return guardf("the method is none that channels are asked with")
}
