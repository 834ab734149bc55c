package network

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
)

// dialer connects to checked addresses, and to the proxies that the user has chosen without the check:
// those are usually at home.
type dialer struct {
	guarded net.Dialer
	proxy   net.Dialer
	proxies sync.Map // "host:port" of every proxy in use
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if _, isProxy := d.proxies.Load(address); isProxy {
		return d.proxy.DialContext(ctx, network, address)
	}
	return d.guarded.DialContext(ctx, network, address)
}

// through remembers which addresses are proxies.
func (d *dialer) through(choose func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		u, err := choose(r)
		if err != nil || u == nil {
			return nil, err
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		}
		if port == "" {
			port = "80"
		}
		d.proxies.Store(net.JoinHostPort(u.Hostname(), port), true)
		return u, nil
	}
}

// control checks the resolved address of a connection just before it is made, when no name server can change it any
// more.
func control(loopback bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return guardf("%.100q is no address", address)
		}
		return checkAddress(a.Addr(), loopback)
	}
}

// closed4 are the blocks of IPv4 that lead to no channel on the internet.
var closed4 = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carriers' NAT, and a cloud's metadata
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // a cloud's metadata, on a public address
	"169.254.0.0/16",   // link-local, and most clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments, and a cloud's metadata
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks of devices
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
)

// open6 is what is given out of IPv6; all special blocks outside it (loopback, link-local, unique local, NAT64,
// multicast) are closed with the rest.
var open6 = netip.MustParsePrefix("2000::/3")

// closed6 are the blocks inside open6 that lead to no channel, or to an IPv4 address within the IPv6 one.
var closed6 = prefixes(
	"2001::/23",     // protocol assignments, among them Teredo
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4
	"3fff::/20",     // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// checkAddress says why an address may not be contacted.
func checkAddress(a netip.Addr, loopback bool) error {
	if loopback {
		if a.Unmap().IsLoopback() && a.Zone() == "" {
			return nil
		}
		return guardf("%s is not this machine, and only a mock channel on it may be contacted", a)
	}
	shut, open := closed6, !a.Is4In6() && a.Zone() == "" && (a.Is4() || open6.Contains(a))
	if a.Is4() {
		shut = closed4
	}
	for _, p := range shut {
		open = open && !p.Contains(a)
	}
	if !open {
		return guardf("%s is not an address on the internet", a)
	}
	return nil
}
