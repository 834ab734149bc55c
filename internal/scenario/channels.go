package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/scenario/document"
)

// DefaultPoll is how often a job is polled where a scenario doesn't say.
const DefaultPoll = 10 * time.Second

// ByLength sorts keys so that 720p comes before 1080p.
func ByLength[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
}

func (r *reader) channels(n *document.Node) []Channel {
	t := r.table(n, "[channels.NAME]")
	if t.node.Fields() != nil && len(t.node.Fields()) == 0 {
		r.FailKey(n, "add [channels.forwarding] with kind, price and latency", "there are no channels")
	}
	var all []Channel
	for _, f := range t.node.Ordered() {
		if r.goodName(f) && !r.slip(f, t.node.Ordered()) {
			all = append(all, r.channel(f))
		}
	}
	return all
}

// slip reports a channel that is another one misspelt: it lacks what every channel needs, and its name
// is close to that of one which doesn't.
func (r *reader) slip(n *document.Node, channels []*document.Node) bool {
	complete := func(c *document.Node) bool {
		return c.Fields()["kind"] != nil || c.Fields()["price"] != nil || c.Fields()["latency"] != nil
	}
	if n.Fields() == nil || complete(n) {
		return false
	}
	var names []string
	for _, c := range channels {
		if complete(c) {
			names = append(names, c.Name)
		}
	}
	meant, found := document.Nearest(n.Name, names)
	if found {
		r.FailKey(n, fmt.Sprintf("did you mean %q?", meant), "channel %s has no kind, price or latency", n.Name)
	}
	return found
}

func (r *reader) channel(n *document.Node) Channel {
	t := r.table(n, "[channels."+n.Name+"]")
	defer t.close()
	c := Channel{Label: read(t, "label", "", (*reader).label), Channel: channel.Channel{
		Name:          n.Name,
		Kind:          need(t, "kind", `kind = "direct", "forwarding" or "reverse"`, oneOf[channel.Kind](channel.Kinds)),
		Terms:         read(t, "terms", "", (*reader).text),
		Protocol:      read(t, "protocol", "", nameOf(channel.Protocols...)),
		BaseURL:       read(t, "base_url", "", (*reader).address),
		DownloadHosts: read(t, "download_hosts", nil, list(`["cdn.example.com"]`, (*reader).host)),
		BalanceURL:    read(t, "balance_url", "", (*reader).address),
		BalanceKeyEnv: read(t, "balance_key_env", "", (*reader).keyEnv),
		BalanceUnit:   read(t, "balance_unit", 0, (*reader).positiveMoney),
		Model:         read(t, "model", "", (*reader).text),
		AsOf:          read(t, "as_of", noDate, (*reader).seen),
		Ended:         read(t, "ended", noDate, (*reader).date),
		Poll:          read(t, "poll", DefaultPoll, (*reader).positiveDuration),
	}}
	c.Form = t.form()
	c.Headers = read(t, "headers", nil, (*reader).headers)
	c.Hold = read(t, "hold", false, (*reader).boolean)
	c.Traps = read(t, "traps", nil, list(`["poll-400"]`, (*reader).text))
	t.keys(&c.Channel)
	r.balance(n, &c.Channel)
	if price := t.get("price"); price != nil {
		r.price(price, &c)
	} else {
		t.missing("price", priceExample)
	}
	if latency := t.get("latency"); latency != nil {
		c.Latency = r.latency(latency)
	} else {
		t.missing("latency", `latency = { base = "20s", per_second = "8s", sigma = 0.4 }`)
	}
	if makes := t.get("makes"); makes != nil {
		c.Makes = r.makes(makes)
	}
	if c.Makes.Seconds == nil {
		// A ladder makes the lengths it prices, so that fit = "longer" finds the next rung.
		c.Makes.Seconds = c.Price.Lengths()
	}
	c.SubmitTakes = read(t, "submit_takes", nil, (*reader).takes)
	if errors := t.get("errors"); errors != nil {
		c.Errors = r.errors(errors)
		r.regionByCause(errors.Find("region"), &c)
	}
	if limits := t.get("limits"); limits != nil {
		c.Limits = r.limits(limits)
	}
	r.slots(n, &c)
	if regimes := t.get("regimes"); regimes != nil {
		c.Regimes = r.regimes(regimes)
	}
	return c
}

func (r *reader) makes(n *document.Node) channel.Makes {
	t := r.table(n, `{ seconds = [4, 8, 12], resolutions = ["720p"] }`)
	defer t.close()
	m := channel.Makes{
		Seconds:     read(t, "seconds", nil, list("[4, 8, 12]", integer(1, 3600))),
		Resolutions: read(t, "resolutions", nil, list(`["720p"]`, (*reader).resolution)),
	}
	for _, f := range n.Ordered() {
		if items, isList := f.Value.([]*document.Node); isList && len(items) == 0 && slices.Contains(t.known, f.Name) {
			r.Fail(f, "leave it out where the price is the only limit", "%s is empty: the channel would make nothing", f.Name)
		}
	}
	refuseRepeats(r, n.Find("seconds"), m.Seconds)
	refuseRepeats(r, n.Find("resolutions"), m.Resolutions)
	return m
}

