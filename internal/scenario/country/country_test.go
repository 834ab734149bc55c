package country

import (
	"regexp"
	"slices"
	"testing"
)

// The shipped lists of supported countries are dated, and say where they are from.
func TestSupportedCountries(t *testing.T) {
	code := regexp.MustCompile(`^[A-Z]{2}$`)
	for _, l := range lists() {
		if l.AsOf.IsZero() || l.Source == "" || len(l.Models) == 0 || len(l.Countries) == 0 {
			t.Errorf("incomplete: %+v", l)
		}
		for _, name := range l.Countries {
			if !code.MatchString(name) {
				t.Errorf("%v: %q is no country", l.Models, name)
			}
		}
	}
	if !slices.Contains(Supporting("sora-2"), "US") || slices.Contains(Supporting("sora-2"), "MM") ||
		Supporting("anything") != nil {
		t.Errorf("sora-2 is supported in %v, anything in %v", Supporting("sora-2"), Supporting("anything"))
	}
}
