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

// allowed are the hosts that may be contacted, with their ports.
func allowed(hosts []string, loopback bool) map[string]bool {
	ports := []string{"443"}
	if loopback {
		ports = append(ports, "80")
	}
	set := map[string]bool{}
	for _, h := range hosts {
		u, err := url.Parse("//" + h)
		if err != nil || u.Host != h || u.Hostname() == "" {
			continue
		}
		if u.Port() != "" {
			set[endpoint(u)] = true
			continue
		}
		for _, p := range ports {
			set[net.JoinHostPort(strings.ToLower(u.Hostname()), p)] = true
		}
	}
	return set
}

// endpoint is the host and port of an address, which are compared exactly.
func endpoint(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// check says why a request may not be sent. It quotes of the address no more than the host.
func (c *Client) check(r *http.Request) error {
	u := r.URL
	switch {
	case u == nil || u.Host == "" || u.Opaque != "":
		return guardf("the request has no address such as https://api.example.com/v1")
	case u.User != nil:
		return guardf("the address of %.100q holds a name or a password", u.Host)
	case u.Scheme != "https" && (u.Scheme != "http" || !c.loopback):
		return guardf("%.100q would be asked without https", u.Host)
	case r.Host != "" && !strings.EqualFold(r.Host, u.Host):
		return guardf("the request to %.100q says that it is for %.100q", u.Host, r.Host)
	case !c.hosts[endpoint(u)]:
		return guardf("%.100q is not among the hosts that may be contacted", u.Host)
	}
	if err := c.checkHost(u.Hostname()); err != nil {
		return err
	}
	return checkMethod(r)
}

// checkHost refuses what resolvers read as an address in some spelling and addresses that may not be
// contacted. Names are checked when they are resolved.
func (c *Client) checkHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return checkAddress(a, c.loopback)
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