// refuseRepeats reports items of an array that stand in it before.
func refuseRepeats[T comparable](r *reader, n *document.Node, values []T) {
	for i, v := range values {
		if slices.Contains(values[:i], v) && !n.Bad {
			r.Fail(n.Find(i), "", "%s names %v twice", n.Name, v)
		}
	}
}

const httpsHint = `write an address such as "https://api.example.com"; http is only for this machine, as "http://127.0.0.1:8080"`

// address reads an address that a key may be sent to.
func (r *reader) address(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if !ok {
		return "", false
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		r.Fail(n, httpsHint, "%s is not an address", n.Name)
	case !portInRange(u.Port()):
		r.Fail(n, "ports are 1 to 65535", "%s has the port %s", n.Name, u.Port())
	case u.User != nil:
		r.Hide(n)
		r.Fail(n, document.KeyEnvHint, "%s holds a user name or password", n.Name)
	case u.RawQuery != "" || u.Fragment != "":
		r.Fail(n, "leave out what follows ? or #", "%s must end with its path", n.Name)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		r.Fail(n, httpsHint, "%s would send the key in clear text", n.Name)
	case u.Scheme != "http" && u.Scheme != "https":
		r.Fail(n, httpsHint, "%s has the scheme %q", n.Name, u.Scheme)
	case strings.ContainsFunc(u.Hostname(), func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		r.Fail(n, `write the name as DNS has it, as "xn--bcher-kva.example" for "bücher.example"`,
			"the host of %s is not in ASCII", n.Name)
	default:
		return s, true
	}
	return "", false
}

// keys reads where the channel's keys are: one, which a secret may sign for, or several.
func (t *table) keys(c *channel.Channel) {
	fields := t.node.Fields()
	one, several, secret := fields["key_env"], fields["keys_env"], fields["secret_env"]
	if key := read(t, "key_env", "", (*reader).keyEnv); key != "" {
		c.KeysEnv = []string{key}
	}
	c.KeysEnv = read(t, "keys_env", c.KeysEnv, list(`["KEY_1", "KEY_2"]`, (*reader).keyEnv))
	c.SecretEnv = read(t, "secret_env", "", (*reader).keyEnv)
	if several != nil {
		refuseRepeats(t.reader, several, c.KeysEnv)
	}
	switch {
	case several != nil && one != nil:
		t.FailKey(several, "keep keys_env, and name the key of key_env in it", "a channel has key_env or keys_env, not both")
	case several != nil && len(c.KeysEnv) == 0 && !several.Bad:
		t.Fail(several, `name the environment variables that hold the keys, as ["KEY_1", "KEY_2"]`, "keys_env is empty")
	case secret != nil && several != nil:
		t.FailKey(secret, "keep one key, as key_env", "a secret signs for one key, but there is keys_env")
	case secret != nil && one == nil:
		t.FailKey(secret, `add key_env = "MY_ACCESS_KEY", the key that the secret signs for`, "secret_env without key_env")
	case secret != nil && c.SecretEnv != "" && slices.Contains(c.KeysEnv, c.SecretEnv):
		t.Fail(secret, "name the variable that holds the secret", "key_env and secret_env name the same variable")
	}
}

// balance refuses what is said of a balance that is never asked for. Without a key of its own, the channel's asks.
func (r *reader) balance(n *document.Node, c *channel.Channel) {
	address, key, unit := n.Fields()["balance_url"], n.Fields()["balance_key_env"], n.Fields()["balance_unit"]
	for _, beside := range []*document.Node{key, unit} {
		if beside != nil && address == nil {
			r.FailKey(beside,
				`add balance_url = "https://api.example.com/v1/balance", which tells what is left of the account, or leave it out`,
				"%s without balance_url", beside.Name)
		}
	}
	switch {
	case c.BalanceURL == "" || key != nil:
	case len(c.KeysEnv) == 1:
		c.BalanceKeyEnv = c.KeysEnv[0]
	case len(c.KeysEnv) > 1:
		r.FailKey(address, `add balance_key_env = "MY_CHANNEL_KEY", the key of the account that pays`,
			"balance_url doesn't say which of several keys asks")
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

var hostPattern = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?))*(:[0-9]{1,5})?$`)

func (r *reader) host(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if !ok {
		return "", false
	}
	if !hostPattern.MatchString(s) {
		r.Fail(n, `write the bare name, as "cdn.example.com"`, "%q is not a host", s)
		return "", false
	}
	if _, port, found := strings.Cut(s, ":"); found && !portInRange(port) {
		r.Fail(n, "ports are 1 to 65535", "%q has the port %s", s, port)
		return "", false
	}
	return strings.ToLower(s), true
}

// portInRange says whether a port that an address names can be one; "" is its scheme's.
func portInRange(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

var envPattern = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// keyEnv reads the name of the environment variable that holds a key.
func (r *reader) keyEnv(n *document.Node) (string, bool) {
	return r.env(n, "MY_CHANNEL_KEY", "the key")
}

// env reads the name of an environment variable. What is no such name may be the secret itself.
func (r *reader) env(n *document.Node, example, held string) (string, bool) {
	s, ok := r.text(n)
	if ok && !envPattern.MatchString(s) && !n.Bad {
		r.Hide(n)
		r.Fail(n, fmt.Sprintf("write a name in capitals, as %s = %q, and %s into that variable", n.Name, example, held),
			"%s does not look like the name of an environment variable", n.Name)
		return "", false
	}
	return s, ok
}

func (r *reader) limits(n *document.Node) Limits {
	t := r.table(n, "{ requests_per_minute = 60, concurrent = 40 }")
	defer t.close()
	l := Limits{
		RequestsPerMinute: read(t, "requests_per_minute", 0, integer(1, 1_000_000)),
		Concurrent:        read(t, "concurrent", 0, integer(1, 1_000_000)),
		Queue:             read(t, "queue", 0, (*reader).queue),
		Takes:             read(t, "takes", nil, (*reader).takes),
	}
	if queue := n.Fields()["queue"]; queue != nil && n.Fields()["concurrent"] == nil {
		r.FailKey(queue, "add concurrent = 40, the number of jobs that run at once, or leave queue out",
			"queue without concurrent")
	}
	return l
}

// slots limits a channel to those of its prepaid packs.
func (r *reader) slots(n *document.Node, c *Channel) {
	if len(c.Price.Packs) == 0 || c.Price.Packs[0].Slots == 0 {
		return
	}
	slots := c.Price.Packs[0].Slots
	if c.Limits.Concurrent > 0 && c.Limits.Concurrent != slots {
		r.Fail(n.Find("limits", "concurrent"), "keep one of the two", "concurrent is %d, but the packs have %d slots",
			c.Limits.Concurrent, slots)
	}
	c.Limits.Concurrent = slots
}

// queue reads how many jobs may wait for a slot.
func (r *reader) queue(n *document.Node) (int, bool) {
	if _, isText := n.Value.(string); isText {
		_, ok := nameOf("unlimited")(r, n)
		return Unlimited, ok
	}
	return integer(0, 1_000_000)(r, n)
}

func (r *reader) regimes(n *document.Node) []Regime {
	t := r.table(n, "[channels.NAME.regimes]")
	var all []Regime
	sum := 0.0
	for _, f := range t.node.Ordered() {
		if !r.goodName(f) {
			continue
		}
		g := r.regime(f)
		if sum += g.Share; sum >= 1-1e-12 && !f.Bad {
			r.Fail(f.Find("share"), "operational is the rest of the time, so the shares must sum to less than 100%",
				"the shares of the regimes sum to %s", Share(sum))
		}
		all = append(all, g)
	}
	return all
}

func (r *reader) regime(n *document.Node) Regime {
	t := r.table(n, `{ share = "5%", lasts = { median = "2d", sigma = 1.0 }, submit = "100%" }`)
	defer t.close()
	g := Regime{
		Name:   n.Name,
		Share:  need(t, "share", `share = "5%", its share of the time`, (*reader).share),
		Submit: need(t, "submit", `submit = "100%", the share of submits it refuses`, (*reader).share),
	}
	if lasts := need(t, "lasts", `lasts = { median = "2d", sigma = 1.0 }`, (*reader).takes); lasts != nil {
		g.Lasts = *lasts
	}
	return g
}

func (r *reader) outage(n *document.Node) (Outage, bool) {
	t := r.table(n, `[[outages]]`)
	defer t.close()
	o := Outage{
		Channels: need(t, "channels", `channels = ["forwarding", "reverse"]`,
			list(`["forwarding", "reverse"]`, (*reader).text)),
		Between: need(t, "between", `between = "133h", the mean time from one end to the next start`,
			(*reader).positiveDuration),
	}
	if lasts := need(t, "lasts", `lasts = { median = "74m", sigma = 1.17 }`, (*reader).takes); lasts != nil {
		o.Lasts = *lasts
	}
	if named := n.Find("channels"); named.Name == "channels" && !named.Bad && len(o.Channels) == 0 {
		r.Fail(named, `name the channels it stops, as ["forwarding", "reverse"]`, "channels is empty")
	}
	refuseRepeats(r, n.Find("channels"), o.Channels)
	return o, !n.Bad
}
