package scenario

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/scenario/country"
	"channelbench/internal/scenario/document"
	"channelbench/internal/world"
)

var countryPattern = regexp.MustCompile(`^[A-Za-z]{2}$`)

// country reads a country's code.
func (r *reader) country(n *document.Node) (string, bool) {
	s, ok := r.text(n)
	if ok && !countryPattern.MatchString(s) {
		r.Fail(n, countryHint, "%q is no country", s)
		return "", false
	}
	return strings.ToUpper(s), ok
}

const countryHint = `write two letters, as ISO 3166-1 has them: "US", "JP"`

// pool reads how many egress exits lie in which country.
func (t *table) pool(n *document.Node) map[string]int {
	pool := map[string]int{}
	for _, f := range n.Ordered() {
		name := strings.ToUpper(f.Name)
		switch _, twice := pool[name]; {
		case !countryPattern.MatchString(f.Name):
			t.FailKey(f, countryHint, "%q is no country", f.Name)
			continue
		case twice:
			t.FailKey(f, "", "%s stands there twice", name)
		}
		pool[name], _ = integer(1, 1_000_000)(t.reader, f)
	}
	if len(pool) == 0 && !n.Bad {
		t.Fail(n, "write exits = 20, or { US = 12, JP = 8 }", "exits is empty")
	}
	return pool
}

// regionByCause fills in what follows from exits by country: the countries that the model supports, where the
// scenario names none, and the rate.
func (r *reader) regionByCause(n *document.Node, c *Channel) {
	e := &c.Errors
	if e.Pool == nil || n.Bad {
		return
	}
	if e.Supported == nil {
		e.Supported = country.Supporting(c.Model)
	}
	if e.Supported == nil {
		r.FailKey(n, `add supported = ["US", "JP"], the countries from which the model may be used`,
			"nothing is known about the countries that model %q supports", c.Model)
		return
	}
	for _, at := range e.refusing() {
		e.By[channel.Region].Rate += at.Share
	}
}

// refusing are the countries of exits from which the model may not be used.
func (e *Errors) refusing() []world.Country {
	all := 0
	for _, n := range e.Pool {
		all += n
	}
	var refusing []world.Country
	for _, name := range slices.Sorted(maps.Keys(e.Pool)) {
		if !slices.Contains(e.Supported, name) {
			refusing = append(refusing, world.Country{Name: name, Share: float64(e.Pool[name]) / float64(all)})
		}
	}
	return refusing
}
