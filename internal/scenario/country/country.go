// Package country says from which countries models may be used.
//
// It deliberately judges no scenario: what is known is a dated list, and a scenario may name its own.
//
//	country.Supporting("sora-2") // "AL", "DZ", …
package country

import (
	_ "embed"
	"slices"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
)

//go:embed countries.toml
var countriesSource string

// supported are the countries from which models may be used.
type supported struct {
	Models    []string
	AsOf      time.Time `toml:"as_of"`
	Source    string
	Countries []string
}

// lists are what is known of supported countries.
var lists = sync.OnceValue(func() []supported {
	var document struct{ List []supported }
	if _, err := toml.Decode(countriesSource, &document); err != nil {
		panic(err) // it is part of the program, and a test reads it
	}
	return document.List
})

// Supporting are the countries from which a model may be used; nil where nothing is known of it.
func Supporting(model string) []string {
	for _, l := range lists() {
		if slices.Contains(l.Models, model) {
			return l.Countries
		}
	}
	return nil
}
